"""What the commands say: a report in, its lines out.

What is wrong goes to the second stream, everything else through `say`, which --quiet silences. Refuses to decide:
a report has all that is shown here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from digest.errors import Problem

if TYPE_CHECKING:
    from digest.commands.add import AddReport
    from digest.commands.build import BuildReport
    from digest.commands.check import CheckReport
    from digest.commands.letter import LetterReport
    from digest.commands.pull import PullReport, Row
    from digest.commands.status import FeedRow, StatusReport, WeekRow
    from digest.commands.themes import ApplyReport, ExplainReport, ThemesReport, TryReport

Say = Callable[[str], None]


def pulled(report: PullReport, *, say: Say, verbose: bool) -> None:
    """Prints a row a feed, what is wrong with any, and with `verbose` every file."""
    _put_in_order(report, say=say, verbose=verbose)
    width = max((len(row.feed) for row in report.rows), default=0)
    for row in report.rows:
        line = f"{row.feed:<{width}}  {_outcome(row)}"
        if row.state == "failed":
            click.echo(line, err=True)
        else:
            say(line)
        for warning in (*row.warnings, *row.kept):
            click.echo(f"{row.feed}: {warning}", err=True)
        if row.moved:
            click.echo(f'{row.feed}: has moved for good; in digest.toml write  url = "{row.moved}"', err=True)
        for file in (*row.new, *row.updated, *row.adopted) if verbose else ():
            say(f"  {file}")
    total = sum(len(row.new) for row in report.rows)
    noun = "story" if total == 1 else "stories"
    verb = "would be taken in" if report.dry else "taken in"
    say(f"{total} new {noun} {verb}; {report.read} of {len(report.rows)} feeds read")


def _put_in_order(report: PullReport, *, say: Say, verbose: bool) -> None:
    """Prints what is wrong with ledgers and inbox, and what was filed or swept away."""
    for problem in report.problems:
        click.echo(problem, err=True)
    for filing in report.filed:
        say(f"{filing.inbox}: {'would be filed' if report.dry else 'filed'} as {filing.file}")
    for file in report.swept if verbose else ():
        say(f"{file}: left unfinished by a run that was killed; removed")


def _outcome(row: Row) -> str:
    if row.state in {"failed", "waiting"}:
        return f"{row.state}: {row.reason}"
    if row.state == "unchanged":
        return "unchanged"
    counts = {
        "entries": row.entries,
        "new": len(row.new),
        "updated": len(row.updated),
        "adopted": len(row.adopted),
        "known": row.known - len(row.updated),
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count or name in {"entries", "new"})


def lettered(report: LetterReport, *, chosen: bool, say: Say) -> None:
    """Prints where a drafted letter is; `chosen` tells that nobody had named its week."""
    which = f"{report.week}, the newest week without a letter," if chosen else str(report.week)
    noun = "story" if report.stories == 1 else "stories"
    drafts = f"; left out: {report.drafts} in draft" if report.drafts else ""
    say(f"{report.file}: drafted for {which} with {report.stories} {noun}{drafts}")
    say("Write it, then take out 'draft: true'")


def added(report: AddReport, *, say: Say) -> None:
    """Prints the story that was added, what of it the editor may want to look at, and what is wrong elsewhere."""
    for problem in report.problems:
        click.echo(problem, err=True)
    story = report.story
    say(f"{story.file}: '{story.title}', {story.source}; {', '.join(story.themes) or 'without a theme'}")
    if not report.dated:
        say("Its page names no date, so it is dated now; mend published: and move the file, if that is wrong")


def built(report: BuildReport, *, say: Say) -> None:
    """Prints what the site has and what of it was written."""
    say(
        f"{report.stories} stories in {report.weeks} weeks: {report.pages} files, {report.written} written, "
        f"{report.removed} removed"
    )
    say(f"The site is in {report.output}")


# ---------------------------------------------------------------- the desk at a glance

_WEEKS = 12
"""So many weeks are shown at a glance."""


def stated(report: StatusReport, *, say: Say, verbose: bool) -> None:
    """Prints a row a week, newest first, and a row a feed; then what is wrong."""
    if report.empty and not report.unread:
        step = "digest pull" if report.feeds else "add a [[feeds]] table to digest.toml, then digest pull"
        say(f"Nothing is here yet. Next: {step}")
        return
    shown = report.weeks if verbose else report.weeks[:_WEEKS]
    heads = ("week", "state", "stories", "noted", "no theme", "drafts", "hidden", "lead", "letter")
    _table(heads, map(_week_cells, shown), say)
    more = len(report.weeks) - len(shown)
    if more:
        say(f"and {_count(more, 'earlier week')}: digest --verbose status")
    say("")
    columns = ("feed", "last pull", "new", "brought", "kept", "deleted", "hidden")
    _table(columns, (_feed_cells(row, verbose) for row in report.feeds), say)
    if any(row.pulled and not row.sure for row in report.feeds):
        say("* when its ledger grew; it was not pulled on this machine")
    for row in report.feeds:
        if row.reason:
            click.echo(f"{row.feed}: the last pull failed: {row.reason}", err=True)
    _unread(report.unread)


def _week_cells(row: WeekRow) -> tuple[object, ...]:
    state, lead = "closed" if row.closed else "open", "yes" if row.lead else ""
    return (str(row.week), state, row.stories, row.noted, row.themeless, row.drafts, row.hidden, lead, row.letter)


def _feed_cells(row: FeedRow, verbose: bool) -> tuple[object, ...]:
    moment = row.pulled.strftime("%Y-%m-%d %H:%M") if row.pulled and verbose else _ago(row.age)
    last = row.state if row.state != "pulled" else moment + ("" if row.sure or not moment else " *")
    name = row.feed if len(row.feed) <= _NAME or verbose else row.feed[: _NAME - 1] + "…"
    return (name, last, row.new or 0, row.brought, row.kept, row.deleted, row.hidden)


_NAME = 26
"""A feed's id is cut to so many signs, so that its row fits 80 columns."""


