"""The file `_places.jsonl`: where stories have been, and their lasting names, unless a ledger has
it.

    {"v": 1, "at": "2026-05-19T11:30:04.000000Z", "file": "content/2026/w20/….md",
     "id": "", "link": …, "now": …}

A story's Atom id is made from its `id`, preceded by its feed's id and a line break if the id only
counts in that feed; without an `id`, from the first `link` that it had. Both are the same in all
lines of a story. `now` is its link at that time, omitted if it equals `link`. A line is added when
a story is in a new place or has a new link. Order and repeats of lines do not matter, since git
merges the file by union.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from digest import urls
from digest.content import json_lines, paths
from digest.errors import Problem
from digest.model import Location

VERSION = 1


def dumps(location: Location) -> str:
    """Returns a location as its line, with the line break."""
    line = {"v": VERSION, **location._asdict()}
    if location.now == location.link:
        del line["now"]
    return json_lines.dumps(line)


def loads(content: bytes) -> tuple[tuple[Location, ...], tuple[Problem, ...]]:
    """Returns the locations, oldest first, and a problem for each line that had to be skipped."""
    locations, problems = json_lines.loads(content, paths.LOCATIONS, _parse)
    return tuple(sorted(set(locations))), problems


def is_by_link(locations: Iterable[Location]) -> bool:
    """True if the story with these locations has no id, so that its link identifies it."""
    return not all(location.id for location in locations)


def key_of(lasting_name: str) -> str:
    """Returns the key of a story with this lasting name (`identity.keys_of_story`)."""
    feed, line_break, guid = lasting_name.partition("\n")
    return f"{feed}\nguid:{guid}" if line_break else f"guid:{lasting_name}"


def keys_of(locations: Iterable[Location]) -> set[str]:
    """Returns the keys of a story with these locations: by its name, and its links if it has no id."""
    known = tuple(locations)
    keys = {key_of(location.lasting_name) for location in known}
    if is_by_link(known):
        for location in known:
            keys |= {f"link:{urls.canonical(link)}" for link in (location.link, location.now)}
    return keys


def _parse(line: dict[str, Any]) -> Location:
    """Parses a line; raises ValueError, KeyError or TypeError if it is not a location."""
    values = [line[field] for field in ("at", "file", "id", "link")]
    values.append(line.get("now", line["link"]))
    if line["v"] != VERSION or not all(isinstance(value, str) for value in values):
        raise ValueError("another version, or a value that is not text")
    location = Location(*map(str, values))
    json_lines.check_time(location.at)
    if urls.web_link(location.link) is None or urls.web_link(location.now) is None:
        raise ValueError("not a web link")
    "".join(location).encode()  # raises ValueError for half a surrogate pair
    return location
