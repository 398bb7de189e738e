"""The process that parses documents from the network: one request after another, each within limits.

`parsing` starts it, as `python -m digest.feeds.worker`, and ends it. Whatever a document does to a parser (it takes
minutes, it fills the memory, it crashes the library) ends this process, and nothing else.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import pickle
import resource
import signal
from collections.abc import Callable
from typing import IO, Any

from digest.feeds import article_page, feed_links, parse
from digest.feeds.feed_info import FeedInfo
from digest.feeds.parse_client import OUT_OF_MEMORY, READY
from digest.model import Document, Failed, Fetched


def main() -> None:
    """Answers requests until there are no more; requests and answers are pickles on standard input and output."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # what a library prints must not get in between the answers
        os.dup2(nowhere, stream)
    for number in (signal.SIGINT, signal.SIGPROF, signal.SIGIO):
        signal.signal(
            number, signal.SIG_DFL
        )  # each ends the process at once, also within a library's own code
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.set_threshold(100_000)
    gc.freeze()
    with contextlib.suppress(EOFError, BrokenPipeError):  # the process that asks is gone
        answers.write(READY)
        answers.flush()
        while True:
            _serve(requests, answers)


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    job, document, seconds, memory = pickle.load(requests)
    flags = _limit(requests, seconds, memory)
    try:
        answer = pickle.dumps(_answer(job, document), protocol=5)
    except (
        MemoryError
    ):  # within the limits: without memory, Python may go round in circles while it handles this
        os._exit(OUT_OF_MEMORY)
    _lift_limit(requests, flags)
    answers.write(answer)
    answers.flush()


def _answer(job: str, document: Fetched) -> Any:
    try:
        return _JOBS[job](document)
    except MemoryError:
        raise
    except (
        Exception
    ) as error:  # a flaw of ours that one document shows must not keep the others from being read
        return Failed(
            feed=document.feed,
            reason=f"digest fails to read it ({type(error).__name__}); please report it",
        )


def _limit(requests: IO[bytes], seconds: float, memory: int) -> int:
    """Has the system end this process after so many seconds of CPU time, and when the one that asked is gone.

    Returns the flags that the pipe of requests had.
    """
    with contextlib.suppress(ValueError, OSError):  # some systems have no such limit
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    flags = fcntl.fcntl(requests, fcntl.F_GETFL)
    with contextlib.suppress(OSError):
        fcntl.fcntl(requests, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(
            requests, fcntl.F_SETFL, flags | os.O_ASYNC
        )  # SIGIO when the other end of the pipe is closed
    signal.setitimer(signal.ITIMER_PROF, seconds)
    return flags


def _lift_limit(requests: IO[bytes], flags: int) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    fcntl.fcntl(requests, fcntl.F_SETFL, flags)


def _page(document: Fetched) -> Document | Failed | None:
    return None if article_page.is_feed(document) else article_page.read(document)


def _source(document: Fetched) -> FeedInfo | list[str] | Failed:
    said, body = parse.imprint(document), document.body or b""
    return (
        list(feed_links.candidates(body, document.url))
        if isinstance(said, Failed) and feed_links.is_page(body)
        else said
    )


_JOBS: dict[str, Callable[[Fetched], Any]] = {
    "feed": parse.parse,
    "source": _source,
    "page": _page,
}

if __name__ == "__main__":
    main()
