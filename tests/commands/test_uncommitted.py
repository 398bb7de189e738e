"""Stories with a committed ledger line but without a committed file, in real repositories: a remote
and two clones.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from repositories import git, own_settings
from test_cli import digest

from digest import config
from digest.commands import pull

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None, reason="there is no git on this machine"
)

SETTINGS = '[site]\ntitle = "T"\nurl = "https://ada.github.io/t/"\n[[feeds]]\nid = "a"\nurl = "a.json"\ntitle = "A"\n'
LEDGER = "content/ledger/a.jsonl"
CURE = "run 'git add content' and commit on the machine that pulled them"


@pytest.fixture(autouse=True)
def _own_git_settings(tmp_path: Path) -> Iterator[None]:
    with own_settings(tmp_path):
        yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone whose first pull, of stories 1 and 2, is committed and pushed."""
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(tmp_path, "clone", "--quiet", "remote.git", "root")
    root = tmp_path / "root"
    (root / "digest.toml").write_text(SETTINGS)
    (root / ".gitignore").write_text(".digest/\nsite/\n")
    (root / ".gitattributes").write_text("content/ledger/*.jsonl merge=union text eol=lf\n")
    carries(root, 1, 2)
    assert digest("pull", cwd=root).returncode == 0
    commit(root)
    git(root, "push", "--quiet", "origin", "HEAD:main")
    return root


