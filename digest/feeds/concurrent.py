"""Runs coroutines concurrently in an event loop of their own.

    run             all results, once the last coroutine has ended
    run_in_batches  what is done after some seconds, then the rest: no waiting for slow servers

A name lookup runs in a thread and cannot be cancelled, so we do not wait for one at the end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

from digest.model import Progress

_T = TypeVar("_T")
_RESOLVERS = 32


def run(
    coroutines: Iterable[Coroutine[None, None, _T]], on_progress: Progress | None = None
) -> list[_T]:
    """Returns the results in the order of the coroutines."""
    waiting = list(coroutines)
    return asyncio.run(_gather(waiting, on_progress)) if waiting else []


async def _gather(
    coroutines: Sequence[Coroutine[None, None, _T]], on_progress: Progress | None
) -> list[_T]:
    asyncio.get_running_loop().set_default_executor(_Resolvers(max_workers=_RESOLVERS))
    done = count(1)

    async def counted(coroutine: Coroutine[None, None, _T]) -> _T:
        result = await coroutine
        if on_progress:
            on_progress(next(done), len(coroutines))
        return result

    if on_progress:
        on_progress(0, len(coroutines))
    return await asyncio.gather(*map(counted, coroutines))


def run_in_batches(
    coroutines: Iterable[Coroutine[None, None, _T]],
    seconds: float | None,
    on_progress: Progress | None,
) -> Iterator[dict[int, _T]]:
    """Yields results by number: those that come within so many seconds, then the others.

    There is only one batch if all are in time, or if `seconds` is None.
    """
    results, failed, ended = dict[int, _T](), list[BaseException](), threading.Event()

    async def stored(number: int, coroutine: Coroutine[None, None, _T]) -> _T:
        results[number] = result = await coroutine
        return result

    def work() -> None:
        try:
            run(map(stored, count(), coroutines), on_progress)
        except BaseException as error:  # raised again in the thread that waits
            failed.append(error)
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    early = {}
    if not ended.wait(seconds):
        early = dict(results)
        yield early
    ended.wait()
    if failed:
        raise failed[0]
    yield {number: result for number, result in results.items() if number not in early}


class _Resolvers(ThreadPoolExecutor):
    """The threads for name lookups; shutdown does not wait for them."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: ARG002
        super().shutdown(wait=False, cancel_futures=cancel_futures)
