"""Runs a command of ours again and again on copies of a digest, and breaks the n-th thing that it does to the disk.

    python breaking.py COMMAND WAY DIGEST COPIES [STEP]

COMMAND is "pull" or "build". WAY is "kill", where the process is gone at the n-th attempt, or "full", where from the
n-th on the disk takes nothing more. COPIES gets a folder for each n, of every STEP-th, as the broken run left it, until
a run comes through. It is a program of its own, since what it hangs into the interpreter can never be taken out.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faults import in_one_process

from digest import config
from digest.commands import build, pull
from digest.errors import DigestError
from digest.site.search import search_index
from digest.site.social import png

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
_TAKING = frozenset({"os.remove", "os.rmdir"})
"""What a full disk still allows."""
_CHANGING = frozenset({"os.mkdir", "os.rename", "os.link", "os.chmod", "os.truncate"}) | _TAKING
_KILLED, _REFUSED, _CRASHED = 9, 1, 4

search_index.available = lambda: False  # its program does to the disk what we cannot count
png.available = lambda: False  # as in other tests


class Breaker:
    """Counts what is done to the disk below a folder, and breaks it from the n-th on."""

    def __init__(self, folder: Path, way: str, last: int) -> None:
        self.folder, self.way, self.last, self.met, self.turn = (
            str(folder),
            way,
            last,
            0,
            threading.Lock(),
        )
        sys.addaudithook(self._audit)
        self._wrap("fsync", self._sync)
        self._wrap("write", self._write)

    def meet(self, act: str) -> bool:
        """Tells whether an attempt must fail; does not come back where the process is to die."""
        with self.turn:
            self.met += 1
        if self.met < self.last or (self.way == "full" and act in _TAKING):
            return False
        if self.way == "kill":
            os._exit(_KILLED)
        return True

    def _audit(self, act: str, given: tuple[Any, ...]) -> None:
        if act == "open" and isinstance(given[2], int) and not given[2] & (os.O_WRONLY | os.O_RDWR):
            return
        if act in _CHANGING or act == "open":
            named = [os.fsdecode(one) for one in given if isinstance(one, str | bytes)]
            if any(name.startswith(self.folder) for name in named) and self.meet(act):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), named[0])

    def _wrap(self, name: str, around: Callable[..., Any]) -> None:
        plain = getattr(os, name)
        setattr(os, name, lambda *given: around(plain, *given))

    def _sync(self, _: Callable[[int], None], __: int) -> None:
        """Flushes nothing: a process that is killed loses nothing that it has written."""
        if self.meet("fsync"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _write(self, plain: Callable[[int, bytes], int], file: int, content: bytes) -> int:
        """Half of what is to be written lands on the disk before it breaks."""
        if self.met + 1 >= self.last:
            plain(file, content[: len(content) // 2])
        if self.meet("write"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return plain(file, content)


def run(command: str, root: Path) -> None:
    """Runs a command as the command line does."""
    settings = config.load(root)
    if command == "pull":
        pull.run(root, settings, settings.feeds, now=NOW)
    else:
        build.run(root, settings, output=root / "site", base_url=None)


def broken(command: str, way: str, root: Path, last: int) -> int:
    """Runs a command in a process of its own that breaks at the n-th attempt, and returns how it ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        breaker = Breaker(root, way, last)
        with in_one_process():  # another one that parses would be started for each run
            run(command, root)
        os._exit(0 if breaker.met < last else 3)  # 3: something failed without a message
    except DigestError as error:
        sys.stdout.write(f"{last}: {error}\n")
        sys.stdout.flush()
        os._exit(_REFUSED)
    except BaseException as error:
        sys.stdout.write(f"{last}: a traceback: {error!r}\n")
        sys.stdout.flush()
        os._exit(_CRASHED)


def main(command: str, way: str, digest: Path, copies: Path, step: int = 1) -> None:
    """Breaks the command at each attempt until a run comes through, or ends with a traceback."""
    for last in itertools.count(1, step):
        copy = copies / str(last)
        shutil.copytree(digest, copy, symlinks=True)
        ended = broken(command, way, copy, last)
        if ended == _CRASHED:
            return
        if ended == 0:
            sys.stdout.write(f"{last} came through\n")
            return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), int((*sys.argv, "1")[5]))
