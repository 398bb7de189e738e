"""Works on many items in several processes at once where that pays, else on one after another.

    items ──▶ this process and copies of it take the next one ──▶ function ──▶ take(item, result), here

A copy (a fork) has all that this process has, so only results travel, through a pipe. It changes
nothing outside itself: it has none of the files that are open here, and its end finishes nothing
that was begun here.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from digest.errors import DigestError

MIN_WORK = 150
"""Milliseconds of work that pay for a process, which also takes CPU time of its own."""
_BLOCKS = 32  # for each process: neighbours are in one, and no process waits long for the last
_NUMBER, _LENGTH = 4, 8  # bytes
_PIPE = 1 << 20  # bytes; with less, a copy would wait while this process is busy with an item

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map(
    function: Callable[[_Item], _Result],
    items: Sequence[_Item],
    take: Callable[[_Item, _Result], None],
    *,
    work: float,
) -> None:
    """Calls `take`, here, with each item and what `function` returns for it, in any order.

    `function` changes nothing but what it keeps to be faster, and its results can be pickled.
    Neighbours are mostly given to the same process. `work` is about how many milliseconds all items
    take: there are as many processes as that pays for, at most one for each core, and only this one
    beside other threads or where the system is not Linux, since a copy would not be safe there.
    Raises what `function` raised for the first item that fails, as a loop would, and DigestError if
    a copy is ended from outside.
    """
    count = min(int(work / MIN_WORK), len(items), _most_processes()) if work > MIN_WORK else 1
    if count > 1:
        _map_at_once(function, items, take, count)
        return
    for item in items:
        take(item, function(item))


def _map_at_once(
    function: Callable[[_Item], _Result],
    items: Sequence[_Item],
    take: Callable[[_Item, _Result], None],
    count: int,
) -> None:
    """Does the work of `map` in so many processes."""
    blocks, copies = _Blocks(len(items), count), list[_Copy]()
    failed: dict[int, Exception] = {}

    def receive(copy: _Copy) -> None:
        for index, error, result in copy.receive():
            if error is None:
                take(items[index], result)
            else:
                failed[index] = error

    gc.freeze()  # what is there is not looked at for garbage, so it stays memory of all processes
    try:
        for _ in range(1, count):
            with suppress(OSError):  # the system gives no other process: these are enough
                _Copy.begin(copies, function, items, blocks)
        for index in blocks:
            try:
                result = function(items[index])
            except Exception as error:
                failed[index] = error
                blocks.end()
                break
            take(items[index], result)
            for copy in filter(_Copy.has_sent, copies):
                receive(copy)
        for copy in copies:
            while not copy.has_ended:
                receive(copy)
    finally:
        for copy in copies:
            copy.stop()
        blocks.close()
        gc.unfreeze()
    if failed:
        raise failed[min(failed)]


def _most_processes() -> int:
    """Returns how many processes can work at once: one for each core if this one can be copied."""
    if sys.platform != "linux":
        return 1
    try:
        threads = len(list(Path("/proc/self/task").iterdir()))  # those of libraries as well
    except OSError:
        return 1
    return len(os.sched_getaffinity(0)) if threads == 1 else 1


class _Blocks:
    """The numbers of all items, in blocks of neighbours that the processes take one after another.

    The numbers of the blocks are in a pipe: each is read once, by one of the processes.
    """

    def __init__(self, length: int, count: int) -> None:
        size = -(-length // (count * _BLOCKS))
        self._blocks = [range(at, min(at + size, length)) for at in range(0, length, size)]
        self.pipe, writing = os.pipe()
        os.write(writing, b"".join(number.to_bytes(_NUMBER) for number in range(len(self._blocks))))
        os.close(writing)

    def __iter__(self) -> Iterator[int]:
        """Yields the numbers of the items that this process works on."""
        while number := os.read(self.pipe, _NUMBER):
            yield from self._blocks[int.from_bytes(number)]

    def end(self) -> None:
        """Leaves out all blocks that no process has begun: a loop would not get there after an error."""
        os.read(self.pipe, _NUMBER * len(self._blocks))

    def close(self) -> None:
        os.close(self.pipe)


class _Copy:
    """Another process with what this one has, and what it has sent so far."""

    def __init__(self, process: int, pipe: int) -> None:
        self._process, self._pipe = process, pipe
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        self._received = bytearray()
        self.has_ended = False

    @staticmethod
    def begin(
        copies: list[_Copy],
        function: Callable[[Any], object],
        items: Sequence[Any],
        blocks: _Blocks,
    ) -> None:
        """Begins a process and adds it to `copies`; raises OSError if the system has none left."""
        import fcntl  # not on Windows

        reading, writing = os.pipe()
        with suppress(OSError):  # more than the system allows
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE)
        # Blocked until the process is in the list, and for good in the process, which is stopped here.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process = os.fork()
            if not process:
                _work(function, items, blocks, writing)
            copies.append(_Copy(process, reading))
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def has_sent(self) -> bool:
        """True if there is something to receive."""
        return not self.has_ended and bool(self._poll.poll(0))

    def receive(self) -> Iterator[tuple[int, Exception | None, Any]]:
        """Waits until it sends something; yields items' numbers, each with an error or a result.

        Raises DigestError if it has been ended from outside.
        """
        sent = os.read(self._pipe, _PIPE)
        if not sent:
            what = "another process of this run was ended from outside, perhaps for lack of memory"
            raise DigestError(f"{what}; free some memory, and run it again")
        self._received += sent
        at = 0
        while len(self._received) >= at + _LENGTH:
            begin = at + _LENGTH
            end = begin + int.from_bytes(self._received[at:begin])
            if end == begin:
                self.has_ended = True
            elif end > len(self._received):
                break
            else:
                yield pickle.loads(self._received[begin:end])
            at = end
        del self._received[:at]

    def stop(self) -> None:
        """Ends the process, whatever it is doing, and waits until it is gone."""
        os.close(self._pipe)
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


def _work(
    function: Callable[[Any], object],
    items: Sequence[Any],
    blocks: _Blocks,
    writing: int,
) -> NoReturn:
    """Works on items as a copy, sends what comes of them, and ends the process."""
    try:
        _close_all_but({0, 1, 2, writing, blocks.pipe})
        with open(writing, "wb") as pipe:
            for index in blocks:
                try:
                    sent = pickle.dumps((index, None, function(items[index])))
                except Exception as error:
                    blocks.end()
                    sent = pickle.dumps((index, _fit(error), None))
                pipe.write(len(sent).to_bytes(_LENGTH))
                pipe.write(sent)
            pipe.write(bytes(_LENGTH))
    finally:
        os._exit(0)


def _fit(error: Exception) -> Exception:
    """Returns an error that can be pickled; that of a bug says where it was raised."""
    import traceback

    where = "".join(traceback.format_exception(error))
    if not isinstance(error, DigestError):
        error.add_note(where)
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(where)
    return error


def _close_all_but(files: set[int]) -> None:
    """Closes the files of the process that was copied: its pipes, its lock, its cache."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - Path would be made for each
        if int(name) not in files:
            with suppress(OSError):
                os.close(int(name))
