"""Which story a file is, after any edit: build, pull, check and add agree."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import SETTINGS, rss
from feedhost import FeedHost
from repositories import git
from shell import printed

from digest.errors import DigestError

WEEK = "content/2026/w20/"
ONE, TWO, NEW = (
    f"{WEEK}2026-05-15-one.md",
    f"{WEEK}2026-05-15-two.md",
    f"{WEEK}2026-05-15-renamed.md",
)
PAGE = """\
<!doctype html><title>Harbour lights</title>
<meta property="og:title" content="Harbour lights">
<meta property="og:description" content="Boats wait for the tide.">
<meta property="article:published_time" content="2026-05-15T17:32:40+08:00">
"""
QUOTED = "Boats wait for the tide."


class Digest:
    """A digest on disk, with what its commands print and write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "digest.toml").write_text(SETTINGS)
        self.feed(rss())

    def feed(self, text: str) -> None:
        (self.root / "first.xml").write_text(text)

    def run(self, *words: str) -> str:
        return printed(self.root, *words)

    def refuses_to_add(self, host: FeedHost) -> None:
        with pytest.raises(DigestError, match="this story is here already"):
            self.run("add", host.url("/a"))

    def build(self) -> dict[str, str]:
        """Builds; returns the Atom id of each story by its headline."""
        shutil.rmtree(self.root / ".digest", ignore_errors=True)
        self.run("build")
        feed = (self.root / "site/feed.atom").read_text()
        found = re.findall(r"<entry>\s*<id>([^<]+)</id>\s*<title[^>]*>([^<]+)</title>", feed)
        assert len({title for _, title in found}) == len(found)
        return {title: id for id, title in found}

    def shows(self, words: str) -> bool:
        """True if the week's page shows the words as an excerpt; they must be somewhere on the
        page.
        """
        page = (self.root / "site/2026/w20/index.html").read_text()
        assert words in page
        return bool(re.search(rf'<blockquote class="excerpt"[^>]*><p>{re.escape(words)}', page))

    def read(self, file: str) -> str:
        return (self.root / file).read_text()

    def edit(self, file: str, pattern: str, words: str) -> None:
        text, count = re.subn(pattern, words, self.read(file), count=1, flags=re.MULTILINE)
        assert count == 1
        (self.root / file).write_text(text)

    def rename(self, old: str, new: str) -> str:
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(self.root / new)
        return new

    @property
    def files(self) -> list[str]:
        return sorted(
            path.relative_to(self.root).as_posix() for path in self.root.glob("content/2026/*/*.md")
        )


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    return Digest(tmp_path)


@pytest.fixture
def host() -> Iterator[FeedHost]:
    with FeedHost(
        {"/a": lambda exchange: exchange.reply(body=PAGE.encode(), Content_Type="text/html")}
    ) as host:
        yield host


# ---------------------------------------------------------------- what `digest add` has brought


@pytest.mark.parametrize("built", [True, False])
def test_an_added_story_is_recognised_with_a_changed_link_and_file_name(
    digest: Digest, host: FeedHost, built: bool
) -> None:
    digest.run("add", host.url("/a"))
    before = digest.build() if built else {}
    (file,) = digest.files
    digest.edit(file, r"^link: .*$", "link: https://elsewhere.example/story")
    digest.rename(file, NEW)

    after = digest.build()

    assert digest.shows(QUOTED)
    assert not before or after == before
    digest.refuses_to_add(host)
    assert digest.files == [NEW]
    assert "0 hints" in digest.run("check")
    digest.edit(NEW, r"^published: .*$", "published: 2026-05-15T17:32:41+08:00")
    assert digest.build() == after and digest.shows(QUOTED)
    digest.refuses_to_add(host)


# ---------------------------------------------------------------- what a feed has brought


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("file", [ONE, TWO])
def test_a_pulled_story_is_recognised_with_a_changed_link_file_name_and_id(
    digest: Digest, file: str, built: bool
) -> None:
    digest.run("pull")
    before, words = digest.build(), f"Their words on {'One' if file == ONE else 'Two'}"
    digest.edit(file, r"^link: .*$", "link: https://elsewhere.example/story")
    digest.rename(file, NEW)
    if built:
        assert digest.build() == before
    digest.edit(NEW, r"^id: .*\n", "")

    assert digest.build() == before
    assert digest.shows(words)
    assert "its `id` is not the one that feed 'first' gave it" in digest.run("check")
    digest.feed(rss("One corrected", "Two corrected"))
    digest.run("pull")
    assert f"> {words} corrected." in digest.read(NEW)
    assert len(digest.files) == 2
    assert sorted(digest.build().values()) == sorted(before.values())


