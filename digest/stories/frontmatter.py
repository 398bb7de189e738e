"""Front matter: the lines between two of `---`, read as words with their line numbers, and the body below them.

Most are plain and read as they stand; the rest is YAML, and read so. Which of the two answers makes no difference:
every scalar is the text that was typed (a headline `No` stays `No`), and whoever asks gives it its type.
Refuses to say what keys there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.errors import Faults
from digest.stories import mistyped, plainmatter
from digest.stories.plainmatter import Value

FENCE = "---"


@dataclass(frozen=True, slots=True)
class Matter:
    """A file taken apart: its keys in their order, and the body, which begins at line `line`."""

    values: Mapping[str, Value]
    body: str
    line: int


def parse(text: str, file: str, *, required: bool) -> Matter:
    """Returns the front matter and the body of a file; without front matter all is body, unless it is required.

    Raises Faults with the line and the cure; a file that git has left half merged is none that can be read.
    """
    if marks := mistyped.conflicts(text, file):
        raise Faults(marks)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        if required or mistyped.is_fence(lines[0]):
            raise Faults([mistyped.no_fence(lines[0], file)])
        return Matter({}, "\n".join(lines), 1)
    fences = (number for number, line in enumerate(lines) if line[:3] == FENCE and line.rstrip() == FENCE)
    end = next(fences) or next(fences, 0)
    if not end:
        raise Faults([mistyped.not_closed(lines, file)])
    return Matter(_read(lines[1:end], file), "\n".join(lines[end + 1 :]), end + 2)


def _read(lines: Sequence[str], file: str) -> Mapping[str, Value]:
    plain = plainmatter.read(lines)
    if plain is not None:
        return plain
    from digest.stories import yamlmatter  # only here: most builds have nothing for it, and it is slow to load

    return yamlmatter.read(lines, file)
