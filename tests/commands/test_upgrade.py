"""`digest upgrade`: files that `init` wrote, and what an editor made of them, meet those of a newer version."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from repositories import git

from digest import lock
from digest.commands import init, upgrade
from digest.commands.starter import init_record, requirement, starter_files
from digest.commands.starter.init_record import FILE
from digest.commands.upgrade import UpgradeReport
from digest.errors import DigestError
from digest.model import CONFIG_FILE

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
WORKFLOW = ".github/workflows/publish.yml"
SCHEMA = "digest.schema.json"
MINE = '    - cron: "5 6 * * *"   # ours\n'

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="needs git")


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "x")


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A digest made by an older version, whose workflow and schema were others, and committed."""
    monkeypatch.setattr(starter_files, "new_files", of_version("old"))
    root = tmp_path / "mine"
    init.run(root)
    git(root, "init", "--quiet")
    commit(root)
    monkeypatch.setattr(starter_files, "new_files", of_version("new"))
    return root


NEW_FILES = starter_files.new_files


def of_version(name: str) -> Callable[..., dict[str, bytes]]:
    """The files of a version that has its name at the end of the workflow and in the schema."""

    def files(*_: object, requirements: str = "requirements.txt") -> dict[str, bytes]:
        found = NEW_FILES(None, ())
        steps = "".join(f"      - run: echo {number}\n" for number in range(9))
        found[WORKFLOW] = f"on:\n  schedule:\n{steps}      - run: echo {name}\n".encode()
        found[SCHEMA] = json.dumps({"title": name}).encode()
        found[requirements] = f"# {name}\n".encode()
        found[f"tools/digest-{name}.whl"] = b"\xff" + name.encode()
        return found

    return files


def upgraded(root: Path) -> UpgradeReport:
    return upgrade.run(root, now=NOW, apply=True)


def test_it_writes_only_while_no_other_run_does(mine: Path) -> None:
    with lock.hold(mine):
        upgrade.run(mine, now=NOW)
        with pytest.raises(DigestError, match="another run of digest is writing here"):
            upgraded(mine)
    assert git(mine, "status", "--porcelain") == ""


def test_unedited_files_are_replaced_and_a_second_upgrade_has_nothing_to_do(mine: Path) -> None:
    shown = upgrade.run(mine, now=NOW)
    assert git(mine, "status", "--porcelain") == ""

    done = upgraded(mine)

    assert [(change.file, change.how) for change in done.changes] == [
        (WORKFLOW, "replaced"),
        (SCHEMA, "replaced"),
        ("requirements.txt", "replaced"),
        ("tools/digest-new.whl", "added"),
        ("tools/digest-old.whl", "removed"),
    ]
    assert done.changes == shown.changes
    assert (mine / WORKFLOW).read_text().endswith("echo new\n")
    assert [path.name for path in (mine / "tools").iterdir()] == ["digest-new.whl"]
    assert upgraded(mine).changes == ()


def test_the_diff_is_what_git_shows(mine: Path) -> None:
    (change,) = (one for one in upgrade.run(mine, now=NOW).changes if one.file == SCHEMA)

    assert list(change.diff()) == [
        f"--- a/{SCHEMA}",
        f"+++ b/{SCHEMA}",
        "@@ -1 +1 @@",
        '-{"title": "old"}',
        '+{"title": "new"}',
    ]


