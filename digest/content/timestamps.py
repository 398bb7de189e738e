"""A moment as editors and pull write it in front matter, read.

    2026-05-15T17:32:40+08:00    2026-05-15 17:32    2026-05-15

Refuses to guess: what is not ISO 8601 is no date.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

YEARS = range(1800, 9000)
"""The years of all dates: one outside them is a slip, and near the ends of the calendar no time zone can be applied."""
_GAP = re.compile(r"\s+(?=[+-]\d\d:?\d\d$|Z$)")


def moment(words: str, zone: tzinfo) -> datetime:
    """Returns an ISO 8601 moment; one without an offset is in the digest's time zone, a day alone is its noon."""
    compact = _GAP.sub("", words.strip())
    try:
        read = datetime.fromisoformat(compact)
    except ValueError:
        raise ValueError(
            f"'{words}' is not a date", "write it as 2026-05-15T17:32:40+08:00 or 2026-05-15"
        ) from None
    if read.year not in YEARS:
        raise ValueError(
            f"'{words}' is not between the years {YEARS[0]} and {YEARS[-1]}", "correct the year"
        )
    if len(compact) <= 10:
        read = read.replace(hour=12)
    return _to_the_minute(read if read.tzinfo else read.replace(tzinfo=zone))


def day(words: str) -> date:
    """Returns a day as `2026-05-15`; raises ValueError where it is none, or of a year that is certainly a slip."""
    read = date.fromisoformat(words)
    if read.year not in YEARS:
        raise ValueError(f"'{words}' is not between the years {YEARS[0]} and {YEARS[-1]}")
    return read


def _to_the_minute(moment: datetime) -> datetime:
    """Returns the moment with an offset that RFC 3339 can write: those of the 19th century have seconds."""
    offset = moment.utcoffset() or timedelta()
    if not (offset.seconds % 60 or offset.microseconds):
        return moment
    whole = timedelta(minutes=round(offset.total_seconds() / 60))
    return moment if whole == offset else moment.replace(tzinfo=timezone(whole))
