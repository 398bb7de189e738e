"""The digest's lock: one run at a time writes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from digest import disk
from digest.errors import DigestError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock, so nothing is locked
    fcntl = None  # type: ignore[assignment]

_PREVIEW_MARK = b"brief"


@contextlib.contextmanager
def hold(root: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the digest's lock while one run writes; raises DigestError if another run holds it.

    With `waiting`, which is called in that case, it waits for the other run to end instead. That is
    for the preview: its builds are many and short, and other runs wait for them in turn. The
    operating system releases the lock when the process ends, so it can never be stale.
    """
    lock_file = disk.inside(root, disk.LOCK_FILE)
    try:
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        for name in os.listdir(lock_file.parent):  # noqa: PTH208
            disk.inside(root, f"{disk.WORK_FOLDER}/{name}")
        file = open(os.open(lock_file, disk.ADDING, 0o666), "ab", buffering=0)  # noqa: PTH123, SIM115
    except OSError as error:
        raise disk.file_error("write", lock_file, error) from error
    with file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if waiting is not None:
                    waiting()
                elif not _is_held_by_preview(lock_file):
                    what = f"{root}: another run of digest is writing here; wait until it has ended"
                    raise DigestError(what) from error
                fcntl.flock(file, fcntl.LOCK_EX)
            try:
                file.truncate(0)
                if waiting is not None:
                    file.write(_PREVIEW_MARK)
            except OSError as error:
                raise disk.file_error("write", lock_file, error) from error
        yield


def _is_held_by_preview(lock_file: Path) -> bool:
    """True if a preview's build holds the lock; it says so only after it has taken it."""
    if disk.read(lock_file) != _PREVIEW_MARK:
        time.sleep(0.05)
    return disk.read(lock_file) == _PREVIEW_MARK
