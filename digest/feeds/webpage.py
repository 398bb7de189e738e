"""Tells a web page from a feed, and finds the feed that the page advertises (the HTML standard's `rel=alternate`).

Refuses to follow what it finds: an address in words is for the editor to judge.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from digest import links

_HEAD = 200_000
_OPENING = re.compile(
    rb"^(?:\xef\xbb\xbf)?(?:\s+|<\?[^>]*>|<!--.*?-->)*<(?:!doctype\s+html|html|head|body|title|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json",
})  # fmt: skip


def is_page(body: bytes) -> bool:
    """Tells whether a body begins as an HTML document does."""
    return _OPENING.match(body[:_HEAD]) is not None


def advertised(body: bytes, base: str) -> str:
    """Returns the address of the first feed that the page names, absolute, or nothing."""
    finder = _Finder()
    finder.feed(body[:_HEAD].decode("utf-8", "replace"))
    addresses = (links.web_link(found, base) for found in finder.found)
    return next((address for address in addresses if address), "")


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        rel, kind = said.get("rel", "").lower().split(), said.get("type", "").strip().lower()
        if tag == "link" and "alternate" in rel and kind in _FEED_TYPES:
            self.found.append(said.get("href", ""))
