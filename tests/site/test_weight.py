"""What a page weighs on its way to a phone: a full week within bounds, one small style sheet, and nothing else.

The words are made up, of as many kinds as English has in a text of this length: they pack no better than real ones.
"""

from __future__ import annotations

import gzip
import random

import pytest
from builders import FEED, make_config, make_content, make_letter, make_story, make_theme
from sites import find, parse, rendered

HTML, STYLE = 14_000, 8_000
STORIES = 40
THEMES = tuple(
    make_theme(id)
    for id in ("export-controls", "memory-crunch", "foundries", "ai-chips", "listings")
)
SYLLABLES = (
    "an",
    "be",
    "chi",
    "co",
    "del",
    "en",
    "for",
    "gra",
    "hi",
    "in",
    "ka",
    "lo",
    "ma",
    "nor",
    "or",
    "pa",
    "qui",
    "ra",
    "se",
    "ti",
    "un",
    "ve",
    "wa",
    "xi",
    "yo",
)


class MarkdownRenderer:
    """Writes words that no dictionary has, the same ones every time."""

    def __init__(self) -> None:
        self._dice = random.Random(20)
        self._words = [
            "".join(self._dice.choices(SYLLABLES, k=self._dice.randint(1, 4))) for _ in range(3_000)
        ]

    def write(self, number: int) -> str:
        return " ".join(self._dice.choices(self._words, k=number)).capitalize()


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    """A week of forty stories: half with a note, most with an excerpt, with different themes."""
    writer = MarkdownRenderer()
    stories = [
        make_story(
            writer.write(8).lower().replace(" ", "-"),
            title=writer.write(11),
            excerpt=writer.write(40) if number % 4 else "",
            note=writer.write(45) + "." if number % 2 else "",
            authors=(writer.write(2).title(),),
            themes=tuple(THEMES[(number + step) % 5].id for step in range(1 + number % 3)),
        )
        for number in range(STORIES)
    ]
    content = make_content(*stories, letters=(make_letter(body=writer.write(150) + "."),))
    return rendered(content, make_config(themes=THEMES, feeds=(FEED,)))


def test_a_week_of_forty_stories_is_small(site: dict[str, bytes]) -> None:
    page = site["2026/w20/index.html"]

    assert len(find(parse(page), "article")) == STORIES
    assert len(gzip.compress(page, 9)) <= HTML


def test_the_style_is_one_small_file(site: dict[str, bytes]) -> None:
    (sheet,) = [path for path in site if path.endswith(".css")]

    assert len(gzip.compress(site[sheet], 9)) <= STYLE


def test_a_page_loads_only_its_style_and_its_icon(site: dict[str, bytes]) -> None:
    tree = parse(site["2026/w20/index.html"])

    loaded = [
        link.get("href")
        for link in find(tree, "link")
        if link.get("rel") in {"stylesheet", "icon", "preload"}
    ]
    assert [link.partition("?")[0] for link in loaded] == ["/style.css", "/icon.svg"]
    assert [one for one in tree.iter() if one.get("src") or one.get("srcset")] == []
