"""What judges from outside say of the site: the Nu HTML Checker, axe, Lighthouse, and the rules of the Feed Validator.

axe comes with the `dev` extra and asks for a Chromium. The Nu HTML Checker wants Java and is fetched by `make judges`,
or named by NU_CHECKER, the path of a `vnu.jar`. Lighthouse measures time, so it wants a machine to itself: it runs only
where LIGHTHOUSE names its program, as `make judges` does. What is not here is skipped, and said.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import browsing
import feedrules
import pytest
import showcase as showcases
from many import MANY
from sites import read_folder

from digest import config
from digest.commands import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPOSITORY = Path(__file__).parents[2]
GOLDEN = Path(__file__).parents[1] / "data/sites/small/expected"
FETCHED = REPOSITORY / ".judges/node_modules/vnu-jar/build/dist/vnu.jar"
LIKE_ANOTHER = {
    "themes/controls/page/1/"
}  # to axe, which takes seconds for a page of a hundred stories
MOVED = {"themes/curbs/feed.atom", "themes/lifting/feed.atom"}
RULES: dict[str, object] = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS: dict[str, object] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
View = tuple[Literal["light", "dark"], int, dict[str, object]]
VIEWS: list[View] = [
    ("light", 390, RULES),
    ("dark", 390, RULES),
    ("dark", 1280, RULES),
    ("light", 1280, RULES),
]
"""Both colour schemes at both widths; opposite in the list are those that have neither in common."""

AXE = """rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules}).then(found =>
    found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.target} ${node.html}`)))"""


@pytest.fixture(scope="session")
def checker() -> list[str]:
    """The words that start the Nu HTML Checker, which may read this machine's own addresses."""
    jar = Path(os.environ.get("NU_CHECKER", FETCHED))
    java = shutil.which("java")
    if not jar.is_file():
        pytest.skip("no Nu HTML Checker is here; `make judges` fetches it")
    if java is None:
        pytest.skip("the Nu HTML Checker needs Java")
    return [
        java,
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # compiling longer costs more than it saves in a few seconds
        "-Xss8m",  # which such code needs
        "-Dnu.validator.servlet.allow-forbidden-hosts=true",
        "-jar",
        str(jar),
        "--format",
        "json",
        "--stdout",
    ]


def checked(checker: list[str], *addresses: str) -> list[str]:
    """Returns everything that the Nu HTML Checker reports: errors, warnings and remarks."""
    run = subprocess.run(
        [*checker, "--exit-zero-always", *addresses], capture_output=True, text=True, check=True
    )
    return [
        f"{said.get('url')}:{said.get('lastLine')}: {said['type']}: {said['message']}"
        for said in json.loads(run.stdout)["messages"]
    ]


def test_the_nu_html_checker_reports_nothing(
    checker: list[str], showcase: Path, blank: Path
) -> None:
    with ExitStack() as served:
        places = [
            address + place
            for site in (showcase, blank, GOLDEN)
            for address in (served.enter_context(browsing.serving(site)),)
            for place in browsing.addresses(site)
        ]

        assert checked(checker, *places) == []


def test_the_nu_html_checker_finds_nothing_wrong_in_the_style(checker: list[str]) -> None:
    assert checked(checker, "--css", str(GOLDEN / "style.css")) == []


def test_the_nu_html_checker_reports_an_error(checker: list[str], tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        "<!doctype html><html lang=en><title>A page</title><p><div></p>"
    )

    assert len(checked(checker, str(tmp_path / "index.html"))) == 3


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of this repository, built."""
    site = tmp_path_factory.mktemp("archive") / "site"
    build.run(
        REPOSITORY,
        config.load(REPOSITORY),
        output=site,
        base_url=f"https://digest.example/{browsing.BASE}/",
    )
    return site


@pytest.mark.parametrize("place", ["", "2026/w20/", "themes/export-controls/", "archive/"])
def test_lighthouse_gives_full_marks(place: str, archive: Path, tmp_path: Path) -> None:
    if "LIGHTHOUSE" not in os.environ:
        pytest.skip("LIGHTHOUSE names no program; `make judges` fetches and runs it")
    marks, report = {}, tmp_path / "report.json"
    with browsing.serving(archive) as address:
        subprocess.run(
            [os.environ["LIGHTHOUSE"], address + place, "--quiet", "--output=json", f"--output-path={report}",
             f"--chrome-flags=--headless {' '.join(browsing.SWITCHES)}"],
            check=True, env={**os.environ, "CHROME_PATH": browsing.program()},
        )  # fmt: skip
    found = json.loads(report.read_text(encoding="utf-8"))
    for name in ("performance", "accessibility", "best-practices", "seo"):
        kind = found["categories"][name]
        marks[name] = (
            kind["score"],
            [one["id"] for one in kind["auditRefs"] if _costs(found["audits"][one["id"]])],
        )

    assert {name: lost for name, lost in marks.items() if lost[0] < 1} == {}


def _costs(audit: dict[str, Any]) -> bool:
    return audit["score"] is not None and audit["score"] < 1


@pytest.fixture(scope="module")
def address(showcase: Path) -> Iterator[str]:
    with browsing.serving(showcase) as served:
        yield served


@pytest.fixture(scope="module")
def empty(blank: Path) -> Iterator[str]:
    with browsing.serving(blank) as served:
        yield served


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browsing.reading(browser) as opened:
        yield opened


def flaws(page: Page, views: list[View]) -> dict[str, list[str]]:
    """Returns what axe finds on a page in each of these views."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    page.evaluate(axe.Axe().axe_script)
    found = {}
    for scheme, width, rules in views:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found[f"{scheme} {width}"] = page.evaluate(AXE, rules)
    return {view: said for view, said in found.items() if said}


def two_views(turn: int) -> list[View]:
    """Returns one view for all rules, in turn another, and the opposite one for colours only."""
    scheme, width, _ = VIEWS[(turn + 2) % 4]
    return [VIEWS[turn % 4], (scheme, width, COLOURS)]


PLACES = [*sorted({*showcases.KINDS} - LIKE_ANOTHER), "empty"]


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_in_either_scheme_at_either_width(
    place: str, address: str, empty: str, page: Page
) -> None:
    page.goto(empty if place == "empty" else address + place)

    assert flaws(page, VIEWS if MANY > 1 else two_views(PLACES.index(place))) == {}


def test_axe_finds_nothing_in_search_results(address: str, page: Page) -> None:
    pytest.importorskip("pagefind", reason="pagefind is not installed")
    page.goto(address + "search/?q=export&theme=controls")
    page.locator("#_stories h3").first.wait_for()

    assert flaws(page, two_views(0) + two_views(1)) == {}


def test_axe_reports_an_error(page: Page) -> None:
    page.goto("about:blank")
    page.set_content(
        "<title>A page</title><h1>One</h1><h3>Three</h3><img src=x><p style='color:#ccc'>pale</p>"
    )
    found = {said.partition(":")[0] for views in flaws(page, VIEWS).values() for said in views}

    assert {"html-has-lang", "heading-order", "image-alt", "color-contrast"} <= found


def test_every_feed_follows_the_rules_of_the_feed_validator(showcase: Path, blank: Path) -> None:
    for site, base in (
        (showcase, showcases.URL),
        (blank, showcases.URL),
        (GOLDEN, "https://example.org/notes/"),
    ):
        feeds = {path: body for path, body in read_folder(site).items() if path.endswith(".atom")}
        for path in MOVED & set(feeds):  # it says where it is now, as it should
            del feeds[path]
        found = {path: feedrules.broken(body, base + path) for path, body in feeds.items()}

        assert {"feed.atom", "weeks.atom"} <= set(found)
        assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('rel="self"', 'rel="via"', "no link says that the feed is at"),
        ("<updated>2026", "<updated>Mon 2026", "updated is Mon 2026"),
        ("<id>urn:uuid:", "<id>", "an id that is not a URI"),
        (
            "&lt;blockquote cite",
            "&lt;blockquote onclick=&quot;x&quot; cite",
            "has ['cite', 'onclick']",
        ),
        ("a href=&#34;https://example.org", "a href=&#34;", "content leads to '/notes/"),
        ("&lt;p&gt;", "&lt;p&gt;&lt;video&gt;&lt;/video&gt;", "content has a video"),
        ("</entry>\n</feed>", "</entry>\n<subtitle>Late</subtitle></feed>", "behind an entry"),
        ('rel="related"', 'rel="next-archive"', "a link that only a feed may have"),
        ("<entry>", "<entry><id>urn:uuid:1</id>", "not one id"),
        ("<generator>Digest", "<generator>", "generator says nothing"),
    ],
)
def test_the_rules_of_the_feed_validator_report_an_error(right: str, wrong: str, said: str) -> None:
    body = (GOLDEN / "feed.atom").read_text(encoding="utf-8")
    assert right in body

    found = feedrules.broken(
        body.replace(right, wrong, 1).encode(), "https://example.org/notes/feed.atom"
    )

    assert any(said in one for one in found), found
