"""Themes over time: how many stories each has in each week, in words and in pictures.

    editions ──▶ Counts ──▶ activity chart, sparklines, a Timeline of each theme ──▶ TimelineView

Only the counts of each week are used, not its stories. The newest week counts as now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from digest.model import Story, Theme
from digest.site import addresses, charts, formatting
from digest.site.archive import Edition
from digest.site.cards import Cards
from digest.site.charts import RECENT_WEEKS, Chart, Series, Slot, Sparkline
from digest.site.markdown import text_of
from digest.site.page import PageLink
from digest.week import Week

_ACTIVITY_HEIGHT = 130  # units that the bars of the activity chart may be high
_TIMELINE_HEIGHT = 64  # the same for a theme's timeline
_MIN_QUIET_WEEKS = 3  # weeks without a story that make a quiet stretch
_MAX_SENTENCE = 240  # characters of the first sentence of a note
_MAX_NAMED = 3  # quiet stretches that are named: the longest


class Timeline(NamedTuple):
    """A theme over time, in words: from the `first` week with a story of it until now (`until`).

    `quiet` names the long stretches without a story, oldest first. It and `since` are empty if
    there were none.
    """

    first: Week
    until: Week
    active: str
    quiet: str
    since: str


class TimelineView(NamedTuple):
    """A theme over time as its page shows it.

    `first` links to its first week. `chart` is None if there is too little to see.
    """

    first: PageLink
    active: str
    quiet: str
    since: str
    chart: Chart | None


class TimelineEvent(NamedTuple):
    """A story in the timeline of a theme: its headline, and the `words` that its note begins with.

    `quiet` names a long stretch without a story between it and the next one.
    """

    headline: str
    place: str
    published: datetime
    words: str
    quiet: str


class Counts(NamedTuple):
    """How many stories each week has of each theme: `themes` counts every theme, `main` the first.

    Both are by theme id; in `main`, "" is for stories without a theme. `recent` has the last weeks,
    and `main` only those; it is empty if there are no weeks.
    """

    recent: tuple[Slot, ...]
    themes: Mapping[str, Mapping[Week, int]]
    main: Mapping[str, Mapping[Week, int]]
    timelines: Mapping[str, Timeline | None]

    def sparkline(self, theme: Theme, number: int) -> Sparkline | None:
        """Returns the small bars of a theme's last weeks; None if it has no story in them."""
        counts = self.themes.get(theme.id)
        if not counts:
            return None
        series = Series(theme.title, number, charts.sum_by_slot(counts, self.recent))
        return charts.sparkline(self.recent, series)

    def series(self, theme: Theme, number: int) -> Series | None:
        """Returns the stories of a theme from its first week until now, in slots."""
        counts = self.themes.get(theme.id)
        if not counts:
            return None
        slots = charts.slots_of(min(counts), self.recent[-1][1])
        return Series(theme.title, number, charts.sum_by_slot(counts, slots))

    def activity(self, themes: Sequence[Theme]) -> tuple[Series, ...]:
        """Returns the stories of the last weeks by main theme."""
        titles = [(theme.id, theme.title, number) for number, theme in enumerate(themes, 1)]
        series = []
        for id, title, number in (*titles, ("", "Elsewhere", 0)):
            if id in self.main:
                counts = charts.sum_by_slot(self.main[id], self.recent)
                series.append(Series(title, number, counts))
        return tuple(series)

    def activity_chart(self, themes: Sequence[Theme]) -> Chart | None:
        """Returns the chart of the last weeks, stories by main theme; None if too little to see."""
        series = self.activity(themes)
        return charts.draw(self.recent, series, _ACTIVITY_HEIGHT) if series else None


