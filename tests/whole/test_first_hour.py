"""A stranger's first hour: the commands that README and docs only show, since they need an account, run as written.

A bare repository is GitHub. What installs something needs the package index, takes a minute, and so runs only with
DIGEST_REHEARSALS=2; the rest has the command `digest` from here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
import warm
from feedhost import FeedHost
from rehearsal import Hub, git
from test_docs import DOCS, REPOSITORY_ADDRESS, ROOT, blocks
from test_init import RSS, Answers
from test_rehearsal import LONG, index

from digest.commands.starter import starter_files

__all__ = ["index"]
FIRST, OPERATING = DOCS / "first-digest.md", DOCS / "operating.md"
REMOTE = "git@github.com:<your name>/<repository>.git"


class Person:
    """A user with an empty home, a git identity, and a shell."""

    def __init__(self, home: Path, hub: Path, *, digest: bool) -> None:
        home.mkdir()
        self.home, self.hub = home, hub
        kept = ("PATH", "LANG", *(name for name in os.environ if name.startswith("PIP_")))
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "TZ": "Europe/Oslo"}
        own = "[user]\n\tname = Kim\n\temail = kim@example.org\n"
        (home / ".gitconfig").write_text(own)
        bare = [
            path
            for path in os.environ["PATH"].split(os.pathsep)
            if not Path(path, "digest").exists()
        ]
        if digest:
            (home / "tools").mkdir()
            (home / "tools/digest").write_text(f"#!/bin/sh\n{warm.command()}\n")
            (home / "tools/digest").chmod(0o755)
            bare.insert(0, str(home / "tools"))
        self.environment["PATH"] = os.pathsep.join(bare)

    def runs(self, commands: str, folder: Path) -> str:
        script = commands.replace(REMOTE, str(self.hub)) + "\necho; echo PATH=$PATH; pwd"
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        *said, path, _ = done.stdout.splitlines()
        self.environment["PATH"] = path.removeprefix("PATH=")
        return "\n".join(said)


def shown(page: Path, beginning: str) -> str:
    """Returns the block of a page that begins like this."""
    texts = map(textwrap.dedent, [*blocks(page, "text"), *blocks(page, "bash")])
    return next(text for text in texts if text.startswith(beginning))


def begin(person: Person) -> Path:
    """Makes a digest as the page says, and pushes it."""
    page = '<!doctype html><html><head><title>News</title><link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    with FeedHost(Answers(index_html=page, feed_xml=RSS)) as host:
        made = shown(FIRST, "cd ~\ndigest init chip-news").replace(
            "https://news.example/semiconductors/", host.url("/index.html")
        )
        person.runs("digest init my-digest", person.home)
        person.runs(made, person.home / "my-digest")
        desk = person.home / "chip-news"
        person.runs("digest pull", desk)
    settings = desk / "digest.toml"
    text = settings.read_text()
    assert 'timezone = "Europe/Oslo"' in text
    before = 'url = "https://example.github.io/chip-news/"'
    settings.write_text(text.replace(before, 'url = "https://kim.github.io/chip-news/"'))
    person.runs(shown(FIRST, "git init"), desk)
    return desk


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--bare", "--initial-branch=main", "origin.git")
    return tmp_path / "origin.git"


def test_a_digest_is_pushed_by_the_documented_commands(hub: Path, tmp_path: Path) -> None:
    kim = Person(tmp_path / "home", hub, digest=True)

    begin(kim)

    files = git(hub, "ls-tree", "-r", "--name-only", "main").splitlines()
    assert {starter_files.WORKFLOW, "requirements.txt", "digest.toml", ".digest-init.json"} <= set(
        files
    )
    assert any(file.startswith("content/2026/") for file in files)
    assert not any(file.startswith((".digest/", "site/")) for file in files)


def test_a_pull_is_undone_and_branches_with_pulls_on_both_sides_are_merged(
    hub: Path, tmp_path: Path
) -> None:
    kim = Person(tmp_path / "home", hub, digest=True)
    desk = tmp_path / "home/desk"
    kim.runs(f"digest init {desk}", kim.home)
    kim.runs(shown(FIRST, "git init"), desk)
    kim.runs("digest pull", desk)
    assert list(desk.glob("content/2026/*/*.md"))

    kim.runs(shown(OPERATING, "git restore"), desk)

    assert not list(desk.glob("content/2026/*/*.md"))
    commit = "digest pull; git add content; git commit --quiet --message Pull; git push --quiet"
    other = tmp_path / "home/other"
    kim.runs(f"git clone -q {hub} {other}", kim.home)
    kim.runs(f"git switch -q -c my-branch; {commit} -u origin my-branch", other)
    kim.runs(commit, desk)
    kim.runs(shown(OPERATING, "git switch"), other)
    assert kim.runs("digest pull", other).count("0 new stories") == 1
    assert len(list(other.glob("content/2026/*/*.md"))) == 12


@LONG
@pytest.mark.usefixtures("index")
def test_a_new_user_publishes_and_a_second_editor_joins(hub: Path, tmp_path: Path) -> None:
    kim = Person(tmp_path / "kim", hub, digest=False)
    published = tmp_path / "published program"
    published.mkdir()
    names = ("digest", "templates", ".github", "pyproject.toml", "README.md", "LICENSE")
    for name in (*names, "Makefile", "digest.toml"):
        there = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        there(ROOT / name, published / name)
    commit = "git init -q; git add --all; git commit -qm Digest"
    address = f'git config --global url."{published}".insteadOf {REPOSITORY_ADDRESS}'
    kim.runs(f"{commit}; {address}", published)
    install = shown(FIRST, "git clone")
    *cloning, _ = shown(ROOT / "README.md", "git clone").splitlines(keepends=True)
    assert install == "".join(cloning) + shown(ROOT / "README.md", "python3 -m venv")
    kim.runs(install, kim.home)

    begin(kim)
    run = Hub(tmp_path, installs=True).run(
        kim.home / "chip-news" / starter_files.WORKFLOW, event="push"
    )

    assert run.jobs["deploy"] == "success", run.log
    assert list((tmp_path / "pages").rglob("index.html"))
    sam = Person(tmp_path / "sam", hub, digest=False)
    sam.runs(f"git clone -q {hub} theirs", sam.home)
    sam.runs(shown(OPERATING, "python3 -m venv"), sam.home / "theirs")
    sam.runs(f"{sam.home}/digest-tools/bin/digest build", sam.home / "theirs")
    assert (sam.home / "theirs/site/index.html").is_file()
