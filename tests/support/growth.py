"""Texts made to find functions that take quadratic time, and a measure of how the time of one grows with its input.

    two marks ──▶ patterns of both ──▶ one text of a given length ──▶ CPU seconds at once, twice and four times that

Only ratios of times in one process count, and only if each of several rounds shows them: how fast the machine is
changes nothing.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

MARKS = (
    *"abA0é中 \t\n\r!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~“\u0301\u200b",
    "\n\n", "  \n", "\n    ", "a\n", "](", "[a](", "![", "[[", "]]", "[a]: b\n", "[^a]", "]:", '](a "', "<!--",
    "-->", "<!", "<?", "<![CDATA[", "<a ", "</a>", "<a>", "<div>", "</div>", "<p>\n", '<a="', "<ruby><rt>",
    "<script>", 'a="b" ', "&amp;", "&#", "&#1;", "**", "***", "__", "~~", "``", "```\n", "~~~\n", "~~~a\n",
    "`a`", "\\\\", "\\[", "---\n", "===\n", "* * *\n", "- a\n", "-\n", "1. a\n", "> ", "> a\n", "> > ", "# ",
    "#\n", "|-|\n", "a|b\n", "|a\n", "    - a\n", "a: b\n", "a:\n", "- a: b\n", 'title: "', "? ", "{a: ",
    "[a, ", "&a ", "*a ", "!!", "|\n", "%20", "%3F", "''", "http://a.b/", "http://", "https://a.b/?c=d&", "://",
    "?a=b", "&a=b", ";a=b", "www.", "a.", "a@b.c ", "mailto:", "../", ":~:", "2026-01-01", "T10:00:00",
    "+00:00", "GMT ", "1 Jan ", "12 ", "and ", ", ", " + ", 'hl_lines="', "a*", "<<<<<<< ", "{.a}",
)  # fmt: skip
ORDINARY = "A [link](https://a.example/) and *stress*, `code`.\n\n" * 2_000
"""A text of 100,000 characters with ordinary links and stress, to compare others with."""
FLOOR = 0.03
LIMIT = 2.5
ROUNDS = 5


SHAPES = range(4)


def text(one: str, two: str, shape: int, size: int) -> str:
    """Returns a text of about `size` characters of two marks: in turn, many of each, one before many, numbered."""
    pair, half = one + two, size // 2
    if shape == 0:
        return (pair * (size // len(pair) + 1))[:size]
    if shape == 1:
        return (one * (half // len(one) + 1))[:half] + (two * (half // len(two) + 1))[:half]
    if shape == 2:
        return one + (two * (size // len(two) + 1))[:size]
    return "".join(f"{pair}{number}" for number in range(size // (len(pair) + 4)))


def seconds(function: Callable[[str], Any], said: str) -> float:
    """Returns the CPU seconds of one call; a refusal (an exception of the program's own) is an answer as well."""
    gc.disable()
    begin = time.process_time()
    try:
        function(said)
    finally:
        spent = time.process_time() - begin
        gc.enable()
    return spent


def is_growing(
    function: Callable[[str], Any], make: Callable[[int], str], size: int
) -> tuple[float, ...] | None:
    """Returns the times at three sizes if in all rounds each is more than `LIMIT` times the one before."""
    if seconds(function, make(size)) < FLOOR:
        return None
    times: tuple[float, ...] = ()
    # A busy machine may slow down in the middle of one round, hardly so in each of them.
    for _ in range(ROUNDS):
        first = seconds(function, make(size))
        second = seconds(function, make(2 * size))
        if second <= LIMIT * first:
            return None
        third = seconds(function, make(4 * size))
        if third <= LIMIT * second:
            return None
        times = (first, second, third)
    return times


def growing(
    function: Callable[[str], Any], cases: Iterable[tuple[str, str, int]], size: int
) -> Iterator[tuple[str, str, int, tuple[float, ...]]]:
    """Yields each pair of marks and shape by which the function's time grows too fast."""
    for one, two, shape in cases:
        times = is_growing(function, partial(text, one, two, shape), size)
        if times:
            yield one, two, shape, times
