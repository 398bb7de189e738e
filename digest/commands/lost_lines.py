"""Finds feeds whose ledger is not whole: it has lines that cannot be read, or lacks some that the
last commit has.

Until that is repaired, a pull adds no new stories of such a feed: any of them may be one that an
editor deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from digest import disk, git
from digest.content import ledger, paths
from digest.content.ledger import Ledgers
from digest.errors import Problem


def unread(root: Path, problems: Iterable[Problem]) -> dict[str, Problem]:
    """Returns a problem for each feed whose ledger has lines that cannot be read.

    Merge-conflict marks are none, nor is an unfinished line at the end: a killed pull left it, and
    its story is there.
    """
    found: dict[str, Problem] = {}
    for problem in problems:
        feed = paths.feed_of(problem.file.rpartition("/")[2])
        if not feed or problem.what == ledger.MARK:
            continue
        lines = (disk.read_inside(root, problem.file) or b"").split(b"\n")
        if problem.line < len(lines) or not lines[-1].startswith(b"{"):
            what = f"no new stories of '{feed}' are added, since they may be ones that you deleted"
            found[feed] = Problem(
                problem.file, 0, what, "restore the lines that cannot be read from git or a backup"
            )
    return found


def missing(root: Path, ledgers: Ledgers) -> dict[str, Problem]:
    """Returns a problem for each feed of whose ledger the last commit has entries that are not in
    the file."""
    found = {}
    for file, content in git.shortened(root, paths.LEDGERS).items():
        feed = paths.feed_of(file.rpartition("/")[2])
        lost = ledger.loads(content, file)[0].keys() - ledgers.get(feed, {}).keys() if feed else ()
        if feed and lost:
            entries = "1 entry" if len(lost) == 1 else f"{len(lost)} entries"
            what = (
                f"lacks {entries} that the last commit has, so no new stories of '{feed}' are added"
            )
            cure = f"run 'git checkout HEAD -- {file}', or commit it if you took these lines out yourself"
            found[feed] = Problem(file, 0, what, cure)
    return found
