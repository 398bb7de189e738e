"""HTTP servers on loopback, for the stand-ins of what Digest talks to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any


class SilentHandler(http.server.BaseHTTPRequestHandler):
    """Answers requests, and prints no line for each."""

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serves requests until the block ends; yields the port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving_folder(folder: Path, base: str) -> Iterator[str]:
    """Serves a folder below a path as static hosts do, such as `/trial/`; yields its address."""
    with serving(partial(_FolderHandler, base=base, directory=str(folder))) as port:
        yield f"http://127.0.0.1:{port}{base}"


class _FolderHandler(SilentHandler, http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *given: Any, base: str, directory: str) -> None:
        self._base = base
        super().__init__(*given, directory=directory)

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix(self._base) if path.startswith(self._base) else "no-such-file"
        return super().translate_path(f"/{inside}")
