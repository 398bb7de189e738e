"""Files in `content/inbox/` are filed by the next pull, byte for byte, and nothing is lost."""

from __future__ import annotations

import os
import plistlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from test_cli import digest

from digest import config, disk
from digest.commands import build, check, pull
from digest.commands.pull_report import PullReport
from digest.intake import inbox_files
from digest.intake.inbox import InboxMove, Picture

NOW = datetime(2026, 5, 20, 20, 0, tzinfo=UTC)  # in Hong Kong it is the 21st
SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.xml"
[[themes]]
id = "memory"
title = "Memory"
match = ["memory"]
"""
FEED = """<?xml version='1.0'?><rss version='2.0'><channel><title>Test</title><item><title>Chips</title>
<link>https://news.example/article/350001/x?utm_source=rss</link><guid isPermaLink='false'>g1</guid>
<pubDate>Fri, 15 May 2026 09:32:41 +0000</pubDate></item></channel></rss>"""
STORY = (
    "---\r\ntitle:   'Quiet harbour' # mine\r\nlink: https://news.example/a\r\n---\r\nNo last line"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with one feed of one entry."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(FEED)
    return tmp_path


def run(root: Path, *, dry: bool = False, now: datetime = NOW) -> PullReport:
    settings = config.load(root)
    return pull.run(root, settings, settings.feeds, now=now, dry=dry)


def drop(root: Path, name: str, content: str | bytes = STORY) -> Path:
    path = root / "content/inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def story(
    *lines: str, title: str = "Quiet harbour", link: str = "https://news.example/a", body: str = ""
) -> str:
    return "".join(
        f"{line}\n" for line in ("---", f"title: {title}", f"link: {link}", *lines, "---", body)
    )


def content(root: Path) -> dict[str, bytes]:
    """All files of the content by path, without the ledger and the feed's stories."""
    folder = root / "content"
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {
        name: kept
        for name, kept in found.items()
        if not name.startswith("ledger/") and "-chips.md" not in name
    }


def test_a_story_is_moved_to_its_week_with_its_bytes_untouched(root: Path) -> None:
    drop(root, "An idea!.md")

    report = run(root)

    assert content(root) == {"2026/w21/2026-05-21-quiet-harbour.md": STORY.encode()}
    assert report.filed == (
        InboxMove(
            inbox="content/inbox/An idea!.md", file="content/2026/w21/2026-05-21-quiet-harbour.md"
        ),
    )
    assert report.problems == ()


@pytest.mark.parametrize(
    ("name", "text", "file"),
    [
        (
            "x.md",
            story("published: 2026-03-01T20:30:00+00:00"),
            "2026/w10/2026-03-02-quiet-harbour.md",
        ),
        ("x.md", story("published: 2026-03-01"), "2026/w09/2026-03-01-quiet-harbour.md"),
        ("2026-02-11-x.md", story("published: 2026-03-01"), "2026/w09/2026-03-01-quiet-harbour.md"),
        ("2026-02-11-x.md", story(), "2026/w07/2026-02-11-quiet-harbour.md"),
        ("2024-12-30 A thought.MD", story(), "2025/w01/2024-12-30-quiet-harbour.md"),
        ("2026-02-111.md", story(), "2026/w21/2026-05-21-quiet-harbour.md"),
        ("note.txt", story(), "2026/w21/2026-05-21-quiet-harbour.md"),
        ("x.md", story("headline: My own words"), "2026/w21/2026-05-21-my-own-words.md"),
        ("letter.md", story(), "2026/w21/2026-05-21-quiet-harbour.md"),
        ("x.md", "\ufeff" + story(), "2026/w21/2026-05-21-quiet-harbour.md"),
    ],
)
def test_week_and_name_are_those_of_date_and_headline(
    root: Path, name: str, text: str, file: str
) -> None:
    drop(root, name, text)

    run(root)

    assert content(root) == {file: text.encode()}


