"""How content becomes an archive: order, closed weeks, sections, themes, anchors, what a feed has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import (
    HONG_KONG,
    make_address,
    make_config,
    make_content,
    make_introduction,
    make_letter,
    make_page,
    make_story,
    make_theme,
)
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Config, Content, Story
from digest.site.archive import Archive, Edition
from digest.site.arrange import arrange
from digest.week import Week

NOON = datetime(2026, 5, 12, 12, tzinfo=HONG_KONG)
W19, W20, W21 = (Week(2026, number) for number in (19, 20, 21))


def arranged(
    *stories: Story, close: str = "next-week", drafts: bool = False, **fields: object
) -> Archive:
    config = make_config(close=close)
    return arrange(make_content(*stories, **fields), config, drafts=drafts)


def of(content: Content, config: Config | None = None) -> Archive:
    config = config or make_config()
    return arrange(content, config)


def anchors(archive: Archive) -> dict[str, str]:
    return {story.file: archive.anchors.of(story) for story in archive.stories}


def slugs(stories: tuple[Story, ...]) -> list[str]:
    return [story.slug for story in stories]


def edition(archive: Archive, week: Week) -> Edition:
    return next(edition for edition in archive.editions if edition.week == week)


def test_stories_are_sorted_newest_first_by_week_then_time_then_file() -> None:
    noon = datetime(2026, 5, 12, 12, tzinfo=HONG_KONG)
    archive = arranged(
        make_story("late", day="2026-05-20", week=W19),
        make_story("a", day="2026-05-12", published=noon),
        make_story("b", day="2026-05-12", published=noon),
        make_story("evening", day="2026-05-12", published=noon + timedelta(hours=5)),
    )

    assert slugs(archive.stories) == ["evening", "b", "a", "late"]


def test_the_folder_decides_the_edition() -> None:
    archive = arranged(make_story("dragged", day="2026-05-15", week=W19))

    assert [(one.week, slugs(one.stories)) for one in archive.editions] == [(W19, ["dragged"])]


def test_hidden_stories_and_drafts_are_not_published() -> None:
    archive = arranged(
        make_story("spiked", hide=True),
        make_story("waits", draft=True),
        letters=(make_letter(draft=True),),
        pages=(make_page(draft=True),),
        introductions=(make_introduction(draft=True),),
    )

    assert (archive.stories, archive.editions, archive.pages) == ((), (), ())
    assert archive.by_theme[0].introduction is None


def test_drafts_are_shown_on_request_and_hidden_stories_are_not() -> None:
    archive = arranged(
        make_story("spiked", hide=True),
        make_story("waits", draft=True),
        letters=(make_letter(draft=True),),
        drafts=True,
    )

    assert slugs(archive.stories) == ["waits"]
    assert edition(archive, W20).letter is not None


@pytest.mark.parametrize(
    ("close", "lettered", "closed"),
    [
        ("next-week", (), {W19, W20}),
        ("next-week", ("2026-W22",), {W19, W20, W21}),
        ("letter", (), set()),
        ("letter", ("2026-W20",), {W19, W20}),
        ("letter", ("2026-W21",), {W19, W20, W21}),
    ],
)
def test_a_week_is_closed_by_a_later_one_or_by_a_letter(
    close: str, lettered: tuple[str, ...], closed: set[Week]
) -> None:
    stories = (make_story(day=day) for day in ("2026-05-05", "2026-05-12", "2026-05-19"))
    archive = arranged(*stories, close=close, letters=tuple(map(make_letter, lettered)))

    assert {one.week for one in archive.editions if one.closed} == closed


@pytest.mark.parametrize(
    ("close", "lettered", "closed"),
    [
        ("next-week", (), {W19}),
        ("next-week", ("2062-W20",), {W19}),
        ("letter", ("2062-W20",), set()),
        ("letter", ("2026-W19", "2062-W20"), {W19}),
    ],
)
def test_a_week_far_in_the_future_closes_none(
    close: str, lettered: tuple[str, ...], closed: set[Week]
) -> None:
    stories = (make_story(day=day) for day in ("2026-05-05", "2026-05-12", "2062-05-19"))
    archive = arranged(*stories, close=close, letters=tuple(map(make_letter, lettered)))

    assert {one.week for one in archive.editions if one.closed} == closed
    leading = archive.home_edition
    assert leading and leading.week == (W19 if closed else W20)


@pytest.mark.parametrize("drafts", [False, True])
def test_a_draft_of_a_letter_closes_no_week(drafts: bool) -> None:
    archive = arranged(
        make_story(), close="letter", letters=(make_letter(draft=True),), drafts=drafts
    )

    assert [one.closed for one in archive.editions] == [False]


def test_a_week_may_have_only_a_letter() -> None:
    archive = arranged(make_story(), letters=(make_letter("2026-W19"),))

    assert edition(archive, W19).stories == ()
    assert edition(archive, W19).closed


def test_the_home_page_starts_with_the_newest_closed_week_or_else_the_newest() -> None:
    one, two = make_story(day="2026-05-12"), make_story(day="2026-05-19")

    fronts = [arranged(*stories).home_edition for stories in ((one, two), (one,), ())]

    assert [found and found.week for found in fronts] == [W20, W20, None]


def test_the_home_page_of_a_digest_continued_after_years_starts_with_a_new_week() -> None:
    stories = [make_story(day=day) for day in ("2023-01-04", "2026-05-12", "2026-05-19")]

    fronts = [arranged(*stories[:count]).home_edition for count in (2, 3)]

    assert [found and str(found.week) for found in fronts] == ["2023-W01", "2026-W20"]


def test_sections_are_in_the_order_of_digest_toml_with_elsewhere_last() -> None:
    archive = arranged(
        make_story("none"),
        make_story("memory", themes=("memory-crunch", "export-controls")),
        make_story("export", themes=("export-controls",)),
    )

    sections = edition(archive, W20).sections
    assert [(one.theme and one.theme.id, slugs(one.stories)) for one in sections] == [
        ("export-controls", ["export"]),
        ("memory-crunch", ["memory"]),
        (None, ["none"]),
    ]


def test_the_lead_is_separate_and_the_newest_if_two_are_marked() -> None:
    archive = arranged(make_story("old", day="2026-05-11", lead=True), make_story("new", lead=True))

    week = edition(archive, W20)
    assert week.lead is not None
    assert week.lead.slug == "new"
    assert [slugs(section.stories) for section in week.sections] == [["old"]]


def test_an_old_id_refers_to_the_theme() -> None:
    archive = arranged(
        make_story("a", themes=("export-curbs", "export-controls")),
        introductions=(make_introduction("export-curbs"),),
    )

    assert archive.stories[0].themes == ("export-controls",)
    assert slugs(archive.by_theme[0].stories) == ["a"]
    assert archive.by_theme[0].introduction is not None


def test_an_id_in_use_wins_over_the_same_old_id() -> None:
    themes = (make_theme("new", was=("chips",)), make_theme("chips"))
    archive = of(make_content(make_story("a", themes=("chips",))), make_config(themes=themes))

    assert archive.stories[0].themes == ("chips",)


def test_themes_are_in_the_order_of_digest_toml_with_all_their_stories() -> None:
    archive = arranged(
        make_story("a", day="2026-05-12", themes=("memory-crunch",)),
        make_story("b", themes=("export-controls", "memory-crunch")),
    )

    assert [(theme.id, slugs(stories)) for theme, stories, _ in archive.by_theme] == [
        ("export-controls", ["b"]),
        ("memory-crunch", ["b", "a"]),
    ]


def test_a_duplicate_slug_in_a_week_gets_a_number() -> None:
    days = ("2026-05-12", "2026-05-11", "2026-05-13")
    stories = [make_story("tolls", day=day) for day in days]
    archive = arranged(*stories, make_story("tolls-2", day="2026-05-14"))

    assert anchors(archive) == {
        "content/2026/w20/2026-05-11-tolls.md": "tolls",
        "content/2026/w20/2026-05-12-tolls.md": "tolls-2",
        "content/2026/w20/2026-05-13-tolls.md": "tolls-3",
        "content/2026/w20/2026-05-14-tolls-2.md": "tolls-2-2",
    }


@pytest.mark.parametrize("change", [{"hide": True}, {"draft": True}])
def test_an_anchor_stays_when_a_story_with_the_same_slug_is_hidden(change: dict[str, bool]) -> None:
    kept = make_story("tolls", day="2026-05-12")
    archive = arranged(make_story("tolls", day="2026-05-11", **change), kept)

    assert anchors(archive)[kept.file] == "tolls-2"


KEPT = make_story("tolls", day="2026-05-12")
NEWCOMERS = {
    "moved in": make_story(
        "tolls", day="2026-05-11", week=W20, file="content/2026/w20/2026-05-03-tolls.md"
    ),
    "written by hand": make_story("tolls", day="2026-05-11", feeds=(), id=""),
    "brought later": make_story("tolls", day="2026-05-11", id="later"),
}


@pytest.mark.parametrize("newcomer", NEWCOMERS.values(), ids=NEWCOMERS)
@pytest.mark.parametrize("fate", ["stays", "hidden", "moved away", "renamed", "deleted"])
def test_an_anchor_is_never_given_to_a_newer_story(newcomer: Story, fate: str) -> None:
    place = make_address(KEPT, "2026-05-12T06:00:00Z")
    after = {
        "stays": (KEPT,),
        "hidden": (replace(KEPT, hide=True),),
        "moved away": (replace(KEPT, week=W21, file="content/2026/w21/2026-05-12-tolls.md"),),
        "renamed": (replace(KEPT, slug="fees", file="content/2026/w20/2026-05-12-fees.md"),),
        "deleted": (),
    }[fate]
    places = [place._replace(present_file=after[0].file if after else "")]
    if newcomer is NEWCOMERS["brought later"]:
        places.append(make_address(newcomer, "2026-05-13T06:00:00Z"))

    archive = arranged(newcomer, *after, make_story("other"), story_addresses=tuple(places))

    assert anchors(archive)[newcomer.file] == "tolls-2"
    if fate in {"moved away", "renamed"}:
        assert [forward.anchor for forward in edition(archive, W20).redirects] == ["tolls"]


def test_a_story_keeps_its_anchor_under_another_day_of_its_week() -> None:
    later = make_story("tolls", day="2026-05-13")
    archive = arranged(
        later,
        make_story("tolls", day="2026-05-11"),
        story_addresses=(make_address(later, file=KEPT.file),),
    )

    assert anchors(archive)[later.file] == "tolls"
    assert edition(archive, W20).redirects == ()


def test_a_moved_story_leaves_an_anchor_that_redirects() -> None:
    story = make_story("tolls", week=W21)
    archive = arranged(
        story, make_story("other"), story_addresses=(make_address(story, week="2026-W20"),)
    )

    assert [
        (forward.anchor, forward.story.file) for forward in edition(archive, W20).redirects
    ] == [("tolls", story.file)]


def test_a_story_with_the_same_slug_never_takes_over_a_left_anchor() -> None:
    gone, stays = (
        make_story("tolls", day="2026-05-11", week=W21),
        make_story("tolls", day="2026-05-12"),
    )
    archive = arranged(gone, stays, story_addresses=(make_address(gone, week="2026-W20"),))

    assert anchors(archive)[stays.file] == "tolls-2"
    assert [forward.anchor for forward in edition(archive, W20).redirects] == ["tolls"]


def test_a_week_that_every_story_has_left_redirects_and_is_not_an_edition() -> None:
    story = make_story("tolls", week=W21)
    archive = arranged(story, story_addresses=(make_address(story, week="2026-W20"),))

    assert [one.week for one in archive.editions] == [W21]
    assert [one.week for one in archive.vacated] == [W20]


def test_a_story_that_has_come_back_leaves_no_redirect() -> None:
    story = make_story("tolls")
    archive = arranged(story, story_addresses=(make_address(story, week="2026-W20"),))

    assert (edition(archive, W20).redirects, anchors(archive)[story.file]) == ((), "tolls")


def test_a_moved_and_hidden_story_redirects_nowhere_though_its_weeks_stay() -> None:
    story = make_story("tolls", week=W21, hide=True)
    archive = arranged(story, story_addresses=(make_address(story, week="2026-W20"),))

    assert archive.editions == ()
    assert [(one.week, one.redirects) for one in archive.vacated] == [(W20, ()), (W21, ())]


def test_the_feed_has_the_newest_50() -> None:
    stories = [make_story(f"s{number}", day="2026-05-12") for number in range(60)]

    assert len(arranged(*stories, make_story("open", day="2026-05-19")).recent) == 50


def test_the_feed_has_all_stories_of_the_open_weeks_if_there_are_more() -> None:
    weeks = [
        make_story(f"s{number}", day=day)
        for number in range(40)
        for day in ("2026-05-12", "2026-05-19")
    ]

    assert len(arranged(*weeks, make_story(day="2026-05-05"), close="letter").recent) == 81


@st.composite
def contents(draw: st.DrawFn) -> Content:
    stories = [
        make_story(
            draw(st.sampled_from(["a", "b", "a-2"])),
            day=draw(st.sampled_from(["2026-05-04", "2026-05-11", "2026-05-12", "2026-12-31"])),
            week=draw(st.sampled_from([W19, W20, W21])),
            hide=draw(st.booleans()),
            lead=draw(st.booleans()),
            themes=tuple(
                draw(
                    st.lists(
                        st.sampled_from(["export-controls", "export-curbs", "memory-crunch"]),
                        max_size=3,
                    )
                )
            ),
        )
        for _ in range(draw(st.integers(0, 8)))
    ]
    unique = {story.file: story for story in stories}
    places = [
        make_address(story, week="2026-W20") for story in unique.values() if draw(st.booleans())
    ]
    return make_content(*unique.values(), story_addresses=tuple(places))


@given(contents())
def test_every_published_story_is_in_its_week_once_with_its_own_anchor(
    content: Content,
) -> None:
    archive = of(content)

    published = sorted(story.file for story in content.stories if not story.hide)
    placed = [
        story.file
        for one in archive.editions
        for story in (
            *([one.lead] if one.lead else []),
            *(story for part in one.sections for story in part.stories),
        )
    ]
    placed_at = [
        (one.week, anchor)
        for one in (*archive.editions, *archive.vacated)
        for anchor in (
            *(archive.anchors.of(story) for story in one.stories),
            *(forward.anchor for forward in one.redirects),
        )
    ]
    assert sorted(placed) == published
    assert len(placed_at) == len(set(placed_at))


@given(contents(), st.data())
def test_changes_to_other_stories_change_no_recorded_anchor(
    content: Content, data: st.DataObject
) -> None:
    found = [
        make_address(story, f"2026-05-{number:02}") for number, story in enumerate(content.stories)
    ]
    recorded = {place.file: place for place in found}
    before = anchors(of(content._replace(story_addresses=tuple(recorded.values()))))

    stories = {story.file: story for story in content.stories}
    gone = set(data.draw(st.lists(st.sampled_from(sorted(stories) or [""]))))
    for file in gone & stories.keys():
        story = stories.pop(file)
        moved = replace(story, week=W21, file=f"content/2026/w21/2026-01-01-{story.slug}.md")
        if data.draw(st.booleans()):
            stories[moved.file] = moved
            recorded[file] = recorded[file]._replace(present_file=moved.file)
        else:
            recorded[file] = recorded[file]._replace(present_file="")
    written = make_story(
        "a", day="2026-05-01", week=data.draw(st.sampled_from([W19, W20, W21])), id="", feeds=()
    )
    stories[written.file] = written
    changed = content._replace(
        stories=tuple(stories.values()), story_addresses=tuple(recorded.values())
    )
    after = anchors(of(changed))

    assert {file: after[file] for file in before.keys() - gone} == {
        file: before[file] for file in before.keys() - gone
    }


# ---------------------------------------------------------------- again, after a few files were saved


def said(stories: tuple[Story, ...], at: int, **fields: Any) -> tuple[Story, ...]:
    """The stories, with other words in one of them."""
    return (*stories[:at], replace(stories[at], **fields), *stories[at + 1 :])


FEW = make_content(
    make_story("a", "2026-05-11", themes=("memory-crunch",)),
    make_story(
        "b",
        "2026-05-11",
        themes=("export-curbs", "memory-crunch"),
        note="See [it](2026-05-11-a.md).",
    ),
    make_story("b", "2026-05-12", lead=True),
    make_story("c", "2026-05-05", themes=("memory-crunch",)),
    make_story("gone", "2026-05-11", hide=True),
    story_addresses=(make_address(make_story("c", "2026-05-05"), week="2026-W20"),),
)
NOTES = st.sampled_from(
    ["", "Plain.", "See [it](2026-05-11-a.md).", "See [it](../w20/2026-05-11-b.md)."]
)
WORDS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"note": NOTES}),
    st.fixed_dictionaries(
        {"title": st.sampled_from(["A", "B"]), "id": st.sampled_from(["", "one", "two"])}
    ),
    st.fixed_dictionaries({"lead": st.booleans()}),
    st.fixed_dictionaries({"hide": st.booleans()}),
    st.fixed_dictionaries({"draft": st.booleans()}),
    st.fixed_dictionaries(
        {"themes": st.sampled_from([(), ("memory-crunch",), ("export-curbs", "memory-crunch")])}
    ),
    st.fixed_dictionaries(
        {"published": st.integers(-3, 3).map(lambda days: NOON + timedelta(days))}
    ),
)
OTHERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "letters": st.lists(
            st.builds(
                make_letter,
                st.sampled_from(["2026-W19", "2026-W20", "2026-W30"]),
                body=NOTES,
                draft=st.booleans(),
            ),
            max_size=2,
            unique_by=lambda letter: letter.week,
        ).map(tuple),
        "introductions": st.builds(make_introduction, body=NOTES, draft=st.booleans()).map(
            lambda one: (one,)
        ),
        "pages": st.builds(make_page, st.sampled_from(["about", "more"]), body=NOTES).map(
            lambda one: (one,)
        ),
        "story_addresses": st.sampled_from([(), FEW.story_addresses]),
        "unread": st.sampled_from(
            [frozenset(), frozenset({"content/2026/w20/2026-05-11-lost.md"})]
        ),
        "earlier_headlines": st.sampled_from([{}, {"content/2026/w20/2026-05-11-a.md": ("Once",)}]),
    },
)
