"""The files that programs read: Atom and JSON feeds, OPML, sitemap, style sheet, script, icon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from digest import redact, urls
from digest.model import Story, Theme
from digest.site import addresses, arrange
from digest.site.archive import Edition
from digest.site.context import SiteContext
from digest.site.edition_dates import EditionDates
from digest.site.page import Head, Page
from digest.site.pages.week import edition_view
from digest.week import Week

_STORIES = "feeds/stories.xml"


class ThemeFeed(NamedTuple):
    """A theme with its page and its feed."""

    title: str
    place: str
    feed: str


def feed_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the feeds: of all stories, of the weeks, of each theme, of each closed week."""
    archive = context.archive
    closed = [edition for edition in archive.editions if edition.closed]
    vacated = [edition for edition in archive.vacated if edition.closed]
    documents = sorted((*closed, *vacated), key=attrgetter("week"), reverse=True)
    whole = (arrange.recent(archive), _feed_of(documents[0].week if documents else None))
    yield context.file(addresses.FEED, _STORIES, "the feed of the whole", _whole, *whole)
    yield context.file(
        addresses.FEED_JSON, "feeds/feed.json", "the JSON feed of the whole", _whole, *whole
    )
    yield _weekly_feed(context)
    for storyline in archive.storylines:
        theme, stories = storyline.theme, storyline.stories[: arrange.FEED_STORIES]
        about = f"{theme.title} in {context.config.site.title}"
        if storyline.introduction:
            about = context.description(storyline.introduction, addresses.theme(theme.id)) or about
        for id in (theme.id, *theme.was):
            place, source = addresses.theme_feed(id), f"the feed of theme {id}"
            yield context.file(place, _STORIES, source, _theme, theme, stories, about)
    yield from _archive_documents(context, documents)


def program_pages(context: SiteContext, pages: Iterable[Page]) -> Iterator[Page]:
    """Yields what crawlers, feed readers and browsers request; `pages` are those for readers."""
    heads = tuple([page.head for page in pages if page.template not in {"404.html", "moved.html"}])
    yield _program_page(context, addresses.OPML, "feeds/feeds.opml", _opml)
    yield _program_page(context, addresses.SITEMAP, "sitemap.xml", _sitemap, heads)
    yield _program_page(context, addresses.ROBOTS, "robots.txt", _nothing)
    yield _program_page(context, addresses.STYLE, "style.css", _nothing)
    if not context.own_icon:
        yield _program_page(context, addresses.ICON, "icon.svg", _nothing)
    if context.searched:
        yield _program_page(context, addresses.SEARCH_SCRIPT, "search.js", _nothing)


def _weekly_feed(context: SiteContext) -> Page:
    editions = arrange.weekly(context.archive)
    dates = tuple([context.dates[edition.week] for edition in editions])
    source = "the feed of the weeks"
    return context.file(addresses.WEEKS_FEED, "feeds/weeks.xml", source, _weeks, editions, dates)


def _archive_documents(context: SiteContext, closed: list[Edition]) -> Iterator[Page]:
    """Yields the archive documents of RFC 5005: each closed week links to the one before and after.

    A week that has no stories now keeps its document, since feed readers request it again.
    """
    weeks = [edition.week for edition in closed]
    for edition, previous, following in zip(
        closed, (*weeks[1:], None), (None, *weeks), strict=False
    ):
        neighbours = _feed_of(previous), _feed_of(following)
        make = partial(_archive_document, context, edition, *neighbours)
        yield context.archive.memory.memo(("week feed", edition.week), (edition,), neighbours, make)


def _archive_document(
    context: SiteContext, edition: Edition, previous: str, following: str
) -> Page:
    place, source = addresses.week_feed(edition.week), f"the feed of {edition.week}"
    inputs = edition, previous, following
    return context.file(place, _STORIES, source, _archived, *inputs, last=True)


def _program_page(
    context: SiteContext,
    place: str,
    template: str,
    make: Callable[..., Mapping[str, object]],
    *inputs: object,
) -> Page:
    return context.file(place, template, f"the digest's {place}", make, *inputs)


def _whole(context: SiteContext, stories: Sequence[Story], previous: str) -> Mapping[str, object]:
    return {"feed": context.entries.feed(stories, place=addresses.FEED, previous=previous)}


def _weeks(
    context: SiteContext, editions: Sequence[Edition], dates: Sequence[EditionDates]
) -> Mapping[str, object]:
    return {"feed": context.entries.weeks(editions, dates, partial(edition_view, context))}


def _theme(
    context: SiteContext, theme: Theme, stories: Sequence[Story], about: str
) -> Mapping[str, object]:
    return {"feed": context.entries.theme(theme, stories, about)}


def _archived(
    context: SiteContext, edition: Edition, previous: str, following: str
) -> Mapping[str, object]:
    return {"feed": context.entries.archive(edition, previous=previous, following=following)}


def _opml(context: SiteContext) -> Mapping[str, object]:
    config = context.config
    sources = []
    for feed in config.feeds:
        address = redact.strip_feed(urls.web_link(feed.url) or "")
        if address and not feed.retired:
            sources.append((feed.title, address))
    themes = tuple(
        ThemeFeed(theme.title, addresses.theme(theme.id), addresses.theme_feed(theme.id))
        for theme in config.themes
    )
    return {"themes": themes, "sources": tuple(sources)}


def _sitemap(_: SiteContext, heads: tuple[Head, ...]) -> Mapping[str, object]:
    return {"heads": heads}


def _nothing(_: SiteContext) -> Mapping[str, object]:
    return {}


def _feed_of(week: Week | None) -> str:
    return addresses.week_feed(week) if week else ""
