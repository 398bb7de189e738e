"""ISO weeks, mostly near New Year."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.week import Week, reached_by, without_mistyped


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2020-12-31", "2020-W53"),
        ("2021-01-03", "2020-W53"),
        ("2021-01-04", "2021-W01"),
        ("2024-12-30", "2025-W01"),
        ("2026-12-31", "2026-W53"),
        ("2027-01-03", "2026-W53"),
    ],
)
def test_a_day_is_in_its_iso_week(day: str, week: str) -> None:
    assert str(Week.of(date.fromisoformat(day))) == week


@given(day=st.dates(date(1990, 1, 1), date(2199, 12, 1)))
def test_a_week_is_parsed_from_its_days_and_its_names(day: date) -> None:
    week = Week.of(day)

    assert week.monday <= day <= week.sunday
    assert Week.of(week.monday) == Week.parse(str(week)) == Week.parse(week.folder) == week
    assert week < week.following
    assert (week.following.monday - week.sunday).days == 1


@pytest.mark.parametrize(
    "text", ["2026-W54", "2025-W53", "2026-W00", "2026-20", "w20", "2026/w5", "2026/W20", ""]
)
def test_an_invalid_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"week|Week"):
        Week.parse(text)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("soon", "'soon' is not a week; write it as 2026-W20"),
        ("2026-W54", "2026 has no week 54; correct the number"),
        ("content/2025/w53/", "2025 has no week 53; correct the number"),
        ("2026-W00", "2026 has no week 00; correct the number"),
        ("9999-W52", "'9999-W52' is not between the years 1800 and 8999; correct the year"),
        ("0206-W20", "'0206-W20' is not between the years 1800 and 8999; correct the year"),
    ],
)
def test_a_week_that_is_typed_wrongly_is_refused_with_the_reason(words: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        Week.parse_typed(words)


@given(st.dates(date(1, 1, 8), date(9999, 12, 1)))
def test_consecutive_weeks_differ_by_one(day: date) -> None:
    week = Week.of(day)

    assert Week.from_ordinal(week.ordinal) == week
    assert week.following.ordinal == week.ordinal + 1


@pytest.mark.parametrize(
    ("weeks", "near"),
    [
        ("", ""),
        ("2062-W20", "2062-W20"),
        ("2026-W19 2026-W20", "2026-W19 2026-W20"),
        ("2026-W20 2026-W46", "2026-W20 2026-W46"),
        ("2026-W20 2026-W47", "2026-W20"),
        ("2026-W19 2026-W20 2027-W20", "2026-W19 2026-W20"),
        ("2026-W20 2062-W20", "2026-W20"),
        ("2026-W20 2062-W20 2092-W01", "2026-W20"),
        ("2026-W20 2027-W10 2027-W11", "2026-W20 2027-W10 2027-W11"),
        ("2026-W20 2062-W20 2062-W21", "2026-W20"),
        ("2026-W20 2062-W20 2062-W21 2092-W01", "2026-W20"),
        ("2026-W20 2062-W20 2062-W21 2062-W22", "2026-W20 2062-W20 2062-W21 2062-W22"),
        ("2024-W01 2025-W01 2026-W01", "2024-W01 2025-W01"),
        ("2023-W01 2026-W20", "2023-W01"),
        ("2023-W01 2026-W20 2026-W21", "2023-W01 2026-W20 2026-W21"),
        ("2023-W01 2026-W20 2026-W21 2062-W20", "2023-W01 2026-W20 2026-W21"),
    ],
)
def test_a_last_week_far_in_the_future_is_ignored(weeks: str, near: str) -> None:
    assert without_mistyped(map(Week.parse, reversed(weeks.split()))) == [
        Week.parse(week) for week in near.split()
    ]


def test_a_week_that_a_ledger_has_reached_is_no_mistake() -> None:
    pause, typo = [Week(2026, 20), Week(2026, 49)], [Week(2026, 49), Week(2062, 20)]

    assert without_mistyped(pause, Week(2026, 48)) == pause[:1]
    assert without_mistyped(pause, Week(2026, 49)) == pause
    assert without_mistyped(typo, Week(2026, 49)) == typo[:1]
    assert reached_by("2026-11-29T09:00:00.000000Z") == Week(2026, 49)  # Monday in Auckland
    assert reached_by("2026-11-28T09:00:00.000000Z") == Week(2026, 48)
    assert reached_by("") is None


@given(st.sets(st.integers(105_000, 106_000)))
def test_a_later_week_removes_no_week_that_was_reached(ordinals: set[int]) -> None:
    weeks = sorted(map(Week.from_ordinal, ordinals))

    for count in range(len(weeks)):
        assert set(without_mistyped(weeks[:count])) <= set(without_mistyped(weeks[: count + 1]))
