"""What the preview shows now, and the signal to open pages when that changes.

One thread builds and posts; another serves and waits. No history: a waiter gets the newest state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.errors import Problem
from digest.preview.annotations import Annotation


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBuild:
    """One state of the preview.

    - `build_id`: a new one whenever a page may look different
    - `folder`: where its pages are
    - `base`: the site's base path, empty before the first successful build
    - `former_bases`: those that it had before
    - `problems`: what stopped the last build
    - `annotations_of_story`: returns those of the story at a permalink (`2026/w20/#slug`)
    - `annotations_of_page`: returns those of a page's own texts (`2026/w20/`)
    """

    build_id: str
    root: Path
    folder: Path
    base: str = ""
    former_bases: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    annotations_of_story: Callable[[str], tuple[Annotation, ...]] = lambda _: ()
    annotations_of_page: Callable[[str], tuple[Annotation, ...]] = lambda _: ()


class PreviewState:
    """Holds what is shown. `post` and `close` may be called from any thread."""

    def __init__(self, shown: ShownBuild) -> None:
        self.shown = shown
        self.closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Event] = set()

    def post(self, shown: ShownBuild) -> None:
        """Shows another state, and wakes those that wait for one."""
        self.shown = shown
        self._wake()

    def close(self) -> None:
        """Ends all waiting."""
        self.closed = True
        self._wake()

    async def after(self, build_id: str) -> ShownBuild | None:
        """Waits for another state than this build's and returns it; None after `close`."""
        self._loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._waiting.add(woken)
        try:
            while not self.closed and self.shown.build_id == build_id:
                await woken.wait()
                woken.clear()
        finally:
            self._waiting.discard(woken)
        return None if self.closed else self.shown

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for woken in self._waiting:
            woken.set()
