"""Matching: which entries are one story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from builders import make_entry, make_story

from digest.content import identity
from digest.intake import match
from digest.intake.entry_keys import SharedAliases
from digest.model import Entry

STORY = "content/2026/w20/2026-05-15-foundries-fill-up.md"
OTHER = "content/2026/w20/2026-05-15-other.md"


def known(*entries: tuple[str, Entry, str]) -> dict[str, list[str]]:
    """The stories that feeds have brought: (feed, entry, file)."""
    found: dict[str, list[str]] = {}
    for feed, entry, file in entries:
        for key in identity.keys_of(
            identity.aliases_of(entry),
            entry.title,
            feed,
            bare=not entry.id,
            said={"link": identity.hash_of(entry.link)},
            published=entry.published,
        ):
            found.setdefault(key, []).append(file)
    return found


def files_of(feed: str, entries: list[Entry], stories: Mapping[str, list[str]]) -> list[str | None]:
    """The file of the story of each entry of one document, None for a new story."""
    documents = [(feed, entries)]
    (matches,) = match.match_entries(documents, SharedAliases(documents, stories), lambda _: False)
    return [None if file.startswith(match.NEW) else file for file in matches]


def test_the_names_of_an_entry_are_tried_from_guid_to_headline_with_date() -> None:
    entry = make_entry(
        id="tag:x", link="https://www.news.example/a/article/3350001/b?q=1&utm_source=x#part"
    )

    assert identity.aliases_of(entry) == (
        "guid:tag:x",
        "article:news.example/3350001",
        "link:news.example/a/article/3350001/b?q=1",
        "headline:2026-05-15T09:32:40Z e3a0c7383ec725a4",
    )


def test_a_new_guid_and_a_new_slug_of_an_article_make_no_second_story() -> None:
    before = make_entry(id="old", link="https://news.example/article/3350001/old-slug")
    after = make_entry(
        id="new", link="https://news.example/other/article/3350001/new-slug", title="Retitled"
    )

    assert files_of("a", [after], known(("a", before, STORY))) == [STORY]


def test_a_five_digit_number_is_no_article_number() -> None:
    before = make_entry(id="old", link="https://news.example/article/33500/old", title="One")
    after = make_entry(id="new", link="https://news.example/article/33500/new", title="Two")

    assert files_of("a", [after], known(("a", before, STORY))) == [None]


def test_a_guid_that_is_not_a_uri_counts_within_its_feed_only() -> None:
    before = make_entry(id="7", link="https://a.example/1", title="One")
    after = make_entry(id="7", link="https://b.example/1", title="One")

    assert files_of("a", [after], known(("a", before, STORY))) == [STORY]
    assert files_of("b", [after], known(("a", before, STORY))) == [None]


def test_a_guid_that_is_a_uri_counts_in_other_feeds_if_link_or_headline_agree() -> None:
    before = make_entry(id="https://a.example/?p=7", link="https://a.example/1")
    by_proxy = make_entry(id="https://a.example/?p=7", link="https://proxy.example/1")
    retitled = make_entry(id="https://a.example/?p=7", link="https://a.example/1", title="Two")
    impostor = make_entry(id="https://a.example/?p=7", link="https://proxy.example/1", title="Two")
    wholly = impostor._replace(published=datetime(2026, 5, 16, tzinfo=UTC))

    assert files_of("b", [by_proxy], known(("a", before, STORY))) == [STORY]
    assert files_of("b", [retitled], known(("a", before, STORY))) == [STORY]
    assert files_of("b", [impostor], known(("a", before, STORY))) == [None]
    assert files_of("a", [impostor], known(("a", before, STORY))) == [STORY]
    assert files_of("a", [wholly], known(("a", before, STORY))) == [None]
    documents = [("b", [impostor])]
    shared = SharedAliases(documents, known(("a", before, STORY)))
    assert match.match_entries(documents, shared, lambda _: True) == [[STORY]]


def test_a_guid_that_several_stories_share_identifies_none() -> None:
    one = make_entry(id="g", link="https://news.example/1", title="One")
    two = make_entry(id="g", link="https://news.example/2", title="Two")
    three = make_entry(id="g", link="https://news.example/3", title="Three")

    assert files_of("a", [three], known(("a", one, STORY), ("a", two, OTHER))) == [None]


def test_a_link_shared_with_stories_of_other_feeds_still_finds_the_feeds_own_story() -> None:
    own = make_entry(id="", link="https://news.example/", title="One")
    other = make_entry(id="2", link="https://news.example/", title="Two")

    assert files_of("a", [own], known(("a", own, STORY), ("b", other, OTHER))) == [STORY]


def test_the_canonical_link_is_one_under_http_www_and_trackers() -> None:
    before = make_entry(id="", link="http://www.news.example/one/", title="One")
    after = make_entry(id="", link="https://news.example/one?utm_medium=x", title="Two")

    assert files_of("b", [after], known(("a", before, STORY))) == [STORY]


def test_a_site_that_moves_and_gives_new_guids_and_times_keeps_its_stories() -> None:
    words = "What the report has to say, in words."
    before = make_entry(
        id="https://news.example/?p=7",
        link="https://news.example/2026/05/foundries-fill-up-again.html",
        summary=words,
    )
    later = datetime(2026, 5, 15, 21, 0, 30, tzinfo=UTC)
    moved = make_entry(
        id="6a3b1c52-0000-4000-8000-000000000007",
        link="https://www.herald.example/2026/05/foundries-fill-up-again",
        summary=words,
        published=later,
    )
    stories = known(("a", before, STORY))
    stories[identity.in_feed(f"summary:{identity.hash_of(words)}", "a")] = [STORY]

    assert files_of("a", [moved], stories) == [STORY]
    assert files_of("b", [moved], stories) == [None]
    other = moved._replace(link="https://www.herald.example/2026/05/foundries-fill-up-once-more")
    assert files_of("a", [other], stories) == [None]
    elsewhere = moved._replace(summary="Other words of a second report altogether.")
    assert files_of("a", [elsewhere], stories) == [None]


def test_headline_with_date_counts_within_a_feed() -> None:
    before = make_entry(id="1", link="https://news.example/one")
    after = make_entry(id="2", link="https://news.example/two")

    assert files_of("a", [after], known(("a", before, STORY))) == [STORY]
    assert files_of("b", [after], known(("a", before, STORY))) == [None]


def test_entries_of_one_document_are_different_stories() -> None:
    one = make_entry(id="1", link="https://news.example/")
    two = make_entry(id="2", link="https://news.example/")

    assert files_of("a", [one, two], known(("a", one, STORY))) == [STORY, None]
    assert files_of("a", [two, one], known(("a", one, STORY))) == [None, STORY]


def test_entries_with_the_same_guid_link_and_headline_are_one() -> None:
    one = make_entry(summary="First")
    again = make_entry(summary="Second")
    other = make_entry(link="https://news.example/other")
    retitled = make_entry(title="Another headline")

    assert identity.without_repeats([one, again, other, retitled]) == [one, other, retitled]


def test_entries_with_one_guid_and_two_links_are_distinguished_by_the_link() -> None:
    one = make_entry(id="g", link="https://news.example/1", title="One")
    two = make_entry(id="g", link="https://news.example/2", title="Two")
    before = known(("a", one, STORY), ("a", two, OTHER))

    assert files_of("a", [two], before) == [OTHER]
    assert files_of("a", [two, one], before) == [OTHER, STORY]
    assert identity.repeated_guids([one, two]) == {"g"}


def test_a_link_that_several_stories_share_identifies_none() -> None:
    one = make_entry(id="1", link="https://news.example/", title="One")
    two = make_entry(id="2", link="https://news.example/", title="Two")
    three = make_entry(id="3", link="https://news.example/", title="Three")

    assert files_of("a", [three], known(("a", one, STORY), ("a", two, OTHER))) == [None]


def test_a_weak_match_takes_no_story_from_a_strong_one() -> None:
    before = make_entry(id="1", link="https://news.example/one", title="One")
    by_link = make_entry(id="9", link="https://news.example/one", title="Nine")
    by_guid = make_entry(id="1", link="https://news.example/moved", title="One")

    assert files_of("a", [by_link, by_guid], known(("a", before, STORY))) == [None, STORY]


def test_a_story_without_a_guid_is_recognised_by_its_link() -> None:
    by_link = make_story(id="", link="https://www.news.example/a/", feeds=("f",))
    by_guid = make_story(id="7", link="https://news.example/a", feeds=("f", "g"))
    by_uri = make_story(id="urn:x:7", link="https://news.example/a", feeds=())

    assert identity.keys_of_story(by_link) == {"link:news.example/a"}
    assert identity.keys_of_story(by_guid) == {"f\nguid:7", "g\nguid:7"}
    assert identity.keys_of_story(by_uri) == {"guid:urn:x:7"}
