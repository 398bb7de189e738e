"""The preview's server: silent, slow or endless clients do not affect others."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from digest.preview import server


async def app(_: Any, __: Any, send: Any) -> None:
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(server, "_REQUEST_TIMEOUT", 0.3)
    running = server.make_server(app)
    with server.listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        running.should_exit = True
        thread.join()


def talk(port: int, beginning: bytes, more: bytes = b"") -> bytes:
    """Sends a start, then more until the server disconnects; returns the response."""
    answered = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(beginning)
        connection.settimeout(0.05 if more else 20)
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            while True:
                try:
                    part = connection.recv(1000)
                    if not part:
                        break
                    answered += part
                except TimeoutError:
                    connection.sendall(more)
    return answered


@pytest.mark.parametrize(
    ("beginning", "more"),
    [(b"", b""), (b"GET / HT", b""), (b"GET / HTTP/1.1\r\n", b"X: y\r\n")],
    ids=["silent", "half a line", "a header at a time"],
)
def test_a_client_that_asks_for_nothing_is_hung_up_on(
    port: int, beginning: bytes, more: bytes
) -> None:
    assert talk(port, beginning, more) == b""
    assert talk(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"ok")


def test_a_request_without_end_is_answered_and_then_hung_up_on(port: int) -> None:
    begun = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert b"\r\n\r\nok" in talk(port, begun, b"1\r\nx\r\n")


def test_a_client_may_ask_again_on_the_same_connection(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answered = b""
            while not answered.endswith(b"ok"):
                answered += connection.recv(1000) or pytest.fail("the server has hung up")
            threading.Event().wait(0.2)
