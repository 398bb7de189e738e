"""The dates that feeds write: RFC 822 (with RFC 2822's years), RFC 3339 and ISO 8601 dates, asctime.

Refuses to guess: what does not have one of these forms, names a day that never was, or a zone that could be two, is
None. Slashed dates (which comes first?), week dates and years before the web are not believed. Reads no clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_YEARS = range(1990, 9000)
_LONGEST = 100

_MONTHS = ["january", "february", "march", "april", "may", "june",
           "july", "august", "september", "october", "november", "december"]  # fmt: skip
_WEEKDAY = r"(?:[A-Za-z]{3,9}\.?(?:,\s*|\s+))?"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?"
_ZONE = r"(?P<zone>[+-]\d{1,2}:?\d{2}|[+-]\d{1,2}|[A-Za-z]{1,5})?(?:\s*\([^()]*\))?"

_RFC_822 = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})[\s-]+(?P<month>[A-Za-z]{{3,9}})\.?,?[\s-]+(?P<year>\d{{4}}|\d{{2}})"
    rf"(?:,?\s+{_CLOCK}\s*{_ZONE})?",
    re.ASCII,
)
_ISO = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?:(?:[Tt]|\s+){_CLOCK}\s*{_ZONE})?", re.ASCII
)
_ISO_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    rf"(?:[Tt](?P<hour>\d{{2}}):?(?P<minute>\d{{2}}):?(?P<second>\d{{2}})?{_ZONE})?",
    re.ASCII,
)
_ASCTIME = re.compile(
    rf"[A-Za-z]{{3,9}}\s+(?P<month>[A-Za-z]{{3,9}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s+(?:{_ZONE}\s+)?(?P<year>\d{{4}})",
    re.ASCII,
)

# RFC 822 §5.1, then zones with one meaning the world over. BST, IST and their like have several, and stay unknown.
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def read(text: str) -> datetime | None:
    """Returns the moment that a feed's date names, in UTC, or None where it cannot be believed.

    A date without a time is its midnight, a time without a zone is UTC's.
    """
    bare = text.strip()
    if len(bare) > _LONGEST:
        return None
    for form in (_ISO, _RFC_822, _ISO_BASIC, _ASCTIME):
        if match := form.fullmatch(bare):
            return _moment(match.groupdict())
    return None


def is_day_only(text: str) -> bool:
    """Tells whether a date names no time of day, or midnight, which mostly stands for none."""
    bare = text.strip()
    match = next((match for form in (_ISO, _RFC_822, _ISO_BASIC, _ASCTIME) if (match := form.fullmatch(bare))), None)
    parts = match.groupdict() if match else {}
    return not any(int(parts.get(name) or 0) for name in ("hour", "minute", "second", "fraction"))


def _moment(parts: dict[str, str | None]) -> datetime | None:
    zone = _zone(parts.get("zone") or "UTC")
    month = _month(parts["month"] or "")
    if zone is None or month is None:
        return None
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    fraction = int((parts.get("fraction") or "0")[:6].ljust(6, "0"))
    if second == 60:  # a leap second, which datetime cannot hold
        second, fraction = 59, 999_999
    try:
        day = (_year(parts["year"] or ""), month, int(parts["day"] or 0))
        moment = datetime(*day, hour, minute, second, fraction, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None


def _year(digits: str) -> int:
    """Reads two digits as RFC 2822 §4.3 does: 00 to 49 are this century's."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + 2000 if year < 50 else year + 1900


def _month(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    word = text.lower()
    for number, name in enumerate(_MONTHS, start=1):
        if word == name or word == name[:3] or (word == "sept" and number == 9):
            return number
    return None


def _zone(text: str) -> timezone | None:
    if text[0] in "+-":
        digits = text[1:].replace(":", "")
        hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
        if hours > 14 or minutes > 59:
            return None
        return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    if len(text) == 1 and text.upper() != "J":
        return UTC  # RFC 2822 §4.3: the military letters were defined the wrong way round, and mean nothing
    hours_east = _ZONES.get(text.upper())
    return None if hours_east is None else timezone(timedelta(hours=hours_east))
