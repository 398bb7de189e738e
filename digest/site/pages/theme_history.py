"""A theme over time as its page shows it: first seen, how often, when quiet, the latest, and the same as a picture.

What storyline.py words and charts.py draws comes together here with links. Refuses to count.
"""

from __future__ import annotations

from typing import NamedTuple

from digest.model import Story, Theme
from digest.site import addresses, charts, formatting
from digest.site.cards import Card, Cards
from digest.site.charts import Chart, Series
from digest.site.page import Link
from digest.site.storyline import Timeline

_HIGH = 64  # units that the bars of a timeline may be high


class StorylineView(NamedTuple):
    """A theme over time; `first` leads to its first week, `timeline` is None where there is too little to see."""

    first: Link
    active: str
    quiet: str
    since: str
    latest: Card
    timeline: Chart | None


def storyline_view(
    cards: Cards, theme: Theme, course: Timeline, timeline: Series, latest: Story
) -> StorylineView:
    """Returns a theme over time; `timeline` has the stories of the slots from its first week until now."""
    return StorylineView(
        first=Link(formatting.label(course.first), addresses.week(course.first)),
        active=course.active,
        quiet=course.quiet,
        since=course.since,
        latest=cards.card(latest, theme.id),
        timeline=charts.drawn(charts.slots(course.first, course.until), [timeline], _HIGH),
    )
