"""A file that was deleted on one machine and comes back by git from another is reported until
someone decides.
"""

from __future__ import annotations

import subprocess

import pytest
from test_corrections import corrected, run
from test_merged_hints import WAYS, Clone, clones  # noqa: F401 - a fixture

from digest.commands import check

STORY = "content/2026/w48/2026-11-26-story-1-headline.md"


def back(clone: Clone) -> list[tuple[str, bool]]:
    """The files reported as brought back, each with True if a commit is named."""
    problems = check.run(clone.root, now=clone.now).problems
    return [
        (one.file, "in commit" in one.what)
        for one in problems
        if "a merge has brought it back" in one.what
    ]


def delete(clone: Clone, file: str = STORY, day: int = 28) -> None:
    (clone.root / file).unlink()
    clone.commit(day=day)


def meet(one: Clone, two: Clone, way: tuple[str, ...], keep: str = STORY) -> None:
    """Merges or rebases the second clone onto the first, and keeps the file if git asks."""
    try:
        two.git(*way, day=29)
    except subprocess.CalledProcessError:
        two.git("add", keep)
        if "--rebase" in way:
            two.git("-c", "core.editor=true", "rebase", "--continue", day=29)
        else:
            two.git("commit", "--quiet", "--no-edit", day=29)
    one.git("pull", "--quiet", str(two.root), "main", day=29)


@pytest.mark.parametrize("way", WAYS, ids=["merge", "rebase"])
@pytest.mark.parametrize("change", ["correction", "note", "rename"])
def test_a_story_restored_by_a_merge_is_reported_until_it_is_deleted_or_edited(
    clones: tuple[Clone, Clone],  # noqa: F811
    way: tuple[str, ...],
    change: str,
) -> None:
    one, two = clones
    delete(one)
    kept = STORY
    if change == "correction":
        for feed in "ab":
            two.tell(feed, corrected(title="Another headline"))
        two.pull()
    elif change == "note":
        two.add_note("Mine.\n")
    else:
        kept = "content/2026/w47/2026-11-26-story-1-headline.md"
        (two.root / kept).parent.mkdir()
        (two.root / STORY).rename(two.root / kept)
    two.commit(day=27)

    meet(one, two, way, kept)

    for clone in (one, two):
        assert back(clone) == [(kept, True)]
    assert f"{kept}: was deleted, and a merge has brought it back" in run("status", two.root)
    for feed in "ab":
        two.tell(feed, corrected(title="A third headline"))
    two.pull()
    two.commit(day=30)
    assert back(two) == [(kept, True)]  # a pull decides nothing
    (two.root / kept).write_text((two.root / kept).read_text() + "Keep it.\n")
    assert back(two) == []
    two.commit(day=30)
    assert back(two) == []
    delete(one, kept, day=30)
    assert back(one) == []


def pulled_by_both(both: tuple[Clone, Clone]) -> str:
    """Lets both machines pull the same new story; returns its file."""
    new = corrected(
        id="https://news.example/?p=7",
        url="https://news.example/article/3500007/x",
        title="Seventh",
    )
    for clone in both:
        for feed in "ab":
            clone.tell(feed, corrected(), new)
        clone.pull()
    return "content/2026/w48/2026-11-26-seventh.md"


def test_a_story_pulled_twice_and_deleted_once_is_reported_after_a_clean_merge(
    clones: tuple[Clone, Clone],  # noqa: F811
) -> None:
    one, two = clones
    file = pulled_by_both(clones)
    for clone in clones:
        clone.commit(day=28)
    delete(one, file)

    two.git("pull", "--no-rebase", "--quiet", "-X", "ours", day=29)

    assert back(two) == [(file, True)]


def test_a_story_deleted_only_in_the_ledger_is_reported(
    clones: tuple[Clone, Clone],  # noqa: F811
) -> None:
    one, two = clones
    file = pulled_by_both(clones)
    two.commit()
    (one.root / file).unlink()
    one.pull()  # before git had the file
    one.commit()

    two.git("pull", "--no-rebase", "--quiet", "-X", "ours", day=29)

    assert back(two) == [(file, False)]
    (two.root / file).write_text((two.root / file).read_text() + "Keep it.\n")
    assert back(two) == []
    two.commit(day=30)
    assert back(two) == []


