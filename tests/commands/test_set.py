"""`digest set`, `note` and `new`: stories changed from the shell as if typed into their files."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from posixpath import basename
from typing import Any

import pytest
import warm
from repositories import git
from shell import invoke
from sites import read_folder
from test_letter import SETTINGS as LETTERED
from test_letter import put
from test_pull import NOW, SETTINGS, rss

from digest import config, lock
from digest.commands import pull
from digest.commands import set as set_command
from digest.commands.shared import curate, reviewed
from digest.content import load

A, B = "content/2026/w20/2026-05-13-a.md", "content/2026/w20/2026-05-14-b.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "digest.toml").write_text(LETTERED)
    put(tmp_path, A.removeprefix("content/"), "A", "themes: [memory] # mine")
    put(tmp_path, B.removeprefix("content/"), "B", "lead: true")
    return tmp_path


@pytest.fixture
def pulled(tmp_path: Path) -> Path:
    """Three stories of week 20 from two feeds."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips")))
    (tmp_path / "second.xml").write_text(rss(("3", "Third")))
    pull_again(tmp_path)
    return tmp_path


def pull_again(root: Path) -> None:
    settings = config.load(root)
    pull.run(root, settings, settings.feeds, now=NOW)


# ---------------------------------------------------------------- set


@pytest.mark.parametrize("by", ["set", "sheet"])
def test_a_story_that_an_editor_leaves_without_a_theme_gets_none_from_a_later_rule(
    pulled: Path, by: str
) -> None:
    file = "content/2026/w20/2026-05-15-chips.md"
    (pulled / file).write_text(
        (pulled / file).read_text().replace("id:", "lead: true  # ours\nid:")
    )
    before = (pulled / file).read_text()
    if by == "set":
        assert invoke(pulled, "set", file, "themes=").stdout == f"{file}: changed\n"
    else:
        invoke(pulled, "sheet")
        sheet = pulled / "content/sheet.md"
        sheet.write_text(sheet.read_text().replace("l t-  Chips", "l t0  Chips"))
        assert invoke(pulled, "sheet", "--apply").stdout == "content/sheet.md: 1 story changed\n"
    assert (pulled / file).read_text() == before.replace("themes: []\n", "")
    rule = '[[themes]]\nid = "chips"\ntitle = "Chips"\nmatch = ["chips"]\n'
    (pulled / "digest.toml").write_text((pulled / "digest.toml").read_text() + rule)

    assert invoke(pulled, "themes", "--apply").exit_code == 0

    assert "themes" not in (pulled / file).read_text()
    again = invoke(pulled, "set", file, "themes=")
    assert (again.stderr, again.stdout) == ("", f"{file}: unchanged\n")


def test_upcoming_dates_are_added_and_a_saved_copy_is_set(root: Path) -> None:
    assert (
        invoke(root, "set", A, "ahead=2026-06: One", "saved=https://saved.example/a").exit_code == 0
    )
    assert invoke(root, "set", A, "ahead=2027: Two: three").exit_code == 0
    assert (
        "ahead:\n- '2026-06: One'\n- '2027: Two: three'\nsaved: https://saved.example/a\n"
        in (root / A).read_text()
    )

    wrong = invoke(root, "set", A, "ahead=in June: One")
    assert (wrong.exit_code, "has no date with what is due then" in wrong.output) == (2, True)
    assert invoke(root, "set", A, "saved=nowhere").exit_code == 1
    assert invoke(root, "set", A, "ahead=", "saved=").exit_code == 0
    assert not re.search("ahead|saved", (root / A).read_text())


def test_arguments_change_stories_and_a_new_lead_ends_the_old_one(root: Path) -> None:
    result = invoke(root, "set", A, "lead", "themes=memory, export-controls", 'headline=A: "b" # c', "source=Us",
                  "correction=It said: 5.")  # fmt: skip

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{A}: changed\n{B}: changed; it no longer leads its week\n"
    lines = (root / A).read_text().split("\n")
    assert lines[3:10] == [
        "themes: [memory, export-controls] # mine",
        "headline: 'A: \"b\" # c'",
        "source: Us",
        "lead: true",
        "corrections:",
        lines[8],
        "---",
    ]
    assert re.fullmatch(r"- '2\d{3}-\d\d-\d\d: It said: 5\.'", lines[8])
    assert "lead" not in (root / B).read_text()


