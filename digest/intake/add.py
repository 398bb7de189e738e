"""A story from a web page, for `digest add`: is it here already, and what would it be?

A page has no guid and no feed, so it is compared by the publisher's article number and the
canonical link. A story that is here, or was deleted, is not added again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from digest import urls
from digest.content import ledger, paths
from digest.content.identity import aliases_of, aliases_of_link, keys_of_story
from digest.content.ledger import Ledgers, Record, hashes_of
from digest.content.slug import Slugs
from digest.intake.new_story import Arrival, fresh_story
from digest.intake.snapshot import Snapshot, search_texts
from digest.model import Config, Entry, Feed, Story

_NO_FEED = Feed(id="", url="")


def names_in_question(addresses: Iterable[str], ledgers: Ledgers) -> frozenset[str]:
    """Returns texts to search for: a story at one of these URLs contains one of them."""
    known = known_at(addresses, ledgers)
    names = {name for address in addresses for name in names_of_link(address)}
    return frozenset(names.union(*(search_texts(record.aliases) for _, record in known)))


def already(addresses: Iterable[str], snapshot: Snapshot) -> str:
    """Returns the message for a story that is here or was deleted, "" if it is new."""
    known = known_at(addresses, snapshot.ledgers)
    pages = known_at(addresses, {paths.ADDED: snapshot.added})
    keys = frozenset(key for feed, record in known for key in ledger.keys_on_disk(record, feed))
    owners: set[str] = set()
    for _, record in (*known, *pages):
        owners |= {record.file, record.id}
    at_address = [
        story for story in snapshot.stories if any(is_same(story, address) for address in addresses)
    ]
    with_keys = [
        story
        for story in snapshot.stories
        if not keys.isdisjoint(keys_of_story(story)) or snapshot.altered.get(story.file) in owners
    ]
    for story in (*at_address, *with_keys):
        return f"{story.file}: this story is here already; edit that file"
    names = {name for address in addresses for name in names_of_link(address)}
    if hidden := snapshot.unreadable_with(names):
        return f"{hidden}: may be this story, but cannot be read; fix it first"
    for feed, record in known:
        if record.file in snapshot.files:
            return f"{record.file}: this story is here already; edit that file"
        cure = "restore it from git, or write the file by hand"
        return f"{record.file}: feed '{feed}' brought this story, and its file was deleted; {cure}"
    if deleted := snapshot.deleted(addresses):
        return f"{deleted}: this story was deleted; restore it from git, or write the file by hand"
    return ""


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
    return Record(
        at=ledger.timestamp(now),
        id=story.link,
        aliases=aliases_of(
            Entry(id="", title=story.title, link=story.link, published=story.published)
        ),
        file=story.file,
        title=story.title,
        wrote={
            name: hash for name, hash in hashes_of(story).items() if name in {"title", "excerpt"}
        },
    )


def is_same(story: Story, link: str, guid: str = "") -> bool:
    """True if a story has this link or this guid."""
    number = urls.article_number(link)
    return (
        urls.canonical(story.link) == urls.canonical(link)
        or (number is not None and urls.article_number(story.link) == number)
        or bool(guid and story.id == guid)
    )


def names_of_link(link: str) -> set[str]:
    """Returns texts to search for: the file of a story at this link contains one of them."""
    return search_texts(aliases_of_link(link))


def known_at(addresses: Iterable[str], ledgers: Ledgers) -> list[tuple[str, Record]]:
    """Returns the records of stories at these URLs, each with its feed."""
    aliases = {alias for address in addresses for alias in aliases_of_link(address)}
    found = []
    for feed, records in ledgers.items():
        for record in records.values():
            if not aliases.isdisjoint(record.aliases):
                found.append((feed, record))
    return found
