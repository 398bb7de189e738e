"""What people mistype in the files of a digest, on phones too, and the cure: the words for what front matter is not.

Text in, problems out. Refuses to read anything into what was typed: that is for front matter itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from digest.errors import Problem

_DASHES = re.compile(r"[-‐‑‒–—―−－﹘﹣─━⸺⸻]+\s*")
_RULE = re.compile(r"([*+_=~])(?:[ \t]*\1){2,}\s*")
_CURLED = re.compile(r"[“”‘’„]")
_KEY = re.compile(r" {0,3}([A-Za-z][\w-]*)[ \t]*:(?!//)")
_NO_COLON = re.compile(r"([A-Za-z][\w-]*)(?:[ \t](?!.*:(?:\s|$)).*)?")
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?= |\r?$)")


def conflicts(text: str, file: str) -> tuple[Problem, ...]:
    """Returns a problem for each mark by which git parts the sides of a merge that it could not make."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return ()
    cure = "keep what is right of both sides, and delete the marks"
    found = (
        number for number, line in enumerate(text.split("\n"), start=1) if _CONFLICT.match(line)
    )
    return tuple(Problem(file, line, "a merge-conflict mark", cure) for line in found)


def is_fence(line: str) -> bool:
    """Tells whether a line is all dashes, of whatever kind: what a phone may make of a fence."""
    return bool(_DASHES.fullmatch(line))


def is_like_fence(line: str) -> bool:
    """Tells whether a line is what people type for a fence, where there can be no rule of Markdown."""
    return is_fence(line.strip()) or bool(_RULE.fullmatch(line.strip()))


def is_curled(words: str) -> bool:
    """Tells whether there are quotes in a text that a phone has curled."""
    return _CURLED.search(words) is not None


def no_fence(line: str, file: str) -> Problem:
    """Returns what is wrong where the first line opens no front matter."""
    if is_like_fence(line):
        return Problem(
            file,
            1,
            f"the front matter begins with '{line.strip()}'",
            "type three plain hyphens: ---",
        )
    return Problem(
        file,
        1,
        "there is no front matter",
        "begin the file with a line ---, then title: and link:, then ---",
    )


def unfenced(text: str, file: str, keys: Collection[str]) -> Problem | None:
    """Returns what is wrong where a text begins with lines such as `title: …`, one of them with one of the keys.

    `Draft` in capitals counts too, since what is a draft must not be published; `Title` may be the first word of one.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        key = _KEY.match(line)
        if key and (key[1] in keys or key[1].lower() == "draft" in keys):
            cure = "begin the file with a line ---, and end the keys with another"
            return Problem(
                file, number, f"'{key[1]}:' is not in front matter, so it would be published", cure
            )
        if not key and line.strip() and not is_fence(line.strip()):
            return None
    return None


def not_closed(lines: Sequence[str], file: str) -> Problem:
    """Returns what is wrong where no line closes the front matter."""
    for number, line in enumerate(lines[1:], start=2):
        if is_like_fence(line):
            return ends_with(line, file, number)
    return Problem(
        file, 1, "the front matter is not closed", "put a line --- after the last of its keys"
    )


def ends_with(line: str, file: str, number: int) -> Problem:
    """Returns what is wrong where a line that is like a fence closes the front matter."""
    return Problem(
        file,
        number,
        f"the front matter ends with '{line.strip()}'",
        "type three plain hyphens: ---",
    )


def not_pairs(lines: Sequence[str], file: str) -> Problem:
    """Returns what is wrong where the front matter is YAML, but no keys with values."""
    for number, line in enumerate(lines, start=2):
        if re.match(r"[A-Za-z]\w*:\S", line):
            return Problem(
                file, number, f"'{line}' is not 'key: value'", "put a space after the colon"
            )
        if problem := _no_colon(line, file, number):
            return problem
    return Problem(
        file,
        2,
        "the front matter is not a list of 'key: value' lines",
        "write one key a line, such as title: …",
    )


def broken(lines: Sequence[str], file: str, error: Exception) -> Problem:
    """Returns what is wrong where the front matter is no YAML; `error` is the parser's, with its mark."""
    mark = getattr(error, "problem_mark", None)
    number = min(mark.line, len(lines) - 1) if mark else 0
    near = list(reversed(lines[max(number - 1, 0) : number + 1]))
    what = (
        getattr(error, "problem", None)
        or getattr(error, "context", None)
        or str(error).split("\n")[0]
    )
    cure = _cure(near)
    found = (
        _no_colon(lines[one], file, one + 2)
        for one in (number, number - 1)
        if not cure and one >= 0
    )
    problem = Problem(
        file,
        number + 2,
        f"the front matter is not valid YAML: {what}",
        cure or "put the text of that line in straight quotes",
    )
    return next(filter(None, found), problem)


def _no_colon(line: str, file: str, number: int) -> Problem | None:
    """Returns what is wrong with a line such as `lead true`, None if it is not one."""
    found = _NO_COLON.fullmatch(line)
    cure = "put a colon after '{}', or indent the line if it continues the one above"
    return (
        Problem(file, number, f"'{line[:80]}' has no colon", cure.format(found[1]))
        if found
        else None
    )


def _cure(lines: Sequence[str]) -> str:
    for line in lines:
        if re.match(r"\s*[‐‑‒–—―]", line):
            return "a phone has curled the hyphen that begins the line: type a plain one"
        if "\t" in line:
            return "use spaces, not tabs"
        if re.match(r"[A-Za-z]\w*:[^\s/]", line):
            return "put a space after the colon"
        if is_curled(line):
            return 'a phone has curled a quote: type straight ones (")'
    return ""
