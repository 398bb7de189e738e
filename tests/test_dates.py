"""Which dates are believed, and what moment they name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds import dates

BELIEVED = {
    # RFC 822 and its successors
    "Tue, 19 May 2026 11:30:04 +0000": "2026-05-19T11:30:04",
    "Fri, 15 May 2026 17:32:40 +0800": "2026-05-15T09:32:40",
    "15 May 2026 17:32 +08:00": "2026-05-15T09:32:00",
    "Fri, 15 May 2026 17:32:40 GMT": "2026-05-15T17:32:40",
    "  Fri,15 May 2026 17:32:40 gmt  ": "2026-05-15T17:32:40",
    "Fri, 15 May 2026 17:32:40": "2026-05-15T17:32:40",
    "Friday, 15 May 2026, 17:32:40 UT": "2026-05-15T17:32:40",
    "Fri, 5 Sept 2025 07:02:03 Z": "2025-09-05T07:02:03",
    "Fri, 05 September 2025 7:02 -0000": "2025-09-05T07:02:00",
    "Sat, 15 May 2026 17:32:40 +0800 (HKT)": "2026-05-15T09:32:40",
    "Fri, 15 May 26 17:32:40 EST": "2026-05-15T22:32:40",
    "Sun, 06-Nov-94 08:49:37 GMT": "1994-11-06T08:49:37",
    "Fri, 15 May 99 17:32:40 PDT": "1999-05-16T00:32:40",
    "15 May 2026": "2026-05-15T00:00:00",
    "Thu, 31 Dec 2026 23:59:60 GMT": "2026-12-31T23:59:59.999999",
    "Thu, 29 Feb 2024 10:00:00 A": "2024-02-29T10:00:00",
    # zones by name
    "15 May 2026 12:00 HKT": "2026-05-15T04:00:00",
    "15 May 2026 12:00 SGT": "2026-05-15T04:00:00",
    "15 May 2026 12:00 JST": "2026-05-15T03:00:00",
    "15 May 2026 12:00 KST": "2026-05-15T03:00:00",
    "15 May 2026 12:00 CST": "2026-05-15T18:00:00",
    "15 May 2026 12:00 CDT": "2026-05-15T17:00:00",
    "15 May 2026 12:00 MDT": "2026-05-15T18:00:00",
    "15 May 2026 12:00 CEST": "2026-05-15T10:00:00",
    "15 May 2026 12:00 CET": "2026-05-15T11:00:00",
    # ISO 8601 and RFC 3339
    "2026-05-15T17:32:40+08:00": "2026-05-15T09:32:40",
    "2026-05-15T17:32:40Z": "2026-05-15T17:32:40",
    "2026-05-15t17:32:40z": "2026-05-15T17:32:40",
    "2026-05-15T17:32:40.123456789Z": "2026-05-15T17:32:40.123456",
    "2026-05-15T17:32:40,5-0330": "2026-05-15T21:02:40.500000",
    "2026-05-15 17:32": "2026-05-15T17:32:00",
    "2026-05-15 17:32:40 +0800": "2026-05-15T09:32:40",
    "2026-05-15T17:32:40+08": "2026-05-15T09:32:40",
    "2026-05-15T17:32:40": "2026-05-15T17:32:40",
    "2026-05-15": "2026-05-15T00:00:00",
    "20260515T173240Z": "2026-05-15T17:32:40",
    "20260515": "2026-05-15T00:00:00",
    "2099-12-31T00:00:00Z": "2099-12-31T00:00:00",
    # asctime
    "Fri May 15 17:32:40 2026": "2026-05-15T17:32:40",
    "Fri May  5 17:32:40 EDT 2026": "2026-05-05T21:32:40",
}
DOUBTED = [
    "", " ", "yesterday", "not a date", "05/15/2026", "15/05/2026", "2026/05/15", "15.05.2026", "2026-W20", "2026W205",
    "2026-W20-5", "2026-135", "2026-05", "2026", "26-05-15", "0000-00-00", "0000-00-00T00:00:00Z", "2026-02-30",
    "31 Feb 2026 10:00:00 GMT", "29 Feb 2026 10:00:00 GMT", "2026-13-01", "2026-00-10", "2026-05-15T24:00:00Z",
    "2026-05-15T17:60:00Z", "2026-05-15T17:32:61Z", "1970-01-01", "Thu, 01 Jan 1970 00:00:00 GMT", "1989-12-31",
    "15 May 2026 12:00 BST", "15 May 2026 12:00 IST", "15 May 2026 12:00 XYZ", "15 May 2026 12:00 J",
    "15 May 2026 12:00 +1500", "15 May 2026 12:00 +0860", "15 Mai 2026 12:00:00 GMT", "Fri, 15 Xyz 2026 12:00:00 GMT",
    "2026年05月15日", "Fri, 15 May 026 12:00:00 GMT", "15 May 2026 12:00 GMT trailing words", "1747300000",
    "٢٠٢٦-٠٥-١٥", "9999-12-31T23:59:59-12:00", "2026-05-15T17:32:40Z" + " " * 10 + "x" * 100,
]  # fmt: skip


@pytest.mark.parametrize(("text", "moment"), BELIEVED.items(), ids=BELIEVED)
def test_date_is_read_as_the_moment_it_names(text: str, moment: str) -> None:
    assert dates.read(text) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", DOUBTED)
def test_date_that_cannot_be_believed_is_none(text: str) -> None:
    assert dates.read(text) is None


@pytest.mark.parametrize(("digits", "year"), [("00", 2000), ("49", 2049), ("90", 1990), ("99", 1999)])
def test_two_digits_of_a_year_are_read_as_mail_does(digits: str, year: int) -> None:
    assert dates.read(f"15 May {digits} 12:00:00 GMT") == datetime(year, 5, 15, 12, tzinfo=UTC)


MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 2),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(MOMENTS)
def test_every_moment_written_by_the_standards_is_read_back(moment: datetime) -> None:
    second = moment.replace(microsecond=0)

    assert dates.read(moment.isoformat()) == moment
    assert dates.read(format_datetime(second)) == second


@given(st.text(max_size=40) | st.from_regex(r"\d{2,4}[-/ ]\w{2,3}[-/ ]\d{2}[T ]?\d{0,2}:?\d{0,2} ?\w{0,3}"))
def test_any_text_is_a_moment_in_utc_or_none(text: str) -> None:
    moment = dates.read(text)

    assert moment is None or (moment.tzinfo is UTC and moment.year >= 1990)
