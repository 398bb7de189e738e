"""Suggested themes: those of the stories that a story is like, the same on every machine."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import Any

from builders import make_story, make_theme
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Story
from digest.themes.suggest import Index, suggested_counts, suggestions, without_theme

THEMES = (make_theme("prices", match=("price*",)), make_theme("ships", match=("ship*",)))
DECIDED = (
    ("prices", "DRAM prices double"),
    ("prices", "DRAM contracts get dearer"),
    ("prices", "Memory costs more than ever"),
    ("ships", "Freighter aground off Gannet Rock"),
    ("ships", "Freighter afloat again"),
    ("ships", "Crew of the freighter flown home"),
)


def story(title: str, *themes: str, **fields: Any) -> Story:
    name = title.lower().replace(" ", "-")
    return make_story(
        file=f"content/2026/w20/2026-05-15-{name}.md", title=title, themes=themes, **fields
    )


ARCHIVE = tuple(story(title, theme) for theme, title in DECIDED)


def suggested(title: str, **fields: Any) -> list[str]:
    return [one.theme for one in Index(ARCHIVE, THEMES).suggest(story(title, **fields))]


def test_a_story_is_suggested_the_theme_of_stories_with_the_same_rare_words() -> None:
    (first, *_) = Index(ARCHIVE, THEMES).suggest(story("Why DRAM contracts matter"))

    assert first.theme == "prices"
    assert [one.title for one in first.like] == ["DRAM contracts get dearer", "DRAM prices double"]
    assert (first.like[0].file, first.like[0].week) == (ARCHIVE[1].file, "2026-W20")
    assert first.why == "like 'DRAM contracts get dearer' (w20), 'DRAM prices double' (w20)"


def test_words_of_the_excerpt_count_and_function_words_do_not() -> None:
    assert suggested("It happened", excerpt="A freighter again.") == ["ships"]
    assert suggested("More than ever, and again") == []


def test_a_sentence_in_every_summary_of_a_feed_makes_no_stories_similar() -> None:
    closing = "The post appeared first on the Harbour Lantern"
    archive = [
        story(f"{title} {number}", theme, excerpt=closing)
        for number in (1, 2)
        for theme, title in DECIDED
    ]

    index = Index(archive, THEMES)

    assert index.suggest(story("Teapots on show", excerpt=closing)) == ()
    (first, *_) = index.suggest(story("Freighter on show", excerpt=closing))
    assert first.theme == "ships"


def test_a_matching_rule_counts_if_no_story_is_similar_yet() -> None:
    (one,) = Index((), THEMES).suggest(story("Shipping lanes"))

    assert (one.theme, one.like, one.why) == ("ships", (), "its rule is met")


def test_themes_of_the_story_and_removed_themes_are_not_suggested() -> None:
    gone = story("DRAM runs out", "old")

    index = Index((*ARCHIVE, gone), THEMES)

    assert index.suggest(story("DRAM", "prices")) == ()
    assert [one.theme for one in index.suggest(story("DRAM runs out"))] == ["prices"]


def test_a_story_is_not_similar_to_itself_or_to_a_hidden_one() -> None:
    index = Index((story("Lone word", "ships"), story("Hidden word", "ships", hide=True)), THEMES)

    assert index.suggest(story("Lone word")) == ()


def test_scripts_without_spaces_are_compared_by_pairs_of_characters() -> None:
    index = Index((story("存储芯片价格上涨", "prices"), story("货船搁浅", "ships")), THEMES)

    assert [one.theme for one in index.suggest(story("芯片价格"))] == ["prices"]


def test_stories_without_a_theme_are_listed_newest_first_without_hidden_ones() -> None:
    old, new = story("Old"), story("New", day="2026-05-16")

    assert without_theme((old, *ARCHIVE, story("Hidden", hide=True), new)) == [new, old]


def test_only_a_limited_number_of_stories_is_compared_and_all_are_listed() -> None:
    asked = [story(f"DRAM {number}") for number in range(3)]

    found = suggestions(asked, ARCHIVE, THEMES, most=2)

    assert [len(one.themes) for one in found] == [1, 1, 0]
    assert suggested_counts(found) == {"prices": 2}


def test_a_story_similar_to_only_one_other_gets_no_suggestion() -> None:
    assert suggested_counts(suggestions([story("Memory lane")], ARCHIVE, THEMES)) == {}


@given(order=st.permutations(range(len(ARCHIVE))))
def test_the_order_of_the_stories_changes_no_suggestion(order: list[int]) -> None:
    asked = story("DRAM freighter costs")

    assert Index([ARCHIVE[at] for at in order], THEMES).suggest(asked) == Index(
        ARCHIVE, THEMES
    ).suggest(asked)


def test_the_hash_seed_changes_no_suggestion() -> None:
    rng = random.Random(7)
    words = [f"word{number}" for number in range(40)]
    titles = [" ".join(rng.sample(words, 6)) for _ in range(120)]
    code = (
        "import sys, json; sys.path[:0] = json.loads(sys.argv[1])\n"
        "from test_suggest import story, THEMES\n"
        "from digest.themes.suggest import Index\n"
        "titles = json.loads(sys.argv[2])\n"
        "index = Index([story(t, ('prices', 'ships')[n % 2]) for n, t in enumerate(titles[:100])], THEMES)\n"
        "print([index.suggest(story(t)) for t in titles[100:]])"
    )
    run = [sys.executable, "-c", code, json.dumps(sys.path), json.dumps(titles)]

    printed = {
        subprocess.run(
            run, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "4711")
    }

    assert len(printed) == 1
    assert b"Suggestion" in printed.pop()
