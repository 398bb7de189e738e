"""Dates ahead: in order, passed or not by the newest story, with what later texts say of them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import make_config, make_content, make_letter, make_story
from sites import build_into, find, parse, read_folder, rendered, text

from digest import config
from digest.model import DueDate, Story


def due(*dates: str) -> tuple[DueDate, ...]:
    return tuple(DueDate(*date.split(": ", 1)) for date in dates)


def lists(site: dict[str, bytes]) -> list[list[str]]:
    """The lists of the page: what is to come, and what has passed."""
    page = parse(site["ahead/index.html"])
    listed = [one for one in find(page, "ol") if one.get("class") == "events c0"]
    return [[text(item) for item in find(one, "li")] for one in listed]


def site(*stories: Story, **fields: Any) -> dict[str, bytes]:
    return rendered(make_content(*stories, **fields), make_config())


def test_upcoming_dates_come_first_and_past_ones_after_them() -> None:
    court = make_story(
        "court",
        ahead=due("2027-01: A <b>ruling</b>", "2026-05-19: Passed", "2026-05-20: Today", "2026: A year"),
    )  # fmt: skip
    letter = make_letter(ahead=due("2026-05: This month", "2026-04: Last month", "2028-12-31: Far"))

    made = site(court, make_story("newest", day="2026-05-20"), letters=(letter,))

    story, of_letter = "Court, 15 May 2026", "Week 20, 2026: Dear reader"
    assert lists(made) == [
        [
            f"20 May 2026 Today {story}",
            f"May 2026 This month {of_letter}",
            f"2026 A year {story}",
            f"January 2027 A <b>ruling</b> {story}",
            f"31 December 2028 Far {of_letter}",
        ],
        [
            f"19 May 2026 Passed {story} No later story here says what came of it.",
            f"April 2026 Last month {of_letter} No later story here says what came of it.",
        ],
    ]
    assert b'<a dir="auto" href="/2026/w20/#court">' in made["ahead/index.html"]
    assert b'<time datetime="2027-01">' in made["ahead/index.html"]


LINKS = {
    "by its file": ("[so](../w20/2026-05-15-court.md)", True),
    "by its file's name": ("[so][1]\n\n[1]: 2026-05-15-court.md", True),
    "in HTML": ('<a href="../w20/2026-05-15-court.md">so</a>', True),
    "by its permalink": ("[so](/2026/w20/#court)", True),
    "by its whole permalink": ("[so](https://example.org/2026/w20/#court).", True),
    "to another story": ("[so](/2026/w20/#court-2)", False),
    "to its week": ("[so](https://example.org/2026/w20/)", False),
    "in code": ("`[so](2026-05-15-court.md)`", False),
}


@pytest.mark.parametrize("link", LINKS)
def test_a_later_story_that_links_back_is_shown_as_the_outcome(link: str) -> None:
    words, counts = LINKS[link]
    court = make_story("court", ahead=due("2026-05-16: A hearing"))
    later = make_story("later", day="2026-05-20", note=f"It came. {words}")

    (listed,) = lists(site(court, later))[-1:]

    since = (
        "Since then: Later, 20 May 2026" if counts else "No later story here says what came of it."
    )
    assert listed == [f"16 May 2026 A hearing Court, 15 May 2026 {since}"]


def test_letters_link_back_and_are_linked_except_to_texts_of_their_own_week() -> None:
    link = "See [it](2026-05-15-court.md)."
    court = make_story("court", ahead=due("2026-05-16: A hearing"))
    before = make_story("before", day="2026-05-12", note=link)
    later = make_story("later", day="2026-05-27", note="See [it](../w20/letter.md).")
    letters = (
        make_letter(body=link, ahead=due("2026-05-18: Sales")),
        make_letter("2026-W21", title="Next", body=link),
    )

    (listed,) = lists(site(before, court, later, letters=letters))

    assert listed == [
        "18 May 2026 Sales Week 20, 2026: Dear reader Since then: Later, 27 May 2026",
        "16 May 2026 A hearing Court, 15 May 2026 Since then: Week 21, 2026: Next",
    ]


def test_a_month_has_passed_when_it_is_over_and_an_earlier_link_is_no_outcome() -> None:
    court = make_story("court", ahead=due("2026-06: A ruling", "2026-07: Another"))
    link = "See [it](../w20/2026-05-15-court.md)."
    before = make_story("before", day="2026-05-29", note=link)

    coming = site(court, before)

    assert lists(coming) == [
        ["June 2026 A ruling Court, 15 May 2026", "July 2026 Another Court, 15 May 2026"]
    ]
    made = site(court, before, make_story("told", day="2026-06-02", note=link))
    assert lists(made) == [
        ["July 2026 Another Court, 15 May 2026"],
        ["June 2026 A ruling Court, 15 May 2026 Since then: Told, 2 June 2026"],
    ]
    assert box(made["index.html"]) == ["Another July 2026"]
    assert box(made["2026/w23/index.html"]) == ["Another July 2026"]
    assert box(made["2026/w22/index.html"]) == ["A ruling June 2026", "Another July 2026"]


def test_a_link_from_before_a_date_counts_once_the_date_has_passed() -> None:
    court = make_story("court", ahead=due("2026-05-27: A hearing"))
    off = make_story("off", day="2026-05-20", note="[It](../w20/2026-05-15-court.md) is off.")

    assert lists(site(court, off)) == [["27 May 2026 A hearing Court, 15 May 2026"]]
    assert lists(site(court, off, make_story("newest", day="2026-05-28"))) == [
        ["27 May 2026 A hearing Court, 15 May 2026 Since then: Off, 20 May 2026"]
    ]


def test_hidden_stories_and_drafts_announce_no_dates_and_without_dates_there_is_no_page() -> None:
    dates = due("2027: Unseen")
    hidden = make_story("a", hide=True, ahead=dates)
    draft = make_story("b", draft=True, ahead=dates)
    letter = make_letter(draft=True, ahead=dates)

    made = site(hidden, draft, make_story("c"), letters=(letter,))

    assert not [path for path in made if path.startswith("ahead")]
    assert [
        path for path, content in made.items() if b"/ahead" in content or b"Unseen" in content
    ] == []


def test_every_page_and_the_sitemap_link_to_the_page_of_upcoming_dates() -> None:
    made = site(make_story(ahead=due("2027: Sales")))

    assert [
        path for path in made if path.endswith(".html") and b'href="/ahead/"' not in made[path]
    ] == []
    assert b"<loc>https://example.org/ahead/</loc>" in made["sitemap.xml"]


def test_a_mistyped_year_of_a_story_makes_no_date_pass() -> None:
    court = make_story("court", ahead=due("2027-01: A ruling"))

    assert lists(site(court, make_story("typo", day="2062-05-16"))) == [
        ["January 2027 A ruling Court, 15 May 2026"]
    ]


# ---------------------------------------------------------------- boxes, lists for programs


def box(page: bytes) -> list[str]:
    """The lines of a page's box of dates ahead."""
    boxes = [one for one in find(parse(page), "section") if one.get("aria-labelledby") == "_ahead"]
    return [text(item) for one in boxes for item in find(one, "li")]


