"""Measures a command: CPU and wall time of all its processes, and their memory in another run.

CPU is user and system time of the process and of those it waited for, as counted by the kernel.
Memory is the highest sum of the proportional set sizes (which count shared pages once) of all its
processes, sampled every 20 ms. Sampling takes time, so it is not done in a timed run. Without
Linux's /proc, memory is the resident size of the largest process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_EVERY = 0.02
_HINDERING = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONDEVMODE"}
"""Settings of whoever works on a program, with which Python starts more slowly than its users have it."""
_PROC = Path("/proc")


class CommandFailed(Exception):
    """A command that was to be measured ended with an error; the message has its words."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU and of wall time, and the largest resident set of one process in MiB."""

    cpu: float
    wall: float
    largest: float


def run(argv: Sequence[str], folder: Path) -> Cost:
    """Runs a command in a folder and returns what it cost; raises CommandFailed where it fails."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=folder, env=plain(), stdout=subprocess.DEVNULL, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        _check(argv, process.returncode, said)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / unit)


def peak(argv: Sequence[str], folder: Path) -> float:
    """Runs a command in a folder and returns the most memory in MiB that all its processes had together."""
    if not (_PROC / "self/smaps_rollup").exists():
        return run(argv, folder).largest
    most = 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            argv, cwd=folder, env=plain(), stdout=subprocess.DEVNULL, stderr=said
        )
        while process.poll() is None:
            most = max(most, sum(map(_share, family(process.pid))))
            time.sleep(_EVERY)
        _check(argv, process.returncode, said)
    return most / 1024


def plain() -> dict[str, str]:
    """Returns the environment as users have it."""
    return {name: value for name, value in os.environ.items() if name not in _HINDERING}


def family(pid: int) -> list[int]:
    """Returns a process and all that descend from it, as far as they are there still."""
    try:
        text = "".join(path.read_text() for path in (_PROC / str(pid) / "task").glob("*/children"))
    except OSError:
        return [pid]
    return [pid, *(one for child in text.split() for one in family(int(child)))]


def spent(pid: int) -> float:
    """Returns the seconds of CPU that a running process has taken so far; 0 where that cannot be seen."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _share(pid: int) -> int:
    """Returns a process's proportional set size in KiB, 0 where it has ended."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _check(argv: Sequence[str], code: int, said: IO[bytes]) -> None:
    if code:
        said.seek(0)
        raise CommandFailed(
            f"{' '.join(argv)}: exit code {code}\n{said.read().decode(errors='replace')}"
        )
