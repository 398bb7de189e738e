"""Buttondown and listmonk on loopback: they keep emails and campaigns as their APIs do, and fail where a test says."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import loopback

KEY = "letmein"
_PAGE = 2  # emails on a page of Buttondown's list; it has more, but the next page must be asked for


class Service:
    """What a service has, and what it was asked: `mailed` are the subjects that went out.

    `on_request` sees method and path first; what it returns is the answer's status. If it returns None, the request is
    carried out. With `deaf`, the request is carried out, and the connection ends without an answer.
    """

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.mailed: list[str] = []
        self.on_request: Callable[[str, str], int | None] = lambda _, __: None
        self.deaf: Callable[[str], bool] = lambda _: False

    def answer(
        self, method: str, path: str, headers: Any, values: dict[str, Any]
    ) -> tuple[int, Any]:
        raise NotImplementedError


class Buttondown(Service):
    def answer(
        self, method: str, path: str, headers: Any, values: dict[str, Any]
    ) -> tuple[int, Any]:
        place, query = urlsplit(path).path, parse_qs(urlsplit(path).query)
        if headers["Authorization"] != f"Token {KEY}":
            return 401, {"detail": "Invalid token."}
        if (method, place) == ("POST", "/v1/emails"):
            assert values["status"] == "draft"
            self.kept.append({**values, "id": f"em_{len(self.kept)}"})
            return 201, self.kept[-1]
        if method == "PATCH":
            email = next(one for one in self.kept if place == f"/v1/emails/{one['id']}")
            if headers["X-Buttondown-Live-Dangerously"] != "true":
                return 400, {"code": "sending_requires_confirmation"}
            email["status"] = values["status"]
            self.mailed.append(email["subject"])
            return 200, email
        number = int(query["page"][0])
        newest = self.kept[::-1]
        shown = newest[(number - 1) * _PAGE : number * _PAGE]
        more = f"http://x/v1/emails?page={number + 1}" if newest[number * _PAGE :] else None
        return 200, {"results": shown, "next": more, "count": len(newest)}


class Listmonk(Service):
    def answer(
        self, method: str, path: str, headers: Any, values: dict[str, Any]
    ) -> tuple[int, Any]:
        place, query = urlsplit(path).path, parse_qs(urlsplit(path).query)
        if headers["Authorization"] != f"Basic {base64.b64encode(f'api:{KEY}'.encode()).decode()}":
            return 403, {"message": "invalid API credentials"}
        if (method, place) == ("POST", "/api/campaigns"):
            self.kept.append({**values, "id": len(self.kept) + 1, "status": "draft"})
            return 200, {"data": self.kept[-1]}
        if method == "PUT":
            campaign = next(
                one for one in self.kept if place == f"/api/campaigns/{one['id']}/status"
            )
            if campaign["status"] not in ("draft", "paused"):
                return 400, {"message": "Only 'paused' and 'draft' campaigns can start"}
            campaign["status"] = values["status"]
            self.mailed.append(campaign["subject"])
            return 200, {"data": campaign}
        tags = set(query["tags"])
        return 200, {"data": {"results": [one for one in self.kept if tags & set(one["tags"])]}}


class _Exchange(loopback.SilentHandler):
    service: Service

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        values = json.loads(body) if body else {}
        service = self.service
        service.asked.append((self.command, self.path, values))
        status = service.on_request(self.command, self.path)
        if status is None:
            status, answer = service.answer(self.command, self.path, self.headers, values)
        else:
            answer = {"message": "not now"}
        if service.deaf(self.command):
            self.close_connection = True
            return
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = _handle


def serving(service: Service) -> AbstractContextManager[int]:
    """Serves a service, and gives the port."""
    return loopback.serving(type("Exchange", (_Exchange,), {"service": service}))
