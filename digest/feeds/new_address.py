"""Where a feed says that it is now: `itunes:new-feed-url`, and the link by which it names its own address.

Policy. What a feed says is reported, never followed. Many feeds name an address for themselves that is theirs in
another spelling, or inside the service that serves them. These are no moves; neither is what a file says of its origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from digest import urls

_SERVICES = re.compile(
    r"(?:.+\.)?(?:blogger|feedburner|feedpress|google|medium|wordpress)\.(?:com|me)"
)
"""Hosts that serve the feeds of others, and name themselves in them."""
_INDEX = re.compile(r"/(?:index\.\w+)?$")


def said(new: str, own: Iterable[str], home: str, *asked: str) -> tuple[str, str]:
    """Returns a feed's new address and what names it, "new-feed-url" or "self"; nothing twice if it is where it was.

    `own` has what the feed calls its own address, `home` is its page, `asked` are the addresses that it was read from.
    """
    base = asked[-1]
    moved = urls.web_link(new, base) if new else None
    if moved:
        is_there = any(
            urls.canonical(moved) == urls.canonical(one) for one in asked if urls.web_link(one)
        )
        return ("", "") if is_there else (moved, "new-feed-url")
    if not all(urls.web_link(one) for one in asked):
        return "", ""
    named = [link for one in own if one.strip() and (link := urls.web_link(one, base))]
    places = {_place(one) for one in asked}
    if any(_place(link) in places for link in named):
        return "", ""
    elsewhere = (link for link in named if _may_be_a_feed(link, home) and _is_open(link, base))
    return next(((link, "self") for link in elsewhere), ("", ""))


def _place(address: str) -> tuple[str, str]:
    """Returns what is the same in all spellings of an address: without scheme, `www.`, port, query and last slash."""
    parts = urlsplit(address)
    path = _INDEX.sub("", unquote(parts.path).casefold())
    return urls.ascii_host((parts.hostname or "").removeprefix("www.")), path


def _may_be_a_feed(link: str, home: str) -> bool:
    return _place(link)[1] != "" and _place(link) != _place(home)


def _is_open(link: str, base: str) -> bool:
    """Tells whether a link leads to a host that anybody can ask, and that is not of a service."""
    host = _place(link)[0]
    is_local = "." not in host or re.fullmatch(r"[\d.]+", host) is not None
    return host == _place(base)[0] or not (is_local or _SERVICES.fullmatch(host))
