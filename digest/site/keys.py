"""The keys by which a build knows that something is still made from the same: hashes of values.

A kind of value that cannot be taken apart here is a mistake in this program, a TypeError.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date

from digest.cache import key_of
from digest.model import Story

_PLAIN = frozenset({str, int, bytes, bool, float, type(None)})


class Keys:
    """Makes keys; `stories` has that of each story, by its file: a hash of all that a page may say of it."""

    def __init__(self, stories: Mapping[str, bytes]) -> None:
        self._stories = stories

    def of(self, *values: object) -> bytes:
        """Returns a hash that two lists of values share only if all that a page could show of them is the same."""
        return key_of(marshal.dumps(self._flat(values), 2))  # type: ignore[arg-type]

    def _flat(self, value: object) -> object:
        """Returns a value as plain ones, which marshal writes in one way only; what has a key, as that."""
        kind = type(value)
        if kind in _PLAIN:
            return value
        if isinstance(value, Story):
            return self._stories[value.file]
        if isinstance(value, tuple):
            if value and type(value[0]) is Story and type(value[-1]) is Story:
                return b"".join(
                    [self._stories[story.file] for story in value]
                )  # most of all: lists of stories
            return tuple([part if type(part) in _PLAIN else self._flat(part) for part in value])
        if isinstance(value, str):
            return str(value)
        if isinstance(value, date):
            return value.isoformat()
        names = _names(kind)
        if "key" in names:
            return value.key  # type: ignore[attr-defined]
        return (kind.__name__, *[self._flat(getattr(value, name)) for name in names])


def _names(kind: type[object]) -> list[str]:
    """Returns the names of the fields of a dataclass."""
    if not is_dataclass(kind):
        raise TypeError(
            f"a page cannot be made of {kind.__name__}: nothing tells whether it has changed"
        )
    return [field.name for field in fields(kind)]
