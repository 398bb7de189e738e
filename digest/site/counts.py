"""The archive counted, stories by week and theme, and what can be drawn and told of the counts.

    editions ──once through──▶ Counts ──▶ pulse, small bars, a theme's course and timeline

Looks at no story: an archive may have a hundred thousand, and its weeks are counted already. Refuses to draw, which
charts.py knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.model import Theme
from digest.site import charts
from digest.site.archive import Edition
from digest.site.charts import RECENT, Chart, Series, Slot, Sparkline
from digest.site.storyline import Timeline, course
from digest.week import Week

_HIGH = 130  # units that the bars of the pulse may be high

Weekly = Mapping[Week, int]
Numbers = tuple[Week, Mapping[str, int], Mapping[str, int]]
"""Of a week how many stories each theme has, and how many have it as their main one."""


class Counts(NamedTuple):
    """How many stories each week has: of each theme, whatever place it has among a story's, and by main theme.

    `themes` and `main` are by the theme's id, "" for stories without one. `recent` has the last weeks, to which `main`
    is confined; it is empty where there are none.
    """

    recent: tuple[Slot, ...]
    themes: Mapping[str, Weekly]
    main: Mapping[str, Weekly]
    courses: Mapping[str, Timeline | None]

    def course(self, theme: str) -> Timeline | None:
        """Returns how a theme went; None where it has no story before this week."""
        return self.courses.get(theme)

    def spark(self, theme: Theme, number: int) -> Sparkline | None:
        """Returns the small bars of a theme's last weeks; None where it has no story in them."""
        found = self.themes.get(theme.id)
        if not found:
            return None
        counts = charts.gathered(found, self.recent)
        return charts.spark(self.recent, Series(title=theme.title, theme=number, counts=counts))

    def timeline(self, theme: Theme, number: int) -> Series | None:
        """Returns the stories of a theme from its first week to now, in slots."""
        found = self.themes.get(theme.id)
        if not found:
            return None
        at = charts.slots(min(found), self.recent[-1][1])
        return Series(title=theme.title, theme=number, counts=charts.gathered(found, at))

    def pulse(self, themes: Sequence[Theme]) -> Chart | None:
        """Returns the picture of the last weeks, all stories by their main theme; None where there is little to see."""
        if not self.main:
            return None
        known = [(theme.id, theme.title, number) for number, theme in enumerate(themes, 1)]
        series = [
            Series(title=title, theme=number, counts=charts.gathered(self.main[id], self.recent))
            for id, title, number in (*known, ("", "Elsewhere", 0))
            if id in self.main
        ]
        return charts.drawn(self.recent, series, _HIGH)


def numbers(edition: Edition) -> Numbers:
    """Returns how many stories a week has of each theme, and how many have it as their main one."""
    return (
        edition.week,
        {theme: len(stories) for theme, stories in edition.themed.items()},
        edition.main,
    )


def counted(weeks: Sequence[Numbers]) -> Counts:
    """Returns the counts of the numbers of weeks, which come newest first."""
    themes: dict[str, dict[Week, int]] = defaultdict(dict)
    main: dict[str, dict[Week, int]] = defaultdict(dict)
    for week, of_themes, _ in weeks:
        _add(themes, week, of_themes)
    for week, _, of_main in weeks[:RECENT]:
        _add(main, week, of_main)
    recent = charts.recent(weeks[-1][0], weeks[0][0]) if weeks else ()
    courses = {theme: course(weekly, recent[-1][1]) for theme, weekly in themes.items()}
    return Counts(recent=recent, themes=themes, main=main, courses=courses)


def _add(counts: dict[str, dict[Week, int]], week: Week, themes: Mapping[str, int]) -> None:
    for theme, number in themes.items():
        counts[theme][week] = number
