"""`digest status`: what lies on the desk, counted by week and by feed."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shell import invoke
from test_pull import NOW, SETTINGS, rss

from digest import config
from digest.commands import pull, status
from digest.commands.status import FeedRow, StatusReport, WeekRow
from digest.week import Week

LATER = NOW + timedelta(days=3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with three stories of week 20, pulled from two feeds that share one of them."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips")))
    (tmp_path / "second.xml").write_text(rss(("3", "Third"), ("2", "Memory is short")))
    pulled(tmp_path)
    return tmp_path


def pulled(root: Path, now: datetime = NOW) -> None:
    settings = config.load(root)
    pull.run(root, settings, pull.select_feeds(settings, ()), now=now)


def run(root: Path, now: datetime = LATER) -> StatusReport:
    return status.run(root, config.load(root), now=now)


def story(root: Path, name: str) -> Path:
    return root / "content" / "2026" / "w20" / f"2026-05-15-{name}.md"


def add(path: Path, keys: str, note: str = "") -> None:
    """Adds lines to a story's front matter, and a note to its end."""
    path.write_text(path.read_text().replace("\n---\n", f"\n{keys}---\n", 1) + note)


def write(root: Path, file: str, text: str) -> None:
    path = root / "content" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def mine(title: str = "Mine", keys: str = "") -> str:
    return f"---\ntitle: {title}\nlink: https://mine.example/{title}\n{keys}---\n"


def week(report: StatusReport, name: str) -> WeekRow:
    return next(row for row in report.weeks if row.week == Week.parse(name))


def feed(report: StatusReport, name: str) -> FeedRow:
    return next(row for row in report.feeds if row.feed == name)


# ---------------------------------------------------------------- by week


def test_a_week_shows_what_is_done_and_what_is_left_to_do(root: Path) -> None:
    add(story(root, "chips"), "lead: true\n", "\nMy note.\n")
    add(story(root, "third"), "draft: true\n")
    write(root, "2026/w20/letter.md", "---\ntitle: x\ndraft: true\n---\nDear")

    assert run(root).weeks == (
        WeekRow(week=Week(2026, 20), is_closed=False, stories=3, noted=1, themeless=2, drafts=1, hidden=0, has_lead=True,
                letter="draft", unlinked=2),
    )  # fmt: skip


def test_a_hidden_story_leaves_nothing_to_do(root: Path) -> None:
    add(story(root, "chips"), "hide: true\nlead: true\ndraft: true\n", "\nMy note.\n")

    row = week(run(root), "2026-W20")

    assert (row.stories, row.hidden, row.themeless, row.noted, row.drafts, row.has_lead) == (
        3,
        1,
        1,
        0,
        0,
        False,
    )


def test_a_week_is_closed_when_a_later_one_has_a_published_story(root: Path) -> None:
    write(root, "2026/w21/2026-05-20-mine.md", mine(keys="draft: true\n"))
    assert [row.is_closed for row in run(root).weeks] == [False, False]

    write(root, "2026/w21/2026-05-20-mine.md", mine())
    assert [row.is_closed for row in run(root).weeks] == [False, True]


def test_a_published_letter_closes_its_week_if_letters_close_weeks(root: Path) -> None:
    (root / "digest.toml").write_text(f'{SETTINGS}[editions]\nclose = "letter"\n')
    write(root, "2026/w20/letter.md", "Dear reader")

    row = week(run(root), "2026-W20")

    assert (row.letter, row.is_closed) == ("written", True)


def test_a_week_with_only_unreadable_files_is_still_shown(root: Path) -> None:
    write(root, "2026/w22/2026-05-28-broken.md", "no front matter")
    write(root, "2026/w22/letter.md", "---\ntitel: x\n---\n")

    row = week(run(root), "2026-W22")

    assert (row.stories, row.letter) == (0, "unread")


# ---------------------------------------------------------------- by feed


def test_a_feed_shows_its_stories_and_what_became_of_them(root: Path) -> None:
    story(root, "chips").unlink()
    add(story(root, "memory-is-short"), "hide: true\n")

    first, second = run(root).feeds

    assert (first.brought, first.present, first.deleted, first.hidden, first.new) == (2, 1, 1, 1, 2)
    assert (second.brought, second.present, second.deleted, second.hidden, second.new) == (
        2,
        2,
        0,
        1,
        1,
    )


@pytest.mark.parametrize(
    "change", [("id: g1", "id: g1"), ("id: g1\n", "id: other\n"), ("title: Chips", "titel: Chips")]
)
def test_a_story_counts_as_kept_whatever_was_done_to_it(
    root: Path, change: tuple[str, str]
) -> None:
    chips = story(root, "chips")
    chips.write_text(chips.read_text().replace(*change))

    assert feed(run(root), "first").deleted == 0


@pytest.mark.parametrize("change", [("id: g1", "id: g1"), ("title: Chips", "titel: Chips")])
def test_a_story_that_was_moved_and_renamed_counts_as_kept(
    root: Path, change: tuple[str, str]
) -> None:
    chips = story(root, "chips")
    write(root, "2026/w19/2026-05-09-other.md", chips.read_text().replace(*change))
    chips.unlink()

    assert feed(run(root), "first").deleted == 0


def test_a_story_with_another_guid_in_a_second_feed_is_not_counted_as_deleted_there(
    root: Path,
) -> None:
    text = rss(("1", "Chips")).replace(">g1<", ">of-second-1<")
    (root / "second.xml").write_text(text)
    pulled(root, LATER)
    assert len(list(story(root, "chips").parent.glob("*chips*"))) == 1

    assert (feed(run(root), "second").brought, feed(run(root), "second").deleted) == (3, 0)
    story(root, "chips").unlink()
    assert [feed(run(root), name).deleted for name in ("first", "second")] == [1, 1]


