"""Watches a digest's folders for touched files. The only module that imports watchdog.

    root (its own files) ─┐
    content/, templates/ ─┴─▶ the system's watcher ──▶ notices

The root is watched to notice when a folder is deleted and created again. Caches, the site and git's
files are not watched, so our own writing never wakes us. If the system has no watches left, there
are no notices, and `rebuild` scans instead. The handlers run in watchdog's threads, which an
exception would end silently, so they only pass notices on.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from digest.disk import CACHE
from digest.model import CONFIG_FILE
from digest.preview.changed_files import FOLDERS
from digest.preview.debounce import Notice

# watchdog warns if a folder appears while it walks the parent, but watches it correctly.
warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)

_CHANGES: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
"""All events except opening and reading, which our own builds do."""


class Watcher:
    """Watches one digest, and calls `on_notice` from watchdog's threads."""

    def __init__(self, root: Path, on_notice: Callable[[Notice], None]) -> None:
        self._root, self._on_notice = root, on_notice
        self._observer: BaseObserver | None = None
        self._watched: dict[str, tuple[ObservedWatch, tuple[int, int]]] = {}
        self.exhausted = False
        """True if the system has no more watches for us: then nothing is watched."""

    def start(self) -> None:
        """Starts to watch."""
        try:
            self._start(Observer())
        except OSError:
            self.exhausted = True

    def stop(self) -> None:
        """Stops watching."""
        observer, self._observer = self._observer, None
        self._watched = {}
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join()

    def restore(self) -> bool:
        """Watches again what was lost or replaced; returns True if there was anything."""
        if self.exhausted:
            return False
        if self._observer is None or not self._observer.is_alive():
            self.stop()
            self.start()
            return True
        alive = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        lost = []
        for place in ("", *FOLDERS):
            watch, inode = self._watched.get(place, (None, None))
            if self._inode(place) != inode or (watch is not None and watch not in alive):
                lost.append(place)
        try:
            for place in lost:
                self._watch(self._observer, place)
        except OSError:
            self.stop()
            self.start()
        return bool(lost)

    def _start(self, observer: BaseObserver) -> None:
        self._watched = {}
        try:
            observer.start()
            for place in ("", *FOLDERS):
                self._watch(observer, place)
            self._try_one_more(observer)
        except OSError:
            observer.stop()
            raise
        self._observer = observer

    def _try_one_more(self, observer: BaseObserver) -> None:
        """Raises OSError if no other folder can be watched.

        Then some of ours may not be either: watchdog hides such errors for subfolders.
        """
        with contextlib.suppress(FileNotFoundError):
            cache = str((self._root / CACHE).resolve())
            observer.unschedule(
                observer.schedule(FileSystemEventHandler(), cache, event_filter=_CHANGES)
            )

    def _watch(self, observer: BaseObserver, place: str) -> None:
        """Starts a new watch on a folder; if there is none, the root's watch will notice it."""
        before = self._watched.pop(place, None)
        if before is not None:
            with contextlib.suppress(KeyError, OSError):
                observer.unschedule(before[0])
        inode = self._inode(place)
        if inode is None:
            return
        path = (self._root / place).resolve()  # watchdog does not follow symbolic links
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            handler = _Handler(path, place, self._on_notice)
            watch = observer.schedule(
                handler, str(path), recursive=bool(place), event_filter=_CHANGES
            )
            self._watched[place] = watch, inode

    def _inode(self, place: str) -> tuple[int, int] | None:
        """Returns a folder's device and inode, None if it does not exist."""
        path = self._root / place
        try:
            found = path.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if path.is_dir() else None


class _Handler(FileSystemEventHandler):
    """Passes notices on: both names of a moved file, and of the root's files only those we read.

    `folder` is the resolved path of `place`; names in notices are relative to the root.
    """

    def __init__(self, folder: Path, place: str, on_notice: Callable[[Notice], None]) -> None:
        self._folder, self._place, self._on_notice = folder, Path(place), on_notice

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            name = self._name(Path(os.fsdecode(path)))
            if path and (self._place.parts or name == CONFIG_FILE or name in FOLDERS):
                self._on_notice(Notice(name, event.is_directory))

    def _name(self, path: Path) -> str:
        below = path.relative_to(self._folder) if path.is_relative_to(self._folder) else path
        return (self._place / below).as_posix()
