"""Sends one message by SMTP (RFC 5321), encrypted unless the server is on this machine.

    connect ──▶ TLS ──▶ log in ──▶ sender, recipient ──▶ `begin` ──▶ the message

Nothing can have been sent before `begin` is called. After it, an error is `NotSentError` only if
the server has refused the message.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Callable
from email.utils import parseaddr

from digest import mail_settings
from digest.errors import NotSentError, UnknownOutcomeError
from digest.model import Mail

_TIMEOUT = 60.0  # seconds that a server may be silent
_ACCEPTED = frozenset({250, 251})


def send(message: bytes, settings: Mail, secret: str, begin: Callable[[], None]) -> None:
    """Sends a message to the recipient in the settings; logs in if they name a user.

    Raises NotSentError, UnknownOutcomeError, and what `begin` raises.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        server = _connected(settings, secret)
    except (OSError, smtplib.SMTPException) as error:
        cure = "check mail.smtp in digest.toml"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            cure = f"check mail.user in digest.toml, and {mail_settings.SECRET}"
        raise NotSentError(f"{where}: {_words(error)}; {cure}") from error
    try:
        sender = parseaddr(settings.sender)[1]
        for role, key, command, address in (
            ("sender", "from", server.mail, sender),
            ("recipient", "to", server.rcpt, settings.to),
        ):
            try:
                code, words = command(address)
            except (OSError, smtplib.SMTPException) as error:
                raise NotSentError(f"{where}: {_words(error)}; try again later") from error
            if code not in _ACCEPTED:
                why = f"refuses the {role} {address}: {_answer(code, words)}"
                cure = f"check mail.{key} and mail.user in digest.toml"
                raise NotSentError(f"{where}: {why}; {cure}")
        begin()
        try:
            code, words = server.data(message)
        except smtplib.SMTPDataError as error:
            raise NotSentError(f"{where}: refuses the message: {_words(error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            what = f"{where}: the connection ended while the message was sent: {_words(error)}"
            raise UnknownOutcomeError(what) from error
        if code not in _ACCEPTED:
            raise NotSentError(f"{where}: refuses the message: {_answer(code, words)}")
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()


def _connected(settings: Mail, secret: str) -> smtplib.SMTP:
    """Returns a connection over which a message may be sent; raises OSError or SMTPException."""
    tls = ssl.create_default_context()
    if mail_settings.is_submissions(settings.port):
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=_TIMEOUT, context=tls
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT)
    try:
        server.ehlo_or_helo_if_needed()
        is_encrypted = isinstance(server, smtplib.SMTP_SSL)
        if not is_encrypted and server.has_extn("starttls"):
            server.starttls(context=tls)
        elif not is_encrypted and not mail_settings.is_local(settings.host):
            raise smtplib.SMTPNotSupportedError("offers no encryption (STARTTLS)")
        if settings.user:
            server.login(settings.user, secret)
    except BaseException:
        server.close()
        raise
    return server


def _answer(code: int, words: bytes) -> str:
    return f"{code} {' '.join(words.decode(errors='replace').split())}"


def _words(error: Exception) -> str:
    """Returns what an error says on one line, with the server's own words if it has any."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _answer(error.smtp_code, said if isinstance(said, bytes) else said.encode())
    if isinstance(error, OSError) and error.strerror:
        return " ".join(error.strerror.split()).lower()  # "connection refused", without its number
    return " ".join(str(error).split()) or type(error).__name__
