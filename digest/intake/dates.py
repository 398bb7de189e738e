"""Handles feeds that change the date of an entry, or give one later.

    had a date, gets another one      `published` stays; the new date is reported once
    had none, gets an earlier date    `published` was the time of the pull, and becomes that date
    had none, gets a later date       `published` stays: the story was there before that date

The ledger has an entry's dates in its headline aliases. An entry without a date has `"published":
""` in `said`, except in lines of early versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from digest.content import ledger
from digest.content.identity import rfc3339
from digest.content.ledger import Record
from digest.intake.merge import Merged
from digest.model import Entry, Story

UNDATED = {"published": ""}
"""What `said` has for an entry without a date."""
_HEADLINE = "headline:"
_MIDNIGHT = "T00:00:00Z"


class NewDate(NamedTuple):
    """A story's file, its entry's first date, and the feed's date now (`identity.rfc3339`)."""

    file: str
    first: str
    now: str


def new_date(file: str, entry: Entry, record: Record) -> Iterator[NewDate]:
    """Yields the new date of an entry if its day or time changes for the first time.

    A time that is added to the same day does not count.
    """
    earlier = _stamps(record.aliases)
    now = rfc3339(entry.published) if entry.published else ""
    if now and len(earlier) == 1 and now not in earlier:
        (first,) = earlier
        is_day = first.endswith(_MIDNIGHT) or now.endswith(_MIDNIGHT)
        if not (is_day and first[:10] == now[:10]):
            yield NewDate(file, first, now)


def report_line(new_dates: Sequence[NewDate]) -> Iterator[str]:
    """Yields the line for a feed's report, if there are new dates."""
    if not new_dates:
        return
    file, first, now = new_dates[0]
    dates = f"{_words(now)} instead of {_words(first)}"
    if len(new_dates) == 1:
        yield f"{file}: the feed now gives {dates} as its date; the file keeps its own"
    else:
        yield (
            f"the feed now gives {len(new_dates)} stories other dates, such as {dates} for {file}; "
            "the files keep theirs"
        )


def with_feeds_date(
    merged: Merged, story: Story, fresh: Story, record: Record | None, wrote: Mapping[str, str]
) -> Merged:
    """Returns a merge with the feed's date, if the file still has the time of the pull."""
    was_undated = record is not None and record.wrote_file and record.said.get("published") == ""
    is_by_pull = wrote.get("published") == ledger.hash_of_value(story.published)
    if not was_undated or not is_by_pull or fresh.published >= story.published:
        return merged
    return replace(
        merged,
        changes={**merged.changes, "published": fresh.published},
        wrote={**merged.wrote, **ledger.hashes({"published": fresh.published})},
    )


def has_changed_before(record: Record) -> bool:
    """True if an entry has changed its date before."""
    return len(_stamps(record.aliases)) > 1


def _stamps(aliases: Iterable[str]) -> set[str]:
    headlines = [alias for alias in aliases if alias.startswith(_HEADLINE)]
    return {headline.removeprefix(_HEADLINE).partition(" ")[0] for headline in headlines}


def _words(stamp: str) -> str:
    return f"{stamp[:10]} {stamp[11:16]} UTC"
