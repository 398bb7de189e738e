"""`digest sheet`: a week as one file; what was changed in it is carried out, what cannot be stays with its reason."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from posixpath import basename
from typing import Any

import pytest
from builders import THEMES, make_story
from hypothesis import given
from hypothesis import strategies as st
from shell import invoke
from sites import read_folder
from test_letter import SETTINGS as LETTERED
from test_letter import put
from test_pull import NOW, SETTINGS, rss

from digest import config
from digest.commands import pull
from digest.commands.sheet import AppliedReport
from digest.content import load, sheet
from digest.week import Week

SHEET = "content/sheet.md"
A, B, C = ("2026/w20/2026-05-13-a.md", "2026/w20/2026-05-14-b.md", "2026/w20/2026-05-15-c.md")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "digest.toml").write_text(LETTERED)
    put(tmp_path, A, "A: {odd} t1 # title", "themes: [memory, export-curbs]")
    put(tmp_path, B, "B", "lead: true")
    put(tmp_path, C, "C", "draft: true")
    return tmp_path


def text(root: Path, file: str = SHEET) -> str:
    return (root / file).read_text()


def change(root: Path, *pairs: tuple[str, str]) -> None:
    """Replaces patterns in the sheet; each must match once."""
    whole = text(root)
    for before, after in pairs:
        whole, count = re.subn(before, after, whole, flags=re.MULTILINE)
        assert count == 1, before
    (root / SHEET).write_text(whole)


def test_a_story_changed_twice_in_a_merged_sheet_is_applied_in_two_runs(root: Path) -> None:
    invoke(root, "sheet")
    line = re.search(r"^l .*  B  .*\n", text(root), re.MULTILINE)
    assert line
    change(root, (re.escape(line[0]), line[0].replace("l ", "x ", 1) + f"\n{line[0]}    Mine.\n"))

    first = invoke(root, "sheet", "--apply")
    assert (
        "an earlier entry changes the same story; run 'digest sheet --apply' again" in first.stderr
    )
    assert "hide: true" in text(root, f"content/{B}")
    second = invoke(root, "sheet", "--apply")

    assert second.exit_code == 0
    assert "hide: true" in text(root, f"content/{B}")
    assert text(root, f"content/{B}").endswith("\nMine.\n")
    assert not (root / SHEET).exists()


def test_a_sheet_has_a_line_for_each_story_and_changes_nothing_by_itself(root: Path) -> None:
    before = read_folder(root / "content")

    written = invoke(root, "sheet")

    assert written.stdout.startswith("content/sheet.md: 2026-W20, 3 stories\n")
    lines = text(root).split("\n")
    assert lines[3] == "# Themes: 1 export-controls, 2 memory"
    assert [line.rpartition("  {")[0] for line in lines if line.endswith("}")] == [
        "k t2,1  A: {odd} t1 # title",
        "l t-  B",
        "d t-  C",
    ]
    assert "no line was changed" in invoke(root, "sheet", "--apply").stdout
    assert read_folder(root / "content") == before | {"sheet.md": text(root).encode()}


def test_a_sheet_is_of_a_mistyped_week_only_if_it_is_named(root: Path) -> None:
    put(root, "2062/w20/2062-05-15-z.md", "Typo")

    assert "2026-W20, 3 stories" in invoke(root, "sheet").stdout
    assert "2062-W20, 1 story" in invoke(root, "sheet", "2062-W20").stdout


def test_changes_are_applied_and_the_sheet_is_removed(root: Path) -> None:
    invoke(root, "sheet")
    change(
        root,
        ("^k t2,1  A: (.*)$", r"L t2  Ours: \1\n\n    A note,\n\n    in two paragraphs."),
        ("^l t-  B ", "x t1,2 B "),
        ("^d", "keep"),
    )

    applied = invoke(root, "--verbose", "sheet", "--apply")

    assert (applied.exit_code, applied.stderr) == (0, "")
    assert applied.stdout.endswith("content/sheet.md: 3 stories changed\n")
    assert not (root / SHEET).exists()
    assert text(root, f"content/{A}") == (
        "---\ntitle: 'A: {odd} t1 # title'\nlink: https://news.example/2026-05-13-a\nthemes: [memory]\n"
        "headline: 'Ours: {odd} t1 # title'\nlead: true\n---\n\nA note,\n\nin two paragraphs.\n"
    )
    assert "themes: [export-controls, memory]\nhide: true\n---" in text(root, f"content/{B}")
    assert "draft" not in text(root, f"content/{C}")


def test_a_note_is_edited_in_the_sheet_and_its_own_line_ends_stay(root: Path) -> None:
    invoke(root, "set", f"content/{A}", "note=First,  \nsecond.\n\n    code\n")
    invoke(root, "sheet")
    assert "\n    First,  \n    second.\n\n        code\n" in text(root)
    change(root, ("second", "third"))

    invoke(root, "sheet", "--apply")

    assert text(root, f"content/{A}").endswith("---\n\nFirst,  \nthird.\n\n    code\n")


@pytest.mark.parametrize(
    ("above", "below", "note"),
    [
        ("    Mine.\n", "", "Mine."),
        ("\n    Mine.\n\n", "", "Mine."),
        ("  Mine,\n  twice.\n", "", "Mine,\ntwice."),
        ("", "    Mine.\n", "Mine."),
        ("    Mine.\n", "    Yours.\n", "Mine.\n\nYours."),
    ],
)
def test_a_note_may_be_written_above_the_quotation_or_below(
    tmp_path: Path, above: str, below: str, note: str
) -> None:
    chips = pulled_story(tmp_path)
    invoke(tmp_path, "sheet")
    change(tmp_path, (r"^(k .*\n)(> About Chips\.\n)", rf"\1{above}\2{below}"))

    applied = invoke(tmp_path, "sheet", "--apply")

    assert (applied.exit_code, applied.stderr) == (0, "")
    assert text(tmp_path, chips).endswith(f"---\n\n> About Chips.\n\n{note}\n")


def test_a_note_above_the_quotation_comes_before_the_one_that_was_there(tmp_path: Path) -> None:
    chips = pulled_story(tmp_path)
    invoke(tmp_path, "set", chips, "note=Second.")
    invoke(tmp_path, "sheet")
    change(tmp_path, (r"^(k .*\n)", r"\1    First.\n"))

    invoke(tmp_path, "sheet", "--apply")

    assert text(tmp_path, chips).endswith("> About Chips.\n\nFirst.\n\nSecond.\n")


def test_a_quotation_that_ends_like_a_line_of_the_sheet_is_none(tmp_path: Path) -> None:
    odd = "About {x 0123456789abcdef0123456789abcd}"
    pulled_story(tmp_path, summary=odd)
    invoke(tmp_path, "sheet")
    assert f"\n> {odd}\n" in text(tmp_path)

    applied = invoke(tmp_path, "sheet", "--apply")

    assert (applied.exit_code, applied.stderr) == (0, "")
    assert applied.stdout == f"{SHEET}: no line was changed, so nothing was done\n"


def pulled_story(root: Path, summary: str = "About Chips.") -> str:
    """The file of a story that a pull wrote, with an excerpt."""
    (root / "digest.toml").write_text(SETTINGS)
    (root / "first.xml").write_text(rss(("1", "Chips")).replace("About Chips.", summary))
    (root / "second.xml").write_text(rss())
    invoke(root, "pull")
    (story,) = load.load(root, config.load(root)).stories
    return story.file


def test_a_note_with_a_nul_character_can_be_read_in_the_sheet_and_check_names_it(
    root: Path,
) -> None:
    path = root / f"content/{A}"
    path.write_text(path.read_text() + "\nA no\0te.\n")
    named = f"content/{A}:7: hint: a control character (U+0000) is not published; delete it"
    assert named in invoke(root, "check").output
    invoke(root, "sheet")
    change(root, ("^k t2,1", "x t2,1"))

    assert invoke(root, "sheet", "--apply").exit_code == 0
    assert text(root, f"content/{A}").endswith("hide: true\n---\n\nA no\0te.\n")

    invoke(root, "sheet")
    change(root, ("A note", "Our note"))
    assert invoke(root, "sheet", "--apply").exit_code == 0
    assert text(root, f"content/{A}").endswith("---\n\nOur note.\n")


def test_an_edited_note_that_is_indented_code_stays_indented(root: Path) -> None:
    path = root / f"content/{A}"
    path.write_text(path.read_text().rstrip() + "\n\n    one\n    two\n")
    invoke(root, "sheet")
    change(root, ("two", "three"))

    invoke(root, "sheet", "--apply")

    assert text(root, f"content/{A}").endswith("---\n\n    one\n    three\n")


def test_refused_lines_stay_with_their_reasons_until_they_are_corrected(root: Path) -> None:
    invoke(root, "sheet")
    (root / f"content/{A}").write_text(text(root, f"content/{A}") + "\nAnother's.\n")
    change(
        root,
        ("^(k t2,1.*)$", r"\1\n    Mine."),
        ("^(l t-  B.*)$", r"\1\n    Mine.\nNot indented."),
        ("^d t-", "k t9"),
    )
    before = {file: text(root, f"content/{file}") for file in (A, B, C)}

    applied = invoke(root, "sheet", "--apply")

    assert applied.exit_code == 1
    assert [line.partition(": ")[2] for line in applied.stderr.splitlines()] == [
        f"2026-05-13-a: its note was changed both here and in content/{A} since the sheet was "
        "written; edit that file, then delete these lines",
        "2026-05-14-b: 'Not indented.' below it is not understood: indent the lines of a note by "
        "four spaces, and keep the {…} at the end of a story's line",
        "2026-05-15-c: no theme has the number 9; the head of the sheet lists them",
    ]
    assert {file: text(root, f"content/{file}") for file in (A, B, C)} == before
    assert text(root).count("# refused: ") == 3
    assert "\n    Mine.\nNot indented.\n" in text(root)
    assert "has changes that are not carried out yet" in str(invoke(root, "sheet").exception)
    change(root, ("^Not", "    Not"), ("t9", "t1"), (r"(?s)^k t2,1.*?\}\n    Mine.$", ""))
    again = invoke(root, "sheet", "--apply")
    assert (again.exit_code, again.stdout) == (0, "content/sheet.md: 2 stories changed\n")
    assert text(root, f"content/{B}").endswith("Mine.\nNot indented.\n")


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (r"^k (.*\{2026-05-13)-a", r"x \1-b2", "no readable story is called 2026-05-13-b2"),
        (r"\{2026-05-13-a.*", "", "is not understood"),
        (
            r"\{2026-05-14-b.*",
            "",
            "'l t- B' below it is not understood: indent the lines of a note",
        ),
        ("^k ", "p ", "'p' is not k, x, l or d"),
        ("^k t2,1", "# k t2,1", "'#' is not k, x, l or d"),
    ],
)
def test_no_word_of_an_invalid_line_is_lost(root: Path, before: str, after: str, why: str) -> None:
    invoke(root, "sheet")
    change(root, (before, after))
    line = next(line for line in text(root).split("\n") if "{odd}" in line)

    applied = invoke(root, "sheet", "--apply")

    assert why in applied.stderr
    assert line in text(root)


@pytest.mark.parametrize("written", ["t1, 2", "T1,2", "t1 ,2"])
def test_themes_typed_with_spaces_or_capitals_are_not_part_of_the_headline(
    root: Path, written: str
) -> None:
    invoke(root, "sheet")
    change(root, ("^k t2,1 ", f"k {written} "))

    invoke(root, "sheet", "--apply")

    assert "themes: [export-controls, memory]\n---" in text(root, f"content/{A}")


def test_t0_leaves_a_story_written_by_hand_without_a_theme(root: Path) -> None:
    invoke(root, "sheet")
    change(root, ("^l t- ", "l t0 "), ("^d t- ", "d t0 "))

    applied = invoke(root, "sheet", "--apply")

    assert applied.stdout == f"{SHEET}: 2 stories changed\n"
    assert "\nthemes: []\n" in text(root, f"content/{B}")
    assert "0 of 3 stories need a theme; 2 have none" in invoke(root, "themes", "--missing").stdout


@pytest.mark.parametrize("digits", ["1" * 10, "9" * 5_000])
def test_a_number_far_too_long_for_a_theme_is_refused(root: Path, digits: str) -> None:
    invoke(root, "sheet", "w20")
    change(root, (r"^l t-", f"l t{digits}"))

    answer = invoke(root, "sheet", "--apply")

    assert answer.exit_code == 1
    assert f"no theme has the number {digits[:9]}; the head" in answer.stderr


@given(
    st.lists(
        st.sampled_from(["k t1 A", "{a ", "0" * 30, "}", "\n", " ", "    ", "# ", ">", "\r\n"])
    )
)
def test_any_text_can_be_read_as_a_sheet(parts: list[str]) -> None:
    read = sheet.parse("".join(parts))

    kept = sheet.remaining(read, dict.fromkeys(read.entries, "Why"))
    assert all(line in kept for entry in read.entries for line in entry.lines)


def themes_now(root: Path, before: str, after: str) -> None:
    settings = text(root, "digest.toml")
    assert before in settings
    (root / "digest.toml").write_text(settings.replace(before, after, 1))


def test_theme_numbers_are_those_in_the_head_of_the_sheet(root: Path) -> None:
    invoke(root, "sheet")
    new = '[[themes]]\nid = "energy"\ntitle = "Energy"\nmatch = ["energy"]\n\n[[themes]]\nid = "export-controls"'
    themes_now(root, '[[themes]]\nid = "export-controls"', new)
    change(root, ("^k t2,1  (.*)$", r"k t2,1  \1\n    A note."), ("^l t- ", "l t1 "))

    assert invoke(root, "sheet", "--apply").exit_code == 0

    assert "themes: [memory, export-curbs]" in text(root, f"content/{A}")
    assert text(root, f"content/{A}").endswith("A note.\n")
    assert "themes: [export-controls]" in text(root, f"content/{B}")


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("", "the line '# Themes: …' is gone from the head of the sheet"),
        ("# Themes: 1 space, 2 memory", "the sheet's theme 'space' is not in digest.toml"),
    ],
)
def test_unknown_theme_numbers_are_refused(root: Path, head: str, why: str) -> None:
    invoke(root, "sheet")
    change(root, ("^# Themes:.*$", head), ("^k t2,1 ", "x t2,1 "), ("^l t- ", "l t1 "))
    before = text(root, f"content/{B}")

    applied = invoke(root, "sheet", "--apply")

    assert f"2026-05-14-b: {why}" in applied.stderr
    assert text(root, f"content/{B}") == before
    assert "themes: [memory, export-curbs]\nhide: true" in text(root, f"content/{A}")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_a_sheet_in_another_encoding_stays_unchanged(root: Path, encoding: str) -> None:
    invoke(root, "sheet")
    note = "Umbau" if encoding == "utf-16-le" else "Über"
    change(root, ("^(k t2,1.*)$", rf"\1\n    {note}."))
    data = text(root).replace("…", "...").encode(encoding)
    (root / SHEET).write_bytes(data)
    before = read_folder(root / "content")

    applied = invoke(root, "sheet", "--apply")

    assert (applied.exit_code, applied.stderr) == (
        1,
        "content/sheet.md: not UTF-8 text; save it as UTF-8\n",
    )
    assert "not UTF-8 text" in str(invoke(root, "sheet").exception)
    assert read_folder(root / "content") == before


@pytest.mark.parametrize(("letter", "is_lead"), [("k", False), ("l", True)])
def test_a_kept_story_is_neither_hidden_nor_a_draft(root: Path, letter: str, is_lead: bool) -> None:
    put(root, C, "C", "hide: true\ndraft: true")
    invoke(root, "sheet")
    change(root, ("^x t-  C", f"{letter} t-  C"))

    invoke(root, "sheet", "--apply")

    kept = text(root, f"content/{C}")
    assert ("hide" in kept, "draft" in kept, "lead: true" in kept) == (False, False, is_lead)


def test_a_later_change_by_the_publisher_does_not_block_the_editor(root: Path) -> None:
    invoke(root, "set", f"content/{A}", "note=Before.")
    invoke(root, "sheet")
    file = root / f"content/{A}"
    file.write_text(file.read_text().replace("A: {odd} t1 # title", "Their new title"))
    change(root, ("^k t2,1", "l t1"), ("^    Before", "    After"))

    applied = invoke(root, "sheet", "--apply")

    assert (applied.exit_code, applied.stderr) == (0, "")
    after = file.read_text()
    assert "Their new title" in after
    assert "themes: [export-controls]\nlead: true\n---\n\nAfter.\n" in after
    assert "headline" not in after


def test_a_second_lead_of_a_week_is_refused(root: Path) -> None:
    invoke(root, "sheet")
    change(root, ("^k", "l"), ("^d", "l"))

    applied = invoke(root, "sheet", "--apply")

    assert f"2026-05-15-c: content/{C}: {basename(A)} leads 2026-W20 already" in applied.stderr
    assert ["lead: true" in text(root, f"content/{file}") for file in (A, B, C)] == [
        True,
        False,
        False,
    ]


def test_an_old_lead_that_cannot_be_changed_is_reported(root: Path) -> None:
    path = root / "content" / B
    front = path.read_text().split("---\n")[1].strip().replace("\n", ", ")
    path.write_text(f"---\n{{{front}}}\n---\n")
    invoke(root, "sheet")
    change(root, ("^k(?=.*-a)", "l"))

    applied = invoke(root, "sheet", "--apply")

    assert applied.exit_code == 1
    assert f"content/{B}: " in applied.stderr
    assert "left in it" not in applied.output
    assert not (root / SHEET).exists()


def test_the_same_changes_by_set_and_by_sheet_give_the_same_bytes(
    root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "content").mkdir(parents=True)
    for file in ("digest.toml", *(f"content/{name}" for name in (A, B, C))):
        (other / file).parent.mkdir(parents=True, exist_ok=True)
        (other / file).write_bytes((root / file).read_bytes())
    invoke(root, "sheet")
    change(root, ("^k t2,1  A(.*)$", r"l t1  Mine\1\n    Words."), ("^d", "x"))

    invoke(root, "sheet", "--apply")
    mine = ("lead", "themes=export-controls", "headline=Mine: {odd} t1 # title", "note=Words.")
    invoke(other, "set", f"content/{A}", *mine)
    invoke(other, "set", f"content/{C}", "hide", "draft=false")

    assert read_folder(root / "content") == read_folder(other / "content")


def test_the_next_pull_applies_a_changed_sheet(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss(("1", "Chips")))
    (tmp_path / "second.xml").write_text(rss(("2", "Memory")))
    settings = config.load(tmp_path)
    pull.run(tmp_path, settings, settings.feeds, now=NOW)
    invoke(tmp_path, "sheet")
    unchanged = text(tmp_path)
    assert pull.run(tmp_path, settings, settings.feeds, now=NOW).sheet == AppliedReport(
        is_changed=False
    )
    assert text(tmp_path) == unchanged
    change(tmp_path, (r"^k (t\S+  Chips.*)$", r"x \1"))

    assert pull.run(tmp_path, settings, settings.feeds, now=NOW, dry=True).sheet is None
    pulled = invoke(tmp_path, "pull")

    assert "content/sheet.md: 1 story changed\n" in pulled.stdout
    assert not (tmp_path / SHEET).exists()
    chips = next(story for story in load.load(tmp_path, settings).stories if story.title == "Chips")
    assert chips.hide
    before = read_folder(tmp_path / "content")
    pull.run(tmp_path, settings, settings.feeds, now=NOW)
    assert read_folder(tmp_path / "content") == before


def test_the_sheet_is_not_published(root: Path) -> None:
    invoke(root, "build")
    before = read_folder(root / "site")

    invoke(root, "sheet")

    assert invoke(root, "check").stdout == "0 errors, 0 hints in 6 files\n"
    invoke(root, "build")
    assert read_folder(root / "site") == before


def test_a_week_is_given_as_for_a_letter_and_the_json_option_works(root: Path) -> None:
    put(root, "2026/w21/2026-05-20-d.md", "D")

    assert json.loads(invoke(root, "sheet", "w20", "--json").stdout)["week"] == "2026-W20"
    assert invoke(root, "sheet", "w19").exit_code == 1
    assert invoke(root, "sheet", "x").exit_code == 2
    assert invoke(root, "sheet", "w20", "--apply").exit_code == 2
    (root / SHEET).unlink()
    assert "content/sheet.md: this file does not exist; 'digest sheet' writes it" in str(
        invoke(root, "sheet", "--apply").exception
    )
    invoke(root, "sheet")
    change(root, ("^k", "x"))
    assert json.loads(invoke(root, "sheet", "--apply", "--json").stdout) == {
        "changed": ["content/2026/w21/2026-05-20-d.md"],
        "refused": [],
        "is_changed": True,
    }


WORDS = st.text(st.characters(codec="utf-8") | st.sampled_from("{}#> \n\tkxld-,12"), max_size=30)


@given(WORDS, WORDS, WORDS, st.sets(st.sampled_from(["lead", "hide", "draft"])))
def test_any_story_is_read_back_unchanged_from_its_line(
    title: str, headline: str, note: str, flags: set[str]
) -> None:
    themes = ("memory-crunch", "export-curbs")
    note = note.strip("\n").replace("\r", "")
    values: dict[str, Any] = dict.fromkeys(flags, True)
    values |= {"title": title, "headline": headline, "note": note, "excerpt": title}
    story = make_story(themes=themes, **values)

    written = sheet.render(Week(2026, 20), [story], THEMES)
    (entry,) = sheet.parse(written.replace("\n", "\r\n")).entries

    assert not entry.is_changed
    ids = [theme.id for theme in THEMES]
    assert not sheet.changes_of(entry, story, ids, THEMES)
    assert not sheet.changes_of(entry, make_story(title="Other"), ids, THEMES)
    assert sheet.parse(written).week == Week(2026, 20)
    assert entry.values.themes == "2,1"


def test_a_week_of_sixty_takes_one_file_and_loses_no_word(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(LETTERED)
    rng = random.Random(1)
    for number in range(60):
        put(tmp_path, f"2026/w20/2026-05-15-s{number}.md", f"Story {number}", "themes: [memory]")
    invoke(tmp_path, "sheet")
    parts = text(tmp_path).split("\n\n")
    for number, part in enumerate(parts[1:], start=1):
        if number <= 25:
            parts[number] = f"{part}\n    Note {rng.random()}."
        elif number <= 35:
            parts[number] = f"x{part[1:]}"
        elif number <= 43:
            parts[number] = part.replace("t2", "t1,2")
    parts[1] = f"l{parts[1][1:]}"
    (tmp_path / SHEET).write_text("\n\n".join(parts))

    applied = invoke(tmp_path, "sheet", "--apply")

    assert applied.stdout == "content/sheet.md: 43 stories changed\n"
    stories = load.load(tmp_path, config.load(tmp_path)).stories
    assert sum(bool(story.note) for story in stories) == 25
    assert sum(story.hide for story in stories) == 10
    assert sum(story.themes == ("export-controls", "memory") for story in stories) == 8
    assert [story.lead for story in stories].count(True) == 1
