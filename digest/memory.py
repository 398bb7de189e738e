"""What builds remember from one to the next, in `.digest/`: plain values only, thrown away whole where in doubt.

    values ──keep──▶ .digest/<name>  ──recall──▶ the same values and their mark, or nothing and why

A memory is kept under a key that says what it was made by and of. Refuses to believe one that is damaged, of another
key, or that names anything but plain values: reading it runs nothing, whoever put it there. Losing it costs time only.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

from digest import disk
from digest.errors import DigestError

_MAGIC = b"digest memory 1\n"
_START, _SIZE = len(_MAGIC), 16
_DEEPEST = 3  # .digest/built/<name>.memory; further down are sites

_T = TypeVar("_T")


class Recalled(NamedTuple):
    """Plain values, None where there are none; `word` says why those that were kept are not believed, `mark` which."""

    values: Any = None
    word: str = ""
    mark: bytes = b""


class _Plain(pickle.Unpickler):
    """Reads numbers, texts and containers of them; a pickle that asks for a class or a function is none of ours."""

    def find_class(self, module: str, name: str, /) -> NoReturn:
        raise pickle.UnpicklingError(f"asks for {module}.{name}")


def pack(values: object) -> bytes:
    """Returns plain values as bytes, to be kept within others and unpacked only when they are wanted."""
    return pickle.dumps(values, protocol=5)


def unpack(packed: bytes) -> Any:
    """Returns the values that were packed; what was recalled is whole, so this does not fail."""
    return _plain(packed)


def keep(root: Path, name: str, key: bytes, values: object) -> bytes:
    """Keeps plain values under a name; `key` is 16 bytes. Returns the mark that tells this memory from any other."""
    packed = pack(values)
    mark = _mark(key, packed)
    disk.write(root, f"{disk.CACHE}/{name}", b"".join((_MAGIC, mark, key, packed)), mode=0o644)
    return mark


def recall(root: Path, name: str, key: bytes) -> Recalled:
    """Returns what was kept under a name and key."""
    try:
        content = disk.read_inside(root, f"{disk.CACHE}/{name}") or b""
    except DigestError as error:
        return Recalled(word=f"cannot be read: {error}")
    if not content or content[:_START] != _MAGIC:
        return Recalled(word="is of another version" if content else "")
    said = _START + _SIZE
    mark = content[_START:said]
    if mark != _mark(memoryview(content)[said:]):
        return Recalled(word="is damaged")
    if content[said : said + len(key)] != key:
        return Recalled()
    try:
        return Recalled(_plain(content, said + len(key)), mark=mark)
    except Exception as error:  # a pickle can fail in many ways, and none of them matters
        return Recalled(word=f"cannot be read: {error}")


def believing(root: Path, attempt: Callable[[], _T]) -> tuple[_T, str]:
    """Returns what comes of an attempt that goes by memories, and why these were thrown away, if they were.

    What they say can be whole and still of another kind than anything that was ever kept. An attempt that fails with
    anything but a word for the user is made once more without them: what fails then has another cause.
    """
    try:
        return attempt(), ""
    except (DigestError, OSError):
        raise
    except Exception:
        found = [
            path for path in (root / disk.CACHE).rglob("*.memory") if len(path.relative_to(root).parts) <= _DEEPEST
        ]
        if not found:
            raise
        for path in found:
            disk.unlink(path)
        return attempt(), "cannot be true"


def _plain(content: bytes, start: int = 0) -> Any:
    file = io.BytesIO(content)  # which shares the bytes: a part of them would be a copy
    file.seek(start)
    return _Plain(file).load()


def _mark(*parts: bytes | memoryview) -> bytes:
    mark = hashlib.blake2b(digest_size=_SIZE)
    for part in parts:
        mark.update(part)
    return mark.digest()
