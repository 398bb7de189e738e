"""The preview's server: silent, slow or endless clients do not affect others."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.preview import app as preview_app
from digest.preview import server
from digest.preview.desk.requests import DeskRequest, DeskResponse, DeskSession
from digest.preview.state import PreviewState, ShownBuild


async def app(_: Any, __: Any, send: Any) -> None:
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


def test_only_a_preview_at_all_addresses_has_one_in_the_network() -> None:
    with server.listen("127.0.0.1", 0) as here, server.listen("0.0.0.0", 0) as everywhere:
        hosts = server.network_host(here), server.network_host(everywhere)

    assert hosts[0] == ""
    with server.listen(hosts[1] or "127.0.0.1", 0):  # an address of this machine
        assert hosts[1] != "0.0.0.0"


async def reader(_: Any, receive: Any, send: Any) -> None:
    """Reads the whole request first."""
    while (await receive()).get("more_body"):
        pass
    await app(None, None, send)


class Desk:
    """A desk that answers "ok", and remembers what it was asked."""

    policy, session = "", DeskSession(1)

    def __init__(self) -> None:
        self.asked: list[DeskRequest] = []

    def answer(self, request: DeskRequest) -> DeskResponse:
        self.asked.append(request)
        return DeskResponse("ok")


@contextlib.contextmanager
def running(application: Any) -> Iterator[int]:
    """Yields the port at which an application is served."""
    one = server.make_server(application)
    with server.listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=one.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            one.should_exit = True
            thread.join()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(server, "_REQUEST_TIMEOUT", 1)
    with running(app) as port:
        yield port


def talk(port: int, beginning: bytes, more: bytes = b"") -> bytes:
    """Sends a start, then more until the server disconnects; returns the response."""
    answered = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(beginning)
        connection.settimeout(0.05 if more else 60)
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
def test_a_connection_without_a_request_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch, beginning: bytes, more: bytes
) -> None:
    monkeypatch.setattr(server, "_REQUEST_TIMEOUT", 0.3)
    assert talk(port, beginning, more) == b""
    monkeypatch.setattr(server, "_REQUEST_TIMEOUT", 60)
    assert talk(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"ok")


def test_an_endless_request_is_answered_and_the_connection_closed(port: int) -> None:
    begun = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert b"\r\n\r\nok" in talk(port, begun, b"1\r\nx\r\n")


POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"


def test_the_connection_closes_after_an_answer_to_a_request_that_was_not_read(port: int) -> None:
    answered = talk(port, POST)

    assert b"\r\nconnection: close\r\n" in answered.lower()
    assert answered.endswith(b"\r\n\r\nok")


def test_a_connection_stays_open_after_a_request_that_was_read() -> None:
    with (
        running(reader) as port,
        socket.create_connection(("127.0.0.1", port), timeout=60) as connection,
    ):
        for _ in range(3):
            connection.sendall(POST)
            connection.sendall(b"a=")
            answered = b""
            while not answered.endswith(b"ok"):
                answered += connection.recv(1000) or pytest.fail("the server has hung up")
            assert b"close" not in answered


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        (b"Content-Length: 99\r\n\r\nnote=Half a ", b" 408 "),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nnote=\r\n", b" 408 "),
        (b"Content-Length: 7\r\n\r\nnote=OK", b" 200 "),
    ],
)
def test_an_incomplete_form_never_reaches_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes, status: bytes
) -> None:
    monkeypatch.setattr(preview_app, "_BODY_TIMEOUT", 0.3)
    desk = Desk()
    shown = ShownBuild(build_id="1", root=tmp_path, folder=tmp_path)
    application = preview_app.make_app(PreviewState(shown), "127.0.0.1", 1, frozenset("a"), desk)
    start = b"POST /_desk/story HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    with running(application) as port:
        answered = talk(port, start + begun)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(start + begun)  # and hangs up at once
        assert talk(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert status in answered
    assert {request.body for request in desk.asked} <= {b"note=OK"}


def test_a_client_may_send_another_request_on_the_same_connection(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answered = b""
            while not answered.endswith(b"ok"):
                answered += connection.recv(1000) or pytest.fail("the server has hung up")
            threading.Event().wait(0.4)
