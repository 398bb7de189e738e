"""Phrases proposed from what the editor has decided: right, hardly ever wrong, and new."""

from __future__ import annotations

from dataclasses import replace

from builders import make_theme

from digest.themes.phrase_proposals import Proposal, RuleText, WeakPhrase, proposals, weak_phrases
from digest.themes.rules import themes_of

PRICES = [
    "Contract prices of DRAM rise",
    "DRAM contract price doubles",
    "Makers fear the next contract price",
    "Contract prices fall at last",
]
OTHERS = ["Harbour master retires", "Fog over the strait", "A lens for the lighthouse"] * 3


def decided(theme: str = "prices", right: list[str] = PRICES) -> list[RuleText]:
    stories = [*((title, {theme}) for title in right), *((title, set[str]()) for title in OTHERS)]
    return [
        RuleText(f"{number}.md", title, "", frozenset(themes))
        for number, (title, themes) in enumerate(stories)
    ]


def test_a_phrase_is_proposed_with_its_counts_and_in_its_usual_spelling() -> None:
    theme = make_theme("prices", match=("DRAM",))

    (first, *_) = proposals(decided(), [theme])

    assert first == Proposal("prices", "contract price*", right=4, wrong=0, new=2)


def test_a_rule_with_its_proposals_finds_all_stories_and_each_proposal_finds_new_ones() -> None:
    theme = make_theme("prices", match=("nothing",))

    found = list(proposals(decided(), [theme]))

    wider = theme._replace(match=tuple(one.phrase for one in found))
    assert all(themes_of(title, "", [wider]) for title in PRICES)
    assert all(one.new for one in found)


def test_phrases_already_found_often_wrong_or_seen_once_are_not_proposed() -> None:
    once = [*PRICES, "Unique event", "Harbour prices", "Harbour contract"]

    found = list(
        proposals(decided(right=once), [make_theme("prices", match=("contract", "price*"))])
    )

    assert found == []


def test_a_phrase_of_thousands_of_stories_is_proposed() -> None:
    many = [
        RuleText(f"{number}.md", "Chips ahoy", "", frozenset({"chips"} if number % 8 else ()))
        for number in range(4_000)
    ]
    others = [RuleText(f"o{number}.md", "Fog", "", frozenset()) for number in range(4_000)]

    found = list(proposals([*many, *others], [make_theme("chips", match=("nothing",))]))

    assert [(one.phrase, one.right, one.wrong) for one in found] == [("Chips ahoy", 3_500, 500)]


def test_a_phrase_that_the_rule_ignores_is_not_proposed() -> None:
    theme = make_theme("prices", match=("nothing",), ignore=("contract", "contract price*"))

    phrases = {one.phrase for one in proposals(decided(), [theme])}

    assert "contract*" not in phrases
    assert all(themes_of(f"{PRICES}", "", [theme._replace(match=(phrase,))]) for phrase in phrases)


def test_a_phrase_in_a_headline_comes_before_one_that_only_summaries_have() -> None:
    stories = [
        replace(story, summary="The giant said so." if story.themes else "")
        for story in (
            *decided(right=["Price up", "Sold out", "Dear", "Price down"]),
            *decided(right=[]),
        )
    ]

    found = [(one.phrase, one.new) for one in proposals(stories, [make_theme("prices")])]

    assert found == [("Price", 2), ("giant", 2)]


def test_words_with_particles_or_in_compounds_are_found_by_their_beginning() -> None:
    korean = ["항구가 붐빈다", "새 항구를 연다", "항구에서 만난 사람"]
    german = ["Hafen wird teurer", "Neue Hafengebühr", "Hafens Zukunft", "Streit um Hafengebühr"]

    for titles, phrase in ((korean, "항구*"), (german, "Hafen*")):
        found = list(proposals(decided(right=titles), [make_theme("prices")]))
        assert (found[0].phrase, found[0].right) == (phrase, len(titles))


def test_function_words_are_not_proposed_as_phrases() -> None:
    stories = ["The first week of the year"] * 4

    assert list(proposals(decided(right=stories), [make_theme("prices")])) == []


def test_phrases_that_match_nothing_or_mostly_wrong_stories_are_listed() -> None:
    theme = make_theme("prices", match=("contract*", "harbour", "sold out", "tulip*"))
    others = [RuleText("x.md", "Tulips", "", frozenset())]

    assert list(weak_phrases(decided(), others, [theme])) == [
        WeakPhrase("prices", "harbour", right=0, wrong=3),
        WeakPhrase("prices", "sold out", right=0, wrong=0),
    ]


def test_the_same_stories_in_any_order_give_the_same_phrases() -> None:
    theme = make_theme("prices", match=("DRAM",))

    assert list(proposals(decided()[::-1], [theme])) == list(proposals(decided(), [theme]))
