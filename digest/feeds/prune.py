"""A feed pruned to what its format says of it: each entry with its own children, and nothing that stands deeper.

    well-formed text ──expat──▶ frame, entries, the elements that are read ──▶ a shallow document for the feed parser

Policy. An element counts only where its format puts it: what stands inside a picture, a list of related links, an
activity or an entry within an entry says nothing of the entry around it. Elements that we do not read are left
out, so that none of them can harm the others. Markup inside a text becomes part of that text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from digest.feeds import html_tags

NotWellFormed = expat.ExpatError

_SEPARATOR = "\x1f"  # no address of a namespace can have it
_XML = "http://www.w3.org/XML/1998/namespace"
_ROOTS = frozenset({"rss", "feed", "rdf:rdf", "channel"})
_FRAME = _ROOTS | {"items"}
_ENTRIES = frozenset({"item", "entry"})
_PEOPLE = frozenset(
    {"author", "managingeditor", "dc:author", "dc:creator", "itunes:author", "itunes:owner"}
)
_OF_PEOPLE = frozenset({"name", "email", "uri", "url", "homepage", "itunes:name", "itunes:email"})
_OF_FEED = frozenset(
    {"link", "id", "language", "dc:language", "webmaster", "dc:publisher", "itunes:new-feed-url"}
)
_TEXTS = frozenset({
    "title", "dc:title", "description", "dc:description", "abstract", "summary", "itunes:summary", "content",
    "content:encoded", "body", "xhtml:body", "fullitem",
})  # fmt: skip
_TITLES = frozenset({"title", "dc:title"})
_OF_ENTRY = frozenset({
    "link", "guid", "id", "enclosure", "feedburner:origlink", "pheedo:origlink", "itunes:image",
    "published", "issued", "pubdate", "updated", "modified", "lastbuilddate", "created",
    "dc:date", "dcterms:issued", "dcterms:modified", "dcterms:created",
})  # fmt: skip
_MEDIA = frozenset({"media:content", "media:group", "media:player", "media:thumbnail"})
_OF_MEDIA = frozenset({"media:title", "media:description"})
"""Title and text of a picture or film; the entry's own only if it has no other, and if they are of all pictures."""
_ELSE = {"itunes:title": "title", "itunes:subtitle": "summary", "googleplay:description": "summary"}
"""Elements that count only if the entry has no title or text of its own, and what they then count as."""
_CHILDREN = {
    "frame": {
        **dict.fromkeys(_FRAME, "frame"), **dict.fromkeys(_ENTRIES, "entry"), **dict.fromkeys(_TITLES, "text"),
        **dict.fromkeys(_PEOPLE, "person"), **dict.fromkeys(_OF_FEED, "leaf"),
    },
    "wrapper": {**dict.fromkeys(_FRAME, "frame"), **dict.fromkeys(_ENTRIES, "entry")},
    "entry": {
        **dict.fromkeys((*_TEXTS, *_OF_MEDIA, *_ELSE), "text"), **dict.fromkeys(_PEOPLE, "person"),
        **dict.fromkeys(_OF_ENTRY, "leaf"), **dict.fromkeys(_MEDIA, "media"), "source": "source",
    },
    "media": {**dict.fromkeys(_MEDIA, "media"), **dict.fromkeys(_OF_MEDIA, "text")},
    "source": {"title": "text", **dict.fromkeys(_PEOPLE, "person"), "link": "leaf", "id": "leaf"},
    "person": dict.fromkeys(_OF_PEOPLE, "leaf"),
}  # fmt: skip
"""What may stand in what, each by its place in a format; all else is left out."""
_XHTML = frozenset({"xhtml", "application/xhtml+xml"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)


def pruned(text: str, namespaces: Mapping[str, str]) -> str:
    """Returns the shallow document; raises NotWellFormed.

    `namespaces` has the prefix by which each address of a namespace is known, in lower case.
    """
    pruner = _Pruner(namespaces)
    pruner.parser.Parse(text, True)
    if not pruner.has_entry:  # entries may be in an element of the feed's own making
        lenient = _Pruner(namespaces, is_lenient=True)
        lenient.parser.Parse(text, True)
        pruner = lenient if lenient.has_entry else pruner
    return "".join(pruner.output)


@dataclass(slots=True)
class _Element:
    """An element that is kept: its place in the format, its name as it is written, and what it holds."""

    place: str
    name: str
    attributes: dict[str, str]
    known: str = ""
    pieces: list[str] = field(default_factory=list)
    is_markup: bool = False
    depth: int = 0
    texts: set[str] = field(default_factory=set)
    """Of an entry: which of title and text it has."""
    aside: dict[str, str] = field(default_factory=dict)
    """Of an entry: the title and text of its picture or film, used if it has none."""


class _Pruner:
    """What is kept of the elements that the parser has met so far."""

    def __init__(self, namespaces: Mapping[str, str], *, is_lenient: bool = False) -> None:
        self.has_entry = False
        self.output: list[str] = []
        self._namespaces = namespaces
        self._is_lenient = is_lenient
        self._kept: list[_Element] = []
        self._entry: _Element | None = None
        self._skipped = 0
        self._has_root = False
        self._declared: dict[str, str] = {}
        self.parser = parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartNamespaceDeclHandler = self._declaration
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text

    def _declaration(self, prefix: str | None, address: str | None) -> None:
        self._declared[f"xmlns:{prefix}" if prefix else "xmlns"] = address or ""

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        declared, self._declared = self._declared, {}
        if self._skipped:
            self._skipped += 1
            return
        address, name = _parts(full_name)
        around = self._kept[-1] if self._kept else None
        if around and around.place == "text":
            self._markup(around, name.rpartition(":")[2], attributes)
            return
        known = self._known(address, name)
        place = self._place(around, known, attributes)
        if not place:
            self._skipped = 1
            return
        written = declared | {_parts(key)[1]: value for key, value in attributes.items()}
        if place == "wrapper":  # of a feed inside another document, of which nothing else is read
            name, written = (
                "wrapper",
                {key: value for key, value in written.items() if key.startswith("xml")},
            )
        element = _Element(place, name, written, known)
        if place == "entry":
            self.has_entry, self._entry = True, element
        if place == "text":
            kind = written.get("type", "").lower()
            element.is_markup = kind in _XHTML or (not kind and known in {"body", "xhtml:body"})
            if known in _OF_MEDIA:
                element.attributes.setdefault("xmlns:" + name.partition(":")[0], address)
            element.name = _ELSE.get(known, name)
        else:
            self.output.append(_tag(name, written))
        self._kept.append(element)

    def _end(self, full_name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        element = self._kept[-1]
        if element.depth:
            element.depth -= 1
            local = _parts(full_name)[1].rpartition(":")[2]
            if local.lower() in html_tags.ELEMENTS - _VOID:
                element.pieces.append(f"</{local}>")
            return
        self._kept.pop()
        if element.place == "text":
            self._put_text(element)
            return
        if element is self._entry:
            self._entry = None
        self.output += element.aside.values()
        self.output.append(f"</{element.name}>")

    def _text(self, text: str) -> None:
        if self._skipped:
            return
        element = self._kept[-1]
        if element.place == "text":
            element.pieces.append(escape(text) if element.is_markup else text)
        elif element.place in {"leaf", "person", "source"}:
            self.output.append(_escaped(text))

    def _markup(self, around: _Element, local: str, attributes: Mapping[str, str]) -> None:
        """Takes an element inside a text in as markup; what stands there before the first one is as it was written."""
        around.is_markup = True
        around.depth += 1
        if local.lower() not in html_tags.ELEMENTS:
            return
        plain = {_parts(key)[1].rpartition(":")[2]: value for key, value in attributes.items()}
        around.pieces.append(_tag(local, plain))

    def _put_text(self, element: _Element) -> None:
        if element.is_markup:
            element.attributes["type"] = "html"
        words = "".join(element.pieces)
        whole = f"{_tag(element.name, element.attributes)}{_escaped(words)}</{element.name}>"
        kind = "title" if element.name.lower().endswith("title") else "text"
        entry = self._entry
        if entry and (element.known in _OF_MEDIA or element.known in _ELSE):
            if kind not in entry.texts:
                entry.aside.setdefault(kind, whole)
            return
        if entry and words.strip() and self._kept[-1] is entry:
            entry.texts.add(kind)
            entry.aside.pop(kind, None)
        self.output.append(whole)

    def _place(self, around: _Element | None, known: str, attributes: Mapping[str, str]) -> str:
        """Returns the place of an element in its format, by the element around it; nothing if it has none."""
        if not self._has_root:
            self._has_root = known in _ROOTS | _ENTRIES
            return "entry" if known in _ENTRIES else "frame" if self._has_root else "wrapper"
        if around is None:
            return ""
        if known in _OF_MEDIA and around.known == "media:content":
            return ""
        kind = attributes.get("type", "").lower()
        if known in _TEXTS and kind.endswith(("/xml", "+xml")) and kind not in _XHTML:
            return ""  # another document inside this one
        place = _CHILDREN.get(around.place, {}).get(known, "")
        return (
            "wrapper"
            if not place and self._is_lenient and around.place in {"frame", "wrapper"}
            else place
        )

    def _known(self, address: str, name: str) -> str:
        """Returns an element's name in lower case with the prefix by which its namespace is known."""
        prefix, _, local = name.rpartition(":")
        lower = address.lower()
        known = "" if "backend.userland.com/rss" in lower else self._namespaces.get(lower, prefix)
        return f"{known}:{local}".lower() if known else local.lower()


def _parts(full_name: str) -> tuple[str, str]:
    """Returns the address of a name's namespace, and the name as it was written."""
    address, separator, rest = full_name.partition(_SEPARATOR)
    if not separator:
        return "", full_name
    local, _, prefix = rest.partition(_SEPARATOR)
    return address, f"{prefix}:{local}" if prefix else local


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in attributes.items())}>"


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
