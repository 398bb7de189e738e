"""Asks git what commits did to files: who added, changed, merged, moved or deleted them.

Changes nothing. Names are relative to the folder.
"""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from digest import git


class _Commit(NamedTuple):
    """A commit, and what git has listed below it: names, or status and name in turn."""

    id: str
    short_id: str
    parents: tuple[str, ...]
    is_rebased: bool
    listed: tuple[str, ...]

    @property
    def has_combined(self) -> bool:
        """True if the editor may not have seen its files before: after a merge or a rebase."""
        return len(self.parents) > 1 or self.is_rebased


def ever_committed(folder: Path, path: str, *, all_branches: bool = False) -> frozenset[str] | None:
    """Returns every file below `path` that was committed up to HEAD, or on any branch or stash.

    None if that is unknown: without a repository or commit, or in a shallow clone.
    """
    # Without --full-history git omits untracked files in a stash: they are in its third parent.
    options = "log --full-history --no-renames --diff-filter=A --name-only --relative --format= -z"
    if not all_branches and _is_shallow(folder):
        return None
    commits = "--all" if all_branches else "HEAD"
    return git.names(folder, *options.split(), commits, "--", path)


def versions(folder: Path, paths: Iterable[str], commits: str) -> Iterator[tuple[str, str]]:
    """Yields what files became in commits (`a..b`, or all up to `b`): the file, and git's id of its
    content, "" for a deleted file.

    `paths` are files and folders.
    """
    options = "-m --raw --no-abbrev --no-renames"
    for commit in _log(folder, *options.split(), commits, "--", *paths):
        for change, file in zip(commit.listed[::2], commit.listed[1::2], strict=False):
            id = change.split()[3]
            yield file, id if id.strip("0") else ""


