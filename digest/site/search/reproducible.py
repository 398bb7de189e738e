"""The one importer of cbor2: Pagefind's files in one order, so that the same stories give the same files.

    entry ──names──▶ meta ──names──▶ filters ──values in order──▶ named anew by what they hold

Pagefind lists filters and their values as its hash tables happen to lie, differently on each run; all else that it
writes comes out alike. Refuses to touch a file whose form it does not know: that one stays as Pagefind wrote it, for
it can be searched as well.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

import cbor2

ENTRY = "pagefind-entry.json"
_ORDERED = (".pf_meta", ".pf_filter")
_SIGNATURE = b"pagefind_dcd"
_UNKNOWN = (
    LookupError, TypeError, ValueError, AttributeError, OSError, EOFError, RecursionError, zlib.error, cbor2.CBORError,
)  # fmt: skip
"""What comes of a file of a form that is not known here."""
_FILTERS = 3  # where the list of filters stands in a meta file: pairs of name and file


def in_order(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the entry, meta and filter files of an index, with filters in order, under the names that this gives."""
    try:
        entry = json.loads(files[ENTRY])
        ordered: dict[str, bytes] = {}
        for language in entry["languages"].values():
            language["hash"] = _meta(files, language["hash"], ordered)
    except _UNKNOWN:
        return {
            name: content
            for name, content in files.items()
            if name == ENTRY or name.endswith(_ORDERED)
        }
    return {**ordered, ENTRY: json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()}


def _meta(files: Mapping[str, bytes], name: str, ordered: dict[str, bytes]) -> str:
    meta = _read(files[f"pagefind.{name}.pf_meta"])
    meta[_FILTERS] = [
        [named, _filter(files, file, ordered)] for named, file in sorted(meta[_FILTERS], key=repr)
    ]
    return _put(ordered, "pagefind.{}.pf_meta", name, meta)


def _filter(files: Mapping[str, bytes], name: str, ordered: dict[str, bytes]) -> str:
    named, values = _read(files[f"filter/{name}.pf_filter"])
    return _put(ordered, "filter/{}.pf_filter", name, [named, sorted(values, key=repr)])


def _put(ordered: dict[str, bytes], path: str, before: str, value: list[Any]) -> str:
    """Keeps a file under the name that what it holds gives it, and returns that name.

    It is kept as it is, not compressed: Pagefind reads both, and what zlib makes of a file differs between machines.
    """
    content = _SIGNATURE + cbor2.dumps(value)
    language, _, digits = before.rpartition("_")
    name = f"{language}_{hashlib.sha256(content).hexdigest()[: len(digits)]}"
    ordered[path.format(name)] = content
    return name


def _read(content: bytes) -> list[Any]:
    """Returns what a file holds; raises ValueError where writing it again would give other bytes."""
    plain = gzip.decompress(content)
    value: list[Any] = cbor2.loads(plain.removeprefix(_SIGNATURE))
    if _SIGNATURE + cbor2.dumps(value) != plain:
        raise ValueError
    return value