@pytest.mark.parametrize(
    ("letter", "words", "named"),
    [
        ("---\ntitle: L\n---\n\nSee\n[A](2026-05-13-a.md).\n", "hide", True),
        ("---\ntitle: L\ndraft: true\n---\n\nSee\n[A](2026-05-13-a.md).\n", "hide", False),
        ("---\ntitle: L\n---\n\nSee\n[B](2026-05-14-b.md).\n", "hide", False),
        ("---\ntitle: L\n---\n\nSee\n[A](2026-05-13-a.md).\n", "hide=false", False),
    ],
    ids=["linked", "draft", "another story", "shown"],
)
def test_a_published_letter_that_links_to_a_hidden_story_is_named(
    root: Path, letter: str, words: str, named: bool
) -> None:
    (root / "content/2026/w20/letter.md").write_text(letter)

    result = invoke(root, "set", A, words)

    hint = (
        "content/2026/w20/letter.md:6: hint: the link to '2026-05-13-a.md' leads to a hidden story; "
        "its words are published without the link; remove them if they must not be\n"
    )
    assert (result.exit_code, result.stderr) == (0, hint if named else "")


def test_a_second_correction_is_added_and_false_turns_off(root: Path) -> None:
    invoke(root, "set", A, "correction=One.", "hide")
    invoke(root, "set", A, "correction=Two.", "hide=no", "headline=")

    assert (
        len(re.findall(r"\ncorrections:\n- '.*: One\.'\n- '.*: Two\.'\n", (root / A).read_text()))
        == 1
    )
    assert "hide" not in (root / A).read_text()
    assert invoke(root, "set", A, "hide=false").stdout == f"{A}: unchanged\n"


def test_a_correction_that_is_saved_while_another_one_is_added_stays(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_requests, saved = curate.apply_requests_locked, "corrections: ['2026-05-14: Mine.']"

    def save_first(*given: Any) -> Any:
        (root / A).write_text((root / A).read_text().replace("\n---\n", f"\n{saved}\n---\n", 1))
        return apply_requests(*given)

    monkeypatch.setattr(curate, "apply_requests_locked", save_first)

    result = invoke(root, "set", A, "correction=Another.")

    assert (result.exit_code, "changed since you saw it" in result.stderr) == (1, True)
    assert saved in (root / A).read_text()


def test_stories_of_the_same_event_are_added_and_removed_again(root: Path) -> None:
    before = (root / B).read_bytes()

    assert invoke(root, "set", B, f"also={A}").exit_code == 0
    assert "\nalso: [2026-05-13-a.md]\n" in (root / B).read_text()
    refused = invoke(root, "set", B, "also=2026-05-13-a.md,no.md,2026-05-14-b.md")
    assert (refused.exit_code, refused.stderr) == (
        1,
        f"{B}: also: 'no.md' is not a story in this folder; correct the name, or remove it\n",
    )
    assert invoke(root, "set", A, f"also={B}").stderr == (
        f"{A}: also: '2026-05-14-b.md' has 'also' itself, so it has a card of its own; "
        "name all stories of the event in one file\n"
    )
    assert invoke(root, "set", B, "also=").exit_code == 0
    assert (root / B).read_bytes() == before


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ("2026-W21", ()),
        (
            "2026-W22",
            ("hint: belongs to 2026-W22, which is in the future, so 2026-W20 is closed; ",),
        ),
    ],
)
def test_a_week_that_has_not_begun_is_named_with_the_week_that_it_closes(
    root: Path, week: str, said: tuple[str, ...]
) -> None:
    now = datetime(2026, 5, 20, tzinfo=UTC)
    (result,) = set_command.run(root, config.load(root), [A], [f"week={week}"], now=now)

    cure = "if that is a mistake, correct the date or the week's folder"
    assert result.hints == tuple(f"{result.file}: {words}{cure}" for words in said)


