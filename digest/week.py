"""The ISO week (ISO 8601), which orders the archive, in its two spellings: 2026-W20 and 2026/w20.

Independent of clocks and time zones: a date gives a week.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

_FOLDER = re.compile(r"(\d{4})/w(\d{2})")
_NAME = re.compile(r"(\d{4})-W(\d{2})", re.IGNORECASE)
YEARS = range(1800, 9000)
"""Years of dates and weeks that an editor may write. Others are typos, and time zones fail near the
ends of the calendar."""
_HALF_A_YEAR, _TWO_YEARS, _TEN_YEARS = 26, 104, 520  # weeks
_CACHED = 1 << 14  # weeks; an archive asks for its own again and again


class _Parts(NamedTuple):
    year: int
    number: int


class Week(_Parts):
    """One ISO week: `year` is the ISO year, which near New Year differs from the calendar's.

    A tuple, since it is a key everywhere: hashed, compared and sorted without running Python code.
    """

    __slots__ = ()

    def __new__(cls, year: int, number: int) -> Week:
        """Raises ValueError if the year has no such week."""
        date.fromisocalendar(year, number, 1)
        return super().__new__(cls, year, number)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @classmethod
    def of(cls, day: date) -> Week:
        """Returns the week of a day."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    @lru_cache(maxsize=_CACHED)
    def parse(cls, text: str) -> Week:
        """Parses `2026-W20` or the folder `2026/w20`; raises ValueError for anything else."""
        match = _NAME.fullmatch(text) or _FOLDER.fullmatch(text)
        if not match:
            raise ValueError(f"'{text}' is not a week such as 2026-W20")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def parse_typed(cls, words: str) -> Week:
        """Parses a week as people type it: in any case, with `content/` or a `/` around it.

        Raises ValueError for anything else, and for a year that is none of `YEARS`.
        """
        folder = words.strip().lower().removeprefix("content/").rstrip("/").replace("-w", "/w")
        match = _FOLDER.fullmatch(folder)
        if not match:
            raise ValueError(f"'{words}' is not a week; write it as 2026-W20")
        if int(match[1]) not in YEARS:
            what = f"'{words}' is not between the years {YEARS[0]} and {YEARS[-1]}"
            raise ValueError(f"{what}; correct the year")
        try:
            return cls.parse(folder)
        except ValueError:
            raise ValueError(f"{match[1]} has no week {match[2]}; correct the number") from None

    @classmethod
    def from_ordinal(cls, ordinal: int) -> Week:
        """Returns the week with this `ordinal`."""
        return _at(ordinal)

    @property
    def ordinal(self) -> int:
        """The number of weeks before this one since the year 1: consecutive weeks differ by one."""
        return _ordinal(self.year, self.number)

    @property
    def folder(self) -> str:
        """The week's folder in `content/` and its path in the site: `2026/w20`."""
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


def reached_by(at: str) -> Week | None:
    """Returns the last week that had begun in any time zone at a time (ISO 8601, UTC); None for ""."""
    return Week.of(date.fromisoformat(at[:10]) + timedelta(days=1)) if at else None


def without_mistyped(weeks: Iterable[Week], reached: Week | None = None) -> list[Week]:
    """Returns the weeks in order, without those at the end that are far ahead by a typo.

    A mistyped year looks like a long pause. Weeks up to `reached` are real: the ledgers have an
    entry of that time. After it, the last week is left out if it is more than half a year after the
    one before it. Others are left out if they are more than two years after it, or two together
    more than ten. So in a digest without ledgers, the last week before a pause closes with the
    second week after it, and after ten years with the third.
    """
    known = sorted(set(weeks))

    def is_beyond(many: int, limit: int) -> bool:
        """True if the last `many` weeks are more than `limit` weeks after the one before them."""
        if len(known) <= many or (reached is not None and known[-1] <= reached):
            return False
        return known[-many].ordinal - known[-many - 1].ordinal > limit

    if is_beyond(1, _HALF_A_YEAR):
        known.pop()
    while is_beyond(1, _TWO_YEARS) or is_beyond(2, _TEN_YEARS):
        known.pop()
    return known


@lru_cache(maxsize=_CACHED)
def _monday(year: int, number: int) -> date:
    return date.fromisocalendar(year, number, 1)


@lru_cache(maxsize=_CACHED)
def _ordinal(year: int, number: int) -> int:
    return _monday(year, number).toordinal() // 7


@lru_cache(maxsize=_CACHED)
def _at(ordinal: int) -> Week:
    return Week.of(date.fromordinal(ordinal * 7 + 1))
