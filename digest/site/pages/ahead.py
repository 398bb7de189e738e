"""The page of the dates ahead that stories and letters announce, and of those that have passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from digest.site import addresses, formatting
from digest.site.ahead import Ahead
from digest.site.context import SiteContext, latest
from digest.site.feeds import ical
from digest.site.markdown import Html
from digest.site.page import LONGEST_DESCRIPTION, Head, Page


def ahead_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the page of dates ahead, if any were announced."""
    ahead = context.ahead
    if not ahead.all:
        return
    count = formatting.count(len(ahead.coming), "date") if ahead.coming else "No dates"
    description = f"{count} ahead in {context.config.site.title}"
    if ahead.coming:
        dates = [f"{formatting.period(line.when)}: {line.text}" for line in ahead.lines()]
        description = f"{description}. {'; '.join(dates)}"
    head = Head(
        title=context.titled("Ahead"),
        description=formatting.shortened(description, LONGEST_DESCRIPTION),
        place=addresses.AHEAD,
        updated=latest(date.source.changed.isoformat() for date in ahead.all),
    )
    source = "the page of dates ahead"
    yield context.page("ahead.html", source, head, _ahead_data, ahead)


def _ahead_data(_: SiteContext, ahead: Ahead) -> Mapping[str, object]:
    return {"coming": ahead.coming, "past": ahead.past}


def ahead_calendar(context: SiteContext) -> Iterator[Page]:
    """Yields the same dates as a calendar."""
    if context.ahead.all:
        place, template = addresses.CALENDAR, "feeds/plain.txt"
        yield context.file(place, template, "the calendar", _calendar_data, context.ahead)


def _calendar_data(context: SiteContext, ahead: Ahead) -> Mapping[str, object]:
    return {"text": Html(ical.calendar(context.config.site, context.base, ahead.all))}
