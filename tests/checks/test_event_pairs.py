"""Stories that likely report the same event: few false pairs on headlines that look alike."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import make_content, make_story

from digest.checks import also_rules
from digest.checks.event_pairs import likely_pairs
from digest.model import Story

ROWS = list(
    csv.DictReader(
        (Path(__file__).parents[1] / "data/same-events.tsv").read_text().splitlines(),
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
    )
)
MONDAY = datetime(2026, 5, 11, 8, tzinfo=UTC)


def pair(row: dict[str, str], number: int = 0) -> Iterator[Story]:
    """Yields both stories of a row, in one week."""
    for which, hours in (("first", 0.0), ("second", float(row["hours"]))):
        story = make_story(f"s{number}-{which}", day="2026-05-11", title=row[which])
        when = MONDAY + timedelta(hours=hours)
        yield replace(story, excerpt=row[f"{which} summary"] or "", published=when)


def reports(*said: tuple[str, float]) -> list[Story]:
    return [
        replace(
            make_story(f"s{number}", day="2026-05-11", title=title),
            published=MONDAY + timedelta(hours=hours),
        )
        for number, (title, hours) in enumerate(said)
    ]


def test_nearly_all_pairs_of_similar_headlines_are_right_and_most_are_found() -> None:
    found = [row["label"] for row in ROWS if likely_pairs(pair(row))]
    labels = [row["label"] for row in ROWS]

    assert len(ROWS) >= 80
    assert 2 * labels.count("other") >= len(ROWS)
    assert found.count("same") / len(found) >= 0.95
    assert found.count("same") / labels.count("same") >= 0.75


def test_a_full_week_has_no_other_pairs() -> None:
    same = {row["first"]: row for row in ROWS if row["label"] == "same"}.values()
    week = [story for number, row in enumerate(same) for story in pair(row, number)]

    found = likely_pairs(week)

    assert len(found) > 60
    assert all(
        one.first.slug.partition("-")[0] == one.second.slug.partition("-")[0] for one in found
    )
    assert likely_pairs(reversed(week)) == found


def test_a_pair_names_what_its_stories_share() -> None:
    (found,) = likely_pairs(
        reports(
            ("Halden Motors to buy Voltara for $2.3 billion", 0),
            ("Halden Motors agrees $2.3bn takeover of Voltara", 5),
        )
    )

    assert found.why == "both say Halden, Motors, Voltara, 2.3 billion dollars; 5 hours apart"


@pytest.mark.parametrize(
    ("one", "other", "hours"),
    [
        ("Halden Motors to buy Voltara for $2.3 billion", "Halden Motors buys Voltara for $4.1 billion", 5),
        ("Halden Motors to buy Voltara for $2.3 billion", "Halden Motors buys Voltara for $2.3bn", 200),
        ("Voltara shares rise on Halden takeover talks", "Voltara shares fall on Halden takeover talks", 20),
        ("Halden Motors to buy Voltara", "Halden Motors to buy Helionix", 2),
        ("Halden Motors to buy Voltara for $2.3 billion", "What Halden Motors gets when it buys Voltara for $2.3bn", 2),
    ],
)  # fmt: skip
def test_headlines_that_contradict_each_other_are_not_paired_however_similar(
    one: str, other: str, hours: float
) -> None:
    assert likely_pairs(reports((one, 0), (other, hours))) == ()


def test_words_in_half_of_the_headlines_of_a_week_pair_nothing() -> None:
    said = [
        "Nexara chief returns", "Nexara wafers run out", "Nexara unions protest",
        "Nexara buyers worry", "Nexara plant idle", "Nexara suppliers wait",
    ]  # fmt: skip
    week = reports(
        *((f"{words} as Hague minister argues over wafers", n) for n, words in enumerate(said))
    )

    assert likely_pairs(week) == ()


def test_stories_of_one_group_and_hidden_ones_are_not_proposed_again() -> None:
    first, second = reports(
        ("Halden Motors to buy Voltara for $2.3 billion", 0),
        ("Halden Motors agrees $2.3bn takeover of Voltara", 5),
    )
    name = second.file.rpartition("/")[2]

    def likely(*stories: Story) -> int:
        return len(also_rules.likely(stories, make_content(*stories)))

    assert likely(first, second) == 1
    assert likely(replace(first, also=(name,)), second) == 0
    assert likely(first, replace(second, hide=True)) == 0


def test_a_story_similar_to_a_grouped_story_is_proposed_for_the_lead_of_its_group() -> None:
    first, second, third = reports(
        ("Halden Motors to buy Voltara for $2.3 billion", 0),
        ("Halden Motors agrees $2.3bn takeover of Voltara", 30),
        ("Voltara accepts Halden Motors' $2.3 billion offer", 70),
    )
    first = replace(first, also=(second.file.rpartition("/")[2],))
    content = make_content(first, second, third)

    (pair,) = also_rules.likely(content.stories, content)
    (hint,) = also_rules.ungrouped(content, ())

    assert (pair.first, pair.second) == (first, third)
    assert hint.file == third.file
    assert hint.cure == "if so, add 2026-05-11-s2.md to 'also' in that file; if not, leave both"


def test_only_open_weeks_have_hints() -> None:
    stories = reports(
        ("Halden Motors to buy Voltara for $2.3 billion", 0),
        ("Halden Motors agrees $2.3bn takeover of Voltara", 5),
    )
    content = make_content(*stories)

    (hint,) = also_rules.ungrouped(content, ())

    assert (hint.file, hint.key) == (stories[1].file, "title")
    assert f"{hint.what}; {hint.cure}" == (
        "likely reports the same event as 2026-05-11-s0.md: "
        "both say Halden, Motors, Voltara, 2.3 billion dollars; 5 hours apart; "
        "if so, add 2026-05-11-s1.md to 'also' in that file; if not, leave both"
    )
    assert not list(also_rules.ungrouped(content, {stories[0].week}))
