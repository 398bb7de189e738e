"""The process that parses documents from the network, one after another, each within limits.

`parse_client` starts it as `python -m digest.feeds.parse_worker`, and stops it. A document that
makes a parser run for minutes, fill the memory or crash ends this process only.
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
    """Answers requests until standard input ends; requests and answers are pickles on the pipes."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # what a library prints must not end up among the answers
        os.dup2(devnull, stream)
    for number in (signal.SIGINT, signal.SIGPROF, signal.SIGIO):
        # the default action ends the process at once, even while a library's C code runs
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.set_threshold(100_000)
    gc.freeze()
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent process is gone
        answers.write(READY)
        answers.flush()
        while True:
            _serve(requests, answers)


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    job, document, seconds, memory = pickle.load(requests)
    flags = _limit(requests, seconds, memory)
    try:
        answer = pickle.dumps(_answer(job, document), protocol=5)
    except MemoryError:
        # before the limits are lifted: without memory, Python may loop while it handles this
        os._exit(OUT_OF_MEMORY)
    signal.setitimer(signal.ITIMER_PROF, 0)
    fcntl.fcntl(requests, fcntl.F_SETFL, flags)
    answers.write(answer)
    answers.flush()


def _answer(job: str, document: Fetched) -> Any:
    try:
        return _JOBS[job](document)
    except MemoryError:
        raise
    except Exception as error:  # a bug of ours that one document shows must not stop the others
        reason = f"digest fails to read it ({type(error).__name__}); please report it"
        return Failed(feed=document.feed, reason=reason)


def _limit(requests: IO[bytes], seconds: float, memory: int) -> int:
    """Makes the system end this process after so much CPU time, or when the parent is gone.

    Returns the pipe's flags as they were before.
    """
    with contextlib.suppress(ValueError, OSError):  # some systems have no such limit
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    flags = fcntl.fcntl(requests, fcntl.F_GETFL)
    with contextlib.suppress(OSError):
        fcntl.fcntl(requests, fcntl.F_SETOWN, os.getpid())
        # sends SIGIO when the other end of the pipe is closed
        fcntl.fcntl(requests, fcntl.F_SETFL, flags | os.O_ASYNC)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    return flags


def _page(document: Fetched) -> Document | Failed | None:
    return None if article_page.is_feed(document) else article_page.read(document)


def _source(document: Fetched) -> FeedInfo | list[str] | Failed:
    info, body = parse.feed_info(document), document.body or b""
    if isinstance(info, Failed) and feed_links.is_page(body):
        return list(feed_links.candidates(body, document.url))
    return info


_JOBS: dict[str, Callable[[Fetched], Any]] = {
    "feed": parse.parse,
    "source": _source,
    "page": _page,
}

if __name__ == "__main__":
    main()
