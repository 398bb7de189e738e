"""Documents from the network, parsed in a process of their own, with limits on CPU time and memory.

    documents ──▶ one worker, a little time for each ──▶ what they say
                        └─ those that take longer ──▶ a new worker for each, all the time allowed ──▶ what they say

A document beyond the limits, or one that crashes the parser, is a feed that failed. Those that need long come last,
in a batch of their own: the others' stories can be written before.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import IO, Any

from digest.errors import DigestError
from digest.feeds.feed_info import FeedInfo
from digest.feeds.limits import Limits
from digest.model import Document, Entry, Failed, Feed, Fetched

READY = b"ready\n"
OUT_OF_MEMORY = 3
"""The exit code of a worker whose document needs more memory than it may have."""
_ENDING = 5
"""Seconds that a worker may take to end once it has closed its pipes."""
_PATIENCE = 20
"""On a busy machine, a second of CPU time may take so many seconds."""
_VALUES = {
    (value.__module__, value.__qualname__): value
    for value in (Document, Entry, Failed, Feed, FeedInfo, datetime, timedelta, timezone)
}
"""What an answer may be made of, and nothing else."""


def feeds(documents: Sequence[Fetched], limits: Limits) -> Iterator[dict[str, Document | Failed]]:
    """Yields what feeds say, by feed id: first those that are read quickly, then the others, if there are any."""
    return _batches("feed", documents, limits)


def sources(
    documents: Sequence[Fetched], limits: Limits
) -> dict[str, FeedInfo | list[str] | Failed]:
    """Returns what feeds say of themselves, and for web pages where their feeds may be, by feed id."""
    return _all("source", documents, limits)


def page(document: Fetched, limits: Limits) -> Document | Failed | None:
    """Returns what a web page says of its story, None where it is a feed."""
    found: Document | Failed | None = _all("page", [document], limits)[document.feed.id]
    return found


def _all(job: str, documents: Sequence[Fetched], limits: Limits) -> dict[str, Any]:
    return {
        feed: answer for batch in _batches(job, documents, limits) for feed, answer in batch.items()
    }


def _batches(job: str, documents: Sequence[Fetched], limits: Limits) -> Iterator[dict[str, Any]]:
    quick, slow = dict[str, Any](), list(documents)
    if len(documents) > 1:  # no other feed waits for a single one
        with Worker() as worker:
            answers = [
                (one, worker.ask(job, one, limits.glance, limits.memory)) for one in documents
            ]
        quick = {
            one.feed.id: answer for one, answer in answers if not isinstance(answer, Unanswered)
        }
        slow = [one for one, answer in answers if isinstance(answer, Unanswered)]
    if quick or not slow:
        yield quick
    if slow:
        yield {one.feed.id: _last(job, one, limits) for one in slow}


def _last(job: str, document: Fetched, limits: Limits) -> Any:
    """Returns a new worker's answer: one that has read others may be short of memory because of them."""
    with Worker() as worker:
        answer = worker.ask(job, document, limits.parse, limits.memory)
    return (
        Failed(feed=document.feed, reason=_words(answer, limits))
        if isinstance(answer, Unanswered)
        else answer
    )


def _words(why: Unanswered, limits: Limits) -> str:
    if why.code == -signal.SIGPROF or why.code is None:
        return f"takes longer than {limits.parse:g} s to read; the publisher has to fix that"
    if why.code == OUT_OF_MEMORY:
        return f"needs more than {limits.memory / 2**20:g} MiB of memory to be read; the publisher has to fix that"
    return "crashes the program that reads it; the publisher has to fix that"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A worker ended instead of an answer: its exit code, None where it was ended for being late."""

    code: int | None


class Worker:
    """A process that parses documents, one after another; it is started when there is one to parse.

    A worker that has ended is replaced for the next document.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, job: str, document: Fetched, seconds: float, memory: int) -> Any:
        """Returns the answer, or Unanswered where there is none within so many seconds of CPU time and bytes."""
        process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        try:
            pickle.dump((job, document, seconds, memory), process.stdin, protocol=5)
            process.stdin.flush()
            if not _comes(process.stdout, seconds * _PATIENCE):
                self.end()
                return Unanswered(None)
            return _Answer(process.stdout).load()
        except (OSError, EOFError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_ENDING)
            return Unanswered(self.end())
        except pickle.UnpicklingError:
            return Unanswered(self.end())
        except BaseException:  # Ctrl-C: this answer must not be taken for that of the next document
            self.end()
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        """Starts a process that finds the same modules as this one, whatever is in the current folder."""
        self._process = process = subprocess.Popen(
            [sys.executable, "-P", "-m", "digest.feeds.parse_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout
        if process.stdout.readline() != READY:
            self.end()
            raise DigestError(
                f"{sys.executable}: cannot run digest.feeds.worker, which parses feeds; reinstall digest"
            )
        return process

    def end(self) -> int | None:
        """Ends the process, whatever it is at, and returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        return process.wait()


def _comes(pipe: IO[bytes], seconds: float) -> bool:
    """True as soon as there is something to read, or the other end is closed."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        return bool(selector.select(seconds))


class _Answer(pickle.Unpickler):
    """Reads an answer, which may be made of known values alone."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _VALUES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not expected in an answer") from None
