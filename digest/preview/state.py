"""What the preview shows at present, and the word to every open page that it is another by now.

One thread builds and posts, another serves and waits. Refuses to keep what was: a page that comes late gets the newest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.errors import Problem
from digest.preview.annotations import Margin


def _nothing(_: str) -> tuple[Margin, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One state of the preview: the `folder` of its pages, the path that they stand under, what is wrong.

    `build` is another one whenever a page could look another way. `stories` gives what an editor wants to know of the
    story at a place (`2026/w20/#slug`), `page` of the texts that a page (`2026/w20/`) is made of. `base` is empty
    before the first build that came to an end, `former` has the paths that the pages stood under before.
    """

    build: str
    root: Path
    folder: Path
    base: str = ""
    former: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    stories: Callable[[str], tuple[Margin, ...]] = _nothing
    page: Callable[[str], tuple[Margin, ...]] = _nothing


class PreviewState:
    """Holds what is shown; `post` and `close` may be called from any thread."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Event] = set()

    def post(self, shown: Shown) -> None:
        """Shows another state, and wakes whoever waits for one."""
        self.shown = shown
        self._wake()

    def close(self) -> None:
        """Sends everybody home."""
        self.closed = True
        self._wake()

    async def after(self, build: str) -> Shown | None:
        """Waits until another state than this one is shown, and returns it; None where the board is closed."""
        self._loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._waiting.add(woken)
        try:
            while not self.closed and self.shown.build == build:
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
