"""When each edition was published and last updated, for the weekly feed.

    when the stories of later weeks were added ──▶ the first of them closed the week ──▶ published, updated

Feed readers and mailers ask for what is newer than their last run, so `published` is never before the time at which
the edition first appeared in the feed. No clock is read: all times come from the content.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, tzinfo
from types import MappingProxyType
from typing import NamedTuple

from digest.model import Gone, Letter, Story
from digest.names import last_change
from digest.site.archive import Edition
from digest.week import Week, reached

_LETTER = 1.0
"""Seconds between closing and `updated` if a letter has no date of its own: readers who have seen the edition without
the letter should be shown it again."""
_TAKEN_BACK = 1.0
"""Seconds by which `updated` moves for each story that was hidden or deleted: readers should replace their copy, and
nothing says when that was."""


class EditionDates(NamedTuple):
    """When an edition was published and last updated, in seconds since 1970."""

    published: float
    updated: float


def edition_dates(
    editions: Iterable[Edition],
    close: str,
    zone: tzinfo,
    hidden: Iterable[Story] = (),
    deleted: Iterable[Gone] = (),
    came: Mapping[str, float] = MappingProxyType({}),
) -> Mapping[Week, EditionDates]:
    """Returns the dates of all closed editions, given newest first; `close` is what closes one (digest.toml).

    `came` says when stories were pulled (`Content.came`).

    The `hidden` stories of a week count for when it closed the one before, and so do the `deleted` ones:
    taking a story back must not announce the edition before it again. Its own edition is announced again.
    """
    editions = tuple(editions)
    withheld: dict[Week, list[float]] = defaultdict(list)
    for story in hidden:
        withheld[story.week].append(_came(story, _monday(story.week, zone), came))
    for gone in deleted:
        if gone.fresh:
            continue
        withheld[gone.week].append(
            max(gone.came or _noon(gone.day, zone), _monday(gone.week, zone))
        )
    near = set(reached(edition.week for edition in editions))  # a week far ahead closes none
    found: dict[Week, EditionDates] = {}
    later = None  # when a later week closed this one
    for edition in editions:
        if edition.week not in near:
            continue
        monday = _monday(edition.week, zone)
        added = [_came(story, monday, came) for story in edition.stories]
        if edition.closed:
            by_letter = (
                close == "letter" and edition.letter is not None and not edition.letter.draft
            )
            closing = max(added, default=monday) if by_letter or later is None else later
            found[edition.week] = _dates(
                edition, closing, zone, len(withheld.get(edition.week, ()))
            )
        if close != "letter":
            all_added = (*added, *withheld.get(edition.week, ()))
            opening = min(all_added if added else (), default=_published(edition.letter) or monday)
        elif edition.closed:
            opening = found[edition.week].published
        else:
            continue
        later = opening if later is None else min(later, opening)
    return found


def _monday(week: Week, zone: tzinfo) -> float:
    """Returns when a week begins, in seconds since 1970."""
    return datetime.combine(week.monday, time(), zone).timestamp()


def _noon(day: str, zone: tzinfo) -> float:
    """Returns the noon of a day (ISO 8601), which is the time of a story by hand; 0 if there is no such day."""
    try:
        return datetime.combine(date.fromisoformat(day), time(12), zone).timestamp()
    except ValueError:
        return 0


def _came(story: Story, monday: float, came: Mapping[str, float]) -> float:
    """Returns when a story was added to its week: by a pull, or on its own date, but not before the week began."""
    return came.get(story.file) or max(story.published.timestamp(), monday)


def _dates(edition: Edition, closing: float, zone: tzinfo, withheld: int) -> EditionDates:
    letter = edition.letter
    published = max(closing, _published(letter))
    changed = [last_change(story, zone).timestamp() for story in edition.stories]
    if letter:
        changed += [closing + _LETTER, letter.updated.timestamp() if letter.updated else 0]
    return EditionDates(published, max([published, *changed]) + withheld * _TAKEN_BACK)


def _published(letter: Letter | None) -> float:
    return letter.published.timestamp() if letter and letter.published else 0
