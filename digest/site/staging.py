"""Files made ready beside their places under hidden names, so that all of them can appear at once.

    put ──▶ waiting ──several at once──▶ .index.html.unfinished ──settle──▶ index.html

A build writes thousands: each folder is looked at once, and bare calls of the system cost a third of pathlib's. Refuses
to write through a symbolic link that leads out of the folder, and to write into a file that is there already.
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
_AT_ONCE = 1 << 22  # bytes
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Staging:
    """The files that a build makes ready below a folder; `begin` is called before the first."""

    def __init__(self, folder: Path, begin: Callable[[], None]) -> None:
        self._folder, self._place, self._begin = folder, os.fspath(folder), begin
        self._waiting: dict[str, bytes] = {}
        self._size = 0  # of what is waiting
        self._ready: dict[str, bytes | None] = {}
        self._open: dict[str, bool] = {}
        self._made: set[str] = set()

    def put(self, path: str, content: bytes) -> None:
        """Takes a file, which is written where its bytes differ from what is there.

        Several are written in one go: while a page is made, all that the system needs to write one leaves the caches
        of the processor, and a file by itself costs up to four times what it does among others.
        """
        self._waiting[path] = content
        self._size += len(content)
        if self._size > _AT_ONCE:
            self._write()

    def ready(self) -> dict[str, bytes | None]:
        """Returns what is ready: None, or the bytes of what can be written only when a file in its way has gone."""
        self._write()
        return self._ready

    def settle(self) -> None:
        """Puts all that is ready in place; what was in the way of some of it has gone."""
        for path, content in self._ready.items():
            place = f"{self._place}/{path}"
            try:
                if content is not None:
                    disk.make_folder(Path(place).parent, FOLDER)
                    _fill(_hidden(place), content)
                os.replace(_hidden(place), place)  # noqa: PTH105
            except OSError as error:
                raise disk.refused("write", place, error) from error

    def drop(self, paths: Iterable[str]) -> None:
        """Takes away what was made ready of these paths, and the folders made for it here."""
        self._waiting.clear()
        for path in paths:
            disk.unlink(_hidden(f"{self._place}/{path}"))
        for place in sorted(self._made, reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(self._inside(place))  # noqa: PTH106

    def _inside(self, place: str) -> str:
        return f"{self._place}/{place}" if place else self._place

    def _write(self) -> None:
        waiting, self._waiting, self._size = self._waiting, {}, 0
        for path, content in waiting.items():
            place, folder = f"{self._place}/{path}", path.rpartition("/")[0]
            if folder in self._made or not _is_there(place, content):
                if not self._ready:
                    self._begin()
                is_open = self._is_open(folder)
                self._ready[path] = None if is_open else content
                try:
                    if is_open:
                        _fill(_hidden(place), content)
                except OSError as error:
                    raise disk.refused("write", place, error) from error

    def _is_open(self, place: str) -> bool:
        """Tells whether files can be put into a folder, which is made where it is missing; not where a file is.

        Raises DigestError for one that leads out of the output folder.
        """
        if place not in self._open:
            above_is_open = not place or self._is_open(place.rpartition("/")[0])
            self._open[place] = above_is_open and self._is_made_or_open(place)
        return self._open[place]

    def _is_made_or_open(self, place: str) -> bool:
        folder = self._inside(place)
        try:
            if not place:
                disk.make_folder(self._folder.parent, FOLDER)
            os.mkdir(folder)  # noqa: PTH102
            os.chmod(folder, FOLDER)  # noqa: PTH101
        except FileExistsError:
            mode = os.lstat(folder).st_mode
            if stat.S_ISLNK(mode) and not Path(folder).resolve().is_relative_to(self._folder):
                raise DigestError(
                    f"{folder}: this symbolic link leads out of the output folder; remove it"
                ) from None
            return not stat.S_ISREG(mode)
        except OSError as error:
            raise disk.refused("write", folder, error) from error
        self._made.add(place)
        return True


def _hidden(place: str) -> str:
    folder, _, name = place.rpartition("/")
    return f"{folder}/{disk.hidden(name)}"


def _is_there(place: str, content: bytes) -> bool:
    """Tells whether a file has these bytes already, and mends its mode; a symbolic link is no file."""
    try:
        status = os.lstat(place)
    except OSError:
        return False
    if (
        not stat.S_ISREG(status.st_mode)
        or status.st_size != len(content)
        or disk.read(place) != content
    ):
        return False
    if stat.S_IMODE(status.st_mode) != FILE:
        os.chmod(place, FILE)  # noqa: PTH101
    return True


def _fill(unfinished: str, content: bytes) -> None:
    """Writes a file under its hidden name; where the disk refuses, `drop` takes away what there is of it."""
    try:
        file = os.open(unfinished, _NEW, FILE)
    except (
        FileExistsError
    ):  # what a killed build left: never written into, since it may be the second name of a file
        os.unlink(unfinished)  # noqa: PTH108
        file = os.open(unfinished, _NEW, FILE)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
    finally:
        os.close(file)
    os.chmod(unfinished, FILE)  # noqa: PTH101
