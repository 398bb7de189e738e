"""The shipped theme rules, judged as an editor would, on invented headlines and, if here, on the
real feeds.

Also the data that `init` writes into a new digest.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

import pytest

from digest import config
from digest.themes.rules import themes_of
from digest.week import Week

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "digest" / "starter"
HEADLINES = Path(__file__).parents[1] / "data" / "themes" / "headlines.tsv"
JUDGED = ("export-controls", "memory-crunch", "nexperia")
THEMES = config.load(ROOT).themes
GOOD = 0.92
MAX_OF_ONE, MAX_OF_ALL = 60, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A story, the themes that it earns, and the editor's answer for each judged one: yes, no or
    maybe.
    """

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
        judge(headline, summary, {theme: answer(theme, own.split(",")) for theme in JUDGED})
        for own, headline, summary in rows
    ]


def answer(theme: str, own: list[str]) -> str:
    return "yes" if theme in own else "maybe" if f"{theme}?" in own else "no"


@cache
def real(shared: Path) -> list[Case]:
    lines = (shared / "themes-gold.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line.startswith("http")]
    gold = {link: dict(zip(JUDGED, answers, strict=False)) for link, *answers in rows}
    entries = [
        entry
        for feed in sorted((shared / "feeds").glob("*.xml"))
        for entry in ET.parse(feed).iter("item")
    ]
    stories = {entry.findtext("link", "").partition("?")[0]: entry for entry in entries}
    return [
        judge(entry.findtext("title", ""), entry.findtext("description", ""), gold[link])
        for link, entry in stories.items()
    ]


def errors(cases: Iterable[Case], theme: str) -> tuple[float, float, list[str]]:
    """Returns precision and recall of a theme's rule, and the headlines it has wrong; `maybe` does
    not count.
    """
    counted = [case for case in cases if case.answers[theme] != "maybe"]
    right = [case for case in counted if theme in case.earned and case.answers[theme] == "yes"]
    false = [case for case in counted if theme in case.earned and case.answers[theme] == "no"]
    missed = [case for case in counted if theme not in case.earned and case.answers[theme] == "yes"]
    precision, recall = len(right) / len([*right, *false]), len(right) / len([*right, *missed])
    return precision, recall, [case.headline for case in (*false, *missed)]


@pytest.mark.parametrize("theme", JUDGED)
def test_a_shipped_rule_agrees_with_an_editor_on_made_up_headlines(theme: str) -> None:
    precision, recall, wrong = errors(made_up(), theme)

    assert precision >= GOOD, wrong
    assert recall >= 0.75, wrong


@pytest.mark.parametrize("theme", JUDGED)
def test_a_shipped_rule_agrees_with_an_editor_on_the_real_feeds(theme: str, shared: Path) -> None:
    precision, recall, wrong = errors(real(shared), theme)

    assert min(precision, recall) >= GOOD, wrong


def test_rules_are_as_long_as_a_curator_would_write_them() -> None:
    phrases = [len(theme.match) + len(theme.ignore) for theme in THEMES]

    assert max(phrases) <= MAX_OF_ONE
    assert sum(phrases) <= MAX_OF_ALL


def test_made_up_headlines_are_enough_to_judge_by() -> None:
    cases = made_up()

    assert len(cases) >= 60
    assert all(sum(case.answers[theme] == "yes" for case in cases) >= 15 for theme in JUDGED)
    assert sum(set(case.answers.values()) == {"no"} for case in cases) >= 60


def test_few_of_the_real_stories_have_no_theme(shared: Path) -> None:
    cases = real(shared)
    elsewhere = [case.headline for case in cases if not case.earned]

    assert len(cases) == 96
    assert len(elsewhere) / len(cases) < 0.15, elsewhere


def test_no_theme_matches_most_of_the_real_stories(shared: Path) -> None:
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
def test_a_narrow_theme_comes_before_a_broad_one(headline: str, main: str) -> None:
    assert next(iter(themes_of(headline, "", THEMES))) == main


def test_the_feeds_of_this_digest_keep_no_excerpts() -> None:
    assert [feed.excerpt for feed in config.load(ROOT).feeds] == [0, 0]


# ---------------------------------------------------------------- the starter


def starter_text() -> str:
    text = (STARTER / "digest.toml").read_text(encoding="utf-8")
    values = {
        "@TITLE@": "Tea",
        "@URL@": "https://example.org/tea/",
        "@ID@": "urn:uuid:1",
        "@TIMEZONE@": "UTC",
        "@LANGUAGE@": "en",
    }
    return re.sub("|".join(values), lambda place: values[place[0]], text)


def sample() -> list[ET.Element]:
    return list(ET.parse(STARTER / "feeds" / "sample.xml").iter("item"))


def test_the_starters_digest_toml_is_valid_unchanged_and_with_every_example_enabled() -> None:
    every_key = re.sub(r"^# (\w+ = |\[)", r"\1", starter_text(), flags=re.MULTILINE)

    assert config.loads(starter_text()).feeds[0].url == "feeds/sample.xml"
    assert config.loads(every_key).close == "letter"
    assert config.loads(every_key).mail.host == "smtp.example.org"


def test_the_starters_digest_toml_shows_every_key() -> None:
    head = r"^(?:# )?\[\[?(\w+)\]"
    _, *tables = re.split(head, starter_text(), flags=re.MULTILINE)
    shown = {
        (table, key)
        for table, text in zip(tables[::2], tables[1::2], strict=True)
        for key in re.findall(r"^(?:# +)?(\w+) = ", text, re.MULTILINE)
    }

    assert shown == {(table, key) for table, keys in config._TABLES.items() for key in keys}


def test_the_sample_feed_has_twelve_stories_in_three_weeks() -> None:
    days = [parsedate_to_datetime(entry.findtext("pubDate", "")) for entry in sample()]

    assert len(days) == 12
    assert days == sorted(days, reverse=True)
    assert len({Week.of(day) for day in days}) == 3
    assert {day.isoweekday() for day in days} <= {
        2,
        3,
        4,
        5,
        6,
    }  # so that no time zone puts one into another week


def test_the_starters_themes_match_ten_of_the_twelve_stories_and_need_its_ignore() -> None:
    themes = config.loads(starter_text()).themes
    earned = {
        entry.findtext("title", ""): themes_of(
            entry.findtext("title", ""), entry.findtext("description", ""), themes
        )
        for entry in sample()
    }

    assert sum(map(bool, earned.values())) == 10
    assert not earned["Lighthouse Café changes hands but not its cake"]
