"""What readers of our Atom feeds are told when a site takes another's place: entries new to them, or shown again.

A feed reader knows an entry by its id, and shows it again when its `updated` is another. Refuses to look at words: they
may change without anybody being told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

from digest.site import addresses
from digest.site.arrange import FEED_STORIES

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARCHIVE = re.compile(r"\d{4}/w\d\d/feed\.atom")
_EDITIONS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Of one feed, the titles of entries that are new to its readers, and of those that they will be shown again.

    `first`: nobody reads it yet, for it is new itself.
    """

    feed: str
    new: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    first: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    title: str
    published: datetime
    updated: datetime


def is_followed(path: str) -> bool:
    """Tells whether a file of the site is a feed that readers ask for again and again: no archive document is."""
    return path.endswith(".atom") and not _ARCHIVE.fullmatch(path)


def news(feed: str, before: bytes | None, after: bytes) -> News:
    """Returns what the readers of one feed are told when `after` takes the place of `before`."""
    known, now = _entries(before or b""), _entries(after)
    if not known:
        return News(
            feed=feed, new=tuple(entry.title for entry in now.values()), first=before is None
        )
    oldest = min(entry.published for entry in known.values())
    was_full = len(known) >= (_EDITIONS if feed == addresses.WEEKS_FEED else FEED_STORIES)
    new = {id: entry for id, entry in now.items() if id not in known}
    # Where an entry is taken out of a full feed, an older one comes back, which readers have had before.
    told = [entry.title for entry in new.values() if not (was_full and entry.published < oldest)]
    again = [
        entry.title
        for id, entry in now.items()
        if id in known and entry.updated != known[id].updated
    ]
    return News(feed=feed, new=tuple(told), again=tuple(again))


def compared(before: Mapping[str, bytes | None], after: Mapping[str, bytes]) -> tuple[News, ...]:
    """Returns the news of each feed that has some, the feed of the whole first."""
    found = [news(path, before.get(path), content) for path, content in after.items()]
    told = [one for one in found if one.new or one.again]
    return tuple(sorted(told, key=lambda one: (one.feed.count("/"), one.feed)))


def _entries(document: bytes) -> dict[str, _Entry]:
    """Returns the entries of a feed by their ids; none where it is no feed of ours."""
    if b"<!DOCTYPE" in document:  # no feed of ours has one, and an entity could grow without bounds
        return {}
    try:
        root = ElementTree.fromstring(document)
        return dict(_read(root.iter(f"{_ATOM}entry")))
    except (ElementTree.ParseError, ValueError):
        return {}


def _read(entries: Iterable[ElementTree.Element]) -> Iterable[tuple[str, _Entry]]:
    for entry in entries:
        words = {
            name: entry.findtext(f"{_ATOM}{name}", "")
            for name in ("id", "title", "published", "updated")
        }
        moments = (
            datetime.fromisoformat(words[name] or words["updated"])
            for name in ("published", "updated")
        )
        yield words["id"], _Entry(words["title"], *moments)
