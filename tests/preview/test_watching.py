"""Which changes by text editors, git and people start a new build, with real files and events.

No test waits for nothing to happen: after a change that must not start a build comes one that
must, and the first build has to be for that.
"""

from __future__ import annotations

import os
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from repositories import git
from watchdog.observers.api import BaseObserver, EventEmitter

from digest import disk
from digest.preview import rebuild, watcher
from digest.preview.changed_files import FileHashes
from digest.preview.rebuild import Rebuilder

WEEK = "content/2026/w20"
STORY = f"{WEEK}/2026-05-15-a.md"
OTHER = f"{WEEK}/2026-05-14-b.md"
LONGEST = 60


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


class Kept:
    """A digest with a rebuild loop: the files that `make` gets; `well` is what it returns."""

    def __init__(self, root: Path, *, poll: bool = False) -> None:
        self.root = root
        self.well = True
        self.reported: queue.Queue[frozenset[str]] = queue.Queue()
        self.deaf: queue.Queue[bool] = queue.Queue()
        self.rebuilder = Rebuilder(
            root, self.make, poll=poll, on_polling=lambda: self.deaf.put(True)
        )

    def make(self, changed: frozenset[str]) -> bool:
        self.reported.put(changed)
        return self.well

    def next(self) -> set[str]:
        return set(self.reported.get(timeout=LONGEST))

    def until(self, *files: str) -> int:
        """Returns how many builds it took until all of these files were reported."""
        waiting, builds = set(files), 0
        while waiting:
            waiting -= self.next()
            builds += 1
        return builds

    def write(self, file: str, words: str = "other words") -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """The files of a digest, before the first scan."""
    (tmp_path / WEEK).mkdir(parents=True)
    for file in ("digest.toml", STORY, OTHER):
        (tmp_path / file).write_text(f"first words of {file}")
    return tmp_path


@pytest.fixture
def kept(plain: Path) -> Iterator[Kept]:
    """A digest with a rebuild loop, after its first build."""
    kept = Kept(plain)
    kept.rebuilder.begin()
    assert kept.next() == set()
    yield kept
    kept.rebuilder.end()


def test_a_save_in_place_is_a_change(kept: Kept) -> None:
    kept.write(STORY)

    assert kept.next() == {STORY}


def test_a_save_by_rename_changes_that_file(kept: Kept) -> None:
    kept.write(f"{STORY}.tmp123")
    (kept.root / f"{STORY}.tmp123").replace(kept.root / STORY)

    assert kept.until(STORY)


