"""The text part of a mail, made from its HTML: at most 76 columns, with links as footnotes.

    HTML ──links to numbers──▶ Markdown ──▶ lines, wrapped ──▶ footnotes below each section

Only URLs are longer than a line. Chinese, Japanese and Korean characters count as two columns, and
lines may break between them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from digest.site.html_to_markdown import html_to_text
from digest.site.markdown import Html, text_of

WIDTH = 76
"""Columns: RFC 5322 §2.1.1 allows 78, and replies add a mark before each line."""
_PRE = re.compile(r"<pre\b[^>]*>(.*?)</pre>", re.DOTALL)
_BREAKS = re.compile(r"\s*\n\s*")
_LINKED_HEADING = re.compile(r'<(h[1-6])><a href="([^"]*)">(.*?)</a></h[1-6]>')
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>')
_RULE = re.compile(r"<hr\b[^>]*>")
_NOTE, _CODE = re.compile("\ue000(\\d+)\ue001"), re.compile("\ue002(\\d+)\ue003")
_PRIVATE = re.compile("[\ue000-\ue003]")  # marks of ours, which the words must not have
_HEADING = re.compile(r"(#{1,6}) (.*)")
_LEAD = re.compile(r"((?:> ?)*)((?: *(?:[-*]|\d+\.) )?)(.*)")
_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
    "\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_PIECE = re.compile(rf"\s+|[{_WIDE}][、。,.!?:;」』】)]*|[^\s{_WIDE}]+")
_UNDERLINED = {1: "=", 2: "-"}


def text_part(markup: Html) -> str:
    """Returns the text of a mail's HTML, ending with a line break."""
    codes: list[str] = []
    links: dict[str, int] = {}

    def code(match: re.Match[str]) -> str:
        codes.append(text_of(Html(match[1])))
        return f"<p>\ue002{len(codes) - 1}\ue003</p>"

    def footnote(match: re.Match[str]) -> str:
        address, words = match.groups()
        if address in {words, f"mailto:{words}"} or not words.strip():
            return words or address
        return f"{words} \ue000{links.setdefault(address, len(links) + 1)}\ue001"

    flat = _BREAKS.sub(" ", _PRE.sub(code, _PRIVATE.sub("", markup)))
    flat = _RULE.sub(f"<p>{'-' * 40}</p>", flat)
    flat = _LINKED_HEADING.sub(r"<\1>\3<br>\2</\1>", flat)
    text = html.unescape(html_to_text(Html(_LINK.sub(footnote, flat))))
    addresses = {number: html.unescape(address) for address, number in links.items()}
    return "\n".join(_lines(text, addresses, codes)) + "\n"


def columns(text: str) -> int:
    """Returns how many columns a text takes in a font of fixed width."""
    total = 0
    for character in text:
        if not unicodedata.combining(character):
            total += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return total


def _lines(text: str, addresses: dict[int, str], codes: list[str]) -> Iterator[str]:
    """Yields the lines of Markdown, wrapped, with the footnotes of each section at its end."""
    due: dict[int, None] = {}
    before = ""
    for line in text.split("\n"):
        heading = _HEADING.fullmatch(line)
        if heading and due:
            yield from [*_footnotes(due, addresses), "", ""]
            due = {}
        elif heading and not _HEADING.fullmatch(before):
            yield ""
        before = line or before
        due |= dict.fromkeys(map(int, _NOTE.findall(line)))
        words = _NOTE.sub(r"[\1]", heading[2] if heading else line)
        if match := _CODE.search(words):
            for code in codes[int(match[1])].strip("\n").split("\n"):
                yield f"{words[: match.start()]}    {code}"
            continue
        wrapped = list(_wrapped(words))
        yield from wrapped
        if heading and (sign := _UNDERLINED.get(len(heading[1]), "")):
            yield sign * max(map(columns, wrapped))
    yield from ["", *_footnotes(due, addresses)] if due else ()


def _footnotes(due: Iterable[int], addresses: Mapping[int, str]) -> list[str]:
    return [f"[{number}] {addresses[number]}" for number in due]


def _wrapped(line: str) -> Iterator[str]:
    """Yields a line of Markdown as lines of at most `WIDTH` columns, all marked as quoted if it is."""
    match = _LEAD.fullmatch(line)
    quoted, bullet, rest = match.groups() if match else ("", "", line)
    lead, room = quoted + bullet, WIDTH - columns(quoted + bullet)
    current, taken = "", 0
    for piece in _PIECE.findall(rest):
        width = columns(piece)
        if taken and taken + width > room and not piece.isspace():
            yield (lead + current).rstrip()
            lead, current, taken = quoted + " " * len(bullet), "", 0
        if taken or not piece.isspace():
            current += " " if piece.isspace() else piece
            taken += 1 if piece.isspace() else width
    yield (lead + current).rstrip()
