"""Prunes a feed to the elements that we read, each only where its format allows it.

    well-formed text ──expat──▶ frame, entries, known elements ──▶ a shallow document for feedparser

An element counts only in its own place: a title inside a picture, a related link or a nested entry
is not the title of the entry around it. Unknown elements are left out, so that they cannot affect
others. Markup inside a text becomes part of that text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from digest.feeds import html_tags

NotWellFormed = expat.ExpatError

_SEPARATOR = "\x1f"  # cannot occur in a namespace URI
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
    "title", "dc:title", "description", "dc:description", "abstract", "summary", "itunes:summary",
    "content", "content:encoded", "body", "xhtml:body", "fullitem",
})  # fmt: skip
_TITLES = frozenset({"title", "dc:title"})
_OF_ENTRY = frozenset({
    "link", "guid", "id", "enclosure", "feedburner:origlink", "pheedo:origlink", "itunes:image",
    "published", "issued", "pubdate", "updated", "modified", "lastbuilddate", "created",
    "dc:date", "dcterms:issued", "dcterms:modified", "dcterms:created",
})  # fmt: skip
_MEDIA = frozenset({"media:content", "media:group", "media:player", "media:thumbnail"})
_OF_MEDIA = frozenset({"media:title", "media:description"})
"""Title and text of media: used for an entry that has none, unless they are of one picture."""
_FALLBACKS = {
    "itunes:title": "title",
    "itunes:subtitle": "summary",
    "googleplay:description": "summary",
}
"""Elements used for an entry without its own title or text, and what they replace."""
_CHILDREN = {
    "frame": {
        **dict.fromkeys(_FRAME, "frame"), **dict.fromkeys(_ENTRIES, "entry"),
        **dict.fromkeys(_TITLES, "text"), **dict.fromkeys(_PEOPLE, "person"),
        **dict.fromkeys(_OF_FEED, "leaf"),
    },
    "wrapper": {**dict.fromkeys(_FRAME, "frame"), **dict.fromkeys(_ENTRIES, "entry")},
    "entry": {
        **dict.fromkeys((*_TEXTS, *_OF_MEDIA, *_FALLBACKS), "text"),
        **dict.fromkeys(_PEOPLE, "person"), **dict.fromkeys(_OF_ENTRY, "leaf"),
        **dict.fromkeys(_MEDIA, "media"), "source": "source",
    },
    "media": {**dict.fromkeys(_MEDIA, "media"), **dict.fromkeys(_OF_MEDIA, "text")},
    "source": {"title": "text", **dict.fromkeys(_PEOPLE, "person"), "link": "leaf", "id": "leaf"},
    "person": dict.fromkeys(_OF_PEOPLE, "leaf"),
}  # fmt: skip
"""Roles, and which elements each may contain, with their roles; all others are left out."""
_XHTML = frozenset({"xhtml", "application/xhtml+xml"})
_WITH_END_TAG = html_tags.ELEMENTS - {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
}  # fmt: skip


def prune(text: str, namespaces: Mapping[str, str]) -> str:
    """Returns the shallow document; raises NotWellFormed.

    `namespaces` maps namespace URIs in lower case to the prefixes that we use for them.
    """
    pruner = _Pruner(namespaces)
    pruner.parser.Parse(text, True)
    if not pruner.has_entry:  # entries may be in an element that the publisher made up
        lenient = _Pruner(namespaces, is_lenient=True)
        lenient.parser.Parse(text, True)
        pruner = lenient if lenient.has_entry else pruner
    return "".join(pruner.output)


@dataclass(slots=True)
class _Element:
    """An element that is kept; `name` is as written, `key` has our prefix and lower case."""

    role: str
    name: str
    attributes: dict[str, str]
    key: str = ""
    pieces: list[str] = field(default_factory=list)
    is_markup: bool = False
    depth: int = 0
    texts: set[str] = field(default_factory=set)
    """For an entry: which of title and text it has."""
    fallbacks: dict[str, str] = field(default_factory=dict)
    """For an entry: markup of a title and text that are used if it has none of its own."""


class _Pruner:
    """Handles expat's events and collects the output."""

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
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _declaration(self, prefix: str | None, address: str | None) -> None:
        self._declared[f"xmlns:{prefix}" if prefix else "xmlns"] = address or ""

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        declared, self._declared = self._declared, {}
        if self._skipped:
            self._skipped += 1
            return
        address, name = _split(full_name)
        parent = self._kept[-1] if self._kept else None
        if parent and parent.role == "text":
            self._start_markup(parent, name.rpartition(":")[2], attributes)
            return
        prefix, _, local = name.rpartition(":")
        lower = address.lower()
        # some RSS 2.0 feeds declare a namespace for RSS itself
        is_rss = "backend.userland.com/rss" in lower
        prefix = "" if is_rss else self._namespaces.get(lower, prefix)
        key = f"{prefix}:{local}".lower() if prefix else local.lower()
        role = self._role(parent, key, attributes)
        if not role:
            self._skipped = 1
            return
        written = declared | _plain_names(attributes)
        if role == "wrapper":  # around a feed in another document: only namespaces and xml:base
            name = "wrapper"
            for attribute in set(written):
                if not attribute.startswith("xml"):
                    del written[attribute]
        element = _Element(role, name, written, key)
        if role == "entry":
            self.has_entry, self._entry = True, element
        if role == "text":
            kind = written.get("type", "").lower()
            element.is_markup = kind in _XHTML or (not kind and key in {"body", "xhtml:body"})
            if key in _OF_MEDIA:
                element.attributes.setdefault("xmlns:" + name.partition(":")[0], address)
            element.name = _FALLBACKS.get(key, name)
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
            local = _split(full_name)[1].rpartition(":")[2]
            if local.lower() in _WITH_END_TAG:
                element.pieces.append(f"</{local}>")
            return
        self._kept.pop()
        if element.role == "text":
            self._end_text(element)
            return
        if element is self._entry:
            self._entry = None
        self.output += element.fallbacks.values()
        self.output.append(f"</{element.name}>")

    def _text(self, text: str) -> None:
        if self._skipped:
            return
        element = self._kept[-1]
        if element.role == "text":
            element.pieces.append(escape(text) if element.is_markup else text)
        elif element.role in {"leaf", "person", "source"}:
            self.output.append(_escaped(text))

    def _start_markup(self, parent: _Element, local: str, attributes: Mapping[str, str]) -> None:
        """Adds an element inside a text as markup; text before the first one stays as it is."""
        parent.is_markup = True
        parent.depth += 1
        if local.lower() not in html_tags.ELEMENTS:
            return
        plain = {}
        for name, value in _plain_names(attributes).items():
            plain[name.rpartition(":")[2]] = value
        parent.pieces.append(_tag(local, plain))

    def _end_text(self, element: _Element) -> None:
        if element.is_markup:
            element.attributes["type"] = "html"
        words = "".join(element.pieces)
        markup = f"{_tag(element.name, element.attributes)}{_escaped(words)}</{element.name}>"
        kind = "title" if element.name.lower().endswith("title") else "text"
        entry = self._entry
        if entry and (element.key in _OF_MEDIA or element.key in _FALLBACKS):
            if kind not in entry.texts:
                entry.fallbacks.setdefault(kind, markup)
            return
        if entry and words.strip() and self._kept[-1] is entry:
            entry.texts.add(kind)
            entry.fallbacks.pop(kind, None)
        self.output.append(markup)

    def _role(self, parent: _Element | None, key: str, attributes: Mapping[str, str]) -> str:
        """Returns the role of an element inside its parent, "" if it has none there."""
        if not self._has_root:
            self._has_root = key in _ROOTS | _ENTRIES
            if key in _ENTRIES:
                return "entry"
            return "frame" if self._has_root else "wrapper"
        if parent is None:
            return ""
        if key in _OF_MEDIA and parent.key == "media:content":
            return ""
        kind = attributes.get("type", "").lower()
        if key in _TEXTS and kind.endswith(("/xml", "+xml")) and kind not in _XHTML:
            return ""  # another document inside this one
        role = _CHILDREN.get(parent.role, {}).get(key, "")
        if not role and self._is_lenient and parent.role in {"frame", "wrapper"}:
            return "wrapper"
        return role


def _split(full_name: str) -> tuple[str, str]:
    """Returns a name's namespace URI, and the name as written."""
    uri, separator, rest = full_name.partition(_SEPARATOR)
    if not separator:
        return "", full_name
    local, _, prefix = rest.partition(_SEPARATOR)
    return uri, f"{prefix}:{local}" if prefix else local


def _plain_names(attributes: Mapping[str, str]) -> dict[str, str]:
    """Returns the attributes by their names as written."""
    return {_split(full_name)[1]: value for full_name, value in attributes.items()}


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    written = (f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{''.join(written)}>"


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
