"""Front matter: the lines between two of `---`, read as words with their line numbers, and the body below them.

Most are plain and read as they stand; the rest is YAML, and read so. Which of the two answers makes no difference:
every scalar is the text that was typed (a headline `No` stays `No`), and whoever asks gives it its type.
Refuses to say what keys there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from digest.content import plain_front_matter, typing_errors
from digest.content.plain_front_matter import Value
from digest.errors import Faults, Problem

FENCE = "---"
_MOST_LINES = 1_000
_BELOW = f"\n{FENCE}"


class Matter(NamedTuple):
    """A file taken apart: its keys in their order, and the body, which begins at line `line`."""

    values: Mapping[str, Value]
    body: str
    line: int


def parse(text: str, file: str, *, required: bool, keys: Collection[str] = ()) -> Matter:
    """Returns the front matter and the body of a file; without front matter all is body, unless it is required.

    A body that begins with one of `keys` is none: its `---` was forgotten, and a draft would be published. Raises
    Faults with the line and the cure; a file that git has left half merged is none that can be read.
    """
    if marks := typing_errors.conflicts(text, file):
        raise Faults(marks)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first = text.partition("\n")[0]
    if first.rstrip() != FENCE:
        if required or typing_errors.is_fence(first):
            raise Faults([typing_errors.no_fence(first, file)])
        if found := typing_errors.unfenced(text, file, keys):
            raise Faults([found])
        return Matter({}, text, 1)
    end, body = _closed(text, len(first))
    if end < 0:
        raise Faults([typing_errors.not_closed(text.split("\n"), file)])
    lines = text[len(first) + 1 : end].split("\n") if end > len(first) else []
    if len(lines) > _MOST_LINES:
        what = f"the front matter has {len(lines):,} lines, and at most {_MOST_LINES:,} are read"
        raise Faults(
            [Problem(file, _MOST_LINES + 2, what, "close it with a line --- below its keys")]
        )
    return Matter(_read(lines, file), text[body:], len(lines) + 3)


def _closed(text: str, opened: int) -> tuple[int, int]:
    """Returns where the front matter ends whose first fence ends at `opened`, and where the body begins; -1 for never.

    The text is searched, and not taken apart: most of its lines are the body's.
    """
    end = text.find(_BELOW, opened)
    while end >= 0:
        below = text.find("\n", end + 1) + 1 or len(text) + 1
        if text[end + 1 : below - 1].rstrip() == FENCE:
            return end, below
        end = text.find(_BELOW, end + 1)
    return -1, -1


def _read(lines: Sequence[str], file: str) -> Mapping[str, Value]:
    plain = plain_front_matter.read(lines)
    if plain is not None:
        return plain
    from digest.content import (
        yaml_front_matter,
    )  # only here: most builds have nothing for it, and it is slow to load

    return yaml_front_matter.read(lines, file)
