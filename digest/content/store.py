"""The store: everything in `content/`, read from the disk, and the only hand that writes there.

Refuses to write over a file, to follow a link out of the digest, and to return a half-read archive: `load` gives
all of it or raises Faults with every problem in every file. (`read_snapshot` is for pull, which passes over what it
cannot read, so that one slip of an editor's stops no feed.)
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from digest import disk
from digest.content import ledger, locations, paths, story_file, summaries
from digest.content.edit import Edit
from digest.content.history import History
from digest.content.ledger import Record
from digest.content.scan import Scan, content, is_unseen_folder, scan
from digest.errors import DigestError, Faults, Problem
from digest.model import Location, Story
from digest.names import is_markdown

_WRITERS = 4
"""How many files are written at once: each waits for the disk to have it, and a disk takes several in one go."""


class AllLedgers(NamedTuple):
    """The ledgers of all feeds by id, where stories have been, what `digest add` brought, and what cannot be read."""

    feeds: dict[str, dict[str, Record]]
    located: tuple[Location, ...]
    added: dict[str, Record]
    problems: tuple[Problem, ...]

    def history(self) -> History:
        """Returns what they remember of the stories."""
        return History(self.feeds, self.located, added=self.added)


class CleanedUp(NamedTuple):
    """What a killed run had left under hidden names: halves that were removed, files that were put in place."""

    removed: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()


def scan_whole(root: Path) -> Scan:
    """Returns a scan of the content; raises Faults where a folder is a link or none: what is in it would be missing."""
    scanned = scan(root)
    if unseen := [problem for problem in scanned.problems if is_unseen_folder(problem)]:
        raise Faults(unseen)
    return scanned


def read_text(root: Path, file: str) -> str:
    """Returns the text of a file as far as it is text, nothing where it is gone."""
    return content(root, file).decode("utf-8-sig", errors="replace")


def files(root: Path) -> tuple[str, ...]:
    """Returns all files of the content, relative to the root."""
    return tuple(scan(root).files)


def read_ledgers(root: Path) -> tuple[dict[str, dict[str, Record]], tuple[Problem, ...]]:
    """Reads the ledgers of all feeds, those of feeds that digest.toml no longer names too."""
    ledgers, problems = {}, list[Problem]()
    folder = root / paths.LEDGERS
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        feed = paths.feed_of(path.name)
        if feed:
            file = paths.ledger(feed)
            ledgers[feed], wrong = ledger.loads(disk.read_inside(root, file) or b"", file)
            problems.extend(wrong)
    return ledgers, tuple(problems)


def read_whole_ledgers(root: Path) -> tuple[dict[str, dict[str, Record]], tuple[Problem, ...]]:
    """Reads the ledgers for a command that adds to them; raises Faults for one of which not a line can be read.

    Without it, every story that was deleted would come back.
    """
    ledgers, problems = read_ledgers(root)
    suspects = [feed for feed, records in ledgers.items() if not records]
    lost = [
        file
        for file in map(paths.ledger, suspects)
        if not disk.is_torn(content(root, file).strip())
    ]
    if lost:
        cure = "restore it from git; until then nothing is taken in"
        raise Faults(
            [Problem(file, 0, "no line of this ledger can be read", cure) for file in lost]
        )
    return ledgers, problems


def read_locations(root: Path) -> tuple[tuple[Location, ...], tuple[Problem, ...]]:
    """Reads where stories have been, as far as no feed's ledger knows."""
    return locations.loads(disk.read_inside(root, paths.LOCATIONS) or b"")


def read_added(root: Path) -> tuple[dict[str, Record], tuple[Problem, ...]]:
    """Reads what was taken from web pages by `digest add`: of their words, only hashes are kept."""
    file = paths.ledger(paths.ADDED)
    return ledger.loads(disk.read_inside(root, file) or b"", file)


def read_all_ledgers(root: Path) -> AllLedgers:
    """Reads all ledgers; `problems` are the lines that cannot be read: addresses and Atom ids may depend on them."""
    feeds, damaged = read_ledgers(root)
    located, wrong = read_locations(root)
    added, unread = read_added(root)
    return AllLedgers(feeds, located, added, (*damaged, *wrong, *unread))


def summaries_of(root: Path) -> Callable[[Story], tuple[str, ...]]:
    """Returns what gives the whole summaries of a story that pulls have kept, one of each of its feeds that has one."""

    @cache
    def of_feed(feed: str) -> dict[str, str]:
        return summaries.by_name(disk.recall(root, summaries.name(feed)))

    def of_story(story: Story) -> tuple[str, ...]:
        return tuple(
            filter(None, (summaries.of_story(story, of_feed(feed)) for feed in story.feeds))
        )

    return of_story


