"""The ledger lines that a pull is about to write, kept in the cache until it has written them.

    note_lines ──▶ story files ──▶ note_written ──▶ ledger lines ──▶ forget_lines
                        └─killed────────┴─▶ the next pull: complete ──▶ lines of stories that were written

A feed may give nothing by which its entries can be told from others, so a story without its line
might be added a second time. A story that was written and is gone was deleted by the editor: its
line keeps it away.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename

from digest import disk
from digest.cache import Cache
from digest.content import begun, ledger, paths, store
from digest.content.edit import Edit
from digest.content.ledger import Record
from digest.content.scan import read_bytes
from digest.intake.pull_state import PullPlan

_LINES, _WRITTEN = "lines", "written"
"""What `begun` has beside a pull's edits: the lines of its new stories, and that these are written."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of new stories for a ledger, and the ledger's size and hash before them."""

    size: int
    hash: str
    lines: str


def edits(cache: Cache) -> dict[str, Edit]:
    """Returns what a pull that was killed was writing into story files, by file."""
    found = begun.read(cache, "pull", list[Edit]) or []
    return {edit.file: edit for edit in found if paths.is_story(edit.file)}


def left(root: Path, cache: Cache, plan: PullPlan) -> list[Edit]:
    """Returns the corrections by a killed pull that a plan leaves for later: it lacks their feeds."""
    files = {record.file for record in plan.lines}
    found = []
    for file, edit in edits(cache).items():
        is_as_written = read_bytes(root, file) == edit.after.encode()
        if edit.before and file not in files and is_as_written:
            found.append(edit)
    return found


def note_lines(root: Path, cache: Cache, plan: PullPlan) -> None:
    """Notes which lines a plan adds for its new stories. The caller saves the cache."""
    files = {story.file for story in plan.stories}
    lines: dict[str, str] = {}
    for record in plan.lines:
        if record.file in files:
            lines[record.feed] = lines.get(record.feed, "") + ledger.dumps(record)
    noted = {}
    for feed, text in lines.items():
        content = store.ledger_bytes(root, feed)
        noted[feed] = _Lines(len(content), _hash(content), text)
    if noted:
        begun.note(cache, _LINES, noted)


def note_written(cache: Cache, plan: PullPlan) -> None:
    """Notes that all stories of a plan are in place, so that one that is gone was deleted."""
    if plan.stories:
        begun.note(cache, _WRITTEN, True)
        cache.save(flush=True)


def forget_lines(cache: Cache) -> None:
    """Forgets the lines, since the ledgers have them. The caller saves the cache."""
    begun.forget(cache, _LINES)
    begun.forget(cache, _WRITTEN)


def complete(root: Path, cache: Cache, feeds: Iterable[str]) -> tuple[str, ...]:
    """Adds the ledger lines that a killed pull did not come to; returns the files of their stories.

    `feeds` are those of digest.toml. A ledger that has changed since, other than by new lines, gets
    none: the stories may not belong to what git has checked out now. The caller holds the lock.
    """
    noted = begun.read(cache, _LINES, dict[str, _Lines]) or {}
    if not noted:
        return ()
    written = _written(root, cache)
    missing = list[Record]()
    for feed in noted.keys() & feeds:
        known, content = noted[feed], store.ledger_bytes(root, feed)
        if _hash(content[: known.size]) == known.hash:
            there, _ = ledger.loads(content, feed)
            records, _ = ledger.loads(known.lines.encode(), feed)
            for id, record in records.items():
                if record.file in written and id not in there:
                    missing.append(record)
    files = tuple(sorted({record.file for record in missing}))
    disk.flush_names(root, [file for file in files if (root / file).exists()])
    store.add_lines(root, missing)
    forget_lines(cache)
    cache.save(flush=True)
    return files


def _written(root: Path, cache: Cache) -> Collection[str]:
    """Returns which of its new stories a killed pull has written, whatever became of them."""
    created = {file: edit.after for file, edit in edits(cache).items() if not edit.before}
    places = defaultdict[str, list[str]](list)
    for file in store.files(root):
        places[basename(file)].append(file)
    there = set[str]()
    for file, text in created.items():
        link = next((line for line in text.splitlines() if line.startswith("link:")), "")
        # The editor may have moved it to another week since, or have a story of the same name.
        same_name = places[basename(file)]
        if any(link in store.read_text(root, place).splitlines() for place in same_name):
            there.add(file)
    # Several that are all gone were not deleted one by one: `git clean`, say, has undone the pull.
    if begun.read(cache, _WRITTEN, bool) and (there or len(created) == 1):
        return created.keys()
    return there


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
