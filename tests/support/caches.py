"""Looks into a digest's cache, and changes it, as another run or another hand does."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digest.cache import FILE, Cache


def note(root: Path, kind: str, name: str, value: object) -> None:
    """Stores a value that has no inputs."""
    with Cache(root) as cache:
        cache.put(kind, name, b"", value)
        cache.save()


def noted(root: Path, kind: str) -> dict[str, Any]:
    """The values of a kind, by name, as they are stored."""
    if not (root / FILE).exists():
        return {}
    with _rows(root) as connection:
        rows = connection.execute("SELECT name, value FROM cache WHERE kind = ?", (kind,))
        return {name: json.loads(value) for name, value in rows}


def forget(root: Path, *kinds: str) -> None:
    """Removes the values of some kinds, as if they had never been stored."""
    if not (root / FILE).exists():
        return
    with _rows(root) as connection:
        for kind in kinds:
            connection.execute("DELETE FROM cache WHERE kind = ?", (kind,))
        connection.commit()


def damage(root: Path, name: str) -> None:
    """Changes the values of a name, as a failing disk does."""
    with _rows(root) as connection:
        connection.execute("UPDATE cache SET value = x'00' WHERE name = ?", (name,))
        connection.commit()


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the file as another program does."""
    with _rows(root) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.rollback()


@contextlib.contextmanager
def _rows(root: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(root / FILE)) as connection:
        yield connection
