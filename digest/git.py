"""Asks the `git` program about a digest's folder: what it has, and what has changed since a commit.

Changes nothing. File names are read separated by NUL bytes, so they may have any characters.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.errors import DigestError, UnknownRefError

_SECTION = re.compile(rb"^diff --git .*$", re.MULTILINE)
_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_DIFF = (
    *("diff", "-z", "--raw", "--patch", "--unified=0", "--abbrev=40", "-M", "--relative"),
    *("--no-ext-diff", "--no-textconv", "--ignore-submodules=all"),
)
_DEFAULTS = (
    *("core.abbrev=auto", "color.ui=false"),
    *("log.showSignature=false", "log.showRoot=true", "log.follow=false"),
    *("log.diffMerges=separate", "diff.interHunkContext=0", "grep.patternType=default"),
)
"""The values of settings with which an editor may have changed what git prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed in files, with names relative to the folder.

    `lines` has the changed lines of each file that existed before; `new` are files with new names;
    `gone` are names that no file has now.
    """

    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    new: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


def changes(folder: Path, since: str) -> Changes:
    """Returns what has changed in a folder since a commit, or since the histories diverged.

    Includes commits, staged and unstaged changes, and new files. Raises UnknownRefError for an
    unknown commit, DigestError without git or a repository.
    """
    inside = run(folder, "rev-parse", "--is-inside-work-tree", need="--since")
    if b"not a git repository" in inside.stderr:
        raise DigestError(f"{folder}: is not in a git repository, which --since needs")
    if inside.returncode:
        raise DigestError(f"{folder}: git says: {_last_line(inside.stderr)}")
    found = run(folder, "rev-parse", "--verify", "--quiet", f"{since}^{{commit}}")
    if found.returncode or "\0" in since:
        raise UnknownRefError(
            f"git has no commit '{since}' here; in a shallow clone, fetch it first"
        )
    commit = found.stdout.decode().strip()
    # where the histories diverged, so that others' later work is left out
    fork = run(folder, "merge-base", commit, "HEAD")
    base = fork.stdout.decode().strip() or commit
    diff = run(folder, *_DIFF, base, "--", ".")
    untracked = run(folder, "ls-files", "-z", "--others", "--exclude-standard", "--", ".")
    for answer in (diff, untracked):
        if answer.returncode:
            raise DigestError(f"{folder}: git says: {_last_line(answer.stderr)}")
    added = frozenset(os.fsdecode(name) for name in untracked.stdout.split(b"\0") if name)
    return _changes(diff.stdout, added)


def prefix(folder: Path) -> str:
    """Returns a folder's path in its repository, with a slash at the end; "" at the top."""
    return next(iter(names(folder, "rev-parse", "--show-prefix") or ()), "")


def tracked(folder: Path, path: str) -> frozenset[str] | None:
    """Returns the files below `path` that git has, staged ones too; None without a repository."""
    return names(folder, "ls-files", "-z", "--", path)


def shortened(folder: Path, path: str) -> dict[str, bytes]:
    """Returns HEAD's version of each file below `path` that lost lines since.

    {} without git or a repository.
    """
    options = "diff --numstat --no-renames --relative -z HEAD --"
    files = []
    for row in (answer(folder, *options.split(), path) or b"").split(b"\0"):
        _, deleted, name = row.split(b"\t", 2) if row.count(b"\t") >= 2 else (b"", b"0", b"")
        if deleted != b"0" and b"\n" not in name:
            files.append(os.fsdecode(name))
    return dict(zip(files, contents(folder, [f"HEAD:./{file}" for file in files]), strict=True))


def remotes(folder: Path) -> tuple[str, ...]:
    """Returns the names of the repository's remotes; none without a repository."""
    return tuple((answer(folder, "remote") or b"").decode(errors="replace").split())


