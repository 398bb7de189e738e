"""Where each story has been, and the name that it got first: what no feed's ledger knows.

    {"v": 1, "at": "2026-05-19T11:30:04.000000Z", "file": "content/2026/w20/….md", "id": "", "link": …, "now": …}

A story's Atom id is made of its `id`, after a line break behind the id of its feed where it counts in that feed only;
without an id, of the first link that it had. That is the same in all lines of a story. `now` is its link at the time,
left out where that is `link`. A line is added when a story is where no ledger has it, or has a new link. Lines are read
as a set, in any order, with doubles, since git merges them by union.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from digest import links
from digest.errors import Problem
from digest.model import Location
from digest.stories import ledger, paths

VERSION = 1


def dumps(location: Location) -> str:
    """Returns a location as its line, with the line break."""
    line = {"v": VERSION, **location._asdict()}
    if location.now == location.link:
        del line["now"]
    return json.dumps(line, ensure_ascii=False) + "\n"


def loads(content: bytes) -> tuple[tuple[Location, ...], tuple[Problem, ...]]:
    """Returns the locations, oldest first, and a problem for each line that had to be passed over."""
    found, problems = set[Location](), list[Problem]()
    for number, line in enumerate(content.decode(errors="replace").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.add(_location(json.loads(line)))
        except (ValueError, KeyError, TypeError, RecursionError):
            problems.extend(ledger.passed_over(line, paths.LOCATIONS, number))
    return tuple(sorted(found)), tuple(problems)


def is_by_link(locations: Iterable[Location]) -> bool:
    """True if the story of these locations goes by its link, for want of an id."""
    return not all(one.id for one in locations)


def key_of_name(name: str) -> str:
    """Returns the key of a story by its name (`identity.story_keys`): with an id, that of its guid."""
    feed, line_break, guid = name.partition("\n")
    return f"{feed}\nguid:{guid}" if line_break else f"guid:{name}"


def keys_of(locations: Iterable[Location]) -> set[str]:
    """Returns the keys of a story with these locations: that of its name, without an id those of its links as well."""
    known = tuple(locations)
    keys = {key_of_name(one.name) for one in known}
    if is_by_link(known):
        keys |= {f"link:{links.canonical(link)}" for one in known for link in (one.link, one.now)}
    return keys


def _location(line: dict[str, Any]) -> Location:
    """Returns a line as a location; raises ValueError, KeyError or TypeError where it is not one."""
    values = [line[field] for field in ("at", "file", "id", "link")]
    values.append(line.get("now", line["link"]))
    if line["v"] != VERSION or not all(isinstance(value, str) for value in values):
        raise ValueError("of another version or kind")
    found = Location(*map(str, values))
    datetime.fromisoformat(found.at)
    if links.web_link(found.link) is None or links.web_link(found.now) is None:
        raise ValueError("leads nowhere")
    "".join(found).encode()  # half a surrogate pair is no text
    return found
