"""What a pull knows and what it decides, as values: the desk before, the intake after.

Refuses to do anything: the store fills the one and carries out the other, `intake` decides between them.
"""

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
    """What the digest holds before a pull.

    `files` are all story files there are, `located` where stories were that no ledger of a feed has there. Of those
    that speak of an entry in question, `stories` were read, with their `texts`, and all whose names were `altered`
    (`following.Followed`); `added` is what `digest add` has written. `unreadable` has the texts of the
    others, `problems` what is wrong with them. `known` is what a story may speak of. `closed` is the newest week that
    its letter has closed, None where letters close none. `letters` are the texts of all letters. `carried` has, by
    feed, names of the entries in the last document that it was seen to have; feeds that have `returned` were retired or
    had another id in the last pull. `begun` is what the last pull wrote into files, which may have been killed before
    its ledger lines were written. Of the `withheld` feeds, parts of the ledger are lost.
    """

    ledgers: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    located: tuple[Location, ...] = ()
    stories: tuple[Story, ...] = ()
    altered: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, Record] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    known: Known = field(default_factory=Known)
    closed: Week | None = None
    letters: tuple[str, ...] = ()
    carried: Mapping[str, frozenset[str]] = field(default_factory=dict)
    returned: frozenset[str] = frozenset()
    begun: Mapping[str, Edit] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()

    @property
    def taken(self) -> frozenset[str]:
        """The story files that there are, and those that there were: their names stay theirs."""
        return self.files.union(
            (one.file for one in self.located),
            (record.file for records in self.ledgers.values() for record in records.values()),
        )

    def deleted(self, addresses: Iterable[str]) -> str:
        """Returns the file of a deleted story at one of the addresses that no feed has brought, "" if there is none."""
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
        """Returns the files of the stories that were read, under each of their keys (`identity.keys_of_story`)."""
        found: dict[str, list[str]] = {}
        for story in self.stories:
            for key in keys_of_story(story):
                found.setdefault(key, []).append(story.file)
        return found

    def before_kill(self, story: Story) -> Story | None:
        """Returns a story as it was before a killed pull changed its file, in what stands there since."""
        edit = self.begun.get(story.file)
        with suppress(Faults):
            if edit:
                old, new = (
                    loads(text, story.file, self.known) for text in (edit.before, edit.after)
                )
                return before_kill(story, old, new)
        return None

    def open_week(self, week: Week) -> Week:
        """Returns the week itself, or the first open one where a letter has closed it."""
        return self.closed.following if self.closed is not None and week <= self.closed else week

    def hidden(self, names: Iterable[str]) -> str:
        """Returns a file that cannot be read and speaks of one of the names, if any: it may well be their story."""
        wanted = tuple(names)
        return next(
            (
                file
                for file, text in self.unreadable.items()
                if any(name in text for name in wanted)
            ),
            "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one document's entries: files of new, adopted and updated stories, counts, and lines to report.

    `kept` has a line for each field that the editor touched and the feed has changed, `notices` one for each headline
    or link that has changed below an editor's words, and for each field that was withdrawn. `left` entries could not
    be decided on, since a file that may be theirs cannot be read: they are looked at again in the next pull.
    """

    feed: Feed
    entries: int
    new: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    known: int = 0
    left: int = 0
    kept: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPlan:
    """What a pull is to write: new stories, edits, then each feed's ledger lines, in this order; and what to report."""

    stories: tuple[Story, ...] = ()
    edits: tuple[Edit, ...] = ()
    lines: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
