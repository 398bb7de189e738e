"""The cache: what is stored in it, and what becomes of it where files are deleted, damaged or in the way."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import caches
import pytest

from digest.cache import FILE, Cache, notices
from digest.errors import DigestError

DAMAGED = ".digest/cache.sqlite was damaged and could not be used"


def test_a_value_is_returned_for_its_own_key_alone(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put("kind", "name", b"key", ["value"])
        assert cache.get("kind", "name", b"key", list[str]) == ["value"]
        assert cache.get("kind", "name", b"other", list[str]) is None
        cache.save()
    with Cache(tmp_path) as cache:
        assert cache.get("kind", "name", b"key", list[int]) is None
        assert cache.get("kind", "name", b"key", list[str]) == ["value"]
        cache.put("kind", "name", b"key", [])
    assert Cache(tmp_path).get("kind", "name", b"key", list[str]) == [
        "value"
    ]  # what is not saved is not kept


def test_reading_an_absent_cache_creates_no_file(tmp_path: Path) -> None:
    assert Cache(tmp_path).get("kind", "name", b"key", str) is None

    assert not list(tmp_path.iterdir())


def test_a_cache_deleted_while_in_use_is_created_again(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put("kind", "name", b"", "one")
        cache.save()
        shutil.rmtree(tmp_path / ".digest")
        assert cache.get("kind", "name", b"", str) is None
        cache.put("kind", "name", b"", "two")
        cache.save()
    assert Cache(tmp_path).get("kind", "name", b"", str) == "two"


def test_values_without_inputs_are_read_together_whether_saved_or_not(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put("kind", "one", b"", 1)
        cache.put("kind", "two", b"", 2)
        cache.put("kind", "keyed", b"key", 3)
        cache.put("other", "one", b"", 4)
        cache.save()
        cache.put("kind", "two", b"", "no number")
        cache.put("kind", "three", b"", 3)
        cache.remove("kind", "one")

        assert cache.get_kind("kind", int) == {"three": 3}
    assert Cache(tmp_path).get_kind("kind", int) == {"one": 1, "two": 2}


def test_values_are_saved_into_a_cache_that_another_run_created_again(tmp_path: Path) -> None:
    with Cache(tmp_path) as first, Cache(tmp_path) as second:
        first.put("kind", "one", b"", 1)
        first.save()
        assert first.get("kind", "one", b"", int) == 1  # and holds the file open
        (tmp_path / FILE).unlink()
        second.put("kind", "two", b"", 2)
        second.save()
        first.put("kind", "three", b"", 3)
        first.save(flush=True)

    assert Cache(tmp_path).get_kind("kind", int) == {"two": 2, "three": 3}


def test_two_runs_that_save_at_once_keep_each_others_values(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from digest.cache import Cache\n"
        "for number in range(20):\n"
        "    with Cache(Path(sys.argv[1])) as cache:\n"
        "        cache.put('kind', f'{sys.argv[2]} {number}', b'', number); cache.save()"
    )

    runs = [subprocess.Popen([sys.executable, "-c", code, tmp_path, name]) for name in "ab"]

    assert [run.wait() for run in runs] == [0, 0]
    assert len(Cache(tmp_path).get_kind("kind", int)) == 40


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "nothing may be written"])
def test_an_unusable_cache_is_empty_and_reports_why_it_saves_nothing(
    tmp_path: Path, kind: str
) -> None:
    place = tmp_path / FILE
    place.parent.mkdir()
    if kind == "link":
        place.symlink_to(tmp_path / "outside")
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    elif os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    else:
        place.parent.chmod(0o500)
    with Cache(tmp_path) as cache:
        assert cache.get_kind("kind", int) == {}
        cache.put("kind", "one", b"", 1)

        with pytest.raises(DigestError, match=r"^\.digest/cache\.sqlite: |cannot write this file"):
            cache.save()
    assert not (tmp_path / "outside").exists()
    place.parent.chmod(0o700)


def test_only_cache_files_of_earlier_versions_are_removed(tmp_path: Path) -> None:
    old = ["feeds.json", "edits.json", "summaries/first.json", "desk/reviewed.json"]
    others = ["desk/open.html", "preview/feeds.json", "mine.json", "summaries/mine.txt"]
    for name in (*old, *others):
        path = tmp_path / ".digest" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")

    with Cache(tmp_path) as cache:
        cache.put("kind", "one", b"", 1)
        cache.save(flush=True)

    left = {path for path in (tmp_path / ".digest").rglob("*") if path.is_file()}
    assert left == {tmp_path / ".digest" / name for name in (*others, "cache.sqlite")}


def test_a_damaged_value_is_reported_once_and_removed_by_the_next_save(tmp_path: Path) -> None:
    caches.note(tmp_path, "kind", "one", 1)
    caches.note(tmp_path, "kind", "two", 2)
    caches.damage(tmp_path, "two")
    with Cache(tmp_path) as cache:
        assert cache.get_kind("kind", int) == {"one": 1}
        assert notices(tmp_path) == (DAMAGED,)
        cache.save()

    with Cache(tmp_path) as cache:
        assert cache.get_kind("kind", int) == {"one": 1}
        assert notices(tmp_path) == ()
    assert caches.noted(tmp_path, "kind") == {"one": 1}


def test_a_value_that_another_run_stored_in_place_of_a_damaged_one_stays(tmp_path: Path) -> None:
    caches.note(tmp_path, "kind", "one", 1)
    caches.damage(tmp_path, "one")
    with Cache(tmp_path) as cache:
        assert cache.get_kind("kind", int) == {}
        caches.note(tmp_path, "kind", "one", 3)
        cache.save()

    assert caches.noted(tmp_path, "kind") == {"one": 3}


def test_reading_a_damaged_file_leaves_it_so_that_the_run_which_replaces_it_says_so(
    tmp_path: Path,
) -> None:
    caches.note(tmp_path, "kind", "one", 1)
    (tmp_path / FILE).write_bytes(b"nonsense" * 900)
    assert Cache(tmp_path).get_kind("kind", int) == {}

    with Cache(tmp_path) as cache:
        cache.put("kind", "two", b"", 2)
        cache.save()

        assert notices(tmp_path) == (DAMAGED,)
    assert caches.noted(tmp_path, "kind") == {"two": 2}


def test_a_full_disk_asks_for_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def with_three_pages(path: Path, **rest: Any) -> sqlite3.Connection:
        connection = connect(path, **rest)
        connection.execute("PRAGMA max_page_count = 3")
        return connection

    monkeypatch.setattr(sqlite3, "connect", with_three_pages)
    with Cache(tmp_path) as cache:
        cache.put("kind", "one", b"", "words" * 9000)

        with pytest.raises(DigestError, match=r"is full; free some space$"):
            cache.save()


def test_a_file_locked_by_another_program_is_waited_for_once_and_said_to_be_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches.note(tmp_path, "kind", "one", 1)
    waits = list[float]()
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def noting(path: Path, *, timeout: float, **rest: Any) -> sqlite3.Connection:
        waits.append(timeout)
        return connect(path, timeout=timeout / 50, **rest)

    with caches.locked(tmp_path), Cache(tmp_path) as cache, Cache(tmp_path) as other:
        monkeypatch.setattr(sqlite3, "connect", noting)
        assert cache.get_kind("kind", int) == {}
        assert other.get("kind", "one", b"", int) is None
        cache.put("kind", "two", b"", 2)
        with pytest.raises(DigestError, match="another program is using this file"):
            cache.save()
    assert Cache(tmp_path).get_kind("kind", int) == {"one": 1}
    assert Cache(tmp_path).get_kind("kind", int) == {"one": 1}

    assert waits == [5, 0, 0, 0, 5]
