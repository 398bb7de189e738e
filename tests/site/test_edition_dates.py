"""When an edition is in the weekly feed, with which dates, and what changes its `updated`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rights import has_rights, unwritable
from sites import read_folder

from digest import config
from digest.commands import build, check, pull, serve
from digest.commands.shared import next_mail
from digest.errors import DigestError

ATOM = "{http://www.w3.org/2005/Atom}"
TOML = """\
[site]
title = "T"
url = "https://ex.example/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "a"
url = "a.json"
[editions]
close = "{close}"
"""
STORY = "---\ntitle: {name}\nlink: https://news.example/{name}\n{more}---\n\nNote.\n"
NOON = "2026-05-{day}T12:00:00+08:00"
TUESDAY = NOON.format(day=19)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with a story by hand on the Sunday of week 20 and another on the Tuesday of week 21."""
    (tmp_path / "digest.toml").write_text(TOML.format(close="next-week"))
    story(tmp_path, "w20/2026-05-17-a.md")
    story(tmp_path, "w21/2026-05-19-b.md")
    return tmp_path


def story(root: Path, place: str, more: str = "") -> Path:
    path = root / "content/2026" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STORY.format(name=path.stem, more=more))
    return path


def letter(root: Path, keys: str = "", week: str = "w20") -> None:
    (root / f"content/2026/{week}").mkdir(parents=True, exist_ok=True)
    (root / f"content/2026/{week}/letter.md").write_text(
        f"---\ntitle: Letter\n{keys}---\n\nDear reader.\n"
    )


def weeks(root: Path) -> dict[str, tuple[str, str]]:
    """The dates of each entry of the weekly feed, by title, newest first."""
    build.run(root, config.load(root), output=root / "site", base_url=None)
    feed = ElementTree.fromstring((root / "site/weeks.atom").read_bytes())
    words = [
        [entry.findtext(f"{ATOM}{name}", "") for name in ("title", "published", "updated")]
        for entry in feed.iter(f"{ATOM}entry")
    ]
    return {title.partition(",")[0]: (published, updated) for title, published, updated in words}


def test_a_week_after_a_long_pause_closes_the_one_before_it_once_a_ledger_has_reached_it(
    root: Path,
) -> None:
    file = story(root, "w49/2026-11-30-c.md").relative_to(root).as_posix()
    now = datetime(2026, 12, 1, tzinfo=UTC)

    assert "Week 21" not in weeks(root)
    hints = [problem.what for problem in check.run(root, now=now).problems if problem.file == file]
    assert hints == [
        "2026-W49 is taken for mistyped, so it closes no earlier week: it is long after 2026-W21,"
        " and the ledgers have nothing as new"
    ]
    with pytest.raises(DigestError, match="2026-W49 is taken for mistyped; 'digest check' says"):
        next_mail.choose(next_mail.read(root, config.load(root)), "w21")

    assert serve.Preview(root, lambda _: None, lambda: now).rebuild(frozenset())
    assert b"Week 21" in (root / ".digest/preview/weeks.atom").read_bytes()

    before = read_folder(root / "site")
    report = build.run(root, config.load(root), output=root / "site", now=now)

    after = read_folder(root / "site")
    assert b"Week 21" in after["weeks.atom"]
    assert report.written == sum(before.get(path) != after[path] for path in after)
    assert build.run(root, config.load(root), output=root / "again").written == len(after)
    assert read_folder(root / "again") == after
    assert weeks(root)["Week 21"][0] == "2026-11-30T12:00:00+08:00"
    assert check.run(root, now=now).problems == ()


@has_rights
def test_a_week_before_a_pause_stays_open_if_the_location_that_closes_it_cannot_be_recorded(
    root: Path,
) -> None:
    story(root, "w49/2026-11-30-c.md")
    (root / "content/ledger").mkdir()
    given, now = config.load(root), datetime(2026, 12, 1, tzinfo=UTC)

    with unwritable(root / "content/ledger"):
        report = build.run(root, given, output=root / "site", now=now)

    assert "_places.jsonl: cannot write" in report.unrecorded
    assert b"Week 21" not in (root / "site/weeks.atom").read_bytes()

    assert build.run(root, given, output=root / "site", now=now).unrecorded == ""
    assert b"Week 21" in (root / "site/weeks.atom").read_bytes()


