"""The W3C Feed Validator's rules for an Atom feed that can be checked here: it cannot be installed.

Each rule yields what it finds wrong, warnings as well as errors: missing, doubled and misplaced elements, links without
a right to be there, ids that are not URIs, times without a zone, HTML that a reader cannot use. A headline that
spells out a tag is left alone, though the validator frowns on it: it is marked as text, and text it is.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import html5lib

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
Element = ElementTree.Element

ONCE = {"id", "title", "updated"}
AT_MOST_ONCE = {
    "subtitle",
    "generator",
    "icon",
    "logo",
    "rights",
    "published",
    "summary",
    "content",
    "source",
}
OF_FEED = ONCE | {
    "subtitle",
    "generator",
    "icon",
    "logo",
    "rights",
    "author",
    "contributor",
    "category",
    "link",
    "entry",
}
OF_ENTRY = ONCE | {
    "published",
    "summary",
    "content",
    "source",
    "rights",
    "author",
    "contributor",
    "category",
    "link",
}
CHAIN = {"current", "first", "last", "next", "next-archive", "prev-archive", "previous"}
RELATIONS = CHAIN | {"alternate", "enclosure", "license", "related", "self", "via"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
READABLE = {
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del",
    "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins",
    "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
}  # fmt: skip
"""The elements that feed readers show; the validator warns of most others."""


def broken(body: bytes, address: str) -> list[str]:
    """Returns what is wrong with an Atom feed that is served at that address."""
    feed = ElementTree.fromstring(body)
    found = [*_of_feed(feed, address)]
    for number, entry in enumerate(feed.findall(f"{ATOM}entry")):
        found += [
            f"entry {number}: {what}" for what in _of_entry(entry, bool(_all(feed, "author")))
        ]
    ids = Counter(one.findtext(f"{ATOM}id") for one in feed.findall(f"{ATOM}entry"))
    return found + [f"two entries are {id}" for id, number in ids.items() if number > 1]


def _of_feed(feed: Element, address: str) -> Iterator[str]:
    yield from _of_both(feed, OF_FEED)
    names = [one.tag for one in feed]
    if f"{ATOM}entry" in names and set(names[names.index(f"{ATOM}entry") :]) != {f"{ATOM}entry"}:
        yield "something of the feed stands behind an entry"
    links = Counter(
        (one.get("rel"), one.get("type"), one.get("hreflang")) for one in _all(feed, "link")
    )
    yield from (f"two links are {which}" for which, number in links.items() if number > 1)
    if [one.get("href") for one in _all(feed, "link") if one.get("rel") == "self"] != [address]:
        yield f"no link says that the feed is at {address}"
    if feed.get("{http://www.w3.org/XML/1998/namespace}lang") is None:
        yield "no language"


def _of_entry(entry: Element, has_author: bool) -> Iterator[str]:
    yield from _of_both(entry, OF_ENTRY)
    if not (has_author or _all(entry, "author")):
        yield "no author"
    relations = [one.get("rel", "alternate") for one in _all(entry, "link")]
    if relations.count("alternate") != 1:
        yield "not one link to what it is about"
    if CHAIN & set(relations):
        yield "a link that only a feed may have"
    for content in _all(entry, "content"):
        yield from _of_content(content)
    for source in _all(entry, "source"):
        yield from (f"source: {what}" for what in _of_both(source, OF_FEED - {"entry"}))


def _of_both(one: Element, may: set[str]) -> Iterator[str]:
    names = Counter(child.tag.removeprefix(ATOM) for child in one)
    yield from (f"not one {name}" for name in sorted(ONCE) if names[name] != 1)
    yield from (f"more than one {name}" for name in sorted(AT_MOST_ONCE) if names[name] > 1)
    yield from (
        f"{name} is not known here"
        for name in names
        if name not in may and not name.startswith(HISTORY)
    )
    yield from (f"{child.tag} says nothing" for child in one if _is_blank(child))
    if not re.match(r"[a-z][a-z0-9+.-]*:\S+$", one.findtext(f"{ATOM}id") or ""):
        yield "an id that is not a URI"
    for name in ("updated", "published"):
        yield from (
            f"{name} is {moment.text}"
            for moment in _all(one, name)
            if not MOMENT.fullmatch(moment.text or "")
        )
    for link in _all(one, "link"):
        yield from _of_link(link)


def _of_link(link: Element) -> Iterator[str]:
    address = urlsplit(link.get("href", ""))
    if not (
        address.scheme in {"http", "https"} and address.netloc and " " not in link.get("href", " ")
    ):
        yield f"a link to {link.get('href')!r}"
    if link.get("rel", "alternate") not in RELATIONS:
        yield f"a link that is {link.get('rel')!r}"
    if not MEDIA_TYPE.fullmatch(link.get("type", "text/html")):
        yield f"a link to a {link.get('type')!r}"
    if link.get("title") == "" or len(link) or (link.text or "").strip():
        yield "a link with something in it"


def _of_content(content: Element) -> Iterator[str]:
    """HTML as every reader can show it: parsed without a complaint, nothing that runs or styles, all links absolute."""
    if content.get("type") != "html":
        yield f"content is {content.get('type')}"
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    for one in parser.parseFragment(content.text or "").iter():
        if not isinstance(one.tag, str) or one.tag == "DOCUMENT_FRAGMENT":
            continue
        if one.tag not in READABLE:
            yield f"content has a {one.tag}"
        if any(name == "style" or name.startswith("on") for name in one.attrib):
            yield f"a {one.tag} of the content has {sorted(one.attrib)}"
        for name in {"href", "src", "cite"} & set(one.attrib):
            if not urlsplit(one.attrib[name]).scheme:
                yield f"content leads to {one.attrib[name]!r}"


def _is_blank(child: Element) -> bool:
    has_words = child.tag in {
        f"{ATOM}{name}" for name in ("id", "title", "updated", "published", "name", "generator")
    }
    return has_words and not (child.text or "").strip()


def _all(one: Element, name: str) -> list[Element]:
    return one.findall(f"{ATOM}{name}")
