"""How the site looks: contrast of colours, small pages, descriptions of pictures."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path

import pytest
from builders import (
    make_config,
    make_content,
    make_introduction,
    make_letter,
    make_story,
    make_theme,
)
from sites import Element, find, pages, parse, rendered, text

from digest import config
from digest.content.load import load
from digest.model import Story
from digest.site import charts
from digest.week import Week

REPOSITORY = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
WEEK_PAGE, STYLE = 14 * 1024, 8 * 1024  # bytes, compressed
THEMED = [f"c{number}" for number in range(charts.COLOURS + 1)]


def spread(weeks: int, theme: str = "memory-crunch") -> list[Story]:
    """A story of one theme in each of the last weeks."""
    last = Week(2026, 20).ordinal
    mondays = [Week.from_ordinal(last - back).monday.isoformat() for back in range(weeks)]
    return [make_story(f"story-{day}", day=day, themes=(theme,)) for day in mondays]


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    stories = [*spread(30), *spread(5, "export-controls"), make_story("elsewhere")]
    letters, introductions = (make_letter(),), (make_introduction(),)
    return rendered(
        make_content(*stories, letters=letters, introductions=introductions), make_config()
    )


# ---------------------------------------------------------------- colours


def palettes(css: str) -> dict[str, dict[str, str]]:
    """The colours of each scheme by their names: those of light hold where another says nothing."""
    said: dict[str, dict[str, str]] = {}
    for scheme, block in re.findall(r"(?:@media ([^{]+) \{\s+)?:root \{([^}]+)\}", css):
        said.setdefault(scheme or "light", {}).update(
            re.findall(r"--([a-z0-9]+): (#[0-9a-f]{3,6});", block)
        )
    return {scheme: {**said["light"], **colours} for scheme, colours in said.items() if colours}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(sign * 2 for sign in colour[1:])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_in_wcag() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_text_colour_has_enough_contrast_in_every_scheme(site: dict[str, bytes]) -> None:
    schemes = palettes(site["style.css"].decode())

    assert sorted(schemes) == ["light", "print", "screen and (prefers-color-scheme: dark)"]
    weak = [
        f"{scheme}: {name} on {ground}"
        for scheme, colours in schemes.items()
        for name in ("ink", "soft", "accent", *THEMED)
        for ground in ("paper", "shade")
        if contrast(colours[name], colours[ground]) < 4.5
    ]
    assert weak == []


def test_each_theme_has_its_own_colour_in_light_and_in_dark_mode(site: dict[str, bytes]) -> None:
    css = site["style.css"].decode()

    for colours in palettes(css).values():
        assert len({colours[name] for name in THEMED}) == len(THEMED)
    assert [f".{name} {{ --c: var(--{name}); }}" in css for name in THEMED] == [True] * len(THEMED)


# ---------------------------------------------------------------- weight


def test_a_week_of_40_stories_and_the_style_sheet_are_small() -> None:
    ours = config.load(REPOSITORY)
    content, week = load(REPOSITORY, ours), Week(2026, 20)
    shown = [story for story in content.stories if not story.hide and not story.draft]
    forty = [replace(story, week=week, day=week.monday) for story in shown[:40]]
    letters = tuple(letter for letter in content.letters if letter.week == week)
    letters = tuple(
        letter._replace(body=re.sub(r"\(\S+\.md\)", "(https://example.org/)", letter.body))
        for letter in letters
    )

    site = rendered(make_content(*forty, letters=letters), ours)

    page = site["2026/w20/index.html"]
    assert len(find(parse(page), "article")) == 40
    assert len(gzip.compress(page)) <= WEEK_PAGE
    assert len(gzip.compress(site["style.css"])) <= STYLE
    assert [element.get("type") for element in find(parse(page), "script", "style")] == [
        "application/ld+json"
    ]


# ---------------------------------------------------------------- pictures


def pictures(tree: Element) -> list[Element]:
    """The pictures that need a description: all except ornaments."""
    return [svg for svg in tree.iter(f"{SVG}svg") if svg.get("aria-hidden") != "true"]


def test_every_picture_is_one_image_with_a_name(site: dict[str, bytes]) -> None:
    for path, tree in pages(site).items():
        for svg in pictures(tree):
            named = {
                element.get("id"): text(element) for element in svg.iter() if element.get("id")
            }
            assert svg.get("role") == "img", path
            assert svg.get("aria-label") or named[svg.get("aria-labelledby")], path
            assert not list(svg.iter(f"{SVG}a")), path


def test_the_activity_chart_has_a_description_a_key_a_table_and_the_weeks_below(
    site: dict[str, bytes],
) -> None:
    tree = parse(site["archive/index.html"])
    svg = pictures(tree)[0]
    table = find(tree, "table")[0]

    assert text(svg.find(f"{SVG}title")) == "Stories a week, 17 November 2025 – 17 May 2026"
    assert text(svg.find(f"{SVG}desc")).endswith(
        "By theme: Memory crunch 26, Export controls 5, Elsewhere 1."
    )
    key = next(element for element in find(tree, "ul") if element.get("class") == "key")
    assert [text(entry) for entry in find(key, "li")] == [
        "Export controls 5",
        "Memory crunch 26",
        "Elsewhere 1",
    ]
    assert len(find(table, "tr")) == 1 + 26
    assert [text(cell) for cell in find(table, "tr")[1]] == [
        "Week 20, 2026",
        "3",
        "Export controls 1, Memory crunch 1, Elsewhere 1",
    ]
    assert len(list(find(tree, "ol")[0].iter("li"))) == 20


def test_every_reference_of_an_svg_exists(site: dict[str, bytes]) -> None:
    for path, tree in pages(site).items():
        ids = {element.get("id") for element in tree.iter() if element.get("id")}
        fills = [element.get("fill", "") for element in tree.iter()]
        assert {fill[5:-1] for fill in fills if fill.startswith("url(#")} <= ids, path


def test_a_theme_page_describes_its_storyline_before_the_stories(
    site: dict[str, bytes],
) -> None:
    tree = parse(site["themes/memory-crunch/index.html"])
    facts = dict(zip(map(text, find(tree, "dt")), map(text, find(tree, "dd")), strict=True))

    assert facts == {
        "First seen": "Week 43, 2025",
        "Active": "in 30 of 30 weeks, never more than one story",
    }
    assert len(pictures(tree)) == 1
    assert [text(heading) for heading in find(tree, "h2")][:2] == [
        "The storyline",
        "Newest stories 8 stories",
    ]


def test_a_theme_page_has_a_timeline_then_the_newest_stories_then_lines_by_month() -> None:
    days = [
        "2026-05-11",
        "2026-05-12",
        "2026-04-01",
        "2026-02-02",
        *(f"2026-01-{n:02}" for n in range(5, 17)),
    ]
    stories = [
        make_story(
            f"s{day[5:]}",
            day=day,
            themes=("memory-crunch",),
            note="First of the U.S. A then? *Second* one.",
        )
        for day in days
    ]

    tree = parse(rendered(make_content(*stories), make_config())["themes/memory-crunch/index.html"])

    (events,) = [one for one in find(tree, "ol") if one.get("class") == "events"]
    assert [text(one) for one in events][:6] == [
        "12 May 2026 S05 12 First of the U.S. A then?",
        "11 May 2026 S05 11 First of the U.S. A then?",
        "Quiet for 5 weeks, 6 April – 10 May 2026",
        "1 April 2026 S04 01 First of the U.S. A then?",
        "Quiet for 7 weeks, 9 February – 29 March 2026",
        "2 February 2026 S02 02 First of the U.S. A then?",
    ]
    assert len(find(events, "a")) == 12
    assert next(events.iter("a")).get("href") == "/2026/w20/#s05-12"
    assert len(find(tree, "article")) == 8
    months = [one for one in find(tree, "h3") if one.get("class") == "month"]
    assert [text(month) for month in months] == ["January 2026"]
    (rows,) = [one for one in find(tree, "ul") if one.get("class") == "plain rows"]
    assert len(list(rows)) == 8
    assert text(rows[0]) == "S01 12 12 January 2026"


def test_a_theme_that_has_just_begun_has_no_storyline_yet() -> None:
    site = rendered(make_content(make_story(themes=("memory-crunch",))), make_config())

    tree = parse(site["themes/memory-crunch/index.html"])
    assert find(tree, "dl") == []
    assert pictures(tree) == []


def test_older_pages_of_a_theme_do_not_repeat_the_storyline() -> None:
    stories = [
        make_story(f"s{at}", day=f"2026-{1 + at % 4:02}-{1 + at % 27:02}", themes=("ice",))
        for at in range(210)
    ]
    site = rendered(make_content(*stories), make_config(themes=(make_theme("ice"),)))

    assert len(find(parse(site["themes/ice/index.html"]), "dl")) == 1
    assert find(parse(site["themes/ice/page/1/index.html"]), "dl") == []


def test_each_theme_in_a_list_has_its_small_chart_and_its_colour(site: dict[str, bytes]) -> None:
    bars = pictures(parse(site["themes/index.html"]))

    assert [svg.get("class") for svg in bars] == ["spark c1", "spark c2"]
    assert [svg.get("aria-label") for svg in bars] == [
        "5 stories in the last 26 weeks, at most 1 a week",
        "26 stories in the last 26 weeks, at most 1 a week",
    ]


# ---------------------------------------------------------------- words


def test_the_publishers_words_are_separate_from_the_editors_and_attributed() -> None:
    story = make_story(note="What we say.", excerpt="What they say.")
    article = find(
        parse(rendered(make_content(story), make_config())["2026/w20/index.html"]), "article"
    )[0]

    order = [
        element.get("class")
        for element in article
        if element.get("class") in {"note e-content", "says", "excerpt"}
    ]
    assert order == ["note e-content", "says", "excerpt"]
    assert text(article.find("p[@class='says']")) == "The Example Post writes:"
    assert text(article.find("blockquote")) == "What they say."


def test_all_styles_are_in_the_style_sheet(site: dict[str, bytes]) -> None:
    assert [
        path
        for path, tree in pages(site).items()
        if any(element.get("style") for element in tree.iter())
    ] == []
