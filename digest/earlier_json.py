"""What versions before `.digest/cache.sqlite` kept in JSON files beside it, as rows of the cache.

Only for the update from such a version: this module can go with the release after the next one,
with the lines of `cache` that call it. What the next pull finds out by itself is not read.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from digest import disk
from digest.errors import DigestError

KINDS = frozenset({"begun", "feed", "reviewed", "uncommitted"})
_VERSION = 1
_FILES = (
    *("brought.json", "carried.json", "desk/reviewed.json", "edits.json", "feeds.json"),
    *("links.json", "suggested.json", "themes.json", "summaries/*.json"),
)
_FEED = {"url": str, "wait": str, "asked": str, "new": int, "failed": str}
"""What is read of a feed. Without its validators it is read once more, and its summaries stored."""
_FEED_FIELDS = {"asked": "answered"}
"""What is called differently today."""


def rows(root: Path) -> dict[tuple[str, str], object]:
    """Returns the values of these files by kind and name; damaged files and values are left out."""
    found: dict[tuple[str, str], object] = {}
    for kind, file in (("uncommitted", "brought.json"), ("reviewed", "desk/reviewed.json")):
        found |= {(kind, name): text for name, text in _values(root, file) if _are_texts(text)}
    edits = [
        {"file": file, "before": edit["before"], "after": edit["after"]}
        for file, edit in _values(root, "edits.json")
        if isinstance(edit, dict) and _are_texts(edit.get("before"), edit.get("after"))
    ]
    themes = {
        file: hashes
        for file, hashes in _values(root, "themes.json")
        if isinstance(hashes, list) and len(hashes) == 2 and _are_texts(*hashes)
    }
    if edits:
        found["begun", "pull"] = edits
    if themes:
        found["begun", "themes"] = themes
    for feed, known in _values(root, "feeds.json"):
        if isinstance(known, dict) and _is_feed(known):
            state = {_FEED_FIELDS.get(key, key): known[key] for key in _FEED if key in known}
            found["feed", feed] = {**state, "is_away": bool(known.get("away"))}
    return found


def remove(root: Path) -> None:
    """Removes these files, once the cache has stored what they held."""
    folder = root / disk.WORK_FOLDER
    for pattern in _FILES:
        for path in folder.glob(pattern):
            with contextlib.suppress(DigestError):
                disk.remove(root, path.relative_to(root).as_posix())
    summaries = folder / "summaries"
    if summaries.is_dir():
        with contextlib.suppress(OSError):  # it has other files
            summaries.rmdir()


def _values(root: Path, file: str) -> Iterator[tuple[str, Any]]:
    """Yields the values of a file in `.digest/` by name; none if it is missing or damaged."""
    try:
        content = disk.read_inside(root, f"{disk.WORK_FOLDER}/{file}") or b"{}"
        stored = json.loads(content)
        values = stored["says"] if stored["version"] == _VERSION else {}
        json.dumps(values, ensure_ascii=False).encode()  # raises if half of a character is escaped
        yield from values.items()
    except (DigestError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_feed(known: dict[str, Any]) -> bool:
    """True if all values have their type, and times are times with a zone."""
    try:
        times = [datetime.fromisoformat(known[key]) for key in ("wait", "asked") if key in known]
    except (ValueError, TypeError):
        return False
    is_typed = all(type(known.get(key, type_())) is type_ for key, type_ in _FEED.items())
    return is_typed and all(time.tzinfo for time in times)
