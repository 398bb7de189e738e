"""`digest sheet`: options and output."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from digest.cli.shared import completion, formatting
from digest.cli.shared.call import Call
from digest.errors import DigestError, count_of

if TYPE_CHECKING:
    from digest.commands.sheet import AppliedReport


@click.command(short_help="Curate a week in one Markdown file.")
@click.argument("week", metavar="[WEEK]", default="", shell_complete=completion.weeks)
@click.option("--apply", is_flag=True, help="Apply the sheet.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def sheet(call: Call, week: str, apply: bool, as_json: bool) -> None:
    """Write a week as one file, content/sheet.md, to curate it in any text editor or on GitHub.

    Each story has a line: a letter to keep, hide or lead, its themes by number, its headline; a
    note goes below it, indented. The next pull applies what you have changed, or --apply does so
    now. What cannot be done stays in the sheet, with the reason. Nothing in it is published.

    WEEK is 2026-W20, 2026/w20, or w20 of the newest year that has it; without it, the newest week
    that has stories. Stories that no one has touched come first.

    \b
    Examples:
      digest sheet
      digest sheet w20
      digest sheet --apply
    """
    from digest.commands import sheet as command

    if week and apply:
        raise click.UsageError("--apply applies the sheet that is there; leave out WEEK.")
    root, config = call.load()
    if apply:
        report = command.apply(root, config)
        if report is None:
            raise DigestError(f"{command.FILE}: this file does not exist; 'digest sheet' writes it")
        if as_json:
            click.echo(formatting.as_json(asdict(report)))
        else:
            print_applied(report, call)
        if report.refused:
            sys.exit(1)
        return
    try:
        written = command.run(root, config, week)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="WEEK") from None
    if as_json:
        data = {"file": command.FILE, "week": str(written.week), "stories": written.stories}
        click.echo(formatting.as_json(data))
    else:
        call.say(f"{command.FILE}: {written.week}, {formatting.stories(written.stories)}")
        call.say("Change it, then: digest sheet --apply, or commit it for the next pull")
    call.warn(*formatting.unreadable(written.unread))


def print_applied(report: AppliedReport, call: Call) -> None:
    """Prints what a sheet has changed, and which of its lines stay."""
    from digest.commands.sheet import FILE

    if not report.is_changed:
        call.say(f"{FILE}: no line was changed, so nothing was done")
    else:
        if call.verbose:
            call.say(*(f"{file}: changed" for file in report.changed))
        left = sum(line.startswith(f"{FILE}: ") for line in report.refused)
        rest = f"; {count_of(left, 'story', 'stories')} left in it" if left else ""
        call.say(f"{FILE}: {formatting.stories(len(report.changed))} changed{rest}")
        call.warn(*report.refused)
