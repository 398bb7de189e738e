"""The site's feeds: Atom, JSON Feed, and the OPML that lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from digest import redact, urls
from digest.model import Story, Theme
from digest.site import addresses, formatting
from digest.site.archive import FEED_STORIES, Edition
from digest.site.context import SiteContext
from digest.site.edition_dates import EditionDates, datetime_of
from digest.site.feeds import atom
from digest.site.feeds.atom import AtomFeed, EditionEntry
from digest.site.page import Page
from digest.site.pages.week import edition_view
from digest.week import Week

_STORIES = "feeds/stories.xml"


class ThemeFeed(NamedTuple):
    """A theme with its page and its feed."""

    title: str
    place: str
    feed: str


def feed_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the feeds: of all stories, of the weeks, of each theme, of each closed week; the OPML."""
    archive = context.archive
    closed = [week for week in (*archive.editions, *archive.vacated) if week.closed]
    closed.sort(key=attrgetter("week"), reverse=True)
    inputs = archive.recent, _week_feed(closed[0].week if closed else None)
    yield context.file(addresses.FEED, _STORIES, "the feed of all stories", _feed_data, *inputs)
    source = "the JSON feed of all stories"
    yield context.file(addresses.FEED_JSON, "feeds/feed.json", source, _feed_data, *inputs)
    weekly = archive.weekly
    dates = tuple([context.dates[edition.week] for edition in weekly])
    place, source = addresses.WEEKS_FEED, "the feed of the weeks"
    yield context.file(place, "feeds/weeks.xml", source, _weeks_data, weekly, dates)
    place, source = addresses.OPML, f"the digest's {addresses.OPML}"
    yield context.file(place, "feeds/feeds.opml", source, _opml_data)
    for theme_stories in archive.by_theme:
        theme, stories = theme_stories.theme, theme_stories.stories[:FEED_STORIES]
        about = f"{theme.title} in {context.config.site.title}"
        if theme_stories.introduction:
            about = (
                context.description(theme_stories.introduction, addresses.theme(theme.id)) or about
            )
        for id in (theme.id, *theme.was):
            place, source = addresses.theme_feed(id), f"the feed of theme {id}"
            yield context.file(place, _STORIES, source, _theme_data, theme, stories, about)
    # Archive documents (RFC 5005): each closed week links to the one before and after. A week that
    # has no stories now keeps its document, since feed readers request it again.
    weeks = [edition.week for edition in closed]
    for edition, before, after in zip(closed, (*weeks[1:], None), (None, *weeks), strict=False):
        links = _week_feed(before), _week_feed(after)
        place = addresses.week_feed(edition.week)
        source = f"the feed of {edition.week}"
        make = partial(context.file, place, _STORIES, source, _archive_data, edition, *links)
        yield context.memory.memo(("week feed", edition.week), (edition,), links, make)


def _week_feed(week: Week | None) -> str:
    return addresses.week_feed(week) if week else ""


def _feed_data(
    context: SiteContext, stories: Sequence[Story], previous: str
) -> Mapping[str, object]:
    site = context.config.site
    feed = AtomFeed(
        id=site.id,
        title=site.title,
        subtitle=site.description,
        place=addresses.FEED,
        page=addresses.HOME,
        entries=context.entries.entries(stories),
        previous=previous,
    )
    return {"feed": feed}


def _weeks_data(
    context: SiteContext, editions: Sequence[Edition], dates: Sequence[EditionDates]
) -> Mapping[str, object]:
    site, zone = context.config.site, context.entries.zone
    entries = []
    for edition, (published, updated) in zip(editions, dates, strict=True):
        entry = EditionEntry(
            id=atom.edition_id(site, edition.week),
            title=formatting.titled(edition.week, edition.title),
            published=datetime_of(published, zone),
            updated=datetime_of(updated, zone),
            place=addresses.week(edition.week),
            view=partial(edition_view, context, edition),
        )
        entries.append(entry)
    feed = AtomFeed(
        id=atom.derived_id(site, "weeks"),
        title=f"{site.title}, week by week",
        subtitle=site.description,
        place=addresses.WEEKS_FEED,
        page=addresses.ARCHIVE,
        entries=entries,
    )
    return {"feed": feed}


def _theme_data(
    context: SiteContext, theme: Theme, stories: Sequence[Story], about: str
) -> Mapping[str, object]:
    site = context.config.site
    feed = AtomFeed(
        id=atom.theme_feed_id(site, theme),
        title=f"{theme.title} – {site.title}",
        subtitle=about,
        place=addresses.theme_feed(theme.id),
        page=addresses.theme(theme.id),
        entries=context.entries.entries(stories),
    )
    return {"feed": feed}


def _archive_data(
    context: SiteContext, edition: Edition, previous: str, following: str
) -> Mapping[str, object]:
    """Returns the archive document of a closed week (RFC 5005 §4), a part of the whole feed."""
    site = context.config.site
    feed = AtomFeed(
        id=site.id,
        title=site.title,
        subtitle=site.description,
        place=addresses.week_feed(edition.week),
        page=addresses.week(edition.week),
        entries=context.entries.entries(edition.stories),
        archive=True,
        previous=previous,
        following=following,
    )
    return {"feed": feed}


def _opml_data(context: SiteContext) -> Mapping[str, object]:
    sources = []
    for feed in context.config.feeds:
        address = redact.strip_feed(urls.web_link(feed.url) or "")
        if address and not feed.retired:
            sources.append((feed.title, address))
    themes = []
    for theme in context.config.themes:
        page = addresses.theme(theme.id)
        feed_place = addresses.theme_feed(theme.id)
        themes.append(ThemeFeed(theme.title, page, feed_place))
    return {"themes": tuple(themes), "sources": tuple(sources)}
