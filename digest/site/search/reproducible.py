"""Sorts what is in Pagefind's files, so that the same stories give the same index.

    entry ──names──▶ meta ──names──▶ filters ──sorted values──▶ renamed by a hash of the content

Pagefind writes filters and their values in the order of its hash tables, which differs on each run;
everything else is the same. A file of an unknown form stays as Pagefind wrote it: it works, too.
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
    LookupError, TypeError, ValueError, AttributeError, OSError, EOFError, RecursionError,
    zlib.error, cbor2.CBORError,
)  # fmt: skip
"""What reading a file of an unknown form raises."""
_FILTERS = 3  # index of the list of filters in a meta file: pairs of name and file


def in_order(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the entry, meta and filter files of an index with sorted filters, under new names."""
    try:
        entry = json.loads(files[ENTRY])
        ordered: dict[str, bytes] = {}
        for language in entry["languages"].values():
            language["hash"] = _meta(files, language["hash"], ordered)
    except _UNKNOWN:
        names = [name for name in files if name == ENTRY or name.endswith(_ORDERED)]
        return {name: files[name] for name in names}
    return {**ordered, ENTRY: json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()}


def _meta(files: Mapping[str, bytes], name: str, ordered: dict[str, bytes]) -> str:
    meta = _read(files[f"pagefind.{name}.pf_meta"])
    filters = []
    for title, file in sorted(meta[_FILTERS], key=repr):
        file_title, values = _read(files[f"filter/{file}.pf_filter"])
        content = [file_title, sorted(values, key=repr)]
        filters.append([title, _put(ordered, "filter/{}.pf_filter", file, content)])
    meta[_FILTERS] = filters
    return _put(ordered, "pagefind.{}.pf_meta", name, meta)


def _put(ordered: dict[str, bytes], path: str, before: str, value: list[Any]) -> str:
    """Adds a file under a name made from a hash of its content, and returns that name.

    It is not compressed: Pagefind reads both forms, and zlib's output differs between machines.
    """
    content = _SIGNATURE + cbor2.dumps(value)
    language, _, digits = before.rpartition("_")
    name = f"{language}_{hashlib.sha256(content).hexdigest()[: len(digits)]}"
    ordered[path.format(name)] = content
    return name


def _read(content: bytes) -> list[Any]:
    """Returns the content of a file; raises ValueError if encoding it would give other bytes."""
    plain = gzip.decompress(content)
    value: list[Any] = cbor2.loads(plain.removeprefix(_SIGNATURE))
    if _SIGNATURE + cbor2.dumps(value) != plain:
        raise ValueError
    return value
