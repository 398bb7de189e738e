"""Finds the elements that describe a web page, in one pass over its text (HTML standard §13.2.5).

Tags, attributes, comments and raw text are recognised as browsers do; no tree is built. Anything
unclosed ends the scan, so it takes linear time. (The standard library's parser takes quadratic.)
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_METADATA = frozenset({"base", "link", "meta", "script", "time", "title"})
_RAW = frozenset(
    {"iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"}
)
"""Elements whose content is text up to the closing tag (§13.2.6, with scripting enabled)."""
_OPENING = re.compile(r"<(?:(!--)|[!?/]|([A-Za-z][^\s/>]*+))")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:(?P<end>>)|(?P<name>[^\s/>][^\s/>=]*+)"""
    r"""(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<unclosed>["'])"""
    r"""|(?P<bare>[^\s>]*+)))?+)"""
)
_CLOSING = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_LONGEST_LINK = 300
"""Characters of a link's content that count as its text, markup included."""
_HUGE_REFERENCE = re.compile(r"&#(?:\d{8}|[xX][0-9A-Fa-f]{7})[0-9A-Fa-f]*+;?")


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag: name in lower case, decoded attributes, and the content of raw text elements."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def get(self, attribute: str) -> str:
        """Returns an attribute's value, stripped; "" if there is none."""
        return self.attributes.get(attribute, "").strip()


def scan(text: str, also: Collection[str] = ()) -> Iterator[Element]:
    """Yields the metadata elements and those named in `also`, in the page's order."""
    position = 0
    while opening := _OPENING.search(text, position):
        comment, name = opening[1], opening[2]
        if not name:
            mark = "-->" if comment else ">"
            end = text.find(mark, opening.start() + 2 if comment else opening.end())
            if end < 0:
                return
            position = end + len(mark)
            continue
        attributes, position = _attributes(text, opening.end())
        if position < 0:
            return
        name, content = name.lower(), ""
        if name in _RAW:
            closing = _CLOSING[name].search(text, position)
            end = closing.start() if closing else len(text)
            content = text[position:end]
            position = end
        elif name == "a":
            content = text[position : position + _LONGEST_LINK].partition("</")[0]
        if name in _METADATA or name in also:
            decoded = {key: _decoded(value) for key, value in attributes.items()}
            yield Element(name, decoded, _decoded(content) if name == "title" else content)


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """Returns a tag's attributes and the position after it, -1 if it never ends.

    Of two attributes of one name, the first counts.
    """
    found: dict[str, str] = {}
    while part := _ATTRIBUTE.match(text, position):
        position = part.end()
        if part["end"]:
            return found, position
        if part["unclosed"]:
            break
        found.setdefault(
            part["name"].lower(), part["double"] or part["single"] or part["bare"] or ""
        )
    return found, -1


def _decoded(text: str) -> str:
    """Decodes references; huge numbers are not characters, and would take quadratic time."""
    return html.unescape(_HUGE_REFERENCE.sub("\ufffd", text))