def test_the_last_pull_is_shown_even_if_it_brought_nothing(root: Path) -> None:
    pulled(root, NOW + timedelta(days=2))

    row = feed(run(root), "first")

    assert (row.age, row.is_sure, row.new) == (timedelta(days=1), True, 0)


def test_without_a_cache_the_last_pull_is_taken_from_the_ledger(root: Path) -> None:
    shutil.rmtree(root / ".digest")

    row = feed(run(root), "first")

    assert (round((row.age or timedelta()) / timedelta(days=1)), row.is_sure, row.new) == (
        3,
        False,
        None,
    )
    assert (
        "* not pulled on this machine; this is when it last brought something, by its ledger\n"
        in invoke(root, "status").output
    )


def test_there_is_no_footnote_without_a_starred_row(root: Path) -> None:
    shutil.rmtree(root / ".digest")
    text = SETTINGS.replace('.xml"', '.xml"\nretired = true')
    (root / "digest.toml").write_text(text)

    output = invoke(root, "status").output

    assert "last answer" in output
    assert "*" not in output


def test_a_failed_feed_shows_the_reason_and_when_it_last_answered(root: Path) -> None:
    (root / "first.xml").unlink()
    pulled(root, NOW + timedelta(days=2))

    row = feed(run(root), "first")

    assert row.age == timedelta(days=3)
    assert row.reason
    assert f"first: the last pull failed: {row.reason}\n" in invoke(root, "status").output

    (root / "first.xml").write_text(rss(("1", "Chips")))
    pulled(root, LATER)
    assert (feed(run(root), "first").reason, feed(run(root), "first").age) == ("", timedelta(0))


def test_retired_feeds_and_those_with_only_a_ledger_are_marked(root: Path) -> None:
    text = SETTINGS.replace('url = "first.xml"', 'url = "first.xml"\nretired = true')
    (root / "digest.toml").write_text(
        text.replace('[[feeds]]\nid = "second"\nurl = "second.xml"\n', "")
    )

    assert [(row.feed, row.state) for row in run(root).feeds] == [
        ("first", "retired"),
        ("second", "ledger only"),
    ]


# ---------------------------------------------------------------- how it is said


def test_the_table_fits_80_columns_and_shows_zero_as_a_dot(root: Path) -> None:
    (root / "digest.toml").write_text(
        f'{SETTINGS}[[feeds]]\nid = "{"long-" * 12}"\nurl = "x.xml"\n'
    )

    lines = invoke(root, "status").output.splitlines()

    assert lines[0] == "week      state  stories  noted  need theme  drafts  hidden  lead  letter"
    assert lines[1] == "2026-W20  open         3      ·           2       ·       ·  ·     ·"
    assert max(map(len, lines)) <= 80


def test_without_themes_the_next_step_is_shown(root: Path) -> None:
    hint = "digest.toml has no theme yet; to see what recurs: digest themes --propose"
    assert hint not in invoke(root, "status").stdout.splitlines()

    settings = SETTINGS.partition("[[themes]]")[0]
    (root / "digest.toml").write_text(settings)
    for file in (root / "content/2026").rglob("*.md"):
        file.write_text(re.sub(r"(?m)^themes: .*\n", "", file.read_text()))
    assert hint in invoke(root, "status").stdout.splitlines()


def test_twelve_weeks_are_shown_and_the_others_counted(root: Path) -> None:
    for number in range(1, 15):
        write(root, f"2026/w{number:02}/letter.md", "Dear")

    assert "2026-W04" in invoke(root, "status").stdout
    assert "2026-W03" not in invoke(root, "status").stdout
    assert "and 3 earlier weeks: digest --verbose status\n" in invoke(root, "status").stdout
    assert "2026-W01" in invoke(root, "--verbose", "status").stdout


def test_unreadable_files_are_named_and_the_rest_is_shown(root: Path) -> None:
    chips = story(root, "chips")
    chips.write_text(chips.read_text().replace("title: Chips", "titel: Chips"))
    with (root / "content" / "ledger" / "first.jsonl").open("a") as file:
        file.write("{\n")

    result = invoke(root, "status")

    assert result.exit_code == 0
    assert result.stderr == (
        "content/2026/w20/2026-05-15-chips.md: cannot be read completely; 'digest check' says why\n"
        "content/ledger/first.jsonl: cannot be read completely; 'digest check' says why\n"
    )
    assert "2026-W20  open         2" in result.stdout


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        (SETTINGS, "digest pull"),
        (SETTINGS.split("[[feeds]]")[0], "digest feeds add URL"),
    ],
)
def test_an_empty_digest_says_what_to_do_next(tmp_path: Path, settings: str, step: str) -> None:
    (tmp_path / "digest.toml").write_text(settings)

    result = invoke(tmp_path, "status")

    assert (result.exit_code, result.output) == (0, f"Nothing is here yet. Next: {step}\n")


def test_status_writes_nothing(root: Path) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    before = files()
    run(root, now=datetime(2027, 1, 1, tzinfo=UTC))

    assert files() == before


def test_a_note_with_only_a_comment_does_not_count(root: Path) -> None:
    add(story(root, "chips"), "", "<!-- todo -->\n\n[//]: # (todo)")
    assert run(root).weeks[0].noted == 0

    add(story(root, "chips"), "", "Said.")
    assert run(root).weeks[0].noted == 1
