"""Undoes the content encodings of HTTP (RFC 9110 §8.4), piece by piece and never beyond a cap.

Refuses to trust the label: gzip is known by its first bytes, so that a body said to be gzip that is not passes as it
is, and one that says nothing is unpacked. Refuses to swell: each layer stops at the cap, so no bomb fills the memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_PIECE = 65_536
_MOST_LAYERS = 3
_GZIP_SIGN = b"\x1f\x8b"
_READABLE = frozenset({"gzip", "x-gzip", "deflate"})
_NOTHING = frozenset({"", "identity"})


class UnreadableBodyError(Exception):
    """A body that cannot be unpacked, or is too large; its text says which, in words for a report."""


class Unpacker:
    """Takes a body as it comes, unpacks it as `encodings` (a Content-Encoding header) says, gives it whole at the end.

    `cap` is in bytes and holds for the body as sent and for what each layer unpacks to.
    """

    def __init__(self, encodings: str, cap: int) -> None:
        self._cap = cap
        self._layers = [_Layer(name) for name in reversed(_names(encodings))]
        self._layers.append(_Layer("gzip"))  # servers pack once more than they say, or say nothing
        self._sizes = [0] * (len(self._layers) + 1)
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the body as sent; raises UnreadableBodyError."""
        self._pass_on(0, chunk)

    def end(self) -> bytes:
        """Returns the whole body; raises UnreadableBodyError where it broke off."""
        for number, layer in enumerate(self._layers):
            for piece in layer.rest():
                self._pass_on(number + 1, piece)
        return bytes(self._body)

    def _pass_on(self, number: int, piece: bytes) -> None:
        self._sizes[number] += len(piece)
        if self._sizes[number] > self._cap:
            raise UnreadableBodyError(f"larger than {self._cap / 1_000_000:g} MB; such a feed is not read")
        if number == len(self._layers):
            self._body += piece
            return
        for unpacked in self._layers[number].unpack(piece):
            self._pass_on(number + 1, unpacked)


class _Layer:
    """One layer of packing; it waits for two bytes to see what it is, since a label may lie."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._begun = False
        self._inflate: zlib._Decompress | None = None

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        if not self._begun:
            self._head += chunk
            if len(self._head) < len(_GZIP_SIGN):
                return
            chunk = self._begin()
        yield from self._pieces(chunk)

    def rest(self) -> Iterator[bytes]:
        if not self._begun:
            yield from self._pieces(self._begin())
        if self._inflate is not None and not self._inflate.eof:
            raise UnreadableBodyError("its answer broke off before its end")

    def _begin(self) -> bytes:
        self._begun = True
        if self._head.startswith(_GZIP_SIGN):
            self._inflate = zlib.decompressobj(wbits=31)
        elif self._name == "deflate" and self._head:
            # RFC 9110 §8.4.1.2: zlib, but some servers send bare deflate; a zlib header is a multiple of 31.
            zlib_header = self._head[0] & 0x0F == 8 and int.from_bytes(self._head[:2], "big") % 31 == 0
            self._inflate = zlib.decompressobj(wbits=15 if zlib_header else -15)
        return self._head

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield data
            return
        full = False  # a piece of full size may have left more inside, though all data is taken
        while data or full:
            if self._inflate.eof:
                if not data.startswith(_GZIP_SIGN):
                    return  # what stands behind the last member is padding
                self._inflate = zlib.decompressobj(wbits=31)
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise UnreadableBodyError(f"its {self._name} packing is damaged") from error
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
            full = len(piece) == _PIECE
            yield piece


def _names(encodings: str) -> list[str]:
    names = [name for part in encodings.split(",") if (name := part.strip().lower()) not in _NOTHING]
    for name in names:
        if name not in _READABLE:
            shown = "".join(sign for sign in name if sign.isprintable())[:40]
            raise UnreadableBodyError(f"packed as '{shown}', which was not asked for and cannot be read")
    if len(names) > _MOST_LAYERS:
        raise UnreadableBodyError(f"packed {len(names)} times over, which no feed is")
    return names
