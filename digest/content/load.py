"""Reads all content of a digest: each folder from the cache, or from its files if one has changed.

    scan ──▶ folders, cached or read ──▶ what the ledgers know of their stories ──▶ Content

Parsing a file depends only on its text and digest.toml. What depends on the ledgers (whose words an
excerpt has, where a story was before) is found for all stories at once, and cached as one value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from digest.cache import Cache, key_of
from digest.content import excerpt, file_names, paths, publishable, store, story_file
from digest.content.history import History, earlier_titles, signed_fields, writer_of
from digest.content.ledger import Ledgers, Record
from digest.content.read import ContentReader, written_excerpts
from digest.content.scan import NamesIn, Scan, copied, read_bytes, scan
from digest.content.story_file import Vocabulary
from digest.errors import DigestError, Faults, Problem
from digest.model import (
    Config,
    Content,
    Copied,
    FreePage,
    Gone,
    Letter,
    Location,
    Skipped,
    Story,
    StoryAddress,
)
from digest.names import lasting_name

_NO_OFFSET = timedelta()


class _Folder(NamedTuple):
    """The parsed files of one folder.

    `hashes` has a hash of each story's file, `suspects` the stories with what looks like a secret
    in a URL. `known_by` is a hash of everything by which the ledgers know these stories.
    """

    stories: tuple[Story, ...]
    letters: tuple[Letter, ...]
    introductions: tuple[FreePage, ...]
    pages: tuple[FreePage, ...]
    copied: tuple[tuple[str, str, tuple[int, int] | None, int], ...]
    hashes: dict[str, bytes]
    suspects: tuple[str, ...]
    known_by: bytes


class _FromLedgers(NamedTuple):
    """What the ledgers know of the stories, by file, in fields of `Content`.

    `editors_quotations` has the stories that begin with a quotation which pull did not write, each with the
    hashes of the excerpts that pull did write for it.
    """

    editors_quotations: dict[str, tuple[str, ...]]
    story_addresses: tuple[StoryAddress, ...]
    earlier_headlines: dict[str, tuple[str, ...]]
    lasting_names: dict[str, str]
    altered: dict[str, str]
    writers: dict[str, str]
    added_at: dict[str, float]
    gone: tuple[Gone, ...]
    signed: dict[str, str]
    unrecorded: tuple[Location, ...]
    damaged: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
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
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Themes that are not in digest.toml, each with the files of the stories that name it."""
    from_pages: Mapping[str, Record] = field(default_factory=dict)
    """What `digest add` wrote."""

    @property
    def history(self) -> History:
        """What the ledgers remember of the stories."""
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


