"""A WebSub hub on loopback that records its notifications."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs


class WebSubHub:
    """A hub: `notified` has the feeds of its notifications, relative to `base`; `answers` some status codes."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.notified: list[str] = []
        self.answers: dict[str, int] = {}
        self.forms: list[dict[str, list[str]]] = []
        self.address = ""

    def answer(self, form: dict[str, list[str]]) -> int:
        self.forms.append(form)
        self.notified.append(form["hub.url"][0].removeprefix(self._base))
        return self.answers.get(self.notified[-1], 204)


@contextmanager
def serving(base: str) -> Iterator[WebSubHub]:
    """Serves a hub until the block ends."""
    hub = WebSubHub(base)

    class Exchange(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = hub.answer(parse_qs(body.decode()))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", hub.address)
            self.end_headers()
            self.wfile.write(b"" if status < 300 else b"no\nsuch topic")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
