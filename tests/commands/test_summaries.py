"""The publishers' whole summaries: kept by pull beside the content, found again by a story, and never in the site."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from builders import make_entry, make_story

from digest import config
from digest.commands import build, pull
from digest.content import load, store, summaries

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
WHOLE = "Foundries are full. " * 20 + "Nobody says so aloud but the quokka does."
SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/"
[[feeds]]
id = "first"
url = "first.json"
excerpt = 0
"""


def feed(*said: tuple[str, str]) -> str:
    """A JSON Feed of these entries: number, summary."""
    items = [
        {
            "id": f"n{number}",
            "url": f"https://news.example/{number}",
            "title": f"Number {number}",
            "summary": summary,
            "date_published": "2026-05-15T09:00:00Z",
        }
        for number, summary in said
    ]
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "First", "items": items}
    )


def pulled(root: Path, *said: tuple[str, str], dry: bool = False) -> None:
    """Pulls a digest whose only feed says this and keeps no excerpt."""
    (root / "digest.toml").write_text(SETTINGS)
    (root / "first.json").write_text(feed(*said))
    settings = config.load(root)
    pull.run(root, settings, settings.feeds, now=NOW, dry=dry)


def kept(root: Path) -> list[str]:
    """The whole summary of each story of a digest."""
    found = store.summaries_of(root)
    return ["".join(found(story)) for story in load.load(root, config.load(root)).stories]


def test_a_digest_without_excerpts_keeps_the_full_summary_for_its_editor(
    tmp_path: Path,
) -> None:
    pulled(tmp_path, ("1", WHOLE))

    assert kept(tmp_path) == [WHOLE]
    assert WHOLE[:40] not in next((tmp_path / "content").rglob("*.md")).read_text()


def test_no_stored_summary_is_published(tmp_path: Path) -> None:
    pulled(tmp_path, ("1", WHOLE))
    build.run(tmp_path, config.load(tmp_path), output=tmp_path / "site", base_url=None)

    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert any("Number 1" in path.read_text(errors="replace") for path in files)
    assert not [
        path
        for path in files
        if b"quokka" in path.read_bytes() or b"Foundries" in path.read_bytes()
    ]


def test_a_summary_stays_after_the_entry_left_the_feed_and_follows_corrections(
    tmp_path: Path,
) -> None:
    pulled(tmp_path, ("1", "Old words."), ("2", "Others."))
    pulled(tmp_path, ("3", "New."), ("2", "Others, corrected."))

    assert sorted(kept(tmp_path)) == ["New.", "Old words.", "Others, corrected."]


def test_a_dry_run_stores_no_summary(tmp_path: Path) -> None:
    pulled(tmp_path, ("1", WHOLE), dry=True)

    assert not (tmp_path / ".digest").exists()


def test_a_story_without_a_guid_finds_its_summary_by_its_link() -> None:
    memory = summaries.to_store(
        [], [make_entry(id="", link="https://news.example/a", summary="Words.")]
    )

    assert (
        summaries.of_story(
            make_story(id="", link="https://www.news.example/a/"), summaries.by_alias(memory)
        )
        == "Words."
    )


def test_two_entries_with_one_name_do_not_get_each_others_summaries() -> None:
    two = [
        make_entry(id="same", link=f"https://news.example/{one}", summary=one) for one in ("a", "b")
    ]
    known = summaries.by_alias(summaries.to_store([], two))

    assert summaries.of_story(make_story(id="same", link="https://news.example/b"), known) == "b"
    assert summaries.of_story(make_story(id="same", link="https://news.example/c"), known) == ""


def test_the_number_of_stored_summaries_is_limited_and_the_newest_stay() -> None:
    memory = summaries.to_store(
        [], [make_entry(id="old", link="https://news.example/old", summary="old")]
    )
    many = [
        make_entry(id=str(n), link=f"https://news.example/{n}", summary="x" * 20_000)
        for n in range(1_200)
    ]
    memory = summaries.to_store(memory, many)

    assert len(memory) == 1_000
    assert {len(words) for _, words in memory} == {10_000}
    assert (
        summaries.of_story(
            make_story(id="old", link="https://news.example/old"), summaries.by_alias(memory)
        )
        == ""
    )
    assert summaries.of_story(make_story(id="0", link=""), summaries.by_alias(memory))
