"""Two processes at one piece of work, where there is a core for the second: each does its half of what takes long.

    begun ─┬─▶ this one    its half ─▶ swap ─▶ its half ─▶ end: takes over what the other has made
           └─▶ the second  its half ─▶ swap ─▶ its half ─▶ end: tells what it has made, and is gone

Both run the same lines from where they part. Refuses to fork where that is not safe: beside other threads, or on a
system whose libraries do not bear it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from typing import IO, Any, TypeVar, cast

from digest.errors import DigestError

_T = TypeVar("_T")


class Partner:
    """The other process, as one of the two sees it; `second` tells whether this one is the second."""

    def __init__(self, second: bool, reading: int, writing: int, process: int = 0) -> None:
        self.second, self._process = second, process
        self._reading: IO[bytes] = os.fdopen(reading, "rb")
        self._writing: IO[bytes] = os.fdopen(writing, "wb")

    def swap(self, value: _T) -> _T:
        """Returns what the other gives at the same place; both have to be fit for pickle.

        Raises what the other has raised instead.
        """
        if self.second:
            taken: _T = self._take()
            self._give(True, value)
            return taken
        with contextlib.suppress(BrokenPipeError):  # then the other has said why
            self._give(True, value)
        return cast("_T", self._take())

    def told(self, value: _T) -> _T:
        """Returns what the first has to tell; the second's value does not count."""
        if self.second:
            return cast("_T", self._take())
        with contextlib.suppress(BrokenPipeError):
            self._give(True, value)
        return value

    def end(self, value: _T) -> _T:
        """Returns what the second has come to, which ends here; raises what it has raised."""
        if self.second:
            self._give(True, value)
            os._exit(0)
        return cast("_T", self._take())

    def stop(self) -> None:
        """Ends the second at once, whatever it is at; when this returns it does nothing any more."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            self.wait()

    def wait(self) -> None:
        """Waits for the end of the second."""
        for pipe in (self._reading, self._writing):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        if self._process:
            os.waitpid(self._process, 0)
            self._process = 0

    def fail(self, error: BaseException) -> None:
        """Tells the other what has been raised here."""
        with contextlib.suppress(BrokenPipeError):
            self._give(False, error)

    def _give(self, well: bool, value: object) -> None:
        pickle.dump((well, value), self._writing, protocol=5)
        self._writing.flush()

    def _take(self) -> Any:
        try:
            well, value = pickle.load(self._reading)
        except EOFError:
            raise DigestError("the second process of the build was ended from outside; build again") from None
        if not well:
            raise value
        return value


def has_room() -> bool:
    """Tells whether a second process can be had, and would have a core to run on."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


@contextlib.contextmanager
def begun() -> Iterator[Partner | None]:
    """Parts this process in two; both run the block, and only the first comes out of it.

    Where the system gives no second process, the block is run with None.
    """
    (here_from, there_to), (there_from, here_to) = os.pipe(), os.pipe()
    try:
        child = os.fork()
    except OSError:  # there are too many already, or too little memory
        for pipe in (here_from, there_to, there_from, here_to):
            os.close(pipe)
        yield None
        return
    if not child:
        os.close(here_from)
        os.close(here_to)
        partner = Partner(True, there_from, there_to)
        try:
            yield partner
        except BaseException as error:
            partner.fail(error)
        finally:
            os._exit(0)  # without a trace of the first's own ending
    os.close(there_from)
    os.close(there_to)
    partner = Partner(False, here_from, here_to, child)
    try:
        yield partner
    except BaseException:
        partner.stop()
        raise
    partner.wait()
