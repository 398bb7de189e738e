"""How a build knows that something is still made from the same inputs.

`Keys` makes hashes of values, which are compared with those of an earlier run. A value of a type
that has no key is a bug in this program (TypeError). `BuildMemory` keeps values between the builds
of one process.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from operator import is_
from typing import Any, TypeVar, cast

from digest.cache import key_of
from digest.model import Story

T = TypeVar("T")

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
        names = _names_in(kind)  # type: ignore[arg-type]
        if "key" in names:
            return value.key  # type: ignore[attr-defined]
        return (kind.__name__, *[self._flat(getattr(value, name)) for name in names])


@cache
def _names_in(kind: type[object]) -> tuple[str, ...]:
    """Returns the names of a dataclass's fields."""
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} cannot be an input of a page: it has no key")
    return tuple([field.name for field in fields(kind)])


class BuildMemory:
    """What one builder keeps from build to build. All its builds have the same config.

    Files that have not changed are the same objects in the next build, so objects are compared by
    identity: equal stories may be shown differently, say with times in two time zones.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[Sequence[object], object, Any]] = {}

    def memo(
        self,
        name: tuple[object, ...],
        objects: Sequence[object],
        values: object,
        make: Callable[[], T],
    ) -> T:
        """Returns what was made last under this name, or makes it.

        It is made again unless it came from the very same `objects` and from equal `values`, which
        are plain ones.
        """
        if name in self._kept:
            known_objects, known_values, made = self._kept[name]
            is_same = len(known_objects) == len(objects) and all(map(is_, known_objects, objects))
            if is_same and known_values == values:
                return cast("T", made)
        made = make()
        self._kept[name] = objects, values, made
        return made
