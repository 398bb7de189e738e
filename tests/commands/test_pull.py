"""`digest pull` from end to end, on files as feeds and on a server of our own: what lands in `content/`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import caches
import pytest
from shell import invoke

from digest import config
from digest.commands import pull
from digest.commands.pull_report import PullReport, PullRow
from digest.content import load, store
from digest.errors import DigestError
from digest.feeds.feed_state import FeedState

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.xml"
[[feeds]]
id = "second"
url = "second.xml"
[[themes]]
id = "memory"
title = "Memory"
match = ["memory"]
"""


def rss(*entries: tuple[str, str]) -> str:
    """An RSS document with entries of these (number, headline)."""
    body = "".join(
        f"<item><title>{title}</title><link>https://news.example/article/35000{number}/x?utm_source=rss</link>"
        f"<guid isPermaLink='false'>g{number}</guid><pubDate>Fri, 15 May 2026 09:32:4{number} +0000</pubDate>"
        f"<description>About {title}.</description></item>"
        for number, title in entries
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Test</title>{body}</channel></rss>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with two feeds in files, which share an entry."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips")))
    (tmp_path / "second.xml").write_text(rss(("3", "Third"), ("2", "Memory is short")))
    return tmp_path


def run(root: Path, *names: str, dry: bool = False, now: datetime = NOW) -> PullReport:
    settings = config.load(root)
    return pull.run(root, settings, pull.select_feeds(settings, names), now=now, dry=dry)


def content(root: Path) -> dict[str, bytes]:
    """Every file of the content, by its path."""
    folder = root / "content"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def forget(root: Path) -> None:
    shutil.rmtree(root / ".digest")


def test_a_pull_writes_a_file_for_each_story_and_a_ledger_line_for_each_entry(root: Path) -> None:
    report = run(root)

    assert sorted(content(root)) == [
        "2026/w20/2026-05-15-chips.md",
        "2026/w20/2026-05-15-memory-is-short.md",
        "2026/w20/2026-05-15-third.md",
        "ledger/first.jsonl",
        "ledger/second.jsonl",
    ]
    assert content(root)["2026/w20/2026-05-15-memory-is-short.md"].decode() == (
        "---\n"
        "title: Memory is short\n"
        "link: https://news.example/article/350002/x\n"
        "published: 2026-05-15T17:32:42+08:00\n"
        "feeds: [first, second]\n"
        "id: g2\n"
        "themes: [memory]\n"
        "---\n\n"
        "> About Memory is short.\n\n"
    )
    assert [(row.feed, row.state, row.entries, len(row.new), row.known) for row in report.rows] == [
        ("first", "read", 2, 2, 0), ("second", "read", 2, 1, 1),
    ]  # fmt: skip
    assert [json.loads(line)["title"] for line in content(root)["ledger/first.jsonl"].splitlines()] == [
        "Chips", "Memory is short",
    ]  # fmt: skip


@pytest.mark.parametrize("between", [lambda _: None, forget])
def test_a_second_pull_of_unchanged_feeds_changes_no_byte(
    root: Path, between: Callable[[Path], None]
) -> None:
    run(root)
    before = content(root)
    between(root)

    report = run(root, now=datetime(2026, 5, 21, tzinfo=UTC))

    assert content(root) == before
    assert sum(len(row.new) for row in report.rows) == 0


def test_an_unchanged_feed_is_not_even_parsed(root: Path) -> None:
    run(root)

    assert [row.state for row in run(root).rows] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("loss", ["2026/w20/2026-05-15-chips.md", "ledger/first.jsonl"])
def test_a_304_is_not_trusted_when_the_ledger_was_lost(root: Path, loss: str) -> None:
    run(root)
    before = content(root)
    (root / "content" / loss).unlink()

    run(root)

    after = content(root)
    assert set(after) == (
        set(before) if "ledger" in loss else set(before) - {loss}
    )  # a deleted story stays deleted


def test_a_lost_ledger_is_written_again_with_the_same_content(root: Path) -> None:
    run(root)
    before = content(root)
    shutil.rmtree(root / "content" / "ledger")

    report = run(root)

    after = content(root)
    stories = [name for name in before if name.endswith(".md")]
    assert [after[name] for name in stories] == [before[name] for name in stories]
    assert [len(row.adopted) for row in report.rows] == [2, 1]
    lines = [json.loads(line) for line in after["ledger/first.jsonl"].splitlines()]
    assert lines[1]["wrote"] == json.loads(before["ledger/first.jsonl"].splitlines()[1])["wrote"]


