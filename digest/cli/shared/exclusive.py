"""Options that cannot be given together."""

from __future__ import annotations

from collections.abc import Mapping

import click


def check_exclusive(options: Mapping[str, object], context: click.Context | None = None) -> str:
    """Returns the option that was given, "" if none was; raises UsageError, which names those that
    were given, if that is more than one.

    `options` has each option's value; None, False and an empty tuple count as not given.
    """
    given = [name for name, value in options.items() if value not in (None, False, ())]
    if len(given) > 1:
        *names, last = given
        what = f"{', '.join(names)} and {last} exclude each other; use one at a time."
        raise click.UsageError(what, ctx=context)
    return given[0] if given else ""