def test_the_home_page_has_the_next_three_dates_and_a_week_those_of_its_time() -> None:
    dates = due("2026-05-20: A", "2026-06: B", "2027: C", "2028: D")
    first = make_story("first", ahead=dates)
    second = make_story("second", day="2026-05-21", ahead=due("2026-05-22: E"))

    made = site(first, second, make_story("before", day="2026-05-05"))

    assert box(made["index.html"]) == ["E 22 May 2026", "B June 2026", "C 2027"]
    assert box(made["2026/w21/index.html"]) == box(made["index.html"])
    assert box(made["2026/w20/index.html"]) == ["A 20 May 2026", "B June 2026", "C 2027"]
    assert box(made["2026/w19/index.html"]) == []
    assert (
        "- 20 May 2026: [A](<https://example.org/2026/w20/#first>)"
        in made["2026/w20/index.md"].decode()
    )


def test_the_json_lists_all_dates() -> None:
    made = site(make_story("a", ahead=due("2026-05-10: Passed", "2027-01: Ruling")))

    url = "https://example.org/2026/w20/#a"
    assert json.loads(made["archive.json"])["ahead"] == [
        {"date": "2026-05-10", "text": "Passed", "url": url},
        {"date": "2027-01", "text": "Ruling", "url": url},
    ]
    assert "(<https://example.org/ahead/>)" in made["llms.txt"].decode()
    assert json.loads(site(make_story())["archive.json"])["ahead"] == []


