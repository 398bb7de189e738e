"""Dates, weeks and counts as readers meet them, in plain English.

Refuses the locale: its month names differ from machine to machine. A moment is shown as it was written, in its own
time zone, and never converted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from digest.week import Week

_MONTHS = ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December")  # fmt: skip


_WRITTEN_FROM_RIGHT = frozenset(
    {"ar", "arc", "azb", "bal", "ckb", "dv", "fa", "glk", "he", "iw", "ji", "khw", "ks", "lrc", "mzn", "nqo", "pnb",
     "prs", "ps", "sd", "syr", "ug", "ur", "yi"}
)  # fmt: skip
_FROM_RIGHT = frozenset(
    {"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"}
)


def day(moment: date) -> str:
    """Returns the day of a date or moment: `15 May 2026`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def iso(moment: date) -> str:
    """Returns a date or moment as ISO 8601 writes it: `2026-05-15`, `2026-05-15T17:32:40+08:00`."""
    return moment.isoformat()


def direction(language: str) -> str:
    """Returns "rtl" for a language (BCP 47) that is written from the right, else nothing."""
    first, *rest = language.lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    return "rtl" if script in _FROM_RIGHT or (not script and first in _WRITTEN_FROM_RIGHT) else ""


def month(moment: date) -> str:
    """Returns the short name of a month: `May`."""
    return _MONTHS[moment.month - 1][:3]


def span(week: Week, until: Week | None = None) -> str:
    """Returns the days of a week: `11–17 May 2026`, `27 April – 3 May 2026`, `29 December 2025 – 4 January 2026`.

    With `until`, the days from the beginning of the one week to the end of the other.
    """
    first, last = week.monday, (until or week).sunday
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    if first.month != last.month:
        return f"{first.day} {_MONTHS[first.month - 1]} – {day(last)}"
    return f"{first.day}–{day(last)}"


def days(week: Week) -> str:
    """Returns the days of a week as they stand under its year: `11–17 May`."""
    return span(week).rpartition(" ")[0]


def label(week: Week) -> str:
    """Returns a week's name: `Week 20, 2026`."""
    return f"Week {week.number}, {week.year}"


def titled(week: Week, title: str) -> str:
    """Returns a week's name and the title of its letter, each once: `Week 20, 2026: The quiet week`."""
    name = label(week)
    return (
        name
        if title in {"", name}
        else title
        if title.startswith(f"{name}: ")
        else f"{name}: {title}"
    )


def count(number: int, one: str, many: str = "") -> str:
    """Returns a number with its noun: `1 story`, `2,000 stories`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def stories(number: int) -> str:
    """Returns a number of stories in words."""
    return count(number, "story", "stories") if number else "No stories"


def listed(words: Iterable[str]) -> str:
    """Returns words as a sentence lists them: `a`, `a and b`, `a, b and c`; `a, and b and c` where one has its own."""
    listed = list(words) or [""]
    *most, last = listed
    comma = "," if any(" and " in word for word in listed) else ""
    return f"{', '.join(most)}{comma} and {last}" if most else last


def shortened(text: str, limit: int) -> str:
    """Returns a text cut at a word so that it has at most `limit` signs, an ellipsis with it."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.–-") + "…"
