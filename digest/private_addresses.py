"""Tells which hosts are in a private network: readers cannot reach them, and no feed may.

Nothing is looked up here: `feeds.private_networks` checks what the name of a host resolves to.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

# RFC 6052 §2.1: the last 32 bits are an IPv4 address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# RFC 4291 §2.4: all public IPv6 hosts are in this range
_UNICAST = ipaddress.ip_network("2000::/3")
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""IANA special-purpose ranges for which `is_global` is True in some versions of Python."""
_LOCAL = re.compile(r"\.(?:local|localdomain|localhost|lan|internal|home\.arpa)$")
"""The end of names that only a local network or this machine knows (RFC 6761, 6762, 8375)."""


def is_private(address: str) -> bool:
    """True if an IP address is not public: private, loopback, link-local and so on.

    Raises ValueError for what is no IP address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])  # without the interface
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_private(str(inner))
        if ip not in _UNICAST:
            return True
    return not ip.is_global or ip.is_multicast or any(ip in network for network in _SPECIAL)


def private_host_of(url: str) -> str:
    """Returns the host of a web address if it is private, else "".

    Private are an IP address in a private network, and a name that only a local network knows.
    """
    try:
        host = (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""
    return host if host and _is_private_host(host) else ""


def _is_private_host(host: str) -> bool:
    last = host.rpartition(".")[2]
    if not (":" in host or last[:1].isdigit()):
        return last == host or _LOCAL.search(host) is not None
    try:
        return is_private(host)
    except ValueError:  # such as 127.1
        return True
