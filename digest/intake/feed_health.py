"""Warns if a feed may have had entries that no pull has seen, or has gone quiet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from digest.content import ledger
from digest.content.ledger import Record
from digest.errors import count_of
from digest.model import Document

_RECENT_ENTRIES = 50
"""The number of newest entries that a feed's silences are measured by."""
_MIN_SILENCE = timedelta(days=3)
"""Shorter silences are ignored: most feeds rest at weekends."""
_DUPLICATES = (
    "shares no entry with what it brought before, though both are of the same days: if the "
    "publisher has changed all ids and addresses, the new stories are duplicates; "
    "delete those that you have already"
)


def gap(
    document: Document, brought_before: int, records: Mapping[str, Record], now: datetime
) -> str:
    """Returns the warning that entries may have been missed, as the document has no
    entries that the feed has `brought_before`.

    A feed has only its newest entries. If even the oldest of those is new, others may have come and
    gone since the last pull. Entries older than the ledger's oldest say nothing, nor do records
    dated after `now`.
    """
    if brought_before or not records or not document.entries:
        return ""
    past = _past_dates(records, now)
    dates = [entry.published for entry in document.entries if entry.published]
    newer = [date for date in dates if not past or date > past[-1]]
    if dates and not newer:
        of_same_days = [date for date in dates if date >= past[0]]
        return _DUPLICATES if len(of_same_days) > 1 else ""
    span = ""
    if newer and past:
        span = f" from {past[-1]:%Y-%m-%d %H:%M} to {min(newer):%Y-%m-%d %H:%M} UTC"
    return (
        f"possible gap{span}: the feed shares no entry with what it brought before; "
        "pull it more often"
    )


def quiet(records: Mapping[str, Record], now: datetime) -> str:
    """Returns the warning that a feed is silent for more than twice its longest recent silence."""
    dates = _past_dates(records, now)[-_RECENT_ENTRIES:]
    silences = [later - earlier for earlier, later in pairwise(dates)]
    if not silences or now - dates[-1] <= max(2 * max(silences), _MIN_SILENCE):
        return ""
    return (
        f"nothing new for {_days(now - dates[-1])}, though its longest silence was "
        f"{_days(max(silences))}; check whether the publisher still updates it"
    )


def _past_dates(records: Mapping[str, Record], now: datetime) -> list[datetime]:
    """Returns the dates of the feed's known entries in order, without those after `now`."""
    dates = list[datetime]()
    for record in records.values():
        dates += ledger.published_dates(record)
    return sorted(date for date in dates if date <= now)


def _days(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    if hours == 0:
        return "less than an hour"
    return count_of(hours, "hour")
