"""Finds what readers will notice when a new site is published: entries of feeds, and lost URLs.

A feed reader knows an entry by its id, and shows it again if `updated` has changed. It does not
notice other changes. A URL that redirects is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from xml.etree import ElementTree

from digest.site import addresses
from digest.site.archive import FEED_EDITIONS, FEED_STORIES

_ATOM = "{http://www.w3.org/2005/Atom}"
_PAGES = (".html", ".atom")
_ARCHIVE = re.compile(r"\d{4}/w\d\d/feed\.atom")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChanges:
    """The titles of entries of one feed that are new to its readers, and that they see again.

    `first`: the feed itself is new.
    """

    feed: str
    new: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    first: bool = False


@dataclass(frozen=True, slots=True)
class _FeedEntry:
    title: str
    published: datetime
    updated: datetime


def is_followed(path: str) -> bool:
    """True if a file of the site is a feed that readers poll; archive documents are not."""
    return path.endswith(".atom") and not _ARCHIVE.fullmatch(path)


def changes_of(feed: str, before: bytes | None, after: bytes) -> FeedChanges:
    """Returns what the readers of one feed will see when `after` replaces `before`."""
    earlier, now = _entries(before or b""), _entries(after)
    if not earlier:
        titles = tuple([entry.title for entry in now.values()])
        return FeedChanges(feed=feed, new=titles, first=before is None)
    oldest = min(entry.published for entry in earlier.values())
    was_full = len(earlier) >= (FEED_EDITIONS if feed == addresses.WEEKS_FEED else FEED_STORIES)
    new, again = [], []
    for id, entry in now.items():
        if id in earlier:
            if entry.updated != earlier[id].updated:
                again.append(entry.title)
        elif not was_full or entry.published >= oldest:
            # If an entry is removed from a full feed, an older one comes back, which readers know.
            new.append(entry.title)
    return FeedChanges(feed=feed, new=tuple(new), again=tuple(again))


def all_changes(
    before: Mapping[str, bytes | None], after: Mapping[str, bytes]
) -> tuple[FeedChanges, ...]:
    """Returns the changes of each feed that has any, the feeds of all stories first."""
    every = [changes_of(path, before.get(path), content) for path, content in after.items()]
    shown = [changes for changes in every if changes.new or changes.again]
    return tuple(sorted(shown, key=lambda changes: (changes.feed.count("/"), changes.feed)))


def _entries(document: bytes) -> dict[str, _FeedEntry]:
    """Returns the entries of a feed by id; none if it is not a feed of ours."""
    if b"<!DOCTYPE" in document:  # none of ours has one, and entities could expand without limit
        return {}
    entries = {}
    try:
        for entry in ElementTree.fromstring(document).iter(f"{_ATOM}entry"):
            updated = entry.findtext(f"{_ATOM}updated", "")
            published = entry.findtext(f"{_ATOM}published", "") or updated
            entries[entry.findtext(f"{_ATOM}id", "")] = _FeedEntry(
                title=entry.findtext(f"{_ATOM}title", ""),
                published=datetime.fromisoformat(published),
                updated=datetime.fromisoformat(updated),
            )
    except (ElementTree.ParseError, ValueError):
        return {}
    return entries


def is_page(path: str) -> bool:
    """True for a file of the site that people link to or subscribe to."""
    return path.endswith(_PAGES)


def lost_urls(
    before: Mapping[str, bytes], after: Mapping[str, bytes], paths: Collection[str]
) -> tuple[str, ...]:
    """Returns the URLs, relative to the base path, that the new site no longer has.

    `before` and `after` have the pages that differ; `paths` are all files of the new site.
    """
    urls = []
    for path, content in before.items():
        place = path.removesuffix("index.html") if f"/{path}".endswith("/index.html") else path
        if path not in paths:
            urls.append(place or "/")
        if path.endswith(".html"):
            lost = _anchors(content) - _anchors(after.get(path, b""))
            urls += [f"{place}#{anchor}" for anchor in sorted(lost)]
    return tuple(sorted(urls))


def _anchors(page: bytes) -> set[str]:
    """Returns the anchors of stories on a page: all other ids begin with `_`."""
    parser = _Ids()
    parser.feed(page.decode(errors="replace"))
    return parser.ids


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()

    def handle_starttag(
        self,
        tag: str,  # noqa: ARG002
        attrs: list[tuple[str, str | None]],
    ) -> None:
        for name, value in attrs:
            if name == "id" and value and value[0] != "_":
                self.ids.add(value)
