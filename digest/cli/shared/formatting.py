"""Formats reports: tables, counts in words, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from digest.cli.shared.safe_print import json_text
from digest.errors import count_of
from digest.redact import mask

if TYPE_CHECKING:
    from digest.model import Skipped

FEEDS_ARE_NAMED = (
    "Before you pull, look at the feeds in digest.toml: an id stays for good, and readers see"
    " 'publisher', or else 'title', as the source"
)
NO_THEMES = "digest.toml has no theme yet; to see what recurs: digest themes --propose"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yields the lines of a table: numbers right-aligned, words left-aligned, zero or nothing as a
    dot."""
    columns = list(zip(headers, *rows, strict=True))
    cells = []
    for head, *values in columns:
        texts = [head, *(str(value or "·") for value in values)]
        width = max(map(len, texts))
        is_number = bool(values) and isinstance(values[0], int)
        cells.append([text.rjust(width) if is_number else text.ljust(width) for text in texts])
    for line in zip(*cells, strict=True):
        yield "  ".join(line).rstrip()


def stories(number: int) -> str:
    """Returns a number of stories in words."""
    return count_of(number, "story", "stories")


def left_out(addresses: Iterable[str]) -> Iterator[str]:
    """Yields a line for each address in a list of feeds that cannot be pulled."""
    for address in addresses:
        yield f"{mask(address)}: left out, because it is not an http(s) address"


def skipped(skips: Skipped) -> Iterator[str]:
    """Yields a line for each theme that is missing from digest.toml, and for each other file that
    cannot be read."""
    explained = set[str]()
    for theme, files in skips.unknown_themes.items():
        explained.update(files)
        which, its = files[0], "its"
        if len(files) > 1:
            which += f" and {count_of(len(files) - 1, 'more story', 'more stories')}"
            its = "their"
        what = f"not counted, because digest.toml does not have {its} theme '{theme}'"
        yield f"{which}: {what}; 'digest check' says what to do"
    yield from unreadable(file for file in skips.files if file not in explained)


def unreadable(files: Iterable[str]) -> Iterator[str]:
    """Yields a line for each file that cannot be read."""
    return (f"{file}: cannot be read completely; 'digest check' says why" for file in files)


def need_theme(number: int) -> str:
    """Returns the words, after that number of stories, that they need a theme."""
    return "needs a theme" if number == 1 else "need a theme"


def need_likely_theme(number: int, likely: Mapping[str, int]) -> str:
    """Returns the words, after that number of stories, that they need a theme, and which it may be:
    `likely` has how many look like each theme.
    """
    likeliest = list(likely.items())[:3]
    like = ", ".join(f"{number} like {theme}" for theme, number in likeliest)
    what = f"{need_theme(number)} ({like})" if like else need_theme(number)
    return f"{what}: digest themes --missing"


def as_json(value: Any) -> str:
    """Returns a report as JSON."""
    return json_text(json.dumps(value, ensure_ascii=False, indent=2, default=str))
