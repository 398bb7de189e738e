"""Parses dates in feeds: RFC 822, RFC 3339, ISO 8601, asctime, and other forms that feeds use.

    19 May 2026 11:30 +0000    2026-05-19T11:30:04Z    Sat, Nov 21 2026 8:28 PM    20.11.2026

No guesses: an ambiguous date (03/04/2026), one that does not exist, or one followed by other words
is None. A date with an unknown zone (BST, IST, +99:99) counts as a day. Years before 1990 do not
count. Reads no clock.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.feeds.date_words import MONTHS, ZONES, unaccented

_YEARS = range(1990, 9000)
_MAX_LENGTH = 100

_WORD = r"[^\W\d_]+"
_WEEKDAY = rf"(?:{_WORD}(?:-{_WORD})?\.?(?:\s*[,،]\s*|\s+))?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
_DAY = r"(?P<day>\d{1,2})"
_MONTH = rf"(?P<month>{_WORD})\.?"
_OF = r"(?:(?:de|del|of)\s+)?"
_CLOCK = (
    r"(?:(?P<part>上午|下午|午前|午後|오전|오후)\s?)?"
    r"(?P<hour>\d{1,2})(?:(?:[:.h]|\s?[時时点點시]\s?)(?P<minute>\d{2}|\d(?=\s?[分분]))"
    r"(?:(?:[:.]|\s?[分분]\s?)(?P<second>\d{2}|\d(?!\d))(?:[.,:](?P<fraction>\d{1,9})\d*)?)?[分분秒초]?)?"
    r"(?:\s?(?P<half>[ap])\.?\s?m\b\.?)?"
)
_HALVES = {"上午": "a", "午前": "a", "오전": "a", "下午": "p", "午後": "p", "오후": "p"}
_CJK_WEEKDAY = (
    r"(?:\s?(?:(?:星期|周|週)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일))?"
)
_SEPARATOR = (
    r"(?:\s*t\s*(?=\d)|[:_](?=\d)|\s*[,;|·•]\s*(?:[-–—]\s)?|\s+(?:[-–—|@]\s+)?|(?<=[日일])\s*)"
    r"(?:(?:at|um|kl|om|a las|a|alle|ore|o|в)\.?\s+)?"
)
_ZONED_DAY = r"(?:\s?(?:z|utc|gmt|[+-]\d{2}:?\d{2}))?"
_ZONE_BEFORE_YEAR = r"(?:(?P<zone>[a-z]{1,5}|[+-]\d{2}:?\d{2})\s+)?"

_DATES = [
    r"(?P<year>\d{4})(?P<gap>-|/|\.\s?)(?P<month>\d{1,2})(?P=gap)(?P<day>\d{1,2})(?!\d)\.?",
    rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|er|o|a|\.)?[\s/.-]*{_OF}{_MONTH},?[\s/.-]*{_OF}"
    r"(?P<year>\d{4}|'?\d{2})(?!\d)",
    rf"{_WEEKDAY}{_MONTH}[\s-]+{_DAY}(?:st|nd|rd|th|\.)?(?:\s*,\s*|[\s-]+){_YEAR}",
    rf"{_YEAR}[\s.-]+{_MONTH}[\s-]*{_DAY}(?!\d)\.?",
    rf"{_YEAR}\s?[年년]\s?(?P<month>\d{{1,2}})\s?[月월]\s?(?P<day>\d{{1,2}})\s?[日일号號]"
    rf"{_CJK_WEEKDAY}",
    rf"{_WEEKDAY}(?P<one>\d{{1,2}})(?P<gap>[/.-])(?P<other>\d{{1,2}})(?P=gap){_YEAR}",
    r"(?P<year>\d{4})-?w(?P<week>\d{2})-?(?P<weekday>[1-7])",
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?!\d)",
    r"(?P<year>\d{4})-(?P<ordinal>\d{3})(?!\d)",
]
_SHORT_CLOCK = r"(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?!\d)"
_PATTERNS = [
    *(rf"{day}(?:{_SEPARATOR}{_CLOCK}\s*(?P<zone>.*)|{_ZONED_DAY})" for day in _DATES),
    *(rf"{day}{_SEPARATOR}{_SHORT_CLOCK}\s*(?P<zone>.*)" for day in _DATES[:2]),
    *(rf"{_WEEKDAY}{_CLOCK}(?P<zone>\s?(?-i:[A-Z]{{1,5}}))?[\s,|–—-]+{day}" for day in _DATES),
    rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+{_CLOCK}\s+{_ZONE_BEFORE_YEAR}{_YEAR}",
    rf"{_WEEKDAY}{_DAY}\s+{_MONTH}\s+{_CLOCK}\s+{_ZONE_BEFORE_YEAR}{_YEAR}",
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[t\s]?"
    r"(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?"
    r"(?:[.,](?P<fraction>\d{1,9})\d*)?\s*(?P<zone>\D.*)?",
]
_UNIX_TIME = re.compile(r"(\d{10})(?:\.\d*)?|(\d{10})\d{3}", re.ASCII)

_REMARK = re.compile(r"\(([^()]*)\)")
_OFFSET = re.compile(
    r"(?:[a-z]{1,4}\s?)?(?P<sign>[+-])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?::?\d{2})?"
    r"(?:\s?[a-z]{1,5})?(?:\s?\[[^]]*\])?(?:\sm=\S*)?",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\[?([a-z_]+(?:/[a-z0-9_+-]+){1,2}|[a-z]{3}\d[a-z]{3})\]?", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:(?:hrs|uhr|h)\b\.?\s?)?(?:([^\W\d_]{1,6})(?:\s?\[[^]]*\])?)?", re.IGNORECASE
)
_BAD_OFFSET = re.compile(r"[+-][\d:.]{1,9}")
_ZONE_IN_WORDS = re.compile(r"(?:[a-z]+\s){1,4}time", re.IGNORECASE)


class ParsedDate(NamedTuple):
    """A date as a time in UTC.

    `day_only` is True if the date has no time of day, or midnight, which usually means none.
    `zoneless` is True if the zone or the time is unknown: then `time` has the date's own
    digits, as if they were in UTC.
    """

    time: datetime
    day_only: bool = False
    zoneless: bool = False


class _Undated(ValueError):
    """A text that is not a date in this form, or could be two: another form may fit."""


def parse_time(text: str) -> datetime | None:
    """Returns a date as a time in UTC, or None.

    A date without a time is midnight, a time without a zone is in UTC.
    """
    found = parse(text)
    return found.time if found else None


def parse(text: str) -> ParsedDate | None:
    """Returns the parsed date, or None."""
    if len(text) > 10 * _MAX_LENGTH:
        return None
    plain = unaccented(text)
    if (remarks := plain.count("(")) > 1:
        plain = _REMARK.sub(" ", plain, count=remarks - 1)
    for remark in (r" \1 ", " ") if remarks else ("",):  # the last one may be the zone
        bare = " ".join(_REMARK.sub(remark, plain).split())
        digits = "".join(filter(str.isdigit, bare))
        if len(bare) > _MAX_LENGTH or not digits or not digits.isascii():
            continue
        try:
            if seconds := _UNIX_TIME.fullmatch(bare):
                time = datetime.fromtimestamp(int(seconds[1] or seconds[2]), UTC)
                found: ParsedDate | None = ParsedDate(time)
            else:
                found = _by_form(bare)
        except (ValueError, OverflowError):
            continue
        if found and found.time.year in _YEARS:
            return found
    return None


@cache
def _form(pattern: str) -> re.Pattern[str]:
    """Compiles a pattern at its first use: most feeds need one or two, and all take 50 ms."""
    return re.compile(pattern, re.IGNORECASE)


def _by_form(text: str) -> ParsedDate | None:
    """Returns the date in the first form that fits; raises ValueError if there is no such date."""
    for pattern in _PATTERNS:
        if match := _form(pattern).fullmatch(text):
            with suppress(_Undated):
                return _of_parts({name: part for name, part in match.groupdict().items() if part})
    return None


def _of_parts(parts: dict[str, str]) -> ParsedDate:
    """Returns the date that the parts of a text are; raises ValueError (`_Undated`: try others)."""
    day, zone_text = _day(parts), parts.get("zone", "").strip(" ,;.")
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    time_of_day = _time_of_day(parts) if "hour" in parts else timedelta(0)
    zone = _zone(zone_text)
    if not time_of_day and (not zone_text or zone is None):
        return ParsedDate(midnight, day_only=True, zoneless=True)
    local = midnight + time_of_day
    if zone is None:
        return ParsedDate(local, day_only=not time_of_day, zoneless=True)
    return ParsedDate(local.replace(tzinfo=zone).astimezone(UTC), day_only=not time_of_day)


def _day(parts: dict[str, str]) -> date:
    """Returns the day; raises ValueError if there is none."""
    year = int(parts["year"].removeprefix("'"))
    if len(parts["year"]) != 4:  # RFC 2822 §4.3: of two digits, 00 to 49 are 2000 to 2049
        year += 2000 if year < 50 else 1900
    if "week" in parts:
        return date.fromisocalendar(year, int(parts["week"]), int(parts["weekday"]))
    if "ordinal" in parts:
        day = date(year, 1, 1) + timedelta(days=int(parts["ordinal"]) - 1)
        if day.year != year or parts["ordinal"] == "000":
            raise _Undated
        return day
    if "one" in parts:
        one, other = int(parts["one"]), int(parts["other"])
        if one <= 12 and other <= 12 and one != other:
            raise _Undated  # which of them is the month?
        return date(year, min(one, other), max(one, other))
    month = parts["month"]
    number = int(month) if month.isdigit() else MONTHS.get(month.casefold())
    if number is None:
        raise _Undated
    return date(year, number, int(parts["day"]))


def _time_of_day(parts: dict[str, str]) -> timedelta:
    """Returns the time since midnight; 24:00 is the end of the day (ISO 8601-1 §4.3.8)."""
    half = parts.get("half", "").lower() or _HALVES.get(parts.get("part", ""), "")
    hour, minute, second = (int(parts.get(name, "0")) for name in ("hour", "minute", "second"))
    if "minute" not in parts and not half:
        raise _Undated
    if half:
        if hour > 12 and half == "a":
            raise _Undated
        hour = hour % 12 + (12 if half == "p" else 0) if hour <= 12 else hour
    fraction = int(parts.get("fraction", "0")[:6].ljust(6, "0"))
    if second == 60:  # a leap second, which datetime cannot hold
        second, fraction = 59, 999_999
    is_end = (hour, minute, second, fraction) == (24, 0, 0, 0)
    if not is_end and (hour > 23 or minute > 59 or second > 59):
        raise _Undated
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)


def _zone(text: str) -> tzinfo | None:
    """Returns a time zone: UTC for "", None for an unknown one; raises _Undated for other text."""
    if not text:
        return UTC
    if match := _OFFSET.fullmatch(text):
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        if hours > 14 or minutes > 59:
            return None
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if match["sign"] == "-" else offset)
    if match := _PLACE.fullmatch(text):
        try:
            return ZoneInfo(match[1])
        except (ValueError, OSError, KeyError):  # no such zone
            return None
    if match := _NAMED.fullmatch(text):
        name = (match[1] or "UTC").upper()
        if len(name) == 1 and name != "J":
            # RFC 2822 §4.3: RFC 822 defined military zones wrongly, so they mean nothing
            return UTC
        return timezone(timedelta(minutes=ZONES[name])) if name in ZONES else None
    if _ZONE_IN_WORDS.fullmatch(text) or _BAD_OFFSET.fullmatch(text):
        return None
    raise _Undated
