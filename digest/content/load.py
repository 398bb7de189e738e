"""Reads all content of a digest: each folder from the cache, or from its files if one has changed.

    scan ──▶ folders, cached or read ──▶ what the ledgers know of their stories ──▶ Content

Parsing a file depends only on its text and digest.toml. What depends on the ledgers (whose words an
excerpt has, where a story was before) is found for all stories at once, and cached as one value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

from digest.cache import Cache, key_of
from digest.content import excerpt, file_names, paths, publishable, store, story_file
from digest.content.history import History, earlier, signed, writer_of
from digest.content.ledger import Record
from digest.content.read import ContentReader, gathered, unknown_themes
from digest.content.scan import NamesIn, Scan, content, copied, scan
from digest.content.story_file import Known
from digest.errors import DigestError, Faults, Problem
from digest.model import Config, Content, Copied, FreePage, Gone, Letter, Location, Place, Story
from digest.names import lasting_name

T = TypeVar("T")
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

    `not_pulled` has the stories that begin with a quotation which pull did not write, each with the
    hashes of the excerpts that pull did write for it.
    """

    not_pulled: dict[str, tuple[str, ...]]
    places: tuple[Place, ...]
    earlier: dict[str, tuple[str, ...]]
    names: dict[str, str]
    altered: dict[str, str]
    writers: dict[str, str]
    came: dict[str, float]
    gone: tuple[Gone, ...]
    signed: dict[str, str]
    unrecorded: tuple[Location, ...]
    damaged: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentReport:
    """The content that can be read, and the problems in the rest.

    `files` are all files in `content/`, relative to the root; `unfinished` are those that a killed
    run left behind; `ledgers` has the records of each feed by id.
    """

    content: Content
    problems: tuple[Problem, ...] = ()
    ledgers: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    ledger_problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    known: Known = field(default_factory=Known)
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Themes that are not in digest.toml, each with the files of the stories that name it."""
    added: Mapping[str, Record] = field(default_factory=dict)
    """What `digest add` wrote."""

    @property
    def history(self) -> History:
        """What the ledgers remember of the stories."""
        return History(self.ledgers, altered=self.content.altered, added=self.added)

    @property
    def unread(self) -> tuple[str, ...]:
        """The files of stories, letters and ledgers that cannot be read completely."""
        files = [problem.file for problem in self.problems if not problem.hint]
        files += sorted(self.content.unread.difference(files))
        ledgers = [problem.file for problem in self.ledger_problems]
        return tuple(dict.fromkeys((*filter(file_names.is_of_a_week, files), *ledgers)))


class _Loader:
    """Reads the content once; `key` is a hash of digest.toml and the program."""

    def __init__(
        self, root: Path, config: Config, scanned: Scan, cache: Cache | None, key: bytes
    ) -> None:
        self._root, self._config, self._scan, self._cache = root, config, scanned, cache
        with_ledger = list(filter(None, map(paths.feed_of, scanned.folders.get(paths.LEDGERS, {}))))
        self._key = key_of(key, *(feed.encode(errors="surrogateescape") for feed in with_ledger))
        self._feeds = frozenset(feed.id for feed in config.feeds)
        self._hashes: dict[str, bytes] = {}
        self.reading = ContentReader(
            config, with_ledger, self._bytes_of, story_file.OneStory(story_file.EveryHash())
        )

    def _bytes_of(self, file: str) -> bytes:
        found = content(self._root, file)
        self._hashes[file] = key_of(found)
        return found

    def folders(self) -> list[_Folder]:
        """Reads all folders; `reading.problems` gets the problems in them."""
        others = [file for file in self._scan.files if not paths.is_story(file)]
        self.reading.problems.extend(self._scan.problems)
        self.reading.misplaced(others)
        self.reading.doubled(others)
        places = [place for place in self._scan.folders if not place.startswith(paths.LEDGERS)]
        if self._cache is None:
            return [self._read(place) for place in places]
        stamps = {place: self._scan.key(place) for place in places}
        keys = {place: key_of(self._key, key) for place, key in stamps.items() if key}
        cached = self._cache.get_all("folder", keys, _Folder)
        self._cache.keep_only("folder", places)
        return [
            cached.get(place) or self._read_new(place, keys.get(place, b""), self._cache)
            for place in places
        ]

    def _read_new(self, place: str, key: bytes, cache: Cache) -> _Folder:
        problems = len(self.reading.problems)
        found = self._read(place)
        if key and len(self.reading.problems) == problems and not _has_odd_offsets(found):
            cache.put("folder", place, key, found)
        return found

    def _read(self, place: str) -> _Folder:
        files, others = paths.parted(f"{place}/{name}" for name in self._scan.folders[place])
        stories = tuple(filter(None, map(self.reading.story, files)))
        letters, introductions, pages = self.reading.texts(others)
        return _Folder(
            stories=stories,
            letters=letters,
            introductions=introductions,
            pages=pages,
            copied=tuple(
                (one.file, one.path, one.size, one.weight) for one in copied(self._root, others)
            ),
            hashes={story.file: self._hashes[story.file] for story in stories},
            suspects=tuple(story.file for story in stories if _has_secret(story)),
            known_by=_known_by(stories),
        )

    def from_ledgers(self, folders: list[_Folder]) -> _FromLedgers:
        """Returns what the ledgers know of the stories in the folders."""

        def read() -> _FromLedgers:
            ledgers = store.read_all_ledgers(self._root)
            return self.known(_stories(folders), ledgers, ledgers.history())

        ledgers = self._scan.key(paths.LEDGERS)
        if self._cache is None or not ledgers:
            return read()
        key = key_of(self._key, ledgers, *(folder.known_by for folder in folders))
        return self._cache.memo("ledgers", "", key, _FromLedgers, read)

    def known(
        self, stories: tuple[Story, ...], ledgers: store.AllLedgers, history: History
    ) -> _FromLedgers:
        """Returns what these ledgers, from which `history` is made, know of the stories."""
        made = [history.claim(story, history.of(story)) for story in stories]
        claims = tuple(filter(None, made))
        followed = history.follow(claims, {story.file for story in stories})
        history = history.with_altered(followed.altered)
        not_pulled = dict(
            _not_pulled(stories, replace(self.reading.known, excerpts=history.excerpts()))
        )
        stories = self.with_excerpts(stories, not_pulled)
        met = [(story, history.of(story)) for story in stories]
        came = {story.file: history.came(records) for story, records in met}
        writers = {story.file: writer_of(story, records, self._feeds) for story, records in met}
        signatures = {
            story.file: signed(story, [record for _, record in records]) for story, records in met
        }
        return _FromLedgers(
            not_pulled=not_pulled,
            places=history.places(stories, followed),
            earlier=earlier(met),
            names=dict(followed.names),
            altered=dict(followed.altered),
            writers=_filled(writers),
            came=_filled(came),
            gone=history.gone(stories, followed),
            signed=_filled(signatures),
            unrecorded=followed.news,
            damaged=ledgers.problems,
        )

    def with_excerpts(
        self, stories: tuple[Story, ...], not_pulled: Mapping[str, tuple[str, ...]]
    ) -> tuple[Story, ...]:
        """Returns the stories; in those of `not_pulled` the quotation becomes part of the note."""
        return tuple(
            self._read_again(story, not_pulled[story.file]) if story.file in not_pulled else story
            for story in stories
        )

    def _read_again(self, story: Story, hashes: tuple[str, ...]) -> Story:
        found = content(self._root, story.file)
        known = replace(self.reading.known, excerpts=story_file.OneStory(frozenset(hashes)))
        if self._hashes.get(story.file, key_of(found)) != key_of(found):
            raise DigestError(f"{story.file}: this file has changed during the build; build again")
        return story_file.loads(found.decode(), story.file, known)


def load(
    root: Path,
    config: Config,
    scanned: Scan | None = None,
    cache: Cache | None = None,
    key: bytes = b"",
) -> Content:
    """Reads all content; raises Faults with every problem in it.

    With a `cache`, only folders that have changed since they were cached are read. Then `key` is a
    hash of everything that parsing depends on, except the files. The cache is not saved here.
    """
    loader = _Loader(root, config, scanned or scan(root), cache, key)
    folders = loader.folders()
    if loader.reading.problems:
        raise Faults(gathered(loader.reading.problems))
    return _content(root, loader, folders, loader.from_ledgers(folders))


def survey(root: Path, config: Config) -> ContentReport:
    """Reads all content that can be read, the problems in the rest, and the ledgers.

    Raises Faults if a folder of the content is a link or a file: files would be missed.
    """
    scanned = store.scan_whole(root)
    loader = _Loader(root, config, scanned, None, b"")
    folders, ledgers = loader.folders(), store.read_all_ledgers(root)
    history = ledgers.history()
    return ContentReport(
        content=_content(root, loader, folders, loader.known(_stories(folders), ledgers, history)),
        problems=tuple(gathered(loader.reading.problems)),
        ledgers=ledgers.feeds,
        added=ledgers.added,
        ledger_problems=ledgers.problems,
        files=tuple(scanned.files),
        unfinished=tuple(sorted(scanned.unfinished)),
        known=replace(loader.reading.known, excerpts=history.excerpts()),
        unknown_themes=unknown_themes(loader.reading.problems),
    )


def _has_secret(story: Story) -> bool:
    return publishable.without_secrets(story, "") is not story


def _stories(folders: Iterable[_Folder]) -> tuple[Story, ...]:
    return tuple(story for folder in folders for story in folder.stories)


def _content(root: Path, loader: _Loader, folders: list[_Folder], known: _FromLedgers) -> Content:
    stories = _stories(folders)
    rows = [row for folder in folders for row in folder.copied]
    return Content(
        stories=loader.with_excerpts(stories, known.not_pulled) if known.not_pulled else stories,
        letters=tuple(letter for folder in folders for letter in folder.letters),
        introductions=tuple(page for folder in folders for page in folder.introductions),
        pages=tuple(page for folder in folders for page in folder.pages),
        copied=tuple(
            Copied(root / file, file, path, size, weight) for file, path, size, weight in rows
        ),
        hashes={file: hash for folder in folders for file, hash in folder.hashes.items()},
        suspects=frozenset(file for folder in folders for file in folder.suspects),
        unread=frozenset(loader.reading.unread),
        beside=NamesIn(root),
        places=known.places,
        earlier=known.earlier,
        names=known.names,
        altered=known.altered,
        writers=known.writers,
        came=known.came,
        gone=known.gone,
        signed=known.signed,
        unrecorded=known.unrecorded,
        damaged=known.damaged,
    )


def due_locations(found: Content) -> tuple[Location, ...]:
    """Returns the locations that have to be recorded in the ledger now.

    A hidden story or a draft has no address yet, so it may move without a trace. But if another
    story of its week has the same slug, both are recorded together, since their order decides which
    of them has the slug as its anchor. If two stories have the same name, none is recorded: nothing
    can be published until one of them is removed.
    """
    if not found.unrecorded:
        return ()
    names = {lasting_name(story, found.names) for story in found.stories}
    if len(names) < len(found.stories):
        return ()
    stories = {story.file: story for story in found.stories}
    new = [(one, stories[one.file]) for one in found.unrecorded]
    waiting = {story.week for _, story in new if story.hide or story.draft}
    named = Counter((story.week, story.slug) for story in found.stories if story.week in waiting)
    return tuple(
        one
        for one, story in new
        if not (story.hide or story.draft) or named[story.week, story.slug] > 1
    )


def _not_pulled(
    stories: Iterable[Story], known: story_file.Known
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields stories whose first quotation is not pull's, with the hashes of those that are."""
    for story in stories:
        if story.excerpt:
            ours = known.excerpts_of(story.file, story.id, story.link, story.feeds)
            if ours.isdisjoint(excerpt.hashes(story.excerpt)):
                yield story.file, tuple(sorted(ours))


def _known_by(stories: Iterable[Story]) -> bytes:
    """Returns a hash of everything by which the ledgers know these stories."""
    names = [
        (
            story.file,
            story.id,
            story.link,
            story.feeds,
            story.title,
            story.image,
            story.published.isoformat(),
            story.excerpt,
            excerpt.quotations(story.note),
        )
        for story in stories
    ]
    return key_of(repr(names).encode(errors="surrogateescape"))


def _has_odd_offsets(folder: _Folder) -> bool:
    """True if an offset from UTC has seconds (before about 1901), which the cache would round."""
    written: tuple[Story | Letter, ...] = (*folder.stories, *folder.letters)
    moments = (moment for one in written for moment in (one.published, one.updated) if moment)
    return any((moment.utcoffset() or _NO_OFFSET).seconds % 60 for moment in moments)


def _filled(values: Mapping[str, T]) -> dict[str, T]:
    """Returns the values without empty ones."""
    return {name: value for name, value in values.items() if value}
