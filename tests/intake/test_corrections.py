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


class Workspace:
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
        return pull.run(self.root, found, pull.select_feeds(found, feeds), now=self.now)

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


def pulled(root: Path, **entries: Mapping[str, Any]) -> Workspace:
    """A digest with these feeds, each of which has brought one entry."""
    found = Workspace(root, *entries)
    for feed, entry in entries.items():
        found.tell(feed, entry)
    found.pull()
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A digest whose two feeds have brought one story."""
    return pulled(tmp_path, a=ENTRY, b=ENTRY)


def run(command: str, root: Path) -> str:
    """What a command prints."""
    return invoke(root, command).output


def lines(report: PullReport) -> list[str]:
    """What a report says to the editor, without the names of files."""
    return [line.partition(": ")[2] for row in report.rows for line in (*row.kept, *row.notices)]


def corrected(**fields: Any) -> dict[str, Any]:
    return {**ENTRY, **fields}


# ---------------------------------------------------------------- which feed's words


def test_a_later_feed_corrects_a_story_that_the_first_no_longer_lists(workspace: Workspace) -> None:
    workspace.tell("a", OTHER)
    workspace.tell("b", corrected(title="Story 1 CORRECTED", summary="Another summary."))

    report = workspace.pull()

    assert (workspace.story.title, workspace.story.excerpt) == (
        "Story 1 CORRECTED",
        "Another summary.",
    )
    assert [len(row.updated) for row in report.rows] == [0, 1]


def test_an_old_copy_in_the_first_feed_does_not_revert_a_correction(workspace: Workspace) -> None:
    workspace.tell("a", OTHER)
    workspace.tell("b", corrected(title="Corrected"))
    workspace.pull()
    workspace.tell("a", ENTRY)
    before = workspace.text

    for _ in range(3):
        workspace.pull()

    assert workspace.text == before


def test_feeds_that_always_disagree_do_not_flip_a_story_back_and_forth(tmp_path: Path) -> None:
    workspace = pulled(
        tmp_path, a=ENTRY, b=corrected(title="As the other section has it", summary="Otherwise.")
    )
    before = workspace.text
    workspace.tell("a", OTHER)
    workspace.pull()
    workspace.tell(
        "b", corrected(title="As the other section has it now", summary="Otherwise now.")
    )

    workspace.pull()

    assert workspace.text == before


@pytest.mark.parametrize("waits", [True, False])
def test_an_old_summary_below_a_headline_corrected_by_another_feed_is_reported(
    tmp_path: Path, waits: bool
) -> None:
    workspace = pulled(tmp_path, a=ENTRY, b=corrected(summary="As b has it."))
    if not waits:
        workspace.tell("a", OTHER)
    workspace.tell("b", corrected(title="Corrected", summary="As b has corrected it."))
    report = workspace.pull()
    if waits:
        assert (lines(report), workspace.hints()) == ([], [])
        workspace.tell("a", OTHER)
        report = workspace.pull()

    assert (workspace.story.title, workspace.story.excerpt) == ("Corrected", ENTRY["summary"])
    assert lines(report) == [
        f"kept another feed's excerpt '{ENTRY['summary']}'; the feed now says 'As b has corrected it.'"
    ]
    (hint,) = workspace.hints()
    assert (
        hint
        == "its summary is from one feed; another feed, which still has the story, has changed its own"
    )
    before = workspace.content()
    for entries in (
        [OTHER],
        [ENTRY],
        [OTHER],
    ):  # the first feed shows the story again, unchanged, and drops it again
        workspace.tell("a", *entries)
        assert lines(workspace.pull()) == []
    assert (workspace.text.encode(), workspace.hints()) == (before[str(workspace.file)], [hint])
    workspace.tell("b", corrected(title="Corrected", summary="As b has it at last."))
    assert [line.rpartition("; ")[2] for line in lines(workspace.pull())] == [
        "the feed now says 'As b has it at last.'"
    ]
    workspace.edit("---\n", "---\n# looked at\n")
    assert workspace.hints() == []


@pytest.mark.parametrize("change", [{"title": "New of b"}, {"image": "https://cdn.example/b2.jpg"}])
def test_a_feed_that_changes_a_field_it_never_supplied_is_reported_once(
    tmp_path: Path, change: dict[str, str]
) -> None:
    workspace = pulled(
        tmp_path, a=ENTRY, b=corrected(title="Of b", image="https://cdn.example/b.jpg")
    )
    before = workspace.text
    workspace.tell("a", OTHER)
    assert lines(workspace.pull()) == []
    workspace.tell("b", {**corrected(title="Of b", image="https://cdn.example/b.jpg"), **change})

    ((key, value),) = change.items()
    assert lines(workspace.pull()) == [
        f"kept another feed's {key} '{ENTRY[key]}'; the feed now says '{value}'"
    ]
    assert len(workspace.hints()) == 1
    assert (lines(workspace.pull()), workspace.text) == ([], before)


def test_the_editors_words_are_kept_whichever_feed_changes(
    tmp_path: Path,
) -> None:
    workspace = pulled(tmp_path, a=ENTRY, b=corrected(title="Of b"))
    workspace.edit("title: Story 1 headline", "title: Mine")
    workspace.tell("a", OTHER)
    workspace.tell("b", corrected(title="New of b"))

    assert lines(workspace.pull()) == ["kept your title 'Mine'; the feed now says 'New of b'"]
    assert workspace.hints() == ["the feed's headline is now 'New of b', yours says 'Mine'"]


def test_an_excerpt_of_the_first_feed_stays_its_own_when_another_feed_corrects_the_story(
    tmp_path: Path,
) -> None:
    workspace = pulled(tmp_path, a=ENTRY, b=corrected(summary="As b has it."))
    workspace.tell("a", OTHER)
    workspace.tell("b", corrected(image="https://cdn.example/2.jpg", summary="As b has it."))
    workspace.pull()
    workspace.tell(
        "b", corrected(image="https://cdn.example/2.jpg", summary="As b has corrected it.")
    )
    workspace.pull()

    assert (workspace.story.image, workspace.story.excerpt) == (
        "https://cdn.example/2.jpg",
        ENTRY["summary"],
    )


def test_a_correction_waits_while_the_first_feed_still_lists_the_story(
    workspace: Workspace,
) -> None:
    workspace.tell("b", corrected(title="Corrected"))
    workspace.pull()
    assert workspace.story.title == "Story 1 headline"

    workspace.tell("a", OTHER)
    workspace.pull("a")
    assert workspace.story.title == "Story 1 headline"
    workspace.pull("b")  # which has not changed since

    assert workspace.story.title == "Corrected"


def test_a_correction_that_waits_arrives_when_the_first_feed_is_retired(
    workspace: Workspace,
) -> None:
    workspace.tell("b", corrected(title="Corrected"))
    workspace.pull()
    workspace.name("a", "b", retired="a")

    workspace.pull()

    assert workspace.story.title == "Corrected"


def test_pulling_one_feed_does_not_show_that_another_dropped_the_story(
    workspace: Workspace,
) -> None:
    caches.forget(workspace.root, "carried")
    workspace.tell("b", corrected(title="Corrected"))

    workspace.pull("b")

    assert workspace.story.title == "Story 1 headline"


def test_a_correction_of_an_edited_field_is_reported_whichever_feed_has_it(
    workspace: Workspace,
) -> None:
    workspace.edit("title: Story 1 headline", "title: Mine")
    workspace.tell("a", OTHER)
    workspace.tell("b", corrected(title="Corrected"))

    assert lines(workspace.pull()) == ["kept your title 'Mine'; the feed now says 'Corrected'"]
    assert lines(workspace.pull()) == []
    assert workspace.story.title == "Mine"


@pytest.mark.parametrize("retired", ["", "a"])
def test_a_feed_with_a_changed_id_brings_its_corrections_at_once(
    tmp_path: Path, retired: str
) -> None:
    workspace = pulled(tmp_path, a=ENTRY)
    workspace.name(*(["a", "c"] if retired else ["c"]), retired=retired)
    workspace.tell("c", corrected(title="Corrected", summary="Another summary."))

    report = workspace.pull()

    assert (workspace.story.title, workspace.story.excerpt) == ("Corrected", "Another summary.")
    assert [len(row.updated) for row in report.rows] == [1]
    before = workspace.content()
    workspace.pull()
    assert workspace.content() == before


def test_a_feed_with_a_changed_id_leaves_the_editors_words(tmp_path: Path) -> None:
    workspace = pulled(tmp_path, a=ENTRY)
    workspace.edit("title: Story 1 headline", "title: Mine")
    workspace.edit("feeds: [a]", "feeds: [c]")
    workspace.name("c")
    workspace.tell("c", corrected(title="Corrected", image="https://cdn.example/2.jpg"))

    assert lines(workspace.pull()) == ["kept your title 'Mine'; the feed now says 'Corrected'"]
    assert (workspace.story.title, workspace.story.image, workspace.story.feeds) == (
        "Mine",
        "https://cdn.example/2.jpg",
        ("c",),
    )


# ---------------------------------------------------------------- stories by hand

UPDATED = "2026-11-27T20:00:00+08:00"
HAND = f"---\ntitle: Story 1 headline\nlink: {LINK}\n---\n\nA note.\n"


def by_hand(root: Path) -> Workspace:
    workspace = Workspace(root)
    place = root / "content/2026/w48/2026-11-26-hand.md"
    place.parent.mkdir(parents=True)
    place.write_text(HAND)
    return workspace


@pytest.mark.parametrize("together", [True, False])
def test_a_handwritten_story_stays_without_feeds_and_takes_corrections_from_the_feed_that_adopted_it(
    tmp_path: Path, together: bool
) -> None:
    workspace = by_hand(tmp_path)
    workspace.tell("a", ENTRY)
    workspace.tell("b", ENTRY if together else OTHER)
    workspace.pull()
    workspace.tell("b", ENTRY)
    workspace.pull()
    assert workspace.text == HAND

    workspace.tell("b", corrected(title="Of b"))
    workspace.pull()
    assert workspace.text == HAND
    workspace.tell("a", corrected(title="Of a"))
    workspace.pull()

    assert workspace.text == HAND.replace("Story 1 headline", "Of a").replace(
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
    workspace = by_hand(tmp_path) if hand else Workspace(tmp_path)
    for feed in "ab":
        workspace.tell(feed, corrected(id=guid))
    workspace.pull()
    before, id = named(workspace.story), workspace.story.id

    for step, address in enumerate((link, "https://news.example/article/3500001/c", link)):
        workspace.tell("a", corrected(id=guid, url=address, title=f"Headline {step}"))
        workspace.pull()
        assert (workspace.story.link, workspace.story.title, named(workspace.story)) == (
            address,
            f"Headline {step}",
            before,
        )
    assert workspace.story.id == (id or LINK)
    assert len(list(tmp_path.glob("content/2026/*/*.md"))) == 1


@pytest.mark.parametrize("late", [True, False])
def test_the_atom_id_stays_if_a_second_feed_has_a_guid_and_the_first_had_none(
    tmp_path: Path, late: bool
) -> None:
    workspace = pulled(tmp_path, a=corrected(id=""), b=OTHER if late else ENTRY)
    workspace.tell("b", ENTRY)
    workspace.pull()
    before = named(workspace.story)

    workspace.tell("a", corrected(id="", url="https://news.example/article/3500001/c"))
    workspace.pull()

    assert (workspace.story.link, named(workspace.story)) == (
        "https://news.example/article/3500001/c",
        before,
    )


def test_a_story_with_its_old_link_as_id_is_recognised_after_a_move(tmp_path: Path) -> None:
    workspace = pulled(tmp_path, a=corrected(id=""))
    workspace.tell("a", corrected(id="", url="https://news.example/article/3500001/new"))
    workspace.pull()
    moved = tmp_path / "content/2026/w49/2026-11-26-moved.md"
    moved.parent.mkdir()
    workspace.file.rename(moved)

    workspace.tell(
        "a", corrected(id="", url="https://news.example/article/3500001/newer", title="Corrected")
    )
    workspace.pull()

    assert (workspace.file, workspace.story.title, workspace.story.excerpt) == (
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


def test_a_headline_that_the_publisher_later_uses_too_stays_the_editors(
    workspace: Workspace,
) -> None:
    workspace.edit("title: Story 1 headline", "title: Mine")
    workspace.tell("a", corrected(title="Mine"))
    workspace.pull()
    workspace.tell("a", corrected(title="Theirs again"))
    report = workspace.pull()

    assert workspace.story.title == "Mine"
    assert lines(report) == ["kept your title 'Mine'; the feed now says 'Theirs again'"]


def test_a_headline_restored_by_the_editor_stays(workspace: Workspace) -> None:
    workspace.tell("a", corrected(title="Second"))
    workspace.pull()
    workspace.edit("title: Second", "title: Story 1 headline")
    workspace.tell("a", ENTRY)
    workspace.pull()
    workspace.tell("a", corrected(title="Third"))
    report = workspace.pull()

    assert workspace.story.title == "Story 1 headline"
    assert lines(report) == ["kept your title 'Story 1 headline'; the feed now says 'Third'"]


def test_a_date_stays_as_written(workspace: Workspace) -> None:
    workspace.edit("published: 2026-11-26T17:00:00+08:00", "published: 2026-11-26T09:00:00Z")
    before = workspace.text

    workspace.tell("a", corrected(date_published="2026-11-26T11:00:00Z"))

    assert lines(workspace.pull()) == [
        "the feed now gives 2026-11-26 11:00 UTC instead of 2026-11-26 09:00 UTC as its date; the file keeps its own"
    ]
    assert workspace.text == before


# ---------------------------------------------------------------- what is left to be looked at

TURNED = "its headline has changed since {}: 'Story 1 headline' → 'Chip chief convicted'"


@pytest.mark.parametrize(
    ("words", "since"),
    [("note", "your note"), ("headline", "your own headline"), ("letter", "a letter linked to it")],
)
def test_a_headline_changed_below_an_editors_note_is_reported_until_the_file_is_edited(
    workspace: Workspace, words: str, since: str
) -> None:
    if words == "note":
        workspace.add_note("So he goes free.\n")
    elif words == "headline":
        workspace.edit("title:", "headline: Free\ntitle:")
    else:
        (workspace.file.parent / "letter.md").write_text(f"See [this]({workspace.file.name}).\n")
    workspace.tell("a", corrected(title="Chip chief convicted"))

    report = workspace.pull()

    assert lines(report) == [TURNED.format(since)]
    assert TURNED.format(since) in github.summary(report)
    letter = (workspace.file.parent / "letter.md").relative_to(workspace.root).as_posix()
    hint = TURNED.format(f"{letter} linked to it" if words == "letter" else since)
    assert workspace.hints() == [hint]
    assert status.run(
        workspace.root, config.load(workspace.root), now=workspace.now
    ).changed_by_pull == (workspace.story.file,)
    assert "In 1 story, the feed and the file differ" in run("status", workspace.root)
    assert lines(workspace.pull()) == []
    workspace.tell("a", corrected(title="Chip chief convicted", image="https://cdn.example/2.jpg"))
    workspace.pull()
    assert workspace.hints() == [hint]  # a pull's own edit is none of the editor's
    workspace.edit("title:", "lead: true\ntitle:")
    assert workspace.hints() == []
    assert (
        status.run(workspace.root, config.load(workspace.root), now=workspace.now).changed_by_pull
        == ()
    )


def test_a_letter_linking_to_a_file_with_the_same_ending_in_its_name_does_not_count_for_a_story(
    workspace: Workspace,
) -> None:
    (workspace.file.parent / "letter.md").write_text(f"See [this](ai-{workspace.file.name}).\n")
    workspace.tell("a", corrected(title="Chip chief convicted"))

    assert lines(workspace.pull()) == []
    assert not any("has changed since" in hint for hint in workspace.hints())


def test_the_preview_has_the_hint_beside_the_story(workspace: Workspace) -> None:
    workspace.add_note("So he goes free.\n")
    workspace.tell("a", corrected(title="Chip chief convicted"))
    workspace.pull()

    with previewing(workspace.root) as preview:
        shown = html.unescape(preview.get("2026/w48/").text)

    assert TURNED.format("your note") in shown


def test_a_headline_that_changes_back_is_no_longer_reported(workspace: Workspace) -> None:
    workspace.add_note("So he goes free.\n")
    for title in ("Chip chief convicted", ENTRY["title"]):
        workspace.tell("a", corrected(title=title))
        workspace.pull()

    assert workspace.hints() == []


def test_a_changed_headline_is_not_reported_for_a_story_without_the_editors_words(
    workspace: Workspace,
) -> None:
    workspace.tell("a", corrected(title="Chip chief convicted"))

    assert lines(workspace.pull()) == []
    assert workspace.hints() == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("https://elsewhere.example/article/3500001/a-slug", True),
        ("http://www.news.example/article/3500001/a-slug/", False),  # the same address
    ],
)
def test_a_link_changed_below_a_note_is_reported_if_it_points_elsewhere(
    workspace: Workspace, link: str, said: bool
) -> None:
    workspace.add_note("As they write.\n")
    workspace.tell("a", corrected(url=link))

    assert (
        lines(workspace.pull())
        == [f"its link has changed since your note: '{LINK}' → '{link}'"] * said
    )
    assert workspace.story.link == link


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
    workspace: Workspace, old: str, new: str, change: dict[str, str], hint: str
) -> None:
    workspace.edit(old, new)
    workspace.tell("a", corrected(**change))
    (line,) = lines(workspace.pull())
    assert line.startswith("kept")
    assert hint in workspace.hints()
    assert all(b"A sentence of theirs" not in text for text in workspace.content().values())

    workspace.edit("---\n", "---\n# looked at\n")

    assert hint not in workspace.hints()


def test_a_kept_field_is_not_reported_once_the_feed_agrees(workspace: Workspace) -> None:
    workspace.edit("title: Story 1 headline", "title: Mine")
    for title, hints in (("Theirs", 1), ("Mine", 0)):
        workspace.tell("a", corrected(title=title))
        workspace.pull()
        assert len(workspace.hints()) == hints


def test_an_excerpt_that_was_edited_has_one_hint_at_a_time(workspace: Workspace) -> None:
    workspace.edit("> Summary of 1,", "> My summary of 1,")
    requoted = "the opening quotation is not the excerpt that Digest wrote, so it is shown as yours"
    assert workspace.hints() == [requoted]
    workspace.tell("a", corrected(summary="A sentence of theirs."))
    workspace.pull()

    assert workspace.hints() == ["the feed has changed its summary since you edited it here"]

    workspace.edit("---\n", "---\n# looked at\n")
    assert workspace.hints() == [requoted]


@pytest.mark.parametrize(
    "body", ["Mine.\n\n{}", "> Mine.\n\nMine.\n\n{}\n\nMore.\n", "Mine:\n{}", "- mine\n\n{}\n"]
)
def test_an_excerpt_moved_below_the_note_is_reported_as_shown_as_the_editors(
    workspace: Workspace, body: str
) -> None:
    theirs = f"> {ENTRY['summary']}"
    workspace.edit(f"{theirs}\n", body.format(theirs))

    report = check.run(workspace.root, now=workspace.now)
    ((what, cure, line),) = ((one.what, one.cure, one.line) for one in report.problems)
    assert (
        what
        == "the publisher's excerpt is below your note, so readers see it as a quotation of yours"
    )
    assert (cure, workspace.text.split("\n")[line - 1]) == (
        "move it to the top, above your note",
        theirs,
    )
    with previewing(workspace.root) as preview:
        assert what in html.unescape(preview.get("2026/w48/").text)

    before = workspace.text
    workspace.tell("a", corrected(summary="A sentence of theirs."))
    assert lines(workspace.pull()) == [
        f"kept the excerpt below your note, '{ENTRY['summary']}'; the feed now says 'A sentence of theirs.'"
    ]
    assert (workspace.text, len(workspace.hints())) == (before, 1)


@pytest.mark.parametrize("taken_out", [True, False])
def test_a_later_summary_is_put_above_the_editors_quotation(
    tmp_path: Path, taken_out: bool
) -> None:
    workspace = pulled(tmp_path, a=ENTRY if taken_out else corrected(summary=""))
    if taken_out:
        settings = (tmp_path / "digest.toml").read_text()
        (tmp_path / "digest.toml").write_text(f"{settings}excerpt = 0\n")
        invoke(tmp_path, "excerpts", "--apply")
        (tmp_path / "digest.toml").write_text(settings)
    bare = workspace.text
    workspace.add_note("> A quotation of mine.\n\nMine.\n")
    workspace.tell("a", corrected(summary="A sentence of theirs."))
    report = workspace.pull()

    assert (lines(report), workspace.hints()) == ([], [])
    assert (workspace.story.excerpt, workspace.story.note) == (
        "A sentence of theirs.",
        "> A quotation of mine.\n\nMine.",
    )
    assert "excerpt" not in bare
    workspace.tell("a", corrected(summary="Another of theirs."))
    assert (lines(workspace.pull()), workspace.story.excerpt) == ([], "Another of theirs.")


def test_line_endings_converted_by_git_are_not_an_edit(workspace: Workspace) -> None:
    workspace.edit("title: Story 1 headline", "title: Mine")
    workspace.tell("a", corrected(title="Theirs"))
    workspace.pull()

    workspace.file.write_bytes(workspace.file.read_bytes().replace(b"\n", b"\r\n"))

    assert len(workspace.hints()) == 1


@pytest.mark.parametrize("key", ["image", "authors", "summary"])
def test_a_withdrawn_field_is_reported_once_and_stays_in_the_file(
    workspace: Workspace, key: str
) -> None:
    before = workspace.text
    workspace.tell("a", {name: value for name, value in ENTRY.items() if name != key})

    (line,) = lines(workspace.pull())

    assert line.startswith("the feed no longer gives")
    assert workspace.text == before
    (hint,) = workspace.hints()
    assert hint.startswith("the feed no longer gives")
    assert lines(workspace.pull()) == []
    workspace.tell("a", ENTRY)
    assert (lines(workspace.pull()), workspace.hints(), workspace.text) == ([], [], before)


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
    workspace: Workspace, key: str, old: str, new: str
) -> None:
    workspace.edit(old, new)
    before, hinted = workspace.text, workspace.hints()
    for feed in "ab":
        workspace.tell(feed, {name: value for name, value in ENTRY.items() if name != key})

    assert {line.partition(" its ")[0] for line in lines(workspace.pull())} == {
        "the feed no longer gives"
    }
    assert workspace.text == before
    assert [hint.partition(" its ")[0] for hint in workspace.hints() if hint not in hinted] == [
        "the feed no longer gives"
    ]
    assert lines(workspace.pull()) == []

    workspace.file.write_text(before + "\n")

    assert workspace.hints() == hinted  # any edit counts as having seen it


def test_a_summary_removed_by_the_editor_is_not_reported_when_withdrawn(
    workspace: Workspace,
) -> None:
    workspace.edit("> Summary of 1, as the publisher wrote it.\n", "")
    workspace.tell("a", {name: value for name, value in ENTRY.items() if name != "summary"})

    assert (lines(workspace.pull()), workspace.hints()) == ([], [])


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

    workspace: Workspace
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
            by_hand(self.workspace.root).file.write_text(
                f"---\ntitle: {self.file['title']}\nlink: {self.file['url']}\n---\n\nMine.\n"
            )
            self.file |= dict.fromkeys(FIELDS[2:], "")
            self.wrote |= dict.fromkeys(FIELDS[2:], "never")
        self.workspace.pull()
        self.said = {feed: dict(words) for feed, words in self.says.items()}
        self.agree()
        self.name = named(self.workspace.story)

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
        text = self.workspace.text
        if name == "summary":
            text = text.replace(old, f"> {new}\n", 1)
        else:
            words = f"[{new}]" if name == "authors" else new
            text = re.sub(
                rf"(?m)^{KEYS[name]}: .*$", lambda _: f"{KEYS[name]}: {words}", text, count=1
            )
        self.workspace.file.write_text(text)
        self.file[name] = new

    def note(self, *_: object) -> None:
        self.workspace.add_note("A note.\n")

    def pull(self, *_: object) -> None:
        self.write()
        self.workspace.pull()
        self.expect()
        content = self.workspace.content()
        found = self.workspace.story
        words = {
            "title": found.title,
            "url": found.link,
            "image": found.image,
            "summary": found.excerpt or excerpt.first_quotation(found.note)[0],
        }
        assert {**words, "authors": ", ".join(found.authors)} == self.file
        assert named(found) == self.name
        self.workspace.pull()
        assert self.workspace.content() == content, "a second pull has changed something"

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
            self.workspace.tell(feed, OTHER, *([entry] if shown else []))


STEP = st.tuples(
    st.sampled_from(
        ["tell", "tell", "tell", "both", "turn", "edit", "note", "pull", "pull", "pull"]
    ),
    st.sampled_from("ab"),
    st.sampled_from(FIELDS),
    st.integers(0, 14),
)


@settings(
    max_examples=many(25),
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
        history = History(Workspace(Path(folder)), guid)
        history.begin(hand)
        for kind, *rest in [*steps, ("pull", "a", "title", 0)]:
            note(f"{kind} {rest}")
            getattr(history, kind)(*rest)


@pytest.mark.parametrize("command", ["excerpts", "themes"])
def test_an_edit_by_a_command_ends_no_hint_about_a_story_in_two_feeds(
    tmp_path: Path, command: str
) -> None:
    workspace = pulled(tmp_path, a=ENTRY, b=OTHER)
    workspace.add_note("My note.\n")
    workspace.tell("a", corrected(title="Corrected"))
    workspace.pull()
    workspace.tell("b", corrected(title="Corrected"))
    workspace.pull()
    before, hints = workspace.text, workspace.hints()
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

    assert workspace.text != before
    assert [hint for hint in workspace.hints() if "has changed since your note" in hint] == hints


# ------------------------------------------------ a feed that joins with a correction

HTTP = "http://news.example/article/3500001/a-slug"


@pytest.mark.parametrize("feeds", ["b", "ab"])
@pytest.mark.parametrize(
    "change", [{"title": "Corrected"}, {"summary": "Corrected."}, {"url": HTTP}]
)
def test_a_correction_shared_by_two_feeds_arrives_although_the_first_has_only_joined(
    tmp_path: Path, feeds: str, change: dict[str, str]
) -> None:
    workspace = Workspace(tmp_path, *feeds)
    workspace.tell("a", OTHER)
    workspace.tell("b", ENTRY)
    workspace.pull()
    workspace.name("a", "b")
    workspace.tell("a", corrected(**change))
    workspace.tell("b", corrected(**change))

    workspace.pull()

    assert next(iter(change.values())) in (
        workspace.story.title,
        workspace.story.excerpt,
        workspace.story.link,
    )
    assert workspace.story.feeds == ("a", "b")
    before = workspace.content()
    workspace.pull()
    assert workspace.content() == before


@pytest.mark.parametrize(("old", "new"), ["ab", "ba"])
def test_a_story_that_moves_to_another_feed_gets_its_correction(
    tmp_path: Path, old: str, new: str
) -> None:
    workspace = Workspace(tmp_path)
    workspace.tell(old, ENTRY)
    workspace.tell(new, OTHER)
    workspace.pull()
    workspace.tell(
        old,
        {**OTHER, "id": "urn:3", "url": "https://news.example/article/3500002/c", "title": "Three"},
    )
    workspace.tell(new, corrected(title="Corrected", summary="Other words."))

    workspace.pull()

    assert (workspace.story.title, workspace.story.excerpt) == ("Corrected", "Other words.")
    before = workspace.text
    workspace.tell(old, ENTRY)
    workspace.pull()
    assert workspace.text == before


def test_a_first_feed_that_disagrees_blocks_a_correction(tmp_path: Path) -> None:
    workspace = pulled(tmp_path, a=OTHER, b=ENTRY)
    workspace.tell("a", corrected(title="As a has it"))
    workspace.tell("b", corrected(title="Corrected"))

    workspace.pull()

    assert workspace.story.title == "Story 1 headline"


# ---------------------------------------------------------------- feeds that come back

RETURNED = "kept another feed's title 'Corrected'; the feed now says 'Story 1 headline'"


@pytest.mark.parametrize("away", ["retired", "renamed"])
def test_a_returning_feeds_old_words_are_reported_once_if_another_feed_corrected_them(
    tmp_path: Path, away: str
) -> None:
    workspace = pulled(tmp_path, a=ENTRY)
    workspace.name(*("ab" if away == "retired" else "b"), retired="a")
    workspace.tell("b", corrected(title="Corrected"))
    workspace.pull()
    assert workspace.story.title == "Corrected"
    workspace.name(*("ab" if away == "retired" else "a"))

    report = workspace.pull()

    assert (lines(report), workspace.story.title) == ([RETURNED], "Corrected")
    assert len(workspace.hints()) == 1
    before = workspace.content()
    assert lines(workspace.pull()) == []
    assert workspace.content() == before


def test_a_hint_shows_a_feeds_newest_words_while_another_feed_supplies_the_story(
    workspace: Workspace,
) -> None:
    workspace.edit("title: Story 1 headline", "title: Mine")
    workspace.tell("a", OTHER)
    workspace.tell("b", corrected(title="Of b"))
    workspace.pull()
    workspace.tell("a", ENTRY)
    workspace.pull()
    assert workspace.hints() == ["the feed's headline is now 'Of b', yours says 'Mine'"]

    workspace.tell("b", corrected(title="Of b at last"))
    workspace.pull()

    assert workspace.hints() == ["the feed's headline is now 'Of b at last', yours says 'Mine'"]


def test_a_hint_shows_a_feeds_newest_authors_though_their_names_have_commas(
    workspace: Workspace,
) -> None:
    workspace.edit("Jo Writer", "Mine")
    workspace.tell("a", OTHER)
    workspace.tell("b", corrected(authors=[{"name": "Doe, Jane"}, {"name": "Roe, R."}]))
    workspace.pull()
    workspace.tell("a", ENTRY)
    workspace.pull()
    assert workspace.hints() == ["the feed's byline is now 'Doe, Jane, Roe, R.', yours says 'Mine'"]

    workspace.tell("b", corrected(authors=[{"name": "Doe, Jane"}]))
    workspace.pull()

    assert workspace.hints() == ["the feed's byline is now 'Doe, Jane', yours says 'Mine'"]
