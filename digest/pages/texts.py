"""Texts that are dear to make and seldom change, kept from one build to the next by the mark of what they are made of.

Refuses to keep what nobody asked for any more: only what a build has used is there for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


def whole_key(edition: bytes) -> bytes:
    """Returns the key of a whole edition as the feed of the weeks gives it; `edition` is its mark."""
    return b"whole " + edition


class Texts:
    """The texts of one build; `before` are those that the last one used."""

    def __init__(self, before: Mapping[bytes, str] | None = None) -> None:
        self.before = before or {}
        self.used: dict[bytes, str] = {}

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
