"""Colours on a terminal: for the places of problems, what is new and what failed.

A pipe or a file gets plain text. NO_COLOR turns colours off (no-color.org), FORCE_COLOR turns them
on in a pipe. No meaning depends on colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

_PLACE = re.compile(r"[\w./-]+\.(?:(?i:md|markdown)|toml|jsonl|html|xml)(?::\d+)?(?=: )")


def wants_colour(environment: Mapping[str, str]) -> bool | None:
    """Returns what the environment says about colours, None if it says nothing."""
    if environment.get("NO_COLOR"):
        return False
    return True if environment.get("FORCE_COLOR", "0") not in {"", "0", "false"} else None


def in_colour(line: str) -> str:
    """Returns a problem's line with its location in bold, and in red unless it is a hint."""
    location = _PLACE.match(line)
    if location is None:
        return line
    hints = line.startswith(": hint: ", location.end())
    return (
        click.style(location[0], bold=True, fg="yellow" if hints else "red")
        + line[location.end() :]
    )


def failed(words: str) -> str:
    """Returns text coloured as a failure."""
    return click.style(words, fg="red")


def fresh(words: str) -> str:
    """Returns text coloured as new."""
    return click.style(words, fg="green")
