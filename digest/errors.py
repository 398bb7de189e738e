"""The words for what is wrong: a `Problem` names file, line, fault and cure; a `DigestError` carries some.

    DigestError            a fault in config, content, feeds or the disk: printed in lines, exit code 1
     ├─ UnknownRefError    what is asked about is no commit of the repository
     └─ Faults             one or many problems in files that people wrote

Refuses to hold anything that is a bug of ours: those stay ordinary exceptions, with their traceback.
"""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_OF_ANOTHER_KIND = frozenset(
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
"""What the system says where a folder, a pipe, a socket or a device is in a file's place."""
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?= |\r?$)")


class Problem(NamedTuple):
    """One thing wrong in one file: `line` counts from 1, 0 where the whole file is meant.

    A `hint` stands in nobody's way: it says what an editor may want to look at.
    """

    file: str
    line: int
    what: str
    cure: str = ""
    hint: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        whole = f"{place}: {self.words}" if place else self.words
        return whole.replace("\n", "\\n")  # which a file's name may have

    @property
    def words(self) -> str:
        """What is wrong, and the cure, without the place."""
        return self.what + (f"; {self.cure}" if self.cure else "")


class DigestError(Exception):
    """Something that the user can mend; its text is one line for each thing wrong."""


class UnknownRefError(DigestError):
    """A name that no commit of the repository has."""


class Faults(DigestError):
    """Every problem that was found, not only the first."""

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
        Problem(file, number, "a merge-conflict mark", cure)
        for number, line in lines
        if _CONFLICT.match(line)
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """Returns the cure for a word that is not among the known ones: the near miss, or all there are."""
    import difflib  # which all goes well without

    choices = sorted(known)
    if word.lower() in choices:
        return f"did you mean '{word.lower()}'?"
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known are: {', '.join(choices)}" if choices else "none are defined"


def in_its_place(path: Path | str, error: OSError) -> str:
    """Returns why there can be no file at a path: something else is there, or above it; "" if the error is another."""
    if error.errno not in _OF_ANOTHER_KIND:
        return ""
    for place in (*reversed(Path(path).parents), Path(path)):
        try:
            mode = place.stat().st_mode
        except OSError:
            return ""
        if place == Path(path) and not stat.S_ISREG(mode):
            return (
                f"it is {'a folder' if stat.S_ISDIR(mode) else 'not a regular file'}; move it away"
            )
        if place != Path(path) and not stat.S_ISDIR(mode):
            return f"{place} is not a folder; move it away"
    return ""
