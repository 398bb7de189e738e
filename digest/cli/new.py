"""`digest new`: options and output."""

from __future__ import annotations

from dataclasses import asdict

import click

from digest.cli.shared import formatting
from digest.cli.shared.call import Call
from digest.errors import UnknownRefError


@click.command(short_help="List the stories to look at, new or changed.")
@click.option(
    "--since", metavar="REF", help="Those that are new since this git commit or branch, instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, with their headlines.")
@click.pass_obj
def new(call: Call, since: str | None, as_json: bool) -> None:
    """List the stories to look at: those that no one has touched yet, and those whose publisher has
    changed them since you wrote. Prints the paths of their files, one a line.

    A story counts as touched once you have changed its note, headline, source, corrections, themes,
    lead, hide, draft or also. Untouched stories are listed from weeks after the newest published
    letter, changed ones from any week. What you have reviewed at the desk ("Leave as it is") is
    left out until its publisher changes it. With --since, it lists untouched stories alone, of any
    week, reviewed or not. With --verbose, headlines are shown, too.

    \b
    Examples:
      digest new --since HEAD~1
      vim $(digest new)
      digest --verbose new
    """
    from digest.commands import new as command

    if since == "":
        raise click.BadParameter("write a commit or a branch after it", param_hint="--since")
    root, config = call.load()
    try:
        report = command.run(root, config, since or "")
    except UnknownRefError as error:
        raise click.BadParameter(str(error), param_hint="--since") from None
    if as_json:
        click.echo(formatting.as_json([asdict(story) for story in report.stories]))
    else:
        for story in report.stories:
            call.say(f"{story.file}: {story.state}, {story.title}" if call.verbose else story.file)
    call.warn(*formatting.unreadable(report.unread))
