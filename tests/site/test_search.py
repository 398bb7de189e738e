"""The search: what is indexed and found, when an index is made again, how the page shows results."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import os
import re
import shutil
import sqlite3
import time
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import browsing
import cbor2
import html5lib
import pytest
from builders import make_config, make_content, make_page, make_story
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many import many
from sites import find, pages, parse, read_folder, text

from digest import config as configs
from digest.commands import build
from digest.model import Config, Content, Correction
from digest.site.addresses import SiteUrl
from digest.site.arrange import arrange
from digest.site.fingerprint import shipped_templates
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer
from digest.site.search import pagefind, reproducible, search_index
from digest.site.search.records import (
    CUT,
    CUT_LETTERS,
    NOTE_END,
    SPACE,
    SearchRecord,
    of_story,
    with_cuts,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

TOML = """
[site]
title = "Quays"
url = "https://example.org/trial/"

[[feeds]]
id = "quay"
url = "https://quay.example/feed.xml"
title = "Quay news"
publisher = "The Quay"

[[themes]]
id = "cranes"
title = "Cranes & hoists"
match = ["crane*"]

[[themes]]
id = "tolls"
title = "Tolls"
match = ["toll*"]
"""
STORY = """---
title: {title}
link: https://quay.example/{slug}
published: {day}T12:00:00+08:00
authors: [Jo Writer]
feeds: [quay]
themes: [{themes}]
---

{note}
"""


INDEX = "search/pagefind/"
LACKING = "Nothing has {}. Check the spelling, or browse the archive and the themes."
NOTHING = "Nothing matches all of this. Try fewer words, or another theme or year."


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `search` is installed, which tests elsewhere do as if it were not."""
    pytest.importorskip("pagefind", reason="pagefind is not installed")
    monkeypatch.setattr(search_index, "available", lambda: True)


def write(root: Path, day: str, slug: str, title: str, themes: str = "", note: str = "") -> Path:
    week = make_story(slug, day).week
    path = root / "content" / week.folder / f"{day}-{slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STORY.format(title=title, slug=slug, day=day, themes=themes, note=note))
    return path


def digest(root: Path) -> Path:
    """A digest of a few stories of two years, under two themes."""
    (root / "digest.toml").write_text(TOML)
    write(
        root,
        "2025-05-06",
        "old-crane",
        "An old crane sinks",
        "cranes",
        "Rust was the *cause*: &lt;b&gt; & more.",
    )
    write(
        root,
        "2026-05-05",
        "two-cranes",
        "Two cranes too many",
        "cranes, tolls",
        "Somebody ordered twice.",
    )
    write(
        root,
        "2026-05-06",
        "tolls-rise",
        "Tolls rise",
        "tolls",
        "To pay for the second [crane](https://a.example).",
    )
    write(root, "2026-05-12", "quiet", "A quiet week", "", "Nothing sank.")
    return root


