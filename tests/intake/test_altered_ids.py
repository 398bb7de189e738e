"""Stories whose `id` an editor has removed or changed: they stay the stories that their feed
brought.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from builders import SETTINGS, rss
from shell import printed
from sites import read_folder

WEEK = "content/2026/w20/"
ONE, TWO = f"{WEEK}2026-05-15-one.md", f"{WEEK}2026-05-15-two.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest whose feed has brought two stories: one guid is valid only in the feed, one is a
    URI.
    """
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss())
    printed(tmp_path, "pull")
    return tmp_path


def read(root: Path, file: str) -> str:
    return (root / file).read_text()


def alter(root: Path, file: str, id: str = "") -> None:
    """Removes the `id` of a file, or replaces it."""
    lines = [
        line for line in read(root, file).splitlines(keepends=True) if not line.startswith("id: ")
    ]
    (root / file).write_text("".join([*lines[:2], *([f"id: {id}\n"] if id else []), *lines[2:]]))


def move(root: Path, old: str, new: str) -> None:
    (root / new).parent.mkdir(parents=True, exist_ok=True)
    (root / old).rename(root / new)


@pytest.mark.parametrize("id", ["", "g9", "https://mine.example/"])
@pytest.mark.parametrize("file", [ONE, TWO])
def test_corrections_still_arrive(root: Path, file: str, id: str) -> None:
    alter(root, file, id)
    (root / "first.xml").write_text(rss("One corrected", "Two corrected"))

    printed(root, "pull")

    text = read(root, file)
    assert "title: " + ("One" if file == ONE else "Two") + " corrected\n" in text
    assert " corrected.\n" in text.partition("\n> ")[2]
    assert ("\nid: " in text) is bool(id)


def test_corrections_still_arrive_where_the_file_was_moved_as_well(root: Path) -> None:
    moved = "content/2026/w21/2026-05-15-uno.md"
    alter(root, ONE)
    move(root, ONE, moved)
    (root / "first.xml").write_text(rss("One corrected"))

    printed(root, "pull")

    assert "title: One corrected\n" in read(root, moved)
    assert not (root / ONE).exists()


def test_a_file_moved_into_the_place_of_another_does_not_become_it(root: Path) -> None:
    (root / ONE).unlink()
    move(root, TWO, ONE)
    alter(root, ONE)
    (root / "first.xml").write_text(rss("One corrected", "Two corrected"))

    printed(root, "pull")

    assert "title: Two corrected\n" in read(root, ONE)
    (root / ONE).write_text("---\ntitle: Mine\nlink: https://mine.example/\n---\n")
    (root / "first.xml").write_text(rss("One again", "Two again"))
    assert "kept" not in printed(root, "pull")
    assert read(root, ONE) == "---\ntitle: Mine\nlink: https://mine.example/\n---\n"


def test_a_story_that_replaces_one_without_a_guid_in_a_file_is_found_by_its_own_link(
    tmp_path: Path,
) -> None:
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss(guids=("", "")))
    printed(tmp_path, "pull")
    mine = "---\ntitle: Three\nlink: https://news.example/tech/3/story\n---\n\nMine.\n"
    (tmp_path / ONE).write_text(mine)
    (tmp_path / "first.xml").write_text(rss("Three", guids=("", "")).replace("/1/", "/3/"))

    assert "1 adopted" in printed(tmp_path, "pull")

    assert read(tmp_path, ONE) == mine
    assert len(list((tmp_path / WEEK).iterdir())) == 2


def test_a_copy_of_a_story_without_its_id_is_not_that_story(root: Path) -> None:
    moved, text = "content/2026/w21/2026-05-15-one.md", read(root, ONE)
    move(root, ONE, moved)
    (root / ONE).write_text(text.replace("id: g1\n", ""))
    (root / "first.xml").write_text(rss("One corrected"))

    printed(root, "pull")

    assert "title: One corrected\n" in read(root, moved)
    assert "title: One\n" in read(root, ONE)


