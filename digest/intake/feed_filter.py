"""Decides which entries of a feed are passed over: those that its `match` and `ignore` leave out.

For a broad feed of which the beat is a part. An entry that the feed's ledger knows is never passed
over: its story is here, and the publisher's corrections still count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from digest.content.identity import aliases_of
from digest.content.ledger import Record, hash_of_value
from digest.model import Document, Entry, Feed, Theme
from digest.themes.rules import themes_of


class Filtered(NamedTuple):
    """A document without the entries that are passed over, and the headlines of these."""

    document: Document
    passed_over: tuple[str, ...] = ()


def filtered(feed: Feed, document: Document, records: Mapping[str, Record]) -> Filtered:
    """Returns the entries of a document that are taken in; `records` are the feed's."""
    if not (feed.match or feed.ignore):
        return Filtered(document)
    known = {alias for record in records.values() for alias in record.aliases}
    taken, passed = list[Entry](), list[str]()
    for entry in document.entries:
        if wants(feed, entry) or not known.isdisjoint(aliases_of(entry)):
            taken.append(entry)
        else:
            passed.append(entry.title)
    return Filtered(document._replace(entries=tuple(taken)), tuple(passed))


def wants(feed: Feed, entry: Entry) -> bool:
    """True for an entry that a feed's `match` and `ignore` let in."""
    return _finds(feed.match or None, entry) and not (feed.ignore and _finds(feed.ignore, entry))


def mark(feed: Feed) -> str:
    """Returns a hash of the phrases, "" without any: when it changes, the feed is read again."""
    return hash_of_value((*feed.match, "", *feed.ignore)) if feed.match or feed.ignore else ""


def _finds(phrases: tuple[str, ...] | None, entry: Entry) -> bool:
    rule = Theme(id="feed", title="feed", match=phrases or ())
    return phrases is None or bool(themes_of(entry.title, entry.summary, (rule,)))
