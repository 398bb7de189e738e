"""Finds the blocks and links of a Markdown text without rendering it.

    text ──blank out code, comments──▶ text of the same length ──▶ blocks, links, with their lines

It reads fences, tables and lists as python-markdown does with the extensions that `site` uses, so
that hints are about what readers would see. Takes time in proportion to the length of any text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

FENCE = re.compile(r"( *+)(`{3,}+|~{3,}+)([^\n`]*)")
_INFO = re.compile(r' *+(?:\{.*\}|(?:\.?[\w#.+-]*) *(?:hl_lines=(["\']).*\1 *)?)')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BACKTICKS = re.compile("`+")
_BREAK = re.compile(r"\n(?=[ \t]*\n)")
"""Where a paragraph ends."""
_BRACKETS = re.compile(r"(?<!\\)[\[\]]|\n(?=\n)")
_PARENTHESES = re.compile(r"[()]|\n(?=[ \t]*\n)")
_HIDDEN = re.compile(r"<!--(?:>|->|.*?--!?>)", re.DOTALL)
_DEFINED = re.compile(r" {0,3}\[(?!\^)[^\[\]\n]*\]: *(?=\S)")
_ADDRESS = re.compile(r"(\S+) *")
MARKER = re.compile(r"( *)(?:[-*+]|\d+\.)[ \t]+\S")
_DEFINITION = re.compile(r" {0,3}\[([^\]\n]+)\]:[ \t]*<?([^\s>]+)>?(.*)")
_POINTED = re.compile(r"<(https?://[^<>\s]*)>", re.IGNORECASE)
_RAW = re.compile(r"<(a|img)\b([^<>]*)>", re.IGNORECASE)
_SOURCE = re.compile(r"\b(?:href|src)\s*=\s*[\"']?([^\"'\s<>]*)", re.IGNORECASE)
_ELEMENT = re.compile(r"</?[A-Za-z][^<>]*>")
_SPLIT_LINK = re.compile(r"\][ \t]+\($")
_BARE = re.compile(r"(?<![\w/])https?://[^\s<>\"|]+", re.IGNORECASE)
_TRAILING = ".,;:!?'\"’”»*_…"
_USED = re.compile(r"!\[([^\]\n]{0,500})\]\[([^\]\n]{0,500})\]")
_MAX_LINK_LENGTH = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was typed, from character `start` to before `end`.

    `kind` is "inline" for `[words](address)`, "reference" for `[name]: address`, "pointed" for
    `<address>`, "raw" for HTML, and "bare" for a URL alone. `rest` is what follows the address,
    usually a title. If the bracket of an inline link is never closed, `closed` is False, and the
    address ends at the next white space.
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


class MarkdownText:
    """A Markdown text as it was typed, with its blocks and links.

    In `plain`, code blocks and comments are replaced by spaces, code within a line by `x`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        fenced = "\n".join(_without_fences(text.split("\n")))
        closed = fenced.rfind("-->") + 3  # no comment that opens below this is closed
        self.plain = _without_code(
            _without_indented(_COMMENT.sub(_spaces, fenced[:closed]) + fenced[closed:])
        )
        self._line_ends = [found.start() for found in re.finditer("\n", text)]

    def line_of(self, at: int) -> int:
        """Returns the line of a character, counted from 1."""
        return bisect_left(self._line_ends, at) + 1

    def is_within_link(self, at: int) -> bool:
        """True if a character is within a link `[words](address)`, or a line `[name]: address`."""
        starts, ends = self._spans
        before = bisect_left(starts, at)
        return before > 0 and ends[before - 1] > at

    @cached_property
    def _spans(self) -> tuple[list[int], list[int]]:
        """Where links begin, in order, and the farthest end up to each of them."""
        spans = []
        for link in self.links:
            if link.kind in {"inline", "reference"} and link.closed:
                spans.append((link.start, link.end))
        return [start for start, _ in spans], list(accumulate((end for _, end in spans), max))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the text, without code."""
        return tuple(_blocks(self.plain))

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links and pictures in order, URLs that are shown as text included."""
        if not any(sign in self.plain for sign in ("](", "://", "]:", "<")):
            return ()
        found = [*_inline(self.plain), *_definitions(self.plain)]
        for pointed in _POINTED.finditer(self.plain):
            found.append(Link(*pointed.span(), "pointed", pointed[1]))
        for tag in _RAW.finditer(self.plain):
            if source := _SOURCE.search(tag[2]):
                is_picture = tag[1].lower() == "img"
                found.append(Link(*tag.span(), "raw", source[1], is_picture))
        rest = list(self.plain)
        for link in found:
            rest[link.start : link.end] = " " * (link.end - link.start)
        text = _ELEMENT.sub(_spaces, "".join(rest))
        return tuple(sorted([*found, *_bare(text)], key=lambda link: link.start))


