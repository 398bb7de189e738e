"""The desk over HTTP: forms without a script, files as if typed by hand, undo, other hands, the letter."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import caches
import desks
import pytest
from desks import WEEK, Desk, files, serving

from digest import lock
from digest.cache import FILE as CACHE_FILE
from digest.preview.desk.view import DeskCard

STORY = "number-3"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(desks.make(tmp_path_factory.mktemp("digest"))) as desk:
        yield desk


@pytest.fixture
def desk(running: Desk) -> Iterator[Desk]:
    """A desk whose digest is as it was pulled: it is put back after each test, as by another hand."""
    before = files(running.root)
    yield running
    for file in files(running.root).keys() - before.keys():
        (running.root / file).unlink()
    for file, data in before.items():
        running.preview.write(file, data.decode())
    caches.forget(running.root, "reviewed")
    stories = [f'value="{file}"' for file in before if file.startswith(f"{WEEK}/2026-")]
    while not all(story in running.open() for story in stories):
        time.sleep(0.01)  # until a build has read again what a test has deleted


def changed_lines(before: str, after: str) -> list[str]:
    """The lines that are new, and those that are gone, with a minus."""
    old, new = before.splitlines(), after.splitlines()
    return [one for one in new if one not in old] + [f"-{one}" for one in old if one not in new]


def test_a_page_shows_the_full_summary_the_reasons_for_themes_and_the_progress(
    desk: Desk,
) -> None:
    assert "0 of 6 done, 4 need a theme, no letter yet" in desk.page
    assert '<p dir="auto">A second paragraph of 3.</p>' in desk.page
    assert "Memory crunch: &#39;memory&#39; in the headline" in desk.page
    assert "The Example Post · <time" in desk.page


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"note": "My words.\r\n\r\nAnd *more*."}, ["My words.", "And *more*."]),
        ({"headline": "No: ‘mine’ # is"}, ["headline: 'No: ‘mine’ # is'"]),
        ({"set": "hide=true"}, ["hide: true"]),
        ({"set": "draft=true"}, ["draft: true"]),
        ({"set": "lead=true"}, ["lead: true"]),
        ({"set": "theme=+export-controls"},
         ["themes: [memory-crunch, export-controls]", "-themes: [memory-crunch]"]),
        ({"set": "main=export-controls"},
         ["themes: [export-controls, memory-crunch]", "-themes: [memory-crunch]"]),
        ({"set": "theme=-memory-crunch"}, ["themes: []", "-themes: [memory-crunch]"]),
        ({"add": "exp"}, ["themes: [memory-crunch, export-controls]", "-themes: [memory-crunch]"]),
        ({"corrections": "2026-11-29: The number was wrong."},
         ["corrections:", "- '2026-11-29: The number was wrong.'"]),
        ({"set": "hide=true", "note": "Why not."}, ["hide: true", "Why not."]),
        ({"set": "also=+2026-11-24-number-1.md,2026-11-25-number-2.md"},
         ["also: [2026-11-24-number-1.md, 2026-11-25-number-2.md]"]),
        ({"also": "2026-11-24-number-1.md"}, ["also: [2026-11-24-number-1.md]"]),
        ({"set": "reviewed=true"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_a_save_changes_its_own_lines_and_nothing_else(
    desk: Desk, fields: dict[str, str], lines: list[str]
) -> None:
    before, others = desk.text(STORY), files(desk.root)
    answer = desk.save(STORY, **fields)

    assert answer.status_code == 303
    assert [one.strip() for one in changed_lines(before, desk.text(STORY))] == lines
    left = {file for file, data in files(desk.root).items() if others.get(file) != data}
    assert left <= {desk.file(STORY)}


def test_a_story_can_be_left_without_a_theme_for_good(desk: Desk) -> None:
    button, number_1 = '<button name="set" value="theme=-">', "number-1"
    before, offered = desk.text(number_1), desk.page.count(button)

    desk.save(number_1, set="theme=-")

    assert changed_lines(before, desk.text(number_1)) == ["-themes: []"]
    desk.open()
    assert desk.page.count(button) == offered - 1
    assert ", 3 need a theme, " in desk.page


def test_a_story_written_by_hand_can_be_left_without_a_theme(desk: Desk) -> None:
    file = f"{WEEK}/2026-11-25-mine.md"
    desk.preview.write(file, "---\ntitle: Mine\nlink: https://mine.example/\n---\n")
    while f'value="{file}"' not in desk.open():
        time.sleep(0.01)  # until a build has read it
    assert ", 5 need a theme, " in desk.page

    desk.save("-mine", set="theme=-")

    assert "\nthemes: []\n" in desk.text("-mine")
    assert ", 4 need a theme, " in desk.open()


def test_a_story_is_grouped_under_another_and_separated_again(desk: Desk) -> None:
    before = desk.text(STORY)

    desk.save(STORY, set="also=+2026-11-24-number-1.md")
    desk.open()
    assert 'Below it: <a href="#s-2026-11-24-number-1" dir="auto">Number 1</a>' in desk.page
    assert 'Shown below <a href="#s-2026-11-26-number-3-on-memory">' in desk.page
    desk.save(STORY, set="also=")
    desk.open()

    assert desk.text(STORY) == before
    assert "Shown below" not in desk.page


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("nothing.md", "is not a story in this folder; correct the name, or remove it"),
        ("2026-11-26-number-3-on-memory.md", "is this file itself; remove the name"),
    ],
)
def test_a_story_that_cannot_be_grouped_under_another_is_refused_with_the_reason(
    desk: Desk, typed: str, why: str
) -> None:
    before = desk.text(STORY)

    answer = desk.send("story", desk.form(STORY) | {"also": typed, "note": "Mine."})

    assert answer.status_code == 409
    assert f"also: &#39;{typed}&#39; {why}" in answer.text
    assert f'value="{typed}"' in answer.text and "Mine." in answer.text
    assert desk.text(STORY) == before


def test_comments_quotes_and_line_breaks_of_a_file_stay(desk: Desk) -> None:
    path = desk.root / desk.file(STORY)
    own = path.read_text().replace("id:", '# mine\nsource: "The  Post" # see mail\nid:')
    path.write_bytes((own + "\nA note.\n").replace("\n", "\r\n").encode())
    desk.open()
    before = path.read_bytes()
    desk.save(STORY)
    untouched = path.read_bytes()
    desk.save(STORY, set="hide=true")

    assert untouched == before
    assert path.read_bytes().replace(b"hide: true\r\n", b"") == before


def test_hiding_a_story_names_the_published_letter_that_links_to_it(desk: Desk) -> None:
    name = Path(desk.file(STORY)).name
    desk.preview.write(f"{WEEK}/letter.md", f"---\ntitle: L\n---\n\n[Words]({name}).\n")
    named = f"{WEEK}/letter.md:5: the link to &#39;{name}&#39; leads to a hidden story"
    desk.open()

    for _ in range(500):
        desk.save(STORY, set="hide=true")
        if named in desk.open():
            break
        desk.undo()
        time.sleep(0.01)  # until a build has read the letter
        desk.open()

    assert named in desk.page


def test_a_lead_ends_the_lead_of_another_and_undo_gives_it_back(desk: Desk) -> None:
    desk.save("number-1", set="lead=true")
    before = files(desk.root)
    desk.open()
    desk.save("number-2", set="lead=true")
    led = {name: "lead: true" in desk.text(f"number-{name}") for name in (1, 2)}
    desk.undo()

    assert led == {1: False, 2: True}
    assert files(desk.root) == before


def test_a_story_moves_to_another_week_and_back(desk: Desk) -> None:
    before = files(desk.root)
    desk.save(STORY, week="2026-W49", note="Later.")
    moved = desk.file(STORY)
    desk.undo()

    assert moved.startswith("content/2026/w49/2026-11-")
    assert files(desk.root) == before


def test_a_move_to_a_week_that_has_not_begun_says_so(desk: Desk) -> None:
    answer = desk.send("story", desk.form(STORY) | {"week": "2190-W20"}, Accept="application/json")

    assert desks.parsed(answer)["message"].startswith(
        "Moved to Week 20, 2190: Number 3 on memory; "
    )
    assert ": belongs to 2190-W20, which is in the future; " in desks.parsed(answer)["message"]


def test_undo_reverts_the_last_saves_and_leaves_later_changes(desk: Desk) -> None:
    first = files(desk.root)
    desk.save("number-1", set="hide=true")
    desk.save("number-2", note="Mine.")
    desk.save("number-4", set="draft=true")
    path = desk.root / desk.file("number-4")
    path.write_text(path.read_text() + "By another hand.\n")
    desk.undo()
    theirs = path.read_text()
    desk.undo()
    desk.undo()

    assert theirs.endswith("By another hand.\n")
    after = files(desk.root)
    assert {file for file in first if first[file] != after[file]} == {desk.file("number-4")}


def test_a_file_changed_in_the_meantime_is_not_written_and_both_versions_are_shown(
    desk: Desk,
) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text() + "By another hand.\n")
    theirs = path.read_bytes()
    refused = desk.save(STORY, note="By mine.")
    desk.page = refused.text
    kept = path.read_bytes()
    form = desk.form(STORY)
    desk.save(STORY)

    assert refused.status_code == 409
    assert kept == theirs
    assert "<td>By mine.</td><td>By another hand.</td>" in refused.text
    assert form["note"] == "By mine."
    assert "By mine." in path.read_text()
    assert "By another hand." not in path.read_text()


def test_a_form_without_the_files_hash_does_not_overwrite_it(desk: Desk) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text() + "By another hand.\n")
    theirs = path.read_bytes()
    refused = desk.save(STORY, seen="", note="By mine.")

    assert refused.status_code == 409
    assert path.read_bytes() == theirs


def test_the_other_version_can_be_kept(desk: Desk) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text() + "By another hand.\n")
    theirs = path.read_bytes()
    desk.page = desk.save(STORY, note="By mine.").text
    answer = desk.save(STORY, set="take")

    assert answer.status_code == 303
    assert path.read_bytes() == theirs


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"corrections": "2026-02-30: wrong"}, "&#39;2026-02-30&#39; is not a day; write"),
        ({"corrections": "2026-02-20:"}, "write what was wrong, too"),
        ({"add": "wine"}, "no theme is called &#39;wine&#39;"),
        ({"add": "c"}, "may be memory-crunch or export-controls"),
        ({"set": "theme=+wine"}, "no theme is called"),
        ({"week": "next"}, "is not a week; write it as 2026-W20"),
        ({"week": "9999-W52"}, "is not between the years 1800 and 8999; correct the year"),
    ],
)
def test_an_invalid_value_is_refused_and_what_was_typed_is_shown_again(
    desk: Desk, fields: dict[str, str], why: str
) -> None:
    before = files(desk.root)
    answer = desk.save(STORY, note="Typed & kept.", **fields)

    assert answer.status_code == 409
    assert why in answer.text
    assert "\nTyped &amp; kept.</textarea>" in answer.text
    assert files(desk.root) == before


def test_a_file_with_an_error_is_shown_with_it_and_others_can_be_edited(desk: Desk) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text().replace("link:", "lnk:"))
    broken = path.read_bytes()
    refused = desk.save(STORY, note="Typed.")
    page = desk.open()
    desk.save("number-2", note="Written.")

    assert refused.status_code == 409
    assert "\nTyped.</textarea>" in refused.text
    assert "unknown key &#39;lnk&#39;; did you mean &#39;link&#39;?" in page
    assert path.read_bytes() == broken
    assert "Written." in desk.text("number-2")


def test_a_digest_that_is_broken_from_the_start_still_has_a_desk(tmp_path: Path) -> None:
    root = desks.make(tmp_path)
    path = next((root / WEEK).glob("*number-3*"))
    path.write_text(path.read_text().replace("link:", "lnk:"))
    with serving(root) as desk:
        desk.save("number-2", note="Written.")

        assert "did you mean &#39;link&#39;?" in desk.page
        assert "Written." in desk.text("number-2")


def test_a_reviewed_or_edited_story_is_done_until_the_publisher_changes_it(
    desk: Desk,
) -> None:
    desk.save("number-1", set="reviewed=true")
    desk.save("number-2", note="Mine.")
    two = desk.open()
    path = desk.root / desk.file("number-1")
    path.write_text(path.read_text().replace("title: Number 1", "title: Number 1, corrected"))

    assert "2 of 6 done" in two
    assert two.index('id="done"') < two.index(">Number 1<")
    assert "1 of 6 done" in desk.open()


def test_a_save_says_that_marks_of_reviewed_stories_were_damaged(desk: Desk) -> None:
    desk.save("number-1", set="reviewed=true")
    (desk.root / CACHE_FILE).write_bytes(b"nonsense" * 900)
    form = desk.form(STORY) | {"set": "reviewed=true"}

    message = desks.parsed(desk.send("story", form, Accept="application/json"))["message"]

    assert message == (
        "Left as it is: Number 3 on memory; .digest/cache.sqlite was damaged and could not be used; "
        "stories that you had left as they are may be shown again"
    )


def test_a_save_says_nothing_of_marks_if_other_values_are_damaged(desk: Desk) -> None:
    desk.save("number-1", set="reviewed=true")
    caches.damage(desk.root, "first")  # the summaries of the feed
    desk.open()
    form = desk.form(STORY) | {"set": "reviewed=true"}

    message = desks.parsed(desk.send("story", form, Accept="application/json"))["message"]

    assert message == "Left as it is: Number 3 on memory"


def test_a_story_changed_below_a_note_is_to_do_until_it_is_reviewed(
    tmp_path: Path,
) -> None:
    root = desks.make(tmp_path / "digest")
    feed = root / "first.json"
    with serving(root) as desk:
        desk.save("number-2", note="Mine.")
        assert "1 of 6 done" in desk.open()
        feed.write_text(feed.read_text().replace("Number 2", "Number 2, corrected"))
        desks.digest(root, "pull")
        assert "title: Number 2, corrected" in desk.text("number-2")
        for _ in range(600):  # the preview reads the ledger again when it builds
            if "0 of 6 done" in desk.open():
                break
            time.sleep(0.1)
        assert "0 of 6 done" in desk.page

        desk.save("number-2", set="reviewed=true")

        assert "1 of 6 done" in desk.open()


def test_a_letter_is_drafted_written_linked_and_published(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    desk.letter(set="draft")
    drafted = path.read_text()
    desk.open()
    desk.letter(body="Dear reader,\r\n\r\nit was a *full* week.")
    written = path.read_text()
    page = desk.open()
    desk.save(STORY, set="link")
    linked = path.read_text()
    desk.open()
    desk.letter(set="publish")
    published = path.read_text()

    front = drafted.partition("\n---\n")[0]
    assert written == f"{front}\n---\n\nDear reader,\n\nit was a *full* week.\n"
    assert "<p>Dear reader,</p>" in page
    assert "letter drafted" in page
    name = desk.file(STORY).rpartition("/")[2]
    assert linked == f"{written[:-1]}\n\n[Number 3 on memory]({name})\n"
    assert "draft" not in published
    assert "published: 2" in published
    assert published.endswith(linked.partition("\n---\n")[2])


def test_a_story_is_linked_in_a_letter_that_is_empty(desk: Desk) -> None:
    desk.letter(set="draft")
    desk.open()
    desk.letter(body="")
    desk.open()
    desk.save(STORY, set="link")

    name = desk.file(STORY).rpartition("/")[2]
    text = (desk.root / WEEK / "letter.md").read_text()
    assert text.partition("\n---\n")[2].strip() == f"[Number 3 on memory]({name})"


def test_a_letter_changed_in_the_meantime_is_not_written(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    desk.letter(set="draft")
    desk.open()
    path.write_text("---\ndraft: true\n---\n\nBy another hand.\n")
    refused = desk.letter(body="By mine.")
    kept = path.read_text()
    desk.page = refused.text
    desk.letter()

    assert refused.status_code == 409
    assert kept.endswith("By another hand.\n")
    assert '<pre tabindex="0">By another hand.</pre>' in refused.text
    assert "\nBy mine.</textarea>" in refused.text
    assert "In the file now, without a title:" in refused.text
    assert path.read_text() == "---\ntitle: Week 48, 2026\ndraft: true\n---\n\nBy mine.\n"


def test_a_letter_with_an_error_shows_it_and_keeps_what_was_typed(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    desk.letter(set="draft")
    desk.open()
    path.write_text("---\ndarft: true\n---\n\nText.\n")
    refused = desk.letter(body="Typed.")

    assert "unknown key &#39;darft&#39;" in refused.text
    assert "\nTyped.</textarea>" in refused.text
    assert path.read_text() == "---\ndarft: true\n---\n\nText.\n"


def test_while_another_run_writes_nothing_is_saved_and_what_was_typed_is_shown(desk: Desk) -> None:
    with lock.hold(desk.root):
        refused = desk.save(STORY, note="Typed.", set="hide=true")
    desk.page = refused.text
    desk.save(STORY)

    assert "another run of digest is writing here" in refused.text
    assert desk.text(STORY).endswith("\n\nTyped.\n")


def test_text_typed_on_an_earlier_version_is_not_saved_after_a_second_refusal(
    desk: Desk,
) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text() + "By another hand.\n")
    desk.page = desk.save(STORY, note="By mine.", add="wine").text
    refused = desk.save(STORY, add="")

    assert refused.status_code == 409
    assert "<td>By mine.</td><td>By another hand.</td>" in refused.text
    assert path.read_text().endswith("By another hand.\n")


def test_a_note_typed_for_a_story_that_was_deleted_is_shown(desk: Desk) -> None:
    form = desk.form(STORY) | {"note": "Typed."}
    (desk.root / desk.file(STORY)).unlink()
    refused = desk.send("story", form)

    assert refused.status_code == 409
    assert "\nTyped.</textarea>" in refused.text


def test_a_note_that_cannot_be_saved_is_shown_with_the_reason(desk: Desk) -> None:
    refused = desk.save(STORY, note="Typed <b>.", file="content/2026/w48/none.md")

    assert refused.status_code == 404
    assert "\nTyped &lt;b&gt;.</textarea>" in refused.text


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_anything_in_place_of_a_story_is_named_by_its_path_in_the_digest(
    desk: Desk, kind: str
) -> None:
    file = desk.file(STORY)
    path, form = desk.root / file, desk.form(STORY) | {"note": "Typed."}
    with lock.hold(desk.root):  # no build runs while the file is missing
        path.unlink()
        path.mkdir() if kind == "folder" else os.mkfifo(path)
    try:
        refused, page = desk.send("story", form), desk.open()
    finally:
        path.rmdir() if kind == "folder" else path.unlink()

    assert "\nTyped.</textarea>" in refused.text
    for shown in (refused.text, page):
        assert f'<p class="fault">{file}: cannot read this file' in shown
        assert f"{desk.root}/content" not in shown.replace(f"vscode://file{desk.root}", "")


def test_an_undo_blocked_by_another_run_can_be_repeated(desk: Desk) -> None:
    before = files(desk.root)
    desk.save(STORY, set="hide=true")
    with lock.hold(desk.root):
        refused = desk.undo()
    desk.undo()

    assert refused.status_code == 409
    assert files(desk.root) == before


def test_an_undo_of_a_move_to_an_occupied_place_can_be_repeated(desk: Desk) -> None:
    before, place = files(desk.root), desk.root / desk.file(STORY)
    desk.save(STORY, week="2026-W49")
    place.write_text("By another hand.\n")
    refused = desk.undo()
    place.unlink()
    desk.undo()

    assert refused.status_code == 409
    assert f"not undone: {desk.file(STORY)}: there is a file with this name" in refused.text
    assert files(desk.root) == before


def test_an_undo_of_two_files_is_never_done_by_half(desk: Desk) -> None:
    desk.save("number-1", set="lead=true")
    desk.open()
    desk.save("number-2", set="lead=true")
    path = desk.root / desk.file("number-1")
    path.write_text(path.read_text() + "By another hand.\n")
    before = files(desk.root)
    answer = desk.send("undo", {"token": desk.token(), "at": "2026-W48"}, Accept="application/json")

    assert files(desk.root) == before
    assert desks.parsed(answer)["message"] == (
        f"{desk.file('number-1')}: changed since it was saved, and not undone; "
        f"nor is {desk.file('number-2')}, saved with it"
    )


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\nMine.", "---\ntitle: Mine\n---\nText."])
def test_a_letter_that_would_be_read_differently_is_refused(desk: Desk, text: str) -> None:
    path = desk.root / WEEK / "letter.md"
    path.write_text("Text.\n")
    desk.open()
    refused = desk.letter(body=text)

    assert refused.status_code == 409
    assert f"\n{text.replace('<', '&lt;')}</textarea>" in refused.text
    assert path.read_text() == "Text.\n"


@pytest.mark.parametrize("theirs", [None, b"---\ndarft: true\n---\n", b"\xff\xfe"])
def test_text_typed_for_a_letter_that_became_unreadable_is_kept(
    desk: Desk, theirs: bytes | None
) -> None:
    path = desk.root / WEEK / "letter.md"
    desk.letter(set="draft")
    desk.open()
    path.unlink() if theirs is None else path.write_bytes(theirs)
    refused = desk.letter(body="Typed.")
    desk.page = refused.text
    path.write_text("---\ndraft: true\n---\n\nBy another hand.\n")
    again = desk.letter()

    assert refused.status_code == again.status_code == 409
    for answer in (refused, again):
        assert "\nTyped.</textarea>" in answer.text
        assert "letter published" not in answer.text
    assert '<pre tabindex="0">By another hand.</pre>' in again.text


def test_a_correction_without_a_date_gets_todays(desk: Desk) -> None:
    desk.save(STORY, corrections="The number was wrong.")

    assert re.search(r"'20\d\d-\d\d-\d\d: The number was wrong.'", desk.text(STORY))


@pytest.mark.parametrize("stop", ["\n", "\r\n"])
def test_a_letters_front_matter_and_line_endings_stay(desk: Desk, stop: str) -> None:
    path = desk.root / WEEK / "letter.md"
    own = "---\n# mine\ntitle: 'A  week'\ndraft: true\n---\n\n\nOld.\n\n".replace("\n", stop)
    path.write_bytes(own.encode())
    desk.open()
    desk.letter()
    same = path.read_bytes()
    desk.letter(body="New.\r\n\r\nWords.")

    assert same == own.encode()
    assert path.read_bytes() == own.replace("Old.", f"New.{stop}{stop}Words.").encode()


def test_nothing_of_the_desk_is_published(desk: Desk) -> None:
    desk.save(STORY, note="Mine.", set="lead=true")
    desks.digest(desk.root, "build", "--output", "with")
    desks.digest(desk.root, "build", "--output", "without")

    with_desk, without = desk.root / "with", desk.root / "without"
    pages = [path for path in without.rglob("*") if path.is_file()]
    assert pages
    assert all(
        path.read_bytes() == (with_desk / path.relative_to(without)).read_bytes() for path in pages
    )
    assert not [path for path in pages if b"_desk" in path.read_bytes()]
    assert desk.client.get("/chips/_desk/").status_code == 404


@pytest.mark.parametrize("fields", [{"add": "exp"}, {"week": "2026-W49"}])
def test_a_typed_theme_or_week_stays_after_a_conflict_and_is_saved_by_save_mine(
    desk: Desk, fields: dict[str, str]
) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text().replace("id:", "# By another hand.\nid:"))
    desk.page = desk.save(STORY, **fields).text
    form = desk.form(STORY)
    desk.save(STORY)

    assert fields.items() <= form.items()
    assert "export-controls" in desk.text(STORY) or "/w49/" in desk.file(STORY)
    assert "By another hand." in desk.text(STORY)


def test_text_typed_for_a_story_that_became_unreadable_is_shown(desk: Desk) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text().replace("link:", "lnk:"))
    refused = desk.save(STORY, headline="Typed.", add="exp", week="2026-W49")

    for typed in ("Typed.", "exp", "2026-W49"):
        assert f"\n{typed}</textarea>" in refused.text


def test_a_link_without_a_letter_saves_the_story_and_answers_with_its_card(desk: Desk) -> None:
    answer = desk.send(
        "story", desk.form(STORY) | {"note": "Typed.", "set": "link"}, Accept="application/json"
    )
    reply = desks.parsed(answer)

    assert "Typed." in desk.text(STORY)
    assert reply["message"] == "Saved, but not linked in the letter"
    assert ["\nTyped.</textarea>" in card for card in reply["cards"].values()] == [True]

    again = desk.send(
        "story", desk.form(STORY) | {"note": "Typed.", "set": "link"}, Accept="application/json"
    )
    assert desks.parsed(again)["message"] == "Not linked in the letter"


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_an_old_lead_that_cannot_be_changed_is_reported(desk: Desk, accept: str) -> None:
    desk.save("number-1", set="lead=true")
    path = desk.root / desk.file("number-1")
    path.write_text(path.read_text().replace("lead:", "- lead:"))
    for _ in range(600):  # until the failed build is known
        if "5 stories" in desk.open():
            break
        time.sleep(0.1)
    assert "5 stories" in desk.page
    answer = desk.send("story", desk.form(STORY) | {"set": "lead=true"}, Accept=accept)

    assert "lead: true" in desk.text(STORY)
    assert (
        "Leads the week: Number 3 on memory, but another leads, too: " + desk.file("number-1")
        in answer.text
    )
    assert answer.status_code == (200 if "json" in accept else 409)


def test_a_letter_that_cannot_be_published_says_that_its_text_is_saved(desk: Desk) -> None:
    path = desk.root / desk.file(STORY)
    desk.letter(set="draft")
    desk.open()
    path.write_text(path.read_text().replace("link:", "lnk:"))
    refused = desk.letter(set="publish", body="Typed.")

    assert "the text is saved, but not published: " in refused.text
    assert "Saved, but not published: the letter" in refused.text
    assert (desk.root / WEEK / "letter.md").read_text().endswith("\n\nTyped.\n")


def test_a_broken_story_of_another_week_is_shown(tmp_path: Path) -> None:
    root = desks.make(tmp_path)
    path = next((root / WEEK).glob("*number-3*"))
    (root / "content/2026/w47").mkdir()
    other = path.rename(root / "content/2026/w47" / path.name)
    other.write_text(other.read_text().replace("link:", "lnk:"))
    with serving(root) as desk:
        assert f"content/2026/w47/{path.name}" in desk.page


def test_too_much_text_is_refused_with_a_message(desk: Desk) -> None:
    fields = desk.form(STORY) | {"note": "x" * 2_000_001}
    answer = desk.send("story", fields, Accept="application/json")

    assert answer.status_code == 413
    assert desks.parsed(answer)["message"].startswith("not saved: more than")


def test_a_save_without_javascript_reports_its_result_once_on_the_next_page(desk: Desk) -> None:
    desk.save(STORY, set="hide=true", note="Mine.")
    hidden = desk.open()
    desk.undo()
    undone = desk.open()

    assert ">Note saved, hidden: Number 3 on memory</p>" in hidden
    assert ">Undone: note saved, hidden: Number 3 on memory</p>" in undone
    assert "Undone" not in desk.open()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"note": "Mine."}, "Note saved"),
        ({"headline": "Mine"}, "Headline saved"),
        ({"set": "lead=true"}, "Leads the week"),
        ({"set": "theme=+export-controls"}, "Themes Memory crunch, Export controls"),
        ({"set": "theme=-memory-crunch"}, "No theme"),
        ({"set": "reviewed=true"}, "Left as it is"),
        ({"week": "2026-W49"}, "Moved to Week 49, 2026"),
        ({}, "Nothing to save"),
    ],
)
def test_a_save_reports_its_result(desk: Desk, fields: dict[str, str], said: str) -> None:
    answer = desk.send("story", desk.form(STORY) | fields, Accept="application/json")

    assert desks.parsed(answer)["message"] == f"{said}: Number 3 on memory"


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        (("short",), 5),
        (("a" * 600, "b" * 600), 600),
        (("word " * 1000,), 695),
        (("x" * 5000,), 702),
        (("a" * 300, "b" * 300, "c" * 300, "d" * 300), 600),
    ],
)
def test_a_long_summary_is_collapsed_and_complete(summary: tuple[str, ...], shown: int) -> None:
    card = DeskCard(file="content/2026/w20/x.md", summary=summary)
    words = "".join((*card.summary_start, *card.summary_rest)).replace("…", "")

    assert sum(map(len, card.summary_start)) == pytest.approx(shown, abs=8)
    assert words.replace(" ", "") == "".join(summary).replace(" ", "")


def test_a_week_without_stories_says_so(desk: Desk) -> None:
    page = desk.open("2026-W30")

    assert "No stories, no letter yet" in page
    assert "This week has no story yet." in page


def test_a_digest_without_stories_has_a_desk(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(desks.SETTINGS)
    with serving(tmp_path, opened=False) as desk:
        page = desk.client.get("/_desk/").text

    assert "No stories, no letter yet" in page


def test_changing_a_letters_title_changes_one_line(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    desk.letter(set="draft")
    drafted = path.read_text()
    desk.open()
    desk.letter(title="What the  memory crunch means: a start")
    titled = path.read_text()
    desk.open()
    desk.undo()

    assert titled == drafted.replace(
        "title: Week 48, 2026", "title: 'What the memory crunch means: a start'"
    )
    assert path.read_text() == drafted


@pytest.mark.parametrize(
    ("text", "title", "after"),
    [
        ("Text.\n", "Mine", "---\ntitle: Mine\n---\n\nText.\n"),
        ("---\n# own\ntitle: 'A'\n---\n\nText.\n", "", "---\n# own\n---\n\nText.\n"),
        ("---\r\ndraft: true\r\n---\r\n\r\nText.\r\n", "Mine",
         "---\r\ntitle: Mine\r\ndraft: true\r\n---\r\n\r\nText.\r\n"),
        ("---\r\n---\r\nText.\r\n", "Mine", "---\r\ntitle: Mine\r\n---\r\nText.\r\n"),
    ],
)  # fmt: skip
def test_a_title_is_added_and_removed_whatever_front_matter_a_letter_has(
    desk: Desk, text: str, title: str, after: str
) -> None:
    path = desk.root / WEEK / "letter.md"
    path.write_bytes(text.encode())
    desk.open()
    desk.letter(title=title)

    assert path.read_bytes() == after.encode()


def test_a_letters_title_with_a_comment_after_it_is_not_removed(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    path.write_text("---\ntitle: 'A'  # until Friday\n---\n\nText.\n")
    desk.open()
    refused = desk.letter(title="", body="Other words.")

    assert "has a comment, which would be lost; edit the file itself" in refused.text
    assert "Other words." in refused.text
    assert path.read_text() == "---\ntitle: 'A'  # until Friday\n---\n\nText.\n"
    desk.open()
    desk.letter(title="B")
    assert path.read_text() == "---\ntitle: 'B'  # until Friday\n---\n\nText.\n"


def test_a_letters_title_changed_elsewhere_is_not_overwritten(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    path.write_text("---\ntitle: A\n---\n\nText.\n")
    desk.open()
    path.write_text("---\ntitle: Theirs\n---\n\nText.\n")
    refused = desk.letter(title="Mine")
    desk.page = refused.text
    kept = path.read_text()
    desk.letter(title="Mine")

    assert "In the file now, with the title “Theirs”:" in refused.text
    assert 'value="Mine"' in refused.text
    assert "title: Theirs" in kept
    assert path.read_text() == "---\ntitle: Mine\n---\n\nText.\n"


def test_drafting_writing_and_publishing_a_letter_are_undone_step_by_step(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    before = files(desk.root)
    desk.letter(set="draft")
    drafted = path.read_text()
    desk.open()
    desk.letter(title="Mine", body="Words.", set="publish")
    published = path.read_text()
    desk.undo()
    unpublished = path.read_text()
    desk.undo()

    assert "published: " in published
    assert published.endswith("\n\nWords.\n")
    assert unpublished == drafted
    assert files(desk.root) == before


def test_a_draft_edited_since_is_not_removed_by_undo(desk: Desk) -> None:
    path = desk.root / WEEK / "letter.md"
    desk.letter(set="draft")
    path.write_text(path.read_text() + "By another hand.\n")
    answer = desk.send("undo", {"token": desk.token(), "at": "2026-W48"}, Accept="application/json")

    assert path.read_text().endswith("By another hand.\n")
    assert "changed since it was saved, and not undone" in desks.parsed(answer)["message"]
    assert "By another hand." in desks.parsed(answer)["letter"]


def test_a_reviewed_story_stays_reviewed_in_another_week(desk: Desk) -> None:
    desk.save(STORY, set="reviewed=true")
    desk.open()
    desk.save(STORY, week="2026-W49")
    page = desk.open("2026-W49")
    undone = (desk.undo(), desk.open())[1]

    assert "1 of 1 done" in page
    assert "1 of 6 done" in undone


def test_a_note_is_saved_although_its_story_cannot_be_marked_as_reviewed(desk: Desk) -> None:
    desk.open()
    cache, kept = desk.root / CACHE_FILE, desk.root / "kept.sqlite"
    cache.rename(kept)
    cache.mkdir()
    try:
        answer = desk.save(STORY, set="reviewed=true", note="My words.")
    finally:
        cache.rmdir()
        kept.rename(cache)

    assert (answer.status_code, "My words." in desk.text(STORY)) == (409, True)
    assert "Note saved: Number 3 on memory, but not noted as reviewed: .digest/" in answer.text
    assert "it is not saved" not in answer.text


def test_changes_made_after_a_story_was_shown_are_not_marked_as_reviewed(desk: Desk) -> None:
    path = desk.root / desk.file(STORY)
    path.write_text(path.read_text().replace("title: Number 3", "title: Number 3, corrected,"))
    desk.save(STORY, set="reviewed=true")
    page = desk.open()

    assert "Changed since you saw it, look again: Number 3 on memory" in page
    assert "0 of 6 done" in page
