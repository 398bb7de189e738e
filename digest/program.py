"""A hash of the program and its libraries: what another version has made is made again."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from digest import __version__, disk
from digest.cache import key_of

PACKAGE = Path(__file__).resolve().parent
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


@cache
def fingerprint() -> bytes:
    """Returns a hash of the program and its libraries, as they were at the first call.

    Libraries are not imported for this; the stamps of their files are enough.
    """
    stamps = []
    for name in _LIBRARIES:
        spec = find_spec(name)
        stamps.append(name.encode() + _stamp(spec.origin if spec else None))
    for folder, _, names in os.walk(PACKAGE):
        for name in sorted(names):
            if name.endswith(".py"):
                file = f"{folder}/{name}"
                stamps.append(file.encode() + _stamp(file))
    return key_of(__version__, sys.version, *stamps)


def _stamp(file: str | None) -> bytes:
    try:
        return repr(disk.stamp(os.stat(file))).encode() if file else b"none"  # noqa: PTH116
    except OSError:
        return b"none"
