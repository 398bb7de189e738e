"""The dates ahead that stories and letters announce: their page, and a calendar to subscribe to.

The calendar (iCalendar, RFC 5545) has one all-day event for each. A month or year is an event on
its first day, whose words say so: an event of a whole year would cover everything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC

from digest.site import addresses, formatting
from digest.site.ahead import Ahead
from digest.site.context import SiteContext, latest
from digest.site.feeds import atom
from digest.site.markdown import Html
from digest.site.page import LONGEST_DESCRIPTION, Head, Page

_MAX_OCTETS = 75  # of a line of the calendar, without its end (RFC 5545 §3.1)
_SPECIAL = re.compile(r"[\\;,]")


def ahead_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the page of dates ahead, if any were announced."""
    ahead = context.ahead
    if not ahead.all:
        return
    count = formatting.count(len(ahead.upcoming), "date") if ahead.upcoming else "No dates"
    description = f"{count} ahead in {context.config.site.title}"
    if ahead.upcoming:
        dates = [f"{formatting.period(line.when)}: {line.text}" for line in ahead.next_dates()]
        description = f"{description}. {'; '.join(dates)}"
    head = Head(
        title=context.page_title("Ahead"),
        description=formatting.shortened(description, LONGEST_DESCRIPTION),
        place=addresses.AHEAD,
        updated=latest(date.source.changed.isoformat() for date in ahead.all),
    )
    source = "the page of dates ahead"
    yield context.page(
        "ahead.html",
        source,
        head,
        lambda _, ahead: {"upcoming": ahead.upcoming, "past": ahead.past},
        ahead,
    )


def ahead_calendar(context: SiteContext) -> Iterator[Page]:
    """Yields the same dates as a calendar."""
    if context.ahead.all:
        place, template = addresses.CALENDAR, "feeds/plain.txt"
        yield context.file(place, template, "the calendar", _calendar_data, context.ahead)


def _calendar_data(context: SiteContext, ahead: Ahead) -> Mapping[str, object]:
    """Returns the calendar.

    An event keeps its UID if its words or the headline change. DTSTAMP is when its story or letter
    last changed, since no clock is read.
    """
    site = context.config.site
    title = _escaped(f"{site.title}: ahead")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Digest//Dates ahead//EN"]
    lines += [f"NAME:{title}", f"X-WR-CALNAME:{title}"]
    seen = Counter[tuple[str, str]]()
    for date in ahead.all:
        source = date.source
        words = date.text
        name = (source.name, date.when)
        seen[name] += 1
        number = [str(seen[name])] if seen[name] > 1 else []
        uid = atom.derived_id(site, "ahead", *name, *number).removeprefix("urn:uuid:")
        if date.first != date.last:
            words = f"In {formatting.period(date.when)}: {words}"
        link = context.base.absolute(source.place)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uid}",
            f"DTSTAMP:{source.changed.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{date.first:%Y%m%d}",
            f"SUMMARY:{_escaped(words)}",
            f"DESCRIPTION:{_escaped(source.title)}\\n{_escaped(link)}",
            f"URL:{link}",
            "TRANSP:TRANSPARENT",  # the day stays free in the reader's calendar
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    text = "".join(f"{_folded(line)}\r\n" for line in lines)
    return {"text": Html(text)}


def _escaped(text: str) -> str:
    """Returns text as the value of a property (RFC 5545 §3.3.11), on one line."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def _folded(line: str) -> str:
    """Returns a line broken after at most 75 octets, never within a character (§3.1)."""
    lines, size = [""], 0
    for character in line:
        octets = len(character.encode(errors="surrogatepass"))
        if size + octets > _MAX_OCTETS:
            lines.append(" ")
            size = 1
        lines[-1] += character
        size += octets
    return "\r\n".join(lines)
