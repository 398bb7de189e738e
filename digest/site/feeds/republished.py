"""Finds the entries that feed readers will show as new, or again, when a new site is published.

A feed reader knows an entry by its id, and shows it again if `updated` has changed. It does not
notice other changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

from digest.site import addresses
from digest.site.arrange import EDITIONS, FEED_STORIES

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARCHIVE = re.compile(r"\d{4}/w\d\d/feed\.atom")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The titles of entries of one feed that are new to its readers, and that they see again.

    `first`: the feed itself is new.
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
    """True if a file of the site is a feed that readers poll; archive documents are not."""
    return path.endswith(".atom") and not _ARCHIVE.fullmatch(path)


def news(feed: str, before: bytes | None, after: bytes) -> News:
    """Returns what the readers of one feed will see when `after` replaces `before`."""
    known, now = _entries(before or b""), _entries(after)
    if not known:
        return News(
            feed=feed, new=tuple(entry.title for entry in now.values()), first=before is None
        )
    oldest = min(entry.published for entry in known.values())
    was_full = len(known) >= (EDITIONS if feed == addresses.WEEKS_FEED else FEED_STORIES)
    new = {id: entry for id, entry in now.items() if id not in known}
    # If an entry is removed from a full feed, an older one comes back, which readers know already.
    shown = [entry.title for entry in new.values() if not (was_full and entry.published < oldest)]
    again = [
        entry.title
        for id, entry in now.items()
        if id in known and entry.updated != known[id].updated
    ]
    return News(feed=feed, new=tuple(shown), again=tuple(again))


def compared(before: Mapping[str, bytes | None], after: Mapping[str, bytes]) -> tuple[News, ...]:
    """Returns the news of each feed that has any, the feeds of all stories first."""
    found = [news(path, before.get(path), content) for path, content in after.items()]
    with_news = [one for one in found if one.new or one.again]
    return tuple(sorted(with_news, key=lambda one: (one.feed.count("/"), one.feed)))


def _entries(document: bytes) -> dict[str, _Entry]:
    """Returns the entries of a feed by id; none if it is not a feed of ours."""
    if b"<!DOCTYPE" in document:  # none of ours has one, and entities could expand without limit
        return {}
    try:
        root = ElementTree.fromstring(document)
        return dict(_read(root.iter(f"{_ATOM}entry")))
    except (ElementTree.ParseError, ValueError):
        return {}


def _read(entries: Iterable[ElementTree.Element]) -> Iterable[tuple[str, _Entry]]:
    for entry in entries:
        updated = entry.findtext(f"{_ATOM}updated", "")
        published = entry.findtext(f"{_ATOM}published", "") or updated
        yield (
            entry.findtext(f"{_ATOM}id", ""),
            _Entry(
                title=entry.findtext(f"{_ATOM}title", ""),
                published=datetime.fromisoformat(published),
                updated=datetime.fromisoformat(updated),
            ),
        )
