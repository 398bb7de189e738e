"""Readers' comfort in a real browser: phones, keyboards, print, no script; nothing moves, nothing asks another host.

The site is the showcase, which has every kind of page and what bursts a layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import browsing
import pytest
import showcase as showcases

from digest import config
from digest.commands import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = {"width": 320, "height": 6_000}  # tall, so that whatever moves is seen to move
DESK = {"width": 1280, "height": 900}
PAPER = {"width": 794, "height": 1123}
FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SHIFT = """() => new Promise(done => {
    let total = 0;
    new PerformanceObserver(seen => seen.getEntries().forEach(entry => { total += entry.value; }))
        .observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => done(total)));
})"""
FOCUS = """() => {
    const node = document.activeElement, style = getComputedStyle(node), box = node.getBoundingClientRect();
    return {
        name: node.getAttribute('href') || node.localName, words: node.textContent.trim(),
        ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight,
    };
}"""
STOPS = """() => [...document.querySelectorAll(
    'a[href]:not([tabindex="-1"]), button, input, select, summary, [tabindex="0"]')]
    .filter(node => node.checkVisibility()).map(node => node.getAttribute('href') || node.localName)"""
SCROLLED = "() => [...document.querySelectorAll('pre, table')].filter(node => node.scrollWidth > node.clientWidth).length"
WIDEST = """() => {
    let widest = 0;
    for (const item of document.querySelectorAll('main :is(.events, .rows) li')) {
        const texts = document.createTreeWalker(item, NodeFilter.SHOW_TEXT), line = document.createRange();
        while (texts.nextNode()) {
            line.selectNode(texts.currentNode);
            const widths = [...line.getClientRects()].map(box => box.width);
            widest = Math.max(widest, ...widths.map(width => width / parseFloat(getComputedStyle(item).fontSize)));
        }
    }
    return widest;
}"""
MOVES = """() => [...document.querySelectorAll('*')].filter(node => {
    const style = getComputedStyle(node);
    return parseFloat(style.transitionDuration) > 0.01 || parseFloat(style.animationDuration) > 0.01;
}).map(node => node.tagName + '.' + node.className)"""
GAPS = """() => [...document.querySelectorAll('.excerpt + .steps, .note + .steps, .original + .steps, .excerpt + .original')]
    .map(line => line.getBoundingClientRect().top - line.previousElementSibling.getBoundingClientRect().bottom)"""
"""The distances in pixels of lines below stories from the words above them."""
ENDS = """() => [...document.querySelectorAll('.details')].map(line => {
    const last = [...line.children].filter(one => one.checkVisibility()).at(-1);
    return last.textContent + getComputedStyle(last, '::after').content.replace('none', '');
})"""
GAPS_OF_CARDS = """() => [...document.querySelectorAll('.card + .card')].map(card =>
    card.firstElementChild.getBoundingClientRect().top - card.previousElementSibling.getBoundingClientRect().bottom)"""
TOML_OF_PAPER = """[site]
title = "On paper"
url = "https://digest.example/trial/"
[[feeds]]
id = "wall"
url = "https://wall.example/rss.xml"
title = "The Wall"
paywall = true
"""
STORY_OF_PAPER = """---
title: Number {name}
link: https://wall.example/{name}
published: 2026-05-12
feeds: [wall]
{more}---

A note.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page on a small phone: its width, layout shift, requests, and console messages."""

    width: int
    shift: float
    hosts: set[str]
    said: list[str]


@pytest.fixture(scope="module")
def address(showcase: Path) -> Iterator[str]:
    with browsing.serving(showcase) as served:
        yield served


@pytest.fixture(scope="module")
def visits(showcase: Path, blank: Path, address: str, browser: Browser) -> dict[str, Visit]:
    """Every kind of page in the showcase, and every page of an empty digest, visited once."""
    with browsing.serving(blank) as empty:
        return {
            **{
                place: visit(browser, address + place)
                for place in (*showcases.KINDS, "search/")
                if has(showcase, place)
            },
            **{
                f"empty {place}": visit(browser, empty + place)
                for place in browsing.addresses(blank)
            },
        }


def has(site: Path, place: str) -> bool:
    """Tells whether a site has a page: that of search stands only where its extra is installed."""
    return (site / place).is_file() or (site / place / "index.html").is_file()


def visit(browser: Browser, url: str) -> Visit:
    """Visits a page whose pictures come late: not before the rest has been drawn."""
    hosts: set[str] = set()
    said: list[str] = []
    with browsing.reading(browser, viewport=PHONE) as page:
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.route("**/*.png", lambda _: None)
        page.goto(url, wait_until="domcontentloaded")
        page.evaluate(FRAME)
        page.unroute_all()  # which lets them through
        page.wait_for_load_state()
        return Visit(
            width=page.evaluate(browsing.WIDTH), shift=page.evaluate(SHIFT), hosts=hosts, said=said
        )


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen."""
    with browsing.reading(browser, viewport=DESK) as page:
        yield page


