"""Lines of ledgers that cannot be read: a build names each of them, every time, until they are restored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli import digest

from digest import config
from digest.commands import build
from digest.content import locations
from digest.model import Location

STORY = "---\ntitle: A\nlink: https://news.example/a\n---\n\nA note.\n"
CONFIG = '[site]\ntitle = "T"\nurl = "https://ada.github.io/x/"\n[[feeds]]\nid = "quay"\nurl = "quay.xml"\n'
CURE = (
    "not a line of the ledger; restore it from git: without it, deleted stories may return, and old "
    "addresses lead nowhere"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    story = tmp_path / "content/2026/w20/2026-05-15-a.md"
    story.parent.mkdir(parents=True)
    story.write_text(STORY)
    (tmp_path / "content/ledger").mkdir()
    (tmp_path / "digest.toml").write_text(CONFIG)
    return tmp_path


def built(root: Path) -> tuple[str, ...]:
    return tuple(build.run(root, config.load(root), output=root / "site", base_url=None).damaged)


@pytest.mark.parametrize("name", ["quay.jsonl", "_places.jsonl", "_added.jsonl"])
def test_every_build_finds_the_damaged_lines_of_a_ledger(root: Path, name: str) -> None:
    ledger = root / "content/ledger" / name
    ledger.write_text('<<<<<<< HEAD\n{"v": 1}\n')
    mark = "a merge-conflict mark; delete this line, and keep the lines of both sides"

    first, unchanged = built(root), built(root)
    (root / "content/2026/w20/2026-05-15-a.md").write_text(STORY + "\nMore.\n")
    edited = built(root)
    ledger.write_text("")

    assert first == (f"content/ledger/{name}:1: {mark}", f"content/ledger/{name}:2: {CURE}")
    assert (unchanged, edited, built(root)) == (first, first, ())


def test_a_ledger_with_cr_line_endings_is_not_suggested_for_deletion(root: Path) -> None:
    (root / "content/ledger/quay.jsonl").write_bytes(b'{"v": 1}\r{"v": 1}\r')

    assert built(root) == (
        "content/ledger/quay.jsonl:1: lines that end in CR alone; save it with LF line ends, or restore it from git",
    )


@pytest.mark.parametrize("name", ["quay.jsonl", "_places.jsonl", "_added.jsonl"])
def test_a_byte_order_mark_damages_no_line(root: Path, name: str) -> None:
    record = {
        "v": 1,
        "at": "2026-05-15T08:00:00.000000Z",
        "id": "a",
        "aliases": [],
        "file": "f",
        "title": "A",
    }
    line = json.dumps({**record, "said": {}, "wrote": {}, "link": "https://news.example/a"})
    (root / "content/ledger" / name).write_text("\ufeff" + line + "\n")

    assert built(root) == ()


def test_a_build_prints_damaged_lines_and_their_consequences(root: Path) -> None:
    (root / "content/ledger/quay.jsonl").write_text('{"v": 1}\n')

    run = digest("build", cwd=root)

    assert (run.returncode, run.stderr) == (
        0,
        f"content/ledger/quay.jsonl:1: {CURE}\npublished addresses and Atom ids may change without these lines\n",
    )


def test_a_damaged_line_that_a_build_does_not_need_is_also_reported(root: Path) -> None:
    record = {
        "v": 1,
        "at": "2026-05-15T08:00:00.000000Z",
        "id": "a",
        "aliases": [],
        "file": "f",
        "title": "A",
    }
    line = json.dumps({**record, "said": {}, "wrote": {}, "stood": 5})
    (root / "content/ledger/quay.jsonl").write_text(line + "\n")

    assert built(root) == (f"content/ledger/quay.jsonl:1: {CURE}",)


def test_a_date_edited_by_hand_stops_no_command(root: Path) -> None:
    line = {
        "v": 1, "at": "2026-05-15T10:00:00.000000Z", "id": "1", "file": "content/2026/w20/2026-05-15-gone.md",
        "aliases": ["guid:1", "headline:yesterday 0123456789abcdef"], "title": "Gone", "said": {}, "wrote": {},
        "themes": {},
    }  # fmt: skip
    (root / "content/ledger/quay.jsonl").write_text(json.dumps(line) + "\n")

    runs = [digest(command, cwd=root) for command in ("build", "status", "check")]

    assert [run.returncode for run in runs] == [0, 0, 0], [run.stderr for run in runs]


def test_a_location_with_a_time_without_a_zone_is_a_damaged_line() -> None:
    line = Location(
        "2026-05-19",
        "content/2026/w21/2026-05-19-a.md",
        "",
        "https://a.example/",
        "https://a.example/",
    )

    found, problems = locations.loads(locations.dumps(line).encode())

    assert (found, len(problems)) == ((), 1)
