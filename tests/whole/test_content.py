"""The shipped archive: it loads, it is curated, and it holds nothing of the publisher's but the citation."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from digest import config
from digest.commands import check, pull
from digest.content import load, story_file
from digest.model import Content, Story
from digest.week import Week

ROOT = Path(__file__).parents[2]
BORROWED = 8  # words in a row that are no longer a name or a phrase, but the publisher's sentence
CURATED = Week(2026, 21)


@pytest.fixture(scope="module")
def content() -> Content:
    return load.load(ROOT, config.load(ROOT))


@pytest.fixture(scope="module")
def stories(content: Content) -> tuple[Story, ...]:
    """The stories that have been curated; what a pull brings after them waits for its editor."""
    return tuple(story for story in content.stories if story.week <= CURATED)


def test_the_archive_has_all_stories_of_both_feeds_in_their_weeks(
    stories: tuple[Story, ...],
) -> None:
    assert len(stories) >= 96
    assert len({story.week for story in stories}) >= 23
    assert sum(len(story.feeds) == 2 for story in stories) >= 4


def test_a_story_of_sunday_night_in_utc_is_in_the_mondays_week_in_hong_kong(
    stories: tuple[Story, ...],
) -> None:
    (story,) = [story for story in stories if "/article/3348903/" in story.link]

    assert (str(story.week), story.published.isoformat()) == (
        "2026-W15",
        "2026-04-06T06:00:29+08:00",
    )


def lines(text: str) -> list[str]:
    """The lines of a story's file, in whatever order its keys stand: these files are older than the present order."""
    return sorted(filter(None, text.split("\n")))


def test_every_story_file_is_in_its_canonical_form(stories: tuple[Story, ...]) -> None:
    untidy = [
        story.file
        for story in stories
        if lines(story_file.dumps(story)) != lines((ROOT / story.file).read_text())
    ]

    assert (
        untidy == []
    )  # comments or other quoting in a story are fine; remove it from this list then


def test_few_stories_have_no_theme(stories: tuple[Story, ...]) -> None:
    assert sum(not story.themes for story in stories) <= len(stories) * 0.15


def test_no_sentence_of_a_publisher_is_kept(stories: tuple[Story, ...]) -> None:
    assert [story.file for story in stories if story.excerpt] == []


def test_every_story_has_a_note(stories: tuple[Story, ...]) -> None:
    assert [story.file for story in stories if not story.note] == []


def test_every_week_of_three_stories_has_one_lead_and_a_letter_of_fair_length(
    content: Content, stories: tuple[Story, ...]
) -> None:
    leads: dict[Week, list[bool]] = defaultdict(list)
    for story in stories:
        leads[story.week].append(story.lead)
    full = {week for week, those in leads.items() if len(those) >= 3}
    letters = {
        letter.week: len(_without_addresses(letter.body).split())
        for letter in content.letters
        if not letter.draft
    }

    assert {week: sum(leads[week]) for week in full} == dict.fromkeys(full, 1)
    assert full <= letters.keys()
    assert {week: words for week, words in letters.items() if not 80 <= words <= 200} == {}


def test_every_theme_has_an_introduction(content: Content) -> None:
    assert {page.name for page in content.introductions} == {
        theme.id for theme in config.load(ROOT).themes
    }


def test_no_sentence_of_the_feeds_is_in_the_repository(shared: Path) -> None:
    entries = [
        entry
        for feed in (shared / "feeds").glob("*.xml")
        for entry in ElementTree.parse(feed).iter("item")
    ]
    cited = _runs(entry.findtext("title", "") for entry in entries)  # a headline is a citation
    said = _runs(entry.findtext("description", "") for entry in entries) - cited

    assert len(entries) == 100
    assert {file: found for file, text in _tracked_texts() if (found := said & _runs([text]))} == {}


def test_pulling_the_real_feeds_adds_nothing(shared: Path, tmp_path: Path) -> None:
    for folder in ("content", "feeds"):
        source = (ROOT if folder == "content" else shared) / folder
        for path in source.rglob("*.*"):
            if path.is_file():
                (tmp_path / folder / path.relative_to(source)).parent.mkdir(
                    parents=True, exist_ok=True
                )
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


def test_check_finds_no_error_in_the_archive() -> None:
    report = check.run(ROOT, now=datetime(2026, 11, 22, tzinfo=UTC))

    assert [str(problem) for problem in report.problems if not problem.is_hint] == []


def _without_addresses(markdown: str) -> str:
    return re.sub(r"\]\([^)]*\)", "]", markdown)


def _runs(texts: Iterable[str]) -> frozenset[str]:
    """Returns all runs of words in the texts, whatever their case, their punctuation and their markup are."""
    lists = [
        re.findall(r"[^\W_]+", re.sub("[’']", "", _without_addresses(text).casefold()))
        for text in texts
    ]
    return frozenset(
        " ".join(words[first : first + BORROWED])
        for words in lists
        for first in range(len(words) - BORROWED + 1)
    )


def _tracked_texts() -> Iterator[tuple[str, str]]:
    """Yields every file that git tracks, if it is text: its name and what is in it."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        pytest.skip("this is not a git repository")
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        data = path.read_bytes() if path.is_file() else b""
        if b"\0" not in data:
            yield name, data.decode("utf-8", errors="replace")