@pytest.mark.parametrize("built", [True, False])
def test_a_story_without_a_guid_is_recognised_with_a_changed_link_and_file_name(
    digest: Digest, built: bool
) -> None:
    digest.feed(rss(guids=("", "")))
    digest.run("pull")
    before = digest.build() if built else {}
    digest.edit(ONE, r"^link: .*$", "link: https://elsewhere.example/story")
    digest.rename(ONE, NEW)

    after = digest.build()

    assert not before or after == before
    assert digest.build() == after and digest.shows("Their words on One")
    digest.feed(rss("One corrected", guids=("", "")))
    digest.run("pull")
    assert "\n> Their words on One corrected." in digest.read(NEW) and digest.files == [NEW, TWO]


def test_stories_without_their_id_keep_their_identity_if_their_links_are_swapped(
    digest: Digest,
) -> None:
    digest.run("pull")
    before = digest.build()
    for file, link in ((ONE, "2"), (TWO, "1")):
        digest.edit(file, r"^id: .*\n", "")
        digest.edit(file, r"^link: .*$", f"link: https://news.example/tech/{link}/story")

    assert digest.build() == before
    assert "2 hints" in digest.run("check")


def test_a_story_already_published_under_a_swapped_id_keeps_it(digest: Digest) -> None:
    digest.run("pull")
    lines, names = [], {"1": "first\ng1", "2": "tag:news.example,2026:2"}
    for file, link in ((ONE, "2"), (TWO, "1")):  # as earlier versions took a swapped link
        address = f"https://news.example/tech/{link}/story"
        digest.edit(file, r"^id: .*\n", "")
        digest.edit(file, r"^link: .*$", f"link: {address}")
        said = {
            "v": 1,
            "at": "2100-01-01T00:00:00.000000Z",
            "file": file,
            "id": names[link],
            "link": address,
        }
        lines.append(json.dumps(said) + "\n")
    (digest.root / "content/ledger/_places.jsonl").write_text("".join(lines))

    after = digest.build()

    assert after["One"] == f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, names['2'])}"
    assert after["Two"] == f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, names['1'])}"
    assert digest.read("content/ledger/_places.jsonl") == "".join(lines)
    assert digest.shows("Their words on One") and digest.shows("Their words on Two")


def test_following_the_hint_about_an_uncommitted_handwritten_story_causes_no_duplicate(
    digest: Digest,
) -> None:
    link, mine = "https://news.example/tech/1/story", f"{WEEK}2026-05-15-mine.md"
    (digest.root / WEEK).mkdir(parents=True)
    (digest.root / mine).write_text(f"---\ntitle: One\nlink: {link}\n---\n\nMy note.\n")
    digest.run("pull")
    for words in (["init", "-q"], ["add", "content/ledger"], ["commit", "-qm", "Pull"]):
        git(digest.root, *words)
    digest.edit(mine, r"^link: .*$", "link: https://elsewhere.example/story")
    digest.rename(mine, NEW)

    hint = f"never committed: {mine}; commit it on the machine where it was written; if it was renamed here, give it this"
    assert f"{hint} link again: {link}\n" in digest.run("check")
    digest.edit(NEW, r"^link: .*$", f"link: {link}")

    digest.feed(rss("One corrected"))
    digest.run("pull")
    assert "never committed" not in digest.run("check")
    assert digest.files == [NEW, TWO]


# ---------------------------------------------------------------- whose words correct it


def test_a_feed_moved_back_to_first_place_corrects_stories_whose_files_name_another_first(
    digest: Digest,
) -> None:
    def of(*feeds: str) -> None:
        tables = "".join(f'\n[[feeds]]\nid = "{feed}"\nurl = "{feed[:5]}.xml"\n' for feed in feeds)
        (digest.root / "digest.toml").write_text(SETTINGS.partition("\n[[feeds]]")[0] + tables)
        digest.run("pull")

    (digest.root / "other.xml").write_text(
        rss(guids=("https://news.example/1", "https://news.example/2"))
    )
    digest.feed(rss(guids=("https://news.example/1", "https://news.example/2")))
    of("first", "other")
    of("first-renamed", "other")
    of("first", "other")
    assert "\nfeeds: [first-renamed, other, first]\n" in digest.read(ONE)
    digest.feed(rss("One corrected", guids=("https://news.example/1", "https://news.example/2")))

    of("first", "other")

    assert "\ntitle: One corrected\n" in digest.read(ONE)
    digest.edit(ONE, r"^feeds: .*$", "feeds: [other, first]")  # by the editor, whose order counts
    digest.feed(rss("One again", guids=("https://news.example/1", "https://news.example/2")))
    of("first", "other")
    assert "\ntitle: One corrected\n" in digest.read(ONE)
