"""Requests to the desk and the responses, and which requests are refused.

Every account of this machine can reach its ports. So a browser first needs the run's key, which is
in the address that 'digest serve' prints, and keeps it in a cookie. A page of another site can make
that browser send forms: so a request to write must also come from a page of this run, with its
token in the form, from the same origin, to this port.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

FORM = "application/x-www-form-urlencoded"
MAX_BYTES = 2_000_000
_MAX_FIELDS = 50
_KEY = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like another, to be typed on a phone
_KEY_LENGTH = 12  # 59 bits
_OPEN = "open the address that it has printed, in this tab: what you typed stays in it"
_WRONG_KEY = (
    "This is not the key of the 'digest serve' that runs now; open the address that it has printed."
)
_TYPE_KEY = "Type the key that 'digest serve' has printed behind token=, or open the address that it has printed."


class RequestRefused(Exception):
    """A request that is not answered, and the HTTP status for it.

    `only_needs_key` if nothing was to be done, and a page asks for the key first.
    """

    def __init__(self, why: str, status: int = 403, *, only_needs_key: bool = False) -> None:
        super().__init__(why)
        self.status, self.only_needs_key = status, only_needs_key


class DeskResponse(NamedTuple):
    """The response to a request: a page, JSON, or a redirect to `location`; `cookie` is to be set."""

    body: str = ""
    status: int = 200
    media_type: str = "text/html; charset=utf-8"
    location: str = ""
    cookie: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRequest:
    """A request: its path below `/_desk/`, query and headers (names in small letters)."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookie: str = ""
    body: bytes = b""

    @property
    def wants_json(self) -> bool:
        """True for a request of the desk's script."""
        return self.headers.get("accept", "") == "application/json"

    def parse_form(self) -> dict[str, str]:
        """Returns the fields of the form; raises RequestRefused if it is not one."""
        if len(self.body) > MAX_BYTES:
            raise RequestRefused(f"not saved: more than {MAX_BYTES:,} bytes of text at once", 413)
        try:
            pairs = parse_qsl(
                self.body.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MAX_FIELDS,
            )
        except ValueError:
            raise RequestRefused("this is not a form of the desk", 400) from None
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise RequestRefused("a field of the form is given twice", 400)
        return fields


class DeskSession:
    """One run of the desk: its key and token, the port at which it listens, other hosts' names.

    The key is in the address and in the cookie, the token in the forms: neither gives the other
    away.
    """

    def __init__(self, port: int, other_hosts: frozenset[str] = frozenset()) -> None:
        self._port, self._other_hosts = port, other_hosts
        self.key = "".join(secrets.choice(_KEY) for _ in range(_KEY_LENGTH))
        self.token = secrets.token_urlsafe(32)

    @property
    def cookie_name(self) -> str:
        """The cookie's name, which has the port: browsers send cookies to every port of a host."""
        return f"digest-desk-{self._port}"

    @property
    def cookie(self) -> str:
        """The `Set-Cookie` header: not for scripts, and never sent by pages of other sites."""
        return f"{self.cookie_name}={self.key}; Path=/_desk/; SameSite=Strict; HttpOnly"

    def is_key(self, typed: str) -> bool:
        """True for the run's key, or an address with it."""
        return _equal(typed.rpartition("token=")[2].strip(), self.key)

    def admit(self, request: DeskRequest) -> None:
        """Raises RequestRefused if a browser has no cookie of this run."""
        if not _equal(request.cookie, self.key):
            if request.query.get("token"):
                raise RequestRefused(_WRONG_KEY)
            raise RequestRefused(_TYPE_KEY, only_needs_key=True)

    def checked_form(self, request: DeskRequest) -> dict[str, str]:
        """Returns the fields of a form that asks to write something.

        Raises RequestRefused if it may come from another page than the desk, or is not a form.
        """
        headers = request.headers
        if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise RequestRefused("this is not a form of the desk", 415)
        host, origin = headers.get("host", ""), headers.get("origin", "")
        site = headers.get("sec-fetch-site", "")
        if not self._is_here(host):
            raise RequestRefused("the request names another port")
        if not (origin or site) or site not in {"", "same-origin"}:
            raise RequestRefused("the request comes from another page than the desk")
        scheme, _, rest = origin.partition("://")
        if origin and (scheme not in {"http", "https"} or rest.lower() != host.lower()):
            raise RequestRefused("the request comes from another origin than the desk")
        form = request.parse_form()
        if not (_equal(request.cookie, self.key) and _equal(form.pop("token", ""), self.token)):
            raise RequestRefused(f"the page is from another run of 'digest serve'; {_OPEN}")
        return form

    def _is_here(self, host: str) -> bool:
        """True if a Host header has our port; another host is a proxy's, at a port of its own."""
        try:
            parts = urlsplit(f"//{host}")
            return (parts.port or 80) == self._port or parts.hostname in self._other_hosts
        except ValueError:
            return False


def _equal(given: str, token: str) -> bool:
    """True if a token is given, in the same time however much of it is right."""
    return secrets.compare_digest(given.encode(), token.encode())
