"""`digest export`: everything in `content/`, line by line, for other programs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sites import find, parse
from test_cli import digest

from digest import config
from digest.commands import build, export
from digest.content import load
from digest.model import Story

SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/base/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.xml"
[[themes]]
id = "harbours"
title = "Harbours"
match = ["harbour*"]
was = ["ports"]
"""
STORY = """\
---
title: Quiet harbour
link: https://news.example/a
published: 2026-05-15T17:32:40+08:00
authors: [Jo Writer, Al Other]
themes: [ports]
corrections: ["2026-05-20: it was louder"]
ahead: ["2026-06: quieter still"]
saved: https://saved.example/a
lead: true
---

Boats *wait*.
"""
FILES = {
    "content/2026/w20/2026-05-15-quiet.md": STORY,
    "content/2026/w20/2026-05-16-draft.md": "---\ntitle: D\nlink: https://news.example/d\ndraft: true\n---\n",
    "content/2026/w21/2026-05-20-hidden.md": "---\ntitle: H\nlink: https://news.example/h\nhide: true\n---\n",
    "content/2026/w20/letter.md": "---\ntitle: Dear reader\n---\n\nIt was quiet.\n",
    "content/2026/w21/letter.md": "---\ndraft: true\n---\nNot yet.\n",
    "content/themes/harbours.md": "Where boats wait.\n",
    "content/pages/about.md": "---\ntitle: About\n---\n\nWhat this is.\n",
    "content/static/CNAME": "example.org\n",
    "content/inbox/idea.md": "---\ntitle: I\nlink: https://news.example/i\n---\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with a file of each kind."""
    for file, text in {"digest.toml": SETTINGS, **FILES}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def exported(root: Path) -> list[dict[str, Any]]:
    run = digest("export", "--json", cwd=root)
    assert (run.returncode, run.stderr) == (0, "")
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_the_export_has_the_digest_itself_and_then_every_file_once(root: Path) -> None:
    first, *rest = exported(root)

    assert (first["kind"], first["version"], first["title"]) == ("digest", 1, "Test")
    assert [feed["id"] for feed in first["feeds"]] == ["first"]
    assert first["themes"][0]["was"] == ["ports"]
    assert sorted(record["file"] for record in rest) == sorted(FILES)
    assert [record["kind"] for record in rest] == [
        "story", "story", "story", "letter", "letter", "introduction", "page", "file", "file"
    ]  # fmt: skip


def test_a_story_has_all_fields_of_its_file_and_its_url(root: Path) -> None:
    story = next(record for record in exported(root) if record.get("slug") == "quiet")

    assert story["permalink"] == "https://example.org/base/2026/w20/#quiet"
    assert story["atom_id"] == uuid.uuid5(uuid.NAMESPACE_URL, "https://news.example/a").urn
    assert (story["week"], story["published"]) == ("2026-W20", "2026-05-15T17:32:40+08:00")
    assert (story["authors"], story["themes"]) == (["Jo Writer", "Al Other"], ["ports"])
    assert story["corrections"] == [{"day": "2026-05-20", "text": "it was louder"}]
    assert story["saved"] == "https://saved.example/a"
    assert story["ahead"] == [{"when": "2026-06", "text": "quieter still"}]
    assert (story["lead"], story["hide"], story["draft"]) == (True, False, False)
    assert (story["excerpt"], story["note"], story["updated"]) == ("", "Boats *wait*.", None)


def test_an_exported_story_has_every_field(root: Path) -> None:
    (story, *_) = load.load(root, config.load(root)).stories
    record = next(one for one in export.run(root, config.load(root)) if one["kind"] == "story")

    assert set(asdict(story)) - {"day", "line"} <= set(record)
    assert isinstance(story, Story)


def test_unpublished_files_are_exported_and_marked(root: Path) -> None:
    records = {record["file"]: record for record in exported(root)[1:]}

    assert records["content/2026/w20/2026-05-16-draft.md"]["draft"] is True
    assert records["content/2026/w21/2026-05-20-hidden.md"]["hide"] is True
    assert records["content/2026/w21/letter.md"]["draft"] is True
    unpublished = {
        file for file, one in records.items() if one.get("permalink", one.get("address")) is None
    }
    assert unpublished == {
        "content/2026/w20/2026-05-16-draft.md",
        "content/2026/w21/2026-05-20-hidden.md",
        "content/2026/w21/letter.md",
        "content/inbox/idea.md",
    }


def test_every_exported_url_exists_on_the_site(root: Path) -> None:
    build.run(root, config.load(root), output=root / "site", base_url=None)

    for record in exported(root)[1:]:
        address = record.get("permalink", record.get("address"))
        if address is not None:
            place, _, anchor = address.removeprefix("https://example.org/base/").partition("#")
            file = root / "site" / (f"{place}index.html" if place.endswith("/") else place)
            ids = (
                {element.get("id") for element in find(parse(file.read_bytes()), "article")}
                if anchor
                else {""}
            )
            assert anchor in ids


def test_headlines_changed_by_the_publisher_are_kept(root: Path) -> None:
    feed = "<rss version='2.0'><channel><title>T</title><item><title>{}</title><link>https://news.example/words-that-stay</link>"
    for headline in ("Old words", "New words"):
        (root / "first.xml").write_text(
            feed.format(headline) + "<guid>x1</guid></item></channel></rss>"
        )
        assert digest("pull", cwd=root).returncode == 0

    story = next(record for record in exported(root) if record.get("id") == "x1")

    assert (story["title"], story["earlier_titles"]) == ("New words", ["Old words"])


def test_the_export_is_the_same_in_every_locale_and_changes_no_file(root: Path) -> None:
    (root / "content/pages/about.md").write_text("---\ntitle: Über 芯片\n---\n")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}

    # Python 3.11 cannot start in that locale from an environment in a folder with such a name
    plain = "C" if sys.prefix.isascii() else "C.UTF-8"
    locales = (
        {"LC_ALL": plain, "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"},
    )

    command = [sys.executable, "-m", "digest", "export"]
    runs = [
        subprocess.run(
            command, cwd=root, env={**os.environ, **locale}, capture_output=True, check=True
        )
        for locale in locales
    ]

    assert runs[0].stdout == runs[1].stdout
    assert "Über 芯片".encode() in runs[0].stdout
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_nothing_is_exported_if_a_file_has_an_error(root: Path) -> None:
    (root / "content/2026/w20/2026-05-17-bad.md").write_text("no front matter")

    run = digest("export", cwd=root)

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("content/2026/w20/2026-05-17-bad.md:1: there is no front matter")


@pytest.mark.parametrize("reader", ["true", "head -c 10"])
def test_a_closed_pipe_is_not_an_error(root: Path, reader: str) -> None:
    story = root / "content/2026/w20/2026-05-15-quiet.md"
    story.write_text(story.read_text() + "word " * 40_000)  # more than a pipe holds
    command = f"{shlex.quote(sys.executable)} -m digest export | {reader}"

    run = subprocess.run(
        ["sh", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )

    assert run.stderr == ""
