"""Stories that move: redirects, addresses and Atom ids that stay, links by old names."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import read_folder

from digest import config
from digest.commands import build, check, export, pull, status
from digest.content import ledger, locations, store
from digest.errors import Faults
from digest.model import Location

SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/digest/"
[[feeds]]
id = "first"
url = "first.json"
"""
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
W19, W20, W21 = "content/2026/w19", "content/2026/w20", "content/2026/w21"
LEDGER = "content/ledger/_places.jsonl"


class Desk:
    """A digest that is edited and built, a minute later each time."""

    def __init__(self, root: Path) -> None:
        self.root, self.now = root, NOW
        (root / "digest.toml").write_text(SETTINGS)
        self.feed()

    def feed(self, *items: Mapping[str, str]) -> None:
        (self.root / "first.json").write_text(
            json.dumps(
                {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": items}
            )
        )

    def write(self, file: str, link: str = "", extra: str = "", body: str = "") -> str:
        name = file[:-3].rpartition("/")[2]
        text = f"---\ntitle: {name}\nlink: {link or f'https://by-hand.example/{name}'}\n{extra}---\n\n{body}\n"
        return self.put(file, text)

    def put(self, file: str, text: str) -> str:
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text)
        return file

    def move(self, file: str, place: str) -> str:
        (self.root / place).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).rename(self.root / place)
        return place

    def edit(self, file: str, pattern: str, words: str) -> None:
        path = self.root / file
        path.write_text(re.sub(pattern, words, path.read_text(), count=1, flags=re.MULTILINE))

    def pull(self) -> None:
        self.now += timedelta(minutes=1)
        settings = config.load(self.root)
        pull.run(self.root, settings, pull.chosen(settings, ()), now=self.now)

    def build(self) -> dict[str, bytes]:
        """Builds the site; returns its files."""
        self.now += timedelta(minutes=1)
        settings = config.load(self.root)
        self.report = build.run(
            self.root, settings, output=self.root / "site", base_url=None, now=self.now
        )
        return read_folder(self.root / "site")

    def stories(self, what: str) -> dict[str, object]:
        """What the export says of each story, by file."""
        records = export.run(self.root, config.load(self.root))
        return {str(one["file"]): one[what] for one in records if one["kind"] == "story"}

    def address(self, file: str) -> str:
        return str(self.stories("permalink")[file]).removeprefix("https://example.org/digest/")

    @property
    def located(self) -> tuple[Location, ...]:
        return store.read_locations(self.root)[0]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def item(number: int, slug: str = "same", **fields: str) -> dict[str, str]:
    """An entry of the feed, from a day of week 20."""
    link = f"https://news.example/{number}/{slug}"
    usual = {
        "id": f"https://news.example/?p={number}",
        "url": link,
        "title": slug,
        "summary": f"Said {number}.",
    }
    return {**usual, "date_published": "2026-05-12T08:00:00Z", **fields}


def leads(site: Mapping[str, bytes], address: str) -> str:
    """The address to which an anchor redirects; the same one if the story is there."""
    path, _, anchor = address.partition("#")
    page = site[f"{path}index.html"].decode()
    moved = re.search(rf'<li id="{anchor}"><a dir="auto" href="/digest/([^"]*)"', page)
    if moved:
        return moved[1]
    assert page.count(f' id="{anchor}"') == 1, f"{address} leads nowhere"
    return address


@pytest.mark.parametrize("kind", ["by hand", "pulled", "pulled without a guid", "from the inbox"])
def test_every_place_where_a_story_was_built_redirects_to_its_current_one(
    desk: Desk, kind: str
) -> None:
    if kind == "by hand":
        file = desk.write(f"{W20}/2026-05-12-same.md")
    elif kind == "from the inbox":
        desk.put(
            "content/inbox/2026-05-12.md",
            "---\ntitle: same\nlink: https://by-hand.example/a\n---\n",
        )
        desk.pull()
        file = f"{W20}/2026-05-12-same.md"
    else:
        desk.feed({key: value for key, value in item(1).items() if key != "id" or kind == "pulled"})
        desk.pull()
        file = f"{W20}/2026-05-12-same.md"
    desk.build()

    site = {}
    for place in (
        f"{W20}/2026-05-12-one.md",
        f"{W21}/2026-05-12-one.md",
        f"{W19}/2026-05-13-two.md",
    ):
        file = desk.move(file, place)
        site = desk.build()
    addresses = ["2026/w20/#same", "2026/w20/#one", "2026/w21/#one"]
    assert [leads(site, address) for address in addresses] == ["2026/w19/#two"] * 3

    desk.move(file, f"{W20}/2026-05-12-one.md")
    site = desk.build()
    addresses = ["2026/w20/#same", "2026/w20/#one", "2026/w21/#one", "2026/w19/#two"]
    assert [leads(site, address) for address in addresses] == ["2026/w20/#one"] * 4


