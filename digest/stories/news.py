"""What of a pull's documents is news: entries that are unknown, new to their feed, or say something else than before.

Refuses to decide what becomes of them. It tells which names to look for in the story files, so that a pull which brings
nothing new reads none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from digest import links
from digest.model import Document, Entry, Feed
from digest.stories import identity, ledger
from digest.stories.ledger import Record

Ledgers = Mapping[str, Mapping[str, Record]]


def in_question(documents: Sequence[tuple[Feed, Document]], ledgers: Ledgers) -> frozenset[str]:
    """Returns names to look for in the story files: those of entries that are new, or changed, or new to their feed.

    There are none where every entry is known and says what it said: then no story file need be read at all.
    """
    known = ledger.known_files(akin(documents, ledgers))
    names: set[str] = set()
    for feed, document in documents:
        entries = identity.distinct(document.entries)
        records = {record.file: record for record in ledgers.get(feed.id, {}).values()}
        for entry, file in zip(entries, identity.match(feed.id, entries, known), strict=True):
            record = records.get(file or "")
            if record is None or is_news(entry, record):
                names |= names_of(identity.aliases_of(entry) + (record.aliases if record else ()))
    return frozenset(names)


def akin(documents: Sequence[tuple[Feed, Document]], ledgers: Ledgers) -> dict[str, dict[str, Record]]:
    """Returns of the ledgers what shares a name with the documents: all that is needed to know their entries again."""
    entries = [entry for _, document in documents for entry in document.entries]
    titles = {entry.title for entry in entries}
    names = {alias for entry in entries for alias in identity.aliases_of(entry)}
    names |= {f"guid:{entry.link}" for entry in entries}
    names |= {f"link:{links.canonical(entry.id)}" for entry in entries if links.web_link(entry.id)}
    return {
        feed: {
            id: record
            for id, record in records.items()
            if record.title in titles or not names.isdisjoint(record.aliases)
        }
        for feed, records in ledgers.items()
    }


def said(entry: Entry) -> dict[str, str | tuple[str, ...] | datetime | None]:
    """Returns what an entry says, by field, as the ledger keeps its hashes; the excerpt uncut."""
    return {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "authors": entry.authors,
        "image": entry.image,
        "excerpt": entry.summary,
    }


def names_of(aliases: Iterable[str]) -> set[str]:
    """Returns texts of which a story's file has one: guids, links without scheme and query, `/article/<number>`."""
    kinds = [alias.partition(":")[::2] for alias in aliases]
    guids = {name for kind, name in kinds if kind == "guid"}
    numbers = {f"/article/{name.rpartition('/')[2]}" for kind, name in kinds if kind == "article"}
    return guids | numbers | {name.partition("?")[0] for kind, name in kinds if kind == "link"}


def is_news(entry: Entry, record: Record) -> bool:
    """Tells whether an entry says something else than it did; what it no longer says is no news."""
    return bool(ledger.hashes(said(entry)).items() - record.said.items())
