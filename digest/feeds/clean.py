"""Turns the bytes of a feed into a well-formed document, with warnings on what was changed.

bytes ──decode──▶ text ──prune──▶ document
                    └── not well-formed ──repair──▶ text ──prune──▶ document
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.feeds import encodings, prune, repair
from digest.feeds.encodings import Decoded

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A document in UTF-8; `is_entry_cut` is True if its last entry is incomplete."""

    document: bytes
    warnings: tuple[str, ...]
    is_entry_cut: bool = False


def clean(body: bytes, content_type: str, namespaces: Mapping[str, str]) -> Cleaned:
    """Returns the document; `namespaces` maps namespace URIs to the prefixes that we use."""
    decoded = encodings.decode(body, content_type)
    legal = repair.without_illegal(decoded.text)
    warnings = [
        *decoding_warnings(decoded),
        *(f"not well-formed XML: {what}" for what in legal.changed),
    ]
    known = {address.lower(): prefix for address, prefix in namespaces.items()}
    bare = repair.bare(legal.text)
    try:
        if bare is not None:
            return Cleaned(document=prune.prune(bare, known).encode(), warnings=tuple(warnings))
    except prune.NotWellFormed:
        pass
    prefixes = {
        "atom": _ATOM,
        **{prefix: address for address, prefix in namespaces.items() if prefix},
    }
    repaired = repair.repair(legal.text, prefixes)
    try:
        document = prune.prune(repaired.text, known)
    except prune.NotWellFormed:
        warnings.append("not well-formed XML; some text may be wrong")
        return Cleaned(document=legal.text.encode(), warnings=tuple(warnings))
    if repaired.changed:
        warnings.append(f"not well-formed XML: {'; '.join(repaired.changed)}")
    if repaired.is_entry_cut:
        warnings.append("its end is missing; its last entry is skipped until it is complete")
    elif repaired.is_broken_off:
        warnings.append("its end is missing")
    return Cleaned(
        document=document.encode(), warnings=tuple(warnings), is_entry_cut=repaired.is_entry_cut
    )


def decoding_warnings(decoded: Decoded) -> Iterator[str]:
    """Yields warnings about characters that may be wrong."""
    if decoded.guessed:
        first = _BEYOND_ASCII.search(decoded.text)
        line = repair.line_of(decoded.text, first.start() if first else 0)
        yield (
            f"not in the encoding that it declares; read as {decoded.encoding}, "
            f"some text may be wrong (from line {line} on)"
        )
    elif decoded.replaced:
        line = repair.line_of(decoded.text, decoded.text.find("\ufffd"))
        many = f"{decoded.replaced} places that are" if decoded.replaced > 1 else "a place that is"
        yield f"{many} not {decoded.encoding} (line {line}); shown as \ufffd"