class _Loader:
    """Reads the content once; `key` is as in `load_cached`, and only used with a `cache`."""

    def __init__(
        self, root: Path, config: Config, scanned: Scan, cache: Cache | None, key: bytes
    ) -> None:
        self._root, self._scan, self._cache = root, scanned, cache
        names = scanned.folders.get(paths.LEDGERS, {})
        with_ledger = [feed for feed in map(paths.feed_of, names) if feed]
        self._key = key_of(key, *(feed.encode(errors="surrogateescape") for feed in with_ledger))
        self._feeds = frozenset(feed.id for feed in config.feeds)
        self._hashes: dict[str, bytes] = {}
        self.reader = ContentReader(config, with_ledger, self._bytes_of)

    def _bytes_of(self, file: str) -> bytes:
        data = read_bytes(self._root, file)
        self._hashes[file] = key_of(data)
        return data

    def folders(self) -> list[_Folder]:
        """Reads all folders; `reader.problems` gets the problems in them."""
        others = [file for file in self._scan.files if not paths.is_story(file)]
        problems = self.reader.problems
        problems.extend(self._scan.problems)
        self.reader.misplaced(others)
        self.reader.doubled(others)
        names = [name for name in self._scan.folders if not name.startswith(paths.LEDGERS)]
        keys: dict[str, bytes] = {}
        cached: Mapping[str, _Folder] = {}
        if self._cache is not None:
            for name in names:
                if stamps := self._scan.key(name):
                    keys[name] = key_of(self._key, stamps)
            cached = self._cache.get_all("folder", keys, _Folder)
            self._cache.keep_only("folder", names)
        folders = []
        for name in names:
            folder = cached.get(name)
            if folder is None:
                count = len(problems)
                folder = self._read(name)
                is_sound = len(problems) == count and not _has_odd_offsets(folder)
                if self._cache is not None and name in keys and is_sound:
                    self._cache.put("folder", name, keys[name], folder)
            folders.append(folder)
        return folders

    def _read(self, folder: str) -> _Folder:
        names = self._scan.folders[folder]
        files, others = paths.split_stories(f"{folder}/{name}" for name in names)
        stories = tuple(filter(None, map(self.reader.story, files)))
        letters, introductions, pages = self.reader.texts(others)
        files_to_copy = copied(self._root, others)
        return _Folder(
            stories=stories,
            letters=letters,
            introductions=introductions,
            pages=pages,
            copied=tuple((one.file, one.path, one.size, one.weight) for one in files_to_copy),
            hashes={story.file: self._hashes[story.file] for story in stories},
            suspects=tuple(story.file for story in stories if publishable.has_secret(story)),
            known_by=_known_by(stories),
        )

    def from_ledgers(self, folders: list[_Folder]) -> _FromLedgers:
        """Returns what the ledgers know of the stories in the folders, from the cache if it can."""

        def read() -> _FromLedgers:
            ledgers = store.read_all_ledgers(self._root)
            return self.attribute(_stories(folders), ledgers, ledgers.history())

        ledgers = self._scan.key(paths.LEDGERS)
        if self._cache is None or not ledgers:
            return read()
        key = key_of(self._key, ledgers, *(folder.known_by for folder in folders))
        return self._cache.memo("ledgers", "", key, _FromLedgers, read)

    def attribute(
        self, stories: tuple[Story, ...], ledgers: store.AllLedgers, history: History
    ) -> _FromLedgers:
        """Returns what these ledgers, from which `history` is made, know of the stories."""
        candidates = []
        for story in stories:
            if candidate := history.candidate(story, history.of(story)):
                candidates.append(candidate)
        attribution = history.attribute(candidates, {story.file for story in stories})
        history = history.with_altered(attribution.altered)
        excerpts = history.excerpts()
        editors_quotations: dict[str, tuple[str, ...]] = {}
        for story in stories:
            if story.excerpt:
                by_pull = written_excerpts(story, excerpts)
                if by_pull.isdisjoint(excerpt.hashes(story.excerpt)):
                    editors_quotations[story.file] = tuple(sorted(by_pull))
        stories = self._with_excerpts(stories, editors_quotations)
        records_of = [(story, history.of(story)) for story in stories]
        writers: dict[str, str] = {}
        added_at: dict[str, float] = {}
        signed: dict[str, str] = {}
        for story, records in records_of:
            if writer := writer_of(story, records, self._feeds):
                writers[story.file] = writer
            if at := history.added_at(records):
                added_at[story.file] = at
            if fields := signed_fields(story, records):
                signed[story.file] = fields
        return _FromLedgers(
            editors_quotations=editors_quotations,
            story_addresses=history.addresses(stories, attribution),
            earlier_headlines=earlier_titles(records_of),
            lasting_names=dict(attribution.lasting_names),
            altered=dict(attribution.altered),
            writers=writers,
            added_at=added_at,
            gone=history.gone(stories, attribution),
            signed=signed,
            unrecorded=attribution.unrecorded,
            damaged=ledgers.problems,
        )

    def _with_excerpts(
        self, stories: tuple[Story, ...], editors_quotations: Mapping[str, tuple[str, ...]]
    ) -> tuple[Story, ...]:
        """Returns the stories; in those of `editors_quotations` the quotation becomes part of the note."""
        if not editors_quotations:
            return stories
        corrected = list(stories)
        for index, story in enumerate(stories):
            if story.file in editors_quotations:
                data = read_bytes(self._root, story.file)
                if self._hashes.get(story.file, key_of(data)) != key_of(data):
                    what = "this file has changed during the build; build again"
                    raise DigestError(f"{story.file}: {what}")
                by_pull = editors_quotations[story.file]
                text = data.decode()
                corrected[index] = story_file.loads(
                    text, story.file, self.reader.vocabulary, by_pull
                )
        return tuple(corrected)

    def content(self, folders: list[_Folder], from_ledgers: _FromLedgers) -> Content:
        """Returns everything that was read as one value."""
        fields = from_ledgers._asdict()
        editors_quotations = fields.pop("editors_quotations")
        letters, introductions, pages = list[Letter](), list[FreePage](), list[FreePage]()
        files_to_copy = list[Copied]()
        hashes: dict[str, bytes] = {}
        suspects = set[str]()
        for folder in folders:
            letters += folder.letters
            introductions += folder.introductions
            pages += folder.pages
            for file, path, size, weight in folder.copied:
                files_to_copy.append(Copied(self._root / file, file, path, size, weight))
            hashes.update(folder.hashes)
            suspects.update(folder.suspects)
        return Content(
            stories=self._with_excerpts(_stories(folders), editors_quotations),
            letters=tuple(letters),
            introductions=tuple(introductions),
            pages=tuple(pages),
            copied=tuple(files_to_copy),
            hashes=hashes,
            suspects=frozenset(suspects),
            unread=frozenset(self.reader.unread),
            beside=NamesIn(self._root),
            **fields,
        )