# ---------------------------------------------------------------- what readers see


def site(root: Path) -> dict[str, bytes]:
    printed(root, "build")
    return read_folder(root / "site")


def as_from_nothing(root: Path, folder: Path) -> dict[str, bytes]:
    """The site as a build without a cache makes it."""
    shutil.copytree(root, folder, ignore=shutil.ignore_patterns(".digest", "site"))
    return site(folder)


@pytest.mark.parametrize("id", ["", "g9", "https://mine.example/"])
@pytest.mark.parametrize("file", [ONE, TWO])
def test_removing_changing_or_restoring_an_id_changes_nothing_for_readers(
    root: Path, tmp_path: Path, file: str, id: str
) -> None:
    (root / "first.xml").write_text(rss("One more", "Two more"))
    printed(root, "pull")  # there are earlier headlines now
    (root / ONE).write_text(read(root, ONE) + "A note.\n")
    before, text = site(root), read(root, file)
    assert b"Earlier headline" in before["2026/w20/index.html"]

    alter(root, file, id)
    assert site(root) == before
    assert as_from_nothing(root, tmp_path / "other") == before
    (root / file).write_text(text)
    assert site(root) == before


@pytest.mark.parametrize("noted", [True, False])
def test_the_atom_id_stays_if_the_file_is_moved_as_well(root: Path, noted: bool) -> None:
    before = atom_ids(site(root))
    alter(root, ONE)
    if noted:
        site(root)
    move(root, ONE, "content/2026/w21/2026-05-15-uno.md")

    assert atom_ids(site(root)) == before


def atom_ids(site: dict[str, bytes]) -> set[str]:
    return set(re.findall(r"<id>(urn:uuid:[^<]+)</id>", site["feed.atom"].decode()))


def test_check_says_which_id_a_story_had_and_how_to_get_it_back(root: Path) -> None:
    alter(root, ONE)
    alter(root, TWO, "g9")

    what = "hint: its `id` is not the one that feed 'first' gave it:"
    assert printed(root, "check").splitlines() == [
        f"{ONE}: {what} g1; put it back",
        f"{TWO}:3: {what} tag:news.example,2026:2; put it back",
        "0 errors, 2 hints in 4 files",
    ]
    alter(root, ONE, "g1")
    (root / ONE).write_text(read(root, ONE).replace("feeds: [first]\n", ""))
    assert (
        f"{ONE}: hint: its `feeds` do not name 'first', which its `id` is from; add first to them\n"
        in printed(root, "check")
    )


def test_a_story_written_by_hand_needs_no_id(root: Path) -> None:
    by_hand = "---\ntitle: Three\nlink: https://news.example/tech/3/story\n---\n\nMine.\n"
    (root / f"{WEEK}2026-05-15-three.md").write_text(by_hand)
    more = rss().replace(
        "</channel>",
        rss("Three")
        .replace("/1/", "/3/")
        .replace("g1", "g3")
        .partition("<item>")[2]
        .partition("</item>")[0]
        .join(["<item>", "</item></channel>"]),
    )
    (root / "first.xml").write_text(more)
    assert "1 adopted" in printed(root, "pull")

    assert "0 hints" in printed(root, "check")


def test_the_atom_id_of_a_story_in_two_feeds_is_that_of_the_feed_that_wrote_it(root: Path) -> None:
    (root / "digest.toml").write_text(
        SETTINGS.replace('id = "first"', 'id = "zeta"')
        + '\n[[feeds]]\nid = "alpha"\nurl = "alpha.xml"\n'
    )
    shutil.rmtree(root / "content")
    shutil.rmtree(root / ".digest")
    (root / "alpha.xml").write_text(rss().replace("g1", "a1").replace("2026:2", "2027:2"))
    printed(root, "pull")
    (root / "first.xml").write_text(rss("One more", "Two more"))
    (root / "alpha.xml").write_text(
        rss("One more", "Two more").replace("g1", "a1").replace("2026:2", "2027:2")
    )
    printed(root, "pull")
    assert "feeds: [zeta, alpha]\n" in read(root, ONE)
    before = atom_ids(site(root))

    alter(root, ONE)
    alter(root, TWO, "other")

    assert atom_ids(site(root)) == before


