"""Errands over the network, all run at once in one event loop, and their results in order.

Refuses to wait for a look-up of a name that nobody needs any more: it cannot be stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_RESOLVERS = 32


def run(errands: Iterable[Coroutine[None, None, _T]]) -> list[_T]:
    """Returns what each errand came to, in the order of the errands."""
    waiting = list(errands)
    return asyncio.run(_all(waiting)) if waiting else []


async def _all(errands: Iterable[Coroutine[None, None, _T]]) -> list[_T]:
    asyncio.get_running_loop().set_default_executor(_Resolvers(max_workers=_RESOLVERS))
    return await asyncio.gather(*errands)


class _Resolvers(ThreadPoolExecutor):
    """The threads that look names up; at the end they are not waited for."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: ARG002 - as it is called
        super().shutdown(wait=False, cancel_futures=cancel_futures)
