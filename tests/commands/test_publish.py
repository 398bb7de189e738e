"""`digest publish`: a site on its branch, with real repositories on both ends."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from repositories import git, own_settings
from sites import read_folder
from test_cli import digest

from digest import config
from digest.commands import publish, publish_branch
from digest.commands.shared import site_address
from digest.errors import DigestError
from digest.site import reader_changes
from digest.site.reader_changes import FeedChanges

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None, reason="there is no git on this machine"
)

SETTINGS = '[site]\ntitle = "Test"\nurl = "https://ada.github.io/base/"\n[[themes]]\nid = "a"\ntitle = "A"\nmatch = ["a"]\n'
STORY = "---\ntitle: {0}\nlink: https://news.example/{0}\npublished: {1}T12:00:00+00:00\n---\n\nA note.\n"


@pytest.fixture(autouse=True)
def _own_git_settings(tmp_path: Path) -> Iterator[None]:
    with own_settings(tmp_path):
        yield


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest in a repository with two stories, committed, and a bare repository."""
    folder = tmp_path_factory.mktemp("begun")
    git(folder, "init", "--quiet", "--bare", "remote.git")
    root = folder / "digest"
    root.mkdir()
    (root / "digest.toml").write_text(SETTINGS)
    (root / ".gitignore").write_text(".digest/\nsite/\n")
    write(root, "one", "2026-05-14")
    write(root, "two", "2026-05-15")
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Begin")
    return folder


@pytest.fixture
def remote(begun: Path, tmp_path: Path) -> Path:
    return shutil.copytree(begun / "remote.git", tmp_path / "remote.git")


@pytest.fixture
def root(begun: Path, tmp_path: Path, remote: Path) -> Path:
    """A digest in a repository with two stories, committed, whose origin is the remote."""
    root = shutil.copytree(begun / "digest", tmp_path / "digest")
    git(root, "remote", "add", "origin", str(remote))
    return root


def write(root: Path, slug: str, day: str, extra: str = "") -> Path:
    file = root / f"content/2026/w20/{day}-{slug}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(STORY.format(slug, day).replace("\n---\n\n", f"\n{extra}---\n\n"))
    return file


def address(root: Path, url: str) -> None:
    (root / "digest.toml").write_text(SETTINGS.replace("https://ada.github.io/base/", url))


def published(remote: Path, folder: Path) -> dict[str, bytes]:
    """Returns every file of the remote's branch, by path."""
    git(folder.parent, "clone", "--quiet", "--branch", "gh-pages", str(remote), str(folder))
    return {
        path: content
        for path, content in read_folder(folder).items()
        if not path.startswith(".git/")
    }


def commits(remote: Path) -> list[str]:
    return git(remote, "log", "--format=%H", "gh-pages").splitlines()


def someone_else_publishes(remote: Path, folder: Path, text: str = "theirs") -> str:
    git(folder.parent, "clone", "--quiet", "--branch", "gh-pages", str(remote), str(folder))
    (folder / "theirs.txt").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Theirs")
    git(folder, "push", "--quiet", "origin", "gh-pages")
    return git(folder, "rev-parse", "HEAD")


@pytest.mark.usefixtures("with_extras")
def test_publishing_changes_the_branch_and_nothing_else_in_the_repository(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    before = git(root, "rev-parse", "HEAD")

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stderr) == (0, "")
    digest("build", cwd=root)
    assert published(remote, tmp_path / "clone") == read_folder(root / "site") | {".nojekyll": b""}
    assert run.stdout.splitlines()[-1].startswith(
        "The first time: choose this branch as the source of Pages"
    )
    modes = {line.split()[0] for line in git(remote, "ls-tree", "-r", "gh-pages").splitlines()}
    assert modes == {"100644"}
    assert (
        git(remote, "log", "--format=%an %ae %s", "gh-pages")
        == f"Ada Editor ada@example.org Publish Test from {before[:7]}"
    )
    assert git(root, "branch", "--format=%(refname)") == "refs/heads/main"
    # Where the stories are is noted, so that later moves leave redirects: the one thing to commit.
    assert (git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")) == (
        before,
        "?? content/ledger/",
    )


@pytest.mark.usefixtures("with_extras")
def test_a_second_run_says_that_nothing_has_changed_and_commits_nothing(
    root: Path, remote: Path
) -> None:
    digest("publish", cwd=root)
    shutil.rmtree(root / ".digest")

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stderr) == (0, "")
    assert (
        run.stdout
        == f"Nothing has changed: gh-pages of {remote} has these {_count(root)} files already\n"
    )
    assert len(commits(remote)) == 1


def _count(root: Path) -> int:
    return len(read_folder(root / ".digest/publish"))


def test_a_dry_run_reports_files_and_feeds_and_publishes_nothing(root: Path, remote: Path) -> None:
    digest("publish", cwd=root)
    write(root, "three", "2026-05-16")
    write(root, "two", "2026-05-15", extra="updated: 2026-05-17T12:00:00+00:00\n")
    (root / "content/pages").mkdir()
    (root / "content/pages/about.md").write_text("---\ntitle: About\n---\nWords.\n")

    run = digest("publish", "--dry-run", cwd=root)

    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert "new      about/index.html" in lines
    assert "changed  2026/w20/index.html" in lines
    assert "feed.atom: new to its readers: 'three'" in lines
    assert "feed.atom: shown to its readers again: 'two'" in lines
    added = [line for line in lines if line.startswith("new ") and "search/" not in line]
    assert added == ["new      about/index.html"]  # beside the index, where that extra is installed
    assert lines[-1].startswith(f"Would publish {_count(root)} files to gh-pages of {remote}: ")
    assert len(commits(remote)) == 1


def test_a_dry_run_closes_the_week_before_a_pause_as_publishing_does(root: Path) -> None:
    given, now = config.load(root), datetime(2026, 12, 1, tzinfo=UTC)
    publish.run(root, given, now=datetime(2026, 5, 18, tzinfo=UTC))
    late = root / "content/2026/w49/2026-11-30-late.md"
    late.parent.mkdir()
    late.write_text(STORY.format("late", "2026-11-30"))

    reports = [publish.run(root, given, dry=dry, now=now) for dry in (True, True, False)]

    assert len({report.changed for report in reports}) == 1
    assert "weeks.atom" in reports[0].changed
    assert late.name in (root / "content/ledger/_places.jsonl").read_text()


