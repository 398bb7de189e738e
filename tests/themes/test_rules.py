"""Theme rules: what a phrase matches, what it does not, and which theme comes first."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from builders import make_theme
from hypothesis import given
from hypothesis import strategies as st

from digest.phrases import check_phrase, parts_of
from digest.themes import rules
from digest.themes.rules import Where, themes_of

DATA = Path(__file__).parents[1] / "data" / "themes"


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def earns(
    headline: str, summary: str = "", *, match: tuple[str, ...], ignore: tuple[str, ...] = ()
) -> bool:
    return bool(themes_of(headline, summary, [make_theme("it", match=match, ignore=ignore)]))


# ---------------------------------------------------------------- phrases


@pytest.mark.parametrize(("answer", "phrase", "text"), rows("matching.tsv"))
def test_a_phrase_matches_as_its_case_says(answer: str, phrase: str, text: str) -> None:
    text = text.replace(r"\n", "\n").replace(r"\t", "\t")

    assert earns(text, match=(phrase,)) is (answer == "yes")
    assert earns("", text, match=(phrase,)) is (answer == "yes")


@pytest.mark.parametrize(("phrase", "fault"), rows("phrases.tsv"))
def test_an_invalid_phrase_is_refused_with_a_message(phrase: str, fault: str) -> None:
    assert check_phrase(phrase) == fault

    with pytest.raises(ValueError, match="phrase"):
        parts_of(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "chip",
        "chip*",
        "chip* + ban*",
        "C++ + memory",
        "芯片",
        "R&D",
        "50 per cent",
        "Disney+ price",
        "A+E",
        "C++17",
    ],
)
def test_a_valid_phrase_has_no_error(phrase: str) -> None:
    assert check_phrase(phrase) is None


def test_one_matching_phrase_is_enough() -> None:
    assert earns("Nexperia row rolls on", match=("Wingtech", "Nexperia"))


def test_the_parts_of_a_phrase_may_match_apart_in_headline_and_summary() -> None:
    assert earns("A new ban", "It hits chips.", match=("chip* + ban",))


def test_one_part_never_matches_across_headline_and_summary() -> None:
    assert not earns("New export", "controls are near", match=("export controls",))


# ---------------------------------------------------------------- ignore


def test_ignored_words_do_not_match() -> None:
    assert not earns(
        "Wanted: controls engineers", match=("controls",), ignore=("controls engineer*",)
    )


def test_an_ignored_word_still_matches_elsewhere() -> None:
    assert earns(
        "Controls engineers hit by controls", match=("controls",), ignore=("controls engineer*",)
    )


@pytest.mark.parametrize(
    ("text", "phrase", "ignored"),
    [
        ("export of remote controls", "export controls", "of remote"),
        ("美国限制芯片", "美国芯片", "限制"),
    ],
)
def test_words_around_ignored_ones_are_not_joined(text: str, phrase: str, ignored: str) -> None:
    assert earns(text.replace(ignored, "").replace("  ", " "), match=(phrase,))
    assert not earns(text, match=(phrase,), ignore=(ignored,))


def test_an_ignored_phrase_of_several_parts_applies_only_if_all_parts_match() -> None:
    rule = {"match": ("DRAM",), "ignore": ("DRAM + stolen",)}

    assert earns("DRAM is dear", "It is sold out.", **rule)
    assert not earns("DRAM recipe", "It was stolen.", **rule)


# ---------------------------------------------------------------- evidence and order


@pytest.mark.parametrize(
    ("headline", "summary", "evidence"),
    [
        ("Chip ban", "", "'chip* + ban' in the headline"),
        ("Chip ban", "A ban on chips.", "'chip* + ban' in the headline"),
        ("A ban", "It hits chips.", "'chip* + ban' in headline and summary"),
        ("News", "A ban on chips.", "'chip* + ban' in the summary"),
        ("A ban", "A ban on chips.", "'chip* + ban' in the summary"),
    ],
)
def test_the_evidence_names_the_phrase_and_its_place(
    headline: str, summary: str, evidence: str
) -> None:
    assert themes_of(headline, summary, [make_theme("curbs", match=("chip* + ban",))]) == {
        "curbs": evidence
    }


def test_the_evidence_is_the_first_matching_phrase() -> None:
    theme = make_theme("curbs", match=("entity list", "blacklist*"))

    assert themes_of("Blacklisted", "On the entity list.", [theme]) == {
        "curbs": "'blacklist*' in the headline"
    }


def test_themes_matched_in_the_headline_come_before_those_of_the_summary_and_otherwise_in_the_given_order() -> (
    None
):
    themes = [
        make_theme(word, match=(word, f"{word} + here")) for word in ("one", "two", "three", "four")
    ]

    assert list(themes_of("four three here", "one two", themes)) == ["three", "four", "one", "two"]


def test_a_theme_matched_across_headline_and_summary_comes_between() -> None:
    themes = [make_theme("low", match=("low",)), make_theme("both", match=("top + low",))]

    assert list(themes_of("top", "low", themes)) == ["both", "low"]


def test_a_story_without_any_of_the_words_gets_no_theme() -> None:
    assert themes_of("Nothing of note", "Nor here.", [make_theme("it", match=("chip*",))]) == {}
    assert themes_of("", "", [make_theme("it", match=("chip*",))]) == {}
    assert themes_of("chips", "chips", []) == {}


# ---------------------------------------------------------------- anything at all

ANY = st.text(max_size=80)
PHRASES = st.text(alphabet="ab é芯'+*- ", min_size=1, max_size=12).filter(
    lambda phrase: check_phrase(phrase) is None
)


@given(
    headline=ANY,
    summary=ANY,
    phrases=st.lists(PHRASES, max_size=4),
    ignore=st.lists(PHRASES, max_size=2),
)
def test_any_text_can_be_matched_with_any_rule(
    headline: str, summary: str, phrases: list[str], ignore: list[str]
) -> None:
    themes = [make_theme("it", match=tuple(phrases), ignore=tuple(ignore))]

    assert set(themes_of(headline, summary, themes)) <= {"it"}


@given(before=ANY, phrase=PHRASES, after=ANY)
def test_a_phrase_is_found_anywhere_between_spaces(before: str, phrase: str, after: str) -> None:
    text = f"{before} . {' . '.join(parts_of(phrase)).replace('*', '')} . {after}"

    assert earns(text, match=(phrase,))


@given(text=ANY, phrase=PHRASES)
def test_case_hyphens_and_apostrophes_do_not_change_a_match(text: str, phrase: str) -> None:
    retyped = text.replace("-", "\u2011").replace("'", "’").swapcase().casefold()

    assert earns(retyped, match=(phrase,)) == earns(text.casefold(), match=(phrase,))


@given(text=ANY, phrase=PHRASES)
def test_a_phrase_that_is_both_matched_and_ignored_gives_no_theme(text: str, phrase: str) -> None:
    assert not earns(text, match=(phrase,), ignore=(phrase,))


@given(phrase=st.text(alphabet="ab+* -", max_size=10))
def test_a_phrase_has_either_an_error_or_parts(phrase: str) -> None:
    fault = check_phrase(phrase)

    assert fault or all(parts_of(phrase))


@pytest.mark.parametrize(
    "pattern",
    [
        "chip",
        "chip ",
        "a b ",
        "\u0301",
        "芯",
        "a\u0301",
        "- ",
        "export ",
        "क",
        "a\u0301\u0323",
        "\u0323\u0301",
    ],
)
def test_ten_times_the_text_takes_about_ten_times_as_long(pattern: str) -> None:
    theme = make_theme(
        "it",
        match=("chip* chip* ban", "a* b* c", "export control*", "क* ख", "芯片 + ban"),
        ignore=("a b a c",),
    )
    short, long = (pattern * (size // len(pattern)) for size in (10_000, 100_000))

    def seconds(text: str) -> float:
        start = time.process_time()
        themes_of(text, text, [theme])
        return time.process_time() - start

    fastest = min(seconds(short) for _ in range(3))
    assert min(seconds(long) for _ in range(2)) < 40 * fastest + 0.05


@pytest.mark.parametrize(
    ("evidence", "place", "phrase", "of_excerpt"),
    [
        ("'chip*' in the headline", Where.HEADLINE, "chip*", "'chip*' in the headline"),
        ("'a + b' in headline and summary", Where.BOTH, "a + b", "'a + b' in headline and excerpt"),
        ("'it's in' in the summary", Where.SUMMARY, "it's in", "'it's in' in the excerpt"),
        ("'a' in headline and excerpt", Where.BOTH, "a", "'a' in headline and excerpt"),
        ("'a' in the excerpt", Where.SUMMARY, "a", "'a' in the excerpt"),
    ],
)
def test_evidence_in_ledgers_is_read_back(
    evidence: str, place: Where, phrase: str, of_excerpt: str
) -> None:
    assert (rules.where_of(evidence), rules.phrase_of(evidence)) == (place, phrase)
    assert rules.of_excerpt(evidence) == of_excerpt


def test_evidence_of_a_feed_in_ledgers_is_read_back() -> None:
    assert rules.where_of("as every story of 'first'") == Where.FEED
