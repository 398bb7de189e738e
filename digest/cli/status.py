"""`digest status`: options and output."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from digest.cli.shared import formatting
from digest.cli.shared.call import Call
from digest.errors import count_of

if TYPE_CHECKING:
    from digest.commands.status import FeedRow, StatusReport

_MAX_WEEKS = 12
"""How many weeks are shown without --verbose."""
_MAX_ID_LENGTH = 26
"""How many characters of a feed's id are shown, so that a row fits 80 columns."""


@click.command()
@click.pass_obj
def status(call: Call) -> None:
    """Show what is done and what is not, by week and by feed.

    By week: how many stories it has, how many of them have a note, need a theme, are drafts or are
    hidden, and whether it has a lead and a letter. By feed: when it last answered, and what
    became of what it brought. Shows the newest 12 weeks; with --verbose all of them, and dates
    instead of ages. A file that cannot be read is named, and the rest is counted.

    \b
    Examples:
      digest status
      digest --verbose status
    """
    from digest.commands import status as command

    root, config = call.load()
    _print_report(command.run(root, config, now=call.now), call, has_themes=bool(config.themes))


def _print_report(report: StatusReport, call: Call, *, has_themes: bool) -> None:
    """Prints a row for each week, newest first, and for each feed, then problems."""
    if report.is_empty and not report.skipped.files:
        step = "digest pull" if report.feeds else "digest feeds add URL"
        call.say(f"Nothing is here yet. Next: {step}")
        return
    _print_weeks(report, call)
    if report.themeless:
        number = len(report.themeless)
        call.say(
            f"{formatting.stories(number)} {formatting.need_likely_theme(number, report.likely)}"
        )
    if report.weeks and not has_themes:
        call.say(formatting.NO_THEMES)
    states = [*report.to_review.values()]
    if states:
        new, changed = states.count("new"), states.count("changed")
        parts = []
        if new:
            parts.append(f"{new} new")
        if changed:
            parts.append(f"{changed} changed since you wrote")
        call.say(f"{formatting.stories(len(states))} to look at, {', '.join(parts)}: digest new")
    call.say("")
    columns = ("feed", "last answer", "new", "brought", "kept", "deleted", "hidden")
    rows = list[tuple[object, ...]]()
    for feed in report.feeds:
        name = feed.feed
        if len(name) > _MAX_ID_LENGTH and not call.verbose:  # ids of one site often begin alike
            name = f"{name[: _MAX_ID_LENGTH - 12]}…{name[-11:]}"
        counts = (feed.new or 0, feed.brought, feed.present, feed.deleted, feed.hidden)
        rows.append((name, last_answer(feed, call.verbose), *counts))
    call.say(*formatting.table(columns, rows))
    print_remarks(report.feeds, call)
    if report.changed_by_pull:
        count = formatting.stories(len(report.changed_by_pull))
        call.say(
            f"In {count}, the feed and the file differ, or the feed has changed since you wrote: digest check"
        )
    for file in report.brought_back:
        call.warn(f"{file}: was deleted, and a merge has brought it back; 'digest check' says more")
    call.warn(*formatting.skipped(report.skipped))


def _print_weeks(report: StatusReport, call: Call) -> None:
    """Prints a row for each week, and which letters lack stories."""
    shown = report.weeks if call.verbose else report.weeks[:_MAX_WEEKS]
    headers = (
        "week",
        "state",
        "stories",
        "noted",
        "need theme",
        "drafts",
        "hidden",
        "lead",
        "letter",
    )
    rows = list[tuple[object, ...]]()
    for week in shown:
        state = "closed" if week.is_closed else "open"
        lead = "yes" if week.has_lead else ""
        counts = (week.stories, week.noted, week.themeless, week.drafts, week.hidden)
        rows.append((str(week.week), state, *counts, lead, week.letter))
    call.say(*formatting.table(headers, rows))
    for week in shown:
        if week.unlinked:
            count = formatting.stories(week.unlinked)
            call.say(f"{week.week}: {count} not in the letter; digest letter {week.week} --more")
    more = len(report.weeks) - len(shown)
    if more:
        call.say(f"and {count_of(more, 'earlier week')}: digest --verbose status")


def print_remarks(feeds: Iterable[FeedRow], call: Call) -> None:
    """Prints the meaning of the star beside a feed's last answer, and why feeds failed."""
    feeds = tuple(feeds)
    if any(row.state == "active" and row.answered_at and not row.is_sure for row in feeds):
        call.say(
            "* not pulled on this machine; this is when it last brought something, by its ledger"
        )
    for row in feeds:
        if row.reason:
            call.warn(f"{row.feed}: the last pull failed: {row.reason}")


def last_answer(row: FeedRow, verbose: bool) -> str:
    """Returns when a feed last answered, or why it is not pulled; with a star if only its ledger
    says when."""
    if row.state != "active":
        return row.state
    if row.answered_at is None:
        return "never"
    time = f"{row.answered_at:%Y-%m-%d %H:%M}" if verbose else _ago(row.age)
    return time if row.is_sure else f"{time} *"


def _ago(age: timedelta | None) -> str:
    """Returns an age in words, in the largest unit that has at least two."""
    if age is None:
        return "never"
    minutes = int(age.total_seconds() // 60)
    for unit, length in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * length or (unit == "minute" and minutes == 1):
            return f"{count_of(minutes // length, unit)} ago"
    return "just now"
