"""The APIs of two newsletter services, Buttondown and listmonk: drafts are made there, and sent.

    find ──nothing──▶ create, as a draft ──▶ `begin` ──▶ send

A service keeps the edition's id with the draft, so an edition is found there again, whatever this
side remembers. It also keeps which version of the edition the draft was made from, since a story
may have been hidden in the meantime. Both put text through a template language, so braces are
written in a way that it does not see.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from digest.errors import NotSentError, UnknownOutcomeError
from digest.mail_settings import SECRET
from digest.model import Mail, Reply
from digest.site.mail.edition import EditionMail

Request = Callable[[str, str, Mapping[str, str], bytes | None], Reply]
"""Makes an HTTP request: method, URL, headers, body."""

_MAX_PAGES = 100  # of a list
_NEVER_SENT = range(400, 500)
"""Statuses with which a service refuses a request that it has not carried out."""
_JOINER = "\u2060"  # WORD JOINER, which is not seen


class Remote(NamedTuple):
    """An edition at a service: its `id` and `state` there, and the page where it can be seen.

    `is_outdated` is True if it was not made from the edition as it is now.
    """

    id: str
    state: str
    page: str
    is_outdated: bool = False

    @property
    def is_draft(self) -> bool:
        """True if it was not sent, and is not to be sent at a time."""
        return self.state == "draft"


class Service(Protocol):
    """A service that keeps a list of readers.

    All functions raise NotSentError; `create` and `send` raise UnknownOutcomeError if the service
    may have done what it was asked for.
    """

    name: str

    def find(self, mail: EditionMail) -> Remote | None:
        """Returns the edition if the service has it."""

    def create(self, mail: EditionMail) -> Remote:
        """Makes a draft."""

    def send(self, remote: Remote, begin: Callable[[], None]) -> None:
        """Calls `begin`, then lets the service send a draft."""


def service(settings: Mail, secret: str, request: Request) -> Service:
    """Returns the service in the settings; `secret` is its API key or token."""
    kinds: Mapping[str, type[_Buttondown | _Listmonk]] = {
        "buttondown": _Buttondown,
        "listmonk": _Listmonk,
    }
    return kinds[settings.via](settings, secret, request)


class _Api:
    """Requests to one API, answered in JSON."""

    name = ""

    def __init__(self, settings: Mail, headers: Mapping[str, str], request: Request) -> None:
        self._url, self._request = settings.url, request
        self._headers = {**headers, "Accept": "application/json"}

    def ask(self, method: str, path: str, values: Mapping[str, object] | None = None) -> Any:
        """Returns the answer to a request; raises NotSentError, or UnknownOutcomeError if a request
        that changes something may have been carried out.
        """
        body = None if values is None else json.dumps(values).encode()
        headers = {**self._headers, "Content-Type": "application/json"} if body else self._headers
        reply = self._request(method, f"{self._url}{path}", headers, body)
        where = f"{self.name} at {self._url}"
        if reply.reason:
            why = f"{where}: {reply.reason}"
            if reply.status in (401, 403):
                why += f"; is {SECRET} right, and may that key write?"
            if method == "GET" or reply.status in _NEVER_SENT:
                raise NotSentError(why)
            raise UnknownOutcomeError(why)
        with self.understood():
            try:
                return json.loads(reply.body)
            except ValueError as error:
                if method == "GET":
                    raise
                what = "accepted the request, but did not answer in JSON"
                raise UnknownOutcomeError(f"{where}: {what}; is mail.url right?") from error

    @contextlib.contextmanager
    def understood(self) -> Iterator[None]:
        """Raises NotSentError where an answer is not what the API is documented to give."""
        try:
            yield
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            what = "does not answer as its API should; is mail.url right?"
            raise NotSentError(f"{self.name} at {self._url}: {what}") from None


class _Buttondown(_Api):
    """https://docs.buttondown.com/api-emails-introduction, version 2026-04-01."""

    name = "Buttondown"

    def __init__(self, settings: Mail, secret: str, request: Request) -> None:
        headers = {
            "Authorization": f"Token {secret}",
            "X-API-Version": "2026-04-01",
            # Without it, nothing is sent for a key that has never sent.
            "X-Buttondown-Live-Dangerously": "true",
        }
        super().__init__(settings, headers, request)

    def find(self, mail: EditionMail) -> Remote | None:
        query = {"ordering": "-creation_date", "excluded_fields": "body"}
        with self.understood():
            for number in range(1, _MAX_PAGES + 1):
                page = self.ask("GET", f"/emails?{urlencode({**query, 'page': number})}")
                for email in page["results"]:
                    metadata = email.get("metadata")
                    is_mail = isinstance(metadata, dict) and metadata.get("digest") == mail.id
                    if is_mail and email["status"] != "deleted":
                        is_outdated = metadata.get("version") != _version(mail)
                        return self._remote(email)._replace(is_outdated=is_outdated)
                if not page.get("next"):
                    break
        return None

    def create(self, mail: EditionMail) -> Remote:
        subject = mail.subject
        for char in "{%#":  # two such characters begin a command of its template language
            subject = subject.replace("{" + char, "{" + _JOINER + char)
        lines = []
        for line in _html(mail.body).strip().split("\n"):
            lines.append(line if line.strip() else "&#10;")  # a blank line would end the HTML
        body = "\n".join(lines)
        values = {
            "subject": subject,
            # As Markdown, in which HTML stays as it is; its other editor would drop the styles.
            "body": f"<!-- buttondown-editor-mode: plaintext -->{body}",
            "status": "draft",
            "canonical_url": mail.url,
            "metadata": {"digest": mail.id, "version": _version(mail)},
        }
        with self.understood():
            return self._remote(self.ask("POST", "/emails", values))

    def send(self, remote: Remote, begin: Callable[[], None]) -> None:
        begin()
        self.ask("PATCH", f"/emails/{remote.id}", {"status": "about_to_send"})

    def _remote(self, email: Mapping[str, Any]) -> Remote:
        id = str(email["id"])
        return Remote(id, str(email["status"]), f"https://buttondown.com/emails/{id}")


