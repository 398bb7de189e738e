"""What Pagefind wrote, brought into one order: the same stories give the same files, as a build promises.

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

ENTRY = "pagefind-entry.json"
_ORDERED = (".pf_meta", ".pf_filter")
_SIGNATURE = b"pagefind_dcd"
_UNSIGNED, _TEXT, _ARRAY = 0, 3, 4  # the kinds of CBOR value (RFC 8949 §3.1) that these files are made of
_FILTERS = 3  # where the list of filters stands in a meta file: pairs of name and file

Value = int | str | list["Value"]


class UnknownForm(ValueError):
    """A file of Pagefind's that is not of the form known here."""


def in_order(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the entry, meta and filter files of an index, with filters in order, under the names that this gives."""
    try:
        entry = json.loads(files[ENTRY])
        ordered: dict[str, bytes] = {}
        for language in entry["languages"].values():
            language["hash"] = _meta(files, language["hash"], ordered)
    except (UnknownForm, KeyError, TypeError, ValueError, AttributeError):
        return {name: content for name, content in files.items() if name == ENTRY or name.endswith(_ORDERED)}
    return {**ordered, ENTRY: json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()}


def _meta(files: Mapping[str, bytes], name: str, ordered: dict[str, bytes]) -> str:
    meta = _read(files[f"pagefind.{name}.pf_meta"])
    filters = _at(meta, _FILTERS)
    for at, pair in enumerate(sorted(_list(filters), key=repr)):
        _list(filters)[at] = [_at(pair, 0), _filter(files, str(_at(pair, 1)), ordered)]
    return _put(ordered, "pagefind.{}.pf_meta", name, meta)


def _filter(files: Mapping[str, bytes], name: str, ordered: dict[str, bytes]) -> str:
    found = _list(_read(files[f"filter/{name}.pf_filter"]))
    return _put(ordered, "filter/{}.pf_filter", name, [_at(found, 0), sorted(_list(_at(found, 1)), key=repr)])


def _put(ordered: dict[str, bytes], path: str, before: str, value: Value) -> str:
    """Keeps a file under the name that what it holds gives it, and returns that name.

    It is kept as it is, not compressed: Pagefind reads both, and what zlib makes of a file differs between machines.
    """
    content = _SIGNATURE + _encoded(value)
    language, _, digits = before.rpartition("_")
    name = f"{language}_{hashlib.sha256(content).hexdigest()[: len(digits)]}"
    ordered[path.format(name)] = content
    return name


def _read(content: bytes) -> Value:
    try:
        plain = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UnknownForm from error
    value, end = _decoded(plain, len(_SIGNATURE))
    if not plain.startswith(_SIGNATURE) or end != len(plain) or _encoded(value) != plain[len(_SIGNATURE) :]:
        raise UnknownForm
    return value


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise UnknownForm
    return value


def _at(value: Value, place: int) -> Value:
    found = _list(value)
    if len(found) <= place:
        raise UnknownForm
    return found[place]


def _decoded(content: bytes, at: int) -> tuple[Value, int]:
    """Returns the value that begins at a place, and the place after it."""
    kind, number, at = _head(content, at)
    if kind == _UNSIGNED:
        return number, at
    if kind == _TEXT:
        return content[at : at + number].decode(), at + number
    if kind != _ARRAY:
        raise UnknownForm
    values: list[Value] = []
    for _ in range(number):
        value, at = _decoded(content, at)
        values.append(value)
    return values, at


def _head(content: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(content):
        raise UnknownForm
    kind, short = content[at] >> 5, content[at] & 31
    if short < 24:
        return kind, short, at + 1
    if short > 27:
        raise UnknownForm
    end = at + 1 + (1 << (short - 24))
    return kind, int.from_bytes(content[at + 1 : end]), end


def _encoded(value: Value) -> bytes:
    if isinstance(value, int):
        return _headed(_UNSIGNED, value)
    if isinstance(value, str):
        return _headed(_TEXT, len(value.encode())) + value.encode()
    return _headed(_ARRAY, len(value)) + b"".join(map(_encoded, value))


def _headed(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    size = next(size for size in range(4) if number < 1 << (8 << size))
    return bytes([kind << 5 | 24 + size]) + number.to_bytes(1 << size)
