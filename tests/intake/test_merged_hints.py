"""A pull on one machine changes a headline while an editor works on another, and git merges the
two.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from test_corrections import Workspace, corrected

from digest import config
from digest.commands import excerpts, status, themes

FEED_WORDS = "Chip chief convicted"
CHANGED = f"its headline has changed since {{}}: 'Story 1 headline' → '{FEED_WORDS}'"


class Clone(Workspace):
    """A clone of a digest on another machine."""

    def git(self, *words: str, day: int = 28) -> None:
        at = f"2026-11-{day}T08:00:00Z"
        names = {
            f"GIT_{who}_{what}": "ada@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        environment = {
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "HOME": str(self.root),
            **names,
            **dates,
        }
        subprocess.run(
            ["git", *words], cwd=self.root, env=environment, check=True, capture_output=True
        )

    def commit(self, day: int = 28) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A step", day=day)

    def hints(self) -> list[str]:
        return [hint for hint in super().hints() if "headline" in hint]

    @property
    def changed(self) -> tuple[str, ...]:
        return status.run(self.root, config.load(self.root), now=self.now).changed_by_pull


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Clone, Clone]:
    """Two clones of a digest with one story; pulls run in the first."""
    return make_clones(tmp_path)


def make_clones(folder: Path, inside: str = "") -> tuple[Clone, Clone]:
    """Two clones of a repository with a digest in this folder of it."""
    (folder / "one" / inside).mkdir(parents=True)
    one = Clone(folder / "one" / inside)
    one.tell("a", corrected())
    one.tell("b", corrected())
    one.pull()
    (one.root / ".gitignore").write_text(".digest/\n")
    (one.root / ".gitattributes").write_text("content/ledger/*.jsonl merge=union text eol=lf\n")
    one.git("init", "--quiet", "--initial-branch=main", str(folder / "one"))
    one.commit(day=27)
    one.git("clone", "--quiet", str(folder / "one"), str(folder / "two"))
    two = Clone.__new__(Clone)
    two.root, two.now = folder / "two" / inside, one.now + timedelta(days=2)
    (two.root / ".digest").mkdir()
    return one, two


def turn(one: Clone) -> None:
    """The publisher changes the headline; the machine that pulls commits the change."""
    for feed in "ab":
        one.tell(feed, corrected(title=FEED_WORDS))
    one.pull()
    one.commit(day=28)


WAYS = [("pull", "--no-rebase", "--quiet"), ("pull", "--rebase", "--quiet")]


@pytest.mark.parametrize("way", WAYS, ids=["merge", "rebase"])
@pytest.mark.parametrize("words", ["note", "headline", "edited note"])
def test_the_hint_stays_after_a_clean_merge_until_the_editor_edits_the_file(
    clones: tuple[Clone, Clone], way: tuple[str, ...], words: str
) -> None:
    one, two = clones
    if words == "edited note":
        one.add_note("So he goes free.\n")
        one.commit(day=27)
        two.git("pull", "--quiet")
        two.add_note("\nAnd so does she.\n")
    elif words == "note":
        two.add_note("So he goes free.\n")
    else:
        two.edit("themes: []\n", "themes: []\nheadline: Free\n")
    two.commit(day=28)
    turn(one)

    two.git(*way, day=29)

    hint = CHANGED.format("your own headline" if words == "headline" else "your note")
    assert (two.hints(), two.changed) == ([hint], (two.story.file,))
    assert one.hints() == ([hint] if words == "edited note" else [])
    two.edit("title:", "lead: true\ntitle:")
    assert two.hints() == []
    two.commit(day=30)
    assert (two.hints(), two.changed) == ([], ())


@pytest.mark.parametrize("way", WAYS, ids=["merge", "rebase"])
def test_the_hint_is_also_there_in_a_folder_of_a_repository(
    tmp_path: Path, way: tuple[str, ...]
) -> None:
    one, two = make_clones(tmp_path, "beat")
    two.add_note("So he goes free.\n")
    two.commit(day=28)
    turn(one)

    two.git(*way, day=29)

    assert two.hints() == [CHANGED.format("your note")]
    two.git("mv", two.story.file, two.story.file.replace(".md", "-moved.md"))
    two.commit(day=30)
    assert two.hints() == [CHANGED.format("your note")]


def test_the_hint_is_also_there_if_the_commit_of_the_pull_was_rebased(
    clones: tuple[Clone, Clone],
) -> None:
    one, two = clones
    two.add_note("So he goes free.\n")
    two.commit(day=28)
    turn(one)

    one.git("pull", "--rebase", "--quiet", str(two.root), "main", day=29)

    assert one.hints() == [CHANGED.format("your note")]
    one.edit("free", "to jail")
    one.commit(day=30)
    assert one.hints() == []


@pytest.mark.parametrize("first", ["the editor's pull", "the other pull"])
@pytest.mark.parametrize("kept", ["ours", "theirs"])
def test_the_hint_stays_if_two_machines_have_pulled_the_change_and_one_updated_is_kept(
    clones: tuple[Clone, Clone], first: str, kept: str
) -> None:
    one, two = clones
    two.add_note("So he goes free.\n")
    two.commit(day=28)
    one.now, two.now = one.now + timedelta(days=first != "the other pull"), one.now
    two.now += timedelta(days=first == "the other pull")
    turn(one)
    turn(two)
    assert two.hints() == [CHANGED.format("your note")]
    two.git("fetch", "--quiet")

    two.git("merge", "--no-edit", f"--strategy-option={kept}", "origin/main", day=29)

    assert "So he goes free." in two.text
    assert (two.hints(), two.changed) == ([CHANGED.format("your note")], (two.story.file,))
    two.edit("free", "to jail")
    assert two.hints() == []
    two.commit(day=30)
    assert (two.hints(), two.changed) == ([], ())


@pytest.mark.parametrize("way", WAYS, ids=["merge", "rebase"])
def test_the_hint_stays_if_another_correction_is_pulled_before_the_editor_edits_the_merged_file(
    clones: tuple[Clone, Clone], way: tuple[str, ...]
) -> None:
    one, two = clones
    two.add_note("So he goes free.\n")
    two.commit(day=28)
    turn(one)
    two.git(*way, day=29)

    for feed in "ab":
        two.tell(feed, corrected(title=FEED_WORDS, summary="He goes to jail."))
    two.pull()

    assert "> He goes to jail." in two.text
    assert two.hints() == [CHANGED.format("your note")]
    two.commit(day=30)
    assert two.hints() == [CHANGED.format("your note")]
    two.edit("free", "to jail")
    assert two.hints() == []


THEME = '[[themes]]\nid = "chips"\ntitle = "Chips"\nmatch = ["headline", "chip"]\n'


def add_theme(clone: Clone) -> None:
    with (clone.root / "digest.toml").open("a") as settings:
        settings.write(THEME)


def choose_theme(clone: Clone) -> None:
    """An editor gives the story a theme."""
    add_theme(clone)
    clone.edit("themes: []", "themes: [chips]")


def apply_themes(clone: Clone) -> None:
    """`digest themes --apply` gives the story a theme."""
    add_theme(clone)
    assert themes.apply(clone.root, config.load(clone.root), now=clone.now).changed


def take_theme_off(clone: Clone) -> None:
    """`digest themes --apply --all-stories` takes off a theme that an editor chose and that is
    gone.
    """
    settings = clone.root / "digest.toml"
    settings.write_text(settings.read_text().replace(THEME, ""))
    report = themes.apply(clone.root, config.load(clone.root), now=clone.now, all_stories=True)
    assert report.changed


def apply_excerpts(clone: Clone) -> None:
    """`digest excerpts --apply` shortens the story's excerpt."""
    settings = clone.root / "digest.toml"
    settings.write_text(settings.read_text().replace("[[feeds]]", "[[feeds]]\nexcerpt = 3"))
    assert excerpts.run(clone.root, config.load(clone.root), now=clone.now).changed


