"""The update from a version that kept JSON files in `.digest/`: what they say holds, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.cache import Cache, notices
from digest.content.edit import Edit
from digest.feeds.feed_state import FeedState

STORY = "content/2026/w20/2026-05-15-chips.md"


def keep(root: Path, file: str, says: object) -> None:
    """Stores values as an earlier version did."""
    path = root / ".digest" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 1, "says": says}))


def test_values_of_json_files_are_read_and_the_files_removed_with_the_first_save(
    tmp_path: Path,
) -> None:
    wait = {"url": "https://a.example/", "wait": "2026-05-20T09:00:00+00:00"}
    keep(tmp_path, "brought.json", {STORY: "2026-05-20T08:00:00+00:00", "x.md": "2026"})
    keep(tmp_path, "edits.json", {STORY: {"before": "a", "after": "b"}})
    keep(tmp_path, "themes.json", {STORY: ["old", "new"]})
    keep(tmp_path, "feeds.json", {"a": wait, "b": {"away": "yes", "new": 2}})
    keep(tmp_path, "desk/reviewed.json", {"1 https://a.example/1": "0123456789abcdef"})
    keep(tmp_path, "summaries/a.json", {})
    with Cache(tmp_path) as cache:
        assert len(cache.get_kind("uncommitted", str)) == 2
        cache.keep_only("uncommitted", [STORY])
        assert len(list((tmp_path / ".digest").iterdir())) == 6
        cache.save(flush=True)

    for cache in Cache(tmp_path), Cache(tmp_path):
        assert cache.get_kind("uncommitted", str) == {STORY: "2026-05-20T08:00:00+00:00"}
        assert cache.get("begun", "pull", b"", list[Edit]) == [Edit(STORY, "a", "b")]
        assert cache.get("begun", "themes", b"", dict[str, list[str]]) == {STORY: ["old", "new"]}
        assert cache.get_kind("feed", FeedState) == {
            "a": FeedState(url="https://a.example/", wait=datetime(2026, 5, 20, 9, 0, tzinfo=UTC)),
            "b": FeedState(new=2, is_away=True),
        }
        assert cache.get_kind("reviewed", str) == {"1 https://a.example/1": "0123456789abcdef"}
        assert notices(tmp_path) == ()
    assert {path.name for path in (tmp_path / ".digest").iterdir()} == {"cache.sqlite", "desk"}


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", "5", '{"version": 2, "says": {"a": "b"}}', '{"version": 1, "says": ["a"]}',
     '{"version": 1, "says": {"a": 5, "b": [5, 5], "c": {"wait": "tomorrow"}, "d": {"new": "5"}}}',
     '{"version": 1, "says": {"a": "\\ud800"}}', "[" * 9000],
)  # fmt: skip
def test_damaged_json_files_are_ignored_and_removed(tmp_path: Path, content: str) -> None:
    for file in ("brought.json", "edits.json", "themes.json", "feeds.json"):
        keep(tmp_path, file, {})
        (tmp_path / ".digest" / file).write_text(content)
    with Cache(tmp_path) as cache:
        cache.put("kind", "one", b"", 1)
        for kind in ("uncommitted", "begun", "feed"):
            assert cache.get_kind(kind, object) == {}
        cache.save(flush=True)

        assert notices(tmp_path) == ()
    assert [path.name for path in (tmp_path / ".digest").iterdir()] == ["cache.sqlite"]
