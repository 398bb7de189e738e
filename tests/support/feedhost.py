"""A feed server on loopback that answers by script, for tests of what fetching makes of servers."""

from __future__ import annotations

import contextlib
import http.server
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from typing import Any

Answer = Callable[["Exchange"], object]


class Exchange(http.server.BaseHTTPRequestHandler):
    """One request: `nth` counts the requests for its path from 1; `reply` answers it, `send` writes raw bytes."""

    protocol_version = "HTTP/1.1"
    server: _Server
    nth = 0

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers.items())))
            self.nth = sum(path == self.path for path, _ in self.server.requests)
        with contextlib.suppress(OSError, ValueError):  # a client may disconnect
            self.server.answers[self.path](self)

    do_HEAD = do_GET

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Answers with these headers, underscores in their names read as hyphens, and the body's true length."""
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    def send(self, content: bytes) -> None:
        """Writes bytes as they are, and ends the connection after this answer."""
        self.close_connection = True
        self.wfile.write(content)
        self.wfile.flush()

    def drip(self, beginning: bytes) -> None:
        """Writes a beginning, and then a letter every fiftieth of a second until the test ends."""
        self.send(beginning)
        while not self.server.ended.wait(0.02):
            self.send(b"x")

    def hang(self) -> None:
        """Answers nothing until the test ends."""
        self.server.ended.wait()

    def reset(self) -> None:
        """Cuts the line the hard way."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        return


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: str, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        super().__init__((address, 0), Exchange)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # without looking the host's name up
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, *_: Any) -> None:
        return


class FeedHost:
    """`with FeedHost({"/feed": answer}) as host:` serves it at `host.url("/feed")`."""

    def __init__(self, answers: Mapping[str, Answer], address: str = "127.0.0.1") -> None:
        self._server = _Server(address, answers)
        self._address = address
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def requests(self) -> list[tuple[str, dict[str, str]]]:
        """The path and the headers of each request, in the order of arrival."""
        return self._server.requests

    def url(self, path: str) -> str:
        """The address of a path on this host."""
        return f"http://{self._address}:{self._server.server_port}{path}"

    def __enter__(self) -> FeedHost:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
