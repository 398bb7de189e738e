"""The loop that keeps a preview up to date: the watcher gives the word, and whoever builds is told what has changed.

    watch ──notices──▶ batch ──▶ seen: is anything another? ──▶ make(changed)
    every few seconds ─────────▶┘

Many disks give no notice of a change: Windows' own in WSL, those shared into a container, network drives. So all files
are looked at every few seconds as well, and every second where a change was found in this way alone.

Refuses to die: whatever a build or a watcher does, the next change is looked at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from digest.preview.changed_files import Seen
from digest.preview.debounce import Batch, Batches
from digest.preview.watcher import Watch

_BREATH = 0.3  # seconds after a build in which pages are asked for, and nothing else shall be done
_PATIENCE = 2.0  # seconds of silence after which it is looked whether the watcher still watches
_SELDOM, _OFTEN = (
    10.0,
    1.0,
)  # seconds between two looks at all files: beside a watcher, and in its stead
_SHARE = 50  # a look that takes long is taken more seldom: it never takes more than one part of so many of the time
_LATE = 0.5  # seconds within which the watcher's word of a change comes, if it comes at all


def _ignore() -> None:
    """The default listener: does nothing."""


class Rebuilder:
    """Keeps one preview. `make` is called with the files that have changed, and tells whether it came to an end well.

    After one that did not, any word from the watcher is a reason to try again: what was wrong may lie elsewhere. `rest`
    is called while there is nothing to make, for as long as it says that it has more to do. With `poll`, no watcher is
    asked, and all files are looked at every second; `on_polling` is called when that turns out to be needed without it.
    """

    def __init__(
        self,
        root: Path,
        make: Callable[[frozenset[str]], bool],
        rest: Callable[[], bool] = lambda: False,
        *,
        poll: bool = False,
        on_polling: Callable[[], None] = _ignore,
    ) -> None:
        self._make, self._rest, self._on_polling = make, rest, on_polling
        self._seen = Seen(root)
        self._batches = Batches()
        self._watch = None if poll else Watch(root, self._batches.note)
        self._polling = poll
        self._next_look = 0.0
        self._well = True
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="preview", daemon=True)

    @property
    def exhausted(self) -> bool:
        """Whether the system's watcher has no room for ours, so that all files are looked at every second instead."""
        return self._watch is not None and self._watch.exhausted

    def begin(self) -> None:
        """Makes everything once, and begins to watch."""
        self._seen.look()
        self._well = self._make(frozenset())
        if self._watch:
            self._watch.start()
        self._thread.start()

    def end(self) -> None:
        """Ends the watch; a build that is at work ends with the process."""
        self._ended = True
        self._batches.wake()
        if self._watch:
            self._watch.stop()

    def _work(self) -> None:
        batch = Batch()  # what was saved during the first build shows in the first look
        while not self._ended:
            idle = not (batch.names or batch.everything)
            more = not idle
            try:
                self._round(batch)
                more = self._rest() if idle else True
            except (
                Exception
            ):  # the folder is gone, the disk: whatever it is, the next word finds us awake
                self._well = False
            until_look = max(0.0, self._next_look - time.monotonic())
            batch = self._batches.next(
                min(until_look, (0 if idle else _BREATH) if more else _PATIENCE)
            )

    def _round(self, batch: Batch) -> None:
        lost = self._watch.mend() if self._watch else False
        told = bool(batch.names) or batch.everything
        if batch.everything or lost:
            changed = self._look()
        elif told:
            changed = self._seen.check(batch.names)
        else:
            changed = self._own_look()
        if changed or (not self._well and told):
            self._well = self._make(changed)

    def _own_look(self) -> frozenset[str]:
        """Looks at all files where it is time to, and returns those that have changed."""
        if time.monotonic() < self._next_look:
            return frozenset()
        is_first = not self._next_look
        changed = self._look()
        if not changed or is_first or self._polling or self.exhausted:
            return changed
        late = self._batches.next(_LATE)
        if not (late.everything or late.names & changed):
            self._polling = True
            self._on_polling()
        return changed | (self._look() if late.everything else self._seen.check(late.names))

    def _look(self) -> frozenset[str]:
        """Looks at all files, and returns those that have changed; says when to do so again."""
        begun = time.monotonic()
        try:
            return self._seen.look()
        finally:
            end = time.monotonic()
            least = _OFTEN if self._polling or self.exhausted else _SELDOM
            self._next_look = end + max(least, _SHARE * (end - begun))