def pulled_under_two_names(both: tuple[Clone, Clone]) -> tuple[str, str]:
    """Lets both machines pull one new story, whose headline changes in between; returns its two files."""
    for clone, title in zip(both, ("Seventh", "Seven"), strict=True):
        new = corrected(
            id="https://news.example/?p=7",
            url="https://news.example/article/3500007/x",
            title=title,
        )
        for feed in "ab":
            clone.tell(feed, corrected(), new)
        clone.pull()
        clone.commit(day=28)
    return "content/2026/w48/2026-11-26-seventh.md", "content/2026/w48/2026-11-26-seven.md"


def test_a_deleted_story_that_another_machine_renamed_is_reported(
    clones: tuple[Clone, Clone],  # noqa: F811
) -> None:
    one, two = clones
    deleted, there = pulled_under_two_names(clones)
    delete(one, deleted)

    two.git("pull", "--no-rebase", "--quiet", "-X", "ours", day=29)

    assert back(two) == [(there, True)]
    (two.root / there).write_text((two.root / there).read_text() + "Keep it.\n")
    two.commit(day=30)
    assert back(two) == []


def test_one_of_two_files_of_a_story_may_be_deleted(
    clones: tuple[Clone, Clone],  # noqa: F811
) -> None:
    _, two = clones
    surplus, _ = pulled_under_two_names(clones)
    two.git("pull", "--no-rebase", "--quiet", "-X", "ours", day=29)

    delete(two, surplus, day=30)

    assert back(two) == []


def test_a_letter_restored_by_a_merge_is_reported_and_a_hidden_story_is_not(
    clones: tuple[Clone, Clone],  # noqa: F811
) -> None:
    one, two = clones
    letter = "content/2026/w48/letter.md"
    (one.root / letter).write_text("Dear readers.\n")
    one.commit()
    two.git("pull", "--quiet")
    (one.root / letter).unlink()
    delete(one)
    (two.root / letter).write_text("Dear readers, hello.\n")
    two.edit("title:", "hide: true\ntitle:")
    two.commit(day=27)

    try:
        two.git("pull", "--no-rebase", "--quiet", day=29)
    except subprocess.CalledProcessError:
        two.git("add", "content")
        two.git("commit", "--quiet", "--no-edit", day=29)

    assert back(two) == [(letter, True)]


@pytest.mark.parametrize(
    "way", ["reverted", "pulled again", "moved away and back", "moved and rewritten", "untracked"]
)
def test_an_intended_file_is_not_reported(
    clones: tuple[Clone, Clone],  # noqa: F811
    way: str,
) -> None:
    one, _ = clones
    if way == "pulled again":
        new = corrected(
            id="https://news.example/?p=7",
            url="https://news.example/article/3500007/x",
            title="Seventh",
        )
        one.tell("a", corrected(), new)
        one.pull()
        one.commit(day=28)
        one.git("revert", "--no-edit", "HEAD", day=28)
        one.tell("a", corrected(), new)
        one.pull()
        assert (one.root / "content/2026/w48/2026-11-26-seventh.md").exists()
    elif way.startswith("moved"):
        other = one.root / "content/2026/w47/other.md"
        other.parent.mkdir()
        text = one.text
        (one.root / STORY).rename(other)
        if way == "moved and rewritten":
            other.write_text(
                text + "".join(f"A note of {number} words.\n" for number in range(200))
            )
        one.commit(day=28)
        if way == "moved away and back":
            other.rename(one.root / STORY)
    else:
        delete(one)
        if way == "reverted":
            one.git("revert", "--no-edit", "HEAD", day=29)
        else:
            (one.root / STORY).write_text("---\ntitle: T\nlink: https://news.example/t\n---\n")
    if way != "untracked":
        one.git("add", "--all")
        one.git("commit", "--quiet", "--allow-empty", "--message", "A step", day=30)

    assert back(one) == []
