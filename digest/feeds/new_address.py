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
    moved = urls.web_link(new, base) if new else None
    if moved:
        known = {urls.canonical(one) for one in asked if urls.web_link(one)}
        return ("", "") if urls.canonical(moved) in known else (moved, "new-feed-url")
    if not all(urls.web_link(one) for one in asked):
        return "", ""
    links = [link for one in self_links if one.strip() and (link := urls.web_link(one, base))]
    known_keys = {_key(one) for one in asked}
    if any(_key(link) in known_keys for link in links):
        return "", ""
    for link in links:
        may_be_feed = _key(link)[1] != "" and _key(link) != _key(home)
        if may_be_feed and _is_public(link, base):
            return link, "self"
    return "", ""


def _key(address: str) -> tuple[str, str]:
    """Returns host and path in one spelling: no scheme, `www.`, port, query or last slash."""
    parts = urlsplit(address)
    path = _INDEX.sub("", unquote(parts.path).casefold())
    return urls.ascii_host((parts.hostname or "").removeprefix("www.")), path


def _is_public(link: str, base: str) -> bool:
    """True for the host of `base`, and for public hosts that are not hosting services."""
    host = _key(link)[0]
    is_local = "." not in host or re.fullmatch(r"[\d.]+", host) is not None
    return host == _key(base)[0] or not (is_local or _SERVICES.fullmatch(host))
