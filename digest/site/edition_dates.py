"""When each edition was published and last updated, for the weekly feed.

    when stories of later weeks were added ──▶ the first of these closed the week ──▶ EditionDates

Feed readers and mailers look for what is newer than their last run, so `published` is never before
the edition first appeared in the feed. No clock is read: all times come from the content.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import NamedTuple

from digest.model import Config, Content, Letter, Story
from digest.names import last_change
from digest.site.archive import Archive, Edition
from digest.week import Week

_LETTER_DELAY = 1.0
"""Seconds between closing and `updated` if a letter has no date: readers who have seen the edition
without the letter should see it again."""
_REMOVED_DELAY = 1.0
"""Seconds by which `updated` moves for each story that was hidden or deleted: feed readers should
replace their copy, and the time is not recorded."""


class EditionDates(NamedTuple):
    """When an edition was published and last updated, in seconds since 1970."""

    published: float
    updated: float


def datetime_of(seconds: float, zone: tzinfo) -> datetime:
    """Returns a time in a zone; in UTC if the offset has seconds, which RFC 3339 forbids."""
    local = datetime.fromtimestamp(int(seconds), zone)
    return local.astimezone(UTC) if local.strftime("%z")[5:] else local


def dates_of(
    archive: Archive, config: Config, oldest: Week | None = None
) -> Mapping[Week, EditionDates]:
    """Returns the dates of the closed editions of an archive, down to the `oldest` if given.

    The first story of a week closes the week before, also if it was hidden, deleted or moved since.
    Otherwise, taking it back would announce the edition before it again. For example, with
    close = "next-week":

        week 21   first story added on 19 May   opened on 19 May   still open
        week 20   first story added on 12 May   opened on 12 May   closed on 19 May
        week 19   first story added on 20 May   opened on 20 May   closed on 20 May
    """
    content, zone = archive.content, config.site.zone
    removed, moved_away = _removed(content, zone), _moved_away(content, zone)
    # A week that is taken for mistyped closes none.
    plausible = set(archive.plausible_weeks)
    dates: dict[Week, EditionDates] = {}
    later_opened: float | None = None  # when the first of all later weeks opened
    for edition in archive.editions:  # newest first
        week, letter = edition.week, edition.letter
        if week not in plausible:
            continue
        monday = _monday(week, zone)
        added = [_added_at(story, week, monday, content) for story in edition.all_stories]
        ever_added = (*added, *removed.get(week, ()), *moved_away.get(week, ()))
        if edition.closed:
            by_letter = config.close == "letter" and letter is not None and not letter.draft
            if by_letter or later_opened is None:
                closed_at = _published(letter) or max(added, default=monday)
            else:  # a week may get its first story when a later one has some already
                closed_at = max(later_opened, min(ever_added, default=later_opened))
            dates[week] = _dates(edition, closed_at, zone, len(removed.get(week, ())))
        if config.close != "letter":
            opened_at = min(ever_added if added else (), default=_published(letter) or monday)
        elif edition.closed:
            opened_at = dates[week].published
        else:
            continue
        later_opened = opened_at if later_opened is None else min(later_opened, opened_at)
        if week == oldest:
            break
    return dates


def _removed(content: Content, zone: tzinfo) -> dict[Week, list[float]]:
    """Returns for each week when its hidden and deleted stories were added."""
    times: dict[Week, list[float]] = defaultdict(list)
    for story in content.stories:
        if story.hide and not story.draft:
            monday = _monday(story.week, zone)
            times[story.week].append(_added_at(story, story.week, monday, content))
    for gone in content.gone:
        if not gone.never_committed:
            added = gone.added_at or _noon(gone.day, zone)
            times[gone.week].append(max(added, _monday(gone.week, zone)))
    return times


def _moved_away(content: Content, zone: tzinfo) -> dict[Week, list[float]]:
    """Returns for each week when the stories were added that are in another week now."""
    stories = {story.file: story for story in content.stories if not story.draft}
    times: dict[Week, list[float]] = defaultdict(list)
    for address in content.story_addresses:
        story = stories.get(address.present_file)
        if story and story.week != address.week:
            monday = _monday(address.week, zone)
            times[address.week].append(_added_at(story, address.week, monday, content))
    return times


def _monday(week: Week, zone: tzinfo) -> float:
    """Returns when a week begins, in seconds since 1970."""
    return datetime.combine(week.monday, time(), zone).timestamp()


def _noon(day: str, zone: tzinfo) -> float:
    """Returns the noon of a day (ISO 8601), the time of a story written by hand; 0 if invalid."""
    try:
        return datetime.combine(date.fromisoformat(day), time(12), zone).timestamp()
    except ValueError:
        return 0


def _added_at(story: Story, week: Week, monday: float, content: Content) -> float:
    """Returns when a story was added to a week: by a pull (`Content.added_at`) or on its own date.

    A story of an earlier week was moved here, and was added when this week began (`monday`) at the
    earliest.
    """
    pulled = content.added_at.get(story.file, 0)
    if pulled and story.day >= week.monday:
        return pulled
    return max(pulled or story.published.timestamp(), monday)


def _dates(edition: Edition, closed_at: float, zone: tzinfo, removed: int) -> EditionDates:
    """Returns the dates of an edition of which this many stories were hidden or deleted (`removed`)."""
    letter = edition.letter
    published = max(closed_at, _published(letter))
    changes = [last_change(story, zone).timestamp() for story in edition.all_stories]
    updated = max([published, *changes])
    if letter:
        if closed_at != _published(letter):
            closed_at += _LETTER_DELAY
        updated = max(updated, closed_at, letter.updated.timestamp() if letter.updated else 0)
    return EditionDates(published, updated + removed * _REMOVED_DELAY)


def _published(letter: Letter | None) -> float:
    return letter.published.timestamp() if letter and letter.published else 0
