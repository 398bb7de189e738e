"""The content seen from outside: which files there are, whether one is still what it was, and its bytes.

Refuses to write, to understand what it reads, and to follow a link: what one leads to need not be the digest's own.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from digest import disk, memory
from digest.disk import Stamp
from digest.errors import Problem
from digest.model import Copied
from digest.naming import is_markdown
from digest.stories import filenames, paths, pictures

_NOT_COPIED = (".DS_Store", "Thumbs.db", ".git", "*~", ".#*", ".*.sw?", disk.LEFT_BEHIND)  # left by systems and editors
_LINKED = "is a symbolic link to a folder"
_NO_FOLDER = "is no folder, as it has to be"
_FOLDERS = re.compile(r"content(?:/(?:ledger|inbox|themes|pages|static|\d{4}(?:/w\d\d)?))?")
"""What must be a folder where it is there at all. Git writes a link as a file on systems without symbolic links."""
_UNSURE = (0, 0, 0, 0)
_DEEPEST = 50  # folders within each other

Look = tuple[str, bytes]
"""How the files right in a folder look: their names in order, and their stamps in one piece, so that a folder that has
stayed as it was is told in one comparison, and costs hardly more to remember than the bytes that it takes."""


class Sight(NamedTuple):
    """What there is below `content/`: how each folder with files in it looks, and what cannot be published.

    A file whose stamp is of the moment `since` (ns, by the disk's clock) or later may have been saved again unseen.
    """

    folders: Mapping[str, Look]
    problems: tuple[Problem, ...]
    since: int
    unfinished: tuple[str, ...] = ()
    """What a killed run has left under hidden names."""

    @property
    def files(self) -> list[str]:
        """All files, by folder and name."""
        return [f"{folder}/{name}" for folder, (names, _) in self.folders.items() for name in names.split("/")]


def look(root: Path, since: int = 0) -> Sight:
    """Looks at every file, but of hidden ones only at texts and at those of `static/`; `since` is the moment before
    which this was.
    """
    folders: dict[str, Look] = {}
    problems: list[Problem] = []
    unfinished: list[str] = []
    top = os.fspath(root / "content")
    if os.path.islink(top):  # noqa: PTH114
        problems.append(Problem("content", 0, _LINKED, "put the folder itself here"))
    elif os.path.exists(top) and not os.path.isdir(top):  # noqa: PTH110, PTH112
        problems.append(_no_folder("content"))
    else:
        _look_into(top, "content", folders, problems, unfinished)
    return Sight(folders, tuple(problems), since, tuple(unfinished))


def is_unseen_folder(problem: Problem) -> bool:
    """True if a problem is that a folder is a link, or no folder, so that nothing below it was looked at."""
    return problem.what in {_LINKED, _NO_FOLDER}


def again(root: Path, before: Sight, files: Iterable[str], since: int) -> Sight | None:
    """Returns what was seen before, and these files as they are now; None where one of them has come or gone."""
    folders = dict(before.folders)
    for file in files:
        folder, _, name = file.rpartition("/")
        stamps = stamps_of(folders.get(folder))
        try:
            status = os.lstat(root / file)
        except OSError:
            return None
        if name not in stamps or not stat.S_ISREG(status.st_mode):
            return None
        stamps[name] = disk.stamp(status)
        folders[folder] = _look_of(stamps)
    return Sight(folders, before.problems, since)


def is_as_seen(root: Path, folders: Mapping[str, Look], file: str) -> bool:
    """Tells whether a file is the one that was seen, or was not there and is not."""
    folder, _, name = file.rpartition("/")
    try:
        now = disk.stamp(os.lstat(root / file))
    except OSError:
        now = None
    return now == stamps_of(folders.get(folder)).get(name)


def with_file(root: Path, folders: Mapping[str, Look], file: str) -> dict[str, Look]:
    """Returns how folders look with this file as it is now, whether it is a new one or not."""
    folder, _, name = file.rpartition("/")
    stamps = {**stamps_of(folders.get(folder)), name: disk.stamp(os.lstat(root / file))}
    return {**folders, folder: _look_of(dict(sorted(stamps.items())))}


def stamps_of(look: Look | None) -> dict[str, Stamp]:
    """Returns the stamps of the files in a folder that looks so, by name."""
    if look is None:
        return {}
    numbers = iter(memory.unpack(look[1]))
    return dict(zip(look[0].split("/"), zip(numbers, numbers, numbers, numbers, strict=True), strict=True))


def sure(look: Look, since: int) -> Look:
    """Returns a look of which every stamp can be trusted: one that may deceive gives way to one that no file has."""
    numbers = memory.unpack(look[1])
    if max(max(numbers[0::4]), max(numbers[1::4])) < since:
        return look
    known = stamps_of(look).items()
    return _look_of({name: stamp if max(stamp[:2]) < since else _UNSURE for name, stamp in known})


def fingerprint(folders: Mapping[str, Look]) -> bytes:
    """Returns a hash of how all folders look; two are equal only where every file is the same, unchanged."""
    hashed = blake2b(digest_size=16)
    for folder, (names, stamps) in sorted(folders.items()):
        for part in (os.fsencode(folder), os.fsencode(names), stamps):
            hashed.update(b"%d:" % len(part) + part)
    return hashed.digest()


def content(root: Path, file: str) -> bytes:
    """Returns the bytes of a file, none where it is gone."""
    return disk.read(f"{root}/{file}") or b""


def copied(root: Path, files: Iterable[str]) -> tuple[Copied, ...]:
    """Returns those of the files that are copied as they are, pictures with their sizes."""
    size_of = partial(pictures.size_of, read=partial(content, root))
    found = ((file, paths.copied(file)) for file in files)
    return tuple(
        Copied(source=root / file, file=file, path=path, size=size_of(file), weight=_weight(root / file))
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


def _look_of(stamps: Mapping[str, Stamp]) -> Look:
    return "/".join(stamps), memory.pack([*chain.from_iterable(stamps.values())])


def _look_into(folder: str, place: str, looks: dict[str, Look], problems: list[Problem], unfinished: list[str]) -> None:
    """Looks into one folder, and then into those in it."""
    is_static, is_top = place.split("/")[1:2] == ["static"], place.count("/") < 2
    is_passed_over = _is_not_copied if is_static else _is_hidden
    names, numbers, folders, hidden = [], list[int](), [], list[str]()
    for one in _entries(folder):
        if is_passed_over(one.name):
            hidden.append(one.name)
        elif one.is_dir(follow_symlinks=False):
            folders.append(one)
        elif is_top and _FOLDERS.fullmatch(f"{place}/{one.name}") and not one.is_symlink():
            problems.append(_no_folder(f"{place}/{one.name}"))
        elif one.is_file(follow_symlinks=False):
            names.append(one.name)
            numbers += disk.stamp(one.stat(follow_symlinks=False))
        elif problem := _irregular(one, f"{place}/{one.name}"):
            problems.append(problem)
    unfinished += [f"{place}/{name}" for name in hidden if disk.leftover(name)]
    if names:
        looks[place] = "/".join(names), memory.pack(numbers)
    for one in folders:
        if is_markdown(one.name) and not is_static and place != paths.INBOX:
            problems.append(Problem(f"{place}/{one.name}", 0, "is a folder with the name of a file", "rename it"))
        if place.count("/") >= _DEEPEST:
            problems.append(
                Problem(f"{place}/{one.name}", 0, f"lies in more than {_DEEPEST} folders", "move it further up")
            )
            continue
        _look_into(one.path, f"{place}/{one.name}", looks, problems, unfinished)


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
    return Problem(file, 0, "is no regular file", "remove it, or put a plain file in its place")


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
    return name[0] == "." and not filenames.is_hidden_text(name)


def _is_not_copied(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _NOT_COPIED)