def test_a_changed_id_does_not_change_when_a_week_closed(root: Path) -> None:
    later = rss("Three").replace("/1/", "/3/").replace("g1", "g3").replace("15 May", "22 May")
    (root / "first.xml").write_text(later)
    printed(root, "pull")
    before = site(root)["weeks.atom"]

    alter(root, "content/2026/w21/2026-05-22-three.md")

    assert b"<entry>" in before
    assert site(root)["weeks.atom"] == before


def test_a_corrected_link_does_not_change_the_atom_id_of_a_story_without_its_id(root: Path) -> None:
    before = atom_ids(site(root))
    alter(root, TWO)
    (root / "first.xml").write_text(rss().replace("tech/2/story", "tech/2/another-story"))

    printed(root, "pull")

    text = read(root, TWO)
    assert "link: https://news.example/tech/2/another-story\n" in text
    assert "\nid: " not in text
    assert atom_ids(site(root)) == before


# ------------------------------------------------ a story that two feeds bring in one pull


def item(guid: str) -> str:
    """An RSS document with one entry; `guid` is "" for none."""
    tag = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    return (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title><item><title>One</title>"
        f"<link>https://news.example/tech/1/story</link>{tag}"
        "<pubDate>Fri, 15 May 2026 09:32:41 +0000</pubDate></item></channel></rss>"
    )


