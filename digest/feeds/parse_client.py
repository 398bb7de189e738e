"""Parses documents from the network in another process, with limits on CPU time and memory.

    documents ──▶ one worker, a little time for each ──▶ answers
                        └─ slow ones ──▶ a new worker for each, the full limit ──▶ answers

A document that exceeds the limits, or crashes the parser, is a feed that failed. Slow documents
come last, in a batch of their own, so that the others' stories can be written before.
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
from digest.feeds.limits import Limits
from digest.model import Document, Entry, Failed, Feed, Fetched

READY = b"ready\n"
OUT_OF_MEMORY = 3
"""The exit code of a worker whose document needs more memory than the limit."""
_EXIT_TIMEOUT = 5
"""Seconds that a worker has to exit once it has closed its pipes."""
_WALL_PER_CPU = 20
"""Seconds that a second of CPU time may take on a busy machine."""
_HAS_LIMITS = os.name == "posix"
"""True if the system can limit the CPU time and the memory of a process."""
_EXPECTED = {
    (value.__module__, value.__qualname__): value
    for value in (Document, Entry, Failed, Feed, datetime, timedelta, timezone)
}
"""The only types that an answer may contain."""


def parse_feeds(
    documents: Sequence[Fetched], limits: Limits
) -> Iterator[dict[str, Document | Failed]]:
    """Yields parsed feeds by feed id: first those that are quick to parse, then the others.

    Without documents, yields one empty batch.
    """
    return _batches("feed", documents, limits)


def parse_sources(
    documents: Sequence[Fetched], limits: Limits
) -> dict[str, Document | list[str] | Failed]:
    """Returns by feed id each parsed feed, or for a web page the addresses where its feed may be."""
    answers = dict[str, Any]()
    for batch in _batches("source", documents, limits):
        answers |= batch
    return answers


def parse_page(document: Fetched, limits: Limits) -> Document | Failed | None:
    """Returns the story that a web page describes, or None if the document is a feed."""
    answer: Document | Failed | None = _ask_once("page", document, limits)
    return answer


def _batches(job: str, documents: Sequence[Fetched], limits: Limits) -> Iterator[dict[str, Any]]:
    quick, slow = dict[str, Any](), list(documents)
    if len(documents) > 1:  # no other feed waits for a single one
        slow = []
        with Worker() as worker:
            for document in documents:
                answer = worker.ask(job, document, limits.quick_parse, limits.memory)
                if isinstance(answer, Unanswered):
                    slow.append(document)
                else:
                    quick[document.feed.id] = answer
    if quick or not slow:
        yield quick
    if slow:
        yield {document.feed.id: _ask_once(job, document, limits) for document in slow}


def _ask_once(job: str, document: Fetched, limits: Limits) -> Any:
    """Asks a new worker: one that has parsed others may have less memory left because of them."""
    with Worker() as worker:
        answer = worker.ask(job, document, limits.parse, limits.memory)
    if not isinstance(answer, Unanswered):
        return answer
    if answer.code == -signal.SIGPROF or answer.code is None:
        what = f"takes longer than {limits.parse:g} s to read"
    elif answer.code == OUT_OF_MEMORY:
        what = f"needs more than {limits.memory / 2**20:g} MiB of memory to be read"
    else:
        what = "crashes the program that reads it"
    return Failed(feed=document.feed, reason=f"{what}; the publisher has to fix that")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A worker exited before it answered; `code` is None if we stopped it because it was late."""

    code: int | None


class Worker:
    """A process that parses documents one after another.

    It is started with the first document, and again if it has exited.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, job: str, document: Fetched, seconds: float, memory: int) -> Any:
        """Returns the answer; Unanswered if it needs more CPU seconds or bytes of memory."""
        process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        try:
            pickle.dump((job, document, seconds, memory), process.stdin, protocol=5)
            process.stdin.flush()
            if not _is_readable(process.stdout, seconds * _WALL_PER_CPU):
                self.end()
                return Unanswered(None)
            return _AnswerUnpickler(process.stdout).load()
        except (OSError, EOFError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_EXIT_TIMEOUT)
            return Unanswered(self.end())
        except pickle.UnpicklingError:
            return Unanswered(self.end())
        except BaseException:  # Ctrl-C: the next document must not get this one's answer
            self.end()
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        """Starts a process with our import path, and without the current folder on it (-P)."""
        if not _HAS_LIMITS:
            raise DigestError(
                "feeds cannot be parsed here: this system cannot limit what a process takes; "
                "on Windows, use WSL"
            )
        self._process = process = subprocess.Popen(
            [sys.executable, "-P", "-m", "digest.feeds.parse_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,  # nothing is read from it: it tells the worker that we are gone
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout
        if process.stdout.readline() != READY:
            self.end()
            raise DigestError(
                f"{sys.executable}: cannot run digest.feeds.parse_worker, which parses feeds; "
                "reinstall digest"
            )
        return process

    def end(self) -> int | None:
        """Kills the process and returns its exit code, None without a process."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        return process.wait()


def _is_readable(pipe: IO[bytes], seconds: float) -> bool:
    """Waits until there is something to read, or the other end is closed; False after a timeout."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        return bool(selector.select(seconds))


class _AnswerUnpickler(pickle.Unpickler):
    """Loads only the types that we expect: a document may have taken over its parser."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _EXPECTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not expected in an answer") from None
