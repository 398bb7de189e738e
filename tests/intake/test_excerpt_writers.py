"""An excerpt is shown under the name of the publisher who wrote it, whatever feeds a story has."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import config
from digest.commands import build, excerpts, export, pull

NOW = datetime(2026, 12, 4, 8, 0, tzinfo=UTC)
LINK = "https://news.example/article/3500001/a-slug"
ENTRY: Mapping[str, Any] = {
    "id": "https://news.example/?p=1",
    "url": LINK,
    "title": "Story 1 headline",
    "summary": "Words of A.",
    "date_published": "2026-11-26T09:00:00Z",
}
OF_B = {**ENTRY, "summary": "B words, more than three."}
OTHER = {
    "id": "urn:2",
    "url": "https://news.example/article/3500002/b",
    "title": "Two",
    "date_published": "2026-11-26T09:00:00Z",
}
LATER = {
    "id": "urn:3",
    "url": "https://c.example/3",
    "title": "Three",
    "date_published": "2026-12-02T09:00:00Z",
}


class Workspace:
    """A digest whose feeds are files, each of another paper, with a clock of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.now = root, NOW
        self.name({"a": "", "b": "", "c": ""})
        self.tell("c", LATER)  # of another week, so that the first one is closed

    def name(self, feeds: Mapping[str, str]) -> None:
        """Writes digest.toml with these feeds, each with the lines that are its value."""
        tables = (
            f'[[feeds]]\nid = "{id}"\nurl = "{id}.json"\npublisher = "Paper {id.upper()}"\n{more}\n'
            for id, more in feeds.items()
        )
        site = '[site]\ntitle = "Test"\nurl = "https://example.org/"\n'
        (self.root / "digest.toml").write_text(site + "".join(tables))

    def tell(self, feed: str, *entries: Mapping[str, Any]) -> None:
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed,
            "items": list(entries),
        }
        (self.root / f"{feed}.json").write_text(json.dumps(document))

    def pull(self, **entries: Mapping[str, Any]) -> None:
        """Pulls, after each of these feeds has got a document with one entry."""
        for feed, entry in entries.items():
            self.tell(feed, entry)
        self.now += timedelta(hours=1)
        found = config.load(self.root)
        pull.run(self.root, found, pull.select_feeds(found, ()), now=self.now)

    @property
    def file(self) -> Path:
        return next(
            one
            for one in self.root.glob("content/2026/w48/*.md")
            if "3500002" not in one.read_text()
        )

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new, 1))

    def add_note(self) -> None:
        self.file.write_text(self.file.read_text() + "\nMy note.\n")

    def built(self, name: str = "site") -> dict[str, str]:
        """The text files that a build writes."""
        out = self.root / name
        build.run(self.root, config.load(self.root), output=out, base_url=None, now=self.now)
        kinds = {".html", ".atom", ".json"}
        return {
            path.relative_to(out).as_posix(): path.read_text()
            for path in out.rglob("*")
            if path.suffix in kinds
        }

    def said(self) -> set[str]:
        """The writer of the excerpt as named on pages and in feeds; a build without a cache names
        the same.
        """
        found = self.built()
        shutil.rmtree(self.root / ".digest")
        assert self.built("again") == found
        pages = {
            name: re.findall(r"Paper . writes|news\.example writes", text)
            for name, text in found.items()
        }
        assert {"2026/w48/index.html", "feed.atom", "feed.json", "weeks.atom"} <= {
            name for name in pages if pages[name]
        }
        return {one.removesuffix(" writes") for found in pages.values() for one in found}

    def exported(self) -> object:
        records = export.run(self.root, config.load(self.root))
        return next(one["excerpt_feed"] for one in records if one.get("link") == LINK)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def brought_by_b(workspace: Workspace) -> None:
    workspace.pull(a=OTHER, b=OF_B)
    workspace.add_note()


@pytest.mark.parametrize("retitled", [False, True])
def test_a_feed_added_above_the_one_that_wrote_the_excerpt_is_not_quoted(
    workspace: Workspace, retitled: bool
) -> None:
    brought_by_b(workspace)
    assert workspace.said() == {"Paper B"}
    workspace.tell("a", ENTRY, OTHER)
    workspace.pull()
    if retitled:
        workspace.tell("a", {**ENTRY, "title": "Retitled by a"}, OTHER)
        workspace.pull()
        assert "title: Retitled by a\n" in workspace.file.read_text()

    assert "feeds: [a, b]\n" in workspace.file.read_text()
    assert "> B words, more than three.\n" in workspace.file.read_text()
    assert (workspace.said(), workspace.exported()) == ({"Paper B"}, "b")


