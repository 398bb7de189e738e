"""A progress bar for long work on a terminal; in a pipe or a log there is none. The only module
that imports rich.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.cli.shared.call import Call
    from digest.model import Progress


@contextmanager
def shown(call: Call, words: str, least: int) -> Iterator[Progress | None]:
    """Yields a progress callback, None without a terminal; the bar appears from `least` steps on."""
    is_dumb = os.environ.get("CI") or os.environ.get("TERM", "dumb") == "dumb"
    if call.quiet or is_dumb or not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        yield _Bar(words, least, stack).on_progress


class _Bar:
    """One bar, drawn at the first step and removed at the end."""

    def __init__(self, words: str, least: int, stack: ExitStack) -> None:
        self._words, self._least, self._stack = words, least, stack
        self._update: Callable[[int], None] | None = None

    def on_progress(self, done: int, of: int) -> None:
        if of < self._least:
            return
        if self._update is None:
            self._update = self._drawn(of)
        self._update(done)

    def _drawn(self, of: int) -> Callable[[int], None]:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn(self._words),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        bar = self._stack.enter_context(
            Progress(*columns, console=Console(stderr=True), transient=True)
        )
        task = bar.add_task(self._words, total=of)
        return lambda done: bar.update(task, completed=done)
