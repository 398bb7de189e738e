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
from datetime import UTC, datetime
from pathlib import Path
from digest import config, disk, pair
from digest.commands import build
from digest.errors import DigestError
from digest.pages import making
making._MANY, build._MANY = map(int, sys.argv[2:])
pair.has_room = lambda: True
root = Path(sys.argv[1])
with disk.lock(root):
    now = datetime(2026, 5, 20, tzinfo=UTC)
    builder = build.Builder(root, config.load(root), root / "site", searched=False, now=now)
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


ONE, RENDERED, READ = ("9999", "9999"), ("1", "9999"), ("1", "1")
"""From how many pages, and how many stories on, two processes are used: never, to render, or to read as well."""

both_ways = pytest.mark.parametrize("ways", [RENDERED, READ], ids=["rendered", "read"])


def built(folder: Path, ways: tuple[str, str]) -> tuple[str, dict[str, bytes]]:
    """Builds the small digest in one process or in two; returns what was said, and the site."""
    said = ran(BUILD, str(folder), *ways)
    return said, read_folder(folder / "site") if (folder / "site").exists() else {}


@both_ways
def test_one_process_does_all_where_there_is_no_second(tmp_path: Path, ways: tuple[str, str]) -> None:
    one, none = small(tmp_path / "one"), small(tmp_path / "none")
    refused = "import os\ndef refuse(): raise BlockingIOError(11, 'no more processes')\nos.fork = refuse\n"

    assert ran(refused + BUILD, str(none), *ways) == ""

    built(one, ONE)
    assert read_folder(none / "site") == read_folder(one / "site")


def small(folder: Path) -> Path:
    return Path(shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("expected")))


@both_ways
def test_two_processes_build_what_one_builds(tmp_path: Path, ways: tuple[str, str]) -> None:
    one, two = small(tmp_path / "one"), small(tmp_path / "two")

    assert built(two, ways) == built(one, ONE)
    assert (two / "site/feed.atom").exists()
    assert read_folder(two / "content") == read_folder(one / "content")
    assert (two / "content/ledger/_places.jsonl").exists()


@both_ways
def test_what_two_processes_have_learnt_serves_one(tmp_path: Path, ways: tuple[str, str]) -> None:
    root = small(tmp_path / "small")
    built(root, ways)
    before = read_folder(root / "site")
    stamps = {path: path.stat().st_mtime_ns for path in root.glob("site/**/*.*")}

    assert built(root, ONE) == ("", before)
    assert {path: path.stat().st_mtime_ns for path in root.glob("site/**/*.*")} == stamps


@both_ways
@pytest.mark.parametrize("template", ["feeds/stories.xml", "week.html"])
def test_what_is_wrong_in_either_process_leaves_no_trace_of_the_build(
    tmp_path: Path, ways: tuple[str, str], template: str
) -> None:
    root = small(tmp_path / "small")
    (root / "templates" / template).parent.mkdir(parents=True)
    (root / "templates" / template).write_text("{{ nonsense.of.mine }}")

    said, site = built(root, ways)

    assert said.startswith(f"templates/{template}:1: 'nonsense' is undefined")
    assert (site, list(root.glob("**/*.unfinished"))) == ({}, [])


def test_what_is_wrong_in_the_stories_of_both_is_told_as_one_tells_it(tmp_path: Path) -> None:
    roots = [small(tmp_path / "one"), small(tmp_path / "two")]
    for root in roots:
        stories = sorted(path for path in root.glob("content/20*/w*/*.md") if path.stem != "letter")
        for path in (stories[0], stories[-1]):
            path.write_text(path.read_text().replace("---\n", "---\nnonsense: yes\n", 1))
        (root / "content/2026/stray.md").write_text("astray")

    one, two = (built(root, ways) for root, ways in zip(roots, (ONE, READ), strict=True))

    assert one == two
    assert one[0].count("unknown key 'nonsense'") == 2