def test_an_edition_is_published_when_the_first_story_of_a_later_week_comes(root: Path) -> None:
    story(root, "w22/2026-05-26-c.md")
    story(root, "w21/2026-05-20-late.md")

    assert weeks(root) == {"Week 21": (NOON.format(day=26),) * 2, "Week 20": (TUESDAY, TUESDAY)}


@pytest.mark.parametrize(
    ("keys", "published", "updated"),
    [
        ("", TUESDAY, "2026-05-19T12:00:01+08:00"),
        ("published: 2026-05-16\n", TUESDAY, "2026-05-19T12:00:01+08:00"),
        ("published: 2026-05-20\n", NOON.format(day=20), NOON.format(day=20)),
        (
            "published: 2026-05-20T09:00:00+02:00\n",
            "2026-05-20T15:00:00+08:00",
            "2026-05-20T15:00:00+08:00",
        ),
        ("updated: 2026-05-22\n", TUESDAY, NOON.format(day=22)),
        ("published: 2026-05-20\nupdated: 2026-05-22\n", NOON.format(day=20), NOON.format(day=22)),
    ],
)
def test_a_letter_updates_the_edition(root: Path, keys: str, published: str, updated: str) -> None:
    assert weeks(root) == {"Week 20": (TUESDAY, TUESDAY)}

    letter(root, keys)

    assert weeks(root) == {"Week 20": (published, updated)}


def test_an_edition_with_a_draft_letter_is_on_the_site_and_not_in_the_feed(root: Path) -> None:
    letter(root, "draft: true\n")

    assert weeks(root) == {}
    assert "Dear reader" not in (root / "site/2026/w20/index.html").read_text()
    assert (root / "site/2026/w20/feed.atom").exists()

    letter(root)
    assert weeks(root) == {"Week 20": (TUESDAY, "2026-05-19T12:00:01+08:00")}


def test_a_correction_updates_the_edition(root: Path) -> None:
    story(root, "w20/2026-05-17-a.md", "corrections: ['2026-05-23: was wrong']\n")

    assert weeks(root) == {"Week 20": (TUESDAY, "2026-05-23T00:00:00+08:00")}


def test_a_week_whose_first_story_comes_after_its_end_is_published_then(root: Path) -> None:
    story(root, "w19/2026-05-10-late.md", "published: 2026-05-22T08:00:00+08:00\n")

    at = "2026-05-22T08:00:00+08:00"
    assert weeks(root) == {"Week 20": (TUESDAY, TUESDAY), "Week 19": (at, at)}


def test_an_edition_without_a_letter_is_named_after_its_lead_or_first_story(root: Path) -> None:
    def title() -> str:
        build.run(root, config.load(root), output=root / "site", base_url=None)
        feed = ElementTree.fromstring((root / "site/weeks.atom").read_bytes())
        return feed.findtext(f"{ATOM}entry/{ATOM}title", "")

    assert title() == "Week 20, 2026: 2026-05-17-a"
    story(root, "w20/2026-05-16-b.md", "lead: true\nheadline: It leads\n")
    assert title() == "Week 20, 2026: It leads"
    letter(root)
    assert title() == "Week 20, 2026: Letter"


@pytest.mark.parametrize("key", ["published", "updated"])
def test_an_invalid_date_of_a_letter_is_an_error_with_its_line(root: Path, key: str) -> None:
    letter(root, f"{key}: soon\n")

    assert [
        str(one) for one in check.run(root, now=datetime(2026, 5, 30, tzinfo=UTC)).problems
    ] == [
        f"content/2026/w20/letter.md:3: {key}: 'soon' is not a date; "
        "write it as 2026-05-15T17:32:40+08:00 or 2026-05-15"
    ]


def test_an_old_story_filed_in_a_later_week_closes_no_week_before_that(
    root: Path,
) -> None:
    story(root, "w21/2026-05-18-old.md", "published: 2024-01-01\n")

    assert weeks(root) == {"Week 20": ("2026-05-18T00:00:00+08:00",) * 2}


def test_weeks_that_letters_close_are_published_with_their_letter(root: Path) -> None:
    (root / "digest.toml").write_text(TOML.format(close="letter"))
    assert weeks(root) == {}

    letter(root, "published: 2026-05-25\n", "w21")

    at = NOON.format(day=25)
    assert weeks(root) == {"Week 21": (at, at), "Week 20": (at, at)}
    story(root, "w22/2026-05-26-c.md")
    assert weeks(root) == {"Week 21": (at, at), "Week 20": (at, at)}
    letter(root, "", "w20")
    assert weeks(root)["Week 20"] == ("2026-05-17T12:00:00+08:00", "2026-05-17T12:00:01+08:00")


