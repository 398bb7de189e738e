"""Front matter: splits a file into the keys between its two lines of `---` and the body below.

Most front matter is plain and is read line by line; the rest is read as YAML. Both give the same
result: each value is the text that was typed (a headline `No` stays "No"), and the caller converts
it. Which keys there are is not decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from digest.content import plain_front_matter, typos
from digest.content.plain_front_matter import Value
from digest.errors import Faults, Problem, conflicts

FENCE = "---"
_MAX_LINES = 1_000
_NEXT_FENCE = f"\n{FENCE}"


class Matter(NamedTuple):
    """The keys of a file in their order, its body, and the line at which the body begins."""

    values: Mapping[str, Value]
    body: str
    line: int


def parse(text: str, file: str, *, required: bool, keys: Collection[str] = ()) -> Matter:
    """Returns the front matter and body of a file; raises Faults with the line and how to fix it.

    Without front matter, everything is body, unless front matter is `required`. A body that begins
    with one of `keys` is an error: the `---` was forgotten, and a draft would be published. So is
    a file with conflict markers of git.
    """
    if marks := conflicts(text, file):
        raise Faults(marks)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first = text.partition("\n")[0]
    if first.rstrip() != FENCE:
        if required or typos.is_fence(first):
            raise Faults([typos.no_fence(first, file)])
        if problem := typos.unfenced(text, file, keys):
            raise Faults([problem])
        return Matter({}, text, 1)
    end, body = _find_end(text, len(first))
    if end < 0:
        raise Faults([typos.not_closed(text.split("\n"), file)])
    lines = text[len(first) + 1 : end].split("\n") if end > len(first) else []
    if len(lines) > _MAX_LINES:
        what = f"the front matter has {len(lines):,} lines, and at most {_MAX_LINES:,} are read"
        cure = "close it with a line --- below its keys"
        raise Faults([Problem(file, _MAX_LINES + 2, what, cure)])
    values: Mapping[str, Value] | None = plain_front_matter.read(lines)
    if values is None:
        # PyYAML is slow to load, and most builds do not need it.
        from digest.content import yaml_front_matter

        values = yaml_front_matter.read(lines, file)
    return Matter(values, text[body:], len(lines) + 3)


def _find_end(text: str, opened: int) -> tuple[int, int]:
    """Returns where the front matter ends and where the body begins; (-1, -1) if it never ends.

    `opened` is the end of the first fence. The text is not split into lines: most are the body's.
    """
    end = text.find(_NEXT_FENCE, opened)
    while end >= 0:
        below = text.find("\n", end + 1) + 1 or len(text) + 1
        if text[end + 1 : below - 1].rstrip() == FENCE:
            return end, below
        end = text.find(_NEXT_FENCE, end + 1)
    return -1, -1
