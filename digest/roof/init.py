"""`digest init`: the words around a new digest."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.roof.call import Call

if TYPE_CHECKING:
    from digest.commands.init import InitReport


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def init(call: Call, folder: Path) -> None:
    """Make a new digest in DIR, or here.

    It has a sample feed in a file, so that pull and build work at once, without a network. Files that are there
    already are left as they are.
    """
    from digest.commands import init as command

    _tell(command.run(folder), folder, call)


def _tell(report: InitReport, folder: Path, call: Call) -> None:
    """Prints what was there already, with --verbose each file that was written, and the next step."""
    call.say(*(f"{file}: was there, left as it is" for file in report.kept))
    call.say(*(f"{file}: written" for file in report.written if call.verbose))
    here = folder.resolve() == Path.cwd()
    step = "" if here else f"cd {shlex.quote(str(folder))} && "
    call.say(f"A new digest is {'here' if here else f'in {folder}'}. Next: {step}digest pull && digest build")
