"""`digest set`: options, and the output of every command that edits stories."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.shared import completion, formatting
from digest.cli.shared.call import Call

if TYPE_CHECKING:
    from digest.commands.set import SetResult


@click.command(short_help="Change stories: hide, lead, themes, headline …")
@click.argument(
    "words",
    metavar="FILE... KEY[=VALUE]...",
    nargs=-1,
    required=True,
    shell_complete=completion.set_words,
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@click.pass_obj
def set(call: Call, words: tuple[str, ...], as_json: bool) -> None:
    """Change stories, as if you had typed it into their files.

    \b
    lead, hide, draft      turn it on; hide=false turns it off
    themes=a,b             its themes, the main one first; themes= for none
                           for good
    also=FILE,FILE         stories of one event, shown below it; also= for none
    headline=…, source=…   your own words; headline= removes them
    note=…                 your note ('digest note' opens an editor)
    correction=…           adds a correction, dated today
    ahead=…                adds a date ahead, such as 'ahead=2027-01: a ruling';
                           ahead= removes them
    saved=URL              a saved copy of the article; saved= for none
    week=2026-W21          moves the story to another week
    take=title,excerpt     uses the publisher's version of a field

    Comments, order, quotes and every other line of a file stay. If a story is made the lead, or
    moves to another week as a lead, the others of its week no longer lead it. Exits with 1 if a
    file could not be changed.

    \b
    Examples:
      digest set content/2026/w20/2026-05-15-chips.md lead themes=memory,taiwan
      digest set content/2026/w20/2026-05-1[67]-*.md hide
    """
    from digest.commands import set as command

    root, config = call.load()
    files, rest = list[str](), list[str]()
    for word in words:
        is_file = "=" not in word and any(char in word for char in "/.*?[")
        (files if is_file else rest).append(word)
    if not files:
        what = "name at least one story's file, such as content/2026/w20/2026-05-15-chips.md"
        others = [word for word in rest if "=" not in word and word not in command.KEYS]
        what += f"; '{others[0]}' is none" if others else ""
        raise click.BadParameter(what, param_hint="FILE")
    named = [call.resolve_file(root, Path(word)) for word in files]
    for word, file in zip(files, named, strict=True):
        if "*" in word and not rest and not (root / file).exists():
            raise click.BadParameter(f"no file matches '{word}'", param_hint="FILE")
    try:
        results = command.run(root, config, named, rest, now=call.now)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="KEY") from None
    if as_json:
        click.echo(formatting.as_json([asdict(result) for result in results]))
    finish(call, results, quiet=as_json)


def finish(call: Call, results: Sequence[SetResult], *, quiet: bool = False) -> None:
    """Prints what was done and what was refused; exits with 1 if anything was refused."""
    for result in results:
        if result.refused:
            call.warn(*result.refused.splitlines())
        elif not quiet and result.lost_lead:
            call.say(f"{result.file}: changed; it no longer leads its week")
        elif not quiet and result.file != result.was:
            call.say(f"{result.was}: moved to {result.file}")
        elif not quiet:
            call.say(f"{result.file}: {'changed' if result.changed else 'unchanged'}")
        call.warn(*result.hints)
    if any(result.refused for result in results):
        sys.exit(1)
