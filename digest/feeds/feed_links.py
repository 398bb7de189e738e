"""Tells web pages from feeds, and lists where a page's feed may be.

Pages advertise feeds with `<link rel=alternate>` (HTML standard, link type "alternate"); some only
have a link that is called RSS or Atom. Nothing is fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from digest import urls
from digest.feeds import encodings, html_head
from digest.feeds.html_head import Element
from digest.model import Fetched

_HEAD_BYTES = 200_000
_BODY_BYTES = 2_000_000
# What may come before the tag is matched possessively: backtracking would take forever.
_OPENING = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_ROOT = re.compile(
    r"\s*(?:<(?:\?(?:(?!\?>).)*\?|!--(?:(?!-->).)*--|!DOCTYPE[^<>]*)>\s*)*+"
    r"<(?:rss|feed|rdf:RDF)[\s>]"
    r"|\s*\{.*?\"version\"\s*:\s*\"https?:(?:\\?/){2}jsonfeed\.org",
    re.DOTALL,
)
_ROOT_BYTES = 10_000
"""Bytes that are searched for a feed's root element."""
_FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml",
    "application/feed+json", "application/json",
})  # fmt: skip
_MAX_OF_A_KIND = 5
_FEED_WORDS = re.compile(r"\b(?:rss|atom|rdf|xml|feeds?)\b", re.IGNORECASE)
_USUAL_NAMES = (
    "feed",
    "feed.xml",
    "rss.xml",
    "atom.xml",
    "index.xml",
    "rss",
    "feed.atom",
    "feed.json",
)


def is_page(body: bytes) -> bool:
    """True if a body starts like an HTML document."""
    return _OPENING.match(body[:_HEAD_BYTES]) is not None


def is_feed(fetched: Fetched) -> bool:
    """True if the document is a feed, whatever its Content-Type is."""
    text = encodings.decode((fetched.body or b"")[:_ROOT_BYTES], fetched.content_type).text
    return _FEED_ROOT.match(text.removeprefix("\ufeff")) is not None


def advertised(body: bytes, base: str) -> tuple[str, ...]:
    """Returns the absolute addresses of the feeds that the page advertises, in its order."""
    links = []
    for element in html_head.scan(body[:_HEAD_BYTES].decode("utf-8", "replace")):
        is_feed_link = element.name == "link" and element.get("type").lower() in _FEED_TYPES
        if is_feed_link and "alternate" in element.get("rel").lower().split():
            links.append(element)
    return _addresses(links, base)


def linked(body: bytes, base: str) -> tuple[str, ...]:
    """Returns the absolute addresses of links that are called RSS, Atom or feed."""
    elements = html_head.scan(body[:_BODY_BYTES].decode("utf-8", "replace"), also=("a",))
    links = [element for element in elements if element.name == "a" and _is_called_feed(element)]
    page = base.partition("#")[0]
    addresses = _addresses(links, base)
    return tuple(address for address in addresses if address.partition("#")[0] != page)


def candidates(body: bytes, base: str) -> tuple[str, ...]:
    """Returns where the page's feed may be, the likeliest first.

    These are the feeds that it advertises, then its links called RSS or Atom. If it advertises
    none, the usual addresses of feeds come last. Feeds of comments come after others of their kind.
    """
    named = sorted(advertised(body, base), key=_is_of_comments)
    links = sorted(linked(body, base), key=_is_of_comments)
    found = [*named[:_MAX_OF_A_KIND], *links[:_MAX_OF_A_KIND]]
    if not named:
        folders = dict.fromkeys(
            (urljoin(base, "./"), urljoin(base.rstrip("/") + "/", "./"), urljoin(base, "/"))
        )
        for folder in reversed(folders):
            found += [urljoin(folder, name) for name in _USUAL_NAMES]
    return tuple(dict.fromkeys(found))


def _addresses(links: Iterable[Element], base: str) -> tuple[str, ...]:
    """Returns the absolute http(s) addresses of links, each once."""
    addresses = dict[str, None]()
    for link in links:
        address = urls.feed_link(link.get("href"), base) if link.get("href") else None
        if address:
            addresses[address] = None
    return tuple(addresses)


def _is_called_feed(link: Element) -> bool:
    words = (link.text, *map(link.get, ("title", "aria-label", "class", "rel")))
    return (
        link.get("href").lower().startswith("feed:")
        or link.get("type").lower() in _FEED_TYPES
        or any(map(_FEED_WORDS.search, words))
    )


def _is_of_comments(address: str) -> bool:
    return "comment" in address.lower()
