"""Scans `content/`: which files there are, and which cannot be published.

    content/ ──▶ Scan: the files of each folder with their stamps, and a key that changes with them

Symbolic links are not followed: their targets may not belong to the digest.
"""

from __future__ import annotations

import marshal
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple

from digest import cache, disk
from digest.content import file_names, images, paths
from digest.disk import Stamp
from digest.errors import Kind, Problem
from digest.model import Copied
from digest.names import is_markdown

NOT_COPIED = (".DS_Store", "Thumbs.db", ".git", "*~", ".#*", ".*.sw?", disk.LEFT_BEHIND)
"""Files of operating systems, editors and killed runs."""
_MAX_DEPTH = 50  # nested folders
_SAVED, _CHANGED = itemgetter(0), itemgetter(1)
_NO_FILES = b"no files"
_FOLDERS = re.compile(r"content(?:/(?:ledger|inbox|themes|pages|static|\d{4}(?:/w\d\d)?))?")
"""Must be folders if they exist. On systems without symbolic links, git writes links as files."""


class Scan(NamedTuple):
    """The files of each folder of `content/` with their stamps, by name, and problems.

    A file that changed at `since` (ns, the disk's clock) or later may be saved again within the
    same tick of that clock, so its stamp proves nothing. `unfinished` are files that a killed run
    left behind. `keys` has a hash of each folder's files and stamps, b"" if a stamp proves nothing.
    """

    folders: Mapping[str, Mapping[str, Stamp]]
    problems: tuple[Problem, ...]
    since: int
    unfinished: tuple[str, ...]
    keys: Mapping[str, bytes]

    @property
    def files(self) -> list[str]:
        """All files, sorted by folder and name."""
        return [f"{folder}/{name}" for folder, names in self.folders.items() for name in names]

    def key(self, folder: str) -> bytes:
        """Returns the key of a folder, or that of all empty folders."""
        return self.keys.get(folder, _NO_FILES)

    def fingerprint(self) -> bytes:
        """Returns a hash of all files and stamps; b"" if a stamp proves nothing."""
        keys = [self.keys[folder] for folder in sorted(self.keys)]
        return cache.key_of(*keys) if all(keys) else b""


def scan(root: Path, since: int = 0) -> Scan:
    """Scans all files; of hidden files only texts, and those in `static/`.

    `since` is the time of the scan by the disk's clock (`disk.trusted_until`), or 0 if nothing is
    going to be stored under these stamps.
    """
    folders: dict[str, Mapping[str, Stamp]] = {}
    unfinished: list[str] = []
    problems = list(_top_problem(root / "content"))
    waiting = [] if problems else ["content"]
    while waiting:
        folder = waiting.pop()
        is_static = folder.split("/")[1:2] == ["static"]
        is_top = folder.count("/") < 2
        files: dict[str, Stamp] = {}
        inner: list[str] = []
        for entry in _entries(f"{root}/{folder}"):
            file = f"{folder}/{entry.name}"
            if _is_skipped(entry.name, is_static=is_static):
                if disk.final_name(entry.name):
                    unfinished.append(file)
            elif problem := _not_utf8(entry, file):
                problems.append(problem)
            elif entry.is_dir(follow_symlinks=False):
                problems += _odd_folder(file, is_static=is_static)
                inner.append(file)
            elif is_top and _FOLDERS.fullmatch(file) and not entry.is_symlink():
                problems.append(_no_folder(file))
            elif entry.is_file(follow_symlinks=False):
                files[entry.name] = disk.stamp(entry.stat(follow_symlinks=False))
            elif problem := _irregular(entry, file):
                problems.append(problem)
        if files:
            folders[folder] = files
        if folder.count("/") < _MAX_DEPTH:
            waiting += reversed(inner)
    keys = {folder: _key(folder, files, since) for folder, files in folders.items()}
    return Scan(folders, tuple(problems), since, tuple(unfinished), keys)


def rescan(root: Path, before: Scan, files: Iterable[str], since: int) -> Scan | None:
    """Returns an earlier scan with new stamps for these files; None if one was added or removed."""
    folders, keys = dict(before.folders), dict(before.keys)
    for file in files:
        folder, _, name = file.rpartition("/")
        try:
            status = os.lstat(root / file)
        except OSError:
            return None
        if name not in folders.get(folder, {}) or not stat.S_ISREG(status.st_mode):
            return None
        folders[folder] = {**folders[folder], name: disk.stamp(status)}
        keys[folder] = b""
    for folder, key in keys.items():
        keys[folder] = key or _key(folder, folders[folder], since)
    return before._replace(folders=folders, since=since, keys=keys)