@pytest.fixture
def shared(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A digest whose feeds `first` and `second` have brought one story, with these guids."""
    (tmp_path / "digest.toml").write_text(
        SETTINGS + '\n[[feeds]]\nid = "second"\nurl = "second.xml"\n'
    )
    for feed, guid in zip(("first", "second"), request.param, strict=True):
        (tmp_path / f"{feed}.xml").write_text(item(guid))
    printed(tmp_path, "pull")
    assert "feeds: [first, second]\n" in read(tmp_path, ONE)
    return tmp_path


def entry_id(site: dict[str, bytes]) -> str:
    """The id of the only story, without that of the feed that is its source."""
    return (
        site["feed.atom"]
        .decode()
        .partition("<entry>")[2]
        .partition("<id>")[2]
        .partition("</id>")[0]
    )


def replaced(root: Path, old: str, new: str) -> None:
    text = read(root, ONE)
    assert old in text
    (root / ONE).write_text(text.replace(old, new))


GUID, URI = "3", "https://news.example/?p=4"


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("shared", [(GUID, ""), (URI, ""), (GUID, "b9")], indirect=True)
def test_the_atom_id_stays_if_the_id_is_removed(shared: Path, moved: bool) -> None:
    before = entry_id(site(shared))
    alter(shared, ONE)
    if moved:
        site(shared)
        move(shared, ONE, "content/2026/w21/2026-05-15-uno.md")

    assert entry_id(site(shared)) == before
    assert "its `id` is not the one that feed 'first' gave it: " in printed(shared, "check")


@pytest.mark.parametrize(
    ("shared", "id"), [(("", GUID), "'3'"), (("", URI), URI)], indirect=["shared"]
)
def test_the_atom_id_stays_if_an_id_from_a_later_feed_is_added(shared: Path, id: str) -> None:
    before = entry_id(site(shared))
    alter(shared, ONE, id)

    assert entry_id(site(shared)) == before
    assert "feed 'first' gave this story no `id`, but the file has one; remove it" in printed(
        shared, "check"
    )


@pytest.mark.parametrize(
    ("feeds", "hints"),
    [
        ("feeds: [second, first]\n", "0 hints"),
        (
            "feeds: [second]\n",
            "hint: its `feeds` do not name 'first', which its `id` is from; add first to them\n",
        ),
        ("", "hint: its `feeds` do not name 'first', which its `id` is from; add first to them\n"),
    ],
)
@pytest.mark.parametrize("shared", [(GUID, ""), (GUID, GUID), (GUID, "b9")], indirect=True)
def test_the_atom_id_stays_whatever_feeds_the_story_names(
    shared: Path, feeds: str, hints: str
) -> None:
    before = entry_id(site(shared))
    replaced(shared, "feeds: [first, second]\n", feeds)

    assert entry_id(site(shared)) == before
    assert hints in printed(shared, "check")
    printed(shared, "pull")
    assert entry_id(site(shared)) == before


@pytest.mark.parametrize(
    "shared", [("", ""), ("", "b9"), ("", URI), (GUID, ""), (URI, "b9")], indirect=True
)
def test_the_atom_id_stays_if_the_link_is_edited(shared: Path) -> None:
    before = entry_id(site(shared))
    for name in ("two", "three"):
        replaced(
            shared,
            read(shared, ONE).partition("link: ")[2].partition("\n")[0],
            f"https://news.example/{name}",
        )
        assert entry_id(site(shared)) == before
    printed(shared, "pull")
    assert entry_id(site(shared)) == before


def swap(root: Path) -> None:
    """Gives each of the two stories the `id` of the other."""
    one, two = (
        re.search(r"^id: (.*)$", read(root, ONE), re.M),
        re.search(r"^id: (.*)$", read(root, TWO), re.M),
    )
    assert one and two
    alter(root, ONE, two[1])
    alter(root, TWO, one[1])


@pytest.mark.parametrize("is_other_there", [True, False])
def test_giving_a_story_anothers_id_changes_nothing_for_readers(
    root: Path, tmp_path: Path, is_other_there: bool
) -> None:
    (root / "first.xml").write_text(rss("One more", "Two more"))
    printed(root, "pull")  # there are earlier headlines now
    if not is_other_there:
        (root / TWO).unlink()
    before = site(root)

    if is_other_there:
        swap(root)
    else:
        alter(root, ONE, "tag:news.example,2026:2")

    assert site(root) == before
    assert as_from_nothing(root, tmp_path / "other") == before


def test_a_moved_story_with_anothers_id_keeps_its_atom_id_and_its_publishers_words(
    root: Path,
) -> None:
    def ids(site: dict[str, bytes]) -> dict[str, str]:
        found = re.findall(
            r"<entry>\s*<id>([^<]+)</id>\s*<title[^>]*>([^<]+)</title>", site["feed.atom"].decode()
        )
        return {title: id for id, title in found}

    before = site(root)
    swap(root)
    move(root, ONE, "content/2026/w21/2026-05-15-uno.md")

    after = site(root)
    assert ids(after) == ids(before) and ids(before).keys() == {"One", "Two"}
    quoted = (
        rb'<blockquote class="excerpt"[^>]*tech/1/story"><p>Their words on One.</p></blockquote>'
    )
    assert re.search(quoted, after["2026/w21/index.html"])


def test_corrections_arrive_in_the_right_story_if_two_ids_are_swapped(
    root: Path,
) -> None:
    swap(root)
    (root / "first.xml").write_text(rss("One corrected", "Two corrected"))

    printed(root, "pull")

    assert "title: One corrected\n" in read(
        root, ONE
    ) and "> Their words on One corrected." in read(root, ONE)
    assert "title: Two corrected\n" in read(
        root, TWO
    ) and "> Their words on Two corrected." in read(root, TWO)
    texts = read(root, ONE), read(root, TWO)
    printed(root, "pull")
    assert (read(root, ONE), read(root, TWO)) == texts


def test_check_names_the_correct_id_for_a_story_with_anothers(root: Path) -> None:
    swap(root)

    what = "hint: its `id` is not the one that feed 'first' gave it:"
    assert printed(root, "check").splitlines() == [
        f"{ONE}:3: {what} g1; put it back",
        f"{TWO}:3: {what} tag:news.example,2026:2; put it back",
        "0 errors, 2 hints in 4 files",
    ]