def carries(root: Path, *numbers: int) -> None:
    items = [
        {
            "id": f"n{number}",
            "url": f"https://news.example/{number}",
            "title": f"Story {number}",
            "date_published": f"2026-05-{10 + number}T12:00:00Z",
        }
        for number in numbers
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": items}
    (root / "a.json").write_text(json.dumps(feed))


def file_of(number: int) -> str:
    week = "w20" if number < 8 else "w21"
    return f"content/2026/{week}/2026-05-{10 + number}-story-{number}.md"


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Pull")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def forgets(root: Path, *numbers: int) -> None:
    """Pulls new stories, commits only the ledger, as `commit -a` does, and pushes."""
    carries(root, 1, 2, *numbers)
    assert digest("pull", cwd=root).returncode == 0
    git(root, "commit", "--quiet", "--all", "--message", "Pull")
    git(root, "push", "--quiet", "origin", "HEAD:main")


def clone(root: Path, name: str = "other", *words: str) -> Path:
    git(
        root.parent,
        "clone",
        "--quiet",
        "--branch",
        "main",
        *words,
        f"file://{root.parent}/remote.git",
        name,
    )
    return root.parent / name


def hints(root: Path) -> list[tuple[str, int, str]]:
    run = digest("check", "--format", "json", cwd=root)
    assert run.returncode == 0, run.stdout
    return [
        (one["file"], one["line"], f"{one['what']}; {one['cure']}")
        for one in json.loads(run.stdout)
    ]


def test_a_clone_reports_stories_whose_files_were_never_committed(root: Path) -> None:
    forgets(root, 3, 4)
    other, summary = clone(root), root.parent / "summary.md"

    ((file, line, words),) = hints(other)
    pulled = digest("pull", cwd=other, GITHUB_STEP_SUMMARY=str(summary))
    annotated = digest("check", "--format", "github", cwd=other).stdout

    what = f"lists 2 stories whose files were never committed: {file_of(3)}, {file_of(4)}"
    assert (file, line) == (LEDGER, 3)
    assert words.startswith(f"{what}; {CURE}")
    assert pulled.returncode == 0
    assert f"{LEDGER}:3: {what}; {CURE}" in pulled.stderr
    assert f"    {LEDGER}:3: {what}; {CURE}" in summary.read_text()
    assert f"::warning file={LEDGER},line=3,title=digest check::{what}" in annotated


def test_a_story_that_was_moved_by_hand_is_not_reported_before_the_commit(root: Path) -> None:
    for week in ("w22", "w23"):
        old, new = next(root.glob("content/2026/*/*-story-1.md")), root / f"content/2026/{week}"
        new.mkdir()
        old.rename(new / old.name)

        assert [what for file, _, what in hints(root) if file == LEDGER] == []

        commit(root)


def test_the_machine_that_has_the_files_reports_that_they_are_not_in_git(root: Path) -> None:
    forgets(root, 3, 4)

    ((file, line, words),) = hints(root)

    assert (file, line) == (LEDGER, 0)
    assert words.startswith(
        f"2 stories that it lists are not in git yet: {file_of(3)}, {file_of(4)}; run 'git add"
    )
    commit(root)
    git(root, "push", "--quiet", "origin", "HEAD:main")
    assert hints(root) == hints(clone(root)) == []
    assert "never committed" not in digest("pull", cwd=root).stderr


def test_a_file_that_git_once_had_counts_as_deleted_and_not_as_lost(root: Path) -> None:
    git(root, "rm", "--quiet", file_of(1))
    commit(root)
    git(root, "mv", file_of(2), "content/2026/w20/2026-05-12-root.md")
    commit(root)
    git(root, "push", "--quiet", "origin", "HEAD:main")

    assert hints(root) == hints(clone(root)) == []
    (root / "content/2026/w20/2026-05-12-root.md").unlink()
    assert hints(root) == []


def test_a_story_moved_before_its_first_commit_is_found(root: Path) -> None:
    carries(root, 1, 2, 3, 4)
    digest("pull", cwd=root)
    (root / "content/2026/w21").mkdir()
    (root / file_of(3)).rename(root / "content/2026/w21/2026-05-20-another-name.md")
    (root / file_of(4)).rename(root / f"content/2026/w21/{Path(file_of(4)).name}")
    commit(root)
    git(root, "push", "--quiet", "origin", "HEAD:main")
    other = clone(root)

    assert [
        words
        for _, _, words in [*hints(root), *hints(other)]
        if "committed" in words or "in git" in words
    ] == []
    assert "deleted here" not in digest("pull", cwd=root).stderr
    assert "never committed" not in digest("pull", cwd=other).stderr


@pytest.mark.parametrize("ending", [".MD", ".markdown"])
def test_a_story_renamed_to_another_extension_before_its_first_commit_is_never_missing(
    root: Path, ending: str
) -> None:
    carries(root, 1, 2, 3)
    digest("pull", cwd=root)
    story = (root / file_of(3)).with_suffix(ending)
    (root / file_of(3)).rename(story)
    assert [words for _, _, words in hints(root)] == [
        f"1 story that it lists is not in git yet: {story.relative_to(root)}; "
        "run 'git add content' and commit; without the files, other clones would take these stories for deleted"
    ]
    commit(root)
    assert digest("pull", cwd=root).stderr == ""
    story.unlink()
    commit(root)
    git(root, "push", "--quiet", "origin", "HEAD:main")
    other = clone(root)

    assert hints(root) == hints(other) == []
    assert [digest("pull", cwd=one).stderr for one in (root, other)] == ["", ""]


def test_a_story_deleted_before_its_first_commit_is_recorded_by_the_next_pull(root: Path) -> None:
    carries(root, 1, 2, 3, 4, 5)
    digest("pull", cwd=root)
    (root / file_of(3)).unlink()
    (root / file_of(4)).unlink()
    commit(root)
    git(root, "push", "--quiet", "origin", "HEAD:main")
    other = clone(root)

    assert hints(root) == []
    assert len(hints(other)) == 1
    noted = digest("pull", cwd=root)
    commit(root)
    git(root, "push", "--quiet", "origin", "HEAD:main")
    git(other, "pull", "--quiet")

    words = f"{LEDGER}: records that 2 stories were deleted here before git had them: {file_of(3)}, {file_of(4)}"
    assert words in noted.stderr.splitlines()
    assert "5 entries, 0 new, 5 known" in noted.stdout
    assert hints(root) == hints(other) == []
    ledger = (root / LEDGER).read_bytes()
    again = digest("pull", cwd=root)
    assert again.stderr == "" and (root / LEDGER).read_bytes() == ledger
    assert not (other / file_of(3)).exists()
    assert "0 new" in digest("pull", cwd=other).stdout


@pytest.mark.parametrize(
    "place", ["digest.commands.pull._Puller._remember", "digest.content.store.add_lines"]
)
def test_a_deletion_is_recorded_even_if_the_pull_of_the_story_was_interrupted(
    root: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    carries(root, 1, 2, 3, 4)
    settings = config.load(root)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(place, interrupt)
        pull.run(root, settings, settings.feeds, now=datetime(2026, 5, 20, tzinfo=UTC))
    assert (root / file_of(3)).exists()
    (root / file_of(3)).unlink()

    noted = digest("pull", cwd=root)

    words = f"{LEDGER}: records that 1 story was deleted here before git had it: {file_of(3)}"
    assert noted.stderr.splitlines() == [words]
    assert "4 entries, 0 new" in noted.stdout
    commit(root)
    assert digest("pull", cwd=root).stderr == ""
    assert hints(root) == []
    assert not (root / file_of(3)).exists()


@pytest.fixture
def killed(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pull was killed after it had written two stories, before their lines in the ledger."""
    carries(root, 1, 2, 3, 4)
    settings = config.load(root)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("digest.content.store.add_lines", interrupt)
        pull.run(root, settings, settings.feeds, now=datetime(2026, 5, 20, tzinfo=UTC))
    assert (root / file_of(3)).exists()
    return root


@pytest.mark.parametrize("words", ["clean -d --force content", "stash --include-untracked"])
@pytest.mark.parametrize("others", ["none", "one in git already", "one deleted before"])
def test_a_killed_pull_whose_stories_git_has_cleaned_up_is_repeated(
    killed: Path, words: str, others: str
) -> None:
    if others == "one in git already":
        git(killed, "add", file_of(4))
        git(killed, "commit", "--quiet", "--message", "One")
    elif others == "one deleted before":
        (killed / file_of(4)).unlink()
    git(killed, *words.split())
    assert not (killed / file_of(3)).exists()
    carries(killed, 1, 2, 3, 4)  # it is in git, so stash has put the old one back

    run = digest("pull", cwd=killed)

    new = 1 if others == "one in git already" else 2
    assert (run.returncode, run.stderr) == (0, "")
    assert f"4 entries, {new} new" in run.stdout
    assert (killed / file_of(3)).exists()
    assert (killed / file_of(4)).exists()


@pytest.mark.parametrize("folder", ["its folder stays", "its folder goes, too"])
def test_stories_of_a_killed_pull_that_are_all_deleted_by_hand_stay_away(
    killed: Path, folder: str
) -> None:
    for number in (3, 4):
        (killed / file_of(number)).unlink()
    if folder == "its folder goes, too":
        shutil.rmtree(killed / "content/2026/w20")
        git(killed, "checkout", "--quiet", "content/2026")

    run = digest("pull", cwd=killed)

    words = f"{LEDGER}: records that 2 stories were deleted here before git had them: {file_of(3)}, {file_of(4)}"
    assert run.stderr.splitlines() == [words]
    assert "4 entries, 0 new" in run.stdout
    assert not (killed / file_of(3)).exists()
    assert not (killed / file_of(4)).exists()


def test_no_command_and_no_commit_sees_the_mark_of_a_killed_pull(killed: Path) -> None:
    assert digest("check", cwd=killed).returncode == 0
    git(killed, "add", "--all")
    assert "content/.pull" not in git(killed, "status", "--short")
    assert digest("pull", cwd=killed).returncode == 0
    assert not (killed / "content/.pull").exists()


def test_a_recorded_deletion_holds_in_any_order_of_lines(root: Path) -> None:
    carries(root, 1, 2, 3)
    digest("pull", cwd=root)
    (root / file_of(3)).unlink()
    digest("pull", cwd=root)
    ledger = root / LEDGER
    lines = ledger.read_text().splitlines(keepends=True)
    assert [json.loads(line)["deleted"] for line in lines] == [False, False, False, True]
    ledger.write_text("".join(reversed([*lines, *lines])))
    commit(root)
    shutil.rmtree(root / ".digest")

    assert hints(root) == []
    assert "0 new, 3 known" in digest("pull", cwd=root).stdout
    assert not (root / file_of(3)).exists()


def test_lines_of_early_versions_are_not_judged(root: Path) -> None:
    forgets(root, 3, 4)
    ledger = root / LEDGER
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    for line in lines:
        del line["deleted"]
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines))
    git(root, "commit", "--quiet", "--all", "--message", "Early")
    git(root, "push", "--quiet", "origin", "HEAD:main")

    other = clone(root)

    assert hints(other) == []
    assert "4 entries, 0 new, 4 known" in digest("pull", cwd=other).stdout
    assert (other / LEDGER).read_bytes() == ledger.read_bytes()


def test_nothing_is_reported_without_git_history(root: Path) -> None:
    forgets(root, 3, 4)
    shallow, without_git = clone(root, "shallow", "--depth=1"), clone(root, "bare")
    shutil.rmtree(without_git / ".git")

    assert hints(shallow) == []
    assert [words for _, _, words in hints_outside(without_git)] == []
    assert "never committed" not in digest("pull", cwd=shallow).stderr


def hints_outside(root: Path) -> list[tuple[str, int, str]]:
    os.environ["GIT_CEILING_DIRECTORIES"] = str(root.parent)
    try:
        return hints(root)
    finally:
        del os.environ["GIT_CEILING_DIRECTORIES"]


def test_a_digest_in_a_subfolder_of_its_repository_is_checked_too(root: Path) -> None:
    (root / "beat").mkdir()
    for name in ("digest.toml", "a.json", "content"):
        git(root, "mv", name, f"beat/{name}")
    (root / ".gitattributes").unlink()
    commit(root)
    carries(root / "beat", 1, 2, 3)
    assert digest("pull", cwd=root / "beat").returncode == 0
    assert "1 story that it lists is not in git yet" in hints(root / "beat")[0][2]
    git(root, "commit", "--quiet", "--all", "--message", "Pull")
    git(root, "push", "--quiet", "origin", "HEAD:main")

    assert "lists 1 story whose file was never committed" in hints(clone(root) / "beat")[0][2]


def test_stashed_files_do_not_count_as_deleted(root: Path) -> None:
    carries(root, 1, 2, 3)
    digest("pull", cwd=root)
    git(root, "stash", "--quiet", "--include-untracked")
    digest("pull", cwd=root)
    git(root, "checkout", "--quiet", ".")
    git(root, "clean", "-fdq", "content")
    git(root, "stash", "pop", "--quiet")

    assert '"deleted": true' not in (root / LEDGER).read_text()
    assert (root / file_of(3)).exists()


def test_files_stashed_after_their_ledger_was_committed_do_not_count_as_deleted(
    root: Path,
) -> None:
    carries(root, 1, 2, 3)
    digest("pull", cwd=root)
    git(root, "commit", "--quiet", "--all", "--message", "Pull")
    git(root, "stash", "--quiet", "--include-untracked")

    pulled = digest("pull", cwd=root)
    git(root, "stash", "pop", "--quiet")
    git(root, "push", "--quiet", "origin", "HEAD:main")

    assert "deleted" not in pulled.stderr
    assert '"deleted": true' not in (root / LEDGER).read_text()
    assert "lists 1 story whose file was never committed" in hints(clone(root))[0][2]


def test_a_pull_reverted_before_its_commit_is_repeated(root: Path) -> None:
    carries(root, 1, 2, 3, 4)
    digest("pull", cwd=root)
    git(root, "restore", "content")
    git(root, "clean", "-d", "--force", "--quiet", "content")

    run = digest("pull", cwd=root)

    assert (run.returncode, run.stderr) == (0, "")
    assert "4 entries, 2 new" in run.stdout
    assert (root / file_of(3)).exists()
    assert '"deleted": true' not in (root / LEDGER).read_text()


def test_a_reverted_pull_is_repeated(root: Path) -> None:
    carries(root, 1, 2, 3, 4)
    digest("pull", cwd=root)
    commit(root)
    git(root, "revert", "--no-edit", "HEAD")
    carries(root, 1, 2, 3, 4)

    run = digest("pull", cwd=root)

    assert "4 entries, 2 new" in run.stdout
    commit(root)
    assert (root / file_of(3)).exists() and hints(root) == []


def test_deletions_are_recorded_once_the_digest_is_in_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    root = tmp_path / "root"
    root.mkdir()
    (root / "digest.toml").write_text(SETTINGS)
    (root / ".gitignore").write_text(".digest/\nsite/\n")
    carries(root, 1, 2, 3)
    digest("pull", cwd=root)
    (root / file_of(3)).unlink()
    ledger = (root / LEDGER).read_bytes()

    without = digest("pull", cwd=root)

    assert (without.stderr, (root / LEDGER).read_bytes()) == ("", ledger)
    git(root, "init", "--quiet")
    commit(root)
    assert hints(root) == []
    assert "records that 1 story was deleted here" in digest("pull", cwd=root).stderr


def test_pull_and_check_start_git_only_in_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, started = shutil.which("git"), tmp_path / "started"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho "$*" >> {started}\nexec {real} "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    root = tmp_path / "top/below"
    root.mkdir(parents=True)
    (root / "digest.toml").write_text(SETTINGS)
    for number in (1, 2):
        carries(root, *range(1, number + 1))
        assert digest("pull", cwd=root).returncode == 0
    feed = (root / "a.json").read_text()
    (root / "a.json").write_text(feed.replace("Story 1", "The first story"))
    assert "1 updated" in digest("pull", cwd=root).stdout
    assert digest("check", cwd=root).returncode == 0

    assert not started.exists()

    git(root.parent, "init", "--quiet")
    started.unlink()
    carries(root, 1, 2, 3)
    assert digest("pull", cwd=root).returncode == 0

    assert {"ls-files", "diff"} <= set(started.read_text().split())