def test_a_pull_records_the_places_of_stories_as_a_build_does(desk: Desk) -> None:
    desk.feed(item(1))
    desk.pull()
    file = desk.move(f"{W20}/2026-05-12-same.md", f"{W20}/2026-05-12-one.md")
    desk.pull()
    desk.move(file, f"{W21}/2026-05-12-two.md")

    site = desk.build()

    assert [leads(site, f"2026/w20/#{anchor}") for anchor in ("same", "one")] == [
        "2026/w21/#two"
    ] * 2


def test_a_story_moved_into_a_week_takes_no_url_of_another(desk: Desk) -> None:
    desk.feed(item(1))
    desk.pull()
    by_hand = desk.write(f"{W21}/2026-05-19-same.md")
    desk.build()

    pulled = desk.move(f"{W20}/2026-05-12-same.md", f"{W21}/2026-05-12-same.md")
    site = desk.build()

    assert [desk.address(file) for file in (by_hand, pulled)] == [
        "2026/w21/#same",
        "2026/w21/#same-2",
    ]
    assert leads(site, "2026/w20/#same") == "2026/w21/#same-2"


@pytest.mark.parametrize("fate", ["moved", "deleted", "hidden"])
def test_a_url_stays_reserved_after_its_story_has_moved(desk: Desk, fate: str) -> None:
    owner = desk.write(f"{W20}/2026-05-12-same.md")
    desk.build()
    if fate == "moved":
        desk.move(owner, f"{W21}/2026-05-12-same.md")
    elif fate == "hidden":
        desk.edit(owner, "^link", "hide: true\nlink")
    else:
        (desk.root / owner).unlink()
    desk.build()

    newcomer = desk.write(f"{W20}/2026-05-11-same.md")
    desk.build()
    if fate == "hidden":
        (desk.root / owner).unlink()
    desk.build()

    assert desk.address(newcomer) == "2026/w20/#same-2"


@pytest.mark.parametrize("pulled", [False, True], ids=["by hand", "pulled"])
def test_a_story_with_an_abandoned_name_gets_neither_url_nor_id_of_the_other(
    desk: Desk, pulled: bool
) -> None:
    first = f"{W20}/2026-05-12-same.md"
    if pulled:
        desk.feed(item(1))
        desk.pull()
    else:
        desk.write(first, "https://by-hand.example/first")
    desk.build()
    (id,) = desk.stories("atom_id").values()
    moved = desk.move(first, f"{W21}/2026-05-12-same.md")
    second = desk.write(first, "https://by-hand.example/second")
    site = desk.build()

    assert (desk.address(second), leads(site, "2026/w20/#same")) == (
        "2026/w20/#same-2",
        "2026/w21/#same",
    )
    ids = desk.stories("atom_id")
    assert (ids[moved], ids[second] != id) == (id, True)
    assert desk.build() == site


def test_moves_on_two_machines_all_redirect_to_the_merged_place(desk: Desk) -> None:
    file = desk.write(f"{W20}/2026-05-12-same.md")
    desk.build()
    base = (desk.root / LEDGER).read_text()
    theirs = desk.move(file, f"{W20}/2026-05-12-theirs.md")
    desk.build()
    their_lines = (desk.root / LEDGER).read_text().removeprefix(base)
    (desk.root / LEDGER).write_text(base)
    desk.move(theirs, f"{W21}/2026-05-12-ours.md")
    desk.build()

    with (desk.root / LEDGER).open("a") as ledger_file:
        ledger_file.write(their_lines)
    site = desk.build()

    assert [leads(site, f"2026/w20/#{anchor}") for anchor in ("same", "theirs")] == [
        "2026/w21/#ours"
    ] * 2
    assert desk.build() == site


