"""The one importer of starlette: requests answered out of the board and the folder of the preview.

    /<base path>/…     the page that was built, dressed; any other file as it is
    /_digest/events    the build that is shown, and the next one as soon as it is there

Refuses hosts that are not this machine, every method but GET and HEAD, and to let a browser keep anything: an editor
never sees a page of yesterday. Where the last build failed, its message stands in the page, whichever it is.
"""

from __future__ import annotations

import mimetypes
import os
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from digest import disk
from digest.preview import hosts, inject
from digest.preview.state import PreviewState, Shown

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",  # no page of another site may load what stands here as a picture
    "Content-Security-Policy": "frame-ancestors 'none'",  # nor show it in a frame; a page's own policy cannot say so
}
_RETRY = "retry: 500\n\n"  # milliseconds after which a browser asks again, when the preview was ended or has begun anew
_RANGE = re.compile(
    r"bytes=[\d\s,-]*\d[\d\s,-]*", re.IGNORECASE
)  # another unit is ignored (RFC 9110 §14.2)
_NOT_FOUND = "404.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".avif": "image/avif",
    ".webp": "image/webp",
}


def make_app(board: PreviewState, host: str, port: int, allowed: Iterable[str] = ()) -> Any:
    """Returns the ASGI application; it listens at `host` and `port`, `allowed` are other names that it answers to."""

    async def events(_: Request) -> Response:
        return StreamingResponse(_told(board), media_type="text/event-stream", headers=_HEADERS)

    return Starlette(
        routes=[Route(inject.EVENTS, events), Mount("/", _Site(board))],
        middleware=[
            Middleware(_OnlyHere, host=host, port=port, allowed=frozenset(map(str.lower, allowed)))
        ],
    )


class _OnlyHere:
    """Turns away requests that name another host."""

    def __init__(self, app: Any, host: str, port: int, allowed: frozenset[str]) -> None:
        self._app, self._at, self._allowed = app, (host, port), allowed

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        names = [value for name, value in scope["headers"] if name == b"host"]
        if len(names) == 1 and hosts.is_ours(names[0].decode("latin-1"), *self._at, self._allowed):
            await self._app(scope, receive, send)
            return
        words = (
            "This preview answers to localhost, 127.0.0.1 and the name given with --host alone, at its own port; "
            "allow another name, at any port, with --allow-host NAME.\n"
        )
        await PlainTextResponse(words, status_code=421, headers=_HEADERS)(scope, receive, send)


class _Site(StaticFiles):
    """The folder of the preview, as a static host serves it; pages are dressed."""

    def __init__(self, board: PreviewState) -> None:
        super().__init__(directory=board.shown.folder, html=True, check_dir=False)
        self._board = board

    async def check_config(self) -> None:
        """Checks nothing: before the first build that goes well there is no folder."""

    def get_path(self, scope: Any) -> str:
        """Returns the whole path: which base path stands before it may change with digest.toml."""
        return str(scope["path"])

    async def get_response(self, path: str, scope: Any) -> Response:
        """Answers with what is at a path, or leads on from a base path that the site had before."""
        shown = self._board.shown
        base = unquote(shown.base or "/")
        if path == "/" != base or f"{path}/" == base:
            return RedirectResponse(shown.base, headers=_HEADERS)
        if not path.startswith(base):
            for former in sorted(map(unquote, shown.former), key=len, reverse=True):
                if path.startswith(former):
                    return RedirectResponse(
                        shown.base + quote(path.removeprefix(former)), headers=_HEADERS
                    )
            return _lost(shown, path)
        place = path.removeprefix(base)
        try:
            answer = await super().get_response(
                place if place and place[-1] != "/" else f"{place}index.html", scope
            )
        except (OSError, ValueError):
            return _lost(shown, path)
        except HTTPException as error:
            if error.status_code == 405:
                raise
            return _lost(shown, path)
        if isinstance(
            answer, RedirectResponse
        ):  # to a folder, but with a host, which a proxy may know by another name
            return RedirectResponse(f"{quote(path)}/", headers=_HEADERS)
        return _lost(shown, path) if answer.status_code == 404 else answer

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Finds no file that is not whole yet."""
        return ("", None) if any(map(disk.leftover, path.split("/"))) else super().lookup_path(path)

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Any, status_code: int = 200
    ) -> Response:
        """Answers with a file, read at once: a build may be at work; in parts, as players of videos ask for them."""
        file, shown = Path(full_path), self._board.shown
        kind = (
            _TYPES.get(file.suffix.lower())
            or mimetypes.guess_type(file.name)[0]
            or "application/octet-stream"
        )
        headers = {**_HEADERS, "Content-Type": kind}
        if kind.startswith("text/html"):
            place = file.relative_to(shown.folder.resolve()).as_posix().removesuffix("index.html")
            return Response(
                inject.dressed(file.read_text("utf-8", "replace"), shown, place),
                status_code,
                headers,
            )
        headers["Accept-Ranges"] = "bytes"
        if _RANGE.fullmatch(Request(scope).headers.get("range", "")):
            return FileResponse(file, status_code, headers, stat_result=stat_result)
        return Response(file.read_bytes(), status_code, headers)


def _lost(shown: Shown, asked: str) -> Response:
    """Answers where nothing is: with the site's own page for that, and with what stopped the build, if anything did."""
    own = shown.folder / _NOT_FOUND
    words = inject.bare(
        "There is no page yet." if shown.problems else "There is nothing at this address."
    )
    html = own.read_text(encoding="utf-8") if own.is_file() else words
    last = asked.rpartition("/")[2]
    status = 200 if shown.problems and ("." not in last or last.endswith(".html")) else 404
    content = inject.dressed(html, shown, _NOT_FOUND)
    return Response(
        content,
        status_code=status,
        headers={**_HEADERS, "Content-Type": "text/html; charset=utf-8"},
    )


async def _told(board: PreviewState) -> AsyncIterator[str]:
    """Yields the build that is shown, then each later one."""
    yield _RETRY
    shown: Shown | None = board.shown
    while shown is not None:
        yield f"data: {shown.build}\n\n"
        shown = await board.after(shown.build)
