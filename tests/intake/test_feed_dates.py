"""Dates that feeds give, from pull to file: cases in data/dates.

A case has what one feed says at each pull (an entry is [guid, headline, date]), what the report
says, and the stories that result, each with its `published` and `updated`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import caches
import pytest
import warm

from digest import config
from digest.commands import pull
from digest.commands.pull_report import PullReport
from digest.content import load
from digest.errors import DigestError

NOW = "2026-11-28T08:00:00+00:00"
CASES = sorted((Path(__file__).parents[1] / "data" / "dates").glob("*.json"))


def write_feed(root: Path, entries: Sequence[Sequence[str]]) -> None:
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>https://pub.example/{guid}</link>"
        f"<description>Text.</description>{f'<pubDate>{date}</pubDate>' if date else ''}</item>"
        for guid, title, date in entries
    )
    (root / "a.xml").write_text(
        f"<rss version='2.0'><channel><title>A</title>{items}</channel></rss>"
    )


def pulled(root: Path, now: str) -> PullReport:
    loaded = config.load(root)
    return pull.run(
        root, loaded, pull.select_feeds(loaded, ()), now=datetime.fromisoformat(now).astimezone(UTC)
    )


def stories(root: Path) -> list[str]:
    found = load.load(root, config.load(root)).stories
    return sorted(
        " ".join([one.file, *(when.isoformat() for when in (one.published, one.updated) if when)])
        for one in found
    )


def files(root: Path) -> dict[str, bytes]:
    """Returns all files in content/, with the ledgers."""
    return {
        path.as_posix(): path.read_bytes()
        for path in (root / "content").rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_dates_of_a_feed_make_these_stories(path: Path, tmp_path: Path) -> None:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "digest.toml").write_text(
        f'[site]\ntitle = "T"\nurl = "https://t.example/"\ntimezone = "{case.get("timezone", "UTC")}"\n'
        '[[feeds]]\nid = "a"\nurl = "a.xml"\n'
    )
    for one in case["pulls"]:
        write_feed(tmp_path, one["entries"])
        earlier = files(tmp_path)
        (row,) = pulled(tmp_path, one.get("now", NOW)).rows
        assert [*row.warnings, *row.notices, *row.kept] == one.get("says", [])
        before = files(tmp_path)
        assert one.get("writes", True) or before == earlier
        caches.forget(tmp_path, "feed")
        assert pulled(tmp_path, one.get("now", NOW)).rows[0].notices == ()
        assert files(tmp_path) == before, "a second pull has changed something"
    assert stories(tmp_path) == case["stories"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "digest.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://t.example/"\n[[feeds]]\nid = "a"\nurl = "a.xml"\n'
        '[[feeds]]\nid = "b"\nurl = "b.xml"\n'
    )
    write_feed(
        tmp_path,
        [
            ("1", "One", "Fri, 27 Nov 2026 10:00:00 GMT"),
            ("2", "Two", "26 Nov 2026"),
            ("3", "Three", ""),
        ],
    )
    return tmp_path


def test_a_story_that_an_early_version_filed_as_undated_keeps_its_date(root: Path) -> None:
    write_feed(root, [("1", "One", "")])
    pulled(root, NOW)
    line = root / "content" / "ledger" / "a.jsonl"
    line.write_text(
        line.read_text().replace('"published": "", ', "").replace(', "published": ""', "")
    )
    before = stories(root)
    write_feed(
        root, [("1", "One", "Fri, 27 Nov 2026 10:00:00 BST")]
    )  # which early versions could not read

    (row, _) = pulled(root, NOW).rows

    assert (row.notices, stories(root)) == ((), before)


# ---------------------------------------------------------------- a clock that is wrong


BEHIND = "2020-01-01T00:00:00+00:00"
WRONG = (
    "this machine's clock says 2020-01-01 00:00 UTC, but all dates in feed 'a' are later, from 2026-11-26 on, so "
    "nothing was pulled; set the clock and pull again (if the clock is right, the feed's dates are wrong: tell its "
    "publisher)"
)


def test_nothing_is_pulled_with_a_clock_that_is_years_behind(root: Path) -> None:
    (root / "content" / "inbox").mkdir(parents=True)
    (root / "content" / "inbox" / "mine.md").write_text(
        "---\ntitle: Mine\nlink: https://mine.example/\n---\n"
    )
    before = files(root)

    with pytest.raises(DigestError) as caught:
        pulled(root, BEHIND)

    assert str(caught.value) == WRONG
    assert files(root) == before


def test_a_clock_set_back_changes_nothing(root: Path) -> None:
    pulled(root, NOW)
    caches.forget(root, "feed")
    before = files(root)

    with pytest.raises(DigestError):
        pulled(root, BEHIND)

    assert files(root) == before


def test_a_feed_with_only_future_dates_fails_if_another_feed_shows_that_the_clock_is_right(
    root: Path,
) -> None:
    (root / "b.xml").write_text(
        (root / "a.xml").read_text().replace("/pub.", "/other.").replace("<guid", "<guid x=''")
    )
    write_feed(root, [("7", "Ahead", "Sat, 16 Nov 2041 18:11:00 GMT"), ("8", "Undated", "")])

    ahead, good = pulled(root, NOW).rows

    assert (ahead.state, good.state) == ("failed", "read")
    assert ahead.reason == (
        "all its dates are more than a day ahead, from 2041-11-16 on, so nothing was pulled from it; tell its "
        "publisher, or set this machine's clock if that is wrong"
    )
    assert [Path(story.split()[0]).name for story in stories(root)] == [
        "2026-11-26-two.md", "2026-11-27-one.md", "2026-11-28-three.md",
    ]  # fmt: skip


def test_a_feed_whose_dates_all_become_future_ones_fails_after_years_of_good_dates(
    root: Path,
) -> None:
    pulled(root, NOW)
    write_feed(root, [("7", "Ahead", "Sat, 16 Nov 2041 18:11:00 GMT")])
    before = files(root)

    row = pulled(root, NOW).rows[0]

    assert (row.state, row.new) == ("failed", ())
    assert files(root) == before


def test_the_command_reports_it_in_one_line_and_exits_with_1(root: Path) -> None:
    write_feed(root, [("7", "Ahead", "Sat, 16 Nov 2999 18:11:00 GMT")])

    result = warm.run(["pull"], root, dict(os.environ))

    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert (
        "but all dates in feed 'a' are later, from 2999-11-16 on, so nothing was pulled"
        in result.stderr
    )