def test_two_stories_that_swap_their_names_keep_their_urls(desk: Desk) -> None:
    one, two = desk.write(f"{W20}/2026-05-12-one.md"), desk.write(f"{W20}/2026-05-12-two.md")
    desk.build()
    between = desk.move(one, f"{W20}/2026-05-12-between.md")
    desk.move(two, one)
    desk.move(between, two)

    site = desk.build()

    assert (desk.address(two), desk.address(one)) == ("2026/w20/#two-2", "2026/w20/#one-2")
    assert [leads(site, f"2026/w20/#{name}") for name in ("one", "two")] == [
        "2026/w20/#two-2",
        "2026/w20/#one-2",
    ]
    assert desk.build() == site


def test_a_renamed_week_redirects_with_all_its_stories(desk: Desk) -> None:
    for name in ("one", "two"):
        desk.write(f"{W20}/2026-05-12-{name}.md")
    desk.build()
    desk.move(W20, W21)

    site = desk.build()

    assert [leads(site, f"2026/w20/#{name}") for name in ("one", "two")] == [
        "2026/w21/#one",
        "2026/w21/#two",
    ]


def test_a_story_with_a_changed_date_in_its_file_name_keeps_its_anchor(desk: Desk) -> None:
    file, other = desk.write(f"{W20}/2026-05-12-same.md"), desk.write(f"{W20}/2026-05-13-same.md")
    desk.build()
    file = desk.move(file, f"{W20}/2026-05-14-same.md")
    site = desk.build()

    assert [desk.address(one) for one in (file, other)] == ["2026/w20/#same", "2026/w20/#same-2"]
    assert b"_departed" not in site["2026/w20/index.html"]

    (desk.root / file).unlink()
    desk.build()
    assert desk.address(other) == "2026/w20/#same-2"


def test_a_story_that_is_named_after_its_anchor_keeps_it(desk: Desk) -> None:
    desk.write(f"{W20}/2026-05-11-same.md")
    second = desk.write(f"{W20}/2026-05-12-same.md")
    desk.build()
    second = desk.move(second, f"{W20}/2026-05-12-same-2.md")

    for _ in range(2):
        site = desk.build()
        assert desk.address(second) == "2026/w20/#same-2"
        assert b"_departed" not in site["2026/w20/index.html"]


def test_drafts_and_hidden_stories_move_without_redirects(desk: Desk) -> None:
    draft = desk.write(f"{W20}/2026-05-12-one.md", extra="draft: true\n")
    hidden = desk.write(f"{W20}/2026-05-12-two.md", extra="hide: true\n")
    desk.build()
    assert not (desk.root / LEDGER).exists()
    draft, hidden = (
        desk.move(draft, f"{W21}/2026-05-12-one.md"),
        desk.move(hidden, f"{W21}/2026-05-12-two.md"),
    )
    desk.edit(draft, "^draft: true\n", "")
    site = desk.build()

    assert "2026/w20/index.html" not in site
    desk.edit(hidden, "^hide: true\n", "")
    desk.build()
    assert [one.file for one in desk.located] == [draft, hidden]


def test_a_hidden_story_with_the_same_slug_keeps_its_place_in_the_order(desk: Desk) -> None:
    desk.write(f"{W20}/2026-05-11-same.md", extra="hide: true\n")
    shown = desk.write(f"{W20}/2026-05-12-same.md")

    for _ in range(2):
        desk.build()
        assert desk.address(shown) == "2026/w20/#same-2"


# ---------------------------------------------------------------- Atom ids


CHANGES = {
    "cleaned": "https://by-hand.example/a",
    "over https": "https://by-hand.example/a?utm_source=x",
    "another": "https://elsewhere.example/b",
}


