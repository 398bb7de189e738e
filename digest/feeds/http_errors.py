"""Why a request failed, in words, and whether it may soon succeed.

Sources: RFC 9110 §15 and RFC 6585 §4 for statuses. Exceptions are recognised by the standard
library's types and by their names and texts, so this module does not import the HTTP library.
No I/O.
"""

from __future__ import annotations

import contextlib
import errno
import http
import json
import re
import socket
import ssl
from collections.abc import Iterator

from digest.model import Failed, FailureKind

_LONGEST_SHOWN = 80
_LONGEST_ANSWER = 200
_MAX_CAUSES = 50

_REASONS = {
    204: "an empty answer (204)",
    205: "an empty answer (205)",
    304: "'not modified' (304), although the whole feed was asked for; "
    "the publisher has to fix that",
    401: "asks for a password (401); only a feed that is open to all can be pulled",
    403: "refuses this reader or this network (403); "
    "try from another network, or ask the publisher",
    404: "no feed at this address (404); look for its new one on the publisher's site",
    406: "offers no format of the feed that can be read (406)",
    410: "gone for good (410); set `retired = true` for this feed",
    429: "asks for fewer requests (429); pull less often",
    451: "withheld for legal reasons (451); perhaps only in this country",
}
_PAGE_REASONS = {
    401: "asks for a password (401)",
    403: "refuses this reader or this network (403)",
    404: "no page at this address (404)",
    406: "offers no format of the page that can be read (406)",
    410: "gone for good (410)",
    429: "asks for fewer requests (429); try later",
}
_NEW_FEED_REASONS = {
    410: "gone for good (410); look for its new address on the publisher's site",
    429: "asks for fewer requests (429); try later",
}
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_LOST = frozenset({"ReadError", "WriteError", "CloseError", "ConnectError"})  # httpx's names


def status_reason(status: int, *, page: bool = False) -> str:
    """Returns why a response with this status brings no feed, or no page."""
    known = _REASONS | _PAGE_REASONS if page else _REASONS
    if status in known:
        return known[status]
    try:
        phrase = f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    if status >= 500:
        return f"the publisher's server failed ({phrase}); try again later"
    return f"answered {phrase}"


def new_feed_reason(failed: Failed) -> str:
    """Returns the reason with advice for someone whose digest does not have this feed yet."""
    return _NEW_FEED_REASONS.get(failed.status, failed.reason)


def private_reason(host: str, *, page: bool) -> str:
    """Returns what to say if a public page or feed points to a private address."""
    advice = (
        "open it in a browser if you trust it"
        if page
        else "if you trust it, write that address as the feed's url"
    )
    return f"leads into a private network, to {host}; it was not requested; {advice}"


def redirect_reason(location: str | None) -> str:
    """Returns why a redirect cannot be followed: it has no target, or one that is not http(s)."""
    if location is None:
        return "a redirect without a target; the publisher has to fix that"
    target = printable(location)[:_LONGEST_SHOWN]
    return f"a redirect to '{target}', which is not a web address"


def api_reason(status: int, body: bytes) -> str:
    """Returns why a request to an API failed, with the message in its JSON, or its beginning."""
    text = body.decode(errors="replace")
    with contextlib.suppress(ValueError, AttributeError, RecursionError):
        values = json.loads(text)
        text = str(values.get("message") or values.get("detail") or text)
    words = " ".join(text.split())[:_LONGEST_ANSWER]
    return f"it answered {status}" + (f" ({words})" if words else "")


def printable(text: str) -> str:
    """Returns a text from a server for a message: control characters could change a terminal."""
    return "".join(filter(str.isprintable, text))


def exception_reason(error: BaseException, read_timeout: float) -> str:
    """Returns why a request failed; `read_timeout` is in seconds."""
    chain = list(_causes(error))
    for cause in chain:
        if reason := _system_reason(cause):
            return reason
    if _is_timeout(error):
        return f"no answer for {read_timeout:g} s"
    return _protocol_reason(error, " ".join(str(cause) for cause in chain).lower())


def failure_kind(error: BaseException) -> FailureKind:
    """Returns the kind of a failed request: whether its host is unknown."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "" if cause.errno == socket.EAI_AGAIN else "unknown host"
    return ""


def is_temporary(error: BaseException) -> bool:
    """True if the same request may soon succeed: after a timeout, a reset or a lost connection."""
    causes = list(_causes(error))
    lasting = socket.gaierror | ssl.SSLError | ConnectionRefusedError
    if any(isinstance(cause, lasting) for cause in causes):
        return False
    text = str(error).lower()
    return (
        _is_timeout(error)
        or any(isinstance(cause, ConnectionError) for cause in causes)
        or type(error).__name__ in _LOST
        or "disconnected" in text
        or "peer closed" in text
    )


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or type(error).__name__.endswith("Timeout")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields an exception, its causes and the members of its groups, each once."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MAX_CAUSES:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        for earlier in (cause.__cause__, cause.__context__):
            if earlier is not None:
                waiting.append(earlier)


def _system_reason(cause: BaseException) -> str:
    match cause:
        case socket.gaierror() if cause.errno == socket.EAI_AGAIN:
            return "its host could not be looked up just now; try again later"
        case socket.gaierror():
            return "its host is not known; check the url and your network"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not valid ({cause.verify_message.rstrip('.')})"
        case ssl.SSLError():
            return "no secure connection could be made"
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return "the connection was reset"
        case OSError() if cause.errno in _UNREACHABLE:
            return "its host cannot be reached from this network"
    return ""


def _protocol_reason(error: BaseException, text: str) -> str:
    """Returns what is wrong with the HTTP itself; `text` is the chain's messages in lower case."""
    if type(error).__name__ == "ProxyError":
        return "the proxy that is set in this machine's environment refused it"
    if type(error).__name__ in _LOST:
        return "the connection was lost"
    if "peer closed" in text or "incomplete" in text:
        return "its answer is incomplete"
    if "without sending" in text or "disconnected" in text:
        return "the server closed the connection without an answer"
    if "too long" in text or "too large" in text:
        return "the headers of its answer are too large"
    if isinstance(error, ValueError) or type(error).__name__ == "InvalidURL":
        return "its address cannot be fetched; correct the feed's url"
    return f"its answer is not proper HTTP{_bad_header(error)}"


def _bad_header(error: BaseException) -> str:
    """Returns which header of the response is wrong, if the protocol library says so."""
    message = next((str(cause) for cause in _causes(error) if "header" in str(cause).lower()), "")
    line = re.search(r"""illegal header line: .*?b(['"])(.*)\1""", message)
    if line:
        shown = printable(line[2])
        dots = "…" if len(shown) > _LONGEST_SHOWN else ""
        message = f"'{shown[:_LONGEST_SHOWN]}{dots}' is not a header"
    elif "Transfer-Encoding" in message or "Content-Length" in message:
        message = message[:_LONGEST_SHOWN]
    else:
        return ""
    return f" ({message}); the publisher has to fix that"
