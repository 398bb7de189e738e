"""What a request asks for: whether its host is ours, and which file of the preview its address means.

A page that anybody puts on the web could send a browser here under a name of its own, and read what waits as a draft:
so a host is answered only by the names of this machine. Refuses every address that a plain host would not serve the
same way: climbing, encoded slashes, NUL, links out of the folder.
"""

from __future__ import annotations

import ipaddress
import mimetypes
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from digest import disk

_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]/@\s]+))(?::(\d{1,5}))?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERY = frozenset({"0.0.0.0", "::", ""})
_REFUSED = re.compile(rb"%2f|%5c|%00|\\|\0", re.IGNORECASE)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".avif": "image/avif",
    ".webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address means: a file and its place, or a place to go to, or neither."""

    place: str
    path: Path | None = None
    elsewhere: str = ""


def is_ours(host: str, bound: str, port: int, allowed: frozenset[str] = frozenset()) -> bool:
    """Tells whether a Host header names this machine, as it was told to listen, or a name that is allowed beside it.

    A port in it has to be the one that is listened at, except behind an allowed name, where a proxy may have its own.
    A machine that listens everywhere is met by any of its numbers and by its own name: neither can be made to lead
    here by somebody else's name server.
    """
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = (found[1] or found[2]).lower()
    if name in allowed:
        return True
    if found[3] and int(found[3]) != port:
        return False
    if name in _LOCAL or name == bound.strip("[]").lower():
        return True
    own = socket.gethostname().lower()
    return bound in _EVERY and (_is_number(name) or name in {own, f"{own}.local"})


def asked(raw: bytes, base: str, former: frozenset[str], folder: Path) -> Asked | None:
    """Returns what a raw path means; None where it lies outside of the preview, or there is nothing.

    `base` is percent-encoded; what a request has encoded does not matter. A page under a base path that the site had
    before, earlier in this preview, is looked for under the new one.
    """
    if _REFUSED.search(raw):
        return None
    path = unquote_to_bytes(raw)
    if path == b"/" != unquote_to_bytes(base) or path + b"/" == unquote_to_bytes(base):
        return Asked("", elsewhere=base)
    place = _below(path, base)
    if place is not None:
        return _found(place, folder, base)
    for one in sorted(former - {base}, key=len, reverse=True):
        place = _below(path, one)
        if place is not None:
            return Asked("", elsewhere=base + quote(place))
    return None


def type_of(path: Path) -> str:
    """Returns the content type of a file, by its ending alone."""
    own = _TYPES.get(path.suffix.lower())
    return own or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def is_page(raw: bytes) -> bool:
    """Tells whether an address looks like that of a page and not of a file."""
    last = raw.rpartition(b"/")[2]
    return b"." not in last or last.endswith(b".html")


def _below(path: bytes, base: str) -> str | None:
    """Returns the place below the base path; `path` is decoded. None where it is outside, or no honest address."""
    above = unquote_to_bytes(base)
    if not path.startswith(above):
        return None
    try:
        place = path[len(above) :].decode()
    except UnicodeDecodeError:
        return None
    parts = place.removesuffix("/").split("/")
    if place and not all(part and part not in {".", ".."} and not disk.leftover(part) for part in parts):
        return None
    return place


def _found(place: str, folder: Path, base: str) -> Asked | None:
    target = folder / place if place else folder
    try:
        if not target.is_dir():
            return Asked(place, path=target) if not place.endswith("/") and _is_inside(target, folder) else None
        if not _is_inside(target / "index.html", folder):
            return None
    except (OSError, ValueError):  # a name too long for the disk, a loop of links
        return None
    if place and not place.endswith("/"):
        return Asked(place, elsewhere=f"{base}{quote(place)}/")
    return Asked(place, path=target / "index.html")


def _is_inside(file: Path, folder: Path) -> bool:
    return file.is_file() and file.resolve().is_relative_to(folder.resolve())


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
