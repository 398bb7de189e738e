"""Keeps links and redirects from feeds out of private networks (SSRF).

    before connecting ──▶ are the host's addresses public? ──▶ connect ──▶ is the peer's public?

Otherwise a feed could reach routers, databases and cloud metadata services, which trust anyone
inside the network. A name may resolve to another address the second time (DNS rebinding), so the
connected address is checked as well, before anything is sent. Connections to a proxy are not
checked: the proxy decides where they go.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from digest.private_addresses import is_private


class PrivateAddressError(Exception):
    """A host has a private address; the message names it."""


class Guard:
    """Checks the connections for one feed or page, with httpx's `trace` extension.

    `is_trusted` is True if the editor wrote the first address. If that is private, the addresses
    that it redirects to may be private, too.
    """

    def __init__(self, *, is_trusted: bool) -> None:
        self._is_trusted = is_trusted
        self.may_be_private = False

    def extensions(self, host: str) -> dict[str, Any]:
        """Returns the extensions for the next request to `host`."""
        watch = _Watch(self, host, is_trusted=self._is_trusted)
        self._is_trusted = False  # the editor wrote the first address only
        return {"trace": watch.on_event}


class _Watch:
    """Watches the connection of one request."""

    def __init__(self, guard: Guard, host: str, *, is_trusted: bool) -> None:
        self._guard = guard
        self._host = host
        self._is_trusted = is_trusted
        self._is_direct = False  # not through a proxy

    async def on_event(self, event: str, details: dict[str, Any]) -> None:
        """Is called by httpx at each step. Raises PrivateAddressError."""
        if event == "connection.connect_tcp.started":
            self._is_direct = details["host"] == self._host
            if self._is_direct and not self._is_trusted:
                self._check(await _addresses(self._host, details["port"]))
        elif event == "connection.connect_tcp.complete" and self._is_direct:
            stream = details["return_value"]
            reached = stream.get_extra_info("server_addr")[:1]
            if self._is_trusted:
                self._guard.may_be_private = any(map(is_private, reached))
                return
            try:
                self._check(reached)
            except PrivateAddressError:
                await stream.aclose()
                raise

    def _check(self, addresses: Iterable[str]) -> None:
        private = next(filter(is_private, addresses), "")
        if private and not self._guard.may_be_private:
            name = self._host if private == self._host else f"{self._host}, which is {private}"
            raise PrivateAddressError(name)


def is_private_link(link: str) -> bool:
    """True if the host of a link has a private address; looks the name up."""
    try:
        infos = socket.getaddrinfo(urlsplit(link).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return False
    return any(is_private(str(info[4][0])) for info in infos)


async def _addresses(host: str, port: int) -> list[str]:
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # the connection will fail with a better message
        return []
    return [str(info[4][0]) for info in infos]