def test_an_existing_file_is_not_overwritten(root: Path) -> None:
    there = root / "content/2026/w21/2026-05-19-quiet-harbour.md"
    there.parent.mkdir(parents=True)
    there.write_text(story(link="https://news.example/other"))
    drop(root, "a.md")
    drop(root, "b.md", story(link="https://news.example/b"))

    run(root)

    assert sorted(content(root)) == [
        "2026/w21/2026-05-19-quiet-harbour.md",
        "2026/w21/2026-05-21-quiet-harbour-2.md",
        "2026/w21/2026-05-21-quiet-harbour-3.md",
    ]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "x.md",
            "---\ntitle: x\n---\n",
            "x.md:1: there is no 'link'; add link: … to the front matter",
        ),
        ("x.md", story("theme: memory"), "x.md:4: unknown key 'theme'; did you mean 'themes'?"),
        (
            "x.md",
            story("themes: [memori]"),
            "x.md:4: unknown theme 'memori'; did you mean 'memory'?",
        ),
        ("x.md", story("published: soon"), "x.md:4: published: 'soon' is not a date; write it as"),
        ("x.md", "Just words", "x.md: has no URL (https://…); a URL alone is enough"),
        ("x.md", b"\xff\xfe", "x.md: not UTF-8 text; save it as UTF-8"),
        ("2026-02-31.md", story(), "2026-02-31.md: there is no day 2026-02-31; rename the file"),
        ("x.pdf", b"%PDF", "x.pdf: is neither Markdown nor a picture; end a story's name in .md"),
    ],
)
def test_an_unreadable_file_stays_and_is_reported_with_its_line(
    root: Path, name: str, text: str | bytes, problem: str
) -> None:
    place = drop(root, name, text)
    before = place.read_bytes()

    report = run(root)

    assert place.read_bytes() == before
    assert [line.startswith(f"content/inbox/{problem}") for line in report.problems] == [True]
    assert (report.filed, report.read) == ((), 1)


def test_an_unreadable_file_does_not_hold_back_the_others(root: Path) -> None:
    drop(root, "a.md", "Just words")
    drop(root, "b.md")

    assert [filing.inbox for filing in run(root).filed] == ["content/inbox/b.md"]


def test_a_readme_and_hidden_files_are_silently_left(root: Path) -> None:
    drop(root, "README.md", "Drop stories here.")
    drop(root, ".keep", "")

    assert run(root).problems == ()
    assert sorted(content(root)) == ["inbox/.keep", "inbox/README.md"]


def test_a_symlink_is_not_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_bytes(STORY.encode())
    drop(root, "a.md", story(link="https://news.example/b"))
    (root / "content/inbox/b.md").symlink_to(outside)

    report = run(root)

    assert report.problems == (
        "content/inbox/b.md: is not a plain file; put the story's file itself into the inbox",
    )
    assert outside.read_bytes() == STORY.encode()
    build.run(root, config.load(root), output=root / "site", base_url=None)


def test_a_dry_run_moves_nothing_and_reports_what_would_be_moved(root: Path) -> None:
    drop(root, "a.md")

    report = run(root, dry=True)

    assert sorted(content(root)) == ["inbox/a.md"]
    assert [filing.file for filing in report.filed] == [
        "content/2026/w21/2026-05-21-quiet-harbour.md"
    ]


def test_an_empty_inbox_stays_for_the_next_story(root: Path) -> None:
    drop(root, "a.md")

    run(root)

    assert list((root / "content/inbox").iterdir()) == []


def test_the_feed_of_the_same_pull_adopts_a_filed_story(root: Path) -> None:
    drop(root, "a.md", story(title="Mine", link="https://news.example/article/350001/x"))

    report = run(root)

    assert report.rows[0].adopted == ("content/2026/w21/2026-05-21-mine.md",)
    assert report.rows[0].new == ()


