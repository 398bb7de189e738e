"""The IANA name of this machine's time zone, such as Asia/Hong_Kong.

An offset or an abbreviation is not such a name: the result is then empty.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_LOCAL, _NAMED = Path("/etc/localtime"), Path("/etc/timezone")
_NO_NAMES = frozenset({"localtime", "posixrules", "Factory"})
_UTC = frozenset({"Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal"})
"""Other names of UTC."""


def of_this_machine() -> str:
    """Returns the name of this machine's time zone, "" if it is not known."""
    linked = named = ""
    with contextlib.suppress(OSError):
        linked = str(_LOCAL.readlink())
    with contextlib.suppress(OSError, ValueError):
        named = _NAMED.read_text(encoding="utf-8")
    return choose(os.environ.get("TZ"), linked, named)


def choose(variable: str | None, linked: str, named: str) -> str:
    """Returns the zone in TZ, else that of the link /etc/localtime, else that in /etc/timezone."""
    if variable:  # POSIX: an empty TZ means UTC, and a set one overrides the rest
        return _name(variable.removeprefix(":"))
    if variable == "":
        return "UTC"
    return _name(linked) or _name(named.strip())


def _name(text: str) -> str:
    """Returns the zone's name in a path or a text, if IANA has it."""
    from zoneinfo import available_timezones

    name = text.partition("zoneinfo/")[2] or text
    name = name.removeprefix("posix/").removeprefix("right/")
    if name in _NO_NAMES or name not in available_timezones():
        return ""
    return "UTC" if name in _UTC else name
