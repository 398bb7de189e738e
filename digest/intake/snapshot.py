"""What a pull knows of the digest before it decides."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from posixpath import basename
from types import MappingProxyType

from digest import urls
from digest.content import ledger, locations, paths
from digest.content.history import History
from digest.content.identity import keys_of_story
from digest.content.known_names import KnownNames, names_of
from digest.content.ledger import Ledgers, Record
from digest.content.pending import GitMerges
from digest.content.read import ContentReader, parse_story
from digest.content.scan import read_bytes, scan
from digest.content.store import read_from_pages, read_locations
from digest.errors import Problem
from digest.model import Config, Letter, Location, Story
from digest.week import Week, reached_by, without_mistyped


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the digest has before a pull.

    Only those story files are parsed that may be stories of changed entries.
    """

    ledgers: Ledgers = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    """All story files."""
    located: tuple[Location, ...] = ()
    """Where stories are or were that the feeds' ledgers do not have there."""
    stories: tuple[Story, ...] = ()
    """The stories that were parsed."""
    altered: Mapping[str, str] = field(default_factory=dict)
    """Files whose id and link an editor has changed, each with the ledger's file of its story
    (`match_files`).
    """
    from_pages: Mapping[str, Record] = field(default_factory=dict)
    """What `digest add` has written."""
    history: History = field(default_factory=lambda: History({}))
    """What the ledgers and `from_pages` remember of each story."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The texts of these stories, by file."""
    merged: GitMerges = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """The texts of files that could not be parsed."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with these."""
    names: KnownNames = field(default_factory=KnownNames)
    """The feeds and themes that a story may name."""
    zone: tzinfo = UTC
    """The digest's time zone."""
    excerpts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The hashes of the excerpts that pull or add wrote (`History.excerpts`)."""
    closed: Week | None = None
    """The newest week closed by its letter; None if letters do not close weeks."""
    letters: tuple[str, ...] = ()
    """The texts of all letters."""
    carried: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By feed, the aliases of all entries in its last document before this pull, or in this one."""
    resumed: frozenset[str] = frozenset()
    """Feeds that were retired, or had another id, in the last pull."""
    created_by_killed_pull: Mapping[str, str] = field(default_factory=dict)
    """The texts of the files that the last pull was about to create, if it was killed."""
    damaged: frozenset[str] = frozenset()
    """Feeds whose ledgers have lost lines.

    They may not add stories, since these may have been deleted.
    """

    @property
    def taken(self) -> frozenset[str]:
        """All story files, present and past. Their names are not used again."""
        taken = set(self.files)
        taken.update(location.file for location in self.located)
        for records in self.ledgers.values():
            for record in records.values():
                taken.update((record.file, *record.files))
        return frozenset(taken)

    def deleted(self, addresses: Iterable[str]) -> str:
        """Returns the file of a deleted story at these URLs that no feed ever brought, or ""."""
        wanted = {
            urls.canonical(address) for address in addresses if not urls.is_front_page(address)
        }
        lasting_names = set()
        for location in self.located:
            if not wanted.isdisjoint(map(urls.canonical, (location.link, location.now))):
                lasting_names.add(location.lasting_name)
        for name in sorted(lasting_names):
            been = [location for location in self.located if location.lasting_name == name]
            files = {location.file for location in been}
            keys = locations.keys_of(been)
            is_there = not files.isdisjoint(self.files)
            if not (is_there or self._has_story(files, keys) or self._has_record(files, keys)):
                return been[0].file
        return ""

    def _has_story(self, files: Container[str], keys: set[str]) -> bool:
        """True if one of the stories that were read is in one of these files, or has a key."""
        has_key = any(not keys.isdisjoint(keys_of_story(story)) for story in self.stories)
        return has_key or any(story.file in files for story in self.stories)

    def _has_record(self, files: Container[str], keys: set[str]) -> bool:
        """True if a feed ever brought a story into one of these files, or with a key."""
        for records in self.ledgers.values():
            for record in records.values():
                if record.file in files or not keys.isdisjoint(ledger.file_keys(record)):
                    return True
        return False

    def by_key(self) -> dict[str, list[str]]:
        """Returns the files of the stories that were read, by key (`identity.keys_of_story`)."""
        found: dict[str, list[str]] = {}
        for story in self.stories:
            for key in keys_of_story(story):
                found.setdefault(key, []).append(story.file)
        return found

    def parse(self, text: str, file: str) -> Story:
        """Returns the story in a text; raises Faults with every problem in it."""
        return parse_story(text, file, self.names, self.zone, self.excerpts)

    def open_week(self, week: Week) -> Week:
        """Returns the week itself, or the first open one if a letter has closed it."""
        return self.closed.following if self.closed is not None and week <= self.closed else week

    def unreadable_with(self, search: Iterable[str]) -> str:
        """Returns an unreadable file that contains one of these texts, "" if none does."""
        wanted = tuple(search)
        for file, text in self.unreadable.items():
            if any(part in text for part in wanted):
                return file
        return ""

    def unreadable_named(self, name: str) -> str:
        """Returns a file with this name, in any week, that is no story; "" if none is."""
        return next((file for file in self.unreadable if basename(file) == name), "")


