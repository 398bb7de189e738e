"""What every page is made of beside the content: this program, its libraries, the templates, digest.toml.

Refuses to import any of the libraries: their files tell whether they are still the same.
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
)
_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_templates() -> Path:
    """Returns the folder of the shipped templates: inside the package where it is installed, else beside it."""
    inside = _PACKAGE / FOLDER
    return inside if inside.is_dir() else _PACKAGE.parent / FOLDER


def of_reading(config: Config) -> bytes:
    """Returns a hash of all by which content is read, whatever address the site has."""
    settings = repr(config._replace(site=config.site._replace(url="")))
    return key_of(of_program(), settings.encode())


def of_pages(root: Path, config: Config, *, drafts: bool) -> bytes:
    """Returns a hash of all that pages are made of, content apart; raises Faults for templates that are no files."""
    if strange := list(strangers(root)):
        raise Faults(strange)
    folders = (root / FOLDER, shipped_templates())
    templates = (part for folder in folders for part in _contents(folder))
    return key_of(of_program(), repr((config, drafts)).encode(), *templates)


@cache
def of_program() -> bytes:
    """Returns a hash of the program and its libraries as they were at the first call: so this process runs them."""
    stamps = []
    for name in _LIBRARIES:
        found = find_spec(name)
        stamps.append(name.encode() + _stamp(found.origin if found else None))
    for folder, _, names in os.walk(_PACKAGE):
        files = (f"{folder}/{name}" for name in sorted(names) if name.endswith(".py"))
        stamps += [file.encode() + _stamp(file) for file in files]
    return key_of(f"{__version__} {sys.version}".encode(), *stamps)


def strangers(root: Path) -> Iterator[Problem]:
    """Yields what lies among the digest's templates and is none: a link that leads out of the digest, a pipe."""
    home, seen = os.path.realpath(root), set[str]()
    waiting = [FOLDER]
    while waiting:
        file = waiting.pop(0)
        path = f"{root}/{file}"
        real = os.path.realpath(path)
        if os.path.islink(path) and not Path(real).is_relative_to(home):  # noqa: PTH114
            yield Problem(
                file,
                0,
                "is a symbolic link that leads out of the digest",
                "put what it leads to here",
            )
        elif os.path.isdir(path):  # noqa: PTH112
            names = os.listdir(path) if real not in seen else []  # noqa: PTH208
            waiting += [f"{file}/{name}" for name in sorted(names)]
            seen.add(real)
        elif os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
            yield Problem(
                file, 0, "is not a regular file", "remove it, or put a plain file in its place"
            )


def _contents(folder: Path) -> Iterator[bytes]:
    """Yields every template by its name and bytes: a template may be saved twice in one step of the disk's clock."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = (
            one for one in sorted(folders) if os.path.realpath(f"{place}/{one}") not in seen
        )
        for path in (f"{place}/{name}" for name in sorted(names)):
            if os.path.isfile(path):  # noqa: PTH113
                yield os.fsencode(path)
                yield disk.read(path) or b""


def _stamp(file: str | None) -> bytes:
    try:
        return repr(disk.stamp(os.stat(file))).encode() if file else b"none"  # noqa: PTH116
    except OSError:
        return b"none"
