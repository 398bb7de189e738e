"""A WebSub hub on loopback that records its notifications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import loopback


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

    class Exchange(loopback.SilentHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = hub.answer(parse_qs(body.decode()))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", hub.address)
            self.end_headers()
            self.wfile.write(b"" if status < 300 else b"no\nsuch topic")

    with loopback.serving(Exchange) as port:
        hub.address = f"http://127.0.0.1:{port}/"
        yield hub
