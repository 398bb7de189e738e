"""The store: reads the ledgers, and makes all changes to them, to stories and to letters.

What else is in `content/`, such as the inbox and the sheet, is written by what handles it. Never
overwrites a file that an editor has changed, and never follows a link out of the digest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from posixpath import basename
from typing import TYPE_CHECKING, NamedTuple

from digest import disk, lock
from digest.cache import Cache
from digest.content import ledger, locations, paths, sent, summaries
from digest.content.history import History
from digest.content.ledger import Record
from digest.content.present_files import in_present_files
from digest.content.scan import Scan, leaves_files_out, read_bytes, scan
from digest.content.sent import SentLine
from digest.errors import DigestError, Faults, Problem
from digest.model import Location, Story
from digest.names import is_markdown

if TYPE_CHECKING:
    from digest.content.edit import Edit  # which imports YAML: most runs need none

_WRITERS = 4  # files written at once: each waits for the disk, which takes several at a time


class AllLedgers(NamedTuple):
    """The ledgers of all feeds by id, the locations of stories, what `digest add` brought."""

    feeds: dict[str, dict[str, Record]]
    located: tuple[Location, ...]
    from_pages: dict[str, Record]
    problems: tuple[Problem, ...]

    def history(self) -> History:
        """Returns what the ledgers remember of the stories."""
        return History(self.feeds, self.located, from_pages=self.from_pages)


class CleanedUp(NamedTuple):
    """What a killed run left under hidden names: halves that were removed, files now in place."""

    removed: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()


def scan_whole(root: Path) -> Scan:
    """Scans the content; raises Faults if files were left out (`leaves_files_out`)."""
    scanned = scan(root)
    if causes := list(filter(leaves_files_out, scanned.problems)):
        raise Faults(causes)
    return scanned


def read_text(root: Path, file: str) -> str:
    """Returns the text of a file, with bytes that are not UTF-8 replaced; "" if it is gone."""
    return read_bytes(root, file).decode("utf-8-sig", errors="replace")


def files(root: Path) -> tuple[str, ...]:
    """Returns all files of the content, relative to the root."""
    return tuple(scan(root).files)


def read_ledgers(root: Path) -> tuple[dict[str, dict[str, Record]], tuple[Problem, ...]]:
    """Reads the ledgers of all feeds, also of feeds that are no longer in digest.toml.

    A story that has two names is under that of the story file that exists, in any week
    (`present_files`).
    """
    ledgers, problems = {}, list[Problem]()
    folder = root / paths.LEDGERS
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        feed = paths.feed_of(path.name)
        if feed:
            ledgers[feed], wrong = ledger.loads(ledger_bytes(root, feed), feed)
            problems.extend(wrong)

    @cache
    def story_names() -> frozenset[str]:  # rarely needed
        return frozenset(map(basename, filter(paths.is_story, files(root))))

    present = in_present_files(ledgers, lambda file: basename(file) in story_names())
    return present, tuple(problems)


def read_whole_ledgers(root: Path) -> tuple[dict[str, dict[str, Record]], tuple[Problem, ...]]:
    """Reads the ledgers for a command that adds to them.

    Raises Faults if no line of a ledger can be read: all deleted stories of that feed would return.
    """
    ledgers, problems = read_ledgers(root)
    lost = []
    for feed, records in ledgers.items():
        file = paths.ledger(feed)
        if not records and not disk.is_incomplete(read_bytes(root, file).strip()):
            cure = "restore it from git; until then nothing is added"
            lost.append(Problem(file, 0, "no line of this ledger can be read", cure))
    if lost:
        raise Faults(lost)
    return ledgers, problems


def read_locations(root: Path) -> tuple[tuple[Location, ...], tuple[Problem, ...]]:
    """Reads where stories have been, if no feed's ledger has it."""
    return locations.loads(disk.read_inside(root, paths.LOCATIONS) or b"")


def read_from_pages(root: Path) -> tuple[dict[str, Record], tuple[Problem, ...]]:
    """Reads what `digest add` took from web pages; only hashes of the words are stored."""
    return ledger.loads(ledger_bytes(root, paths.ADDED), paths.ADDED)