def test_a_story_that_already_exists_stays_in_the_inbox(root: Path) -> None:
    run(root)
    drop(root, "a.md", story(link="https://news.example/tech/article/350001/other-words"))
    drop(root, "b.md", story(link="https://news.example/c"))
    drop(root, "c.md", story(link="https://news.example/c/", title="Again"))

    report = run(root)

    assert report.problems == (
        "content/inbox/a.md: its story is here already: content/2026/w20/2026-05-15-chips.md; "
        "put your words at the end of that file, then delete this one",
        "content/inbox/c.md: its story is here already: content/2026/w21/2026-05-21-quiet-harbour.md; "
        "put your words at the end of that file, then delete this one",
    )
    assert [filing.inbox for filing in report.filed] == ["content/inbox/b.md"]


def test_a_pulled_story_whose_file_cannot_be_read_is_to_be_fixed_first(root: Path) -> None:
    run(root)
    there = root / "content/2026/w20/2026-05-15-chips.md"
    there.write_text(there.read_text().replace("title:", "title"))
    place = drop(root, "a.md", story(link="https://news.example/article/350001/x"))

    report = run(root)

    assert (
        "content/inbox/a.md: content/2026/w20/2026-05-15-chips.md may be the same story, "
        "but cannot be read; fix that one"
    ) in report.problems
    assert place.exists()


def test_a_story_that_may_be_in_an_unreadable_file_stays_in_the_inbox(root: Path) -> None:
    there = root / "content/2026/w21/2026-05-19-mine.md"
    there.parent.mkdir(parents=True)
    there.write_text(story("themes: [memori]"))
    drop(root, "a.md")

    report = run(root)

    assert report.problems[0].startswith(
        "content/inbox/a.md: content/2026/w21/2026-05-19-mine.md may be the same"
    )
    assert report.filed == ()


def test_a_story_for_a_week_closed_by_its_letter_goes_to_the_first_open_week(root: Path) -> None:
    (root / "digest.toml").write_text(SETTINGS + '[editions]\nclose = "letter"\n')
    (root / "content/2026/w21").mkdir(parents=True)
    (root / "content/2026/w21/letter.md").write_text("Dear reader")
    drop(root, "a.md", story("published: 2026-05-13"))

    assert [filing.file for filing in run(root).filed] == [
        "content/2026/w22/2026-05-13-quiet-harbour.md"
    ]


# ---------------------------------------------------------------- what phones and browsers share


def page(title: str, *more: str, link: str = "https://news.example/a", note: str = "") -> str:
    """The text of a filed story."""
    return "\n".join(
        ["---", f"title: {title}", f"link: {link}", *more, "---", "", *([note] if note else []), ""]
    )


WEBLOC = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>URL</key><string>https://news.example/a?x=1&amp;y=2</string></dict></plist>"""


