"""The ISO week (ISO 8601), by which the archive is ordered, and its two spellings: 2026-W20 and 2026/w20.

Refuses to know any clock or time zone: a date comes in, a week goes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

_FOLDER = re.compile(r"(\d{4})/w(\d{2})")
_NAME = re.compile(r"(\d{4})-W(\d{2})", re.IGNORECASE)
_HALF_A_YEAR, _TWO_YEARS, _TEN_YEARS = 26, 104, 520  # weeks
_KNOWN = (
    1 << 14
)  # weeks whose days are remembered: an archive asks for all of its own again and again


class _Parts(NamedTuple):
    year: int
    number: int


class Week(_Parts):
    """One ISO week: `year` is the ISO year, which near New Year differs from the calendar's.

    A tuple, since it is a key everywhere: it is hashed, told apart and ordered without a line of Python.
    """

    __slots__ = ()

    def __new__(cls, year: int, number: int) -> Week:
        """Raises ValueError for a week that its year does not have."""
        date.fromisocalendar(year, number, 1)
        return super().__new__(cls, year, number)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @classmethod
    def of(cls, day: date) -> Week:
        """Returns the week in which the day lies."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    @lru_cache(maxsize=_KNOWN)
    def parse(cls, text: str) -> Week:
        """Returns the week named as `2026-W20` or by its folder `2026/w20`; raises ValueError otherwise."""
        match = _NAME.fullmatch(text) or _FOLDER.fullmatch(text)
        if not match:
            raise ValueError(f"'{text}' is not a week such as 2026-W20")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def at(cls, ordinal: int) -> Week:
        """Returns the week that `ordinal` counts."""
        return _at(ordinal)

    @property
    def ordinal(self) -> int:
        """How many weeks lie before this one, from the first of the year 1: weeks that follow differ by one."""
        return _ordinal(self.year, self.number)

    @property
    def folder(self) -> str:
        """The week's folder below `content/`, and its address below the site's: `2026/w20`."""
        return f"{self.year:04}/w{self.number:02}"

    @property
    def monday(self) -> date:
        """The first day of the week."""
        return _monday(self.year, self.number)

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return date.fromisocalendar(self.year, self.number, 7)

    @property
    def following(self) -> Week:
        """The week after this one."""
        return Week.of(self.monday + timedelta(days=7))


def reached(weeks: Iterable[Week]) -> list[Week]:
    """Returns the weeks in order, without those at the end that are far ahead of all others: by a slip, mostly.

    The last is if it is more than half a year after the one before it. Others are if they are more than two years
    after it, or two together more than ten. No clock tells a mistyped year from a long pause; the cost of a pause is
    that the last week before it closes with the second week after it, and after ten years with the third.
    """
    known = sorted(set(weeks))
    if _gap(known, 1) > _HALF_A_YEAR:
        known.pop()
    while _gap(known, 1) > _TWO_YEARS or _gap(known, 2) > _TEN_YEARS:
        known.pop()
    return known


def _gap(known: Sequence[Week], many: int) -> int:
    """Returns how many weeks lie between the last `many` weeks and those before them; 0 if there are none before."""
    return known[-many].ordinal - known[-many - 1].ordinal if len(known) > many else 0


@lru_cache(maxsize=_KNOWN)
def _monday(year: int, number: int) -> date:
    return date.fromisocalendar(year, number, 1)


@lru_cache(maxsize=_KNOWN)
def _ordinal(year: int, number: int) -> int:
    return _monday(year, number).toordinal() // 7


@lru_cache(maxsize=_KNOWN)
def _at(ordinal: int) -> Week:
    return Week.of(date.fromordinal(ordinal * 7 + 1))
