"""The ways onto the disk: whole files, added lines, one writer at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest import disk
from digest.errors import DigestError

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    disk.write(tmp_path / "a" / "b.txt", b"one")
    disk.write(tmp_path / "a" / "b.txt", b"two")

    assert [(path.name, path.read_bytes()) for path in (tmp_path / "a").iterdir()] == [("b.txt", b"two")]


def test_a_mode_is_given_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        disk.write(tmp_path / "a" / "b.txt", b"one", mode=0o644)
    finally:
        os.umask(before)

    assert (tmp_path / "a" / "b.txt").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


def test_a_new_file_never_replaces_one_that_is_there(tmp_path: Path) -> None:
    place = tmp_path / "story.md"

    assert disk.create(place, b"mine")
    assert not disk.create(place, b"yours")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("story.md", b"mine")]


def test_what_a_killed_run_left_unfinished_is_used_up(tmp_path: Path) -> None:
    (tmp_path / ".story.md.unfinished").write_bytes(b"ha")

    disk.create(tmp_path / "story.md", b"half and half")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("story.md", b"half and half")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "new\n"),
        ("old\n", "old\nnew\n"),
        ('{"lacks": "its break"}', '{"lacks": "its break"}\nnew\n'),
        ('{"torn": "he', "new\n"),
        ('old\n{"torn": "he', "old\nnew\n"),
    ],
)
def test_lines_are_added_on_lines_of_their_own_in_place_of_a_torn_one(tmp_path: Path, before: str, after: str) -> None:
    place = tmp_path / "ledger.jsonl"
    place.write_text(before)

    disk.append(place, "new\n")

    assert place.read_text() == after


def test_a_file_is_replaced_only_where_it_still_says_what_it_said(tmp_path: Path) -> None:
    place = tmp_path / "story.md"
    place.write_bytes(b"old")
    place.chmod(0o640)

    assert not disk.replace(place, b"older", b"new")
    assert disk.replace(place, b"old", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("story.md", b"new")]
    assert place.stat().st_mode & 0o777 == 0o640


def test_a_second_name_that_a_killed_run_left_of_a_file_is_never_written_into(tmp_path: Path) -> None:
    place, seen = tmp_path / "story.md", tmp_path / "seen"
    place.write_bytes(b"mine")
    os.link(place, tmp_path / ".story.md.unfinished")
    os.link(place, seen)

    disk.write(place, b"new")

    assert (place.read_bytes(), seen.read_bytes()) == (b"new", b"mine")
    assert {path.name for path in tmp_path.iterdir()} == {"story.md", "seen"}


@pytest.mark.parametrize("memory", ["", "{", "[]", '{"version": 0, "says": {"a": 1}}', '{"version": 1}', "\x00"])
def test_a_damaged_memory_is_none(tmp_path: Path, memory: str) -> None:
    (tmp_path / ".digest").mkdir()
    (tmp_path / ".digest" / "feeds.json").write_text(memory)

    assert disk.recall(tmp_path, "feeds.json") == {}


def test_what_was_remembered_is_recalled(tmp_path: Path) -> None:
    disk.remember(tmp_path, "feeds.json", {"a": {"etag": '"é"'}})

    assert disk.recall(tmp_path, "feeds.json") == {"a": {"etag": '"é"'}}


def test_a_second_run_is_turned_away_while_the_first_writes(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from digest import disk\nwith disk.lock(Path({str(tmp_path)!r})): print('in')"

    with disk.lock(tmp_path):
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    third = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "another run of digest is writing here; wait until it has ended" in second.stderr
    assert third.stdout == "in\n"


def test_a_second_run_waits_for_a_preview_whose_builds_are_short(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from digest import disk\nwith disk.lock(Path({str(tmp_path)!r})): print('in')"
    locks = Path("/proc/locks")
    if not locks.exists():
        pytest.skip("this system does not tell who waits for a lock")

    with disk.lock(tmp_path, waiting=lambda: None):
        waiting = f":{(tmp_path / '.digest/lock').stat().st_ino} "
        second = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while second.poll() is None and not any("->" in line and waiting in line for line in _lines(locks)):
            pass
    said, _ = second.communicate(timeout=60)

    assert said == b"in\n"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.mark.parametrize("write", [disk.write, disk.create])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, write: object) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DigestError, match=r"^\S*file/story\.md: cannot write this file: [\w ]+$"):
        write(tmp_path / "file" / "story.md", b"x")  # type: ignore[operator]


def test_a_full_disk_is_one_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")

    with pytest.raises(DigestError, match="cannot write this file: No space left on device"):
        disk.append(full, "line\n")


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)

    with pytest.raises(DigestError, match="Permission denied"):
        disk.write(tmp_path / "a.txt", b"x")
