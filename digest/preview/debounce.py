"""Several saves as one: what the watcher notices is gathered until it has been quiet for a moment.

Refuses to wait for ever: a folder that never rests is looked at all the same.
"""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass

QUIET = 0.05
"""Seconds without a word from the watcher after which a batch is whole."""
_LONGEST = 2.0
_MANY = 300  # notices from which on the system may have dropped some, and looking at everything is as cheap


@dataclass(frozen=True, slots=True)
class Notice:
    """One word from the watcher: a path, relative to the root, that is another now, and whether it is a folder."""

    name: str
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """What was noticed in one go: names of files, and whether all have to be looked at."""

    names: frozenset[str] = frozenset()
    everything: bool = False


class Batches:
    """The notices of a watcher, in batches; `note` may be called from any thread."""

    def __init__(self) -> None:
        self._notices: queue.SimpleQueue[Notice | None] = queue.SimpleQueue()

    def note(self, notice: Notice) -> None:
        """Takes a notice."""
        self._notices.put(notice)

    def wake(self) -> None:
        """Ends a wait, as if something had been noticed."""
        self._notices.put(None)

    def next(self, patience: float) -> Batch:
        """Waits for the next batch and returns it; an empty one where nothing comes for as long as the patience."""
        try:
            found = [self._notices.get(timeout=patience)]
        except queue.Empty:
            return Batch()
        end = time.monotonic() + _LONGEST
        while time.monotonic() < end:
            try:
                found.append(self._notices.get(timeout=QUIET))
            except queue.Empty:
                break
        noticed = {notice for notice in found if notice}
        return Batch(
            names=frozenset(notice.name for notice in noticed if not notice.folder),
            everything=len(noticed) > _MANY or any(notice.folder for notice in noticed),
        )
