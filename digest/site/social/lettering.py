"""Which texts the font of the cards has, how wide they are, and how they break into lines.

The font has Latin and Cyrillic letters. Widths are in thousandths of an em, so a text in letters
of `size` pixels is text_width * size / 1000 pixels wide. The font has no kerning.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "font"
FILES = (_FOLDER / "Regular.ttf", _FOLDER / "Bold.ttf")
_MAX_LINES = 4  # more would be small print, and a large file
_MAX_LENGTH = 300  # characters; no line or title is longer
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")  # all but those that keep words together
_LEFT_OUT = frozenset({"Cc", "Cf", "Cs"})  # controls, marks of direction
_SELECTORS = re.compile("[\ufe00-\ufe0f\u20e3]")  # parts of emoji that are no symbols themselves


class Fitted(NamedTuple):
    """A text in lines, and the size of its letters in pixels."""

    size: int
    lines: tuple[str, ...]


def drawable_text(text: str) -> str:
    """Returns a text as cards show it; empty if the font lacks one of its letters.

    Emoji and other symbols that the font lacks are left out: the words are whole without them.
    """
    advances = _advances()["Bold"]
    letters = []
    for char in _SPACES.sub(" ", unicodedata.normalize("NFC", text[:_MAX_LENGTH])):
        category = unicodedata.category(char)
        if category in _LEFT_OUT:
            continue
        if char in advances:
            letters.append(char)
        elif category[0] != "S" and not _SELECTORS.match(char):
            return ""
    return _SPACES.sub(" ", "".join(letters)).strip()


def text_width(text: str, *, bold: bool) -> int:
    """Returns the width of a drawable text."""
    advances = _advances()["Bold" if bold else "Regular"]
    return sum(advances[char] for char in text)


def truncated(text: str, room: float, *, bold: bool) -> str:
    """Returns a text, cut at its end with an ellipsis if it is wider than `room`."""
    if text_width(text, bold=bold) <= room:
        return text
    while text and text_width(f"{text}…", bold=bold) > room:
        text = text[:-1].rstrip(" ,;:.–-")
    return f"{text}…"


def fit(text: str, width: int, height: int, sizes: Iterable[int], *, bold: bool) -> Fitted:
    """Returns a text in the largest of the `sizes` in which it fits a box of pixels; they fall.

    In the smallest size, what does not fit is cut.
    """
    fitted = Fitted(0, ())
    for size in sizes:
        room = width * 1000 / size
        max_lines = min(_MAX_LINES, int(height / line_height(size)))
        lines = _broken(text, room, bold=bold)
        if len(lines) <= max_lines:
            return Fitted(size, _balanced(text, room, lines, bold=bold))
        rest = " ".join(lines[max_lines - 1 :])
        fitted = Fitted(size, (*lines[: max_lines - 1], truncated(rest, room, bold=bold)))
    return fitted


def line_height(size: int) -> float:
    """Returns the distance between two lines of a size, in pixels."""
    return size * 1.14


def _broken(text: str, room: float, *, bold: bool) -> tuple[str, ...]:
    """Returns a text in lines; a word that is wider than a line is broken anywhere."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, bold=bold) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        while text_width(word, bold=bold) > room:
            end = 1
            while text_width(word[: end + 1], bold=bold) <= room:
                end += 1
            lines.append(word[:end])
            word = word[end:]
        line = word
    return (*lines, line) if line else tuple(lines)


def _balanced(text: str, room: float, lines: tuple[str, ...], *, bold: bool) -> tuple[str, ...]:
    """Returns as many lines, of lengths as equal as possible."""
    narrow, wide = room / 2, room
    while wide - narrow > 100:
        middle = (narrow + wide) / 2
        tried = _broken(text, middle, bold=bold)
        if len(tried) <= len(lines):
            lines, wide = tried, middle
        else:
            narrow = middle
    return lines


@cache
def _advances() -> dict[str, dict[str, int]]:
    """Returns the width of each character of the font, by style."""
    advances: dict[str, dict[str, int]] = json.loads((_FOLDER / "advances.json").read_bytes())
    return advances