def test_a_dry_run_names_the_mail_that_publishing_makes_due(root: Path) -> None:
    with (root / "digest.toml").open("a") as settings:
        settings.write(
            '[mail]\nvia = "smtp"\nsmtp = "smtp.example.org:587"\n'
            'from = "ada@example.org"\nto = "list@example.org"\n'
        )
    given, now = config.load(root), datetime(2026, 12, 1, tzinfo=UTC)
    publish.run(root, given, now=datetime(2026, 5, 18, tzinfo=UTC))
    late = root / "content/2026/w49/2026-11-30-late.md"
    late.parent.mkdir()
    late.write_text(STORY.format("late", "2026-11-30"))

    before = publish.run(root, given, dry=True, now=now).mail
    publish.run(root, given, now=now)

    assert before == "'digest mail --send' would send 'Week 20, 2026: two' to list@example.org"
    assert publish.run(root, given, dry=True, now=now).mail == before


def test_a_hidden_story_leaves_the_branch_and_stays_in_its_history(
    root: Path, remote: Path
) -> None:
    page = root / "content/pages/about.md"
    page.parent.mkdir()
    page.write_text("---\ntitle: About\n---\nWords.\n")
    digest("publish", cwd=root)
    page.unlink()

    run = digest("--verbose", "publish", cwd=root)

    assert "gone     about/index.html" in run.stdout.splitlines()
    assert "about/index.html" not in git(remote, "ls-tree", "-r", "--name-only", "gh-pages")
    assert "about/index.html" in git(remote, "ls-tree", "-r", "--name-only", "gh-pages~1")


def test_foreign_files_on_the_branch_stay_without_replace(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    digest("publish", cwd=root)
    theirs = someone_else_publishes(remote, tmp_path / "other")

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"{remote}: the branch gh-pages has a file that Digest did not write (theirs.txt); "
        "move them to content/static/ or to another branch, or replace them with 'digest publish --replace'\n"
    )
    assert commits(remote)[0] == theirs

    assert digest("publish", "--replace", cwd=root).returncode == 0
    assert commits(remote)[1] == theirs
    assert "theirs.txt" not in git(remote, "ls-tree", "-r", "--name-only", "gh-pages")


@pytest.mark.parametrize("moment", ["reference-transaction", "pre-push"])
def test_a_push_made_in_the_meantime_is_never_overwritten(
    root: Path, remote: Path, tmp_path: Path, moment: str
) -> None:
    digest("publish", cwd=root)
    write(root, "three", "2026-05-16")
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(remote), "other")
    git(tmp_path / "other", "commit", "--quiet", "--allow-empty", "--message", "Theirs")
    hook = root / ".git/hooks" / moment  # git calls it when our commit is begun, or sent
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"#!/bin/sh\nunset GIT_DIR; cd '{tmp_path}/other' && git push --quiet origin gh-pages\n"
    )
    hook.chmod(0o755)

    beaten = digest("publish", cwd=root)
    hook.unlink()

    assert (beaten.returncode, beaten.stdout) == (1, "")
    assert (
        beaten.stderr
        == f"{remote}: gh-pages was published to by someone else in the meantime; publish again\n"
    )
    assert git(remote, "log", "-1", "--format=%s", "gh-pages") == "Theirs"
    assert git(root, "branch", "--format=%(refname)") == "refs/heads/main"
    assert digest("publish", cwd=root).returncode == 0
    assert git(remote, "log", "--format=%s", "gh-pages").splitlines()[1] == "Theirs"


def test_files_left_by_a_killed_run_block_nothing(root: Path, remote: Path) -> None:
    git(root, "branch", publish_branch._OURS)

    assert digest("publish", cwd=root).returncode == 0
    assert git(root, "branch", "--format=%(refname)") == "refs/heads/main"
    assert len(commits(remote)) == 1


def test_a_run_that_was_killed_when_it_had_pushed_counts_as_published_here(
    root: Path, remote: Path
) -> None:
    write(root, "one", "2026-05-14", extra="hide: true\n")
    digest("publish", cwd=root)
    git(root, "update-ref", "-d", publish_branch._LAST_OWN)
    git(root, "branch", publish_branch._OURS, *commits(remote))
    write(root, "one", "2026-05-14", extra="lead: true\n")

    assert digest("publish", cwd=root).returncode == 0
    assert len(commits(remote)) == 2


def test_a_domain_that_is_only_on_the_branch_is_kept_and_reported(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    address(root, "https://chips.press/")
    digest("publish", cwd=root)
    clone = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(remote), str(clone))
    (clone / "CNAME").write_text("chips.press\n")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "Create CNAME")
    git(clone, "push", "--quiet", "origin", "gh-pages")
    write(root, "three", "2026-05-16")

    run = digest("publish", cwd=root)

    assert (
        run.stderr
        == "CNAME (chips.press) is only on gh-pages; it is kept there, but add it to content/static/ as well\n"
    )
    assert git(remote, "show", "gh-pages:CNAME") == "chips.press"
    assert digest("publish", cwd=root).stdout.startswith("Nothing has changed")


def domain_of(root: Path, url: str) -> None:
    """Writes an address, and an id that does not change with it, as `init` writes one."""
    (root / "digest.toml").write_text(
        SETTINGS.replace(
            'url = "https://ada.github.io/base/"', f'url = "{url}"\nid = "urn:x:chips"'
        )
    )


def give_up_domain(root: Path) -> None:
    (root / "content/static/CNAME").unlink(missing_ok=True)
    domain_of(root, "https://ada.github.io/base/")


def test_a_domain_published_by_digest_is_removed_with_its_file(root: Path, remote: Path) -> None:
    domain_of(root, "https://chips.press/")
    (root / "content/static").mkdir()
    (root / "content/static/CNAME").write_text("chips.press\n")
    digest("publish", cwd=root)
    write(root, "three", "2026-05-16")
    digest("publish", cwd=root)
    give_up_domain(root)

    report = digest("--verbose", "publish", "--dry-run", cwd=root)
    run = digest("publish", cwd=root)

    assert "gone     CNAME" in report.stdout.splitlines()
    assert (run.returncode, run.stderr) == (0, "")
    assert "CNAME" not in git(remote, "ls-tree", "--name-only", "gh-pages").split()


