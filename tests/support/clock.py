"""A clock that tests put forward, so that none waits for a deadline and none depends on how fast the machine is."""

from __future__ import annotations

import asyncio
import time

import pytest


class Clock:
    """What coroutines and deadlines take for the time: the real one, and what has been added to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._added = 0.0
        monotonic = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + self._added)

    def pass_by(self, seconds: float) -> None:
        """Puts the clock forward."""
        self._added += seconds

    def skip_pauses(self) -> None:
        """Lets pauses of coroutines end at once, with the clock put forward."""
        sleep = asyncio.sleep

        async def skip(seconds: float) -> None:
            self.pass_by(seconds)
            await sleep(0)

        self._monkeypatch.setattr(asyncio, "sleep", skip)