@pytest.fixture(scope="module")
def without_scripts(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen where no JavaScript runs."""
    with browsing.reading(browser, viewport=DESK, java_script_enabled=False) as page:
        yield page


@pytest.fixture(scope="module")
def calm(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen of a reader who prefers reduced motion."""
    with browsing.reading(browser, viewport=DESK, reduced_motion="reduce") as page:
        yield page


def test_every_kind_of_page_is_tested(showcase: Path) -> None:
    kinds = {re.sub(r"\d{4}/w\d\d/", "2026/w20/", place) for place in browsing.addresses(showcase)}
    kinds = {re.sub(r"themes/[^/]+/", "themes/controls/", place) for place in kinds}

    assert kinds - {"search/"} <= set(showcases.KINDS)


def test_no_page_is_wider_than_a_small_phone(visits: dict[str, Visit]) -> None:
    assert {place: one.width for place, one in visits.items() if one.width > PHONE["width"]} == {}


@pytest.mark.parametrize("place", ["ahead/", "2026/w20/"])
def test_lists_of_dates_have_readable_lines(place: str, address: str, reader: Page) -> None:
    reader.goto(address + place)
    widest = reader.evaluate(WIDEST)

    assert 20 < widest <= 34  # em: some 75 characters


def test_what_leads_to_other_stories_stands_apart_from_the_excerpt(
    address: str, reader: Page
) -> None:
    reader.goto(f"{address}2026/w20/")
    gaps = reader.evaluate(GAPS)

    assert gaps
    assert min(gaps) >= 8  # pixels


def test_the_description_stands_below_the_name_at_every_width(
    address: str, browser: Browser
) -> None:
    starts = "() => ['.name', '.motto'].map(one => document.querySelector(one).getBoundingClientRect().left)"
    with browsing.reading(browser, viewport={"width": 600, "height": 900}) as page:
        page.goto(address)
        name, motto = page.evaluate(starts)

    assert name == motto


def test_nothing_moves_when_a_picture_loads_late(visits: dict[str, Visit]) -> None:
    assert {place: one.shift for place, one in visits.items() if one.shift} == {}


def test_no_page_requests_another_host_or_logs_to_the_console(visits: dict[str, Visit]) -> None:
    assert {host.partition(":")[0] for one in visits.values() for host in one.hosts} == {
        "127.0.0.1"
    }
    assert {place: one.said for place, one in visits.items() if one.said} == {}


@pytest.mark.parametrize(
    "place", ["", "2026/w20/", "archive/", "themes/controls/", "themes/", "subscribe/"]
)
def test_a_page_is_complete_without_javascript(
    place: str, address: str, reader: Page, without_scripts: Page
) -> None:
    seen = []
    for page in (reader, without_scripts):
        page.goto(address + place)
        seen.append(page.inner_text("body"))

    assert len(seen[0]) > 200
    assert seen[0] == seen[1]


@pytest.mark.parametrize("place", ["", "2026/w21/", "archive/", "404.html"])
def test_the_keyboard_reaches_every_link_in_order_with_visible_focus(
    place: str, address: str, calm: Page
) -> None:
    calm.goto(address + place)
    stops = calm.evaluate(STOPS)
    walked = [pressed(calm, "Tab") for _ in range(len(stops) + calm.evaluate(SCROLLED))]

    assert [stop["name"] for stop in walked if stop["name"] not in {"pre", "table"}] == stops
    assert [stop for stop in walked if not (stop["ring"] and stop["seen"])] == []


def test_the_skip_link_comes_first_and_jumps_past_the_menu(address: str, reader: Page) -> None:
    reader.goto(address + "2026/w21/")
    first = pressed(reader, "Tab")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**#_main")
    then = pressed(reader, "Tab")
    in_main = reader.evaluate(
        "() => document.activeElement === document.querySelector('main a[href]')"
    )

    assert first["name"] == "#_main"
    assert first["seen"]
    assert in_main, then


def pressed(page: Page, key: str) -> dict[str, object]:
    """Presses a key and returns what has the focus then."""
    page.keyboard.press(key)
    focus: dict[str, object] = page.evaluate(FOCUS)
    return focus


@pytest.mark.parametrize("place", ["", "2026/w20/"])
def test_nothing_moves_for_readers_who_prefer_reduced_motion(
    place: str, address: str, calm: Page
) -> None:
    calm.goto(address + place)

    assert calm.evaluate(MOVES) == []


def test_a_printed_week_has_urls_and_no_menu(address: str, browser: Browser) -> None:
    with browsing.reading(browser, viewport=DESK) as page:
        page.goto(address + "2026/w20/")
        page.emulate_media(media="print")
        written = page.evaluate(
            "() => getComputedStyle(document.querySelector('h3 a'), '::after').content"
        )
        menus = page.evaluate(
            "() => [...document.querySelectorAll('nav')].filter(one => one.checkVisibility()).length"
        )

    assert "https://post.example/" in written
    assert menus == 0


def test_a_printed_week_has_space_between_cards_and_no_dot_at_the_end_of_a_line(
    tmp_path: Path, browser: Browser
) -> None:
    week = tmp_path / "content/2026/w20"
    week.mkdir(parents=True)
    (tmp_path / "digest.toml").write_text(TOML_OF_PAPER)
    for name, more in (("one", ""), ("two", ""), ("three", "saved: https://web.archive.org/x\n")):
        (week / f"2026-05-12-{name}.md").write_text(STORY_OF_PAPER.format(name=name, more=more))
    build.run(tmp_path, config.load(tmp_path), output=tmp_path / "site", base_url=None)

    with (
        browsing.serving(tmp_path / "site") as served,
        browsing.reading(browser, viewport=PAPER) as page,
    ):
        page.goto(f"{served}2026/w20/")
        page.emulate_media(media="print")
        ends = page.evaluate(ENDS)
        gaps = page.evaluate(GAPS_OF_CARDS)

    assert ends == ["12 May 2026"] * 3
    assert len(gaps) == 2
    assert min(gaps) >= 16  # pixels
