"""A catalogue as plain values, fit to be remembered, and back again.

    outlines ⇄ columns, one for each field        the other kinds ⇄ one row for each value

Refuses nothing and checks nothing: whoever remembers it knows that it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

from digest.errors import Problem
from digest.model import Catalogue, Copied, FreePage, Gone, Letter, Location, Outline, Place
from digest.week import Week

_WEEK, _PUBLISHED, _THEMES, _UPDATED = map(Outline._fields.index, ("week", "published", "themes", "updated"))
_WEEKS = 100  # more than a year has


def _rows(*fields: str) -> Callable[[Iterable[object]], list[Any]]:
    row = attrgetter(*fields)
    return lambda values: list(map(row, values))


_PLAIN: Mapping[str, Callable[[Any], object]] = {
    "letters": lambda letters: [_letter_row(*letter) for letter in letters],
    "introductions": _rows("file", "name", "title", "body", "line", "draft"),
    "pages": _rows("file", "name", "title", "body", "line", "draft"),
    "copied": _rows("file", "path", "size", "weight"),
    "places": _rows("week.year", "week.number", "slug", "file", "story", "since", "owner"),
    "earlier": dict,
    "names": dict,
    "altered": dict,
    "news": _rows(*Location._fields),
    "gone": _rows("file", "week.year", "week.number", "day", "came", "former", "fresh"),
    "damaged": _rows(*Problem._fields),
}
KINDS = tuple(_PLAIN)
"""All of a catalogue but its stories."""


def columns(stories: Sequence[Outline]) -> list[list[Any]]:
    """Returns outlines as columns, which cost half of what rows do to unpack; what is the same is said once."""
    found: list[list[Any]] = [list(column) for column in zip(*stories, strict=True)]
    if found:
        themes: dict[tuple[str, ...], tuple[str, ...]] = {}
        found[_WEEK] = [week.year * _WEEKS + week.number for week in found[_WEEK]]
        found[_THEMES] = [themes.setdefault(one, one) for one in found[_THEMES]]
        times = zip(found[_PUBLISHED], found[_UPDATED], strict=True)
        found[_UPDATED] = [published if updated == published else updated for published, updated in times]
    return found


def outlines(columns: Sequence[list[Any]]) -> tuple[Outline, ...]:
    """Returns the outlines that the columns are of."""
    if not columns:
        return ()
    weeks = {number: Week(*divmod(number, _WEEKS)) for number in set(columns[_WEEK])}
    whole = (*columns[:_WEEK], [weeks[number] for number in columns[_WEEK]], *columns[_WEEK + 1 :])
    made = partial(tuple.__new__, Outline)  # all of it in C, since there may be 100,000
    return cast("tuple[Outline, ...]", tuple(map(made, zip(*whole, strict=True))))


def rows(catalogue: Catalogue, kinds: Iterable[str]) -> dict[str, Any]:
    """Returns what a catalogue has of these kinds as plain values."""
    return {kind: _PLAIN[kind](getattr(catalogue, kind)) for kind in kinds}


def values(rows: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns what a catalogue has of these kinds, of which these are the plain values."""
    made: dict[str, Callable[..., object]] = {
        "letters": _letter,
        "introductions": _page,
        "pages": _page,
        "copied": partial(_copied, root),
        "places": _place,
        "news": Location,
        "gone": _gone,
        "damaged": Problem,
    }
    return {kind: tuple(made[kind](*row) for row in found) if kind in made else found for kind, found in rows.items()}


def _gone(file: str, year: int, number: int, day: str, came: float, former: Iterable[str], fresh: bool) -> Gone:
    return Gone(file, Week(year, number), day, came, tuple(former), fresh)


def _letter_row(file: str, week: Week, *rest: object) -> list[object]:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in rest]
    return [file, week.year, week.number, *plain]


def _letter(file: str, year: int, number: int, title: str, body: str, line: int, draft: bool, *dates: str) -> Letter:
    published, updated = (datetime.fromisoformat(date) if date else None for date in dates)
    return Letter(file, Week(year, number), title, body, line, draft, published, updated)


def _page(file: str, name: str, title: str, body: str, line: int, draft: bool) -> FreePage:
    return FreePage(file=file, name=name, title=title, body=body, line=line, draft=draft)


def _copied(root: Path, file: str, path: str, size: tuple[int, int] | None, weight: int) -> Copied:
    return Copied(source=root / file, file=file, path=path, size=size, weight=weight)


def _place(year: int, number: int, slug: str, file: str, story: str, since: str, owner: str) -> Place:
    return Place(week=Week(year, number), slug=slug, file=file, story=story, since=since, owner=owner)
