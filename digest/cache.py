"""The cache of a digest: one SQLite file of values, each stored with a hash of its inputs.

    key_of(inputs) ──▶ get: the value stored under this key ──none──▶ compute it ──▶ put

What a run leaves for the next one has no inputs; its key is empty. Deleting the file costs time and
what architecture.md lists, never content. Values are decoded into the type that the caller asks
for, so nothing that a repository or CI service puts into the file can run. A damaged value or file
counts as missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

import msgspec

from digest import disk, earlier_json
from digest.errors import DigestError

FILE = f"{disk.WORK_FOLDER}/cache.sqlite"
_TABLE = """CREATE TABLE IF NOT EXISTS cache (
    kind TEXT, name TEXT, key BLOB, value BLOB, checksum BLOB, PRIMARY KEY (kind, name)
) WITHOUT ROWID"""
_MAX_SINGLE_READS = 10  # more values than this are read with all others of their kind
_LOCK_TIMEOUT = 5  # seconds to wait for another process that is writing
_DISK_ERRORS = ("readonly", "disk I/O error", "unable to open", "is full")
"""Words in SQLite's messages about the disk, and not about a damaged file."""

_SIDE_FILES = ("-journal", "-wal", "-shm")
"""The endings of files that SQLite may open beside its own."""
_DAMAGED = f"{FILE} was damaged and could not be used"
_OF_KIND = "SELECT name, key, value, checksum FROM cache WHERE kind = ?"

_ALL = ""  # all kinds: the whole file is damaged

T = TypeVar("T")
_notices: dict[Path, dict[str, None]] = {}
"""Warnings of this process, by the digest's root."""
_damaged_kinds: dict[Path, set[str]] = {}
"""The kinds of which this process has found damaged values, or `_ALL`, by the digest's root."""
_locked_roots = set[Path]()
"""Roots whose file stayed locked for the whole timeout: until it can be used again, we do not wait."""


