"""What pages say of themselves in their head and in the sitemap: Open Graph, JSON-LD, dates."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from builders import (
    make_config,
    make_content,
    make_letter,
    make_page,
    make_site,
    make_story,
    make_theme,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many import many
from sites import Element, pages, parse, rendered

from digest.model import Correction
from digest.site.context import latest

BASE = "https://example.org/repo/"


def content() -> Any:
    return make_content(
        make_story("one", lead=True, themes=("memory-crunch",)),
        make_story(
            "two",
            day="2026-05-14",
            updated=datetime(2026, 5, 30, tzinfo=UTC),
            themes=("memory-crunch",),
        ),
        make_story("three", day="2026-05-19", corrections=(Correction(date(2026, 6, 1), "x"),)),
        make_story("four", day="2026-05-05"),
        pages=(make_page(),),
        letters=(make_letter(),),
    )


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    return rendered(content(), make_config(url=BASE))


def named(page: Element) -> dict[str, str]:
    """What a page says of itself in Open Graph's words."""
    metas = (meta for meta in page.iter("meta") if str(meta.get("property", "")).startswith("og:"))
    return {meta.get("property").removeprefix("og:"): meta.get("content") for meta in metas}


def data(page: Element) -> dict[str, Any]:
    (script,) = page.iter("script")
    assert script.get("type") == "application/ld+json"
    metadata: dict[str, Any] = json.loads(script.text)
    return metadata


def urls(page: Element) -> list[str]:
    return [one.get("item", one)["url"] for one in data(page)["mainEntity"]["itemListElement"]]


def test_open_graph_metadata_matches_the_page(site: dict[str, bytes]) -> None:
    for path, page in pages(site).items():
        if path == "404.html" or "export-curbs" in path:
            assert named(page) == {}
            continue
        metadata = named(page)
        (title,), (canonical,) = (
            page.iter("title"),
            [one for one in page.iter("link") if one.get("rel") == "canonical"],
        )
        (described,) = [one for one in page.iter("meta") if one.get("name") == "description"]
        assert metadata["title"] == title.text
        assert metadata["description"] == described.get("content")
        assert metadata["url"] == canonical.get("href")
        assert (metadata["site_name"], metadata["locale"]) == ("Chip Digest", "en_US")


@pytest.mark.parametrize(
    ("themes", "said"),
    [
        (["grain", "grain"], "2 stories on Grain"),
        (["grain", "", "", ""], "4 stories on Grain (1) and other subjects (3)"),
        (["grain", "grain", "rye", ""], "4 stories on Grain (2), Rye (1) and other subjects (1)"),
        (["grain"] * 3 + ["oats"] * 2 + ["rye"], "6 stories on Grain (3), Oats (2) and Rye (1)"),
        (
            ["grain"] * 4 + ["oats"] * 3 + ["rye"] * 2 + ["malt"],
            "10 stories on Grain (4), Oats (3), Rye (2) and other subjects (1)",
        ),
        (["", ""], "2 stories"),
    ],
)
def test_a_weeks_description_names_its_subjects_and_says_if_there_are_more(
    themes: list[str], said: str
) -> None:
    stories = [
        make_story(f"s{n}", themes=(theme,) if theme else ()) for n, theme in enumerate(themes)
    ]
    known = tuple(make_theme(theme) for theme in ("grain", "oats", "rye", "malt"))

    site = rendered(
        make_content(*stories, make_story("late", day="2026-05-19")), make_config(themes=known)
    )

    week = pages(site)["2026/w20/index.html"]
    (described,) = [
        one.get("content") for one in week.iter("meta") if one.get("name") == "description"
    ]
    (standing,) = [one.text for one in week.iter("p") if one.get("class") == "standing"]
    headlines = "; ".join(f"S{n}" for n in reversed(range(len(themes))))
    number = standing.partition(" on ")[0].rstrip(".")
    assert (described, standing) == (f"11–17 May 2026, {number}: {headlines}", f"{said}.")
    assert f": {said}." in site["weeks.atom"].decode()


def test_a_week_with_a_letter_is_described_by_its_beginning() -> None:
    letter = make_letter(
        body="It was a *full* week: see [the fog](https://e.example/).\n\n## More\n\n"
        + "And so on. " * 99
    )

    site = rendered(make_content(make_story(), letters=(letter,)), make_config())

    week = pages(site)["2026/w20/index.html"]
    assert (
        named(week)
        .get("description", "")
        .startswith("11–17 May 2026: It was a full week: see the fog. More And so on.")
    )
    assert len(named(week)["description"]) <= 155


def test_a_week_and_an_editors_page_are_articles_and_the_rest_are_websites(
    site: dict[str, bytes],
) -> None:
    kinds = {path: named(page).get("type") for path, page in pages(site).items()}

    assert {path for path, kind in kinds.items() if kind == "article"} == {
        "2026/w19/index.html",
        "2026/w20/index.html",
        "2026/w21/index.html",
        "about/index.html",
    }