APPLY = [apply_themes, take_theme_off, apply_excerpts]


@pytest.mark.parametrize("way", WAYS, ids=["merge", "rebase"])
@pytest.mark.parametrize("apply", APPLY)
def test_the_hint_stays_if_digest_itself_edits_the_merged_file(
    clones: tuple[Clone, Clone], way: tuple[str, ...], apply: Callable[[Clone], None]
) -> None:
    one, two = clones
    if apply == take_theme_off:
        choose_theme(two)
    two.add_note("So he goes free.\n")
    two.commit(day=28)
    turn(one)
    two.git(*way, day=29)
    assert two.hints() == [CHANGED.format("your note")]

    apply(two)

    assert two.hints() == [CHANGED.format("your note")]
    two.commit(day=30)
    assert two.hints() == [CHANGED.format("your note")]
    two.edit("free", "to jail")
    assert two.hints() == []


@pytest.mark.parametrize("apply", APPLY)
def test_the_hint_stays_if_digest_itself_edits_a_file_as_the_pull_left_it(
    clones: tuple[Clone, Clone], apply: Callable[[Clone], None]
) -> None:
    one, _ = clones
    if apply == take_theme_off:
        choose_theme(one)
    one.add_note("So he goes free.\n")
    turn(one)
    assert one.hints() == [CHANGED.format("your note")]

    apply(one)

    assert one.hints() == [CHANGED.format("your note")]
    one.edit("free", "to jail")
    assert one.hints() == []


