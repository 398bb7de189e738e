"""A preview as tests meet it: `digest serve` in a process of its own, asked over HTTP, its stream of events read.

Nothing waits for a fixed time: tests wait for the message of a build in the event stream.
"""

from __future__ import annotations

import http.client
import queue
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import warm

LONGEST = 60
SETTINGS = """\
[site]
title = "Tea and Tides"
url = "https://example.org/tea-tides/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.json"
excerpt = 0
[[themes]]
id = "memory"
title = "Memory"
match = ["memory"]
"""
WEEK = "content/2026/w20"
STORY = f"{WEEK}/2026-05-15-memory-is-short.md"
OTHER = f"{WEEK}/2026-05-14-chips.md"


class Answer:
    """What came back: status, headers in small letters, and the body."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read()

    @property
    def text(self) -> str:
        return self.body.decode()


class Preview:
    """A running preview of the digest at `root`."""

    def __init__(self, root: Path, *words: str, within: tuple[str, ...] = ()) -> None:
        self.root = root
        port = () if "--port" in words else ("--port", "0")
        self.process = warm.start(["serve", *port, *words], root, within)
        self.lines: list[str] = []
        self.url = ""
        opened = threading.Event()
        self._listening = threading.Thread(target=self._listen, args=(opened,), daemon=True)
        self._listening.start()
        assert opened.wait(LONGEST), self.lines
        assert self.url, self.lines
        self.host, self.port, self.base = self._parts()

    def get(self, path: str = "", method: str = "GET", **headers: str) -> Answer:
        """Asks for a path below the base path, or for one that begins with a slash, as it stands."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=LONGEST)
        connection.putrequest(
            method, path if path.startswith("/") else self.base + path, skip_host="host" in headers
        )
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def write(self, file: str, words: str) -> None:
        """Saves a file atomically, so that no scan sees half of it."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(words)
        beside.replace(path)

    def replace(self, file: str, old: str, new: str) -> None:
        """Changes words in a file."""
        text = (self.root / file).read_text()
        assert old in text
        self.write(file, text.replace(old, new))

    def wait_for_lines(self, beginning: str, number: int) -> int:
        """Waits until so many printed lines begin like this, and returns how many do.

        A build is shown a moment before its line is printed.
        """
        end = time.monotonic() + LONGEST
        while (found := sum(line.startswith(beginning) for line in self.lines)) < number:
            assert time.monotonic() < end, self.lines
            time.sleep(0.02)
        return found

    def end(self, how: int = signal.SIGINT) -> int:
        """Ends the preview as Ctrl-C does, and returns how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(LONGEST)
        self._listening.join()
        return code

    def _listen(self, opened: threading.Event) -> None:
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))
                found = re.search(r"The preview is at (\S+)", line)
                if found:
                    self.url = found[1]
                    opened.set()
        opened.set()

    def _parts(self) -> tuple[str, int, str]:
        found = re.fullmatch(r"http://(?:\[([^]]+)\]|([^:/]+)):(\d+)(/.*)", self.url)
        assert found
        return found[1] or found[2], int(found[3]), found[4]


class Stream:
    """The stream of events: each build that is shown, as it comes; `skip` takes the one that is shown already."""

    def __init__(self, preview: Preview) -> None:
        self._builds: queue.Queue[str] = queue.Queue()
        self.head: list[str] = []
        self._socket = socket.create_connection((preview.host, preview.port), timeout=LONGEST)
        self._socket.sendall(
            f"GET /_digest/events HTTP/1.1\r\nHost: {preview.host}\r\n\r\n".encode()
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def __enter__(self) -> Stream:
        self.next()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reading.join()
        self._socket.close()

    def next(self) -> str:
        """Waits for the next build."""
        return self._builds.get(timeout=LONGEST)

    def _read(self) -> None:
        with suppress(OSError), self._socket.makefile("rb") as lines:
            for line in lines:
                if line.startswith(b"data: "):
                    self._builds.put(line[6:].decode().strip())
                elif self._builds.empty():
                    self.head.append(line.decode().strip().lower())


def make(root: Path) -> Path:
    """Writes a small digest: two stories, one of them without a theme."""
    (root / WEEK).mkdir(parents=True)
    (root / "digest.toml").write_text(SETTINGS)
    (root / STORY).write_text(story("Memory is short", "1", themes="[memory]"))
    (root / OTHER).write_text(story("Chips", "2"))
    return root


def story(title: str, number: str, note: str = "", **keys: str) -> str:
    """The text of a story's file."""
    more = "".join(f"{key}: {value}\n" for key, value in keys.items())
    link = f"https://news.example/article/350000{number}/x"
    return f"---\ntitle: {title}\nlink: {link}\n{more}---\n\n{note}\n"


@contextmanager
def previewing(root: Path, *words: str, within: tuple[str, ...] = ()) -> Iterator[Preview]:
    """Yields a running preview, and ends it."""
    preview = Preview(root, *words, within=within)
    try:
        yield preview
    finally:
        preview.end(signal.SIGKILL)