def search_texts(aliases: Iterable[str]) -> set[str]:
    """Returns texts to search for: a story's file contains one of them.

    These are guids, links without scheme and query, and `/article/<number>`.
    """
    found = set()
    for alias in aliases:
        kind, _, value = alias.partition(":")
        if kind == "guid":
            found.add(value)
        elif kind == "article":
            found.add(f"/article/{basename(value)}")
        elif kind == "link":
            found.add(value.partition("?")[0])
    return found


def read_snapshot(
    root: Path,
    config: Config,
    ledgers: Ledgers,
    search: frozenset[str],
    altered: Mapping[str, str] = MappingProxyType({}),
) -> Snapshot:
    """Reads what a pull needs, and parses the story files that contain a text in `search`.

    Without such texts, no story file is read; with one, all are read. `altered` stories are parsed
    as well, since their files no longer contain their aliases.
    """
    from_pages = read_from_pages(root)[0]
    history = History(ledgers, altered=altered, from_pages=from_pages)
    excerpts = history.excerpts()
    files = scan(root).files if search else []
    story_files = list(filter(paths.is_story, files))
    letter_files = list(filter(paths.is_letter, files))
    # Each file is read once, so that a story is what its text says, whatever is saved meanwhile.
    contents = {file: read_bytes(root, file) for file in (*story_files, *letter_files)}
    names, zone = names_of(config, ledgers), config.site.zone
    reading = ContentReader(names, zone, contents.__getitem__, excerpts)
    found: list[Story] = []
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for file in story_files:
        text = contents[file].decode(errors="replace")
        is_no_story = "link" not in text  # such as an emptied file, or one in UTF-16
        if is_no_story or file in altered or any(part in text for part in search):
            story = reading.story(file)
            if story:
                found.append(story)
                texts[file] = text
            else:
                unreadable[file] = text
    located = read_locations(root)[0] if search else ()
    closed = None
    if config.close == "letter":
        reached = reached_by(max([history.newest, *(location.at for location in located)]))
        closed = _newest_closed(filter(None, map(reading.letter, letter_files)), files, reached)
    return Snapshot(
        ledgers=ledgers,
        files=frozenset(story_files),
        located=located,
        stories=tuple(found),
        altered=altered,
        from_pages=from_pages,
        history=history,
        texts=texts,
        unreadable=unreadable,
        problems=tuple(reading.problems),
        names=names,
        zone=zone,
        excerpts=excerpts,
        closed=closed,
        letters=tuple(contents[file].decode(errors="replace") for file in letter_files),
    )


def _newest_closed(
    letters: Iterable[Letter], files: Iterable[str], reached: Week | None
) -> Week | None:
    """Returns the newest week whose letter is published, except weeks that are mistyped."""
    plausible = set(without_mistyped(filter(None, map(paths.week_of, files)), reached))
    weeks = [letter.week for letter in letters if not letter.draft]
    return max((week for week in weeks if week in plausible), default=None)
