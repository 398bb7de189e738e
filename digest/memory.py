"""What builds remember from one to the next, in `.digest/`: plain values only, thrown away whole where in doubt.

    values ──keep──▶ .digest/<name>  ──recall──▶ the same values, or nothing and why

A memory is kept under a key that says what it was made by and of. Refuses to believe one that is damaged, of another
key, or that names anything but plain values: reading it runs nothing, whoever put it there. Losing it costs time only.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any, NoReturn

from digest import disk

_MAGIC = b"digest memory 1\n"
_HASH = 16


class _Plain(pickle.Unpickler):
    """Reads numbers, texts and containers of them; a pickle that asks for a class or a function is none of ours."""

    def find_class(self, module: str, name: str, /) -> NoReturn:
        raise pickle.UnpicklingError(f"asks for {module}.{name}")


def pack(values: object) -> bytes:
    """Returns plain values as bytes, to be kept within others and unpacked only when they are wanted."""
    return pickle.dumps(values, protocol=5)


def unpack(packed: bytes) -> Any:
    """Returns the values that were packed; what was recalled is whole, so this does not fail."""
    return _Plain(io.BytesIO(packed)).load()


def keep(root: Path, name: str, key: bytes, values: object) -> None:
    """Keeps plain values under a name; `key` is 16 bytes."""
    said = key + pack(values)
    disk.write(root / disk.CACHE / name, _MAGIC + _hash(said) + said, mode=0o644)


def recall(root: Path, name: str, key: bytes) -> tuple[Any, str]:
    """Returns the values that were kept under a name and key, or None and, where they are damaged, a word on it."""
    content = disk.read(root / disk.CACHE / name) or b""
    start = len(_MAGIC) + _HASH
    head, said = content[:start], content[start:]
    if not content or head[: len(_MAGIC)] != _MAGIC:
        return None, "is of another version" if content else ""
    if head[len(_MAGIC) :] != _hash(said):
        return None, "is damaged"
    if said[: len(key)] != key:
        return None, ""
    try:
        return unpack(said[len(key) :]), ""
    except Exception as error:  # a pickle can fail in many ways, and none of them matters
        return None, f"cannot be read: {error}"


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_HASH).digest()
