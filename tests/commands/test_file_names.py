"""Markdown files are read whether they end in .md or .markdown. A file that was meant as a story, letter or page and
has another name is an error that names it. What editors and systems leave beside files is ignored.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import invoke
from sites import find, parse
from test_pull import NOW, SETTINGS, rss
from test_status import pulled, run

from digest import config, disk
from digest.commands import build, check, letter, pull
from digest.content import file_names, store
from digest.content.scan import scan
from digest.errors import DigestError, Faults

STORY = "---\ntitle: Mine\nlink: https://mine.example/1\npublished: 2026-05-15T10:00:00Z\n---\n\nWords.\n"
W20 = "content/2026/w20/"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with one pulled story, 2026-05-15-chips.md."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss(("1", "Chips")))
    (tmp_path / "second.xml").write_text(rss())
    pulled(tmp_path)
    return tmp_path


def put(root: Path, file: str, text: str = STORY) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def messages(root: Path) -> list[str]:
    return [str(one) for one in check.run(root, now=NOW).problems if not one.is_hint]


def built(root: Path) -> Path:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    return root / "site"


def corrected(root: Path) -> tuple[str, ...]:
    """Pulls a correction of the headline, and returns the files that it changed."""
    (root / "first.xml").write_text(rss(("1", "Chips, corrected")))
    settings = config.load(root)
    return pull.run(root, settings, pull.select_feeds(settings, ()), now=NOW).rows[0].updated


READ = ("markdown", "MD", "Md", "MARKDOWN")


@pytest.mark.parametrize("ending", READ)
def test_a_file_with_any_markdown_extension_is_read(root: Path, ending: str) -> None:
    put(root, f"{W20}2026-05-15-b.{ending}")
    put(root, f"{W20}letter.{ending}", f"Dear reader, [mine](2026-05-15-b.{ending}).")
    put(root, f"content/pages/about.{ending}", f"About [mine](2026-05-15-b.{ending}).")
    put(root, f"content/themes/memory.{ending}", "What memory is.")

    assert check.run(root, now=NOW).problems == ()
    site = built(root)

    assert "https://mine.example/1" in (site / "feed.atom").read_text()
    assert "What memory is." in (site / "themes/memory/index.html").read_text()
    for page in ("2026/w20/index.html", "about/index.html"):
        links = [link.get("href") for link in find(parse((site / page).read_bytes()), "a")]
        assert "/2026/w20/#b" in links


def test_a_file_with_another_markdown_extension_is_read_by_an_incremental_build(
    root: Path,
) -> None:
    site = built(root)
    put(root, f"{W20}letter.markdown", "Dear reader")
    put(root, "content/pages/about.MD", "About us")
    built(root)
    put(root, f"{W20}2026-05-15-b.markdown")
    built(root)
    put(root, f"{W20}2026-05-15-b.markdown", STORY.replace("Words", "Better words"))
    built(root)

    week = (site / "2026/w20/index.html").read_text()
    assert "Dear reader" in week
    assert "Better words." in week
    assert "About us" in (site / "about/index.html").read_text()


@pytest.mark.parametrize("before", ["nothing was read", "one was read"])
@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [(f"{W20}letter.md", f"{W20}letter.markdown", "letter"), (f"{W20}letter.MD", f"{W20}letter.markdown", "letter"),
     ("content/themes/memory.md", "content/themes/memory.markdown", "theme introduction")],
)  # fmt: skip
def test_two_files_for_one_letter_or_introduction_are_an_error_that_names_both(
    root: Path, before: str, first: str, second: str, kind: str
) -> None:
    put(root, first, "One")
    if before == "one was read":
        built(root)
    put(root, second, "Two")

    cure = "put what you want to keep into one of them, and delete the other"
    words = f"{second}: is the same {kind} as {first}; {cure}"
    assert messages(root).count(words) == 1
    for _ in range(2):
        with pytest.raises(Faults) as caught:
            built(root)
        assert words in str(caught.value).splitlines()
    (root / second).unlink()
    built(root)
    assert messages(root) == []


@pytest.mark.parametrize("before", ["nothing was read", "one was read"])
def test_two_files_for_one_page_are_an_error_that_names_both(root: Path, before: str) -> None:
    put(root, "content/pages/about.md", "One")
    if before == "one was read":
        built(root)
    put(root, "content/pages/about.markdown", "Two")

    claim = "claims the address 'about/index.html', which content/pages/about.markdown claims too"
    words = f"content/pages/about.md: {claim}; rename one of them"
    assert messages(root) == [words]
    for _ in range(2):
        with pytest.raises(Faults) as caught:
            built(root)
        assert str(caught.value).splitlines() == [words]


def test_two_stories_that_differ_only_in_their_extensions_have_different_anchors(
    root: Path,
) -> None:
    put(root, f"{W20}2026-05-15-chips.markdown")

    assert messages(root) == []
    page = parse((built(root) / "2026/w20/index.html").read_bytes())

    ids = [article.get("id") for article in find(page, "article")]
    assert sorted(one for one in ids if one.startswith("chips")) == ["chips", "chips-2"]
    assert 'href="https://mine.example/1"' in str((root / "site/2026/w20/index.html").read_text())


@pytest.mark.parametrize("ending", READ)
def test_a_pulled_story_with_a_changed_markdown_extension_stays_the_same_story(
    root: Path, ending: str
) -> None:
    put(root, f"{W20}letter.md", "See [chips](2026-05-15-chips.md).")
    feed, page = ((built(root) / name).read_text() for name in ("feed.atom", "2026/w20/index.html"))
    story = root / f"{W20}2026-05-15-chips.{ending}"
    (root / f"{W20}2026-05-15-chips.md").rename(story)

    assert messages(root) == []
    site = built(root)
    assert (site / "feed.atom").read_text() == feed
    assert (site / "2026/w20/index.html").read_text() == page
    assert [(row.feed, row.brought, row.present) for row in run(root).feeds] == [
        ("first", 1, 1),
        ("second", 0, 0),
    ]
    assert run(root).weeks[0].unlinked == 0

    assert corrected(root) == (story.relative_to(root).as_posix(),)
    assert "title: Chips, corrected\n" in story.read_text()
    assert not (root / f"{W20}2026-05-15-chips.md").exists()


def test_a_pull_avoids_the_name_of_a_file_with_another_extension(root: Path) -> None:
    put(root, f"{W20}2026-05-15-memory.markdown")
    (root / "first.xml").write_text(rss(("2", "Memory"), ("1", "Chips")))
    pulled(root)

    assert "Memory" in (root / f"{W20}2026-05-15-memory-2.md").read_text()
    assert (root / f"{W20}2026-05-15-memory.markdown").read_text() == STORY


def test_a_letter_is_never_drafted_beside_one_with_another_extension(root: Path) -> None:
    put(root, f"{W20}letter.markdown", "Dear reader\n")
    settings = config.load(root)

    with pytest.raises(
        DigestError, match=r"^content/2026/w20/letter\.markdown: this week already has a letter"
    ):
        letter.run(root, settings, "w20")
    assert letter.add_links(root, settings, "w20").file == f"{W20}letter.markdown"

    assert not (root / f"{W20}letter.md").exists()
    assert "(2026-05-15-chips.md)" in (root / f"{W20}letter.markdown").read_text()


def test_status_reports_an_unreadable_letter_whatever_its_extension(root: Path) -> None:
    put(root, f"{W20}letter.markdown", "---\ntitel: x\n---\n")

    assert [row.letter for row in run(root).weeks] == ["unread"]


def test_check_looks_for_secrets_in_every_markdown_file(root: Path) -> None:
    put(root, f"{W20}2026-05-15-b.MD", STORY + "\nhttps://mine.example/?token=1234567890abcdef\n")

    found = [one.file for one in check.run(root, now=NOW).problems if "'token='" in one.what]
    assert found == [f"{W20}2026-05-15-b.MD"]


def test_a_broken_link_to_a_file_with_another_extension_names_that_file(root: Path) -> None:
    put(root, f"{W20}2026-05-15-b.markdown")
    put(root, "content/pages/about.md", "See [mine](../2026/w20/2026-05-15-b.md).")

    words = "the link to '../2026/w20/2026-05-15-b.md' leads to no story"
    cure = "did you mean '../2026/w20/2026-05-15-b.markdown'?"
    assert messages(root) == [f"content/pages/about.md:1: {words}; {cure}"]


def test_half_written_files_of_every_extension_are_removed(root: Path) -> None:
    file = f"{W20}.2026-05-15-b.markdown.unfinished"
    put(root, file, "---\ntitle: Ha")

    assert store.sweep(root, scan(root).unfinished) == store.CleanedUp(removed=(file,))


HELD = f"{W20}2026-05-15-b.md"


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "half"])
@pytest.mark.parametrize("hash", [True, False], ids=["by its hash", "of an older version"])
@pytest.mark.parametrize("stands", [True, False], ids=["in place", "only copy"])
def test_a_complete_temporary_file_is_put_in_place_if_it_is_the_only_copy(
    root: Path, whole: bool, hash: bool, stands: bool
) -> None:
    hidden = f"{W20}.2026-05-15-b.md{'.' + disk._hash(STORY.encode()) if hash else ''}.unfinished"
    put(root, hidden, STORY if whole else STORY[:-3])
    if stands:
        put(root, HELD, "mine")

    swept = store.sweep(root, scan(root).unfinished)

    is_completed = whole and not stands
    assert swept == (
        store.CleanedUp(completed=(HELD,)) if is_completed else store.CleanedUp(removed=(hidden,))
    )
    assert not (root / hidden).exists()
    assert (root / HELD).exists() == (stands or whole)
    assert not stands or (root / HELD).read_text() == "mine"


def test_a_deleted_story_does_not_come_back_from_a_temporary_file(root: Path) -> None:
    file = next((root / W20).glob("*-chips.md"))
    file.rename(file.with_name(disk.hidden(file.name)))

    store.sweep(root, scan(root).unfinished)

    assert not list((root / W20).iterdir())


@pytest.mark.parametrize(
    "command", ["pull", "build", "letter", "themes --apply", "excerpts --apply"]
)
def test_every_writing_command_completes_a_killed_one(root: Path, command: str) -> None:
    put(root, f"{W20}.2026-05-15-b.md.{disk._hash(STORY.encode())}.unfinished")
    put(root, f"{W20}.letter.md.unfinished", "---\nti")

    result = invoke(root, *command.split())

    assert result.exit_code == 0, result.output
    assert (root / HELD).read_text() == STORY
    assert not list(root.rglob("content/**/*.unfinished"))


LEFT_BEHIND = (
    "x.md~", "#x.md#", ".#x.md", "._x.md", ".x.md.swp", ".x.md.kate-swp", ".~x.md", ".~lock.x.md#", "x.md.orig",
    "x.md.bak", "x.md.tmp", "x.md.rej", "4913", "sedAb3dEf", ".DS_Store", "Thumbs.db", "desktop.ini", "~$x.md.tmp",
    "x.md___jb_tmp___", ".gitkeep", ".trashed-1799999999-x.md",
)  # fmt: skip
MISNAMED = {
    f"{W20}2026-05-15-b.md.txt": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.MD.TXT": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.txt": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.text": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.mdown": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.md ": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.md.": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}.2026-05-15-b.md": "is hidden by the dot before its name, so it is not read; rename it to 2026-05-15-b.md",
    f"{W20}letter.txt": "is not a letter's name; rename it to letter.md",
    f"{W20}Letter.markdown": "is not a letter's name; rename it to letter.md",
    f"{W20}Letter.md": "is not a letter's name; rename it to letter.md",
    f"{W20}LETTER.MD": "is not a letter's name; rename it to letter.md",
    f"{W20}letter": "is not a letter's name; rename it to letter.md",
    f"{W20}letter.md.txt": "is not a letter's name; rename it to letter.md",
    "content/pages/about.text": "is not a page's name; rename it to about.md",
    "content/pages/about": "is not a page's name; rename it to about.md",
    "content/pages/.about.md": "is hidden by the dot before its name, so it is not read; rename it to about.md",
    "content/pages/more/about.md": "is in a folder within pages, where nothing is read; move it to content/pages/",
    "content/themes/memory.txt": "is not a theme introduction's name; rename it to memory.md",
    "content/themes/old/memory.md": "is in a folder within themes, where nothing is read; move it to content/themes/",
    "content/2026/W20/2026-05-15-b.md": "is not in a week's folder; move it to content/2026/w20/",
    "content/2026/w9/2026-05-15-b.md": "is not in a week's folder; move it to content/2026/w09/",
    f"{W20}more/2026-05-15-b.md": "is not in a week's folder; move it to one such as content/2026/w20/",
    "content/2026/2026-05-15-b.markdown": "is not in a week's folder; move it to one such as content/2026/w20/",
    "content/b.txt": "is not in a week's folder; move it to one such as content/2026/w20/",
}


def test_a_file_with_another_name_is_an_error_in_check_and_build(root: Path) -> None:
    for file in MISNAMED:
        put(root, file)
    expected = {f"{file}: {words}" for file, words in MISNAMED.items()}

    assert set(messages(root)) == expected
    with pytest.raises(Faults) as caught:
        build.run(root, config.load(root), output=root / "site", base_url=None)
    assert set(str(caught.value).splitlines()) == expected


@pytest.mark.parametrize(
    ("file", "target"),
    [
        (f"{W20}2026-05-15-b.txt", f"{W20}2026-05-15-b.md"),
        (f"{W20}.2026-05-15-b.md", f"{W20}2026-05-15-b.md"),
        (f"{W20}letter.txt", f"{W20}letter.md"),
        ("content/pages/more/about.md", "content/pages/about.md"),
        ("content/2026/w9/2026-05-15-b.md", "content/2026/w09/2026-05-15-b.md"),
    ],
)
def test_no_file_is_to_be_renamed_over_one_that_is_there(
    root: Path, file: str, target: str
) -> None:
    put(root, file)
    put(root, target)

    what = f"{target} is there too: put what you want to keep into it, and delete this file"
    assert any(
        line.startswith(f"{file}: ") and line.endswith(f"; {what}") for line in messages(root)
    )


def test_an_incremental_build_reports_it_too(root: Path) -> None:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    put(root, f"{W20}2026-05-15-b.txt")

    for _ in range(2):
        with pytest.raises(Faults, match=r"2026-05-15-b\.txt: is not a story's name"):
            build.run(root, config.load(root), output=root / "site", base_url=None)
    (root / f"{W20}2026-05-15-b.txt").rename(root / f"{W20}2026-05-15-b.md")
    build.run(root, config.load(root), output=root / "site", base_url=None)

    assert "mine.example" in (root / "site/feed.atom").read_text()


def test_files_left_by_text_editors_and_systems_are_ignored(root: Path) -> None:
    for folder in (W20, "content/pages/", "content/themes/"):
        for name in LEFT_BEHIND:
            put(root, f"{folder}{name}")
    (root / f"{W20}.#2026-05-15-chips.md").symlink_to("ada@desk.1234:1700000000")

    assert check.run(root, now=NOW).problems == ()
    build.run(root, config.load(root), output=root / "site", base_url=None)


def test_any_other_file_gets_a_hint_that_it_is_not_published(root: Path) -> None:
    files = [
        f"{W20}{name}"
        for name in ("2026-05-15-b.docx", "2026-05-15-b.html", "figures.csv", "letter.rtf")
    ]
    for file in files:
        put(root, file)

    words = "is neither Markdown nor a picture, so it is not published"
    assert [(one.file, one.what) for one in check.run(root, now=NOW).problems if one.is_hint] == [
        (file, words) for file in files
    ]


@pytest.mark.parametrize(
    "place",
    [f"{W20}2026-05-15-chips.mdown", f"{W20}2026-05-15-chips.md.txt", f"{W20}2026-05-15-chips",
     f"{W20}.2026-05-15-chips.md", "content/2026/w60/2026-05-15-chips.md", "content/2026/W47/2026-05-15-chips.md",
     "content/2026-05-15-chips.md"],
)  # fmt: skip
def test_status_counts_a_misnamed_file_as_unreadable_and_not_as_deleted(
    root: Path, place: str
) -> None:
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / f"{W20}2026-05-15-chips.md").rename(root / place)

    report = run(root)

    assert [(row.feed, row.brought, row.present) for row in report.feeds] == [
        ("first", 1, 1),
        ("second", 0, 0),
    ]
    assert report.skipped.files == (place,)
    assert f"{place}: cannot be read" in invoke(root, "status").output


@pytest.mark.parametrize(
    ("name", "right"),
    [("x.markdown", "x.md"), ("x.md.txt", "x.md"), ("x", "x.md"), (".x.md", "x.md"), ("x.md", "x.md"),
     ("Letter.md", "letter.md"), ("x.md.md", "x.md"), ("x. md", "x. md.md")],
)  # fmt: skip
def test_the_correct_name_of_a_text_is_suggested(name: str, right: str) -> None:
    assert file_names.proper_name(name) == right


@pytest.mark.parametrize(
    ("file", "cure"),
    [
        ("content/CNAME", "rename it to content/static/CNAME"),
        ("content/static/cname", "rename it to content/static/CNAME"),
        ("content/Inbox/x.md", "rename it to content/inbox/"),
        ("content/Static/logo.png", "rename it to content/static/"),
        ("content/2026/5/x.md", "move it to content/2026/w05/"),
        ("content/2026/W53/x.md", "move it to content/2026/w53/"),
        ("content/2026/99/x.md", "move it to one such as content/2026/w20/"),
        ("content/2026/w0/x.md", "move it to one such as content/2026/w20/"),
        ("content/static/CNAME", ""),
        ("content/inbox/x.md", ""),
        ("content/static/sub/cname", ""),
    ],
)
def test_a_misnamed_or_misplaced_folder_or_domain_file_gets_the_correct_name(
    file: str, cure: str
) -> None:
    problem = file_names.problem(file)

    assert (problem.cure if problem else "") == cure
