"""Reads all content of a digest: each folder from the cache, or from its files if one has changed.

    scan ──▶ folders, cached or read ──▶ what the ledgers know of their stories ──▶ Content

Parsing a file depends only on its text and the time zone. A cached folder with a name that
digest.toml does not have is read again, for the line. What depends on the ledgers (whose words an
excerpt has, where a story was before) is found for all stories at once, and cached as one value
(`ledger_facts`), to which the words of the stories are then compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digest import parallel, program
from digest.cache import Cache, key_of
from digest.content import excerpt, file_names, paths, publishable, story_file
from digest.content.known_names import combined, names_of, unknown_themes
from digest.content.ledger_facts import LedgerFacts, identity_key
from digest.content.read import ContentReader
from digest.content.scan import NamesIn, Scan, copied, read_bytes, scan
from digest.errors import DigestError, Faults, Problem
from digest.model import (
    Config,
    Content,
    Copied,
    FreePage,
    Letter,
    Skipped,
    Story,
)

if TYPE_CHECKING:
    from digest.content.history import History
    from digest.content.ledger import Ledgers, Record
    from digest.content.store import AllLedgers

_MS_PER_FILE = 0.06  # to read it


class _Folder(NamedTuple):
    """The parsed files of one folder, the problems of the others, and those of them that are `unread`.

    `feeds` and `themes` are all that its stories and introductions name.
    `hashes` has a hash of each story's file and name, `excerpts` the hashes of each excerpt, if its
    file has one; `with_secrets` are the stories with what looks like a secret in a URL. `identity_key`
    is a hash of everything by which the ledgers know these stories, but for their words,
    `settings_key` of what the files were parsed with. A folder with problems is not cached.
    """

    stories: tuple[Story, ...]
    letters: tuple[Letter, ...]
    introductions: tuple[FreePage, ...]
    pages: tuple[FreePage, ...]
    copied: tuple[tuple[str, str, tuple[int, int] | None, int], ...]
    feeds: tuple[str, ...]
    themes: tuple[str, ...]
    hashes: dict[str, bytes]
    excerpts: dict[str, tuple[str, ...]]
    with_secrets: tuple[str, ...]
    identity_key: bytes
    problems: tuple[Problem, ...]
    unread: tuple[str, ...]
    settings_key: bytes

    def with_stories_of(self, before: _Folder) -> _Folder:
        """Returns the folder with the same objects as `before` for stories that have not changed.

        By these objects the preview knows what is still up to date (`BuildMemory`).
        """
        if before.settings_key != self.settings_key:
            return self
        hashes, known = self.hashes, {story.file: story for story in before.stories}
        stories = []
        for story in self.stories:
            is_same = before.hashes.get(story.file) == hashes[story.file]
            stories.append(known[story.file] if is_same else story)
        return self._replace(stories=tuple(stories))


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The content that can be read, and the problems in the rest.

    `files` are all files in `content/`, relative to the root; `unfinished` are those that a killed
    run left behind; `ledgers` has the records of each feed by id.
    """

    content: Content
    problems: tuple[Problem, ...] = ()
    ledgers: Ledgers = field(default_factory=dict)
    ledger_problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Themes that are not in digest.toml, each with the files of the stories that name it."""
    from_pages: Mapping[str, Record] = field(default_factory=dict)
    """What `digest add` wrote."""

    @cached_property
    def history(self) -> History:
        """What the ledgers remember of the stories; it takes a while to make."""
        from digest.content.history import History

        return History(self.ledgers, altered=self.content.altered, from_pages=self.from_pages)

    @property
    def unread(self) -> tuple[str, ...]:
        """The files of stories, letters and ledgers that cannot be read completely."""
        files = [problem.file for problem in self.problems if not problem.is_hint]
        files += sorted(self.content.unread.difference(files))
        ledgers = [problem.file for problem in self.ledger_problems]
        return tuple(dict.fromkeys((*filter(file_names.is_of_a_week, files), *ledgers)))

    @property
    def skipped(self) -> Skipped:
        """The files that reports name instead of counting them."""
        return Skipped(self.unread, self.unknown_themes)


class _Folders(NamedTuple):
    """All folders, and the problems of all files, also of those that are in a wrong place."""

    folders: tuple[_Folder, ...]
    problems: tuple[Problem, ...]

    @property
    def stories(self) -> tuple[Story, ...]:
        """The stories of all folders."""
        return tuple(story for folder in self.folders for story in folder.stories)


class _Loader:
    """Reads the content once, unchanged folders from the `cache`.

    Unless it `may_fork`, all files are read in this process.
    """

    def __init__(
        self,
        root: Path,
        config: Config,
        scanned: Scan,
        cache: Cache,
        *,
        may_fork: bool = True,
    ) -> None:
        self._root, self._scan, self._cache, self._may_fork = root, scanned, cache, may_fork
        names = scanned.folders.get(paths.LEDGERS, {})
        with_ledger = [feed for feed in map(paths.feed_of, names) if feed]
        self._zone = config.site.zone
        self._key = key_of(program.fingerprint(), config.site.timezone)
        self._feeds = frozenset(feed.id for feed in config.feeds)
        self.names = names_of(config, with_ledger)

    @cached_property
    def _files(self) -> frozenset[str]:
        """All files; made when a folder is read, since most are in the cache."""
        return frozenset(self._scan.files)

    def folders(self) -> _Folders:
        """Reads all folders."""
        problems, ledgers = list(self._scan.problems), f"{paths.LEDGERS}/"
        names = [name for name in self._scan.folders if not f"{name}/".startswith(ledgers)]
        keys: dict[str, bytes] = {}
        for name in names:
            if stamps := self._scan.key(name):
                keys[name] = key_of(self._key, stamps)
        cached = self._cache.get_all("folder", keys, _Folder)
        self._cache.keep_only("folder", names)
        # For an unknown name, the folder is read again: the line is to be reported.
        has_all = self.names.has_all
        cached = {name: one for name, one in cached.items() if has_all(one.feeds, one.themes)}
        missing = [name for name in names if name not in cached]
        read: dict[str, _Folder] = {}
        work = _MS_PER_FILE * sum(len(self._scan.folders[name]) for name in missing)
        parallel.map(self._read, missing, read.__setitem__, work=work if self._may_fork else 0)
        folders = []
        for name in names:
            folder = cached.get(name)
            if folder is None:
                folder = read.pop(name)
                if before := self._cache.loaded("folder", name, _Folder):
                    folder = folder.with_stories_of(before)
                problems += folder.problems
                if name in keys and not folder.problems:
                    self._cache.put("folder", name, keys[name], folder)
            folders.append(folder)
        return _Folders(tuple(folders), tuple(problems))

    def _read(self, name: str) -> _Folder:
        """Reads a folder, and changes nothing here."""
        file_hashes: dict[str, bytes] = {}

        def bytes_of(file: str) -> bytes:
            data = read_bytes(self._root, file)
            file_hashes[file] = key_of(file, data)
            return data

        reader = ContentReader(self.names, self._zone, bytes_of)
        files = [f"{name}/{file}" for file in self._scan.folders[name]]
        stories = tuple(filter(None, map(reader.story, filter(paths.is_story, files))))
        others = [file for file in files if not paths.is_story(file)]
        misplaced = filter(None, (file_names.problem(file, self._files) for file in others))
        letters, introductions, pages = reader.texts(others)
        files_to_copy = copied(self._root, others)
        themes = {page.name for page in introductions}.union(*{one.themes for one in stories})
        return _Folder(
            stories=stories,
            letters=letters,
            introductions=introductions,
            pages=pages,
            copied=tuple((one.file, one.path, one.size, one.byte_size) for one in files_to_copy),
            feeds=tuple(sorted(set().union(*{one.feeds for one in stories}))),
            themes=tuple(sorted(themes)),
            hashes={story.file: file_hashes[story.file] for story in stories},
            excerpts={
                story.file: excerpt.hashes(story.excerpt) for story in stories if story.excerpt
            },
            with_secrets=tuple(story.file for story in stories if publishable.has_secret(story)),
            identity_key=identity_key(stories),
            problems=(*misplaced, *file_names.duplicate_problems(others), *reader.problems),
            unread=tuple(reader.unread),
            settings_key=self._key,
        )

    def ledger_facts(self, found: _Folders, ledgers: AllLedgers | None = None) -> LedgerFacts:
        """Returns what the ledgers know of the stories in the folders, from the cache if it can.

        If `ledgers` are given, they are not read from the disk.
        """
        stories, stamps = found.stories, self._scan.key(paths.LEDGERS)
        if not stamps:
            return self._find_ledger_facts(stories, ledgers)
        identities = [folder.identity_key for folder in found.folders]
        # Whether a file exists also matters if it cannot be read (`present_files`).
        unread = [file for folder in found.folders for file in folder.unread]
        key = key_of(self._key, sorted(self._feeds), stamps, *identities, sorted(unread))
        facts = self._cache.get("ledgers", "", key, LedgerFacts)
        if facts is None or not facts.still_fits(stories):
            facts = self._find_ledger_facts(stories, ledgers)
            self._cache.put("ledgers", "", key, facts)
        return facts

    def _find_ledger_facts(
        self, stories: tuple[Story, ...], ledgers: AllLedgers | None
    ) -> LedgerFacts:
        # Imported late: most commands have this in the cache.
        from digest.content.find_ledger_facts import find_ledger_facts
        from digest.content.store import read_all_ledgers

        return find_ledger_facts(stories, ledgers or read_all_ledgers(self._root), self._feeds)

    def content(self, found: _Folders, facts: LedgerFacts) -> Content:
        """Returns everything that was read as one value.

        Quotations that count as excerpts, but that pull did not write, become part of the note.
        """
        stories = list(found.stories)
        letters, introductions, pages = list[Letter](), list[FreePage](), list[FreePage]()
        files_to_copy = list[Copied]()
        hashes: dict[str, bytes] = {}
        excerpts: dict[str, tuple[str, ...]] = {}
        with_secrets, unread = set[str](), set[str]()
        for folder in found.folders:
            letters += folder.letters
            introductions += folder.introductions
            pages += folder.pages
            for file, path, size, byte_size in folder.copied:
                files_to_copy.append(Copied(self._root / file, file, path, size, byte_size))
            hashes.update(folder.hashes)
            excerpts.update(folder.excerpts)
            with_secrets.update(folder.with_secrets)
            unread.update(folder.unread)
        by_pull = facts.excerpts
        not_by_pull = {
            file for file, own in excerpts.items() if set(own).isdisjoint(by_pull.get(file, ()))
        }
        for index, story in enumerate(stories):
            file = story.file
            if file in not_by_pull:
                stories[index] = story = self._read_again(file, hashes[file], by_pull.get(file, ()))
                excerpts[file] = excerpt.hashes(story.excerpt)
                hashes[file] = key_of(hashes[file], story.excerpt)
        return Content(
            stories=tuple(stories),
            letters=tuple(letters),
            introductions=tuple(introductions),
            pages=tuple(pages),
            copied=tuple(files_to_copy),
            story_addresses=facts.story_addresses,
            earlier_headlines=facts.earlier_headlines(stories),
            lasting_names=facts.lasting_names,
            altered=facts.altered,
            excerpt_writers=facts.excerpt_writers(stories, excerpts, self._feeds),
            added_at=facts.added_at,
            gone=facts.gone,
            public_secrets=facts.public_secrets,
            hashes=hashes,
            with_secrets=frozenset(with_secrets),
            unread=frozenset(unread),
            beside=NamesIn(self._root),
            unrecorded=facts.unrecorded,
            damaged=facts.damaged,
            newest_record=facts.newest_record,
        )

    def _read_again(self, file: str, hash: bytes, by_pull: Collection[str]) -> Story:
        """Reads a story once more, now that the hashes of the excerpts that pull wrote are known."""
        data = read_bytes(self._root, file)
        if key_of(file, data) != hash:
            raise DigestError(f"{file}: this file has changed during the build; build again")
        return story_file.loads(data.decode(), file, self._zone, by_pull)


def load(root: Path, config: Config) -> Content:
    """Reads all content; raises Faults with every problem in it."""
    with Cache(root) as cache:
        return load_cached(root, config, scan(root), cache)


def load_cached(
    root: Path, config: Config, scanned: Scan, cache: Cache, *, may_fork: bool = True
) -> Content:
    """Reads the folders that have changed since they were cached, and takes the others from there.

    The caller saves the cache. Unless it `may_fork`, all is done in this process. Raises Faults with
    every problem in the content.
    """
    loader = _Loader(root, config, scanned, cache, may_fork=may_fork)
    found = loader.folders()
    if found.problems:
        raise Faults(combined(found.problems, loader.names))
    return loader.content(found, loader.ledger_facts(found))


def survey(root: Path, config: Config) -> Survey:
    """Reads all content that can be read, the problems in the rest, and the ledgers.

    Raises Faults if files were left out (`store.scan_whole`).
    """
    from digest.content import store

    scanned, ledgers = store.scan_whole(root), store.read_all_ledgers(root)
    with Cache(root) as cache:
        loader = _Loader(root, config, scanned, cache)
        found = loader.folders()
        facts = loader.ledger_facts(found, ledgers)
    return Survey(
        content=loader.content(found, facts),
        problems=tuple(combined(found.problems, loader.names)),
        ledgers=ledgers.feeds,
        from_pages=ledgers.from_pages,
        ledger_problems=ledgers.problems,
        files=tuple(scanned.files),
        unfinished=tuple(sorted(scanned.unfinished)),
        unknown_themes=unknown_themes(found.problems),
    )
