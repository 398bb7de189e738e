"""When each edition was published and last updated, for the weekly feed.

    when stories of later weeks were added ──▶ the first of these closed the week ──▶ EditionDates

Feed readers and mailers look for what is newer than their last run, so `published` is never before
the edition first appeared in the feed. No clock is read: all times come from the content.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, tzinfo
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.model import Config, Content, Gone, Letter, Story
from digest.names import last_change
from digest.site.archive import Archive, Edition
from digest.week import Week, reached

_LETTER = 1.0
"""Seconds between closing and `updated` if a letter has no date: readers who have seen the edition
without the letter should see it again."""
_TAKEN_BACK = 1.0
"""Seconds by which `updated` moves for each story that was hidden or deleted: feed readers should
replace their copy, and the time is not recorded."""


class EditionDates(NamedTuple):
    """When an edition was published and last updated, in seconds since 1970."""

    published: float
    updated: float


def dates_of(
    archive: Archive, config: Config, oldest: Week | None = None
) -> Mapping[Week, EditionDates]:
    """Returns the dates of the closed editions of an archive, down to the `oldest` if given."""
    content = archive.content
    hidden = [story for story in content.stories if story.hide and not story.draft]
    zone = ZoneInfo(config.site.timezone)
    came, gone, left = content.came, content.gone, _left(content)
    return edition_dates(archive.editions, config.close, zone, hidden, gone, came, oldest, left)


def edition_dates(
    editions: Iterable[Edition],
    close: str,
    zone: tzinfo,
    hidden: Iterable[Story] = (),
    deleted: Iterable[Gone] = (),
    came: Mapping[str, float] = MappingProxyType({}),
    oldest: Week | None = None,
    left: Iterable[Story] = (),
) -> Mapping[Week, EditionDates]:
    """Returns the dates of all closed editions, which come newest first.

    `close` says what closes an edition (digest.toml), `came` when stories were pulled
    (`Content.came`).

    `hidden` and `deleted` stories of a week still count as what closed the week before: taking a
    story back must not announce the edition before it again, only its own. So do those that have
    `left` it for another week, given with the week that they left.
    """
    editions = tuple(editions)
    moved: dict[Week, list[float]] = defaultdict(list)
    for story in left:
        moved[story.week].append(_came(story, _monday(story.week, zone), came))
    withheld: dict[Week, list[float]] = defaultdict(list)
    for story in hidden:
        withheld[story.week].append(_came(story, _monday(story.week, zone), came))
    for gone in deleted:
        if not gone.fresh:
            came_at = gone.came or _noon(gone.day, zone)
            withheld[gone.week].append(max(came_at, _monday(gone.week, zone)))
    near = set(reached(edition.week for edition in editions))  # a week far ahead closes none
    found: dict[Week, EditionDates] = {}
    later = None  # when a later week closed this one
    for edition in editions:
        if edition.week not in near:
            continue
        monday = _monday(edition.week, zone)
        added = [_came(story, monday, came) for story in edition.all]
        all_added = (*added, *withheld.get(edition.week, ()), *moved.get(edition.week, ()))
        if edition.closed:
            letter = edition.letter
            if (close == "letter" and letter is not None and not letter.draft) or later is None:
                closing = _published(letter) or max(added, default=monday)
            else:  # a week may get its first story when a later one has some already
                closing = max(later, min(all_added, default=later))
            taken_back = len(withheld.get(edition.week, ()))
            found[edition.week] = _dates(edition, closing, zone, taken_back)
        if close != "letter":
            opening = min(all_added if added else (), default=_published(edition.letter) or monday)
        elif edition.closed:
            opening = found[edition.week].published
        else:
            continue
        later = opening if later is None else min(later, opening)
        if edition.week == oldest:
            break
    return found


def _monday(week: Week, zone: tzinfo) -> float:
    """Returns when a week begins, in seconds since 1970."""
    return datetime.combine(week.monday, time(), zone).timestamp()


def _noon(day: str, zone: tzinfo) -> float:
    """Returns the noon of a day (ISO 8601), the time of a story written by hand; 0 if invalid."""
    try:
        return datetime.combine(date.fromisoformat(day), time(12), zone).timestamp()
    except ValueError:
        return 0


def _left(content: Content) -> list[Story]:
    """Returns the stories that were in another week before, each with that week."""
    stories = {story.file: story for story in content.stories if not story.draft}
    return [
        replace(stories[place.story], week=place.week)
        for place in content.places
        if place.story in stories and stories[place.story].week != place.week
    ]


def _came(story: Story, monday: float, came: Mapping[str, float]) -> float:
    """Returns when a story was added to its week: by a pull or on its own date.

    One of an earlier week was moved here, and came when this week began at the earliest.
    """
    pulled = came.get(story.file, 0)
    if pulled and story.day >= story.week.monday:
        return pulled
    return max(pulled or story.published.timestamp(), monday)


def _dates(edition: Edition, closing: float, zone: tzinfo, taken_back: int) -> EditionDates:
    letter = edition.letter
    published = max(closing, _published(letter))
    changed = [last_change(story, zone).timestamp() for story in edition.all]
    if letter:
        changed += [
            closing + _LETTER * (closing != _published(letter)),
            letter.updated.timestamp() if letter.updated else 0,
        ]
    return EditionDates(published, max([published, *changed]) + taken_back * _TAKEN_BACK)


def _published(letter: Letter | None) -> float:
    return letter.published.timestamp() if letter and letter.published else 0
