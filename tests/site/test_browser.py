"""The built site in a real browser: nothing that a feed brought runs, whatever is clicked, and every page fits a phone.

Here stand the feeds that attack; `test_reading_comfort.py` has what readers' comfort asks of a site that means well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import browsing
import judges
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DATA = Path(__file__).parents[1] / "data" / "hostile"
THEMES = '[[themes]]\nid = "x"\ntitle = "Signs"\nmatch = ["headline", "vector", "xxxxx*", "w", "starts"]\n'
PROVOKE = """async () => {
    const stay = event => {
        const link = event.target.closest && event.target.closest('a');
        const to = link && (link.href.baseVal ?? link.href);  // a link in a picture has another type
        if (to && /^https?:$/.test(new URL(to, document.baseURI).protocol)) event.preventDefault();
    };
    document.addEventListener('click', stay, true);
    for (const node of document.querySelectorAll('a, button, summary, input, form, [tabindex], [onclick], svg *')) {
        for (const name of ['mouseover', 'mouseenter', 'mousemove', 'pointerdown', 'mousedown', 'focusin'])
            node.dispatchEvent(new MouseEvent(name, {bubbles: name !== 'mouseenter'}));
        // not node.focus(), for which a browser lays out the page: with 800 links that takes 20 seconds
        for (const name of ['focus', 'blur']) node.dispatchEvent(new FocusEvent(name));
        node.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
    }
    for (const node of document.querySelectorAll('*')) node.dispatchEvent(new MouseEvent('mouseover'));
    for (let turn = 0; turn < 3; turn++) await new Promise(done => setTimeout(done, 0));
    const fired = window.__xss !== undefined;
    delete window.__xss;
    return fired;
}"""
PROVOKE_EACH = f"""async markups => {{
    const provoke = {PROVOKE}, fired = [];
    for (const [number, markup] of markups.entries()) {{
        document.open();
        document.write(markup);
        document.close();
        while (document.readyState === 'loading') await new Promise(done => setTimeout(done, 0));
        if (await provoke()) fired.push(number);
    }}
    return fired;
}}"""
LOCAL = "http://127.0.0.1:"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> judges.Made:
    """All vectors that are here, with excerpts as long as they can be, and a theme that most of them earn."""
    shared = Path(__file__).parents[3] / "shared" / "hostile"
    tables = [folder for folder in (DATA, shared) if (folder / "manifest.json").is_file()]
    files = [
        folder / row["file"]
        for folder in tables
        for row in json.loads((folder / "manifest.json").read_text())
    ]
    feeds = {file.name: file.read_bytes() for file in files}
    return judges.make(
        tmp_path_factory.mktemp("browser") / "digest", feeds, words=1000, more=THEMES, twice=False
    )


@pytest.fixture(scope="module")
def address(made: judges.Made) -> Iterator[str]:
    with browsing.serving(made.root / "site") as served:
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without the site's Content-Security-Policy: what is safe must be so without it."""
    with browser.new_context(bypass_csp=True) as context:
        opened = context.new_page()
        opened.set_default_timeout(60_000)
        opened.route(re.compile(f"^(?!{re.escape(LOCAL)})"), lambda route: route.abort())
        yield opened


def fires(page: Page) -> bool:
    """Tells whether anything ran when all of a page was clicked, focused and hovered over."""
    return bool(page.evaluate(PROVOKE))


def firing(page: Page, markups: Sequence[str]) -> list[str]:
    """Returns the markups that ran a script, each loaded as the body of its own page."""
    head = "<!doctype html><html><head><title>Bare</title></head>"
    bare = [f"{head}<body>{markup}</body></html>" for markup in markups]
    return [markups[number] for number in page.evaluate(PROVOKE_EACH, bare)]


CARELESS = [
    "<script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=1>",
    "<a href='java&#10;script:window.__xss=1'>go</a>",
    "<p onmouseover=window.__xss=1>p</p>",
    "<details><summary onclick=window.__xss=1>more</summary></details>",
    "<input onfocus=window.__xss=1>",
]


def test_the_test_detects_unsafe_markup_and_passes_safe_markup(page: Page) -> None:
    careful = "<p>Words <img src=x> and a <a href='https://news.example/'>link</a></p>"
    between = [markup for careless in CARELESS for markup in (careful, careless)]

    assert firing(page, [*between, careful]) == CARELESS


def test_the_test_detects_an_unsafe_page(page: Page) -> None:
    page.set_content(CARELESS[0])

    assert fires(page)


def test_no_script_runs_on_any_page_even_without_its_content_security_policy(
    made: judges.Made, address: str, page: Page
) -> None:
    fired = []
    for path in made.output(".html"):
        page.goto(address + path)
        if fires(page):
            fired.append(path)

    assert fired == []


def test_no_script_runs_in_the_content_of_our_feeds(made: judges.Made, page: Page) -> None:
    contents = {markup: place for place, markup in judges.entry_contents(made) if "<" in markup}

    assert len(contents) > 100
    assert [contents[markup] for markup in firing(page, list(contents))] == []


@dataclass(frozen=True, slots=True)
class Visits:
    """All pages on a small phone: the width of each, which hosts they asked, what the console said."""

    widths: dict[str, int]
    asked: set[str]
    said: list[str]


@pytest.fixture(scope="module")
def visits(made: judges.Made, address: str, browser: Browser) -> Visits:
    found = Visits({}, set(), [])
    with browsing.reading(browser, viewport={"width": 320, "height": 640}) as page:
        page.on("request", lambda request: found.asked.add(request.url.split("/")[2]))
        page.on("console", lambda message: found.said.append(message.text))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        for path in made.output(".html"):
            page.goto(address + path)
            found.widths[path] = page.evaluate(browsing.WIDTH)
    return found


def test_no_page_requests_another_host_or_violates_its_content_security_policy(
    visits: Visits, address: str
) -> None:
    assert visits.asked == {address.split("/")[2]}
    assert visits.said == []


def test_no_page_is_wider_than_a_small_phone(visits: Visits) -> None:
    assert {"index.html", "archive/index.html", "themes/x/index.html"} <= set(visits.widths)
    assert {path: width for path, width in visits.widths.items() if width > 320} == {}
