"""Lines of texts as people, browsers and git write them: they may end in `\\n`, `\\r\\n` or `\\r`."""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


def split(text: str) -> list[str]:
    """Returns the lines of a text, each with its end."""
    return _LINE.findall(text)


def normalized(text: str) -> str:
    """Returns a text with `\\n` as its line breaks, and without blank lines around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""


def number(text: str, position: int) -> int:
    """Returns the number of the line that a position is in, from 1."""
    ends = text.count("\n", 0, position) + text.count("\r", 0, position)
    return ends - text.count("\r\n", 0, position) + 1
