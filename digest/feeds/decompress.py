"""Decompresses HTTP bodies (RFC 9110 §8.4), up to a limit.

The Content-Encoding header is often wrong, so gzip and text are recognised by their first bytes: a
body that is not compressed is left as it is, and an unlabelled one is decompressed. Each layer
stops at the limit, so a compression bomb cannot fill the memory.
"""

from __future__ import annotations

import zlib
from contextlib import suppress

from digest.feeds import http_errors

_OUTPUT_CHUNK, _INPUT_CHUNK = 65_536, 8_192
_MAX_LAYERS = 3
_GZIP_SIGNATURE = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW = 31, 15, -15  # as zlib's wbits
_SUPPORTED = frozenset({"gzip", "x-gzip", "deflate"})
_IDENTITY = frozenset({"", "identity"})
_TEXT = (
    b"<",
    b"{",
    b"[",
    b"\0<",
    b"\0\0\0<",
    b"\xef\xbb\xbf",
    b"\xfe\xff",
    b"\xff\xfe",
    b"\0\0\xfe\xff",
)
"""The first bytes of feeds and pages, in any encoding."""


class UnreadableBodyError(Exception):
    """A body that is damaged or too large; the message is shown in the report."""


class _TooLargeError(UnreadableBodyError):
    """A body over the limit."""


class Decompressor:
    """Collects a body and decompresses it at the end; `encodings` is the Content-Encoding header.

    `limit` is in bytes, for the body as sent and for the output of each layer.
    """

    def __init__(self, encodings: str, limit: int) -> None:
        self._limit = limit
        self._names = _names(encodings)
        self._sent = bytearray()

    def add(self, chunk: bytes) -> None:
        """Adds the next bytes of the body as sent; raises UnreadableBodyError."""
        self._sent += chunk
        if len(self._sent) > self._limit:
            raise _too_large(self._limit)

    def finish(self) -> bytes:
        """Returns the decompressed body; raises UnreadableBodyError if it is incomplete."""
        body = bytes(self._sent)
        # the last "": some servers compress once more than they say
        for name in (*reversed(self._names), ""):
            body = _unpacked(body, name, self._limit)
        return body


def _unpacked(body: bytes, name: str, limit: int) -> bytes:
    """Removes one layer of compression, if there is one; `name` is what the header says."""
    if body.startswith(_GZIP_SIGNATURE):
        return _inflated(body, _GZIP, name or "gzip", limit)
    if name == "deflate" and body:
        try:
            # RFC 9110 §8.4.1.2: zlib format, but some servers send raw deflate. A zlib header is
            # of method 8 and a multiple of 31 (RFC 1950 §2.2).
            is_zlib = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            return _inflated(body, _ZLIB if is_zlib else _RAW, name, limit)
        except UnreadableBodyError as error:
            if isinstance(error, _TooLargeError) or not _is_text(body):
                raise
            return body
    if _is_text(body):
        return body
    if name and name not in _SUPPORTED:
        shown = http_errors.printable(name)[:40]
        raise UnreadableBodyError(f"compressed as '{shown}', a format that cannot be read")
    for wbits in (_ZLIB, _RAW):  # not in the header: it was compressed only if the result is text
        with suppress(UnreadableBodyError):
            if body and _is_text(output := _inflated(body, wbits, name, limit)):
                return output
    return body


def _inflated(body: bytes, wbits: int, name: str, limit: int) -> bytes:
    inflate = zlib.decompressobj(wbits=wbits)
    output = bytearray()
    for begin in range(0, len(body), _INPUT_CHUNK):
        data = body[begin : begin + _INPUT_CHUNK]
        full = False  # after a full output chunk there may be more output without more input
        while data or full:
            if inflate.eof and not data:
                break
            if inflate.eof:
                if not data.startswith(_GZIP_SIGNATURE[: len(data)]):
                    return bytes(output)  # padding after the last gzip member
                inflate = zlib.decompressobj(wbits=_GZIP)
            try:
                chunk = inflate.decompress(data, _OUTPUT_CHUNK)
            except zlib.error as error:
                raise UnreadableBodyError(f"its {name} compression is damaged") from error
            data = inflate.unconsumed_tail or inflate.unused_data
            full = len(chunk) == _OUTPUT_CHUNK
            output += chunk
            if len(output) > limit:
                raise _too_large(limit)
    if not inflate.eof:
        raise UnreadableBodyError("its answer is incomplete")
    return bytes(output)


def _is_text(body: bytes) -> bool:
    return body.lstrip().startswith(_TEXT)


def _too_large(limit: int) -> _TooLargeError:
    return _TooLargeError(f"larger than {limit / 1_000_000:g} MB; such a feed is not read")


def _names(encodings: str) -> list[str]:
    parts = (part.strip().lower() for part in encodings.split(","))
    names = [name for name in parts if name not in _IDENTITY]
    if len(names) > _MAX_LAYERS:
        raise UnreadableBodyError(f"compressed {len(names)} times, which no feed is")
    return names
