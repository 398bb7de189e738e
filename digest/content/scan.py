"""Which files there are in `content/`, what cannot be published of them, and their bytes.

    content/ ──▶ Scan: each folder's files with their stamps, and a key that changes whenever one of them does

No symbolic link is followed, since what it leads to need not belong to the digest.
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

_NOT_COPIED = (
    ".DS_Store",
    "Thumbs.db",
    ".git",
    "*~",
    ".#*",
    ".*.sw?",
    disk.LEFT_BEHIND,
)  # left by systems and editors
_DEEPEST = 50  # folders within each other
_SAVED, _CHANGED = itemgetter(0), itemgetter(1)
_LINKED = "is a symbolic link to a folder"
_NO_FOLDER = "must be a folder, but is not one"
_FOLDERS = re.compile(r"content(?:/(?:ledger|inbox|themes|pages|static|\d{4}(?:/w\d\d)?))?")
"""What must be a folder where it is there at all. Git writes a link as a file on systems without symbolic links."""


class Scan(NamedTuple):
    """What there is in `content/`: the files of each folder with their stamps, by name, and problems.

    A file that changed at the moment `since` or later (ns, by the disk's clock) may have been saved again in the same
    tick of that clock, so its stamp proves nothing. `unfinished` are the files that killed runs left behind.
    """

    folders: Mapping[str, Mapping[str, Stamp]]
    problems: tuple[Problem, ...] = ()
    since: int = 0
    unfinished: tuple[str, ...] = ()

    @property
    def files(self) -> list[str]:
        """All files, by folder and name."""
        return [f"{folder}/{name}" for folder, names in self.folders.items() for name in names]

    def key(self, folder: str) -> bytes:
        """Returns a hash of the files in a folder and their stamps; b"" where a stamp proves nothing."""
        files = self.folders.get(folder, {})
        stamps = list(files.values())
        if (
            self.since
            and stamps
            and max(max(map(_CHANGED, stamps)), max(map(_SAVED, stamps))) >= self.since
        ):
            return b""
        return cache.key_of(os.fsencode("/".join((folder, *files))), repr(stamps).encode())

    def fingerprint(self) -> bytes:
        """Returns a hash of all files and their stamps; b"" where a stamp proves nothing."""
        keys = [self.key(folder) for folder in sorted(self.folders)]
        return cache.key_of(*keys) if all(keys) else b""


def scan(root: Path, since: int = 0) -> Scan:
    """Looks at every file, but of hidden ones only at texts and at those of `static/`.

    `since` is the moment of the scan by the disk's clock (`disk.moment`); 0 where no stamp is going to be compared.
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
    return Scan(folders, tuple(problems), since, tuple(unfinished))


def again(root: Path, before: Scan, files: Iterable[str], since: int) -> Scan | None:
    """Returns an earlier scan with the present stamps of these files; None where one of them has come or gone."""
    folders = dict(before.folders)
    for file in files:
        folder, _, name = file.rpartition("/")
        try:
            status = os.lstat(root / file)
        except OSError:
            return None
        if name not in folders.get(folder, {}) or not stat.S_ISREG(status.st_mode):
            return None
        folders[folder] = {**folders[folder], name: disk.stamp(status)}
    return before._replace(folders=folders, since=since)


def is_unseen_folder(problem: Problem) -> bool:
    """True if a problem is that a folder is a link, or no folder, so that nothing below it was looked at."""
    return problem.what in {_LINKED, _NO_FOLDER}


def content(root: Path, file: str) -> bytes:
    """Returns the bytes of a file, none where it is gone."""
    return disk.read(f"{root}/{file}") or b""


def copied(root: Path, files: Iterable[str]) -> tuple[Copied, ...]:
    """Returns those of the files that are copied as they are, pictures with their sizes."""
    size_of = partial(images.size_of, read=partial(content, root))
    found = ((file, paths.copied(file)) for file in files)
    return tuple(
        Copied(
            source=root / file,
            file=file,
            path=path,
            size=size_of(file),
            weight=_weight(root / file),
        )
        for file, path in found
        if path
    )


@dataclass(frozen=True, slots=True)
class NamesIn:
    """Gives the names of what is in a folder of the digest at `root`, none where there is no such folder."""

    root: Path

    def __call__(self, folder: str) -> list[str]:
        try:
            return sorted(path.name for path in (self.root / folder).iterdir())
        except OSError:
            return []


def _weight(file: Path) -> int:
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
    """Looks into one folder, and then into those in it."""
    is_static, is_top = place.split("/")[1:2] == ["static"], place.count("/") < 2
    is_passed_over = _is_not_copied if is_static else _is_hidden
    files: dict[str, Stamp] = {}
    inner: list[os.DirEntry[str]] = []
    for one in _entries(folder):
        if is_passed_over(one.name):
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
            problems.append(
                Problem(
                    f"{place}/{one.name}", 0, "is a folder with the name of a file", "rename it"
                )
            )
        if place.count("/") >= _DEEPEST:
            what = f"is in more than {_DEEPEST} folders"
            problems.append(Problem(f"{place}/{one.name}", 0, what, "move it further up"))
            continue
        _scan_folder(one.path, f"{place}/{one.name}", folders, problems, unfinished)


def _no_folder(file: str) -> Problem:
    return Problem(file, 0, _NO_FOLDER, "move it away, and restore the folder from git")


def _irregular(one: os.DirEntry[str], file: str) -> Problem | None:
    """Returns what is wrong with what is neither a folder nor a file; of the inbox, pull says it."""
    if file.rpartition("/")[0] == paths.INBOX:
        return None
    if one.is_symlink() and os.path.isdir(one.path):  # noqa: PTH112 - which takes a ring of links for none
        return Problem(file, 0, _LINKED, "put the folder itself here")
    if one.is_symlink():
        return Problem(file, 0, "is a symbolic link", "put the file itself here")
    return Problem(file, 0, "is not a regular file", "remove it, or put a plain file in its place")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Returns what lies in a folder, by name; os.scandir costs a third of what pathlib does here."""
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