class Cache:
    """The cache of the digest at `root`. `save` writes all changes; without it they are lost.

    `save` also removes what is damaged; `notices` says so.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._connection: sqlite3.Connection | None = None
        self._loaded: dict[tuple[str, str], tuple[bytes, Any]] = {}
        self._changes: dict[tuple[str, str], tuple[bytes, bytes] | None] = {}
        self._damaged_rows: dict[tuple[str, str], tuple[Any, ...]] = {}
        self._damaged_file: disk.Stamp | None = None
        self._has_read_earlier = False

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, kind: str, name: str, key: bytes, as_type: type[T]) -> T | None:
        """Returns the value of a kind and name stored under `key`; None if there is none.

        With an empty key it is read from disk, unless this process has one that is not saved yet:
        another process may have stored a newer one.
        """
        if self._is_loaded(kind, name, key):
            return cast("T", self._loaded[kind, name][1])
        if kind in earlier_json.KINDS:
            self._read_earlier()
        row = self._row(kind, name)
        return self._decoded(kind, name, key, row, as_type) if row else None

    def get_all(self, kind: str, keys: Mapping[str, bytes], as_type: type[T]) -> dict[str, T]:
        """Returns the values of a kind stored under these keys, by name, with few queries."""
        missing = [
            name for name, key in keys.items() if key and not self._is_loaded(kind, name, key)
        ]
        if len(missing) <= _MAX_SINGLE_READS:
            for name in missing:
                self.get(kind, name, keys[name], as_type)
        else:
            for name, *row in self._rows(_OF_KIND, (kind,)):
                if keys.get(name):
                    self._decoded(kind, name, keys[name], row, as_type)
        return {
            name: self._loaded[kind, name][1]
            for name, key in keys.items()
            if self._is_loaded(kind, name, key)
        }

    def loaded(self, kind: str, name: str, as_type: type[T]) -> T | None:
        """Returns the value that was read or stored last, under any key; None if there is none."""
        value = self._loaded.get((kind, name), (b"", None))[1]
        return value if isinstance(value, as_type) else None

    def get_kind(self, kind: str, as_type: type[T]) -> dict[str, T]:
        """Returns all values of a kind that are stored with an empty key, by name."""
        if kind in earlier_json.KINDS:
            self._read_earlier()
        rows: dict[str, Sequence[Any] | None] = {
            name: row for name, *row in self._rows(_OF_KIND, (kind,)) if isinstance(name, str)
        }
        for changed, name in self._changes:
            if changed == kind:
                rows[name] = self._row(kind, name)
        values = {}
        for name, row in rows.items():
            value = self._decoded(kind, name, b"", row, as_type) if row else None
            if value is not None:
                values[name] = value
        return values

    def put(self, kind: str, name: str, key: bytes, value: object) -> None:
        """Stores a value; replaces an earlier one with this kind and name."""
        self._loaded[kind, name] = key, value
        self._changes[kind, name] = key, msgspec.json.encode(value)

    def remove(self, kind: str, name: str) -> None:
        """Removes a value, if there is one."""
        if self._row(kind, name):
            self._loaded.pop((kind, name), None)
            self._changes[kind, name] = None

    def keep_only(self, kind: str, names: Collection[str]) -> None:
        """Removes the values of a kind with other names."""
        # With the plus, SQLite does not look up the kind, for which it would read all values.
        stored = self._rows("SELECT name FROM cache WHERE +kind = ?", (kind,))
        changed = [(name,) for changed, name in self._changes if changed == kind]
        for (name,) in (*stored, *changed):
            if name not in names:
                self.remove(kind, name)

    def save(self, *, flush: bool = False) -> None:
        """Writes all changes since the last `save`; with `flush`, they survive a power cut.

        Raises DigestError if the file cannot be written; then the changes are not tried again.
        """
        if not self._changes and not self._damaged_rows:
            return
        if flush:
            self._read_earlier()
        self.close()  # the file may have been deleted, and created by another process
        try:
            if self._damaged_file and self._damaged_file == self._stamp():
                self._delete_damaged()
            self._write(flush)
        except sqlite3.DatabaseError as error:
            if _is_locked(error):
                self._give_up()
                what = f"{FILE}: another program is using this file; close it there, and try again"
                raise DigestError(what) from error
            if _is_disk_error(error):
                cure = "make it writable, or delete it"
                if "is full" in str(error):
                    cure = "free some space"
                what = f"{FILE}: cannot write this file: {error}; {cure}"
                raise DigestError(what) from error
            self._delete_damaged()
            self._write(flush)
        finally:
            self._changes, self._damaged_rows, self._damaged_file = {}, {}, None
            self.close()
        if flush:
            disk.flush_names(self._root, [FILE])
            earlier_json.remove(self._root)

    def close(self) -> None:
        """Closes the file until it is needed again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, flush: bool) -> None:
        connection = self._open()
        if flush:
            connection.execute("PRAGMA synchronous = FULL")
        for names, damaged in self._damaged_rows.items():
            # Only as it was read: another process may have stored a new one.
            same = "kind = ? AND name = ? AND key IS ? AND value IS ? AND checksum IS ?"
            connection.execute(f"DELETE FROM cache WHERE {same}", (*names, *damaged))
        for (kind, name), change in self._changes.items():
            if change is None:
                connection.execute("DELETE FROM cache WHERE kind = ? AND name = ?", (kind, name))
            else:
                row = kind, name, *change, _checksum(kind, name, *change)
                connection.execute("INSERT OR REPLACE INTO cache VALUES (?, ?, ?, ?, ?)", row)
        connection.commit()

    def _is_loaded(self, kind: str, name: str, key: bytes) -> bool:
        loaded = self._loaded.get((kind, name))
        return bool(key) and loaded is not None and loaded[0] == key

    def _decoded(
        self, kind: str, name: str, key: bytes, row: Sequence[Any], as_type: type[T]
    ) -> T | None:
        """Decodes the value of a row; None if it has another key or is damaged."""
        if row[0] != key:
            return None
        value, checksum = row[1:]
        try:
            if _checksum(kind, name, key, value) != checksum:
                raise ValueError("the checksum differs")
            found = msgspec.json.decode(value, type=as_type)
        except (msgspec.DecodeError, ValueError, TypeError, RecursionError):
            self._note_damage(kind)
            self._damaged_rows[kind, name] = tuple(row)
            return None
        self._loaded[kind, name] = key, found
        return found

    def _row(self, kind: str, name: str) -> Sequence[Any] | None:
        if (kind, name) in self._changes:
            change = self._changes[kind, name]
            return change and (*change, _checksum(kind, name, *change))
        rows = self._rows(
            "SELECT key, value, checksum FROM cache WHERE kind = ? AND name = ?", (kind, name)
        )
        return rows[0] if rows else None

    def _rows(self, query: str, values: tuple[object, ...]) -> list[Any]:
        """Returns the rows; none if the file cannot be read. Reading creates nothing."""
        try:
            if self._connection is None and not disk.inside(self._root, FILE).exists():
                return []
            rows = self._open().execute(query, values).fetchall()
            _locked_roots.discard(self._root)
            return rows
        except DigestError as error:
            _notices.setdefault(self._root, {})[str(error)] = None
            return []
        except sqlite3.DatabaseError as error:
            if _is_locked(error):
                self._give_up()
            elif not _is_disk_error(error):
                self._damaged_file = self._stamp()
                self._note_damage()
                self.close()
            return []

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            path = disk.inside(self._root, FILE)
            try:
                disk.make_folder(path.parent, None)
            except OSError as error:
                raise disk.file_error("write", path, error) from error
            for ending in ("", *_SIDE_FILES):
                other = disk.inside(self._root, f"{FILE}{ending}")
                if other.exists() and not other.is_file():  # SQLite would wait for a pipe, say
                    what = "a folder" if other.is_dir() else "not a regular file"
                    raise DigestError(f"{FILE}{ending}: is {what}; remove it")
            timeout = 0 if self._root in _locked_roots else _LOCK_TIMEOUT
            self._connection = sqlite3.connect(path, timeout=timeout, check_same_thread=False)
            # A kill leaves the last saved state. A power cut during a build may damage the file,
            # which is then created again: to flush each of its changes would double its time.
            self._connection.execute("PRAGMA synchronous = OFF")
            # Of a new file: most values are large, and are read and written in fewer pieces.
            self._connection.execute("PRAGMA page_size = 16384")
            self._connection.execute(_TABLE)
        return self._connection

    def _read_earlier(self) -> None:
        """Adds what an earlier version kept in JSON files; the next save stores it."""
        if not self._has_read_earlier:
            self._has_read_earlier = True
            for (kind, name), value in earlier_json.rows(self._root).items():
                self._changes.setdefault((kind, name), (b"", msgspec.json.encode(value)))

    def _give_up(self) -> None:
        """Stops waiting for the lock, now and in later calls."""
        self.close()
        _locked_roots.add(self._root)

    def _stamp(self) -> disk.Stamp | None:
        path = self._root / FILE
        return disk.stamp(path.stat()) if path.exists() else None

    def _delete_damaged(self) -> None:
        """Deletes a damaged file, so that it is created again."""
        self.close()
        path = disk.inside(self._root, FILE)
        for ending in ("", *_SIDE_FILES):
            disk.unlink(f"{path}{ending}")
        self._note_damage()

    def _note_damage(self, kind: str = _ALL) -> None:
        _damaged_kinds.setdefault(self._root, set()).add(kind)
        _notices.setdefault(self._root, {})[_DAMAGED] = None


