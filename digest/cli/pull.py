"""`digest pull`: options and output."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from digest.cli import colors, completion, formatting, github, progress
from digest.cli.context import Call
from digest.cli.sheet import tell as tell_sheet
from digest.errors import suggestion

if TYPE_CHECKING:
    from digest.commands.pull_report import PullReport, Row


@click.command()
@click.argument("feeds", metavar="[FEED]...", nargs=-1, shell_complete=completion.feeds)
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be written, write nothing.")
@click.option(
    "--strict", is_flag=True, help="Exit with 1 when any feed failed, not only when all did."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def pull(call: Call, feeds: tuple[str, ...], dry: bool, strict: bool, as_json: bool) -> None:
    """Pull the feeds into story files.

    Fetches the feeds that you name by id, or every feed that is not retired, and writes a Markdown
    file for each new story to the folder of its week in content/. What you wrote is never changed:
    when a publisher corrects a story, fields that you have not edited are updated; fields that you
    have edited stay, and both versions are reported. So is a headline that changes after you wrote
    about the story. Exits with 1 if no feed could be read. On GitHub Actions, the job summary gets
    a table.

    \b
    Examples:
      digest pull
      digest pull --dry-run harbour-lantern
    """
    from digest.commands import pull as command

    root, config = call.open()
    try:
        chosen = command.chosen(config, feeds)
    except KeyError as error:
        name = error.args[0]
        cure = suggestion(name, [feed.id for feed in config.feeds])
        raise click.BadParameter(
            f"there is no feed '{name}' in digest.toml; {cure}", param_hint="FEED"
        ) from None
    with progress.shown(call, "Feeds", least=5) as on_progress:
        report = command.run(
            root, config, chosen, now=call.now, dry=dry, named=bool(feeds), on_progress=on_progress
        )
    if not dry:
        github.tell(report, call)
    if as_json:
        click.echo(formatting.as_json(asdict(report)))
    else:
        _tell(report, call)
    if (report.rows and not report.read) or (strict and report.failed):
        sys.exit(1)


_MOVED = "has moved for good;"


def _tell(report: PullReport, call: Call) -> None:
    """Prints a row for each feed, its problems, and with --verbose every file."""
    _put_in_order(report, call)
    width = max((len(row.feed) for row in report.rows), default=0)
    for row in report.rows:
        line = f"{row.feed:<{width}}  {_outcome(row)}"
        if row.state == "failed":
            call.complain(colors.failed(line))
        else:
            call.say(colors.fresh(line) if row.new else line)
        call.complain(
            *(f"{row.feed}: {warning}" for warning in (*row.warnings, *row.kept, *row.notices))
        )
        if row.moved:
            what = (
                "names another address as its own; if that has the same entries,"
                if row.moved_by == "self"
                else _MOVED
            )
            call.complain(f'{row.feed}: {what} in digest.toml write  url = "{row.moved}"')
        for file in (*row.new, *row.updated, *row.adopted) if call.verbose else ():
            call.say(f"  {file}")
        for headline in row.passed_over if call.verbose else ():
            call.say(f"  passed over: {headline}")
    new = sum(len(row.new) for row in report.rows)
    if report.suggestions:
        call.say(
            f"{len(report.suggestions)} of {formatting.count(new, 'new story', 'new stories')}"
            f" {formatting.without_theme(len(report.suggestions), report.likely)}"
        )
    total = formatting.count(new, "new story", "new stories")
    verb = "would be added" if report.dry else "added"
    call.say(f"{total} {verb}; {report.read} of {len(report.rows)} feeds read")


def _put_in_order(report: PullReport, call: Call) -> None:
    """Prints problems of ledgers and inbox, which files were moved from the inbox, and what was
    cleaned up."""
    if report.sheet and report.sheet.is_changed:
        tell_sheet(report.sheet, call)
    call.complain(*report.problems)
    for filing in report.filed:
        call.say(f"{filing.inbox}: {'would be filed' if report.dry else 'filed'} as {filing.file}")
    for file in report.completed:
        call.say(f"{file}: left under a hidden name by a run that was killed; put in its place")
    for file in report.swept if call.verbose else ():
        call.say(f"{file}: left unfinished by a run that was killed; removed")


def _outcome(row: Row) -> str:
    if row.state == "waiting":
        return f"waiting: {row.reason}; 'digest pull {row.feed}' asks now"
    if row.state == "failed":
        return f"failed: {row.reason}"
    if row.state == "unchanged":
        return "unchanged"
    counts = {
        "entries": row.entries,
        "new": len(row.new),
        "updated": len(row.updated),
        "adopted": len(row.adopted),
        "known": row.known - len(row.updated),
        "passed over": len(row.passed_over),
    }
    words = {
        name: f"{count} {name}"
        for name, count in counts.items()
        if count or name in {"entries", "new"}
    }
    entries = row.entries + len(row.passed_over)
    return ", ".join((words | {"entries": formatting.count(entries, "entry", "entries")}).values())
