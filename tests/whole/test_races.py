"""Several at once: two runs, an editor who saves in the middle of one, two branches of git that both have pulled."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import newsroom
import pytest
import warm
from newsroom import FEEDS, Publisher
from repositories import git
from sites import read_folder

from digest import config, lock
from digest.commands import build, init, pull
from digest.commands.pull_report import PullReport
from digest.content import load
from digest.errors import DigestError, Faults

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
BUSY = r"[^\n]+: another run of digest is writing here; wait until it has ended\n"
FIRST = "content/2026/w19/2026-05-06-e1-v1.md"


def run(root: Path, hours: int = 0) -> PullReport:
    settings = config.load(root)
    return pull.run(root, settings, settings.feeds, now=NOW + timedelta(hours=hours))


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def root(tmp_path: Path, publisher: Publisher) -> Path:
    """A digest that has pulled once, and whose feeds have changed since."""
    root = tmp_path / "desk"
    root.mkdir()
    (root / "digest.toml").write_text(newsroom.SETTINGS)
    publisher.write(root)
    run(root)
    for number in (1, 3):
        publisher.articles[number].title = f"E{number} anew"
    publisher.begin("numbered", set(FEEDS))
    publisher.write(root)
    return root


# ---------------------------------------------------------------- two runs


def digest(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return warm.run(list(arguments), root, dict(os.environ))


@pytest.mark.parametrize("command", ["pull", "build"])
def test_a_second_run_at_the_same_time_says_so_and_changes_nothing(
    root: Path, command: str
) -> None:
    before = read_folder(root)

    with lock.hold(root):
        second = digest(root, command)

    assert (second.returncode, second.stdout) == (1, "")
    assert re.fullmatch(BUSY, second.stderr)
    assert read_folder(root) == before


def test_simultaneous_runs_have_the_result_of_consecutive_ones(root: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(root, alone)
    run(alone)
    commands = [
        [sys.executable, "-m", "digest", "--root", str(root), name]
        for name in ("pull", "build", "pull")
    ]

    running = [
        subprocess.Popen(one, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for one in commands
    ]
    ends = [(one.communicate()[1], one.returncode) for one in running]

    assert all(code == 0 or re.fullmatch(BUSY, wrong) for wrong, code in ends)
    assert any(code == 0 for _, code in ends)
    for name in ("pull", "build"):
        assert digest(root, name).returncode == 0
    assert sorted(read_folder(root / "content")) == sorted(read_folder(alone / "content"))


def test_a_dry_run_needs_no_lock(root: Path) -> None:
    with lock.hold(root):
        assert digest(root, "pull", "--dry-run").returncode == 0


# ---------------------------------------------------------------- an editor in the middle of a pull


@contextmanager
def meanwhile(
    monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]
) -> Iterator[None]:
    """Calls a function when the pull is about to sync its first file with this name: the last chance."""
    plain, done = os.fsync, list[str]()

    def sync(file: int) -> None:
        plain(file)
        if not done and name in str(Path(f"/proc/self/fd/{file}").readlink()):
            done.append(name)
            act()

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync)
        yield
    assert done, "the pull did not sync such a file"


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="this system does not tell a file's name"
)


@needs_proc
def test_a_file_saved_during_a_pull_stays_and_is_reported(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = root / FIRST
    mine = newsroom.note(place.read_bytes(), "✎1")

    with (
        meanwhile(monkeypatch, place.name, lambda: place.write_bytes(mine)),
        pytest.raises(
            DigestError,
            match=f"^{re.escape(FIRST)}: this file was changed in the meantime and is left alone",
        ),
    ):
        run(root)

    assert place.read_bytes() == mine
    report = run(root, hours=1)
    assert FIRST in [file for row in report.rows for file in row.updated]
    assert "E1 anew" in place.read_text()
    assert place.read_text().endswith("✎1 My note.\n\n> ✎1 Somebody's words.\n")
    assert len(list(root.glob("content/2026/*/*-e5-*.md"))) == 1
    assert not list(root.rglob("*.unfinished"))


@needs_proc
def test_a_file_created_during_a_pull_in_the_place_of_a_new_story_stays(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(root, tmp_path / "alone")
    run(tmp_path / "alone")
    (new,) = (
        path.relative_to(tmp_path / "alone")
        for path in (tmp_path / "alone").glob("content/2026/*/*-e5-*.md")
    )
    mine = "---\ntitle: ✎ mine\nlink: https://mine.example/\n---\n"

    def write() -> None:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / new).write_text(mine)

    with (
        meanwhile(monkeypatch, new.name, write),
        pytest.raises(
            DigestError,
            match=f"^{re.escape(new.as_posix())}: this file was created in the meantime",
        ),
    ):
        run(root)
    run(root, hours=1)

    assert (root / new).read_text() == mine
    assert len([path for path in root.glob("content/2026/*/*.md") if "E5" in path.read_text()]) == 1


@needs_proc
def test_a_story_that_an_editor_deletes_during_a_pull_stays_deleted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        meanwhile(monkeypatch, Path(FIRST).name, (root / FIRST).unlink),
        pytest.raises(DigestError, match="was changed in the meantime"),
    ):
        run(root)
    run(root, hours=1)

    assert not (root / FIRST).exists()
    assert not [path for path in root.glob("content/2026/*/*.md") if "E1" in path.read_text()]


# ---------------------------------------------------------------- two branches with pulls on both


@pytest.fixture
def repository(tmp_path: Path, publisher: Publisher) -> Path:
    """A digest in git as `init` makes it, with two feeds, pulled once and committed."""
    if shutil.which("git") is None:
        pytest.skip("git is not here")
    root = tmp_path / "repository"
    init.run(root)
    (root / "digest.toml").write_text(newsroom.SETTINGS)
    publisher.write(root)
    run(root)
    git(root, "init", "-q")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "content", "digest.toml", ".gitattributes", ".gitignore")
    git(root, "commit", "-q", "-m", "Pulled")


def entries(root: Path) -> list[str]:
    """The numbers of the entries with stories, once for each story."""
    return sorted(
        re.findall(r"E\d+", path.read_text())[0] for path in root.glob("content/2026/*/*.md")
    )


def test_branches_with_pulls_on_both_sides_merge_without_a_duplicate(
    repository: Path, publisher: Publisher
) -> None:
    root = repository
    git(root, "checkout", "-q", "-b", "other")
    publisher.begin("numbered", {"first"})
    publisher.write(root)
    run(root, hours=1)
    (root / "content/2026/w19/2026-05-08-e3-v3.md").unlink()
    commit(root)
    git(root, "checkout", "-q", "main")
    publisher.begin("addressed", set(FEEDS))
    publisher.write(root)
    run(root, hours=2)  # has the other branch's entry, too, and puts it into the same file
    commit(root)

    git(root, "merge", "-q", "other", "-m", "Merged")

    assert "UU" not in git(root, "status", "--porcelain")
    ledger = (root / "content" / "ledger" / "first.jsonl").read_text().splitlines()
    assert all(json.loads(line) for line in ledger)
    publisher.articles[3].title = "E3 anew"  # deleted in one branch, it does not come back
    publisher.articles[5].slug = "elsewhere"
    publisher.write(root)
    assert not [row for row in run(root, hours=3).rows if row.new]
    assert entries(root) == ["E1", "E2", "E4", "E5", "E6"]
    settings = config.load(root)
    build.run(root, settings, output=root / "site", base_url=None)


def test_one_story_under_two_names_after_a_merge_is_reported_by_build_and_not_added_again(
    repository: Path, publisher: Publisher
) -> None:
    root = repository
    git(root, "checkout", "-q", "-b", "other")
    article = publisher.begin("numbered", {"first"})
    publisher.write(root)
    run(root, hours=1)
    commit(root)
    git(root, "checkout", "-q", "main")
    article.title = "E5 under another headline"
    publisher.write(root)
    run(root, hours=2)
    commit(root)

    git(root, "merge", "-q", "other", "-m", "Merged")

    article.title = "E5 under a third"
    publisher.write(root)
    run(root, hours=3)
    assert entries(root) == ["E1", "E2", "E3", "E4", "E5", "E5"]
    settings = config.load(root)
    with pytest.raises(Faults) as caught:
        build.run(root, settings, output=root / "site", base_url=None)
    both = [
        path.relative_to(root).as_posix() for path in sorted(root.glob("content/2026/*/*-e5-*.md"))
    ]
    assert all(file in str(caught.value) for file in both)

    (root / both[0]).unlink()
    article.title = "E5 under a fourth"
    publisher.write(root)
    run(root, hours=4)

    assert entries(root) == ["E1", "E2", "E3", "E4", "E5"]
    build.run(root, settings, output=root / "site", base_url=None)
    assert load.load(root, settings).stories
