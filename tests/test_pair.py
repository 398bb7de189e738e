from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sites import read_folder

from digest.pages import pair

SMALL = Path(__file__).parent / "data/sites/small"
BUILD = """
import sys
from pathlib import Path
from digest import config, disk
from digest.commands.build import Builder
from digest.errors import DigestError
from digest.pages import making, pair
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


def both(first: str, second: str) -> str:
    return ran(f"import os\nfrom digest.pages import pair\nprint(pair.both(lambda: {first}, lambda: {second}))")


def test_both_pieces_of_work_are_done_and_the_second_in_a_process_of_its_own() -> None:
    assert both("1 + 1", "'two'") == "(2, 'two')\n"
    here, above = both("os.getpid()", "os.getppid()").strip("()\n").split(", ")
    assert here == above


@pytest.mark.parametrize(
    ("first", "second", "error"),
    [
        ("1", "1 / 0", "ZeroDivisionError"),
        ("[][1]", "1 / 0", "IndexError"),
        ("1", "os.kill(os.getpid(), 9)", "was ended from outside; build again"),
    ],
)
def test_what_fails_in_either_is_raised(first: str, second: str, error: str) -> None:
    assert error in both(first, second)


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
