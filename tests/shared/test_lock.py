"""The lock: one run at a time writes to a digest."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from digest import lock
from digest.errors import DigestError


def test_a_pipe_in_place_of_the_lock_is_never_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".digest").mkdir()
    os.mkfifo(tmp_path / ".digest" / "lock")
    code = (
        "from pathlib import Path; from digest import lock\n"
        f"with lock.hold(Path({str(tmp_path)!r})): print('in')"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.stdout == "in\n" or "errors.FileError" in ended.stderr


def test_a_link_in_place_of_a_cache_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "digest/.digest").mkdir(parents=True)
    (tmp_path / "digest/.digest/built").symlink_to(tmp_path / "outside")

    with (
        pytest.raises(DigestError, match=r"^\.digest/built: is a symbolic link"),
        lock.hold(tmp_path / "digest"),
    ):
        pass


def test_a_second_run_is_turned_away_while_the_first_writes(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from digest import lock\nwith lock.hold(Path({str(tmp_path)!r})): print('in')"

    with lock.hold(tmp_path):
        second = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
    third = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert "another run of digest is writing here; wait until it has ended" in second.stderr
    assert third.stdout == "in\n"


def test_a_second_run_waits_for_a_preview_whose_builds_are_short(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from digest import lock\nwith lock.hold(Path({str(tmp_path)!r})): print('in')"
    locks = Path("/proc/locks")
    if not locks.exists():
        pytest.skip("this system does not tell who waits for a lock")

    with lock.hold(tmp_path, waiting=lambda: None):
        waiting = f":{(tmp_path / '.digest/lock').stat().st_ino} "
        second = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        while second.poll() is None and not any(
            "->" in line and waiting in line for line in _lines(locks)
        ):
            pass
    said, _ = second.communicate(timeout=60)

    assert said == b"in\n"


def test_a_run_also_waits_for_a_preview_that_has_not_yet_announced_short_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = ExitStack()
    preview.enter_context(lock.hold(tmp_path, waiting=lambda: None))
    place = tmp_path / ".digest/lock"
    place.write_bytes(b"")

    def go_on(_: float) -> None:
        place.write_bytes(b"brief")
        preview.close()

    monkeypatch.setattr("digest.lock.time.sleep", go_on)
    with lock.hold(tmp_path):
        assert place.read_bytes() == b""


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
