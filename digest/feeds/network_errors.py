"""What can go wrong on the way to a server, in words: read from the chain of causes behind a network's exception.

Refuses to know the HTTP library: it goes by the standard library's exceptions, by names and by what protocols say.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

UNKNOWN_HOST = "its host is not known; check the url and your network"
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_MOST_CAUSES = 50
_LONGEST_LINE = 80
_LOST = frozenset(
    {"ReadError", "WriteError", "CloseError", "ConnectError"}
)  # as the HTTP library names them


def words(error: BaseException, silence: float) -> str:
    """Returns why the exchange failed; `silence` is the longest wait for the next byte, in seconds."""
    chain = list(_causes(error))
    for cause in chain:
        if reason := _by_cause(cause):
            return reason
    if _is_silence(error):
        return f"no answer for {silence:g} s"
    return _by_protocol(error, " ".join(str(cause) for cause in chain).lower())


def may_pass(error: BaseException) -> bool:
    """Tells whether the same request may soon succeed: after a silence, a reset, or a line that was cut."""
    if any(
        isinstance(cause, socket.gaierror | ssl.SSLError | ConnectionRefusedError)
        for cause in _causes(error)
    ):
        return False
    told = str(error).lower()
    return (
        _is_silence(error)
        or any(isinstance(cause, ConnectionError) for cause in _causes(error))
        or type(error).__name__ in _LOST
        or "disconnected" in told
        or "peer closed" in told
    )


def _is_silence(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or type(error).__name__.endswith("Timeout")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields an exception, what caused it, and what is in its groups, each once."""
    waiting, met = [error], set[int]()
    while waiting and len(met) < _MOST_CAUSES:
        cause = waiting.pop(0)
        if id(cause) in met:
            continue
        met.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        waiting.extend(
            behind for behind in (cause.__cause__, cause.__context__) if behind is not None
        )


def _by_cause(cause: BaseException) -> str:
    match cause:
        case socket.gaierror() if cause.errno == socket.EAI_AGAIN:
            return "its host could not be looked up just now; try again later"
        case socket.gaierror():
            return UNKNOWN_HOST
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


def _by_protocol(error: BaseException, told: str) -> str:
    if type(error).__name__ == "ProxyError":
        return "the proxy that is set in this machine's environment refused it"
    if type(error).__name__ in _LOST:
        return "the connection was lost"
    if "peer closed" in told or "incomplete" in told:
        return "its answer is incomplete"
    if "without sending" in told or "disconnected" in told:
        return "the server closed the connection without an answer"
    if "too long" in told or "too large" in told:
        return "the headers of its answer are too large"
    if isinstance(error, ValueError) or type(error).__name__ == "InvalidURL":
        return "its address cannot be fetched; correct the feed's url"
    return f"its answer is not proper HTTP{_of_header(error)}"


def _of_header(error: BaseException) -> str:
    """Returns which header of an answer is wrong, where the protocol library says so."""
    said = next((str(cause) for cause in _causes(error) if "header" in str(cause).lower()), "")
    line = re.search(r"""illegal header line: .*?b(['"])(.*)\1""", said)
    if line:
        shown = "".join(sign for sign in line[2] if sign.isprintable())
        said = (
            f"'{shown[:_LONGEST_LINE]}{'…' if len(shown) > _LONGEST_LINE else ''}' is not a header"
        )
    elif "Transfer-Encoding" in said or "Content-Length" in said:
        said = said[:_LONGEST_LINE]
    else:
        return ""
    return f" ({said}); the publisher has to fix that"
