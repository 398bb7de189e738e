"""Finds keys without effect, below the front matter or without a value, and quotation marks in
front matter that are never closed.

A line of prose such as "Source: a colleague" is not a key. So flags are found anywhere and in any
case, other keys only at the start or end of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.content.story_file import KEYS
from digest.model import FLAGS

_LINE = re.compile(r"([A-Za-z]+)[ \t]*:[ \t]*(.*)")
_SET = re.compile(r"(?:true|yes|on)?", re.IGNORECASE)
_EMPTY = re.compile(rf"^({'|'.join(FLAGS)})[ \t]*:[ \t]*(?:#.*)?$", re.MULTILINE)
_UNCLOSED = re.compile(
    r"""^(?:(?:title|headline|source|authors)[ \t]*:|[ \t]*-[ \t]+\d{4}(?:-\d\d){1,2}[ \t]*:)[ \t]+\[?"""
    r"""(?:"[^"\n]*|'(?!\d|(?i:tis|twas|til|em|cause|n)\b)[^'\n]*)$(?!\n[ \t])""",
    re.MULTILINE,
)
"""Text that opens with a quotation mark, to its end; an apostrophe, as in 'tis or '90s, is none."""
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.*?)^---[ \t]*$", re.MULTILINE | re.DOTALL)


def keys_in_body(text: str) -> Iterator[tuple[int, str]]:
    """Yields line and name of each key in a body.

    A flag counts if it is alone in its paragraph, other keys at the start or end of the body.
    """
    lines = text.split("\n")
    blank = [not line.strip() for line in lines]
    first = _leading_key_lines(lines)
    last = len(lines) - _leading_key_lines(lines[::-1])
    if "---" in (line.rstrip() for line in lines[first : first + 2]):
        return  # front matter that begins too late has a hint of its own
    for number, line in enumerate(lines):
        key = _key(line)
        starts = number == 0 or blank[number - 1]
        ends = number + 1 == len(lines) or blank[number + 1]
        is_flag_alone = starts and ends and key.lower() in FLAGS
        if key and (number < first or number >= last or is_flag_alone):
            yield number + 1, key


def empty_flags(text: str) -> Iterator[tuple[int, str]]:
    """Yields line and name of each flag without a value in a file's front matter."""
    matter = _FRONT_MATTER.match(text)
    if matter:
        for found in _EMPTY.finditer(matter[1]):
            yield matter[1].count("\n", 0, found.start()) + 2, found[1]


def unclosed_quotes(text: str) -> Iterator[int]:
    """Yields each line of a file's front matter with a quotation mark that opens a text and is
    never closed: it is part of the text, which was hardly meant."""
    matter = _FRONT_MATTER.match(text)
    if matter:
        for found in _UNCLOSED.finditer(matter[1]):
            yield matter[1].count("\n", 0, found.start()) + 2


def _leading_key_lines(lines: list[str]) -> int:
    """Returns the number of lines up to the last key at the top of a text."""
    end = 0
    for number, line in enumerate(lines, start=1):
        if _key(line):
            end = number
        elif line.strip():
            break
    return end


def _key(line: str) -> str:
    """Returns the key of a line, "" if it is prose."""
    found = _LINE.fullmatch(line.rstrip(" \t"))
    if not found:
        return ""
    is_flag = found[1].lower() in FLAGS and _SET.fullmatch(found[2])
    return found[1] if is_flag or (found[1] in KEYS and found[2]) else ""
