"""What builds and pulls make of caches in `.digest/` that are whole and say what nothing of ours ever kept: they are
thrown away. Nothing in them is ever executed.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from jinja2.bccache import bc_magic
from sites import read_folder
from test_strange_files import said

from digest import memory

SMALL = Path(__file__).parent / "data/sites/small"
ODD: list[Any] = [
    5, "x", [], [[]], {"a": 1}, (1, 2, 3, 4), ({"a": 1}, {"b": 2}, {}, 7, b""), ([[]], [], [], []), [[5]] * 9,
]  # fmt: skip
KEY = 16


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest that has been built."""
    shutil.copytree(SMALL, tmp_path / "small", ignore=shutil.ignore_patterns("expected"))
    assert said(tmp_path / "small", "build")[0] == 0
    return tmp_path / "small"


def memories(root: Path) -> list[Path]:
    return sorted((root / ".digest").rglob("*.memory"))


def odd(path: Path, root: Path, value: object) -> None:
    """Puts another value into a memory, under its own key and with a mark that is right."""
    content, start = path.read_bytes(), len(memory._MAGIC) + memory._SIZE
    memory.keep(root, path.relative_to(root / ".digest").as_posix(), content[start : start + KEY], value)


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_a_memory_of_another_kind_is_thrown_away(root: Path, value: object) -> None:
    before, found = read_folder(root / "site"), memories(root)
    note = next(root.glob("content/2026/w20/2*.md"))

    for path in found:
        odd(path, root, value)
        note.write_text(note.read_text() + "\n")
        code, lines = said(root, "build")
        assert code == 0, lines
        assert read_folder(root / "site") == before
    assert len(found) >= 3
    assert said(root, "build")[1].count("written") == 1


def test_flipped_bits_of_a_memory_cost_time_alone(root: Path) -> None:
    before, dice = read_folder(root / "site"), random.Random(4)
    for path in memories(root):
        content = bytearray(path.read_bytes())
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(content)
        code, lines = said(root, "build")
        assert code == 0, lines
        assert read_folder(root / "site") == before


def test_no_code_is_kept_from_one_run_to_the_next(root: Path) -> None:
    assert memories(root)
    assert not [path for path in memories(root) if bc_magic[:2] + b"\x05" in path.read_bytes()]
    assert not [path for path in memories(root) if b"root_render_func" in path.read_bytes()]


@pytest.mark.parametrize(
    "says",
    [
        {"../../outside.md": ["a", "b"]},
        {"a\0b": ["a", "b"]},
        {"content/2026/w20": ["a", "b"]},
        {"content/2026/w20/2026-05-11-\ud800.md": ["\udfff", "b"]},
    ],
    ids=repr,
)
def test_a_memory_of_themes_that_names_odd_files_is_passed_over(root: Path, says: dict[str, list[str]]) -> None:
    (root.parents[0] / "outside.md").write_bytes(b"\xff\xfe")
    (root / ".digest/themes.json").write_text(json.dumps({"version": 1, "says": says}))

    code, lines = said(root, "themes", "--apply")

    assert code == 0, lines
