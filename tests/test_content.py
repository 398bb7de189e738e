"""The shipped archive: it loads, it is in its fixed form, and it holds nothing of the publisher's but the citation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from digest import config
from digest.commands import check, pull
from digest.model import Story
from digest.stories import store, storyfile

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def stories() -> tuple[Story, ...]:
    return store.load(ROOT, config.load(ROOT)).stories


def test_it_has_all_stories_of_both_feeds_each_in_its_week(stories: tuple[Story, ...]) -> None:
    assert len(stories) >= 96
    assert len({story.week for story in stories}) >= 23
    assert sum(len(story.feeds) == 2 for story in stories) >= 4


def test_the_story_of_a_sunday_night_in_utc_lies_in_the_monday_week_of_hong_kong(stories: tuple[Story, ...]) -> None:
    (story,) = [story for story in stories if "/article/3348903/" in story.link]

    assert (str(story.week), story.published.isoformat()) == ("2026-W15", "2026-04-06T06:00:29+08:00")


def test_every_story_is_in_its_fixed_form(stories: tuple[Story, ...]) -> None:
    untidy = [story.file for story in stories if storyfile.dumps(story) != (ROOT / story.file).read_text()]

    assert untidy == []  # a story with comments or quoting of its own is no fault; take it out of this list then


def test_few_stories_stand_elsewhere(stories: tuple[Story, ...]) -> None:
    assert sum(not story.themes for story in stories) <= len(stories) * 0.15


def test_no_sentence_of_the_publishers_is_kept(stories: tuple[Story, ...]) -> None:
    assert [story.file for story in stories if story.excerpt] == []


def test_no_summary_of_the_feeds_stands_in_the_repository(shared: Path) -> None:
    kept = "\n".join(path.read_text() for path in (ROOT / "content").rglob("*.*") if path.suffix in {".md", ".jsonl"})
    summaries = [
        " ".join((node.text or "").split()) for feed in (shared / "feeds").glob("*.xml") for node in
        ElementTree.parse(feed).iterfind("./channel/item/description")
    ]  # fmt: skip

    assert len(summaries) == 100
    assert [words for words in summaries if " ".join(words.split()[:8]) in kept] == []


def test_the_real_feeds_bring_nothing_new(shared: Path, tmp_path: Path) -> None:
    for folder in ("content", "feeds"):
        source = (ROOT if folder == "content" else shared) / folder
        for path in source.rglob("*.*"):
            if path.is_file():
                (tmp_path / folder / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / folder / path.relative_to(source)).write_bytes(path.read_bytes())
    text = (ROOT / "digest.toml").read_text()
    for number, name in (("519738", "semiconductors"), ("519756", "semiconductors-geopolitics")):
        text = text.replace(f"https://www.scmp.com/rss/{number}/feed", f"feeds/{name}.xml")
    (tmp_path / "digest.toml").write_text(text)
    settings = config.load(tmp_path)

    report = pull.run(tmp_path, settings, settings.feeds, now=datetime(2026, 11, 22, tzinfo=UTC))

    assert [(row.entries, len(row.new), row.known, row.updated) for row in report.rows] == [
        (50, 0, 50, ()),
        (50, 0, 50, ()),
    ]


def test_check_finds_no_error_in_it() -> None:
    report = check.run(ROOT, now=datetime(2026, 11, 22, tzinfo=UTC))

    assert [str(problem) for problem in report.problems if not problem.hint] == []
