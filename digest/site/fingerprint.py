"""Hashes of what every page depends on besides the content: program, libraries, templates, config.

Libraries are not imported for this; the stamps of their files are enough.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from digest import __version__, disk
from digest.cache import key_of
from digest.errors import Faults, Problem
from digest.model import Config

FOLDER = "templates"
_LIBRARIES = (
    "jinja2",
    "markupsafe",
    "markdown",
    "nh3",
    "yaml",
    "imagesize",
    "cbor2",
    "pagefind",
    "pagefind_bin",
    "pagefind_bin_extended",
    "tzdata",
    "resvg_py",
    "oxipng",
)
_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_templates() -> Path:
    """Returns the folder of the shipped templates: in the installed package, or next to it."""
    inside = _PACKAGE / FOLDER
    return inside if inside.is_dir() else _PACKAGE.parent / FOLDER


def of_reading(config: Config) -> bytes:
    """Returns a hash of what parsing depends on besides the content: the program and the time zone."""
    return key_of(of_program(), config.site.timezone)


def of_pages(root: Path, config: Config, *, drafts: bool) -> bytes:
    """Returns a hash of what pages depend on besides the content.

    Raises Faults if the templates folder has anything but plain files.
    """
    if problems := list(irregular_files(root)):
        raise Faults(problems)
    templates = (*_contents(root / FOLDER), *_contents(shipped_templates()))
    return key_of(of_program(), config, drafts, *templates)


@cache
def of_program() -> bytes:
    """Returns a hash of the program and its libraries, as they were at the first call."""
    stamps = []
    for name in _LIBRARIES:
        spec = find_spec(name)
        stamps.append(name.encode() + _stamp(spec.origin if spec else None))
    for folder, _, names in os.walk(_PACKAGE):
        for name in sorted(names):
            if name.endswith(".py"):
                file = f"{folder}/{name}"
                stamps.append(file.encode() + _stamp(file))
    return key_of(__version__, sys.version, *stamps)


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


def _stamp(file: str | None) -> bytes:
    try:
        return repr(disk.stamp(os.stat(file))).encode() if file else b"none"  # noqa: PTH116
    except OSError:
        return b"none"