@pytest.mark.parametrize(
    ("name", "dropped", "filed"),
    [
        ("x.txt", "https://news.example/a", page("news.example", "draft: true")),
        ("x", "https://news.example/a?utm_source=share\r\n", page("news.example", "draft: true")),
        ("x.md", "<https://news.example/a>", page("news.example", "draft: true")),
        ("x.txt", "Quiet harbour: #1\nhttps://news.example/a", page("'Quiet harbour: #1'")),
        ("x.txt", "Quiet harbour https://news.example/a.", page("Quiet harbour")),
        (
            "x.txt",
            "Quiet harbour\nhttps://news.example/a\n\nSo it\nis.",
            page("Quiet harbour", note="So it\nis."),
        ),
        ("x.txt", "Quiet\nMore.\nhttps://news.example/a", page("Quiet", note="More.")),
        ("x.md", "# Quiet\n\nMore. https://news.example/a", page("Quiet", note="More.")),
        (
            "x.md",
            "w" * 201 + " https://news.example/a",
            page("news.example", "draft: true", note="w" * 201),
        ),
        ("x.md", "[Quiet harbour](https://news.example/a)", page("Quiet harbour")),
        ("x.md", "# Quiet harbour\nhttps://news.example/a", page("Quiet harbour")),
        ("x.md", "#5G rollout stalls\nhttps://news.example/a", page("'#5G rollout stalls'")),
        ("x.md", "title: Quiet harbour\nlink: https://news.example/a", page("Quiet harbour")),
        (
            "x.md",
            "Title: Quiet\nLink: https://news.example/a\n\n> Q\n\nMine.\n",
            page("Quiet", note="> Q\n\nMine."),
        ),
        (
            "x.md",
            "title: Quiet\nlink: https://news.example/a\n---\nMine.",
            page("Quiet", note="Mine."),
        ),
        (
            "x.md",
            "link: https://news.example/a\ntitle: Quiet\nthemes:\n- memory",
            "---\nlink: https://news.example/a\ntitle: Quiet\nthemes:\n- memory\n---\n",
        ),
        (
            "Quiet harbour.url",
            "[InternetShortcut]\r\nURL=https://news.example/a\r\n",
            page("Quiet harbour"),
        ),
        (
            "Quiet.URL",
            "[InternetShortcut]\nURL=https://news.example/a".encode("utf-16"),
            page("Quiet"),
        ),
        (
            "Quiet harbour.webloc",
            WEBLOC,
            page("Quiet harbour", link="https://news.example/a?x=1&y=2"),
        ),
        (
            "Quiet.webloc",
            plistlib.dumps({"URL": "https://news.example/a"}, fmt=plistlib.FMT_BINARY),
            page("Quiet"),
        ),
        (
            "x.desktop",
            "[Desktop Entry]\nType=Link\nName=Quiet\nURL=https://news.example/a\n",
            page("Quiet"),
        ),
    ],
)
def test_shared_text_becomes_a_story(
    root: Path, name: str, dropped: str | bytes, filed: str
) -> None:
    drop(root, name, dropped)

    report = run(root)

    assert report.problems == ()
    assert [text.decode().rstrip("\n") for text in content(root).values()] == [filed.rstrip("\n")]
    assert not list((root / "content/inbox").iterdir())
    build.run(root, config.load(root), output=root / "site", base_url=None)


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("x.txt", "https://news.example/a and https://news.example/b"),
        ("x.txt", "Just words, and news.example/a"),
        ("x.txt", "ftp://news.example/a"),
        ("x.txt", ""),
        ("x.txt", "title: No link\n\nWords"),
        ("x.url", "[InternetShortcut]\nURL=file:///etc/passwd"),
        ("x.url", b"\x00\xff"),
        ("x.webloc", b"bplist00garbage"),
        ("x.webloc", WEBLOC.replace(b"<dict>", b"<dict><key>Made</key><date>x</date>")),
        ("x.webloc", WEBLOC.replace(b"UTF-8", b"foo")),
        ("x.webloc", b"<?xml version='1.0'?><!DOCTYPE p [<!ENTITY a 'b'>]><plist><dict/></plist>"),
    ],
)
def test_a_text_that_is_not_a_story_stays_and_is_reported(
    root: Path, name: str, dropped: str | bytes
) -> None:
    place = drop(root, name, dropped)
    before = place.read_bytes()

    report = run(root)

    assert [line.startswith(f"content/inbox/{name}") for line in report.problems] == [True]
    assert place.read_bytes() == before


