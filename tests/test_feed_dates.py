"""What becomes of the dates that feeds give, from end to end: cases in data/dates.

A case has what one feed says at each pull, an entry as [guid, headline, date], what the report says of it, and the
stories that are there in the end, each with its `published` and its `updated`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest import config
from digest.commands import pull
from digest.stories import store

NOW = "2026-11-28T08:00:00+00:00"
CASES = sorted((Path(__file__).parent / "data" / "dates").glob("*.json"))


def write_feed(root: Path, entries: Sequence[Sequence[str]]) -> None:
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>https://pub.example/{guid}</link>"
        f"<description>Text.</description>{f'<pubDate>{date}</pubDate>' if date else ''}</item>"
        for guid, title, date in entries
    )
    (root / "a.xml").write_text(f"<rss version='2.0'><channel><title>A</title>{items}</channel></rss>")


def pulled(root: Path, now: str) -> pull.PullReport:
    loaded = config.load(root)
    return pull.run(root, loaded, pull.chosen(loaded, ()), now=datetime.fromisoformat(now).astimezone(UTC))


def stories(root: Path) -> list[str]:
    found = store.load(root, config.load(root)).stories
    return sorted(
        " ".join([one.file, *(when.isoformat() for when in (one.published, one.updated) if when)]) for one in found
    )


def files(root: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in (root / "content").rglob("*") if path.is_file()}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_dates_of_a_feed_make_these_stories(path: Path, tmp_path: Path) -> None:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "digest.toml").write_text(
        f'[site]\ntitle = "T"\nurl = "https://t.example/"\ntimezone = "{case.get("timezone", "UTC")}"\n'
        '[[feeds]]\nid = "a"\nurl = "a.xml"\n'
    )
    for one in case["pulls"]:
        write_feed(tmp_path, one["entries"])
        (row,) = pulled(tmp_path, one.get("now", NOW)).rows
        assert [*row.warnings, *row.notices, *row.kept] == one.get("says", [])
        before = files(tmp_path)
        (tmp_path / ".digest" / "feeds.json").unlink()
        assert pulled(tmp_path, one.get("now", NOW)).rows[0].notices == ()
        assert files(tmp_path) == before, "a second pull has changed something"
    assert stories(tmp_path) == case["stories"]
