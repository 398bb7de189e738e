"""Notes in a commit of the branch gh-pages which files were published before they were committed, so
that another clone does not put their older versions back.

    Uncommitted: 3f2a… 9c41…

That is a hash of the file's path, since the branch is public and a draft's name may not be, and
git's id of its content, `gone` if the file was deleted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from digest import disk, git, git_log
from digest.content import paths
from digest.content.scan import NOT_COPIED
from digest.errors import DigestError
from digest.model import CONFIG_FILE

SOURCES = (
    CONFIG_FILE,
    "content",
    "templates",
    *(f":(exclude){path}" for path in (paths.LEDGERS, paths.INBOX, paths.SHEET)),
    *(f":(exclude,glob)**/{name}" for name in NOT_COPIED),
)
"""What a site is built from, as git has it: without what is never published."""
_NOTE = "Uncommitted: "
_GONE = "gone"
_LINE = re.compile(rf"{_NOTE}([0-9a-f]{{16}}) ([0-9a-f]{{40,64}}|{_GONE})")
_git = partial(git.run, need="digest publish")


class FileVersion(NamedTuple):
    """A hash of a `file`'s path, and git's id of its content."""

    file: str
    content: str


def dumps(versions: Iterable[FileVersion]) -> list[str]:
    """Returns lines of a commit's message."""
    return [f"{_NOTE}{file} {content}" for file, content in sorted(versions)]


def loads(lines: Iterable[str]) -> frozenset[FileVersion]:
    """Returns what the lines of a commit's message say."""
    return frozenset(FileVersion(*line.groups()) for line in map(_LINE.fullmatch, lines) if line)


def working_versions(root: Path, files: Iterable[str]) -> Iterator[FileVersion]:
    """Yields what files of the digest are now; raises DigestError if git cannot read one."""
    existing, prefix = [], git.prefix(root)  # git takes these names from the top of its repository
    for file in files:
        if not (root / file).exists():
            yield FileVersion(disk.path_hash(file), _GONE)
        elif (root / file).is_file() and "\n" not in file:  # no folder with a repository of its own
            existing.append(file)
    names = b"".join(os.fsencode(f"{prefix}{file}\n") for file in existing)
    hashed = _git(root, "hash-object", "--stdin-paths", stdin=names)
    ids = hashed.stdout.decode().split()
    if len(ids) < len(existing):  # git stops at the first that it cannot read
        why = hashed.stderr.decode(errors="replace").strip()
        raise DigestError(f"{existing[len(ids)]}: git cannot read this file: {why}")
    for file, id in zip(existing, ids, strict=True):
        yield FileVersion(disk.path_hash(file), id)


def committed_versions(root: Path, commits: str) -> frozenset[FileVersion]:
    """Returns what files of the digest became in commits (`a..b`, or all up to `b`)."""
    found = git_log.versions(root, SOURCES, commits)
    return frozenset(FileVersion(disk.path_hash(file), id or _GONE) for file, id in found)


def names(root: Path, versions: Iterable[FileVersion]) -> list[str]:
    """Returns the names of files that git has here, sorted, and last how many others there are."""
    tracked = _git(root, "ls-files", "-z", "--", *SOURCES).stdout.split(b"\0")
    name_of = {disk.path_hash(name): name for name in map(os.fsdecode, tracked)}
    hashes = {version.file for version in versions}
    known = sorted(name_of[hash] for hash in hashes & name_of.keys())
    new = len(hashes) - len(known)
    return [*known, f"{new} that {'is' if new == 1 else 'are'} not here"] if new else known
