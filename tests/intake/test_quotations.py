"""The publisher's words are shown as theirs, everything else as the editor's.

A case is a file in data/quotations: a body, and below each `=====` line its excerpt and its note.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import shutil
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
from builders import SETTINGS
from hypothesis import example, given
from hypothesis import strategies as st
from shell import printed
from sites import read_folder

from digest.content import excerpt, story_file
from digest.content.identity import hash_of
from digest.site.markdown import MarkdownRenderer

DATA = Path(__file__).parents[1] / "data" / "quotations"
FILE = "content/2026/w20/2026-05-15-slug.md"
WORDS = "theirs *never* theirs & theirs.\n\ntheirs again."
WRITER = MarkdownRenderer(cast("Any", None))  # the targets of links: these notes have none
OURS = {hash_of(WORDS)}
FRONT = "---\ntitle: A\nlink: https://news.example/a\n---\n"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.md")), ids=lambda path: path.stem)
def test_a_body_is_split_as_its_case_says(path: Path) -> None:
    body, quoted, note = re.split(r"\n=====\n", path.read_bytes().decode())

    story = story_file.loads(FRONT + body, FILE, UTC, OURS)

    lines = "\n".join(line.rstrip() for line in excerpt.quote(story.excerpt).split("\n"))
    assert (re.sub(r"> +", "> ", lines), story.note) == (quoted, note)
    first = next((line for line in story.note.split("\n") if line), None)
    assert first is None or (FRONT + body).split("\n")[story.line - 1] == first


@pytest.mark.parametrize("path", sorted(DATA.glob("*.md")), ids=lambda path: path.stem)
def test_windows_line_ends_make_no_difference(path: Path) -> None:
    text = FRONT + re.split(r"\n=====\n", path.read_bytes().decode())[0]

    story = story_file.loads(text.replace("\n", "\r\n"), FILE, UTC, OURS)

    assert story == story_file.loads(text, FILE, UTC, OURS)


THEIRS = excerpt.quote(excerpt.escape(WORDS))
BLOCKS = st.lists(
    st.sampled_from(
        [
            THEIRS,
            THEIRS.replace("theirs again.", "theirs\n> again."),
            THEIRS.replace("\\*", "*"),
            f"{THEIRS} mine",
            f"> mine\n{THEIRS}",
            THEIRS.partition("\n")[0],
            "> mine",
            ">mine\n> mine",
            "> > mine",
            "mine",
            "- mine\n- mine",
            "1. mine",
            "    mine",
            "## mine",
            "*mine* mine",
            "> - mine",
            "",
        ]
    ),
    max_size=5,
)


@given(
    blocks=BLOCKS, gaps=st.lists(st.sampled_from(["\n", "\n\n", "\n \n"]), min_size=6, max_size=6)
)
@example(blocks=["> mine", THEIRS, "mine"], gaps=["\n\n"] * 6)
@example(blocks=["> mine", "mine"], gaps=["\n\n"] * 6)
def test_the_editors_words_are_never_shown_as_the_publishers_and_the_publishers_always_as_a_quotation(
    blocks: list[str], gaps: list[str]
) -> None:
    body = "".join(gap + block for gap, block in zip(gaps, blocks, strict=False))

    story = story_file.loads(FRONT + body, FILE, UTC, OURS)

    assert story.excerpt == "" or excerpt.unescape(excerpt.unwrapped(story.excerpt)) == WORDS
    assert "theirs" not in outside_quotations(story.note)


def outside_quotations(note: str) -> str:
    """The words of a note that the site does not show as a quotation."""
    found: list[str] = []
    depth = 0

    class ContentReader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
            nonlocal depth
            depth += tag == "blockquote"

        def handle_endtag(self, tag: str) -> None:
            nonlocal depth
            depth -= tag == "blockquote"

        def handle_data(self, data: str) -> None:
            found.extend([] if depth else [data])

    ContentReader().feed(str(WRITER.html(note, file=FILE, here="", top=4)))
    return "".join(found)


# ---------------------------------------------------------------- from pull to the pages

STORY = "content/2026/w20/2026-05-15-chips.md"
QUOTED = "> Their words on chips."


def rss(number: int = 1, title: str = "Chips", summary: str = "Their words on chips.") -> str:
    """An RSS document with one entry."""
    return (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>First</title>"
        f"<item><title>{title}</title><link>https://news.example/tech/{number}/chips</link>"
        f"<guid isPermaLink='false'>g{number}</guid><pubDate>Fri, 15 May 2026 09:32:40 +0000</pubDate>"
        f"<description>{summary}</description></item></channel></rss>"
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss())
    return tmp_path


def edit(root: Path, old: str, new: str) -> None:
    text = (root / STORY).read_text()
    assert old in text
    (root / STORY).write_text(text.replace(old, new))


def shown(root: Path) -> dict[str, str]:
    """All places where the site shows the story's text, as words and quotation marks."""
    printed(root, "build")
    places = ("2026/w20/index.html", "feed.atom", "feed.json", "2026/w20/feed.atom", "weeks.atom")
    texts = {
        place: (root / "site" / place).read_text()
        for place in places
        if (root / "site" / place).is_file()
    }
    texts["feed.json"] = "".join(
        item["content_html"] for item in json.loads(texts["feed.json"])["items"]
    )
    return {
        place: html.unescape(text) if place.endswith("atom") else text
        for place, text in texts.items()
    }


