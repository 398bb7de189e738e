"""Finds a feed's new address in the feed: `itunes:new-feed-url`, or its `rel=self` link.

A new address is reported, never followed. Many self links are the same address in another
spelling, or inside the service that hosts the feed; these are not moves. Neither is the self link
of a feed that is a local file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from digest import urls
from digest.model import Fetched

_SERVICES = re.compile(
    r"(?:.+\.)?(?:blogger|feedburner|feedpress|google|medium|wordpress)\.(?:com|me)"
)
"""Services that host feeds, and put their own addresses into them."""
_INDEX = re.compile(r"/(?:index\.\w+)?$")


def find(fetched: Fetched, new: str, self_links: Iterable[str], home: str) -> tuple[str, str]:
    """Returns a feed's new address and its source, "new-feed-url" or "self"; two "" if none.

    `new` is the feed's `itunes:new-feed-url`, `self_links` are its `rel=self` links, `home` is its
    web page.
    """
    base, asked = fetched.url, (fetched.feed.url, fetched.url)
    if new and (new_link := urls.web_link(new, base)):
        known = {urls.canonical(address) for address in asked if urls.web_link(address)}
        return ("", "") if urls.canonical(new_link) in known else (new_link, "new-feed-url")
    if not all(map(urls.web_link, asked)):
        return "", ""
    keys = {_key(address) for address in asked}
    moved = ""
    for address in self_links:
        link = urls.web_link(address, base) if address.strip() else None
        if not link:
            continue
        key = _key(link)
        if key in keys:
            return "", ""
        host, path = key
        is_local = "." not in host or re.fullmatch(r"[\d.]+", host) is not None
        is_public = not (is_local or _SERVICES.fullmatch(host))
        if path and key != _key(home) and (is_public or host == _key(base)[0]):
            moved = moved or link
    return (moved, "self") if moved else ("", "")


def _key(address: str) -> tuple[str, str]:
    """Returns host and path in one spelling: no scheme, `www.`, port, query or last slash."""
    parts = urlsplit(address)
    path = _INDEX.sub("", unquote(parts.path).casefold())
    return urls.ascii_host((parts.hostname or "").removeprefix("www.")), path