@pytest.mark.parametrize("before", ["never", "the same"])
def test_a_domain_put_on_the_branch_by_others_is_removed_only_with_replace(
    root: Path, remote: Path, tmp_path: Path, before: str
) -> None:
    domain_of(root, "https://chips.press/")
    if before == "the same":
        (root / "content/static").mkdir()
        (root / "content/static/CNAME").write_text("chips.press\n")
    digest("publish", cwd=root)
    clone = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(remote), str(clone))
    if before == "the same":
        git(clone, "rm", "--quiet", "CNAME")
        git(clone, "commit", "--quiet", "--message", "Delete CNAME")
        (root / "content/static/CNAME").unlink()
    (clone / "CNAME").write_text("chips.press")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "Create CNAME")
    git(clone, "push", "--quiet", "origin", "gh-pages")
    write(root, "three", "2026-05-16")
    digest("publish", cwd=root)  # keeps it, in a commit of Digest's
    give_up_domain(root)

    refused = digest("publish", cwd=root)

    assert refused.returncode == 1
    assert "or give the domain up with 'digest publish --replace'" in refused.stderr
    assert git(remote, "show", "gh-pages:CNAME") == "chips.press"
    assert digest("publish", "--replace", cwd=root).returncode == 0
    assert "CNAME" not in git(remote, "ls-tree", "--name-only", "gh-pages").split()


def test_a_domain_in_static_is_published(root: Path, remote: Path) -> None:
    address(root, "https://chips.press/")
    (root / "content/static").mkdir()
    (root / "content/static/CNAME").write_text("chips.press\n")

    run = digest("publish", cwd=root)

    assert run.stderr == ""
    assert git(remote, "show", "gh-pages:CNAME") == "chips.press"


def test_a_branch_with_a_digests_sources_is_left_alone(root: Path, remote: Path) -> None:
    git(root, "push", "--quiet", "origin", "main:gh-pages")

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stdout) == (1, "")
    assert "contains a digest's own files, which publishing would delete" in run.stderr
    assert len(commits(remote)) == 1


def test_nothing_is_published_if_the_content_has_an_error(root: Path, remote: Path) -> None:
    (root / "content/2026/w20/2026-05-17-bad.md").write_text("no front matter")

    run = digest("publish", cwd=root)

    assert run.returncode == 1
    assert run.stderr.startswith("content/2026/w20/2026-05-17-bad.md:1: there is no front matter")
    assert git(remote, "branch") == ""


@pytest.mark.parametrize("ledger", ["quay.jsonl", "_places.jsonl"])
def test_nothing_is_published_if_a_ledger_is_damaged(root: Path, remote: Path, ledger: str) -> None:
    digest("publish", cwd=root)
    before = commits(remote)
    file = root / "content" / "ledger" / ledger
    file.parent.mkdir(exist_ok=True)
    file.write_text("<<<<<<< HEAD\n")
    write(root, "three", "2026-05-16")

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stdout, commits(remote)) == (1, "", before)
    assert run.stderr.startswith(
        f"content/ledger/{ledger}:1: a merge-conflict mark; delete this line"
    )


def test_a_clone_without_the_published_commit_does_not_publish(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    git(root, "push", "--quiet", "origin", "main")
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(remote), "other")
    other = tmp_path / "other"
    digest("publish", cwd=other)
    next(root.rglob("2026-05-15-two.md")).unlink()
    git(root, "commit", "--quiet", "--all", "--message", "Take a story down")
    git(root, "push", "--quiet", "origin", "main")
    digest("publish", cwd=root)
    before = commits(remote)

    refused, looked = digest("publish", cwd=other), digest("publish", "--dry-run", cwd=other)

    assert (refused.returncode, looked.returncode, commits(remote)) == (1, 1, before)
    assert (
        f"was published from commit {git(root, 'rev-parse', '--short', 'HEAD')}, which this branch"
        in refused.stderr
    )
    assert (
        "run 'git pull' first, or, where the commit was never pushed, push it; if it is lost, "
        in refused.stderr
    )
    git(other, "pull", "--quiet", "origin", "main")
    assert digest("publish", cwd=other).stdout.startswith("Nothing has changed")
    git(other, "reset", "--quiet", "--hard", "HEAD~1")
    assert digest("publish", "--replace", cwd=other).returncode == 0


def clone(remote: Path, folder: Path, *options: str) -> Path:
    url = f"file://{remote}"
    git(folder.parent, "clone", "--quiet", "--branch", "main", *options, url, str(folder))
    return folder


def commit_all(root: Path) -> None:
    git(root, "commit", "--quiet", "--all", "--message", "Change stories")
    git(root, "push", "--quiet", "origin", "main")


