"""What becomes of entries: which are new, and where they go.

All in memory, since decisions are values.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import HONG_KONG, make_config, make_entry, make_feed, make_story

from digest.content import ledger, story_file
from digest.content.history import History
from digest.intake.changes import aliases_by_feed, search_texts_of_changes
from digest.intake.merge import Merged
from digest.intake.plan import plan_pull
from digest.intake.pull_state import PullPlan, PullState
from digest.intake.snapshot import Snapshot
from digest.model import Config, Document, Entry, Feed
from digest.week import Week

NOW = datetime(2026, 5, 20, 8, 0, 0, 123456, tzinfo=UTC)
FIRST, SECOND = make_feed(id="first"), make_feed(id="second")
CONFIG = make_config(feeds=(FIRST, SECOND))


def pull(
    *documents: tuple[Feed, list[Entry]], desk: Snapshot | None = None, config: Config = CONFIG
) -> PullPlan:
    """What a pull of these documents decides."""
    read = [(feed, Document(title="", entries=tuple(entries))) for feed, entries in documents]
    return plan_pull(read, desk or Snapshot(), config, NOW)


def after(*intakes: PullPlan, **fields: Any) -> Snapshot:
    """The snapshot after these pulls."""
    lines: dict[str, str] = {}
    for intake in intakes:
        for line in intake.lines:
            lines[line.feed] = lines.get(line.feed, "") + ledger.dumps(line)
    stories = [story for intake in intakes for story in intake.stories]
    ledgers = {feed: ledger.loads(text.encode(), feed)[0] for feed, text in lines.items()}
    desk = Snapshot(
        ledgers=ledgers,
        files=frozenset(story.file for story in stories),
        stories=tuple(stories),
        texts={story.file: story_file.dumps(story) for story in stories},
        zone=HONG_KONG,
        excerpts=History(ledgers).excerpts(),
    )
    return replace(desk, **fields)


def test_a_later_edit_of_a_pull_that_restores_the_text_replaces_the_earlier_one() -> None:
    story = make_story()
    desk = replace(after(), texts={story.file: story_file.dumps(story)})
    state = PullState([], desk, CONFIG, NOW)
    state.records[story.file] = {}

    changed = state.revise(story.file, story, Merged({"link": "https://n.example/2"}, (), {}))
    state.revise(story.file, changed.story, Merged({"link": story.link}, (), {}))

    assert state.edits[story.file].after == story_file.dumps(story)


def test_no_name_that_another_machine_gave_a_story_is_used_again() -> None:
    ours = pull((FIRST, [make_entry()]))
    theirs = pull((FIRST, [make_entry(title="Foundries are full")]))
    (later,) = (line._replace(at=ledger.later(line.at, line.at)) for line in theirs.lines)
    merged = ledger.records_of_lines([*ours.lines, later])
    desk = replace(after(theirs), ledgers={"first": merged})

    another = make_entry(
        id="another",
        link="https://news.example/another",
        published=datetime(2026, 5, 15, 5, 30, tzinfo=UTC),
    )

    (story,) = pull((FIRST, [another]), desk=desk).stories

    assert story.file == ours.stories[0].file.replace(".md", "-2.md")


def test_a_new_entry_becomes_a_story_of_its_local_week() -> None:
    entry = make_entry(
        published=datetime(2026, 4, 5, 22, 0, tzinfo=UTC), image="https://cdn.example/a.jpg"
    )

    (story,) = pull((FIRST, [entry])).stories

    assert story.file == "content/2026/w15/2026-04-06-foundries-fill-up.md"
    assert story.published.isoformat() == "2026-04-06T06:00:00+08:00"
    assert (story.id, story.link, story.feeds) == (entry.id, entry.link, ("first",))
    assert (story.authors, story.image, story.draft) == (entry.authors, entry.image, False)


@pytest.mark.parametrize(
    ("published", "file"),
    [
        (datetime(2020, 12, 31, tzinfo=UTC), "content/2020/w53/2020-12-31-foundries-fill-up.md"),
        (datetime(2021, 1, 3, 15, tzinfo=UTC), "content/2020/w53/2021-01-03-foundries-fill-up.md"),
        (datetime(2024, 12, 30, tzinfo=UTC), "content/2025/w01/2024-12-30-foundries-fill-up.md"),
    ],
)
def test_the_folder_has_the_iso_year(published: datetime, file: str) -> None:
    assert pull((FIRST, [make_entry(published=published)])).stories[0].file == file


@pytest.mark.parametrize("published", [None, NOW + timedelta(days=1, minutes=1)])
def test_an_entry_without_a_credible_date_gets_the_time_of_the_pull(
    published: datetime | None,
) -> None:
    (story,) = pull((FIRST, [make_entry(published=published)])).stories

    assert story.published == NOW.replace(microsecond=0)


def test_an_entry_a_few_hours_ahead_keeps_its_date() -> None:
    ahead = NOW + timedelta(hours=23)

    assert pull((FIRST, [make_entry(published=ahead)])).stories[0].published == ahead.replace(
        microsecond=0
    )


def test_a_story_in_two_feeds_is_one_file_that_names_both() -> None:
    intake = pull((FIRST, [make_entry()]), (SECOND, [make_entry(title="Foundries, again")]))

    (story,) = intake.stories
    line, second = intake.lines
    assert (line.feed, second.feed) == ("first", "second")
    assert (story.title, story.feeds) == ("Foundries fill up", ("first", "second"))
    assert line.wrote["feeds"] == ledger.hash_of_value(("first", "second"))
    assert (second.file, second.wrote) == (story.file, {})
    assert [len(outcome.new) for outcome in intake.outcomes] == [1, 0]


def test_a_known_entry_is_not_added_again() -> None:
    desk = after(pull((FIRST, [make_entry()])))

    again = pull((FIRST, [make_entry()]), desk=desk)

    assert not search_texts_of_changes(
        [(FIRST, Document(title="", entries=(make_entry(),)))], desk.ledgers
    )
    assert (again.stories, again.edits, again.lines) == ((), (), ())
    assert again.outcomes[0].known == 1


def test_a_deleted_story_stays_deleted_under_a_new_guid_and_address() -> None:
    desk = after(pull((FIRST, [make_entry()])), files=frozenset(), stories=())
    renamed = make_entry(
        id="new", link="https://news.example/x/article/3350001/y", title="Other words"
    )

    assert pull((FIRST, [renamed]), desk=desk).stories == ()


def test_a_new_guid_is_kept_as_an_alias_once() -> None:
    first = pull((FIRST, [make_entry()]))

    second = pull((FIRST, [make_entry(id="new")]), desk=after(first))
    third = pull((FIRST, [make_entry(id="new")]), desk=after(first, second))

    (record,) = second.lines
    assert record.id == make_entry().id
    assert record.aliases[-1] == "guid:new"
    assert third.lines == ()


def test_a_feed_that_brings_a_known_story_later_gets_a_line_of_its_own() -> None:
    first = pull((FIRST, [make_entry()]))

    second = pull((SECOND, [make_entry()]), desk=after(first))

    (edit,) = second.edits
    assert second.stories == ()
    (line,) = second.lines
    assert (line.feed, line.file) == ("second", first.stories[0].file)
    assert edit.after == edit.before.replace("feeds: [first]", "feeds: [first, second]")


def test_a_feed_counts_as_it_is_in_this_pull_not_as_it_was_in_the_last() -> None:
    last = [(feed, Document(title="", entries=(make_entry(),))) for feed in (FIRST, SECOND)]
    desk = after(plan_pull(last, Snapshot(), CONFIG, NOW), carried=aliases_by_feed(last))
    corrected = make_entry(title="Foundries are full")

    held = pull((SECOND, [corrected]), desk=desk)
    supplied = pull((FIRST, []), (SECOND, [corrected]), desk=desk)

    assert held.edits == ()
    assert "Foundries are full" in supplied.edits[0].after  # the first feed has dropped the entry


def test_equal_headlines_get_numbers_in_the_order_of_arrival() -> None:
    entries = [
        make_entry(id=f"{n}", link=f"https://news.example/{n}", title="Weekly News!")
        for n in (3, 2, 1)
    ]

    intake = pull((FIRST, entries))

    assert [(story.id, story.slug) for story in intake.stories] == [
        ("1", "weekly-news"), ("2", "weekly-news-2"), ("3", "weekly-news-3"),
    ]  # fmt: skip


def test_the_slug_of_a_deleted_story_is_not_used_again() -> None:
    desk = after(pull((FIRST, [make_entry()])), files=frozenset(), stories=())

    (story,) = pull(
        (FIRST, [make_entry(id="2", link="https://news.example/2", published=NOW)]), desk=desk
    ).stories
    (late,) = pull(
        (
            FIRST,
            [
                make_entry(
                    id="2",
                    link="https://news.example/2",
                    published=make_entry().published,
                    title="Foundries: fill up",
                )
            ],
        ),
        desk=desk,
    ).stories

    assert story.slug == "foundries-fill-up"
    assert late.slug == "foundries-fill-up-2"


def test_a_headline_without_a_slug_gets_one_from_its_id() -> None:
    first, second = (
        pull((FIRST, [make_entry(title="🎉", id=guid)])).stories[0] for guid in ("a", "b")
    )

    assert first.slug == "story-ca978112"
    assert first.slug != second.slug


def test_the_excerpt_is_cut_and_escaped_and_both_hashes_are_kept() -> None:
    summary = "A *bold* claim. And more."

    intake = pull((make_feed(id="first", excerpt=3), [make_entry(summary=summary)]))

    assert intake.stories[0].excerpt == r"A \*bold\* claim. …"
    assert intake.lines[0].said["excerpt"] == ledger.hash_of_value(summary)
    assert intake.lines[0].wrote["excerpt"] == ledger.hash_of_value("A *bold* claim. …")


def test_a_summary_is_searched_for_themes_even_if_no_excerpt_is_written() -> None:
    intake = pull((make_feed(id="first", excerpt=0), [make_entry(summary="Memory is short.")]))

    assert (intake.stories[0].excerpt, intake.stories[0].themes) == ("", ("memory-crunch",))
    assert "excerpt" not in intake.lines[0].wrote
    assert intake.lines[0].themes == {"memory-crunch": "'memory' in the summary"}


def test_a_pull_can_leave_drafts() -> None:
    assert (
        pull((FIRST, [make_entry()]), config=make_config(feeds=(FIRST,), draft=True))
        .stories[0]
        .draft
    )


def test_a_file_that_a_killed_pull_left_is_adopted_as_written() -> None:
    killed = pull((FIRST, [make_entry(summary="Words.")]))

    again = pull(
        (FIRST, [make_entry(summary="Words.")]),
        desk=Snapshot(files=frozenset({killed.stories[0].file}), stories=killed.stories),
    )

    assert again.stories == ()
    assert again.outcomes[0].adopted == (killed.stories[0].file,)
    assert again.lines[0].wrote == killed.lines[0].wrote


def test_a_handwritten_story_is_adopted_and_only_matching_fields_count_as_pulled() -> None:
    by_hand = make_story(
        link=make_entry().link, id="", feeds=(), title="My words", note="> A quotation of mine."
    )

    intake = pull(
        (FIRST, [make_entry(summary="Theirs.")]),
        desk=Snapshot(stories=(by_hand,), files=frozenset({by_hand.file})),
    )

    assert intake.stories == ()
    assert intake.lines[0].file == by_hand.file
    assert set(intake.lines[0].wrote) == {"link"}
    assert intake.lines[0].lacks == ("authors", "image")


def test_what_an_adopted_file_lacks_is_never_added_nor_counted_as_written() -> None:
    by_hand = make_story(
        link=make_entry().link, id="", feeds=(), title=make_entry().title, note="Mine."
    )
    adopted = pull(
        (FIRST, [make_entry(summary="Theirs.")]),
        desk=Snapshot(stories=(by_hand,), files=frozenset({by_hand.file})),
    )
    desk = replace(
        after(adopted),
        files=frozenset({by_hand.file}),
        stories=(by_hand,),
        texts={by_hand.file: story_file.dumps(by_hand)},
    )
    corrected = make_entry(
        title="New", summary="New words.", authors=("Al",), image="https://cdn.example/a.jpg"
    )

    again = pull((FIRST, [corrected]), desk=desk)

    (line,) = again.lines
    assert again.outcomes[0].kept == ()
    assert [edit.after for edit in again.edits] == [
        story_file.dumps(
            replace(by_hand, title="New", updated=NOW.replace(microsecond=0).astimezone(HONG_KONG))
        )
    ]
    assert not {"excerpt", "authors", "image"} & set(line.wrote)
    assert line.lacks == ("authors", "image", "excerpt")


def test_an_entry_with_an_unreadable_file_is_left_for_later() -> None:
    broken = {
        "content/2026/w20/2026-05-15-x.md": f"---\ntitle: [\nlink: {make_entry().link}\n---\n"
    }

    intake = pull((FIRST, [make_entry()]), desk=Snapshot(unreadable=broken))

    assert (intake.stories, intake.lines, intake.outcomes[0].postponed) == ((), (), 1)
    assert intake.outcomes[0].warnings == (
        "content/2026/w20/2026-05-15-x.md: cannot be read; until that is fixed, its story is left as it is",
    )


def test_a_late_story_goes_to_the_first_open_week_if_letters_close_weeks() -> None:
    seen = after(
        pull((FIRST, [make_entry(id="0", link="https://news.example/0")])), closed=Week(2026, 20)
    )
    late = make_entry(published=datetime(2026, 5, 8, tzinfo=UTC))

    (story,) = pull((FIRST, [late]), desk=seen).stories
    (first_pull,) = pull((SECOND, [late]), desk=seen).stories

    assert story.file == "content/2026/w21/2026-05-08-foundries-fill-up.md"
    assert first_pull.file == "content/2026/w19/2026-05-08-foundries-fill-up.md"


def test_a_guid_shared_by_many_entries_identifies_none() -> None:
    entries = [
        make_entry(id="g", link=f"https://news.example/{n}", title=f"Story {n}") for n in (1, 2)
    ]

    first = pull((FIRST, entries))
    again = pull((FIRST, entries), desk=after(first))

    assert [story.id for story in first.stories] == ["", ""]
    assert "Digest uses their links instead" in first.outcomes[0].warnings[0]
    assert (again.stories, again.lines) == ((), ())


def test_the_same_documents_give_the_same_decisions() -> None:
    documents = (
        (FIRST, [make_entry(), make_entry(id="2", link="https://news.example/2")]),
        (SECOND, [make_entry()]),
    )

    assert pull(*documents) == pull(*documents)


def test_a_handwritten_story_without_an_id_is_matched_by_every_feed() -> None:
    file = "content/2026/w30/2026-05-14-hand.md"
    text = f"---\ntitle: Foundries fill up\nlink: {make_entry().link}\n---\n\nA note.\n"
    by_hand = Snapshot(
        stories=(story_file.loads(text, file, HONG_KONG),),
        files=frozenset({file}),
        texts={file: text},
    )
    adopted = pull((FIRST, [make_entry(id=make_entry().link)]), desk=by_hand)
    desk = replace(
        after(adopted),
        stories=by_hand.stories,
        files=by_hand.files,
        texts=by_hand.texts,
        zone=HONG_KONG,
    )

    corrected = pull(
        (FIRST, [make_entry(id=make_entry().link, title="Foundries fill up, again")]), desk=desk
    )
    joined = pull((SECOND, [make_entry()]), desk=desk)

    assert "title: Foundries fill up, again\n" in corrected.edits[0].after
    assert joined.edits == ()


def test_a_story_without_a_guid_takes_its_new_link_and_keeps_its_excerpt() -> None:
    entry = make_entry(id="", summary="Words.")
    desk = after(pull((FIRST, [entry])))

    moved = pull((FIRST, [entry._replace(link="https://news.example/moved")]), desk=desk)

    assert "link: https://news.example/moved\n" in moved.edits[0].after
    assert "> Words." in moved.edits[0].after


def test_a_guid_that_is_no_uri_keeps_the_feed_first_that_brought_it() -> None:
    desk = after(pull((SECOND, [make_entry(id="7")])))

    joined = pull((FIRST, [make_entry(id="8")]), desk=desk)

    assert "feeds: [second, first]\n" in joined.edits[0].after


def test_repeated_entries_with_another_date_or_text_are_counted_in_a_warning() -> None:
    entry = make_entry()
    later, other = make_entry(published=NOW), make_entry(summary="Another text.")
    bare = [
        make_entry(
            id="", link="https://news.example/live", title="Live", published=NOW, summary=one
        )
        for one in "ab"
    ]

    intake = pull((FIRST, [entry, entry, later, other]), (SECOND, bare))

    assert [outcome.warnings for outcome in intake.outcomes] == [
        (
            "2 entries skipped: same guid, link and headline as another one, but not the same date and text",
        ),
        (
            "1 entry skipped: same guid, link and headline as another one, but not the same date and text",
        ),
    ]
    assert len(intake.stories) == 2


def test_entries_with_one_link_and_no_headline_or_guid_are_distinguished_by_their_text() -> None:
    untitled = [make_entry(id="", link="https://news.example/live", title="news.example", published=None, summary=one)
                for one in ("One.", "Two.", "Two.")]  # fmt: skip

    intake = pull((FIRST, untitled))

    assert sorted(story.excerpt for story in intake.stories) == ["One.", "Two."]
    assert intake.outcomes[0].warnings == ()
