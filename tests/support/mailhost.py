"""A mail server on loopback that takes messages, or does what a test scripts."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "letmein"


class Inbox:
    """What a server took: messages with their sender and recipients. Hooks return an answer, or None to go on."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, list[str], bytes]] = []
        self.encrypted: list[bool] = []
        self.on_mail: Callable[[str], str | None] = lambda _: None
        self.on_rcpt: Callable[[str], str | None] = lambda _: None
        self.on_data: Callable[[SMTP], str | None] = lambda _: None

    async def handle_MAIL(
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if answer := self.on_mail(address):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if answer := self.on_rcpt(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if answer := self.on_data(server):
            return answer
        assert isinstance(envelope.content, bytes)
        self.messages.append((envelope.mail_from or "", envelope.rcpt_tos, envelope.content))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


@contextlib.contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[int]:
    """Serves an inbox in a thread of its own, and gives the port."""
    loop = asyncio.new_event_loop()

    def made() -> SMTP:
        return SMTP(inbox, hostname="mail.example.net", loop=loop, **options)

    server = loop.run_until_complete(loop.create_server(made, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def certificate(folder: Path) -> Path:
    """Makes a key and a certificate for localhost in a folder, and returns the file that has both."""
    pem, key = folder / "server.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(pem)]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
    return pem


def encrypted(pem: Path) -> dict[str, Any]:
    """Returns the options of a server that asks for STARTTLS, and for a login after it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, pem.with_name("key.pem"))

    def login(_: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
        fits = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=fits, handled=False)

    return {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": login}  # fmt: skip
