"""The files of JSON lines in `content/ledger/`: lines are only added, and git merges them by union.

So neither the order of lines nor repeated lines may matter. A line that cannot be read is skipped
and reported; the others still count.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any, TypeVar

from digest.errors import Kind, Problem
from digest.week import YEARS

T = TypeVar("T")

_MARK = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |\r?$)")
_RESTORE = (
    "restore it from git: without it, deleted stories may return, and old addresses lead nowhere"
)
_LINES_AT_ONCE = 100
_NOT_JSON = (ValueError, RecursionError)


def dumps(line: Mapping[str, Any]) -> str:
    """Returns a line with its line break."""
    return json.dumps(line, ensure_ascii=False) + "\n"


def loads(
    content: bytes, file: str, parse: Callable[[Any], T], cure: str = _RESTORE
) -> tuple[list[T], tuple[Problem, ...]]:
    """Returns the value of each line, and a problem for each line that had to be skipped.

    `parse` makes the value of a line from its JSON. It raises ValueError, KeyError, TypeError or
    AttributeError if the line is not one of this file; `cure` says what to do about it.
    """
    values, problems = list[T](), list[Problem]()
    numbered = enumerate(BytesIO(content.removeprefix(BOM_UTF8)), start=1)
    filled = ((number, line) for number, line in numbered if line.strip())
    while several := list(islice(filled, _LINES_AT_ONCE)):
        parsed = _json_values([line for _, line in several])
        for (number, line), value in zip(several, parsed, strict=True):
            try:
                values.append(parse(value))
            except (ValueError, KeyError, TypeError, AttributeError):
                if problem := _problem(_text(line), file, number, cure):
                    problems.append(problem)
    return values, tuple(problems)


def check_time(at: str) -> None:
    """Raises ValueError if a text is not a time with an offset, in a valid year that has a next."""
    time = datetime.fromisoformat(at)
    if time.tzinfo is None or time.year not in YEARS[:-1]:
        raise ValueError("not a valid time")


def _json_values(lines: list[bytes]) -> list[Any]:
    """Returns the JSON value of each line, None if a line is not JSON.

    Parsing them as one list is faster, and a large ledger needs a fifth less memory, since equal
    keys are shared. A null between any two lines ensures that no value spans two lines.
    """
    whole = _text(b",null,".join(lines))
    with suppress(*_NOT_JSON):
        values = json.loads(f"[{whole}]")
        if whole.count("null") < len(lines) and values[1::2] == [None] * (len(lines) - 1):
            return values[::2]  # type: ignore[no-any-return]
    values = []
    for line in lines:
        try:
            values.append(json.loads(_text(line)))
        except _NOT_JSON:
            values.append(None)
    return values


def _text(line: bytes) -> str:
    return line.decode(errors="replace")


def _problem(line: str, file: str, number: int, cure: str) -> Problem | None:
    """Returns the problem of a line that cannot be read; None if it has only white space."""
    if _MARK.match(line):
        cure = "delete this line, and keep the lines of both sides"
        return Problem(file, number, "a merge-conflict mark", cure, kind=Kind.CONFLICT_MARK)
    if not line.strip():
        return None
    if "\r" in line.rstrip():
        cure = "save it with LF line ends, or restore it from git"
        return Problem(file, number, "lines that end in CR alone", cure)
    return Problem(file, number, "not a line of the ledger", cure)
