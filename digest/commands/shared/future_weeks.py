"""Hints at stories and letters of weeks that have not begun, and at the week that they close."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.errors import Kind, Problem
from digest.model import Config, Content, Letter, Story
from digest.site.arrange import closed_weeks
from digest.week import Week, without_mistyped

TOLERANCE = timedelta(days=8)
"""So far ahead, dates may be meant: of next week, which an editor prepares."""
_ZONES = timedelta(days=1)
"""Somewhere on earth it may be tomorrow."""


def has_begun(week: Week, now: datetime) -> bool:
    """True if a week has begun in any time zone."""
    return week <= Week.of((now + _ZONES).date())


def hints(content: Content, config: Config, now: datetime) -> Iterator[Problem]:
    """Yields a hint for each story and letter dated far ahead, or that closes a week too early."""
    dated: tuple[Story | Letter, ...] = (*content.stories, *content.letters)
    weeks = {one.week for one in dated if _is_published(one)}
    lettered = {letter.week for letter in content.letters if _is_published(letter)}
    plausible = without_mistyped(weeks, content.reached)
    begun = {week for week in weeks if has_begun(week, now)}
    closed = closed_weeks(weeks, lettered, config.close, content.reached) & begun
    closed -= closed_weeks(begun, lettered & begun, config.close, content.reached)
    for one in dated:
        day = max(one.week.monday, one.day) if isinstance(one, Story) else one.week.monday
        may_close = isinstance(one, Letter) or config.close == "next-week"
        is_coming = one.week in plausible and one.week not in begun
        closes = max(closed) if closed and is_coming and may_close and _is_published(one) else None
        if closes or day > (now + TOLERANCE).date():
            what = f"belongs to {Week.of(day)}, which is in the future"
            cure = "if that is a mistake, correct the date or the week's folder"
            if closes:
                what += f", so {closes} is closed"
            elif one.week in weeks and one.week not in plausible:
                cure += "; a week far ahead closes no earlier one"
            yield Problem(one.file, 0, what, cure, kind=Kind.HINT)


def _is_published(one: Story | Letter) -> bool:
    return not one.draft and not (isinstance(one, Story) and one.hide)
