"""The three-way merge, field by field, and its edits, which change no other line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import HONG_KONG, make_story
from hypothesis import given
from hypothesis import strategies as st

from digest.content import excerpt, story_file
from digest.content.edit import try_changes
from digest.content.identity import hash_of
from digest.content.ledger import hashes_of
from digest.intake.merge import KeptField, Merged, Recorded, merge
from digest.model import Story

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "edits"
TAKEN_IN = make_story(
    title="Old", authors=("Jo",), image="https://cdn.example/old.jpg", excerpt="Old words."
)
CHANGED: Mapping[str, Any] = {
    "title": "New",
    "link": "https://news.example/new",
    "authors": ("Jo", "Li"),
    "image": "https://cdn.example/new.jpg",
    "excerpt": "New words.",
}
MINE: Mapping[str, Any] = {**CHANGED, "title": "Mine", "link": "https://mine.example/", "authors": ("Me",),
                           "image": "https://mine.example/a.jpg", "excerpt": "Mine."}  # fmt: skip


def merged(ours: Story, theirs: Story, taken_in: Story = TAKEN_IN) -> Merged:
    """The merge for a story that was added as `taken_in`, is `ours` now, and `theirs` in the
    feed.
    """
    base = hashes_of(taken_in)
    return merge(ours, theirs, hashes_of(theirs), Recorded(base, base), NOW)


@pytest.mark.parametrize("field", CHANGED)
def test_an_unedited_field_gets_the_feeds_new_words(field: str) -> None:
    theirs = replace(TAKEN_IN, **{field: CHANGED[field]})

    result = merged(TAKEN_IN, theirs)

    news = {"updated": NOW} if field in {"title", "excerpt"} else {}
    assert result.changes == {field: CHANGED[field]} | news
    assert result.kept == ()
    assert result.wrote[field] == hashes_of(theirs)[field]


@pytest.mark.parametrize("field", CHANGED)
def test_an_edited_field_is_kept_and_reported(field: str) -> None:
    ours = replace(TAKEN_IN, **{field: MINE[field]})

    result = merged(ours, replace(TAKEN_IN, **{field: CHANGED[field]}))

    assert result.changes == {}
    assert [kept.field for kept in result.kept] == [field]
    assert result.wrote[field] == hashes_of(TAKEN_IN)[field]


def test_a_report_has_both_wordings() -> None:
    result = merged(replace(TAKEN_IN, title="Mine"), replace(TAKEN_IN, title="New"))

    assert result.kept == (KeptField("title", "Mine", "New"),)


@pytest.mark.parametrize("field", ["authors", "image", "excerpt"])
def test_a_field_deleted_by_the_editor_stays_deleted(field: str) -> None:
    empty: Any = () if field == "authors" else ""

    result = merged(
        replace(TAKEN_IN, **{field: empty}), replace(TAKEN_IN, **{field: CHANGED[field]})
    )

    assert field not in result.changes
    assert [kept.field for kept in result.kept] == [field]


@pytest.mark.parametrize("field", ["authors", "image", "excerpt"])
def test_a_field_withdrawn_by_the_feed_stays_in_the_file(field: str) -> None:
    empty: Any = () if field == "authors" else ""
    theirs = replace(TAKEN_IN, **{field: empty})

    assert merged(TAKEN_IN, theirs) == Merged({}, (), hashes_of(TAKEN_IN), withdrawn=(field,))
    assert merged(replace(TAKEN_IN, **{field: MINE[field]}), theirs).withdrawn == (field,)
    assert merged(replace(TAKEN_IN, **{field: empty}), theirs).withdrawn == ()
    assert merged(theirs, theirs).withdrawn == ()


@pytest.mark.parametrize("day", [14, 16])
def test_a_date_is_never_merged_nor_reported(day: int) -> None:
    theirs = replace(TAKEN_IN, published=datetime(2026, 5, day, 12, tzinfo=HONG_KONG))

    result = merged(TAKEN_IN, theirs)

    assert (result.changes, result.kept, result.wrote) == ({}, (), hashes_of(TAKEN_IN))


@pytest.mark.parametrize(
    ("mine", "theirs"), [("New  words", "New words"), ("New\u00a0words", "New words")]
)
def test_wordings_that_look_the_same_are_not_reported(mine: str, theirs: str) -> None:
    result = merged(replace(TAKEN_IN, title=mine), replace(TAKEN_IN, title=theirs))

    assert (result.changes, result.kept) == ({}, ())


def test_where_the_link_of_a_story_without_an_id_changes_the_old_link_becomes_its_id() -> None:
    bare, theirs = (
        replace(TAKEN_IN, id=""),
        replace(TAKEN_IN, id="", link="https://news.example/new"),
    )

    assert merged(bare, theirs, taken_in=bare).changes == {"link": theirs.link, "id": TAKEN_IN.link}
    assert merged(TAKEN_IN, theirs).changes == {"link": theirs.link}


def test_a_link_that_differs_only_in_trackers_stays_as_it_is_in_the_file() -> None:
    ours = replace(TAKEN_IN, link="https://news.example/a?smid=tw#xtor=RSS-1")

    assert merged(ours, replace(ours, link="https://news.example/a"), ours).changes == {}
    assert (
        merged(ours, replace(ours, link="https://news.example/b"), ours).changes["link"]
        == "https://news.example/b"
    )


@pytest.mark.parametrize("field", ["authors", "image", "excerpt"])
def test_a_field_that_the_feed_supplies_for_the_first_time_is_added(field: str) -> None:
    empty: Any = () if field == "authors" else ""
    bare = replace(TAKEN_IN, **{field: empty})

    assert (
        field in merged(bare, replace(TAKEN_IN, **{field: CHANGED[field]}), taken_in=bare).changes
    )


def test_a_field_unchanged_in_the_feed_is_not_compared() -> None:
    ours = replace(TAKEN_IN, title="Mine", excerpt="")

    assert merged(ours, TAKEN_IN) == Merged({}, (), hashes_of(TAKEN_IN))


QUOTING = replace(TAKEN_IN, excerpt="", note="> Somebody else's words.\n\nMine.")


def test_no_excerpt_is_put_above_a_quotation_that_may_be_an_edited_excerpt() -> None:
    result = merged(QUOTING, replace(TAKEN_IN, excerpt="New words."))
    adopted = merge(
        QUOTING,
        TAKEN_IN,
        hashes_of(TAKEN_IN),
        Recorded({}, hashes_of(QUOTING), is_adopted=True),
        NOW,
    )

    assert (result.changes, result.kept) == (
        {},
        (KeptField("excerpt", "Somebody else's words.", "New words."),),
    )
    assert (adopted.changes, adopted.kept) == (
        {},
        (KeptField("excerpt", "Somebody else's words.", "Old words."),),
    )


def test_a_quotation_in_a_story_that_never_had_an_excerpt_is_not_an_excerpt() -> None:
    result = merged(QUOTING, TAKEN_IN, taken_in=replace(QUOTING, note=""))

    assert (result.changes, result.kept) == ({"excerpt": "Old words.", "updated": NOW}, ())


def test_an_excerpt_moved_below_the_note_is_kept_there() -> None:
    ours = replace(TAKEN_IN, excerpt="", note="> Mine.\n\nMine.\n\n> Old words.")

    result = merged(ours, replace(TAKEN_IN, excerpt="New words."))

    assert (result.changes, result.kept) == (
        {},
        (KeptField("excerpt", "Old words.", "New words.", why="moved"),),
    )


@pytest.mark.parametrize(
    "wrapped",
    ["Old words.\nMore of them.", "Old\nwords. More \nof them.  ", "Old words. More of them.\n"],
)
def test_an_excerpt_that_was_only_wrapped_is_still_the_publishers(wrapped: str) -> None:
    taken_in = replace(TAKEN_IN, excerpt="Old words. More of them.")

    result = merged(
        replace(taken_in, excerpt=wrapped),
        replace(taken_in, excerpt="New words."),
        taken_in=taken_in,
    )
    agreed = merged(
        replace(taken_in, excerpt="New\nwords."),
        replace(taken_in, excerpt="New words."),
        taken_in=taken_in,
    )

    assert (result.changes, result.kept) == ({"excerpt": "New words.", "updated": NOW}, ())
    assert (agreed.changes, agreed.kept) == ({}, ())


def test_a_changed_paragraph_break_is_an_edit() -> None:
    taken_in = replace(TAKEN_IN, excerpt="Old words.\n\nMore of them.")
    theirs = replace(taken_in, excerpt="New words.")

    assert (
        merged(
            replace(taken_in, excerpt="Old\nwords.\n\nMore of\nthem."), theirs, taken_in=taken_in
        ).kept
        == ()
    )
    assert (
        merged(
            replace(taken_in, excerpt="Old words.\nMore of them."), theirs, taken_in=taken_in
        ).kept
        != ()
    )


def test_the_report_shows_where_long_wordings_differ() -> None:
    same = "words that stand in both " * 20
    ours = replace(TAKEN_IN, excerpt=f"{same}\nand mine {'at some length ' * 20}")

    (kept,) = merged(ours, replace(TAKEN_IN, excerpt=f"{same}and theirs.")).kept

    assert kept.in_file.startswith("… words that stand in both and mine at some length")
    assert kept.from_feed == "… words that stand in both and theirs."
    assert len(kept.in_file) < 130


def test_every_field_belongs_to_the_editor_if_the_ledger_does_not_know_what_was_written() -> None:
    bare = replace(TAKEN_IN, image="", excerpt="")
    theirs = replace(TAKEN_IN, **CHANGED)

    result = merge(bare, theirs, hashes_of(theirs), Recorded({}, {}), NOW)

    assert result.changes == {}


def test_a_field_edited_to_the_feeds_new_words_is_not_changed() -> None:
    ours = replace(TAKEN_IN, title="New")

    result = merged(ours, replace(TAKEN_IN, title="New"))

    assert (result.changes, result.kept) == ({}, ())
    assert result.wrote["title"] == hashes_of(TAKEN_IN)["title"]


def test_a_link_that_has_only_trackers_more_is_not_reported_as_another_feeds() -> None:
    pulled = replace(TAKEN_IN, link="https://news.example/a?utm_source=rss")
    theirs = replace(pulled, link="https://news.example/a")
    recorded = Recorded(hashes_of(TAKEN_IN), hashes_of(pulled), only_reported={"link"})

    result = merge(pulled, theirs, hashes_of(theirs), recorded, NOW)

    assert (result.changes, result.kept) == ({}, ())


def test_an_updated_time_set_by_the_editor_stays() -> None:
    ours = replace(TAKEN_IN, updated=datetime(2026, 5, 18, tzinfo=HONG_KONG))

    assert set(merged(ours, replace(TAKEN_IN, title="New")).changes) == {"title"}


def test_an_updated_time_set_by_pull_advances() -> None:
    first = merged(TAKEN_IN, replace(TAKEN_IN, title="New"))
    story = replace(TAKEN_IN, **dict[str, Any](first.changes))
    before = hashes_of(replace(TAKEN_IN, title="New"))

    theirs = replace(TAKEN_IN, title="Newer")
    second = merge(
        story,
        theirs,
        hashes_of(theirs),
        Recorded(before, first.wrote),
        NOW.replace(day=21),
    )

    assert second.changes == {"title": "Newer", "updated": NOW.replace(day=21)}


# ---------------------------------------------------------------- edits

FILE = "content/2026/w20/2026-05-15-slug.md"
WRITTEN = ["Old words.", "New words.\n\nIn two paragraphs.", "Old words.\n\nMore."]
OURS = frozenset(map(hash_of, WRITTEN))
EDITS: Mapping[str, Any] = {
    **CHANGED,
    "published": datetime(2026, 5, 16, 12, tzinfo=HONG_KONG),
    "updated": datetime(2026, 5, 20, 16, tzinfo=HONG_KONG),
    "feeds": ("semiconductors", "second"),
    "title": "New: “a” headline #1",
    "excerpt": "New words.\n\nIn two paragraphs.",
}


@pytest.mark.parametrize("path", sorted(DATA.glob("*.md")), ids=lambda path: path.stem)
def test_only_the_changed_lines_change(path: Path) -> None:
    before, after = path.read_bytes().decode().split("=====\n")
    story = story_file.loads(before, FILE, HONG_KONG, OURS)
    changes = {name: EDITS[name] for name in path.stem.split(".")[1:]}

    assert try_changes(before, story, changes, HONG_KONG) == after


@given(
    names=st.sets(st.sampled_from(sorted(EDITS))),
    stop=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    quoted=st.booleans(),
)
def test_any_change_gives_the_intended_story_and_keeps_every_other_line(
    names: set[str], stop: str, last: bool, quoted: bool
) -> None:
    lines = [
        "---", "# mine", "id: g1  # do not touch", "title: 'Old'", "", "feeds:", "  - semiconductors", "authors: [Jo]",
        "published: 2026-05-15", "link: https://news.example/old", "---", *(["> Old words."] if quoted else []), "",
        "A note.",
    ]  # fmt: skip
    text = stop.join(lines) + (stop if last else "")
    story = story_file.loads(text, FILE, HONG_KONG, OURS)
    changes = {name: EDITS[name] for name in names}

    result = try_changes(text, story, changes, HONG_KONG)

    assert result is not None
    assert story_file.loads(result, FILE, HONG_KONG, OURS) == replace(story, **changes)
    assert {"# mine", "id: g1  # do not touch", "", "A note."} <= {
        line.rstrip("\r") for line in result.split("\n")
    }
    assert result.endswith(stop) is last or ("excerpt" in changes and not quoted and not story.note)
    assert (stop == "\n") is ("\r" not in result)


def test_a_file_that_cannot_be_changed_in_place_is_left_alone() -> None:
    text = "---\ntitle: |\n  Old\n  words\nlink: https://news.example/\nid: g1\n---\n"
    story = replace(
        story_file.loads(text, FILE, HONG_KONG, OURS),
        title="something that the text does not say",
        note="x",
    )

    assert try_changes(text, story, {"link": "https://news.example/new"}, HONG_KONG) is None


def test_the_excerpt_hash_covers_its_plain_words_and_the_markdown_if_that_says_more() -> None:
    story = replace(TAKEN_IN, excerpt=excerpt.escape("a *b*"))

    assert hashes_of(story)["excerpt"] == hash_of("a *b*")
    assert hashes_of(replace(TAKEN_IN, excerpt="a *b*"))["excerpt"] not in {
        hash_of("a *b*"),
        hash_of("a b"),
    }
