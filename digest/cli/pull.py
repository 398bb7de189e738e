"""`digest pull`: options and output."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from digest.cli.shared import colours, completion, formatting, github, progress
from digest.cli.shared.call import Call
from digest.cli.sheet import print_applied
from digest.errors import and_more, count_of, suggestion

if TYPE_CHECKING:
    from digest.commands.pull_report import PullReport, PullRow

_MAX_NAMED = 5


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

    root, config = call.load()
    try:
        chosen = command.select_feeds(config, feeds)
    except KeyError as error:
        name = error.args[0]
        cure = suggestion(name, [feed.id for feed in config.feeds])
        raise click.BadParameter(
            f"digest.toml has no feed '{name}'; {cure}", param_hint="FEED"
        ) from None
    with progress.bar(call, "Feeds", least=5) as on_progress:
        report = command.run(
            root,
            config,
            chosen,
            now=call.now,
            dry=dry,
            named_by_user=bool(feeds),
            on_progress=on_progress,
        )
    if not dry:
        github.write_summary(report, call)
    if as_json:
        click.echo(formatting.as_json(asdict(report)))
    else:
        _print_report(report, call)
    if (report.rows and not report.read) or (strict and report.failed):
        sys.exit(1)


def _print_report(report: PullReport, call: Call) -> None:
    """Prints what was cleaned up, then a row for each feed with its problems, then the totals.

    With --verbose, every file.
    """
    if report.sheet and report.sheet.is_changed:
        print_applied(report.sheet, call)
    call.warn(*report.problems)
    for move in report.filed:
        call.say(f"{move.inbox}: {'would be filed' if report.dry else 'filed'} as {move.file}")
    _print_left(report, call)
    width = max((len(row.feed) for row in report.rows), default=0)
    for row in report.rows:
        line = f"{row.feed:<{width}}  {_result(row)}"
        if row.state == "failed":
            call.warn(colours.failed(line))
        else:
            call.say(colours.fresh(line) if row.new else line)
        for remark in (*row.warnings, *row.kept, *row.notices):
            call.warn(f"{row.feed}: {remark}")
        if row.moved:
            what = "has moved for good;"
            if row.moved_by == "self":
                what = "names another address as its own; if that feed has the same entries,"
            call.warn(f'{row.feed}: {what} write  url = "{row.moved}"  in digest.toml')
        if call.verbose:
            call.say(*(f"  {file}" for file in (*row.new, *row.updated, *row.adopted)))
            call.say(*(f"  passed over: {headline}" for headline in row.passed_over))
    new = count_of(sum(len(row.new) for row in report.rows), "new story", "new stories")
    if report.suggestions:
        number = len(report.suggestions)
        call.say(f"{number} of {new} {formatting.need_likely_theme(number, report.likely)}")
    verb = "would be added" if report.dry else "added"
    call.say(f"{new} {verb}; {report.read} of {len(report.rows)} feeds read")


def _print_left(report: PullReport, call: Call) -> None:
    """Prints what runs that were killed had left, and what became of it."""
    for file in report.completed:
        call.say(f"{file}: left under a hidden name by a run that was killed; put in its place")
    if report.recovered:
        stories = count_of(len(report.recovered), "story", "stories")
        files = and_more(report.recovered, len(report.recovered) if call.verbose else _MAX_NAMED)
        call.say(f"the last pull was killed after it had written {stories}: {files}")
    if call.verbose:
        for file in report.swept:
            call.say(f"{file}: left unfinished by a run that was killed; removed")


def _result(row: PullRow) -> str:
    """Returns what became of a feed, in words."""
    if row.state == "waiting":
        return f"waiting: {row.reason}; 'digest pull {row.feed}' asks now"
    if row.state == "failed":
        return f"failed: {row.reason}"
    if row.state == "unchanged":
        return "unchanged"
    entries = row.entries + len(row.passed_over)
    words = [count_of(entries, "entry", "entries"), f"{len(row.new)} new"]
    for number, name in (
        (len(row.updated), "updated"),
        (len(row.adopted), "adopted"),
        (row.known - len(row.updated), "known"),
        (len(row.passed_over), "passed over"),
    ):
        if number:
            words.append(f"{number} {name}")
    return ", ".join(words)
