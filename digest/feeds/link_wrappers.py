"""Replaces redirect links of known services by the URL that they contain.

Only services whose links contain the target are listed here; nothing is fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from urllib.parse import parse_qs, unquote, urlsplit

from digest import urls

_MAX_WRAPPERS = 3
_SERVICES = (
    ("google.", "/url", ("url", "q")),
    ("news.google.", "/news/url", ("url",)),
    ("medium.com", "/r", ("url",)),
    ("medium.com", "/m/global-identity", ("redirectUrl",)),
    ("medium.com", "/m/global-identity-2", ("redirectUrl",)),
    ("rsci.app.link", "", ("$canonical_url",)),
    ("link.medium.com", "", ("$canonical_url",)),
    ("bing.com", "/news/apiclick.aspx", ("url",)),
    ("youtube.com", "/redirect", ("q",)),
    ("facebook.com", "/l.php", ("u",)),
    ("l.facebook.com", "/l.php", ("u",)),
    ("out.reddit.com", "", ("url",)),
    ("t.umblr.com", "/redirect", ("z",)),
    ("steamcommunity.com", "/linkfilter", ("url", "u")),
    ("getpocket.com", "/redirect", ("url",)),
    ("getpocket.com", "/ff_story", ("url",)),
    ("l.instagram.com", "", ("u",)),
    ("lm.facebook.com", "/l.php", ("u",)),
    ("vk.com", "/away.php", ("to",)),
    ("duckduckgo.com", "/l", ("uddg",)),
    ("slack-redir.net", "/link", ("url",)),
    ("linkedin.com", "/redir/redirect", ("url",)),
    ("exit.sc", "", ("url",)),
)
"""The host (or its beginning, up to a dot), the path, the parameters that may have the target."""
_WHOLE_QUERY = frozenset(
    {"href.li", "anonym.to", "anonymz.com", "dereferer.me", "nullrefer.com", "hiderefer.com"}
)
"""Hosts whose whole query is the target, percent-encoded or not."""
_GOOGLE_NEWS = re.compile(r"/(?:rss/|__i/rss/rd/)?articles/(CBM[\w-]{20,2000})={0,2}", re.ASCII)
_ADDRESS = re.compile(rb"https?://[!-~]+")


def unwrapped(link: str) -> str:
    """Returns the target of a redirect link; other links unchanged."""
    for _ in range(_MAX_WRAPPERS):
        target = _target(link)
        if not target:
            break
        link = target
    return link


def _target(link: str) -> str:
    """Returns the URL that a redirect link contains, or ""."""
    parts, host = urlsplit(link), urls.host_of(link)
    if host == "news.google.com" and (encoded := _GOOGLE_NEWS.fullmatch(parts.path)):
        padding = "=" * (-len(encoded[1]) % 4)
        with suppress(binascii.Error):  # not base64 after all
            match = _ADDRESS.search(base64.urlsafe_b64decode(encoded[1] + padding))
            return (match and urls.web_link(match[0].decode())) or ""
    if host in _WHOLE_QUERY:
        whole = link.partition("?")[2]
        return urls.web_link(whole) or urls.web_link(unquote(whole)) or ""
    for service, path, names in _SERVICES if parts.query else ():
        is_host = host.startswith(service) if service.endswith(".") else host == service
        if is_host and parts.path.rstrip("/") == path:
            query = parse_qs(parts.query)
            targets = (urls.web_link(query[name][0]) for name in names if name in query)
            return next((target for target in targets if target), "")
    return ""
