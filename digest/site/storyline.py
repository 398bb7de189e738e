"""A theme over time, in words: since when there is something of it, how often, and when it was quiet.

Counts by week in, sentences out. Refuses to know a clock: the newest week of the archive stands for now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from digest.site import formatting
from digest.week import Week

_QUIET = 3  # weeks without a story that make a quiet stretch
_TOLD = 3  # quiet stretches that are named; of more, the longest


class Timeline(NamedTuple):
    """How a theme went until a week: the `first` that has a story of it, and words on what lies between.

    `quiet` names the long stretches without a story, oldest first; it and `since` are empty where there were none.
    """

    first: Week
    until: Week
    active: str
    quiet: str
    since: str


def course(counts: Mapping[Week, int], until: Week) -> Timeline | None:
    """Returns how a theme went until this week; None where it has no story, or none before this week."""
    active = sorted(week for week, number in counts.items() if number)
    if not active or active[0] == until:
        return None
    passed = until.ordinal - active[-1].ordinal
    return Timeline(
        first=active[0],
        until=until,
        active=_active(active, counts, until),
        quiet=_quiet(active),
        since=f"nothing in the {formatting.count(passed, 'week')} since"
        if passed >= _QUIET
        else "",
    )


def _active(active: Sequence[Week], counts: Mapping[Week, int], until: Week) -> str:
    weeks = until.ordinal - active[0].ordinal + 1
    most = max(counts.values())
    often = f"in {len(active)} of {formatting.count(weeks, 'week')}"
    if most == 1:
        return f"{often}, never more than one story"
    busiest = [week for week in active if counts[week] == most]
    week = busiest[0]
    where = f" (week {week.number}, {week.year})" if len(busiest) == 1 else ""
    return f"{often}, at most {formatting.stories(most)} a week{where}"


def _quiet(active: Sequence[Week]) -> str:
    """Returns the quiet stretches between the active weeks: the longest, in the order of time."""
    ordinals = [week.ordinal for week in active]
    long = [
        (after - before - 1, before + 1)
        for before, after in pairwise(ordinals)
        if after - before > _QUIET
    ]
    told = sorted(sorted(long, reverse=True)[:_TOLD], key=lambda gap: gap[1])
    named = [
        f"{_days(begin, length)} ({formatting.count(length, 'week')})" for length, begin in told
    ]
    if len(long) > len(told):
        named.append(
            formatting.count(len(long) - len(told), "shorter stretch", "shorter stretches")
        )
    return formatting.listed(named) if named else ""


def _days(begin: int, length: int) -> str:
    return formatting.span(Week.at(begin), Week.at(begin + length - 1))
