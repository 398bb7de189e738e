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

from digest.disk import WORK_FOLDER
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
        for folder in ("", *FOLDERS):
            watch, inode = self._watched.get(folder, (None, None))
            if self._inode(folder) != inode or (watch is not None and watch not in alive):
                lost.append(folder)
        try:
            for folder in lost:
                self._watch(self._observer, folder)
        except OSError:
            self.stop()
            self.start()
        return bool(lost)

    def _start(self, observer: BaseObserver) -> None:
        self._watched = {}
        try:
            observer.start()
            for folder in ("", *FOLDERS):
                self._watch(observer, folder)
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
            cache = str((self._root / WORK_FOLDER).resolve())
            observer.unschedule(
                observer.schedule(FileSystemEventHandler(), cache, event_filter=_CHANGES)
            )

    def _watch(self, observer: BaseObserver, folder: str) -> None:
        """Starts a new watch on a folder; if there is none, the root's watch will notice it."""
        before = self._watched.pop(folder, None)
        if before is not None:
            with contextlib.suppress(KeyError, OSError):
                observer.unschedule(before[0])
        inode = self._inode(folder)
        if inode is None:
            return
        path = (self._root / folder).resolve()  # watchdog does not follow symbolic links
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            handler = _Handler(path, folder, self._on_notice)
            watch = observer.schedule(
                handler, str(path), recursive=bool(folder), event_filter=_CHANGES
            )
            self._watched[folder] = watch, inode

    def _inode(self, folder: str) -> tuple[int, int] | None:
        """Returns a folder's device and inode, None if it does not exist."""
        path = self._root / folder
        try:
            status = path.stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if path.is_dir() else None


class _Handler(FileSystemEventHandler):
    """Passes notices on: both names of a moved file, and of the root's files only those we read.

    `path` is the resolved one of `folder`; names in notices are relative to the root.
    """

    def __init__(self, path: Path, folder: str, on_notice: Callable[[Notice], None]) -> None:
        self._path, self._folder, self._on_notice = path, Path(folder), on_notice

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            if not path:  # only a moved file has two
                continue
            file = Path(os.fsdecode(path))
            if file.is_relative_to(self._path):
                file = self._folder / file.relative_to(self._path)
            name = file.as_posix()
            if self._folder.parts or name == CONFIG_FILE or name in FOLDERS:
                self._on_notice(Notice(name, event.is_directory))