@pytest.mark.parametrize(
    ("dropped", "problem"),
    [
        (
            "—\ntitle: Ten\nlink: https://news.example/ten\n—\nnote\n",
            "1: the front matter begins with '—'; type three",
        ),
        (
            "\n—-\ntitle: Ten\nlink: https://news.example/ten\n—-\n",
            "2: the front matter begins with '—-'; type three",
        ),
        (
            "–--\ntitle: Ten\nlink: https://news.example/ten\n–--\n",
            "1: the front matter begins with '–--'; type three",
        ),
        (
            "———\ntitle: Ten\nlink: https://news.example/ten\n",
            "1: the front matter begins with '———'; type three",
        ),
        (
            "***\ntitle: Ten\nlink: https://news.example/ten\n***\n",
            "1: the front matter begins with '***'; type three",
        ),
        (
            "+++\ntitle = 'Ten'\nlink = 'https://news.example/t'\n+++",
            "1: the front matter begins with '+++'; type three",
        ),
        (
            "−−−\ntitle: Ten\nlink: https://news.example/ten\n",
            "1: the front matter begins with '−−−'; type three",
        ),
        (
            "title: Ten\nlink: https://news.example/ten\n—\nnote",
            "3: the front matter ends with '—'; type three",
        ),
        (
            "title: Ten\nlink: https://news.example/ten\n\n—\nnote",
            "4: the front matter ends with '—'; type three",
        ),
        ("Ten\n—\nhttps://news.example/ten", "2: a line '—' is between"),
        (
            "title “Fifteen”\nlink https://news.example/a",
            "1: 'title “Fifteen”' is not 'key: value'; write title: …",
        ),
        (
            "Title Fifteen\nhttps://news.example/a",
            "1: 'Title Fifteen' is not 'key: value'; write title: …",
        ),
        (
            "Fifteen\nLink https://news.example/a",
            "2: 'Link https://news.example/a' is not 'key: value'; write link: …",
        ),
        (
            "title:Fifteen\nlink:https://news.example/a",
            "1: 'title:Fifteen' is not 'key: value'; write title: …",
        ),
        (
            "title = Ten\nlink = https://news.example/a",
            "1: 'title = Ten' is not 'key: value'; write title: …",
        ),
        (
            "* title: Ten\n* link: https://news.example/a",
            "1: '* title: Ten' is not 'key: value'; write title: …",
        ),
        (
            "themes: memory\nhttps://news.example/a",
            "2: 'https://news.example/a' has no key; write link: …",
        ),
        (
            "https://news.example/a\nthemes: memory",
            "1: 'https://news.example/a' has no key; write link: …",
        ),
        (
            "title: Ten\n\nhttps://news.example/a",
            "3: 'https://news.example/a' has no key; write link: …",
        ),
        (
            "titel: Ten\nlink: https://news.example/a",
            "1: unknown key 'titel'; did you mean 'title'?",
        ),
        (
            "url: https://news.example/a",
            "1: 'url: https://news.example/a' is not 'key: value'; write link: …",
        ),
        (
            "titre « Ten »\nlien https://news.example/a",
            "2: 'lien https://news.example/a' is not 'key: value'; write link",
        ),
        ('{"title": "Ten", "link": "https://news.example/a"}', "1: "),
        (
            '<a href="https://news.example/a">Ten</a>',
            "1: the URL is within other text; put it on a line",
        ),
        (
            "See [Ten](https://news.example/a) for more",
            "1: the URL is within other text; put it on a line",
        ),
        (
            "I saw https://news.example/a today",
            "1: the URL is within other text; put it on a line",
        ),
    ],
)
def test_a_text_that_may_be_front_matter_is_never_filed_as_a_headline(
    root: Path, dropped: str, problem: str
) -> None:
    place = drop(root, "phone.md", dropped)

    (message,) = run(root).problems
    checked = [str(one) for one in check.run(root, now=NOW).problems]

    assert message.startswith(f"content/inbox/phone.md:{problem}")
    assert message in checked
    assert place.read_text() == dropped
    assert sorted(content(root)) == ["inbox/phone.md"]


