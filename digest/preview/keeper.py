"""The loop that keeps a preview up to date: the watcher gives the word, and whoever builds is told what has changed.

    watch ──notices──▶ batch ──▶ seen: is anything another? ──▶ make(changed)

Refuses to die: whatever a build or a watcher does, the next change is looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from digest.preview.batches import Batch, Batches
from digest.preview.seen import Seen
from digest.preview.watching import Watch

_BREATH = 0.3  # seconds after a build in which pages are asked for, and nothing else shall be done
_PATIENCE = 2.0  # seconds of silence after which it is looked whether the watcher still watches


class Keeper:
    """Keeps one preview. `make` is called with the files that have changed, and tells whether it came to an end well.

    After one that did not, any word from the watcher is a reason to try again: what was wrong may lie elsewhere. `rest`
    is called while there is nothing to make, for as long as it says that it has more to do.
    """

    def __init__(
        self, root: Path, make: Callable[[frozenset[str]], bool], rest: Callable[[], bool] = lambda: False
    ) -> None:
        self._make, self._rest = make, rest
        self._seen = Seen(root)
        self._batches = Batches()
        self._watch = Watch(root, self._batches.note)
        self._well = True
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="preview", daemon=True)

    @property
    def polling(self) -> bool:
        """Whether the system's watcher is exhausted, so that all files are looked at over and over instead."""
        return self._watch.polling

    def begin(self) -> None:
        """Makes everything once, and begins to watch."""
        self._seen.look()
        self._well = self._make(frozenset())
        self._watch.start()
        self._thread.start()

    def end(self) -> None:
        """Ends the watch; a build that is at work ends with the process."""
        self._ended = True
        self._batches.wake()
        self._watch.stop()

    def _work(self) -> None:
        batch = Batch(everything=True)  # what was saved during the first build
        while not self._ended:
            idle = not (batch.names or batch.everything)
            more = not idle
            try:
                self._round(batch)
                more = self._rest() if idle else True
            except Exception:  # the folder is gone, the disk: whatever it is, the next word finds us awake
                self._well = False
            batch = self._batches.next((0 if idle else _BREATH) if more else _PATIENCE)

    def _round(self, batch: Batch) -> None:
        lost = self._watch.mend()
        changed = self._seen.look() if batch.everything or lost else self._seen.check(batch.names)
        if changed or (not self._well and (batch.names or batch.everything)):
            self._well = self._make(changed)
