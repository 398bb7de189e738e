"""The plan of what programs read: Atom and JSON feeds, the list of feeds, the sitemap, and the style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from digest import links
from digest.model import Edition, Page
from digest.pages import addresses, arrange
from digest.pages.atom import AtomFeed
from digest.pages.cards import Link
from digest.pages.setting import Setting

_EDITIONS = 26


def feed_pages(setting: Setting) -> Iterator[Page]:
    """Yields our feeds: of the whole, of the weeks, of each theme under all of its ids, of each closed week."""
    archive, entries = setting.archive, setting.entries
    closed = [edition for edition in archive.editions if edition.closed]
    whole = entries.feed(arrange.recent(archive), place=addresses.FEED, previous=_week_feed(closed[:1]))
    yield _feed(setting, "feeds/stories.xml", whole, "the feed of the whole")
    yield _feed(setting, "feeds/feed.json", whole, "the JSON feed of the whole", addresses.FEED_JSON)
    shown = [pair for pair in setting.editions[: len(archive.editions)] if pair[0].closed]
    yield _feed(setting, "feeds/weeks.xml", entries.weeks(shown[:_EDITIONS]), "the feed of the weeks")
    for storyline in archive.storylines:
        theme = storyline.theme
        feed = entries.theme(theme, storyline.stories[: arrange.FEED_STORIES])
        for id in (theme.id, *theme.was):
            yield _feed(setting, "feeds/stories.xml", feed, f"the feed of theme {id}", addresses.theme_feed(id))
    yield from _archive_documents(setting, closed)


def program_pages(setting: Setting, pages: Iterable[Page]) -> Iterator[Page]:
    """Yields what crawlers, feed readers and browsers ask for; `pages` are those that a sitemap may name."""
    config = setting.config
    sources = [(feed.title, links.web_link(feed.url)) for feed in config.feeds if not feed.retired]
    themes = tuple(Link(theme.title, addresses.theme_feed(theme.id)) for theme in config.themes)
    opml = {"site": setting.site, "themes": themes, "sources": tuple(pair for pair in sources if pair[1])}
    places = tuple(page.data["head"] for page in pages if page.template not in {"404.html", "moved.html"})
    for place, template, data in (
        (addresses.OPML, "feeds/feeds.opml", opml),
        (addresses.SITEMAP, "sitemap.xml", {"heads": places}),
        (addresses.ROBOTS, "robots.txt", {}),
        (addresses.STYLE, "style.css", {}),
    ):
        yield Page(path=addresses.output(place), source=f"the digest's {place}", template=template, data=data)


def _archive_documents(setting: Setting, closed: list[Edition]) -> Iterator[Page]:
    """Yields the chain of RFC 5005: each closed week names the one before and the one after it."""
    for at, edition in enumerate(closed):
        feed = setting.entries.archive(
            edition,
            previous=_week_feed(closed[at + 1 : at + 2]),
            following=_week_feed(closed[at - 1 : at] if at else []),
        )
        yield _feed(setting, "feeds/stories.xml", feed, f"the feed of {edition.week}")


def _feed(setting: Setting, template: str, feed: AtomFeed, source: str, place: str = "") -> Page:
    path = addresses.output(place or feed.place)
    return Page(path=path, source=source, template=template, data={"site": setting.site, "feed": feed})


def _week_feed(editions: list[Edition]) -> str:
    return addresses.week_feed(editions[0].week) if editions else ""
