"""Runs a command again and again on copies of a digest, and fails, kills or cuts it off at its n-th use of the disk.

    python faults.py COMMAND WAY DIGEST COPIES NUMBER

WAY is "kill", where the process ends at that point; "write" or "read", where that one call fails; or "cut", where the
power goes, and only what was flushed stays (with an even number, some of the rest as well, as disks have it). NUMBER
says how often; the points are spread over the whole run, and the last one is after its end. COPIES gets a folder for
each. Prints a line of JSON for each copy: its number, how the run ended, and what it said.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import shutil
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from digest import config
from digest.commands import add, build, letter, publish, pull, themes
from digest.errors import DigestError
from digest.feeds import article_page, parse_client
from digest.feeds.parse import parse
from digest.model import Feed, Fetched
from digest.site.search import search_index
from digest.site.social import png

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
ADDRESS = "https://quay.example/article/7700001/crane"
PAGE = (
    b"<html><head><title>A crane arrives</title><meta property='og:description' content='It is blue.'>"
    b"<meta property='article:published_time' content='2026-05-18T10:00:00Z'></head><body>Words</body></html>"
)
UNTRACKED = frozenset({".git", "remote.git", "first.json", "second.json"})
"""What git writes by itself, and feeds, of which one that cannot be read is a row of the report."""
KILLED, REFUSED, UNNOTICED, CRASHED = 9, 1, 3, 4
_CHANGES = frozenset(
    {"os.mkdir", "os.rename", "os.link", "os.chmod", "os.truncate", "os.remove", "os.rmdir"}
)
_READS = frozenset({"os.listdir", "os.scandir"})


def _fetched(address: str, **_: object) -> Fetched:
    feed = Feed(id="", url=address, title="", publisher="")
    return Fetched(feed=feed, body=PAGE, url=address, content_type="text/html")


@contextlib.contextmanager
def in_one_process() -> Iterator[None]:
    """Lets nothing but this process use the disk, and nothing the network."""
    with (
        patch.object(search_index, "available", lambda: False),
        patch.object(png, "available", lambda: False),
        patch.object(
            parse_client,
            "feeds",
            lambda documents, _: iter([{one.feed.id: parse(one) for one in documents}]),
        ),
        patch.object(parse_client, "page", lambda document, _: article_page.read(document)),
        patch.object(add, "fetch_page", _fetched),
    ):
        yield


def run(command: str, root: Path) -> None:
    """Runs a command as the command line does."""
    settings = config.load(root)
    runs: dict[str, Callable[[], object]] = {
        "pull": lambda: pull.run(root, settings, settings.feeds, now=NOW),
        "add": lambda: add.run(root, settings, ADDRESS, now=NOW),
        "letter": lambda: letter.run(root, settings, "2026-W19"),
        "themes": lambda: themes.apply(root, settings, now=NOW),
        "build": lambda: build.run(root, settings, output=root / "site", base_url=None, now=NOW),
        "publish": lambda: publish.run(root, settings, now=NOW),
    }
    with in_one_process():
        runs[command]()


class Disk:
    """What of a folder would be there after a power cut: content and names, by the number of file and folder."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.contents: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        self.open: list[
            int
        ] = []  # a file that is held open keeps its number when its last name goes
        for folder, folders, files in os.walk(self.root):
            self.flush(folder)
            folders[:] = [name for name in folders if name not in UNTRACKED]
            for name in files:
                self.flush(f"{folder}/{name}")

    def flush(self, place: str | int) -> None:
        """Takes note of what is on the disk from now on."""
        number = _number(place)
        if stat.S_ISDIR(os.stat(place).st_mode):  # noqa: PTH116 - it may be what has no name
            self.names[number] = _names(place)
        elif isinstance(place, int):
            self.contents[number] = Path(f"/proc/self/fd/{place}").read_bytes()
        else:
            self.contents[number] = Path(place).read_bytes()

    def hold(self, place: str) -> None:
        with contextlib.suppress(OSError):
            self.open.append(os.open(place, os.O_RDONLY | os.O_NOFOLLOW))

    def leave(self, target: Path, dice: random.Random | None) -> None:
        """Writes what is left; with dice, some of what was not flushed has reached the disk as well."""
        self._leave(_number(self.root), self.root, target, dice)

    def _leave(self, number: int, live: str, target: Path, dice: random.Random | None) -> None:
        target.mkdir()
        now = _names(live) if Path(live).is_dir() and _number(live) == number else {}
        names = dict(self.names.get(number, {}))
        if dice:
            names |= {
                name: one for name, one in now.items() if name not in names and dice.random() < 0.5
            }
        for name, one in names.items():
            place, copy = f"{live}/{name}", target / name
            if name in UNTRACKED and Path(place).is_dir():
                shutil.copytree(place, copy)
            elif one in self.names or (now.get(name) == one and Path(place).is_dir()):
                self._leave(one, place, copy, dice)
            else:
                copy.write_bytes(self.contents.get(one, b""))


