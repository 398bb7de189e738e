"""Nothing that a feed says acts on the terminal, or on GitHub's runner, that shows it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import warm

from digest.cli.shared import safe_print

TITLE = "::add-mask::x ##[error]y \x9b2J \x1b[2Jz\u202ecba\u2066 \x7f"
"""A headline that would hide words in the log, raise an error, clear the screen, and turn the direction of text."""
ACTS = re.compile(
    r"^\s*::|##\[|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", re.MULTILINE
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "digest.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://example.org/"\n[[feeds]]\nid = "here"\nurl = "feed.json"\n'
    )
    tell(tmp_path, TITLE)
    return tmp_path


def tell(root: Path, title: str) -> None:
    link = "https://n.example/a-story-of-its-own"
    entries = [
        {"id": link, "url": link, "title": title, "summary": title,
         "date_published": "2026-05-12T08:00:00Z", "authors": [{"name": title}]},
        {"id": "no-link", "title": title},
    ]  # fmt: skip
    (root / "feed.json").write_text(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": entries})
    )


def said(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "GITHUB_ACTIONS": "true", "FORCE_COLOR": ""}
    environment.pop("GITHUB_STEP_SUMMARY", None)
    environment.pop("GITHUB_OUTPUT", None)
    result = warm.run(["--root", str(root), *arguments], root, environment)
    assert "Traceback" not in result.stderr
    return result.stdout + result.stderr


def test_reports_about_a_hostile_feed_contain_no_control_characters(root: Path) -> None:
    first = said(root, "pull")
    story = next((root / "content").rglob("2026-05-12-*.md"))
    story.write_text(re.sub("(?m)^title: .*", "title: Mine", story.read_text()))
    tell(root, "::error::changed ##[warning]\x9b31m\u202e")

    outputs = [
        first,
        *(
            said(root, *command)
            for command in (["pull"], ["--verbose", "pull"], ["status"], ["check"])
        ),
    ]

    assert "skipped, no web link" in first
    assert "kept your title" in outputs[1]
    assert [text for text in outputs if ACTS.search(text)] == []


@pytest.mark.parametrize("command", [["pull", "--json"], ["export"]])
def test_json_has_the_same_values_and_no_control_characters(root: Path, command: list[str]) -> None:
    if command == ["export"]:
        said(root, "pull")

    outputs = said(root, *command)

    assert not re.search(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069\x1b]", outputs)
    assert "\\u202e" in outputs
    for line in [outputs] if command[0] == "pull" else outputs.splitlines():
        json.loads(line)


def test_there_are_no_more_annotation_commands_than_problems(root: Path) -> None:
    said(root, "pull")
    story = next((root / "content").rglob("2026-05-12-*.md"))
    story.write_text(
        story.read_text().replace("themes: []", 'themes: ["::stop-commands::x%0A##[x]\\u202e"]')
    )

    lines = said(root, "check", "--format", "github").splitlines()

    assert any("stop-commands" in line for line in lines)
    assert all(re.match("::(error|warning) file=", line) for line in lines)
    assert not any("\u202e" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ✓ 芯片 \t\n", "plain ✓ 芯片 \t\n"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[8mhidden", "\\x1b[8mhidden"),
        ("a\x9bb\u202ec\rd\0", "a\\x9bb\\u202ec\\rd\\x00"),
        ("שלום\u200f!", "שלום\u200f!"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert safe_print.printable(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("a\n  ::error::x", "a\n  : :error::x"),
        ("\x1b[1m::error::x", "\x1b[1m: :error::x"),
        ("a ::error:: b ##[group]c", "a ::error:: b ## [group]c"),
    ],
)
def test_for_runner(text: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert safe_print.for_runner(text) == shown
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert safe_print.for_runner(text) == text
