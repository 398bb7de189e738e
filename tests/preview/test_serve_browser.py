"""The preview in a real browser: pages reload after a save, keep their position, show problems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import browsing
import caches
import previews
import pytest
from previews import STORY, WEEK, Preview, previewing, story

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FAULT = "#_digest-fault"
PAGE = "2026/w20/"
DOWN = 900


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[Preview]:
    """The preview of a digest with a long week."""
    root = previews.make(tmp_path)
    for number in range(30):
        words = f"Words of number {number}. " * 20
        (root / WEEK / f"2026-05-13-number-{number}.md").write_text(
            story(f"Number {number}", f"1{number}", words)
        )
    with previewing(root) as running:
        yield running


@pytest.fixture
def page(browser: Browser, preview: Preview) -> Iterator[Page]:
    """The week's page with its own policy; any error in the browser's console fails the test."""
    said: list[str] = []
    with browsing.reading(browser, viewport={"width": 900, "height": 700}) as opened:
        opened.set_default_timeout(60_000)
        opened.on(
            "console",
            lambda message: said.append(message.text) if message.type == "error" else None,
        )
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(preview.url + PAGE)
        yield opened
    assert not [line for line in said if "favicon" not in line and "ERR_" not in line]


def build(page: Page) -> str | None:
    return page.locator("script[data-build]").get_attribute("data-build")


def scroll(page: Page) -> float:
    return float(page.evaluate("scrollY"))


def test_a_save_reloads_the_page_at_the_same_place(page: Page, preview: Preview) -> None:
    page.evaluate(f"scrollTo({{top: {DOWN}, behavior: 'instant'}})")
    preview.replace(STORY, "Memory is short", "Memory is shorter")
    page.get_by_role("link", name="Memory is shorter", exact=True).wait_for()
    page.wait_for_load_state("load")
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )

    assert scroll(page) == DOWN


def test_a_reader_who_opened_one_story_and_scrolled_on_stays_there(
    page: Page, preview: Preview
) -> None:
    page.goto(f"{preview.url}{PAGE}#memory-is-short")
    page.evaluate(f"scrollTo({{top: {DOWN}, behavior: 'instant'}})")
    preview.replace(STORY, "Memory is short", "Memory is shorter")
    page.get_by_role("link", name="Memory is shorter", exact=True).wait_for()
    page.wait_for_load_state("load")
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )

    assert scroll(page) == DOWN


def test_the_overlay_covers_the_last_good_page_until_the_problem_is_fixed(
    page: Page, preview: Preview
) -> None:
    preview.replace(STORY, "title:", "titel:")
    page.locator(FAULT).get_by_text("did you mean 'title'?").wait_for()
    page.wait_for_load_state("load")
    beneath = page.get_by_role("link", name="Memory is short", exact=True).count()
    preview.replace(STORY, "titel:", "title:")
    page.locator(FAULT).wait_for(state="detached")

    assert beneath == 1


def test_the_message_can_be_closed_to_see_the_page(page: Page, preview: Preview) -> None:
    preview.replace(STORY, "title:", "titel:")
    page.locator(FAULT).get_by_text("did you mean 'title'?").wait_for()
    page.wait_for_load_state()  # the script hears the key from then on
    page.keyboard.press("Escape")

    assert page.locator(FAULT).count() == 0


def test_an_open_page_reconnects_to_a_restarted_preview(page: Page, preview: Preview) -> None:
    before = build(page)
    preview.end()
    preview.replace(STORY, "Memory is short", "Memory is shorter")
    with previewing(preview.root, "--port", str(preview.port)):
        page.get_by_role("link", name="Memory is shorter", exact=True).wait_for()

        assert build(page) != before


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1200, "light")])
def test_margins_and_messages_fit_any_screen(
    width: int, scheme: str, browser: Browser, preview: Preview
) -> None:
    preview.replace(STORY, "title:", "titel:")
    with browsing.reading(
        browser, viewport={"width": width, "height": 700}, color_scheme=scheme
    ) as page:
        page.goto(preview.url + PAGE)
        page.locator(FAULT).get_by_text("did you mean 'title'?").wait_for()
        page.locator("._digest-margin").nth(30).wait_for(
            state="attached"
        )  # further down than the message
        page.wait_for_load_state("load")

        assert page.evaluate(browsing.WIDTH) <= width


def test_sections_opened_by_the_reader_stay_open(page: Page, preview: Preview) -> None:
    summary = ["article:news.example/3500001"], "All that the feed says."
    caches.note(preview.root, "summary", "first", [summary])
    preview.replace(STORY, "title: Memory is short", "title: Memory is shorter\nfeeds: [first]")
    page.get_by_text("What the feed says").click()
    page.get_by_text("All that the feed says.").wait_for()
    preview.replace(STORY, "Memory is shorter", "Memory is shortest")
    page.get_by_role("link", name="Memory is shortest", exact=True).wait_for()

    assert page.get_by_text("All that the feed says.").is_visible()
