"""Errands over the network, all run at once in one event loop, and their results in order.

    run      all results, once the last errand has ended
    parts    those that have come after some seconds, then the others: so that nobody waits for a server that is slow

Refuses to wait for a look-up of a name that nobody needs any more: it cannot be stopped.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

_T = TypeVar("_T")
_RESOLVERS = 32

Progress = Callable[[int, int], None]
"""Hears how many of how many errands have ended."""


def run(
    errands: Iterable[Coroutine[None, None, _T]], on_progress: Progress | None = None
) -> list[_T]:
    """Returns what each errand came to, in the order of the errands; `on_progress` hears at each end how many of all are."""
    waiting = list(errands)
    return asyncio.run(_all(waiting, on_progress)) if waiting else []


async def _all(
    errands: Sequence[Coroutine[None, None, _T]], on_progress: Progress | None
) -> list[_T]:
    asyncio.get_running_loop().set_default_executor(_Resolvers(max_workers=_RESOLVERS))
    ended = count(1)

    async def told_of(errand: Coroutine[None, None, _T]) -> _T:
        came = await errand
        if on_progress:
            on_progress(next(ended), len(errands))
        return came

    if on_progress:
        on_progress(0, len(errands))
    return await asyncio.gather(*map(told_of, errands))


def parts(
    errands: Iterable[Coroutine[None, None, _T]],
    seconds: float | None,
    on_progress: Progress | None = None,
) -> Iterator[dict[int, _T]]:
    """Yields the results of the errands by number: first those that come within so many seconds, then the others."""
    came, failed, ended = dict[int, _T](), list[BaseException](), threading.Event()

    async def noted(number: int, errand: Coroutine[None, None, _T]) -> _T:
        came[number] = result = await errand
        return result

    def work() -> None:
        try:
            run((noted(number, errand) for number, errand in enumerate(errands)), on_progress)
        except BaseException as error:  # for the thread that waits
            failed.append(error)
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    early = {}
    if not ended.wait(seconds):
        early = dict(came)
        yield early
    ended.wait()
    if failed:
        raise failed[0]
    yield {number: result for number, result in came.items() if number not in early}


class _Resolvers(ThreadPoolExecutor):
    """The threads that look names up; at the end they are not waited for."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: ARG002 - as it is called
        super().shutdown(wait=False, cancel_futures=cancel_futures)