@pytest.mark.parametrize(
    ("dropped", "filed"),
    [
        ("Source of the shortage\nhttps://news.example/a", page("Source of the shortage")),
        ("Headline inflation rises\nhttps://news.example/a", page("Headline inflation rises")),
        ("Chips – what now?\nhttps://news.example/a", page("Chips – what now?")),
        ("- https://news.example/a", page("news.example", "draft: true")),
        ("“Ten” https://news.example/a", page("“Ten”")),
        ("Ten https://news.example/a via @news", page("Ten", note="via @news")),
        (
            "https://news.example/a is well told",
            page("news.example", "draft: true", note="is well told"),
        ),
        (
            "Ten\nhttps://news.example/a\n\nSource: them\n\n---\n\nMore",
            page("Ten", note="Source: them\n\n---\n\nMore"),
        ),
        ("title: Ten\nlink: https://news.example/a\n\n---\nMine", page("Ten", note="Mine")),
    ],
)
def test_a_headline_and_a_url_are_distinguished_from_front_matter(
    root: Path, dropped: str, filed: str
) -> None:
    drop(root, "x.txt", dropped)

    assert run(root).problems == ()
    assert [text.decode().rstrip("\n") for text in content(root).values()] == [filed.rstrip("\n")]


@pytest.mark.parametrize(
    ("dropped", "problem"),
    [
        (
            "https://news.example/a and https://news.example/b",
            "has two URLs; which is the story's? write title: and link: above the rest, which is your note",
        ),
        (
            "Ten\nhttps://news.example/a\nhttps://news.example/b\nhttps://news.example/c",
            "has 3 URLs; which is the story's? write title: and link: above the rest, which is your note",
        ),
        (
            "Just words",
            "has no URL (https://…); a URL alone is enough, or the lines title: and link:",
        ),
        (
            "",
            "has no URL (https://…); a URL alone is enough, or the lines title: and link:",
        ),
        (
            "title: Ten",
            "has no URL (https://…); a URL alone is enough, or the lines title: and link:",
        ),
    ],
)
def test_a_text_without_exactly_one_url_gets_a_message_with_what_is_enough(
    root: Path, dropped: str, problem: str
) -> None:
    drop(root, "x.txt", dropped)

    assert run(root).problems == (f"content/inbox/x.txt: {problem}",)


@pytest.mark.parametrize("name", ["x.txt", "x.md", "x.url"])
def test_a_deleted_story_does_not_come_back_through_the_inbox(root: Path, name: str) -> None:
    run(root)
    (root / "content/2026/w20/2026-05-15-chips.md").unlink()
    link = "https://news.example/article/350001/x"
    texts = {
        "x.txt": f"Chips\n{link}",
        "x.md": story(link=link),
        "x.url": f"[InternetShortcut]\nURL={link}",
    }
    place = drop(root, name, texts[name])

    report = run(root)

    assert report.problems == (
        f"content/inbox/{name}: its story was deleted: content/2026/w20/2026-05-15-chips.md; "
        "bring that file back from git, or move this one to its week's folder yourself",
    )
    assert place.read_text() == texts[name]


def test_a_moved_story_does_not_count_as_deleted(root: Path) -> None:
    run(root)
    moved = root / "content/2026/w21/2026-05-15-mine.md"
    moved.parent.mkdir()
    (root / "content/2026/w20/2026-05-15-chips.md").rename(moved)
    moved.write_text(
        moved.read_text().replace(
            "link: https://news.example/article/350001/x", "link: https://o.example/"
        )
    )
    drop(root, "x.txt", "Chips\nhttps://news.example/article/350001/x")

    (problem,) = run(root).problems

    assert problem.startswith(
        "content/inbox/x.txt: its story is here already: content/2026/w21/2026-05-15-mine.md;"
    )


def test_a_second_text_about_a_story_is_reported_with_the_storys_file(root: Path) -> None:
    run(root)
    place = drop(root, "x.txt", "My thoughts\nhttps://news.example/article/350001/x")

    (problem,) = run(root).problems

    assert problem == (
        "content/inbox/x.txt: its story is here already: content/2026/w20/2026-05-15-chips.md; "
        "put your words at the end of that file, then delete this one"
    )
    assert place.exists()