def test_a_language_with_a_country_is_a_locale() -> None:
    site = rendered(content(), make_config(site=make_site(language="en-GB")))

    assert named(parse(site["index.html"]))["locale"] == "en_GB"


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("index.html", ["2026/w20/#one", "2026/w20/#two"]),
        ("2026/w20/index.html", ["2026/w20/#one", "2026/w20/#two"]),
        ("themes/memory-crunch/index.html", ["2026/w20/#one", "2026/w20/#two"]),
        ("themes/index.html", ["themes/export-controls/", "themes/memory-crunch/"]),
        ("archive/index.html", ["2026/w21/", "2026/w20/", "2026/w19/"]),
    ],
)
def test_a_page_of_stories_lists_them_in_json_ld(
    site: dict[str, bytes], path: str, places: list[str]
) -> None:
    page = parse(site[path])

    assert data(page)["@type"] == "CollectionPage"
    assert data(page)["isPartOf"] == {"@type": "WebSite", "name": "Chip Digest", "url": BASE}
    assert data(page)["url"] == named(page)["url"]
    assert urls(page) == [BASE + place for place in places]
    positions = [one["position"] for one in data(page)["mainEntity"]["itemListElement"]]
    assert positions == list(range(1, len(places) + 1))


def test_a_listed_story_has_its_headline_date_and_publisher(site: dict[str, bytes]) -> None:
    listed = data(parse(site["2026/w20/index.html"]))["mainEntity"]

    assert listed["numberOfItems"] == 2
    assert listed["itemListElement"][0]["item"] == {
        "@type": "NewsArticle",
        "url": BASE + "2026/w20/#one",
        "name": "One",
        "datePublished": "2026-05-15",
        "publisher": {"@type": "Organization", "name": "The Example Post"},
    }


def test_a_long_page_lists_its_first_five_and_says_how_many_there_are() -> None:
    site = rendered(make_content(*(make_story(f"s{n}") for n in range(40))), make_config())

    listed = data(parse(site["2026/w20/index.html"]))["mainEntity"]
    assert (listed["numberOfItems"], len(listed["itemListElement"])) == (40, 5)


def test_a_page_without_stories_has_no_list(site: dict[str, bytes]) -> None:
    for path in (
        "about/index.html",
        "subscribe/index.html",
        "themes/export-controls/index.html",
        "404.html",
    ):
        assert b"<script" not in site[path]


def test_the_content_security_policy_allows_the_list_by_its_hash_and_no_other_script(
    site: dict[str, bytes],
) -> None:
    for page in pages(site).values():
        policy = next(
            meta.get("content")
            for meta in page.iter("meta")
            if "default-src" in str(meta.get("content"))
        )
        metadata = [script.text.encode() for script in page.iter("script")]
        prints = [
            f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"
            for text in metadata
        ]
        assert re.findall("script-src ([^;]*)", policy) == prints


@settings(max_examples=many(15))
@given(st.text(max_size=40))
@example("\U0002fffe")
def test_no_title_ends_the_script_element_around_it(title: str) -> None:
    config = make_config(site=make_site(title=f"</script><script>alert(1)//{title}"))
    page = parse(rendered(make_content(make_story()), config)["2026/w20/index.html"])

    assert data(page)["isPartOf"]["name"].startswith("</script><script>alert(1)//")


def test_the_sitemap_has_the_last_change_of_each_page(site: dict[str, bytes]) -> None:
    entries = re.findall(
        r"<url><loc>(.*?)</loc>(?:<lastmod>(.*?)</lastmod>)?</url>", site["sitemap.xml"].decode()
    )

    correction = "2026-06-01T00:00:00+08:00"
    assert {address.removeprefix(BASE): moment for address, moment in entries} == {
        "": correction,  # home hints at the open week
        "archive/": correction,
        "2026/w21/": correction,
        "2026/w20/": "2026-05-30T00:00:00+00:00",
        "2026/w19/": "2026-05-05T12:00:00+08:00",
        "about/": "",
        "corrections/": correction,
        "subscribe/": "",
        "themes/": "2026-05-30T00:00:00+00:00",
        "themes/export-controls/": "",
        "themes/memory-crunch/": "2026-05-30T00:00:00+00:00",
    }
    assert data(parse(site["2026/w20/index.html"]))["dateModified"] == "2026-05-30T00:00:00+00:00"


def test_times_in_different_zones_are_compared_as_times() -> None:
    assert (
        latest(["2026-05-15T01:00:00+08:00", "", "2026-05-14T20:00:00+00:00"])
        == "2026-05-14T20:00:00+00:00"
    )
    assert latest([]) == ""
