"""A file that was meant as a story, a letter or a page but has another name is an error that names it; what editors
and systems leave beside files is passed over.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_pull import NOW, SETTINGS, rss
from test_status import pulled, run, said

from digest import config
from digest.commands import build, check
from digest.errors import Faults
from digest.stories import filenames

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


def told(root: Path) -> list[str]:
    return [str(one) for one in check.run(root, now=NOW).problems if not one.hint]


LEFT_BEHIND = (
    "x.md~", "#x.md#", ".#x.md", "._x.md", ".x.md.swp", ".x.md.kate-swp", ".~x.md", ".~lock.x.md#", "x.md.orig",
    "x.md.bak", "x.md.tmp", "x.md.rej", "4913", "sedAb3dEf", ".DS_Store", "Thumbs.db", "desktop.ini", "~$x.md.tmp",
    "x.md___jb_tmp___", ".gitkeep", ".trashed-1799999999-x.md",
)  # fmt: skip
MISNAMED = {
    f"{W20}2026-05-15-b.markdown": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.MD": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.Md": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.md.txt": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.MD.TXT": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.txt": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.text": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.mdown": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.md ": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b.md.": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}2026-05-15-b": "is not a story's name; rename it to 2026-05-15-b.md",
    f"{W20}.2026-05-15-b.md": "is hidden by the dot before its name, so it is not read; rename it to 2026-05-15-b.md",
    f"{W20}letter.markdown": "is not a letter's name; rename it to letter.md",
    f"{W20}Letter.md": "is not a letter's name; rename it to letter.md",
    f"{W20}LETTER.MD": "is not a letter's name; rename it to letter.md",
    f"{W20}letter": "is not a letter's name; rename it to letter.md",
    f"{W20}letter.md.txt": "is not a letter's name; rename it to letter.md",
    "content/pages/about.markdown": "is not a page's name; rename it to about.md",
    "content/pages/about": "is not a page's name; rename it to about.md",
    "content/pages/.about.md": "is hidden by the dot before its name, so it is not read; rename it to about.md",
    "content/pages/more/about.md": "lies in a folder within pages, where nothing is read; move it to content/pages/",
    "content/themes/memory.txt": "is not a theme introduction's name; rename it to memory.md",
    "content/themes/old/memory.md": "lies in a folder within themes, where nothing is read; move it to content/themes/",
    "content/2026/W20/2026-05-15-b.md": "lies in no week's folder; move it to content/2026/w20/",
    "content/2026/w9/2026-05-15-b.md": "lies in no week's folder; move it to content/2026/w09/",
    f"{W20}more/2026-05-15-b.md": "lies in no week's folder; move it to one such as content/2026/w20/",
    "content/2026/2026-05-15-b.markdown": "lies in no week's folder; move it to one such as content/2026/w20/",
    "content/b.txt": "lies in no week's folder; move it to one such as content/2026/w20/",
}


def test_a_file_with_another_name_is_an_error_in_check_and_build(root: Path) -> None:
    for file in MISNAMED:
        put(root, file)
    expected = {f"{file}: {words}" for file, words in MISNAMED.items()}

    assert set(told(root)) == expected
    with pytest.raises(Faults) as caught:
        build.run(root, config.load(root), output=root / "site", base_url=None)
    assert set(str(caught.value).splitlines()) == expected


def test_a_build_that_has_read_all_else_before_names_it_too(root: Path) -> None:
    build.run(root, config.load(root), output=root / "site", base_url=None)
    put(root, f"{W20}2026-05-15-b.markdown")

    for _ in range(2):
        with pytest.raises(Faults, match=r"2026-05-15-b\.markdown: is not a story's name"):
            build.run(root, config.load(root), output=root / "site", base_url=None)
    (root / f"{W20}2026-05-15-b.markdown").rename(root / f"{W20}2026-05-15-b.md")
    build.run(root, config.load(root), output=root / "site", base_url=None)

    assert "mine.example" in (root / "site/feed.atom").read_text()


def test_what_editors_and_systems_leave_behind_is_passed_over(root: Path) -> None:
    for folder in (W20, "content/pages/", "content/themes/"):
        for name in LEFT_BEHIND:
            put(root, f"{folder}{name}")
    (root / f"{W20}.#2026-05-15-chips.md").symlink_to("ada@desk.1234:1700000000")

    assert check.run(root, now=NOW).problems == ()
    build.run(root, config.load(root), output=root / "site", base_url=None)


def test_any_other_file_is_a_hint_for_it_is_not_published(root: Path) -> None:
    files = [f"{W20}{name}" for name in ("2026-05-15-b.docx", "2026-05-15-b.html", "figures.csv", "letter.rtf")]
    for file in files:
        put(root, file)

    words = "is neither Markdown nor a picture, so it is not published"
    assert [(one.file, one.what) for one in check.run(root, now=NOW).problems if one.hint] == [
        (file, words) for file in files
    ]


@pytest.mark.parametrize(
    "place",
    [f"{W20}2026-05-15-chips.markdown", f"{W20}2026-05-15-chips.md.txt", f"{W20}2026-05-15-chips",
     f"{W20}.2026-05-15-chips.md", "content/2026/w60/2026-05-15-chips.md", "content/2026/W47/2026-05-15-chips.md",
     "content/2026-05-15-chips.md"],
)  # fmt: skip
def test_status_counts_a_misnamed_file_as_unreadable_and_not_as_deleted(root: Path, place: str) -> None:
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / f"{W20}2026-05-15-chips.md").rename(root / place)

    report = run(root)

    assert [(row.feed, row.brought, row.kept) for row in report.feeds] == [("first", 1, 1), ("second", 0, 0)]
    assert report.unread == (place,)
    assert f"{place}: cannot be read" in said(root).output


@pytest.mark.parametrize(
    ("name", "right"),
    [("x.markdown", "x.md"), ("x.md.txt", "x.md"), ("x", "x.md"), (".x.md", "x.md"), ("x.md", "x.md"),
     ("Letter.md", "letter.md"), ("x.md.md", "x.md"), ("x. md", "x. md.md")],
)  # fmt: skip
def test_the_right_name_of_a_text(name: str, right: str) -> None:
    assert filenames.proper(name) == right
