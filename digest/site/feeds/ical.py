"""The dates ahead as a calendar to subscribe to (iCalendar, RFC 5545): one all-day event each.

A date of which only the month or the year is known is an event on its first day, whose words say
so: an event of a whole year would cover everything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC
from functools import partial

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
    uid = partial(atom.feed_id, site, "ahead")
    seen = Counter[tuple[str, str]]()
    for one in dates:
        key = one.source.name, one.when
        seen[key] += 1
        number = [str(seen[key])] if seen[key] > 1 else []
        lines += _event(one, base, uid(*key, *number).removeprefix("urn:uuid:"))
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(one: Announced, base: Base, uid: str) -> Iterator[str]:
    source, is_day = one.source, one.first == one.last
    link = base.absolute(source.place)
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}"
    yield f"DTSTAMP:{source.changed.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{one.first:%Y%m%d}"
    yield f"SUMMARY:{_escaped(one.text if is_day else f'In {formatting.period(one.when)}: {one.text}')}"
    yield f"DESCRIPTION:{_escaped(source.title)}\\n{_escaped(link)}"
    yield f"URL:{link}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy on that day
    yield "END:VEVENT"


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
