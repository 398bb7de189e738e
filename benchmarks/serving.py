"""Measures `digest serve`: the time from saving a file until its page is loaded again.

    save ──▶ the preview's reload event ──▶ the whole page of the week ──▶ seconds

The debounce after a save is not counted, since it is not work.
"""

from __future__ import annotations

import http.client
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import measure
from benchmarks.subjects import DIGEST
from digest.preview.debounce import QUIET
from digest.preview.inject import EVENTS

_SAVES = 9
_PATIENCE = 600  # seconds: the first build of a large archive takes its time


@dataclass(frozen=True, slots=True)
class Served:
    """Seconds from a save to the last byte of its page, and CPU seconds of the preview."""

    wall: float
    cpu: float


def served(root: Path, story: str) -> Served:
    """Returns the medians over several saves of a story."""
    page = "/".join(story.split("/")[1:3]) + "/"
    walls, cpus = [], []
    with _preview(root) as (address, pid):
        for number in range(_SAVES):
            before = measure.spent(pid)
            walls.append(_save(root / story, address, page, f"Saved for the {number}th time."))
            cpus.append(measure.spent(pid) - before)
    return Served(statistics.median(walls) - QUIET, statistics.median(cpus))


@contextmanager
def _preview(root: Path) -> Iterator[tuple[str, int]]:
    """Yields the address and the process of a preview of the digest, which ends with the block."""
    argv = (*DIGEST, "--root", str(root), "serve", "--port", "0")
    with subprocess.Popen(
        argv, env=measure.plain(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout
            said = []
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"http://[\d.:]+/\S*", line):
                    yield found[0], process.pid
                    return
            raise RuntimeError(f"digest serve has not begun: {''.join(said)}")
        finally:
            process.terminate()


def _save(path: Path, address: str, page: str, words: str) -> float:
    """Adds words to a story, and returns how long it took until its page had them."""
    parts = urlsplit(address)
    events = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
    events.request("GET", EVENTS)
    stream = events.getresponse()
    _next(stream)  # the build that is shown already
    text = path.read_text(encoding="utf-8").rstrip()
    begun = time.perf_counter()
    path.write_text(f"{text}\n\n{words}\n", encoding="utf-8")
    while True:
        _next(stream)
        asked = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
        asked.request("GET", parts.path + page)
        body = asked.getresponse().read().decode()
        asked.close()
        if words in body:
            events.close()
            return time.perf_counter() - begun


def _next(stream: http.client.HTTPResponse) -> None:
    """Waits for the next event."""
    while not (line := stream.readline()).startswith(b"data:"):
        if not line:
            raise RuntimeError("digest serve has ended its stream")
