"""The loop that keeps a preview up to date: it waits for changed files and rebuilds.

    watcher ──notices──▶ batch ──▶ has a file's content changed? ──▶ rebuild(changed)
    every ten seconds ──────────▶┘

Many disks send no change events: Windows' own in WSL, folders shared into a container, network
drives. So all files are also scanned every ten seconds, and every second once only a scan has
found a change. The loop never ends by itself: an error in it is reported, and it waits for the next
change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from digest.preview.changed_files import FileHashes
from digest.preview.debounce import ChangeBatch, Debouncer
from digest.preview.watcher import Watcher

_AFTER_BUILD = 0.3  # seconds after a build without other work, for browsers to load the pages
_CHECK_WATCHER = 2.0  # seconds without changes after which we check that the watcher is alive
_SCAN_INTERVAL = 10.0  # seconds between two scans beside a watcher
_POLL_INTERVAL = 1.0  # the same without one
_SCAN_PAUSE = 50  # times the duration of a scan: they take at most a fiftieth of the time
_NOTICE_DELAY = 0.5  # seconds after a save; the watcher has reported it by then, or never will


class Rebuilder:
    """Rebuilds one preview.

    `rebuild` is called with the changed files and returns True if the build succeeded. After a
    failure, any notice from the watcher starts another build, since the cause may be anywhere.
    `prepare` is called when there is nothing to build, as long as it returns True. With `poll`, no
    watcher is used, and all files are scanned every second; `on_polling` is called if that turns
    out to be necessary without `poll`. `on_error` is called with each error that `rebuild`,
    `prepare`, `on_polling`, the watcher or a scan raises before the end; until a build succeeds,
    not with the same error again.
    """

    def __init__(
        self,
        root: Path,
        rebuild: Callable[[frozenset[str]], bool],
        prepare: Callable[[], bool] = lambda: False,
        *,
        poll: bool = False,
        on_polling: Callable[[], None] = lambda: None,
        on_error: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._rebuild, self._prepare = rebuild, prepare
        self._on_polling, self._on_error = on_polling, on_error
        self._hashes = FileHashes(root)
        self._debouncer = Debouncer()
        self._watcher = None if poll else Watcher(root, self._debouncer.note)
        self._scans_only = poll
        self._next_scan = 0.0
        self._succeeded = True
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="preview", daemon=True)

    @property
    def exhausted(self) -> bool:
        """True if the system has no more watches for us, so that all files are scanned instead."""
        return self._watcher is not None and self._watcher.exhausted

    @property
    def _is_polling(self) -> bool:
        """True if all files are scanned every second, since no watcher reports changes."""
        return self._scans_only or self.exhausted

    def begin(self) -> None:
        """Builds everything once, and starts to watch."""
        self._hashes.scan()
        self._succeeded = self._rebuild(frozenset())
        if self._watcher:
            self._watcher.start()
        self._thread.start()

    def end(self) -> None:
        """Stops watching; a build that is running ends with the process."""
        self._ended = True
        self._debouncer.wake()
        if self._watcher:
            self._watcher.stop()

    def _work(self) -> None:
        batch = ChangeBatch()  # the first scan finds what was saved during the first build
        last_error = ""
        while not self._ended:
            timeout = _CHECK_WATCHER if batch.is_empty else _AFTER_BUILD
            try:
                self._handle(batch)
                if batch.is_empty and self._prepare():
                    timeout = 0.0
                if self._succeeded:
                    last_error = ""
            except Exception as error:  # the folder or the disk is gone, say
                self._succeeded = False
                # The next scan may find the same; and at the end, the watcher is stopped under it.
                if repr(error) != last_error and not self._ended:
                    last_error = repr(error)
                    with suppress(Exception):
                        self._on_error(error)
            until_scan = max(0.0, self._next_scan - time.monotonic())
            batch = self._debouncer.next(min(until_scan, timeout))

    def _handle(self, batch: ChangeBatch) -> None:
        """Rebuilds if files have changed, or again after a failure."""
        has_restarted = self._watcher.restore() if self._watcher else False
        if batch.everything or has_restarted:
            changed = self._scan()
        elif batch.is_empty:
            changed = self._scan_if_due()
        else:
            changed = self._hashes.check(batch.names)
        if changed or not (self._succeeded or batch.is_empty):
            self._succeeded = self._rebuild(changed)

    def _scan_if_due(self) -> frozenset[str]:
        """Scans if it is time to; starts polling if the watcher has missed a change."""
        if time.monotonic() < self._next_scan:
            return frozenset()
        is_first = not self._next_scan
        changed = self._scan()
        if not changed or is_first or self._is_polling:
            return changed
        late = self._debouncer.next(_NOTICE_DELAY)
        if not (late.everything or late.names & changed):
            self._scans_only = True
            self._on_polling()
        return changed | (self._scan() if late.everything else self._hashes.check(late.names))

    def _scan(self) -> frozenset[str]:
        """Scans all files, returns the changed ones, and sets the time of the next scan."""
        start = time.monotonic()
        try:
            return self._hashes.scan()
        finally:
            end = time.monotonic()
            interval = _POLL_INTERVAL if self._is_polling else _SCAN_INTERVAL
            self._next_scan = end + max(interval, _SCAN_PAUSE * (end - start))
