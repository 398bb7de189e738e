"""The time zone of this machine by its name in the IANA list, as digests are dated by names that stay right.

Refuses to guess: an offset or an abbreviation is no name, and the answer is then empty.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_LOCAL, _NAMED = Path("/etc/localtime"), Path("/etc/timezone")
_NO_NAMES = frozenset({"localtime", "posixrules", "Factory"})


def of_this_machine() -> str:
    """Returns the name of the zone that this machine is set to, nothing where it does not say."""
    linked = named = ""
    with contextlib.suppress(OSError):
        linked = str(_LOCAL.readlink())
    with contextlib.suppress(OSError, ValueError):
        named = _NAMED.read_text(encoding="utf-8")
    return chosen(os.environ.get("TZ"), linked, named)


def chosen(variable: str | None, linked: str, named: str) -> str:
    """Returns the zone that the variable TZ names; without one, that of the link, then that of the file of names."""
    if variable:  # as POSIX has it, an empty one stands for UTC, and a set one hides the rest
        return _name(variable.removeprefix(":"))
    if variable == "":
        return "UTC"
    return _name(linked) or _name(named.strip())


def _name(said: str) -> str:
    """Returns the name in a path or in words, where the list has it."""
    from zoneinfo import available_timezones

    name = said.partition("zoneinfo/")[2] or said
    name = name.removeprefix("posix/").removeprefix("right/")
    known = name in available_timezones() and name not in _NO_NAMES
    return (
        ("UTC" if name in {"Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal"} else name)
        if known
        else ""
    )
