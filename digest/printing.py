"""What the commands say: a report in, its lines out.

What is wrong goes to the second stream, everything else through `say`, which --quiet silences. Refuses to decide:
a report has all that is shown here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.commands.build import BuildReport
    from digest.commands.pull import PullReport, Row

Say = Callable[[str], None]


def pulled(report: PullReport, *, say: Say, verbose: bool) -> None:
    """Prints a row a feed, what is wrong with any, and with `verbose` every file."""
    for problem in report.problems:
        click.echo(problem, err=True)
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


def built(report: BuildReport, *, say: Say) -> None:
    """Prints what the site has and what of it was written."""
    say(
        f"{report.stories} stories in {report.weeks} weeks: {report.pages} files, {report.written} written, "
        f"{report.removed} removed"
    )
    say(f"The site is in {report.output}")
