"""The geometry of charts: bars of stories by week, stacked by theme; timelines; sparklines.

    counts by week ──▶ slots, bars, grid lines, labels, a table

Numbers go in, paths and positions of an SVG picture come out, in whole units of its view box. The
templates draw it. A theme is a number here, and the style sheet gives it a colour and a pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from digest.site import addresses, formatting
from digest.week import Week

RECENT_WEEKS = 26  # weeks of the activity chart and of sparklines
_MIN_RECENT = 12  # the same for a younger archive
COLOURS = 10  # in static/colours.css
PATTERNS = 10  # in macros/charts.html
"""The eleventh theme has the first colour again, and the second pattern."""
_MAX_SLOTS = 60  # at most, in a timeline; of a longer time, a slot has several weeks
_MAX_LAYERS = 10  # at most, in one chart; further themes are one layer
_MIN_WEEKS = 3  # with a story; a chart of fewer shows nothing

LEFT, PLOT_WIDTH = 30, 520  # units: the width of the numbers at grid lines, and of the bars
TOP, _BELOW = 16, 24  # units above and below the bars
_LABEL_STEP, _LABEL_WIDTH = 48, 40  # units between two labels, and the width of one
_FEW_YEARS = 2  # with so many new years or fewer, months have labels, too
_SMALL_BARS = 20  # the height of small bars
_MIN_HEIGHT = 4  # stories at least for the full height of small bars: a single story is not a peak
_STORY_HEIGHT = 24  # units at most for one story: a chart of few is lower

Slot = tuple[Week, Week]
"""The first and the last week of a bar."""


class Series(NamedTuple):
    """How many stories of one theme each slot has; `theme` counts from 1, 0 means no theme."""

    title: str
    theme: int
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The number of stories in all slots."""
        return sum(self.counts)


class Layer(NamedTuple):
    """A theme's bars in a stack, as one path; `colour` and `pattern` are 0 for no theme."""

    title: str
    colour: int
    pattern: int
    path: str
    total: int


class Mark(NamedTuple):
    """A label: below the bars `at` units from the left, at a grid line `at` units from the top."""

    at: int
    words: str


class Row(NamedTuple):
    """A slot as a row of a table, for people who do not see the chart: in total and by theme.

    `place` is that of its week, empty if it has several; its bar begins `left` units from the left.
    """

    words: str
    total: int
    parts: str
    place: str
    left: int
    width: int


class Chart(NamedTuple):
    """A chart: the bars start at the height `foot`; `rows` are the same data as a table.

    `grid` has the lines across it with their numbers, `labels` the years and months below it.
    """

    title: str
    description: str
    width: int
    height: int
    foot: int
    layers: tuple[Layer, ...]
    grid: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    rows: tuple[Row, ...]


class Sparkline(NamedTuple):
    """The small bars next to a theme, and the same in words."""

    colour: int
    width: int
    height: int
    path: str
    words: str


def colour(theme: int) -> int:
    """Returns the number of a theme's colour; 0 for no theme."""
    return (theme - 1) % COLOURS + 1 if theme else 0


