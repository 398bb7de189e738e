"""Dates ahead: in order, passed or not by the newest story, with what later texts say of them."""

from __future__ import annotations

from typing import Any

import pytest
from builders import make_config, make_content, make_letter, make_story
from sites import find, parse, rendered, text

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


def test_what_is_due_after_the_newest_story_comes_first_then_what_has_passed() -> None:
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
def test_a_later_story_that_links_back_says_what_came_of_it(link: str) -> None:
    words, counts = LINKS[link]
    court = make_story("court", ahead=due("2026-05-16: A hearing"))
    later = make_story("later", day="2026-05-20", note=f"It came. {words}")

    (listed,) = lists(site(court, later))[-1:]

    since = (
        "Since then: Later 20 May 2026" if counts else "No later story here says what came of it."
    )
    assert listed == [f"16 May 2026 A hearing Court, 15 May 2026 {since}"]


def test_letters_link_back_and_are_linked_to_but_no_text_of_the_same_week_by_its_letter() -> None:
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
        "18 May 2026 Sales Week 20, 2026: Dear reader Since then: Later 27 May 2026",
        "16 May 2026 A hearing Court, 15 May 2026 Since then: Week 21, 2026: Next",
    ]


def test_hidden_stories_and_drafts_announce_nothing_and_without_a_date_there_is_no_page() -> None:
    dates = due("2027: Unseen")
    hidden = make_story("a", hide=True, ahead=dates)
    draft = make_story("b", draft=True, ahead=dates)
    letter = make_letter(draft=True, ahead=dates)

    made = site(hidden, draft, make_story("c"), letters=(letter,))

    assert not [path for path in made if path.startswith("ahead")]
    assert [
        path for path, content in made.items() if b"/ahead" in content or b"Unseen" in content
    ] == []


def test_every_page_and_the_sitemap_lead_to_the_page_of_dates_ahead() -> None:
    made = site(make_story(ahead=due("2027: Sales")))

    assert [
        path for path in made if path.endswith(".html") and b'href="/ahead/"' not in made[path]
    ] == []
    assert b"<loc>https://example.org/ahead/</loc>" in made["sitemap.xml"]


def test_a_mistyped_year_of_a_story_lets_no_date_pass() -> None:
    court = make_story("court", ahead=due("2027-01: A ruling"))

    assert lists(site(court, make_story("typo", day="2062-05-16"))) == [
        ["January 2027 A ruling Court, 15 May 2026"]
    ]
