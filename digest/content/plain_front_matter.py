"""The front matter that most files have, read without YAML: plain words, quoted words, and lists of plain words.

It is what pull writes and what editors mostly type: one key a line, its whole value behind it, read as YAML reads it.
Refuses the rest without a guess. Whatever YAML could take for something else, or for a fault, is left to `yamlmatter`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
"""The signs that are something to YAML where a text without quotes begins with them (YAML 1.1 §5.3, §9.1.3)."""
_NOTHING = frozenset({"~", "null"})
ONE_TEXT = frozenset({"title", "headline", "source"})
"""Keys whose value is one running text, read to the end of its line: `[Update]` is words there, and no list."""
_LIST = re.compile(r"\[(?:[^,\[\]{}:#?]+(?:,[^,\[\]{}:#?]+)*)?\]")


class Value(NamedTuple):
    """What one key says: a text, or a list of texts; `line` is where the key stands in its file, from 1."""

    line: int
    words: str | tuple[str, ...]

    @property
    def listed(self) -> tuple[str, ...]:
        """The value as a list: one text is a list of one, nothing is a list of none."""
        if isinstance(self.words, tuple):
            return self.words
        return (self.words,) if self.words else ()


def read(lines: Sequence[str]) -> dict[str, Value] | None:
    """Returns the values of a front matter, given its lines without the fences; None where YAML has to be asked.

    Signs that are not printable are not ours: to YAML some break lines, and some are forbidden.
    """
    if not "".join(lines).isprintable():
        return None
    values: dict[str, Value] = {}
    for number, line in enumerate(lines, start=2):
        if not line or line[0] == "#":
            continue
        key, colon, rest = line.partition(":")
        words = (
            value(rest)
            if colon and key.isidentifier() and key.isascii() and key not in values
            else None
        )
        if words is None or (key in ONE_TEXT and isinstance(words, tuple)):
            return None
        values[key] = Value(number, words)
    return values


def value(rest: str) -> str | tuple[str, ...] | None:
    """Returns what stands behind a key's colon, None where that is not all of a value, or no plain one."""
    words = rest.strip(" ")
    if not words:
        return ""
    if rest[0] != " ":
        return None
    if words[0] not in _INDICATORS:
        broken = ": " in words or " #" in words or words[-1] == ":" or words in _NOTHING
        return None if broken else words
    if words[0] == "[":
        return _listed(words)
    return _unquoted(words) if words[0] in "'\"" else None


@lru_cache(maxsize=4096)  # the same authors, feeds and themes come again and again
def _listed(words: str) -> tuple[str, ...] | None:
    """Returns the texts of a list, None where one of them is quoted, missing, or a list itself."""
    if not _LIST.fullmatch(words):
        return None
    parts = tuple(part.strip(" ") for part in words[1:-1].split(",")) if words != "[]" else ()
    return (
        parts
        if all(part and part[0] not in _INDICATORS and part not in _NOTHING for part in parts)
        else None
    )


def _unquoted(words: str) -> str | None:
    """Returns a text without its quotes, None where they do not enclose it, or where a backslash means something."""
    quote, inner = words[0], words[1:-1]
    if len(words) == 1 or words[-1] != quote:
        return None
    if quote == "'":
        return None if quote in inner.replace("''", "") else inner.replace("''", quote)
    return None if quote in inner or "\\" in inner else inner
