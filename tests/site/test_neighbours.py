"""What leads from a story to the one before it and the one after it, and when a page is made again for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import make_config, make_content, make_story, make_theme
from sites import pages, rendered, text

from digest.model import Story
from digest.site.arrange import arrange
from digest.site.plan import plan

CONFIG = make_config(themes=(make_theme("broad"), make_theme("narrow")))
DAYS = ("2025-12-20", "2026-03-08", "2026-03-20", "2026-04-28")
W12 = "2026/w12/index.html"


def story(day: str, *themes: str, **fields: Any) -> Story:
    return make_story(f"of-{day[5:]}", day=day, themes=themes or ("broad", "narrow"), **fields)


STORIES = tuple(story(day) for day in DAYS)
OTHERS = story("2026-05-01", "broad"), story("2026-05-02", "broad")


def below(*stories: Story) -> dict[str, str]:
    """What is below each story of each week's page, by its headline."""
    found = {}
    for path, page in pages(rendered(make_content(*stories), CONFIG)).items():
        for article in page.iter("article"):
            steps = [text(one) for one in article.iter("p") if "steps" in (one.get("class") or "")]
            if path.startswith("20") and steps:
                found[text(next(article.iter("h3")))] = "".join(steps)
    return found


def test_a_story_links_to_its_neighbours_in_its_narrowest_theme() -> None:
    assert below(*STORIES, *OTHERS) == {
        "Of 12 20": "Narrow, 1 of 4 · next: Of 03 08 (8 March 2026)",
        "Of 03 08": "Narrow, 2 of 4 · before: Of 12 20 (20 December 2025) · next: Of 03 20 (20 March)",
        "Of 03 20": "Narrow, 3 of 4 · before: Of 03 08 (8 March) · next: Of 04 28 (28 April)",
        "Of 04 28": "Narrow, 4 of 4 · before: Of 03 20 (20 March)",
        "Of 05 01": "Broad, 5 of 6",  # both neighbours are on its own page
        "Of 05 02": "Broad, 6 of 6",
    }


def test_a_theme_with_one_story_has_no_neighbour_links() -> None:
    assert below(story("2026-03-08", "narrow"), story("2026-04-28", "broad")) == {}
    two = story("2026-03-08", "narrow", "broad"), story("2026-04-28", "broad")
    assert (
        list(below(*two).values())
        == [
            "Broad, 1 of 2 · next: Of 04 28 (28 April)",
            "Broad, 2 of 2 · before: Of 03 08 (8 March)",
        ][::-1]
    )


def test_stories_in_a_large_theme_have_no_numbers_so_that_a_new_one_changes_few_pages() -> None:
    many = [
        make_story(f"s{n}", day=f"2026-03-{1 + n % 28:02}", themes=("broad",)) for n in range(31)
    ]

    assert all(words.startswith("Broad · ") for words in below(*many).values())
    assert changed(many, [*many, make_story("new", day="2026-03-29", themes=("broad",))]) == {
        "2026/w13/index.html"
    }
    new = make_story("new", day="2026-03-21", themes=("broad",))
    assert changed(many, [*many, new]) == {"2026/w12/index.html"}


def changed(before: Any, after: Any) -> set[str]:
    """The pages of weeks that a build would make again."""
    keys = [
        plan(arrange(make_content(*stories), CONFIG), CONFIG).keys(b"")
        for stories in (before, after)
    ]
    return {
        path
        for path, key in keys[1].items()
        if path[:2] == "20" and path.endswith(".html") and keys[0].get(path) != key
    }


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"note": "A note."}, {W12}),
        ({"authors": ("Ann",)}, {W12}),
        ({"headline": "Ours"}, {"2026/w10/index.html", W12, "2026/w18/index.html"}),
        ({"title": "Theirs"}, {"2026/w10/index.html", W12, "2026/w18/index.html"}),
    ],
)
def test_a_page_is_rebuilt_only_for_what_it_shows_of_its_neighbours(
    fields: Any, made: set[str]
) -> None:
    after = tuple(
        replace(one, **fields) if one.day.day == 20 and one.day.month == 3 else one
        for one in STORIES
    )

    # What a story's key is made of comes from its file, which has changed with its fields.
    hashes = [{one.file: repr(one).encode() for one in stories} for stories in (STORIES, after)]
    keys = [
        plan(arrange(make_content(*stories, hashes=known), CONFIG), CONFIG).keys(b"")
        for stories, known in zip((STORIES, after), hashes, strict=True)
    ]
    assert {
        path
        for path, key in keys[1].items()
        if path[:2] == "20" and path.endswith(".html") and keys[0].get(path) != key
    } == made
