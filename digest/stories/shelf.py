"""The content as a build needs it: what it remembers of the last reading, and what has changed on the disk since then.

    stamps ──▶ what differs? ──nothing──▶ the catalogue as it was
                   │ words of stories, letters, pages, pictures ──▶ these are read again
                   └ stories that came or went, what the ledgers know them by, ledgers ──▶ all is read again

A file whose stamp is the one that it had is not read. Refuses to trust a stamp that a file got in the moment before it
was looked at, since it may have been saved once more in that very moment: such a file is compared by its words.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from zoneinfo import ZoneInfo

from digest.errors import DigestError, Faults
from digest.model import Catalogue, Config, Location, Outline, Story
from digest.stories import excerpt, paths, sight
from digest.stories.outlines import hashed, marked, outline_of
from digest.stories.remembered import Remembered
from digest.stories.sight import Look, Sight

if TYPE_CHECKING:
    from digest.pair import Partner
    from digest.stories.reading import Reading
    from digest.stories.storyfile import Known
    from digest.stories.whole import Whole

_file = attrgetter("file")


class _Filed(Protocol):
    @property
    def file(self) -> str: ...


_One = TypeVar("_One", bound=_Filed)


class Shelf:
    """The content of one digest, as it was last read; `key` is 16 bytes that say how."""

    def __init__(self, root: Path, config: Config, key: bytes) -> None:
        self._root, self._config = root, config
        self._zone = ZoneInfo(config.site.timezone)
        self._stories: dict[str, Story] = {}
        self._catalogue: Catalogue | None = None
        self._remembered = Remembered(root, key)
        self._folders: Mapping[str, Look] = self._remembered.folders
        self._feeds: Sequence[str] = ()
        self._known: Known | None = None

    @property
    def word(self) -> str:
        """Why what was remembered is not believed; nothing where it is, as far as it has been asked for."""
        return self._remembered.word

    @property
    def fingerprint(self) -> bytes:
        """The fingerprint of the content as it was last read; a later look has the same only if nothing changed."""
        return sight.fingerprint(self._folders)

    def known(self, seen: Sight) -> Catalogue | None:
        """Returns the content where what is known of it can be amended, None where all has to be read.

        Raises Faults with every problem in what was read; then what was known before stays known.
        """
        self._feeds, self._known = _ledgers(seen), None
        before = self._catalogue or self._remembered.catalogue(self.story)
        found = self._amended(before, seen) if before else None
        return self._learnt(found, seen) if found else None

    def whole(self, seen: Sight) -> Whole:
        """Returns a reading of all content, whose ledgers have been read already."""
        from digest.stories.whole import Whole

        return Whole(self._root, self._config, seen)

    def read(self, whole: Whole, seen: Sight, partner: Partner | None = None) -> Catalogue:
        """Returns all content, read alone or each half by one of two; raises Faults with every problem in it."""
        found = whole.catalogue(self.story, partner)
        self._stories = whole.stories
        return self._learnt(found, seen)

    def _learnt(self, found: Catalogue, seen: Sight) -> Catalogue:
        self._catalogue, known = found, self._folders
        self._folders = {
            folder: look if look == known.get(folder) else sight.sure(look, seen.since)
            for folder, look in seen.folders.items()
        }
        return found

    @property
    def has_news(self) -> bool:
        """True if the ledgers have to be told where stories are, as far as was read or is remembered."""
        return self._remembered.has_news if self._catalogue is None else bool(_due(self._catalogue))

    def record(self, now: datetime) -> None:
        """Adds to the ledgers where stories are, as far as none has it; raises DigestError where the disk refuses.

        Where two stories have one name nothing is added: nothing can be published until one of them is gone.
        """
        found = self._catalogue
        due = _due(found) if found else ()
        if found is None or not due or len({story.name for story in found.stories}) < len(found.stories):
            return
        from digest.stories import store

        is_as_read = sight.is_as_seen(self._root, self._folders, paths.LOCATIONS)
        store.add_locations(self._root, due, now)
        # The places stay as they were read: each story that was added has its address already.
        self._catalogue = found._replace(news=tuple(one for one in found.news if one not in due))
        if is_as_read:  # else git has brought lines during the build, which the next one has to read
            self._folders = sight.with_file(self._root, self._folders, paths.LOCATIONS)

    def keep(self) -> None:
        """Remembers what was read for the next build."""
        if self._catalogue is not None:
            self._remembered.keep(self._catalogue, self._folders, has_news=self.has_news)

    def story(self, file: str) -> Story:
        """Returns a story whole; raises DigestError where its file is not any more the one that was looked at."""
        if file not in self._stories:
            from digest.stories import storyfile

            outline = self._outline(file)
            content = sight.content(self._root, file)
            if marked(hashed(content), outline) != outline.mark:
                raise DigestError(f"{file}: this file has changed during the build; build again")
            known = self._known = self._known or self._reading().known
            known = replace(known, excerpts=storyfile.OneStory(outline.excerpts.split()))
            self._stories[file] = storyfile.loads(content.decode(), file, known)
        return self._stories[file]

    def _outline(self, file: str) -> Outline:
        assert self._catalogue is not None
        return self._catalogue.stories[bisect_left(self._catalogue.stories, file, key=_file)]

    def _amended(self, before: Catalogue, seen: Sight) -> Catalogue | None:
        """Returns the content with what has changed; None where more depends on that than the files themselves."""
        new, changed, gone = _differences(self._folders, seen.folders)
        touched = {*new, *gone}
        if seen.problems or any(map(_is_deep, touched)) or any(file.startswith(paths.LEDGERS) for file in changed):
            return None
        reading = self._reading()
        reading.misplaced(new)  # first, as in a reading of all: whatever was read, the same is said
        reading.doubled(_beside(new, seen))
        stories = self._retold(before, [file for file in changed if paths.is_story(file)], reading)
        if stories is None:
            return None
        touched.update(file for file in changed if not paths.is_story(file))
        there = sorted(touched.difference(gone))
        amended = before._replace(
            stories=stories,
            letters=_with(before.letters, touched, (reading.letter(file) for file in there if paths.is_letter(file))),
            introductions=_with(
                before.introductions,
                touched,
                (reading.introduction(file) for file in there if paths.is_in(file, "themes")),
            ),
            pages=_with(before.pages, touched, (reading.page(file) for file in there if paths.is_in(file, "pages"))),
            copied=_with(before.copied, touched, sight.copied(self._root, there)),
        )
        if reading.problems:
            raise Faults(reading.problems)
        return amended

    def _retold(self, before: Catalogue, files: Iterable[str], reading: Reading) -> tuple[Outline, ...] | None:
        """Returns the outlines with those of changed stories; None where the ledgers may have to say something else."""
        from digest.stories import storyfile

        stories = list(before.stories)
        for file in files:
            at = bisect_left(stories, file, key=_file)
            old, content = stories[at], sight.content(self._root, file)
            if marked(hashed(content), old) == old.mark:
                continue
            reading.known = replace(reading.known, excerpts=storyfile.OneStory(old.excerpts.split()))
            story = reading.story(file)
            if story is None:
                continue
            outline = outline_of(story, self._zone, b"", before.names.get(file, ""), old.came, signed=old.signed)
            if outline.excerpts == old.excerpts:
                outline = outline._replace(writer=old.writer)
            elif outline.excerpts:
                return None
            new = outline._replace(mark=marked(hashed(content), outline))
            if new.known_by != old.known_by or self._may_be_excerpted(story):
                return None
            stories[at] = new
            self._stories[file] = story
        return tuple(stories)

    def _may_be_excerpted(self, story: Story) -> bool:
        """True if a quotation that opens the note has a hash that some ledger knows: then the ledgers are read."""
        hashes = [hash.encode() for words in excerpt.quotations(story.note) for hash in excerpt.hashes(words)]
        names = (*self._feeds, paths.ADDED) if hashes else ()
        ledgers = (sight.content(self._root, paths.ledger(name)) for name in names)
        return any(hash in ledger for ledger in ledgers for hash in hashes)

    def _reading(self) -> Reading:
        """Returns a reading of single files; which excerpts they may have is to be added."""
        from digest.stories.reading import Reading

        return Reading(self._config, {feed: {} for feed in self._feeds}, lambda file: sight.content(self._root, file))


def _differences(before: Mapping[str, Look], now: Mapping[str, Look]) -> tuple[list[str], list[str], list[str]]:
    """Returns the files that are new, those that look otherwise, and those that are gone."""
    new, changed, gone = [], [], []
    for folder in {**now, **before}:
        if now.get(folder) != before.get(folder):
            old, stamps = sight.stamps_of(before.get(folder)), sight.stamps_of(now.get(folder))
            new += [f"{folder}/{name}" for name in stamps if name not in old]
            changed += [f"{folder}/{name}" for name in stamps if name in old and old[name] != stamps[name]]
            gone += [f"{folder}/{name}" for name in old if name not in stamps]
    return new, changed, gone


def _due(catalogue: Catalogue) -> tuple[Location, ...]:
    """Returns the news that the ledgers have to be told.

    A hidden story or a draft has no address yet, so it may move without a trace. But where another of its week has its
    slug, the two are told together, since their order decides which of them has the slug as its anchor.
    """
    if not catalogue.news:
        return ()
    stories = catalogue.stories
    new = [(one, stories[bisect_left(stories, one.file, key=_file)]) for one in catalogue.news]
    waiting = {story.week for _, story in new if story.hide or story.draft}
    named = Counter((story.week, story.slug) for story in stories if story.week in waiting) if waiting else {}
    return tuple(one for one, story in new if not (story.hide or story.draft) or named[story.week, story.slug] > 1)


def _beside(files: Iterable[str], seen: Sight) -> list[str]:
    """Returns all files of the folders that these files are in."""
    folders = sorted({file.rpartition("/")[0] for file in files})
    return [f"{folder}/{name}" for folder in folders for name in seen.folders[folder][0].split("/")]


def _ledgers(seen: Sight) -> list[str]:
    """Returns the ids of the feeds that have a ledger."""
    return list(filter(None, map(paths.feed_of, sight.stamps_of(seen.folders.get(paths.LEDGERS)))))


def _is_deep(file: str) -> bool:
    """Tells whether more depends on the coming and going of a file than what it says: anchors, earlier headlines."""
    return paths.is_story(file) or file.startswith(paths.LEDGERS)


def _with(before: tuple[_One, ...], touched: set[str], found: Iterable[_One | None]) -> tuple[_One, ...]:
    """Returns what there was with what has changed; the very same where nothing has."""
    new = [one for one in found if one is not None]
    same = [one for one in before if one.file not in touched]
    return tuple(sorted((*same, *new), key=_file)) if new or len(same) < len(before) else before
