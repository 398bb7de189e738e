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
"""Settings of developers, which make Python start more slowly."""
_PROC = Path("/proc")


class CommandFailed(Exception):
    """A measured command failed; the message is its output."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU and of wall time, and the largest resident set of one process in MiB."""

    cpu: float
    wall: float
    largest: float


def run(argv: Sequence[str], folder: Path) -> Cost:
    """Runs a command in a folder and returns its cost; raises CommandFailed."""
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
    """Runs a command in a folder and returns the peak memory of all its processes, in MiB."""
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
    """Returns the environment without settings of developers."""
    return {name: value for name, value in os.environ.items() if name not in _HINDERING}


def family(pid: int) -> list[int]:
    """Returns a process and its descendants that are still running."""
    try:
        text = "".join(path.read_text() for path in (_PROC / str(pid) / "task").glob("*/children"))
    except OSError:
        return [pid]
    return [pid, *(one for child in text.split() for one in family(int(child)))]


def spent(pid: int) -> float:
    """Returns the CPU seconds of a running process so far; 0 if unknown."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _share(pid: int) -> int:
    """Returns a process's proportional set size in KiB, 0 if it has ended."""
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
