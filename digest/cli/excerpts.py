"""`digest excerpts`: options and output of the command that cuts existing excerpts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli import formatting
from digest.cli.context import Call

if TYPE_CHECKING:
    from digest.commands.excerpts import ExcerptsReport


@click.command(short_help="Cut existing excerpts to the length in digest.toml.")
@click.option(
    "--apply", "applied", is_flag=True, help="Change the files; without it, they are only listed."
)
@click.option(
    "--dry-run", "dry", is_flag=True, help="Say what --apply would change, write nothing."
)
@click.pass_obj
def excerpts(call: Call, applied: bool, dry: bool) -> None:
    """Cut existing excerpts to the length in digest.toml.

    Every excerpt that pull wrote is cut to the 'excerpt' of its feed, or removed if that is 0. A
    longer one needs the feed's whole summary, which .digest/ has for newer entries. What an editor
    has changed is listed and left alone. One that was removed earlier is put back the same way.
    Later corrections follow the setting as well.

    \b
    Examples:
      digest excerpts
      digest excerpts --apply
    """
    from digest.commands import excerpts as command

    root, config = call.open()
    _tell(command.run(root, config, now=call.now, dry=dry or not applied), call)


def _tell(report: ExcerptsReport, call: Call) -> None:
    """Prints what was changed; with --verbose, or in a dry run, every file."""
    for change in report.changed if call.verbose or report.dry else ():
        call.say(f"{change.file}: {change.state}")
    verb = "would be changed" if report.dry else "changed"
    found = ", ".join(f"{number} {state}" for state, number in sorted(report.counts.items()))
    whole = formatting.count(report.excerpts, "excerpt")
    call.say(
        f"{len(report.changed)} of {whole} that pull wrote {verb}" + (f": {found}" if found else "")
    )
    for number, one, several in (
        (
            report.short,
            "could be longer, but its whole summary is",
            "could be longer, but their whole summaries are",
        ),
        (
            report.gone,
            "was taken out earlier, and its whole summary is",
            "were taken out earlier, and their whole summaries are",
        ),
    ):
        if number:
            call.say(f"{number} {one if number == 1 else several} not stored")
    if report.unknown == 1:
        call.say("1 left unchanged, because its feed is not in digest.toml")
    elif report.unknown:
        call.say(f"{report.unknown} left unchanged, because their feeds are not in digest.toml")
    call.complain(*report.left, *formatting.skipped(report.skipped))
    if report.dry and report.changed:
        call.say("Next: digest excerpts --apply")
