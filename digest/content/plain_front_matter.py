"""Reads plain front matter without YAML: one key a line, with plain text, quoted text, or a list.

This is what pull writes and what editors mostly type, and it is read exactly as YAML would read
it. Anything that YAML might read differently, or reject, is left to `yaml_front_matter`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
"""Characters that mean something to YAML where an unquoted text begins (YAML 1.1 §5.3, §9.1.3)."""
_NULL = frozenset({"~", "null"})
ONE_TEXT = frozenset({"title", "headline", "source"})
"""Keys whose value is text to the end of its line: `[Update]` is a word there, and not a list."""
_LIST = re.compile(r"\[(?:[^,\[\]{}:#?]+(?:,[^,\[\]{}:#?]+)*)?\]")

_QUOTED = r"""'(?:[^']|'')+'|"[^"\\]+\""""
_QUOTED_LIST = re.compile(rf"\[(?:{_QUOTED})(?:, ?(?:{_QUOTED}))*\]")
_QUOTED_TEXT = re.compile(_QUOTED)


class Value(NamedTuple):
    """The value of one key: a text or a list of texts, and the line of the key, counted from 1."""

    line: int
    words: str | tuple[str, ...]

    @property
    def listed(self) -> tuple[str, ...]:
        """The value as a list: a text is a list of one, an empty text an empty list."""
        if isinstance(self.words, tuple):
            return self.words
        return (self.words,) if self.words else ()


def read(lines: Sequence[str]) -> dict[str, Value] | None:
    """Returns the values of a front matter, without its fences; None if only YAML can read it.

    Text with unprintable characters is left to YAML, which forbids some and breaks lines at others.
    """
    if not "".join(lines).isprintable():
        return None
    values: dict[str, Value] = {}
    for number, line in enumerate(lines, start=2):
        if not line or line[0] == "#":
            continue
        key, colon, rest = line.partition(":")
        if not (colon and key.isidentifier() and key.isascii()) or key in values:
            return None
        words = _value(rest)
        if words is None or (key in ONE_TEXT and isinstance(words, tuple)):
            return None
        values[key] = Value(number, words)
    return values


def _value(rest: str) -> str | tuple[str, ...] | None:
    """Returns the value after a key's colon; None if it is not plain or goes on below."""
    words = rest.strip(" ")
    if not words:
        return ""
    if rest[0] != " ":
        return None
    if words[0] not in _INDICATORS:
        is_plain = not (": " in words or " #" in words or words[-1] == ":" or words in _NULL)
        return words if is_plain else None
    if words[0] == "[":
        return _listed(words)
    return _unquoted(words) if words[0] in "'\"" else None


@lru_cache(maxsize=4096)  # most stories have the same few feeds, themes and authors
def _listed(words: str) -> tuple[str, ...] | None:
    """Returns the texts of a list; None unless all of them are quoted, or none."""
    if _QUOTED_LIST.fullmatch(words):
        texts = [_unquoted(text) for text in _QUOTED_TEXT.findall(words)]
        return tuple([text for text in texts if text is not None])
    if not _LIST.fullmatch(words):
        return None
    if words == "[]":
        return ()
    parts = tuple(part.strip(" ") for part in words[1:-1].split(","))
    for part in parts:
        if not part or part[0] in _INDICATORS or part in _NULL:
            return None
    return parts


def _unquoted(words: str) -> str | None:
    """Returns a text without its quotes; None if they do not enclose it, or it has an escape."""
    quote, inner = words[0], words[1:-1]
    if len(words) == 1 or words[-1] != quote:
        return None
    if quote == "'":
        return None if quote in inner.replace("''", "") else inner.replace("''", quote)
    return None if quote in inner or "\\" in inner else inner
