"""The shipped digest.toml, judged as an editor would judge it: on made-up headlines, and on the real feeds if here."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from digest import config
from digest.stories.themes import themes_of

ROOT = Path(__file__).parents[1]
HEADLINES = Path(__file__).parent / "data" / "themes" / "headlines.tsv"
JUDGED = ("export-controls", "memory-crunch", "nexperia")
THEMES = config.load(ROOT).themes
GOOD = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A story, the themes that it earns, and the editor's answer for each that is judged: yes, no or maybe."""

    headline: str
    earned: frozenset[str]
    answers: dict[str, str]


def judge(headline: str, summary: str, answers: dict[str, str]) -> Case:
    return Case(
        headline=headline,
        earned=frozenset(themes_of(headline, summary, THEMES)),
        answers=answers,
    )


@cache
def made_up() -> list[Case]:
    lines = HEADLINES.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [
        judge(headline, summary, {theme: "yes" if theme in own.split(",") else "no" for theme in JUDGED})
        for own, headline, summary in rows
    ]


@cache
def real(shared: Path) -> list[Case]:
    lines = (shared / "themes-gold.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line.startswith("http")]
    gold = {link: dict(zip(JUDGED, answers, strict=False)) for link, *answers in rows}
    entries = [entry for feed in sorted((shared / "feeds").glob("*.xml")) for entry in ET.parse(feed).iter("item")]
    stories = {entry.findtext("link", "").partition("?")[0]: entry for entry in entries}
    return [
        judge(entry.findtext("title", ""), entry.findtext("description", ""), gold[link])
        for link, entry in stories.items()
    ]


def errors(cases: Iterable[Case], theme: str) -> tuple[float, float, list[str]]:
    """Returns precision and recall of a theme's rule, and the headlines it has wrong; `maybe` counts for nothing."""
    counted = [case for case in cases if case.answers[theme] != "maybe"]
    right = [case for case in counted if theme in case.earned and case.answers[theme] == "yes"]
    false = [case for case in counted if theme in case.earned and case.answers[theme] == "no"]
    missed = [case for case in counted if theme not in case.earned and case.answers[theme] == "yes"]
    precision, recall = len(right) / len([*right, *false]), len(right) / len([*right, *missed])
    return precision, recall, [case.headline for case in (*false, *missed)]


@pytest.mark.parametrize("theme", JUDGED)
def test_rule_agrees_with_an_editor_on_made_up_headlines(theme: str) -> None:
    precision, recall, wrong = errors(made_up(), theme)

    assert min(precision, recall) >= GOOD, wrong


@pytest.mark.parametrize("theme", JUDGED)
def test_rule_agrees_with_an_editor_on_the_real_feeds(theme: str, shared: Path) -> None:
    precision, recall, wrong = errors(real(shared), theme)

    assert min(precision, recall) >= GOOD, wrong


def test_made_up_headlines_are_enough_to_judge_by() -> None:
    cases = made_up()

    assert len(cases) >= 60
    assert all(sum(case.answers[theme] == "yes" for case in cases) >= 15 for theme in JUDGED)
    assert sum(set(case.answers.values()) == {"no"} for case in cases) >= 60


def test_few_of_the_real_stories_stand_elsewhere(shared: Path) -> None:
    cases = real(shared)
    elsewhere = [case.headline for case in cases if not case.earned]

    assert len(cases) == 96
    assert len(elsewhere) / len(cases) < 0.15, elsewhere


def test_no_theme_takes_in_most_of_the_real_stories(shared: Path) -> None:
    cases = real(shared)
    stories = {theme.id: sum(theme.id in case.earned for case in cases) for theme in THEMES}

    assert all(0 < count < len(cases) / 2 for count in stories.values()), stories


@pytest.mark.parametrize(
    ("headline", "main"),
    [
        ("Washington adds a dozen Chinese chip designers to entity list", "export-controls"),
        ("SMIC shrugs off memory shortage", "memory-crunch"),
        ("Nexperia court case drags on as tariffs loom", "nexperia"),
        ("TSMC to build AI chips in Arizona", "foundries"),
        ("Nvidia stock market value passes Taiwan’s output", "ai-chips"),
        ("ASML machine price rises with tariffs", "tools-and-materials"),
        ("China’s five-year plan answers US tariffs", "self-reliance"),
        ("US and Taiwan reach tariff deal", "trade-and-diplomacy"),
        ("Taipei mayor visits chip museum", "taiwan"),
        ("Chip designer files for Hong Kong IPO", "listings"),
    ],
)
def test_narrow_storyline_comes_before_a_broad_one(headline: str, main: str) -> None:
    assert next(iter(themes_of(headline, "", THEMES))) == main


def test_feeds_keep_none_of_the_publishers_sentences() -> None:
    assert [feed.excerpt for feed in config.load(ROOT).feeds] == [0, 0]