def pattern(theme: int) -> int:
    """Returns the number of a theme's pattern; 0 for no theme."""
    return (theme - 1 + (theme - 1) // COLOURS) % PATTERNS + 1 if theme else 0


def recent_slots(first: Week, last: Week) -> tuple[Slot, ...]:
    """Returns the last weeks of an archive as slots: half a year, or less if it is younger."""
    number = max(_MIN_RECENT, min(RECENT_WEEKS, last.ordinal - first.ordinal + 1))
    return slots_of(Week.from_ordinal(last.ordinal - number + 1), last)


def slots_of(first: Week, last: Week) -> tuple[Slot, ...]:
    """Returns a slot for each week, or fewer slots of several weeks; the first may be shorter."""
    begin, end = first.ordinal, last.ordinal
    size = -(-(end - begin + 1) // _MAX_SLOTS)
    slots = []
    for at in range(end, begin - 1, -size):
        slots.append((Week.from_ordinal(max(begin, at - size + 1)), Week.from_ordinal(at)))
    return tuple(reversed(slots))


def sum_by_slot(counts: Mapping[Week, int], slots: Sequence[Slot]) -> tuple[int, ...]:
    """Returns how many stories each slot has; weeks outside the slots are ignored."""
    if all(first == last for first, last in slots):
        return tuple(counts.get(week, 0) for week, _ in slots)
    begin, end = slots[0][0].ordinal, slots[-1][1].ordinal
    size = end - slots[-1][0].ordinal + 1
    sums = [0] * len(slots)
    for week, number in counts.items():
        before_end = end - week.ordinal
        if 0 <= before_end <= end - begin:
            sums[len(slots) - 1 - before_end // size] += number
    return tuple(sums)


def draw(slots: Sequence[Slot], series: Sequence[Series], plot: int) -> Chart | None:
    """Returns a chart of the series, stacked in their order; bars are at most `plot` units high.

    None if too few slots have a story.
    """
    totals = tuple(map(sum, zip(*(one.counts for one in series), strict=True)))
    if sum(map(bool, totals)) < _MIN_WEEKS:
        return None
    layers = _with_others_merged(series)
    most = max(totals)
    plot = min(plot, _STORY_HEIGHT * most)
    step, top = _scale(most, lines=max(1, plot // 30))
    size = slots[-1][1].ordinal - slots[-1][0].ordinal + 1
    every = "a week" if size == 1 else f"every {size} weeks"
    grid = []
    for value in range(step, top + 1, step):
        grid.append(Mark(TOP + plot - value * plot // top, str(value)))
    return Chart(
        title=f"Stories {every}, {formatting.span(slots[0][0], slots[-1][1])}",
        description=_description(slots, totals, layers),
        width=LEFT + PLOT_WIDTH,
        height=TOP + plot + _BELOW,
        foot=TOP + plot,
        layers=tuple(_layers(layers, top, plot)),
        grid=tuple(grid),
        labels=_labels(slots),
        rows=tuple(_rows(slots, layers, totals)),
    )


def sparkline(slots: Sequence[Slot], series: Series) -> Sparkline | None:
    """Returns the small bars of one theme; None if it has no story in these weeks."""
    if not series.total:
        return None
    most = max(series.counts)
    top = max(_MIN_HEIGHT, most)
    bars = []
    for slot, number in enumerate(series.counts):
        if number:
            height = -(-number * _SMALL_BARS // top)
            bars.append(_bar(4 * slot, _SMALL_BARS - height, 3, height))
    total = formatting.stories(series.total)
    return Sparkline(
        colour=colour(series.theme),
        width=4 * len(slots) - 1,
        height=_SMALL_BARS,
        path="".join(bars),
        words=f"{total} in the last {len(slots)} weeks, at most {most} a week",
    )


def _with_others_merged(series: Sequence[Series]) -> list[Series]:
    """Returns the series that have a story; if there are too many, the smallest are merged."""
    with_stories = [one for one in series if one.total]
    themed = [one for one in with_stories if one.theme]
    if len(themed) <= _MAX_LAYERS:
        return with_stories
    largest = sorted(themed, key=lambda one: -one.total)[: _MAX_LAYERS - 1]
    shown = [one for one in with_stories if one in largest]
    rest = [one.counts for one in with_stories if one not in largest]
    counts = tuple(map(sum, zip(*rest, strict=True)))
    return [*shown, Series("Everything else", 0, counts)]


def _layers(series: Sequence[Series], top: int, plot: int) -> Iterator[Layer]:
    """Yields the bars of each series, stacked; all heights are rounded in one way, so bars touch."""
    number = len(series[0].counts)
    feet = [TOP + plot] * number
    below = [0] * number
    for one in series:
        bars = []
        for slot, count in enumerate(one.counts):
            below[slot] += count
            foot, head = feet[slot], TOP + plot - below[slot] * plot // top
            feet[slot] = head
            if foot > head:
                left, right = _edge(slot, number), _edge(slot + 1, number)
                bars.append(_bar(left, head, max(2, (right - left) * 3 // 4), foot - head))
        yield Layer(
            title=one.title,
            colour=colour(one.theme),
            pattern=pattern(one.theme),
            path="".join(bars),
            total=one.total,
        )


def _bar(left: int, top: int, width: int, height: int) -> str:
    return f"M{left} {top}h{width}v{height}h-{width}z"


def _scale(most: int, lines: int) -> tuple[int, int]:
    """Returns the step between at most `lines` grid lines, and the stories of the full height."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if most <= lines * step:
                return step, step * -(-most // step)
        size *= 10


def _labels(slots: Sequence[Slot]) -> tuple[Mark, ...]:
    """Returns the labels below the bars: years, and months if the time is short and they fit.

    Each is where its first slot begins. A week belongs to the month and year of its Thursday, as in
    ISO 8601.
    """
    number = len(slots)
    days = [first.monday + timedelta(days=3) for first, _ in slots]
    months = [slot for slot in range(1, number) if days[slot].month != days[slot - 1].month]
    years = [slot for slot in months if days[slot].year != days[slot - 1].year]
    edges = [_edge(slot, number) for slot in years]
    step = 1  # every year has a label, or every second, third and so on
    while any(right - left < _LABEL_STEP for left, right in pairwise(edges[::step])):
        step += 1
    labels = [(slot, str(days[slot].year)) for slot in years[::step]]
    if len(years) <= _FEW_YEARS:
        labels += [(slot, formatting.month(days[slot])) for slot in (*months, 0)]
    placed: dict[int, str] = {}
    for slot, words in labels:
        left = _edge(slot, number)
        is_free = all(abs(left - other) >= _LABEL_STEP for other in placed)
        if is_free and left <= LEFT + PLOT_WIDTH - _LABEL_WIDTH:
            placed[left] = words
    return tuple([Mark(left, placed[left]) for left in sorted(placed)])


def _edge(slot: int, number: int) -> int:
    """Returns where a slot begins; `number` is how many there are."""
    return LEFT + slot * PLOT_WIDTH // number


def _rows(slots: Sequence[Slot], series: Sequence[Series], totals: Sequence[int]) -> Iterator[Row]:
    for slot, (first, last) in reversed(list(enumerate(slots))):
        words = formatting.label(first) if first == last else formatting.span(first, last)
        parts = ", ".join(f"{one.title} {one.counts[slot]}" for one in series if one.counts[slot])
        left = _edge(slot, len(slots))
        yield Row(
            words=words,
            total=totals[slot],
            parts=parts if len(series) > 1 else "",
            place=addresses.week(first) if first == last else "",
            left=left,
            width=_edge(slot + 1, len(slots)) - left,
        )


def _description(slots: Sequence[Slot], totals: Sequence[int], series: Sequence[Series]) -> str:
    """Returns the chart in words: how many stories, when most, and by theme."""
    most = max(totals)
    first, last = slots[totals.index(most)]
    when = f"week {first.number}, {first.year}"
    if first != last:
        when = f"the weeks of {formatting.span(first, last)}"
    words = f"{formatting.stories(sum(totals))} in all; most, {most}, in {when}."
    if len(series) == 1:
        return words
    ranked = sorted(series, key=lambda one: -one.total)
    by_theme = ", ".join(f"{one.title} {one.total}" for one in ranked)
    return f"{words} By theme: {by_theme}."