def test_a_shallow_clone_publishes_no_older_version_over_a_newer_one(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    git(root, "push", "--quiet", "origin", "main")
    older = clone(remote, tmp_path / "older", "--depth=1")
    write(root, "one", "2026-05-14", extra="hide: true\n")
    commit_all(root)
    digest("publish", cwd=root)
    before = commits(remote)

    refused = digest("publish", cwd=older)

    commit = git(root, "rev-parse", "--short", "HEAD")
    assert (refused.returncode, commits(remote)) == (1, before)
    assert f"was published from commit {commit}, which this branch does not have" in refused.stderr


@pytest.mark.parametrize("options", [("--depth=1",), ("--depth=1", "--no-single-branch")])
def test_a_shallow_clone_publishes_a_newer_version(
    root: Path, remote: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    digest("publish", cwd=root)
    write(root, "one", "2026-05-14", extra="lead: true\n")
    commit_all(root)
    write(root, "one", "2026-05-14", extra="hide: true\n")
    commit_all(root)
    newer = clone(remote, tmp_path / "newer", *options)

    run = digest("publish", cwd=newer)

    assert (run.returncode, run.stderr, len(commits(remote))) == (0, "", 2)
    assert git(newer, "rev-parse", "HEAD") == git(root, "rev-parse", "HEAD")


def test_another_clone_does_not_undo_what_was_published_uncommitted(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    git(root, "push", "--quiet", "origin", "main")
    other = clone(remote, tmp_path / "other")
    write(root, "one", "2026-05-14", extra="hide: true\n")
    next(root.rglob("2026-05-15-two.md")).unlink()
    write(root, "three", "2026-05-16")
    digest("publish", cwd=root)
    before = commits(remote)

    refused, looked = digest("publish", cwd=other), digest("publish", "--dry-run", cwd=other)

    assert (refused.returncode, looked.returncode, commits(remote)) == (1, 1, before)
    assert refused.stderr == looked.stderr
    assert (
        "was published with 3 files that were not committed, which this branch does not have "
        "(content/2026/w20/2026-05-14-one.md, content/2026/w20/2026-05-15-two.md, 1 that is not here); "
        "commit and push where it was published (if they have changed there since, publish there "
        "again), and run 'git pull' here; if they are lost, replace " in refused.stderr
    )
    assert "two" not in git(remote, "log", "-1", "--format=%B", "gh-pages")
    # Once they are committed as they were published, every clone can publish.
    git(root, "add", "content/2026")
    commit_all(root)
    git(other, "pull", "--quiet", "origin", "main")
    assert digest("publish", cwd=other).stdout.startswith("Nothing has changed")
    git(other, "reset", "--quiet", "--hard", "HEAD~1")
    assert digest("publish", "--replace", cwd=other).returncode == 0


@pytest.mark.parametrize(
    ("file", "text"),
    [("digest.toml", SETTINGS.replace("Test", "Renamed")), ("templates/robots.txt", "# Ours\n")],
)
@pytest.mark.parametrize("folder", ["", "sub"])
def test_another_clone_does_not_undo_an_uncommitted_setting_or_template(
    root: Path, remote: Path, tmp_path: Path, file: str, text: str, folder: str
) -> None:
    if folder:  # the digest is not all of its repository
        (root / folder).mkdir()
        git(root, "mv", *git(root, "ls-files").split(), "-k", folder)
        commit_all(root)
    git(root, "push", "--quiet", "origin", "main")
    other = clone(remote, tmp_path / "other") / folder
    root /= folder
    digest("publish", cwd=root)
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text(text)
    assert f"Published with 1 uncommitted file: {file}" in digest("publish", cwd=root).stdout

    refused = digest("publish", cwd=other)

    assert refused.returncode == 1
    assert "was published with 1 file that was not committed, which" in refused.stderr
    # Once it is committed, every clone can publish.
    git(root, "add", file)
    commit_all(root)
    git(other, "pull", "--quiet", "origin", "main")
    assert digest("publish", cwd=other).returncode == 0


def test_uncommitted_changes_can_be_changed_again_where_they_were_published(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    git(root, "push", "--quiet", "origin", "main")
    other = clone(remote, tmp_path / "other")
    for extra in ("hide: true\n", "lead: true\n", ""):
        write(root, "one", "2026-05-14", extra=extra)
        assert digest("publish", cwd=root).returncode == 0
    assert len(commits(remote)) == 3
    assert digest("publish", cwd=other).stdout.startswith("Nothing has changed")
    # If what was committed is not what was published, it has to be published there as well: in
    # another clone it could be what someone has written on top of an older version.
    write(root, "one", "2026-05-14", extra="hide: true\n")
    digest("publish", cwd=root)
    write(root, "one", "2026-05-14", extra="hide: true\nlead: true\n")
    commit_all(root)
    git(other, "pull", "--quiet", "origin", "main")
    assert digest("publish", cwd=other).returncode == 1
    unchanged = digest("publish", cwd=root)
    assert unchanged.stdout.startswith("Nothing has changed")
    assert unchanged.stdout.endswith("have changed since; now other clones can publish\n")
    assert digest("publish", cwd=other).returncode == 0
    before = commits(remote)
    assert digest("publish", cwd=root).stdout.startswith("Nothing has changed")
    assert commits(remote) == before


def test_another_clone_can_publish_what_was_published_before_the_first_commit(
    remote: Path, tmp_path: Path
) -> None:
    root = tmp_path / "new"
    root.mkdir()
    (root / "digest.toml").write_text(SETTINGS)
    write(root, "one", "2026-05-14")
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "remote", "add", "origin", str(remote))
    assert digest("publish", cwd=root).returncode == 0
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Begin")
    git(root, "push", "--quiet", "--force", "origin", "main")
    other = clone(remote, tmp_path / "other")
    write(other, "one", "2026-05-14", extra="lead: true\n")

    assert digest("publish", cwd=other).returncode == 0


def test_nothing_is_published_if_git_cannot_tell_what_is_not_committed(
    root: Path, remote: Path
) -> None:
    (root / ".git/index").write_bytes(b"damaged")

    run = digest("publish", cwd=root)

    assert (run.returncode, git(remote, "branch", "--list", "gh-pages")) == (1, "")
    assert "git cannot tell which files are not committed: " in run.stderr


def clone_before_hidden(root: Path, remote: Path, folder: Path) -> Path:
    """A clone from before a story was hidden in `root`, and published so without a commit."""
    git(root, "push", "--quiet", "origin", "main")
    other = clone(remote, folder / "other")
    write(root, "one", "2026-05-14", extra="hide: true\n")
    digest("publish", cwd=root)
    return other


def test_a_file_that_was_published_uncommitted_is_not_undone_by_another_editors_change_of_it(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    other = clone_before_hidden(root, remote, tmp_path)
    write(other, "one", "2026-05-14", extra="lead: true\n")
    git(other, "config", "user.email", "bea@example.org")
    theirs = ("-c", "user.email=bea@example.org")
    git(other, *theirs, "commit", "--quiet", "--all", "--message", "Lead")

    refused = digest("publish", cwd=other)

    assert refused.returncode == 1
    assert "was published with 1 file that was not committed, which" in refused.stderr


@pytest.mark.parametrize("how", ["commit", "merge", "rebase"])
def test_a_file_that_was_published_uncommitted_is_not_undone_by_its_editors_other_machine(
    root: Path, remote: Path, tmp_path: Path, how: str
) -> None:
    other = clone_before_hidden(root, remote, tmp_path)
    write(other, "one", "2026-05-14", extra="lead: true\n")
    git(other, "commit", "--quiet", "--all", "--message", "Lead")
    if how != "commit":
        write(root, "three", "2026-05-16")
        git(root, "add", "content/2026/w20/2026-05-16-three.md")
        git(root, "commit", "--quiet", "--message", "Three")
        git(root, "push", "--quiet", "origin", "main")
        git(other, "pull", "--quiet", "--no-edit", f"--rebase={how == 'rebase'}".lower())

    refused = digest("publish", cwd=other)

    git(other, "push", "--quiet", "origin", "main")
    third = clone(remote, tmp_path / "third")
    for run in (refused, digest("publish", cwd=third)):
        assert run.returncode == 1
        assert "was published with 1 file that was not committed, which" in run.stderr


@pytest.mark.parametrize("setting", ["core.abbrev=5", "grep.patternType=fixed"])
@pytest.mark.parametrize("is_committed", [True, False])
def test_settings_of_git_let_no_clone_undo_what_was_published(
    root: Path, remote: Path, tmp_path: Path, setting: str, is_committed: bool
) -> None:
    git(root, "push", "--quiet", "origin", "main")
    other = clone(remote, tmp_path / "other")
    for folder in (root, other):
        git(folder, "config", *setting.split("="))
    digest("publish", cwd=root)
    write(root, "one", "2026-05-14", extra="hide: true\n")
    if is_committed:
        commit_all(root)
    digest("publish", cwd=root)
    before = commits(remote)

    assert (digest("publish", cwd=other).returncode, commits(remote)) == (1, before)


@pytest.mark.parametrize(
    "file", ["content/sheet.md", "content/.DS_Store", "content/2026/w20/a.md~"]
)
def test_files_that_are_never_published_stop_no_other_clone(
    root: Path, remote: Path, tmp_path: Path, file: str
) -> None:
    git(root, "push", "--quiet", "origin", "main")
    other = clone(remote, tmp_path / "other")
    (root / file).write_text("Not of the site")
    assert "uncommitted" not in digest("publish", cwd=root).stdout
    write(other, "one", "2026-05-14", extra="hide: true\n")
    commit_all(other)

    assert digest("publish", cwd=other).returncode == 0


def test_unpushed_commits_are_reported(root: Path) -> None:
    assert digest("publish", cwd=root).stderr == ""  # without an upstream branch
    git(root, "push", "--quiet", "--set-upstream", "origin", "main")
    assert digest("publish", cwd=root).stderr == ""
    git(root, "commit", "--quiet", "--allow-empty", "--message", "More")

    run = digest("publish", cwd=root)

    warning = "1 commit is not pushed yet; run 'git push', or 'digest publish' stops in every other clone\n"
    assert (run.returncode, run.stderr) == (0, warning)


def test_a_detached_head_can_publish(root: Path) -> None:
    git(root, "checkout", "--quiet", "--detach")

    assert digest("publish", cwd=root).returncode == 0


def without_history(root: Path, remote: Path) -> None:
    """As a digest is that was copied without its repository."""
    shutil.rmtree(root / ".git")
    git(root, "init", "--quiet")
    git(root, "remote", "add", "origin", str(remote))


def test_a_repository_without_a_commit_can_publish(root: Path, remote: Path) -> None:
    without_history(root, remote)

    for name in ("three", "four"):
        write(root, name, "2026-05-16")
        assert digest("publish", cwd=root).returncode == 0
        assert git(remote, "log", "-1", "--format=%s", "gh-pages") == "Publish Test"


def test_a_copy_without_history_does_not_undo_what_was_published(root: Path, remote: Path) -> None:
    digest("publish", cwd=root)
    without_history(root, remote)

    refused = digest("publish", cwd=root)

    assert (refused.returncode, len(commits(remote))) == (1, 1)
    assert "which this branch does not have; run 'git pull' first" in refused.stderr
    assert digest("publish", "--replace", cwd=root).returncode == 0


def test_only_the_digest_is_published_if_it_is_in_a_folder_of_a_repository(
    root: Path, remote: Path
) -> None:
    inner = root / "beat"
    inner.mkdir()
    (root / "digest.toml").rename(inner / "digest.toml")
    (root / "content").rename(inner / "content")

    assert digest("publish", cwd=inner / "content").returncode == 0
    assert "index.html" in git(remote, "ls-tree", "--name-only", "gh-pages").splitlines()


def test_sha_256_object_ids_are_recognised(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "--object-format", "sha256", "newer.git")
    shutil.rmtree(root / ".git")
    git(root, "init", "--quiet", "--object-format", "sha256")
    git(root, "remote", "add", "origin", str(tmp_path / "newer.git"))

    assert digest("publish", cwd=root).returncode == 0
    assert digest("publish", cwd=root).stdout.startswith("Nothing has changed")


def test_a_missing_repository_or_remote_is_one_error_line(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    said = []
    remote.rename(tmp_path / "elsewhere.git")
    said.append(digest("publish", cwd=root))
    git(root, "remote", "remove", "origin")
    said.append(digest("publish", cwd=root))
    shutil.rmtree(root / ".git")
    said.append(digest("publish", cwd=root, GIT_CEILING_DIRECTORIES=str(tmp_path)))

    assert {(run.returncode, run.stdout, run.stderr.count("\n")) for run in said} == {(1, "", 1)}
    gone, nameless, nothing = (run.stderr for run in said)
    assert (
        f"{remote}: git says: fatal: '{remote}' does not appear to be a git repository; check the address of origin"
        in gone
    )
    assert nameless.startswith(
        f"{root}: its repository has no remote called origin; 'git remote add origin"
    )
    assert nothing.startswith(f"{root}: is not in a git repository; run 'git init'")


def test_a_missing_git_identity_is_reported_with_the_commands_to_set_it(
    root: Path, tmp_path: Path, remote: Path
) -> None:
    (tmp_path / "gitconfig").write_text("[user]\nuseConfigOnly = true\n")

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stdout) == (1, "")
    assert (
        "git does not know your name and e-mail address; set them with git config user.name"
        in run.stderr
    )
    assert git(remote, "branch") == ""


# ---------------------------------------------------------------- what is not ours


def other_site(remote: Path, folder: Path, **files: str) -> str:
    """Commits foreign files to the branch, which may be new; `__` in a name is a slash."""
    git(folder.parent, "init", "--quiet", str(folder))
    git(folder, "remote", "add", "origin", str(remote))
    git(folder, "checkout", "--quiet", "--orphan", "gh-pages")
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Publish the documentation")
    git(folder, "push", "--quiet", "--force", "origin", "gh-pages")
    return git(folder, "rev-parse", "HEAD")


@pytest.mark.parametrize("words", [("publish",), ("publish", "--dry-run")])
def test_a_site_not_made_by_digest_is_not_overwritten(
    root: Path, remote: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    theirs = other_site(
        remote, tmp_path / "docs", index_dot_html="docs", api__a_dot_html="a", b="b", c="c"
    )

    run = digest(*words, cwd=root)

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith(
        f"{remote}: the branch gh-pages has 4 files that Digest did not write (api/a.html, b, c and 1 more); move "
    )
    assert commits(remote) == [theirs]


def test_another_site_is_overwritten_with_replace_and_belongs_to_digest_afterwards(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    theirs = other_site(remote, tmp_path / "docs", index_dot_html="docs", api__a_dot_html="a")

    report = digest("publish", "--dry-run", "--replace", cwd=root)
    run = digest("publish", "--replace", cwd=root)
    write(root, "three", "2026-05-16")
    again = digest("publish", cwd=root)

    assert (
        "gone     api/a.html" in report.stdout.splitlines()
        and "lost     api/a.html" in report.stdout.splitlines()
    )
    assert (run.returncode, run.stderr, again.returncode, again.stderr) == (0, "", 0, "")
    assert commits(remote)[2] == theirs
    assert "api/a.html" not in git(remote, "ls-tree", "-r", "--name-only", "gh-pages")


def test_the_site_of_another_digest_is_not_overwritten(root: Path, remote: Path) -> None:
    digest("publish", cwd=root)
    before = commits(remote)
    settings = (root / "digest.toml").read_text()
    (root / "digest.toml").write_text(
        settings.replace("[site]", '[site]\nid = "urn:uuid:6a3b1c52-0000-4000-8000-000000000009"')
    )

    refused = digest("publish", cwd=root)
    after = commits(remote)
    replaced = digest("publish", "--replace", cwd=root)

    assert (refused.returncode, refused.stdout, after) == (1, "", before)
    assert refused.stderr.startswith(f"{remote}: the branch gh-pages has a site with another id, ")
    assert "an earlier url or id, add --replace" in refused.stderr
    assert replaced.returncode == 0
    assert digest("publish", cwd=root).returncode == 0


def test_a_branch_with_only_github_pages_settings_is_free(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    address(root, "https://chips.press/")
    other_site(remote, tmp_path / "docs", _dot_nojekyll="", CNAME="chips.press\n")

    assert digest("publish", cwd=root).returncode == 0
    assert git(remote, "show", "gh-pages:CNAME") == "chips.press"


def test_a_page_that_was_changed_on_the_branch_is_not_overwritten(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    digest("publish", cwd=root)
    clone = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(remote), str(clone))
    (clone / "index.html").write_text("their words")
    git(clone, "commit", "--quiet", "--all", "--message", "Theirs")
    git(clone, "push", "--quiet", "origin", "gh-pages")

    run = digest("publish", cwd=root)

    assert run.returncode == 1
    assert "a file that Digest did not write (index.html)" in run.stderr


@pytest.mark.parametrize("message", ["Publish Test from 1234567", "Begin anew"])
def test_a_branch_of_an_early_version_or_without_history_is_recognised(
    root: Path, remote: Path, tmp_path: Path, message: str
) -> None:
    digest("publish", cwd=root)
    clone = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(remote), str(clone))
    git(clone, "checkout", "--quiet", "--orphan", "anew")
    git(clone, "commit", "--quiet", "--message", message)
    git(clone, "push", "--quiet", "--force", "origin", "anew:gh-pages")
    (root / "content/2026/w20/2026-05-14-one.md").rename(
        root / "content/2026/w20/2026-05-15-other.md"
    )

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stderr) == (0, "")
    assert len(commits(remote)) == 2


# ---------------------------------------------------------------- what is published, and where


def test_uncommitted_files_are_published_and_named(root: Path, remote: Path) -> None:
    write(root, "one", "2026-05-14", extra="lead: true\n")
    write(root, "three", "2026-05-16")
    (root / "notes.txt").write_text("no part of the site")
    commit = git(root, "rev-parse", "--short", "HEAD")

    report, run = digest("publish", "--dry-run", cwd=root), digest("publish", cwd=root)

    files = "with 2 uncommitted files: content/2026/w20/2026-05-14-one.md, content/2026/w20/2026-05-16-three.md"
    assert f"Would publish {files}" in report.stdout.splitlines()
    assert f"Published {files}" in run.stdout.splitlines()
    assert (
        git(remote, "log", "-1", "--format=%s", "gh-pages")
        == f"Publish Test from {commit} (with 2 uncommitted files)"
    )
    assert (
        git(root, "status", "--porcelain").splitlines()[0] == "M content/2026/w20/2026-05-14-one.md"
    )


@pytest.mark.usefixtures("with_extras")
def test_a_dry_run_lists_all_files_of_the_search_index_on_one_line(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    first = digest("publish", "--verbose", cwd=root).stdout.splitlines()
    (line,) = [line for line in first if "search/pagefind/" in line]
    assert re.fullmatch(
        r"new      search/pagefind/ \(the search index: \d+ new, 0 changed, 0 gone\)", line
    )
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(remote), str(clone))
    for name in ("gone", "changed"):
        (clone / f"search/pagefind/{name}").parent.mkdir(parents=True, exist_ok=True)
        (clone / f"search/pagefind/{name}").write_text(name)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "Publish Test\n\nPublished-by: Digest")
    git(clone, "push", "--quiet", "origin", "gh-pages")
    write(root, "three", "2026-05-16")

    report = digest("publish", "--dry-run", cwd=root).stdout.splitlines()

    (line,) = [line for line in report if "search/pagefind/" in line]
    assert re.fullmatch(
        r"changed  search/pagefind/ \(the search index: \d+ new, \d+ changed, [1-9]\d* gone\)", line
    )


@pytest.mark.parametrize("staged", [False, True])
def test_a_moved_or_renamed_file_counts_once_among_the_uncommitted(
    root: Path, staged: bool
) -> None:
    for name in ("moved", "renamed", "deleted"):
        write(root, name, "2026-05-14", extra=f"authors: [{name}]\n")
    git(root, "add", "content")
    git(root, "commit", "--quiet", "--message", "Three stories")
    week, later = root / "content/2026/w20", root / "content/2026/w21"
    later.mkdir(exist_ok=True)
    moved = (week / "2026-05-14-moved.md").rename(later / "2026-05-14-moved.md")
    moved.write_text(moved.read_text() + "A note.\n")
    (week / "2026-05-14-renamed.md").rename(week / "2026-05-14-other.md")
    (week / "2026-05-14-deleted.md").unlink()
    if staged:
        git(root, "add", "--all", "content")

    report = digest("publish", "--dry-run", cwd=root).stdout

    files = ("w20/2026-05-14-deleted.md", "w20/2026-05-14-other.md", "w21/2026-05-14-moved.md")
    (line,) = (line for line in report.splitlines() if "uncommitted" in line)
    words, _, named = line.partition(": ")
    assert words == "Would publish with 3 uncommitted files"
    assert sorted(named.split(", ")) == [f"content/2026/{file}" for file in files]


@pytest.mark.parametrize(("default", "named"), [("main", True), ("drafts", False)])
def test_a_branch_other_than_the_default_is_named(
    root: Path, remote: Path, default: str, named: bool
) -> None:
    git(root, "checkout", "--quiet", "-b", "drafts")
    git(root, "push", "--quiet", "origin", "main", "drafts")
    git(remote, "symbolic-ref", "HEAD", f"refs/heads/{default}")
    commit = git(root, "rev-parse", "--short", "HEAD")

    run = digest("publish", cwd=root)

    assert ("Published from branch drafts" in run.stdout.splitlines()) is named
    words = git(remote, "log", "-1", "--format=%s", "gh-pages")
    assert words == f"Publish Test from {commit}" + (" (branch drafts)" if named else "")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.github.io/digest/",
        "https://example.org/base/",
        "https://www.example.com/",
        "https://chips.example/",
        "http://localhost:8000/",
        "http://0.0.0.0:8000/",
        "https://USERNAME.github.io/digest/",
        "https://your-username.github.io/",
        "https://you.github.io/chips/",
        "https://your-site.netlify.app/",
        "https://www.yourdomain.com/",
    ],
)
def test_an_example_url_is_recognised(url: str) -> None:
    assert site_address.why_unreachable(url) == "still the example address"


def test_nothing_is_published_for_an_example_url(root: Path, remote: Path) -> None:
    url = "https://example.github.io/digest/"
    address(root, url)

    assert digest("build", cwd=root).returncode == 0
    for words in (["publish"], ["publish", "--dry-run"]):
        run = digest(*words, cwd=root)

        assert (run.returncode, run.stdout) == (1, "")
        cure = "write the address of your site"
        assert (
            run.stderr
            == f"digest.toml:3: url is still the example address {url}, so nothing is published; {cure}\n"
        )
    assert git(remote, "branch") == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.5/",
        "http://10.0.0.3:8000/chips/",
        "http://169.254.1.1/",
        "http://0x7f.1/",
        "http://nas/",
        "http://raspberry.local/",
        "http://press.home.arpa/",
    ],
)
def test_a_private_url_is_recognised(url: str) -> None:
    assert site_address.why_unreachable(url) == "the private address"


