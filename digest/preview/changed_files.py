"""What the files of a digest said when they were last looked at, so that only a change of words is a change.

A touch, a probe file that is gone again, a save without an edit: none of them is. Refuses to look at what no build
reads: caches, the site, hidden files and the copies that text editors leave.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from digest import disk
from digest.disk import Stamp

SETTINGS = "digest.toml"
FOLDERS = ("content", "templates")

_STATIC = "content/static/"
_LEFT_BY_EDITORS = re.compile(r".*~|#.*#|\.#.*|\..*\.sw.|4913|\.DS_Store|\..*\.unfinished")
_LARGE = 1_000_000  # bytes: of a file as large as a picture, size and time are believed


_NO_STAMP = (0, 0, 0, 0)


class _Print(NamedTuple):
    """What is known of a file: its stamp, and a hash of what it said, none of a large one.

    A stamp is `sure` from its second look on: by then a save in the moment of the first one, on a disk whose clock goes
    in whole seconds, shows in another stamp.
    """

    stamp: Stamp
    words: bytes
    sure: bool = False


class Seen:
    """The files of one digest, as they were last seen."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._prints: dict[str, _Print] = {}

    def look(self) -> frozenset[str]:
        """Looks at every file, and returns those that say something else now, are new, or are gone."""
        found = {name: self._print(name, self._prints.get(name)) for name in self._walk()}
        now = {name: print for name, print in found.items() if print is not None}
        before, self._prints = self._prints, now
        return frozenset(
            name for name in before.keys() | now.keys() if _differ(before.get(name), now.get(name))
        )

    def check(self, names: Iterable[str]) -> frozenset[str]:
        """Looks at these files alone, and returns those of them that say something else now, are new, or are gone."""
        changed = set()
        for name in filter(is_read, names):
            before, now = self._prints.get(name), self._print(name)
            if now is None:
                self._prints.pop(name, None)
            else:
                self._prints[name] = now
            if _differ(before, now):
                changed.add(name)
        return frozenset(changed)

    def _walk(self) -> Iterator[str]:
        yield SETTINGS
        for top in FOLDERS:
            for folder, folders, names in os.walk(self._root / top):
                place = Path(folder).relative_to(self._root).as_posix()
                folders[:] = [name for name in folders if is_read(f"{place}/{name}")]
                yield from filter(is_read, (f"{place}/{name}" for name in names))

    def _print(self, name: str, known: _Print | None = None) -> _Print | None:
        """Returns the print of a file, the known one where nobody has written to it since; None where there is none."""
        path = self._root / name
        try:
            found = path.stat()
            is_same = known is not None and known.stamp == disk.stamp(found)
            if known and is_same and known.sure:
                return known
            is_text = stat.S_ISREG(found.st_mode) and found.st_size <= _LARGE
            words = hashlib.blake2b(path.read_bytes(), digest_size=16).digest() if is_text else b""
        except FileNotFoundError:
            return _Print(_NO_STAMP, b"link") if path.is_symlink() else None
        except OSError:
            return _Print(_NO_STAMP, b"unreadable")
        return _Print(disk.stamp(found), words, sure=is_same or not self._prints)


def is_read(name: str) -> bool:
    """Tells whether a build reads a file of this name, relative to the root, or those of a folder of this name."""
    if name == SETTINGS:
        return True
    top, _, rest = name.partition("/")
    parts = rest.split("/")
    if top not in FOLDERS or any(_LEFT_BY_EDITORS.fullmatch(part) for part in parts):
        return False
    return name.startswith(_STATIC) or not any(part.startswith(".") for part in parts)


def _differ(one: _Print | None, other: _Print | None) -> bool:
    """Tells whether two prints are of different words; of large files, whether they were written to."""
    if one is None or other is None:
        return one is not other
    if one.words and other.words:
        return one.words != other.words
    return (one.stamp, one.words) != (other.stamp, other.words)