def contents(folder: Path, objects: Sequence[str], need: str = "this command") -> list[bytes]:
    """Returns the contents of objects, with one call of git; b"" for those that do not exist."""
    asked = "".join(f"{object}\n" for object in objects).encode(errors="surrogateescape")
    answer = run(folder, "cat-file", "--batch", stdin=asked, need=need).stdout if objects else b""
    result, start = [], 0
    for _ in objects:
        header = answer[start:].partition(b"\n")[0]  # b"" if git has stopped, such as offline
        size = header.rpartition(b" ")[2]
        start += len(header) + 1
        if size.isdigit():
            end = start + int(size)
            result.append(answer[start:end])
            start = end + 1
        else:
            result.append(b"")
    return result


def names(folder: Path, *arguments: str) -> frozenset[str] | None:
    """Returns the names in git's answer; None if it fails, and without git or a repository."""
    output = answer(folder, *arguments)
    if output is None:
        return None
    found = (name.strip(b"\n") for name in output.split(b"\0"))
    return frozenset(map(os.fsdecode, filter(None, found)))


def answer(folder: Path, *arguments: str) -> bytes | None:
    """Returns what git prints; None if it fails, and without git or a repository.

    Without a repository git is not started: each pull asks it, and starting takes time.
    """
    if not _may_have_repository(folder):
        return None
    try:
        done = run(folder, *arguments)
    except DigestError:
        return None
    return None if done.returncode else done.stdout


def _may_have_repository(folder: Path) -> bool:
    """Returns False if git would find no repository."""
    folders = (folder.resolve(), *folder.resolve().parents)
    return "GIT_DIR" in os.environ or any(os.path.lexists(one / ".git") for one in folders)


def run(
    folder: Path, *arguments: str, need: str = "this command", stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Runs git in a folder, with output as by default and messages in English.

    Raises DigestError if it cannot be run. `need` is what needs git, for the message.
    """
    try:
        return subprocess.run(
            ["git", *(part for setting in _DEFAULTS for part in ("-c", setting)), *arguments],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            check=False,
            input=stdin,
        )
    except FileNotFoundError:
        raise DigestError(f"{need} needs git, which is not installed on this machine") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in an argument
        raise DigestError(f"git cannot be run: {error}") from None


def _changes(diff: bytes, untracked: frozenset[str]) -> Changes:
    """Parses the raw lines, which name the files, and the patches, in the same order."""
    raw, _, patch = diff.partition(b"\0\0") if b"\0\0" in diff else (diff, b"", b"")
    entries = list(_entries(raw.split(b"\0")))
    starts = [*(section.start() for section in _SECTION.finditer(patch)), len(patch)]
    patches = [patch[start:end] for start, end in itertools.pairwise(starts)]
    # Not so if a file has changed its type, or has merge conflicts.
    known = len(patches) == len(entries)
    lines, new, gone = dict[str, frozenset[int]](), set(untracked), set[str]()
    for number, (status, old, name) in enumerate(entries):
        if status == "D" or old != name:
            gone.add(old)
        if status in {"A", "T", "U"} or not known:
            new.add(name)
        elif status != "D":
            changed = set[int]()
            for hunk in _HUNK.finditer(patches[number]):
                first, count = int(hunk[1]), int(hunk[2] or 1)
                changed.update(range(first, first + (count or 2)))  # both neighbours of a deletion
            lines[name] = frozenset(changed)
    return Changes(lines=lines, new=frozenset(new), gone=frozenset(gone - new - lines.keys()))


def _entries(parts: list[bytes]) -> Iterator[tuple[str, str, str]]:
    """Yields status, old and new name of each file: `:modes hashes M NUL name`, two for R, C."""
    rest = iter(parts)
    for part in rest:
        if not part.startswith(b":"):
            continue
        status = part.rsplit(b" ", 1)[1][:1].decode()
        old = os.fsdecode(next(rest, b""))
        yield status, old, os.fsdecode(next(rest, b"")) if status in {"R", "C"} else old


def _last_line(text: bytes) -> str:
    return (text.decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
