"""A hash of what every page depends on besides the content: program, libraries, templates, config."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from digest import disk, program
from digest.cache import key_of
from digest.errors import Faults, Problem
from digest.model import Config

FOLDER = "templates"


def shipped_templates() -> Path:
    """Returns the folder of the shipped templates: in the installed package, or next to it."""
    inside = program.PACKAGE / FOLDER
    return inside if inside.is_dir() else program.PACKAGE.parent / FOLDER


def of_pages(root: Path, config: Config, *, drafts: bool) -> bytes:
    """Returns a hash of what pages depend on besides the content.

    Raises Faults if the templates folder has anything but plain files.
    """
    if problems := list(irregular_files(root)):
        raise Faults(problems)
    templates = (*_contents(root / FOLDER), *_contents(shipped_templates()))
    return key_of(program.fingerprint(), config, drafts, *templates)


def irregular_files(root: Path) -> Iterator[Problem]:
    """Yields what a digest's templates folder must not have: links out of the digest, pipes, …"""
    home, seen = os.path.realpath(root), set[str]()
    waiting = [FOLDER]
    while waiting:
        file = waiting.pop(0)
        path = f"{root}/{file}"
        real = os.path.realpath(path)
        if os.path.islink(path) and not Path(real).is_relative_to(home):  # noqa: PTH114
            what = "is a symbolic link that leads out of the digest"
            yield Problem(file, 0, what, "put what it leads to here")
        elif os.path.isdir(path):  # noqa: PTH112
            if real not in seen:
                seen.add(real)
                waiting += [f"{file}/{name}" for name in sorted(os.listdir(path))]  # noqa: PTH208
        elif os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
            cure = "remove it, or put a plain file in its place"
            yield Problem(file, 0, "is not a regular file", cure)


def _contents(folder: Path) -> Iterator[bytes]:
    """Yields the name and bytes of every template; a stamp may miss a file that is saved twice."""
    seen = set()
    for path, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(path))
        unseen = [name for name in folders if os.path.realpath(f"{path}/{name}") not in seen]
        folders[:] = sorted(unseen)
        for name in sorted(names):
            file = f"{path}/{name}"
            if os.path.isfile(file):  # noqa: PTH113
                yield os.fsencode(file)
                yield disk.read(file) or b""
