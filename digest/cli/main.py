"""The command line: finds the command, reads the clock, and sets the exit code.

Exit codes: 0 success; 1 a problem in the content, the config or a feed, one line each; 2 wrong
usage; 130 Ctrl-C. Each command has its own module, which is imported when the command is called, so
that starting is quick.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from digest import __version__
from digest.cli.shared.call import Call
from digest.cli.shared.colours import in_colour, wants_colour
from digest.cli.shared.exclusive import check_exclusive
from digest.cli.shared.groups import Commands
from digest.cli.shared.safe_print import echo
from digest.errors import DigestError

_COMMANDS = ("init", "feeds", "pull", "build", "serve", "check", "status", "new", "set", "note", "sheet", "themes",
             "excerpts", "letter", "add", "publish", "ping", "mail", "export", "upgrade")  # fmt: skip
"""The commands in the order in which a newcomer needs them; each is the name of its module in this
package."""


class _Raised(BaseException):
    """Carries past click, as its cause, what click would print as "Aborted!", whatever it was."""


@contextmanager
def _carried_past_click() -> Iterator[None]:
    try:
        yield
    except (EOFError, KeyboardInterrupt) as error:
        raise _Raised from error


class _LazyCommands(Commands):
    """Imports a command's module when it is called or its help is shown."""

    def make_context(self, *given: Any, **named: Any) -> click.Context:
        with _carried_past_click():
            return super().make_context(*given, **named)

    def invoke(self, ctx: click.Context) -> Any:
        with _carried_past_click():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as it is called
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"digest.cli.{cmd_name}"), cmd_name)
        return found


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from digest import installed

        click.echo(f"digest, version {__version__}, from {installed.origin()}")
        context.exit()


@click.group(cls=_LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version,
    help="Show the version, and where it was installed from.",
)  # fmt: skip
@click.option(
    "--root", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="The digest's folder; by default, the one that contains the current folder.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print only what is wrong.")
@click.option("--verbose", is_flag=True, help="Say more: every file, all weeks, exact times.")
@click.pass_context
def cli(context: click.Context, root: Path | None, quiet: bool, verbose: bool) -> None:
    """Pull feeds into Markdown, curate it by hand, publish it as an archive.

    \b
    A first digest, without a network:
      digest init my-digest
      cd my-digest
      digest pull
      digest serve

    'digest COMMAND --help' explains a command, with examples.
    """
    check_exclusive({"--quiet": quiet, "--verbose": verbose})
    context.color = wants_colour(os.environ)

    def clock() -> datetime:
        return datetime.now(UTC)

    context.obj = Call(folder=root, quiet=quiet, verbose=verbose, now=clock(), clock=clock)


def main() -> None:
    """Runs the command line. Anything that a user or a feed can get wrong gives one line, never a
    traceback.

    Raises KeyboardInterrupt after Ctrl-C.
    """
    try:
        cli(prog_name="digest")
    except DigestError as error:
        _fail(str(error).splitlines())
    except OSError as error:
        name = "current folder" if isinstance(error, FileNotFoundError) else "disk"
        _fail([f"{error.filename or name}: {error.strerror or error}"])
    except _Raised as raised:
        assert raised.__cause__
        raise raised.__cause__ from None
    finally:
        gc.freeze()  # no garbage collection at exit


def _fail(lines: Iterable[str]) -> None:
    for line in lines:
        echo(in_colour(line), err=True, color=wants_colour(os.environ))
    sys.exit(1)
