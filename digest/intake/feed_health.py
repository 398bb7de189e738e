"""What a feed's silence and its haste mean: a possible gap between two pulls, and a quiet longer than its habit.

Refuses to act on either: they are lines of the report, for the editor to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from digest.content import ledger
from digest.content.ledger import Record
from digest.model import Document

_RECENT = 50
"""So many of a feed's newest entries show its habit."""
_SHORTEST = timedelta(days=3)
"""A silence of less is none: most feeds rest at weekends."""
_DOUBLES = (
    "shares no entry with what it brought before, though both are of the same days: if the publisher has changed "
    "all ids and addresses, the new stories are doubles; delete those that you have already"
)


def gap(document: Document, known: int, records: Mapping[str, Record], now: datetime) -> str:
    """Returns the warning that entries may have been missed: none of the document's is known, though others are.

    A feed shows only its newest entries; where even the oldest of those that came since is new, others may have come
    and gone. One from before all that is known tells nothing, nor does a known one that is dated after `now`.
    """
    if known or not records or not document.entries:
        return ""
    moments = sorted(moment for moment in _moments(records) if moment <= now)
    dates = [entry.published for entry in document.entries if entry.published]
    since = [date for date in dates if not moments or date > moments[-1]]
    if since or not dates:
        span = (
            f" from {moments[-1]:%Y-%m-%d %H:%M} to {min(since):%Y-%m-%d %H:%M} UTC"
            if since and moments
            else ""
        )
        return f"possible gap{span}: the feed shares no entry with what it brought before; pull it more often"
    return _DOUBLES if sum(date >= moments[0] for date in dates) > 1 else ""


def quiet(records: Mapping[str, Record], now: datetime) -> str:
    """Returns the warning that a feed has brought nothing for more than twice its longest recent silence."""
    moments = sorted(moment for moment in _moments(records) if moment <= now)[-_RECENT:]
    longest = max((later - earlier for earlier, later in pairwise(moments)), default=None)
    if longest is None or now - moments[-1] <= max(2 * longest, _SHORTEST):
        return ""
    return (
        f"nothing new for {_days(now - moments[-1])}, where its longest silence was {_days(longest)}; "
        "look whether the publisher still feeds it"
    )


def _moments(records: Mapping[str, Record]) -> Iterable[datetime]:
    """Yields when the feed's entries were published, as far as it said so."""
    for record in records.values():
        yield from ledger.published(record)


def _days(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return f"{hours} hour{'' if hours == 1 else 's'}" if hours else "less than an hour"
