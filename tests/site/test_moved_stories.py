"""Stories that move: redirects, addresses and Atom ids that stay, links by old names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rights import has_rights, unwritable
from sites import read_folder

from digest import config
from digest.commands import build, check, export, pull, status
from digest.content import ledger, locations, store
from digest.errors import DigestError, Faults
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


class Workspace:
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
        pull.run(self.root, settings, pull.select_feeds(settings, ()), now=self.now)

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
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


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
    workspace: Workspace, kind: str
) -> None:
    if kind == "by hand":
        file = workspace.write(f"{W20}/2026-05-12-same.md")
    elif kind == "from the inbox":
        workspace.put(
            "content/inbox/2026-05-12.md",
            "---\ntitle: same\nlink: https://by-hand.example/a\n---\n",
        )
        workspace.pull()
        file = f"{W20}/2026-05-12-same.md"
    else:
        workspace.feed(
            {key: value for key, value in item(1).items() if key != "id" or kind == "pulled"}
        )
        workspace.pull()
        file = f"{W20}/2026-05-12-same.md"
    workspace.build()

    site = {}
    for place in (
        f"{W20}/2026-05-12-one.md",
        f"{W21}/2026-05-12-one.md",
        f"{W19}/2026-05-13-two.md",
    ):
        file = workspace.move(file, place)
        site = workspace.build()
    addresses = ["2026/w20/#same", "2026/w20/#one", "2026/w21/#one"]
    assert [leads(site, address) for address in addresses] == ["2026/w19/#two"] * 3

    workspace.move(file, f"{W20}/2026-05-12-one.md")
    site = workspace.build()
    addresses = ["2026/w20/#same", "2026/w20/#one", "2026/w21/#one", "2026/w19/#two"]
    assert [leads(site, address) for address in addresses] == ["2026/w20/#one"] * 4


def test_a_pull_records_the_places_of_stories_as_a_build_does(workspace: Workspace) -> None:
    workspace.feed(item(1))
    workspace.pull()
    file = workspace.move(f"{W20}/2026-05-12-same.md", f"{W20}/2026-05-12-one.md")
    workspace.pull()
    workspace.move(file, f"{W21}/2026-05-12-two.md")

    site = workspace.build()

    assert [leads(site, f"2026/w20/#{anchor}") for anchor in ("same", "one")] == [
        "2026/w21/#two"
    ] * 2


def test_a_story_moved_into_a_week_takes_no_url_of_another(workspace: Workspace) -> None:
    workspace.feed(item(1))
    workspace.pull()
    by_hand = workspace.write(f"{W21}/2026-05-19-same.md")
    workspace.build()

    pulled = workspace.move(f"{W20}/2026-05-12-same.md", f"{W21}/2026-05-12-same.md")
    site = workspace.build()

    assert [workspace.address(file) for file in (by_hand, pulled)] == [
        "2026/w21/#same",
        "2026/w21/#same-2",
    ]
    assert leads(site, "2026/w20/#same") == "2026/w21/#same-2"


@pytest.mark.parametrize("fate", ["moved", "deleted", "hidden"])
def test_a_url_stays_reserved_after_its_story_has_moved(workspace: Workspace, fate: str) -> None:
    owner = workspace.write(f"{W20}/2026-05-12-same.md")
    workspace.build()
    if fate == "moved":
        workspace.move(owner, f"{W21}/2026-05-12-same.md")
    elif fate == "hidden":
        workspace.edit(owner, "^link", "hide: true\nlink")
    else:
        (workspace.root / owner).unlink()
    workspace.build()

    newcomer = workspace.write(f"{W20}/2026-05-11-same.md")
    workspace.build()
    if fate == "hidden":
        (workspace.root / owner).unlink()
    workspace.build()

    assert workspace.address(newcomer) == "2026/w20/#same-2"


@pytest.mark.parametrize("pulled", [False, True], ids=["by hand", "pulled"])
def test_a_story_with_an_abandoned_name_gets_neither_url_nor_id_of_the_other(
    workspace: Workspace, pulled: bool
) -> None:
    first = f"{W20}/2026-05-12-same.md"
    if pulled:
        workspace.feed(item(1))
        workspace.pull()
    else:
        workspace.write(first, "https://by-hand.example/first")
    workspace.build()
    (id,) = workspace.stories("atom_id").values()
    moved = workspace.move(first, f"{W21}/2026-05-12-same.md")
    second = workspace.write(first, "https://by-hand.example/second")
    site = workspace.build()

    assert (workspace.address(second), leads(site, "2026/w20/#same")) == (
        "2026/w20/#same-2",
        "2026/w21/#same",
    )
    ids = workspace.stories("atom_id")
    assert (ids[moved], ids[second] != id) == (id, True)
    assert workspace.build() == site


def test_moves_on_two_machines_all_redirect_to_the_merged_place(workspace: Workspace) -> None:
    file = workspace.write(f"{W20}/2026-05-12-same.md")
    workspace.build()
    base = (workspace.root / LEDGER).read_text()
    theirs = workspace.move(file, f"{W20}/2026-05-12-theirs.md")
    workspace.build()
    their_lines = (workspace.root / LEDGER).read_text().removeprefix(base)
    (workspace.root / LEDGER).write_text(base)
    workspace.move(theirs, f"{W21}/2026-05-12-ours.md")
    workspace.build()

    with (workspace.root / LEDGER).open("a") as ledger_file:
        ledger_file.write(their_lines)
    site = workspace.build()

    assert [leads(site, f"2026/w20/#{anchor}") for anchor in ("same", "theirs")] == [
        "2026/w21/#ours"
    ] * 2
    assert workspace.build() == site


def test_two_stories_that_swap_their_names_keep_their_urls(workspace: Workspace) -> None:
    one, two = (
        workspace.write(f"{W20}/2026-05-12-one.md"),
        workspace.write(f"{W20}/2026-05-12-two.md"),
    )
    workspace.build()
    between = workspace.move(one, f"{W20}/2026-05-12-between.md")
    workspace.move(two, one)
    workspace.move(between, two)

    site = workspace.build()

    assert (workspace.address(two), workspace.address(one)) == (
        "2026/w20/#two-2",
        "2026/w20/#one-2",
    )
    assert [leads(site, f"2026/w20/#{name}") for name in ("one", "two")] == [
        "2026/w20/#two-2",
        "2026/w20/#one-2",
    ]
    assert workspace.build() == site


def test_a_renamed_week_redirects_with_all_its_stories(workspace: Workspace) -> None:
    for name in ("one", "two"):
        workspace.write(f"{W20}/2026-05-12-{name}.md")
    workspace.build()
    workspace.move(W20, W21)

    site = workspace.build()

    assert [leads(site, f"2026/w20/#{name}") for name in ("one", "two")] == [
        "2026/w21/#one",
        "2026/w21/#two",
    ]


def test_a_story_with_a_changed_date_in_its_file_name_keeps_its_anchor(
    workspace: Workspace,
) -> None:
    file, other = (
        workspace.write(f"{W20}/2026-05-12-same.md"),
        workspace.write(f"{W20}/2026-05-13-same.md"),
    )
    workspace.build()
    file = workspace.move(file, f"{W20}/2026-05-14-same.md")
    site = workspace.build()

    assert [workspace.address(one) for one in (file, other)] == [
        "2026/w20/#same",
        "2026/w20/#same-2",
    ]
    assert b"_departed" not in site["2026/w20/index.html"]

    (workspace.root / file).unlink()
    workspace.build()
    assert workspace.address(other) == "2026/w20/#same-2"


def test_a_story_that_is_named_after_its_anchor_keeps_it(workspace: Workspace) -> None:
    workspace.write(f"{W20}/2026-05-11-same.md")
    second = workspace.write(f"{W20}/2026-05-12-same.md")
    workspace.build()
    second = workspace.move(second, f"{W20}/2026-05-12-same-2.md")

    for _ in range(2):
        site = workspace.build()
        assert workspace.address(second) == "2026/w20/#same-2"
        assert b"_departed" not in site["2026/w20/index.html"]


def test_drafts_and_hidden_stories_move_without_redirects(workspace: Workspace) -> None:
    draft = workspace.write(f"{W20}/2026-05-12-one.md", extra="draft: true\n")
    hidden = workspace.write(f"{W20}/2026-05-12-two.md", extra="hide: true\n")
    workspace.build()
    assert not (workspace.root / LEDGER).exists()
    draft, hidden = (
        workspace.move(draft, f"{W21}/2026-05-12-one.md"),
        workspace.move(hidden, f"{W21}/2026-05-12-two.md"),
    )
    workspace.edit(draft, "^draft: true\n", "")
    site = workspace.build()

    assert "2026/w20/index.html" not in site
    workspace.edit(hidden, "^hide: true\n", "")
    workspace.build()
    assert [one.file for one in workspace.located] == [draft, hidden]


def test_a_hidden_story_with_the_same_slug_keeps_its_place_in_the_order(
    workspace: Workspace,
) -> None:
    workspace.write(f"{W20}/2026-05-11-same.md", extra="hide: true\n")
    shown = workspace.write(f"{W20}/2026-05-12-same.md")

    for _ in range(2):
        workspace.build()
        assert workspace.address(shown) == "2026/w20/#same-2"


# ---------------------------------------------------------------- Atom ids


CHANGES = {
    "cleaned": "https://by-hand.example/a",
    "over https": "https://by-hand.example/a?utm_source=x",
    "another": "https://elsewhere.example/b",
}


@pytest.mark.parametrize("link", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("pulled", [False, True], ids=["by hand", "pulled without a guid"])
def test_an_edited_link_announces_nothing_again(
    workspace: Workspace, link: str, pulled: bool
) -> None:
    first = "http://by-hand.example/a?utm_source=x"
    file = f"{W20}/2026-05-12-same.md"
    if pulled:
        workspace.feed({key: value for key, value in item(1, url=first).items() if key != "id"})
        workspace.pull()
    else:
        workspace.write(file, first)
    site = workspace.build()
    (id,) = workspace.stories("atom_id").values()
    assert str(id).encode() in site["feed.atom"]

    workspace.edit(file, "^link: .*", f"link: {link}")
    site = workspace.build()
    assert workspace.stories("atom_id") == {file: id}
    assert str(id).encode() in site["feed.atom"]

    file = workspace.move(file, f"{W21}/2026-05-12-moved.md")
    assert leads(workspace.build(), "2026/w20/#same") == "2026/w21/#moved"
    assert workspace.stories("atom_id") == {file: id}


@pytest.mark.parametrize("id", ["https://news.example/?p=1", "number-1"])
@pytest.mark.parametrize(
    ("pattern", "words"), [("^id: .*\n", ""), ("^id: .*", "id: mine"), ("^feeds: .*\n", "")]
)
def test_a_removed_or_changed_id_announces_nothing_again(
    workspace: Workspace, id: str, pattern: str, words: str
) -> None:
    file = f"{W20}/2026-05-12-same.md"
    workspace.feed(item(1, id=id))
    workspace.pull()
    workspace.build()
    before = workspace.stories("atom_id")

    workspace.edit(file, pattern, words)
    workspace.build()
    assert workspace.stories("atom_id") == before

    moved = workspace.move(file, f"{W21}/2026-05-12-moved.md")
    assert leads(workspace.build(), "2026/w20/#same") == "2026/w21/#moved"
    assert workspace.stories("atom_id") == {moved: before[file]}


def test_a_link_changed_by_a_feed_without_guids_announces_nothing_again(
    workspace: Workspace,
) -> None:
    def entry(slug: str) -> dict[str, str]:
        link = f"https://news.example/article/3500001/{slug}"
        return {key: value for key, value in item(1, url=link).items() if key != "id"}

    file = f"{W20}/2026-05-12-same.md"
    workspace.feed(entry("first"))
    workspace.pull()
    workspace.build()
    (id,) = workspace.stories("atom_id").values()

    workspace.feed(entry("second"))
    workspace.pull()
    assert "second" in (workspace.root / file).read_text()
    file = workspace.move(file, f"{W21}/2026-05-12-moved.md")
    workspace.build()
    workspace.feed(entry("third"))
    workspace.pull()

    assert leads(workspace.build(), "2026/w20/#same") == "2026/w21/#moved"
    assert workspace.stories("atom_id") == {file: id}


def test_an_id_added_to_a_published_story_by_hand_changes_nothing(workspace: Workspace) -> None:
    file = workspace.write(f"{W20}/2026-05-12-same.md", "https://by-hand.example/a")
    workspace.build()
    before = workspace.stories("atom_id")

    workspace.edit(file, "^link", "id: https://by-hand.example/?p=1\nlink")
    workspace.build()

    assert workspace.stories("atom_id") == before


def test_a_story_with_a_link_that_another_had_first_has_its_own_id(workspace: Workspace) -> None:
    first = workspace.write(f"{W20}/2026-05-12-one.md", "https://by-hand.example/a")
    workspace.build()
    (id,) = workspace.stories("atom_id").values()
    workspace.edit(first, "^link: .*", "link: https://by-hand.example/b")
    workspace.build()
    second = workspace.write(f"{W20}/2026-05-12-two.md", "https://by-hand.example/a")

    for _ in range(2):
        workspace.build()
        ids = workspace.stories("atom_id")
        assert (ids[first], ids[second] != id) == (id, True)
        assert workspace.address(second) == "2026/w20/#two"


def test_a_feed_that_brings_a_storys_first_link_takes_nothing_from_it(
    workspace: Workspace,
) -> None:
    first = workspace.write(f"{W20}/2026-05-12-one.md", "https://news.example/a")
    workspace.build()
    before = workspace.stories("atom_id")
    workspace.edit(first, "^link: .*", "link: https://news.example/b")
    workspace.build()
    workspace.feed(
        {key: value for key, value in item(1, url="https://news.example/a").items() if key != "id"}
    )
    workspace.pull()
    pulled = f"{W20}/2026-05-12-same.md"
    workspace.build()
    ids = workspace.stories("atom_id")
    assert (ids[first], len(set(ids.values()))) == (before[first], 2)

    moved = workspace.move(pulled, f"{W21}/2026-05-12-two.md")
    assert leads(workspace.build(), "2026/w20/#same") == "2026/w21/#two"
    assert workspace.stories("atom_id") == {first: ids[first], moved: ids[pulled]}
    (workspace.root / first).unlink()
    workspace.build()
    assert workspace.stories("atom_id") == {moved: ids[pulled]}


def test_two_stories_with_one_id_are_an_error_and_are_not_recorded(workspace: Workspace) -> None:
    file = workspace.write(f"{W20}/2026-05-12-one.md", "https://by-hand.example/a")
    workspace.build()
    before = (workspace.root / LEDGER).read_bytes()
    workspace.write(f"{W20}/2026-05-12-two.md", "https://by-hand.example/a")

    with pytest.raises(Faults, match="both have the same link"):
        workspace.build()
    workspace.pull()

    assert (workspace.root / LEDGER).read_bytes() == before
    assert file


# ---------------------------------------------------------------- links by a name that a file had


@pytest.mark.parametrize("pulled", [False, True], ids=["by hand", "pulled"])
def test_a_link_to_a_storys_earlier_name_works(workspace: Workspace, pulled: bool) -> None:
    file = f"{W20}/2026-05-12-same.md"
    if pulled:
        workspace.feed(item(1))
        workspace.pull()
    else:
        workspace.write(file)
    workspace.put(f"{W20}/letter.md", "Dear reader, [this](2026-05-12-same.md).")
    workspace.build()
    file = workspace.move(file, f"{W20}/2026-05-12-one.md")
    workspace.put("content/pages/about.md", "Here is [that](2026-05-12-one.md).")
    workspace.build()
    workspace.move(file, f"{W21}/2026-05-12-two.md")
    site = workspace.build()

    assert b'<a href="/digest/2026/w21/#two">this</a>' in site["2026/w20/index.html"]
    assert b'<a href="/digest/2026/w21/#two">that</a>' in site["about/index.html"]


def test_a_link_to_a_name_that_another_story_has_now_points_to_that_story(
    workspace: Workspace,
) -> None:
    file = workspace.write(f"{W20}/2026-05-12-same.md", "https://by-hand.example/a")
    workspace.put(f"{W20}/letter.md", "Dear reader, [this](2026-05-12-same.md).")
    workspace.build()
    workspace.move(file, f"{W21}/2026-05-12-two.md")
    workspace.write(file, "https://by-hand.example/b")

    assert (
        b'<a href="/digest/2026/w20/#same-2">this</a>' in workspace.build()["2026/w20/index.html"]
    )


# ---------------------------------------------------------------- the file


def test_nothing_is_written_if_all_stories_are_where_the_ledgers_say(workspace: Workspace) -> None:
    workspace.feed(item(1), {key: value for key, value in item(2).items() if key != "id"})
    workspace.pull()
    before = read_folder(workspace.root / "content")
    workspace.pull()
    workspace.build()

    assert read_folder(workspace.root / "content") == before
    assert not (workspace.root / LEDGER).exists()


def test_one_line_is_written_for_each_place_and_link(workspace: Workspace) -> None:
    file = workspace.write(f"{W20}/2026-05-12-same.md", "https://by-hand.example/a")
    for _ in range(2):
        workspace.build()
        workspace.pull()
    assert len(workspace.located) == 1

    workspace.edit(file, "^link: .*", "link: https://by-hand.example/b")
    for _ in range(2):
        workspace.build()
        workspace.pull()

    first, second = (
        json.loads(line) for line in (workspace.root / LEDGER).read_text().splitlines()
    )
    assert first == {
        "v": 1,
        "at": first["at"],
        "file": file,
        "id": "",
        "link": "https://by-hand.example/a",
    }
    assert second == {**first, "at": second["at"], "now": "https://by-hand.example/b"}
    assert first["at"] < second["at"]


def test_a_build_after_one_that_wrote_ledger_lines_changes_nothing(workspace: Workspace) -> None:
    workspace.write(f"{W20}/2026-05-12-same.md")
    workspace.build()
    assert (workspace.root / LEDGER).exists()

    workspace.build()

    assert workspace.report.written == 0


def test_a_place_seen_by_a_preview_is_recorded_by_the_next_build(workspace: Workspace) -> None:
    workspace.write(f"{W20}/2026-05-12-same.md")
    settings = config.load(workspace.root)
    build.run(workspace.root, settings, output=workspace.root / "site", base_url=None)
    assert not (workspace.root / LEDGER).exists()

    workspace.build()

    assert len(workspace.located) == 1


def test_a_build_that_fails_records_nothing(workspace: Workspace) -> None:
    file = workspace.write(f"{W20}/2026-05-12-same.md", body="[there](missing.md)")
    with pytest.raises(Faults, match=r"missing\.md"):
        workspace.build()
    assert not (workspace.root / LEDGER).exists()

    file = workspace.move(file, f"{W21}/2026-05-12-same.md")
    workspace.edit(file, r"\[there\].*", "")
    workspace.put("site/2026/w21/index.html", "by hand")
    with pytest.raises(DigestError, match="Digest did not make this file"):
        workspace.build()
    assert not (workspace.root / LEDGER).exists()

    (workspace.root / "site/2026/w21/index.html").unlink()
    assert not any(path.startswith("2026/w20/") for path in workspace.build())
    assert [location.file for location in workspace.located] == [file]


def test_check_status_and_a_dry_run_write_nothing(workspace: Workspace) -> None:
    workspace.write(f"{W20}/2026-05-12-same.md")
    before = read_folder(workspace.root / "content")
    settings = config.load(workspace.root)

    check.run(workspace.root, now=NOW)
    status.run(workspace.root, settings, now=NOW)
    pull.run(workspace.root, settings, pull.select_feeds(settings, ()), now=NOW, dry=True)
    assert list(export.run(workspace.root, settings))

    assert read_folder(workspace.root / "content") == before


@has_rights
def test_a_build_with_a_read_only_content_folder_continues_with_a_warning(
    workspace: Workspace,
) -> None:
    workspace.write(f"{W20}/2026-05-12-same.md")
    (workspace.root / "content/ledger").mkdir()

    with unwritable(workspace.root / "content/ledger"):
        site = workspace.build()

    assert "2026/w20/index.html" in site
    assert "_places.jsonl: cannot write this file" in workspace.report.unrecorded
    assert "may break" in workspace.report.unrecorded


def test_damaged_lines_are_reported_by_check_and_skipped_by_a_build(workspace: Workspace) -> None:
    file = workspace.write(f"{W20}/2026-05-12-same.md")
    workspace.build()
    path = workspace.root / LEDGER
    broken = path.read_text().replace("https:", "https://[")
    path.write_text(
        "<<<<<<< HEAD\n"
        + path.read_text()
        + '=======\n[1]\n{"v": 1}\n\n'
        + 'null\n{"v": 1, "at": 5}\n'
        + broken
    )
    workspace.move(file, f"{W21}/2026-05-12-one.md")
    report = check.run(workspace.root, now=NOW)

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
    assert leads(workspace.build(), "2026/w20/#same") == "2026/w21/#one"
    assert status.run(workspace.root, config.load(workspace.root), now=NOW).skipped.files == (
        LEDGER,
    )


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


def test_a_new_line_is_later_than_all_existing_ones_even_if_clocks_differ(
    workspace: Workspace,
) -> None:
    workspace.feed(item(1))
    workspace.pull()
    workspace.now -= timedelta(days=3)
    workspace.move(f"{W20}/2026-05-12-same.md", f"{W21}/2026-05-12-one.md")
    workspace.build()

    (record,) = store.read_ledgers(workspace.root)[0]["first"].values()
    assert [one.at for one in workspace.located] == [ledger.later("", record.at)]
