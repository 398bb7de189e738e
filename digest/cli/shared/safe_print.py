"""Prints text that may come from feeds, so that it cannot control the terminal or GitHub's runner.

Control characters, those that change the direction of text, and bytes of file names that are not
UTF-8 are shown as escapes. On GitHub Actions, text that the runner would take for a command is
broken up.
"""

from __future__ import annotations

import os
import re

import click

_OURS = r"\x1b\[(?:0|1|31|32|33)m"
"""The codes that click writes for the colours of `colours.py`."""
_UNSAFE = re.compile(
    rf"({_OURS})|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COMMAND = re.compile(r"(?m)^(\s*(?:\x1b\[[\d;]*m)*):(?=:)|##(?=\[)")


def echo(line: str, *, err: bool = False, color: bool | None = None) -> None:
    """Prints a line to stdout, or to stderr with `err`."""
    click.echo(for_runner(printable(line)), err=err, color=color)


def printable(text: str) -> str:
    """Returns text with control characters escaped, except line breaks, tabs and our own
    colours."""
    return _UNSAFE.sub(lambda found: found[1] or _escape(found[0]), text)


def _escape(char: str) -> str:
    """Returns the escape of a character; that of a byte which Python reads as U+DCE9 is `\\xe9`."""
    return char.encode("unicode_escape").decode("ascii").replace(r"\udc", r"\x")


def for_runner(text: str) -> str:
    """Returns text without commands of GitHub's runner (`::` at the start of a line, `##[`
    anywhere)."""
    if not os.environ.get("GITHUB_ACTIONS"):
        return text
    return _COMMAND.sub(lambda found: f"{found[0]} ", text)


def json_text(text: str) -> str:
    """Returns JSON with the same values and control characters escaped."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
