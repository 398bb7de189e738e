"""Tells a web page from a feed, and finds where the page's feed may be: what it advertises, what it links to as RSS.

Feeds are advertised by `<link rel=alternate>` (the HTML standard); some pages have only a link called RSS or Atom.
Refuses to follow what it finds: an address in words is for the editor to judge.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from digest import urls
from digest.feeds import html_head
from digest.feeds.html_head import Element

_HEAD = 200_000
_BODY = 2_000_000
# What may stand before it is taken possessively: trying it in every other way would take for ever.
_OPENING = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json",
})  # fmt: skip
_MOST_NAMED = 5
_CALLED = re.compile(r"\b(?:rss|atom|rdf|xml|feeds?)\b", re.IGNORECASE)
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
    """Tells whether a body begins as an HTML document does."""
    return _OPENING.match(body[:_HEAD]) is not None


def advertised(body: bytes, base: str) -> str:
    """Returns the address of the first feed that the page names, absolute, or nothing."""
    return next(iter(named(body, base)), "")


def named(body: bytes, base: str) -> tuple[str, ...]:
    """Returns the addresses of all feeds that the page names, absolute and each once, in its order."""
    head = body[:_HEAD].decode("utf-8", "replace")
    addresses = (
        urls.feed_link(found, base) for found in map(_feed_named, html_head.scan(head)) if found
    )
    return tuple(dict.fromkeys(address for address in addresses if address))


def candidates(body: bytes, base: str) -> tuple[str, ...]:
    """Returns where the page's feed may be, the likeliest first: what it advertises, then its links called RSS or Atom.

    If it advertises none, the places where feeds mostly are come last. Feeds of comments come after the others.
    """
    advertised_, linked_ = (
        sorted(found, key=_is_of_comments) for found in (named(body, base), linked(body, base))
    )
    said = dict.fromkeys((*advertised_[:_MOST_NAMED], *linked_[:_MOST_NAMED]))
    if advertised_:
        return tuple(said)
    folders = dict.fromkeys(
        (urljoin(base, "./"), urljoin(base.rstrip("/") + "/", "./"), urljoin(base, "/"))
    )
    usual = (urljoin(folder, name) for folder in reversed(folders) for name in _USUAL_NAMES)
    return tuple(dict.fromkeys((*said, *usual)))


def linked(body: bytes, base: str) -> tuple[str, ...]:
    """Returns the addresses of the links that the page calls RSS, Atom or a feed, absolute and each once."""
    anchors = html_head.scan(body[:_BODY].decode("utf-8", "replace"), also=("a",))
    addresses = (
        urls.feed_link(one.get("href"), base)
        for one in anchors
        if one.name == "a" and _is_called_feed(one)
    )
    page = base.partition("#")[0]
    return tuple(dict.fromkeys(one for one in addresses if one and one.partition("#")[0] != page))


def _is_called_feed(link: Element) -> bool:
    words = (link.text, *map(link.get, ("title", "aria-label", "class", "rel")))
    return (
        link.get("href").lower().startswith("feed:")
        or link.get("type").lower() in _FEED_TYPES
        or any(map(_CALLED.search, words))
    )


def _is_of_comments(address: str) -> bool:
    return "comment" in address.lower()


def _feed_named(element: Element) -> str:
    is_feed = element.name == "link" and element.get("type").lower() in _FEED_TYPES
    return (
        element.get("href") if is_feed and "alternate" in element.get("rel").lower().split() else ""
    )
