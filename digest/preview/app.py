"""The preview's ASGI application. The only module that imports starlette.

    /<base path>/…     built pages with our additions (`inject`); other files unchanged
    /_digest/events    the id of the current build, and of each later one
    /_desk/…           the desk, if there is one (`commands/desk/desk.py`)

Answers only requests for this machine's host names, and only GET and HEAD, except for the desk.
Nothing is cached, so an editor never sees an old page. If the last build failed, every page shows
the problems.
"""

from __future__ import annotations

import asyncio
import mimetypes
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from posixpath import basename
from typing import Any, Protocol
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
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
from digest.preview.desk.requests import MAX_BYTES, DeskRequest, DeskResponse, DeskSession
from digest.preview.state import PreviewState, ShownBuild

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # other sites must not load our files as pictures, or show our pages in frames
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",  # not possible in a <meta>
}
_RETRY = "retry: 500\n\n"  # milliseconds until the browser reconnects after a restart
_RANGE = re.compile(r"bytes=[\d\s,-]*\d[\d\s,-]*", re.IGNORECASE)
"""Other units are ignored (RFC 9110 §14.2)."""
_BODY_TIMEOUT = 10  # seconds for the body of a request
_MAX_READ = 10 * MAX_BYTES
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


class DeskApp(Protocol):
    """What answers requests below `/_desk/`; `policy` is the CSP of its pages."""

    session: DeskSession
    policy: str

    def answer(self, request: DeskRequest) -> DeskResponse:
        """Answers a request."""


def make_app(
    state: PreviewState,
    host: str,
    port: int,
    other_hosts: frozenset[str] = frozenset(),
    desk: DeskApp | None = None,
) -> Any:
    """Returns the ASGI application that listens at `host` and `port`.

    `other_hosts` are other host names that it answers to, in lower case.
    """

    async def events(_: Request) -> Response:
        return StreamingResponse(_events(state), media_type="text/event-stream", headers=_HEADERS)

    async def desk_page(request: Request) -> Response:
        return await _of_desk(desk, request) if desk else Response(status_code=404)

    routes: list[Route | Mount] = [Route(inject.EVENTS, events)]
    if desk:
        routes.append(Route("/_desk/{path:path}", desk_page, methods=["GET", "POST"]))
    return Starlette(
        routes=[*routes, Mount("/", _SiteFiles(state))],
        middleware=[Middleware(_HostCheck, host=host, port=port, other_hosts=other_hosts)],
    )


