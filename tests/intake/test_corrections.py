"""A publisher's corrections are merged, an editor's words stay, and open changes are reported.

Most cases have one story in two feeds, pulled from files.
"""

from __future__ import annotations

import html
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import caches
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from many import many
from previews import previewing
from shell import invoke

from digest import config
from digest.cli.shared import github
from digest.commands import check, pull, status
from digest.commands.pull_report import PullReport
from digest.content import excerpt, load
from digest.model import Story

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
SITE = '[site]\ntitle = "Test"\nurl = "https://example.org/"\ntimezone = "Asia/Hong_Kong"\n'
LINK = "https://news.example/article/3500001/a-slug"
ENTRY: Mapping[str, Any] = {
    "id": "https://news.example/?p=1",
    "url": LINK,
    "title": "Story 1 headline",
    "summary": "Summary of 1, as the publisher wrote it.",
    "date_published": "2026-11-26T09:00:00Z",
    "image": "https://cdn.example/1.jpg",
    "authors": [{"name": "Jo Writer"}],
}
OTHER = {
    **ENTRY,
    "id": "https://news.example/?p=2",
    "url": "https://news.example/article/3500002/b",
    "title": "Story 2",
}


class Desk:
    """A digest whose feeds are files, with a clock of its own."""

    def __init__(self, root: Path, *feeds: str) -> None:
        self.root, self.now = root, NOW
        self.name(*feeds or ("a", "b"))

    def name(self, *feeds: str, retired: str = "") -> None:
        """Writes digest.toml again."""
        tables = (
            f'[[feeds]]\nid = "{feed}"\nurl = "{feed}.json"\n'
            + ("retired = true\n" if feed == retired else "")
            for feed in feeds
        )
        (self.root / "digest.toml").write_text(SITE + "".join(tables))

    def tell(self, feed: str, *entries: Mapping[str, Any]) -> None:
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed,
            "items": [dict(one) for one in entries],
        }
        (self.root / f"{feed}.json").write_text(json.dumps(document))

    def pull(self, *feeds: str) -> PullReport:
        self.now += timedelta(hours=1)
        found = config.load(self.root)
        return pull.run(self.root, found, pull.chosen(found, feeds), now=self.now)

    @property
    def file(self) -> Path:
        return next(
            path
            for path in sorted(self.root.glob("content/2026/w*/*.md"))
            if "3500002" not in path.read_text()
        )

    @property
    def text(self) -> str:
        return self.file.read_text()

    @property
    def story(self) -> Story:
        stories = load.load(self.root, config.load(self.root)).stories
        return next(story for story in stories if story.file.endswith(self.file.name))

    def edit(self, old: str, new: str) -> None:
        assert old in self.text
        self.file.write_text(self.text.replace(old, new, 1))

    def add_note(self, words: str) -> None:
        self.file.write_text(self.text + words)

    def hints(self) -> list[str]:
        report = check.run(self.root, now=self.now)
        return [problem.what for problem in report.problems]

    def content(self) -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in sorted((self.root / "content").rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A digest whose two feeds have brought one story."""
    found = Desk(tmp_path)
    for feed in "ab":
        found.tell(feed, ENTRY)
    found.pull()
    return found


def run(command: str, root: Path) -> str:
    """What a command prints."""
    return invoke(root, command).output


def lines(report: PullReport) -> list[str]:
    """What a report says to the editor, without the names of files."""
    return [line.partition(": ")[2] for row in report.rows for line in (*row.kept, *row.notices)]


def corrected(**fields: Any) -> dict[str, Any]:
    return {**ENTRY, **fields}


# ---------------------------------------------------------------- which feed's words


def test_a_later_feed_corrects_a_story_that_the_first_no_longer_lists(desk: Desk) -> None:
    desk.tell("a", OTHER)
    desk.tell("b", corrected(title="Story 1 CORRECTED", summary="Another summary."))

    report = desk.pull()

    assert (desk.story.title, desk.story.excerpt) == ("Story 1 CORRECTED", "Another summary.")
    assert [len(row.updated) for row in report.rows] == [0, 1]


def test_an_old_copy_in_the_first_feed_does_not_revert_a_correction(desk: Desk) -> None:
    desk.tell("a", OTHER)
    desk.tell("b", corrected(title="Corrected"))
    desk.pull()
    desk.tell("a", ENTRY)
    before = desk.text

    for _ in range(3):
        desk.pull()

    assert desk.text == before


def test_feeds_that_always_disagree_do_not_flip_a_story_back_and_forth(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", ENTRY)
    desk.tell("b", corrected(title="As the other section has it", summary="Otherwise."))
    desk.pull()
    before = desk.text
    desk.tell("a", OTHER)
    desk.pull()
    desk.tell("b", corrected(title="As the other section has it now", summary="Otherwise now."))

    desk.pull()

    assert desk.text == before


@pytest.mark.parametrize("waits", [True, False])
def test_an_old_summary_below_a_headline_corrected_by_another_feed_is_reported(
    tmp_path: Path, waits: bool
) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", ENTRY)
    desk.tell("b", corrected(summary="As b has it."))
    desk.pull()
    if not waits:
        desk.tell("a", OTHER)
    desk.tell("b", corrected(title="Corrected", summary="As b has corrected it."))
    report = desk.pull()
    if waits:
        assert (lines(report), desk.hints()) == ([], [])
        desk.tell("a", OTHER)
        report = desk.pull()

    assert (desk.story.title, desk.story.excerpt) == ("Corrected", ENTRY["summary"])
    assert lines(report) == [
        f"kept another feed's excerpt '{ENTRY['summary']}'; the feed now says 'As b has corrected it.'"
    ]
    (hint,) = desk.hints()
    assert (
        hint
        == "its summary is from one feed; another feed, which still has the story, has changed its own"
    )
    before = desk.content()
    for entries in (
        [OTHER],
        [ENTRY],
        [OTHER],
    ):  # the first feed shows the story again, unchanged, and drops it again
        desk.tell("a", *entries)
        assert lines(desk.pull()) == []
    assert (desk.text.encode(), desk.hints()) == (before[str(desk.file)], [hint])
    desk.tell("b", corrected(title="Corrected", summary="As b has it at last."))
    assert [line.rpartition("; ")[2] for line in lines(desk.pull())] == [
        "the feed now says 'As b has it at last.'"
    ]
    desk.edit("---\n", "---\n# looked at\n")
    assert desk.hints() == []


@pytest.mark.parametrize("change", [{"title": "New of b"}, {"image": "https://cdn.example/b2.jpg"}])
def test_a_feed_that_changes_a_field_it_never_supplied_is_reported_once(
    tmp_path: Path, change: dict[str, str]
) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", ENTRY)
    desk.tell("b", corrected(title="Of b", image="https://cdn.example/b.jpg"))
    desk.pull()
    before = desk.text
    desk.tell("a", OTHER)
    assert lines(desk.pull()) == []
    desk.tell("b", {**corrected(title="Of b", image="https://cdn.example/b.jpg"), **change})

    ((key, value),) = change.items()
    assert lines(desk.pull()) == [
        f"kept another feed's {key} '{ENTRY[key]}'; the feed now says '{value}'"
    ]
    assert len(desk.hints()) == 1
    assert (lines(desk.pull()), desk.text) == ([], before)


def test_the_editors_words_are_kept_whichever_feed_changes(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", ENTRY)
    desk.tell("b", corrected(title="Of b"))
    desk.pull()
    desk.edit("title: Story 1 headline", "title: Mine")
    desk.tell("a", OTHER)
    desk.tell("b", corrected(title="New of b"))

    assert lines(desk.pull()) == ["kept your title 'Mine'; the feed now says 'New of b'"]
    assert desk.hints() == ["the feed's headline is now 'New of b', yours says 'Mine'"]


def test_an_excerpt_of_the_first_feed_stays_its_own_when_another_feed_corrects_the_story(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", ENTRY)
    desk.tell("b", corrected(summary="As b has it."))
    desk.pull()
    desk.tell("a", OTHER)
    desk.tell("b", corrected(image="https://cdn.example/2.jpg", summary="As b has it."))
    desk.pull()
    desk.tell("b", corrected(image="https://cdn.example/2.jpg", summary="As b has corrected it."))
    desk.pull()

    assert (desk.story.image, desk.story.excerpt) == ("https://cdn.example/2.jpg", ENTRY["summary"])


def test_a_correction_waits_while_the_first_feed_still_lists_the_story(desk: Desk) -> None:
    desk.tell("b", corrected(title="Corrected"))
    desk.pull()
    assert desk.story.title == "Story 1 headline"

    desk.tell("a", OTHER)
    desk.pull("a")
    assert desk.story.title == "Story 1 headline"
    desk.pull("b")  # which has not changed since

    assert desk.story.title == "Corrected"


def test_a_correction_that_waits_arrives_when_the_first_feed_is_retired(desk: Desk) -> None:
    desk.tell("b", corrected(title="Corrected"))
    desk.pull()
    desk.name("a", "b", retired="a")

    desk.pull()

    assert desk.story.title == "Corrected"


def test_pulling_one_feed_does_not_show_that_another_dropped_the_story(
    desk: Desk,
) -> None:
    caches.forget(desk.root, "carried")
    desk.tell("b", corrected(title="Corrected"))

    desk.pull("b")

    assert desk.story.title == "Story 1 headline"


def test_a_correction_of_an_edited_field_is_reported_whichever_feed_has_it(desk: Desk) -> None:
    desk.edit("title: Story 1 headline", "title: Mine")
    desk.tell("a", OTHER)
    desk.tell("b", corrected(title="Corrected"))

    assert lines(desk.pull()) == ["kept your title 'Mine'; the feed now says 'Corrected'"]
    assert lines(desk.pull()) == []
    assert desk.story.title == "Mine"


@pytest.mark.parametrize("retired", ["", "a"])
def test_a_feed_with_a_changed_id_brings_its_corrections_at_once(
    tmp_path: Path, retired: str
) -> None:
    desk = Desk(tmp_path, "a")
    desk.tell("a", ENTRY)
    desk.pull()
    desk.name(*(["a", "c"] if retired else ["c"]), retired=retired)
    desk.tell("c", corrected(title="Corrected", summary="Another summary."))

    report = desk.pull()

    assert (desk.story.title, desk.story.excerpt) == ("Corrected", "Another summary.")
    assert [len(row.updated) for row in report.rows] == [1]
    before = desk.content()
    desk.pull()
    assert desk.content() == before


def test_a_feed_with_a_changed_id_leaves_the_editors_words(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "a")
    desk.tell("a", ENTRY)
    desk.pull()
    desk.edit("title: Story 1 headline", "title: Mine")
    desk.edit("feeds: [a]", "feeds: [c]")
    desk.name("c")
    desk.tell("c", corrected(title="Corrected", image="https://cdn.example/2.jpg"))

    assert lines(desk.pull()) == ["kept your title 'Mine'; the feed now says 'Corrected'"]
    assert (desk.story.title, desk.story.image, desk.story.feeds) == (
        "Mine",
        "https://cdn.example/2.jpg",
        ("c",),
    )


# ---------------------------------------------------------------- stories by hand

UPDATED = "2026-11-27T20:00:00+08:00"
HAND = f"---\ntitle: Story 1 headline\nlink: {LINK}\n---\n\nA note.\n"


def by_hand(root: Path) -> Desk:
    desk = Desk(root)
    place = root / "content/2026/w48/2026-11-26-hand.md"
    place.parent.mkdir(parents=True)
    place.write_text(HAND)
    return desk


@pytest.mark.parametrize("together", [True, False])
def test_a_handwritten_story_stays_without_feeds_and_takes_corrections_from_the_feed_that_adopted_it(
    tmp_path: Path, together: bool
) -> None:
    desk = by_hand(tmp_path)
    desk.tell("a", ENTRY)
    desk.tell("b", ENTRY if together else OTHER)
    desk.pull()
    desk.tell("b", ENTRY)
    desk.pull()
    assert desk.text == HAND

    desk.tell("b", corrected(title="Of b"))
    desk.pull()
    assert desk.text == HAND
    desk.tell("a", corrected(title="Of a"))
    desk.pull()

    assert desk.text == HAND.replace("Story 1 headline", "Of a").replace(
        "\n---\n\nA", f"\nupdated: {UPDATED}\n---\n\nA"
    )


# ---------------------------------------------------------------- Atom ids


@pytest.mark.parametrize("guid", ["", ENTRY["id"]])
@pytest.mark.parametrize(
    "link", ["http://news.example/article/3500001/a-slug", "https://news.example/article/3500001/b"]
)
@pytest.mark.parametrize("hand", [True, False])
def test_a_link_changed_by_a_pull_leaves_the_atom_id(
    tmp_path: Path, guid: str, link: str, hand: bool
) -> None:
    desk = by_hand(tmp_path) if hand else Desk(tmp_path)
    for feed in "ab":
        desk.tell(feed, corrected(id=guid))
    desk.pull()
    before, id = named(desk.story), desk.story.id

    for step, address in enumerate((link, "https://news.example/article/3500001/c", link)):
        desk.tell("a", corrected(id=guid, url=address, title=f"Headline {step}"))
        desk.pull()
        assert (desk.story.link, desk.story.title, named(desk.story)) == (
            address,
            f"Headline {step}",
            before,
        )
    assert desk.story.id == (id or LINK)
    assert len(list(tmp_path.glob("content/2026/*/*.md"))) == 1


@pytest.mark.parametrize("late", [True, False])
def test_the_atom_id_stays_if_a_second_feed_has_a_guid_and_the_first_had_none(
    tmp_path: Path, late: bool
) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", corrected(id=""))
    desk.tell("b", OTHER if late else ENTRY)
    desk.pull()
    desk.tell("b", ENTRY)
    desk.pull()
    before = named(desk.story)

    desk.tell("a", corrected(id="", url="https://news.example/article/3500001/c"))
    desk.pull()

    assert (desk.story.link, named(desk.story)) == (
        "https://news.example/article/3500001/c",
        before,
    )


def test_a_story_with_its_old_link_as_id_is_recognised_after_a_move(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "a")
    desk.tell("a", corrected(id=""))
    desk.pull()
    desk.tell("a", corrected(id="", url="https://news.example/article/3500001/new"))
    desk.pull()
    moved = tmp_path / "content/2026/w49/2026-11-26-moved.md"
    moved.parent.mkdir()
    desk.file.rename(moved)

    desk.tell(
        "a", corrected(id="", url="https://news.example/article/3500001/newer", title="Corrected")
    )
    desk.pull()

    assert (desk.file, desk.story.title, desk.story.excerpt) == (
        moved,
        "Corrected",
        ENTRY["summary"],
    )


def named(story: Story) -> str:
    """What the Atom id of a story is made from."""
    if not story.id:
        return story.link
    return story.id if ":" in story.id else f"{story.feeds[0]}\n{story.id}"


# ---------------------------------------------------------------- words that stay


def test_a_headline_that_the_publisher_later_uses_too_stays_the_editors(desk: Desk) -> None:
    desk.edit("title: Story 1 headline", "title: Mine")
    desk.tell("a", corrected(title="Mine"))
    desk.pull()
    desk.tell("a", corrected(title="Theirs again"))
    report = desk.pull()

    assert desk.story.title == "Mine"
    assert lines(report) == ["kept your title 'Mine'; the feed now says 'Theirs again'"]


def test_a_headline_restored_by_the_editor_stays(desk: Desk) -> None:
    desk.tell("a", corrected(title="Second"))
    desk.pull()
    desk.edit("title: Second", "title: Story 1 headline")
    desk.tell("a", ENTRY)
    desk.pull()
    desk.tell("a", corrected(title="Third"))
    report = desk.pull()

    assert desk.story.title == "Story 1 headline"
    assert lines(report) == ["kept your title 'Story 1 headline'; the feed now says 'Third'"]


def test_a_date_stays_as_written(desk: Desk) -> None:
    desk.edit("published: 2026-11-26T17:00:00+08:00", "published: 2026-11-26T09:00:00Z")
    before = desk.text

    desk.tell("a", corrected(date_published="2026-11-26T11:00:00Z"))

    assert lines(desk.pull()) == [
        "the feed now gives 2026-11-26 11:00 UTC instead of 2026-11-26 09:00 UTC as its date; the file keeps its own"
    ]
    assert desk.text == before


# ---------------------------------------------------------------- what is left to be looked at

TURNED = "its headline has changed since {}: 'Story 1 headline' → 'Chip chief convicted'"


@pytest.mark.parametrize(
    ("words", "since"),
    [("note", "your note"), ("headline", "your own headline"), ("letter", "a letter linked to it")],
)
def test_a_headline_changed_below_an_editors_note_is_reported_until_the_file_is_edited(
    desk: Desk, words: str, since: str
) -> None:
    if words == "note":
        desk.add_note("So he goes free.\n")
    elif words == "headline":
        desk.edit("title:", "headline: Free\ntitle:")
    else:
        (desk.file.parent / "letter.md").write_text(f"See [this]({desk.file.name}).\n")
    desk.tell("a", corrected(title="Chip chief convicted"))

    report = desk.pull()

    assert lines(report) == [TURNED.format(since)]
    assert TURNED.format(since) in github.summary(report)
    letter = (desk.file.parent / "letter.md").relative_to(desk.root).as_posix()
    hint = TURNED.format(f"{letter} linked to it" if words == "letter" else since)
    assert desk.hints() == [hint]
    assert status.run(desk.root, config.load(desk.root), now=desk.now).unsettled == (
        desk.story.file,
    )
    assert "In 1 story, the feed and the file differ" in run("status", desk.root)
    assert lines(desk.pull()) == []
    desk.tell("a", corrected(title="Chip chief convicted", image="https://cdn.example/2.jpg"))
    desk.pull()
    assert desk.hints() == [hint]  # a pull's own edit is none of the editor's
    desk.edit("title:", "lead: true\ntitle:")
    assert desk.hints() == []
    assert status.run(desk.root, config.load(desk.root), now=desk.now).unsettled == ()


def test_a_letter_linking_to_a_file_with_the_same_ending_in_its_name_does_not_count_for_a_story(
    desk: Desk,
) -> None:
    (desk.file.parent / "letter.md").write_text(f"See [this](ai-{desk.file.name}).\n")
    desk.tell("a", corrected(title="Chip chief convicted"))

    assert lines(desk.pull()) == []
    assert not any("has changed since" in hint for hint in desk.hints())


def test_the_preview_has_the_hint_beside_the_story(desk: Desk) -> None:
    desk.add_note("So he goes free.\n")
    desk.tell("a", corrected(title="Chip chief convicted"))
    desk.pull()

    with previewing(desk.root) as preview:
        shown = html.unescape(preview.get("2026/w48/").text)

    assert TURNED.format("your note") in shown


def test_a_headline_that_changes_back_is_no_longer_reported(desk: Desk) -> None:
    desk.add_note("So he goes free.\n")
    for title in ("Chip chief convicted", ENTRY["title"]):
        desk.tell("a", corrected(title=title))
        desk.pull()

    assert desk.hints() == []


def test_a_changed_headline_is_not_reported_for_a_story_without_the_editors_words(
    desk: Desk,
) -> None:
    desk.tell("a", corrected(title="Chip chief convicted"))

    assert lines(desk.pull()) == []
    assert desk.hints() == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("https://elsewhere.example/article/3500001/a-slug", True),
        ("http://www.news.example/article/3500001/a-slug/", False),  # the same address
    ],
)
def test_a_link_changed_below_a_note_is_reported_if_it_points_elsewhere(
    desk: Desk, link: str, said: bool
) -> None:
    desk.add_note("As they write.\n")
    desk.tell("a", corrected(url=link))

    assert (
        lines(desk.pull()) == [f"its link has changed since your note: '{LINK}' → '{link}'"] * said
    )
    assert desk.story.link == link


@pytest.mark.parametrize(
    ("old", "new", "change", "hint"),
    [
        ("title: Story 1 headline", "title: Mine", {"title": "Theirs"},
         "the feed's headline is now 'Theirs', yours says 'Mine'"),
        ("image: https://cdn.example/1.jpg\n", "", {"image": "https://cdn.example/2.jpg"},
         "the feed's image is now 'https://cdn.example/2.jpg', you have removed it"),
        ("> Summary of 1,", "> My summary of 1,", {"summary": "A sentence of theirs."},
         "the feed has changed its summary since you edited it here"),
    ],
)  # fmt: skip
def test_a_kept_field_is_reported_until_the_file_is_edited_or_agrees(
    desk: Desk, old: str, new: str, change: dict[str, str], hint: str
) -> None:
    desk.edit(old, new)
    desk.tell("a", corrected(**change))
    (line,) = lines(desk.pull())
    assert line.startswith("kept")
    assert hint in desk.hints()
    assert all(b"A sentence of theirs" not in text for text in desk.content().values())

    desk.edit("---\n", "---\n# looked at\n")

    assert hint not in desk.hints()


def test_a_kept_field_is_not_reported_once_the_feed_agrees(desk: Desk) -> None:
    desk.edit("title: Story 1 headline", "title: Mine")
    for title, hints in (("Theirs", 1), ("Mine", 0)):
        desk.tell("a", corrected(title=title))
        desk.pull()
        assert len(desk.hints()) == hints


def test_an_excerpt_that_was_edited_has_one_hint_at_a_time(desk: Desk) -> None:
    desk.edit("> Summary of 1,", "> My summary of 1,")
    requoted = "the opening quotation is not the excerpt that Digest wrote, so it is shown as yours"
    assert desk.hints() == [requoted]
    desk.tell("a", corrected(summary="A sentence of theirs."))
    desk.pull()

    assert desk.hints() == ["the feed has changed its summary since you edited it here"]

    desk.edit("---\n", "---\n# looked at\n")
    assert desk.hints() == [requoted]


@pytest.mark.parametrize(
    "body", ["Mine.\n\n{}", "> Mine.\n\nMine.\n\n{}\n\nMore.\n", "Mine:\n{}", "- mine\n\n{}\n"]
)
def test_an_excerpt_moved_below_the_note_is_reported_as_shown_as_the_editors(
    desk: Desk, body: str
) -> None:
    theirs = f"> {ENTRY['summary']}"
    desk.edit(f"{theirs}\n", body.format(theirs))

    report = check.run(desk.root, now=desk.now)
    ((what, cure, line),) = ((one.what, one.cure, one.line) for one in report.problems)
    assert (
        what
        == "the publisher's excerpt is below your note, so readers see it as a quotation of yours"
    )
    assert (cure, desk.text.split("\n")[line - 1]) == (
        "move it to the top, above your note",
        theirs,
    )
    with previewing(desk.root) as preview:
        assert what in html.unescape(preview.get("2026/w48/").text)

    before = desk.text
    desk.tell("a", corrected(summary="A sentence of theirs."))
    assert lines(desk.pull()) == [
        f"kept the excerpt below your note, '{ENTRY['summary']}'; the feed now says 'A sentence of theirs.'"
    ]
    assert (desk.text, len(desk.hints())) == (before, 1)


@pytest.mark.parametrize("taken_out", [True, False])
def test_a_later_summary_is_put_above_the_editors_quotation(
    tmp_path: Path, taken_out: bool
) -> None:
    desk = Desk(tmp_path, "a")
    desk.tell("a", ENTRY if taken_out else corrected(summary=""))
    desk.pull()
    if taken_out:
        settings = (tmp_path / "digest.toml").read_text()
        (tmp_path / "digest.toml").write_text(f"{settings}excerpt = 0\n")
        invoke(tmp_path, "excerpts", "--apply")
        (tmp_path / "digest.toml").write_text(settings)
    bare = desk.text
    desk.add_note("> A quotation of mine.\n\nMine.\n")
    desk.tell("a", corrected(summary="A sentence of theirs."))
    report = desk.pull()

    assert (lines(report), desk.hints()) == ([], [])
    assert (desk.story.excerpt, desk.story.note) == (
        "A sentence of theirs.",
        "> A quotation of mine.\n\nMine.",
    )
    assert "excerpt" not in bare
    desk.tell("a", corrected(summary="Another of theirs."))
    assert (lines(desk.pull()), desk.story.excerpt) == ([], "Another of theirs.")


def test_line_endings_converted_by_git_are_not_an_edit(desk: Desk) -> None:
    desk.edit("title: Story 1 headline", "title: Mine")
    desk.tell("a", corrected(title="Theirs"))
    desk.pull()

    desk.file.write_bytes(desk.file.read_bytes().replace(b"\n", b"\r\n"))

    assert len(desk.hints()) == 1


@pytest.mark.parametrize("key", ["image", "authors", "summary"])
def test_a_withdrawn_field_is_reported_once_and_stays_in_the_file(desk: Desk, key: str) -> None:
    before = desk.text
    desk.tell("a", {name: value for name, value in ENTRY.items() if name != key})

    (line,) = lines(desk.pull())

    assert line.startswith("the feed no longer gives")
    assert desk.text == before
    (hint,) = desk.hints()
    assert hint.startswith("the feed no longer gives")
    assert lines(desk.pull()) == []
    desk.tell("a", ENTRY)
    assert (lines(desk.pull()), desk.hints(), desk.text) == ([], [], before)


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("summary", "Summary of 1, as the publisher wrote it.", "Summary of 1."),
        (
            "summary",
            "> Summary of 1, as the publisher wrote it.",
            "Mine.\n\n> Summary of 1, as the publisher wrote it.",
        ),
        ("image", "cdn.example/1.jpg", "cdn.example/mine.jpg"),
        ("authors", "Jo Writer", "J. Writer"),
    ],
)
def test_a_withdrawn_edited_field_is_reported_once_and_stays_in_the_file(
    desk: Desk, key: str, old: str, new: str
) -> None:
    desk.edit(old, new)
    before, hinted = desk.text, desk.hints()
    for feed in "ab":
        desk.tell(feed, {name: value for name, value in ENTRY.items() if name != key})

    assert {line.partition(" its ")[0] for line in lines(desk.pull())} == {
        "the feed no longer gives"
    }
    assert desk.text == before
    assert [hint.partition(" its ")[0] for hint in desk.hints() if hint not in hinted] == [
        "the feed no longer gives"
    ]
    assert lines(desk.pull()) == []

    desk.file.write_text(before + "\n")

    assert desk.hints() == hinted  # any edit counts as having seen it


def test_a_summary_removed_by_the_editor_is_not_reported_when_withdrawn(
    desk: Desk,
) -> None:
    desk.edit("> Summary of 1, as the publisher wrote it.\n", "")
    desk.tell("a", {name: value for name, value in ENTRY.items() if name != "summary"})

    assert (lines(desk.pull()), desk.hints()) == ([], [])


# ---------------------------------------------------------------- any history

FIELDS = ("title", "url", "image", "authors", "summary")
KEYS = {
    "title": "title",
    "url": "link",
    "image": "image",
    "authors": "authors",
    "summary": "excerpt",
}


@dataclass
class History:
    """One story in two feeds, and a model of what its file should have."""

    desk: Desk
    guid: str
    says: dict[str, dict[str, str]] = field(default_factory=dict)
    shows: dict[str, bool] = field(default_factory=lambda: {"a": True, "b": True})
    said: dict[str, dict[str, str]] = field(default_factory=dict)
    agreed: dict[str, dict[str, str]] = field(default_factory=dict)
    file: dict[str, str] = field(default_factory=dict)
    wrote: dict[str, str] = field(default_factory=dict)
    name: str = ""
    serial: int = 0

    def begin(self, hand: bool) -> None:
        self.says = {feed: {name: self.word(name) for name in FIELDS} for feed in "ab"}
        self.says["b"] |= {name: self.says["a"][name] for name in FIELDS[:4]}
        self.write()
        self.file, self.wrote = dict(self.says["a"]), dict(self.says["a"])
        if hand:  # what is not in the file when a feed adopts it is never added
            by_hand(self.desk.root).file.write_text(
                f"---\ntitle: {self.file['title']}\nlink: {self.file['url']}\n---\n\nMine.\n"
            )
            self.file |= dict.fromkeys(FIELDS[2:], "")
            self.wrote |= dict.fromkeys(FIELDS[2:], "never")
        self.desk.pull()
        self.said = {feed: dict(words) for feed, words in self.says.items()}
        self.agree()
        self.name = named(self.desk.story)

    def word(self, name: str) -> str:
        self.serial += 1
        return {
            "url": f"https://news.example/article/3500001/s{self.serial}",
            "image": f"https://cdn.example/{self.serial}.jpg",
            "summary": f"Sentence {self.serial}.",
        }.get(name, f"{name.capitalize()} {self.serial}")

    # -------- what happens

    def tell(self, feed: str, name: str, turn: int) -> None:
        """A feed changes a field: to a new value, to the other feed's, to the file's, or to
        none.
        """
        other = self.says["b" if feed == "a" else "a"][name]
        new = (self.word(name), self.word(name), other, self.file[name], "")[turn % 5]
        self.says[feed][name] = new if new or name in {"image", "authors", "summary"} else other

    def both(self, feed: str, name: str, turn: int) -> None:
        self.tell(feed, name, turn)
        self.says["a"][name] = self.says["b"][name] = self.says[feed][name]

    def turn(self, feed: str, _: str, __: int) -> None:
        """A feed stops carrying the story, or carries it again."""
        self.shows[feed] = not self.shows[feed]

    def edit(self, feed: str, name: str, turn: int) -> None:
        """The editor writes their own words, or those of a feed."""
        new = self.word(name) if turn % 3 else self.says[feed][name]
        if not new or not self.file[name] or name == "url":
            return
        old = f"> {self.file[name]}\n" if name == "summary" else f"{KEYS[name]}: "
        text = self.desk.text
        if name == "summary":
            text = text.replace(old, f"> {new}\n", 1)
        else:
            words = f"[{new}]" if name == "authors" else new
            text = re.sub(
                rf"(?m)^{KEYS[name]}: .*$", lambda _: f"{KEYS[name]}: {words}", text, count=1
            )
        self.desk.file.write_text(text)
        self.file[name] = new

    def note(self, *_: object) -> None:
        self.desk.add_note("A note.\n")

    def pull(self, *_: object) -> None:
        self.write()
        self.desk.pull()
        self.expect()
        content = self.desk.content()
        found = self.desk.story
        words = {
            "title": found.title,
            "url": found.link,
            "image": found.image,
            "summary": found.excerpt or excerpt.opening(found.note)[0],
        }
        assert {**words, "authors": ", ".join(found.authors)} == self.file
        assert named(found) == self.name
        self.desk.pull()
        assert self.desk.content() == content, "a second pull has changed something"

    # -------- what is expected

    def expect(self) -> None:
        """Changes of the first feed count; the other's if the first lacks the story and the file
        has what it corrects.
        """
        speaker = next((feed for feed in "ab" if self.shows[feed]), "")
        for name in FIELDS if speaker else ():
            new = self.says[speaker][name]
            is_news = (
                new != self.said["a"][name]
                if speaker == "a"
                else self.agreed["b"][name] == self.wrote[name]
            )
            if new and is_news and self.file[name] == self.wrote[name]:
                self.file[name] = self.wrote[name] = new
        for feed in "ab":
            if self.shows[feed]:
                self.said[feed] = dict(self.says[feed])
        self.agree()

    def agree(self) -> None:
        for feed in "ab":
            before = self.agreed.get(feed, {})
            said = self.said[feed]
            self.agreed[feed] = {
                name: self.wrote[name]
                if said[name] == self.wrote[name]
                else before.get(name, "nothing")
                for name in FIELDS
            }

    def write(self) -> None:
        for feed, shown in self.shows.items():
            words = self.says[feed]
            entry = {**words, "id": self.guid, "date_published": ENTRY["date_published"]}
            entry["authors"] = [{"name": words["authors"]}] if words["authors"] else []
            self.desk.tell(feed, OTHER, *([entry] if shown else []))


STEP = st.tuples(
    st.sampled_from(
        ["tell", "tell", "tell", "both", "turn", "edit", "note", "pull", "pull", "pull"]
    ),
    st.sampled_from("ab"),
    st.sampled_from(FIELDS),
    st.integers(0, 14),
)


@settings(
    max_examples=many(40),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    guid=st.sampled_from(["", "https://news.example/?p=1"]),
    hand=st.booleans(),
    steps=st.lists(STEP, min_size=4, max_size=16),
)
def test_any_sequence_of_corrections_and_edits_keeps_the_editors_words(
    guid: str, hand: bool, steps: list[tuple[str, str, str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Desk(Path(folder)), guid)
        history.begin(hand)
        for kind, *rest in [*steps, ("pull", "a", "title", 0)]:
            note(f"{kind} {rest}")
            getattr(history, kind)(*rest)


@pytest.mark.parametrize("command", ["excerpts", "themes"])
def test_an_edit_by_a_command_ends_no_hint_about_a_story_in_two_feeds(
    tmp_path: Path, command: str
) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", ENTRY)
    desk.tell("b", OTHER)
    desk.pull()
    desk.add_note("My note.\n")
    desk.tell("a", corrected(title="Corrected"))
    desk.pull()
    desk.tell("b", corrected(title="Corrected"))
    desk.pull()
    before, hints = desk.text, desk.hints()
    assert [hint for hint in hints if "has changed since your note" in hint]
    toml = (tmp_path / "digest.toml").read_text()
    more = (
        '[[themes]]\nid = "memory"\ntitle = "Memory"\nmatch = ["corrected"]\n'
        if command == "themes"
        else ""
    )
    cut = toml if more else toml.replace('url = "a.json"', 'url = "a.json"\nexcerpt = 2')
    (tmp_path / "digest.toml").write_text(cut + more)

    invoke(tmp_path, command, "--apply")

    assert desk.text != before
    assert [hint for hint in desk.hints() if "has changed since your note" in hint] == hints


# ------------------------------------------------ a feed that joins with a correction

HTTP = "http://news.example/article/3500001/a-slug"


@pytest.mark.parametrize("feeds", ["b", "ab"])
@pytest.mark.parametrize(
    "change", [{"title": "Corrected"}, {"summary": "Corrected."}, {"url": HTTP}]
)
def test_a_correction_shared_by_two_feeds_arrives_although_the_first_has_only_joined(
    tmp_path: Path, feeds: str, change: dict[str, str]
) -> None:
    desk = Desk(tmp_path, *feeds)
    desk.tell("a", OTHER)
    desk.tell("b", ENTRY)
    desk.pull()
    desk.name("a", "b")
    desk.tell("a", corrected(**change))
    desk.tell("b", corrected(**change))

    desk.pull()

    assert next(iter(change.values())) in (desk.story.title, desk.story.excerpt, desk.story.link)
    assert desk.story.feeds == ("a", "b")
    before = desk.content()
    desk.pull()
    assert desk.content() == before


@pytest.mark.parametrize(("old", "new"), ["ab", "ba"])
def test_a_story_that_moves_to_another_feed_gets_its_correction(
    tmp_path: Path, old: str, new: str
) -> None:
    desk = Desk(tmp_path)
    desk.tell(old, ENTRY)
    desk.tell(new, OTHER)
    desk.pull()
    desk.tell(
        old,
        {**OTHER, "id": "urn:3", "url": "https://news.example/article/3500002/c", "title": "Three"},
    )
    desk.tell(new, corrected(title="Corrected", summary="Other words."))

    desk.pull()

    assert (desk.story.title, desk.story.excerpt) == ("Corrected", "Other words.")
    before = desk.text
    desk.tell(old, ENTRY)
    desk.pull()
    assert desk.text == before


def test_a_first_feed_that_disagrees_blocks_a_correction(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.tell("a", OTHER)
    desk.tell("b", ENTRY)
    desk.pull()
    desk.tell("a", corrected(title="As a has it"))
    desk.tell("b", corrected(title="Corrected"))

    desk.pull()

    assert desk.story.title == "Story 1 headline"


# ---------------------------------------------------------------- feeds that come back

RETURNED = "kept another feed's title 'Corrected'; the feed now says 'Story 1 headline'"


@pytest.mark.parametrize("away", ["retired", "renamed"])
def test_a_returning_feeds_old_words_are_reported_once_if_another_feed_corrected_them(
    tmp_path: Path, away: str
) -> None:
    desk = Desk(tmp_path, "a")
    desk.tell("a", ENTRY)
    desk.pull()
    desk.name(*("ab" if away == "retired" else "b"), retired="a")
    desk.tell("b", corrected(title="Corrected"))
    desk.pull()
    assert desk.story.title == "Corrected"
    desk.name(*("ab" if away == "retired" else "a"))

    report = desk.pull()

    assert (lines(report), desk.story.title) == ([RETURNED], "Corrected")
    assert len(desk.hints()) == 1
    before = desk.content()
    assert lines(desk.pull()) == []
    assert desk.content() == before


def test_a_hint_shows_a_feeds_newest_words_while_another_feed_supplies_the_story(
    desk: Desk,
) -> None:
    desk.edit("title: Story 1 headline", "title: Mine")
    desk.tell("a", OTHER)
    desk.tell("b", corrected(title="Of b"))
    desk.pull()
    desk.tell("a", ENTRY)
    desk.pull()
    assert desk.hints() == ["the feed's headline is now 'Of b', yours says 'Mine'"]

    desk.tell("b", corrected(title="Of b at last"))
    desk.pull()

    assert desk.hints() == ["the feed's headline is now 'Of b at last', yours says 'Mine'"]


def test_a_hint_shows_a_feeds_newest_authors_though_their_names_have_commas(desk: Desk) -> None:
    desk.edit("Jo Writer", "Mine")
    desk.tell("a", OTHER)
    desk.tell("b", corrected(authors=[{"name": "Doe, Jane"}, {"name": "Roe, R."}]))
    desk.pull()
    desk.tell("a", ENTRY)
    desk.pull()
    assert desk.hints() == ["the feed's byline is now 'Doe, Jane, Roe, R.', yours says 'Mine'"]

    desk.tell("b", corrected(authors=[{"name": "Doe, Jane"}]))
    desk.pull()

    assert desk.hints() == ["the feed's byline is now 'Doe, Jane', yours says 'Mine'"]
