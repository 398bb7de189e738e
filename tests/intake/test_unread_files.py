"""A correction of a story whose file is away, or cannot be read, comes once the file is back."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_corrections import ENTRY, OTHER, Workspace, corrected, pulled


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A digest that has pulled one story."""
    return pulled(tmp_path, a=ENTRY)


@pytest.mark.parametrize("week", ["w48", "w49"])
def test_a_restored_story_gets_the_correction_that_came_while_it_was_deleted(
    workspace: Workspace, week: str
) -> None:
    file, text = workspace.file, workspace.text
    file.unlink()
    workspace.tell("a", corrected(title="Convicted"))
    workspace.pull()
    assert [row.state for row in workspace.pull().rows] == ["unchanged"]
    restored = file.parent.parent / week / file.name
    restored.parent.mkdir(exist_ok=True)
    restored.write_text(text)

    workspace.pull()

    assert workspace.story.title == "Convicted"
    assert [row.state for row in workspace.pull().rows] == ["unchanged"]


@pytest.mark.parametrize(
    "damaged",
    [b"", b"---\n---\n", "---\ntitle: A\nlink: https://a.example/\n---\n".encode("utf-16")],
)
def test_a_pull_names_a_file_that_cannot_be_read_and_corrects_it_later(
    workspace: Workspace, damaged: bytes
) -> None:
    workspace.tell("a", ENTRY, OTHER)
    workspace.pull()
    file, text = workspace.file, workspace.text
    file.write_bytes(damaged)
    workspace.tell("a", corrected(title="Convicted"), OTHER)

    ((warning,),) = [row.warnings for row in workspace.pull().rows]

    assert warning.startswith(f"content/2026/w48/{file.name}:")
    assert warning.endswith("; until that is fixed, its story is left as it is")
    assert file.read_bytes() == damaged
    file.write_text(text)
    workspace.pull()
    assert workspace.story.title == "Convicted"
