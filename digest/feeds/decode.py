"""Undoes the content encodings of HTTP (RFC 9110 §8.4), never beyond a cap.

Refuses to trust the label: gzip and text are known by their first bytes, so that a body said to be packed that is not
passes as it is, and one that says nothing is unpacked. Refuses to swell: each layer stops at the cap, so no bomb fills
the memory.
"""

from __future__ import annotations

import zlib
from contextlib import suppress

_PIECE, _BITE = 65_536, 8_192
_MOST_LAYERS = 3
_GZIP_SIGN = b"\x1f\x8b"
_GZIP, _ZLIB, _BARE = 31, 15, -15  # as zlib's wbits
_READABLE = frozenset({"gzip", "x-gzip", "deflate"})
_NOTHING = frozenset({"", "identity"})
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
"""How feeds and pages begin, in any encoding."""


class UnreadableBodyError(Exception):
    """A body that cannot be unpacked, or is too large; its text says which, in words for a report."""


class _TooLargeError(UnreadableBodyError):
    """A body over the cap; no other way of reading it would make it smaller."""


class Unpacker:
    """Takes a body as it comes, gives it at the end, unpacked as `encodings` (a Content-Encoding header) says.

    `cap` is in bytes and holds for the body as sent and for what each layer unpacks to.
    """

    def __init__(self, encodings: str, cap: int) -> None:
        self._cap = cap
        self._names = _names(encodings)
        self._sent = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the body as sent; raises UnreadableBodyError."""
        self._sent += chunk
        if len(self._sent) > self._cap:
            raise _too_large(self._cap)

    def end(self) -> bytes:
        """Returns the whole body; raises UnreadableBodyError where it broke off."""
        body = bytes(self._sent)
        for name in (
            *reversed(self._names),
            "",
        ):  # servers pack once more than they say, or say nothing
            body = _unpacked(body, name, self._cap)
        return body


def _unpacked(body: bytes, name: str, cap: int) -> bytes:
    """Returns a body without one layer of packing, if it has that; `name` is what its label says."""
    if body.startswith(_GZIP_SIGN):
        return _inflated(body, _GZIP, name or "gzip", cap)
    if name == "deflate" and body:
        try:
            # RFC 9110 §8.4.1.2: zlib, but some servers send bare deflate
            return _inflated(body, _ZLIB if _has_zlib_header(body) else _BARE, name, cap)
        except UnreadableBodyError as error:
            if isinstance(error, _TooLargeError) or not _is_text(body):
                raise
            return body
    if _is_text(body):
        return body
    if name and name not in _READABLE:
        shown = "".join(sign for sign in name if sign.isprintable())[:40]
        raise UnreadableBodyError(f"compressed as '{shown}', a format that cannot be read")
    for kind in (
        _ZLIB,
        _BARE,
    ):  # without a label that says so: only what turns out to be text was packed
        with suppress(UnreadableBodyError):
            if body and _is_text(found := _inflated(body, kind, name, cap)):
                return found
    return body


def _inflated(body: bytes, kind: int, name: str, cap: int) -> bytes:
    inflate = zlib.decompressobj(wbits=kind)
    found = bytearray()
    for begin in range(0, len(body), _BITE):
        data = body[begin : begin + _BITE]
        full = False  # a piece of full size may have left more inside, though all data is taken
        while data or full:
            if inflate.eof and not data:
                break
            if inflate.eof:
                if not data.startswith(_GZIP_SIGN[: len(data)]):
                    return bytes(found)  # what stands behind the last member is padding
                inflate = zlib.decompressobj(wbits=_GZIP)
            try:
                piece = inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise UnreadableBodyError(f"its {name} compression is damaged") from error
            data = inflate.unconsumed_tail or inflate.unused_data
            full = len(piece) == _PIECE
            found += piece
            if len(found) > cap:
                raise _too_large(cap)
    if not inflate.eof:
        raise UnreadableBodyError("its answer is incomplete")
    return bytes(found)


def _has_zlib_header(body: bytes) -> bool:
    """Tells whether a body begins as zlib does: with a multiple of 31 (RFC 1950 §2.2)."""
    return body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _is_text(body: bytes) -> bool:
    return body.lstrip().startswith(_TEXT)


def _too_large(cap: int) -> _TooLargeError:
    return _TooLargeError(f"larger than {cap / 1_000_000:g} MB; such a feed is not read")


def _names(encodings: str) -> list[str]:
    names = [
        name for part in encodings.split(",") if (name := part.strip().lower()) not in _NOTHING
    ]
    if len(names) > _MOST_LAYERS:
        raise UnreadableBodyError(f"compressed {len(names)} times, which no feed is")
    return names
