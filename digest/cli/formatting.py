"""Formats reports: tables, counts in words, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from digest.cli.safe_print import json_text
from digest.redact import mask

NO_THEMES = "digest.toml has no theme yet; to see what recurs: digest themes --propose"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yields the lines of a table: numbers right-aligned, words left-aligned, zero or nothing as a
    dot."""
    rows = [tuple(row) for row in rows]
    signs = [
        ">" if rows and isinstance(cell, int) else "<" for cell in (rows[0] if rows else heads)
    ]
    lines = [tuple(heads), *(tuple(str(cell or "·") for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            f"{cell:{sign}{width}}" for cell, sign, width in zip(line, signs, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def count(number: int, one: str, many: str = "") -> str:
    """Returns a count with its noun: `1 feed`, `2 feeds`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def stories(number: int) -> str:
    """Returns a number of stories in words."""
    return count(number, "story", "stories")


def left_out(addresses: Iterable[str]) -> Iterator[str]:
    """Yields a line for each address in a list of feeds that cannot be pulled."""
    return (
        f"{mask(address)}: left out, because it is not an http(s) address" for address in addresses
    )


def unread(files: Iterable[str], unknown_themes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields a line for each theme that is missing from digest.toml, and for each other file that
    cannot be read."""
    for theme, having in unknown_themes.items():
        more = (
            f" and {count(len(having) - 1, 'more story', 'more stories')}"
            if len(having) > 1
            else ""
        )
        its = "their" if more else "its"
        yield (
            f"{having[0]}{more}: not counted, because digest.toml does not have {its} theme '{theme}'; "
            "'digest check' says what to do"
        )
    explained = {file for having in unknown_themes.values() for file in having}
    for file in files:
        if file not in explained:
            yield f"{file}: cannot be read completely; 'digest check' says why"


def without_theme(number: int, likely: Mapping[str, int]) -> str:
    """Returns the words, after that number of stories, that they have no theme, and what they may be:
    `likely` has how many look like each theme."""
    verb = "has" if number == 1 else "have"
    looks = ", ".join(f"{count} like {theme}" for theme, count in list(likely.items())[:3])
    return f"{verb} no theme{looks and f' ({looks})'}: digest themes --missing"


def quoted(text: str) -> str:
    """Returns a text as a string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def as_json(value: Any) -> str:
    """Returns a report as JSON."""
    return json_text(json.dumps(value, ensure_ascii=False, indent=2, default=str))
