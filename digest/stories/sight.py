"""The content seen from outside: which files there are, whether one is still what it was, and its bytes.

Refuses to write, to understand what it reads, and to follow a link: what one leads to need not be the digest's own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from digest import disk
from digest.disk import Stamp
from digest.errors import Problem
from digest.model import Copied
from digest.stories import paths, pictures

_NOT_COPIED = (".DS_Store", "Thumbs.db", ".git", "*~", ".#*", ".*.sw?", disk.LEFT_BEHIND)  # left by systems and editors


class Sight(NamedTuple):
    """What there is below `content/`: its files with their stamps, by folder and name, and what cannot be published.

    A file whose stamp is of the moment `since` (ns, by the disk's clock) or later may have been saved again unseen.
    """

    stamps: Mapping[str, Stamp]
    problems: tuple[Problem, ...]
    since: int


def look(root: Path, since: int = 0) -> Sight:
    """Looks at every file, but at hidden ones only of `static/`; `since` is the moment before which this was."""
    stamps: dict[str, Stamp] = {}
    problems: list[Problem] = []
    _look_into(os.fspath(root / "content"), "content", stamps, problems)
    return Sight(stamps, tuple(problems), since)


def again(root: Path, before: Sight, files: Iterable[str], since: int) -> Sight | None:
    """Returns what was seen before, and these files as they are now; None where one of them has come or gone."""
    stamps = dict(before.stamps)
    for file in files:
        try:
            status = os.lstat(root / file)
        except OSError:
            return None
        if file not in stamps or not stat.S_ISREG(status.st_mode):
            return None
        stamps[file] = disk.stamp(status)
    return Sight(stamps, before.problems, since)


def content(root: Path, file: str) -> bytes:
    """Returns the bytes of a file, none where it is gone."""
    return disk.read(f"{root}/{file}") or b""


def copied(root: Path, files: Iterable[str]) -> tuple[Copied, ...]:
    """Returns those of the files that are copied as they are, pictures with their sizes."""
    size_of = partial(pictures.size_of, read=partial(content, root))
    found = ((file, paths.copied(file)) for file in files)
    return tuple(Copied(source=root / file, file=file, path=path, size=size_of(file)) for file, path in found if path)


def _look_into(folder: str, place: str, stamps: dict[str, Stamp], problems: list[Problem]) -> None:
    """Looks into one folder, and then into those in it; os.scandir costs a third of what pathlib does here."""
    try:
        with os.scandir(folder) as found:
            entries = sorted((one for one in found if not _is_passed_over(one.name, place)), key=attrgetter("name"))
    except FileNotFoundError:
        return
    folders = []
    for one in entries:
        if one.is_dir(follow_symlinks=False):
            folders.append(one)
        elif not one.is_symlink():
            stamps[f"{place}/{one.name}"] = disk.stamp(one.stat(follow_symlinks=False))
        elif place != paths.INBOX and not one.is_dir():  # in the inbox, pull alone looks
            problems.append(Problem(f"{place}/{one.name}", 0, "is a symbolic link", "put the file itself here"))
    for one in folders:
        _look_into(one.path, f"{place}/{one.name}", stamps, problems)


def _is_passed_over(name: str, place: str) -> bool:
    if place.partition("/")[2].partition("/")[0] != "static":
        return name.startswith(".")
    return any(fnmatchcase(name, pattern) for pattern in _NOT_COPIED)