def load(root: Path, config: Config) -> Content:
    """Reads all content; raises Faults with every problem in it."""
    return _whole(_Loader(root, config, scan(root), None, b""))


def load_cached(root: Path, config: Config, scanned: Scan, cache: Cache, key: bytes) -> Content:
    """Reads the folders that have changed since they were cached, and takes the others from there.

    `key` is a hash of everything that parsing depends on, except the files. The caller saves the
    cache. Raises Faults with every problem in the content.
    """
    return _whole(_Loader(root, config, scanned, cache, key))


def _whole(loader: _Loader) -> Content:
    folders = loader.folders()
    if loader.reader.problems:
        raise Faults(loader.reader.combined_problems())
    return loader.content(folders, loader.from_ledgers(folders))


def survey(root: Path, config: Config) -> Survey:
    """Reads all content that can be read, the problems in the rest, and the ledgers.

    Raises Faults if files were left out (`store.scan_whole`).
    """
    scanned = store.scan_whole(root)
    loader = _Loader(root, config, scanned, None, b"")
    folders, ledgers = loader.folders(), store.read_all_ledgers(root)
    from_ledgers = loader.attribute(_stories(folders), ledgers, ledgers.history())
    return Survey(
        content=loader.content(folders, from_ledgers),
        problems=tuple(loader.reader.combined_problems()),
        ledgers=ledgers.feeds,
        from_pages=ledgers.from_pages,
        ledger_problems=ledgers.problems,
        files=tuple(scanned.files),
        unfinished=tuple(sorted(scanned.unfinished)),
        vocabulary=loader.reader.vocabulary,
        unknown_themes=loader.reader.unknown_themes(),
    )


def _stories(folders: Iterable[_Folder]) -> tuple[Story, ...]:
    return tuple(story for folder in folders for story in folder.stories)


def due_locations(content: Content) -> tuple[Location, ...]:
    """Returns the locations that have to be recorded in the ledger now.

    A hidden story or a draft has no address yet, so it may move without a trace. But if another
    story of its week has the same slug, both are recorded together, since their order decides which
    of them has the slug as its anchor. If two stories have the same name, none is recorded: nothing
    can be published until one of them is removed.
    """
    if not content.unrecorded:
        return ()
    names = {lasting_name(story, content.lasting_names) for story in content.stories}
    if len(names) < len(content.stories):
        return ()
    stories = {story.file: story for story in content.stories}
    slugs = Counter((story.week, story.slug) for story in content.stories)
    due = []
    for location in content.unrecorded:
        story = stories[location.file]
        if not (story.hide or story.draft) or slugs[story.week, story.slug] > 1:
            due.append(location)
    return tuple(due)


def _known_by(stories: Iterable[Story]) -> bytes:
    """Returns a hash of everything by which the ledgers know these stories."""
    names = []
    for story in stories:
        fields = (story.file, story.id, story.link, story.feeds, story.title, story.image)
        quotations = excerpt.quotations(story.note)
        names.append((*fields, story.published.isoformat(), story.excerpt, quotations))
    return key_of(repr(names).encode(errors="surrogateescape"))


def _has_odd_offsets(folder: _Folder) -> bool:
    """True if an offset from UTC has seconds (before about 1901), which the cache would round."""
    dated: tuple[Story | Letter, ...] = (*folder.stories, *folder.letters)
    for text in dated:
        for time in (text.published, text.updated):
            if time and (time.utcoffset() or _NO_OFFSET).seconds % 60:
                return True
    return False
