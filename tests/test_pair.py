from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sites import read_folder

from digest import pair

SMALL = Path(__file__).parent / "data/sites/small"
BUILD = """
import sys
from pathlib import Path
from digest import config, disk, pair
from digest.commands.build import Builder
from digest.errors import DigestError
from digest.pages import making
making._MANY = int(sys.argv[2])
pair.has_room = lambda: True
root = Path(sys.argv[1])
with disk.lock(root):
    builder = Builder(root, config.load(root), root / "site", searched=False)
    try:
        builder.build(builder.look())
    except DigestError as error:
        print(error)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a second process is used on Linux alone")


def ran(code: str, *arguments: str) -> str:
    """Returns what a piece of Python says in a process of its own, which has one thread."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def parted(work: str) -> str:
    """Returns what is said of work by two partners; each has `partner`, and what it says is the first's alone."""
    lines = "\n    ".join(work.splitlines())
    return ran(f"import os\nfrom digest import pair\nwith pair.begun() as partner:\n    {lines}")


def test_two_processes_tell_each_other_what_each_has_and_one_goes_on() -> None:
    swapped = "mine = 'second' if partner.second else 'first'\ntold = mine, partner.swap(mine)\n"

    assert parted(f"{swapped}print(told, partner.end(told))") == "('first', 'second') ('second', 'first')\n"


def test_much_is_told_as_well_as_little() -> None:
    assert parted("print(len(partner.end(partner.swap(b'x' * 10**7))))") == "10000000\n"


def test_the_second_is_a_process_of_its_own_and_has_ended_when_the_first_goes_on() -> None:
    said = parted("number = os.getpid()\nprint(number, partner.end(os.getppid()), partner.end(0) if 0 else '')")

    assert len(set(said.split())) == 1


@pytest.mark.parametrize(
    ("work", "error"),
    [
        ("partner.second and 1 / 0\npartner.swap(1)", "ZeroDivisionError"),
        ("partner.second and 1 / 0\npartner.end(1)", "ZeroDivisionError"),
        ("partner.second or [][1]\npartner.end(1)", "IndexError"),
        ("partner.second and os.kill(os.getpid(), 9)\npartner.end(1)", "was ended from outside; build again"),
    ],
)
def test_what_fails_in_either_is_raised_in_the_first(work: str, error: str) -> None:
    said = parted(f"{work}\nprint('on')")

    assert error in said
    assert "on\n" not in said.splitlines(keepends=True)


def test_a_second_that_is_stopped_does_nothing_any_more() -> None:
    assert parted("if partner.second:\n    while True: pass\npartner.stop()\nprint('on')") == "on\n"


def test_no_process_is_begun_beside_other_threads() -> None:
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        assert not pair.has_room()
    finally:
        stop.set()
        other.join()


def built(folder: Path, many: int) -> tuple[str, dict[str, bytes]]:
    """Builds the small digest in one process, or with few enough pages to be many in two."""
    said = ran(BUILD, str(folder), str(many))
    return said, read_folder(folder / "site") if (folder / "site").exists() else {}


def test_two_processes_build_what_one_builds(tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(SMALL, tmp_path / name, ignore=shutil.ignore_patterns("expected"))

    assert built(tmp_path / "two", 1) == built(tmp_path / "one", 10_000)
    assert (tmp_path / "two/site/feed.atom").exists()


@pytest.mark.parametrize("template", ["feeds/stories.xml", "week.html"])
def test_what_is_wrong_in_either_process_leaves_no_trace_of_the_build(tmp_path: Path, template: str) -> None:
    root = Path(shutil.copytree(SMALL, tmp_path / "small", ignore=shutil.ignore_patterns("expected")))
    (root / "templates" / template).parent.mkdir(parents=True)
    (root / "templates" / template).write_text("{{ nonsense.of.mine }}")

    said, site = built(root, 1)

    assert said.startswith(f"templates/{template}:1: 'nonsense' is undefined")
    assert (site, list(root.glob("**/*.unfinished"))) == ({}, [])
