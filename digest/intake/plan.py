"""What a pull knows before it decides (`Snapshot`), and what it decides to write (`PullPlan`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from digest import urls
from digest.content import ledger, locations
from digest.content.edit import Edit
from digest.content.identity import keys_of_story
from digest.content.ledger import Record
from digest.content.story_file import Known, loads
from digest.errors import Faults, Problem
from digest.intake.merge import before_kill
from digest.model import Feed, Location, Story
from digest.week import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the digest has before a pull.

    Only those story files are read that may be stories of changed entries.
    """

    ledgers: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    """All story files."""
    located: tuple[Location, ...] = ()
    """Where stories are or were that the feeds' ledgers do not have there."""
    stories: tuple[Story, ...] = ()
    """The stories that were read."""
    altered: Mapping[str, str] = field(default_factory=dict)
    """Files whose id and link an editor has changed, each with the ledger's file of its story
    (`attribution`).
    """
    added: Mapping[str, Record] = field(default_factory=dict)
    """What `digest add` has written."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The texts of the stories that were read, by file."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """The texts of files that could not be parsed."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with these."""
    known: Known = field(default_factory=Known)
    """The feeds, themes and time zone that a story may name."""
    closed: Week | None = None
    """The newest week closed by its letter; None if letters do not close weeks."""
    letters: tuple[str, ...] = ()
    """The texts of all letters."""
    carried: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By feed, the names of all entries in its last document."""
    returned: frozenset[str] = frozenset()
    """Feeds that were retired, or had another id, in the last pull."""
    begun: Mapping[str, Edit] = field(default_factory=dict)
    """What the last pull wrote into files.

    It may have been killed before it wrote its ledger lines.
    """
    withheld: frozenset[str] = frozenset()
    """Feeds whose ledgers have lost lines.

    They may not add stories, since these may have been deleted.
    """

    @property
    def taken(self) -> frozenset[str]:
        """All story files, present and past. Their names are not used again."""
        return self.files.union(
            (one.file for one in self.located),
            (record.file for records in self.ledgers.values() for record in records.values()),
        )

    def deleted(self, addresses: Iterable[str]) -> str:
        """Returns the file of a deleted story at these URLs that no feed ever brought, or ""."""
        wanted = {
            urls.canonical(address) for address in addresses if not urls.is_front_page(address)
        }
        at_link = {
            one.name
            for one in self.located
            if not wanted.isdisjoint(map(urls.canonical, (one.link, one.now)))
        }
        for name in sorted(at_link):
            found = [one for one in self.located if one.name == name]
            homes, keys = {one.file for one in found}, locations.keys_of(found)
            brought = (
                record.file in homes or not keys.isdisjoint(ledger.keys_on_disk(record, feed))
                for feed, records in self.ledgers.items()
                for record in records.values()
            )
            there = (
                story.file in homes or not keys.isdisjoint(keys_of_story(story))
                for story in self.stories
            )
            if homes.isdisjoint(self.files) and not any(there) and not any(brought):
                return found[0].file
        return ""

    def by_key(self) -> dict[str, list[str]]:
        """Returns the files of the stories that were read, by key (`identity.keys_of_story`)."""
        found: dict[str, list[str]] = {}
        for story in self.stories:
            for key in keys_of_story(story):
                found.setdefault(key, []).append(story.file)
        return found

    def before_kill(self, story: Story) -> Story | None:
        """Returns a story as it was before a killed pull; later edits by an editor stay."""
        edit = self.begun.get(story.file)
        with suppress(Faults):
            if edit:
                old = loads(edit.before, story.file, self.known)
                new = loads(edit.after, story.file, self.known)
                return before_kill(story, old, new)
        return None

    def open_week(self, week: Week) -> Week:
        """Returns the week itself, or the first open one if a letter has closed it."""
        return self.closed.following if self.closed is not None and week <= self.closed else week

    def hidden(self, names: Iterable[str]) -> str:
        """Returns an unreadable file with one of the names, which may be its story, or ""."""
        wanted = tuple(names)
        for file, text in self.unreadable.items():
            if any(name in text for name in wanted):
                return file
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the entries of one document: files of stories, counts, and lines to report."""

    feed: Feed
    entries: int
    new: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    known: int = 0
    blocked: int = 0
    """Entries whose story may be in a file that cannot be read, or was lost with lines of the
    ledger.

    The next pull looks at them again.
    """
    kept: tuple[str, ...] = ()
    """A line for each field that the feed has changed and that keeps the editor's words."""
    notices: tuple[str, ...] = ()
    """A line for each headline or link that changed under an editor's words, and for each field
    that was withdrawn.
    """
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPlan:
    """What a pull writes, in this order: new stories, edits, ledger lines by feed.

    `outcomes` are for the report.
    """

    stories: tuple[Story, ...] = ()
    edits: tuple[Edit, ...] = ()
    lines: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