def _ago(age: timedelta | None) -> str:
    """Returns an age in words, in the largest unit of which there are two."""
    if age is None:
        return "never"
    minutes = int(age.total_seconds() // 60)
    for unit, length in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * length or (unit == "minute" and minutes == 1):
            return f"{_count(minutes // length, unit)} ago"
    return "just now"


# ---------------------------------------------------------------- themes


def themed(report: ThemesReport, *, say: Say) -> None:
    """Prints a row a theme, and how far the stories are from what the rules would say today."""
    if not report.stories and not report.unread:
        say("There is no story yet. Next: digest pull")
        return
    rows: list[tuple[object, ...]] = [
        (row.theme, row.stories, row.main, str(row.last) if row.last else "") for row in report.rows
    ]
    _table(
        ("theme", "stories", "as main", "last week"),
        [*rows, ("Elsewhere", report.elsewhere, report.elsewhere, "")],
        say,
    )
    if report.due:
        say(f"The rules of today say something else of {_stories(report.due)}: digest themes --apply --dry-run")
    if report.own:
        say(f"The rules say something else than the editor of {_stories(report.own)}; the editor's word stays")
    _unread(report.unread)


def explained(report: ExplainReport, *, say: Say) -> None:
    """Prints why a story has its themes, and which ones it could have."""
    say(f"{report.file}: {report.title}")
    width = max((len(reason.theme) for reason in report.reasons), default=0)
    for reason in report.reasons:
        say(f"  {'has' if reason.has else 'not'} {reason.theme:<{width}}  {reason.why}")
    if not any(reason.has for reason in report.reasons):
        say("  It has no theme, and stands under Elsewhere")
    say("Its themes are the editor's: no rule changes them" if report.own else "Nobody has edited its themes")


def tried(report: TryReport, *, say: Say) -> None:
    """Prints the stories that a phrase would catch, and which themes they have already."""
    for catch in report.caught:
        say(f"{catch.file}: {catch.title} ({catch.where}; {', '.join(catch.themes) or 'Elsewhere'})")
    having = ", ".join(f"{count} {theme or 'Elsewhere'}" for theme, count in report.having.items())
    say(
        f"'{report.phrase}' would catch {len(report.caught)} of {_stories(report.stories)}"
        + (f": {having}" if having else "")
    )
    if report.partly:
        say(f"What is not stored was not searched: of {_stories(report.partly)} the feed's summary is missing or cut")
    _unread(report.unread)


def applied(report: ApplyReport, *, say: Say, verbose: bool) -> None:
    """Prints each theme's stories before and after; with `verbose`, or in a dry run, every story changed."""
    rows = [(theme or "Elsewhere", *counts, _step(*counts)) for theme, counts in report.counts.items()]
    _table(("theme", "before", "after", ""), rows, say)
    for change in report.changed if verbose or report.dry else ():
        say(f"{change.file}: {', '.join(change.before) or 'Elsewhere'} -> {', '.join(change.after) or 'Elsewhere'}")
    verb = "would change" if report.dry else "changed"
    say(f"{len(report.changed)} of {_stories(report.stories)} {verb}")
    if report.own:
        say(f"{_stories(report.own)} would change too, had nobody edited their themes; these stay")
    for line in report.left:
        click.echo(line, err=True)
    _unread(report.unread)


def _step(before: int, after: int) -> str:
    return f"{after - before:+}" if after != before else ""


# ---------------------------------------------------------------- how it is said


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]], say: Say) -> None:
    """Prints a plain table: numbers to the right, words to the left, nothing as a dot."""
    rows = [tuple(row) for row in rows]
    signs = [">" if rows and isinstance(cell, int) else "<" for cell in (rows[0] if rows else heads)]
    lines = [tuple(heads), *(tuple(str(cell or "·") for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (f"{cell:{sign}{width}}" for cell, sign, width in zip(line, signs, widths, strict=True))
        say("  ".join(cells).rstrip())


def _unread(files: Iterable[str]) -> None:
    for file in files:
        click.echo(f"{file}: cannot be read, or not all of it; 'digest check' says why", err=True)


def _stories(count: int) -> str:
    return "1 story" if count == 1 else f"{count} stories"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def checked(report: CheckReport, *, say: Say, verbose: bool, since: str) -> None:
    """Prints each error, each hint as such, and with `verbose` the links of which nothing can be told; then counts."""
    for problem in report.problems:
        if problem.hint:
            say(_as_hint(problem))
        else:
            click.echo(str(problem))
    for problem in report.untold if verbose else ():
        say(_as_hint(problem))
    if report.offline:
        say("No linked page could be reached: is this machine on the network?")
    counts = f"{_count(report.errors, 'error')}, {_count(report.hints, 'hint')} in {_count(report.files, 'file')}"
    rest = "" if report.whole else "; content/ is looked at once digest.toml is in order"
    say(f"{counts}{f' changed since {since}' if since else ''}{rest}")


def annotated(report: CheckReport) -> None:
    """Prints each problem as a workflow command of GitHub Actions, which shows it beside its line."""
    for problem in report.problems:
        level = "warning" if problem.hint else "error"
        place = {"file": report.folder + problem.file, "line": str(problem.line or ""), "title": "digest check"}
        told = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in place.items() if value)
        click.echo(f"::{level} {told}::{_escaped(_words(problem))}")


def problems_as_json(report: CheckReport) -> list[dict[str, object]]:
    """Returns the problems as programs read them."""
    return [
        {
            "file": problem.file,
            "line": problem.line,
            "level": "hint" if problem.hint else "error",
            "what": problem.what,
            "cure": problem.cure,
        }
        for problem in report.problems
    ]


def asking(done: int, of: int) -> None:
    """Shows how many links have answered, to somebody who looks on: nothing in a pipe or a log."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {of} linked pages asked", nl=done == of, err=True)


def _as_hint(problem: Problem) -> str:
    return str(replace(problem, what=f"hint: {problem.what}"))


def _words(problem: Problem) -> str:
    return problem.what + (f"; {problem.cure}" if problem.cure else "")


def _escaped(value: str, signs: str = "") -> str:
    """Returns a value as workflow commands take it: line breaks and `%` as codes, in properties the signs as well."""
    for sign in f"%\r\n{signs}":
        value = value.replace(sign, f"%{ord(sign):02X}")
    return value
