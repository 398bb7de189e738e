"""A build in several processes: what comes of it is what one process makes, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from caches import noted
from sites import read_folder

from benchmarks import corpus

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs Linux and two cores"
)

BUILD = """
import os, sys

cores, hidden, program = int(sys.argv[1]), sys.argv[2].split(), sys.argv[3]
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
sys.modules |= dict.fromkeys(hidden)  # as if these libraries were not installed
from digest import parallel
parallel.MIN_WORK = 1  # so that a small digest is enough
forks = []
sys.addaudithook(lambda event, _: forks.append(event) if event == "os.fork" else None)
exec(program)
print(len(forks))
"""
SHELL = "from digest.cli.main import cli; cli(['--quiet', 'build'], standalone_mode=False)"
PREVIEW = """
from datetime import UTC, datetime
from pathlib import Path
from digest.commands.serve import Preview
clock = lambda: datetime(2026, 6, 1, tzinfo=UTC)
assert Preview(Path.cwd(), print, clock).rebuild(frozenset())
"""
NO_EXTRAS = "pagefind resvg_py"
MANY = 440  # stories
KINDS = ("folder", "ledgers", "edition", "card", "files", "busy")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("processes") / "large"
    corpus.write(root, MANY)
    forks(root, 2, NO_EXTRAS)  # records in the ledgers where stories are
    built(root)
    yield root
    shutil.rmtree(root)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    corpus.write(tmp_path / "small", 60)
    return tmp_path / "small"


def run(
    root: Path, cores: int, hidden: str, program: str = SHELL
) -> subprocess.CompletedProcess[str]:
    """Runs a program, by default a build, on so many cores; it ends with how often it has forked."""
    return subprocess.run(
        [sys.executable, "-c", BUILD, str(cores), hidden, program],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def forks(root: Path, cores: int, hidden: str, program: str = SHELL) -> int:
    """Runs a program that has to go well, and returns how often it has forked."""
    done = run(root, cores, hidden, program)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


def built(root: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The site, and what the cache has except stamps of the site's files; both are removed."""
    site, cached = read_folder(root / "site"), {kind: noted(root, kind) for kind in KINDS}
    (manifest,) = noted(root, "output").values()
    content, settings, files, *rest = manifest
    keys = content, settings, {path: key for path, (key, _) in files.items()}, rest
    shutil.rmtree(root / "site")
    shutil.rmtree(root / ".digest")
    return site, cached | {"manifest": keys}


def test_two_processes_build_what_one_does(large: Path) -> None:
    assert forks(large, 1, NO_EXTRAS) == 0
    expected = built(large)
    assert forks(large, 2, NO_EXTRAS) == 2  # to read the stories, and to render the pages

    assert built(large) == expected


def test_two_processes_draw_the_cards_that_one_does(small: Path) -> None:
    assert forks(small, 1, "pagefind") == 0
    expected = built(small)
    assert expected[1]["card"]
    assert forks(small, 2, "pagefind") == 3

    assert built(small) == expected


def test_two_processes_find_the_problems_that_one_does(large: Path) -> None:
    weeks = sorted((large / "content").glob("[0-9]*/w[0-9][0-9]"))
    texts = {}
    for number, week in enumerate(weeks):
        story = sorted(week.glob("2*.md"))[0]
        texts[story] = story.read_text()
        key = "hide" if number % 3 else "lead"
        story.write_text(texts[story].replace("---\n", f"---\n{key}: perhaps\n", 1))
    one, two = (run(large, cores, NO_EXTRAS) for cores in (1, 2))
    for story, text in texts.items():
        story.write_text(text)

    assert one.stderr.count("'perhaps' is neither") == len(weeks) > 4
    assert (two.returncode, two.stderr) == (one.returncode, one.stderr) != (0, "")


def test_two_processes_find_the_broken_links_that_one_does(large: Path) -> None:
    letters = sorted((large / "content").glob("*/w*/letter.md"))
    texts = {letter: letter.read_text() for letter in letters}
    for letter, text in texts.items():
        letter.write_text(f"{text}\n\nSee [this](no-such-story.md).\n")
    one, two = (run(large, cores, NO_EXTRAS) for cores in (1, 2))
    for letter, text in texts.items():
        letter.write_text(text)

    assert one.stderr.count("no-such-story.md") >= len(letters) > 4
    assert (two.returncode, two.stderr) == (one.returncode, one.stderr)
    assert not (large / "site").exists()


def test_the_preview_works_in_its_own_process_alone(large: Path) -> None:
    assert forks(large, 2, NO_EXTRAS, PREVIEW) == 0
    shutil.rmtree(large / ".digest")
