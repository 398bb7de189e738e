"""The one importer of starlette: requests answered out of the board and the folder of the preview.

    /<base path>/…     the page that was built, dressed; any other file as it is
    /_digest/events    the build that is shown, and the next one as soon as it is there

Refuses hosts that are not this machine, every method but GET and HEAD, and to let a browser keep anything: an editor
never sees a page of yesterday. Where the last build failed, its message stands in the page, whichever it is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from digest.preview import addressed, dressing
from digest.preview.board import Board, Shown

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",  # no page of another site may load what stands here as a picture
    "Content-Security-Policy": "frame-ancestors 'none'",  # nor show it in a frame; a page's own policy cannot say so
}
_RETRY = "retry: 500\n\n"  # milliseconds after which a browser asks again, when the preview was ended or has begun anew
_RANGE = re.compile(r"bytes=[\d\s,-]*\d[\d\s,-]*", re.IGNORECASE)  # another unit is ignored (RFC 9110 §14.2)
_NOT_FOUND = "404.html"


def make_app(board: Board, host: str, port: int, allowed: Iterable[str] = ()) -> Any:
    """Returns the ASGI application; it listens at `host` and `port`, `allowed` are other names that it answers to."""

    async def events(_: Request) -> Response:
        return StreamingResponse(_told(board), media_type="text/event-stream", headers=_HEADERS)

    async def page(request: Request) -> Response:
        raw = request.scope.get("raw_path") or request.url.path.encode()
        return _answer(board.shown, raw, is_ranged=bool(_RANGE.fullmatch(request.headers.get("range", ""))))

    return Starlette(
        routes=[Route(dressing.EVENTS, events), Route("/{path:path}", page)],
        middleware=[Middleware(_OnlyHere, host=host, port=port, allowed=frozenset(map(str.lower, allowed)))],
    )


class _OnlyHere:
    """Turns away requests that name another host."""

    def __init__(self, app: Any, host: str, port: int, allowed: frozenset[str]) -> None:
        self._app, self._at, self._allowed = app, (host, port), allowed

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        names = [value for name, value in scope["headers"] if name == b"host"]
        if len(names) == 1 and addressed.is_ours(names[0].decode("latin-1"), *self._at, self._allowed):
            await self._app(scope, receive, send)
            return
        words = (
            "This preview answers to localhost, 127.0.0.1 and the name given with --host alone, at its own port; "
            "allow another name, at any port, with --allow-host NAME.\n"
        )
        await PlainTextResponse(words, status_code=421, headers=_HEADERS)(scope, receive, send)


def _answer(shown: Shown, raw: bytes, *, is_ranged: bool) -> Response:
    """Answers with what stands at an address; with a part of a file where one is asked for, as players of videos do."""
    found = addressed.asked(raw, shown.base or "/", shown.former, shown.folder)
    if found and found.elsewhere:
        return RedirectResponse(found.elsewhere, headers=_HEADERS)
    if found and found.path:
        kind = addressed.type_of(found.path)
        is_page = kind.startswith("text/html")
        headers = {**_HEADERS, "Content-Type": kind, **({} if is_page else {"Accept-Ranges": "bytes"})}
        try:
            if is_ranged and not is_page:
                return FileResponse(found.path, headers=headers, stat_result=found.path.stat())
            content = found.path.read_bytes()
        except OSError:  # gone between the look and the reading: a build is at work
            return _lost(shown, raw)
        if is_page:
            content = dressing.dressed(content.decode(), shown, found.place.removesuffix("index.html")).encode()
        return Response(content, headers=headers)
    return _lost(shown, raw)


def _lost(shown: Shown, raw: bytes) -> Response:
    """Answers where nothing is: with the site's own page for that, and with what stopped the build, if anything did."""
    own = shown.folder / _NOT_FOUND
    words = dressing.bare("There is no page yet." if shown.problems else "There is nothing at this address.")
    html = own.read_text(encoding="utf-8") if own.is_file() else words
    status = 200 if shown.problems and addressed.is_page(raw) else 404
    content = dressing.dressed(html, shown, _NOT_FOUND)
    return Response(content, status_code=status, headers={**_HEADERS, "Content-Type": "text/html; charset=utf-8"})


async def _told(board: Board) -> AsyncIterator[str]:
    """Yields the build that is shown, then each later one."""
    yield _RETRY
    shown: Shown | None = board.shown
    while shown is not None:
        yield f"data: {shown.build}\n\n"
        shown = await board.after(shown.build)