@pytest.mark.parametrize("link", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("pulled", [False, True], ids=["by hand", "pulled without a guid"])
def test_an_edited_link_announces_nothing_again(desk: Desk, link: str, pulled: bool) -> None:
    first = "http://by-hand.example/a?utm_source=x"
    file = f"{W20}/2026-05-12-same.md"
    if pulled:
        desk.feed({key: value for key, value in item(1, url=first).items() if key != "id"})
        desk.pull()
    else:
        desk.write(file, first)
    site = desk.build()
    (id,) = desk.stories("atom_id").values()
    assert str(id).encode() in site["feed.atom"]

    desk.edit(file, "^link: .*", f"link: {link}")
    site = desk.build()
    assert desk.stories("atom_id") == {file: id}
    assert str(id).encode() in site["feed.atom"]

    file = desk.move(file, f"{W21}/2026-05-12-moved.md")
    assert leads(desk.build(), "2026/w20/#same") == "2026/w21/#moved"
    assert desk.stories("atom_id") == {file: id}


@pytest.mark.parametrize("id", ["https://news.example/?p=1", "number-1"])
@pytest.mark.parametrize(
    ("pattern", "words"), [("^id: .*\n", ""), ("^id: .*", "id: mine"), ("^feeds: .*\n", "")]
)
def test_a_removed_or_changed_id_announces_nothing_again(
    desk: Desk, id: str, pattern: str, words: str
) -> None:
    file = f"{W20}/2026-05-12-same.md"
    desk.feed(item(1, id=id))
    desk.pull()
    desk.build()
    before = desk.stories("atom_id")

    desk.edit(file, pattern, words)
    desk.build()
    assert desk.stories("atom_id") == before

    moved = desk.move(file, f"{W21}/2026-05-12-moved.md")
    assert leads(desk.build(), "2026/w20/#same") == "2026/w21/#moved"
    assert desk.stories("atom_id") == {moved: before[file]}


def test_a_link_changed_by_a_feed_without_guids_announces_nothing_again(desk: Desk) -> None:
    def entry(slug: str) -> dict[str, str]:
        link = f"https://news.example/article/3500001/{slug}"
        return {key: value for key, value in item(1, url=link).items() if key != "id"}

    file = f"{W20}/2026-05-12-same.md"
    desk.feed(entry("first"))
    desk.pull()
    desk.build()
    (id,) = desk.stories("atom_id").values()

    desk.feed(entry("second"))
    desk.pull()
    assert "second" in (desk.root / file).read_text()
    file = desk.move(file, f"{W21}/2026-05-12-moved.md")
    desk.build()
    desk.feed(entry("third"))
    desk.pull()

    assert leads(desk.build(), "2026/w20/#same") == "2026/w21/#moved"
    assert desk.stories("atom_id") == {file: id}


def test_an_id_added_to_a_published_story_by_hand_changes_nothing(desk: Desk) -> None:
    file = desk.write(f"{W20}/2026-05-12-same.md", "https://by-hand.example/a")
    desk.build()
    before = desk.stories("atom_id")

    desk.edit(file, "^link", "id: https://by-hand.example/?p=1\nlink")
    desk.build()

    assert desk.stories("atom_id") == before


def test_a_story_with_a_link_that_another_had_first_has_its_own_id(desk: Desk) -> None:
    first = desk.write(f"{W20}/2026-05-12-one.md", "https://by-hand.example/a")
    desk.build()
    (id,) = desk.stories("atom_id").values()
    desk.edit(first, "^link: .*", "link: https://by-hand.example/b")
    desk.build()
    second = desk.write(f"{W20}/2026-05-12-two.md", "https://by-hand.example/a")

    for _ in range(2):
        desk.build()
        ids = desk.stories("atom_id")
        assert (ids[first], ids[second] != id) == (id, True)
        assert desk.address(second) == "2026/w20/#two"


def test_a_feed_that_brings_a_storys_first_link_takes_nothing_from_it(
    desk: Desk,
) -> None:
    first = desk.write(f"{W20}/2026-05-12-one.md", "https://news.example/a")
    desk.build()
    before = desk.stories("atom_id")
    desk.edit(first, "^link: .*", "link: https://news.example/b")
    desk.build()
    desk.feed(
        {key: value for key, value in item(1, url="https://news.example/a").items() if key != "id"}
    )
    desk.pull()
    pulled = f"{W20}/2026-05-12-same.md"
    desk.build()
    ids = desk.stories("atom_id")
    assert (ids[first], len(set(ids.values()))) == (before[first], 2)

    moved = desk.move(pulled, f"{W21}/2026-05-12-two.md")
    assert leads(desk.build(), "2026/w20/#same") == "2026/w21/#two"
    assert desk.stories("atom_id") == {first: ids[first], moved: ids[pulled]}
    (desk.root / first).unlink()
    desk.build()
    assert desk.stories("atom_id") == {moved: ids[pulled]}


def test_two_stories_with_one_id_are_an_error_and_are_not_recorded(desk: Desk) -> None:
    file = desk.write(f"{W20}/2026-05-12-one.md", "https://by-hand.example/a")
    desk.build()
    before = (desk.root / LEDGER).read_bytes()
    desk.write(f"{W20}/2026-05-12-two.md", "https://by-hand.example/a")

    with pytest.raises(Faults, match="both have the same link"):
        desk.build()
    desk.pull()

    assert (desk.root / LEDGER).read_bytes() == before
    assert file


# ---------------------------------------------------------------- links by a name that a file had


@pytest.mark.parametrize("pulled", [False, True], ids=["by hand", "pulled"])
def test_a_link_to_a_storys_earlier_name_works(desk: Desk, pulled: bool) -> None:
    file = f"{W20}/2026-05-12-same.md"
    if pulled:
        desk.feed(item(1))
        desk.pull()
    else:
        desk.write(file)
    desk.put(f"{W20}/letter.md", "Dear reader, [this](2026-05-12-same.md).")
    desk.build()
    file = desk.move(file, f"{W20}/2026-05-12-one.md")
    desk.put("content/pages/about.md", "Here is [that](2026-05-12-one.md).")
    desk.build()
    desk.move(file, f"{W21}/2026-05-12-two.md")
    site = desk.build()

    assert b'<a href="/digest/2026/w21/#two">this</a>' in site["2026/w20/index.html"]
    assert b'<a href="/digest/2026/w21/#two">that</a>' in site["about/index.html"]


def test_a_link_to_a_name_that_another_story_has_now_points_to_that_story(desk: Desk) -> None:
    file = desk.write(f"{W20}/2026-05-12-same.md", "https://by-hand.example/a")
    desk.put(f"{W20}/letter.md", "Dear reader, [this](2026-05-12-same.md).")
    desk.build()
    desk.move(file, f"{W21}/2026-05-12-two.md")
    desk.write(file, "https://by-hand.example/b")

    assert b'<a href="/digest/2026/w20/#same-2">this</a>' in desk.build()["2026/w20/index.html"]


# ---------------------------------------------------------------- the file


def test_nothing_is_written_if_all_stories_are_where_the_ledgers_say(desk: Desk) -> None:
    desk.feed(item(1), {key: value for key, value in item(2).items() if key != "id"})
    desk.pull()
    before = read_folder(desk.root / "content")
    desk.pull()
    desk.build()

    assert read_folder(desk.root / "content") == before
    assert not (desk.root / LEDGER).exists()


def test_one_line_is_written_for_each_place_and_link(desk: Desk) -> None:
    file = desk.write(f"{W20}/2026-05-12-same.md", "https://by-hand.example/a")
    for _ in range(2):
        desk.build()
        desk.pull()
    assert len(desk.located) == 1

    desk.edit(file, "^link: .*", "link: https://by-hand.example/b")
    for _ in range(2):
        desk.build()
        desk.pull()

    first, second = (json.loads(line) for line in (desk.root / LEDGER).read_text().splitlines())
    assert first == {
        "v": 1,
        "at": first["at"],
        "file": file,
        "id": "",
        "link": "https://by-hand.example/a",
    }
    assert second == {**first, "at": second["at"], "now": "https://by-hand.example/b"}
    assert first["at"] < second["at"]


def test_a_build_after_one_that_wrote_ledger_lines_changes_nothing(desk: Desk) -> None:
    desk.write(f"{W20}/2026-05-12-same.md")
    desk.build()
    assert (desk.root / LEDGER).exists()

    desk.build()

    assert desk.report.written == 0


def test_a_place_seen_by_a_preview_is_recorded_by_the_next_build(desk: Desk) -> None:
    desk.write(f"{W20}/2026-05-12-same.md")
    settings = config.load(desk.root)
    build.run(desk.root, settings, output=desk.root / "site", base_url=None)
    assert not (desk.root / LEDGER).exists()

    desk.build()

    assert len(desk.located) == 1


def test_check_status_and_a_dry_run_write_nothing(desk: Desk) -> None:
    desk.write(f"{W20}/2026-05-12-same.md")
    before = read_folder(desk.root / "content")
    settings = config.load(desk.root)

    check.run(desk.root, now=NOW)
    status.run(desk.root, settings, now=NOW)
    pull.run(desk.root, settings, pull.chosen(settings, ()), now=NOW, dry=True)
    assert list(export.run(desk.root, settings))

    assert read_folder(desk.root / "content") == before


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Prevents every user, root included, from putting a file into a folder."""
    if os.geteuid():
        folder.chmod(0o555)
    elif subprocess.run(["chattr", "+i", folder], capture_output=True, check=False).returncode:
        pytest.skip("root may write everywhere on this disk")
    try:
        yield
    finally:
        if os.geteuid():
            folder.chmod(0o755)
        else:
            subprocess.run(["chattr", "-i", folder], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are another thing on this system")
def test_a_build_with_a_read_only_content_folder_continues_with_a_warning(
    desk: Desk,
) -> None:
    desk.write(f"{W20}/2026-05-12-same.md")
    (desk.root / "content/ledger").mkdir()

    with unwritable(desk.root / "content/ledger"):
        site = desk.build()

    assert "2026/w20/index.html" in site
    assert "_places.jsonl: cannot write this file" in desk.report.unrecorded
    assert "may break" in desk.report.unrecorded


def test_damaged_lines_are_reported_by_check_and_skipped_by_a_build(desk: Desk) -> None:
    file = desk.write(f"{W20}/2026-05-12-same.md")
    desk.build()
    path = desk.root / LEDGER
    broken = path.read_text().replace("https:", "https://[")
    path.write_text(
        "<<<<<<< HEAD\n"
        + path.read_text()
        + '=======\n[1]\n{"v": 1}\n\n'
        + 'null\n{"v": 1, "at": 5}\n'
        + broken
    )
    desk.move(file, f"{W21}/2026-05-12-one.md")
    report = check.run(desk.root, now=NOW)

    found = [(problem.line, problem.what) for problem in report.problems if problem.file == LEDGER]
    marks, lines = "a merge-conflict mark", "not a line of the ledger"
    assert found == [
        (1, marks),
        (3, marks),
        (4, lines),
        (5, lines),
        (7, lines),
        (8, lines),
        (9, lines),
    ]
    assert leads(desk.build(), "2026/w20/#same") == "2026/w21/#one"
    assert status.run(desk.root, config.load(desk.root), now=NOW).skipped.files == (LEDGER,)


LINES = st.builds(
    Location,
    at=st.sampled_from(["2026-05-19T11:30:04.000000Z", "2026-05-20T11:30:04.000000Z"]),
    file=st.sampled_from([f"{W20}/2026-05-12-same.md", f"{W21}/2026-05-12-same.md", "nonsense"]),
    id=st.text(st.characters(exclude_categories=["Cs"])),
    link=st.sampled_from(["https://by-hand.example/a", "https://by-hand.example/?b=\u2028"]),
    now=st.sampled_from(["https://by-hand.example/a", "http://by-hand.example/"]),
)


@given(st.lists(LINES), st.randoms())
def test_lines_are_read_as_a_set_whatever_their_content(
    lines: list[Location], random: object
) -> None:
    texts = [locations.dumps(line) for line in (*lines, *lines)]
    random.shuffle(texts)  # type: ignore[attr-defined]

    assert locations.loads("".join(texts).encode()) == (tuple(sorted(set(lines))), ())


def test_a_new_line_is_later_than_all_existing_ones_even_if_clocks_differ(desk: Desk) -> None:
    desk.feed(item(1))
    desk.pull()
    desk.now -= timedelta(days=3)
    desk.move(f"{W20}/2026-05-12-same.md", f"{W21}/2026-05-12-one.md")
    desk.build()

    (record,) = store.read_ledgers(desk.root)[0]["first"].values()
    assert [one.at for one in desk.located] == [ledger.later("", record.at)]
