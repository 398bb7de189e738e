"""Theme rules: what a phrase matches, what it does not, and which theme comes first."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from builders import make_theme
from hypothesis import given
from hypothesis import strategies as st

from digest.phrases import check_phrase, parts_of
from digest.themes.rules import themes_of

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
def test_phrase_is_found_as_the_case_says(answer: str, phrase: str, text: str) -> None:
    text = text.replace(r"\n", "\n").replace(r"\t", "\t")

    assert earns(text, match=(phrase,)) is (answer == "yes")
    assert earns("", text, match=(phrase,)) is (answer == "yes")


@pytest.mark.parametrize(("phrase", "fault"), rows("phrases.tsv"))
def test_badly_written_phrase_is_refused_in_words(phrase: str, fault: str) -> None:
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
def test_well_written_phrase_has_no_fault(phrase: str) -> None:
    assert check_phrase(phrase) is None


def test_any_phrase_suffices() -> None:
    assert earns("Nexperia row rolls on", match=("Wingtech", "Nexperia"))


def test_parts_of_a_phrase_may_stand_apart_in_headline_and_summary() -> None:
    assert earns("A new ban", "It hits chips.", match=("chip* + ban",))


def test_one_part_never_reaches_from_the_headline_into_the_summary() -> None:
    assert not earns("New export", "controls are near", match=("export controls",))


# ---------------------------------------------------------------- ignore


def test_ignored_words_are_as_if_they_were_not_there() -> None:
    assert not earns(
        "Wanted: controls engineers", match=("controls",), ignore=("controls engineer*",)
    )


def test_ignored_words_leave_the_same_word_elsewhere_alone() -> None:
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
def test_words_on_both_sides_of_ignored_ones_do_not_grow_together(
    text: str, phrase: str, ignored: str
) -> None:
    assert earns(text.replace(ignored, "").replace("  ", " "), match=(phrase,))
    assert not earns(text, match=(phrase,), ignore=(ignored,))


def test_ignored_phrase_of_several_parts_is_blanked_only_where_all_are_there() -> None:
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
def test_evidence_names_the_phrase_and_where_it_stood(
    headline: str, summary: str, evidence: str
) -> None:
    assert themes_of(headline, summary, [make_theme("curbs", match=("chip* + ban",))]) == {
        "curbs": evidence
    }


def test_evidence_is_the_phrase_that_stands_nearest_to_the_front() -> None:
    theme = make_theme("curbs", match=("entity list", "blacklist*"))

    assert themes_of("Blacklisted", "On the entity list.", [theme]) == {
        "curbs": "'blacklist*' in the headline"
    }


def test_theme_of_the_headline_comes_before_one_of_the_summary_and_else_the_given_order_holds() -> (
    None
):
    themes = [
        make_theme(word, match=(word, f"{word} + here")) for word in ("one", "two", "three", "four")
    ]

    assert list(themes_of("four three here", "one two", themes)) == ["three", "four", "one", "two"]


def test_theme_met_across_headline_and_summary_comes_between() -> None:
    themes = [make_theme("low", match=("low",)), make_theme("both", match=("top + low",))]

    assert list(themes_of("top", "low", themes)) == ["both", "low"]


def test_story_without_any_of_the_words_earns_nothing() -> None:
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
def test_any_text_meets_any_rule_in_peace(
    headline: str, summary: str, phrases: list[str], ignore: list[str]
) -> None:
    themes = [make_theme("it", match=tuple(phrases), ignore=tuple(ignore))]

    assert set(themes_of(headline, summary, themes)) <= {"it"}


@given(before=ANY, phrase=PHRASES, after=ANY)
def test_phrase_is_found_wherever_it_stands_between_spaces(
    before: str, phrase: str, after: str
) -> None:
    text = f"{before} . {' . '.join(parts_of(phrase)).replace('*', '')} . {after}"

    assert earns(text, match=(phrase,))


@given(text=ANY, phrase=PHRASES)
def test_case_hyphens_and_apostrophes_change_no_answer(text: str, phrase: str) -> None:
    retyped = text.replace("-", "\u2011").replace("'", "’").swapcase().casefold()

    assert earns(retyped, match=(phrase,)) == earns(text.casefold(), match=(phrase,))


@given(text=ANY, phrase=PHRASES)
def test_what_is_matched_and_ignored_earns_nothing(text: str, phrase: str) -> None:
    assert not earns(text, match=(phrase,), ignore=(phrase,))


@given(phrase=st.text(alphabet="ab+* -", max_size=10))
def test_phrase_either_has_a_fault_or_has_parts(phrase: str) -> None:
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
