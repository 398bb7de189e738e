"""All of the content read, for a build that knows nothing of it yet: alone, or each of two partners one half.

    ledgers ──▶ parting, if there is a partner ──▶ stories read, outlined ──swap──▶ all outlines ──▶ Catalogue

Stories stay with who has read them; of the others, each knows the outlines. Refuses to leave out a story without a
word: what is wrong in either half is raised in both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.errors import Faults, Problem
from digest.model import Catalogue, Config, Outline, Story
from digest.pair import Partner
from digest.stories import kept, paths, sight, store
from digest.stories.following import Claim, Followed
from digest.stories.history import History, Records, earlier, signed, writer_of
from digest.stories.outlines import hashed, marked, outline_of
from digest.stories.reading import Reading, gathered
from digest.stories.sight import Sight


class _Half(NamedTuple):
    """What one partner tells the other of the stories that it has read, in plain values."""

    outlines: list[list[object]]
    claims: list[tuple[object, ...]]
    earlier: dict[str, tuple[str, ...]]
    problems: tuple[Problem, ...]
    unread: tuple[str, ...]


class Whole:
    """One reading of all content that looks so; when it is made, the ledgers have been read."""

    def __init__(self, root: Path, config: Config, seen: Sight) -> None:
        self._root, self._seen = root, seen
        self._zone = ZoneInfo(config.site.timezone)
        self._feeds = frozenset(feed.id for feed in config.feeds)
        self._hashes: dict[str, bytes] = {}
        ledgers, damaged = store.read_ledgers(root, brief=True)
        (located, wrong), (added, unread) = store.read_locations(root), store.read_added(root)
        self._damaged = (*damaged, *wrong, *unread)
        self._history = History(ledgers, located, added=added)
        self._reading = Reading(config, ledgers, partial(_content, root, self._hashes), self._history)
        self.named, self._files = paths.parted(seen.files)
        """The files of all stories."""
        self.stories: dict[str, Story] = {}
        """The stories that have been read here, by file."""

    def catalogue(self, story: Callable[[str], Story], partner: Partner | None = None) -> Catalogue:
        """Returns the content, of which `story` gives stories whole; raises Faults with every problem in it."""
        reading = self._reading
        reading.problems.extend(self._seen.problems)
        reading.misplaced(self._files)
        reading.doubled(self._files)
        outlines, claims, before = self._read(partner)
        followed = self._history.follow(claims, {outline.file for outline in outlines})
        self._history = self._history.with_altered(followed.altered)
        if followed.names or followed.altered:
            outlines = tuple(self._followed(outline, followed, before) for outline in outlines)
        letters, introductions, pages = reading.texts(self._files)
        found = Catalogue(
            stories=outlines,
            story=story,
            letters=letters,
            introductions=introductions,
            pages=pages,
            copied=sight.copied(self._root, self._files),
            places=self._history.places(outlines, followed),
            earlier=before,
            names=followed.names,
            altered=followed.altered,
            news=followed.news,
            gone=self._history.gone(outlines, followed),
            damaged=self._damaged,
            unread=frozenset(reading.unread),
            beside=sight.NamesIn(self._root),
        )
        if reading.problems:
            raise Faults(gathered(reading.problems))
        return found

    def _read(self, partner: Partner | None) -> tuple[tuple[Outline, ...], list[Claim], dict[str, tuple[str, ...]]]:
        """Reads the stories; returns all outlines, the claims to what the ledgers know, and earlier headlines."""
        if partner is None:
            return self._half(self.named)
        problems, unread, middle = self._reading.problems, self._reading.unread, len(self.named) // 2
        already = len(problems)
        outlines, claims, before = self._half(self.named[:middle] if partner.second else self.named[middle:])
        mine = _Half(kept.columns(outlines), list(map(tuple, claims)), before, tuple(problems[already:]), tuple(unread))
        other = partner.swap(mine)
        older, newer = (mine, other) if partner.second else (other, mine)
        problems[already:] = [*older.problems, *newer.problems]
        unread[:] = [*older.unread, *newer.unread]
        its = kept.outlines(other.outlines)
        whole = (*outlines, *its) if partner.second else (*its, *outlines)
        claims = [Claim._make(claim) for claim in (*older.claims, *newer.claims)]
        return whole, claims, {**older.earlier, **newer.earlier}

    def _half(self, files: list[str]) -> tuple[tuple[Outline, ...], list[Claim], dict[str, tuple[str, ...]]]:
        stories = tuple(filter(None, map(self._reading.story, files)))
        self.stories = {story.file: story for story in stories}
        met = [(story, self._history.of(story)) for story in stories]
        claims = list(filter(None, (self._history.claim(story, records) for story, records in met)))
        return tuple(self._outline(*one) for one in met), claims, earlier(met)

    def _outline(self, story: Story, records: Records) -> Outline:
        writer = writer_of(story, records, self._feeds)
        given = signed(story, [record for _, record in records])
        outline = outline_of(story, self._zone, b"", came=self._history.came(records), writer=writer, signed=given)
        return outline._replace(mark=marked(self._hashes[story.file], outline))

    def _followed(self, outline: Outline, followed: Followed, before: dict[str, tuple[str, ...]]) -> Outline:
        """Returns an outline with what the ledgers alone know of its story; notes its earlier headlines in `before`."""
        file, name = outline.file, followed.names.get(outline.file)
        if file in followed.altered and (story := self._reading.again(file, self._history)):
            self.stories[file], records = story, self._history.of(story)
            outline = self._outline(story, records)
            before.pop(file, None)
            before |= earlier([(story, records)])
        return outline if name is None else outline._replace(name=hashed(name))


def _content(root: Path, hashes: dict[str, bytes], file: str) -> bytes:
    """Returns the bytes of a file, and notes their hash; no method, since what is held in a circle lives long."""
    content = sight.content(root, file)
    hashes[file] = hashed(content)
    return content