def notices(root: Path) -> tuple[str, ...]:
    """Returns the warnings about a digest's file since the last call: that it is damaged, or why it
    cannot be read.
    """
    return tuple(_notices.pop(root, ()))


def was_damaged(root: Path, kind: str) -> str:
    """Returns the warning that values of a kind were damaged since the last call; "" if none was."""
    kinds = _damaged_kinds.get(root, set())
    found = kinds & {_ALL, kind}
    kinds -= found
    return _DAMAGED if found else ""


def _is_disk_error(error: sqlite3.DatabaseError) -> bool:
    return any(words in str(error) for words in _DISK_ERRORS)


def _is_locked(error: sqlite3.DatabaseError) -> bool:
    return "locked" in str(error)


def key_of(*inputs: object) -> bytes:
    """Returns a hash of the inputs, 16 bytes: enough to rule out accidental collisions.

    Bytes count as they are, any other value by its `repr`, which has to show all of it, in one
    order.
    """
    hashed = blake2b(digest_size=16)
    for value in inputs:
        part = value if isinstance(value, bytes) else repr(value).encode(errors="surrogatepass")
        hashed.update(b"%d:" % len(part) + part)
    return hashed.digest()


def _checksum(kind: str, name: str, key: bytes, value: bytes) -> bytes:
    return key_of(kind.encode(), name.encode(), key, value)[:8]
