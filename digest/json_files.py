"""JSON in `.digest/`: what one run remembers for the next, and can do without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from digest.disk import CACHE, read_inside, write
from digest.errors import DigestError

_SURROGATE = re.compile(rb"\\\\u[dD][89a-fA-F]")
_MEMORY_VERSION = 1


def recall(root: Path, name: str, kind: Callable[[Any], bool] = lambda _: True) -> dict[str, Any]:
    """Returns what is stored under a name in `.digest/`; {} if missing, damaged or an old version.

    Values for which `kind` is false are left out. A damaged file costs time, never content.
    """
    try:
        content = read_inside(root, f"{CACHE}/{name}") or b"{}"
        if _SURROGATE.search(content):  # cannot be encoded as text again
            return {}
        stored = json.loads(content)
        values = stored["says"] if stored.get("version") == _MEMORY_VERSION else {}
    except (DigestError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if kind(value)}


def is_texts(value: Any) -> bool:
    """True if a stored value is a list of texts."""
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def remember(root: Path, name: str, memory: Mapping[str, Any]) -> None:
    """Stores a dictionary under a name in `.digest/`, as JSON."""
    text = json.dumps(
        {"version": _MEMORY_VERSION, "says": dict(memory)}, ensure_ascii=False, sort_keys=True
    )
    write(root, f"{CACHE}/{name}", text.encode())
