"""A cache that is damaged, or has what no build stored, only costs time."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import sqlite3
import time
from pathlib import Path
from typing import Any

import caches
import pytest
from desks import digest
from jinja2.bccache import bc_magic
from shell import outcome
from sites import read_folder

from digest.cache import FILE, _checksum

SMALL = Path(__file__).parents[1] / "data/sites/small"
ODD: list[Any] = [
    5, [], [[]], {"a": 1}, (1, 2, 3, 4), ({"a": 1}, {"b": 2}, {}, 7, b""), ([[]], [], [], []), [[5]] * 9,
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest that has been built."""
    shutil.copytree(SMALL, tmp_path / "small", ignore=shutil.ignore_patterns("expected"))
    time.sleep(0.05)  # so that the files' times of change are believed
    assert outcome(tmp_path / "small", "build")[0] == 0
    return tmp_path / "small"


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest that has been built, to be copied."""
    folder = tmp_path_factory.mktemp("built") / "small"
    shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("expected"))
    assert outcome(folder, "build")[0] == 0
    return folder


@pytest.fixture
def copied(built_once: Path, tmp_path: Path) -> Path:
    """A digest with a cache that no command can use, since its files are others; for tests of what damages all of it."""
    return shutil.copytree(built_once, tmp_path / "small")


def rows(root: Path) -> list[tuple[str, str, bytes]]:
    """Kind, name and key of each value in the cache."""
    with sqlite3.connect(root / FILE) as connection:
        return list(connection.execute("SELECT kind, name, key FROM cache"))


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_a_cached_value_of_another_type_is_ignored(root: Path, value: object) -> None:
    before, note = read_folder(root / "site"), next(root.glob("content/2026/w20/2*.md"))
    found = rows(root)

    for kind, name, key in found:
        packed = json.dumps(value, default=repr).encode()
        with sqlite3.connect(root / FILE) as connection:  # as if it were ours, checksum and all
            row = kind, name, key, packed, _checksum(kind, name, key, packed)
            connection.execute("INSERT OR REPLACE INTO cache VALUES (?, ?, ?, ?, ?)", row)
    note.write_text(note.read_text() + "\n")

    code, lines = outcome(root, "build")
    assert code == 0, lines
    assert read_folder(root / "site") == before
    assert {kind for kind, _, _ in found} >= {"folder", "ledgers", "files", "output"}
    assert outcome(root, "build")[1].count("written") == 1


@pytest.mark.parametrize("seed", range(20))
def test_flipped_bits_in_a_cache_only_cost_time(root: Path, seed: int) -> None:
    before, rng = read_folder(root / "site"), random.Random(seed)
    content = bytearray((root / FILE).read_bytes())
    for _ in range(1 + seed):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    (root / FILE).write_bytes(content)
    note = next(root.glob("content/2026/w20/2*.md"))
    note.write_text(note.read_text() + "\n")

    code, lines = outcome(root, "build")

    assert code == 0, lines
    assert read_folder(root / "site") == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"nonsense" * 9000),
        lambda file: file.write_bytes(file.read_bytes()[:9000]),
        lambda file: sqlite3.connect(file).executescript(
            "DROP TABLE cache; CREATE TABLE cache (one, two)"
        ),
        lambda file: sqlite3.connect(file).executescript(
            "DROP TABLE cache; CREATE TABLE other (one)"
        ),
    ],
)
def test_a_damaged_cache_file_is_created_again(root: Path, damage: Any) -> None:
    before = read_folder(root / "site")
    damage(root / FILE)

    code, lines = outcome(root, "build")

    assert code == 0, lines
    assert read_folder(root / "site") == before
    assert len(rows(root)) > 3


def test_a_notice_says_that_the_file_was_damaged(root: Path) -> None:
    (root / FILE).write_bytes(b"nonsense" * 900)

    assert ".digest/cache.sqlite was damaged and could not be used" in outcome(root, "build")[1]
    assert "damaged" not in outcome(root, "build")[1]


@pytest.mark.parametrize("command", ["status", "check", "new", "themes", "pull", "build"])
def test_every_command_that_reads_a_damaged_file_says_so_once(copied: Path, command: str) -> None:
    (copied / FILE).write_bytes(b"nonsense" * 900)

    lines = outcome(copied, command)[1]

    assert lines.count("damaged") == 1
    assert ".digest/cache.sqlite was damaged and could not be used\n" in lines


@pytest.mark.parametrize("command", ["status", "pull", "build"])
@pytest.mark.parametrize("ending", ["", "-journal", "-wal"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "folder"])
def test_what_is_in_place_of_the_file_or_its_journal_is_one_line(
    copied: Path, monkeypatch: pytest.MonkeyPatch, kind: str, ending: str, command: str
) -> None:
    place = copied / f"{FILE}{ending}"
    place.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        monkeypatch.chdir(place.parent)  # the whole path may be too long for a socket
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(place.name)

    done = digest(copied, command)

    assert done.returncode == (1 if command in {"pull", "build"} else 0)
    is_what = "a folder" if kind == "folder" else "not a regular file"
    assert done.stderr == f"{FILE}{ending}: is {is_what}; remove it\n"


def test_no_code_is_cached_between_runs(root: Path) -> None:
    kept = (root / FILE).read_bytes()

    assert bc_magic[:2] + b"\x05" not in kept
    assert b"root_render_func" not in kept


@pytest.mark.parametrize(
    "says",
    [
        {"../../outside.md": ["a", "b"]},
        {"a\0b": ["a", "b"]},
        {"content/2026/w20": ["a", "b"]},
    ],
    ids=repr,
)
def test_a_theme_cache_with_invalid_file_names_is_ignored(
    root: Path, says: dict[str, list[str]]
) -> None:
    (root.parents[0] / "outside.md").write_bytes(b"\xff\xfe")
    caches.note(root, "begun", "themes", says)

    code, lines = outcome(root, "themes", "--apply")

    assert code == 0, lines
