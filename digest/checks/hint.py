"""What a rule yields: a hint about a line, or about a key whose line is not known yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from digest.errors import Kind, Problem

Read = Callable[[str], str]
"""Returns the text of a file."""
LineOf = Callable[[str, str], int]
"""Returns the line of a key in a file's front matter, 0 if it is not there."""


class Hint(NamedTuple):
    """Something that an editor may want to look at: in a line, or at a key of the front matter.

    Without both it is about the whole file.
    """

    file: str
    what: str
    cure: str = ""
    line: int = 0
    key: str = ""


def line_finder(read: Read) -> LineOf:
    """Returns a function that finds the line of a key. It reads each file once."""
    text_of = cache(read)

    def line_of(file: str, key: str) -> int:
        found = re.search(rf"^{key}[ \t]*:", text_of(file), re.MULTILINE)
        return text_of(file).count("\n", 0, found.start()) + 1 if found else 0

    return line_of


def problems(hints: Iterable[Hint], read: Read) -> tuple[Problem, ...]:
    """Returns the hints with their lines. Only files with a hint about a key are read."""
    line_of = line_finder(read)
    found = []
    for hint in hints:
        line = line_of(hint.file, hint.key) if hint.key else hint.line
        found.append(Problem(hint.file, line, hint.what, hint.cure, kind=Kind.HINT))
    return tuple(found)
