"""A story whose `id` an editor has taken out or altered: it is still the story that its feed brought."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import cli

SETTINGS = """\
[site]
title = "Chip Digest"
url = "https://digest.example/"
timezone = "Asia/Hong_Kong"

[[feeds]]
id = "first"
url = "first.xml"
publisher = "The Example Post"
"""
WEEK = "content/2026/w20/"
ONE, TWO = f"{WEEK}2026-05-15-one.md", f"{WEEK}2026-05-15-two.md"


def rss(one: str = "One", two: str = "Two") -> str:
    """An RSS document with two entries, of these headlines."""
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/tech/{number}/story</link>"
        f"<guid isPermaLink='false'>{guid}</guid><pubDate>Fri, 15 May 2026 09:32:4{number} +0000</pubDate>"
        f"<description>Their words on {title}.</description></item>"
        for number, title, guid in ((1, one, "g1"), (2, two, "tag:news.example,2026:2"))
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>First</title>{items}</channel></rss>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest whose feed has brought two stories: one with a guid that counts in the feed, one with a URI."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss())
    run(tmp_path, "pull")
    return tmp_path


def run(root: Path, *words: str) -> str:
    result = CliRunner().invoke(cli, ["--root", str(root), *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def read(root: Path, file: str) -> str:
    return (root / file).read_text()


def alter(root: Path, file: str, id: str = "") -> None:
    """Takes the `id` out of a file, or puts another there."""
    lines = [line for line in read(root, file).splitlines(keepends=True) if not line.startswith("id: ")]
    (root / file).write_text("".join([*lines[:2], *([f"id: {id}\n"] if id else []), *lines[2:]]))


def move(root: Path, old: str, new: str) -> None:
    (root / new).parent.mkdir(parents=True, exist_ok=True)
    (root / old).rename(root / new)


@pytest.mark.parametrize("id", ["", "g9", "https://mine.example/"])
@pytest.mark.parametrize("file", [ONE, TWO])
def test_corrections_still_arrive(root: Path, file: str, id: str) -> None:
    alter(root, file, id)
    (root / "first.xml").write_text(rss("One corrected", "Two corrected"))

    run(root, "pull")

    text = read(root, file)
    assert "title: " + ("One" if file == ONE else "Two") + " corrected\n" in text
    assert " corrected.\n" in text.partition("\n> ")[2]
    assert ("\nid: " in text) is bool(id)


def test_corrections_still_arrive_where_the_file_was_moved_as_well(root: Path) -> None:
    moved = "content/2026/w21/2026-05-15-uno.md"
    alter(root, ONE)
    move(root, ONE, moved)
    (root / "first.xml").write_text(rss("One corrected"))

    run(root, "pull")

    assert "title: One corrected\n" in read(root, moved)
    assert not (root / ONE).exists()


def test_a_file_that_was_moved_into_the_place_of_another_is_not_that_other(root: Path) -> None:
    (root / ONE).unlink()
    move(root, TWO, ONE)
    alter(root, ONE)
    (root / "first.xml").write_text(rss("One corrected", "Two corrected"))

    run(root, "pull")

    assert "title: Two corrected\n" in read(root, ONE)
    (root / ONE).write_text("---\ntitle: Mine\nlink: https://mine.example/\n---\n")
    (root / "first.xml").write_text(rss("One again", "Two again"))
    assert "kept" not in run(root, "pull")
    assert read(root, ONE) == "---\ntitle: Mine\nlink: https://mine.example/\n---\n"


def test_a_copy_of_a_story_without_its_id_is_not_that_story(root: Path) -> None:
    moved, text = "content/2026/w21/2026-05-15-one.md", read(root, ONE)
    move(root, ONE, moved)
    (root / ONE).write_text(text.replace("id: g1\n", ""))
    (root / "first.xml").write_text(rss("One corrected"))

    run(root, "pull")

    assert "title: One corrected\n" in read(root, moved)
    assert "title: One\n" in read(root, ONE)