def test_an_error_in_shared_text_names_only_the_file(root: Path) -> None:
    drop(root, "x.md", "title: A\nlink: https://news.example/a\nthemes: memori")

    assert run(root).problems == (
        "content/inbox/x.md: unknown theme 'memori'; did you mean 'memory'?",
    )


@pytest.mark.parametrize("later", [NOW, datetime(2026, 6, 9, tzinfo=UTC)])
def test_shared_text_filed_by_a_killed_pull_becomes_one_story(
    root: Path, monkeypatch: pytest.MonkeyPatch, later: datetime
) -> None:
    drop(root, "x.txt", "Quiet harbour\nhttps://news.example/a")

    def killed(_: Path) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(disk, "unlink", killed)
        with pytest.raises(KilledError):
            run(root)
    run(root, now=later)

    assert content(root) == {"2026/w21/2026-05-21-quiet-harbour.md": page("Quiet harbour").encode()}


def test_a_file_changed_during_the_pull_stays(root: Path) -> None:
    place = drop(root, "x.txt", "https://news.example/b")
    filing = InboxMove(
        inbox="content/inbox/x.txt",
        file="content/2026/w21/2026-05-21-x.md",
        shared=b"https://news.example/a",
        text="-",
    )

    assert "has changed during the pull" in str(inbox_files.move_out(root, filing))
    assert place.read_text() == "https://news.example/b"
    assert sorted(content(root)) == ["inbox/x.txt"]


# ---------------------------------------------------------------- pictures


def test_the_pictures_that_a_story_links_go_along_and_the_site_shows_them(root: Path) -> None:
    body = (
        """![A map](map%20one.png) and ![x](./x.JPG 'title') <img src="m%C3%A4p.png"> not y.png"""
    )
    drop(root, "a.md", story(body=body))
    for name in ("map one.png", "x.JPG", "y.png", "mäp.png"):
        drop(root, name, name.encode())

    run(root)
    build.run(root, config.load(root), output=root / "site", base_url=None)

    assert sorted(content(root)) == [
        "2026/w21/2026-05-21-quiet-harbour.md", "2026/w21/map one.png", "2026/w21/mäp.png", "2026/w21/x.JPG",
        "inbox/y.png",
    ]  # fmt: skip
    assert (root / "site/2026/w21/x.JPG").read_bytes() == b"x.JPG"


def test_a_picture_is_never_overwritten_and_its_story_waits(root: Path) -> None:
    there = root / "content/2026/w21/map.png"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"another map")
    drop(root, "a.md", story(body="![A map](map.png)"))
    drop(root, "map.png", b"a map")

    report = run(root)

    assert report.problems == (
        "content/inbox/a.md: its picture map.png has the same name as content/2026/w21/map.png; "
        "rename the picture, and correct the link to it",
    )
    assert there.read_bytes() == b"another map"
    assert sorted(content(root)) == ["2026/w21/map.png", "inbox/a.md", "inbox/map.png"]


def test_a_picture_of_two_stories_goes_with_both(root: Path) -> None:
    drop(root, "2026-02-11-a.md", story(body="![A map](map.png)"))
    drop(
        root,
        "b.md",
        story(link="https://news.example/b", title="Loud harbour", body="[map]: <map.png>"),
    )
    drop(root, "map.png", b"a map")

    run(root)

    assert sorted(content(root)) == [
        "2026/w07/2026-02-11-quiet-harbour.md", "2026/w07/map.png",
        "2026/w21/2026-05-21-loud-harbour.md", "2026/w21/map.png",
    ]  # fmt: skip


def test_a_picture_that_a_waiting_story_needs_waits_with_it(root: Path) -> None:
    drop(root, "a.md", story(body="![A map](map.png)"))
    drop(root, "b.md", "---\ntitle: No link\n---\n![A map](map.png)")
    drop(root, "map.png", b"a map")

    run(root)

    assert sorted(content(root)) == [
        "2026/w21/2026-05-21-quiet-harbour.md", "2026/w21/map.png", "inbox/b.md", "inbox/map.png",
    ]  # fmt: skip


