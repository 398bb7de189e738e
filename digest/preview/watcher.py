"""The one importer of watchdog: who has touched what in a digest, as notices.

    root (its own files) ─┐
    content/, templates/ ─┴─▶ the system's watcher ──▶ notices

Where that watcher is exhausted there are no notices: then the keeper looks at the files itself.
The root is watched so that a folder which is deleted and made again is found. Refuses to decide what a change is, and
to do anything in the watcher's own threads but to pass the word: an exception there would end them in silence. Caches,
the site and git's files are not watched: what we write never wakes us.
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
from digest.preview.changed_files import FOLDERS, SETTINGS
from digest.preview.debounce import Notice

# watchdog warns of a folder that appears while it walks the one above; it watches it once all the same.
warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)

_CHANGES: list[type[FileSystemEvent]] = [
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent,
    FileAttribEvent, FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent,
]  # fmt: skip
"""All but opening and reading, which our own builds do."""


class Watch:
    """Watches one digest, and passes on what it notices."""

    def __init__(self, root: Path, told: Callable[[Notice], None]) -> None:
        self._root, self._told = root, told
        self._observer: BaseObserver | None = None
        self._watched: dict[str, tuple[ObservedWatch, tuple[int, int]]] = {}
        self.exhausted = False
        """Whether the system's watcher has no room for ours: then nothing is watched."""

    def start(self) -> None:
        """Begins to watch."""
        try:
            self._begin(Observer())
        except OSError:
            self.exhausted = True

    def stop(self) -> None:
        """Ends the watch."""
        observer, self._observer = self._observer, None
        self._watched = {}
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join()

    def mend(self) -> bool:
        """Takes up again what is no longer watched, or is another folder by now, and tells whether there was any."""
        if self.exhausted:
            return False
        if self._observer is None or not self._observer.is_alive():
            self.stop()
            self.start()
            return True
        alive = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        lost = [
            place
            for place in ("", *FOLDERS)
            if self._number(place) != self._watched.get(place, (None, None))[1]
            or (place in self._watched and self._watched[place][0] not in alive)
        ]  # fmt: skip
        try:
            for place in lost:
                self._take_up(self._observer, place)
        except OSError:
            self.stop()
            self.start()
        return bool(lost)

    def _begin(self, observer: BaseObserver) -> None:
        self._watched = {}
        try:
            observer.start()
            for place in ("", *FOLDERS):
                self._take_up(observer, place)
            self._try_one_more(observer)
        except OSError:
            observer.stop()
            raise
        self._observer = observer

    def _try_one_more(self, observer: BaseObserver) -> None:
        """Raises OSError where no other folder can be watched: then some of ours are not, and nobody has said so."""
        with contextlib.suppress(FileNotFoundError):
            cache = str((self._root / CACHE).resolve())
            observer.unschedule(
                observer.schedule(FileSystemEventHandler(), cache, event_filter=_CHANGES)
            )

    def _take_up(self, observer: BaseObserver, place: str) -> None:
        """Watches a folder afresh; one that is not there is found by watching the root."""
        before = self._watched.pop(place, None)
        if before is not None:
            with contextlib.suppress(KeyError, OSError):
                observer.unschedule(before[0])
        number = self._number(place)
        if number is None:
            return
        path = (self._root / place).resolve()  # a link to a folder is not followed by itself
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            handler = _Handler(path, place, self._told)
            watch = observer.schedule(
                handler, str(path), recursive=bool(place), event_filter=_CHANGES
            )
            self._watched[place] = watch, number

    def _number(self, place: str) -> tuple[int, int] | None:
        """Returns what tells a folder from another of its name, None where there is none."""
        path = self._root / place
        try:
            found = path.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if path.is_dir() else None


class _Handler(FileSystemEventHandler):
    """Passes the word: both names of what was moved, and of the root's own files only those that count.

    `folder` is where `place` really lies; names are given as they are below the root.
    """

    def __init__(self, folder: Path, place: str, told: Callable[[Notice], None]) -> None:
        self._folder, self._place, self._told = folder, Path(place), told

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            name = self._name(Path(os.fsdecode(path)))
            if path and (self._place.parts or name == SETTINGS or name in FOLDERS):
                self._told(Notice(name, event.is_directory))

    def _name(self, path: Path) -> str:
        below = path.relative_to(self._folder) if path.is_relative_to(self._folder) else path
        return (self._place / below).as_posix()
