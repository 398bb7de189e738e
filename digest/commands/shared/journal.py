"""What a run is about to write into story files and ledgers, kept in the cache until it is there.

    noted ──▶ story files (──▶ note_written, of a pull) ──▶ ledger lines ──▶ forgotten
                   └─killed──────────────┴─▶ the next run: complete ──▶ lines of stories that were written

Pulls do so, and changes of excerpts. Without its line, a new story may be added a second time,
since a feed may give nothing by which its entries can be told from others; and words of the
publisher would count as the editor's as soon as the publisher says something else.

New stories that were written and are gone were deleted by the editor: their lines keep them away.
But if git has cleaned up what it never had (`git clean -fd`, `git stash -u`), the pull is undone.
These commands also remove an empty folder (`MARK`), which nobody else sees.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename
from typing import TypeVar

from digest import disk
from digest.cache import Cache
from digest.content import ledger, paths, store
from digest.content.edit import Edit
from digest.content.ledger import Record
from digest.content.scan import read_bytes

MARK = "content/.pull"
"""An empty folder while a pull writes new stories. Git does not track it, and cleans it up."""
_KIND = "begun"
"""The kind in the cache of what runs are about to write."""
_PULL, _LINES, _WRITTEN = "pull", "story lines", "written"
"""Its names for a run's edits, their lines, and whether a pull's new stories are written."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Noted:
    """What a run is about to add to ledgers, and what they were before.

    `lines` are the lines with their feeds, by the file of their story; `ledgers` are the size and
    hash of each feed's ledger.
    """

    lines: dict[str, list[tuple[str, str]]]
    ledgers: dict[str, tuple[int, str]]


def left_by_killed_run(cache: Cache, name: str, as_type: type[_T]) -> _T | None:
    """Returns what a killed run noted under a name, such as `themes`; None if none was killed."""
    return cache.get(_KIND, name, b"", as_type)


@contextmanager
def in_progress(
    cache: Cache, name: str, note: Sequence[object] | Mapping[str, object]
) -> Iterator[None]:
    """Notes what a run writes within the `with` block, under a name; an empty note replaces none.

    The cache is saved before the block, and has to be saved after it.
    """
    if note:
        cache.put(_KIND, name, b"", note)
    cache.save(flush=True)
    yield
    # No `finally`: if the block fails, the note has to stay for the next run.
    cache.remove(_KIND, name)


def _edits(cache: Cache) -> dict[str, Edit]:
    """Returns what a run that was killed was writing into story files, by file."""
    found = left_by_killed_run(cache, _PULL, list[Edit]) or []
    return {edit.file: edit for edit in found if paths.is_story(edit.file)}


def created(cache: Cache) -> dict[str, str]:
    """Returns the texts of the files that a pull was about to create when it was killed."""
    return {file: edit.after for file, edit in _edits(cache).items() if not edit.before}


@contextmanager
def noted(
    root: Path, cache: Cache, edits: Sequence[Edit], lines: Mapping[str, Sequence[Record]]
) -> Iterator[None]:
    """Notes what a run writes within the `with` block: edits of story files, then ledger lines.

    `lines` are by the file of their story. The cache is saved before the block, and has to be saved
    after it. What a killed run noted before must have been completed.
    """
    ledgers = {}
    for feed in {record.feed for records in lines.values() for record in records}:
        content = store.ledger_bytes(root, feed)
        ledgers[feed] = (len(content), _hash(content))
    by_file = {
        file: [(record.feed, ledger.dumps(record)) for record in records]
        for file, records in lines.items()
    }
    if lines:
        cache.put(_KIND, _LINES, b"", _Noted(by_file, ledgers))
    if any(not edit.before for edit in edits):
        mark = disk.inside(root, MARK)
        try:
            disk.make_folder(mark, None)
        except OSError as error:
            raise disk.file_error("write", mark, error) from error
    with in_progress(cache, _PULL, edits):
        yield
    _forget(root, cache)


def note_written(cache: Cache) -> None:
    """Notes that all new stories of a pull are in place, so that one that is gone was deleted."""
    cache.put(_KIND, _WRITTEN, b"", True)
    cache.save(flush=True)


def _forget(root: Path, cache: Cache) -> None:
    cache.remove(_KIND, _LINES)
    cache.remove(_KIND, _WRITTEN)
    with suppress(OSError):
        (root / MARK).rmdir()


def complete(root: Path, cache: Cache, feeds: Iterable[str]) -> tuple[str, ...]:
    """Adds the ledger lines that a killed run could not add; returns the files of their stories.

    `feeds` are those of digest.toml. If a ledger has changed since in another way than by new lines,
    it gets no lines of new stories: these may not belong to what git has checked out now. The caller
    holds the lock.
    """
    noted = left_by_killed_run(cache, _LINES, _Noted)
    if not noted:
        _forget(root, cache)
        return ()
    edits = _edits(cache)
    written = _written(root, cache, edits)
    missing, files = list[Record](), set[str]()
    for feed, (size, hash) in noted.ledgers.items():
        content = store.ledger_bytes(root, feed)
        there, _ = ledger.loads(content, feed)
        is_same = feed in feeds and _hash(content[:size]) == hash
        is_lost = size > 0 and not there
        for file in written & noted.lines.keys():
            is_new = not edits[file].before
            for of_feed, line in noted.lines[file]:
                if of_feed != feed or not (is_same if is_new else not is_lost):
                    continue
                for id, record in ledger.loads(line.encode(), feed)[0].items():
                    if id not in there or not (is_new or line.encode() in content):
                        missing.append(record)
                        files.add(file)
    disk.flush_names(root, [file for file in files if (root / file).exists()])
    store.add_lines(root, missing)
    _forget(root, cache)
    cache.save(flush=True)
    return tuple(sorted(files))


def _written(root: Path, cache: Cache, edits: Mapping[str, Edit]) -> Collection[str]:
    """Returns which of its stories a killed run has written, whatever became of them."""
    places = defaultdict[str, list[str]](list)
    for file in store.files(root):
        places[basename(file)].append(file)
    written = set[str]()
    for file, edit in edits.items():
        lines = _own_lines(edit)
        by_name = places[basename(file)]  # the editor may have moved it to another week since
        for place in [file] if file in by_name else by_name:
            is_exact = read_bytes(root, place) == edit.after.encode()
            if is_exact or not lines.isdisjoint(store.read_text(root, place).splitlines()):
                written.add(file)
    if left_by_killed_run(cache, _WRITTEN, bool) and (root / MARK).is_dir():
        written.update(file for file, edit in edits.items() if not edit.before)
    return written


def _own_lines(edit: Edit) -> set[str]:
    """Returns lines, one or more of which a file has if the edit was made, even if edited since."""
    after = edit.after.splitlines()
    if edit.before:
        return set(after).difference(edit.before.splitlines(), [""])
    return {line for line in after if line.startswith("link:")}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