@pytest.mark.parametrize("committed", [True, False])
def test_edited_files_are_merged_now_and_at_the_next_upgrade(
    mine: Path, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    edited = (mine / WORKFLOW).read_text().replace("schedule:\n", f"schedule:\n{MINE}")
    (mine / WORKFLOW).write_text(edited)
    if committed:
        commit(mine)

    done = upgraded(mine)

    assert [change.how for change in done.changes if change.file == WORKFLOW] == [
        "merged with your changes"
    ]
    assert (mine / WORKFLOW).read_text() == edited.replace("echo old", "echo new")
    assert upgraded(mine).changes == ()
    monkeypatch.setattr(starter_files, "new_files", of_version("newest"))
    upgraded(mine)
    assert (mine / WORKFLOW).read_text() == edited.replace("echo old", "echo newest")


def test_a_file_with_conflicting_changes_is_left_and_named(mine: Path) -> None:
    edited = (mine / WORKFLOW).read_text().replace("echo old", "echo ours")
    (mine / WORKFLOW).write_text(edited)

    first, second = upgraded(mine), upgraded(mine)

    why = "you and this version of Digest have changed the same lines"
    assert first.left == second.left == ((WORKFLOW, why),)
    assert (mine / WORKFLOW).read_text() == edited
    assert (mine / SCHEMA).read_text() == '{"title": "new"}'


def test_an_edited_file_without_its_original_in_git_is_left_and_named(
    mine: Path,
) -> None:
    (mine / WORKFLOW).write_text("on: push\n")
    shutil.rmtree(mine / ".git")

    assert upgraded(mine).left == (
        (WORKFLOW, "you have changed it, and git does not have it as Digest wrote it"),
    )
    assert (mine / WORKFLOW).read_text() == "on: push\n"


@pytest.mark.parametrize("has_record", [True, False])
def test_a_file_that_digest_is_not_known_to_have_written_is_not_called_changed(
    mine: Path, has_record: bool
) -> None:
    record = json.loads((mine / init_record.FILE).read_text())
    del record["files"][SCHEMA]
    (mine / init_record.FILE).write_text(json.dumps(record))
    if not has_record:
        (mine / init_record.FILE).unlink()

    left = dict(upgraded(mine).left)

    assert left[SCHEMA] == "there is no record of what Digest wrote there"
    assert left.get(WORKFLOW) == (
        None
        if has_record
        else "you may have changed it, and git does not have it as Digest wrote it"
    )


def test_a_file_deleted_by_the_editor_stays_deleted(mine: Path) -> None:
    (mine / WORKFLOW).unlink()

    assert WORKFLOW not in [change.file for change in upgraded(mine).changes]
    assert not (mine / WORKFLOW).exists()


def test_missing_lines_of_git_files_are_added_below_the_editors(mine: Path) -> None:
    (mine / ".gitignore").write_text("/drafts/\nsite/*\n")
    (mine / ".gitattributes").unlink()

    upgraded(mine)

    assert (mine / ".gitignore").read_text() == "/drafts/\nsite/*\n.digest/\n*.eml\n"
    assert "merge=union" in (mine / ".gitattributes").read_text()


def test_stories_pages_and_settings_are_not_touched(mine: Path) -> None:
    files = [mine / CONFIG_FILE, mine / "README.md", mine / "content/pages/about.md"]
    for path in files:
        path.write_text(f"{path.read_text()}\n# ours\n")
    before = [path.read_bytes() for path in files]

    upgraded(mine)

    assert [path.read_bytes() for path in files] == before


def test_a_digest_without_a_record_of_init_is_upgraded(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine / FILE).unlink()
    (mine / SCHEMA).unlink()
    mark = init_record.hash_of((mine / WORKFLOW).read_bytes())
    monkeypatch.setattr(init_record, "_BEFORE_RECORDS", {WORKFLOW: frozenset({mark})})

    done = upgraded(mine)

    assert [change.how for change in done.changes if change.file in {WORKFLOW, SCHEMA}] == [
        "replaced",
        "added",
    ]
    assert upgraded(mine).changes == ()


@pytest.mark.parametrize("record", ["", "[]", '{"files": 1}', '{"files": {"a": 1}}', "\xff"])
def test_a_damaged_record_is_reported_and_nothing_changes(mine: Path, record: str) -> None:
    (mine / FILE).write_text(record)
    before = (mine / WORKFLOW).read_text()

    with pytest.raises(DigestError, match=rf"{FILE}: is damaged; take it back from git"):
        upgraded(mine)

    assert ((mine / FILE).read_text(), (mine / WORKFLOW).read_text()) == (record, before)


def test_windows_line_endings_are_not_a_change(mine: Path) -> None:
    edited = (mine / WORKFLOW).read_text().replace("schedule:\n", f"schedule:\n{MINE}")
    (mine / WORKFLOW).write_text(edited, newline="\r\n")
    (mine / SCHEMA).write_bytes((mine / SCHEMA).read_bytes() + b"")

    upgraded(mine)

    expected = edited.replace("echo old", "echo new").replace("\n", "\r\n")
    assert (mine / WORKFLOW).read_bytes().decode() == expected


def test_a_lost_record_creates_no_second_requirements_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init.run(tmp_path)
    (tmp_path / FILE).unlink()
    lock = tmp_path / "lock.txt"
    lock.write_text("# newer\n")
    monkeypatch.setattr(requirement, "_LOCK", lock)

    assert "requirements.txt" in [file for file, _ in upgraded(tmp_path).left]
    assert [path.name for path in tmp_path.glob("requirements*")] == ["requirements.txt"]
