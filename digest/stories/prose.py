"""Markdown as an editor typed it, looked at without rendering it: its code blanked out, its blocks and links found.

    text ──blank code and comments──▶ text of the same length ──▶ blocks, links, each with its line

It goes by what python-markdown does with the fences, tables and lists that are switched on in `pages`, so that a hint
speaks of what readers would see. Refuses to judge: that is for the hints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

FENCE = re.compile(r"( *)(`{3,}|~{3,})([^\n`]*)")
_INFO = re.compile(r' *(?:\{.*\}|(?:\.?[\w#.+-]*) *(?:hl_lines=(["\']).*\1 *)?)')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)\1(?!`)", re.DOTALL)
_HIDDEN = re.compile(r"<!--(?:>|->|.*?--!?>)", re.DOTALL)
_WHOLE_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)[^\[\]\n]*\]:[ ]*\S+[ ]*(?:([\"']).*\1|\(.*\))?[ ]*$", re.MULTILINE)
MARKER = re.compile(r"( *)(?:[-*+]|\d+\.)[ \t]+\S")
_DEFINITION = re.compile(r" {0,3}\[([^\]\n]+)\]:[ \t]*<?([^\s>]+)>?(.*)")
_POINTED = re.compile(r"<(https?://[^<>\s]*)>", re.IGNORECASE)
_RAW = re.compile(r"<(a|img)\b[^<>]*?\b(?:href|src)\s*=\s*[\"']?([^\"'\s<>]*)[^<>]*>", re.IGNORECASE)
_ELEMENT = re.compile(r"</?[A-Za-z][^<>]*>")
_PARTED = re.compile(r"\][ \t]+\($")
_BARE = re.compile(r"(?<![\w/])https?://[^\s<>\"|]+", re.IGNORECASE)
_TRAILING = ".,;:!?'\"’”»*_…"
_USED = re.compile(r"!\[([^\]\n]*)\]\[([^\]\n]*)\]")
_FARTHEST = 2_000  # signs within which the two ends of a link are looked for: a paragraph


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was typed: from sign `start` to before `end`.

    `kind` is "inline" for `[words](address)`, "reference" for `[name]: address`, "pointed" for `<address>`, "raw" for
    HTML, "bare" for an address alone. `rest` is what stands behind the address, a title in most cases. Of an inline one
    whose bracket is never closed, `closed` is false and the address goes as far as the next white space.
    """

    start: int
    end: int
    kind: str
    address: str
    picture: bool = False
    rest: str = ""
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """Lines between blank ones; the first is line `line` of the text, counted from 1."""

    line: int
    lines: tuple[str, ...]


class Prose:
    """One text, seen from several sides; `plain` has spaces for code blocks and comments, `x` for code in a line."""

    def __init__(self, text: str) -> None:
        self.text = text
        fenced = _COMMENT.sub(_spaces, "\n".join(_without_fences(text.split("\n"))))
        self.plain = _CODE.sub(lambda code: re.sub(r"[^\n]", "x", code[0]), _without_indented(fenced))

    def line_of(self, at: int) -> int:
        """Returns the line in which a sign stands, counted from 1."""
        return self.text.count("\n", 0, at) + 1

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the text, code apart."""
        return tuple(_blocks(self.plain))

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Every link and picture, in their order; an address alone counts as one, though it is shown as words."""
        if "](" not in self.plain and "://" not in self.plain and "]:" not in self.plain and "<" not in self.plain:
            return ()
        found = [*_inline(self.plain), *_definitions(self.plain), *_pointed(self.plain), *_raw(self.plain)]
        rest = list(self.plain)
        for link in found:
            rest[link.start : link.end] = " " * (link.end - link.start)
        text = _ELEMENT.sub(_spaces, "".join(rest))
        return tuple(sorted([*found, *_bare(text)], key=lambda link: link.start))


def is_silent(text: str) -> bool:
    """Tells whether nothing of a text is shown: it is empty, or only comments and definitions of links."""
    if "<!--" not in text and "]:" not in text:
        return not text.strip()
    return not _WHOLE_DEFINITION.sub("", _HIDDEN.sub("", text)).strip()


def is_fence(info: str) -> bool:
    """Tells whether a line of fence signs with these words behind them opens a code block."""
    return _INFO.fullmatch(info) is not None


