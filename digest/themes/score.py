"""Scores the rules against what the editor has decided: precision and recall, by quarter and theme.

Few stories say little, so each number has the interval (Wilson, 95 %) in which it may really be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb, sqrt

ALL = "all"
_Z = 1.96
"""Standard deviations of an interval of 95 %."""
Cell = tuple[str | None, str]
"""A theme, None for all, and a quarter."""
_MIN_STORIES = 5
"""A quarter with fewer stories of a theme says nothing of its rule's age."""
_MAX_CHANCE = 0.025
"""What is at least as likely by chance is no sign of age."""


@dataclass(frozen=True, slots=True)
class LabelledStory:
    """A story that an editor has decided: its themes, and those that the rules give it."""

    day: date
    themes: Collection[str]
    found: Collection[str]


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of a count, and the interval in which it may really be; nothing of nothing is None."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """How a rule did in a quarter: stories found rightly and wrongly, and those that it missed.

    `theme` is None for all themes together; `quarter` may be "all".
    """

    theme: str | None
    quarter: str
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> Proportion:
        """Which share of the stories that the rule found have the theme."""
        return wilson(self.right, self.right + self.wrong)

    @property
    def recall(self) -> Proportion:
        """Which share of the stories with the theme the rule found."""
        return wilson(self.right, self.right + self.missed)


def wilson(hits: int, count: int) -> Proportion:
    """Returns the share of hits with its Wilson interval."""
    if not count:
        return Proportion(None, 0.0, 1.0)
    share, square = hits / count, _Z * _Z
    middle = share + square / (2 * count)
    reach = _Z * sqrt(share * (1 - share) / count + square / (4 * count * count))
    whole = 1 + square / count
    low, high = (middle - reach) / whole, (middle + reach) / whole
    return Proportion(round(share, 3), round(max(0.0, low), 3), round(min(1.0, high), 3))


def scores(labelled: Iterable[LabelledStory], themes: Sequence[str]) -> list[Score]:
    """Returns the scores of each theme, then those of all themes together.

    Each has a row for all quarters, and one for each quarter in which a story counts for it.
    """
    right, wrong, missed = Counter[Cell](), Counter[Cell](), Counter[Cell]()
    quarters = set()
    for story in labelled:
        quarter = f"{story.day.year}-Q{(story.day.month + 2) // 3}"
        quarters.add(quarter)
        for theme in themes:
            if theme in story.found:
                counts = right if theme in story.themes else wrong
            elif theme in story.themes:
                counts = missed
            else:
                continue
            counts.update([(theme, quarter), (theme, ALL), (None, quarter), (None, ALL)])
    rows = []
    for name in (*themes, None):
        for quarter in (ALL, *sorted(quarters)):
            cell = (name, quarter)
            if quarter != ALL and not (right[cell] or wrong[cell] or missed[cell]):
                continue
            rows.append(Score(name, quarter, right[cell], wrong[cell], missed[cell]))
    return rows


def outdated_rules(rows: Iterable[Score]) -> Iterator[str]:
    """Yields a sentence for each theme whose newest quarter is worse than chance explains."""
    by_theme: dict[str, list[Score]] = defaultdict(list)
    for row in rows:
        if row.theme is not None and row.quarter != ALL:
            by_theme[row.theme].append(row)
    for theme, quarters in by_theme.items():
        *before, last = quarters
        right = sum(row.right for row in before)
        wrong = sum(row.wrong for row in before)
        missed = sum(row.missed for row in before)
        if min(right + missed, last.right + last.missed) < _MIN_STORIES:
            continue
        if _is_worse(last.right, last.missed, right, missed):
            now = f"{last.right} of {last.right + last.missed} in {last.quarter}"
            yield f"{theme} ages: its rule found {now}, {right} of {right + missed} before"
        elif _is_worse(last.right, last.wrong, right, wrong):
            now = f"{last.wrong} of {last.right + last.wrong} in {last.quarter}"
            yield f"{theme} ages: it was wrong in {now}, in {wrong} of {right + wrong} before"


def _is_worse(hits: int, misses: int, hits_before: int, misses_before: int) -> bool:
    """True if the share of hits is lower than before, by more than chance (Fisher's exact test)."""
    count, all_hits, all_misses = hits + misses, hits + hits_before, misses + misses_before
    ways = sum(comb(all_hits, few) * comb(all_misses, count - few) for few in range(hits + 1))
    return ways / comb(all_hits + all_misses, count) < _MAX_CHANCE