async def _of_desk(desk: DeskApp, request: Request) -> Response:
    """Returns the desk's response; it reads and writes files, so it works in another thread."""
    body = await _body(request)
    if body is None:
        message = "Not saved: the request did not arrive whole.\n"
        return PlainTextResponse(message, status_code=408, headers=_HEADERS)
    names = set(request.headers.keys())
    desk_request = DeskRequest(
        method=request.method,
        path=request.path_params["path"],
        query=dict(request.query_params),
        headers={name: ", ".join(request.headers.getlist(name)) for name in names},
        cookie=request.cookies.get(desk.session.cookie_name, ""),
        body=body,
    )
    response = await run_in_threadpool(desk.answer, desk_request)
    headers = {
        **_HEADERS,
        "Content-Security-Policy": desk.policy,
        "Content-Type": response.media_type,
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if response.location:
        headers["Location"] = response.location
    if response.cookie:
        headers["Set-Cookie"] = response.cookie
    return Response(response.body, response.status, headers)


async def _body(request: Request) -> bytes | None:
    """Returns the body of a request; None if it does not arrive whole.

    Of one that is too long only the beginning is kept, and somewhat more is read than the desk
    accepts, so that browsers get its refusal in words.
    """
    body, length = bytearray(), 0
    try:
        async with asyncio.timeout(_BODY_TIMEOUT):
            async for part in request.stream():
                length += len(part)
                body += part[: MAX_BYTES + 1 - len(body)]
                if length > _MAX_READ:
                    break
    except (TimeoutError, ClientDisconnect):
        return None
    return bytes(body)


class _HostCheck:
    """Refuses requests with another Host header (`hosts`)."""

    def __init__(self, app: Any, host: str, port: int, other_hosts: frozenset[str]) -> None:
        self._app, self._at, self._other_hosts = app, (host, port), other_hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        names = [value for name, value in scope["headers"] if name == b"host"]
        if len(names) == 1 and hosts.is_ours(
            names[0].decode("latin-1"), *self._at, self._other_hosts
        ):
            await self._app(scope, receive, send)
            return
        message = (
            "This preview only answers to localhost, 127.0.0.1 and the name given with --host, "
            "at its own port; allow another name, at any port, with --allow-host NAME.\n"
        )
        await PlainTextResponse(message, status_code=421, headers=_HEADERS)(scope, receive, send)


class _SiteFiles(StaticFiles):
    """Serves the preview's folder like a static host, with additions to pages."""

    def __init__(self, state: PreviewState) -> None:
        super().__init__(directory=state.shown.folder, html=True, check_dir=False)
        self._state = state

    async def check_config(self) -> None:
        """Checks nothing: the folder does not exist before the first successful build."""

    def get_path(self, scope: Any) -> str:
        """Returns the whole path: its base path may change with digest.toml."""
        return str(scope["path"])

    async def get_response(self, path: str, scope: Any) -> Response:
        """Returns the file at a path, or a redirect from a former base path."""
        shown = self._state.shown
        base = unquote(shown.base or "/")
        if path == "/" != base or f"{path}/" == base:
            return RedirectResponse(shown.base, headers=_HEADERS)
        if not path.startswith(base):
            for former in sorted(map(unquote, shown.former_bases), key=len, reverse=True):
                if path.startswith(former):
                    target = shown.base + quote(path.removeprefix(former))
                    return RedirectResponse(target, headers=_HEADERS)
            return _not_found(shown, path)
        place = path.removeprefix(base)
        if not place or place.endswith("/"):
            place += "index.html"
        try:
            response = await super().get_response(place, scope)
        except (OSError, ValueError):
            return _not_found(shown, path)
        except HTTPException as error:
            if error.status_code == 405:
                raise
            return _not_found(shown, path)
        if isinstance(response, RedirectResponse):
            # to a folder: starlette adds the host, which behind a proxy may be another one
            return RedirectResponse(f"{quote(path)}/", headers=_HEADERS)
        return _not_found(shown, path) if response.status_code == 404 else response

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Finds a file, except one that is still being written."""
        if any(map(disk.final_name, path.split("/"))):
            return "", None
        return super().lookup_path(path)

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Any, status_code: int = 200
    ) -> Response:
        """Returns a file, read at once since a build may replace it; in ranges only if asked."""
        file, shown = Path(full_path), self._state.shown
        media_type = (
            _TYPES.get(file.suffix.lower())
            or mimetypes.guess_type(file.name)[0]
            or "application/octet-stream"
        )
        headers = {**_HEADERS, "Content-Type": media_type}
        if media_type.startswith("text/html"):
            place = file.relative_to(shown.folder.resolve()).as_posix().removesuffix("index.html")
            html = inject.for_editor(file.read_text("utf-8", "replace"), shown, place)
            return Response(html, status_code, headers)
        headers["Accept-Ranges"] = "bytes"
        if _RANGE.fullmatch(Request(scope).headers.get("range", "")):
            return FileResponse(file, status_code, headers, stat_result=stat_result)
        return Response(file.read_bytes(), status_code, headers)


def _not_found(shown: ShownBuild, path: str) -> Response:
    """Returns the site's 404 page; after a failed build, pages get status 200 and the problems."""
    page = shown.folder / _NOT_FOUND
    if page.is_file():
        html = page.read_text(encoding="utf-8")
    elif shown.problems:
        html = inject.placeholder("No page is built yet.")
    else:
        html = inject.placeholder("There is nothing at this address.")
    name = basename(path)
    is_page = "." not in name or name.endswith(".html")
    return Response(
        inject.for_editor(html, shown, _NOT_FOUND),
        status_code=200 if shown.problems and is_page else 404,
        headers={**_HEADERS, "Content-Type": "text/html; charset=utf-8"},
    )


async def _events(state: PreviewState) -> AsyncIterator[str]:
    """Yields the current build's id, then each later one."""
    yield _RETRY
    shown: ShownBuild | None = state.shown
    while shown is not None:
        yield f"data: {shown.build_id}\n\n"
        shown = await state.after(shown.build_id)
