"""Web addresses: validates them, removes trackers, and reduces them to what identifies an article.

Only http and https are allowed: a URL with another scheme could run or read something. User name
and password are kept for fetching only (`fetch_link`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, urljoin, urlsplit, urlunsplit

from digest import tracking_parameters

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names by which programs on this machine reach it."""
ALL_INTERFACES = frozenset({"0.0.0.0", "::", ""})
"""Addresses that a server listens on to be reached at all of the machine's."""
_TEXT_FRAGMENT = re.compile(r":~:.*", re.DOTALL)
_ARTICLE = re.compile(r"/article/(\d{6,})(?=/|$)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+")
_UNSEEN = r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]"
"""Slow to compile, like the trackers, and not needed by most builds: so not compiled at import."""
_HOST = re.compile(r"[\w.:~-]+")
"""A name or an address (RFC 3986 §3.2.2), without white space, percent signs, brackets, quotes."""
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLACEHOLDER = re.compile(
    r"(?:.+\.)?(?:example\.(?:com|net|org|edu)|example|test|invalid|localhost)"
    r"|127\.[\d.]+|0\.0\.0\.0|::1?"
    r"|(?:example|you|yours|user|user-?name|(?:your|my)-?(?:user-?)?name|owner|account|org"
    r"|your-?(?:account|org|organi[sz]ation|site|project|digest))"
    r"\.(?:(?:github|gitlab)\.io|codeberg\.page|pages\.dev|netlify\.app)"
    r"|(?:.+\.)?your-?(?:own-?)?(?:site|domain|host|website)\.[a-z]+"
)
"""Reserved hosts (RFC 2606, RFC 6761), this machine, and what examples have for a name of yours."""
_CODE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*,:@"
)
"""Characters that mean the same in a path or query, percent-encoded or not."""
_SAFE = "%/?#&=+;-._~!$'()*,:@"
_PLAIN = re.compile(r"[A-Za-z0-9._~:/@,!$'()*-]*")
"""A URL without query and percent codes, so that nothing can be left out."""
_UNFIT = re.compile(r"[\x00-\x20\"<>\\^`{|}\x7f-\x9f]")
_FIT = re.compile(
    r"(https?)://([A-Za-z0-9.-]+)((?:/[A-Za-z0-9!$%&'()*+,\-./:;=@_~]*)?)"
    r"(?:\?([A-Za-z0-9!$%&'()*+,\-./:;=?@_~]+))?(?:#([A-Za-z0-9!$%&'()*+,\-./:;=?@_~]+))?"
)
"""Most links: URLs that need no change, with their parts as groups."""
_NAME = re.compile(r"[A-Za-z0-9.-]*")

_FEED_SCHEME = re.compile(r"\A\s*feed:(?:(?://)?(https?://)|//)", re.IGNORECASE)
"""Some programs write the URL of a feed as `feed://a.example/f` or `feed:https://a.example/f`."""
_NOT_TO_WEB = r"""\s*[<"']?(?!(?i:https?://))"""
_OWN_MARKDOWN_LINK = re.compile(rf"\][(:]{_NOT_TO_WEB}")
_OWN_HTML_LINK = re.compile(rf"(?i:href|src)\s*={_NOT_TO_WEB}")
"""The beginnings of links that may not be to the web; two, since one for both is slow to search."""


def web_link(address: str, base: str = "") -> str | None:
    """Returns the address as an absolute http(s) URL, fit for an attribute; None if it is not one.

    White space around it and control characters are removed, as browsers do (WHATWG URL §4.4);
    invalid characters are percent-encoded (RFC 3986 §2); a relative one is resolved against `base`.
    User name and password are removed.
    """
    link = fetch_link(address, base)
    if link is None or "@" not in link:
        return link
    parts = urlsplit(link)
    if "@" not in parts.netloc:
        return link
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def fetch_link(address: str, base: str = "") -> str | None:
    """Returns the URL like `web_link`, with the user name and password that a server may need."""
    if not base and _FIT.fullmatch(address):
        return address
    bare = re.sub(_UNSEEN, "", address).strip().replace(" ", "%20")
    try:
        parts = urlsplit(urljoin(base, bare) if base else bare)
        port = parts.port
    except ValueError:
        return None
    is_web = parts.scheme.lower() in {"http", "https"}
    if not is_web or not _HOST.fullmatch(parts.hostname or "") or port == 0:
        return None
    link = urlunsplit(parts._replace(scheme=parts.scheme.lower()))
    # an empty fragment may have had white space before it
    return _UNFIT.sub(lambda character: quote(character[0]), link.rstrip())


