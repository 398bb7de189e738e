"""What `init` writes for VS Code: snippets with the digest's themes, and tasks that find the problems of `check`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from test_cli import digest

from digest.commands.starter.starter_files import STARTER
from digest.content.story_file import KEYS

SNIPPETS = ".vscode/digest.code-snippets"
STORY = "content/2026/w20/2026-05-15-a.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    assert digest("init", "mine", cwd=tmp_path).returncode == 0
    return tmp_path / "mine"


def read(root: Path, file: str) -> Any:
    return json.loads((root / file).read_text())


def test_snippets_offer_the_keys_that_an_editor_writes_and_the_themes(root: Path) -> None:
    snippets = read(root, SNIPPETS).values()

    assert {one["prefix"] for one in snippets} <= set(KEYS)
    bodies = [one["body"] for one in snippets if one["prefix"] == "themes"]
    assert bodies == ["themes: [${1|lighthouses,ferries,tides-and-weather|}]"]


def test_check_reports_outdated_theme_snippets_and_upgrade_renews_them(root: Path) -> None:
    settings = root / "digest.toml"
    settings.write_text(settings.read_text().replace('id = "ferries"', 'id = "boats"'))
    digest("pull", cwd=root)

    said = digest("check", cwd=root).stdout

    assert (
        f"{SNIPPETS}: hint: does not offer the themes of digest.toml; run 'digest upgrade --apply'"
        in said
    )
    digest("upgrade", "--apply", cwd=root)
    assert "lighthouses,boats,tides-and-weather" in (root / SNIPPETS).read_text()
    assert SNIPPETS not in digest("check", cwd=root).stdout
    (root / SNIPPETS).unlink()
    digest("upgrade", "--apply", cwd=root)
    assert not (root / SNIPPETS).exists()


def test_a_digest_without_themes_offers_none(tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text(
        '<opml version="2.0"><body><outline text="A" xmlUrl="https://news.example/feed"/></body></opml>'
    )

    assert digest("init", "other", "--opml", "list.opml", cwd=tmp_path).returncode == 0

    assert "themes: [$1]" in (tmp_path / "other" / SNIPPETS).read_text()
    assert SNIPPETS not in digest("check", cwd=tmp_path / "other").stdout


def test_the_tasks_of_vs_code_find_every_problem_that_check_prints(root: Path) -> None:
    (root / STORY).parent.mkdir(parents=True)
    (root / STORY).write_text("---\ntitle: A\nlnk: x\n---\n")
    (root / STORY.replace("-a.", "-b.")).write_text(
        "---\ntitle: B\nlink: https://x.example\n---\n[b] (https://b.example)\n"
    )
    (root / "content/2026/w20/c.md.txt").write_text("c")
    printed = digest("check", cwd=root).stdout.splitlines()[:-1]
    (task,) = [
        task
        for task in read(root, ".vscode/tasks.json")["tasks"]
        if task["label"] == "digest: check"
    ]
    patterns = {one["owner"]: one["pattern"]["regexp"] for one in task["problemMatcher"]}

    found = [
        [owner for owner, pattern in patterns.items() if re.search(pattern, line)]
        for line in printed
    ]

    assert all(len(owners) == 1 for owners in found), printed
    assert {owner for (owner,) in found} == set(patterns)


def test_final_blank_lines_are_left_alone() -> None:
    settings = json.loads((STARTER / "vscode/settings.json").read_text())

    assert settings["[markdown]"]["files.trimFinalNewlines"] is False
