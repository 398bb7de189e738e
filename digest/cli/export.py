"""`digest export`: the archive's records, written as lines of JSON."""

from __future__ import annotations

import json

import click

from digest.cli.shared.call import Call
from digest.cli.shared.safe_print import json_text


@click.command()
@click.option(
    "--json", is_flag=True, expose_value=False, help="As JSON Lines, which is the default."
)
@click.pass_obj
def export(call: Call) -> None:
    """Write all stories and texts to standard output, as JSON Lines.

    One record per line, in UTF-8: the digest, then every story with its keys, excerpt and note,
    letters, introductions of themes, pages; other files by name. Drafts and hidden stories are
    included and marked. If any file has errors, nothing is written.

    \b
    Examples:
      digest export --json > archive.jsonl
      digest export --json | jq -r 'select(.kind == "story") | .title'
    """
    from digest.commands import export as command

    root, config = call.load()
    for record in command.run(root, config):
        line = json_text(json.dumps(record, ensure_ascii=False))
        click.echo(line.encode(errors="replace"))  # JSON is UTF-8 in every locale
