"""An incremental build gives the same bytes as a clean build, whatever happened before."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from builders import make_story
from hypothesis import given, settings
from hypothesis import strategies as st
from many import many
from sites import build_into, read_folder

from digest import config, lock
from digest.cache import FILE, Cache
from digest.commands.build import Builder
from digest.errors import DigestError
from digest.preview.changed_files import FileHashes
from digest.site.feeds import atom
from digest.site.output import Written

SMALL = Path(__file__).parents[1] / "data/sites/small"
PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}"/>'
NEW = """\
---
title: {title}
link: https://news.example/{slug}
published: 2026-05-{day:02}T09:00:00+08:00
themes: [{theme}]
---

{note}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small digest, in a folder that may be changed."""
    return copied(SMALL, tmp_path / "small")


def copied(source: Path, folder: Path) -> Path:
    """Returns a copy of a digest without its memory and its site."""
    shutil.rmtree(folder, ignore_errors=True)
    return Path(
        shutil.copytree(
            source, folder, ignore=shutil.ignore_patterns("expected", ".digest", "site")
        )
    )


def build(root: Path, *, drafts: bool = False) -> Written | str:
    """Builds a digest, without a search page; returns what is wrong if it fails."""
    try:
        given = config.load(root)
        with lock.hold(root), Cache(root) as cache:
            builder = Builder(root, given, root / "site", cache, drafts=drafts, extras=False)
            scanned = builder.scan()
            last = builder.manifest_if_current(scanned, need_locations=False)
            if last:
                return Written(0, 0, len(last.files))
            return builder.build(scanned, builder.load(scanned)).written
    except DigestError as error:
        return str(error)


Site = dict[str, bytes] | str
"""The files of a site, or what is wrong if it could not be built."""


def site_of(root: Path, done: Written | str) -> Site:
    """Returns what came of a build that has `done` so much."""
    return done if isinstance(done, str) else read_folder(root / "site")


def same_as_clean(root: Path) -> None:
    """Holds a build against one of the same digest without any memory."""
    clean = copied(root, root.with_name("clean"))

    assert site_of(root, build(root)) == site_of(clean, build(clean))


# ---------------------------------------------------------------- what people do to a digest

Change = Callable[[Path], None]


def stories(root: Path) -> list[Path]:
    """All story files, and letters, in order."""
    return sorted(root.glob("content/2*/w*/*.md"))


def one(files: list[Path], number: int) -> Path | None:
    """One of the files, if there are any."""
    return files[number % len(files)] if files else None


def added(number: int, title: str, theme: str, note: str) -> Change:
    def change(root: Path) -> None:
        week, day = 18 + number % 5, 1 + number % 28
        place = root / f"content/2026/w{week}/2026-05-{day:02}-new-{number % 3}.md"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            NEW.format(
                title=title or "x", slug=f"{place.name}{week}", day=day, theme=theme, note=note
            )
        )

    return change


def noted(number: int, note: str) -> Change:
    def change(root: Path) -> None:
        if file := one(stories(root), number):
            file.write_text(f"{file.read_text()}\n{note}\n")

    return change


def said(number: int, line: str) -> Change:
    """Puts a line into the front matter of a file."""

    def change(root: Path) -> None:
        if file := one(stories(root), number):
            file.write_text(file.read_text().replace("\n---\n", f"\n{line}\n---\n", 1))

    return change


def retitled(number: int, title: str) -> Change:
    def change(root: Path) -> None:
        if file := one(stories(root), number):
            lines = file.read_text().split("\n")
            file.write_text(
                "\n".join(
                    f"title: {title}" if line.startswith("title:") else line for line in lines
                )
            )

    return change


def moved(number: int, week: int) -> Change:
    def change(root: Path) -> None:
        if file := one(stories(root), number):
            place = root / f"content/2026/w{week}" / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            file.rename(place)

    return change


def deleted(number: int) -> Change:
    def change(root: Path) -> None:
        if file := one(stories(root), number):
            file.unlink()

    return change


def touched(number: int) -> Change:
    def change(root: Path) -> None:
        if file := one(stories(root), number):
            os.utime(file)

    return change


def written(file: str, text: str) -> Change:
    def change(root: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)

    return change


def gone(file: str) -> Change:
    def change(root: Path) -> None:
        (root / file).unlink(missing_ok=True)

    return change


def configured(before: str, after: str) -> Change:
    def change(root: Path) -> None:
        place = root / "digest.toml"
        place.write_text(place.read_text().replace(before, after, 1))

    return change


def meddled(number: int) -> Change:
    """A user writes into the output folder."""

    def change(root: Path) -> None:
        if file := one(sorted(root.glob("site/**/*.html")), number):
            file.write_text("<!-- mine -->" if number % 2 else file.read_text().swapcase())

    return change


def recorded(number: int) -> Change:
    """The ledger says that a story was first put elsewhere, or called otherwise."""

    def change(root: Path) -> None:
        for ledger in sorted(root.glob("content/ledger/*.jsonl"))[:1]:
            lines = ledger.read_text().splitlines()
            line = (
                lines[number % len(lines)]
                .replace('"title": "', '"title": "Once ')
                .replace('"at": "2026', '"at": "2027')
            )
            ledger.write_text("\n".join([*lines, line, ""]))

    return change


NUMBERS = st.integers(0, 30)
WORDS = st.sampled_from(["Dry dock", "Ice *again*", "一二三", "<b>Bold</b>", "A & B", "x" * 300])
NOTES = st.sampled_from(
    [
        "Plain words.",
        "See [the other](../w20/2026-05-11-cranes-arrive.md).",
        "Look: ![quay](quay.svg)",
        "A [link](https://out.example/) and [another](../../pages/about.md).",
        "> A quotation that opens the note.",
        "- one\n- two",
    ]
)
THEMES = st.sampled_from(["tariffs", "ice", "cranes", "cranes, ice", "", ""])
LINES = st.sampled_from(
    [
        "hide: true",
        "draft: true",
        "lead: true",
        "headline: Ours",
        "updated: 2026-06-01",
        "also: 2026-05-11-cranes-arrive.md, 2026-05-06-tolls-rise",
        "also: [2026-05-13-cranes-arrive.md, 2026-05-05-cranes-arrive.md]",
        "ahead: ['2026-06: More ice', '2026-05-08: Less ice']",
    ]
)
FILES = st.sampled_from(
    [
        (
            "content/2026/w20/letter.md",
            "---\ntitle: A letter\n---\n\nDear [reader](2026-05-11-cranes-arrive.md).\n",
        ),
        ("content/2026/w23/letter.md", "Early words.\n"),
        ("content/themes/ice.md", "What ice is, [here](../pages/about.md).\n"),
        (
            "content/pages/notes.md",
            "---\ntitle: Notes\n---\n\nSome ![quay](../2026/w19/quay.svg) notes.\n",
        ),
        ("content/2026/w19/quay.svg", PIXEL.format(8)),
        ("content/2026/w19/quay.svg", PIXEL.format(9)),
        ("content/static/notes.txt", "Mine.\n"),
        ("content/static/notes/index.html", "<p>Mine.</p>\n"),
        ("templates/story/line.html", "{{ card.headline }}"),
        ("templates/story/line.html", "<b>{{ card.headline }}</b>"),
        (
            "templates/week.html",
            '{% extends "shipped/week.html" %}{% block main %}{{ super() }}<hr>{% endblock %}',
        ),
    ]
)
SETTINGS = st.sampled_from(
    [
        ('title = "', 'title = "New '),
        ('id = "ice"', 'id = "frost"\nwas = ["ice"]'),
        ("[[themes]]", '[[themes]]\nid = "nosuch"\ntitle = "Such"\nmatch = ["such"]\n[[themes]]'),
        ("[site]", '[editions]\nclose = "letter"\n[site]'),
        ('language = "en"', 'language = "fr"'),
        ('timezone = "Asia/Hong_Kong"', 'timezone = "Europe/Paris"'),
        ('id = "tariffs"', 'id = "tolls"'),
        ('id = "tolls"', 'id = "tariffs"'),
    ]
)
WRONG = st.sampled_from(
    [
        (
            "content/2026/w21/2026-05-20-lost.md",
            NEW.format(title="L", slug="l", day=20, theme="", note="[l](no.md)"),
        ),
        (
            "content/2026/w21/2026-05-20-lost.md",
            NEW.format(title="L", slug="l", day=20, theme="nosuch", note=""),
        ),
        ("content/pages/archive.md", "An address that is taken.\n"),
        ("content/stray.md", "Lies nowhere.\n"),
        ("templates/week.html", "{% nonsense %}"),
        ("templates/page.html", "{{ nonsense }}"),
    ]
)
"""Files by which a build fails, until they are gone again."""


def wronged(file: str, text: str) -> Change:
    """Writes a file, or takes it away where it is."""

    def change(root: Path) -> None:
        (gone(file) if (root / file).exists() else written(file, text))(root)

    return change


EDITS: st.SearchStrategy[Change] = st.one_of(
    st.builds(added, NUMBERS, WORDS, THEMES, NOTES),
    st.builds(noted, NUMBERS, NOTES),
    st.builds(said, NUMBERS, LINES),
    st.builds(retitled, NUMBERS, WORDS),
    st.builds(moved, NUMBERS, st.integers(18, 22)),
    st.builds(deleted, NUMBERS),
    st.builds(touched, NUMBERS),
    st.builds(lambda pair: written(*pair), FILES),
    st.builds(lambda pair: gone(pair[0]), FILES),
    st.builds(lambda pair: configured(*pair), SETTINGS),
    st.builds(lambda pair: wronged(*pair), WRONG),
    st.builds(recorded, NUMBERS),
)
CHANGES = EDITS | st.builds(meddled, NUMBERS)


@settings(max_examples=many(6))
@given(st.lists(st.lists(CHANGES, min_size=1, max_size=3), min_size=1, max_size=8))
def test_an_incremental_build_equals_a_clean_one_whatever_changes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[Change]]
) -> None:
    root = copied(SMALL, tmp_path_factory.mktemp("rebuilt") / "small")
    build(root)
    for changes in steps:
        for change in changes:
            change(root)
        same_as_clean(root)


CRANES = "content/2026/w20/2026-05-11-cranes-arrive.md"


def replaced(file: str, before: str, after: str) -> Change:
    def change(root: Path) -> None:
        text = (root / file).read_text()
        assert before in text
        (root / file).write_text(text.replace(before, after, 1))

    return change


def renamed(file: str, to: str) -> Change:
    def change(root: Path) -> None:
        (root / to).parent.mkdir(parents=True, exist_ok=True)
        (root / file).rename(root / to)

    return change


RECORDED = "content/2026/w19/2026-05-05-cranes-arrive.md"


def once_called(title: str) -> Change:
    """The ledger says that the feed gave a story this headline for a while."""

    def change(root: Path) -> None:
        ledger = root / "content/ledger/quay.jsonl"
        first = ledger.read_text().splitlines()[0]
        line = json.loads(first) | {"at": "2026-05-09T08:00:00.000000Z", "title": title}
        ledger.write_text(f"{ledger.read_text()}{json.dumps(line)}\n")

    return change


def retold(pattern: str, line: str) -> Change:
    """Another line in the front matter of a story that the ledger knows."""

    def change(root: Path) -> None:
        text = (root / RECORDED).read_text()
        (root / RECORDED).write_text(re.sub(rf"(?m)^{pattern}$", line, text, count=1))

    return change


BY_HAND = "content/2026/w21/2026-05-18-by-hand.md"
TWIN = "content/2026/w21/2026-05-20-twin.md"

LEDGER_FEED = """\
[[feeds]]
id = "ledger"
url = "https://ledger.example/feed.atom"
title = "Harbour Ledger"
publisher = "Harbour Ledger"
paywall = true
"""

STEPS: dict[str, Change] = {
    "the digest is in another time zone": configured("Asia/Hong_Kong", "Europe/Paris"),
    "it is back": configured("Europe/Paris", "Asia/Hong_Kong"),
    "a note is another": noted(1, "More words."),
    "a story leads its week": replaced(BY_HAND, "\n---\n", "\nlead: true\n---\n"),
    "it has a theme": replaced(BY_HAND, "\n---\n", "\nthemes: [cranes, ice]\n---\n"),
    "it has one less": replaced(BY_HAND, "[cranes, ice]", "[ice]"),
    "it has a headline": replaced(BY_HAND, "\n---\n", "\nheadline: Seen on a board\n---\n"),
    "it has changed on another day": replaced(BY_HAND, "\n---\n", "\nupdated: 2026-06-01\n---\n"),
    "it loses its note": replaced(BY_HAND, "Written by hand, from no feed.\n", ""),
    "it is of another day": replaced(
        BY_HAND, "\n---\n", "\npublished: 2026-05-17T09:00:00+02:00\n---\n"
    ),
    "it is of the same time in another zone": replaced(
        BY_HAND, "2026-05-17T09:00:00+02:00", "2026-05-17T10:00:00+03:00"
    ),
    "it waits": replaced(BY_HAND, "\n---\n", "\ndraft: true\n---\n"),
    "it waits no more": replaced(BY_HAND, "draft: true\n", ""),
    "another story has its id": written(
        TWIN,
        "---\ntitle: T\nlink: https://board.example/notes/7\npublished: 2026-05-20T09:00:00+02:00\n---\n",
    ),
    "and has it still": noted(1, "Words for nothing."),
    "and has it no more": gone(TWIN),
    "a letter is edited": replaced("content/2026/w19/letter.md", "*surplus*", "*plenty*"),
    "it has another title": replaced("content/2026/w19/letter.md", "Too much", "Enough"),
    "it waits, as letters do": replaced(
        "content/2026/w19/letter.md", "\n---\n", "\ndraft: true\n---\n"
    ),
    "it is sent": replaced("content/2026/w19/letter.md", "draft: true\n", ""),
    "an introduction is edited": replaced("content/themes/cranes.md", "ships", "boats"),
    "a page is edited": replaced("content/pages/about.md", "one person", "one woman"),
    "it has another title, as pages do": replaced(
        "content/pages/about.md", "title: About", "title: Who"
    ),
    "a story announces dates": replaced(
        BY_HAND, "\n---\n", "\nahead: ['2026-05-19: One', '2027: Two']\n---\n"
    ),
    "a copy of its page is saved": replaced(
        BY_HAND, "\n---\n", "\nsaved: https://saved.example/7\n---\n"
    ),
    "it announces another": replaced(BY_HAND, "2027: Two", "2027-03: Three"),
    "a letter announces one": replaced(
        "content/2026/w19/letter.md", "\n---\n", "\nahead: ['2026-05-12: Four']\n---\n"
    ),
    "a later note links to that letter": replaced(
        CRANES, "\n---\n", "\n---\n\nAs [announced](../w19/letter.md).\n"
    ),
    "that story has another headline": replaced(CRANES, "title: ", "title: Late: "),
    "a note links to another week's story": noted(
        0, "See [it](../w20/2026-05-11-cranes-arrive.md)."
    ),
    "a letter does": written(
        "content/2026/w21/letter.md", "See [it](../w20/2026-05-11-cranes-arrive.md).\n"
    ),
    "a page does": written(
        "content/pages/more.md", "See [it](../2026/w20/2026-05-11-cranes-arrive.md).\n"
    ),
    "an introduction does": written(
        "content/themes/ice.md", "See [it](../2026/w20/2026-05-11-cranes-arrive.md).\n"
    ),
    "that story moves": renamed(CRANES, "content/2026/w22/2026-05-11-cranes-arrive.md"),
    "and comes back": renamed("content/2026/w22/2026-05-11-cranes-arrive.md", CRANES),
    "it is hidden, so that links are lost": replaced(CRANES, "\n---\n", "\nhide: true\n---\n"),
    "and are lost still": noted(1, "Words for nothing."),
    "and shown again": replaced(CRANES, "hide: true\n", ""),
    "its link is another": replaced(CRANES, "link: ", "link: https://new.example/article/7654321/"),
    "its name is another": renamed(CRANES, CRANES.replace("arrive", "leave")),
    "and what it was": renamed(CRANES.replace("arrive", "leave"), CRANES),
    "a name that no link has is another": renamed(
        "content/2026/w20/2026-05-07-late-toll.md", "content/2026/w20/2026-05-07-late-bell.md"
    ),
    "a namesake takes an anchor": written(
        "content/2026/w20/2026-05-10-cranes-arrive.md",
        NEW.format(title="N", slug="n", day=10, theme="ice", note="n"),
    ),
    "a note shows a picture": noted(0, "![quay](quay.svg)"),
    "the picture grows": written("content/2026/w19/quay.svg", PIXEL.format(77)),
    "the picture goes": gone("content/2026/w19/quay.svg"),
    "it is there again": written("content/2026/w19/quay.svg", PIXEL.format(78)),
    "a theme is called otherwise": configured('title = "Ice"', 'title = "Frost"'),
    "a theme gives up its id": configured('id = "ice"', 'id = "frost"\nwas = ["ice"]'),
    "a publisher is called otherwise": configured(
        'publisher = "The Quay"', 'publisher = "The Old Quay"'
    ),
    "weeks are closed by letters": configured("[site]", '[editions]\nclose = "letter"\n\n[site]'),
    "a newer week begins": written(
        "content/2026/w30/2026-07-20-late.md",
        NEW.format(title="L", slug="l", day=20, theme="cranes", note=""),
    ),
    "the ledger tells of an earlier headline": once_called("Three cranes arrive"),
    "the editor goes back to it": retold("title: .*", "title: Three cranes arrive"),
    "the ledger no longer knows the story": retold(
        "id: .*", "id: https://quay.example/news/article/7777777/x"
    ),
    "and is again": retold(
        "id: .*", "id: https://quay.example/news/article/1000001/cranes-arrive?utm_source=rss_feed"
    ),
    "a template of their own": written("templates/story/line.html", "{{ card.headline }}"),
    "that is changed": written("templates/story/line.html", "{{ card.headline|upper }}"),
    "and goes": gone("templates/story/line.html"),
    "the style is changed": written("templates/static/print.css", "body { color: black; }\n"),
    "a feed that has brought stories is given up": configured(LEDGER_FEED, ""),
    "a story beside one of its is edited": replaced(CRANES, "\n---\n", "\n---\n\nBeside it.\n"),
}


@pytest.fixture(scope="module")
def clean_sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Site]:
    """After each of the steps, the site of a build without any memory."""
    folder = tmp_path_factory.mktemp("clean")
    root, found = copied(SMALL, folder / "small"), dict[str, Site]()
    for name, change in STEPS.items():
        change(root)
        clean = copied(root, folder / "clean")
        found[name] = site_of(clean, build(clean))
    return found


def test_a_change_of_anything_that_a_page_shows_is_detected(
    root: Path, clean_sites: dict[str, Site]
) -> None:
    build(root)
    for name, change in STEPS.items():
        change(root)

        assert site_of(root, build(root)) == clean_sites[name], f"after this step: {name}"


class Preview:
    """One builder for several builds, as in the preview: until digest.toml or a template changes."""

    def __init__(self, root: Path) -> None:
        self.root, self._seen, self._cache = root, FileHashes(root), Cache(root)
        self._seen.scan()
        self._builder: Builder | None = None

    def _anew(self) -> Builder:
        return Builder(
            self.root, config.load(self.root), self.root / "site", self._cache, extras=False
        )

    def build(self) -> Written | str:
        """Builds once more, and looks at nothing but what is another now."""
        changed = self._seen.scan()
        try:
            if any(file == "digest.toml" or file.startswith("templates/") for file in changed):
                self._builder = None
            builder = self._builder = self._builder or self._anew()
            with lock.hold(self.root):
                scanned = builder.scan(changed)
                return builder.build(scanned, builder.load(scanned)).written
        except DigestError as error:
            return str(error)

    def same_as_clean(self) -> None:
        """Holds a build of the one builder against one of the same digest without any memory."""
        clean = copied(self.root, self.root.with_name("clean"))

        assert site_of(self.root, self.build()) == site_of(clean, build(clean))


def test_one_reused_builder_builds_the_same_as_new_ones(
    root: Path, clean_sites: dict[str, Site]
) -> None:
    preview = Preview(root)
    for name, change in STEPS.items():
        change(root)

        assert site_of(root, preview.build()) == clean_sites[name], f"after this step: {name}"


@settings(max_examples=many(6))
@given(st.lists(st.lists(EDITS, min_size=1, max_size=3), min_size=1, max_size=8))
def test_a_reused_builder_equals_a_clean_build_whatever_changes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[Change]]
) -> None:
    preview = Preview(copied(SMALL, tmp_path_factory.mktemp("previewed") / "small"))
    preview.build()
    for changes in steps:
        for change in changes:
            change(preview.root)
        preview.same_as_clean()


def test_a_reused_builder_has_another_object_only_for_the_story_that_was_edited(
    root: Path,
) -> None:
    """By these objects it knows what is still up to date."""
    settled(root, lambda _: None)
    with lock.hold(root), Cache(root) as cache:
        builder = Builder(root, config.load(root), root / "site", cache, extras=False)
        loaded = builder.load(scanned := builder.scan())
        builder.build(scanned, loaded)
        of_week = stories(root)[0].parent
        assert len(list(of_week.glob("2*.md"))) > 1
        edited = next(of_week.glob("2*.md"))
        edited.write_text(f"{edited.read_text()}\nMore words.\n")
        file = edited.relative_to(root).as_posix()

        after = builder.load(builder.scan([file])).content

    pairs = zip(loaded.content.stories, after.stories, strict=True)
    changed = [new.file for old, new in pairs if old is not new]
    assert changed == [file]


def test_stories_without_an_offset_are_read_again_in_another_time_zone(root: Path) -> None:
    """Also if the cache stays open, as in the preview."""
    file = stories(root)[0].parent / "2026-05-05-local.md"
    file.write_text(NEW.format(title="Local", slug="local", day=5, theme="", note="Here."))
    file.write_text(file.read_text().replace("+08:00", ""))
    settled(root, lambda _: None)

    def published(cache: Cache) -> str:
        builder = Builder(root, config.load(root), root / "site", cache, extras=False)
        content = builder.load(builder.scan()).content
        return next(str(story.published) for story in content.stories if story.title == "Local")

    with lock.hold(root), Cache(root) as cache:
        assert published(cache).endswith("+08:00")
        settings = root / "digest.toml"
        settings.write_text(settings.read_text().replace("Asia/Hong_Kong", "America/Lima"))

        assert published(cache).endswith("-05:00")


def emptied(folder: str) -> Change:
    """Removes a folder with everything in it."""
    return lambda root: shutil.rmtree(root / folder)


def built_by_another(root: Path) -> None:
    """Builds into the same folder with a note more, and takes that back."""
    file = stories(root)[1]
    text = file.read_text()
    file.write_text(f"{text}\nSaid for a while.\n")
    assert isinstance(build(root), Written)
    file.write_text(text)


@pytest.mark.parametrize("change", [emptied("site"), emptied(".digest"), built_by_another])
def test_a_reused_builder_notices_changes_made_by_others(root: Path, change: Change) -> None:
    """The preview does not notice changes in its own output folder."""
    preview = Preview(root)
    assert isinstance(preview.build(), Written)
    noted(0, "More words.")(root)
    assert isinstance(preview.build(), Written)
    meddled(1)(root)

    change(root)

    preview.same_as_clean()


def test_a_reused_builder_checks_again_after_a_failed_build(root: Path) -> None:
    preview = Preview(root)
    assert isinstance(preview.build(), Written)
    written(
        "content/2026/w21/2026-05-20-lost.md",
        NEW.format(title="L", slug="l", day=20, theme="", note="[l](no.md)"),
    )(root)
    assert isinstance(preview.build(), str)
    meddled(1)(root)

    gone("content/2026/w21/2026-05-20-lost.md")(root)

    preview.same_as_clean()


def test_problems_are_reported_in_the_same_order_by_every_command(root: Path) -> None:
    preview = Preview(root)
    for _ in range(2):  # the times of files copied just now are not trusted yet
        assert isinstance(preview.build(), Written)
    written("content/stray.md", "Lies nowhere.\n")(root)
    replaced(RECORDED, "\n---\n", "\nheadline: Ours\n---\n")(root)

    preview.same_as_clean()


def test_the_next_builder_starts_with_the_cache_of_the_previous_one(root: Path) -> None:
    preview = Preview(root)
    done = preview.build()
    assert isinstance(done, Written)
    noted(0, "More words.")(root)

    again = Preview(root).build()

    assert isinstance(again, Written)
    assert 0 < again.written < 12 < again.unchanged


@pytest.mark.parametrize(
    "wrong", [("content/stray.md", "Lies nowhere.\n"), ("templates/week.html", "{% nonsense %}")]
)
def test_a_failed_build_loses_no_cache_entry_and_stores_none_that_is_wrong(
    root: Path, wrong: tuple[str, str]
) -> None:
    build(root)
    noted(1, "More words.")(root)
    written(*wrong)(root)
    same_as_clean(root)

    gone(wrong[0])(root)

    same_as_clean(root)


def test_two_urls_and_two_folders_are_cached_separately(root: Path) -> None:
    settings = config.load(root)
    for drafts in (False, True, False):
        build_into(
            root / ("site" if not drafts else ".digest/preview"), root, settings, drafts=drafts
        )

    assert "waits" not in (root / "site/sitemap.xml").read_text()
    same_as_clean(root)


def test_only_pages_that_show_an_edit_are_written(root: Path) -> None:
    build(root)
    file = root / "content/2026/w19/2026-05-07-gang-kou.md"
    os.utime(file, ns=(1, 1))
    file.write_text(file.read_text() + "\nA word more.\n")

    done = build(root)

    assert isinstance(done, Written)
    assert 0 < done.written < 12 < done.unchanged
    assert build(root) == Written(written=0, removed=0, unchanged=done.written + done.unchanged)


@pytest.mark.parametrize(
    ("theme", "problem"),
    [
        ("tariffs", "content/2026/w19/2026-05-05-cranes-arrive.md:7: unknown theme 'tariffs'"),
        ("lifting", "content/2026/w20/2026-05-11-cranes-arrive.md:6: unknown theme 'lifting'"),
        ("cranes", "content/themes/cranes.md: introduces an unknown theme 'cranes'"),
    ],
)
def test_a_theme_that_is_no_longer_in_digest_toml_fails_the_build_though_its_folder_is_cached(
    root: Path, theme: str, problem: str
) -> None:
    settled(root, lambda _: None)
    before = site_of(root, build(root))

    configured(f'"{theme}"', '"elsewhere"')(root)

    assert problem in str(build(root))
    same_as_clean(root)
    configured('"elsewhere"', f'"{theme}"')(root)
    assert site_of(root, build(root)) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('title = "Harbour Notes"', 'title = "New Notes"'),
        ('title = "Ice"', 'title = "New Ice"'),
        ("[[themes]]", '[[themes]]\nid = "new"\ntitle = "New"\nmatch = ["new"]\n[[themes]]'),
        ("[[feeds]]", '[[feeds]]\nid = "new"\nurl = "https://new.example/"\n[[feeds]]'),
    ],
    ids=["title", "title of a theme", "added theme", "added feed"],
)
def test_a_change_of_digest_toml_parses_no_file_again(root: Path, before: str, after: str) -> None:
    settled(root, lambda _: None)
    build(root)
    configured(before, after)(root)
    clean = copied(root, root.with_name("clean"))

    with lock.hold(root), Cache(root) as cache:
        builder = Builder(root, config.load(root), root / "site", cache, extras=False)
        scanned = builder.scan()
        for file in root.glob("content/**/*.md"):
            file.write_text("---\nnot a story any more\n")
        builder.build(scanned, builder.load(scanned))

    assert read_folder(root / "site") == site_of(clean, build(clean))


def ledgers_row(root: Path) -> tuple[bytes, bytes]:
    """The key and value that the cache has of what the ledgers know."""
    with closing(sqlite3.connect(root / FILE)) as connection:
        query = "SELECT key, value FROM cache WHERE kind = 'ledgers'"
        return connection.execute(query).fetchone()  # type: ignore[no-any-return]


def settled(root: Path, change: Change) -> None:
    """Makes a change, and waits until the stamps of its files prove something (`disk.trusted_until`)."""
    change(root)
    time.sleep(0.05)


@pytest.mark.parametrize(
    "change",
    [
        retold("title: .*", "title: Three cranes arrive"),
        replaced(RECORDED, "> The harbour board", "> The board"),
        replaced(RECORDED, "Somebody ordered", "> Quoted\n\nSomebody ordered"),
    ],
    ids=["headline", "excerpt", "note"],
)
def test_the_ledgers_are_not_read_again_after_an_edit_of_words(root: Path, change: Change) -> None:
    settled(root, lambda _: None)
    build(root)
    before = ledgers_row(root)

    settled(root, change)
    same_as_clean(root)

    assert ledgers_row(root) == before
    settled(root, retold("link: .*", "link: https://quay.example/news/article/7777777/x"))
    same_as_clean(root)
    assert ledgers_row(root) != before


def test_a_story_is_matched_again_after_an_edit_of_the_words_by_which_the_ledger_knew_it(
    root: Path,
) -> None:
    elsewhere = "https://quay.example/news/article/7777777/x"
    lasting = atom.entry_id(make_story(id=elsewhere), {})
    settled(root, retold("link: .*", f"link: {elsewhere}"))
    settled(root, retold("id: .*", f"id: {elsewhere}"))
    same_as_clean(root)
    assert lasting not in (root / "site/feed.atom").read_text()

    settled(root, retold("title: .*", "title: Other words"))
    same_as_clean(root)
    assert lasting not in (root / "site/feed.atom").read_text()  # its excerpt is still known
    settled(root, replaced(RECORDED, "> The harbour board", "> The board"))
    same_as_clean(root)

    assert lasting in (root / "site/feed.atom").read_text()
