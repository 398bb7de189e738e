"""Warnings about a feed: a gap between two pulls, and a feed that has gone quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import make_entry
from test_corrections import ENTRY, OTHER, Workspace, corrected, pulled

from digest.content import identity
from digest.content.ledger import Record
from digest.intake import feed_health
from digest.model import Document

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = START + timedelta(hours=100)


def brought(*hours: int) -> dict[str, Record]:
    """The ledger of a feed with an entry at each of these hours after the start."""
    entries = [make_entry(id=str(hour), published=START + timedelta(hours=hour)) for hour in hours]
    return {
        entry.id: Record(
            feed="first",
            at="",
            id=entry.id,
            aliases=identity.aliases_of(entry),
            file="",
            title=entry.title,
        )
        for entry in entries
    }


def document(*hours: int) -> Document:
    return Document(
        title="",
        entries=tuple(make_entry(published=START + timedelta(hours=hour)) for hour in hours),
    )


def test_a_document_without_known_entries_may_hide_a_gap() -> None:
    assert feed_health.gap(document(90, 80), 0, brought(10, 20), LATER) == (
        "possible gap from 2026-05-02 08:00 to 2026-05-04 20:00 UTC: "
        "the feed shares no entry with what it brought before; pull it more often"
    )


def test_one_known_entry_closes_the_gap() -> None:
    assert feed_health.gap(document(90, 20), 1, brought(10, 20), LATER) == ""


LATE = {**OTHER, "title": "Late", "id": "late", "url": "https://news.example/article/3500009/c"}
LATE["date_published"] = "2026-11-27T08:30:00Z"


def gaps(workspace: Workspace) -> dict[str, bool]:
    return {row.feed: row.gap for row in workspace.pull().rows}


def test_an_entry_whose_file_cannot_be_read_closes_the_gap(tmp_path: Path) -> None:
    workspace = pulled(tmp_path, a=ENTRY)
    workspace.edit("---\n", "---\nodd: [\n")
    workspace.tell("a", LATE, corrected(title="Another"))

    assert gaps(workspace) == {"a": False}


def test_a_new_entry_of_a_story_that_another_feed_has_closes_no_gap(tmp_path: Path) -> None:
    workspace = pulled(tmp_path, a=ENTRY, b=ENTRY)
    for feed in "ab":
        workspace.tell(feed, LATE)

    assert gaps(workspace) == {"a": True, "b": True}


def test_a_feed_whose_ledger_is_damaged_has_no_gap(tmp_path: Path) -> None:
    workspace = pulled(tmp_path, a=ENTRY)
    workspace.tell("a", OTHER, ENTRY)
    workspace.pull()
    workspace.file.unlink()
    ledger = tmp_path / "content/ledger/a.jsonl"
    first, *others = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join([first[:-9] + "\n", *others]))
    workspace.tell("a", LATE, ENTRY)

    assert gaps(workspace) == {"a": False}


def test_a_first_pull_and_an_empty_document_have_no_gap() -> None:
    assert feed_health.gap(document(90), 0, {}, LATER) == ""
    assert feed_health.gap(document(), 0, brought(10), LATER) == ""


def test_an_entry_older_than_all_known_ones_is_not_a_gap() -> None:
    assert feed_health.gap(document(5), 0, brought(10, 20), LATER) == ""


def test_neither_an_old_entry_nor_a_future_date_hides_a_gap() -> None:
    warning = feed_health.gap(document(90, 80), 0, brought(10, 20), LATER)

    assert feed_health.gap(document(90, 80, 5), 0, brought(10, 20), LATER) == warning
    assert feed_health.gap(document(90, 80), 0, brought(10, 20, 9000), LATER) == warning


def test_a_feed_of_the_same_days_without_known_entries_may_repeat_all_its_stories() -> None:
    assert feed_health.gap(document(18, 12), 0, brought(10, 20), LATER) == (
        "shares no entry with what it brought before, though both are of the same days: if the publisher has changed "
        "all ids and addresses, the new stories are duplicates; delete those that you have already"
    )


def test_a_silence_more_than_twice_the_longest_one_is_reported() -> None:
    habit = brought(0, 24, 96, 100)

    assert feed_health.quiet(habit, START + timedelta(hours=100 + 144)) == ""
    assert feed_health.quiet(habit, START + timedelta(hours=100 + 145)) == (
        "nothing new for 6 days, though its longest silence was 3 days; check whether the publisher still updates it"
    )


@pytest.mark.parametrize(
    ("gap", "words"),
    [(0.2, "less than an hour"), (1, "1 hour;"), (2, "2 hours;"), (47, "47 hours")],
)
def test_a_silence_is_reported_in_plain_words(gap: float, words: str) -> None:
    warning = feed_health.quiet(brought(0, gap), START + timedelta(days=30))  # type: ignore[arg-type]

    assert f"its longest silence was {words}" in warning


def test_a_weekend_is_not_a_silence_and_a_single_entry_not_a_habit() -> None:
    assert feed_health.quiet(brought(0, 1, 2), START + timedelta(hours=2 + 72)) == ""
    assert feed_health.quiet(brought(0), START + timedelta(days=900)) == ""
    assert feed_health.quiet({}, START) == ""


def test_an_old_silence_is_not_a_habit() -> None:
    records = brought(0, *(24 * 365 + hour for hour in range(60)))

    assert feed_health.quiet(records, START + timedelta(days=365 + 30)).startswith(
        "nothing new for 28 days"
    )


@pytest.mark.parametrize(
    "moment", ["x", "", "2026-05-01T12:00:00", "9999-12-31T23:59:59.999999-14:00", "0001-01-01"]
)
def test_an_edited_time_in_a_ledger_stops_nothing(moment: str) -> None:
    records = {
        "x": Record(
            feed="first", at="", id="x", aliases=(f"headline:{moment} abc",), file="", title="X"
        ),
        **brought(10),
    }

    feed_health.gap(document(90), 0, records, LATER)
    feed_health.quiet(records, LATER)
