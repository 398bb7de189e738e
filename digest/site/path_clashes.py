"""Who claims which path of the output folder: two claims to one, and names that some disk cannot hold, are faults.

Refuses to let the later claim win without a word: the page that it covers would be missing, and nobody would know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from digest.errors import Problem

_UNPORTABLE = re.compile(
    r'[<>:"|?*\\\x00-\x1f\x7f]|[. ]$|^ |^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE
)
_LONGEST = (
    240  # bytes; disks hold 255, and a file that is being written has a longer name for a moment
)


def problems(claims: Iterable[tuple[str, str]]) -> list[Problem]:
    """Returns what is wrong with claims, each a path below the output folder and who claims it.

    Paths are compared as the least exact disk would (without case, composed), and a file may not be where another
    claim needs a folder.
    """
    files: dict[str, tuple[str, str]] = {}
    found: list[Problem] = []
    for path, source in claims:
        found.extend(_unportable(path, source))
        other = files.setdefault(_folded(path), (path, source))
        if other[1] != source or other[0] != path:
            found.append(_clash(path, source, other[1]))
    for path, source in files.values():
        for folder in _folders(path):
            if folder in files:
                found.append(_clash(folder, source, files[folder][1]))
                break
    return found


def below(folder: str, owner: str, claims: Iterable[tuple[str, str]]) -> list[Problem]:
    """Returns what is wrong with claims to a folder, or to a path in it, which has an owner."""
    kept = _folded(folder)
    return [
        _clash(path, source, owner)
        for path, source in claims
        if f"{_folded(path)}/".startswith(kept)
    ]


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _folders(path: str) -> Iterator[str]:
    parts = _folded(path).split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def _clash(path: str, source: str, other: str) -> Problem:
    one, two = sorted((source, other), key=lambda name: not name.startswith("content/"))
    return Problem(
        one, 0, f"claims the address '{path}', which {two} claims too", "rename one of them"
    )


def _unportable(path: str, source: str) -> Iterator[Problem]:
    for name in path.split("/"):
        if not _is_portable(name):
            yield Problem(
                source, 0, f"the file name '{name}' cannot be published everywhere", "rename it"
            )


@lru_cache(maxsize=1 << 14)  # most paths are made of the same few names
def _is_portable(name: str) -> bool:
    if not name or name in {".", ".."} or _UNPORTABLE.search(name):
        return False
    return len(name.encode(errors="replace")) <= _LONGEST
