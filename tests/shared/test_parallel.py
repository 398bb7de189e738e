"""Work in several processes: the same results and errors as in one, and nothing that is left behind.

Each case is a program of its own, since the processes that run tests have threads.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HAS_CORES = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
needs_cores = pytest.mark.skipif(not HAS_CORES, reason="needs Linux and two cores")
PATIENCE = 60  # seconds, for a busy machine

PRELUDE = """
import os, signal, sys, threading, time
from digest import parallel
from digest.errors import DigestError, Faults, Problem

here, results, processes = os.getpid(), {}, {}

def take(item, result):
    assert os.getpid() == here
    results[item], processes[item] = result

def squared(item):
    time.sleep(0.001)  # lets the other process run
    return item * item, os.getpid()

def squared_slowly_here(item):
    time.sleep(0.2 if os.getpid() == here else 0)  # so that others have work when they begin late
    return squared(item)

def zombies():
    try:
        return os.waitpid(-1, os.WNOHANG) is not None
    except ChildProcessError:
        return False
"""


def begin(program: str) -> subprocess.Popen[str]:
    """Begins a program in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def printed(program: str) -> str:
    """What a program prints that has to end well; no process of its group is left."""
    process = begin(program)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert is_gone(process.pid)
    return out.strip()


def is_gone(group: int) -> bool:
    """True if no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until_gone(group: int) -> None:
    end = time.monotonic() + PATIENCE
    while not is_gone(group):
        assert time.monotonic() < end
        time.sleep(0.01)


@needs_cores
def test_every_item_is_done_once_and_taken_by_the_process_that_asked(tmp_path: Path) -> None:
    program = f"""
def squared_by_all(item):
    open(f"{tmp_path}/{{os.getpid()}}", "w").close()
    while len(os.listdir("{tmp_path}")) < len(os.sched_getaffinity(0)):
        time.sleep(0.001)
    return squared(item)

items = list(range(1001))
parallel.map(squared_by_all, items, take, work=10_000)
assert results == {{item: item * item for item in items}}
print(len(set(processes.values())) == len(os.sched_getaffinity(0)), zombies())
"""
    assert printed(program) == "True False"


@pytest.mark.parametrize(
    "before",
    [
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
        "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
        "work = 10",
    ],
    ids=["one core", "another thread", "little work"],
)
@needs_cores
def test_all_is_done_in_one_process(before: str) -> None:
    program = f"""
work = 10_000
{before}
parallel.map(squared, list(range(100)), take, work=work)
assert list(results) == list(range(100))
print(set(processes.values()) == {{here}})
"""
    assert printed(program) == "True"


@needs_cores
def test_large_results_of_all_processes_arrive() -> None:
    program = """
def large(item):
    return bytes([item]) * 3_000_000, os.getpid()

parallel.map(large, list(range(40)), take, work=10_000)
print(all(results[item] == bytes([item]) * 3_000_000 for item in range(40)), len(results))
"""
    assert printed(program) == "True 40"


@needs_cores
@pytest.mark.parametrize("bad", [[3], [97], [3, 97], [60, 97], [0, 50, 99]])
def test_the_first_item_that_fails_is_reported_as_by_a_loop(bad: list[int]) -> None:
    program = f"""
def checked(item):
    if item in {bad}:
        raise Faults([Problem(f"{{item}}.md", item, "is wrong", "mend it")])
    return squared(item)

try:
    parallel.map(checked, list(range(100)), take, work=10_000)
except Faults as faults:
    print(*faults.problems, zombies())
"""
    assert printed(program) == f"{bad[0]}.md{f':{bad[0]}' * bool(bad[0])}: is wrong; mend it False"


@needs_cores
def test_items_after_one_that_fails_are_left_out() -> None:
    program = """
def first_fails(item):
    if not item:
        raise DigestError("the first")
    os.write(1, b".")
    return squared(item)

try:
    parallel.map(first_fails, list(range(10_000)), take, work=10_000)
except DigestError as error:
    print(error)
"""
    done, _, error = printed(program).rpartition(".")
    assert error == "the first"
    assert len(done) < 5_000


@needs_cores
def test_a_process_that_is_done_early_helps_another() -> None:
    program = """
parallel.map(squared_slowly_here, list(range(100)), take, work=10_000)
print(sum(process != here for process in processes.values()) > 60, len(results))
"""
    assert printed(program) == "True 100"


@needs_cores
def test_a_bug_in_another_process_says_where_it_is() -> None:
    program = """
class Odd(Exception):
    def __init__(self, one, two):
        super().__init__("odd")

def broken(item):
    if os.getpid() != here:
        raise {"key": KeyError("a"), "odd": Odd(1, 2)}[kind]
    return squared_slowly_here(item)

for kind in ("key", "odd"):
    try:
        parallel.map(broken, list(range(100)), take, work=10_000)
    except KeyError as error:
        print("in broken" in error.__notes__[0])
    except RuntimeError as error:
        print("Odd: odd" in str(error))
"""
    assert printed(program) == "True\nTrue"


@needs_cores
def test_a_process_that_is_ended_from_outside_is_one_line_and_no_hang() -> None:
    program = """
def fatal(item):
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return squared_slowly_here(item)

try:
    parallel.map(fatal, list(range(100)), take, work=10_000)
except DigestError as error:
    print(error, zombies())
"""
    assert printed(program) == (
        "another process of this run was ended from outside, perhaps for lack of memory;"
        " free some memory, and run it again False"
    )


@needs_cores
def test_an_error_of_the_one_who_takes_ends_all_processes() -> None:
    program = """
def refuse(item, result):
    raise DigestError("the disk is full")

def slow(item):
    time.sleep(0 if os.getpid() == here else 1000)

try:
    parallel.map(slow, list(range(100)), refuse, work=10_000)
except DigestError as error:
    print(error, zombies())
"""
    assert printed(program) == "the disk is full False"


@needs_cores
def test_nothing_that_was_begun_here_is_finished_by_another_process(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = f"""
import atexit
atexit.register(lambda: os.write(1, b"once "))
file = open({str(kept)!r}, "w")
file.write("once ")
sys.stdout.write("once ")
try:
    parallel.map(squared, list(range(100)), take, work=10_000)
finally:
    os.write(1, b"once ")
"""
    assert printed(program).split() == ["once"] * 3
    assert kept.read_text() == "once "


ENDLESS = """
def endless(item):
    os.write(1, b"begun\\n")
    while True:
        time.sleep(0.01 if os.getpid() == here else wait)
        if os.getpid() != here:
            return bytes(100_000)

wait = {wait}
parallel.map(endless, list(range(1000)), lambda item, result: None, work=10_000)
"""


@needs_cores
@pytest.mark.parametrize("is_for_all", [True, False], ids=["from the keyboard", "to one process"])
def test_an_interrupt_ends_all_processes(is_for_all: bool) -> None:
    process = begin(ENDLESS.format(wait=1000))
    assert process.stdout and process.stdout.readline() == process.stdout.readline() == "begun\n"

    (os.killpg if is_for_all else os.kill)(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == -signal.SIGINT
    assert err.splitlines()[-1] == "KeyboardInterrupt" and err.count("Traceback") == 1
    wait_until_gone(process.pid)


@needs_cores
def test_the_others_end_when_the_first_process_is_killed() -> None:
    process = begin(ENDLESS.format(wait=0.05))
    assert process.stdout and process.stdout.readline() == process.stdout.readline() == "begun\n"

    process.kill()
    process.communicate(timeout=PATIENCE)

    wait_until_gone(process.pid)