def renders_nothing(text: str) -> bool:
    """True if nothing of a text is shown: it has at most comments and link definitions."""
    if "<!--" not in text and "]:" not in text:
        return not text.strip()
    # A comment that opens in a line of a definition belongs to its URL.
    if any("<!--" in line.partition("]:")[2] for line in text.split("\n")):
        return False
    # No comment that opens below this is closed.
    closed = max(text.rfind("-->"), text.rfind("--!>") + 1) + 3
    shown = _HIDDEN.sub("", text[:closed]) + text[closed:]
    return all(not line.strip() or _is_definition(line) for line in shown.split("\n"))


def is_fence(info: str) -> bool:
    """True if a fence followed by these words opens a code block."""
    return _INFO.fullmatch(info) is not None


class ClosingFences:
    """The lines of a text that can close a fence, for a quick search."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._numbers: dict[str, list[int]] = defaultdict(list)
        """Those that have a fence, by their text without the spaces at its end."""
        self._any_indent: dict[str, list[int]] = defaultdict(list)
        """The same, by their text without white space at either end."""
        for number, line in enumerate(lines):
            if "```" in line or "~~~" in line:
                self._numbers[line.rstrip(" ")].append(number)
                self._any_indent[line.strip()].append(number)

    def after(self, opened: int, signs: str, *, indented: bool = False) -> int | None:
        """Returns the line that closes the fence in line `opened`, both from 0; None without one.

        `signs` are those of the fence. The closing line of an `indented` one may be indented too.
        """
        numbers = (self._any_indent if indented else self._numbers).get(signs, [])
        at = bisect_right(numbers, opened)
        return numbers[at] if at < len(numbers) else None


def _is_definition(line: str) -> bool:
    """True if a line only defines a link, `[name]: address`, with or without a title."""
    begin = _DEFINED.match(line)
    if begin is None:
        return False
    rest = line[begin.end() :].rstrip(" ")
    address = _ADDRESS.match(rest)
    if address is None or address.end(1) == len(rest):
        return address is not None
    opener = {"'": "'", '"': '"', ")": "("}.get(rest[-1])
    titled = address.end() < len(rest) - 1 and rest[address.end()] == opener
    return opener is not None and (titled or opener in address[1][1:])


def _without_code(text: str) -> str:
    """Returns a text with `x` for code within a line, between equal runs of backticks."""
    runs = [found.span() for found in _BACKTICKS.finditer(text)]
    if len(runs) < 2:
        return text
    breaks = [found.start() for found in _BREAK.finditer(text)]
    closers: list[int | None] = []
    latest: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        size = runs[number][1] - runs[number][0]
        closers.append(latest.get(size))
        latest[size] = number
    closers.reverse()
    parts, done, number = list[str](), 0, 0
    while number < len(runs):
        start, inside = runs[number]
        closer = closers[number]
        if closer is not None and text[start - 1 : start] != "\\":
            at = bisect_left(breaks, inside)
            if at == len(breaks) or breaks[at] >= runs[closer][0]:
                parts += text[done:start], re.sub(r"[^\n]", "x", text[start : runs[closer][1]])
                done, number = runs[closer][1], closer
        number += 1
    return "".join([*parts, text[done:]])


def _without_fences(lines: Sequence[str]) -> list[str]:
    """Returns lines of the same length, blank where a fenced code block is."""
    shown = list(lines)
    closing = ClosingFences(lines)
    number = 0
    while number < len(lines):
        fence = FENCE.fullmatch(lines[number])
        end = None
        if fence and not fence[1] and is_fence(fence[3]):
            end = closing.after(number, fence[2])
        if end is not None:
            shown[number : end + 1] = [" " * len(line) for line in lines[number : end + 1]]
            number = end
        number += 1
    return shown


def _without_indented(text: str) -> str:
    """Blanks out indented code blocks; indented lines below a list belong to the list."""
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
    if "](" not in text:
        return
    openings, ends = _pairs(_BRACKETS, text), _pairs(_PARENTHESES, text)
    breaks = [found.start() for found in _BREAK.finditer(text)]
    starts = {closed: opened for opened, closed in openings.items()}
    for middle in re.finditer(r"(?<!\\)\]\(", text):
        opening = starts.get(middle.start())
        if opening is None or middle.start() - opening >= _MAX_LINK_LENGTH:
            continue
        picture = opening > 0 and text[opening - 1] == "!"
        begin = middle.end()
        start, end = opening - picture, ends.get(begin - 1)
        if end is None or end >= begin + _MAX_LINK_LENGTH:
            at = bisect_left(breaks, begin)
            paragraph_end = breaks[at] if at < len(breaks) else len(text)
            end, last = None, min(paragraph_end, begin + _MAX_LINK_LENGTH)
        else:
            last = end
        address, rest = _address(text[begin:last].strip())
        stop = begin + len(address) if end is None else end + 1
        yield Link(start, stop, "inline", address, picture, rest, closed=end is not None)


def _pairs(signs: re.Pattern[str], text: str) -> dict[int, int]:
    """Returns where each bracket closes, by where it opens, if it closes in its paragraph.

    `signs` finds opening and closing brackets, and the ends of paragraphs.
    """
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for found in signs.finditer(text):
        if found[0] == "\n":
            opened.clear()
        elif found[0] in "[(":
            opened.append(found.start())
        elif opened:
            pairs[opened.pop()] = found.start()
    return pairs


def _address(inside: str) -> tuple[str, str]:
    """Returns the address and what follows it: nothing or a title, if the link is correct."""
    if inside.startswith("<") and ">" in inside:
        address, _, rest = inside[1:].partition(">")
        return address, rest.strip()
    address, _, rest = inside.replace("\n", " ").partition(" ")
    return address, rest.strip()


def _definitions(text: str) -> Iterator[Link]:
    if "]:" not in text:
        return
    pictures = {(used[2] or used[1]).lower() for used in _USED.finditer(text)}
    for found in re.finditer(rf"^{_DEFINITION.pattern}", text, re.MULTILINE):
        is_picture = found[1].lower() in pictures
        yield Link(*found.span(), "reference", found[2], is_picture, found[3].strip())


def _bare(text: str) -> Iterator[Link]:
    for found in _BARE.finditer(text):
        if _SPLIT_LINK.search(text, max(0, found.start() - 9), found.start()):
            continue  # `split_links` reports it
        address = _without_closing(found[0])
        yield Link(found.start(), found.start() + len(address), "bare", address)


def _without_closing(address: str) -> str:
    """Returns a URL without punctuation and closing parentheses that follow it."""
    end, extra = len(address), address.count(")") - address.count("(")
    while end and (address[end - 1] in _TRAILING or (address[end - 1] == ")" and extra > 0)):
        extra -= address[end - 1] == ")"
        end -= 1
    return address[:end]


def _spaces(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
