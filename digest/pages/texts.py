"""What is dear to make and seldom changes, kept from one build to the next by the mark of what it is made of.

Texts are fit to be remembered by other runs; other values go on within one run, from save to save of a preview. Refuses
to keep what nobody asked for any more: only what a build has used is there for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

_T = TypeVar("_T")


def whole_key(edition: bytes) -> bytes:
    """Returns the key of a whole edition as the feed of the weeks gives it; `edition` is its mark."""
    return b"whole " + edition


class Texts:
    """The texts and values of one build; `before` are the texts, `values` the values that the last one used."""

    def __init__(
        self, before: Mapping[bytes, str] | None = None, values: Mapping[tuple[str, bytes], object] | None = None
    ) -> None:
        self.before, self._values_before = before or {}, values or {}
        self.used: dict[bytes, str] = {}
        self._values: dict[tuple[str, bytes], object] = {}

    def next(self) -> Texts:
        """Returns those for the build that comes after this one."""
        return Texts(self.used, self._values)

    def made(self, kind: str, key: bytes, make: Callable[[], _T]) -> _T:
        """Returns the value of a kind that has a key, which stands for all that it is made of."""
        if (kind, key) not in self._values:
            known = self._values_before.get((kind, key))
            self._values[kind, key] = make() if known is None else known
        return cast("_T", self._values[kind, key])

    def hold(self, key: bytes) -> None:
        """Keeps a text for later builds, though this one may have no use for it."""
        if key in self.before:
            self.used[key] = self.before[key]

    def once(self, key: bytes, make: Callable[[], str]) -> str:
        """Returns the text of a key, which stands for all that it is made of, and makes it where none is known."""
        if key not in self.used:
            known = self.before.get(key)
            self.used[key] = make() if known is None else known
        return self.used[key]
