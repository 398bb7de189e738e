"""Turns the bytes of a feed into a well-formed document, with warnings on what was changed.

bytes ──decode──▶ text ──prune──▶ document
                    └── not well-formed ──repair──▶ text ──prune──▶ document
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from digest.feeds import encodings, prune, repair

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
    text, removed = repair.without_illegal(decoded.text)
    warnings = encodings.warnings(decoded)
    if removed:
        warnings.append(f"not well-formed XML: {removed}")
    known = {uri.lower(): prefix for uri, prefix in namespaces.items()}
    with suppress(prune.NotWellFormed):
        if (from_root := repair.from_root(text)) is not None:
            document = prune.prune(from_root, known)
            return Cleaned(document=document.encode(), warnings=tuple(warnings))
    prefixes = {prefix: uri for uri, prefix in namespaces.items() if prefix}
    repaired = repair.repair(text, {"atom": _ATOM, **prefixes})
    try:
        document = prune.prune(repaired.text, known)
    except prune.NotWellFormed:
        warnings.append("not well-formed XML; some text may be wrong")
        return Cleaned(document=text.encode(), warnings=tuple(warnings))
    if repaired.changed:
        warnings.append(f"not well-formed XML: {'; '.join(repaired.changed)}")
    if repaired.is_entry_cut:
        warnings.append("its end is missing; its last entry is skipped until it is complete")
    elif repaired.is_broken_off:
        warnings.append("its end is missing")
    return Cleaned(
        document=document.encode(), warnings=tuple(warnings), is_entry_cut=repaired.is_entry_cut
    )
