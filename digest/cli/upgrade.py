"""`digest upgrade`: the words around what a newer version changes in the files that `init` wrote."""

from __future__ import annotations

import click

from digest.cli.shared.call import Call


@click.command(short_help="Bring the files that init wrote up to date.")
@click.option("--apply", is_flag=True, help="Write what is shown.")
@click.pass_obj
def upgrade(call: Call, apply: bool) -> None:
    """Bring the files that init wrote up to date.

    Shows, as a diff, what this version of Digest would change in the workflow, in what it installs,
    in .gitignore, .gitattributes, .vscode and digest.schema.json; with --apply, writes it. What you
    changed in these files is merged, or the file is left alone and named.

    \b
    Examples:
      digest upgrade
      digest upgrade --apply
    """
    from digest.commands import upgrade as command

    report = command.run(call.root(), now=call.now, apply=apply)
    for change in report.changes:
        call.say(*([f"{change.file}: {change.how}"] if report.applied else change.diff()))
    for file, why in report.left:
        call.warn(
            f"{file}: left as it is, because {why}; compare it with the file that 'digest init' writes in an empty folder"
        )
    if not report.changes:
        call.say("Nothing to change" if report.left else "Everything is up to date")
    elif not report.applied:
        call.say("Nothing is written yet. Next: digest upgrade --apply")
    else:
        call.say("Next: look at the changes, and commit them")