@pytest.mark.parametrize("url", ["http://10.0.0.3:8000/chips/", "http://raspberry.local/"])
def test_nothing_is_published_for_a_private_url_and_build_and_check_warn_about_it(
    root: Path, remote: Path, url: str
) -> None:
    address(root, url)

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stdout, git(remote, "branch")) == (1, "", "")
    what, cure = f"url is the private address {url}", "write the address of your site"
    assert run.stderr == f"digest.toml:3: {what}, so nothing is published; {cure}\n"
    for command in ("build", "check"):
        run = digest(command, cwd=root)
        assert run.returncode == 0
        assert f"{what}, and 'digest publish' refuses it; {cure}" in run.stdout + run.stderr
    run = digest("build", "--base-url", "http://192.168.1.6/", cwd=root)
    assert "private address" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    "url",
    [
        "https://ada.github.io/you/",
        "https://news.press/",
        "https://8.8.8.8/",
        "https://localnews.org/",
        "https://landscape.lanes.info/",
        "https://yourdomainnews.com/",
    ],
)
def test_a_site_is_published_for_a_public_url(url: str) -> None:
    assert site_address.why_unreachable(url) == ""


def test_the_url_derived_from_the_remote_is_not_an_example(root: Path) -> None:
    address(root, "https://you.github.io/chips/")
    published = publish_branch.PublishedBranch(folder=root, address="git@github.com:you/chips.git")

    publish._check_address(root, config.load(root), published)


