"""Two pieces of work at once, the second in a process of its own, where there is a core for it.

Refuses to fork where that is not safe: beside other threads, or on a system whose libraries do not bear it.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable
from typing import NoReturn, TypeVar

from digest.errors import DigestError

_A = TypeVar("_A")
_B = TypeVar("_B")


def has_room() -> bool:
    """Tells whether a second process can be had, and would have a core to run on."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def both(first: Callable[[], _A], second: Callable[[], _B]) -> tuple[_A, _B]:
    """Returns what both pieces of work come to; the second's has to be fit for pickle.

    Raises what the first or else the second raises, and only when both have ended.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _answer(second, writing)
    os.close(writing)
    try:
        done = first()
    finally:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        os.waitpid(child, 0)
    if not said:
        raise DigestError("the second process of the build was ended from outside; build again")
    well, answer = pickle.loads(said)
    if not well:
        raise answer
    return done, answer


def _answer(work: Callable[[], object], writing: int) -> NoReturn:
    """Does the work in the child, tells what came of it, and ends without a trace of the parent's own ending."""
    try:
        answer: tuple[bool, object] = True, work()
    except BaseException as error:
        answer = False, error
    try:
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
    finally:
        os._exit(0)
