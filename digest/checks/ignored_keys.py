"""Keys that have no effect where they stand: below the front matter, or without a value.

Refuses to take prose for a key: "Source: a colleague" may end a note, so only a flag counts in any case and place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.content.story_file import KEYS

_FLAGS = frozenset({"lead", "hide", "draft"})
_LINE = re.compile(r"([A-Za-z]+)[ \t]*:[ \t]*(.*?)[ \t]*")
_SET = re.compile(r"(?:true|yes|on)?", re.IGNORECASE)
_EMPTY = re.compile(r"^(lead|hide|draft)[ \t]*:[ \t]*(?:#.*)?$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.*?)^---[ \t]*$", re.MULTILINE | re.DOTALL)


def below(text: str) -> Iterator[tuple[int, str]]:
    """Yields line and key of each key in a body: a flag alone in its paragraph, any other at the start or the end."""
    lines = text.split("\n")
    blank = [not line.strip() for line in lines]
    first, last = _run(lines), len(lines) - _run(lines[::-1])
    if "---" in (line.rstrip() for line in lines[first : first + 2]):
        return  # front matter that begins too late has a hint of its own
    for number, line in enumerate(lines):
        key = _key(line)
        is_alone = (not number or blank[number - 1]) and (
            number + 1 == len(lines) or blank[number + 1]
        )
        if key and (number < first or number >= last or (is_alone and key.lower() in _FLAGS)):
            yield number + 1, key


def empty(text: str) -> Iterator[tuple[int, str]]:
    """Yields line and key of each flag in a file's front matter that has no value."""
    matter = _FRONT_MATTER.match(text)
    if matter:
        for found in _EMPTY.finditer(matter[1]):
            yield matter[1].count("\n", 0, found.start()) + 2, found[1]


def _run(lines: list[str]) -> int:
    """Returns after how many lines the keys end that a text begins with; blank lines may stand before and between."""
    end = 0
    for number, line in enumerate(lines, start=1):
        if _key(line):
            end = number
        elif line.strip():
            break
    return end


def _key(line: str) -> str:
    """Returns the key that a line sets, "" if it is prose."""
    found = _LINE.fullmatch(line)
    if not found:
        return ""
    is_flag = found[1].lower() in _FLAGS and _SET.fullmatch(found[2])
    return found[1] if is_flag or (found[1] in KEYS and found[2]) else ""