def test_several_files_move_to_another_week(root: Path) -> None:
    result = invoke(root, "set", A, str(root / B), "week=2026-W21", "--json")

    assert [one["file"] for one in json.loads(result.stdout)] == [
        A.replace("w20", "w21"),
        B.replace("w20", "w21"),
    ]
    assert (root / B.replace("w20", "w21")).is_file()
    assert not (root / B).exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((A, "hdie"), "'hdie' is neither a file nor a key; did you mean 'hide'?"),
        ((A, "themes=memroy"), "unknown theme 'memroy'; did you mean 'memory'?"),
        ((A, "take=titel"), "unknown field 'titel'; did you mean 'title'?"),
        ((A, "hide=maybe"), "'hide=maybe': write hide or hide=false"),
        ((A, "hide", "hide=no"), "'hide' is given twice"),
        ((A, "headline"), "'headline' needs a value: headline=…"),
        ((A, "correction= "), "'correction' needs a value: correction=…"),
        ((A, "take=,"), "'take' needs a value: take=…"),
        ((A, "week=21"), "'21' needs its year: week=2026-W21"),
        ((A, "week=w9"), "'w9' needs its year: week=2026-W09"),
        ((A, "week=53"), "'53' needs its year: week=2026-W53"),
        ((A, "week=54"), "'54' is not a week; write it as 2026-W20"),
        ((A, "week=w0"), "'w0' is not a week; write it as 2026-W20"),
        ((A, "week=soon"), "'soon' is not a week; write it as 2026-W20"),
        ((A, "week=2025-W53"), "2025 has no week 53; correct the number"),
        (
            (A, "week=9999-W52"),
            "'9999-W52' is not between the years 1800 and 8999; correct the year",
        ),
        ((A,), "nothing to change; write one of lead, hide"),
        (("content/2026/w20/*nope*",), "no file matches 'content/2026/w20/*nope*'"),
        (("*nope*",), "no file matches '*nope*'"),
        (("hide",), "name at least one story's file"),
        (
            ("w20", "hide"),
            "name at least one story's file, such as content/2026/w20/2026-05-15-chips.md; 'w20' is none",
        ),
    ],
)
def test_invalid_arguments_are_wrong_usage_and_change_nothing(
    root: Path, words: tuple[str, ...], what: str
) -> None:
    before = read_folder(root / "content")

    result = invoke(root, "set", *words)

    assert result.exit_code == 2
    assert what in " ".join(result.stderr.split())
    assert read_folder(root / "content") == before


def test_an_unchangeable_file_is_reported_and_the_others_are_changed(root: Path) -> None:
    (root / A).write_text("---\ntitle: A\nlnk: x\n---\n")

    result = invoke(root, "set", "content/none.md", A, B, "hide")

    assert result.exit_code == 1
    assert result.stdout == f"{B}: changed\n"
    assert result.stderr.splitlines() == [
        "content/none.md: there is no such file; name a file such as content/2026/w20/2026-05-15-slug.md",
        f"{A}:1: there is no 'link'; add link: … to the front matter",
        f"{A}:3: unknown key 'lnk'; did you mean 'link'?",
    ]


def test_the_publishers_version_is_used_if_it_is_known(pulled: Path) -> None:
    file = "content/2026/w20/2026-05-15-chips.md"
    (pulled / file).write_text((pulled / file).read_text().replace("title: Chips", "title: Mine"))
    (pulled / "first.xml").write_text(rss(("2", "Memory is short"), ("1", "Chips, again")))
    pull_again(pulled)

    refused = invoke(pulled, "set", file, "take=link")
    taken = invoke(pulled, "set", file, "take=title")

    assert "there is no other link by its publisher to take" in refused.stderr
    assert taken.stdout == f"{file}: changed\n"
    assert "title: Chips, again" in (pulled / file).read_text()
    before = read_folder(pulled / "content")
    pull_again(pulled)
    assert read_folder(pulled / "content") == before


