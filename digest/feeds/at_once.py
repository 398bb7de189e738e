"""Errands over the network, all run at once in one event loop, and their results in order.

Refuses to wait for a look-up of a name that nobody needs any more: it cannot be stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

_T = TypeVar("_T")
_RESOLVERS = 32

Told = Callable[[int, int], None]
"""Hears how many of how many errands have ended."""


def run(errands: Iterable[Coroutine[None, None, _T]], told: Told | None = None) -> list[_T]:
    """Returns what each errand came to, in the order of the errands; `told` hears at each end how many of all are."""
    waiting = list(errands)
    return asyncio.run(_all(waiting, told)) if waiting else []


async def _all(errands: Sequence[Coroutine[None, None, _T]], told: Told | None) -> list[_T]:
    asyncio.get_running_loop().set_default_executor(_Resolvers(max_workers=_RESOLVERS))
    ended = count(1)

    async def told_of(errand: Coroutine[None, None, _T]) -> _T:
        came = await errand
        if told:
            told(next(ended), len(errands))
        return came

    if told:
        told(0, len(errands))
    return await asyncio.gather(*map(told_of, errands))


class _Resolvers(ThreadPoolExecutor):
    """The threads that look names up; at the end they are not waited for."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: ARG002 - as it is called
        super().shutdown(wait=False, cancel_futures=cancel_futures)