@pytest.fixture
def unbuilt(tmp_path: Path, searched: None) -> Path:  # noqa: ARG001
    return digest(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest that was built once, for all tests of this file."""
    pytest.importorskip("pagefind", reason="pagefind is not installed")
    root = digest(tmp_path_factory.mktemp("built"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "available", lambda: True)
        made(root)
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path, searched: None) -> Path:  # noqa: ARG001
    """A copy of it, which has its index in the cache."""
    return shutil.copytree(built, tmp_path, dirs_exist_ok=True)


def made(root: Path, base_url: str | None = None) -> dict[str, bytes]:
    build.run(root, configs.load(root), output=root / "site", base_url=base_url)
    return read_folder(root / "site")


def found(site: dict[str, bytes]) -> dict[str, Any]:
    """What the index has of each story, by its place."""
    fragments = {path: content for path, content in site.items() if path.endswith(".pf_fragment")}
    indexed = {
        path: json.loads(gzip.decompress(one).removeprefix(b"pagefind_dcd"))
        for path, one in fragments.items()
    }
    assert all(path.startswith(f"{INDEX}{one['url'][:4]}/") for path, one in indexed.items())
    return {one["url"]: one for one in indexed.values()}


# ---------------------------------------------------------------- records


def writer() -> MarkdownRenderer:
    config, content = make_config(), make_content()
    return MarkdownRenderer(Targets(arrange(content, config), SiteUrl(config.site.url)))


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("Plain words, 5 * 3 and snake_case.", "Plain words, 5 * 3 and snake_case."),
        ("A *note* on __two__ [cranes](2026-05-05-x.md 'Title') and `code`.", "A note on two cranes and code."),
        ("An un*believ*able <b>c</b>rane", "An unbelievable crane"),
        ("at <https://a.example/x>", "at https://a.example/x"),
        ("![A quay](quay.png) here", "here"),
        ("![A quay](https://img.example/quay.png) ![](https://img.example/b.png)", "A quay a picture"),
        ("# Heading\n\n- one\n\n> three\n\n---\nfour", "Heading one three four"),
        (r"\*four\* cranes \[sic\] &amp; &lt;b&gt;", "*four* cranes [sic] & <b>"),
        ("&lt;b&gt; and 1 < 2 > 0", "<b> and 1 < 2 > 0"),
        ("<b>bold</b> words\n\n```python\nx = 1\n```", "bold words x = 1"),
        ("one | two\n--- | ---\na | b", "one two a b"),
        ("", ""),
        # what no page shows
        ("Seen. <!-- call <b>Bob</b> -->\n\n<!-- a > b -->\n\n<!--\nlines\n\nmore\n-->", "Seen."),
        ("Seen.\n\n[//]: # (hushed)\n[x]: https://a.example/secret 'hushed'\n", "Seen."),
        ("<span title='a > hushed' lang=en>Seen.</span> <img alt='a > hushed' src=quay.png>", "Seen."),
        ("<script>hushed()</script><style>hushed</style><template>hushed</template> Seen.", "Seen."),
        ("[Seen.](x.md 'hushed > hushed')", "Seen."),
    ],
)  # fmt: skip
def test_the_words_shown_on_a_page_are_searched(markdown: str, words: str) -> None:
    assert writer().words(markdown) == words


def test_comments_stay_private_in_a_text_too_slow_for_markdown() -> None:
    costly = "<!-- hushed --> " + "<" * 1200 + " seen\n\n[//]: # (hushed)"

    assert "hushed" not in writer().words(costly) + writer().html(
        costly, file="x.md", here="", top=2
    )
    assert "seen" in writer().words(costly)


PIECES = st.sampled_from(
    ["<!-- ", " -->", "--!>", "<!", "<!-->", "<b>", "</b>", "<p>", "[//]: # (", ")", "\n\n", "\n", "> ", "- ", "    ",
     "word", "other", "*", "_", "`", "```\n", "[x](y)", "![alt](https://a.example/b.png)", "<i title='a > b'>",
     "<script>", "<", "&lt;", "&amp;", "|", "\\", "# ", "<img alt=x src=https://a.example/c.png>",
     "[x]: https://a.example 'title'"]
)  # fmt: skip


@settings(max_examples=many(60))
@example(note=f"A sign {NOTE_END} that the index uses")
@given(note=st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_every_searched_word_is_on_the_page(note: str) -> None:
    story = make_story(note=note, excerpt=note, headline="Ours")
    record = of_story(story, "2026/w20/#x", "The Example Post", writer().words)
    shown = writer().html(note, file=story.file, here="2026/w20/", top=4)
    page = html5lib.parse(f"<div>{shown} {story.title} Ours</div>", namespaceHTMLElements=False)
    words = re.sub(f"[\u200b{NOTE_END}{SPACE}]", "", "".join(page.itertext()))

    for word in re.sub(f"[\u200b{NOTE_END}{SPACE}]", "", record.words.replace(CUT, "")).split():
        assert word in unicodedata.normalize("NFC", words)


def test_a_note_ends_at_its_end_even_if_it_has_the_sign_of_the_index_for_that() -> None:
    story = make_story(note=f"Before {NOTE_END} after.", excerpt="Excerpt.")

    record = of_story(story, "2026/w20/#x", "The Post", writer().words)

    assert record.words.partition(NOTE_END)[0].split() == ["Before", "after."]


def test_a_record_has_all_details_of_a_story() -> None:
    story = make_story(
        headline="Ours",
        note="Note.",
        excerpt="Excerpt.",
        corrections=(Correction(make_story().day, "Corrected."),),
        authors=("Jo", "Ann"),
    )

    record = of_story(story, "2026/w20/#foundries-fill-up", "The Post", writer().words)

    assert record.headline == "Ours"
    assert record.words == f"Note. {NOTE_END} Excerpt.\nFoundries fill up\nCorrected."
    assert record.said_by == "The Post · Jo and Ann"
    assert record.day == date(2026, 5, 15)


@pytest.mark.parametrize("note", ["", "<!-- todo -->", "[//]: # (todo)"])
def test_a_story_with_only_a_headline_is_found_by_it(note: str) -> None:
    assert of_story(make_story(note=note), "x", "y", writer().words).words == "Foundries fill up"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Plain words, $5bn.", "Plain words, $5bn."),
        ("芯片危机", "芯|片|危|机"),
        ("TSMC在亚利桑那州 建厂，“芯片”！", "TSMC|在|亚|利|桑|那|州␠ _建|厂，“|芯|片”！"),
        ("半導体の輸出コンテナー5個", "半|導|体|の|輸|出|コ|ン|テ|ナ|ー|5|個"),
        ("두 반도체", "두␠ _반|도|체"),
        ("ข้าวและน้ำ", "ข้|า|ว|แ|ล|ะ|น้|ำ"),
        ("a\u200bb\u200a芯", "ab␠ _芯"),
    ],
)
def test_scripts_without_spaces_are_cut_into_letters(text: str, parts: str) -> None:
    assert with_cuts(text).replace(CUT, "|").replace("\u200b", "_") == parts


@given(st.text(max_size=50))
def test_a_segmented_text_without_its_separators_is_the_same_text(text: str) -> None:
    plain = unicodedata.normalize("NFC", text).replace("\u200b", "").replace("\u200a", " ")

    given = with_cuts(text).replace(CUT, "").replace("\u200b", "").replace(SPACE, "")
    assert given == plain.replace(SPACE, "")


def test_the_page_segments_a_query_by_the_same_letters() -> None:
    script = (shipped_templates() / "search.js").read_text()
    known = re.sub(
        r"\\u\{([0-9a-f]+)\}|\\u([0-9a-f]{4})", lambda one: chr(int(one[1] or one[2], 16)), script
    )
    ranges = re.search(r"UNSPACED = .*\[([^]]+)\]/u;", known)

    assert ranges and sorted(re.findall(".-.", ranges[1])) == sorted(re.findall(".-.", CUT_LETTERS))


# ---------------------------------------------------------------- the index


def indexes(site: dict[str, bytes]) -> list[str]:
    """The years that have an index, as often as they have one."""
    return sorted(path.split("/")[2] for path in site if path.endswith(".pf_meta"))


def of_year(site: dict[str, bytes], year: str) -> dict[str, bytes]:
    return {path: content for path, content in site.items() if path.startswith(f"{INDEX}{year}/")}


def stamps(root: Path, *places: str) -> dict[str, tuple[int, int]]:
    """The stamps of all files in these places, by path."""
    files = [
        path
        for place in places
        for path in [root / place, *(root / place).rglob("*")]
        if path.is_file()
    ]
    return {path.as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def test_each_story_is_found_at_its_permalink_by_theme_and_year(unbuilt: Path) -> None:
    stories = found(made(unbuilt))

    assert set(stories) == {
        "2025/w19/#old-crane",
        "2026/w19/#two-cranes",
        "2026/w19/#tolls-rise",
        "2026/w20/#quiet",
    }
    crane = stories["2026/w19/#two-cranes"]
    assert crane["filters"] == {"kind": ["story"], "theme": ["cranes", "tolls"]}
    assert crane["meta"] == {
        "title": "Two cranes too many",
        "said_by": "The Quay · Jo Writer",
        "day": "20260505",
    }
    assert stories["2025/w19/#old-crane"]["content"] == "Rust was the cause: <b> & more."


def test_the_same_stories_give_the_same_bytes(
    unbuilt: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one = made(unbuilt)
    for _ in range(4):
        assert made(digest(tmp_path_factory.mktemp("again"))) == one


def test_an_existing_index_is_not_built_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = made(root)
    monkeypatch.setenv("PAGEFIND_BINARY_PATH", "no-such-program")

    assert made(root) == one
    assert b'"/else/search/"' in made(root, base_url="https://example.org/else/")["index.html"]


def years(root: Path) -> list[str]:
    """The years whose index is in the cache."""
    with sqlite3.connect(root / ".digest/cache.sqlite") as cache:
        return [
            name
            for (name,) in cache.execute(
                "SELECT name FROM cache WHERE kind = 'search files' ORDER BY name"
            )
        ]


def keys(root: Path) -> set[bytes]:
    """The keys under which the index of each year is in the cache."""
    with sqlite3.connect(root / ".digest/cache.sqlite") as cache:
        return {
            key for (key,) in cache.execute("SELECT key FROM cache WHERE kind = 'search files'")
        }


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM cache WHERE kind = 'search files' AND name = '2026'",
        "DELETE FROM cache WHERE kind = 'search' AND name = '2026'",
        "UPDATE cache SET value = x'' WHERE kind LIKE 'search%'",
        "UPDATE cache SET value = substr(value, 9) WHERE kind = 'search files'",
        "UPDATE cache SET key = x'00' WHERE kind = 'search'",
        "UPDATE cache SET name = '1999' WHERE name = '2025'",
    ],
)
def test_a_damaged_index_is_built_again(root: Path, damage: str) -> None:
    one = made(root)
    with sqlite3.connect(root / ".digest/cache.sqlite") as cache:
        cache.execute(damage)
    shutil.rmtree(root / "site")

    assert made(root) == one
    assert years(root) == ["2025", "2026"]


def test_a_change_is_found_and_the_old_text_is_not(root: Path) -> None:
    made(root)
    write(root, "2026-05-06", "tolls-rise", "Tolls fall", "tolls")

    site = made(root)

    stories = found(site)
    assert len(stories) == 4
    assert stories["2026/w19/#tolls-rise"]["meta"]["title"] == "Tolls fall"
    assert indexes(site) == ["2025", "2026"]


def test_a_grouped_story_is_found_by_its_headline_only(root: Path) -> None:
    place = root / "content/2026/w19/2026-05-05-two-cranes.md"
    place.write_text(place.read_text().replace("\n---", "\nalso: 2026-05-06-tolls-rise.md\n---", 1))

    below = found(made(root))["2026/w19/#tolls-rise"]

    assert (below["meta"]["title"], below["content"]) == ("Tolls rise", "Tolls rise")


def test_a_change_in_one_year_touches_no_file_of_another(root: Path) -> None:
    made(root)
    before = stamps(root, f"site/{INDEX}2025")
    write(root, "2026-05-06", "tolls-rise", "Tolls fall", "tolls")

    site = made(root)

    assert len(before) > 4
    assert stamps(root, f"site/{INDEX}2025") == before
    assert found(site)["2026/w19/#tolls-rise"]["meta"]["title"] == "Tolls fall"


def test_only_the_changed_year_is_indexed(unbuilt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    make = pagefind.make

    def watched(records: Sequence[SearchRecord], language: str) -> dict[str, bytes]:
        asked.append([one.place for one in records])
        return make(records, language)

    monkeypatch.setattr(pagefind, "make", watched)
    made(unbuilt)
    write(unbuilt, "2025-05-06", "old-crane", "An old crane floats", "cranes")
    made(unbuilt)
    made(unbuilt, base_url="https://example.org/else/")

    assert sorted(len(records) for records in asked) == [1, 1, 3]
    assert asked[-1] == ["2025/w19/#old-crane"]


def test_the_index_is_built_even_if_the_working_directory_is_deleted(
    unbuilt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()

    assert len(found(made(unbuilt))) == 4


def test_a_hidden_story_is_found_in_no_output_whichever_is_built_first(
    unbuilt: Path,
) -> None:
    settings = configs.load(unbuilt)
    for folder in (unbuilt / "site", unbuilt / "other"):
        build.run(unbuilt, settings, output=folder, base_url=None)
    story = write(unbuilt, "2026-05-06", "tolls-rise", "Tolls rise", "tolls")
    story.write_text(story.read_text().replace("\n---\n", "\nhide: true\n---\n", 1))
    time.sleep(0.05)  # so that the file's time of change is believed

    for folder in (unbuilt / "other", unbuilt / "site"):
        build.run(unbuilt, settings, output=folder, base_url=None)
        assert set(found(read_folder(folder))) == {
            "2025/w19/#old-crane",
            "2026/w19/#two-cranes",
            "2026/w20/#quiet",
        }


def test_another_version_of_the_search_program_builds_every_index_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(root)
    before = keys(root)
    monkeypatch.setattr("digest.program.fingerprint", lambda: b"another")

    made(root)

    assert len(before) == len(keys(root)) == 2
    assert not before & keys(root)


def test_unchanged_index_files_are_not_written_again(root: Path) -> None:
    made(root)
    before = stamps(root, f"site/{INDEX}2026/fragment")
    write(root, "2026-05-06", "tolls-rise", "Tolls fall", "tolls")

    made(root)

    assert len(before) == 3
    assert len(before.items() & stamps(root, f"site/{INDEX}2026/fragment").items()) == 2


def test_a_moved_story_is_found_at_its_new_place(root: Path) -> None:
    made(root)
    story = root / "content/2026/w20/2026-05-12-quiet.md"
    for week in ("2026/w21", "2025/w19", "2024/w01"):
        (root / "content" / week).mkdir(parents=True, exist_ok=True)
        story = story.rename(root / "content" / week / story.name)

        site = made(root)

        assert set(found(site)) == {
            "2025/w19/#old-crane", "2026/w19/#two-cranes", "2026/w19/#tolls-rise", f"{week}/#quiet",
        }  # fmt: skip
        assert indexes(site) == sorted({"2025", "2026", week[:4]})


def test_the_index_of_an_empty_year_is_removed(root: Path) -> None:
    before = made(root)
    shutil.move(root / "content/2026", root / "gone")

    site = made(root)

    assert (set(found(site)), indexes(site)) == ({"2025/w19/#old-crane"}, ["2025"])
    assert not (root / f"site/{INDEX}2026").exists()
    assert years(root) == ["2025"]
    shutil.move(root / "gone", root / "content/2026")
    assert made(root) == before


def test_the_search_program_is_in_the_newest_years_folder_only(root: Path) -> None:
    site = made(root)

    programs = {"pagefind.js", "wasm.en.pagefind"}
    assert {path.rpartition("/")[2] for path in of_year(site, "2026")} >= programs
    assert not {path.rpartition("/")[2] for path in of_year(site, "2025")} & programs
    write(root, "2027-05-06", "new-crane", "A new crane", "cranes")
    moved = made(root)
    assert {f"{INDEX}2027/{name}" for name in programs} < set(moved)
    assert not {f"{INDEX}2026/{name}" for name in programs} & set(moved)


def test_details_that_only_a_file_name_has_are_indexed(root: Path) -> None:
    path = write(root, "2026-05-12", "quiet", "A quiet week")
    path.write_text(path.read_text().replace("published: 2026-05-12T12:00:00+08:00\n", ""))
    assert found(made(root))["2026/w20/#quiet"]["meta"]["day"] == "20260512"

    path.rename(path.with_name("2026-05-13-quiet.md"))

    assert found(made(root))["2026/w20/#quiet"]["meta"]["day"] == "20260513"


def test_removed_words_leave_the_index_even_if_the_list_of_built_files_is_lost(
    root: Path,
) -> None:
    before = made(root)
    mine = {
        ".nojekyll",
        "search/pagefind/mine.txt",
        "search/pagefind/2026/mine.txt",
        "search/mine.js",
    }
    for path in mine:
        (root / "site" / path).write_text("mine")
    (root / "content/2026/w19/2026-05-05-two-cranes.md").unlink()
    shutil.rmtree(root / ".digest")

    after = made(root)

    assert set(found(before)) - set(found(after)) == {"2026/w19/#two-cranes"}
    assert indexes(after) == ["2025", "2026"]
    assert mine <= set(after)


@pytest.mark.parametrize(
    "change",
    [
        lambda toml: toml.replace("The Quay", "The Pier"),
        lambda toml: toml.replace('id = "tolls"', 'id = "fees"\nwas = ["tolls"]'),
        lambda toml: toml.replace("[site]", '[site]\nlanguage = "de"'),
    ],
)
def test_the_index_has_the_settings_of_digest_toml(root: Path, change: Any) -> None:
    before = made(root)
    (root / "digest.toml").write_text(change(TOML))

    after = made(root)

    assert found(after) != found(before) or "search/pagefind/2026/wasm.de.pagefind" in after


def test_drafts_and_hidden_stories_are_not_found(root: Path) -> None:
    path = write(root, "2026-05-13", "waits", "It waits")
    path.write_text(path.read_text().replace("themes: []", "draft: true"))
    spiked = write(root, "2026-05-13", "spiked", "It is spiked")
    spiked.write_text(spiked.read_text().replace("themes: []", "hide: true"))

    assert len(found(made(root))) == 4


def program(root: Path, script: str) -> str:
    path = root / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755 if script else 0o644)
    return str(path)


ANSWERS_NO = base64.b64encode(
    b'{"message_id": 1, "payload": {"type": "Error", "message": "No!"}}'
).decode()


@pytest.mark.skipif(os.name == "nt", reason="a script for sh")
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 1", "it ended before it was done"),
        ("head -c 50 >/dev/null", "it ended before it was done"),
        ("exec sleep 600", "it ended before it was done"),
        ("echo hello,", "its answers have a form that Digest does not know"),
        (f"printf '{ANSWERS_NO},'; exec cat", "No!"),
        ("", "Permission denied"),
    ],
)
def test_a_failing_search_program_is_one_line_and_no_search_page(
    root: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    made(root)
    write(root, "2026-05-14", "new", "Something new")
    monkeypatch.setenv("PAGEFIND_BINARY_PATH", program(root, script))
    monkeypatch.setattr(pagefind, "_TIMEOUT", 1)

    report = build.run(root, configs.load(root), output=root / "site", base_url=None)
    site = read_folder(root / "site")

    assert report.search_failure.startswith(
        "search: pagefind made no index, so the site has no search page: "
    )
    assert "\n" not in report.search_failure
    assert said in report.search_failure
    assert not [path for path in site if path.startswith("search/")]
    assert b"search/" not in site["index.html"]
    assert b"Something new" in site["2026/w20/index.html"]
    monkeypatch.delenv("PAGEFIND_BINARY_PATH")
    monkeypatch.setattr(pagefind, "_TIMEOUT", 60)
    assert len(found(made(root))) == 5


def test_without_the_extra_there_is_no_page_and_no_link(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(root)
    monkeypatch.setattr(search_index, "available", lambda: False)
    write(root, "2026-05-14", "new", "Something new")

    site = made(root)

    assert not [path for path in site if path.startswith("search/")]
    assert not [path for path, page in site.items() if b"/search/" in page]


@pytest.mark.usefixtures("searched")
def test_without_stories_there_is_nothing_to_search(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(TOML)

    assert "search/index.html" not in made(tmp_path)


# ---------------------------------------------------------------- Pagefind's files in one order


def small(filters: list[Any], meta: Any = None) -> dict[str, bytes]:
    def packed(value: Any) -> bytes:
        return gzip.compress(b"pagefind_dcd" + cbor2.dumps(value))

    entry = {"version": "1", "languages": {"en": {"hash": "en_0000000000", "wasm": "en"}}}
    names = [
        [one[0] if isinstance(one, list) else "any", f"en_{at:07}"]
        for at, one in enumerate(filters)
    ]
    return {
        reproducible.ENTRY: json.dumps(entry).encode(),
        "pagefind.en_0000000000.pf_meta": packed(meta or ["1", [], [], names, []]),
        **{f"filter/en_{at:07}.pf_filter": packed(one) for at, one in enumerate(filters)},
    }


def test_the_order_of_filters_and_values_does_not_matter() -> None:
    one = small(
        [["theme", [["a", [1]], ["b", [2, 300]]]], ["year", [["2025", [1]], ["2026", [2]]]]]
    )
    other = small(
        [["year", [["2026", [2]], ["2025", [1]]]], ["theme", [["b", [2, 300]], ["a", [1]]]]]
    )

    assert reproducible.in_order(one) == reproducible.in_order(other)
    assert len(reproducible.in_order(one)) == 4


@pytest.mark.parametrize(
    "files",
    [
        small([]) | {reproducible.ENTRY: b"{}"},
        small([]) | {reproducible.ENTRY: b"[]"},
        small([]) | {"pagefind.en_0000000000.pf_meta": b"something new"},
        small([], meta=["1"]),
        small([], meta=["1", [], [], [["gone", "en_1"]]]),
        small([], meta={"filters": []}),
        small([], meta=["1", [], [], 4]),
        small([], meta=["1", [], [], [["theme"]]]),
        small([4]),
        small([["theme"]]),
        small([["theme", 4]]),
        small([])
        | {
            "pagefind.en_0000000000.pf_meta": gzip.compress(b"pagefind_dcd\x84" + b"\x9f" * 100_000)
        },
        small([]) | {"pagefind.en_0000000000.pf_meta": gzip.compress(b"pagefind_dcd\x80\x80")},
    ],
)
def test_files_of_an_unknown_format_stay_unchanged(files: dict[str, bytes]) -> None:
    assert reproducible.in_order(files) == files


# ---------------------------------------------------------------- the page


def test_no_page_but_the_search_page_loads_a_script(root: Path) -> None:
    site = made(root)

    loading = {
        path
        for path, tree in pages(site).items()
        if [one for one in find(tree, "script") if one.get("src")]
    }
    assert loading == {"search/index.html"}


def test_the_page_offers_themes_and_years_with_stories_and_a_message_without_javascript(
    root: Path,
) -> None:
    site = made(root)
    page = parse(site["search/index.html"])

    choices = [
        [one.get("value", text(one)) for one in find(list_, "option")]
        for list_ in find(page, "select")
    ]
    assert choices == [["", "cranes", "tolls"], ["", "2026", "2025"]]
    assert "The search needs JavaScript" in next(
        text(one) for one in find(page, "p") if one.get("role") == "status"
    )
    assert b'<a href="/trial/search/">Search</a>' in site["2026/w19/index.html"]
    assert site["search/search.js"].startswith(b"const ")


def test_a_page_named_search_is_an_error_that_names_both() -> None:
    content, config = make_content(make_story(), pages=(make_page("search"),)), make_config()

    assert faults(content, config) == [
        "content/pages/search.md: claims the address 'search/index.html', which the search page claims too; "
        "rename one of them"
    ]


def faults(content: Content, config: Config) -> list[str]:
    from digest.site.plan import plan

    return [
        str(problem)
        for problem in plan(arrange(content, config), config, script_version="any").all_problems()
    ]


# ---------------------------------------------------------------- in a browser


SCRIPTS = {
    "TSMC在亚利桑那州建厂，芯片危机加剧": [
        "芯片",
        "亚利桑那州",
        "芯片危机",
        "TSMC在",
        "tsmc 芯片",
        "建厂芯片",
        "机",
        '"芯片危机"',
    ],
    "半導体の輸出規制が強化される": ["半導体", "輸出規制", "コンテナ", "規制"],
    "대만 반도체수출 통제": ["반도체", "수출", "통제"],
    "Chips cost $5bn at AT&T": ["$5bn", "5bn", "AT&T", "chips $5bn"],
    "Plan N+1 for ~30 C++ houses": ["N+1", "~30", "C++", "n+1 plan"],
    "Don’t panic, coffee": ["don't", "don’t", "cof"],
    "ข้าวและน้ำ": ["และ", "น้ำ"],
}
NOT_FOUND = {
    "片芯": ["片芯"],
    "机芯": ["机芯"],
    "$6bn": ["$6bn"],
    "N+2": ["N+2"],
    "+": [],
    "危机 5bn": [],
}
"""What is asked, and what of it nothing has."""

NOTES = {
    "半導体の輸出規制が強化される": "コンテナの話。2027年まで続く。",
    "대만 반도체수출 통제": "두 항구의 이야기 하나, 2027년까지.",
}


@pytest.fixture(scope="module")
def of_many_scripts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site whose titles are of many scripts."""
    pytest.importorskip("pagefind", reason="pagefind is not installed")
    root = tmp_path_factory.mktemp("scripts")
    (root / "digest.toml").write_text(TOML)
    for number, title in enumerate([*SCRIPTS, "An old cat"]):
        write(
            root,
            "2026-05-05",
            f"s{number}",
            title,
            note=NOTES.get(title, ""),
        )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search_index, "available", lambda: True)
        made(root)
    with browsing.serving(root / "site") as url:
        yield url


