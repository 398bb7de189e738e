"""Scans `content/`: which files there are, and which cannot be published.

    content/ ──▶ Scan: the files of each folder with their stamps, and a key that changes with them

Symbolic links are not followed: their targets may not belong to the digest.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple

from digest import cache, disk
from digest.content import file_names, images, paths
from digest.disk import Stamp
from digest.errors import Problem
from digest.model import Copied
from digest.names import is_markdown

_NOT_COPIED = (".DS_Store", "Thumbs.db", ".git", "*~", ".#*", ".*.sw?", disk.LEFT_BEHIND)
"""Files of operating systems, editors and killed runs."""
_MAX_DEPTH = 50  # nested folders
_SAVED, _CHANGED = itemgetter(0), itemgetter(1)
_LINKED = "is a symbolic link to a folder"
_NO_FOLDER = "must be a folder, but is not one"
_FOLDERS = re.compile(r"content(?:/(?:ledger|inbox|themes|pages|static|\d{4}(?:/w\d\d)?))?")
"""Must be folders if they exist. On systems without symbolic links, git writes links as files."""


class Scan(NamedTuple):
    """The files of each folder of `content/` with their stamps, by name, and problems.

    A file that changed at `since` (ns, the disk's clock) or later may be saved again within the
    same tick of that clock, so its stamp proves nothing. `unfinished` are files that a killed run
    left behind. `keys` keeps what `key` has computed.
    """

    folders: Mapping[str, Mapping[str, Stamp]]
    problems: tuple[Problem, ...]
    since: int
    unfinished: tuple[str, ...]
    keys: dict[str, bytes]

    @property
    def files(self) -> list[str]:
        """All files, sorted by folder and name."""
        return [f"{folder}/{name}" for folder, names in self.folders.items() for name in names]

    def key(self, folder: str) -> bytes:
        """Returns a hash of a folder's files and stamps; b"" if a stamp proves nothing."""
        if folder in self.keys:
            return self.keys[folder]
        files = self.folders.get(folder, {})
        stamps = list(files.values())
        if self.since and stamps:
            newest = max(max(map(_CHANGED, stamps)), max(map(_SAVED, stamps)))
            if newest >= self.since:
                return b""
        names = os.fsencode("/".join((folder, *files)))
        self.keys[folder] = cache.key_of(names, repr(stamps).encode())
        return self.keys[folder]

    def fingerprint(self) -> bytes:
        """Returns a hash of all files and stamps; b"" if a stamp proves nothing."""
        keys = [self.key(folder) for folder in sorted(self.folders)]
        return cache.key_of(*keys) if all(keys) else b""


def scan(root: Path, since: int = 0) -> Scan:
    """Scans all files; of hidden files only texts, and those in `static/`.

    `since` is the time of the scan by the disk's clock (`disk.clock`), or 0 if no stamps are
    going to be compared.
    """
    folders: dict[str, Mapping[str, Stamp]] = {}
    problems: list[Problem] = []
    unfinished: list[str] = []
    top = os.fspath(root / "content")
    if os.path.islink(top):  # noqa: PTH114
        problems.append(Problem("content", 0, _LINKED, "put the folder itself here"))
    elif os.path.exists(top) and not os.path.isdir(top):  # noqa: PTH110, PTH112
        problems.append(_no_folder("content"))
    else:
        _scan_folder(top, "content", folders, problems, unfinished)
    return Scan(folders, tuple(problems), since, tuple(unfinished), keys={})


def again(root: Path, before: Scan, files: Iterable[str], since: int) -> Scan | None:
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
        keys.pop(folder, None)
    return before._replace(folders=folders, since=since, keys=keys)


def is_unseen_folder(problem: Problem) -> bool:
    """True if the problem is a folder that is a link or a file, so that its content is unknown."""
    return problem.what in {_LINKED, _NO_FOLDER}


def read_bytes(root: Path, file: str) -> bytes:
    """Returns the bytes of a file; b"" if it no longer exists."""
    return disk.read(f"{root}/{file}") or b""


def copied(root: Path, files: Iterable[str]) -> tuple[Copied, ...]:
    """Returns the files that are copied as they are, pictures with their sizes."""
    read = partial(read_bytes, root)
    found = []
    for file in files:
        if path := paths.copied(file):
            size, weight = images.size_of(file, read), _weight(root / file)
            found.append(Copied(root / file, file, path, size, weight))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class NamesIn:
    """Returns the names in a folder of the digest at `root`; none if the folder does not exist."""

    root: Path

    def __call__(self, folder: str) -> list[str]:
        try:
            return sorted(path.name for path in (self.root / folder).iterdir())
        except OSError:
            return []


def _weight(file: Path) -> int:
    """Returns a file's size in bytes; 0 if it no longer exists."""
    try:
        return file.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _scan_folder(
    folder: str,
    place: str,
    folders: dict[str, Mapping[str, Stamp]],
    problems: list[Problem],
    unfinished: list[str],
) -> None:
    """Scans one folder and then its subfolders."""
    is_static, is_top = place.split("/")[1:2] == ["static"], place.count("/") < 2
    is_skipped = _is_not_copied if is_static else _is_hidden
    files: dict[str, Stamp] = {}
    inner: list[os.DirEntry[str]] = []
    for one in _entries(folder):
        if is_skipped(one.name):
            if disk.leftover(one.name):
                unfinished.append(f"{place}/{one.name}")
        elif one.is_dir(follow_symlinks=False):
            inner.append(one)
        elif is_top and _FOLDERS.fullmatch(f"{place}/{one.name}") and not one.is_symlink():
            problems.append(_no_folder(f"{place}/{one.name}"))
        elif one.is_file(follow_symlinks=False):
            files[one.name] = disk.stamp(one.stat(follow_symlinks=False))
        elif problem := _irregular(one, f"{place}/{one.name}"):
            problems.append(problem)
    if files:
        folders[place] = files
    for one in inner:
        if is_markdown(one.name) and not is_static and place != paths.INBOX:
            what = "is a folder with the name of a file"
            problems.append(Problem(f"{place}/{one.name}", 0, what, "rename it"))
        if place.count("/") >= _MAX_DEPTH:
            what = f"is in more than {_MAX_DEPTH} folders"
            problems.append(Problem(f"{place}/{one.name}", 0, what, "move it further up"))
            continue
        _scan_folder(one.path, f"{place}/{one.name}", folders, problems, unfinished)


def _no_folder(file: str) -> Problem:
    return Problem(file, 0, _NO_FOLDER, "move it away, and restore the folder from git")


def _irregular(one: os.DirEntry[str], file: str) -> Problem | None:
    """Returns the problem of an entry that is not a folder or file; pull reports the inbox's."""
    if file.rpartition("/")[0] == paths.INBOX:
        return None
    # os.path.isdir is False for links that form a loop.
    if one.is_symlink() and os.path.isdir(one.path):  # noqa: PTH112
        return Problem(file, 0, _LINKED, "put the folder itself here")
    if one.is_symlink():
        return Problem(file, 0, "is a symbolic link", "put the file itself here")
    return Problem(file, 0, "is not a regular file", "remove it, or put a plain file in its place")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Returns a folder's entries by name; os.scandir takes a third of pathlib's time here."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=attrgetter("name"))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise disk.refused("read", folder, error) from error


def _is_hidden(name: str) -> bool:
    return name[0] == "." and not file_names.is_hidden_text(name)


def _is_not_copied(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _NOT_COPIED)
