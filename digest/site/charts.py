"""The archive drawn: stories a week as bars, stacked by theme; one theme's timeline; a line of small bars in a list.

    numbers by week ──▶ slots, bars, lines across, signs below, a table

Numbers in, the geometry of an SVG picture out, in whole units of its view box; the templates draw it. Refuses to know
the archive, addresses or colours: a theme is a number by which the style sheet gives it its colour and its pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from digest.site import formatting
from digest.week import Week

RECENT = 26  # weeks that the pulse and the small bars look back on
_YOUNG = 12  # that they do where the archive is younger
COLOURS = 10  # that static/colours.css has; the eleventh theme begins again, with another pattern
PATTERNS = 7  # that macros/charts.html has; as 7 and 10 share no factor, 70 themes differ in one or the other
_SLOTS = 60  # of a timeline; where it is longer than so many weeks, a slot takes several
_LAYERS = 10  # told apart in one picture; the smallest of more go together
_FEWEST = 3  # weeks that have a story, below which there is nothing to look at

_LEFT, _PLOT = 30, 520  # units: room for the numbers of the lines, and the bars beside it
_TOP, _BELOW = 16, 24  # units above and below the bars, for the same
_APART, _WIDE = 48, 40  # units between two signs below, and the width of one
_FEW_YEARS = 2  # that begin in a picture which names months, too
_LOWEST = 4  # the least that the height of a picture stands for: one story is no peak

Slot = tuple[Week, Week]
"""The first and the last week that one bar stands for."""


class Series(NamedTuple):
    """What is drawn: how many stories each slot has of one theme; `theme` counts from 1, 0 is none of them."""

    title: str
    theme: int
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The stories of all slots."""
        return sum(self.counts)


class Layer(NamedTuple):
    """A theme's bars in a stack, as one path; `colour` and `pattern` are 0 for what belongs to no theme."""

    title: str
    colour: int
    pattern: int
    path: str
    total: int


class Mark(NamedTuple):
    """Words at a distance from the left (below the bars) or from the top (on a line across)."""

    at: int
    words: str


class Row(NamedTuple):
    """A slot in figures, for those who do not see the picture: all its stories, and how many each theme has."""

    words: str
    total: int
    parts: str


class Chart(NamedTuple):
    """A picture: `foot` is the height on which the bars stand, `rows` the same as a table."""

    title: str
    description: str
    width: int
    height: int
    foot: int
    layers: tuple[Layer, ...]
    lines: tuple[Mark, ...]
    signs: tuple[Mark, ...]
    rows: tuple[Row, ...]


class Sparkline(NamedTuple):
    """The small bars beside a theme, and what they say in words."""

    colour: int
    width: int
    height: int
    path: str
    words: str


def colour(theme: int) -> int:
    """Returns the number of a theme's colour; 0 for what belongs to no theme."""
    return (theme - 1) % COLOURS + 1 if theme else 0


def pattern(theme: int) -> int:
    """Returns the number of a theme's pattern; 0 for what belongs to no theme."""
    return (theme - 1) % PATTERNS + 1 if theme else 0


def recent_slots(first: Week, last: Week) -> tuple[Slot, ...]:
    """Returns the slots of the last weeks of an archive, one a week: half a year, or less of one that is younger."""
    number = max(_YOUNG, min(RECENT, last.ordinal - first.ordinal + 1))
    return slots(Week.at(last.ordinal - number + 1), last)