def feed_link(address: str, base: str = "") -> str | None:
    """Returns the URL like `fetch_link`; also accepts the scheme `feed:`, as feed readers do."""
    return fetch_link(_FEED_SCHEME.sub(lambda found: found[1] or "http://", address), base)


def redirected(address: str, location: str) -> str | None:
    """Returns the target of a redirect, for fetching; None if that is not a web address.

    User name and password are kept on the same server, and never sent to another one.
    """
    target = fetch_link(location, address)
    if target is None:
        return None
    old, new = urlsplit(address), urlsplit(target)
    login, at, server = old.netloc.rpartition("@")
    if at and (old.scheme, server) == (new.scheme, new.netloc):
        return urlunsplit(new._replace(netloc=f"{login}@{server}"))
    return target


def site_url(address: str) -> str | None:
    """Returns the URL of a site in its usual form, with a slash at the end; None if not possible.

    Letters beyond ASCII are encoded as browsers do: the host by IDNA, the rest as percent codes.
    """
    if site_fault(address):
        return None
    parts = urlsplit(fetch_link(address) or "")
    host, colon, port = parts.netloc.partition(":")
    path = quote(_LONE_PERCENT.sub("%25", parts.path), safe="/%:@!$&'()*+,;=~")
    return urlunsplit(
        parts._replace(netloc=ascii_host(host) + colon + port, path=path.rstrip("/") + "/")
    )


def site_fault(address: str) -> str:
    """Returns why an address cannot be that of a site, as the end of a sentence; "" if it can."""
    link = fetch_link(address)
    if link is None or re.search(r"\s", address.strip()) or "\\" in address:
        return "is not a plain http(s) address"
    parts = urlsplit(link)
    if "@" in parts.netloc:
        return "has a user name or a password in it, which would be on every page"
    if "?" in address or "#" in address:
        return "has a query or a fragment (? or #)"
    if any(re.fullmatch(r"(?:\.|%2e){1,2}", part, re.IGNORECASE) for part in parts.path.split("/")):
        return "has a . or .. in its path, which browsers remove"
    if "//" in parts.path or re.search(r"%2f|%5c", parts.path, re.IGNORECASE):
        return "has an empty or hidden part in its path"
    host = ascii_host(parts.hostname or "")
    labels = host.rstrip(".").split(".")
    if not host.isascii() or not all(0 < len(label) < 64 for label in labels):
        return "has no valid host name"
    return ""


