"""Hashes of a digest's files, so that only a change of content counts as a change.

A touch, a save without an edit, or a file that exists for a second is not one. Only files that a
build reads are scanned: no caches, no site, no hidden files, no backups of text editors.
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
from digest.model import CONFIG_FILE

FOLDERS = ("content", "templates")

_STATIC = "content/static/"
_BACKUPS = re.compile(r".*~|#.*#|\.#.*|\..*\.sw.|4913|\.DS_Store|\..*\.unfinished")
_MAX_HASHED_BYTES = 1_000_000
"""Of larger files, such as pictures, only the stamp is compared."""
_NO_STAMP = (0, 0, 0, 0)


class _FileHash(NamedTuple):
    """A file's stamp and the hash of its content, b"" for a large file.

    `sure` is True once a later scan has found the same stamp and content. Before, on a disk with
    timestamps in whole seconds, the file may have been saved again with it.
    """

    stamp: Stamp
    content: bytes
    sure: bool = False


class FileHashes:
    """The hashes of one digest's files when they were last scanned."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._hashes: dict[str, _FileHash] = {}

    def scan(self) -> frozenset[str]:
        """Scans all files, and returns those that are changed, new or gone."""
        now = dict[str, _FileHash]()
        for name in self._walk():
            file_hash = self._hash(name, self._hashes.get(name))
            if file_hash is not None:
                now[name] = file_hash
        before, self._hashes = self._hashes, now
        names = before.keys() | now.keys()
        return frozenset(name for name in names if _differ(before.get(name), now.get(name)))

    def check(self, names: Iterable[str]) -> frozenset[str]:
        """Returns those of these files that are changed, new or gone."""
        changed = set()
        for name in filter(is_read, names):
            before, now = self._hashes.get(name), self._hash(name)
            if now is None:
                self._hashes.pop(name, None)
            else:
                self._hashes[name] = now
            if _differ(before, now):
                changed.add(name)
        return frozenset(changed)

    def _walk(self) -> Iterator[str]:
        yield CONFIG_FILE
        for top in FOLDERS:
            for path, folders, names in os.walk(self._root / top):
                folder = Path(path).relative_to(self._root).as_posix()
                folders[:] = [name for name in folders if is_read(f"{folder}/{name}")]
                yield from filter(is_read, [f"{folder}/{name}" for name in names])

    def _hash(self, name: str, before: _FileHash | None = None) -> _FileHash | None:
        """Returns a file's hash: that of `before` if its stamp is the same, None if it is gone."""
        path = self._root / name
        try:
            status = path.stat()
            is_same_stamp = before is not None and before.stamp == disk.stamp(status)
            if before and is_same_stamp and before.sure:
                return before
            content = b""
            if stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_HASHED_BYTES:
                content = hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
        except FileNotFoundError:
            return _FileHash(_NO_STAMP, b"link") if path.is_symlink() else None
        except OSError:
            return _FileHash(_NO_STAMP, b"unreadable")
        sure = before is not None and is_same_stamp and before.content == content
        return _FileHash(disk.stamp(status), content, sure=sure)


def is_read(name: str) -> bool:
    """True if a build reads this file or folder; the name is relative to the root."""
    if name == CONFIG_FILE:
        return True
    top, _, rest = name.partition("/")
    parts = rest.split("/")
    if top not in FOLDERS or any(map(_BACKUPS.fullmatch, parts)):
        return False
    return name.startswith(_STATIC) or not any(part.startswith(".") for part in parts)


def _differ(one: _FileHash | None, other: _FileHash | None) -> bool:
    """True if the contents differ; for large files, if the stamps do."""
    if one is None or other is None:
        return one is not other
    if one.content and other.content:
        return one.content != other.content
    return (one.stamp, one.content) != (other.stamp, other.content)
