"""What Digest asks git does not depend on an editor's settings of git."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from repositories import git, own_settings

from digest import git as repository
from digest import git_log

SIGNER = """\
#!/bin/sh
case "$*" in
*--verify*) echo 'Good signature by Ada' >&2; echo '[GNUPG:] GOODSIG 1 Ada' ;;
*) cat >/dev/null; printf '\\n[GNUPG:] SIG_CREATED \\n' >&2
   printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n' ;;
esac
"""
"""A signing program that finds every signature good."""
STORY, MOVED, DELETED = "content/story.md", "content/moved.md", "content/deleted.md"
TEXT = "".join(f"line {number}\n" for number in range(9))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest in a subfolder of a repository with signed commits: stories were edited on both sides
    of a merge, moved, deleted and brought back."""
    folder = tmp_path_factory.mktemp("git")
    signer = folder / "signer"
    signer.write_text(SIGNER)
    signer.chmod(signer.stat().st_mode | stat.S_IXUSR)
    root = folder / "repository/sub"
    (root / "content").mkdir(parents=True)
    git(folder / "repository", "init", "--quiet")
    git(root, "config", "gpg.program", str(signer))
    git(root, "config", "commit.gpgSign", "true")
    for file in (STORY, "content/old.md", DELETED):
        (root / file).write_text(f"{file}\n{TEXT}")
    commit(root, "Begin")
    git(root, "checkout", "--quiet", "-b", "other")
    (root / STORY).write_text(f"{STORY}\n{TEXT}theirs\n")
    (root / DELETED).write_text(f"{DELETED}\n{TEXT}theirs\n")
    commit(root, "Theirs")
    git(root, "checkout", "--quiet", "main")
    (root / STORY).write_text(f"ours\n{STORY}\n{TEXT}")
    (root / "content/old.md").rename(root / MOVED)
    (root / DELETED).unlink()
    commit(root, "Ours")
    merge = ("merge", "--quiet", "--no-edit", "--strategy-option", "theirs", "other")
    with pytest.raises(Exception, match="returned non-zero"):
        git(root, *merge)  # deleted by us, edited by them
    git(root, "checkout", "--theirs", "--", DELETED)
    commit(root, "Merge")
    (root / MOVED).write_text(f"content/old.md\n{TEXT.replace('1', 'one').replace('3', 'three')}")
    return root


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


def answers(root: Path) -> Mapping[str, Any]:
    """All that the history and the working tree can tell."""
    files = [STORY, MOVED, DELETED]
    return {
        "changes": repository.changes(root, "HEAD~1"),
        "lines": repository.changes(root, "HEAD"),
        "shortened": repository.shortened(root, "content"),
        "ever": git_log.ever_committed(root, "content"),
        "versions": set(git_log.versions(root, ["content"], "HEAD")),
        "merged": git_log.merged_from(root, files),
        "sides": git_log.both_sides(root, files),
        "back": git_log.brought_back(
            root, "content", {file: file for file in files}, (), ledgers="content/ledger"
        ),
    }


@pytest.mark.parametrize(
    "setting",
    [
        "color.ui=always",
        "diff.interHunkContext=9",
        "log.diffMerges=off",
        "log.follow=true",
        "log.showRoot=false",
        "log.showSignature=true",
    ],
)
def test_settings_of_git_do_not_change_what_is_known(
    root: Path, tmp_path: Path, setting: str
) -> None:
    with own_settings(tmp_path):
        git(root, "config", *setting.split("="))
        try:
            found = answers(root)
        finally:
            git(root, "config", "--unset", setting.partition("=")[0])

        expected = answers(root)

    assert found == expected
    assert all(expected.values())