@pytest.fixture(scope="module")
def scripts_page(of_many_scripts: str, browser: Browser) -> Iterator[Page]:
    with browsing.reading(browser) as page:
        page.goto(f"{of_many_scripts}search/")
        yield page


@pytest.mark.parametrize("title", SCRIPTS)
def test_any_word_of_a_title_finds_it_in_scripts_without_spaces_and_with_symbols(
    scripts_page: Page, title: str
) -> None:
    for asked in SCRIPTS[title]:
        assert answers(scripts_page, asked, "1 result") == [title], asked
        assert not re.search("[\u200a\u200b]", scripts_page.locator("#_stories").inner_text())


@pytest.mark.parametrize(
    ("title", "asked"), [(title, word) for title in NOTES for word in (title[:3], NOTES[title][:4])]
)
def test_a_note_in_a_script_without_spaces_is_shown_as_it_was_written(
    scripts_page: Page, title: str, asked: str
) -> None:
    assert answers(scripts_page, asked, "1 result") == [title]
    assert scripts_page.locator("#_stories .passage").first.inner_text() == NOTES[title]


def test_a_word_that_is_nowhere_is_not_found_by_its_letters(scripts_page: Page) -> None:
    for asked, lacking in NOT_FOUND.items():
        status = LACKING.format(f"“{lacking[0]}”") if lacking else NOTHING
        assert answers(scripts_page, asked, status) == [], asked


