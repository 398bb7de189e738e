"""A story read straight: wherever that gives one, reading it closely gives the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import make_story
from hypothesis import example, given
from hypothesis import strategies as st

from digest import config
from digest.content import paths, plain_story, story_file
from digest.content.identity import hash_of
from digest.content.story_file import Known
from digest.model import Story

ROOT = Path(__file__).parents[2]
FILE = "content/2026/w20/2026-05-15-slug.md"
LINK = "https://news.example/a"
SAID = f"title: A\nlink: {LINK}\npublished: 2026-05-14T17:32:40+08:00\nthemes: [chips]\nid: 1"
HEADS = [
    *(
        f"title: {words}"
        for words in [
            "A",
            "'it''s: so'",
            "what: a mess",
            "",
            "~",
            "[A]",
            '"q"',
            "A #1",
            "a\tb",
            "b\u2028",
        ]
    ),
    *(
        f"link: {words}"
        for words in [
            LINK,
            "https://news.example/a b",
            "ftp://x/",
            "",
            f"[{LINK}]",
            "HTTPS://a.example",
        ]
    ),
    *(
        f"published: {words}"
        for words in ["2026-05-15", "2026-05-15 17:32 +0800", "2026-02-30", "1880-01-01", "", "now"]
    ),
    *(f"updated: {words}" for words in ["2026-05-16", "", "soon"]),
    *(f"image: {words}" for words in ["https://cdn.example/a.png", "a.png", ""]),
    *(f"authors: {words}" for words in ["[Jo, Ann]", "[Jo, Jo]", "Jo", "[]", "", "['Jo']"]),
    *(f"feeds: {words}" for words in ["[first]", "[first, second]", "[other]"]),
    *(f"themes: {words}" for words in ["[]", "[chips]", "[chips, chips]", "[ships]"]),
    *(
        "id: 1",
        f"id: {LINK}",
        "headline: B",
        "source: C",
        "lead: true",
        "hide: true",
        "corrections: ['2026-05-20: x']",
    ),
    *(
        "# mine",
        "",
        "id",
        "source: a\u2028",
        "titel: A",
        "title : A",
        "title",
        "id:1",
        " source: C",
        "---",
        "--- ",
        "\ufeff",
        "a: b\r",
    ),
]
BODIES = [
    "",
    "\n",
    "Words.\n",
    "\n> Theirs.\n\nMine.\n",
    "> a\n>b\n >c\nd\n\n",
    " \n\n> a\n",
    "\n---\n\nx",
    "<<<<<<< a\n",
    "\ra",
]
FILES = [
    *(
        FILE,
        "content/2026/w20/slug.md",
        "content/2026/w20/2026-05-15-Slug.md",
        "content/2026/w54/2026-05-15-slug.md",
    ),
    *("content/2026/w20/2026-02-30-slug.md", "content/2026/slug.md", "content/2026/w20/letter.md"),
]
KNOWN = Known(
    zone=ZoneInfo("Asia/Hong_Kong"),
    feeds=frozenset({"first", "second"}),
    themes=frozenset({"chips"}),
)
WORDS = frozenset(map(hash_of, ["Theirs.", "a\nb\nc", "a"]))
EXCERPTS: list[dict[str, frozenset[str]]] = [
    {},
    {"first\nguid:1": WORDS, "link:news.example/a": WORDS, f"guid:{LINK}": WORDS},
]


def told(story: Story) -> str:
    """All of a story, the line of its note too, which two equal ones need not share."""
    return repr(story)


def assert_alike(text: str, file: str, known: Known) -> bool:
    """Tells whether the story is read straight; asserts that it is then the one that is read closely."""
    story = plain_story.read(text, file, known)
    if story is None:
        return False
    assert told(story) == told(story_file.closely(text, file, known))
    return True


def with_line(line: str) -> list[str]:
    """A front matter with one line in the place of what its key said, or as one more."""
    key = line.partition(":")[0]
    said = SAID.split("\n")
    return [line if one.startswith(f"{key}:") else one for one in said] + (
        [] if f"{key}:" in SAID else [line]
    )


@pytest.mark.parametrize("line", HEADS)
def test_a_story_is_the_same_straight_and_closely(line: str) -> None:
    lines = [with_line(line), [*SAID.split("\n"), line], [line, *SAID.split("\n")]]
    ways = [
        *((FILE, "---\n", body, excerpts) for body in BODIES for excerpts in EXCERPTS),
        *((file, "---\n", "", EXCERPTS[0]) for file in FILES),
        *(
            (FILE, fence, "", EXCERPTS[0])
            for fence in ["", "--- \n", "\ufeff---\n", "----\n", "\n---\n"]
        ),
    ]

    for (file, fence, body, excerpts), said in product(ways, lines):
        known = replace(KNOWN, excerpts=excerpts)
        assert_alike(fence + "\n".join([*said, "---", body]), file, known)


@given(
    text=st.text(st.sampled_from("-\n :[]#>ax'")), at=st.integers(0, 200), gone=st.integers(0, 3)
)
@example(text="", at=0, gone=0)
@example(text="\r", at=10, gone=0)
@example(text="\n--- ", at=12, gone=0)
@example(text="", at=3, gone=1)
def test_so_it_is_with_slips_anywhere(text: str, at: int, gone: int) -> None:
    whole = f"---\n{SAID}\n---\n\n> Theirs.\n\nMine.\n"
    known = Known(zone=KNOWN.zone, themes=KNOWN.themes, excerpts=EXCERPTS[1])

    assert_alike(whole[:at] + text + whole[at + gone :], FILE, known)


def test_stories_as_a_pull_writes_them_are_read_straight() -> None:
    story = make_story(
        title="No: not yet",
        authors=("Jo Writer",),
        image="https://cdn.example/a.jpg",
        excerpt="Theirs.",
    )
    changed = make_story(
        updated=datetime(2026, 5, 16, tzinfo=KNOWN.zone),
        source="The Post",
        headline="So",
        note="Mine.",
    )

    assert assert_alike(story_file.dumps(story), story.file, Known())
    assert assert_alike(story_file.dumps(changed), changed.file, Known())


def test_so_are_most_that_people_and_pull_have_written() -> None:
    settings = config.load(ROOT)
    known = Known(zone=ZoneInfo(settings.site.timezone))
    files = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("content/**/*.md"))]

    answered = [
        assert_alike((ROOT / file).read_text(), file, known)
        for file in files
        if paths.is_story(file)
    ]

    assert len(answered) > 50
    assert sum(answered) / len(answered) > 0.7


@pytest.mark.parametrize(
    "line",
    [
        "lead: true",
        "corrections: [x]",
        "titel: A",
        "themes: [ships]",
        "authors: [Jo, Jo]",
        "link: ftp://x/",
        "# mine",
    ],
)
def test_what_is_unusual_or_wrong_takes_a_closer_look(line: str) -> None:
    key = line.partition(":")[0]
    said = [one for one in SAID.split("\n") if not one.startswith(f"{key}:")]

    assert (
        plain_story.read("\n".join(["---", *said, "---", ""]), FILE, KNOWN) is not None
        or key == "link"
    )
    assert plain_story.read("\n".join(["---", *said, line, "---", ""]), FILE, KNOWN) is None
