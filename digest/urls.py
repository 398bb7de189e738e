"""What a web address is to us: checked, freed of trackers, and reduced to what identifies an article.

Refuses every scheme but http and https: an address with another one could run or read something. A user name and a
password are kept for fetching alone (`fetch_link`); every other address is without them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, urljoin, urlsplit, urlunsplit

from digest import tracking_parameters

_TEXT_FRAGMENT = re.compile(r":~:.*", re.DOTALL)
_ARTICLE = re.compile(r"/article/(\d{6,})(?=/|$)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+")
_UNSEEN = r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]"
"""This and the trackers are compiled when they are first asked for: they are dear, and many a build needs neither."""
_HOST = re.compile(r"[\w.:~-]+")
"""A name or an address (RFC 3986 §3.2.2) without what no host has: white space, percent signs, brackets, quotes."""
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLACEHOLDER = re.compile(
    r"(?:.+\.)?(?:example\.(?:com|net|org|edu)|example|test|invalid|localhost)|127\.[\d.]+|0\.0\.0\.0|::1?"
    r"|(?:example|user|user-?name|(?:your|my)-?(?:user-?)?name|owner)\.(?:github|gitlab)\.io"
)
"""Hosts that nobody can have (RFC 2606, RFC 6761), of this machine, and those that stand for a user of GitHub."""
_CODE = re.compile(r"%[0-9A-Fa-f]{2}")
_MEANS_ITSELF = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*,:@"
)
"""Signs that are the same in a path or query, whether they are percent-encoded or not."""
_SAFE = "%/?#&=+;-._~!$'()*,:@"
_PLAIN = re.compile(r"[A-Za-z0-9._~:/@,!$'()*-]*")
"""An address in which nothing can be left out: it has no query, and no percent code."""
_UNFIT = re.compile(r"[\x00-\x20\"<>\\^`{|}\x7f-\x9f]")
_FIT = re.compile(
    r"(https?)://([A-Za-z0-9.-]+)((?:/[A-Za-z0-9!$%&'()*+,\-./:;=@_~]*)?)"
    r"(?:\?([A-Za-z0-9!$%&'()*+,\-./:;=?@_~]+))?(?:#([A-Za-z0-9!$%&'()*+,\-./:;=?@_~]+))?"
)
"""What most links are: an address in which nothing has to be changed, its parts being plain to see."""
_NAME = re.compile(r"[A-Za-z0-9.-]*")

_FEED_SCHEME = re.compile(r"\A\s*feed:(?:(?://)?(https?://)|//)", re.IGNORECASE)
"""How some programs write a feed's address: `feed://a.example/f` for http, `feed:https://a.example/f`."""
_OWN_LINK = re.compile(r"""(?:\]\(|\]:|href\s*=|src\s*=)\s*[<"']?(?!https?://)""", re.IGNORECASE)
"""Every way in which Markdown or HTML begins a link, where what follows may be no address of the web."""


def web_link(address: str, base: str = "") -> str | None:
    """Returns the address as an absolute http(s) link fit for an attribute, or None where it is not one.

    White space around it and control characters inside it are dropped, as browsers do (WHATWG URL §4.4);
    signs that no address may hold are percent-encoded (RFC 3986 §2); a relative one is resolved against `base`.
    A user name and a password are left out.
    """
    link = fetch_link(address, base)
    if link is None or "@" not in link:
        return link
    parts = urlsplit(link)
    return (
        urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        if "@" in parts.netloc
        else link
    )


def fetch_link(address: str, base: str = "") -> str | None:
    """Returns what `web_link` does, with the user name and the password that a server may want."""
    if not base and _FIT.fullmatch(address):
        return address
    bare = re.sub(_UNSEEN, "", address).strip().replace(" ", "%20")
    try:
        parts = urlsplit(urljoin(base, bare) if base else bare)
        port = parts.port
    except ValueError:
        return None
    if (
        parts.scheme.lower() not in {"http", "https"}
        or not _HOST.fullmatch(parts.hostname or "")
        or port == 0
    ):
        return None
    link = urlunsplit(
        parts._replace(scheme=parts.scheme.lower())
    ).rstrip()  # what stood before an empty fragment
    return _encode(link)


def feed_link(address: str, base: str = "") -> str | None:
    """Returns what `fetch_link` does, also of an address for programs that open feeds, such as `feed://a.example/f`."""
    return fetch_link(_FEED_SCHEME.sub(lambda found: found[1] or "http://", address), base)


def redirected(address: str, location: str) -> str | None:
    """Returns the target of a redirect, for fetching; None if that is not a web address.

    A user name and password are kept on the same server, and never sent to another one.
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
    """Returns the address of a site in its usual form, with a slash at the end; None if no site can have it.

    Letters beyond ASCII are encoded once, the host by IDNA and the rest as percent codes, as browsers do.
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
    """Returns why an address cannot be that of a site, as the end of a sentence; nothing if it can."""
    link = fetch_link(address)
    if link is None or re.search(r"\s", address.strip()) or "\\" in address:
        return "is not a plain http(s) address"
    parts = urlsplit(link)
    if "@" in parts.netloc:
        return "has a user name or a password in it, which would stand on every page"
    if "?" in address or "#" in address:
        return "goes on after its path, with ? or #"
    if any(re.fullmatch(r"(?:\.|%2e){1,2}", part, re.IGNORECASE) for part in parts.path.split("/")):
        return "has a . or .. in its path, which browsers take out"
    if "//" in parts.path or re.search(r"%2f|%5c", parts.path, re.IGNORECASE):
        return "has an empty or hidden part in its path"
    return "" if _is_ascii_host(parts.hostname or "") else "names no host that can be looked up"


