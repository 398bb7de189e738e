"""Debounces the watcher: several saves become one batch, once it has been quiet for a while.

A folder that never becomes quiet still gives a batch every two seconds.
"""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass

QUIET = 0.05
"""Seconds without a notice after which a batch is complete."""
_MAX_WAIT = 2.0
_MANY_NAMES = 300
"""From so many on, the system may have dropped notices, and scanning everything costs no more."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A path below the root that has changed, and whether it is a folder."""

    name: str
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """The files that may have changed; `everything` if all files have to be scanned."""

    names: frozenset[str] = frozenset()
    everything: bool = False

    @property
    def is_empty(self) -> bool:
        """True if nothing was noticed."""
        return not (self.names or self.everything)


class Debouncer:
    """Collects notices into batches. `note` and `wake` may be called from any thread."""

    def __init__(self) -> None:
        self._notices: queue.SimpleQueue[Notice | None] = queue.SimpleQueue()

    def note(self, notice: Notice) -> None:
        """Adds a notice."""
        self._notices.put(notice)

    def wake(self) -> None:
        """Ends a wait without a notice."""
        self._notices.put(None)

    def next(self, timeout: float) -> ChangeBatch:
        """Waits for the next batch; after `timeout` seconds without a notice, it is empty."""
        try:
            received = [self._notices.get(timeout=timeout)]
        except queue.Empty:
            return ChangeBatch()
        end = time.monotonic() + _MAX_WAIT
        while time.monotonic() < end:
            try:
                received.append(self._notices.get(timeout=QUIET))
            except queue.Empty:
                break
        notices = {notice for notice in received if notice}
        return ChangeBatch(
            names=frozenset(notice.name for notice in notices if not notice.is_folder),
            everything=len(notices) > _MANY_NAMES or any(notice.is_folder for notice in notices),
        )