def ascii_host(host: str) -> str:
    """Returns a host as browsers request it (IDNA); unchanged if it cannot be encoded."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def is_placeholder(url: str) -> bool:
    """True for a URL from an example, of this machine, or the one that `init` writes."""
    name = (urlsplit(url).hostname or "").lower().rstrip(".")
    return _PLACEHOLDER.fullmatch(name) is not None


def clean(link: str) -> str:
    """Returns the link without tracking parameters and text fragments; the rest stays unchanged."""
    scheme, netloc, path, query, fragment = _split(link)
    parts = query.split("&") if query else []
    kept = "&".join([part for part in parts if not tracking_parameters.is_dropped(part)])
    if query and not kept and not path.strip("/"):
        kept = _untracked(query)  # on a home page, only a parameter may identify the page
    fragment = _TEXT_FRAGMENT.sub("", fragment)
    if tracking_parameters.is_tracking_fragment(fragment):
        fragment = ""
    return urlunsplit((scheme, netloc, path, kept, fragment))


@lru_cache(maxsize=8192)  # a pull calls it many times for each link
def canonical(link: str) -> str:
    """Returns the same text for all URLs of an article, for comparison.

    It has no scheme, `www.`, trackers, last slash or fragment.
    """
    fit = _FIT.fullmatch(link)
    if fit:  # a third faster than `_split`
        host = fit[2].lower().removeprefix("www.")
        path = fit[3]
        query = _untracked(fit[4] or "")
    else:
        parts = _split(link)
        host = _host(parts)
        path = parts.path
        query = _untracked(parts.query)
    if not query:
        return f"{host}{path.rstrip('/')}"
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    parameters = "&".join(f"{name}={value}" for name, value in pairs)
    return f"{host}{path.rstrip('/')}" + (f"?{parameters}" if parameters else "")


@lru_cache(maxsize=8192)  # a pull calls it many times for each link
def lasting(address: str) -> str:
    """Returns a `canonical` URL without session tokens, and with percent codes in one form."""
    if address.isascii() and _PLAIN.fullmatch(address):
        return address
    path, mark, query = tracking_parameters.without_session(address).partition("?")
    parts = query.split("&") if mark else []
    kept = "&".join(part for part in parts if not tracking_parameters.is_passing(part))
    if query and not kept and "/" not in path.rstrip("/"):
        kept = query  # on a home page, only a parameter may identify the page
    address = f"{path.rstrip('/')}?{kept}" if kept else path.rstrip("/")
    # Exactly those characters are encoded that must be (RFC 3986 §6.2.2).
    return quote(_CODE.sub(_decoded, _LONE_PERCENT.sub("%25", address)), safe=_SAFE)


@lru_cache(maxsize=8192)  # a pull calls it many times for each link
def fragment_of(link: str) -> str:
    """Returns the fragment of a link; "" if there is none, or only a text fragment."""
    return _TEXT_FRAGMENT.sub("", _split(link).fragment) if "#" in link else ""


@lru_cache(maxsize=8192)  # a pull calls it many times for each link
def is_front_page(link: str) -> bool:
    """True if a link leads to a site as a whole."""
    parts = _split(clean(link))
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def article_number(link: str) -> str | None:
    """Returns host and number, `scmp.com/3353715`, of `/article/<6 or more digits>/` in a path."""
    parts = _split(link)
    match = _ARTICLE.search(parts.path)
    return f"{_host(parts)}/{match[1]}" if match else None


def host_of(link: str) -> str:
    """Returns a link's host, without `www.`."""
    return _host(_split(link))


def is_absolute(text: str) -> bool:
    """True if a text is an absolute URI (RFC 3986 §4.3), and so identifies one thing anywhere."""
    scheme, colon, rest = text.partition(":")
    return bool(colon and rest.strip("/") and _SCHEME.fullmatch(scheme)) and " " not in text


def has_own_link(text: str) -> bool:
    """True if Markdown may link to a file of the digest; also for some text without such links."""
    if _OWN_MARKDOWN_LINK.search(text):
        return True
    return "=" in text and _OWN_HTML_LINK.search(text) is not None


def _split(link: str) -> SplitResult:
    """Returns the parts of a link like `urlsplit`, and faster for most."""
    fit = _FIT.fullmatch(link)
    return SplitResult(*fit.groups("")) if fit else urlsplit(link)


def _untracked(query: str) -> str:
    """Returns a query without tracking parameters."""
    if not query:
        return ""
    kept = []
    for part in query.split("&"):
        if not tracking_parameters.is_tracker(part.partition("=")[0]):
            kept.append(part)
    return "&".join(kept)


def _host(parts: SplitResult) -> str:
    if _NAME.fullmatch(parts.netloc):
        return parts.netloc.lower().removeprefix("www.")
    name = (parts.hostname or "").removeprefix("www.")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{name}:{parts.port}" if parts.port not in {None, default} else name


def _decoded(code: re.Match[str]) -> str:
    """Returns the character of a percent code if it need not be encoded, else the code."""
    character = chr(int(code[0][1:], 16))
    return character if character in _UNRESERVED else code[0].upper()