def test_the_excerpts_source_is_also_shown_without_a_note_if_it_differs(
    workspace: Workspace,
) -> None:
    workspace.pull(b=OF_B, a=OTHER)
    assert "writes:" not in workspace.built()["2026/w48/index.html"]
    workspace.tell("a", ENTRY, OTHER)
    workspace.pull()

    assert '<p class="says">Paper B writes:</p>' in workspace.built()["2026/w48/index.html"]


@pytest.mark.parametrize("retired", ["", "retired = true"])
def test_an_excerpt_from_the_feed_that_now_supplies_the_story_has_no_other_source(
    workspace: Workspace, retired: str
) -> None:
    workspace.pull(a=ENTRY, b=ENTRY)
    workspace.add_note()
    assert workspace.said() == {"Paper A"}
    workspace.name({"a": retired, "b": "", "c": ""})
    workspace.pull(a=OTHER, b=OF_B)

    assert "> B words, more than three.\n" in workspace.file.read_text()
    assert (workspace.said(), workspace.exported()) == ({"Paper B"}, "b")


def test_an_order_of_feeds_written_by_the_editor_changes_no_attribution(
    workspace: Workspace,
) -> None:
    workspace.pull(a=ENTRY, b=OF_B)
    workspace.add_note()
    workspace.built()

    workspace.edit("feeds: [a, b]", "feeds: [b, a]")

    assert workspace.said() == {"Paper A"}


def test_a_shortened_excerpt_still_belongs_to_the_feed_that_supplied_it(
    workspace: Workspace,
) -> None:
    workspace.pull(a=ENTRY, b=ENTRY)
    workspace.pull(a=OTHER, b=OF_B)
    workspace.add_note()
    workspace.name({"a": "excerpt = 2", "b": "excerpt = 2", "c": ""})

    excerpts.run(
        workspace.root, config.load(workspace.root), now=workspace.now + timedelta(minutes=1)
    )

    assert "> B words" in workspace.file.read_text()
    assert workspace.said() == {"Paper B"}


def test_an_excerpt_is_lengthened_from_the_summary_of_its_feed(workspace: Workspace) -> None:
    workspace.name({"a": "excerpt = 2", "b": "excerpt = 2", "c": ""})
    brought_by_b(workspace)
    workspace.tell("a", OTHER, ENTRY)
    workspace.pull()
    workspace.name({"a": "excerpt = 40", "b": "excerpt = 40", "c": ""})

    report = excerpts.run(
        workspace.root, config.load(workspace.root), now=workspace.now + timedelta(minutes=1)
    )

    assert (report.short, [one.state for one in report.changed]) == (0, ["lengthened"])
    assert "> B words, more than three." in workspace.file.read_text()


def test_the_excerpt_of_a_removed_feed_is_not_attributed_to_another(
    workspace: Workspace,
) -> None:
    workspace.pull(a=ENTRY, b=OF_B)
    workspace.add_note()

    workspace.name({"b": "", "c": ""})

    assert workspace.said() == {"news.example"}


def test_a_source_set_by_the_editor_is_the_one_quoted(workspace: Workspace) -> None:
    brought_by_b(workspace)
    workspace.tell("a", ENTRY, OTHER)
    workspace.pull()

    workspace.edit("title:", "source: Paper X\ntitle:")

    assert workspace.said() == {"Paper X"}


def test_ledger_lines_merged_by_git_count_at_the_next_build(workspace: Workspace) -> None:
    brought_by_b(workspace)
    workspace.tell("a", ENTRY, OTHER)
    workspace.pull()
    workspace.tell("a", {**ENTRY, "summary": "B words, more than three."}, OTHER)
    workspace.pull()
    ledger = workspace.root / "content/ledger/b.jsonl"
    line = ledger.read_text()
    ledger.write_text("")
    workspace.built()

    ledger.write_text(line)

    assert workspace.said() == {"Paper B"}
