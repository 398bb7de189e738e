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
from typing import Any

from digest.feeds import article_page, feed_links, parse
from digest.feeds.parse_client import OUT_OF_MEMORY, READY
from digest.model import Document, Failed, Fetched


def main() -> None:
    """Answers requests until standard input ends; requests and answers are pickles on the pipes."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    unused = os.dup(2)
    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what a library prints must not end up among the answers
        os.dup2(devnull, stream)
    for number in (signal.SIGINT, signal.SIGPROF, signal.SIGIO):
        # the default action ends the process at once, even while a library's C code runs
        signal.signal(number, signal.SIG_DFL)
    _end_with_parent(unused)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.set_threshold(100_000)
    gc.freeze()
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent process is gone
        answers.write(READY)
        answers.flush()
        while True:
            job, document, seconds, memory = pickle.load(requests)
            _limit(seconds, memory)
            try:
                answer = pickle.dumps(_answer(job, document), protocol=5)
            except MemoryError:
                # before the limits are lifted: without memory, Python may loop while it handles
                # this
                os._exit(OUT_OF_MEMORY)
            signal.setitimer(signal.ITIMER_PROF, 0)
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


def _end_with_parent(pipe: int) -> None:
    """Makes the system end this process, with SIGIO, when the parent process is gone.

    The signal is sent for data on the pipe as well, possibly after the data has been read, so it
    must be a pipe on which nothing is sent.
    """
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)


def _limit(seconds: float, memory: int) -> None:
    """Makes the system end this process after so much CPU time, and limits its memory."""
    with contextlib.suppress(ValueError, OSError):  # some systems have no such limit
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _page(document: Fetched) -> Document | Failed | None:
    return None if feed_links.is_feed(document) else article_page.read(document)


def _source(document: Fetched) -> Document | list[str] | Failed:
    feed, body = parse.parse(document), document.body or b""
    if isinstance(feed, Failed) and feed_links.is_page(body):
        return list(feed_links.candidates(body, document.url))
    return feed


_JOBS: dict[str, Callable[[Fetched], Any]] = {
    "feed": parse.parse,
    "source": _source,
    "page": _page,
}

if __name__ == "__main__":
    main()
