"""The one importer of uvicorn: a port, and the loop that answers on it until Ctrl-C.

Ends at once when asked to, open streams or not.
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

_PATIENCE = 2  # seconds for streams to end, which they do by themselves
_SLOWEST_REQUEST = 10  # seconds until the first request of a connection has to be there
_MOST_CONNECTIONS = 200  # each tab of a browser holds one for the stream of builds


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens there; raises DigestError, with the cure, where that cannot be."""
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        raise DigestError(
            f"--host {host}: this is not an address of this machine; try 127.0.0.1"
        ) from error
    family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    try:
        return _bound(family, kind, protocol, address)
    except OSError as error:
        raise DigestError(
            _refusal(error, host, port, lambda: _free_port(family, kind, protocol, address))
        ) from error


def address_of(listening: socket.socket, host: str) -> str:
    """Returns scheme, host and port by which the machine itself meets the socket."""
    port = listening.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host).strip("[]")
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def serve(app: Any, listening: socket.socket, closing: Callable[[], None]) -> None:
    """Answers until Ctrl-C or SIGTERM, then raises KeyboardInterrupt; `closing` has to end the streams."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    make_server(app, closing).run(sockets=[listening])


def make_server(app: Any, closing: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """Returns a server that calls `closing` when it is asked to end."""
    settings = uvicorn.Config(
        app, lifespan="off", ws="none", log_config=None, log_level="error", access_log=False, server_header=False,
        date_header=False, timeout_graceful_shutdown=_PATIENCE, http=_Bounded, limit_concurrency=_MOST_CONNECTIONS,
    )  # fmt: skip
    return _Server(settings, closing)


class _Bounded(H11Protocol):
    """Hangs up on a client that does not say what it wants, and on one whose request does not end.

    uvicorn waits for both without end; a program elsewhere on the machine could so take all connections.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(_SLOWEST_REQUEST, self._close_if_silent)

    def handle_events(self) -> None:
        super().handle_events()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle and cycle.response_complete and cycle.more_body:
            self.transport.close()

    def _close_if_silent(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """Ends its streams before it waits for them."""

    def __init__(self, settings: uvicorn.Config, closing: Callable[[], None]) -> None:
        super().__init__(settings)
        self._closing = closing

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._closing()
        super().handle_exit(sig, frame)


def _bound(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # so that a preview that has just ended does not keep the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def _free_port(family: int, kind: int, protocol: int, address: Any) -> int:
    """Returns the next free port, 0 where there is none near."""
    host, port, *rest = address
    for candidate in range(port + 1, min(port + 100, 65_536)):
        try:
            _bound(family, kind, protocol, (host, candidate, *rest)).close()
        except OSError:
            continue
        return candidate
    return 0


def _refusal(error: OSError, host: str, port: int, free: Callable[[], int]) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port {port}: another program listens there; try --port {free()}, which is free"
    if error.errno == errno.EACCES:
        return f"--port {port}: the system keeps this port for itself; choose one from 1024 on"
    return f"--host {host}: this machine cannot listen there ({error.strerror}); try 127.0.0.1"
