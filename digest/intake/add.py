"""A story from a web page or the inbox: is it here already? And what would a page's story be?

Neither a page nor a file in the inbox has a feed, so they are compared by the publisher's article
number and the canonical link. A story that is here, or was deleted, is not added again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal, NamedTuple

from digest import urls
from digest.content import ledger, paths
from digest.content.identity import aliases_of, aliases_of_link, keys_of_story
from digest.content.ledger import Ledgers, Record, hashes_of
from digest.content.slug import Slugs
from digest.intake.new_story import Arrival, fresh_story
from digest.intake.snapshot import Snapshot, search_texts
from digest.model import Config, Entry, Feed, Story

_NO_FEED = Feed(id="", url="")


class Existing(NamedTuple):
    """A story that is here, that may be in an unreadable file, or that was deleted; and its file."""

    state: Literal["here", "unreadable", "deleted"]
    file: str
    feed: str = ""
    """The feed that brought a deleted story, if any did."""


def search_texts_at(addresses: Iterable[str], ledgers: Ledgers) -> frozenset[str]:
    """Returns texts to search for: a story at one of these URLs contains one of them."""
    aliases = _aliases_at(addresses)
    texts = search_texts(aliases)
    for record in _records_with(aliases, ledgers):
        texts |= search_texts(record.aliases)
    return frozenset(texts)


def existing(
    addresses: Collection[str], snapshot: Snapshot, stories: Iterable[Story], guid: str = ""
) -> Existing | None:
    """Returns the story at one of these URLs, or with this guid; None if there never was one.

    `stories` are those of the snapshot, and others that count as well.
    """
    aliases = _aliases_at(addresses)
    records = _records_with(aliases, snapshot.ledgers)
    from_pages = _records_with(aliases, {paths.ADDED: snapshot.from_pages})
    keys, origins = set[str](), set[str]()
    for record in records:
        keys |= ledger.file_keys(record)
    for record in (*records, *from_pages):
        origins |= {record.file, record.id}
    with_same_keys = []
    for story in stories:
        if (guid and story.id == guid) or any(_is_at(story, address) for address in addresses):
            return Existing("here", story.file)
        if not keys.isdisjoint(keys_of_story(story)) or snapshot.altered.get(story.file) in origins:
            with_same_keys.append(story)
    if with_same_keys:
        return Existing("here", with_same_keys[0].file)
    if unreadable := snapshot.unreadable_with(search_texts(aliases) | ({guid} - {""})):
        return Existing("unreadable", unreadable)
    for record in records:
        if record.file in snapshot.files:
            return Existing("here", record.file)
    if records:
        return Existing("deleted", records[0].file, records[0].feed)
    deleted = snapshot.deleted(addresses)
    return Existing("deleted", deleted) if deleted else None


def why_not_new(addresses: Collection[str], snapshot: Snapshot) -> str:
    """Returns the message for a story that is here or was deleted, "" if it is new."""
    story = existing(addresses, snapshot, snapshot.stories)
    if story is None:
        return ""
    if story.state == "here":
        return f"{story.file}: this story is here already; edit that file"
    if story.state == "unreadable":
        return f"{story.file}: may be this story, but cannot be read; fix it first"
    what = "this story was deleted"
    if story.feed:
        what = f"feed '{story.feed}' brought this story, and its file was deleted"
    return f"{story.file}: {what}; restore it from git, or write the file by hand"


def story_of(entry: Entry, source: str, snapshot: Snapshot, config: Config, now: datetime) -> Story:
    """Returns the story of a page, with its file, in its own or the next open week."""
    fresh = fresh_story(Arrival(_NO_FEED, entry, "", ()), config, now)
    week = snapshot.open_week(fresh.week)
    slug = Slugs(snapshot.taken).take(week, entry)
    return replace(
        fresh,
        file=paths.story(week, fresh.day, slug),
        week=week,
        slug=slug,
        source=source,
        feeds=(),
        draft=False,
    )


def record_of(story: Story, now: datetime) -> Record:
    """Returns the ledger line that says which words of a story are from its page."""
    hashes = hashes_of(story)
    return Record(
        feed=paths.ADDED,
        at=ledger.timestamp(now),
        id=story.link,
        aliases=aliases_of(
            Entry(id="", title=story.title, link=story.link, published=story.published)
        ),
        file=story.file,
        title=story.title,
        wrote={name: hashes[name] for name in ("title", "excerpt") if name in hashes},
    )


def _is_at(story: Story, address: str) -> bool:
    """True if a story links to the article at a URL."""
    if urls.canonical(story.link) == urls.canonical(address):
        return True
    number = urls.article_number(address)
    return number is not None and urls.article_number(story.link) == number


def _aliases_at(addresses: Iterable[str]) -> set[str]:
    aliases = set[str]()
    for address in addresses:
        aliases.update(aliases_of_link(address))
    return aliases


def _records_with(aliases: set[str], ledgers: Ledgers) -> list[Record]:
    """Returns the records of stories that have one of these aliases."""
    found = []
    for records in ledgers.values():
        for record in records.values():
            if not aliases.isdisjoint(record.aliases):
                found.append(record)
    return found