def closing(lines: list[str], opened: int) -> int | None:
    """Returns the number of the line that closes the fence of line `opened`, both from 0; None where none does."""
    fence = FENCE.match(lines[opened])
    signs = fence[2] if fence else ""
    return next((number for number in range(opened + 1, len(lines)) if lines[number].rstrip(" ") == signs), None)


def _without_fences(lines: list[str]) -> list[str]:
    shown, number = list(lines), 0
    while number < len(lines):
        fence = FENCE.fullmatch(lines[number])
        end = closing(lines, number) if fence and not fence[1] and is_fence(fence[3]) else None
        if end is not None:
            shown[number : end + 1] = [" " * len(line) for line in lines[number : end + 1]]
            number = end
        number += 1
    return shown


def _without_indented(text: str) -> str:
    """Blanks out blocks of code by indentation: those that no list stands above."""
    lines = text.split("\n")
    listed = False
    for block in _blocks(text):
        indented = all(line.startswith(("    ", "\t")) for line in block.lines)
        if indented and not listed:
            for number in range(block.line - 1, block.line - 1 + len(block.lines)):
                lines[number] = " " * len(lines[number])
        elif not indented:
            listed = bool(MARKER.match(block.lines[0]))
    return "\n".join(lines)


def _blocks(text: str) -> Iterator[Block]:
    kept: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            kept.append(line)
        elif kept:
            yield Block(number - len(kept), tuple(kept))
            kept = []


def _inline(text: str) -> Iterator[Link]:
    for middle in re.finditer(r"(?<!\\)\]\(", text):
        opening = _opening(text, middle.start())
        if opening is None:
            continue
        picture = opening > 0 and text[opening - 1] == "!"
        start, end = opening - picture, _end(text, middle.end())
        inside = text[middle.end() : end] if end else text[middle.end() : _paragraph_end(text, middle.end())]
        address, rest = _address(inside.strip())
        stop = end + 1 if end else middle.end() + len(address)
        yield Link(start, stop, "inline", address, picture, rest, closed=end is not None)


def _address(inside: str) -> tuple[str, str]:
    """Returns the address and what stands behind it, which for a good link is nothing or a title."""
    if inside.startswith("<") and ">" in inside:
        address, _, rest = inside[1:].partition(">")
        return address, rest.strip()
    address, _, rest = inside.replace("\n", " ").partition(" ")
    return address, rest.strip()


def _opening(text: str, at: int) -> int | None:
    """Returns where the bracket opens that closes at `at`."""
    depth = 0
    for place in range(at, max(-1, at - _FARTHEST), -1):
        sign = text[place]
        if sign == "\n" and text[place - 1 : place] == "\n":
            return None
        if sign in "[]" and text[place - 1 : place] != "\\":
            depth += 1 if sign == "]" else -1
            if depth == 0:
                return place
    return None


def _end(text: str, begin: int) -> int | None:
    """Returns where the parenthesis closes whose inside begins at `begin`, None where its paragraph ends before."""
    depth = 1
    for place in range(begin, min(_paragraph_end(text, begin), begin + _FARTHEST)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None


def _paragraph_end(text: str, begin: int) -> int:
    end = re.compile(r"\n[ \t]*\n").search(text, begin)
    return end.start() if end else len(text)


def _definitions(text: str) -> Iterator[Link]:
    if "]:" not in text:
        return
    pictures = {(used[2] or used[1]).lower() for used in _USED.finditer(text)}
    for found in re.finditer(rf"^{_DEFINITION.pattern}", text, re.MULTILINE):
        yield Link(found.start(), found.end(), "reference", found[2], found[1].lower() in pictures, found[3].strip())


def _pointed(text: str) -> Iterator[Link]:
    for found in _POINTED.finditer(text):
        yield Link(found.start(), found.end(), "pointed", found[1])


def _raw(text: str) -> Iterator[Link]:
    for found in _RAW.finditer(text):
        yield Link(found.start(), found.end(), "raw", found[2], found[1].lower() == "img")


def _bare(text: str) -> Iterator[Link]:
    for found in _BARE.finditer(text):
        if _PARTED.search(text, max(0, found.start() - 9), found.start()):
            continue  # a slip of its own: it would be told twice
        address = found[0].rstrip(_TRAILING)
        while address.endswith(")") and address.count("(") < address.count(")"):
            address = address[:-1].rstrip(_TRAILING)
        yield Link(found.start(), found.start() + len(address), "bare", address)


def _spaces(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
