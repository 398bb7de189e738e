"""Scores of the rules: precision and recall by theme and quarter, with the interval that they have."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.themes.score import ALL, LabelledStory, Score, outdated_rules, scores, wilson

SPRING, SUMMER = date(2026, 3, 31), date(2026, 7, 1)


@pytest.mark.parametrize(
    ("hits", "count", "interval"),
    [(9, 10, (0.9, 0.596, 0.982)), (0, 5, (0.0, 0.0, 0.434)), (0, 0, (None, 0.0, 1.0))],
)
def test_a_share_has_its_wilson_interval(
    hits: int, count: int, interval: tuple[float | None, float, float]
) -> None:
    share = wilson(hits, count)

    assert (share.value, share.low, share.high) == interval


@given(hits=st.integers(0, 500), more=st.integers(0, 500))
def test_a_share_is_inside_its_interval(hits: int, more: int) -> None:
    share = wilson(hits, hits + more)

    assert share.value is None or 0 <= share.low <= share.value <= share.high <= 1


def test_stories_are_counted_by_theme_and_quarter() -> None:
    labelled = [
        LabelledStory(SPRING, ["a"], ["a", "b"]),
        LabelledStory(SPRING, ["b"], []),
        LabelledStory(SUMMER, ["a", "b"], ["a"]),
    ]

    rows = scores(labelled, ["a", "b"])

    assert rows[:3] == [
        Score("a", ALL, right=2, wrong=0, missed=0),
        Score("a", "2026-Q1", right=1, wrong=0, missed=0),
        Score("a", "2026-Q3", right=1, wrong=0, missed=0),
    ]
    assert rows[3] == Score("b", ALL, right=0, wrong=1, missed=2)
    assert rows[6] == Score(None, ALL, right=2, wrong=1, missed=2)


def test_a_quarter_without_a_story_of_a_theme_has_no_row() -> None:
    labelled = [LabelledStory(SPRING, ["a"], ["a"]), LabelledStory(SUMMER, [], [])]

    rows = scores(labelled, ["a", "b"])

    assert [(row.theme, row.quarter) for row in rows] == [
        ("a", ALL),
        ("a", "2026-Q1"),
        ("b", ALL),
        (None, ALL),
        (None, "2026-Q1"),
    ]


def test_a_rule_that_finds_less_than_before_is_marked_as_ageing() -> None:
    before = [LabelledStory(SPRING, ["a"], ["a"])] * 9 + [LabelledStory(SPRING, ["a"], [])]
    since = [LabelledStory(SUMMER, ["a"], ["a"])] * 2 + [LabelledStory(SUMMER, ["a"], [])] * 6

    found = list(outdated_rules(scores([*before, *since], ["a"])))

    assert found[0] == "a ages: its rule found 2 of 8 in 2026-Q3, 9 of 10 before"
    assert list(outdated_rules(scores([*before, *since[:3]], ["a"]))) == []


@pytest.mark.parametrize(("found", "count"), [(4, 5), (29, 30)])
def test_one_story_that_a_rule_misses_is_chance(found: int, count: int) -> None:
    before = [LabelledStory(SPRING, ["a"], ["a"])] * 6
    since = [LabelledStory(SUMMER, ["a"], ["a"])] * found
    since += [LabelledStory(SUMMER, ["a"], [])] * (count - found)
    also_wrong = [LabelledStory(SUMMER, [], ["a"])] * (count - found)

    assert list(outdated_rules(scores([*before, *since], ["a"]))) == []
    assert list(outdated_rules(scores([*before, *since[:found], *also_wrong], ["a"]))) == []


def test_a_rule_that_is_wrong_more_often_than_before_is_marked_as_ageing() -> None:
    before = [LabelledStory(SPRING, ["a"], ["a"])] * 10
    since = [LabelledStory(SUMMER, ["a"], ["a"])] * 5 + [LabelledStory(SUMMER, [], ["a"])] * 5

    found = list(outdated_rules(scores([*before, *since], ["a"])))

    assert found[0] == "a ages: it was wrong in 5 of 10 in 2026-Q3, in 0 of 10 before"


def test_a_theme_may_have_the_id_all_and_only_themes_are_marked_as_ageing() -> None:
    before = [LabelledStory(SPRING, ["all"], ["all"])] * 10
    since = [LabelledStory(SUMMER, ["all"], [])] * 10

    rows = scores([*before, *since], ["all"])

    assert rows[0] == Score("all", ALL, right=10, wrong=0, missed=10)
    assert [words.split()[0] for words in outdated_rules(rows)] == ["all"]
