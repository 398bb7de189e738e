"""Splits markup into tags and the text between them, well-formed or not.

Policy. A bracket that begins no tag is text, a tag ends before the next bracket at the latest, and a comment that is
left open ends at once. No character is looked at more than a few times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NAME = r"[A-Za-z_][\w.\-]*+(?::[A-Za-z_][\w.\-]*+)?+"
_LONE = r"<(?![A-Za-z_/!?])"
_TAG = re.compile(
    rf"""<(?P<end>/)?(?P<name>{NAME})"""
    rf"""(?:(?P<rest>(?:[^<>"']|"(?:[^"<]|{_LONE})*+"|'(?:[^'<]|{_LONE})*+')*+)>|(?P<broken>[^<>]*+)(?:>|(?=<)))""",
    re.ASCII,
)
"""A tag as it should be, but that its values may hold a lone `<`; or up to the next bracket, whatever its quotes."""
_TAG_BEGINS = re.compile(r"</?[A-Za-z_]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text: `kind` is text, literal (no references in it), start, empty or end; `rest` the attributes."""

    kind: str
    value: str
    place: int
    rest: str = ""
    is_broken: bool = False


def tokens(text: str) -> Iterator[Token]:
    """Yields text and tags; comments, processing instructions and declarations are left out."""
    place, ends = 0, dict[str, int]()
    while (opening := text.find("<", place)) >= 0:
        if opening > place:
            yield Token("text", text[place:opening], place)
        if text.startswith("<![CDATA[", opening):
            place = _after("<![CDATA[", "]]>", text, opening, ends)
            if place > opening + 9:
                yield Token("literal", text[opening + 9 : place].removesuffix("]]>"), opening)
        elif text.startswith("<!--", opening):
            place = _after("<!--", "-->", text, opening, ends)
        elif text.startswith(("<!", "<?"), opening):
            place = _behind_declaration(text, opening, ends)
        elif tag := _TAG.match(text, opening):
            place = tag.end()
            rest = tag["rest"] if tag["rest"] is not None else tag["broken"]
            kind = "end" if tag["end"] else "empty" if rest.endswith("/") else "start"
            yield Token(kind, tag["name"], opening, rest.removesuffix("/"), tag["rest"] is None)
        elif _TAG_BEGINS.match(text, opening):
            return  # the text breaks off inside a tag
        else:
            place = opening + 1
            yield Token("literal", "<", opening)
    if place < len(text):
        yield Token("text", text[place:], place)


def _after(begin: str, end: str, text: str, opening: int, ends: dict[str, int]) -> int:
    """Returns the place behind a section; behind its beginning if it has no end, or another one begins before that."""
    inside = opening + len(begin)
    found = _find(end, text, opening + (2 if begin == "<!--" else len(begin)), ends)
    if found < 0 or text.find(begin, inside, found) >= 0:
        return len(text) if found < 0 and text.find("<", inside) < 0 else inside
    return found + len(end)


def _find(mark: str, text: str, place: int, ends: dict[str, int]) -> int:
    """Returns the place of the next mark, -1 if there is none; what has been found once is not looked for again."""
    known = ends.get(mark, 0)
    if known >= 0 and known <= place:
        known = ends[mark] = text.find(mark, place)
    return known


def _behind_declaration(text: str, opening: int, ends: dict[str, int]) -> int:
    """Returns the place behind a declaration or instruction, or before the next bracket if it has no end."""
    following = text.find("<", opening + 2)
    limit = following if following >= 0 else len(text)
    if text[opening : opening + 9].upper() == "<!DOCTYPE" and text.find("[", opening, limit) >= 0:
        end = _find("]>", text, opening, ends)
        return end + 2 if end >= 0 else limit
    for mark in ("?>" if text.startswith("<?", opening) else ">", ">"):
        end = text.find(mark, opening, limit)
        if end >= 0:
            return end + len(mark)
    return limit
