"""What is remembered of the content: little is written after an edit, and nothing is believed that was not so."""

from __future__ import annotations

import gc
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from sites import read_folder
from test_incremental import SMALL, STEPS, build, copied, same_as_clean

from digest import config, disk, memory
from digest.commands.build import Builder
from digest.errors import DigestError
from digest.model import Catalogue, Story
from digest.pages import ingredients
from digest.stories.shelf import Shelf
from digest.stories.sight import look

STORY = "---\ntitle: Story {0}\nlink: https://news.example/{0}\npublished: 2026-05-04T09:00:00+08:00\n---\n\nA note.\n"
CHANGES, OUTLINES = ".digest/content.memory", ".digest/outlines.memory"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small digest with thirty stories more, as it was built and then looked at once more.

    The first build cannot tell files that were written in the moment before it from ones that may still be written.
    """
    root = copied(SMALL, tmp_path / "small")
    for number in range(30):
        file_of(root, number).write_text(STORY.format(number))
    build(root)
    build(root)
    return root


def file_of(root: Path, number: int) -> Path:
    return root / f"content/2026/w19/2026-05-04-story-{number}.md"


def edit(root: Path, *numbers: int) -> None:
    for number in numbers:
        file_of(root, number).write_text(file_of(root, number).read_text() + "\nAnd a word more.\n")


def whole(root: Path) -> bytes:
    return (root / OUTLINES).read_bytes()


def notice(root: Path) -> str:
    """Builds once more, and returns which memory was thrown away."""
    with disk.lock(root):
        builder = Builder(root, config.load(root), root / "site", searched=False)
        builder.build(builder.look())
    return builder.notice


def test_an_edit_leaves_the_outlines_as_they_were_written(root: Path) -> None:
    before = whole(root)

    edit(root, 3)
    same_as_clean(root)
    edit(root, 3, 4)
    same_as_clean(root)

    assert whole(root) == before


def test_an_edit_of_many_writes_them_anew_and_takes_all_changes_in(root: Path) -> None:
    before = whole(root)

    edit(root, *range(21))
    same_as_clean(root)

    assert whole(root) != before
    assert changes(root) == 0


def changes(root: Path) -> int:
    """How many stories are remembered as changed."""
    key = ingredients.of_reading(config.load(root))
    return len(memory.recall(root, "content.memory", key).values[2][0])


def test_edits_add_up_until_they_are_many(root: Path) -> None:
    before = whole(root)
    for number in range(20):
        edit(root, number)
        build(root)

    assert (whole(root), changes(root)) == (before, 20)
    edit(root, 20)
    same_as_clean(root)
    assert (whole(root) == before, changes(root)) == (False, 0)


@pytest.mark.parametrize("change", [lambda file: file.unlink(), lambda file: file.rename(file.with_stem("other"))])
def test_a_story_that_comes_or_goes_has_them_written_anew(root: Path, change: Callable[[Path], None]) -> None:
    before = whole(root)
    edit(root, 3)
    build(root)

    change(file_of(root, 4))
    same_as_clean(root)

    assert (whole(root) == before, changes(root)) == (False, 0)


@pytest.mark.parametrize("damage", [b"nonsense" * 9, None])
def test_damaged_outlines_are_thrown_away_with_a_word(root: Path, damage: bytes | None) -> None:
    edit(root, 3)
    build(root)
    content = whole(root)
    (root / OUTLINES).write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:] if damage is None else damage)
    edit(root, 4)

    assert notice(root) == (
        f".digest/: what the last build left there {'is damaged' if damage is None else 'is of another version'},"
        " so everything is built again"
    )
    same_as_clean(root)


def test_outlines_that_are_gone_are_made_anew_without_a_word(root: Path) -> None:
    (root / OUTLINES).unlink()
    edit(root, 4)

    assert notice(root) == ""
    same_as_clean(root)


@pytest.mark.parametrize("late", [CHANGES, OUTLINES])
def test_what_a_build_killed_between_two_writes_left_is_not_believed(root: Path, late: str) -> None:
    """The one file is of the last build, and the other of the one before; one story has other places in the two."""
    edit(root, 3)
    build(root)
    before = (root / late).read_bytes()
    file_of(root, 0).unlink()
    edit(root, *range(5, 27))
    build(root)
    (root / late).write_bytes(before)
    edit(root, 29)

    same_as_clean(root)


def test_outlines_of_another_reading_are_not_believed(root: Path) -> None:
    """As where somebody puts back the file of another digest: it is whole, and its key is the same."""
    key = ingredients.of_reading(config.load(root))
    found = memory.recall(root, "outlines.memory", key).values
    files = found[0][0]
    memory.keep(root, "outlines.memory", key, ([[*reversed(files)], *found[0][1:]], found[1]))
    edit(root, 4)

    same_as_clean(root)


def test_a_build_that_finds_nothing_new_needs_no_outlines(root: Path) -> None:
    (root / OUTLINES).unlink()

    done = build(root)

    assert not isinstance(done, str)
    assert done.written == 0
    assert not (root / OUTLINES).exists()


def test_what_is_recalled_is_what_was_read(root: Path) -> None:
    """All of it, after each of many steps, by a shelf that goes on and by one that is new each time."""
    going_on, given = shelf(root), config.load(root)
    for name, change in STEPS.items():
        change(root)
        if config.load(root) != given:
            going_on, given = shelf(root), config.load(root)

        clean = content(root, Shelf(root, config.load(root), b"of another sort."), keep=False)

        assert content(root, going_on) == clean, name
        assert content(root, shelf(root)) == clean, name
        assert content(root, shelf(root)) == clean, name


def shelf(root: Path) -> Shelf:
    given = config.load(root)
    return Shelf(root, given, ingredients.of_reading(given))


def content(root: Path, shelf: Shelf, *, keep: bool = True) -> Catalogue | str:
    """Returns all content, or what is wrong with it, and keeps it for the next run."""
    try:
        with disk.lock(root):
            seen = look(root, disk.moment(root))
            found = shelf.known(seen) or shelf.read(shelf.whole(seen), seen)
            if keep:
                shelf.keep()
    except DigestError as error:
        return str(error)
    return found._replace(story=_nobody)


def _nobody(file: str) -> Story:
    raise AssertionError(file)


def test_a_small_digest_may_gain_and_lose_stories(tmp_path: Path) -> None:
    """One with fewer stories than may be remembered as changed."""
    root = copied(SMALL, tmp_path / "small")
    new = root / "content/2026/w30/2026-07-20-new.md"
    new.parent.mkdir()
    for change in (
        lambda: build(root),
        lambda: new.write_text(STORY.format(1)),
        lambda: new.write_text(STORY.format(2)),
        new.unlink,
    ):
        change()
        same_as_clean(root)


def test_what_only_the_reading_needs_goes_with_it(root: Path) -> None:
    """Ledgers, which are much, must not live on until the collector comes by."""
    given, seen = shelf(root), look(root)
    whole = given.whole(seen)
    given.read(whole, seen)
    gc.disable()
    try:
        kept = weakref.ref(whole)
        del whole
        assert kept() is None
    finally:
        gc.enable()


def test_an_older_memory_is_right_whatever_has_changed_since(root: Path, tmp_path: Path) -> None:
    """As where .digest/ comes from a backup: the disk is believed, not the memory."""
    shutil.copytree(root / ".digest", tmp_path / "backup")
    edit(root, 3, 4)
    build(root)
    file_of(root, 5).unlink()
    build(root)
    shutil.rmtree(root / ".digest")
    shutil.copytree(tmp_path / "backup", root / ".digest")

    same_as_clean(root)

    assert read_folder(root / "site")
