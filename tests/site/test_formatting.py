"""Dates, weeks and counts in words."""

from __future__ import annotations

from datetime import datetime

import pytest
from builders import HONG_KONG
from hypothesis import given
from hypothesis import strategies as st

from digest.site import formatting
from digest.week import Week


@pytest.mark.parametrize(
    ("week", "days"),
    [
        ("2026-W20", "11–17 May 2026"),
        ("2026-W18", "27 April – 3 May 2026"),
        ("2026-W01", "29 December 2025 – 4 January 2026"),
        ("2026-W53", "28 December 2026 – 3 January 2027"),
    ],
)
def test_the_dates_of_a_week_are_as_short_as_possible(week: str, days: str) -> None:
    assert formatting.span(Week.parse(week)) == days


def test_a_time_is_shown_as_it_was_written() -> None:
    assert formatting.day(datetime(2026, 4, 6, 0, 30, tzinfo=HONG_KONG)) == "6 April 2026"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "No stories"), (1, "1 story"), (2000, "2,000 stories")]
)
def test_counts_of_stories_are_written_in_words(number: int, words: str) -> None:
    assert formatting.stories(number) == words


@pytest.mark.parametrize(("words", "sentence"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c"),
                                                 (["a and b", "c"], "a and b, and c")])  # fmt: skip
def test_words_are_joined_as_in_a_sentence(words: list[str], sentence: str) -> None:
    assert formatting.listed(words) == sentence


@given(st.text(max_size=80), st.integers(1, 60))
def test_a_long_text_is_cut_to_its_limit_and_a_short_one_is_not(text: str, limit: int) -> None:
    cut = formatting.shortened(text, limit)

    assert len(cut) <= limit
    assert cut.endswith("…") or cut == " ".join(text.split())


@pytest.mark.parametrize(
    ("title", "whole"),
    [
        ("", "Week 7, 2026"),
        ("Week 7, 2026", "Week 7, 2026"),
        ("Week 7, 2026: Fog", "Week 7, 2026: Fog"),
        ("Fog", "Week 7, 2026: Fog"),
    ],
)
def test_a_week_is_named_once_beside_the_title_of_its_letter(title: str, whole: str) -> None:
    assert formatting.titled(Week(2026, 7), title) == whole
