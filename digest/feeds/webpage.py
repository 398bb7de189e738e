"""Tells a web page from a feed, and finds the feed that the page advertises (the HTML standard's `rel=alternate`).

Refuses to follow what it finds: an address in words is for the editor to judge.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from digest import links
from digest.feeds import elements
from digest.feeds.elements import Element

_HEAD = 200_000
# What may stand before it is taken possessively: trying it in every other way would take for ever.
_OPENING = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json",
})  # fmt: skip
_MOST_NAMED = 5
_USUAL_NAMES = ("feed", "feed.xml", "rss.xml", "atom.xml", "index.xml", "rss", "feed.atom", "feed.json")


def is_page(body: bytes) -> bool:
    """Tells whether a body begins as an HTML document does."""
    return _OPENING.match(body[:_HEAD]) is not None


def advertised(body: bytes, base: str) -> str:
    """Returns the address of the first feed that the page names, absolute, or nothing."""
    return next(iter(named(body, base)), "")


def named(body: bytes, base: str) -> tuple[str, ...]:
    """Returns the addresses of all feeds that the page names, absolute and each once, in its order."""
    head = body[:_HEAD].decode("utf-8", "replace")
    addresses = (links.fetch_link(found, base) for found in map(_feed_named, elements.scan(head)) if found)
    return tuple(dict.fromkeys(address for address in addresses if address))


def candidates(body: bytes, base: str) -> tuple[str, ...]:
    """Returns where the page's feed may be, the likeliest first: where it says, else where such feeds mostly are.

    Of the feeds that it names, those of comments come last.
    """
    said = sorted(named(body, base), key=lambda address: "comment" in address.lower())
    if said:
        return tuple(said[:_MOST_NAMED])
    folders = dict.fromkeys((urljoin(base, "./"), urljoin(base.rstrip("/") + "/", "./"), urljoin(base, "/")))
    return tuple(dict.fromkeys(urljoin(folder, name) for folder in reversed(folders) for name in _USUAL_NAMES))


def _feed_named(element: Element) -> str:
    is_feed = element.name == "link" and element.get("type").lower() in _FEED_TYPES
    return element.get("href") if is_feed and "alternate" in element.get("rel").lower().split() else ""
