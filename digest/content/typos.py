"""Messages for what people mistype in front matter, also on phones, and how to fix it.

Text in, problems out; nothing is guessed or repaired.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import takewhile

from digest.content.plain_front_matter import ONE_TEXT
from digest.errors import Problem

_DASHES = re.compile(r"[-‐‑‒–—―−－﹘﹣─━⸺⸻]+\s*")
_RULE = re.compile(r"([*+_=~])(?:[ \t]*\1){2,}\s*")
_CURLED = re.compile(r"[“”‘’„]")
_KEY = re.compile(r" {0,3}([A-Za-z][\w-]*)[ \t]*:(?!//)")
_WIDE_COLON = re.compile(r"([A-Za-z][\w-]*)[ \t]*([：﹕︰꞉∶])")
_ODD_SPACE = re.compile(r"([A-Za-z][\w-]*)[ \t]*:[ \t]*(?![ \t\r\n])\s")
_UNCLOSED = re.compile(
    r"""(?:(?P<key>[A-Za-z][\w-]*)[ \t]*:|[ \t]*-)[ \t]+"""
    r"""(?P<mark>"(?=[^"]*$)|'(?=[^']*$)|\[(?=[^\]]*$)|\{(?=[^}]*$))"""
)
_NEXT_VALUE = re.compile(r"[A-Za-z-]")
_RUNNING = ONE_TEXT | {"authors"}
_CLOSING = {"[": "]", "{": "}"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NO_COLON = re.compile(r"([A-Za-z][\w-]*)(?:[ \t](?!.*:(?:\s|$)).*)?")


def is_fence(line: str) -> bool:
    """True if a line is all dashes of any kind: a phone may turn a fence into that."""
    return bool(_DASHES.fullmatch(line))


def is_like_fence(line: str) -> bool:
    """True if people might type this line as a fence; not for use where Markdown allows a rule."""
    return is_fence(line.strip()) or bool(_RULE.fullmatch(line.strip()))


def is_curled(words: str) -> bool:
    """True if a text has curly quotes, as phones make them."""
    return _CURLED.search(words) is not None


def curly_cure(words: str) -> str:
    """Returns how to fix curly quotes; "" if there are none."""
    if is_curled(words):
        return 'use straight quotes ("), or none: phones type curly ones'
    return ""


def no_fence(line: str, file: str) -> Problem:
    """Returns the problem of a first line that does not open front matter."""
    if is_like_fence(line):
        what = f"the front matter begins with '{line.strip()}'"
        cure = "type three plain hyphens: ---"
    else:
        what = "there is no front matter"
        cure = "begin the file with a line ---, then title: and link:, then ---"
    return Problem(file, 1, what, cure)


def unfenced(text: str, file: str, keys: Collection[str]) -> Problem | None:
    """Returns a problem if a text begins with lines such as `title: …`, one with a key of `keys`.

    `Draft` with a capital counts as well, since a draft must not be published; `Title:` may be the
    beginning of a sentence.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        key = _KEY.match(line)
        if key and (key[1] in keys or key[1].lower() == "draft" in keys):
            cure = "begin the file with a line ---, and end the keys with another"
            what = f"'{key[1]}:' is not in front matter, so it would be published"
            return Problem(file, number, what, cure)
        if not key and line.strip() and not is_fence(line.strip()):
            return None
    return None


def not_closed(lines: Sequence[str], file: str) -> Problem:
    """Returns the problem of front matter that no line closes."""
    for number, line in enumerate(lines[1:], start=2):
        if is_like_fence(line):
            return ends_with(line, file, number)
    cure = "put a line --- after the last of its keys"
    return Problem(file, 1, "the front matter is not closed", cure)


def ends_with(line: str, file: str, number: int) -> Problem:
    """Returns the problem of a line that is only almost a fence."""
    what = f"the front matter ends with '{line.strip()}'"
    return Problem(file, number, what, "type three plain hyphens: ---")