def slots(first: Week, last: Week, most: int = _SLOTS) -> tuple[Slot, ...]:
    """Returns the slots from one week to another, at most so many, all as long but perhaps the first."""
    begin, end = first.ordinal, last.ordinal
    size = -(-(end - begin + 1) // most)
    ends = range(end, begin - 1, -size)
    return tuple((Week.at(max(begin, at - size + 1)), Week.at(at)) for at in reversed(ends))


def sum_by_slot(counts: Mapping[Week, int], into: Sequence[Slot]) -> tuple[int, ...]:
    """Returns how many stories each slot has; those of weeks outside them are left out."""
    if all(first == last for first, last in into):
        return tuple(counts.get(week, 0) for week, _ in into)
    begins, found = [first.ordinal for first, _ in into], [0] * len(into)
    size, end = into[-1][1].ordinal - begins[-1] + 1, into[-1][1].ordinal
    for week, number in counts.items():
        at = week.ordinal
        if begins[0] <= at <= end:
            found[len(into) - 1 - (end - at) // size] += number
    return tuple(found)


def draw(at: Sequence[Slot], series: Sequence[Series], plot: int) -> Chart | None:
    """Returns the picture of the series, stacked from the foot in their order, its bars at most `plot` units high.

    None where too few weeks have a story to show anything.
    """
    together = tuple(map(sum, zip(*(one.counts for one in series), strict=True)))
    if sum(map(bool, together)) < _FEWEST:
        return None
    layers = _told_apart(series)
    step, top = _scale(max(together), lines=plot // 30)
    return Chart(
        title=f"Stories {_every(at)}, {formatting.span(at[0][0], at[-1][1])}",
        description=_described(at, together, layers),
        width=_LEFT + _PLOT,
        height=_TOP + plot + _BELOW,
        foot=_TOP + plot,
        layers=tuple(_layers(layers, top, plot)),
        lines=tuple(
            Mark(_TOP + plot - value * plot // top, str(value))
            for value in range(step, top + 1, step)
        ),
        signs=_signs(at),
        rows=tuple(_rows(at, layers, together)),
    )


def sparkline(at: Sequence[Slot], series: Series, height: int = 20) -> Sparkline | None:
    """Returns the small bars of one theme; None where it has no story in these weeks."""
    if not series.total:
        return None
    most = max(series.counts)
    top = max(_LOWEST, most)
    heights = [-(-number * height // top) for number in series.counts]
    path = "".join(
        _bar(4 * slot, height - high, 3, high) for slot, high in enumerate(heights) if high
    )
    return Sparkline(
        colour=colour(series.theme),
        width=4 * len(at) - 1,
        height=height,
        path=path,
        words=f"{formatting.stories(series.total)} in the last {len(at)} weeks, at most {most} a week",
    )


def _told_apart(series: Sequence[Series]) -> list[Series]:
    """Returns the series that have a story, at most so many as can be told apart, the rest as one."""
    there = [one for one in series if one.total]
    themed = [one for one in there if one.theme]
    if len(themed) <= _LAYERS:
        return there
    kept = sorted(themed, key=lambda one: -one.total)[: _LAYERS - 1]
    rest = [one.counts for one in there if one not in kept]
    others = Series(
        title="Everything else", theme=0, counts=tuple(map(sum, zip(*rest, strict=True)))
    )
    return [*(one for one in there if one in kept), others]


def _layers(series: Sequence[Series], top: int, plot: int) -> Iterator[Layer]:
    below = [0] * len(series[0].counts)
    for one in series:
        above = [low + number for low, number in zip(below, one.counts, strict=True)]
        yield Layer(
            title=one.title,
            colour=colour(one.theme),
            pattern=pattern(one.theme),
            path=_stacked(below, above, top, plot),
            total=one.total,
        )
        below = above


def _stacked(below: Sequence[int], above: Sequence[int], top: int, plot: int) -> str:
    """Returns the bars between two heights; both ends are rounded, so that what stands on one another touches."""
    edges = [_edge(slot, len(below)) for slot in range(len(below) + 1)]
    bars = []
    for slot, (low, high) in enumerate(zip(below, above, strict=True)):
        head, foot = (_TOP + plot - value * plot // top for value in (high, low))
        if foot > head:
            bars.append(
                _bar(
                    edges[slot], head, max(2, (edges[slot + 1] - edges[slot]) * 3 // 4), foot - head
                )
            )
    return "".join(bars)


def _bar(left: int, head: int, wide: int, high: int) -> str:
    return f"M{left} {head}h{wide}v{high}h-{wide}z"


def _scale(most: int, lines: int) -> tuple[int, int]:
    """Returns the step of at most so many lines across, and the number of stories that the whole height stands for."""
    most, size = max(_LOWEST, most), 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if most <= lines * step:
                return step, step * -(-most // step)
        size *= 10


def _signs(at: Sequence[Slot]) -> tuple[Mark, ...]:
    """Returns the years, or every so many of them, and of a short time the months that have room between.

    Each stands where its first slot begins. A week belongs to the month and year in which its Thursday lies, as in
    ISO 8601.
    """
    days = [first.monday + timedelta(days=3) for first, _ in at]
    months = [slot for slot in range(1, len(at)) if days[slot].month != days[slot - 1].month]
    years = [slot for slot in months if days[slot].year != days[slot - 1].year]
    wanted = [(slot, str(days[slot].year)) for slot in _spaced(years, len(at))]
    if len(years) <= _FEW_YEARS:
        wanted += [(slot, formatting.month(days[slot])) for slot in (*months, 0)]
    placed: dict[int, str] = {}
    for slot, words in wanted:
        left = _edge(slot, len(at))
        if left <= _LEFT + _PLOT - _WIDE and all(abs(left - other) >= _APART for other in placed):
            placed[left] = words
    return tuple(Mark(left, placed[left]) for left in sorted(placed))


def _spaced(slots: Sequence[int], number: int) -> Sequence[int]:
    """Returns every slot, or every second, third and so on, so that there is room for a sign at each."""
    step = 1
    while any(
        _edge(two, number) - _edge(one, number) < _APART for one, two in pairwise(slots[::step])
    ):
        step += 1
    return slots[::step]


def _edge(slot: int, number: int) -> int:
    """Returns where a slot begins, of so many."""
    return _LEFT + slot * _PLOT // number


def _rows(at: Sequence[Slot], series: Sequence[Series], together: Sequence[int]) -> Iterator[Row]:
    for slot, (first, last) in reversed(list(enumerate(at))):
        words = formatting.label(first) if first == last else formatting.span(first, last)
        parts = ", ".join(f"{one.title} {one.counts[slot]}" for one in series if one.counts[slot])
        yield Row(words=words, total=together[slot], parts=parts if len(series) > 1 else "")


def _described(at: Sequence[Slot], together: Sequence[int], series: Sequence[Series]) -> str:
    """Returns what one would see: how much, where most, and which themes."""
    most = max(together)
    first, last = at[together.index(most)]
    where = (
        f"week {first.number}, {first.year}"
        if first == last
        else f"the weeks of {formatting.span(first, last)}"
    )
    words = f"{formatting.stories(sum(together))} in all; most, {most}, in {where}."
    if len(series) == 1:
        return words
    ranked = sorted(series, key=lambda one: -one.total)
    return f"{words} By theme: {', '.join(f'{one.title} {one.total}' for one in ranked)}."


def _every(at: Sequence[Slot]) -> str:
    size = at[-1][1].ordinal - at[-1][0].ordinal + 1
    return "a week" if size == 1 else f"every {size} weeks"