def test_the_cure_for_an_example_url_is_the_github_pages_url(root: Path) -> None:
    address(root, "https://example.github.io/x/")

    with pytest.raises(DigestError, match=r'write url = "https://ada\.github\.io/chips/"'):
        publish._check_address(
            root,
            config.load(root),
            publish_branch.PublishedBranch(folder=root, address="git@github.com:ada/chips.git"),
        )


@pytest.mark.parametrize("where", ["static", "branch"])
def test_a_custom_domain_of_another_host_is_refused(
    root: Path, remote: Path, tmp_path: Path, where: str
) -> None:
    if where == "static":
        (root / "content/static").mkdir()
        (root / "content/static/CNAME").write_text("chips.press\n")
    else:
        other_site(remote, tmp_path / "docs", CNAME="chips.press\n")

    run = digest("publish", cwd=root)

    assert (run.returncode, run.stdout) == (1, "")
    assert (
        "GitHub Pages serves the site at https://chips.press/, and url in digest.toml says"
        in run.stderr
    )
    assert 'write url = "https://chips.press/" there' in run.stderr


def test_a_dry_run_lists_the_urls_that_would_break(root: Path) -> None:
    (root / "content/pages").mkdir()
    (root / "content/pages/about.md").write_text("---\ntitle: About\n---\nWords.\n")
    story = write(root, "later", "2026-05-20")
    later = root / "content/2026/w21" / story.name
    later.parent.mkdir()
    story.rename(later)
    digest("publish", cwd=root)
    (root / "content/pages/about.md").unlink()
    later.unlink()
    (root / "content/2026/w20/2026-05-14-one.md").unlink()

    report = digest("publish", "--dry-run", cwd=root).stdout.splitlines()
    run = digest("publish", cwd=root)

    lost = [line.split()[1] for line in report if line.startswith("lost ")]
    assert lost == ["2026/w20/#one", "2026/w20/feed.atom", "2026/w21/#later", "about/"]
    assert run.stdout.splitlines()[-1] == f"4 addresses no longer exist: {', '.join(lost)}"


