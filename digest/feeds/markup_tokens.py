"""Splits markup into tags and the text between them, well-formed or not.

A `<` that starts no tag is text, a tag ends before the next `<` at the latest, and a comment that
is never closed ends at once. Linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NAME = r"[A-Za-z_][\w.\-]*+(?::[A-Za-z_][\w.\-]*+)?+"
_LONE = r"<(?![A-Za-z_/!?])"
_TAG = re.compile(
    rf"""<(?P<end>/)?(?P<name>{NAME})"""
    rf"""(?:(?P<rest>(?:[^<>"']|"(?:[^"<]|{_LONE})*+"|'(?:[^'<]|{_LONE})*+')*+)>"""
    r"""|(?P<broken>[^<>]*+)(?:>|(?=<)))""",
    re.ASCII,
)
"""A tag, whose values may contain a lone `<`; or a broken one, up to the next bracket."""
_TAG_BEGINS = re.compile(r"</?[A-Za-z_]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text.

    `kind` is text, literal (text without references), start, empty or end; `rest` has a tag's
    attributes.
    """

    kind: str
    value: str
    position: int
    rest: str = ""
    is_broken: bool = False


def tokens(text: str) -> Iterator[Token]:
    """Yields text and tags; comments, processing instructions and declarations are left out."""
    position, ends = 0, dict[str, int]()
    while (opening := text.find("<", position)) >= 0:
        if opening > position:
            yield Token("text", text[position:opening], position)
        if text.startswith("<![CDATA[", opening):
            position = _section_end("<![CDATA[", "]]>", text, opening, ends)
            if position > opening + 9:
                yield Token("literal", text[opening + 9 : position].removesuffix("]]>"), opening)
        elif text.startswith("<!--", opening):
            position = _section_end("<!--", "-->", text, opening, ends)
        elif text.startswith(("<!", "<?"), opening):
            position = _declaration_end(text, opening, ends)
        elif tag := _TAG.match(text, opening):
            position = tag.end()
            rest = tag["rest"] if tag["rest"] is not None else tag["broken"]
            kind = "end" if tag["end"] else "empty" if rest.endswith("/") else "start"
            yield Token(kind, tag["name"], opening, rest.removesuffix("/"), tag["rest"] is None)
        elif _TAG_BEGINS.match(text, opening):
            return  # the text breaks off inside a tag
        else:
            position = opening + 1
            yield Token("literal", "<", opening)
    if position < len(text):
        yield Token("text", text[position:], position)


def _section_end(begin: str, end: str, text: str, opening: int, ends: dict[str, int]) -> int:
    """Returns the end of a section.

    If it is never closed, or another one starts inside it, this is the end of its opening mark.
    """
    inside = opening + len(begin)
    closing = _find(end, text, opening + (2 if begin == "<!--" else len(begin)), ends)
    if closing < 0 or text.find(begin, inside, closing) >= 0:
        return len(text) if closing < 0 and text.find("<", inside) < 0 else inside
    return closing + len(end)


def _find(mark: str, text: str, position: int, ends: dict[str, int]) -> int:
    """Returns the position of the next mark, -1 if there is none; `ends` caches what was found."""
    known = ends.get(mark, 0)
    if known >= 0 and known <= position:
        known = ends[mark] = text.find(mark, position)
    return known


def _declaration_end(text: str, opening: int, ends: dict[str, int]) -> int:
    """Returns the end of a declaration or instruction; the next bracket if it is never closed."""
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