def count_stories(editions: Sequence[Edition]) -> Counts:
    """Returns the counts of editions, which come newest first."""
    themes: dict[str, dict[Week, int]] = defaultdict(dict)
    main: dict[str, dict[Week, int]] = defaultdict(dict)
    for edition in editions:
        for theme, stories in edition.stories_by_theme.items():
            themes[theme][edition.week] = len(stories)
    for edition in editions[:RECENT_WEEKS]:
        for theme, number in edition.main_theme_counts.items():
            main[theme][edition.week] = number
    recent = charts.recent_slots(editions[-1].week, editions[0].week) if editions else ()
    timelines = {theme: timeline_of(counts, recent[-1][1]) for theme, counts in themes.items()}
    return Counts(recent=recent, themes=themes, main=main, timelines=timelines)


def timeline_of(counts: Mapping[Week, int], until: Week) -> Timeline | None:
    """Returns the timeline of a theme; None if it has no story before this week."""
    active = sorted(week for week, number in counts.items() if number)
    if not active or active[0] == until:
        return None
    silent = until.ordinal - active[-1].ordinal
    since = (
        f"nothing in the {formatting.count(silent, 'week')} since"
        if silent >= _MIN_QUIET_WEEKS
        else ""
    )
    return Timeline(
        first=active[0],
        until=until,
        active=_activity(active, counts, until),
        quiet=_quiet_stretches(active),
        since=since,
    )


def timeline_view(timeline: Timeline, series: Series) -> TimelineView:
    """Returns the view of a theme's timeline; `series` has its stories."""
    slots = charts.slots_of(timeline.first, timeline.until)
    return TimelineView(
        first=PageLink(formatting.label(timeline.first), addresses.week(timeline.first)),
        active=timeline.active,
        quiet=timeline.quiet,
        since=timeline.since,
        chart=charts.draw(slots, [series], _TIMELINE_HEIGHT),
    )


def story_events(cards: Cards, stories: Sequence[Story], theme: str) -> tuple[TimelineEvent, ...]:
    """Returns stories of a theme, which come newest first, as events of its timeline."""
    events, later = [], None
    for story in stories:
        card = cards.card(story, theme)
        words = formatting.first_sentence(text_of(card.note), _MAX_SENTENCE) if card.note else ""
        quiet, week = "", story.week.ordinal
        if later and later - week - 1 >= _MIN_QUIET_WEEKS:
            days = formatting.span(Week.from_ordinal(week + 1), Week.from_ordinal(later - 1))
            quiet = f"Quiet for {formatting.count(later - week - 1, 'week')}, {days}"
        events.append(TimelineEvent(card.headline, card.place, card.published, words, quiet))
        later = week
    return tuple(events)


def _activity(active: Sequence[Week], counts: Mapping[Week, int], until: Week) -> str:
    """Returns in how many weeks there was a story, and the most in one week, in words."""
    weeks = until.ordinal - active[0].ordinal + 1
    most = max(counts.values())
    often = f"in {len(active)} of {formatting.count(weeks, 'week')}"
    if most == 1:
        return f"{often}, never more than one story"
    busiest = [week for week in active if counts[week] == most]
    week = busiest[0]
    where = f" (week {week.number}, {week.year})" if len(busiest) == 1 else ""
    return f"{often}, at most {formatting.stories(most)} a week{where}"


def _quiet_stretches(active: Sequence[Week]) -> str:
    """Returns the longest quiet stretches between the active weeks, oldest first, in words."""
    stretches = []  # length and first week of each
    for before, after in pairwise(week.ordinal for week in active):
        if after - before > _MIN_QUIET_WEEKS:
            stretches.append((after - before - 1, before + 1))
    longest = sorted(stretches, reverse=True)[:_MAX_NAMED]
    named = []
    for length, first in sorted(longest, key=lambda stretch: stretch[1]):
        days = formatting.span(Week.from_ordinal(first), Week.from_ordinal(first + length - 1))
        named.append(f"{days} ({formatting.count(length, 'week')})")
    if more := len(stretches) - len(longest):
        named.append(formatting.count(more, "shorter stretch", "shorter stretches"))
    return formatting.listed(named) if named else ""
