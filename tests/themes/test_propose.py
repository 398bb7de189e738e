"""Themes proposed for an archive without any: words that recur in its headlines, in groups."""

from __future__ import annotations

import tomllib
from pathlib import Path

from builders import make_story, make_theme
from shell import invoke
from test_themes_command import pulled, rss, rule

from digest.model import Story
from digest.themes.propose import MIN_STORIES, _without_caught, propose
from digest.themes.rules import themes_of

COFFEE = (
    "Arabica futures hit a record on thin stocks", "Roasters hedge as arabica futures swing",
    "Robusta futures slip after fund selling", "Arabica futures rally on a weaker real",
    "EU delays deforestation rule by a year", "Growers map farms for the deforestation rule",
    "Importers ask Brussels to simplify deforestation rule", "Brussels ranks countries by deforestation risk",
    "Luckin opens its 20,000th café", "Starbucks shuts pick-up stores", "Starbucks baristas walk out over pay",
    "Luckin enters New York", "Starbucks sells its China business", "Frost warning rattles Minas Gerais",
    "Minas Gerais growers replant", "Hail destroys trees in Minas Gerais", "How a village keeps its terraces",
    "A museum of espresso machines opens", "The chemist who measures crema", "Leaf rust returns with the heat",
)  # fmt: skip


def stories(titles: tuple[str, ...]) -> list[Story]:
    return [make_story(slug=f"story-{number}", title=title) for number, title in enumerate(titles)]


def test_recurring_words_become_themes_with_the_words_that_accompany_them() -> None:
    found = {one.theme.id: one for one in propose(stories(COFFEE))}

    assert {"deforestation-rule", "arabica-futures", "minas-gerais", "starbucks"} <= found.keys()
    assert found["deforestation-rule"].theme.match[:2] == ("deforestation rule", "deforestation")
    assert found["deforestation-rule"].stories == 4
    assert found["starbucks"].theme.title == "Starbucks"
    assert found["minas-gerais"].theme.match[0] == "Minas Gerais"
    assert set(found["arabica-futures"].headlines) <= set(COFFEE)


def test_a_phrase_that_another_of_its_theme_catches_is_left_out() -> None:
    phrases = ["tech", "giants", "tech firm", "Giant*"]

    assert _without_caught(phrases) == ["tech", "tech firm", "Giant*"]


def test_verbs_and_fillers_are_in_no_theme() -> None:
    memory = (
        "Memory shortage fuels a rush", "Memory maker fuels hopes despite fines", "Memory prices double despite talks",
        "Memory stays scarce", "Festival fuels local pride despite rain", "Hynix and Samsung split memory orders",
        "Memory output of Hynix and Samsung falls", "Hynix hires",
    )  # fmt: skip

    found = {one.theme.id: one.theme.match for one in propose(stories((*COFFEE, *memory)))}

    phrases = {phrase for match in found.values() for phrase in match}
    assert found["memory"] == ("Memory", "Hynix")
    assert phrases.isdisjoint({"fuels", "fuel*", "despite"})


def test_a_word_in_most_headlines_is_not_a_theme() -> None:
    everywhere = tuple(f"Coffee: {title}" for title in COFFEE)

    phrases = {phrase for one in propose(stories(everywhere)) for phrase in one.theme.match}

    assert "Coffee" not in phrases
    assert "Starbucks" in phrases


def test_words_without_capitals_and_forms_of_a_word_become_themes() -> None:
    ports = ("항구가 붐빈다", "새 항구를 연다", "항구 파업", "항구에서 만난 사람")
    ferries = (
        "Arran ferry cancelled",
        "Two ferries collide",
        "Islanders want ferries",
        "A ferry sold",
        "Dearer ferries",
        "The last ferry",
    )

    phrases = {one.theme.match[0] for one in propose(stories((*COFFEE, *ports, *ferries)))}

    assert {"항구*", "ferr*"} <= phrases


def test_a_word_in_most_headlines_in_several_forms_is_not_a_theme() -> None:
    forms = ("ferry", "ferries", "ferryman")
    everywhere = [f"{title}: {forms[at % 3]}" for at, title in enumerate(COFFEE)]

    phrases = {phrase for one in propose(stories(tuple(everywhere))) for phrase in one.theme.match}

    assert not [phrase for phrase in phrases if phrase.startswith("ferr")]


def test_too_few_stories_propose_nothing() -> None:
    assert propose(stories(COFFEE[: MIN_STORIES - 1])) == []


def test_existing_ids_are_not_proposed_again() -> None:
    ids = {one.theme.id for one in propose(stories(COFFEE), ["starbucks"])}

    assert "starbucks-2" in ids


def test_the_order_of_the_stories_does_not_change_the_proposals() -> None:
    assert [one.theme for one in propose(stories(COFFEE)[::-1])] == [
        one.theme for one in propose(stories(COFFEE))
    ]


def test_printed_themes_can_be_copied_into_digest_toml(tmp_path: Path) -> None:
    rule(tmp_path, {})
    entries = [(chr(97 + number), title, "") for number, title in enumerate(COFFEE)]
    (tmp_path / "first.xml").write_text(
        rss(entries).replace("09:32:4", "09:32:0").replace(" +0000", " +0000")
    )
    (tmp_path / "second.xml").write_text(rss([]))
    pulled(tmp_path)
    before = (tmp_path / "digest.toml").read_text()

    printed = invoke(tmp_path, "themes", "--propose").output

    themes = tomllib.loads(printed)["themes"]
    assert "starbucks" in [theme["id"] for theme in themes]
    (tmp_path / "digest.toml").write_text(before + printed)
    assert invoke(tmp_path, "themes").exit_code == 0


def test_too_few_stories_are_explained_in_a_message(tmp_path: Path) -> None:
    rule(tmp_path, {})
    for option in ("--missing", "--suggest", "--score"):
        assert invoke(tmp_path, "themes", option).output == "No stories yet. Next: digest pull\n"
    assert invoke(tmp_path, "themes", "--propose").output == "No story needs a theme\n"
    for feed in ("first", "second"):
        (tmp_path / f"{feed}.xml").write_text(rss())
    pulled(tmp_path)

    assert (
        "There are 3 stories that need a theme: too few"
        in invoke(tmp_path, "themes", "--propose").output
    )
    assert "digest themes --propose" in invoke(tmp_path, "themes", "--missing").output


def test_each_phrase_of_unspaced_text_finds_stories() -> None:
    titles = (*COFFEE, *(f"東京 京都 {number}" for number in "一二三四"))

    proposed = propose(stories(titles))

    assert "京都" in {phrase for one in proposed for phrase in one.theme.match}
    for phrase in {phrase for one in proposed for phrase in one.theme.match}:
        theme = make_theme("a", match=(phrase,))
        assert any(themes_of(title, "", [theme]) for title in titles)
