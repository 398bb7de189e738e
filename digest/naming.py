"""Names that stay: the ids that a theme has and had, and the name that is free where one is taken already.

Stands this low since both rooms that deal in names must come to the same ones.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from digest.model import Theme


def current_ids(themes: Iterable[Theme]) -> dict[str, str]:
    """Returns the id of each theme by every id that it has or had; an id in use wins over the same one given up."""
    themes = tuple(themes)
    return {old: theme.id for theme in themes for old in theme.was} | {theme.id: theme.id for theme in themes}


def free_name(name: str, taken: Container[str]) -> str:
    """Returns the name, or the first of name-2, name-3… that is not taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
