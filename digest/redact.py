"""Removes secrets (user names, passwords, tokens) from URLs: for fetching, never for publishing.

`strip` removes them from a URL, `strip_text` from every URL in a text; `mask` replaces them, for
messages and reports. A token is recognised by the name of its parameter, so a key in the path of a
URL is not found. Some of these names also have other uses (`?session=45-1`): for those, ordinary
words and small numbers are not secrets.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote, unquote_plus, urlsplit, urlunsplit

_WORDS = (
    "accesskey|accesstoken|apikey|apitoken|auth|authkey|authorization|authtoken|bearer|credential"
    "|credentials|jwt|key|keyid|otp|pass|passcode|passphrase|passwd|password|privatekey|pw|pwd"
    "|secret|secretkey|sessionid|sig|signature|token|email|feedkey|hmac|jsessionid|login|phpsessid"
    "|pin|rsskey|session|sid|ticket|userkey|username"
)
_NAME = re.compile(
    # As a word of the name (x-api-key, auth[token]), or at its end (userToken).
    rf"(?:[^=&]*[^a-z0-9])?(?:{_WORDS})(?:[^a-z0-9][^=&]*)?"
    r"|[^=&]*(?:token|secret|password|passwd|apikey|authkey|accesskey|privatekey|signature)",
    re.IGNORECASE,
)
_OFTEN_PUBLIC = frozenset({"email", "key", "login", "pin", "session", "ticket"})
_WORDS_OR_NUMBERS = re.compile(
    r"(?:(?:[A-Za-z][a-z]{0,14}|[A-Z]{2,5}|\d{1,3}[a-z]{0,2}|(?:19|20)\d\d)(?:[-_.,:/+ ]|\Z))+",
    re.ASCII,
)
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")
_PARAMETER = re.compile(r"(?<=[?&;#])([^=&;#\s'\"<>]{1,500})=([^&;#\s'\"<>]+)")
_INNER = re.compile(r"(?<=[?&;#])([^=&;#\s'\"<>]{1,500})=(?=([^&;#\s'\"<>]+))")
"""A parameter of a URL that is the value of another one."""
_ENCODED = re.compile(
    r"((?:%3F|%26|%3B|%23)([^=&;#\s'\"<>%]+)%3D)([^=&;#\s'\"<>%]+)", re.IGNORECASE
)
"""A parameter of a percent-encoded URL within another one."""
_PATH_PARAMETER = re.compile(r";([^=;/]+)=([^;/]*)")
"""A parameter of a part of a path (RFC 3986 section 3.3), such as `/rss;token=x`."""
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_BARE = r"[^\s<>\"()\[\]]"
_ADDRESS = re.compile(
    rf"(?:[a-z][a-z0-9+.-]*:|(?<![\w:/]))//(?:{_BARE}|\({_BARE}*\)|\[{_BARE}*\])+", re.IGNORECASE
)
"""A URL in a text, also without a scheme; brackets only in pairs, others belong to the text."""
_AFTER = "'.,;:!?*_~`|\\"
"""Characters at the end of a URL in a text that belong to the sentence or to Markdown."""
_SIGNS = re.compile(r"[@=]|%3D", re.IGNORECASE)
"""Without one of these, no URL has a secret."""
_MIN_LENGTH = 4
"""Shorter values could be elsewhere by chance."""


def secret_names(address: str) -> tuple[str, ...]:
    """Returns what looks like a secret in a URL: "a user name and password", names of parameters.

    A URL may contain another one, percent-encoded: that is how proxies get the URL of a feed.
    """
    secrets: dict[str, None] = {}
    while address:
        if _LOGIN.search(address):
            secrets["a user name and password"] = None
        pairs = _PARAMETER.findall(address)
        schemes = [match.start() for match in _SCHEME.finditer(address)]
        if len(schemes) > 1:
            pairs += _INNER.findall(address, schemes[1] if schemes[0] == 0 else schemes[0])
        for name, value in pairs:
            if _is_secret(name, value):
                secrets[unquote(name)] = None
        address = _nested(address[schemes[-1] :] if schemes else address)
    return tuple(secrets)


def _nested(address: str) -> str:
    """Returns the first URL inside a URL, decoded, with everything after it; "" if none."""
    for _ in range(3):
        if scheme := _SCHEME.search(address, 1):
            return address[scheme.start() :]
        address = unquote(address)
    return ""


def is_secret_name(key: str) -> bool:
    """True for the name of a setting that has a secret, such as `api_key`."""
    return _NAME.fullmatch(key) is not None and key.lower() not in {"email", "login", "username"}


def strip(address: str) -> str:
    """Returns the URL without what looks like a secret; unchanged if there is none.

    If a secret cannot be removed, only scheme and host are left.
    """
    if not secret_names(address):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    path = _LOGIN.sub("", parts.path)
    path = _PATH_PARAMETER.sub(lambda found: "" if _is_secret(*found.groups()) else found[0], path)
    rest = path, _without_secrets(parts.query), _without_secrets(parts.fragment)
    stripped = urlunsplit((parts.scheme, host, *rest))
    return urlunsplit((parts.scheme, host, "/", "", "")) if secret_names(stripped) else stripped


def feed_secret_names(address: str) -> tuple[str, ...]:
    """Returns the secrets in a feed's URL like `secret_names`; any value of a suspicious name is one."""
    query = urlsplit(address).query if strip(address) else ""
    secrets = [*secret_names(address)]
    for part in query.split("&"):
        name, equals, _ = part.partition("=")
        if equals and _NAME.fullmatch(unquote(name)):
            secrets.append(unquote(name))
    return tuple(dict.fromkeys(secrets))


