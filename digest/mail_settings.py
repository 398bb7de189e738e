"""The table `[mail]` of digest.toml: how an edition is sent as a mail. No I/O.

A password, token or key is never read from there, since the file is in git: it is in the
environment, as `SECRET`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from digest import redact, urls
from digest.model import Mail

SECRET = "DIGEST_MAIL_SECRET"
"""The environment variable with the SMTP password, the API key or the API token."""
KEYS: Mapping[str, type] = {
    **dict.fromkeys(("via", "from", "to", "smtp", "user", "url", "subscribe", "unsubscribe"), str),
    "list": int,
}
_BUTTONDOWN = "https://api.buttondown.com/v1"
_SUBMISSION, _SUBMISSIONS = 587, 465  # ports: RFC 6409, RFC 8314


class _Way(NamedTuple):
    """A way to send: the keys that it needs, those it can also use, and what its secret is."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    secret: str


_SERVICES = {
    "buttondown": _Way(("from",), ("url",), "API key"),
    "listmonk": _Way(("from", "url", "user", "list"), (), "token"),
}
_WAYS = {"smtp": _Way(("from", "to", "smtp"), ("user", "unsubscribe"), "password"), **_SERVICES}
SERVICES = frozenset(_SERVICES)
"""The services that keep drafts, and know what they have sent (`mail/services.py`)."""
_EXAMPLES = {
    "from": 'from = "Name <name@example.org>"',
    "to": 'to = "list@example.org"',
    "smtp": 'smtp = "smtp.example.org:587"',
    "url": 'url = "https://lists.example.org"',
    "user": 'user = "digest", the name of an API user',
    "list": "list = 1, the number of the list",
}
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,250}", re.ASCII)
_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]", re.IGNORECASE | re.ASCII)


def settings(table: Mapping[str, Any]) -> Mail:
    """Returns the settings of a table without faults."""
    values = {key: value for key, value in table.items() if key not in ("from", "smtp", "url")}
    via = table.get("via", "smtp" if "smtp" in table else "")
    host, port = _host_and_port(table.get("smtp", "")) or ("", 0)
    url = table.get("url", _BUTTONDOWN if via == "buttondown" else "").rstrip("/")
    return Mail(
        **{**values, "via": via}, sender=table.get("from", ""), host=host, port=port, url=url
    )


def is_local(host: str) -> bool:
    """True for a server on this machine, to which nothing needs to be encrypted."""
    return host in urls.THIS_MACHINE


def is_submissions(port: int) -> bool:
    """True for the port at which a connection begins with TLS, without STARTTLS (RFC 8314)."""
    return port == _SUBMISSIONS


def secret_name(via: str) -> str:
    """Returns what the secret is called with this way to send."""
    return _WAYS[via].secret


def secret_cure() -> str:
    """Returns what to do about a secret in digest.toml."""
    return (
        f"delete it here, where git keeps it, and set it in the environment as {SECRET}; "
        "if it was pushed, get a new one"
    )


def faults(table: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yields what is wrong in a table whose types are right: key, words, how to fix it."""
    via = table.get("via", "smtp" if "smtp" in table else "")
    if via and via not in _WAYS:
        *others, last = (f'"{way}"' for way in _WAYS)
        what = f"mail.via: '{via}' is not a way to send mail"
        yield "via", what, f"write {', '.join(others)} or {last}"
    elif via:
        way = _WAYS[via]
        for key in way.needed:
            if key not in table:
                yield "", f"mail.{key} is missing", f"add {_EXAMPLES[key]}"
        for key in sorted(table.keys() - {*way.needed, *way.optional, "via", "subscribe"}):
            yield key, f"mail.{key} has no effect with {via}", "remove it"
    for key, value in table.items():
        if key in ("smtp", "url") and ("@" in value or redact.secret_names(value)):
            yield key, f"mail.{key} has a secret in it", secret_cure()
        elif key in _FAULTS and (fault := _FAULTS[key](value)):
            cure = _EXAMPLES.get(key, "")
            shown = " ".join(redact.mask(str(value)).split())
            yield (
                key,
                f"mail.{key}: '{shown}' {fault}",
                f"write {cure}" if cure else "copy it from the service that keeps your list",
            )


def _host_and_port(text: str) -> tuple[str, int] | None:
    """Returns host and port of `host:port`; None if it is neither that nor a host alone."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or "", parts.port or _SUBMISSION
    except ValueError:
        return None
    is_whole = text == parts.netloc and _HOST.fullmatch(text.rpartition(":")[0] or text)
    return (host, port) if is_whole and host else None


def _address_fault(text: str, *, named: bool) -> str:
    """Returns what is wrong with the address of a mailbox, with a display name if `named`."""
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        return "has a line break or another control character in it"
    from email.policy import default  # late, since few digests have [mail]

    header: Any = default.header_factory("From", text)
    if len(header.addresses) != 1 or header.defects or header.groups[0].display_name is not None:
        return "is not one e-mail address"
    found = header.addresses[0]
    if not _ADDRESS.fullmatch(found.addr_spec):
        return "is not an e-mail address in plain ASCII"
    return "" if named or text == found.addr_spec else "is more than an e-mail address"


def _url_fault(url: str) -> str:
    """Returns why a key must not be sent to an address: it is not encrypted, nor on this machine."""
    if urls.site_fault(url):
        return urls.site_fault(url)
    is_safe = url.lower().startswith("https://") or is_local(urlsplit(url).hostname or "")
    return "" if is_safe else "is not an https address"


def _link_fault(text: str) -> str:
    is_plain = text.isascii() and text.isprintable() and not set(text) & set(' <>"')
    return "" if is_plain and urls.web_link(text) else "is not an http(s) address"


def _unsubscribe_fault(text: str) -> str:
    box = text.removeprefix("mailto:").partition("?")[0]
    if text.startswith("mailto:") and text.isprintable() and _ADDRESS.fullmatch(box):
        return ""
    is_https = text.lower().startswith("https://") and not _link_fault(text)
    return "" if is_https else "is not an https or mailto address"


_FAULTS: Mapping[str, Callable[[Any], str]] = {
    "from": partial(_address_fault, named=True),
    "to": partial(_address_fault, named=False),
    "smtp": lambda text: "" if _host_and_port(text) else "is not a server and a port",
    "url": _url_fault,
    "subscribe": _link_fault,
    "unsubscribe": _unsubscribe_fault,
    "list": lambda number: "" if number > 0 else "is not the number of a list",
}
"""What is wrong with the value of a key; "" if nothing."""
