"""Dates, weeks and counts in words, in English.

The locale is not used: its month names differ between machines. A time is shown in the time zone in
which it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from digest.errors import noun_of
from digest.week import Week

_MONTHS = ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December")  # fmt: skip
_SENTENCE_END = re.compile(r"\w{2}[.!?…]+[’”\"')\]]*(?=\s+[“‘\"'(\[]?[A-Z0-9])|[。！？]")
"""Not after a single letter: `the U.S. Senate` goes on."""

_RTL_LANGUAGES = frozenset(
    {"ar", "arc", "azb", "bal", "ckb", "dv", "fa", "glk", "he", "iw", "ji", "khw", "ks", "lrc",
     "mzn", "nqo", "pnb", "prs", "ps", "sd", "syr", "ug", "ur", "yi"}
)  # fmt: skip
_RTL_SCRIPTS = frozenset(
    {"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"}
)
_REGIONS = {
    "af": "ZA", "ar": "AR", "be": "BY", "bg": "BG", "bn": "IN", "bs": "BA", "ca": "ES", "cs": "CZ",
    "cy": "GB", "da": "DK", "de": "DE", "el": "GR", "en": "US", "es": "ES", "et": "EE", "eu": "ES",
    "fa": "IR", "fi": "FI", "fr": "FR", "ga": "IE", "gl": "ES", "he": "IL", "hi": "IN", "hr": "HR",
    "hu": "HU", "hy": "AM", "id": "ID", "is": "IS", "it": "IT", "ja": "JP", "ka": "GE", "kk": "KZ",
    "ko": "KR", "lt": "LT", "lv": "LV", "mk": "MK", "ms": "MY", "nb": "NO", "nl": "NL", "nn": "NO",
    "pl": "PL", "pt": "BR", "ro": "RO", "ru": "RU", "sk": "SK", "sl": "SI", "sq": "AL", "sr": "RS",
    "sv": "SE", "sw": "KE", "ta": "IN", "th": "TH", "tl": "PH", "tr": "TR", "uk": "UA", "ur": "PK",
    "vi": "VN", "zh": "CN",
}  # fmt: skip
"""The regions that Facebook has for a language alone (its list of locales, 2026)."""


def day(when: date) -> str:
    """Returns the day of a date or datetime: `15 May 2026`."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def iso(when: date) -> str:
    """Returns a date or datetime in ISO 8601: `2026-05-15`, `2026-05-15T17:32:40+08:00`."""
    return when.isoformat()


def direction(language: str) -> str:
    """Returns "rtl" for a language (BCP 47) that is written from right to left, else ""."""
    first, *rest = language.lower().split("-")
    scripts = [part for part in rest if len(part) == len("Arab") and part.isalpha()]
    is_rtl = scripts[0] in _RTL_SCRIPTS if scripts else first in _RTL_LANGUAGES
    return "rtl" if is_rtl else ""


def locale(language: str) -> str:
    """Returns a language (BCP 47) as a locale of the Open Graph protocol: `en_US`, `pt_BR`.

    Without a region it is the one where most speakers are; empty if that is not known.
    """
    first, *rest = language.split("-")
    region = next((part.upper() for part in rest if len(part) == 2 and part.isalpha()), "")
    if not region and first.lower() == "zh" and "hant" in map(str.lower, rest):
        region = "TW"
    region = region or _REGIONS.get(first.lower(), "")
    return f"{first.lower()}_{region}" if region else ""


def month(when: date) -> str:
    """Returns the short name of a month: `May`."""
    return _MONTHS[when.month - 1][:3]


def month_of(when: date) -> str:
    """Returns the month of a date: `May 2026`."""
    return f"{_MONTHS[when.month - 1]} {when.year}"


def period(when: str) -> str:
    """Returns a day, month or year in ISO 8601 in words: `15 May 2026`, `May 2026`, `2026`."""
    first = first_day(when)
    if len(when) == len("2026"):
        return when
    return month_of(first) if len(when) == len("2026-05") else day(first)


def first_day(when: str) -> date:
    """Returns the first day of a day, month or year in ISO 8601."""
    return date.fromisoformat(f"{when}-01-01"[:10])


def span(week: Week, until: Week | None = None) -> str:
    """Returns the days of a week: `11–17 May 2026`, `27 April – 3 May 2026`.

    With `until`, the days from the beginning of the first week to the end of the second.
    """
    first, last = week.monday, (until or week).sunday
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    if first.month != last.month:
        return f"{first.day} {_MONTHS[first.month - 1]} – {day(last)}"
    return f"{first.day}–{day(last)}"


def days(week: Week) -> str:
    """Returns the days of a week without the year: `11–17 May`."""
    return span(week).rpartition(" ")[0]


def label(week: Week) -> str:
    """Returns a week's name: `Week 20, 2026`."""
    return f"Week {week.number}, {week.year}"


def titled(week: Week, title: str) -> str:
    """Returns a week's name and the title of its letter: `Week 20, 2026: The quiet week`."""
    name = label(week)
    if title in {"", name}:
        return name
    return title if title.startswith(f"{name}: ") else f"{name}: {title}"


def count(number: int, one: str, many: str = "") -> str:
    """Returns a number with its noun: `1 story`, `2,000 stories`."""
    return f"{number:,} {noun_of(number, one, many)}"


def stories(number: int) -> str:
    """Returns a number of stories in words."""
    return count(number, "story", "stories") if number else "No stories"


def listed(words: Iterable[str]) -> str:
    """Returns words as a list in a sentence: `a`, `a and b`, `a, b and c`.

    If one has an "and" of its own: `a, and b and c`.
    """
    items = list(words) or [""]
    *most, last = items
    comma = "," if any(" and " in word for word in items) else ""
    return f"{', '.join(most)}{comma} and {last}" if most else last


def first_sentence(text: str, limit: int) -> str:
    """Returns the first sentence of a text, at most `limit` characters of it."""
    flat = " ".join(text.split())
    end = _SENTENCE_END.search(flat)
    return shortened(flat[: end.end()] if end else flat, limit)


def shortened(text: str, limit: int) -> str:
    """Returns a text cut between words, at most `limit` characters with the ellipsis."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.–-") + "…"