# ---------------------------------------------------------------- words and addresses


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
            "git says: git@github.com: Permission denied (publickey).; log in to it first",
        ),
        (
            "fatal: could not read Username for 'https://me:secret@github.com': terminal prompts disabled",
            "git says: fatal: could not read Username for 'https://github.com': terminal prompts disabled; log in",
        ),
        (
            "fatal: unable to access 'https://x.example/': Could not resolve host: x.example",
            "Could not resolve host: x.example; check your network connection",
        ),
        ("\nodd\n", "git says: odd"),
        ("", "git says: nothing"),
    ],
)
def test_git_errors_are_one_line_with_a_cure_and_without_secrets(said: str, line: str) -> None:
    message = publish_branch.git_error(said, "there")

    assert message.startswith("there: ")
    assert line in message
    assert "secret" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:Ada/chips.git", "https://ada.github.io/chips/"),
        ("https://github.com/ada/chips", "https://ada.github.io/chips/"),
        ("ssh://git@github.com/ada/my.chips.git", "https://ada.github.io/my.chips/"),
        ("https://github.com/ada/ada.github.io.git", "https://ada.github.io/"),
        ("ssh://git@ssh.github.com:443/ada/chips.git", "https://ada.github.io/chips/"),
        ("https://token@github.com/ada/chips/", "https://ada.github.io/chips/"),
        ("git@codeberg.org:Ada/chips.git", "https://ada.codeberg.page/chips/"),
        ("https://codeberg.org/ada/pages.git", "https://ada.codeberg.page/"),
        ("https://github.com/ada/pages.git", "https://ada.github.io/pages/"),
        ("https://gitlab.com/ada/chips.git", ""),
        ("https://github.com.news.example/ada/chips.git", ""),
        ("https://notgithub.com/ada/chips.git", ""),
        ("https://gitlab.example/ada/chips.git", ""),
        ("/srv/github.com.git", ""),
    ],
)
def test_the_public_url_of_a_repository_depends_on_its_host(remote: str, address: str) -> None:
    assert site_address.of_remote(remote) == address


