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
def bar(call: Call, label: str, least: int) -> Iterator[Progress | None]:
    """Yields a progress callback, None without a terminal; the bar appears from `least` steps on."""
    is_dumb = os.environ.get("CI") or os.environ.get("TERM", "dumb") == "dumb"
    if call.quiet or is_dumb or not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        yield _Bar(label, least, stack).on_progress


class _Bar:
    """One bar, drawn at the first step and removed at the end."""

    def __init__(self, label: str, least: int, stack: ExitStack) -> None:
        self._label, self._least, self._stack = label, least, stack
        self._update: Callable[[int], None] | None = None

    def on_progress(self, done: int, total: int) -> None:
        if total < self._least:
            return
        if self._update is None:
            self._update = self._drawn(total)
        self._update(done)

    def _drawn(self, total: int) -> Callable[[int], None]:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn(self._label),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        shown = self._stack.enter_context(
            Progress(*columns, console=Console(stderr=True), transient=True)
        )
        task = shown.add_task(self._label, total=total)
        return lambda done: shown.update(task, completed=done)
