"""Prints lines that may have words of feeds in them, so that no word acts on the terminal or on GitHub's runner.

Characters that a terminal obeys are shown as escapes: control characters, and those that turn the direction of text.
On GitHub Actions, what the runner would take for one of its commands is broken up.
"""

from __future__ import annotations

import os
import re

import click

_OURS = r"\x1b\[(?:0|1|31|32|33)m"
"""The colours of `colour`, as click writes them."""
_UNSAFE = re.compile(rf"({_OURS})|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_COMMAND = re.compile(r"(?m)^(\s*(?:\x1b\[[\d;]*m)*):(?=:)|##(?=\[)")


def echo(line: str, *, err: bool = False, color: bool | None = None) -> None:
    """Prints a line to the first stream, or to the second with `err`."""
    click.echo(for_runner(printable(line)), err=err, color=color)


def printable(text: str) -> str:
    """Returns a text with what a terminal obeys as escapes, except line breaks, tabs and our own colours."""
    return _UNSAFE.sub(
        lambda found: found[1] or found[0].encode("unicode_escape").decode("ascii"), text
    )


def for_runner(text: str) -> str:
    """Returns a text in which GitHub's runner finds no command: `::` at a line's start, `##[` anywhere."""
    if not os.environ.get("GITHUB_ACTIONS"):
        return text
    return _COMMAND.sub(lambda found: f"{found[0]} ", text)


def json_text(text: str) -> str:
    """Returns JSON with the same values, in which nothing acts on a terminal."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
