"""`digest status`: options and output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import formatting
from digest.cli.context import Call

if TYPE_CHECKING:
    from digest.commands.status import FeedRow, StatusReport, WeekRow

_WEEKS = 12
"""How many weeks are shown without --verbose."""
_NAME = 26
"""How many characters of a feed's id are shown, so that a row fits 80 columns."""


@click.command()
@click.pass_obj
def status(call: Call) -> None:
    """Show what is done and what is not, by week and by feed.

    By week: how many stories it has, how many of them have a note, lack a theme, wait as drafts or
    are hidden, whether it has its lead and its letter. By feed: when it last answered, and what
    became of what it brought. Shows the newest 12 weeks; with --verbose all of them, and dates
    instead of ages. A file that cannot be read is named, and the rest is counted.

    \b
    Examples:
      digest status
      digest --verbose status
    """
    from digest.commands import status as command

    root, config = call.open()
    _tell(command.run(root, config, now=call.now), call, has_themes=bool(config.themes))


def _tell(report: StatusReport, call: Call, *, has_themes: bool) -> None:
    """Prints a row for each week, newest first, and for each feed, then problems."""
    if report.empty and not report.skipped.files:
        step = "digest pull" if report.feeds else "digest feeds add URL"
        call.say(f"Nothing is here yet. Next: {step}")
        return
    shown = report.weeks if call.verbose else report.weeks[:_WEEKS]
    heads = ("week", "state", "stories", "noted", "no theme", "drafts", "hidden", "lead", "letter")
    call.say(*formatting.table(heads, map(_week_cells, shown)))
    for row in shown:
        if row.unlinked:
            call.say(
                f"{row.week}: {formatting.stories(row.unlinked)} not in the letter; digest letter {row.week} --more"
            )
    more = len(report.weeks) - len(shown)
    if more:
        call.say(f"and {formatting.count(more, 'earlier week')}: digest --verbose status")
    if report.themeless:
        number = len(report.themeless)
        call.say(f"{formatting.stories(number)} {formatting.without_theme(number, report.likely)}")
    if report.weeks and not has_themes:
        call.say(formatting.NO_THEMES)
    states = [*report.to_look_at.values()]
    if states:
        new, changed = states.count("new"), states.count("changed")
        parts = [f"{new} new"] if new else []
        parts += [f"{changed} changed since you wrote"] if changed else []
        call.say(f"{formatting.stories(len(states))} to look at, {', '.join(parts)}: digest new")
    call.say("")
    columns = ("feed", "last answer", "new", "brought", "kept", "deleted", "hidden")
    call.say(*formatting.table(columns, (_feed_cells(row, call.verbose) for row in report.feeds)))
    call.say(*unsure(report.feeds))
    call.complain(
        *(f"{row.feed}: the last pull failed: {row.reason}" for row in report.feeds if row.reason)
    )
    if report.unsettled:
        count = formatting.stories(len(report.unsettled))
        call.say(
            f"In {count}, the feed and the file differ, or the feed has changed since you wrote: digest check"
        )
    call.complain(
        *(
            f"{file}: was deleted, and a merge has brought it back; 'digest check' says more"
            for file in report.restored
        )
    )
    call.complain(*formatting.skipped(report.skipped))


def unsure(rows: Iterable[FeedRow]) -> Iterator[str]:
    """Yields the meaning of the star beside a feed's last answer, if any has one."""
    if any(row.state == "pulled" and row.pulled and not row.sure for row in rows):
        yield "* when its ledger last grew; this machine has not pulled it"


def _week_cells(row: WeekRow) -> tuple[object, ...]:
    state, lead = "closed" if row.closed else "open", "yes" if row.lead else ""
    return (
        str(row.week),
        state,
        row.stories,
        row.noted,
        row.themeless,
        row.drafts,
        row.hidden,
        lead,
        row.letter,
    )


def _feed_cells(row: FeedRow, verbose: bool) -> tuple[object, ...]:
    name = row.feed if len(row.feed) <= _NAME or verbose else row.feed[: _NAME - 1] + "…"
    return (
        name,
        last_answer(row, verbose),
        row.new or 0,
        row.brought,
        row.kept,
        row.deleted,
        row.hidden,
    )


def last_answer(row: FeedRow, verbose: bool) -> str:
    """Returns when a feed last answered, or why it is not pulled; with a star if only its ledger
    says when."""
    moment = row.pulled.strftime("%Y-%m-%d %H:%M") if row.pulled and verbose else _ago(row.age)
    return (
        row.state
        if row.state != "pulled"
        else moment + (" *" if row.pulled and not row.sure else "")
    )


def _ago(age: timedelta | None) -> str:
    """Returns an age in words, in the largest unit that has at least two."""
    if age is None:
        return "never"
    minutes = int(age.total_seconds() // 60)
    for unit, length in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * length or (unit == "minute" and minutes == 1):
            return f"{formatting.count(minutes // length, unit)} ago"
    return "just now"
