"""How an edition is composed: groups, the line above a headline, details that are shown only once."""

from __future__ import annotations

from typing import Any

from builders import make_config, make_content, make_feed, make_letter, make_story, make_theme
from sites import Element, find, pages, rendered, text

THEMES = tuple(make_theme(id) for id in ("grain", "oats", "rye"))


def story(slug: str, *themes: str, **fields: Any) -> Any:
    return make_story(slug, themes=themes, **fields)


def week(*stories: Any, **fields: Any) -> Element:
    letters = fields.pop("letters", ())
    content = make_content(*stories, letters=letters)
    return pages(rendered(content, make_config(themes=THEMES, **fields)))["2026/w20/index.html"]


def of(tree: Element, name: str) -> list[Element]:
    """The elements that have a class."""
    return [one for one in tree.iter() if name in (one.get("class") or "").split()]


def sections(tree: Element) -> dict[str, list[tuple[str, str]]]:
    """The stories under each heading: what is above the headline, and the headline."""
    found = {}
    for section in [*of(tree, "lead"), *of(tree, "group")]:
        (heading,) = find(section, "h2")
        stories = [
            ("".join(map(text, of(article, "kicker"))), text(find(article, "h3")[0]))
            for article in find(section, "article")
        ]
        found[text(heading)] = stories
    return found


def test_only_themes_with_several_stories_are_sections_and_other_stories_name_theirs() -> None:
    tree = week(
        story("a", "oats"), story("b", "oats", "rye"), story("c", "rye"), story("d"), story("e", "grain", "oats"),
        story("f", "rye", lead=True),
    )  # fmt: skip

    assert sections(tree) == {
        "Lead story": [("Rye", "F")],
        "Oats 2 stories": [("", "B"), ("", "A")],
        "Also this week 3 stories": [("Grain", "E"), ("Rye", "C"), ("", "D")],
    }


def test_a_week_of_single_stories_is_one_list() -> None:
    tree = week(story("a", "oats"), story("b", "rye"))

    assert sections(tree) == {"Stories 2 stories": [("Oats", "A"), ("Rye", "B")]}


def test_a_letter_is_followed_by_an_index_of_the_first_headlines() -> None:
    stories = [story(f"s{number:02}", "oats", lead=number == 3) for number in range(12)]

    tree = week(*stories, letters=(make_letter(),))

    (index,) = of(tree, "index")
    links = {text(link): link.get("href") for link in find(index, "a")}
    assert list(links)[:3] == ["S03", "S11", "S10"]
    assert len(links) == 10
    assert links["S03"] == "/2026/w20/#s03"
    assert text(index).endswith("and 2 more")
    assert of(week(*stories), "index") == []
    assert of(week(*stories[:3], letters=(make_letter(),)), "index") == []


def test_details_shared_by_all_stories_are_shown_once() -> None:
    walled = (make_feed(paywall=True),)
    two = story("a"), story("b")

    (said,) = of(week(*two, feeds=walled), "shared")
    assert text(said) == "All from The Example Post, behind a paywall."
    assert [text(one) for one in of(week(*two), "shared")] == ["All from The Example Post."]
    assert of(week(story("a"), story("b", source="Another")), "shared") == []
    assert of(week(story("a")), "shared") == []
    assert of(week(*two), "alike")
    assert not of(week(story("a")), "alike")


def test_short_cards_share_a_row_and_long_ones_do_not() -> None:
    notes = [story(f"s{number}", "oats", note="Short.") for number in range(2)]

    assert of(week(*notes), "short")
    assert not of(week(*notes, story("long", "oats", note="A long note. " * 99)), "short")
    assert not of(week(notes[0]), "short")
