"""What one plan of the site leaves to the next, within one run: what is made of the same, or comes out the same.

    made: the very objects that it was made of ──▶ what was made of them
    same: a value that equals the last one of its name ──▶ that one, so that nothing is made of it again
    lately: the key of all that it is made of ──▶ one of the last few thousand values that somebody asked for

So a save in a preview costs what it changes, and the rest of a large archive is only walked by. Refuses to be kept on a
disk, and to grow from day to day.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar, cast

_T = TypeVar("_T")

_LATELY = 5000
"""How many values are kept of those that are many: a save may ask for a thousand, and the next one for others."""


class Lasting:
    """The values of one plan; `before` are those of the last one."""

    def __init__(self, before: Lasting | None = None, *, once: bool = False) -> None:
        self._once = once
        self._made_before = before._made if before else {}
        self._made: dict[tuple[object, ...], tuple[Any, tuple[object, ...]]] = {}
        self._named: dict[str, object] = dict(before._named) if before else {}
        self._older = before._latest() if before else {}
        self._asked: dict[tuple[object, ...], Any] = {}
        self.goes_on = before is not None
        """Whether there was a plan before: then there may well be another, for which it pays to keep much."""

    def made(self, make: Callable[..., _T], *of: object, maker: object = None) -> _T:
        """Returns what `make` makes of these objects, which must follow from them and digest.toml alone.

        It receives the maker before them, if there is one.

        What this is called for within `make` is forgotten when a plan need not make it: call it for the parts before.
        """
        given = of if maker is None else (maker, *of)
        if self._once:
            return make(*given)
        key = (make, *map(id, of))
        found = self._made_before.get(key)
        if found is None:
            found = make(*given), of  # which are kept, so that nothing else comes to have their ids
        self._made[key] = found
        return cast("_T", found[0])

    def same(self, name: str, value: _T) -> _T:
        """Returns the last value of a name where this one equals it, so that it is the very same object.

        For values that look alike only where they are equal: of moments, two that differ in their time zone are.
        """
        if self._once:
            return value
        known = self._named.get(name)
        if known == value and known is not None:
            return known
        self._named[name] = value
        return value

    def lately(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """Returns the value of a key, which stands for all that it is made of."""
        if not self.goes_on:
            return make()
        if key not in self._asked:
            known = self._older.get(key)
            self._asked[key] = make() if known is None else known
        return cast("_T", self._asked[key])

    def _latest(self) -> dict[tuple[object, ...], Any]:
        """Returns the values that were asked for last, as many as are kept."""
        found = {key: value for key, value in self._older.items() if key not in self._asked} | self._asked
        return dict(islice(found.items(), max(0, len(found) - _LATELY), None))
