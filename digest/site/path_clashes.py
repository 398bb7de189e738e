"""Finds two sources for one path of the output folder, and file names that some systems forbid.

Otherwise the later file would silently replace the earlier one, and a page would be missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from digest.errors import Problem
from digest.names import is_device

_UNPORTABLE = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]|[. ]$|^ ')
_MAX_NAME_BYTES = 240  # bytes; file systems allow 255, and a staged file has a longer name


def problems(claims: Iterable[tuple[str, str]]) -> list[Problem]:
    """Returns what is wrong with claims: each is a path below the output folder, and its source.

    Paths are compared without case and in NFC, as on the least exact disk. A file must not be where
    another path needs a folder.
    """
    files: dict[str, tuple[str, str]] = {}
    problems_found: list[Problem] = []
    for path, source in claims:
        for name in path.split("/"):
            if not _is_portable(name):
                what = f"the file name '{name}' cannot be published everywhere"
                problems_found.append(Problem(source, 0, what, "rename it"))
        other_path, other_source = files.setdefault(_folded(path), (path, source))
        if (other_path, other_source) != (path, source):
            problems_found.append(_clash(path, source, other_source))
    for path, source in files.values():
        folder = _folded(path).rpartition("/")[0]
        outermost = ""
        while folder:
            if folder in files:
                outermost = folder
            folder = folder.rpartition("/")[0]
        if outermost:
            problems_found.append(_clash(outermost, source, files[outermost][1]))
    return problems_found


def below(folder: str, owner: str, claims: Iterable[tuple[str, str]]) -> list[Problem]:
    """Returns what is wrong with claims to a folder, or to a path in it, that `owner` needs."""
    reserved = _folded(folder)
    clashes = []
    for path, source in claims:
        if f"{_folded(path)}/".startswith(reserved):
            clashes.append(_clash(path, source, owner))
    return clashes


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _clash(path: str, source: str, other: str) -> Problem:
    one, two = sorted((source, other), key=lambda name: not name.startswith("content/"))
    what = f"claims the address '{path}', which {two} claims too"
    return Problem(one, 0, what, "rename one of them")


@lru_cache(maxsize=1 << 14)  # most paths have the same few names
def _is_portable(name: str) -> bool:
    if not name or name in {".", ".."} or _UNPORTABLE.search(name) or is_device(name):
        return False
    return len(name.encode(errors="replace")) <= _MAX_NAME_BYTES