def test_a_file_that_is_moved_in_from_elsewhere_is_a_change(
    kept: Kept, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "draft.md"
    elsewhere.write_text("from elsewhere")
    shutil.move(elsewhere, kept.root / STORY)

    assert kept.next() == {STORY}


def test_a_save_by_vim_changes_one_file(kept: Kept) -> None:
    probe, backup, path = kept.root / WEEK / "4913", kept.root / f"{STORY}~", kept.root / STORY
    probe.write_text("")
    probe.unlink()
    path.rename(backup)
    path.write_text("other words")
    backup.unlink()

    assert kept.next() == {STORY}


@pytest.mark.parametrize(
    "name",
    [
        ".2026-05-15-a.md.swp",
        "2026-05-15-a.md~",
        "4913",
        ".#2026-05-15-a.md",
        "#2026-05-15-a.md#",
        ".DS_Store",
    ],
)
def test_temporary_files_of_text_editors_and_systems_change_nothing(name: str, kept: Kept) -> None:
    kept.write(f"{WEEK}/{name}")
    kept.write(OTHER)

    assert kept.next() == {OTHER}


def test_a_touch_and_a_save_of_the_same_content_change_nothing(kept: Kept) -> None:
    (kept.root / STORY).touch()
    shutil.copy(kept.root / STORY, kept.root / f"{STORY}~")
    (kept.root / f"{STORY}~").replace(kept.root / STORY)
    kept.write(OTHER)

    assert kept.next() == {OTHER}


def test_reading_changes_nothing(kept: Kept) -> None:
    (kept.root / STORY).read_text()
    list((kept.root / WEEK).iterdir())
    kept.write(OTHER)

    assert kept.next() == {OTHER}


def test_files_written_by_digest_itself_change_nothing(kept: Kept) -> None:
    for folder in (".digest/preview", ".digest", "site", ".git"):
        kept.write(f"{folder}/index.html")
    kept.write(OTHER)

    assert kept.next() == {OTHER}


@pytest.mark.parametrize(
    "file",
    ["digest.toml", "content/static/.well-known/x", "content/pages/about.md", f"{WEEK}/a.png"],
)
def test_everything_that_a_build_reads_is_watched(file: str, kept: Kept) -> None:
    kept.write(file)

    assert kept.until(file)


def test_templates_are_watched_as_soon_as_they_exist(kept: Kept) -> None:
    kept.write("templates/base.html")
    kept.until("templates/base.html")
    kept.write("templates/story/card.html")

    assert kept.until("templates/story/card.html")


def test_a_checkout_of_hundreds_of_files_causes_a_few_builds_at_most(kept: Kept) -> None:
    files = [
        f"content/2026/w{week:02}/2026-01-01-{number}.md"
        for week in range(1, 11)
        for number in range(40)
    ]
    git(kept.root, "init", "-q")
    git(kept.root, "add", "content")
    git(kept.root, "commit", "-qm", "before")
    git(kept.root, "checkout", "-qb", "work")
    for file in files:
        (kept.root / file).parent.mkdir(parents=True, exist_ok=True)
        (kept.root / file).write_text("x")
    kept.until(*files)
    git(kept.root, "add", "content")
    git(kept.root, "commit", "-qm", "after")
    git(kept.root, "checkout", "-q", "main")

    assert kept.until(*files) < 10
    assert not (kept.root / files[0]).exists()


def test_a_folder_that_is_moved_takes_its_stories_along(kept: Kept) -> None:
    (kept.root / WEEK).rename(kept.root / "content/2026/w21")
    moved = "content/2026/w21/2026-05-15-a.md"
    kept.until(STORY, moved)
    kept.write(moved)

    assert kept.until(moved)


def test_a_folder_moved_out_of_the_digest_is_noticed(
    kept: Kept, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (kept.root / WEEK).rename(tmp_path_factory.mktemp("elsewhere") / "w20")

    assert kept.until(STORY, OTHER)


def test_files_in_folders_within_new_folders_are_found(kept: Kept) -> None:
    kept.write("content/2027/w01/2027-01-05-x.md")
    kept.until("content/2027/w01/2027-01-05-x.md")
    kept.write("content/2027/w01/2027-01-05-x.md", "and again")

    assert kept.until("content/2027/w01/2027-01-05-x.md")


def test_content_may_be_deleted_and_made_again(kept: Kept) -> None:
    shutil.rmtree(kept.root / "content")
    kept.until(STORY, OTHER)
    kept.write(STORY, "born again")
    kept.until(STORY)
    kept.write(STORY, "and edited")

    assert kept.until(STORY)


def test_content_may_be_replaced_by_another_folder_at_once(kept: Kept) -> None:
    shutil.copytree(kept.root / "content", kept.root / "other")
    (kept.root / "other" / STORY.removeprefix("content/")).write_text("another")
    (kept.root / "content").rename(kept.root / "old")
    (kept.root / "other").rename(kept.root / "content")
    kept.until(STORY)
    kept.write(OTHER)

    assert kept.until(OTHER)


def test_a_symlink_in_place_of_content_is_watched_like_a_folder(
    plain: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "texts"
    (plain / "content").rename(elsewhere)
    (plain / "content").symlink_to(elsewhere)
    kept = Kept(plain)
    kept.rebuilder.begin()
    kept.next()
    (elsewhere / STORY.removeprefix("content/")).write_text("other words")

    assert kept.next() == {STORY}
    kept.rebuilder.end()


def test_a_save_during_the_first_build_is_built(plain: Path) -> None:
    kept = Kept(plain)
    first = kept.make

    def make(changed: frozenset[str]) -> bool:
        if kept.reported.empty() and not changed:
            kept.write(STORY, "saved meanwhile")
        return first(changed)

    kept.rebuilder = Rebuilder(plain, make)
    kept.rebuilder.begin()
    kept.next()

    assert kept.next() == {STORY}
    kept.rebuilder.end()


def test_after_a_failed_build_any_event_causes_another_build(kept: Kept) -> None:
    kept.well = False
    (kept.root / STORY).unlink()
    kept.until(STORY)
    (kept.root / OTHER).touch()

    assert kept.next() == set()


def test_an_error_is_reported_once_and_the_loop_goes_on(plain: Path) -> None:
    errors: queue.Queue[Exception] = queue.Queue()
    built: queue.Queue[frozenset[str]] = queue.Queue()
    causes = [BrokenPipeError("no reader"), BrokenPipeError("no reader"), ValueError("odd")]

    def build(changed: frozenset[str]) -> bool:
        built.put(changed)
        if changed and causes:
            raise causes.pop(0)
        return True

    failing = Rebuilder(plain, build, on_error=errors.put)
    failing.begin()
    built.get(timeout=LONGEST)
    for number in range(4):
        (plain / STORY).write_text(f"words {number}")
        assert built.get(timeout=LONGEST) == {STORY}

    assert [repr(errors.get(timeout=LONGEST)) for _ in range(2)] == [
        "BrokenPipeError('no reader')",
        "ValueError('odd')",
    ]
    assert errors.empty()
    failing.end()


def test_an_error_after_the_end_is_not_reported(plain: Path) -> None:
    errors: queue.Queue[Exception] = queue.Queue()
    building, ended = threading.Event(), threading.Event()

    def build(changed: frozenset[str]) -> bool:
        if changed:
            building.set()
            ended.wait(LONGEST)
            raise ValueError("odd")
        return True

    ending = Rebuilder(plain, build, on_error=errors.put)
    before = set(threading.enumerate())
    ending.begin()
    loops = [it for it in threading.enumerate() if it not in before and it.name == "preview"]
    (plain / STORY).write_text("words")
    assert building.wait(LONGEST)
    ending.end()
    ended.set()
    for loop in loops:
        loop.join(LONGEST)

    assert len(loops) == 1
    assert errors.empty()


def test_background_work_runs_in_steps_while_nothing_changes(plain: Path) -> None:
    bits: queue.Queue[int] = queue.Queue()
    left = [3, 2, 1]

    def rest() -> bool:
        if left:
            bits.put(left.pop(0))
        return bool(left)

    keeping = Rebuilder(plain, lambda _: True, rest)
    keeping.begin()

    assert [bits.get(timeout=LONGEST) for _ in range(3)] == [3, 2, 1]
    keeping.end()


def test_a_watcher_that_has_died_is_replaced(kept: Kept) -> None:
    watch = kept.rebuilder._watcher
    dead = watch._observer if watch else None
    assert dead is not None
    dead.stop()
    dead.join()
    kept.write(STORY)

    assert kept.next() == {STORY}


def test_a_watcher_thread_that_has_died_is_replaced(kept: Kept) -> None:
    watch = kept.rebuilder._watcher
    observer = watch._observer if watch else None
    assert observer is not None
    for emitter in observer.emitters:
        emitter.stop()
        emitter.join()
    kept.write(STORY)

    assert kept.next() == {STORY}


# ---------------------------------------------------------------- disks that give no notice


class _Silent(EventEmitter):
    """A watcher on a disk that sends no change events."""

    def queue_events(self, timeout: float) -> None:
        self.stopped_event.wait(timeout)


@contextmanager
def keeping(root: Path, *, poll: bool = False) -> Iterator[Kept]:
    """A digest with a rebuild loop, after its first build."""
    kept = Kept(root, poll=poll)
    kept.rebuilder.begin()
    assert kept.next() == set()
    yield kept
    kept.rebuilder.end()


def test_changes_are_found_without_file_system_events(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "Observer", lambda: BaseObserver(_Silent))
    monkeypatch.setattr(rebuild, "_SCAN_INTERVAL", 0.2)
    monkeypatch.setattr(rebuild, "_POLL_INTERVAL", 0.1)
    with keeping(plain) as kept:
        until(lambda: bool(kept.rebuilder._next_scan))  # the scan after the first build
        kept.write(STORY)
        assert kept.next() == {STORY}
        monkeypatch.setattr(rebuild, "_SCAN_INTERVAL", 1000)  # it need not be waited for any more
        kept.write(STORY, "words once more")
        (kept.root / OTHER).unlink()

        assert kept.until(STORY, OTHER)
        assert kept.deaf.get(timeout=LONGEST)
        assert kept.deaf.empty()


def test_a_working_watcher_is_used_even_if_a_scan_comes_first(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "_SCAN_INTERVAL", 0.001)
    monkeypatch.setattr(rebuild, "_SCAN_PAUSE", 0)
    monkeypatch.setattr(rebuild, "_NOTICE_DELAY", LONGEST)
    with keeping(plain) as kept:
        for number in range(10):
            kept.write(STORY, f"words {number}")
            kept.until(STORY)

        assert kept.deaf.empty()


def test_polling_uses_no_watcher(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "Observer", lambda: pytest.fail("a watcher is asked"))
    monkeypatch.setattr(rebuild, "_POLL_INTERVAL", 0.1)
    with keeping(plain, poll=True) as kept:
        kept.write(STORY)
        assert kept.next() == {STORY}
        kept.write("content/2027/w01/2027-01-05-x.md")
        assert kept.next() == {"content/2027/w01/2027-01-05-x.md"}
        shutil.rmtree(kept.root / "content/2027")
        assert kept.next() == {"content/2027/w01/2027-01-05-x.md"}
        assert kept.deaf.empty()


def test_polling_finds_an_edit_that_keeps_size_and_time(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "_POLL_INTERVAL", 0.1)
    with keeping(plain, poll=True) as kept:
        status = (plain / STORY).stat()
        kept.write(STORY, (plain / STORY).read_text().upper())
        os.utime(plain / STORY, ns=(status.st_atime_ns, status.st_mtime_ns))

        assert kept.until(STORY)


@pytest.mark.parametrize("seconds_since_start", [0, 1])
def test_two_saves_in_one_second_are_both_noticed_on_a_disk_with_second_timestamps(
    plain: Path, monkeypatch: pytest.MonkeyPatch, seconds_since_start: int
) -> None:
    clock = 1
    monkeypatch.setattr(disk, "stamp", lambda status: (clock, clock, status.st_size, status.st_ino))
    (plain / STORY).write_text("begin text")
    seen = FileHashes(plain)
    seen.scan()
    clock += seconds_since_start
    found = []
    for words in ("first save", "other save"):
        (plain / STORY).write_text(words)
        found.append(seen.scan())

    assert found == [{STORY}, {STORY}]
    assert seen.scan() == set()


def test_an_unreadable_file_is_a_change(kept: Kept) -> None:
    (kept.root / STORY).unlink()
    (kept.root / STORY).symlink_to("nowhere")

    assert kept.next() == {STORY}