def merged_from(folder: Path, files: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Returns the versions that git has combined, by merge or rebase, into what a file is now.

    An editor may not have seen the result. Files that were edited since have none, and so have all
    without a repository. A file may have been moved since.
    """
    versions, seen = list[tuple[str, str]](), set[str]()
    for commit, file, before in _commits(folder, _places(folder, files), "-c"):
        if not commit.has_combined:
            seen.add(file)
        elif file not in seen:
            versions += [(file, f"{parent}:./{before}") for parent in commit.parents]
    return _texts_by_file(folder, versions)


def both_sides(folder: Path, files: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Returns the versions that the last merge or rebase of a file had, even if one side won.

    Files that were edited since have none. A merge of which only one side had changed the file
    counts as none; to tell, git has to look at one file at a time, so `files` should be few.
    """
    versions = list[tuple[str, str]]()
    for file, place in _places(folder, files).items():
        commits = _commits(folder, {file: place}, "--simplify-merges")
        for commit, _, before in itertools.takewhile(lambda one: one[0].has_combined, commits):
            versions += [(file, f"{parent}:./{before}") for parent in commit.parents]
    return _texts_by_file(folder, versions)


def before_rebase(folder: Path, files: Collection[str], ledgers: str) -> dict[str, str]:
    """Returns files in which a rebase may have kept one side, each with the last commit before it.

        base ── edit ── pull'      a rebase has put the pull's commit on top of the edit
                 └ last commit of the file that was not rebased: it is returned

    A file is returned only if a rebased commit above that one has changed the folder `ledgers`. If
    that was a pull, its ledger lines say what it wrote into the file, and the ledger in the returned
    commit lacks them. Files that were edited since are left out.
    """
    found = dict[str, str]()
    for file, place in _places(folder, files).items():
        commits = _commits(folder, {file: place}, "--no-merges")
        last = next((commit.id for commit, _, _ in commits if not commit.is_rebased), "")
        above = _log(folder, f"{last}..HEAD", "--", ledgers) if last else ()
        if any(commit.is_rebased for commit in above):
            found[file] = last
    return found


def brought_back(
    folder: Path,
    path: str,
    present_files: Mapping[str, str],
    deleted_elsewhere: Collection[str],
    *,
    ledgers: str,
) -> dict[str, str]:
    """Returns deleted files that a merge or rebase has brought back, each with the deleting commit.

    The files are below `path`. `present_files` has for each path where its file is now, often the
    same one. `deleted_elsewhere` are files whose deletion is recorded outside git; they have no
    commit.

    A commit on top of the deletion that adds the file, or changes it alone, shows that its author
    wants it. A pull's commit does not: it also changes a file in the folder `ledgers`.
    """
    if _is_shallow(folder):
        return {}
    deletions = [("", file, file) for file in deleted_elsewhere]
    options = "--full-history -M --diff-filter=D --name-only HEAD --"
    for commit in _log(folder, *options.split(), path):
        for name in commit.listed:
            if name in present_files:
                deletions.append((commit.short_id, name, present_files[name]))
    files = {file for _, _, file in deletions}
    if not files:
        return {}
    listed = git.names(folder, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *files)
    unchanged = (listed or frozenset()) - (_edited(folder, files) or frozenset())
    back: dict[str, str] = {}
    for deletion, name, file in deletions:
        is_new = file in unchanged and file not in back
        if is_new and not _is_wanted(folder, deletion, {name, file}, ledgers):
            back[file] = deletion
    return back


def _texts_by_file(folder: Path, versions: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    texts = git.contents(folder, [object for _, object in versions])
    for (file, _), content in zip(versions, texts, strict=True):
        found[file].append(content.decode(errors="replace"))
    return {file: tuple(texts) for file, texts in found.items()}


def _places(folder: Path, files: Collection[str]) -> dict[str, str]:
    """Returns the files that are as in HEAD, each with its name there: it may have moved since."""
    edited = _edited(folder, files) if files else None
    if edited is None:
        return {}
    listed = git.names(folder, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *files)
    places = {file: file for file in (listed or frozenset()) - edited}
    new = [file for file in files if file not in (listed or ()) and "\n" not in file]
    if new:
        ids = git.run(folder, "hash-object", "--", *new).stdout.decode().split()
        options = "--raw --no-abbrev --no-renames --diff-filter=D --relative -z"
        gone = git.run(folder, "diff", *options.split(), "HEAD").stdout.split(b"\0")
        old_ids = [change.split()[2].decode() for change in filter(None, gone[::2])]
        name_of = dict(zip(old_ids, map(os.fsdecode, gone[1::2]), strict=False))
        places |= {file: name_of[id] for file, id in zip(new, ids, strict=False) if id in name_of}
    return {file: name for file, name in places.items() if "\n" not in name}


def _commits(
    folder: Path, places: Mapping[str, str], *options: str
) -> Iterator[tuple[_Commit, str, str]]:
    """Yields the commits that changed a file, the newest first: commit, file, its name before.

    `places` are names in HEAD. A commit that only moves a file is left out; those below it follow.
    """
    to_ask = [("HEAD", {name: file for file, name in places.items()})] if places else []
    inside = git.prefix(folder) if places else ""
    while to_ask:
        start, files = to_ask.pop()
        alone = tuple(files) if len(files) == 1 else ()
        how = ("--topo-order", "--no-renames", "--raw", *options, start, "--")
        for commit in _log(folder, *how, *files):
            statuses = {}
            for status, name in zip(commit.listed[::2], commit.listed[1::2], strict=False):
                # For files of merges (`::`), git ignores --relative.
                statuses[name.removeprefix(inside) if status.startswith("::") else name] = status
            # A merge of which one side won lists nothing.
            for name in [name for name in statuses or alone if name in files]:
                file, before, is_same = files[name], name, False
                if statuses.get(name, "").endswith(" A"):
                    before, is_same = _moved_from(folder, commit, name)
                if before != name:
                    del files[name]
                    if is_same or commit.has_combined:
                        to_ask.append((f"{commit.id}^", {before: file}))
                if not is_same:
                    yield commit, file, before


def _moved_from(folder: Path, commit: _Commit, name: str) -> tuple[str, bool]:
    """Returns the name of a file before a commit that added it, and whether it was only moved."""
    options = "-r -M --raw --no-abbrev --no-commit-id --relative --diff-filter=R -z"
    moves = git.run(folder, "diff-tree", *options.split(), commit.id).stdout.split(b"\0")
    for change, before, after in zip(moves[::3], moves[1::3], moves[2::3], strict=False):
        if os.fsdecode(after) == name:
            return os.fsdecode(before), change.split()[2] == change.split()[3]
    return name, False


def _is_shallow(folder: Path) -> bool:
    """True if the history is incomplete, or without a repository."""
    return git.names(folder, "rev-parse", "--is-shallow-repository") != frozenset({"false"})


def _is_wanted(folder: Path, deletion: str, names: Collection[str], ledgers: str) -> bool:
    """True if a commit on top of a deletion shows that its author wants one of these files."""
    since = ("--ancestry-path", f"{deletion}..HEAD") if deletion else ("HEAD",)
    if deletion and git.names(folder, "ls-tree", "-z", "--name-only", deletion, "--", *names):
        return True  # it deleted one file and left or moved the other
    options = "--full-history --no-merges --no-renames --name-status"
    for commit in _log(folder, *options.split(), *since, "--", *names, ledgers):
        kind_by_file = dict(zip(commit.listed[1::2], commit.listed[::2], strict=False))
        kinds = {kind_by_file[name] for name in names if name in kind_by_file}
        is_added = deletion and "A" in kinds
        is_edited = "M" in kinds and not kind_by_file.keys() - set(names)
        if not commit.is_rebased and (is_added or is_edited):
            return True
    return False


def _edited(folder: Path, files: Collection[str]) -> frozenset[str] | None:
    """Returns which of the files differ from HEAD; None if that is unknown."""
    return git.names(folder, "diff", "--name-only", "--relative", "-z", "HEAD", "--", *files)


def _log(folder: Path, *arguments: str) -> Iterator[_Commit]:
    """Yields the commits that `git log` returns with these arguments, the newest first."""
    header = "--format=%x01%H %h %at %ct %P"
    log = git.run(folder, "log", "--relative", "-z", header, *arguments).stdout
    amended: frozenset[str] | None = None
    for commit in log.split(b"\1")[1:]:
        first, *listed = (os.fsdecode(part.strip(b"\n")) for part in commit.split(b"\0"))
        id, short_id, written_at, committed_at, *parents = first.split()
        is_rebased = written_at != committed_at
        if is_rebased:
            amended = _amended(folder) if amended is None else amended
            is_rebased = id not in amended
        yield _Commit(id, short_id, tuple(parents), is_rebased, tuple(filter(None, listed)))


def _amended(folder: Path) -> frozenset[str]:
    """Returns the commits by `git commit --amend` on this machine of one that was not rebased.

    Only the reflog tells them from rebased ones, so in another clone they count as rebased.
    """
    log = git.run(folder, "log", "--walk-reflogs", "-z", "--format=%H %at %ct %gs", "HEAD").stdout
    amended = set[str]()
    before_is_rebased = False
    for entry in reversed(log.decode(errors="replace").split("\0")):
        id, written_at, committed_at, action = (*entry.split(" ", 3), "", "", "")[:4]
        if action.startswith("commit (amend)") and not before_is_rebased:
            amended.add(id)
        before_is_rebased = written_at != committed_at and id not in amended
    return frozenset(amended)
