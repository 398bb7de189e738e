"""If lines of a ledger are lost, no pull brings back what an editor has deleted, and every command
reports it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import git
from test_moved_stories import NOW, W20, Workspace, item

from digest import config
from digest.commands import check, pull

LEDGER = "content/ledger/first.jsonl"
ENTRIES = tuple(item(number, f"story-{number}") for number in (1, 2, 3))
DELETED = f"{W20}/2026-05-12-story-1.md"
Damage = Callable[[list[str]], str]
DAMAGES: dict[str, Damage] = {
    "one line is damaged": lambda lines: "".join(
        line.replace('"v"', "v") if "?p=1" in line else line for line in lines
    ),
    "one line is garbage": lambda lines: "".join(
        "#\n" if "?p=1" in line else line for line in lines
    ),
    "one line is cut": lambda lines: "".join(
        line[:20] + "\n" if "?p=1" in line else line for line in lines
    ),
}
CUTS: dict[str, Damage] = {
    "cut short": lambda lines: "".join(lines)[:300],
    "emptied": lambda _: "",
    "a line is gone": lambda lines: "".join(line for line in lines if "?p=1" not in line),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A digest in git whose editor has deleted one of two stories; the feed now has a third one."""
    workspace = Workspace(tmp_path)
    workspace.feed(*ENTRIES[:2])
    workspace.pull()
    git(workspace.root, "init", "--quiet")
    commit(workspace)
    (workspace.root / DELETED).unlink()
    commit(workspace)
    workspace.feed(*ENTRIES)
    return workspace


def commit(workspace: Workspace) -> None:
    (workspace.root / ".gitignore").write_text(".digest/\nsite/\n")
    git(workspace.root, "add", "--all")
    git(workspace.root, "commit", "--quiet", "--message", "Edit")


def pulled(workspace: Workspace) -> tuple[list[str], list[str]]:
    """Pulls; returns the files of new stories, and the problems of whole ledgers."""
    settings = config.load(workspace.root)
    report = pull.run(workspace.root, settings, pull.select_feeds(settings, ()), now=workspace.now)
    said = [problem for problem in report.problems if problem.startswith(f"{LEDGER}: ")]
    return [file for row in report.rows for file in row.new], said


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("is_committed", [True, False])
def test_a_damaged_line_brings_no_deleted_story_back(
    workspace: Workspace, damage: Damage, is_committed: bool
) -> None:
    ledger = workspace.root / LEDGER
    whole = ledger.read_text()
    ledger.write_text(damage(whole.splitlines(keepends=True)))
    if is_committed:
        commit(workspace)

    assert pulled(workspace)[0] == []
    new, said = pulled(workspace)
    assert (new, len(said)) == ([], 1)
    assert "no new stories of 'first' are added" in said[0]
    assert "restore" in said[0] or "git checkout HEAD" in said[0]
    assert not (workspace.root / DELETED).exists()

    ledger.write_text(whole)
    assert pulled(workspace) == ([f"{W20}/2026-05-12-story-3.md"], [])


@pytest.mark.parametrize("cut", [*CUTS.values(), None], ids=[*CUTS, "removed"])
def test_a_ledger_that_lacks_committed_lines_is_reported_before_stories_come_back(
    workspace: Workspace, cut: Damage | None
) -> None:
    ledger = workspace.root / LEDGER
    if cut is None:
        ledger.unlink()
    else:
        ledger.write_text(cut(ledger.read_text().splitlines(keepends=True)))
    lost = f"{LEDGER}: lacks "

    assert any(
        str(one).startswith(lost)
        for one in check.run(workspace.root, now=NOW).problems
        if not one.is_hint
    )
    for _ in range(2):
        new, said = pulled(workspace)
        assert new == []
        assert any(f"git checkout HEAD -- {LEDGER}" in line for line in said)

    git(workspace.root, "checkout", "HEAD", "--", LEDGER)
    assert pulled(workspace) == ([f"{W20}/2026-05-12-story-3.md"], [])


def test_a_story_comes_again_after_its_lines_are_removed_and_committed(
    workspace: Workspace,
) -> None:
    ledger = workspace.root / LEDGER
    ledger.write_text(
        "".join(line for line in ledger.read_text().splitlines(keepends=True) if "?p=1" not in line)
    )
    commit(workspace)

    new, said = pulled(workspace)

    assert (sorted(new), said) == ([DELETED, f"{W20}/2026-05-12-story-3.md"], [])