def not_pairs(lines: Sequence[str], file: str) -> Problem:
    """Returns the problem of front matter that is YAML, but not keys with values."""
    if problem := _looks_right(lines, file):
        return problem
    for number, line in enumerate(lines, start=2):
        if re.match(r"[A-Za-z]\w*:\S", line):
            what = f"'{line}' is not 'key: value'"
            return Problem(file, number, what, "put a space after the colon")
        if problem := _no_colon(line, file, number):
            return problem
    what = "the front matter is not a list of 'key: value' lines"
    return Problem(file, 2, what, "write one key a line, such as title: …")


def broken(lines: Sequence[str], file: str, error: Exception) -> Problem:
    """Returns the problem of front matter that is not YAML; `error` is the parser's."""
    if problem := _looks_right(lines, file):
        return problem
    mark = getattr(error, "problem_mark", None)
    number = min(mark.line, len(lines) - 1) if mark else 0
    near = list(reversed(lines[max(number - 1, 0) : number + 1]))
    cure = _cure(near)
    if not cure:
        if problem := _unclosed(lines, number, file):
            return problem
        for index in (number, number - 1):
            if index >= 0 and (problem := _no_colon(lines[index], file, index + 2)):
                return problem
        cure = "write 'key: value' at the beginning of the line, or correct its indentation"
        key = _KEY.match(lines[number])
        if key and not lines[number].startswith(" "):
            cure = f"put the text after '{key[1]}:' in straight quotes"
    return Problem(file, number + 2, "the front matter is not valid YAML", cure)


def _unclosed(lines: Sequence[str], number: int, file: str) -> Problem | None:
    """Returns the problem of the first line, up to that of a number, with a quotation mark or
    bracket that opens a value and is never closed; None if there is none.

    Running text on one line is no problem: it is read to its end, as typed ('tis the season).
    """
    for index, line in enumerate(lines[: number + 1]):
        if found := _UNCLOSED.match(line):
            mark, closing = found["mark"], _CLOSING.get(found["mark"], found["mark"])
            below = list(takewhile(lambda one: not _NEXT_VALUE.match(one), lines[index + 1 :]))
            is_read = found["key"] in _RUNNING and not below
            if not (is_read or any(closing in one for one in below)):
                what = f"a value begins with {mark}, which is never closed"
                return Problem(file, index + 2, what, f"add {closing} at its end, or remove it")
    return None


def _looks_right(lines: Sequence[str], file: str) -> Problem | None:
    """Returns the problem of the first line that only looks right; None if there is none."""
    for number, line in enumerate(lines, start=2):
        if match := _WIDE_COLON.match(line):
            what = f"after '{match[1]}' is a '{match[2]}', which only looks like a colon"
            return Problem(file, number, what, f"type a plain one: {match[1]}:")
        if match := _ODD_SPACE.match(line):
            what = f"after '{match[1]}:' is a no-break or other special space"
            return Problem(file, number, what, "delete it, and type a plain space")
        if _CONTROL.search(line):
            return Problem(
                file, number, "this line has an invisible control character", "delete it"
            )
        if line.rstrip() == "...":
            return Problem(file, number, "'...' is not 'key: value'", "delete this line")
    return None


def _no_colon(line: str, file: str, number: int) -> Problem | None:
    """Returns the problem of a line such as `lead true`; None if it is not such a line."""
    match = _NO_COLON.fullmatch(line)
    if match is None:
        return None
    cure = f"put a colon after '{match[1]}', or indent the line if it continues the one above"
    return Problem(file, number, f"'{line[:80]}' has no colon", cure)


def _cure(lines: Sequence[str]) -> str:
    """Returns how to fix the first of these lines that has a common mistake; "" if none has."""
    for line in lines:
        if re.match(r"\s*[‐‑‒–—―]", line):
            return "begin the line with a plain hyphen (-): phones may type a dash"
        if "\t" in line:
            return "use spaces, not tabs"
        if re.match(r"[A-Za-z]\w*:[^\s/]", line):
            return "put a space after the colon"
        if is_curled(line):
            return 'use straight quotes ("): phones type curly ones'
    return ""