def _key(folder: str, files: Mapping[str, Stamp], since: int) -> bytes:
    stamps = list(files.values())
    if since and max(max(map(_CHANGED, stamps)), max(map(_SAVED, stamps))) >= since:
        return b""
    return cache.key_of(marshal.dumps([folder, *files.items()], 2))


def leaves_files_out(problem: Problem) -> bool:
    """True if files are left out: of a folder that is a link or a file, or because of their names."""
    return problem.kind == Kind.NOT_SCANNED


def read_bytes(root: Path, file: str) -> bytes:
    """Returns the bytes of a file; b"" if it no longer exists."""
    return disk.read(f"{root}/{file}") or b""


def copied(root: Path, files: Iterable[str]) -> tuple[Copied, ...]:
    """Returns the files that are copied as they are, pictures with their sizes."""
    read = partial(read_bytes, root)
    result = []
    for file in files:
        if path := paths.copied(file):
            byte_size = 0  # if the file no longer exists
            with suppress(OSError):
                byte_size = (root / file).stat(follow_symlinks=False).st_size
            result.append(Copied(root / file, file, path, images.size_of(file, read), byte_size))
    return tuple(result)


@dataclass(frozen=True, slots=True)
class NamesIn:
    """Returns the names in a folder of the digest at `root`; none if the folder does not exist."""

    root: Path

    def __call__(self, folder: str) -> list[str]:
        try:
            return sorted(path.name for path in (self.root / folder).iterdir())
        except OSError:
            return []


def _top_problem(content: Path) -> Iterator[Problem]:
    """Yields why nothing can be scanned, if so."""
    if content.is_symlink():
        yield _linked_folder("content")
    elif content.exists() and not content.is_dir():
        yield _no_folder("content")


def _is_skipped(name: str, *, is_static: bool) -> bool:
    """True for a name that is not scanned: in `static/`, files of systems; elsewhere, hidden ones."""
    if is_static:
        return any(fnmatchcase(name, pattern) for pattern in NOT_COPIED)
    return name[0] == "." and not file_names.is_hidden_text(name)


def _odd_folder(folder: str, *, is_static: bool) -> Iterator[Problem]:
    """Yields why a folder cannot be what was meant, if so."""
    if is_markdown(folder) and not is_static and folder.rpartition("/")[0] != paths.INBOX:
        yield Problem(folder, 0, "is a folder with the name of a file", "rename it")
    if folder.count("/") > _MAX_DEPTH:
        yield Problem(folder, 0, f"is in more than {_MAX_DEPTH} folders", "move it further up")


def _linked_folder(file: str) -> Problem:
    what, cure = "is a symbolic link to a folder", "put the folder itself here"
    return Problem(file, 0, what, cure, kind=Kind.NOT_SCANNED)


def _not_utf8(entry: os.DirEntry[str], file: str) -> Problem | None:
    """Returns the problem of a name that neither the cache nor an address can have, as out of an
    old ZIP file; pull renames the inbox's files.
    """
    if entry.name.isascii() or os.fsencode(entry.name).decode(errors="ignore") == entry.name:
        return None
    if file.rpartition("/")[0] == paths.INBOX and not entry.is_dir(follow_symlinks=False):
        return None
    what = "has a name that is not UTF-8"
    shown = os.fsencode(file).decode(errors="backslashreplace")
    return Problem(shown, 0, what, "rename it", kind=Kind.NOT_SCANNED)


def _no_folder(file: str) -> Problem:
    what, cure = "must be a folder, but is not one", "move it away, and restore the folder from git"
    return Problem(file, 0, what, cure, kind=Kind.NOT_SCANNED)


def _irregular(entry: os.DirEntry[str], file: str) -> Problem | None:
    """Returns the problem of an entry that is not a folder or file; pull reports the inbox's."""
    if file.rpartition("/")[0] == paths.INBOX:
        return None
    # os.path.isdir is False for links that form a loop.
    if entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112
        return _linked_folder(file)
    if entry.is_symlink():
        return Problem(file, 0, "is a symbolic link", "put the file itself here")
    return Problem(file, 0, "is not a regular file", "remove it, or put a plain file in its place")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Returns a folder's entries by name; os.scandir takes a third of pathlib's time here."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=attrgetter("name"))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise disk.file_error("read", folder, error) from error
