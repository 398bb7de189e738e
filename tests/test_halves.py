"""Pages parted between two processes: none is lost, none is made twice, and each story is mostly in one half."""

from __future__ import annotations

from builders import make_config, make_content, make_story
from hypothesis import given
from hypothesis import strategies as st

from digest.pages import halves
from digest.pages.arrange import arrange
from digest.pages.page import Page
from digest.pages.plan import plan
from digest.stories.outlines import catalogue_of

CONFIG = make_config()
DAYS = [f"2026-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]


def pages_of(days: list[str]) -> tuple[Page, ...]:
    """Returns the pages of an archive with a story on each of these days."""
    stories = (make_story(f"story-{number}", day) for number, day in enumerate(days))
    catalogue = catalogue_of(make_content(*stories), CONFIG)
    return plan(catalogue, arrange(catalogue, CONFIG), CONFIG).pages


@given(st.lists(st.sampled_from(DAYS), max_size=40))
def test_every_page_is_in_one_half(days: list[str]) -> None:
    pages = pages_of(days)

    parts = [halves.half(pages, older=older) for older in (False, True)]

    assert sorted(page.path for part in parts for page in part) == sorted(page.path for page in pages)


def test_the_halves_are_parted_in_time_and_about_as_much_work() -> None:
    pages = pages_of(DAYS)

    newer, older = (halves.half(pages, older=older) for older in (False, True))

    weeks = [[page.path for page in part if page.template == "week.html"] for part in (newer, older)]
    assert min(weeks[0]) > max(weeks[1])
    work = [sum(len(halves.stories_of(page)) for page in part) for part in (newer, older)]
    assert 0.8 < work[0] / work[1] < 1.25
