"""Parses dates and times in front matter, as editors and pull write them.

    2026-05-15T17:32:40+08:00    2026-05-15 17:32    2026-05-15

Only ISO 8601 counts; nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from digest.week import YEARS

_GAP = re.compile(r"\s+(?=[+-]\d\d:?\d\d$|Z$)")


def parse_time(words: str, zone: tzinfo) -> datetime:
    """Returns an ISO 8601 time; without an offset it is in `zone`, and a day alone is its noon."""
    compact = _GAP.sub("", words.strip())
    try:
        read = datetime.fromisoformat(compact)
    except ValueError:
        what = f"'{words}' is not a date"
        cure = "write it as 2026-05-15T17:32:40+08:00 or 2026-05-15"
        raise ValueError(what, cure) from None
    if read.year not in YEARS:
        what = f"'{words}' is not between the years {YEARS[0]} and {YEARS[-1]}"
        raise ValueError(what, "correct the year")
    if len(compact) <= 10:
        read = read.replace(hour=12)
    if read.tzinfo is None:
        read = read.replace(tzinfo=zone)
    offset = read.utcoffset() or timedelta()
    if offset.seconds % 60 or offset.microseconds:
        # An offset has whole minutes (RFC 3339); 19th-century ones have seconds.
        minutes = timedelta(minutes=round(offset.total_seconds() / 60))
        read = read.replace(tzinfo=timezone(minutes))
    return read


def day(words: str) -> date:
    """Returns a day such as `2026-05-15`; raises ValueError for anything else or a wrong year."""
    read = date.fromisoformat(words)
    if read.year not in YEARS:
        raise ValueError(f"'{words}' is not between the years {YEARS[0]} and {YEARS[-1]}")
    return read
