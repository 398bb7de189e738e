"""Which Host headers the preview answers to: this machine's names only.

Otherwise any web page could point a name of its own at 127.0.0.1 and read drafts through the
editor's browser (DNS rebinding). Starlette's TrustedHostMiddleware does not check ports, cannot
allow any IP address without allowing any name, and does not say what to do.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from digest import urls

_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]/@\s]+))(?::(\d{1,5}))?")


def is_ours(host: str, bound: str, port: int, other_hosts: frozenset[str] = frozenset()) -> bool:
    """True if a Host header names this machine as we listen on it, or one of the other hosts.

    A port must be ours, except with another host, where a proxy may have its own. If we listen
    on all interfaces, any IP address and the machine's own name will do: no one else's DNS server
    can make these point to us.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = (match[1] or match[2]).lower()
    if name in other_hosts:
        return True
    if match[3] and int(match[3]) != port:
        return False
    if name in urls.THIS_MACHINE or name == bound.strip("[]").lower():
        return True
    if bound not in urls.ALL_INTERFACES:
        return False
    this_machine = socket.gethostname().lower()
    return name in {this_machine, f"{this_machine}.local"} or _ip_address(name) is not None


def is_loopback(bound: str) -> bool:
    """True if only programs on this machine reach this address."""
    name = bound.strip("[]").lower()
    address = _ip_address(name)
    return name == "localhost" or (address is not None and address.is_loopback)


def _ip_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