DATA = Path(__file__).parents[1] / "data/search"


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def of_the_table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site of `texts.tsv`."""
    pytest.importorskip("pagefind", reason="pagefind is not installed")
    root = tmp_path_factory.mktemp("table")
    (root / "digest.toml").write_text(TOML)
    for row in table("texts.tsv"):
        path = root / "content" / row["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        fields = {
            "title": json.dumps(row["title"]) if row["title"] else "",
            "themes": f"[{row['themes']}]" if row["themes"] else "",
        }
        if path.name[:4].isdigit():
            fields |= {"link": f"https://quay.example/{path.stem}", "feeds": "[quay]"}
        front = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
        path.write_text(f"---\n{front}---\n\n{row['body']}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "available", lambda: True)
        made(root)
    with browsing.serving(root / "site") as url:
        yield url


@pytest.fixture(scope="module")
def table_page(of_the_table: str, browser: Browser) -> Iterator[Page]:
    with browsing.reading(browser) as page:
        page.goto(f"{of_the_table}search/")
        yield page


def test_a_note_is_shown_whole_with_its_themes_and_letters_and_pages_are_marked(
    browser: Browser, of_the_table: str
) -> None:
    with browsing.reading(browser) as page:
        page.goto(f"{of_the_table}search/?q=harbour+board")
        stories(page, "2 results")
        shown = {
            row.locator("h3").inner_text(): row for row in page.locator("#_stories > li").all()
        }
        dredging = shown["Dredging of the north channel begins"]
        body = next(row["body"] for row in table("texts.tsv") if "dredging" in row["file"])
        assert dredging.locator(".passage").inner_text() == body
        assert dredging.locator("mark").all_inner_texts() == ["harbour", "board"]
        assert shown["About"].locator(".details").inner_text().strip() == "Page"

        page.goto(f"{of_the_table}search/?q=oyster")
        stories(page, "3 results")
        letter = page.locator("#_stories > li", has_text="The week of the oysters")
        assert letter.locator(".details").inner_text() == "Letter 1 February 2026"
        assert letter.locator(".details time").get_attribute("datetime") == "2026-02-01"

        page.goto(f"{of_the_table}search/?q=toll+reform&theme=tolls")
        stories(page, "2 results")
        chips = page.locator("#_stories .chips a")
        assert chips.all_inner_texts() == ["Tolls"]
        assert chips.first.evaluate("link => link.pathname") == "/trial/themes/tolls/"


def test_the_signs_around_a_word_are_not_highlighted(browser: Browser, of_the_table: str) -> None:
    with browsing.reading(browser) as page:
        page.goto(f"{of_the_table}search/?q=farmers+dredger")
        stories(page, "1 result")

        assert "oyster farmers, who" in page.locator(".passage").inner_text()
        assert page.locator("mark").all_inner_texts() == ["dredger", "farmers"]


WORDS = ["हिन्दी", "முதல்", "cafe\u0301", "C++", "C#", "$5bn"]
"""Words that end in vowels and accents, which are signs of their own, or in symbols."""


@pytest.fixture(scope="module")
def of_words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with a story about each of these words, and one with very long words."""
    pytest.importorskip("pagefind", reason="pagefind is not installed")
    root = tmp_path_factory.mktemp("words")
    (root / "digest.toml").write_text(TOML)
    for number, word in enumerate(WORDS):
        write(
            root, "2026-05-05", f"word-{number}", f"Story {number}", "", f"A note “{word}”, again."
        )
    long = f"a{'.' * 100_000}b"
    write(root, "2026-05-05", "long", "Long words", "", f"Here are long words: {long} {long}.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "available", lambda: True)
        made(root)
    with browsing.serving(root / "site") as url:
        yield url


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_highlighted_to_its_last_vowel_accent_or_symbol(
    browser: Browser, of_words: str, word: str
) -> None:
    with browsing.reading(browser) as page:
        page.goto(f"{of_words}search/?q={quote(word)}")
        page.locator("mark").first.wait_for()

        assert unicodedata.normalize("NFC", word) in {
            unicodedata.normalize("NFC", marked)
            for marked in page.locator("mark").all_inner_texts()
        }


def test_words_of_a_hundred_thousand_signs_are_searched_in_seconds(
    browser: Browser, of_words: str
) -> None:
    with browsing.reading(browser) as page:
        begun = time.monotonic()
        page.goto(of_words + "search/?q=" + quote('"long words"'))
        page.locator("mark").first.wait_for()

        assert page.locator("#_stories h3").all_inner_texts() == ["Long words"]
        assert time.monotonic() - begun < 20  # with a pattern for the end of a word, 48 seconds


def name_of(link: str) -> str:
    """What `queries.tsv` calls the text behind a link."""
    place, _, anchor = link.partition("/trial/")[2].partition("#")
    kind, _, rest = place.strip("/").partition("/")
    return anchor or {"themes": f"theme-{rest}"}.get(
        kind, f"letter-{kind}-{rest}" if rest else kind
    )


@pytest.mark.parametrize("row", table("queries.tsv"), ids=lambda row: row["question"])
def test_a_query_finds_the_stories_in_the_table(table_page: Page, row: dict[str, str]) -> None:
    lacking = list(filter(None, row["found"].partition("nothing: ")[2].split(", ")))
    wanted = set() if lacking else set(row["found"].split()) - {"-"}
    status = f"{len(wanted)} result{'s' * (len(wanted) != 1)}" if wanted else NOTHING
    if lacking:
        status = LACKING.format(" or ".join(f"“{word}”" for word in lacking))

    answers(table_page, row["question"], status)

    assert {name_of(link) for link in links(table_page)} == wanted


ATTACK = "<img src=x onerror=alert(1)> </mark><script>alert(1)</script> <mark>"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a searched site of a few stories, and of thirty more in one week of 2024."""
    pytest.importorskip("pagefind", reason="pagefind is not installed")
    root = digest(tmp_path_factory.mktemp("searched"))
    for number in range(30):
        write(root, "2024-05-07", f"barge-{number}", f"Barge {number} passes", "", "It passes.")
    write(
        root,
        "2024-05-14",
        "airship",
        f"'{ATTACK} airship'",
        "",
        f"{ATTACK.replace('<', '&lt;')} of airships",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "available", lambda: True)
        made(root)
    with browsing.serving(root / "site") as url:
        yield url


@pytest.fixture(scope="module")
def visited(address: str, browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page for all tests of this site, and what has gone wrong in it: it may ask no other host."""
    wrong: list[str] = []

    def asked(url: str) -> None:
        if not url.startswith(address[:20]):
            wrong.append(url)

    def dialog(opened: Dialog) -> None:
        wrong.append(opened.message)
        opened.dismiss()

    with browsing.reading(browser) as opened:
        opened.on("console", lambda message: wrong.append(message.text))
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("request", lambda request: asked(request.url))
        opened.on("dialog", dialog)
        yield opened, wrong


@pytest.fixture
def reader(visited: tuple[Page, list[str]]) -> Iterator[Page]:
    """A page that the test opens itself; nothing may go wrong in it."""
    page, wrong = visited
    wrong.clear()
    yield page
    assert wrong == []


@pytest.fixture
def page(reader: Page, address: str) -> Page:
    """The search page."""
    reader.goto(f"{address}search/")
    return reader


def stories(page: Page, status: str) -> list[str]:
    """The headlines that are shown, once the page says how many there are."""
    page.wait_for_function(
        "wanted => document.getElementById('_status').textContent === wanted", arg=status
    )
    return page.locator("#_stories h3").all_inner_texts()


def links(page: Page) -> list[str]:
    """The addresses that the headlines lead to."""
    found: list[str] = page.locator("#_stories h3 a").evaluate_all("all => all.map(a => a.href)")
    return found


def answers(page: Page, asked: str, status: str) -> list[str]:
    """The headlines that are shown for these words, in a page that was asked others before."""
    page.get_by_label("Words").fill("")
    assert stories(page, "") == []
    page.get_by_label("Words").fill(asked)
    return stories(page, status)


def test_a_word_finds_a_story_and_links_to_it(page: Page, address: str) -> None:
    page.get_by_label("Words").fill("ordered twice")

    assert stories(page, "1 result") == ["Two cranes too many"]
    assert page.locator("#_stories mark").all_inner_texts() == ["ordered", "twice"]
    assert "The Quay · Jo Writer 5 May 2026" in page.locator("#_stories > li").inner_text()
    page.get_by_role("link", name="Two cranes too many").click()
    page.wait_for_url(f"{address}2026/w19/#two-cranes")


def test_story_content_is_shown_as_text_and_never_run(page: Page) -> None:
    page.get_by_label("Words").fill("airship")

    assert stories(page, "1 result") == [f"{ATTACK} airship"]
    assert ATTACK in page.locator("#_stories .passage").inner_text()
    assert page.locator("#_stories").locator("img, script").count() == 0


def test_theme_and_year_filter_the_results(page: Page, address: str) -> None:
    page.get_by_label("Words").fill("crane")
    assert sorted(stories(page, "3 results")) == [
        "An old crane sinks",
        "Tolls rise",
        "Two cranes too many",
    ]

    page.get_by_label("Theme").select_option(label="Cranes & hoists")
    assert sorted(stories(page, "2 results")) == ["An old crane sinks", "Two cranes too many"]

    page.get_by_label("Year").select_option("2025")
    assert stories(page, "1 result") == ["An old crane sinks"]
    assert page.locator("#_stories .passage").inner_text() == "Rust was the cause: <b> & more."
    assert page.url == f"{address}search/?q=crane&theme=cranes&year=2025"


@pytest.mark.parametrize(
    ("asked", "status", "headlines"),
    [
        ("q=crane&theme=cranes", "2 results", {"An old crane sinks", "Two cranes too many"}),
        ("q=crane&theme=cranes&year=2026", "1 result", {"Two cranes too many"}),
        ("q=crane&theme=tolls&year=2025", NOTHING, set()),
        ("theme=cranes&year=2025", "1 story", {"An old crane sinks"}),
        ("theme=cranes&year=2024", NOTHING, set()),
        ("year=2025", "1 story", {"An old crane sinks"}),
        ("q=rust&year=2026", NOTHING, set()),
        ('q="second+crane"', "1 result", {"Tolls rise"}),
    ],
)
def test_a_url_searches_all_years_together(
    reader: Page, address: str, asked: str, status: str, headlines: set[str]
) -> None:
    reader.goto(f"{address}search/?{asked}")

    assert set(stories(reader, status)) == headlines
    assert all(link.startswith(f"{address}20") for link in links(reader))


def test_words_are_searched_in_all_years_together(page: Page, address: str) -> None:
    for asked, headlines in {
        "crane rust": ["An old crane sinks"],  # and no crane of a year without rust
        "crane pay": ["Tolls rise"],
        "orde": ["Two cranes too many"],  # half typed
        "cranes sinking": ["An old crane sinks"],  # of other endings
        "orderable": ["Two cranes too many"],  # of one stem with "ordered"
        "29": ["Barge 29 passes"],
    }.items():
        assert answers(page, asked, "1 result") == headlines, asked
        assert all(link.startswith(f"{address}20") for link in links(page))


def test_what_no_story_has_is_named_and_nothing_else_is_shown_for_it(page: Page) -> None:
    assert answers(page, "crane barge", NOTHING) == []  # each in another year
    for asked, lacking in {
        "orchard": "“orchard”",  # which shares too little with "ordered"
        "crnae": "“crnae”",  # which shares two letters with many
        "crane HBM": "“HBM”",  # not the cranes alone
        "zeppelin crane hbm": "“zeppelin” or “hbm”",
        "299": "“299”",  # and not the barge 29
        '"crane second"': "“crane second”",
    }.items():
        assert answers(page, asked, LACKING.format(lacking)) == [], asked


def test_theme_and_year_alone_list_their_stories_newest_first(page: Page) -> None:
    page.get_by_label("Theme").select_option("tolls")

    assert stories(page, "2 stories") == ["Tolls rise", "Two cranes too many"]


def test_a_url_may_have_a_query_and_invalid_parts_are_ignored(reader: Page, address: str) -> None:
    reader.goto(f"{address}search/?q=crane&year=2026&theme=gone")

    assert sorted(stories(reader, "2 results")) == ["Tolls rise", "Two cranes too many"]
    assert reader.get_by_label("Words").input_value() == "crane"
    assert reader.get_by_label("Year").input_value() == "2026"


def test_an_empty_result_is_reported_and_an_empty_query_clears_the_page(page: Page) -> None:
    page.get_by_label("Words").fill("zeppelin")
    assert stories(page, LACKING.format("“zeppelin”")) == []

    page.get_by_label("Words").fill("crane")
    stories(page, "3 results")
    page.get_by_label("Words").fill("")
    assert stories(page, "") == []


def test_more_results_are_shown_on_request_and_the_focus_moves_to_the_first_new_one(
    page: Page,
) -> None:
    page.get_by_label("Words").focus()
    page.keyboard.type("barge")
    assert len(stories(page, "30 results")) == 20

    page.get_by_role("button", name="Show more results").press("Enter")
    page.locator("#_stories li").nth(29).wait_for()

    assert (
        page.locator("#_stories li")
        .nth(20)
        .get_by_role("link")
        .evaluate("link => link === document.activeElement")
    )
    assert page.get_by_role("button", name="Show more results").is_hidden()


def test_a_page_whose_script_does_not_load_says_so_and_not_that_javascript_is_missing(
    address: str, browser: Browser
) -> None:
    with browsing.reading(browser) as page:
        page.route("**/search.js*", lambda route: route.abort())
        page.goto(f"{address}search/?q=crane")

        said = page.get_by_role("status").inner_text()
        assert said == "This page has not loaded its search yet."


def test_a_page_whose_search_has_loaded_says_nothing_until_it_is_asked(page: Page) -> None:
    assert stories(page, "") == []


def test_without_javascript_the_page_says_where_to_look(address: str, browser: Browser) -> None:
    with browsing.reading(browser, java_script_enabled=False) as page:
        page.goto(f"{address}search/")

        status = page.get_by_role("status")  # `inner_text` is what is visible
        assert "The search needs JavaScript, which is not running here." in status.inner_text()
        status.get_by_role("link", name="the archive").click()
        assert page.url == f"{address}archive/"