def test_a_url_on_another_host_is_reported(root: Path) -> None:
    published = publish_branch.PublishedBranch(folder=root, address="git@github.com:ada/chips.git")

    def warned(url: str) -> list[str]:
        address(root, url)
        return list(publish._warnings(config.load(root), published, None, False, 0))

    assert warned("https://ada.github.io/chips/") == warned("https://chips.press/") == []
    assert warned("https://ada.github.io/")[0].endswith(
        "GitHub Pages serves this repository at https://ada.github.io/chips/; write that as url"
    )


# ---------------------------------------------------------------- what subscribers of feeds get


def feed(*entries: tuple[str, str, str]) -> bytes:
    body = "".join(
        f"<entry><id>urn:{id}</id><title>{id}</title><published>{published}</published><updated>{updated}</updated></entry>"
        for id, published, updated in entries
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{body}</feed>'.encode()


OLD, NEWER = "2026-05-01T00:00:00+00:00", "2026-05-02T00:00:00+00:00"


def test_an_entry_with_a_new_id_is_new_and_one_with_a_new_updated_is_shown_again() -> None:
    before = feed(("a", OLD, OLD), ("b", OLD, OLD), ("c", OLD, OLD))
    after = feed(("a", OLD, OLD), ("b", OLD, NEWER), ("d", NEWER, NEWER))

    assert reader_changes.changes_of("feed.atom", before, after) == FeedChanges(
        feed="feed.atom", new=("d",), again=("b",)
    )


def test_the_same_time_in_another_zone_is_not_an_update() -> None:
    before, after = feed(("a", OLD, OLD)), feed(("a", OLD, "2026-05-01T08:00:00+08:00"))

    assert reader_changes.all_changes({"feed.atom": before}, {"feed.atom": after}) == ()


def test_an_older_entry_that_returns_to_a_full_feed_is_not_new() -> None:
    full = [(f"e{number}", NEWER, NEWER) for number in range(50)]

    assert (
        reader_changes.changes_of("feed.atom", feed(*full), feed(*full[1:], ("old", OLD, OLD))).new
        == ()
    )
    assert reader_changes.changes_of(
        "feed.atom", feed(*full[:9]), feed(*full[1:9], ("old", OLD, OLD))
    ).new == ("old",)


@pytest.mark.parametrize(
    "before", [b"", b"<html>", b"<!DOCTYPE feed><feed/>", feed(("a", "when?", "then"))]
)
def test_a_foreign_file_at_a_feeds_url_has_no_entries(before: bytes) -> None:
    assert reader_changes.changes_of("feed.atom", before, feed(("a", OLD, OLD))) == FeedChanges(
        feed="feed.atom", new=("a",)
    )


def test_a_feed_that_was_not_published_yet_is_new() -> None:
    (changes,) = reader_changes.all_changes(
        {"feed.atom": None}, {"feed.atom": feed(("a", OLD, OLD))}
    )

    assert changes == FeedChanges(feed="feed.atom", new=("a",), first=True)


@pytest.mark.parametrize(
    ("path", "followed"),
    [
        ("feed.atom", True),
        ("weeks.atom", True),
        ("themes/a/feed.atom", True),
        ("2026/w20/feed.atom", False),
        ("a.html", False),
    ],
)
def test_only_current_feeds_are_compared_with_the_published_ones(path: str, followed: bool) -> None:
    assert reader_changes.is_followed(path) is followed
