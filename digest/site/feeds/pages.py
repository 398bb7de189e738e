"""The plan of what programs read: Atom and JSON feeds, the list of feeds, the sitemap, the style sheet, the icon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from digest import redact, urls
from digest.model import Story, Theme
from digest.site import addresses, arrange
from digest.site.archive import Edition
from digest.site.context import SiteContext
from digest.site.edition_dates import EditionDates, edition_dates
from digest.site.page import Head, Link, Page
from digest.week import Week

_EDITIONS = 26


def feed_pages(context: SiteContext) -> Iterator[Page]:
    """Yields our feeds: of the whole, of the weeks, of each theme under all of its ids, of each closed week."""
    archive = context.archive
    closed = [edition for edition in archive.editions if edition.closed]
    vacated = [edition for edition in archive.vacated if edition.closed]
    documents = sorted((*closed, *vacated), key=attrgetter("week"), reverse=True)
    whole = (arrange.recent(archive), _feed_of(documents[0].week if documents else None))
    yield context.file(addresses.FEED, _STORIES, "the feed of the whole", _whole, *whole)
    yield context.file(
        addresses.FEED_JSON, "feeds/feed.json", "the JSON feed of the whole", _whole, *whole
    )
    weeks = tuple([edition for edition in closed if edition.week not in archive.held][:_EDITIONS])
    hidden = [story for story in archive.content.stories if story.hide and not story.draft]
    close, zone = context.config.close, context.entries.zone
    content = archive.content
    found = edition_dates(archive.editions, close, zone, hidden, content.gone, content.came)
    dates = tuple([found[edition.week] for edition in weeks])
    yield context.file(
        addresses.WEEKS_FEED, "feeds/weeks.xml", "the feed of the weeks", _weeks, weeks, dates
    )
    for storyline in archive.storylines:
        theme, stories = storyline.theme, storyline.stories[: arrange.FEED_STORIES]
        for id in (theme.id, *theme.was):
            source = f"the feed of theme {id}"
            yield context.file(addresses.theme_feed(id), _STORIES, source, _theme, theme, stories)
    yield from _archive_documents(context, documents)


def program_pages(context: SiteContext, pages: Iterable[Page]) -> Iterator[Page]:
    """Yields what crawlers, feed readers and browsers ask for; `pages` are those that a sitemap may name."""
    heads = tuple([page.head for page in pages if page.template not in {"404.html", "moved.html"}])
    for place, template, make, inputs in (
        (addresses.OPML, "feeds/feeds.opml", _opml, ()),
        (addresses.SITEMAP, "sitemap.xml", _sitemap, (heads,)),
        (addresses.ROBOTS, "robots.txt", _nothing, ()),
        (addresses.STYLE, "style.css", _nothing, ()),
        *(() if context.own_icon else ((addresses.ICON, "icon.svg", _nothing, ()),)),
        *(((addresses.SEARCH_SCRIPT, "search.js", _nothing, ()),) if context.searched else ()),
    ):
        yield context.file(place, template, f"the digest's {place}", make, *inputs)


_STORIES = "feeds/stories.xml"


def _archive_documents(context: SiteContext, closed: list[Edition]) -> Iterator[Page]:
    """Yields the chain of RFC 5005: each closed week names the one before and the one after it.

    One that has no stories any more keeps its document: feed readers ask for it again.
    """
    weeks = [edition.week for edition in closed]
    for edition, previous, following in zip(
        closed, (*weeks[1:], None), (None, *weeks), strict=False
    ):
        yield _archive_document(context, edition, previous, following)


def _archive_document(
    context: SiteContext, edition: Edition, previous: Week | None, following: Week | None
) -> Page:
    place, source = addresses.week_feed(edition.week), f"the feed of {edition.week}"
    around = _feed_of(previous), _feed_of(following)
    return context.file(place, _STORIES, source, _archived, edition, *around, last=True)


def _whole(context: SiteContext, stories: Sequence[Story], previous: str) -> Mapping[str, object]:
    return {"feed": context.entries.feed(stories, place=addresses.FEED, previous=previous)}


def _weeks(
    context: SiteContext, editions: Sequence[Edition], dates: Sequence[EditionDates]
) -> Mapping[str, object]:
    return {"feed": context.entries.weeks(editions, dates)}


def _theme(context: SiteContext, theme: Theme, stories: Sequence[Story]) -> Mapping[str, object]:
    return {"feed": context.entries.theme(theme, stories)}


def _archived(
    context: SiteContext, edition: Edition, previous: str, following: str
) -> Mapping[str, object]:
    return {"feed": context.entries.archive(edition, previous=previous, following=following)}


def _opml(context: SiteContext) -> Mapping[str, object]:
    config = context.config
    sources = [
        (feed.title, redact.strip_feed(urls.web_link(feed.url) or ""))
        for feed in config.feeds
        if not feed.retired
    ]
    themes = tuple(Link(theme.title, addresses.theme_feed(theme.id)) for theme in config.themes)
    return {"themes": themes, "sources": tuple(pair for pair in sources if pair[1])}


def _sitemap(_: SiteContext, heads: tuple[Head, ...]) -> Mapping[str, object]:
    return {"heads": heads}


def _nothing(_: SiteContext) -> Mapping[str, object]:
    return {}


def _feed_of(week: Week | None) -> str:
    return addresses.week_feed(week) if week else ""
