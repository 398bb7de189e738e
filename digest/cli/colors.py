"""Colours on a terminal: places of faults, hints, what is new and what failed.

Only where somebody looks on: a pipe or a file gets plain words. NO_COLOR takes colours away from a terminal
(no-color.org), FORCE_COLOR gives them to a pipe. Refuses to say anything by colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

_PLACE = re.compile(r"[\w./-]+\.(?:(?i:md|markdown)|toml|jsonl|html|xml)(?::\d+)?(?=: )")


def wants_colour(environment: Mapping[str, str]) -> bool | None:
    """Returns what the environment says of colours, None where that is for the terminal to decide."""
    if environment.get("NO_COLOR"):
        return False
    return True if environment.get("FORCE_COLOR", "0") not in {"", "0", "false"} else None


def in_colour(line: str) -> str:
    """Returns a line that says what is wrong with its place in bold, and in red unless it only hints."""
    place = _PLACE.match(line)
    if place is None:
        return line
    hints = line.startswith(": hint: ", place.end())
    return click.style(place[0], bold=True, fg="yellow" if hints else "red") + line[place.end() :]


def failed(words: str) -> str:
    """Returns words for what went wrong."""
    return click.style(words, fg="red")


def fresh(words: str) -> str:
    """Returns words for what is new."""
    return click.style(words, fg="green")
