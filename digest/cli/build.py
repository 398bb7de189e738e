"""`digest build`: options and output."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from digest import redact, urls
from digest.cli.shared import formatting, progress
from digest.cli.shared.call import Call
from digest.errors import count_of

_MAX_NAMED = 10  # damaged lines, hints


def _site_url(_: click.Context, __: click.Parameter, address: str | None) -> str | None:
    """Returns a URL that was given for the site; raises a usage error if it is not valid."""
    url = None if address is None else urls.site_url(address)
    if address is not None and url is None:
        raise click.BadParameter(
            f"'{redact.mask(address)}' is not an http(s) address that a site can have"
        )
    return url


@click.command()
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Where to write the site; the digest's own site/ without it.",
)  # fmt: skip
@click.option(
    "--base-url", metavar="URL", callback=_site_url,
    help="The address that the site will have, instead of digest.toml's.",
)  # fmt: skip
@click.option(
    "--force", is_flag=True, help="Write over files in that folder that Digest did not make."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def build(
    call: Call, output: Path | None, base_url: str | None, force: bool, as_json: bool
) -> None:
    """Build the site from the stories.

    Writes pages, Atom feeds and everything else that is published to site/, but only files that
    have changed. If there are errors, they are listed and the old site stays as it is. A file in
    that folder that Digest did not make is never removed, and never overwritten without --force.
    The file content/ledger/_places.jsonl records where your own and moved stories are, so that
    their addresses redirect when you move them later: keep it in git.

    \b
    Examples:
      digest build
      digest build --output public --base-url https://news.example/digest/
    """
    from digest.commands import build as command

    root, config = call.load()
    target = Path.cwd() / output if output else root / "site"
    with progress.bar(call, "Pages", least=200) as on_progress:
        report = command.run(
            root,
            config,
            output=target,
            base_url=base_url,
            on_progress=on_progress,
            now=call.now,
            force=force,
        )
    call.warn(*report.damaged[:_MAX_NAMED])
    if report.damaged:
        rest = len(report.damaged) - _MAX_NAMED
        more = f"{rest} more, and " if rest > 0 else ""
        call.warn(f"{more}published addresses and Atom ids may change without these lines")
    for warning in (report.search_failure, report.unrecorded, report.secrets, report.unknown):
        if warning:
            call.warn(warning)
    call.warn(*report.not_removed, *report.hints[:_MAX_NAMED])
    if len(report.hints) > _MAX_NAMED:
        call.warn(f"{len(report.hints) - _MAX_NAMED} more hints: run 'digest check'")
    if as_json:
        click.echo(formatting.as_json(report._asdict()))
    else:
        stories = formatting.stories(report.stories)
        weeks = count_of(report.weeks, "week")
        files = f"{report.pages} files, {report.written} written, {report.removed} removed"
        call.say(f"{stories} in {weeks}: {files}", f"The site is in {report.output}")
    if report.not_removed:
        sys.exit(1)