@pytest.mark.parametrize(
    "names", [("Doe, Jane",), ("Doe, Jane", "Roe, Richard"), ("Ann Ray", "Bo Lee"), ("A; B", "C")]
)
def test_the_publishers_authors_are_used_as_the_feed_names_them(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title><id>urn:1</id><entry><id>urn:2</id>'
    feed += '<title>Chips</title><link href="https://news.example/1"/><updated>2026-05-15T09:32:41Z</updated>'
    (tmp_path / "digest.toml").write_text(SETTINGS)
    feed += "<author><name>Jo Writer</name></author>"
    (tmp_path / "first.xml").write_text(f"{feed}</entry></feed>")
    (tmp_path / "second.xml").write_text(rss())
    pull_again(tmp_path)
    (story,) = load.load(tmp_path, config.load(tmp_path)).stories
    file = tmp_path / story.file
    file.write_text(file.read_text().replace("Jo Writer", "Mine"))
    theirs = "".join(f"<author><name>{name}</name></author>" for name in names)
    feed = feed.replace("<author><name>Jo Writer</name></author>", theirs)
    (tmp_path / "first.xml").write_text(f"{feed}</entry></feed>")
    pull_again(tmp_path)

    taken = invoke(tmp_path, "set", story.file, "take=authors")

    (story,) = load.load(tmp_path, config.load(tmp_path)).stories
    assert (taken.exit_code, story.authors) == (0, names)


def test_the_second_of_two_new_leads_of_a_week_is_refused(root: Path) -> None:
    result = invoke(root, "set", A, B, "lead")

    assert (result.exit_code, result.stderr) == (
        1,
        f"{B}: {basename(A)} leads 2026-W20 already by the same command; a week has one lead\n",
    )
    assert ["lead: true" in (root / file).read_text() for file in (A, B)] == [True, False]


def test_a_new_lead_reports_no_story_that_only_has_the_word(root: Path) -> None:
    put(root, "2026/w20/2026-05-15-c.md", "Leaders lead")

    result = invoke(root, "set", A, "lead")

    assert result.stdout == f"{A}: changed\n{B}: changed; it no longer leads its week\n"


def test_a_lead_moved_to_another_week_becomes_the_lead_there(root: Path) -> None:
    other = "content/2026/w21/2026-05-20-c.md"
    put(root, other.removeprefix("content/"), "C", "lead: true")

    result = invoke(root, "set", B, "week=2026-W21")

    moved = B.replace("w20", "w21")
    assert (
        result.stdout == f"{B}: moved to {moved}\n{other}: changed; it no longer leads its week\n"
    )
    assert ["lead: true" in (root / file).read_text() for file in (moved, other)] == [True, False]


# ---------------------------------------------------------------- note


def editor(code: str) -> str:
    """A text editor that runs Python code on the file `place`."""
    program = f"import sys, pathlib; place = pathlib.Path(sys.argv[1]); {code}"
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}"


def test_a_note_is_written_in_the_editor_of_the_environment(root: Path) -> None:
    invoke(root, "set", A, "note=Before.")
    words = "assert place.read_text() == 'Before.\\n'; place.write_text('After,\\n--- and\\n> more.\\n\\n')"

    result = invoke(root, "note", A, VISUAL=editor(words))

    assert result.stdout == f"{A}: changed\n"
    assert (root / A).read_text().endswith("---\n\nAfter,\n--- and\n> more.\n")


@pytest.mark.parametrize(
    "accident",
    [
        "pathlib.Path({file!r}).write_text('---\\ntitle: B\\nlink: https://news.example/b\\n---\\n')",
        "pathlib.Path({file!r}).unlink()",
        "sys.exit(3)",
        "place.write_bytes(b'My words\\xff.')",
    ],
)
def test_text_that_cannot_be_saved_stays_in_a_file_that_is_named(root: Path, accident: str) -> None:
    before = (root / B).read_bytes()
    code = "place.write_text('My words.'); " + accident.format(file=str(root / A))

    result = invoke(root, "note", A, VISUAL=editor(code))

    assert result.exit_code == 1
    named = re.search(r"/\S+/a-\S+\.md", result.stderr)
    assert named
    place = Path(named[0])
    assert b"My words" in place.read_bytes()
    assert not (root / A).exists() or "My words" not in (root / A).read_text()
    assert (root / B).read_bytes() == before
    place.unlink()


