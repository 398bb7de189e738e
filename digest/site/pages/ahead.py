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
    next_dates = "; ".join(f"{formatting.period(one.when)}: {one.text}" for one in ahead.lines())
    next_dates = f". {next_dates}" if next_dates else ""
    count = formatting.count(len(ahead.coming), "date") if ahead.coming else "No dates"
    described = f"{count} ahead in {context.config.site.title}"
    head = Head(
        title=context.titled("Ahead"),
        description=formatting.shortened(f"{described}{next_dates}", LONGEST_DESCRIPTION),
        place=addresses.AHEAD,
        updated=latest(one.source.changed.isoformat() for one in ahead.all),
    )
    yield context.page("ahead.html", "the page of dates ahead", head, _data, ahead)


def ahead_calendar(context: SiteContext) -> Iterator[Page]:
    """Yields the same dates as a calendar."""
    if context.ahead.all:
        yield context.file(
            addresses.CALENDAR, "feeds/plain.txt", "the calendar", _calendar, context.ahead
        )


def _calendar(context: SiteContext, ahead: Ahead) -> Mapping[str, object]:
    return {"text": Html(ical.calendar(context.config.site, context.base, ahead.all))}


def _data(_: SiteContext, ahead: Ahead) -> Mapping[str, object]:
    return {"coming": ahead.coming, "past": ahead.past}