def _number(place: str | int) -> int:
    return os.stat(place).st_ino  # noqa: PTH116 - it may be what has no name


def _names(folder: str | int) -> dict[str, int]:
    return {one.name: one.inode() for one in os.scandir(folder)}


class Breaker:
    """Counts what is done to the disk below a folder, and breaks the n-th of it."""

    def __init__(self, root: Path, way: str, last: int) -> None:
        self.root, self.way, self.last, self.met, self.turn = (
            str(root),
            way,
            last,
            0,
            threading.Lock(),
        )
        self.broken, self.busy = False, threading.local()
        self.disk = Disk(root) if way == "cut" else None
        sys.addaudithook(self._audit)
        self._wrap("fsync", self._sync)
        self._wrap("write", self._write)

    def meet(self) -> bool:
        """Tells whether a call must fail; does not come back where the process is to end."""
        with self.turn:
            self.met += 1
            if self.met != self.last:
                return False
            self.broken = True
            self.end()
            return True

    def end(self) -> None:
        if self.way == "cut":
            self.cut()
        if self.way in {"kill", "cut"}:
            os._exit(KILLED)

    def cut(self) -> None:
        """Leaves what a power cut leaves, beside the folder."""
        self.busy.now = True
        assert self.disk
        dice = random.Random(self.last) if self.broken and self.last % 2 == 0 else None
        self.disk.leave(Path(f"{self.root}.cut"), dice)

    def _audit(self, act: str, given: tuple[Any, ...]) -> None:
        if getattr(self.busy, "now", False):
            return
        is_read = act in _READS or (
            act == "open" and isinstance(given[2], int) and not given[2] & 3
        )
        if not (
            is_read if self.way == "read" else act in _CHANGES or (act == "open" and not is_read)
        ):
            return
        named = [os.fsdecode(one) for one in given if isinstance(one, str | bytes | os.PathLike)]
        if not any(
            name.startswith(self.root) and not UNTRACKED & {*Path(name).parts} for name in named
        ):
            return
        if self.meet():
            raise OSError(errno.EIO, os.strerror(errno.EIO), named[0])
        if self.disk and act in {"os.rename", "os.remove", "os.rmdir"}:
            self.busy.now = True
            for name in named:
                self.disk.hold(name)
            self.busy.now = False

    def _wrap(self, name: str, around: Callable[..., Any]) -> None:
        plain = getattr(os, name)
        setattr(os, name, lambda *given: around(plain, *given))

    def _sync(self, plain: Callable[[int], None], file: int) -> None:
        if self.way != "read" and self.meet():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self.disk:
            self.busy.now = True
            self.disk.flush(file)
            self.busy.now = False
        else:
            plain(file)

    def _write(self, plain: Callable[[int, bytes], int], file: int, content: bytes) -> int:
        """Half of what is to be written reaches the disk before it breaks."""
        if self.way != "read" and self.met + 1 == self.last:
            plain(file, content[: len(content) // 2])
        if self.way != "read" and self.meet():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return plain(file, content)


def broken(command: str, way: str, root: Path, last: int) -> tuple[int, str]:
    """Runs a command in a process of its own that breaks at its n-th use of the disk; returns how it ended, and words.

    With 0 nothing breaks, and the words are how often it used the disk.
    """
    incoming, told = os.pipe()
    child = os.fork()
    if child:
        os.close(told)
        with os.fdopen(incoming) as pipe:
            said = pipe.read()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said
    code, words = CRASHED, ""
    try:
        breaker = Breaker(root, way, last)
        run(command, root)
        if way == "cut" and last:
            breaker.cut()
        code, words = (UNNOTICED if breaker.broken else 0), str(breaker.met)
    except DigestError as error:
        code, words = REFUSED, str(error)
    except OSError as error:  # which the command line says in one line
        code, words = REFUSED, f"{error.filename or 'disk'}: {error.strerror}"
    except BaseException as error:
        words = repr(error)
    with os.fdopen(told, "w") as out:
        out.write(words)
    os._exit(code)


def main(command: str, way: str, digest: Path, copies: Path, number: int) -> None:
    """Breaks a command at so many points."""

    def copied(name: str) -> Path:
        return Path(shutil.copytree(digest, copies / name, symlinks=True))

    code, said = broken(command, way, copied("0"), 0)
    assert code == 0, said
    total = int(said)
    points = {round(1 + step * total / max(number - 1, 1)) for step in range(number)}
    for last in sorted(points):
        copy = copied(str(last))
        code, words = broken(command, way, copy, last)
        if way == "cut":
            shutil.rmtree(copy)
            Path(f"{copy}.cut").rename(copy)
        sys.stdout.write(json.dumps([last, code, words]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5]))
