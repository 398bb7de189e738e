"""`digest ping`: options and output."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from digest.cli.shared.call import Call
from digest.errors import count_of


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder with the built site; by default site/.",
)
@click.option(
    "--dry-run",
    "dry",
    is_flag=True,
    help="Show which feeds have changed, without notifying the hub.",
)
@click.pass_obj
def ping(call: Call, output: Path | None, dry: bool) -> None:
    """Notify the WebSub hub of the feeds that have changed.

    Feed readers that know WebSub then show new stories at once. Set the address of a hub as hub in
    digest.toml, and run this when the built site is on the web. Only feeds whose bytes have changed
    since the last notification are announced; the first time, all of them. What the hub was
    notified of is stored in .digest/.

    \b
    Examples:
      digest ping --dry-run
      digest ping
      digest ping --output .digest/publish    (after digest publish)
    """
    from digest.commands import ping as command

    root, config = call.load()
    report = command.run(root, config, output=output or root / "site", dry=dry)
    call.warn(*report.failures)
    feeds = count_of(len(report.notified), "feed")
    if report.notified:
        call.say(
            f"{'Would notify' if dry else 'Notified'} {report.hub} of {feeds}:", *report.notified
        )
    elif not report.failures:
        call.say("No feed has changed since the last notification")
    if report.failures:
        sys.exit(1)