def test_a_feed_that_announces_a_new_url_is_reported_until_it_stops_doing_so(
    root: Path,
) -> None:
    new = "<new-feed-url xmlns='http://www.itunes.com/dtds/podcast-1.0.dtd'>https://new.example/feed</new-feed-url>"
    before = (root / "first.xml").read_text()
    (root / "first.xml").write_text(before.replace("<item>", f"{new}<item>", 1))
    reports = [run(root, "first"), run(root, "first")]
    (root / "first.xml").write_text(before)
    reports += [run(root, "first"), run(root, "first")]

    rows = [report.rows[0] for report in reports]
    assert [row.state for row in rows] == ["read", "unchanged", "read", "unchanged"]
    assert [row.moved for row in rows] == [
        "https://new.example/feed",
        "https://new.example/feed",
        "",
        "",
    ]
    assert [row.moved_by for row in rows] == ["new-feed-url", "new-feed-url", "", ""]


def test_a_dry_run_writes_nothing_and_reports_what_would_change(root: Path) -> None:
    report = run(root, dry=True)

    assert not (root / "content").exists()
    assert not (root / ".digest").exists()
    assert [len(row.new) for row in report.rows] == [2, 1]


def test_the_publishers_corrections_arrive_and_the_editors_words_stay(root: Path) -> None:
    run(root)
    story = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    mine = (
        story.read_text().replace("title: Chips", 'title: "My own words"  # better')
        + "\nMy note.\n"
    )
    story.write_text(mine)
    (root / "first.xml").write_text(rss(("2", "Memory is shorter"), ("1", "Chips, corrected")))

    report = run(root)

    assert story.read_text() == mine.replace(
        "published: 2026-05-15T17:32:41+08:00\n",
        "published: 2026-05-15T17:32:41+08:00\nupdated: 2026-05-20T16:00:00+08:00\n",
    ).replace("> About Chips.", "> About Chips, corrected.")
    assert report.rows[0].kept == (
        "content/2026/w20/2026-05-15-chips.md: kept your title 'My own words'; the feed now says 'Chips, corrected'",
    )
    other = (root / "content" / "2026" / "w20" / "2026-05-15-memory-is-short.md").read_text()
    assert "title: Memory is shorter\n" in other
    assert run(root).rows[0].kept == ()


def test_a_killed_pulls_corrections_stay_the_feeds_if_the_next_pull_is_without_that_feed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root)
    story = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected")))

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "add_lines", kill)
        with pytest.raises(KeyboardInterrupt):
            run(root)
    assert "title: Chips, corrected\n" in story.read_text()

    run(root, "second")
    run(root)
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected again")))
    report = run(root)

    assert report.rows[0].kept == ()
    assert "title: Chips, corrected again\n" in story.read_text()
    assert caches.noted(root, "begun") == {}