def ascii_host(host: str) -> str:
    """Returns a host as browsers ask for it (IDNA), the same where it cannot be encoded."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def is_placeholder(url: str) -> bool:
    """True for an address from an example, one of this machine, or the one that `init` writes."""
    name = (urlsplit(url).hostname or "").lower().rstrip(".")
    return _PLACEHOLDER.fullmatch(name) is not None


def clean(link: str) -> str:
    """Returns the link without tracking parameters and text fragments; the rest of it stays byte for byte."""
    scheme, netloc, path, query, fragment = _split(link)
    kept = (
        "&".join([part for part in query.split("&") if not tracking_parameters.is_dropped(part)])
        if query
        else ""
    )
    if query and not kept and not path.strip("/"):
        kept = _untracked(
            query
        )  # on a home page, a parameter is all that tells one page from another
    fragment = _TEXT_FRAGMENT.sub("", fragment)
    return urlunsplit(
        (
            scheme,
            netloc,
            path,
            kept,
            "" if tracking_parameters.is_tracking_fragment(fragment) else fragment,
        )
    )


@lru_cache(maxsize=8192)  # a pull asks of each link many times
def canonical(link: str) -> str:
    """Returns what two addresses of one article share, without scheme, `www.`, last slash, fragment; for comparing."""
    fit = _FIT.fullmatch(link)
    if fit:  # its parts stay what they are without trackers: it costs a third to leave them apart
        host, path, query = fit[2].lower().removeprefix("www."), fit[3], _untracked(fit[4] or "")
    else:
        parts = _split(link)
        host, path, query = _host(parts), parts.path, _untracked(parts.query)
    pairs = sorted(parse_qsl(query, keep_blank_values=True)) if query else ()
    shown = "&".join(f"{name}={value}" for name, value in pairs)
    return f"{host}{path.rstrip('/')}" + (f"?{shown}" if shown else "")


@lru_cache(maxsize=8192)  # a pull asks of each link many times
def lasting(address: str) -> str:
    """Returns what `canonical` returns as it stays: without trackers and session tokens, percent codes in one form."""
    if address.isascii() and _PLAIN.fullmatch(address):
        return address
    path, mark, query = tracking_parameters.without_session(address).partition("?")
    kept = (
        "&".join(part for part in query.split("&") if not tracking_parameters.is_passing(part))
        if mark
        else ""
    )
    if query and not kept and "/" not in path.rstrip("/"):
        kept = query  # on a home page, a parameter is all that tells one page from another
    return _in_one_form(f"{path.rstrip('/')}?{kept}" if kept else path.rstrip("/"))


@lru_cache(maxsize=8192)  # a pull asks of each link many times
def fragment(link: str) -> str:
    """Returns the place on the page to which a link leads, empty where it leads to the whole."""
    return _TEXT_FRAGMENT.sub("", _split(link).fragment) if "#" in link else ""


@lru_cache(maxsize=8192)  # a pull asks of each link many times
def is_front_page(link: str) -> bool:
    """Tells whether a link leads to a site as a whole, and to nothing in it."""
    parts = _split(clean(link))
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def article_number(link: str) -> str | None:
    """Returns host and article number, `scmp.com/3353715`, where the path has `/article/<6 or more digits>/`."""
    parts = _split(link)
    found = _ARTICLE.search(parts.path)
    return f"{_host(parts)}/{found[1]}" if found else None


def host(link: str) -> str:
    """Returns the host that a link leads to, without `www.`."""
    return _host(_split(link))


def is_absolute(text: str) -> bool:
    """Tells whether a text is an absolute URI (RFC 3986 §4.3), so that it names one thing the world over."""
    scheme, colon, rest = text.partition(":")
    return bool(colon and rest.strip("/") and _SCHEME.fullmatch(scheme)) and " " not in text


def has_own_link(text: str) -> bool:
    """Tells whether a text of Markdown may link to a file of the digest; it may say so of a text that does not."""
    begun = "]" in text or "=" in text  # in most texts nothing is, and that is seen at once
    return begun and _OWN_LINK.search(text) is not None


def _split(link: str) -> SplitResult:
    """Returns the parts of a link: what `urlsplit` says of it, which for most can be seen at once."""
    fit = _FIT.fullmatch(link)
    return SplitResult(*fit.groups("")) if fit else urlsplit(link)


def _untracked(query: str) -> str:
    """Returns a query without its tracking parameters."""
    if not query:
        return ""
    return "&".join(
        [
            part
            for part in query.split("&")
            if not tracking_parameters.is_tracker(part.partition("=")[0])
        ]
    )


def _host(parts: SplitResult) -> str:
    if _NAME.fullmatch(parts.netloc):
        return parts.netloc.lower().removeprefix("www.")
    name = (parts.hostname or "").removeprefix("www.")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{name}:{parts.port}" if parts.port not in {None, default} else name


def _is_ascii_host(name: str) -> bool:
    return ascii_host(name).isascii() and all(
        0 < len(label) < 64 for label in ascii_host(name).rstrip(".").split(".")
    )


def _in_one_form(address: str) -> str:
    """Returns an address in which all is percent-encoded that has to be, and nothing else (RFC 3986 §6.2.2)."""
    return quote(_CODE.sub(_decoded, _LONE_PERCENT.sub("%25", address)), safe=_SAFE)


def _decoded(code: re.Match[str]) -> str:
    sign = chr(int(code[0][1:], 16))
    return sign if sign in _MEANS_ITSELF else code[0].upper()


def _encode(link: str) -> str:
    return _UNFIT.sub(lambda sign: quote(sign[0]), link)
