"""Decides which entries of a feed are passed over: those that its `match` and `ignore` leave out.

For a feed that covers more than the digest does. An entry that the feed's ledger knows is never
passed over: its story is here, and the publisher's corrections still count.
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


def filter_entries(feed: Feed, document: Document, records: Mapping[str, Record]) -> Filtered:
    """Returns the document without the entries that are passed over; `records` are the feed's."""
    if not (feed.match or feed.ignore):
        return Filtered(document)
    known_aliases = set[str]()
    for record in records.values():
        known_aliases.update(record.aliases)
    wanted, passed_over = list[Entry](), list[str]()
    for entry in document.entries:
        if wants(feed, entry) or not known_aliases.isdisjoint(aliases_of(entry)):
            wanted.append(entry)
        else:
            passed_over.append(entry.title)
    return Filtered(document._replace(entries=tuple(wanted)), tuple(passed_over))


def wants(feed: Feed, entry: Entry) -> bool:
    """True for an entry that a feed's `match` and `ignore` let in."""
    if feed.match and not _finds(feed.match, entry):
        return False
    return not _finds(feed.ignore, entry)


def _finds(phrases: tuple[str, ...], entry: Entry) -> bool:
    rule = Theme(id="feed", title="feed", match=phrases)
    return bool(themes_of(entry.title, entry.summary, (rule,)))


def hash_of_phrases(feed: Feed) -> str:
    """Returns a hash of the phrases, "" without any: when it changes, the feed is read again."""
    return hash_of_value((*feed.match, "", *feed.ignore)) if feed.match or feed.ignore else ""
