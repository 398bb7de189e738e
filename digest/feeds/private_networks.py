"""Keeps what strangers wrote from reaching into the network that this machine is on.

    connection to be made ──▶ are the host's addresses public? ──▶ made ──▶ is the one that was reached public?

A feed's redirect or link could otherwise ask routers, databases and the metadata services of clouds, which answer
anyone inside. A name may lead elsewhere when it is looked up again, so the address that was reached is checked too,
before anything is sent to it. Connections to a proxy are not checked: where those lead is the proxy's to decide.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

_NAT64 = ipaddress.ip_network(
    "64:ff9b::/96"
)  # RFC 6052 §2.1: has an IPv4 address in its last 32 bits
_UNICAST = ipaddress.ip_network(
    "2000::/3"
)  # RFC 4291 §2.4: no other addresses of IPv6 are given to public hosts
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""Ranges of the IANA registries of special addresses that `is_global` takes for public in some versions of Python."""


class PrivateAddressError(Exception):
    """A host's address is not one of the public internet."""


class Guard:
    """Watches the connections of one feed or page, through the `trace` extension of HTTP requests.

    `is_trusted` is True if the editor wrote the first address. If that one is private, so may be all it leads to.
    """

    def __init__(self, *, is_trusted: bool) -> None:
        self._is_trusted = is_trusted
        self._may_be_private = False

    def extensions(self, host: str) -> dict[str, Any]:
        """Returns what the next request needs for its connection to `host` to be watched."""
        is_trusted, self._is_trusted = self._is_trusted, False
        is_direct = False

        async def trace(event: str, details: dict[str, Any]) -> None:
            nonlocal is_direct
            if event == "connection.connect_tcp.started":
                is_direct = details["host"] == host
                if is_direct and not is_trusted:
                    self._check(host, await _addresses(host, details["port"]))
            elif event == "connection.connect_tcp.complete" and is_direct:
                stream = details["return_value"]
                reached = stream.get_extra_info("server_addr")[:1]
                if is_trusted:
                    self._may_be_private = any(map(is_private, reached))
                    return
                try:
                    self._check(host, reached)
                except PrivateAddressError:
                    await stream.aclose()
                    raise

        return {"trace": trace}

    def _check(self, host: str, addresses: Iterable[str]) -> None:
        private = next(filter(is_private, addresses), "")
        if private and not self._may_be_private:
            raise PrivateAddressError(host if host == private else f"{host}, which is {private}")


def is_private(address: str) -> bool:
    """True if a numeric address is not one of the public internet: private, loopback, link-local and the like."""
    number = ipaddress.ip_address(
        address.partition("%")[0]
    )  # without the interface of a link-local one
    if isinstance(number, ipaddress.IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour
        if number in _NAT64:
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if inner is not None:
            return is_private(str(inner))
        if number not in _UNICAST:
            return True
    return (
        not number.is_global
        or number.is_multicast
        or any(number in network for network in _SPECIAL)
    )


def is_inside(link: str) -> bool:
    """True if the host of a link is at a private address; looks its name up."""
    try:
        found = socket.getaddrinfo(urlsplit(link).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return False
    return any(is_private(str(one[4][0])) for one in found)


async def _addresses(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # the connection will fail in the same way, with words for it
        return []
    return [str(one[4][0]) for one in found]
