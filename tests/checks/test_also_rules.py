"""What `check` says of `also`: one line for each name, with the reason and the cure."""

from __future__ import annotations

from typing import Any

import pytest
from builders import make_address, make_content, make_story

from digest.checks import also_rules
from digest.model import Content, DeletedStory, Story
from digest.week import Week

A, B = "2026-05-15-a.md", "2026-05-15-b.md"


def hints(content: Content) -> list[str]:
    found = list(also_rules.hints(content.stories, content))
    assert all(hint.key == "also" for hint in found)
    return [f"{hint.what}; {hint.cure}" for hint in found]


def story(*also: str, **fields: Any) -> Story:
    return make_story("a", also=also, **fields)


def other(**fields: Any) -> Story:
    return make_story("b", **fields)


CASES: dict[str, tuple[Content, str]] = {
    "itself": (make_content(story(A)), f"also: '{A}' is this file itself; remove the name"),
    "twice": (
        make_content(story(B, "2026-05-15-b"), other()),
        "also: '2026-05-15-b' is named twice; remove the name",
    ),
    "hidden": (
        make_content(story(B), other(hide=True)),
        f"also: '{B}' is hidden; remove the name",
    ),
    "draft": (
        make_content(story(B), other(draft=True)),
        f"also: '{B}' is a draft, so it is not shown yet; remove 'draft' from it, or wait",
    ),
    "elsewhere": (
        make_content(story(B), other(week=Week(2026, 21))),
        f"also: '{B}' is in another week, 2026-W21; move one of the two files, or remove the name",
    ),
    "renamed and moved": (
        make_content(
            story("2026-05-15-old.md"),
            other(week=Week(2026, 21)),
            story_addresses=(
                make_address(other(week=Week(2026, 21)), file="content/2026/w20/2026-05-15-old.md"),
            ),
        ),
        "also: '2026-05-15-old.md' is in another week, 2026-W21; move one of the two files, or remove the name",
    ),
    "deleted": (
        make_content(
            story(B), gone=(DeletedStory(f"content/2026/w20/{B}", Week(2026, 20), "2026-05-15", 0),)
        ),
        f"also: '{B}' was deleted; remove the name",
    ),
    "misspelt": (
        make_content(story("2026-05-15-bb.md"), other()),
        f"also: '2026-05-15-bb.md' is not a story in this folder; did you mean '{B}'?",
    ),
    "has also": (
        make_content(story(B), other(also=("2026-05-15-c.md",)), make_story("c")),
        f"also: '{B}' has 'also' itself, so it has a card of its own; name all stories of the event in one file",
    ),
    "leads": (
        make_content(story(B), other(lead=True)),
        f"also: '{B}' leads the week, so it has a card of its own; write 'also' into that file instead",
    ),
    "taken": (
        make_content(story(B), other(), make_story("c", also=(B,))),
        f"also: '{B}' is below {A} already; remove the name",
    ),
    "note": (
        make_content(story(B), other(note="Ours.")),
        f"also: '{B}' has a note, which is not shown while it is below this story; move its words into the note here",
    ),
    "themes": (
        make_content(story(B, themes=("x",)), other(themes=("x", "y", "z"))),
        f"also: below this story, '{B}' is no longer on the pages of y, z; "
        "to show it there, add y, z to this story's themes",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_name_that_has_no_effect_is_explained_in_one_line(case: str) -> None:
    content, words = CASES[case]

    assert hints(content) == [words]


def test_a_valid_file_or_one_with_another_error_gets_no_message() -> None:
    assert hints(make_content(story(B), other())) == []
    assert hints(make_content(story(B, hide=True))) == []
    assert hints(make_content(story(B), unread=frozenset({f"content/2026/w20/{B}"}))) == []


def test_the_name_of_a_renamed_story_may_be_corrected() -> None:
    place = make_address(other(), file="content/2026/w20/2026-05-15-old.md")
    content = make_content(story("2026-05-15-old.md"), other(), story_addresses=(place,))
    both = ("2026-05-15-old.md", B)

    assert also_rules.why_no_effect(content.stories[0], (B,), content) == ""
    assert also_rules.why_no_effect(content.stories[0], both, content) == (
        f"also: '{B}' is named twice; remove the name"
    )


def test_two_stories_cannot_name_the_same_file() -> None:
    content = make_content(story(), other(), make_story("c", also=(B,)))

    assert also_rules.why_no_effect(content.stories[0], (B,), content) == (
        f"also: '{B}' is below 2026-05-15-c.md already; remove the name"
    )
    assert also_rules.why_no_effect(content.stories[2], (A,), content) == ""
