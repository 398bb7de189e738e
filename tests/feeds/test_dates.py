"""Which dates are parsed, and to what time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds import dates

STANDARD = {
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
# seen in feeds, outside the standards
SEEN = {
    "Sat, Nov 21 2026 08:28:28 PM": "2026-11-21T20:28:28",
    "November 20, 2026 5:32 PM": "2026-11-20T17:32:00",
    "Nov 20, 2026, 5:32:40\u202fPM": "2026-11-20T17:32:40",
    "Friday, November 20, 2026 - 10:00": "2026-11-20T10:00:00",
    "Friday, November 20th, 2026 at 10 a.m.": "2026-11-20T10:00:00",
    "20th of November 2026 12:05 am": "2026-11-20T00:05:00",
    "20 Nov 2026 12:05 pm": "2026-11-20T12:05:00",
    "20 Nov 2026 17:32 PM": "2026-11-20T17:32:00",
    "20/Nov/2026:17:32:40 +0000": "2026-11-20T17:32:40",
    "20-Nov-2026 17:32": "2026-11-20T17:32:00",
    "2026-Nov-20 17:32": "2026-11-20T17:32:00",
    "2026/11/21 10:00:00": "2026-11-21T10:00:00",
    "2026.11.21 10:00": "2026-11-21T10:00:00",
    "2026. 11. 21. 10:00": "2026-11-21T10:00:00",
    "2026-11-7 9:05:00": "2026-11-07T09:05:00",
    "2026-11-20_17:32:40": "2026-11-20T17:32:40",
    "2026-11-20T173240+08:00": "2026-11-20T09:32:40",
    "20261120173240": "2026-11-20T17:32:40",
    "20.11.2026 10:00": "2026-11-20T10:00:00",
    "20.11.2026, 10.30 Uhr": "2026-11-20T10:30:00",
    "20/11/2026 10:00": "2026-11-20T10:00:00",
    "11/20/2026 10:00": "2026-11-20T10:00:00",
    "05/05/2026 10:00": "2026-05-05T10:00:00",
    "10:00, 20 November 2026": "2026-11-20T10:00:00",
    "10:00 UTC 20.11.2026": "2026-11-20T10:00:00",
    "vr, 20 nov 2026 10:09:29 +0000": "2026-11-20T10:09:29",
    "Di, 17 Nov 2026 00:00:00 +0100": "2026-11-16T23:00:00",
    "15 Mai 2026 12:00:00 GMT": "2026-05-15T12:00:00",
    "ven., 20 févr. 2026 12:00:00 +0100": "2026-02-20T11:00:00",
    "20 de noviembre de 2026, 12h30": "2026-11-20T12:30:00",
    "sexta-feira, 20 de março de 2026 12:00": "2026-03-20T12:00:00",
    "Пт, 20 ноя 2026 10:00:00 +0300": "2026-11-20T07:00:00",
    "20 ağustos 2026 10:00": "2026-08-20T10:00:00",
    "20 października 2026 10:00": "2026-10-20T10:00:00",
    "2026年11月20日 10:00": "2026-11-20T10:00:00",
    "2026年11月20日(金) 10時05分": "2026-11-20T10:05:00",
    "２０２６年１１月２０日 下午3:05": "2026-11-20T15:05:00",
    "2026년 11월 20일 오전 9:05": "2026-11-20T09:05:00",
    "Fri, 20 Nov 2026 24:00:00 GMT": "2026-11-21T00:00:00",
    "2026-05-15T24:00:00Z": "2026-05-16T00:00:00",
    "Fri, 20 Nov 2026 10.00.00 GMT": "2026-11-20T10:00:00",
    "Fri Nov 20 17:32:40 +0800 2026": "2026-11-20T09:32:40",
    "Fri 20 Nov 17:32:40 UTC 2026": "2026-11-20T17:32:40",
    "1795168800": "2026-11-20T10:00:00",
    "1795168800123": "2026-11-20T10:00:00",
    # zones
    "Fri, 20 Nov 2026 20:21:00 America/Los_Angeles": "2026-11-21T04:21:00",
    "Fri, 20 Nov 2026 08:57:00 MEST": "2026-11-20T06:57:00",
    "Fri, 20 Nov 2026 10:00:00 AKST": "2026-11-20T19:00:00",
    "Fri, 20 Nov 2026 10:00:00 ACDT": "2026-11-19T23:30:00",
    "Fri Nov 20 2026 17:32:40 GMT+0800 (China Standard Time)": "2026-11-20T09:32:40",
    "Fri, 20 Nov 2026 10:00:00 (JST)": "2026-11-20T01:00:00",
    "2026-11-20 (Fri) 10:00 (UTC+9)": "2026-11-20T01:00:00",
    "2026-11-20 10:00 (Asia/Tokyo)": "2026-11-20T01:00:00",
    "Fri, 20 Nov 2026 10:00:00 GMT (JST)": "2026-11-20T10:00:00",
    "الجمعة، 20 نوفمبر 2026 10:00:00 +0000": "2026-11-20T10:00:00",
    "Παρ, 20 Νοεμβρίου 2026 10:00:00 +0000": "2026-11-20T10:00:00",
    "Fri, 20 Nov 2026 10:00:00 EST5EDT": "2026-11-20T15:00:00",
    "Mon, 20 Jul 2026 10:00:00 PST8PDT": "2026-07-20T17:00:00",
    "Fri, 20 Nov 2026 17:32:40 UTC+08:00": "2026-11-20T09:32:40",
    "Fri, 20 Nov 2026 17:32:40 GMT-5": "2026-11-20T22:32:40",
    "2026-11-20 17:32:40 +0000 UTC": "2026-11-20T17:32:40",
    "2026-11-20 17:32:40.5 +0800 CST m=+0.01": "2026-11-20T09:32:40.500000",
    "2026-11-20T17:32:40+00:00Z": "2026-11-20T17:32:40",
    "2026-11-20T10:00:00-05:00[America/New_York]": "2026-11-20T15:00:00",
    "2026-11-20T10:00:00Z[Europe/London]": "2026-11-20T10:00:00",
    "2026-11-20T17:32:40−05:00": "2026-11-20T22:32:40",
}
ZONELESS = {
    # a day without a time
    "23 Nov 2026": "2026-11-23T00:00:00",
    "Mon, 23 Nov 2026 00:00:00": "2026-11-23T00:00:00",
    "2026-11-23": "2026-11-23T00:00:00",
    "2026-11-23Z": "2026-11-23T00:00:00",
    "2026-11-23-05:00": "2026-11-23T00:00:00",
    "2026/11/23": "2026-11-23T00:00:00",
    "23.11.2026": "2026-11-23T00:00:00",
    "11/23/2026": "2026-11-23T00:00:00",
    "Monday, November 23rd, 2026": "2026-11-23T00:00:00",
    "2026年11月23日 星期一": "2026-11-23T00:00:00",
    "2026-W48-1": "2026-11-23T00:00:00",
    "2026-327": "2026-11-23T00:00:00",
    # a time in a zone that is not known
    "15 May 2026 12:00 BST": "2026-05-15T12:00:00",
    "15 May 2026 12:00 IST": "2026-05-15T12:00:00",
    "15 May 2026 12:00 XYZ": "2026-05-15T12:00:00",
    "15 May 2026 12:00 J": "2026-05-15T12:00:00",
    "15 May 2026 12:00 МСК": "2026-05-15T12:00:00",
    "15 May 2026 12:00 Eastern Daylight Time": "2026-05-15T12:00:00",
    "15 May 2026 12:00 Mars/Olympus_Mons": "2026-05-15T12:00:00",
    "15 May 2026 12:00 +1500": "2026-05-15T12:00:00",
    "15 May 2026 12:00 +0860": "2026-05-15T12:00:00",
    "2026-05-15T12:00:00+99:99": "2026-05-15T12:00:00",
    "2026-05-15T12:00:00+00:0": "2026-05-15T12:00:00",
}
UNUSABLE = [
    "", " ", "yesterday", "not a date", "2026-W20", "2026W20", "2026-W54-1", "2026-W20-8", "2026-000", "2026-366",
    "2026-05", "2026", "26-05-15", "0000-00-00", "0000-00-00T00:00:00Z", "2026-02-30",
    "03/04/2026", "03.04.2026 10:00", "3-4-2026", "20/11/26", "13/13/2026", "31.02.2026",
    "31 Feb 2026 10:00:00 GMT", "29 Feb 2026 10:00:00 GMT", "2026-13-01", "2026-00-10", "2026-05-15T24:00:01Z",
    "2026-05-15T17:60:00Z", "2026-05-15T17:32:61Z", "2026-05-15 13:00 AM", "2026-05-15 10",
    "1970-01-01", "Thu, 01 Jan 1970 00:00:00 GMT", "1989-12-31", "20 listopada 2026",
    "Fri, 15 Xyz 2026 12:00:00 GMT", "2026年5月", "Fri, 15 May 026 12:00:00 GMT",
    "15 May 2026 12:00 GMT trailing words", "15 May 2026 by Jo", "174730000", "17473000000", "-1795168800",
    "٢٠٢٦-٠٥-١٥", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T24:00:00Z",
    "9999-12-31T23:59:59 America/New_York", "0001-W01-1", "9999-W53-7", "99999999999999999999", "1" * 99,
    "2026-05-15T17:32:40Z" + " " * 10 + "x" * 100,
]  # fmt: skip


@pytest.mark.parametrize(("text", "time"), (STANDARD | SEEN).items(), ids=STANDARD | SEEN)
def test_a_date_is_parsed_to_the_time_that_it_names(text: str, time: str) -> None:
    assert dates.parse_time(text) == datetime.fromisoformat(time).replace(tzinfo=UTC)


@pytest.mark.parametrize(("text", "digits_of_day"), ZONELESS.items(), ids=ZONELESS)
def test_a_date_in_an_unknown_zone_keeps_its_day(text: str, digits_of_day: str) -> None:
    time = datetime.fromisoformat(digits_of_day).replace(tzinfo=UTC)

    assert dates.parse(text) == dates.ParsedDate(time, day_only=time.hour == 0, zoneless=True)


@pytest.mark.parametrize(
    "text", ["2026-11-23T00:00:00Z", "Mon, 23 Nov 2026 00:00:00 +0800", "2026-11-23 10:00"]
)
def test_a_time_in_a_known_zone_is_not_zoneless(text: str) -> None:
    found = dates.parse(text)

    assert found is not None
    assert not found.zoneless


@pytest.mark.parametrize("text", UNUSABLE)
def test_an_invalid_or_ambiguous_date_is_not_a_date(text: str) -> None:
    assert dates.parse_time(text) is None


@pytest.mark.parametrize(
    ("digits", "year"), [("00", 2000), ("49", 2049), ("90", 1990), ("99", 1999)]
)
def test_a_two_digit_year_is_read_as_in_rfc_5322(digits: str, year: int) -> None:
    assert dates.parse_time(f"15 May {digits} 12:00:00 GMT") == datetime(
        year, 5, 15, 12, tzinfo=UTC
    )


TIMES_IN_ZONES = st.datetimes(
    min_value=datetime(1990, 1, 2),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    ),
)


@given(TIMES_IN_ZONES)
def test_every_time_in_a_standard_format_is_read_back(time: datetime) -> None:
    second = time.replace(microsecond=0)

    assert dates.parse_time(time.isoformat()) == time
    assert dates.parse_time(format_datetime(second)) == second


ENGLISH = ["January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"]  # fmt: skip
WRITTEN = [
    "{d} {month} {y}", "{d:02}-{mon}-{y}", "{month} {d}, {y}", "{mon}. {d} {y}", "{y}/{m}/{d}", "{y}.{m:02}.{d:02}",
    "{y}-{m:02}-{d:02}", "{y}{m:02}{d:02}", "{y}年{m}月{d}日", "{y}년 {m}월 {d}일", "Mon, {d} {mon} {y}",
    "{y}-{mon}-{d:02}",
]  # fmt: skip
TIMES = [
    "",
    " 10:05",
    "T10:05:09",
    ", 10:05 AM",
    " - 10:05",
    " 10:05:09 BST",
    " 10:05:09 GMT",
    " 10.05 Uhr",
    " at 10:05 pm",
]


@given(
    st.dates(date(1990, 1, 1), date(2200, 1, 1)), st.sampled_from(WRITTEN), st.sampled_from(TIMES)
)
def test_a_day_in_any_format_is_read_as_that_day(day: date, form: str, time: str) -> None:
    month = ENGLISH[day.month - 1]
    text = form.format(y=day.year, m=day.month, d=day.day, month=month, mon=month[:3]) + time

    found = dates.parse(text)

    assert found is not None, text
    assert found.time.date() == day


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)), st.sampled_from("/.-"), st.booleans())
def test_digits_are_a_day_only_if_they_are_unambiguous(day: date, gap: str, american: bool) -> None:
    order = (day.month, day.day) if american else (day.day, day.month)

    time = dates.parse_time(f"{order[0]:02}{gap}{order[1]:02}{gap}{day.year}")

    assert (time and time.date()) == (day if day.day > 12 or day.day == day.month else None)


@pytest.mark.parametrize("word", ["listopada", "lip", "srp"])
def test_a_month_name_that_is_ambiguous_between_languages_is_not_read(word: str) -> None:
    assert dates.parse_time(f"20 {word} 2026") is None


PARTS = ["2026", "11", "20", "9999", "0001", "0", "99", "Nov", "mai", "Fri", "T", ":", "-", "/", ".", ",", " ", "10:00",
         "24:00", "23:59:60", "+99:99", "-14:00", "GMT", "IST", "Europe/Paris", "PM", "年", "月", "日", "[", "(",
         "W01"]  # fmt: skip


@given(st.text(max_size=40) | st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_any_text_is_parsed_to_a_utc_time_or_to_none(text: str) -> None:
    time = dates.parse_time(text)

    assert time is None or (time.tzinfo is UTC and time.year >= 1990)
