"""The elements of a web page that speak about it, found in one pass over its text (the HTML standard, §13.2.5).

Tags, attributes, comments and raw text are told apart as browsers do; no tree is built. Refuses to look at any sign
more than a few times: whatever a stranger leaves unclosed ends the scan instead of being tried again from every place.
(The standard library's parser takes the square of the length there.)
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_SPEAKING = frozenset({"base", "link", "meta", "script", "time", "title"})
_RAW = frozenset(
    {"iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"}
)
"""Elements whose content is text up to their closing tag, whatever it looks like (§13.2.6; scripting counts as on)."""
_OPENING = re.compile(r"<(?:(!--)|[!?/]|([A-Za-z][^\s/>]*+))")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:(?P<end>>)|(?P<name>[^\s/>][^\s/>=]*+)"""
    r"""(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<open>["'])|(?P<bare>[^\s>]*+)))?+)"""
)
_CLOSING = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_LONGEST_LINK = 300
"""So much of what is inside a link is its text, markup included."""
_ENDLESS = re.compile(r"&#(?:\d{8}|[xX][0-9A-Fa-f]{7})[0-9A-Fa-f]*+;?")


@dataclass(frozen=True, slots=True)
class Element:
    """One start tag: its name in lower case, its attributes decoded, and its text where that is raw."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def get(self, attribute: str) -> str:
        """Returns an attribute's value without white space around it, nothing where there is none."""
        return self.attributes.get(attribute, "").strip()


def scan(text: str, also: Collection[str] = ()) -> Iterator[Element]:
    """Yields the elements that say something of their page and those named in `also`, in the page's order."""
    place = 0
    while opening := _OPENING.search(text, place):
        comment, name = opening[1], opening[2]
        if not name:
            end = (
                text.find("-->", opening.start() + 2) if comment else text.find(">", opening.end())
            )
            if end < 0:
                return
            place = end + (3 if comment else 1)
            continue
        attributes, place = _attributes(text, opening.end())
        if place < 0:
            return
        name, content = name.lower(), ""
        if name in _RAW:
            closing = _CLOSING[name].search(text, place)
            content = text[place : closing.start() if closing else len(text)]
            place = closing.start() if closing else len(text)
        elif name == "a":
            content = text[place : place + _LONGEST_LINK].partition("</")[0]
        if name in _SPEAKING or name in also:
            decoded = {key: _decoded(value) for key, value in attributes.items()}
            yield Element(name, decoded, _decoded(content) if name == "title" else content)


def _attributes(text: str, place: int) -> tuple[dict[str, str], int]:
    """Returns a tag's attributes and the place behind it, -1 where the text ends first; the first of a name counts."""
    found: dict[str, str] = {}
    while part := _ATTRIBUTE.match(text, place):
        place = part.end()
        if part["end"]:
            return found, place
        if part["open"]:
            break
        found.setdefault(
            part["name"].lower(), part["double"] or part["single"] or part["bare"] or ""
        )
    return found, -1


def _decoded(text: str) -> str:
    """Returns a text with its references decoded; numbers far beyond any character are none, and cost their square."""
    return html.unescape(_ENDLESS.sub("\ufffd", text))
