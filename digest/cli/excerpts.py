"""`digest excerpts`: options and output of the command that cuts existing excerpts."""

from __future__ import annotations

import click

from digest.cli.shared import formatting
from digest.cli.shared.call import Call
from digest.errors import count_of


@click.command(short_help="Cut existing excerpts to the length in digest.toml.")
@click.option("--apply", is_flag=True, help="Change the files; without it, they are only listed.")
@click.option(
    "--dry-run", "dry", is_flag=True, help="Say what --apply would change, write nothing."
)
@click.pass_obj
def excerpts(call: Call, apply: bool, dry: bool) -> None:
    """Cut existing excerpts to the length in digest.toml.

    Every excerpt that pull wrote is cut to the 'excerpt' of its feed, or removed if that is 0. A
    longer one needs the feed's whole summary, which .digest/ has for newer entries. What an editor
    has changed is listed and left alone. An excerpt that was removed earlier is restored the same
    way. Later corrections follow the setting as well.

    \b
    Examples:
      digest excerpts
      digest excerpts --apply
    """
    from digest.commands import excerpts as command

    root, config = call.load()
    report = command.run(root, config, now=call.now, dry=dry or not apply)
    if call.verbose or report.dry:
        call.say(*(f"{change.file}: {change.state}" for change in report.changed))
    verb = "would be changed" if report.dry else "changed"
    found = ", ".join(f"{number} {state}" for state, number in sorted(report.counts.items()))
    whole = count_of(report.excerpts, "excerpt")
    end = f": {found}" if found else ""
    call.say(f"{len(report.changed)} of {whole} that pull wrote {verb}{end}")
    if report.short:
        summary = _summary_of(report.short)
        call.say(f"{report.short} could be longer, but {summary} not stored")
    if report.gone:
        were = "was" if report.gone == 1 else "were"
        summary = _summary_of(report.gone)
        call.say(f"{report.gone} {were} removed earlier, and {summary} not stored")
    if report.unknown:
        feeds = "its feed is" if report.unknown == 1 else "their feeds are"
        call.say(f"{report.unknown} left unchanged, because {feeds} not in digest.toml")
    call.warn(*report.left, *formatting.skipped(report.skipped))
    if report.dry and report.changed:
        call.say("Next: digest excerpts --apply")


def _summary_of(number: int) -> str:
    """Returns "its whole summary is" for one story, and the plural for more."""
    return "its whole summary is" if number == 1 else "their whole summaries are"