def move(clone: Clone, *, commit: bool) -> None:
    """An editor moves the story to another week, and changes no word."""
    week = clone.root / "content/2026/w49"
    week.mkdir(parents=True, exist_ok=True)
    clone.file.rename(week / clone.file.name)
    if commit:
        clone.commit(day=28)


@pytest.mark.parametrize("way", WAYS, ids=["merge", "rebase"])
@pytest.mark.parametrize("when", ["with the note", "before the merge", "after the merge"])
def test_the_hint_stays_if_the_editor_moves_the_file(
    clones: tuple[Clone, Clone], way: tuple[str, ...], when: str
) -> None:
    one, two = clones
    two.add_note("So he goes free.\n")
    if when != "with the note":
        two.commit(day=28)
    if when != "after the merge":
        move(two, commit=True)
    turn(one)

    two.git(*way, day=29)
    if when == "after the merge":
        move(two, commit=False)
        assert two.hints() == [CHANGED.format("your note")]
        two.commit(day=29)

    assert two.hints() == [CHANGED.format("your note")]
    for feed in "ab":
        two.tell(feed, corrected(title=FEED_WORDS, summary="He goes to jail."))
    two.pull()
    assert two.hints() == [CHANGED.format("your note")]
    two.commit(day=30)
    assert two.hints() == [CHANGED.format("your note")]
    two.edit("free", "to jail")
    assert two.hints() == []


def test_a_moved_and_edited_file_has_no_hint_after_a_merge(clones: tuple[Clone, Clone]) -> None:
    one, two = clones
    two.add_note("So he goes free.\n")
    two.commit(day=28)
    turn(one)
    two.git("pull", "--no-rebase", "--quiet", day=29)
    two.edit("free", "to jail")

    move(two, commit=False)

    assert two.hints() == []
    two.commit(day=30)
    assert two.hints() == []


def test_a_note_that_is_written_below_the_new_headline_has_no_hint(
    clones: tuple[Clone, Clone],
) -> None:
    one, two = clones
    turn(one)
    assert (one.hints(), one.changed) == ([], ())
    two.git("pull", "--quiet")

    two.add_note("He is convicted.\n")

    assert two.hints() == []
    two.commit(day=29)
    assert two.hints() == []


