"""`digest upgrade`: what this version of Digest would change in the files that `init` wrote, and
the change itself.

    files of a new digest, what is there, what was written once ──▶ added, replaced, merged, removed │ left alone

A file that is as Digest wrote it is replaced. One that an editor has changed is merged: with what
Digest wrote once, as the digest's git history or its record has it. Where both changed the same
lines, or what was written is not known, the file is left alone and named. A file that the editor
has deleted stays deleted. Stories and pages are not looked at, digest.toml only for its themes.
"""

from __future__ import annotations

import contextlib
import difflib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import config_template, disk, git, lock
from digest.commands.starter import init_record, requirement, starter_files
from digest.commands.starter.init_record import InitRecord
from digest.config import load as load_config
from digest.errors import DigestError, changed_meanwhile
from digest.model import Theme

ADDED, REPLACED, MERGED, REMOVED = "added", "replaced", "merged with your changes", "removed"
_MAX_COMMITS = 200
_NEED = "digest upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that changes, how, and its content before and after; None without a file."""

    file: str
    how: str
    before: bytes | None
    after: bytes | None

    def diff(self) -> Iterator[str]:
        """Yields the lines of a unified diff; one line for a binary file."""
        try:
            before = (self.before or b"").decode().splitlines()
            after = (self.after or b"").decode().splitlines()
        except UnicodeDecodeError:
            yield f"{self.file}: {self.how}, not text"
            return
        old = "/dev/null" if self.before is None else f"a/{self.file}"
        new = "/dev/null" if self.after is None else f"b/{self.file}"
        yield from difflib.unified_diff(before, after, old, new, lineterm="")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeReport:
    """The files that change, or would; `left` are those that an editor has changed, each with why it stays as it is."""

    changes: tuple[FileChange, ...]
    left: tuple[tuple[str, str], ...]
    applied: bool


def run(root: Path, *, now: datetime, apply: bool = False) -> UpgradeReport:
    """Compares the files that `init` wrote with those of a new digest; with `apply`, writes what
    has changed, under the digest's lock."""
    with lock.hold(root) if apply else contextlib.nullcontext():
        return _run(root, now, apply=apply)


def _run(root: Path, now: datetime, *, apply: bool) -> UpgradeReport:
    record = init_record.load(root)
    files = _new_files(root, record, now)
    texts, left = dict[str, str](), dict[str, str]()
    changes = list[FileChange]()
    for file, new in sorted(files.items()):
        before = disk.read_inside(root, file)
        after, how = new, REPLACED
        if file in init_record.LINES_ADDED:
            how = REPLACED if before else ADDED
            after = starter_files.with_missing_lines(before, new.decode())
        elif before is None:
            if record.had(file):
                continue  # the editor has deleted it
            how = ADDED
        elif init_record.hash_of(new) in (init_record.hash_of(before), record.hashes.get(file)):
            if file in record.texts:
                texts[file] = record.texts[file]
            continue  # this version writes nothing new
        elif not record.has_written(file, before):
            after, why = _merged(root, file, before, new, record)
            if why:
                left[file] = why
                continue
            texts[file], how = new.decode(), MERGED
        if after != before:
            changes.append(FileChange(file=file, how=how, before=before, after=after))
    changes += _unused_wheels(root, record, files)
    if apply:
        disk.remove_unfinished(root, {*files, *record.hashes})
        _write(root, changes)
        kept = {file: hash for file, hash in record.hashes.items() if file in left}
        content = init_record.dumps(files, texts, kept)
        if disk.read_inside(root, init_record.FILE) != content:
            disk.write(root, init_record.FILE, content)
    return UpgradeReport(changes=tuple(changes), left=tuple(left.items()), applied=apply)


def _new_files(root: Path, record: InitRecord, now: datetime) -> dict[str, bytes]:
    """Returns the files that `init` would write into this digest today, without those that belong to the editor."""
    this_copy = requirement.for_running_copy(now=now)
    name = starter_files.requirements_name(root, this_copy)
    for file in starter_files.REQUIREMENTS:
        present = disk.read_inside(root, file) or b""
        if file in record.hashes or b"Written by `digest init`" in present:
            name = file
            break
    try:
        themes: tuple[Theme, ...] | None = load_config(root).themes
    except DigestError:
        themes = None
    files = starter_files.new_files(this_copy, themes or (), requirements=name)
    if themes is None:  # then the snippets stay as they are
        del files[config_template.SNIPPETS]
    return starter_files.managed(files)


def _merged(
    root: Path, file: str, ours: bytes, new: bytes, record: InitRecord
) -> tuple[bytes, str]:
    """Returns a file with what the editor and what this version changed in it, or why that cannot
    be."""
    if not record.had(file):
        return ours, "there is no record of what Digest wrote there"
    changed = "you have changed it" if record.is_known else "you may have changed it"
    try:
        base = record.texts[file].encode() if file in record.texts else None
        if base is None:  # the newest commit that has it as Digest wrote it
            log = ("log", f"-{_MAX_COMMITS}", "--format=%H", "--", file)
            commits = git.run(root, *log, need=_NEED).stdout.decode().split()
            versions = git.contents(root, [f"{commit}:./{file}" for commit in commits], _NEED)
            base = next((one for one in versions if record.has_written(file, one)), None)
        if base is None:
            return ours, f"{changed}, and git does not have it as Digest wrote it"
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (("ours", ours), ("base", base), ("theirs", new)):
                (Path(folder) / name).write_bytes(content.replace(b"\r\n", b"\n"))
            words = ("merge-file", "-p", "ours", "base", "theirs")
            answer = git.run(Path(folder), *words, need=_NEED)
    except DigestError as error:
        return ours, f"{changed}, and it cannot be merged: {error}"
    if answer.returncode:
        return ours, "you and this version of Digest have changed the same lines"
    merged = answer.stdout
    return (merged.replace(b"\n", b"\r\n") if b"\r\n" in ours else merged), ""


def _unused_wheels(
    root: Path, record: InitRecord, files: Mapping[str, bytes]
) -> Iterator[FileChange]:
    """Yields the removal of each copy of Digest that is no longer installed."""
    for file in record.hashes:
        if file.startswith(f"{requirement.FOLDER}/") and file not in files:
            before = disk.read_inside(root, file)
            if before is not None and record.has_written(file, before):
                yield FileChange(file=file, how=REMOVED, before=before, after=None)


def _write(root: Path, changes: list[FileChange]) -> None:
    for change in changes:
        if change.after is None:
            disk.remove(root, change.file)
            continue
        if change.before is None:
            done = disk.create(root, change.file, change.after)
        else:
            done = disk.replace(root, change.file, change.before, change.after)
        if not done:
            raise DigestError(changed_meanwhile(change.file))
