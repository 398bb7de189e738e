"""Story files: parsed into a `Story` and written from one. Add cases to tests/data/stories."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from builders import HONG_KONG, make_story
from hypothesis import example, given
from hypothesis import strategies as st

from digest.content import excerpt, known_names, story_file
from digest.content.identity import hash_of
from digest.content.known_names import KnownNames
from digest.errors import Faults
from digest.model import Correction, DueDate, Story

MOMENTS = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(HONG_KONG),
)
DATA = Path(__file__).parents[1] / "data" / "stories"
FILE = "content/2026/w20/2026-05-15-slug.md"
GUID = "https://news.example/tech/article/3350001/foundries-fill-up?utm_source=rss_feed"
WRITTEN = (  # the excerpts of the files in data/stories/valid
    "The publisher's.\n\nAll of it.",
    *(
        json.loads(path.read_text()).get("excerpt", "")
        for path in sorted(DATA.glob("valid/*.json"))
    ),
)
KNOWN = KnownNames(
    feeds=frozenset({"semiconductors"}),
    themes=frozenset({"memory-crunch", "export-controls"}),
)
OURS = frozenset(map(hash_of, WRITTEN))


def plain(value: Any) -> Any:
    """A field's value in the form of the expected JSON."""
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, Correction):
        return [value.day.isoformat(), value.text]
    if isinstance(value, DueDate):
        return [value.when, value.text]
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize("path", sorted(DATA.glob("valid/*.md")), ids=lambda path: path.stem)
def test_a_valid_file_is_the_story_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text())

    text = path.read_bytes().decode()

    story = story_file.loads(text, FILE, HONG_KONG, OURS)

    assert known_names.loads(text, FILE, KNOWN, HONG_KONG, OURS) == story
    assert {key: plain(getattr(story, key)) for key in expected} == expected
    assert (story.file, str(story.week), story.day, story.slug) == (
        FILE,
        "2026-W20",
        date(2026, 5, 15),
        "slug",
    )


@pytest.mark.parametrize("path", sorted(DATA.glob("invalid/*.md")), ids=lambda path: path.stem)
def test_an_invalid_file_gets_these_lines(path: Path) -> None:
    with pytest.raises(Faults) as caught:
        known_names.loads(path.read_text(), FILE, KNOWN, HONG_KONG)

    assert str(caught.value) == path.with_suffix(".error").read_text().rstrip("\n")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (
            "content/2026/w20/2026-05-15-Chip News.md",
            "has characters that an address cannot have: 'Chip News'",
        ),
        ("content/2026/w54/2026-05-15-slug.md", "there is no week 2026/w54"),
        ("content/2026/w20/2026-02-30-slug.md", "there is no day 2026-02-30"),
        ("content/2026/w20/slug.md", "the story has no date"),
        ("content/2026/slug.md", "a story must be in its week's folder"),
    ],
)
def test_a_file_in_an_invalid_week_or_with_an_invalid_date_is_an_error(
    file: str, message: str
) -> None:
    with pytest.raises(Faults) as caught:
        story_file.loads("---\ntitle: x\nlink: https://news.example/\n---\n", file, HONG_KONG)

    assert message in str(caught.value)
    assert str(caught.value).startswith(file)


def test_a_story_without_a_date_is_an_error_if_published_is_empty() -> None:
    text = "---\ntitle: x\nlink: https://news.example/\npublished:\n---\n"

    with pytest.raises(Faults, match="the story has no date"):
        story_file.loads(text, "content/2026/w20/slug.md", HONG_KONG)


def test_the_noon_of_a_day_has_an_offset_of_whole_minutes() -> None:
    """Feeds cannot have another offset (RFC 3339); local time had seconds until about 1901."""
    text = "---\ntitle: x\nlink: https://news.example/\n---\n"

    zone = ZoneInfo("Asia/Hong_Kong")
    story = story_file.loads(text, "content/1850/w20/1850-05-15-slug.md", zone)

    assert story.published.isoformat() == "1850-05-15T12:00:00+07:37"


def test_a_story_without_a_date_in_its_file_name_gets_its_publication_date() -> None:
    text = "---\ntitle: x\nlink: https://news.example/\npublished: 2026-05-15T23:30:00Z\n---\n"

    story = story_file.loads(text, "content/2026/w20/slug.md", HONG_KONG)

    assert story.day == date(2026, 5, 16)


def test_published_is_kept_in_the_zone_in_which_it_was_written() -> None:
    text = "---\ntitle: x\nlink: https://news.example/\npublished: 2026-05-15T23:30:00-04:00\n---\n"

    story = story_file.loads(text, FILE, HONG_KONG)

    assert story.published.isoformat() == "2026-05-15T23:30:00-04:00"


