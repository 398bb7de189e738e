"""Listens on a port and serves until Ctrl-C. The only module that imports uvicorn.

Stops at once when asked to, even with open streams.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from digest.errors import DigestError

_SHUTDOWN_TIMEOUT = 2  # seconds for streams to end
_REQUEST_TIMEOUT = 10  # seconds from connection to the first request
_MAX_CONNECTIONS = 200  # each browser tab has one open, for the events


def listen(host: str, port: int) -> socket.socket:
    """Returns a listening socket; raises DigestError with advice if that is not possible."""
    try:
        addresses = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        raise DigestError(
            f"--host {host}: this is not an address of this machine; try 127.0.0.1"
        ) from error
    family, kind, protocol, _, address = min(addresses, key=lambda info: info[0] != socket.AF_INET)
    try:
        return _bound(family, kind, protocol, address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = _free_port(family, kind, protocol, address)
            message = (
                f"--port {port}: another program listens there; try --port {free}, which is free"
            )
        elif error.errno == errno.EACCES:
            message = (
                f"--port {port}: the system keeps this port for itself; choose one from 1024 on"
            )
        else:
            message = (
                f"--host {host}: this machine cannot listen there ({error.strerror}); try 127.0.0.1"
            )
        raise DigestError(message) from error


def address_of(listening: socket.socket, host: str) -> str:
    """Returns the URL of the socket for a browser on this machine, without a path."""
    port = listening.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host).strip("[]")
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def network_host(listening: socket.socket) -> str:
    """Returns this machine's address in its network if the socket listens at all of its addresses.

    "" if it does not, or if the machine is in no network. Nothing is sent.
    """
    unbound = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}  # addresses that nobody has
    elsewhere = unbound.get(listening.getsockname()[0], "")
    try:
        with socket.socket(listening.family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            return str(probe.getsockname()[0]) if elsewhere else ""
    except OSError:
        return ""


def serve(app: Any, listening: socket.socket, closing: Callable[[], None]) -> None:
    """Serves until Ctrl-C or SIGTERM, then raises KeyboardInterrupt; `closing` must end streams."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    make_server(app, closing).run(sockets=[listening])


def make_server(app: Any, closing: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """Returns a server that calls `closing` when it is asked to stop."""
    settings = uvicorn.Config(
        _closing_unread(app),
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT,
        http=_ProtocolWithTimeouts,
        limit_concurrency=_MAX_CONNECTIONS,
    )
    return _Server(settings, closing)


def _closing_unread(app: Any) -> Any:
    """Returns the application, which closes a connection if it has answered without reading the
    body.

    `Connection: close` says so, and clients open another one. uvicorn would wait for the rest of
    the body forever, so any program on this machine could take all connections.
    """

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        names = {name for name, _ in scope["headers"]}
        is_read = names.isdisjoint({b"content-length", b"transfer-encoding"})

        async def reading() -> Any:
            nonlocal is_read
            message = await receive()
            is_read = is_read or not message.get("more_body", False)
            return message

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start" and not is_read:
                headers = [*message.get("headers", ()), (b"connection", b"close")]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, reading, sending)

    return answer


class _ProtocolWithTimeouts(H11Protocol):
    """Disconnects clients that send no request.

    uvicorn waits for it forever, and has no setting for that: `timeout_keep_alive` only counts after
    a response. So this uses names that uvicorn does not document; tests hold them by what they do.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(_REQUEST_TIMEOUT, self._close_if_silent)

    def _close_if_silent(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """Closes its streams before it waits for them to end; uvicorn has no documented way to do so."""

    def __init__(self, settings: uvicorn.Config, closing: Callable[[], None]) -> None:
        super().__init__(settings)
        self._closing = closing

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._closing()
        super().handle_exit(sig, frame)


def _bound(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # so that the port is free at once when a preview has ended
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def _free_port(family: int, kind: int, protocol: int, address: Any) -> int:
    """Returns the next free port, 0 if there is none nearby."""
    host, port, *rest = address
    for candidate in range(port + 1, min(port + 100, 65_536)):
        try:
            _bound(family, kind, protocol, (host, candidate, *rest)).close()
        except OSError:
            continue
        return candidate
    return 0
