"""Click groups with the behaviour that all our groups share.

A misspelt command is answered with the likely one, a word too many is named, an option with one
value may be given once, and `--quiet` and `--verbose` go before a command or after it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from digest.cli.shared.exclusive import check_exclusive
from digest.errors import suggestion


class Commands(click.Group):
    """Finds the command that is asked for, and gives it the options that every command has."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _check_words(self, ctx, args)
        with _short_options_explained():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _short_options_explained():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not (ctx.resilient_parsing or args[0].startswith("-") or self.get_command(ctx, args[0])):
            names = self.list_commands(ctx)
            begun = [name for name in names if name.startswith(args[0])]
            cure = suggestion(args[0], names)
            if len(begun) == 1:  # nearer than a shorter name
                cure = f"did you mean '{begun[0]}'?"
            raise click.UsageError(f"No such command '{args[0]}'; {cure}", ctx=ctx)
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            command = _with_shared_options(command)
            _check_words(command, click.Context(command, parent=ctx, info_name=name), rest)
        return name, command, rest


@contextmanager
def _short_options_explained() -> Iterator[None]:
    """Adds to the error of an unknown option of one letter (`-q`) which options begin with it."""
    try:
        yield
    except click.NoSuchOption as error:
        if error.ctx and not error.possibilities and not error.option_name.startswith("--"):
            names = [
                name for param in error.ctx.command.get_params(error.ctx) for name in param.opts
            ]
            beginning = f"-{error.option_name}"
            meant = sorted(f"'{name}'" for name in names if name.startswith(beginning))
            if meant:
                what = f"No such option '{error.option_name}'; did you mean {' or '.join(meant)}?"
                raise click.UsageError(what, ctx=error.ctx) from None
        raise


def _with_shared_options(command: click.Command) -> click.Command:
    """Returns the command with `--quiet` and `--verbose`, which say the same before its name."""
    command = copy.copy(command)
    command.params = [
        *command.params,
        click.Option(
            ["--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_set_verbosity,
            help="Print only what is wrong.",
        ),
        click.Option(
            ["--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_set_verbosity,
            help="Say more: every file, all weeks, exact times.",
        ),
    ]
    return command


def _set_verbosity(context: click.Context, option: click.Parameter, given: bool) -> None:
    """Sets how much the command prints, in the call that the group has begun."""
    if given and context.obj:
        context.obj = context.obj._replace(**{str(option.name): True})
        both = {"--quiet": context.obj.quiet, "--verbose": context.obj.verbose}
        check_exclusive(both, context)


def _check_words(command: click.Command, context: click.Context, args: list[str]) -> None:
    """Raises a usage error where an option that takes one value is given twice, since click would
    drop all but the last, and for a word that the command has no use for."""
    if context.resilient_parsing:  # while a shell completes
        return
    lenient = click.Context(command, info_name=context.info_name, resilient_parsing=True)
    _, unused, given = command.make_parser(lenient).parse_args(args=list(args))
    for param in given:
        if not isinstance(param, click.Option) or param.multiple or param.is_flag or param.count:
            continue
        times = given.count(param)
        if times > 1:
            raise click.UsageError(
                f"{param.opts[0]} is given {times} times; give it once.", ctx=context
            )
    asks_for_help = any(isinstance(param, click.Option) and param.is_eager for param in given)
    if unused and not (asks_for_help or isinstance(command, click.Group)):
        what = f"'{context.info_name}' has no use for '{unused[0]}'; leave it out."
        raise click.UsageError(what, ctx=context)