def test_text_stays_in_a_file_that_is_named_while_another_run_writes(root: Path) -> None:
    with lock.hold(root):
        result = invoke(root, "note", A, VISUAL=editor("place.write_text('My words.')"))

    assert result.exit_code
    named = re.search(r"(/\S+/a-\S+\.md): your words are here", result.stderr)
    assert named
    assert Path(named[1]).read_text() == "My words."
    Path(named[1]).unlink()


def test_after_ctrl_c_a_file_is_named_in_which_the_text_editor_may_still_save(root: Path) -> None:
    before = (root / A).read_bytes()
    code = "import os, signal; place.write_text('My words.'); os.kill(os.getppid(), signal.SIGINT)"

    result = warm.run(["note", A], root, {**os.environ, "VISUAL": editor(code)})

    assert (result.returncode, result.stdout) == (130, "")
    named = re.fullmatch(r"(/\S+/a-\S+\.md): your words are here\n", result.stderr)
    assert named
    assert Path(named[1]).read_text() == "My words."
    assert (root / A).read_bytes() == before
    Path(named[1]).unlink()


def test_a_byte_order_mark_added_by_a_text_editor_is_not_part_of_the_note(root: Path) -> None:
    invoke(root, "note", A, VISUAL=editor("place.write_bytes(b'\\xef\\xbb\\xbfMine.')"))

    assert (root / A).read_text().endswith("---\n\nMine.\n")


def test_a_text_editor_that_deletes_its_file_changes_nothing(root: Path) -> None:
    before = (root / A).read_bytes()

    result = invoke(root, "note", A, VISUAL=editor("place.unlink()"))

    assert result.exit_code == 1
    assert "nothing was changed" in result.stderr
    assert "your words are in" not in result.stderr
    assert (root / A).read_bytes() == before


def test_a_text_editor_that_cannot_be_started_is_an_error_and_leaves_no_file(root: Path) -> None:
    result = invoke(root, "note", A, VISUAL="no-such-editor")

    assert result.exit_code == 1
    why = "no-such-editor: No such file or directory; name another text editor in $EDITOR"
    assert result.stderr.rstrip().endswith(f"Error: {why}")
    assert "your words are in" not in result.stderr


@pytest.mark.parametrize(
    ("code", "why", "are_named"),
    [
        ("place.write_bytes('Für mich.'.encode('utf-16'))", "is not UTF-8 text", True),
        ("place.write_text('My words.'); raise SystemExit(1)", "ended with an error", True),
        ("raise SystemExit(1)", "ended with an error", False),
    ],
)
def test_what_a_text_editor_does_wrong_is_said_in_plain_words(
    root: Path, code: str, why: str, are_named: bool
) -> None:
    before = (root / A).read_bytes()

    result = invoke(root, "note", A, VISUAL=editor(code))

    assert result.exit_code == 1
    assert f"{why}, so nothing was changed" in result.stderr
    assert "codec" not in result.stderr
    named = re.search(r"your words are in (\S+)", result.stderr)
    assert bool(named) == are_named
    assert (root / A).read_bytes() == before
    if named:
        Path(named[1]).unlink()


# ---------------------------------------------------------------- new


def test_new_lists_the_stories_not_touched_since_the_last_letter(pulled: Path) -> None:
    files = invoke(pulled, "new").stdout.split()
    assert [file.rpartition("-")[2] for file in files] == ["chips.md", "short.md", "third.md"]

    invoke(pulled, "set", files[0], "hide")
    invoke(pulled, "set", files[1], "note=Mine.")
    assert invoke(pulled, "--verbose", "new").stdout == f"{files[2]}: new, Third\n"
    assert json.loads(invoke(pulled, "new", "--json").stdout) == [
        {"file": files[2], "title": "Third", "publisher": "second", "themes": [], "state": "new"}
    ]
    letter = pulled / "content/2026/w20/letter.md"
    letter.write_text("---\ntitle: L\ndraft: true\n---\n")
    assert invoke(pulled, "new").stdout == f"{files[2]}\n"
    letter.write_text("---\ntitle: L\n---\n")
    assert invoke(pulled, "new").stdout == ""


