"""The dates ahead as a calendar to subscribe to (iCalendar, RFC 5545): one all-day event each.

A month or year is an event on its first day, whose words say so: an event of a whole year would
cover everything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC

from digest.model import Site
from digest.site import formatting
from digest.site.addresses import Base
from digest.site.ahead import Announced
from digest.site.feeds import atom

_OCTETS = 75  # of a line, without its end (§3.1)
_SPECIAL = re.compile(r"[\\;,]")


def calendar(site: Site, base: Base, dates: Iterable[Announced]) -> str:
    """Returns the calendar of a site's dates ahead.

    An event keeps its UID if its words or the headline change. DTSTAMP is when its story or letter
    last changed, since no clock is read.
    """
    title = _escaped(f"{site.title}: ahead")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Digest//Dates ahead//EN"]
    lines += [f"NAME:{title}", f"X-WR-CALNAME:{title}"]
    seen = Counter[tuple[str, str]]()
    for date in dates:
        source, words, name = date.source, date.text, (date.source.name, date.when)
        seen[name] += 1
        number = [str(seen[name])] if seen[name] > 1 else []
        uid = atom.feed_id(site, "ahead", *name, *number).removeprefix("urn:uuid:")
        if date.first != date.last:
            words = f"In {formatting.period(date.when)}: {words}"
        link = base.absolute(source.place)
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
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    """Returns text as the value of a property (§3.3.11), on one line."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def _folded(line: str) -> str:
    """Returns a line broken after at most 75 octets, never within a character (§3.1)."""
    lines, size = [""], 0
    for sign in line:
        octets = len(sign.encode(errors="surrogatepass"))
        if size + octets > _OCTETS:
            lines.append(" ")
            size = 1
        lines[-1] += sign
        size += octets
    return "\r\n".join(lines)
