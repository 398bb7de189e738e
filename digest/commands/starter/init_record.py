"""`.digest-init.json`: what `digest init` and `digest upgrade` wrote into a digest, so that a later
version can tell.

It has a hash of each file as it was written. A file that an editor has changed, and that `upgrade`
has merged, is not in git as Digest wrote it: of those it has the text, for the next merge. It
travels with the repository.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from digest import __version__, disk
from digest.commands.starter import starter_files
from digest.errors import DigestError

FILE = ".digest-init.json"
LINES_ADDED = frozenset({".gitignore", ".gitattributes"})
"""Files to which missing lines are added; their other lines may be the editor's."""
_BEFORE_RECORDS = {
    starter_files.WORKFLOW: frozenset(
        {
            "80a2005a9537f83d",
            "1c10319e825119c6",
            "df6a41e6a4b438cc",
            "a0a947fc18ecca16",
            "779e3efa2591d910",
        }
    )
}
"""The hashes of what `init` wrote while it kept no record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitRecord:
    """The hash of each file as Digest last wrote it, and the text of those that were merged; `is_known` if there is one."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = False

    def has_written(self, file: str, content: bytes) -> bool:
        """True if a file with this content is as Digest wrote it."""
        mark = hash_of(content)
        if self.is_known:
            return self.hashes.get(file) == mark
        return mark in _BEFORE_RECORDS.get(file, ())

    def had(self, file: str) -> bool:
        """True if Digest has written a file of this name here, whether it is still there or not."""
        return file in (self.hashes if self.is_known else _BEFORE_RECORDS)


def hash_of(content: bytes) -> str:
    """Returns a hash of a file's content, the same whatever line breaks git gives it."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:16]


def load(root: Path) -> InitRecord:
    """Returns the record of a digest, an empty one if there is none; raises DigestError for a damaged one."""
    content = disk.read_inside(root, FILE)
    if content is None:
        return InitRecord()
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        record: Any = json.loads(content)
        hashes, texts = record["files"], record.get("merged", {})
        if all(isinstance(value, str) for value in (*hashes.values(), *texts.values())):
            return InitRecord(hashes=hashes, texts=texts, is_known=True)
    cure = "take it back from git, or delete it if git has no good one: files that you have changed then stay as they are"
    raise DigestError(f"{FILE}: is damaged; {cure}")


def dumps(
    files: Mapping[str, bytes],
    merged: Mapping[str, str] = MappingProxyType({}),
    left: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Returns the record of files as Digest writes them, and of the texts that were merged.

    `left` has the hashes of files that were left alone: what Digest once wrote is what it wrote
    last.
    """
    hashes = {file: hash_of(content) for file, content in files.items() if file not in LINES_ADDED}
    record: dict[str, Any] = {
        "about": "What digest init and digest upgrade wrote; upgrade reads it. Keep it in git.",
        "version": __version__,
        "files": dict(sorted({**hashes, **left}.items())),
    }
    if merged:
        record["merged"] = dict(sorted(merged.items()))
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()
