"""Staging: new files are written under hidden names, so that all of them can appear at once.

    put ──▶ pending ──several at once──▶ .index.html.unfinished ──commit──▶ index.html

A build writes thousands of files: each folder is checked once, and `os` is used instead of pathlib,
which takes three times as long. Nothing is written through a symbolic link that leads out of the
folder, nor into an existing file.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from digest import disk
from digest.errors import DigestError

FILE, FOLDER = 0o644, 0o755  # the modes that web hosts need, whatever the umask
_BATCH = 1 << 22  # bytes
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Staging:
    """The files that a build stages in a folder; `begin` is called before the first is written."""

    def __init__(self, folder: Path, begin: Callable[[], None]) -> None:
        self._folder, self._begin = folder, begin
        self._pending: dict[str, bytes] = {}
        self._size = 0  # bytes that are pending
        self._ready: dict[str, bytes | None] = {}
        self._open: dict[str, bool] = {}
        self._made: set[str] = set()

    def put(self, path: str, content: bytes) -> None:
        """Stages a file, if its bytes differ from what is there.

        Several are written at once: a file that is written alone, between two pages, takes up to
        four times as long, because rendering evicts the system's code from the CPU caches.
        """
        self._pending[path] = content
        self._size += len(content)
        if self._size > _BATCH:
            self._write()

    def ready(self) -> dict[str, bytes | None]:
        """Returns what is staged: None, or the bytes if a file is in the way of its folder."""
        self._write()
        return self._ready

    def commit(self) -> None:
        """Puts everything that is staged in place; files that were in the way have been removed."""
        for path, content in self._ready.items():
            file = f"{self._folder}/{path}"
            try:
                if content is not None:
                    disk.make_folder(Path(file).parent, FOLDER)
                    _fill(_hidden(file), content)
                os.replace(_hidden(file), file)  # noqa: PTH105
            except OSError as error:
                raise disk.file_error("write", file, error) from error

    def drop(self, paths: Iterable[str]) -> None:
        """Removes what was staged of these paths, and the folders that were made for it."""
        self._pending.clear()
        for path in paths:
            disk.unlink(_hidden(f"{self._folder}/{path}"))
        for folder in sorted(self._made, reverse=True):
            with contextlib.suppress(OSError):
                (self._folder / folder).rmdir()

    def _write(self) -> None:
        pending, self._pending, self._size = self._pending, {}, 0
        for path, content in pending.items():
            file, folder = f"{self._folder}/{path}", path.rpartition("/")[0]
            if folder not in self._made and _has(file, content):
                continue
            if not self._ready:
                self._begin()
            is_open = self._is_open(folder)
            self._ready[path] = None if is_open else content
            try:
                if is_open:
                    _fill(_hidden(file), content)
            except OSError as error:
                raise disk.file_error("write", file, error) from error

    def _is_open(self, inner: str) -> bool:
        """True if files can be put into a folder, which is made if missing; False for a file.

        Raises DigestError for a symbolic link that leads out of the output folder.
        """
        if inner in self._open:
            return self._open[inner]
        folder, is_open = self._folder / inner, False
        if not inner or self._is_open(inner.rpartition("/")[0]):
            try:
                if not inner:
                    disk.make_folder(self._folder.parent, FOLDER)
                folder.mkdir()
                folder.chmod(FOLDER)
                self._made.add(inner)
                is_open = True
            except FileExistsError:
                mode = folder.lstat().st_mode
                if stat.S_ISLNK(mode) and not folder.resolve().is_relative_to(self._folder):
                    what = "this symbolic link leads out of the output folder; remove it"
                    raise DigestError(f"{folder}: {what}") from None
                is_open = not stat.S_ISREG(mode)
            except OSError as error:
                raise disk.file_error("write", folder, error) from error
        self._open[inner] = is_open
        return is_open


def _hidden(file: str) -> str:
    folder, _, name = file.rpartition("/")
    return f"{folder}/{disk.hidden(name)}"


def _has(file: str, content: bytes) -> bool:
    """True if a file (not a symbolic link) has these bytes already; its mode is corrected."""
    try:
        status = os.lstat(file)
    except OSError:
        return False
    if not stat.S_ISREG(status.st_mode) or status.st_size != len(content):
        return False
    if disk.read(file) != content:
        return False
    if stat.S_IMODE(status.st_mode) != FILE:
        os.chmod(file, FILE)  # noqa: PTH101
    return True


def _fill(unfinished: str, content: bytes) -> None:
    """Writes a file under its hidden name; if that fails, `drop` removes what was written."""
    try:
        file = os.open(unfinished, _NEW, FILE)
    except FileExistsError:  # left by a killed build; it may be a hard link, so it is not reused
        os.unlink(unfinished)  # noqa: PTH108
        file = os.open(unfinished, _NEW, FILE)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
    finally:
        os.close(file)
    os.chmod(unfinished, FILE)  # noqa: PTH101
