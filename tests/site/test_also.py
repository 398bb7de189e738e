"""Stories that report the same event: one card, with the others below it, and nothing lost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from builders import (
    HONG_KONG,
    make_address,
    make_config,
    make_content,
    make_feed,
    make_letter,
    make_story,
)
from sites import find, lost_links, parse, rendered, text

from digest.model import Config, Content, Correction, Story
from digest.week import Week

ATOM = "{http://www.w3.org/2005/Atom}"
CONFIG = make_config(
    feeds=(make_feed(), make_feed(id="wire", title="Wire", publisher="The Wire", paywall=True))
)
WEEK = "2026/w20/index.html"
NEXT = make_story("next-week", day="2026-05-19")
"""Closes the week before it, so that this has an archive document and is in the weekly feed."""


def lead(*also: str, **fields: Any) -> Story:
    return make_story("a", note="What we say.", themes=("memory-crunch",), also=also, **fields)


def other(**fields: Any) -> Story:
    usual = {"feeds": ("wire",), "title": "B & co <fill> up", "themes": ("memory-crunch",)}
    return make_story("b", **{**usual, **fields})


def of(*stories: Story, config: Config = CONFIG, **fields: Any) -> dict[str, bytes]:
    return rendered(make_content(*stories, **fields), config)


def entries(site: dict[str, bytes], path: str) -> dict[str, ElementTree.Element]:
    feed = ElementTree.fromstring(site[path])
    return {one.findtext(f"{ATOM}title", ""): one for one in feed.iter(f"{ATOM}entry")}


def test_a_story_is_one_card_with_the_others_below_it_everywhere() -> None:
    letter = make_letter(body="See [the other](2026-05-15-b.md).")
    site = of(lead("2026-05-15-b.md"), other(), NEXT, letters=(letter,))

    tree = parse(site[WEEK])
    (article,) = find(tree, "article")
    (below,) = [one for one in find(article, "p") if one.get("id") == "b"]
    assert article.get("id") == "a"
    assert text(below) == "Also: B & co <fill> up, The Wire Paywall"
    assert [one.get("href") for one in find(below, "a")] == ["https://news.example/2026-05-15/b"]
    home, theme = parse(site["index.html"]), parse(site["themes/memory-crunch/index.html"])
    for page in (home, theme):
        assert [text(one) for one in find(page, "p") if text(one).startswith("Also:")]
        assert not [one for one in page.iter() if one.get("id") == "b"]
    for path in ("feed.atom", "2026/w20/feed.atom", "themes/memory-crunch/feed.atom"):
        found = entries(site, path)
        assert "B & co <fill> up" not in found
        assert ">B &amp; co &lt;fill&gt; up</a>, The Wire" in found["A"].findtext(
            f"{ATOM}content", ""
        )
    assert b"Also: " in site["weeks.atom"] and b"Also: " in site["feed.json"]
    assert (
        b"Also: [B &amp; co &lt;fill> up](<https://news.example/2026-05-15/b>), The Wire"
        in site["2026/w20/index.md"].replace(b"&gt;", b">")
    )
    assert b'href="/2026/w20/#b"' in site[WEEK]  # from the letter
    assert lost_links(site, "https://example.org/") == []


def test_the_feed_entry_of_a_story_stays_unchanged_when_others_are_grouped_below_it() -> None:
    before = of(lead(), other(), NEXT)
    after = of(lead("2026-05-15-b.md"), other(), NEXT)

    def facts(site: dict[str, bytes], path: str) -> list[tuple[str | None, ...]]:
        return [
            tuple(entry.findtext(f"{ATOM}{name}") for name in ("id", "published", "updated"))
            for entry in ElementTree.fromstring(site[path]).iter(f"{ATOM}entry")
        ]

    assert set(facts(after, "feed.atom")) < set(facts(before, "feed.atom"))
    assert facts(after, "weeks.atom") == facts(before, "weeks.atom")


def test_editions_keep_their_dates_when_their_first_story_is_grouped_below_another() -> None:
    early = other(published=datetime(2026, 5, 11, 3, tzinfo=HONG_KONG))
    late = make_story("late", day="2026-05-08")

    def weeks(*stories: Story) -> list[tuple[str | None, str | None]]:
        feed = ElementTree.fromstring(of(*stories, late, NEXT)["weeks.atom"])
        return [
            (one.findtext(f"{ATOM}published"), one.findtext(f"{ATOM}updated"))
            for one in feed.iter(f"{ATOM}entry")
        ]

    assert weeks(lead("2026-05-15-b.md"), early) == weeks(lead(), early)


@pytest.mark.parametrize(
    ("also", "fields"),
    [
        (("2026-05-15-a.md",), {}),
        (("2026-05-15-nowhere.md",), {}),
        (("2026-05-15-b.md",), {"hide": True}),
        (("2026-05-15-b.md",), {"draft": True}),
        (("2026-05-15-b.md",), {"week": Week(2026, 21)}),
        (("2026-05-15-b.md",), {"lead": True}),
        (("2026-05-15-b.md",), {"also": ("2026-05-15-a.md",)}),
    ],
)
def test_a_name_that_matches_no_story_changes_nothing(
    also: tuple[str, ...], fields: dict[str, Any]
) -> None:
    assert of(lead(*also), other(**fields)) == of(lead(), other(**{**fields, "also": ()}))


def test_stories_grouped_below_a_hidden_story_or_a_draft_have_their_own_cards() -> None:
    for flag in ("hide", "draft"):
        site = of(lead("2026-05-15-b.md", **{flag: True}), other())
        assert [one.get("id") for one in find(parse(site[WEEK]), "article")] == ["b"]


def test_if_two_stories_name_the_same_one_it_belongs_to_the_first_file() -> None:
    second = make_story("c", also=("2026-05-15-b.md",))
    site = of(second, lead("2026-05-15-b.md", "2026-05-15-b.md"), other())

    articles = {
        one.get("id"): text(one).count("Also:") for one in find(parse(site[WEEK]), "article")
    }
    assert articles == {"a": 1, "c": 0}


@pytest.mark.parametrize(
    "name", ["2026-05-15-b.md", "2026-05-15-b", "content/2026/w20/2026-05-15-b.md"]
)
def test_a_name_may_have_a_folder_or_no_extension(name: str) -> None:
    assert of(lead(name), other())[WEEK] == of(lead("2026-05-15-b.md"), other())[WEEK]


@pytest.mark.parametrize(
    "former", ["content/2026/w20/2026-05-15-old.md", "content/2026/w19/2026-05-15-old.md"]
)
def test_a_renamed_or_moved_file_stays_grouped(former: str) -> None:
    place = make_address(other(), file=former, week="2026-W20" if "w20" in former else "2026-W19")
    site = of(lead("2026-05-15-old.md"), other(), story_addresses=(place,))

    assert [one.get("id") for one in find(parse(site[WEEK]), "article")] == ["a"]


def test_corrections_of_a_story_below_another_are_listed_and_lead_to_it() -> None:
    correction = Correction(date(2026, 5, 17), "It was less.")
    content: Content = make_content(lead("2026-05-15-b.md"), other(corrections=(correction,)))
    site = rendered(content, CONFIG)

    assert b'href="/2026/w20/#b"' in site["corrections/index.html"]
    assert lost_links(site, "https://example.org/") == []
    assert b"<lastmod>2026-05-17" in site["sitemap.xml"]