def test_new_as_json_names_files_that_cannot_be_read(pulled: Path) -> None:
    first, *others = invoke(pulled, "new").stdout.split()
    (pulled / first).write_text("---\ntitle: A\n---\n")

    result = invoke(pulled, "new", "--json")

    assert first in result.stderr
    assert [one["file"] for one in json.loads(result.stdout)] == others


def test_only_themes_set_by_an_editor_count_as_touched(pulled: Path) -> None:
    text = (pulled / "digest.toml").read_text()
    (pulled / "digest.toml").write_text(
        text + '[[themes]]\nid = "chips"\ntitle = "Chips"\nmatch = ["chips"]\n'
    )
    invoke(pulled, "themes", "--apply")
    (file,) = [name for name in invoke(pulled, "new").stdout.split() if "chips" in name]
    assert "themes: [chips]" in (pulled / file).read_text()

    invoke(pulled, "set", file, "themes=")

    assert file not in invoke(pulled, "new").stdout


def test_new_since_a_commit_lists_later_stories(pulled: Path) -> None:
    git(pulled, "init", "-q")
    git(pulled, "add", "-A")
    git(pulled, "commit", "-qm", "one")
    (pulled / "first.xml").write_text(rss(("4", "Fourth")))
    pull_again(pulled)
    (pulled / "content/2026/w20/letter.md").write_text("---\ntitle: L\n---\n")

    assert [
        Path(name).stem[11:] for name in invoke(pulled, "new", "--since", "HEAD").stdout.split()
    ] == ["fourth"]
    assert invoke(pulled, "new", "--since", "nothing").exit_code == 2


def test_a_sheet_works_in_another_clone_whatever_its_line_endings(
    pulled: Path, tmp_path: Path
) -> None:
    git(pulled, "init", "-q")
    invoke(pulled, "sheet")
    sheet = pulled / "content/sheet.md"
    sheet.write_text(sheet.read_text().replace("\nk ", "\nx ", 1) + "    A note.\n")
    git(pulled, "add", "-A")
    git(pulled, "commit", "-qm", "one")
    git(tmp_path, "clone", "-q", "--config", "core.autocrlf=true", str(pulled), "second")
    second = tmp_path / "second"

    applied = invoke(second, "sheet", "--apply")
    invoke(pulled, "sheet", "--apply")

    assert applied.stdout == "content/sheet.md: 2 stories changed\n"
    files = {
        name: data for name, data in read_folder(second / "content").items() if "ledger" not in name
    }
    assert all(b"\n" not in data.replace(b"\r\n", b"") for data in files.values())
    here = read_folder(pulled / "content")
    assert {name: data.replace(b"\r\n", b"\n") for name, data in files.items()} == {
        name: data for name, data in here.items() if "ledger" not in name
    }


def test_a_story_changed_by_the_publisher_below_a_note_is_new_until_it_is_reviewed(
    pulled: Path,
) -> None:
    chips, *others = invoke(pulled, "new").stdout.split()
    assert "3 stories to look at, 3 new: digest new\n" in invoke(pulled, "status").stdout
    for file in others:
        look(pulled, file)
    invoke(pulled, "set", chips, "note=Mine.", "source=Us")
    assert invoke(pulled, "new").stdout == ""
    assert "to look at" not in invoke(pulled, "status").stdout

    for number, headline in enumerate(("Chips, again", "Chips, once more")):
        (pulled / "first.xml").write_text(rss(("2", f"Memory {number}"), ("1", headline)))
        pull_again(pulled)
        assert invoke(pulled, "--verbose", "new").stdout == (
            f"{chips}: changed, {headline}\n{others[0]}: new, Memory {number}\n"
        )
        assert (
            "2 stories to look at, 1 new, 1 changed since you wrote: digest new\n"
            in invoke(pulled, "status").stdout
        )
        listed = json.loads(invoke(pulled, "new", "--json").stdout)
        assert [one["publisher"] for one in listed] == ["Us", "first"]
        look(pulled, chips)
        look(pulled, others[0])
        assert invoke(pulled, "new").stdout == ""


def look(root: Path, file: str) -> None:
    """Marks a story as looked at, as the desk does."""
    story = next(one for one in load.load(root, config.load(root)).stories if one.file == file)
    reviewed.set_reviewed(root, story, reviewed=True)