def kill(monkeypatch: pytest.MonkeyPatch, root: Path, place: str) -> None:
    """Pulls, and is killed where a function of `store` is called."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, place, stop)
        run(root)


@pytest.mark.parametrize(
    "kills", [["add_lines"], ["add_lines", "write_stories"], ["add_lines"] * 3]
)
@pytest.mark.parametrize("in_the_end", ["Chips", "Chips, corrected", "Chips, corrected again"])
def test_corrections_by_killed_pulls_stay_the_publishers_whatever_the_feed_says_next(
    root: Path, monkeypatch: pytest.MonkeyPatch, kills: list[str], in_the_end: str
) -> None:
    run(root)
    story = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    for number, place in enumerate(kills):
        news = [(str(4 + one), f"News {one}") for one in range(number)]
        (root / "first.xml").write_text(rss(*news, ("1", "Chips, corrected")))
        kill(monkeypatch, root, place)
    assert "title: Chips, corrected\n" in story.read_text()
    (root / "first.xml").write_text(rss(("1", in_the_end)))

    report = run(root)

    assert f"title: {in_the_end}\n" in story.read_text()
    assert f"> About {in_the_end}.\n" in story.read_text()
    assert (report.rows[0].kept, report.rows[0].notices) == ((), ())
    assert run(root).rows[0].kept == ()


@pytest.mark.parametrize("week", ["w20", "w19"])
def test_an_edit_after_a_killed_pull_stays_and_the_other_fields_are_the_publishers(
    root: Path, monkeypatch: pytest.MonkeyPatch, week: str
) -> None:
    run(root)
    story = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    (root / "first.xml").write_text(rss(("1", "Chips, corrected")))
    kill(monkeypatch, root, "add_lines")
    text = story.read_text().replace("title: Chips, corrected", "title: Mine") + "\nMy note.\n"
    story.unlink()
    moved = root / "content" / "2026" / week / story.name
    moved.parent.mkdir(exist_ok=True)
    moved.write_text(text)
    (root / "first.xml").write_text(rss(("1", "Chips, corrected again")))

    report = run(root)

    file = moved.relative_to(root)
    assert moved.read_text() == text.replace(
        "> About Chips, corrected.", "> About Chips, corrected again."
    )
    assert report.rows[0].kept == (
        f"{file}: kept your title 'Mine'; the feed now says 'Chips, corrected again'",
    )
    assert report.recovered == (str(story.relative_to(root)),)


@pytest.mark.parametrize("numbers", ["1", "12"])
def test_new_stories_of_a_killed_pull_that_are_deleted_stay_away(
    root: Path, monkeypatch: pytest.MonkeyPatch, numbers: str
) -> None:
    (root / "first.xml").write_text(rss(*((number, f"News {number}") for number in numbers)))
    (root / "second.xml").write_text(rss())
    kill(monkeypatch, root, "add_lines")
    stories = [*root.glob("content/2026/*/*.md")]
    for story in stories:
        story.unlink()

    report = run(root)

    assert len(stories) == len(report.recovered) == len(numbers)
    assert not [*root.glob("content/2026/*/*.md")]
    assert not (root / "content/.pull").exists()


def test_a_field_that_the_editor_removed_is_reported_as_such(root: Path) -> None:
    run(root)
    story = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    story.write_text(story.read_text().replace("> About Chips.\n", ""))
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected")))

    assert run(root).rows[0].kept == (
        "content/2026/w20/2026-05-15-chips.md: kept the excerpt out, as you did; "
        "the feed now says 'About Chips, corrected.'",
    )


def test_a_change_that_cannot_be_made_in_place_is_reported_with_the_feeds_words(root: Path) -> None:
    run(root)
    story = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    story.write_text(story.read_text().replace("title: Chips", "title:\n  # check this\n  Chips"))
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected")))
    before = story.read_text()

    (line,) = run(root).rows[0].kept

    assert story.read_text() == before
    assert line == (
        "content/2026/w20/2026-05-15-chips.md: the feed now says title: 'Chips, corrected', "
        "excerpt: 'About Chips, corrected.'; the file cannot be changed in place: add by hand what you want of it"
    )


def test_one_entry_is_reported_in_the_singular(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss(("1", "Chips")))
    (tmp_path / "second.xml").write_text(rss(("2", "Memory"), ("3", "Third")))

    output = invoke(tmp_path, "pull").stdout

    assert [line.split(maxsplit=1)[1] for line in output.splitlines()[:2]] == [
        "1 entry, 1 new",
        "2 entries, 2 new",
    ]


def test_an_unreadable_file_is_left_alone_reported_and_tried_again(root: Path) -> None:
    run(root)
    story = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    broken = story.read_text().replace("title: Chips", "titel: Chips")
    story.write_text(broken)
    (root / "content" / "ledger" / "first.jsonl").unlink()

    first, second = run(root), run(root)

    assert story.read_text() == broken
    assert first.rows[0].warnings == second.rows[0].warnings != ()
    assert not list(story.parent.glob("*chips-2*"))


def test_a_failed_feed_does_not_stop_the_others(root: Path) -> None:
    (root / "first.xml").unlink()

    report = run(root)

    assert [row.state for row in report.rows] == ["failed", "read"]
    assert (report.read, report.failed) == (1, 1)
    assert report.rows[1].new


def test_only_named_feeds_are_pulled_in_the_order_of_digest_toml(root: Path) -> None:
    assert [row.feed for row in run(root, "second").rows] == ["second"]
    assert [row.feed for row in run(root, "second", "first").rows] == ["first", "second"]


def test_a_retired_feed_is_not_pulled(root: Path) -> None:
    (root / "digest.toml").write_text(
        SETTINGS.replace('url = "first.xml"', 'url = "first.xml"\nretired = true')
    )

    assert [row.feed for row in run(root).rows] == ["second"]
    with pytest.raises(DigestError, match="feed 'first' is retired"):
        run(root, "first")


def test_a_feed_is_not_requested_before_its_retry_time(root: Path) -> None:
    wait = datetime(2026, 5, 20, 8, 0, 1, tzinfo=UTC)
    caches.note(root, "feed", "first", FeedState(url="first.xml", wait=wait))

    assert run(root).rows[0] == PullRow(
        feed="first",
        state="waiting",
        reason="its server asked not to be contacted again before 2026-05-20T08:00:01+00:00",
    )
    assert run(root, now=datetime(2026, 5, 20, 8, 0, 2, tzinfo=UTC)).rows[0].state == "read"


def test_an_unreadable_ledger_line_is_reported(root: Path) -> None:
    run(root)
    with (root / "content" / "ledger" / "first.jsonl").open("a") as file:
        file.write('{"v": 1, "at": "20')

    report = run(root)

    assert report.problems == (
        "content/ledger/first.jsonl:3: not a line of the ledger; restore it from git: without it, deleted stories may "
        "return, and old addresses lead nowhere",
    )
    assert sum(len(row.new) for row in report.rows) == 0


def test_a_feed_without_known_entries_causes_a_gap_warning(root: Path) -> None:
    run(root)
    (root / "first.xml").write_text(rss(("5", "Five"), ("4", "Four")))

    report = run(root)

    assert report.rows[0].warnings == (
        "possible gap from 2026-05-15 09:32 to 2026-05-15 09:32 UTC: "
        "the feed shares no entry with what it brought before; pull it more often",
    )
    assert report.rows[1].warnings == ()


def test_an_earlier_headline_is_remembered_for_the_site(root: Path) -> None:
    run(root)
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected")))
    run(root, now=datetime(2026, 5, 21, tzinfo=UTC))

    content = load.load(root, config.load(root))

    assert content.earlier_headlines == {"content/2026/w20/2026-05-15-chips.md": ("Chips",)}


def test_a_moved_story_is_updated_in_place_and_its_old_url_redirects(
    root: Path,
) -> None:
    run(root)
    old, new = (root / "content" / "2026" / week / "2026-05-15-chips.md" for week in ("w20", "w21"))
    new.parent.mkdir()
    old.rename(new)
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected")))

    report = run(root)
    content = load.load(root, config.load(root))

    assert report.rows[0].updated == ("content/2026/w21/2026-05-15-chips.md",)
    assert "title: Chips, corrected" in new.read_text()
    assert not old.exists()
    assert [
        (str(one.week), one.slug, one.present_file)
        for one in content.story_addresses
        if one.present_file != one.file
    ] == [("2026-W20", "chips", "content/2026/w21/2026-05-15-chips.md")]


def test_a_correction_waits_until_a_missing_file_is_back(root: Path) -> None:
    run(root)
    chips, away = (
        root / "content" / "2026" / "w20" / "2026-05-15-chips.md",
        root / "content" / "2026" / "Week 20.md",
    )
    chips.rename(away)
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected")))
    run(root)
    noted = content(root)
    forget(root)
    run(root)
    assert content(root) == noted
    away.rename(chips)
    forget(root)

    report = run(root)

    assert report.rows[0].updated == ("content/2026/w20/2026-05-15-chips.md",)
    assert "title: Chips, corrected" in chips.read_text()


def test_an_unreadable_file_is_reported_with_its_line_and_the_cure(root: Path) -> None:
    run(root)
    chips = root / "content" / "2026" / "w20" / "2026-05-15-chips.md"
    chips.write_text(chips.read_text().replace("feeds:", "tags: [x]\nfeeds:"))
    (root / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, corrected")))

    (warning,) = run(root).rows[0].warnings

    assert warning.startswith("content/2026/w20/2026-05-15-chips.md:5: unknown key 'tags'; ")
    assert warning.endswith("; until that is fixed, its story is left as it is")


def test_a_digest_without_feeds_still_files_its_inbox(root: Path) -> None:
    (root / "digest.toml").write_text(SETTINGS.partition("[[feeds]]")[0])
    inbox = root / "content" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "2026-05-15 mine.md").write_text(
        "---\ntitle: Mine\nlink: https://mine.example/\n---\n"
    )

    report = run(root)

    assert (report.rows, len(report.filed)) == ((), 1)
    assert (root / "content" / "2026" / "w20" / "2026-05-15-mine.md").is_file()
    with pytest.raises(DigestError, match="has no feed to pull"):
        run(root)
