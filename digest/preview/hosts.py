"""The hosts that a preview answers to.

A page that anybody puts on the web could send a browser here under a name of its own, and read what waits as a draft:
so only the names of this machine are answered. Starlette's TrustedHostMiddleware is no substitute: it looks at no port,
cannot allow every IP address and no other name, and its refusal does not say what to do.
"""

from __future__ import annotations

import ipaddress
import re
import socket

_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]/@\s]+))(?::(\d{1,5}))?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERY = frozenset({"0.0.0.0", "::", ""})


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


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