def read_sent(root: Path) -> tuple[tuple[SentLine, ...], tuple[Problem, ...]]:
    """Reads which editions were mailed.

    Half a line at the end is no problem: a killed run left it. If that run was sending, a whole
    line before says so; otherwise nothing has left.
    """
    content = disk.read_inside(root, paths.SENT) or b""
    whole = disk.without_half_line(content)
    is_half_line = content[len(whole) :].startswith(b"{")
    return sent.loads(whole if is_half_line else content)


def add_sent(root: Path, line: SentLine) -> None:
    """Adds what became of an edition; it is on the disk when this returns."""
    disk.append(root, paths.SENT, sent.dumps(line))


def read_all_ledgers(root: Path) -> AllLedgers:
    """Reads all ledgers; `problems` are unreadable lines, which may hold addresses and Atom ids."""
    feeds, damaged = read_ledgers(root)
    located, wrong = read_locations(root)
    from_pages, unread = read_from_pages(root)
    _, unsure = read_sent(root)
    return AllLedgers(feeds, located, from_pages, (*damaged, *wrong, *unread, *unsure))


def summaries_of_feed(root: Path, feed: str) -> dict[str, str]:
    """Returns the whole summaries that are stored of a feed, by the aliases of their entries."""
    with Cache(root) as cached:
        return summaries.by_alias(cached.get(summaries.KIND, feed, b"", summaries.Stored) or [])


def summaries_of(root: Path) -> Callable[[Story], tuple[str, ...]]:
    """Returns a function for the whole summaries of a story, as its feeds gave them, if stored."""

    of_feed = cache(partial(summaries_of_feed, root))

    def of_story(story: Story) -> tuple[str, ...]:
        found = [summaries.of_story(story, of_feed(feed)) for feed in story.feeds]
        return tuple(summary for summary in found if summary)

    return of_story


def ledger_bytes(root: Path, feed: str) -> bytes:
    """Returns a feed's ledger as it is on the disk; empty if there is none."""
    return disk.read_inside(root, paths.ledger(feed)) or b""


def ledger_hash(root: Path, feed: str) -> str:
    """Returns the hash of a feed's ledger as it is now; that of b"" if there is none."""
    return hashlib.sha256(ledger_bytes(root, feed)).hexdigest()[:16]


def write_stories(root: Path, edits: Sequence[Edit]) -> None:
    """Changes story files, then creates new ones. Their ledger lines come after them, so a killed
    pull loses nothing.

    Raises DigestError if a file has changed since it was read, since an editor is working on it.
    """
    for file in apply_edits(root, [edit for edit in edits if edit.before], stop=True):
        raise DigestError(
            f"{file}: this file was changed in the meantime and is left alone; run the command again"
        )
    with ThreadPoolExecutor(_WRITERS) as writers:
        created = []
        for edit in edits:
            if not edit.before:
                text = edit.after.encode()
                made = writers.submit(disk.create, root, edit.file, text, flush=False)
                created.append((edit.file, made))
    taken = [file for file, made in created if not made.result()]
    # A story counts as deleted if the ledger has it and its file does not exist: so flush first.
    disk.flush_names(root, [file for file, _ in created])
    if taken:
        raise DigestError(
            f"{taken[0]}: this file was created in the meantime and is left alone; run the command"
            " again"
        )


def apply_edits(root: Path, edits: Iterable[Edit], *, stop: bool = False) -> tuple[str, ...]:
    """Makes the edits of files that are unchanged since they were read; returns the other files.

    With `stop`, ends at the first file that has changed.
    """
    left, done = list[str](), list[str]()
    for edit in edits:
        before, after = edit.before.encode(), edit.after.encode()
        if after == before:
            is_same = disk.read_inside(root, edit.file) == before
        else:
            is_same = disk.replace(root, edit.file, before, after, flush=False)
        (done if is_same else left).append(edit.file)
        if left and stop:
            break
    disk.flush_names(root, done)
    return tuple(left)


def apply_edit(root: Path, edit: Edit) -> bool:
    """Makes one edit, and moves the file if the edit says so; False if the file has changed.

    Raises DigestError if the new file exists, or a file cannot be written: the file is then put
    back as it was. The caller holds the lock.
    """
    if edit.new_file and os.path.lexists(disk.inside(root, edit.new_file)):
        raise DigestError(f"{edit.new_file}: there is a file with this name; rename one of them")
    try:
        return _apply_without_undo(root, edit)
    except DigestError:
        with suppress(DigestError):  # the first error is reported
            _put_back(root, edit)
        raise


