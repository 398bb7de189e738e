"""Keys: hashes of values, by which a build knows that a page is still made from the same inputs.

A value of a type that has no key is a bug in this program (TypeError).
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
    """Makes keys; `stories` has that of each story by file, a hash of what pages may show of it."""

    def __init__(self, stories: Mapping[str, bytes]) -> None:
        self._stories = stories

    def of(self, *values: object) -> bytes:
        """Returns a hash of values; it is the same only if a page would show the same of them."""
        return key_of(marshal.dumps(self._flat(values), 2))  # type: ignore[arg-type]

    def _flat(self, value: object) -> object:
        """Returns a value as tuples of plain ones, or its key: marshal has one form for these."""
        kind = type(value)
        if kind in _PLAIN:
            return value
        if isinstance(value, Story):
            return self._stories[value.file]
        if isinstance(value, tuple):
            if value and type(value[0]) is Story and type(value[-1]) is Story:
                # A shortcut for lists of stories, the most frequent input.
                return b"".join([self._stories[story.file] for story in value])
            return tuple([part if type(part) in _PLAIN else self._flat(part) for part in value])
        if isinstance(value, str):
            return str(value)
        if isinstance(value, date):
            return value.isoformat()
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} cannot be an input of a page: it has no key")
        names = [field.name for field in fields(kind)]
        if "key" in names:
            return value.key  # type: ignore[attr-defined]
        return (kind.__name__, *[self._flat(getattr(value, name)) for name in names])
