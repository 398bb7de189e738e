"""Pictures of the archive: their geometry is exact, and whatever is drawn is said in words, too."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.site import charts
from digest.site.charts import Series
from digest.week import Week

W20 = Week(2026, 20)
BAR = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z")


def series(*counts: int, title: str = "Cranes", theme: int = 1) -> Series:
    return Series(title=title, theme=theme, counts=counts)


def bars(path: str) -> list[tuple[int, int, int, int]]:
    """Left, head, width and height of each bar."""
    assert BAR.sub("", path) == ""
    return [
        (int(left), int(head), int(wide), int(high))
        for left, head, wide, high, _ in BAR.findall(path)
    ]


def of_weeks(number: int) -> tuple[charts.Slot, ...]:
    return charts.slots_of(Week.from_ordinal(W20.ordinal - number + 1), W20)


def test_the_activity_chart_covers_26_weeks_across_new_year() -> None:
    slots = charts.recent_slots(Week(2020, 1), W20)

    assert len(slots) == 26
    assert slots[0] == (Week(2025, 47), Week(2025, 47))
    assert slots[-1] == (W20, W20)


def test_the_activity_chart_of_a_young_archive_covers_fewer_weeks() -> None:
    assert charts.recent_slots(Week(2026, 2), W20)[0] == (Week(2026, 2), Week(2026, 2))
    assert len(charts.recent_slots(W20, W20)) == 12


def test_a_long_timeline_has_slots_of_several_weeks_that_end_with_the_last() -> None:
    slots = charts.slots_of(Week(2016, 1), W20)

    assert len(slots) <= 60
    assert slots[0][0] == Week(2016, 1)
    assert slots[-1][1] == W20
    assert {last.ordinal - first.ordinal for first, last in slots[1:]} == {10 - 1}
    assert all(before[1].following == after[0] for before, after in itertools.pairwise(slots))


@given(
    st.integers(0, 3000).flatmap(
        lambda length: st.tuples(
            st.just(length), st.dictionaries(st.integers(0, length), st.integers(0, 50))
        )
    )
)
def test_no_story_in_the_chart_is_lost_or_counted_twice(drawn: tuple[int, dict[int, int]]) -> None:
    length, found = drawn
    slots = charts.slots_of(Week.from_ordinal(W20.ordinal - length), W20)
    counts = {Week.from_ordinal(W20.ordinal - back): number for back, number in found.items()}

    gathered = charts.sum_by_slot(counts, slots)

    assert sum(gathered) == sum(counts.values())
    assert all(
        number == sum(counts[week] for week in counts if first <= week <= last)
        for (first, last), number in zip(slots, gathered, strict=True)
    )


def test_stories_before_and_after_the_slots_are_left_out() -> None:
    counts = {Week(2026, 17): 1, Week(2026, 19): 2, Week(2026, 21): 4}

    assert charts.sum_by_slot(counts, charts.slots_of(Week(2026, 18), W20)) == (0, 2, 0)


def test_bars_are_stacked_and_the_highest_reaches_its_line() -> None:
    chart = charts.draw(
        of_weeks(4), [series(2, 0, 1, 4), series(2, 4, 1, 4, title="Ice", theme=2)], 120
    )

    assert chart is not None
    below, above = (bars(layer.path) for layer in chart.layers)
    assert [high for *_, high in below] == [30, 15, 60]
    assert [high for *_, high in above] == [30, 60, 15, 60]
    assert above[3][1] == 16 == chart.foot - 120
    assert above[0][1] + above[0][3] == below[0][1]
    assert [(mark.words, mark.at) for mark in chart.grid] == [
        ("2", 106),
        ("4", 76),
        ("6", 46),
        ("8", 16),
    ]


@given(st.lists(st.lists(st.integers(0, 400), min_size=26, max_size=26), min_size=1, max_size=30))
def test_stacks_have_no_gaps_and_stay_inside_the_chart(counts: list[list[int]]) -> None:
    found = [series(*one, title=f"Theme {at}", theme=at) for at, one in enumerate(counts)]
    chart = charts.draw(charts.recent_slots(Week(2020, 1), W20), found, 120)
    if chart is None:
        assert sum(map(any, zip(*counts, strict=True))) < 3
        return

    assert len({(layer.colour, layer.pattern) for layer in chart.layers}) == len(chart.layers) <= 11
    assert sum(layer.total for layer in chart.layers) == sum(map(sum, counts))
    feet: dict[int, int] = {}
    for layer in chart.layers:
        for left, head, wide, high in bars(layer.path):
            assert head + high == feet.get(left, chart.foot)
            assert 16 <= head < chart.foot
            assert 30 <= left < left + wide <= chart.width
            feet[left] = head


def test_the_table_has_all_values_of_the_chart_newest_first() -> None:
    chart = charts.draw(
        of_weeks(3), [series(1, 2, 3), series(0, 1, 1, title="Elsewhere", theme=0)], 100
    )

    assert chart is not None
    assert [(row.words, row.total, row.parts) for row in chart.rows] == [
        ("Week 20, 2026", 4, "Cranes 3, Elsewhere 1"),
        ("Week 19, 2026", 3, "Cranes 2, Elsewhere 1"),
        ("Week 18, 2026", 1, "Cranes 1"),
    ]


def test_a_column_links_to_its_week_unless_it_covers_several() -> None:
    chart = charts.draw(of_weeks(3), [series(1, 2, 3)], 100)
    assert chart is not None
    assert [row.place for row in chart.rows] == ["2026/w20/", "2026/w19/", "2026/w18/"]
    assert [row.left + row.width for row in chart.rows[1:]] == [row.left for row in chart.rows[:-1]]

    slots = charts.slots_of(Week(2020, 1), W20)
    several = charts.draw(slots, [series(*range(1, len(slots) + 1))], 100)
    assert several is not None
    assert {row.place for row in several.rows} == {""}


def test_a_chart_of_few_stories_has_a_small_height() -> None:
    few = charts.draw(of_weeks(4), [series(1, 0, 1, 1)], 120)
    many = charts.draw(of_weeks(4), [series(9, 0, 1, 1)], 120)

    assert few is not None
    assert many is not None
    assert (few.foot - 16, many.foot - 16) == (24, 120)


def test_ten_themes_have_ten_patterns_and_a_hundred_can_be_distinguished() -> None:
    assert sorted(map(charts.pattern, range(1, 11))) == list(range(1, 11))
    assert len({(charts.colour(n), charts.pattern(n)) for n in range(1, 101)}) == 100


def test_the_description_says_what_the_chart_shows() -> None:
    chart = charts.draw(of_weeks(3), [series(1, 2, 3), series(0, 9, 1, title="Ice", theme=2)], 100)

    assert chart is not None
    assert chart.title == "Stories a week, 27 April – 17 May 2026"
    assert (
        chart.description
        == "16 stories in all; most, 11, in week 19, 2026. By theme: Ice 10, Cranes 6."
    )


def test_a_single_theme_is_not_named_again() -> None:
    chart = charts.draw(charts.slots_of(Week(2016, 1), W20), [series(1, 1, *[2] * 53)], 100)

    assert chart is not None
    assert chart.title == "Stories every 10 weeks, 4 January 2016 – 17 May 2026"
    assert (
        chart.description == "108 stories in all; most, 2, in the weeks of 21 March – 29 May 2016."
    )


def test_a_theme_without_a_story_is_not_drawn() -> None:
    chart = charts.draw(of_weeks(3), [series(0, 0, 0), series(1, 1, 1, title="Ice", theme=2)], 100)

    assert chart is not None
    assert [layer.title for layer in chart.layers] == ["Ice"]


def test_the_smallest_of_many_themes_are_combined() -> None:
    many = [series(at, at, at, title=f"Theme {at}", theme=at) for at in range(1, 13)]
    chart = charts.draw(of_weeks(3), [*many, series(1, 1, 1, title="Elsewhere", theme=0)], 100)

    assert chart is not None
    assert [layer.title for layer in chart.layers] == [
        *(f"Theme {at}" for at in range(4, 13)),
        "Everything else",
    ]
    assert chart.layers[-1].total == 3 * (1 + 2 + 3 + 1)
    assert (chart.layers[-1].colour, chart.layers[-1].pattern) == (0, 0)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (5, 0, 0, 0), (0, 5, 0, 1)])
def test_there_is_no_chart_for_almost_no_stories(counts: tuple[int, ...]) -> None:
    assert charts.draw(of_weeks(4), [series(*counts)], 100) is None


def test_years_come_first_among_the_labels_and_months_where_the_time_is_short() -> None:
    chart = charts.draw(charts.recent_slots(Week(2020, 1), W20), [series(*[1] * 26)], 100)
    long = charts.draw(charts.slots_of(Week(2016, 30), W20), [series(*[1] * 57)], 100)

    assert chart is not None
    assert [mark.words for mark in chart.labels] == ["Dec", "2026", "Feb", "Mar", "Apr", "May"]
    assert long is not None
    assert [mark.words for mark in long.labels] == ["2017", "2019", "2021", "2023", "2025"]


@pytest.mark.parametrize(
    ("most", "lines"),
    [(1, "1"), (5, "2 4 6"), (9, "5 10"), (41, "20 40 60"), (200, "50 100 150 200")],
)
def test_grid_lines_are_at_round_numbers(most: int, lines: str) -> None:
    chart = charts.draw(of_weeks(3), [series(most, 1, 1)], 120)

    assert chart is not None
    assert " ".join(mark.words for mark in chart.grid) == lines


def test_small_charts_show_a_single_story_and_have_a_description() -> None:
    found = charts.sparkline(of_weeks(3), series(1, 0, 40))

    assert found is not None
    assert bars(found.path) == [(0, 19, 3, 1), (8, 0, 3, 20)]
    assert found.words == "41 stories in the last 3 weeks, at most 40 a week"


def test_there_is_no_small_chart_without_stories() -> None:
    assert charts.sparkline(of_weeks(3), series(0, 0, 0)) is None


def test_70_themes_differ_in_colour_or_pattern() -> None:
    looks = {(charts.colour(theme), charts.pattern(theme)) for theme in range(1, 71)}

    assert len(looks) == 70
    assert (0, 0) not in looks
    assert (charts.colour(0), charts.pattern(0)) == (0, 0)
