"""A story from a web page that no feed carries: whether it is here already, and the story that it would be.

Goes by the names that hold for the whole digest, the publisher's article number and the canonical link: a page has no
guid, and is no feed's. Refuses to bring a story in a second time, a deleted one included. Decides only.
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
from digest.intake.detect import names_of
from digest.intake.new_story import Arrival, fresh_story
from digest.intake.plan import Snapshot
from digest.model import Config, Entry, Feed, Story

_NO_FEED = Feed(id="", url="", title="", publisher="")


def names_in_question(addresses: Iterable[str], ledgers: Ledgers) -> frozenset[str]:
    """Returns texts of which a story's file has one where it is the story at one of the addresses."""
    known = known_at(addresses, ledgers)
    names = {name for address in addresses for name in names_of_link(address)}
    return frozenset(names.union(*(names_of(record.aliases) for _, record in known)))


def already(addresses: Iterable[str], desk: Snapshot) -> str:
    """Returns what to say of a story that is here, or was: its file, and what to do; nothing for a new one."""
    there = [
        story for story in desk.stories if any(is_same(story, address) for address in addresses)
    ]
    known = known_at(addresses, desk.ledgers)
    keys = frozenset(key for feed, record in known for key in ledger.keys_on_disk(record, feed))
    pages = [record for _, record in known_at(addresses, {paths.ADDED: desk.added})]
    owners = {
        name
        for record in (*pages, *(record for _, record in known))
        for name in (record.file, record.id)
    }
    named = [
        story
        for story in desk.stories
        if not keys.isdisjoint(keys_of_story(story)) or desk.altered.get(story.file) in owners
    ]
    for story in (*there, *named):
        return f"{story.file}: this story is here already; edit that file"
    names = {name for address in addresses for name in names_of_link(address)}
    if hidden := desk.hidden(names):
        return f"{hidden}: may be this story, but cannot be read; fix it first"
    for feed, record in known:
        if record.file in desk.files:
            return f"{record.file}: this story is here already; edit that file"
        cure = "restore it from git, or write the file by hand"
        return f"{record.file}: feed '{feed}' brought this story, and its file was deleted; {cure}"
    if deleted := desk.deleted(addresses):
        return f"{deleted}: this story was deleted; restore it from git, or write the file by hand"
    return ""


def story_of(entry: Entry, source: str, desk: Snapshot, config: Config, now: datetime) -> Story:
    """Returns the story of a page, its place with it; a week that its letter has closed gives it to the one after."""
    fresh = fresh_story(Arrival(_NO_FEED, entry, "", ()), config, now)
    week = desk.open_week(fresh.week)
    slug = Slugs(desk.taken).take(week, entry)
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
    """Returns the line of the ledger by which the words of a page stay known as the page's."""
    return Record(
        at=ledger.moment(now),
        id=story.link,
        aliases=aliases_of(
            Entry(id="", title=story.title, link=story.link, published=story.published)
        ),
        file=story.file,
        title=story.title,
        wrote={
            name: mark for name, mark in hashes_of(story).items() if name in {"title", "excerpt"}
        },
    )


def is_same(story: Story, link: str, guid: str = "") -> bool:
    """Tells whether a story is the one at a link, or the one of a guid."""
    number = urls.article_number(link)
    return (
        urls.canonical(story.link) == urls.canonical(link)
        or (number is not None and urls.article_number(story.link) == number)
        or bool(guid and story.id == guid)
    )


def names_of_link(link: str) -> set[str]:
    """Returns texts of which the file of the story at a link has one: the link's bare part, its article number."""
    return names_of(aliases_of_link(link))


def known_at(addresses: Iterable[str], ledgers: Ledgers) -> list[tuple[str, Record]]:
    """Returns what the ledgers know under one of the addresses, by feed."""
    aliases = {alias for address in addresses for alias in aliases_of_link(address)}
    return [
        (feed, record)
        for feed, records in ledgers.items()
        for record in records.values()
        if not aliases.isdisjoint(record.aliases)
    ]
