"""Errors that a user can fix: a `Problem` has file, line, what is wrong, and how to fix it.

    DigestError                config, content, feeds or the disk: printed as lines, exit code 1
     ├─ UnknownRefError        not a commit of the repository
     ├─ FileError              a file cannot be read or written
     ├─ NotRecordedError       the locations of stories cannot be recorded
     ├─ NotSentError           a mail was not sent
     ├─ UnknownOutcomeError    a mail may have been sent
     └─ Faults                 one or more problems in files that people wrote

Bugs of the program are ordinary exceptions, with a traceback.
"""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

_NOT_A_FILE = frozenset(
    {
        errno.EISDIR,
        errno.ENOTDIR,
        errno.EEXIST,
        errno.EINVAL,
        errno.ENXIO,
        errno.ENODEV,
        errno.ESPIPE,
    }
)
"""Errors of the system if a folder, pipe, socket or device is in a file's place."""
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?= |\r?$)")


class Kind(Enum):
    """The kinds of problems that the program itself looks for. It never reads their messages.

    A hint blocks nothing: it is something that an editor may want to look at.
    """

    HINT = "hint"
    UNKNOWN_THEME = "unknown theme"
    UNKNOWN_FEED = "unknown feed"
    CONFLICT_MARK = "conflict mark"
    NOT_SCANNED = "not scanned"


class Problem(NamedTuple):
    """One thing wrong in one file: `line` counts from 1, and is 0 for the whole file.

    `name` is that of an unknown theme or feed.
    """

    file: str
    line: int
    what: str
    cure: str = ""
    kind: Kind | None = None
    name: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        whole = f"{where}: {self.message}" if where else self.message
        return whole.replace("\n", "\\n")  # a file's name may have a line break

    @property
    def message(self) -> str:
        """What is wrong and how to fix it, without the place."""
        return self.what + (f"; {self.cure}" if self.cure else "")

    @property
    def is_hint(self) -> bool:
        """True if it blocks nothing."""
        return self.kind is Kind.HINT

    @property
    def as_hint(self) -> str:
        """The line that shows it as a hint."""
        return str(self._replace(what=f"hint: {self.what}"))


class DigestError(Exception):
    """Something that the user can fix; its text has one line for each thing that is wrong."""


class UnknownRefError(DigestError):
    """A name that is not a commit of the repository."""


class FileError(DigestError):
    """A file cannot be read or written: `what` says why, without the file's path."""

    def __init__(self, path: Path | str, what: str) -> None:
        super().__init__(path, what)
        self.path, self.what = path, what

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class NotRecordedError(DigestError):
    """The locations of stories cannot be recorded."""


class NotSentError(DigestError):
    """A mail was not sent."""


class UnknownOutcomeError(DigestError):
    """It is not known whether a mail was sent."""


class Faults(DigestError):
    """All problems that were found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[Faults], tuple[tuple[Problem, ...]]]:
        return Faults, (self.problems,)


def conflicts(text: str, file: str) -> tuple[Problem, ...]:
    """Returns a problem for each conflict marker that git has left in the text."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return ()
    cure = "keep what is right of both sides, and delete the marks"
    lines = enumerate(text.split("\n"), start=1)
    return tuple(
        Problem(file, number, "a merge-conflict mark", cure, kind=Kind.CONFLICT_MARK)
        for number, line in lines
        if _CONFLICT.match(line)
    )


def count_of(number: int, one: str, many: str = "") -> str:
    """Returns a count with its noun: `1 feed`, `2 feeds`."""
    return f"{number} {noun_of(number, one, many)}"


def noun_of(number: int, one: str, many: str = "") -> str:
    """Returns the form of a noun that a number takes; its plural ends in `s` unless it is given."""
    return one if number == 1 else many or f"{one}s"


def and_more(names: Sequence[str], most: int) -> str:
    """Returns names with commas; of more than `most`, the first ones and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def changed_meanwhile(file: str) -> str:
    """Returns the line on a file that a command leaves as it is, since it has changed."""
    return f"{file}: was changed in the meantime, and left as it is; run the command again"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns the question whether a similar known word was meant; "" if none is similar."""
    import difflib  # only needed if something is wrong

    choices = sorted(known)
    if word.lower() in choices:
        return f"did you mean '{word.lower()}'?"
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Returns how to fix an unknown word: the most similar known one, or all known words."""
    choices = sorted(known)
    return did_you_mean(word, choices) or known_words(choices)


def known_words(known: Iterable[str]) -> str:
    """Returns all known words as how to fix an unknown one."""
    choices = sorted(known)
    return f"known are: {', '.join(choices)}" if choices else "none are defined"


def in_its_place(path: Path | str, error: OSError) -> str:
    """Returns what is in a file's place, or above it, and what to do; "" for other errors."""
    if error.errno not in _NOT_A_FILE:
        return ""
    for one in (*reversed(Path(path).parents), Path(path)):
        try:
            mode = one.stat().st_mode
        except OSError:
            return ""
        if one == Path(path) and not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            return f"it is {what}; move it away"
        if one != Path(path) and not stat.S_ISDIR(mode):
            return f"{one} is not a folder; move it away"
    return ""