def pulled(root: Path, now: str, *entries: tuple[int, str]) -> None:
    items = [
        {
            "id": f"https://n.example/{n}",
            "url": f"https://n.example/{n}",
            "title": f"Entry {n}",
            "date_published": date,
        }
        for n, date in entries
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": items}
    (root / "a.json").write_text(json.dumps(feed))
    settings = config.load(root)
    pull.run(root, settings, settings.feeds, now=datetime.fromisoformat(now))


def test_a_pull_closes_a_week_when_it_brings_the_first_story_of_the_next(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(TOML.format(close="next-week"))
    old = (1, "2026-05-05T08:00:00+08:00"), (2, "2026-05-12T08:00:00+08:00")
    pulled(tmp_path, "2026-05-15T10:00:00+08:00", *old)
    first = {"Week 19": ("2026-05-12T08:00:00+08:00",) * 2}  # a first pull brings what is past
    assert weeks(tmp_path) == first

    pulled(tmp_path, "2026-05-18T18:00:00+08:00", *old, (3, "2026-05-18T09:00:00+08:00"))

    expected = {"Week 20": ("2026-05-18T18:00:00+08:00",) * 2, **first}
    assert weeks(tmp_path) == expected
    new = next(tmp_path.glob("content/2026/w21/*.md"))
    new.write_text(new.read_text() + "A note.\n")
    assert weeks(tmp_path) == expected  # by a build that reads one file again
    shutil.rmtree(tmp_path / ".digest")
    assert weeks(tmp_path) == expected


def test_an_edition_is_not_announced_again_when_the_story_that_closed_it_is_hidden(
    root: Path,
) -> None:
    story(root, "w21/2026-05-21-c.md")
    assert weeks(root) == {"Week 20": (TUESDAY, TUESDAY)}

    story(root, "w21/2026-05-19-b.md", "hide: true\n")

    assert weeks(root) == {"Week 20": (TUESDAY, TUESDAY)}


def test_a_draft_or_a_week_of_hidden_stories_closes_nothing(root: Path) -> None:
    story(root, "w21/2026-05-18-waits.md", "draft: true\n")
    assert weeks(root) == {"Week 20": (TUESDAY, TUESDAY)}
    story(root, "w21/2026-05-19-b.md", "hide: true\n")

    assert weeks(root) == {}


ENTRIES = tuple((day, f"2026-05-{day:02}T08:00:00+08:00") for day in (9, 13, 15, 18, 20))
"""One of week 19, two of week 20, two of week 21."""


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    """A digest with the entries of weeks 19 and 20, each pulled at noon of its day."""
    (tmp_path / "digest.toml").write_text(TOML.format(close="next-week"))
    pull_daily(tmp_path, range(1, 4))
    return tmp_path


def pull_daily(root: Path, numbers: Iterable[int]) -> None:
    for number in numbers:
        entries = ENTRIES[:number]
        pulled(root, NOON.format(day=f"{entries[-1][0]:02}"), *entries)


def moved(root: Path, name: str, week: str) -> None:
    """Moves the story whose file name ends so."""
    (file,) = root.glob(f"content/2026/w*/*-{name}.md")
    (root / "content/2026" / week).mkdir(exist_ok=True)
    file.rename(root / "content/2026" / week / file.name)


def test_a_week_is_not_announced_again_when_the_story_that_closed_it_is_moved(daily: Path) -> None:
    pull_daily(daily, [4, 5])
    closed = weeks(daily)["Week 20"]
    assert closed == (NOON.format(day=18),) * 2

    moved(daily, "entry-18", "w20")

    assert weeks(daily)["Week 20"] == closed
    assert weeks(daily)["Week 20"] == closed  # now that the build has recorded where it is


def test_a_pulled_story_kept_for_the_next_week_closes_no_week_before_that(
    daily: Path,
) -> None:
    assert "Week 20" not in weeks(daily)

    moved(daily, "entry-15", "w21")

    monday = "2026-05-18T00:00:00+08:00"
    assert weeks(daily)["Week 20"] == (monday, monday)
    pull_daily(daily, [4])
    assert weeks(daily)["Week 20"] == (monday, monday)