def speakers(text: str) -> str:
    """The attributions in the order of a page: `X:` introduces the publisher, `"` is around
    quotations.
    """
    found = re.findall(
        r"(?s)(The Example Post|news\.example) writes:|(<blockquote)|(</blockquote>)|(Mine\.|Theirs\.)",
        text,
    )
    return "".join(
        "X:" if says else '"' if begin or end else word for says, begin, end, word in found
    )


@pytest.mark.parametrize(
    ("body", "page", "feed"),
    [
        ("> Theirs.\n\n", '"Theirs."', 'X:"Theirs."'),
        ("> Theirs.\n\nMine.\n", 'Mine.X:"Theirs."', 'Mine.X:"Theirs."'),
        ("> Mine.\n\nMine.\n", '"Mine."Mine.', '"Mine."Mine.'),
        ("> Mine.\n\n> Theirs.\n\nMine.\n", '"Mine."Mine.X:"Theirs."', '"Mine."Mine.X:"Theirs."'),
        ("> Mine.\n> Theirs.\n\nMine.\n", '"Mine.Theirs."Mine.', '"Mine.Theirs."Mine.'),
        ("> *Theirs.*\n", '"Theirs."', '"Theirs."'),
        ("Mine.\n\n> Theirs.\n", 'Mine."Theirs."', 'Mine."Theirs."'),
    ],
)
def test_every_page_and_feed_says_whose_words_they_are(
    root: Path, body: str, page: str, feed: str
) -> None:
    (root / "first.xml").write_text(rss(summary="Theirs."))
    printed(root, "pull")
    edit(root, "> Theirs.\n\n", body)
    (root / "content/2026/w21").mkdir()
    (root / "content/2026/w21/2026-05-20-later.md").write_text(
        "---\ntitle: Later\nlink: https://news.example/l\n---\n"
    )

    attributions = {place: speakers(text) for place, text in shown(root).items()}

    feeds = ("feed.atom", "feed.json", "2026/w20/feed.atom", "weeks.atom")
    assert attributions == {"2026/w20/index.html": page, **dict.fromkeys(feeds, feed)}
    stories = [json.loads(line) for line in printed(root, "export", "--json").splitlines()]
    (story,) = (story for story in stories if story.get("title") == "Chips")
    assert (story["excerpt"], "Mine." in story["note"]) == (
        "Theirs." if "X:" in feed else "",
        "Mine." in body,
    )


def test_an_incremental_build_after_an_edit_equals_a_clean_one(root: Path) -> None:
    printed(root, "pull")
    printed(root, "build")
    bodies = [
        QUOTED,
        "> Mine.",
        f"> Mine.\n\n{QUOTED}",
        QUOTED,
        "",
        "Mine.",
        QUOTED.replace("words on", "words\n> on"),
        "> Their *words* on chips.",
    ]
    for before, after in itertools.pairwise(bodies):
        edit(root, f"---\n\n{before}\n", f"---\n\n{after}\n")
        printed(root, "build")
        shutil.copytree(root / "content", root / "other/content")
        for file in ("digest.toml", "first.xml"):
            shutil.copy(root / file, root / "other")
        printed(root / "other", "build")
        assert read_folder(root / "site") == read_folder(root / "other/site"), after
        shutil.rmtree(root / "other")


def test_check_reports_that_a_quotation_in_place_of_the_excerpt_is_shown_as_the_editors(
    root: Path,
) -> None:
    printed(root, "pull")
    assert printed(root, "check").endswith("0 errors, 0 hints in 3 files\n")
    edit(root, QUOTED, "> Mine.\n\nMine.")

    assert (
        f"{STORY}:10: hint: the opening quotation is not the excerpt that Digest wrote, "
        "so it is shown as yours; "
        "if it is yours, put a line of your own above it; if it is the publisher's, restore it from git"
    ) in printed(root, "check")
    edit(root, "> Mine.", "Mine:\n\n> Mine.")
    assert "0 hints" in printed(root, "check")


def test_a_handwritten_file_never_gets_an_excerpt_from_the_feed_that_brings_its_story(
    root: Path,
) -> None:
    (root / STORY).parent.mkdir(parents=True)
    by_hand = "---\ntitle: Chips\nlink: https://news.example/tech/1/chips\n---\n\nMine.\n"
    (root / STORY).write_text(by_hand)
    printed(root, "pull")
    (root / "first.xml").write_text(rss(summary="New words on chips."))

    report = printed(root, "pull")

    assert "excerpt" not in report
    assert (root / STORY).read_text() == by_hand
    edit(root, "Mine.", "> Mine.\n\nMine.")
    assert speakers(shown(root)["2026/w20/index.html"]) == '"Mine."Mine.'
    assert "0 hints" in printed(root, "check")


def test_an_excerpt_recorded_by_an_older_ledger_line_is_still_the_publishers(
    root: Path,
) -> None:
    printed(root, "pull")
    before = (root / STORY).read_text()
    (root / "first.xml").write_text(rss(summary="New words on chips."))
    printed(root, "pull")
    (root / STORY).write_text(before + "Mine.\n")

    assert speakers(shown(root)["2026/w20/index.html"]) == 'Mine.X:""'