def strip_feed(address: str) -> str:
    """Returns the URL of a feed as it may be published, without secrets (`feed_secret_names`)."""
    stripped = strip(address)
    secrets = feed_secret_names(stripped) if stripped else ()
    if not secrets:
        return stripped
    parts = urlsplit(stripped)
    kept = []
    for part in parts.query.split("&"):
        if unquote(part.partition("=")[0]) not in secrets:
            kept.append(part)
    return urlunsplit(parts._replace(query="&".join(kept)))


def secret_names_in(text: str) -> tuple[str, ...]:
    """Returns what looks like a secret in the URLs of a text (`secret_names`)."""
    if "//" not in text or not _SIGNS.search(text):
        return ()
    secrets: dict[str, None] = {}
    for address in _ADDRESS.findall(text):
        secrets.update(dict.fromkeys(secret_names(_whole(address))))
    return tuple(secrets)


def strip_text(text: str) -> str:
    """Returns a text with every URL in it stripped; unchanged if it has no secrets."""
    return _ADDRESS.sub(_stripped, text) if secret_names_in(text) else text


def _stripped(found: re.Match[str]) -> str:
    address = found[0].rstrip(_AFTER)
    whole = _whole(address)
    if not secret_names(whole):
        return found[0]
    stripped = strip(whole).removeprefix("https:" if address.startswith("//") else "")
    return stripped + found[0][len(address) :]


def _whole(address: str) -> str:
    """Returns a URL from a text with a scheme; decoded if character references hide a secret."""
    address = f"https:{address}" if address.startswith("//") else address
    plain = html.unescape(address) if "&" in address else address
    return address if secret_names(address) or not secret_names(plain) else plain


def mask(text: str) -> str:
    """Returns a text with each secret in its URLs replaced by `…`."""

    def masked_inside(encoded: re.Match[str]) -> str:
        start, name, value = encoded.groups()
        return f"{start}…" if _is_secret(name, value) else encoded[0]

    def masked(parameter: re.Match[str]) -> str:
        name, value = parameter.groups()
        return f"{name}=…" if _is_secret(name, value) else parameter[0]

    text = _ENCODED.sub(masked_inside, text)
    return _PARAMETER.sub(masked, _LOGIN.sub("…@", text))


def values(address: str) -> frozenset[str]:
    """Returns the secrets in a URL, as written and decoded."""
    login = _LOGIN.search(address)
    password = login[0][:-1].partition(":")[2] if login else ""
    secrets = [password]
    for name, value in _PARAMETER.findall(address):
        if _is_secret(name, value):
            secrets.append(value)
    both = {*secrets, *map(unquote, secrets), *map(unquote_plus, secrets)}
    return frozenset(value for value in both if len(value) >= _MIN_LENGTH)


def strip_values(address: str, secrets: Iterable[str]) -> str:
    """Returns a URL without the parameters that have one of these secrets as their value."""
    secrets = frozenset(secrets)
    if not any(secret in address or secret in unquote_plus(address) for secret in secrets):
        return address
    head, hash_sign, fragment = address.partition("#")
    path, _, query = head.partition("?")
    kept = "&".join(part for part in query.split("&") if not _has_value(part, secrets))
    kept_fragment = "" if _has_value(fragment, secrets) else fragment
    stripped = path + (f"?{kept}" if kept else "")
    return stripped + (hash_sign + kept_fragment if kept_fragment else "")


def _has_value(part: str, secrets: frozenset[str]) -> bool:
    value = part.partition("=")[2]
    return value in secrets or unquote_plus(value) in secrets


def _without_secrets(query: str) -> str:
    """Returns a query without parameters that are secrets, or whose value is a URL with a secret."""
    kept = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if not equals or not (_is_secret(name, value) or secret_names(_nested(f" {value}"))):
            kept.append(part)
    return "&".join(kept)


def is_words(value: str) -> bool:
    """True if a value is ordinary words, small numbers and years: unlikely to be a secret."""
    return _WORDS_OR_NUMBERS.fullmatch(unquote_plus(value)) is not None


def _is_secret(name: str, value: str) -> bool:
    name = unquote(name)
    if _NAME.fullmatch(name) is None:
        return False
    return not (name.lower() in _OFTEN_PUBLIC and is_words(value))