LEGAL = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff\ufeff")
LINE = st.text(LEGAL, min_size=1, max_size=60).map(lambda text: " ".join(text.split())).filter(bool)
PARAGRAPHS = st.lists(LINE, max_size=3).map("\n\n".join)
DATES = st.sampled_from(["2027", "2027-01", "2027-02-28"])
NAMES = st.lists(LINE, max_size=3, unique=True).map(tuple)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Any story that a pull could write, with an editor's keys and note."""
    return make_story(
        title=draw(LINE),
        headline=draw(st.just("") | LINE),
        authors=draw(NAMES.filter(lambda names: "" not in names)),
        id=draw(LINE),
        source=draw(st.just("") | LINE),
        themes=draw(
            st.sampled_from([(), ("memory-crunch",), ("memory-crunch", "export-controls")])
        ),
        published=draw(MOMENTS),
        lead=draw(st.booleans()),
        hide=draw(st.booleans()),
        draft=draw(st.booleans()),
        corrections=tuple(
            draw(
                st.lists(
                    st.builds(Correction, st.dates(date(2000, 1, 1), date(8999, 12, 31)), LINE),
                    max_size=2,
                )
            )
        ),
        saved=draw(st.sampled_from(["", "https://saved.example/web/1/https://a.example/?b=c#d"])),
        ahead=draw(st.lists(st.builds(DueDate, DATES, LINE), max_size=2).map(tuple)),
        excerpt=excerpt.escape(draw(PARAGRAPHS)),
        note=draw(st.sampled_from(["", "A *note*.", "One.\n\n> A quotation.\n\n---\n\n* a\n* b"])),
    )


@given(story=stories())
@example(story=make_story(title="No", authors=("null", "~", "2020-02-02"), id="- a"))
@example(story=make_story(title="a: b #c {x} [y] 'z' \"q\" & * ! | > % @ `"))
@example(story=make_story(title="x\x85y\u2028z\ty"))
def test_a_written_story_is_read_back_unchanged(story: Story) -> None:
    ours = {hash_of(excerpt.unescape(story.excerpt))}

    text = story_file.dumps(story)

    assert story_file.loads(text, story.file, HONG_KONG, ours) == story


@given(story=stories())
def test_every_yaml_parser_reads_strings_as_strings(story: Story) -> None:
    front = story_file.dumps(story).split("\n---\n")[0].removeprefix("---\n")

    values = yaml.safe_load(front)

    assert values["title"] == story.title
    assert set(values) <= set(story_file.KEYS)


def test_empty_values_are_omitted() -> None:
    story = make_story(title="No", published=datetime(2026, 5, 15, 17, 32, 40, tzinfo=HONG_KONG))

    assert story_file.dumps(story) == (
        "---\n"
        "title: 'No'\n"
        "link: https://news.example/2026-05-15/foundries-fill-up\n"
        "published: 2026-05-15T17:32:40+08:00\n"
        "feeds: [semiconductors]\n"
        "id: https://news.example/2026-05-15/foundries-fill-up?utm_source=rss_feed\n"
        "themes: []\n"
        "---\n\n"
    )


def test_keys_have_a_fixed_order_and_a_blank_line_ends_the_file() -> None:
    story = make_story(
        published=datetime(2026, 5, 15, 17, 32, 40, tzinfo=HONG_KONG),
        authors=("Jo Writer",),
        image="https://cdn.example/a.jpg",
        themes=("memory-crunch",),
        draft=True,
        excerpt="Orders come in.",
    )

    text = story_file.dumps(story)

    keys = [line.partition(":")[0] for line in text.split("\n---\n")[0].split("\n")[1:]]
    assert keys == [
        "title",
        "link",
        "published",
        "authors",
        "image",
        "feeds",
        "id",
        "themes",
        "draft",
    ]
    assert text.endswith("---\n\n> Orders come in.\n\n")


@given(text=st.text())
def test_any_text_is_a_story_or_a_list_of_problems(text: str) -> None:
    try:
        known_names.loads(text, FILE, KNOWN, HONG_KONG)
    except Faults as faults:
        assert faults.problems


@given(
    lines=st.lists(
        st.sampled_from(
            [
                "title: x",
                "link: https://a.example/",
                "- b",
                "  c: d",
                "a: [b",
                "{",
                "*x",
                "&y z",
                "? q",
                "!!z",
                "\t",
                "--- x",
                "...",
                "%TAG",
            ]
        ),
        max_size=6,
    )
)
def test_any_front_matter_is_read_or_a_list_of_problems(lines: list[str]) -> None:
    text = "\n".join(["---", *lines, "---", ""])
    try:
        known_names.loads(text, FILE, KNOWN, HONG_KONG)
    except Faults as faults:
        assert faults.problems
