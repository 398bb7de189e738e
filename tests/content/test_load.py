"""Reading the content: what has not changed comes from the cache, for every command."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

from shell import outcome

from digest import config
from digest.cache import FILE, _checksum
from digest.content import load

SMALL = Path(__file__).parents[1] / "data/sites/small"
WEEK = "content/2026/w20"
KIND = "folder"


def titles(root: Path) -> set[str]:
    return {story.title for story in load.survey(root, config.load(root)).content.stories}


def test_a_survey_reads_only_the_folders_that_have_changed(tmp_path: Path) -> None:
    root = tmp_path / "small"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("expected"))
    time.sleep(0.05)  # so that the files' times of change are believed
    outcome(root, "build")
    in_files = titles(root)
    with sqlite3.connect(root / FILE) as connection:  # of another headline, to see which it takes
        query = "SELECT key, value FROM cache WHERE kind = ? AND name = ?"
        key, value = connection.execute(query, (KIND, WEEK)).fetchone()
        value = value.replace(b"A fifth crane arrives", b"A sixth crane arrives")
        row = KIND, WEEK, key, value, _checksum(KIND, WEEK, key, value)
        connection.execute("INSERT OR REPLACE INTO cache VALUES (?, ?, ?, ?, ?)", row)

    from_cache = titles(root)
    changed = next((root / WEEK).glob("2*.md"))
    changed.write_text(changed.read_text() + "\n")

    assert from_cache - in_files == {"A sixth crane arrives"}
    assert titles(root) == in_files
