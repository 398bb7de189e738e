"""Marks: short hashes by which a build tells whether what a page is made of is still what it was.

Refuses to guess: a kind of value that it does not know how to take apart is a mistake in this program, a TypeError.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from hashlib import blake2b
from operator import attrgetter

from digest.model import Outline

_SIZE = 16
_PLAIN = frozenset({str, int, bytes, bool, float, type(None)})


def mark(value: object) -> bytes:
    """Returns a hash that two values share only if all that a page could show of them is the same."""
    return blake2b(marshal.dumps(_flat(value), 2), digest_size=_SIZE).digest()  # type: ignore[arg-type]


def _flat(value: object) -> object:
    """Returns a value as plain ones, which marshal writes down in one way only; what bears a mark, as that."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, Outline):
        return value.mark
    if isinstance(value, tuple):
        if value and type(value[0]) is Outline and type(value[-1]) is Outline:
            return b"".join([story.mark for story in value])  # most of all that is hashed: lists of stories
        return tuple([part if type(part) in _PLAIN else _flat(part) for part in value])
    if isinstance(value, str):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return _taken_apart(kind)(value)  # type: ignore[arg-type]


@cache
def _taken_apart(kind: type[object]) -> Callable[[object], object]:
    """Returns what makes plain values of a dataclass's own."""
    if not is_dataclass(kind):
        raise TypeError(f"a page cannot be made of {kind.__name__}: nothing tells whether it has changed")
    names = [field.name for field in fields(kind)]
    if "mark" in names:
        return attrgetter("mark")
    of = attrgetter(*names)
    return (lambda value: (kind.__name__, *map(_flat, of(value)))) if names[1:] else lambda value: _flat(of(value))