class _Listmonk(_Api):
    """https://listmonk.app/docs/apis/campaigns/."""

    name = "listmonk"

    def __init__(self, settings: Mail, secret: str, request: Request) -> None:
        login = base64.b64encode(f"{settings.user}:{secret}".encode()).decode()
        super().__init__(settings, {"Authorization": f"Basic {login}"}, request)
        self._settings = settings

    def find(self, mail: EditionMail) -> Remote | None:
        tag = _tag(mail)
        query = {"tags": tag, "per_page": "all", "no_body": "true", "order_by": "created_at"}
        with self.understood():
            answer = self.ask("GET", f"/api/campaigns?{urlencode(query)}")
            for campaign in answer["data"]["results"]:
                if tag in (campaign["tags"] or ()):
                    is_outdated = _version_tag(mail) not in campaign["tags"]
                    return self._remote(campaign)._replace(is_outdated=is_outdated)
        return None

    def create(self, mail: EditionMail) -> Remote:
        open_braces = '{{ "{{" }}'
        values = {
            "name": mail.subject,
            "subject": mail.subject.replace("{{", open_braces),
            "lists": [self._settings.list],
            "from_email": self._settings.sender,
            "type": "regular",
            "content_type": "html",
            "body": _html(mail.body),
            "altbody": mail.text.replace("{{", open_braces),
            "messenger": "email",
            "tags": [_tag(mail), _version_tag(mail)],
        }
        with self.understood():
            return self._remote(self.ask("POST", "/api/campaigns", values)["data"])

    def send(self, remote: Remote, begin: Callable[[], None]) -> None:
        begin()
        self.ask("PUT", f"/api/campaigns/{remote.id}/status", {"status": "running"})

    def _remote(self, campaign: Mapping[str, Any]) -> Remote:
        id = str(campaign["id"])
        return Remote(id, str(campaign["status"]), f"{self._url}/campaigns/{id}")


def _tag(mail: EditionMail) -> str:
    """Returns the tag by which a campaign is found; listmonk's tags are lower-case, with hyphens."""
    return f"digest-{mail.id.rpartition(':')[2]}"


def _version_tag(mail: EditionMail) -> str:
    return f"digest-version-{_version(mail)}"


def _version(mail: EditionMail) -> str:
    """Returns a short hash of what readers get; any change of the edition changes it."""
    words = "\0".join((mail.subject, mail.text, mail.body))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _html(markup: str) -> str:
    """Returns HTML in which no template language finds a command."""
    return markup.replace("{", "&#123;").replace("@TrackLink", "&#64;TrackLink")