# ---------------------------------------------------------------- killed on the way


class KilledError(BaseException):
    """Stops a run at a chosen step."""


@pytest.mark.parametrize("steps", range(5))
@pytest.mark.parametrize("later", [NOW, datetime(2026, 6, 9, tzinfo=UTC)])
def test_a_killed_pull_is_completed_by_the_next(
    root: Path, monkeypatch: pytest.MonkeyPatch, steps: int, later: datetime
) -> None:
    drop(root, "a.md", picture := story("published: 2026-05-19", body="![A map](map.png)"))
    drop(root, "map.png", b"a map")
    left = iter(range(steps))

    def counted(act: Any) -> Any:
        def step(*places: Path) -> Any:
            if next(left, None) is None:
                raise KilledError
            return act(*places)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(disk, "link", counted(disk.link))
        patch.setattr(disk, "unlink", counted(disk.unlink))
        if steps < 4:
            with pytest.raises(KilledError):
                run(root)
        else:
            run(root)
    run(root, now=later)

    assert content(root) == {
        "2026/w21/2026-05-19-quiet-harbour.md": picture.encode(),
        "2026/w21/map.png": b"a map",
    }


def test_an_undated_story_of_a_killed_pull_is_not_filed_in_two_weeks(
    root: Path,
) -> None:
    inbox = drop(root, "a.md")
    run(root)
    os.link(root / "content/2026/w21/2026-05-21-quiet-harbour.md", inbox)

    run(root, now=datetime(2026, 6, 9, tzinfo=UTC))

    assert content(root) == {"2026/w21/2026-05-21-quiet-harbour.md": STORY.encode()}


def test_a_file_that_appears_during_the_pull_is_not_overwritten(root: Path) -> None:
    drop(root, "a.md")
    there = root / "content/2026/w21/2026-05-21-x.md"
    there.parent.mkdir(parents=True)
    there.write_text("just saved")

    wrong = inbox_files.move_out(
        root, InboxMove(inbox="content/inbox/a.md", file="content/2026/w21/2026-05-21-x.md")
    )

    assert (
        str(wrong)
        == "content/inbox/a.md: content/2026/w21/2026-05-21-x.md has appeared during the pull; pull again"
    )
    assert sorted(content(root)) == ["2026/w21/2026-05-21-x.md", "inbox/a.md"]
    assert there.read_text() == "just saved"


def test_a_picture_needed_elsewhere_stays_in_the_inbox(root: Path) -> None:
    drop(root, "a.md")
    drop(root, "map.png", b"a map")

    inbox_files.move_out(
        root,
        InboxMove(
            inbox="content/inbox/a.md",
            file="content/2026/w21/a.md",
            pictures=(
                Picture("content/inbox/map.png", "content/2026/w21/map.png", is_last_use=False),
            ),
        ),
    )

    assert sorted(content(root)) == ["2026/w21/a.md", "2026/w21/map.png", "inbox/map.png"]


def test_the_command_prints_a_line_for_each_file(root: Path) -> None:
    drop(root, "2026-02-11 a.md")
    drop(root, "b.md", "Just words")

    dry = digest("pull", "--dry-run", cwd=root)
    pulled = digest("pull", cwd=root)

    assert (dry.returncode, pulled.returncode) == (0, 0)
    place = "content/2026/w07/2026-02-11-quiet-harbour.md"
    assert f"content/inbox/2026-02-11 a.md: would be filed as {place}\n" in dry.stdout
    assert f"content/inbox/2026-02-11 a.md: filed as {place}\n" in pulled.stdout
    assert pulled.stderr.startswith("content/inbox/b.md: has no URL (https://…); a URL alone")