def _apply_without_undo(root: Path, edit: Edit) -> bool:
    """Does what `apply_edit` does, but puts nothing back after an error."""
    if not edit.before and not os.path.lexists(disk.inside(root, edit.file)):
        return create(root, edit.file, edit.after)
    if not edit.after:
        if disk.read_inside(root, edit.file) != edit.before.encode():
            return False
        disk.remove(root, edit.file)
        return True
    with ExitStack() as reverting:
        # Pictures come first, so that a killed run leaves no story without them.
        for picture, copy in edit.moved_pictures:
            if not disk.link(root, picture, copy):
                raise DigestError(f"{copy}: there is a file with this name; rename one of them")
            reverting.callback(disk.unlink, disk.inside(root, copy))
        if apply_edits(root, [edit]):
            return False
        if edit.new_file:
            disk.move(root, edit.file, edit.new_file)
        reverting.pop_all()
    for picture, _ in edit.moved_pictures:
        disk.remove(root, picture)
    return True


def _put_back(root: Path, edit: Edit) -> None:
    """Puts a file back as it was where its edit was made in part."""
    before, after = edit.before.encode(), edit.after.encode()
    if edit.new_file and not os.path.lexists(root / edit.file):
        for picture, copy in edit.moved_pictures:
            disk.link(root, copy, picture)
            disk.remove(root, copy)
        disk.move(root, edit.new_file, edit.file)
    if not before and disk.read_inside(root, edit.file) == after:
        disk.remove(root, edit.file)
    elif not after:
        disk.create(root, edit.file, before)
    else:
        disk.replace(root, edit.file, after, before)


def sweep(root: Path, unfinished: Iterable[str]) -> CleanedUp:
    """Cleans up Markdown files under hidden names (`Scan`) that a killed run left behind.

    One that is complete and the only copy is put in place, unless a feed's ledger has it: then it
    was in place already and has been deleted. All others are removed. The caller holds the lock.
    """
    whole: dict[str, str] = {}  # the file that each would have become
    for file in sorted(unfinished):
        folder, _, name = file.rpartition("/")
        final_name = disk.final_name(name)
        if is_markdown(final_name) and "/." not in folder:
            whole[file] = f"{folder}/{final_name}"
    lacking = []
    for file, target in whole.items():
        if not os.path.lexists(root / target) and disk.is_whole(root / file):
            lacking.append(file)
    known = ledger.by_file(read_ledgers(root)[0]) if lacking else {}
    completed = []
    for file in lacking:
        if whole[file] not in known and disk.link(root, file, whole[file]):
            completed.append(whole[file])
    for file in whole:
        disk.unlink(root / file)
    removed = tuple(file for file, target in whole.items() if target not in completed)
    return CleanedUp(removed=removed, completed=tuple(completed))


@contextmanager
def locked_for_writing(root: Path, *, dry: bool = False) -> Iterator[CleanedUp]:
    """Holds the digest's lock for a command that writes content, and cleans up after a killed one.

    A `dry` run does neither. Raises Faults if files were left out (`scan_whole`).
    """
    with nullcontext() if dry else lock.hold(root):
        scanned = scan_whole(root)
        yield CleanedUp() if dry else sweep(root, scanned.unfinished)


def add_lines(root: Path, records: Iterable[Record]) -> None:
    """Adds lines to the ledgers of their feeds."""
    lines: dict[str, str] = {}
    for record in records:
        file = paths.ledger(record.feed)
        lines[file] = lines.get(file, "") + ledger.dumps(record)
    for file, text in lines.items():
        disk.append(root, file, text, flush=False)
    disk.flush_names(root, lines)


def add_locations(root: Path, new: Iterable[Location], now: datetime) -> None:
    """Adds lines that say where stories are.

    `at` of each is the newest time in the ledgers; the line gets `now`, or a later time than `at`.
    """
    lines = []
    for location in new:
        at = ledger.timestamp(now)
        if location.at:
            at = ledger.later(at, location.at)
        lines.append(locations.dumps(location._replace(at=at)))
    disk.append(root, paths.LOCATIONS, "".join(lines))


def create(root: Path, file: str, text: str) -> bool:
    """Creates a file; returns False, and changes nothing, if there is one with this name."""
    return disk.create(root, file, text.encode())


def read_exactly(root: Path, file: str) -> str:
    """Returns the exact text of a file, for an edit; raises ValueError if it is not UTF-8."""
    return read_bytes(root, file).decode()