def test_without_git_any_edit_ends_a_hint(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for feed in "ab":
        workspace.tell(feed, corrected())
    workspace.pull()
    workspace.add_note("So he goes free.\n")
    for feed in "ab":
        workspace.tell(feed, corrected(title=FEED_WORDS))
    workspace.pull()
    assert workspace.hints() == [CHANGED.format("your note")]

    workspace.edit("free", "to jail")

    assert workspace.hints() == []


SIDES = [
    ("merge", "--no-edit", "--strategy-option=ours", "origin/main"),
    ("rebase", "--strategy-option=theirs", "origin/main"),
]


def with_correction_left_out(
    clones: tuple[Clone, Clone], way: tuple[str, ...], line: str = "lead: true"
) -> Clone:
    """The second clone after it has edited the story and kept its own side of the pull's correction."""
    one, two = clones
    two.edit("link:", f"{line}\nlink:")
    two.commit(day=28)
    turn(one)
    two.git("fetch", "--quiet")
    two.git(*way, day=29)
    return two


@pytest.mark.parametrize("way", SIDES, ids=["merge", "rebase"])
@pytest.mark.parametrize("line", ["lead: true", "headline: Free"])
def test_a_correction_that_a_merge_leaves_out_is_a_hint_until_the_file_is_edited(
    clones: tuple[Clone, Clone], way: tuple[str, ...], line: str
) -> None:
    two = with_correction_left_out(clones, way, line)

    assert two.story.title == "Story 1 headline"
    hint = f"the feed's headline is now '{FEED_WORDS}'; the file has its earlier one, 'Story 1 headline'"
    assert (two.hints(), two.changed) == ([hint], (two.story.file,))
    two.add_note("He is still free.\n")
    assert two.hints() == []
    two.commit(day=30)
    assert (two.hints(), two.changed) == ([], ())


@pytest.mark.parametrize("way", SIDES, ids=["merge", "rebase"])
def test_a_correction_that_a_merge_leaves_out_stays_a_hint_when_another_one_is_pulled(
    clones: tuple[Clone, Clone], way: tuple[str, ...]
) -> None:
    two = with_correction_left_out(clones, way)

    for feed in "ab":
        two.tell(feed, corrected(title=FEED_WORDS, summary="He goes to jail."))
    two.pull()

    assert "> He goes to jail." in two.text
    assert two.story.title == "Story 1 headline"
    hint = f"the feed's headline is now '{FEED_WORDS}'; the file has its earlier one, 'Story 1 headline'"
    assert (two.hints(), two.changed) == ([hint], (two.story.file,))
    two.commit(day=30)
    assert two.hints() == [hint]
    two.add_note("He is still free.\n")
    assert two.hints() == []


@pytest.mark.parametrize("way", SIDES, ids=["merge", "rebase"])
def test_a_correction_that_a_merge_leaves_out_is_a_hint_with_the_feeds_newest_words(
    clones: tuple[Clone, Clone], way: tuple[str, ...]
) -> None:
    two = with_correction_left_out(clones, way)

    for feed in "ab":
        two.tell(feed, corrected(title="Chip chief jailed"))
    two.pull()

    assert two.story.title == "Story 1 headline"
    hint = "the feed's headline is now 'Chip chief jailed'; the file has its earlier one, 'Story 1 headline'"
    assert two.hints() == [hint]


@pytest.mark.parametrize("way", SIDES, ids=["merge", "rebase"])
def test_a_correction_that_a_merge_leaves_out_stays_a_hint_if_the_file_is_moved(
    clones: tuple[Clone, Clone], way: tuple[str, ...]
) -> None:
    two = with_correction_left_out(clones, way)

    move(two, commit=False)

    hint = f"the feed's headline is now '{FEED_WORDS}'; the file has its earlier one, 'Story 1 headline'"
    assert two.hints() == [hint]
    two.commit(day=30)
    assert two.hints() == [hint]
    two.add_note("He is still free.\n")
    assert two.hints() == []


@pytest.mark.parametrize("way", SIDES, ids=["merge", "rebase"])
@pytest.mark.parametrize("apply", [apply_themes, apply_excerpts])
def test_a_correction_that_a_merge_leaves_out_stays_a_hint_if_digest_itself_edits_the_file(
    clones: tuple[Clone, Clone], way: tuple[str, ...], apply: Callable[[Clone], None]
) -> None:
    two = with_correction_left_out(clones, way)

    apply(two)

    hint = f"the feed's headline is now '{FEED_WORDS}'; the file has its earlier one, 'Story 1 headline'"
    assert two.hints() == [hint]
    two.commit(day=30)
    assert two.hints() == [hint]
    two.add_note("He is still free.\n")
    assert two.hints() == []


@pytest.mark.parametrize("line", ["lead: true", "headline: Free"])
def test_a_correction_that_a_rebase_of_the_pulls_commit_leaves_out_is_a_hint(
    clones: tuple[Clone, Clone], line: str
) -> None:
    one, two = clones
    two.edit("link:", f"{line}\nlink:")
    two.commit(day=28)
    turn(one)

    one.git("fetch", "--quiet", str(two.root), "main")
    one.git("rebase", "--strategy-option=ours", "FETCH_HEAD", day=29)

    assert one.story.title == "Story 1 headline"
    hint = f"the feed's headline is now '{FEED_WORDS}'; the file has its earlier one, 'Story 1 headline'"
    assert (one.hints(), one.changed) == ([hint], (one.story.file,))
    one.add_note("He is still free.\n")
    assert one.hints() == []
    one.commit(day=30)
    assert (one.hints(), one.changed) == ([], ())


def test_an_editor_who_returns_to_a_feeds_earlier_words_gets_no_hint_after_a_rebase(
    clones: tuple[Clone, Clone],
) -> None:
    one, two = clones
    turn(one)
    one.edit(f"title: {FEED_WORDS}", "title: Story 1 headline")
    one.commit(day=28)
    two.git("pull", "--quiet")
    for feed in "ab":
        one.tell(feed, corrected(title=FEED_WORDS, summary="He goes to jail."))
    one.pull()
    one.commit(day=28)
    (two.root / "content/pages").mkdir()
    (two.root / "content/pages/about.md").write_text("---\ntitle: About\n---\n\nUs.\n")
    two.commit(day=28)

    one.git("pull", "--quiet", "--rebase", str(two.root), "main", day=29)

    assert not any("the file has its earlier" in hint for hint in one.hints())


def test_an_editor_who_returns_to_a_feeds_earlier_words_gets_no_hint_after_a_merge(
    clones: tuple[Clone, Clone],
) -> None:
    one, two = clones
    turn(one)
    two.git("pull", "--quiet")
    two.edit(f"title: {FEED_WORDS}", "title: Story 1 headline")
    two.commit(day=28)
    (one.root / "content/pages").mkdir()
    (one.root / "content/pages/about.md").write_text("---\ntitle: About\n---\n\nUs.\n")
    one.commit(day=28)

    two.git("pull", "--quiet", "--no-rebase", "--no-edit", day=29)

    assert two.hints() == []


def test_an_amended_commit_of_the_editor_brings_no_hint_back(clones: tuple[Clone, Clone]) -> None:
    one, _ = clones
    one.add_note("So he goes free.\n")
    one.commit(day=27)
    turn(one)
    assert one.hints() == [CHANGED.format("your note")]
    one.edit("free", "to jail")
    one.commit(day=28)

    one.git("commit", "--quiet", "--amend", "--message=Edited", day=29)

    assert one.hints() == []
    one.git("commit", "--quiet", "--amend", "--message=Edited again", day=30)
    assert one.hints() == []


def test_an_editor_who_returns_to_a_feeds_earlier_words_by_an_amended_commit_gets_no_hint(
    clones: tuple[Clone, Clone],
) -> None:
    one, _ = clones
    turn(one)
    one.edit(f"title: {FEED_WORDS}", "title: Story 1 headline")

    one.git("commit", "--quiet", "--amend", "--all", "--no-edit", day=29)

    assert one.hints() == []


def test_amending_a_commit_that_was_rebased_leaves_the_hint(clones: tuple[Clone, Clone]) -> None:
    one, two = clones
    two.add_note("So he goes free.\n")
    two.commit(day=28)
    turn(one)
    two.git("pull", "--rebase", "--quiet", day=29)
    assert two.hints() == [CHANGED.format("your note")]

    two.git("commit", "--quiet", "--amend", "--message=A note", day=30)

    assert two.hints() == [CHANGED.format("your note")]