def ledger_mark(root: Path, feed: str) -> str:
    """Returns the hash of a feed's ledger as it stands: of nothing, where there is none."""
    return hashlib.sha256(disk.read_inside(root, paths.ledger(feed)) or b"").hexdigest()[:16]


def write(
    root: Path,
    stories: Iterable[Story],
    edits: Iterable[Edit] = (),
    lines: Mapping[str, Iterable[Record]] = MappingProxyType({}),
) -> None:
    """Writes what a pull has decided: story files, then the ledger's lines, so that a killed pull loses nothing.

    Raises DigestError where a file has changed since it was read: its editor is at work, and goes first.
    """
    for file in rewrite(root, edits, stop=True):
        raise DigestError(
            f"{file}: this file has changed during the pull and is left alone; pull again"
        )
    with ThreadPoolExecutor(_WRITERS) as writers:
        created = [
            (
                story.file,
                writers.submit(
                    disk.create, root, story.file, story_file.dumps(story).encode(), settled=False
                ),
            )
            for story in stories
        ]
    taken = [file for file, made in created if not made.result()]
    disk.settle(
        root, [file for file, _ in created]
    )  # a ledger that names a file which is not there has it deleted
    if taken:
        raise DigestError(
            f"{taken[0]}: this file has appeared during the pull and is left alone; pull again"
        )
    add_lines(root, lines)


def rewrite(root: Path, edits: Iterable[Edit], *, stop: bool = False) -> tuple[str, ...]:
    """Carries out the edits of files that still say what they said; returns the other files, which it leaves alone.

    Ends at the first of these if it shall `stop` there.
    """
    left, done = list[str](), list[str]()
    for edit in edits:
        before, after = edit.before.encode(), edit.after.encode()
        if after == before:
            is_same = disk.read_inside(root, edit.file) == before
        else:
            is_same = disk.replace(root, edit.file, before, after, settled=False)
        (done if is_same else left).append(edit.file)
        if left and stop:
            break
    disk.settle(root, done)
    return tuple(left)


def sweep(root: Path, unfinished: Iterable[str]) -> CleanedUp:
    """Ends what a killed run has left of Markdown files under hidden names (`Scan`); the caller holds the lock.

    One that is whole and the only copy is put in place, unless a feed's ledger has it: then it was in place, and was
    deleted. Any other is removed; in a git repository it would stay for ever.
    """
    found = tuple(sorted(filter(_is_swept, unfinished)))
    lacking = [
        file
        for file in found
        if not os.path.lexists(root / _whole_name(file)) and disk.is_whole(root / file)
    ]
    known = ledger.by_file(read_ledgers(root)[0]) if lacking else {}
    completed = [
        _whole_name(file)
        for file in lacking
        if _whole_name(file) not in known and disk.link(root, file, _whole_name(file))
    ]
    for file in found:
        disk.unlink(root / file)
    removed = tuple(file for file in found if _whole_name(file) not in completed)
    return CleanedUp(removed=removed, completed=tuple(completed))


@contextmanager
def writing(root: Path, *, dry: bool = False) -> Iterator[CleanedUp]:
    """Holds the digest's lock for a command that writes to the content, and ends what a killed one has left there.

    A `dry` run needs neither. Raises Faults where a folder of the content is a link or none, as `survey` does.
    """
    with nullcontext() if dry else disk.lock(root):
        scanned = scan_whole(root)
        yield CleanedUp() if dry else sweep(root, scanned.unfinished)


def add_lines(root: Path, lines: Mapping[str, Iterable[Record]]) -> None:
    """Adds lines to the feeds' ledgers."""
    for feed, records in lines.items():
        disk.append(root, paths.ledger(feed), "".join(map(ledger.dumps, records)), settled=False)
    disk.settle(root, map(paths.ledger, lines))


def add_locations(root: Path, found: Iterable[Location], now: datetime) -> None:
    """Adds lines that say where stories are; `at` of each is the newest moment known, which `now` has to follow."""
    at = ledger.moment(now)
    lines = [
        locations.dumps(one._replace(at=ledger.later(at, one.at) if one.at else at))
        for one in found
    ]
    disk.append(root, paths.LOCATIONS, "".join(lines))


def create(root: Path, file: str, text: str) -> bool:
    """Puts a new file in place; returns False, and touches nothing, where its name is taken."""
    return disk.create(root, file, text.encode())


def read_exactly(root: Path, file: str) -> str:
    """Returns the text of a file with every sign that it holds, as an edit needs it; raises ValueError for no text."""
    return content(root, file).decode()


def _whole_name(file: str) -> str:
    """Returns the file that an unfinished one would have become."""
    folder, _, name = file.rpartition("/")
    return f"{folder}/{disk.leftover(name)}"


def _is_swept(file: str) -> bool:
    folder, _, name = file.rpartition("/")
    return is_markdown(disk.leftover(name)) and "/." not in folder
