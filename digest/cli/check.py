"""`digest check`: options, and output for people, GitHub Actions and programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from digest.cli.shared import formatting, github, progress
from digest.cli.shared.call import Call
from digest.cli.shared.colours import in_colour
from digest.cli.shared.safe_print import echo
from digest.errors import UnknownRefError, count_of

if TYPE_CHECKING:
    from digest.commands.check import CheckReport


@click.command()
@click.option(
    "--links",
    is_flag=True,
    help="Check whether the linked pages still exist, and find saved copies of lost ones.",
)
@click.option(
    "--since", metavar="REF", help="Report only what has changed since this git commit or branch."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "github", "json"]), default="text", show_default=True,
    help="For people, for annotations by GitHub Actions, or for programs.",
)  # fmt: skip
@click.pass_obj
def check(call: Call, links: bool, since: str | None, form: str) -> None:
    """Report every problem in config and content.

    With an error, the build would fail. A hint stops nothing; it names something that you may want
    to look at. Exits with 1 if there are errors.

    \b
    Examples:
      digest check
      digest check --links
      digest check --since origin/main --format github
    """
    from digest.commands import check as command

    if since == "":
        raise click.BadParameter("write a commit or a branch after it", param_hint="--since")
    try:
        with progress.bar(call, "Linked pages", least=5) as on_progress:
            report = command.run(
                call.root(), now=call.now, links=links, since=since or "", on_progress=on_progress
            )
    except UnknownRefError as error:
        raise click.BadParameter(str(error), param_hint="--since") from None
    if form == "json":
        problems = []
        for problem in report.problems:
            level = "hint" if problem.is_hint else "error"
            problems.append(
                {
                    "file": problem.file,
                    "line": problem.line,
                    "level": level,
                    "what": problem.what,
                    "cure": problem.cure,
                }
            )
        click.echo(formatting.as_json(problems))
    elif form == "github":
        github.annotate(report.problems, report.folder)
    else:
        _print_report(report, call, since or "")
    if report.errors:
        sys.exit(1)


def _print_report(report: CheckReport, call: Call, since: str) -> None:
    """Prints errors and hints, with --verbose also links that could not be checked, then the
    counts."""
    for problem in report.problems:
        if problem.is_hint:
            call.say(in_colour(problem.as_hint))
        else:
            echo(in_colour(str(problem)))
    if call.verbose:
        call.say(*(in_colour(problem.as_hint) for problem in report.links.unchecked))
    elif report.links.private:
        count = count_of(report.links.private, "link")
        lead, were = ("leads", "was") if report.links.private == 1 else ("lead", "were")
        call.say(
            f"{count} {lead} into a private network and {were} not requested: digest --verbose check --links"
        )
    if report.links.is_offline:
        call.say("No linked page could be reached: is this machine on the network?")
    if report.links.no_copies:
        call.say(f"Saved copies of lost pages could not be asked for: {report.links.no_copies}")
    errors = count_of(report.errors, "error")
    hints = count_of(report.hints, "hint")
    checked = count_of(report.files, "file") + (f" changed since {since}" if since else "")
    rest = "" if report.is_whole else "; the rest is checked once that is correct"
    call.say(f"{errors}, {hints} in {checked}{rest}")