# ---------------------------------------------------------------- the calendar


def events(calendar: bytes) -> list[Any]:
    icalendar = pytest.importorskip("icalendar")
    return list(icalendar.Calendar.from_ical(calendar).walk("VEVENT"))


ODD = ["Rules; for all, \\n and \\", "緩慢" * 60, "é" * 74, "x" * 200, "A: b \x07 c", "😀" * 30]


def test_the_calendar_has_each_date_as_an_all_day_event_with_an_accurate_description() -> None:
    dates = due(
        "2026-05-20: A day", "2027-01: A month", "2028: A year", *(f"2029: {one}" for one in ODD)
    )
    story = make_story("a", headline="It; goes, on", ahead=dates)

    calendar = site(story)["ahead.ics"]

    found = events(calendar)
    assert [(one.decoded("DTSTART"), str(one["SUMMARY"])) for one in found] == [
        (date(2026, 5, 20), "A day"),
        (date(2027, 1, 1), "In January 2027: A month"),
        (date(2028, 1, 1), "In 2028: A year"),
        *((date(2029, 1, 1), f"In 2029: {one.replace(chr(7), '')}") for one in sorted(ODD)),
    ]
    assert {str(one["URL"]) for one in found} == {"https://example.org/2026/w20/#a"}
    assert {str(one["DESCRIPTION"]) for one in found} == {
        "It; goes, on\nhttps://example.org/2026/w20/#a"
    }
    assert len({str(one["UID"]) for one in found}) == len(found)
    assert {one.decoded("DTSTAMP") for one in found} == {datetime(2026, 5, 15, 4, tzinfo=UTC)}
    lines = calendar.split(b"\r\n")
    assert lines[-1] == b"" and b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines[:-1])  # no character is broken


def test_an_event_keeps_its_id_if_its_text_headline_or_week_changes() -> None:
    first = make_story("a", ahead=due("2027-01: Ruling", "2027-01: Another", "2028: Sales"))
    dates = due("2028: Sale", "2027-01: Rulings")
    later = make_story("b", day="2026-05-21", id=first.id, headline="New", ahead=dates)

    before, after = (
        {str(one["UID"]) for one in events(site(story)["ahead.ics"])} for story in (first, later)
    )

    assert after < before


def test_the_page_of_upcoming_dates_links_to_the_calendar() -> None:
    page = site(make_story(ahead=due("2027: Sales")))["ahead/index.html"]

    assert page.count(b'href="/ahead.ics"') == 2


def test_a_calendar_without_dates_is_removed_even_if_the_list_of_files_is_lost(
    tmp_path: Path,
) -> None:
    story = tmp_path / "content/2026/w20/2026-05-15-a.md"
    story.parent.mkdir(parents=True)
    words = "---\ntitle: A\nlink: https://a.example/\nahead: 2027-01: Ruling\n---\n"
    story.write_text(words)
    (tmp_path / "digest.toml").write_text('[site]\ntitle = "T"\nurl = "https://t.example/"\n')
    settings = config.load(tmp_path)
    build_into(tmp_path / "site", tmp_path, settings)
    assert (tmp_path / "site/ahead.ics").exists()
    shutil.rmtree(tmp_path / ".digest")

    story.write_text(words.replace("ahead: 2027-01: Ruling\n", ""))
    build_into(tmp_path / "site", tmp_path, settings)

    assert not [path for path in read_folder(tmp_path / "site") if path.startswith("ahead")]
