"""Commands that are killed, whose disk fails once, or whose power is cut: the next run makes of it what an undisturbed
one would have made. DIGEST_MANY=20 breaks each command in each way at up to a hundred points.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import caches
import newsroom
import pytest
from faults import (
    CRASHED,
    KILLED,
    REFUSED,
    UNNOTICED,
    begun,
    broken_at_points,
    mail_sent,
    prepare,
    run,
)
from mailhost import Inbox, serving
from many import MANY, many
from newsroom import Publisher
from test_crashes import Files, ledgers, read

from digest.errors import DigestError

WAYS = ["kill", "write", "read", "cut"]
COMMANDS = {
    "pull": "cut",
    "add": "cut kill write read",
    "letter": "cut",
    "letter --publish": "cut",
    "themes": "cut",
    "themes --take": "write",
    "excerpts": "cut",
    "feeds add": "cut",
    "feeds remove": "",
    "set": "kill",
    "set week": "cut",
    "note": "cut",
    "sheet": "",
    "sheet --apply": "cut",
    "desk": "cut",
    "desk letter": "kill",
    "desk undo": "write",
    "init": "kill",
    "init --feed": "cut",
    "build": "",
    "publish": "",
    "upgrade": "kill",
    "mail": "",
    "mail --sent": "kill",
}
"""The commands, and the ways in which the short pass breaks each."""
PAIRS = [
    (command, way)
    for command, short in COMMANDS.items()
    for way in (WAYS if MANY > 1 else short.split())
]
DONE_BEFORE = (
    "is here already",
    "already has a letter",
    "no letter is a draft",
    "already has a digest",
)
"""What a command says that has been run before, and whose work is done."""
WAS_MAILED = re.compile(r": was mailed [^;]* already$")
NOT_KEPT = {"content", "site", ".digest", ".git", "remote.git", "first.json", "second.json"}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest with stories and a site, whose feeds and rules have changed since; in git, where there is something to
    publish."""
    root = tmp_path_factory.mktemp("original")
    given = newsroom.SETTINGS.replace("url = ", 'id = "urn:x:test"\nurl = ', 1)
    (root / "digest.toml").write_text(given)
    publisher = Publisher()
    publisher.write(root)
    for command in ("pull", "build"):
        run(command, root)
    (root / "digest.toml").write_text(given.replace('["mine"]', '["mine", "e2", "e3"]'))
    publisher.change("title", 0, 0)
    publisher.change("summary", 1, 0)
    publisher.begin("numbered", set(newsroom.FEEDS))
    publisher.write(root)
    if MANY > 1:
        settings = (
            (root / "digest.toml")
            .read_text()
            .replace("https://example.org/", "https://digest.press/")
        )
        (root / "digest.toml").write_text(settings)
        for words in ("init -q --bare remote.git", "init -q -b main", "config user.name A", "config user.email a@b.cd",
                      "remote add origin ./remote.git", "add content digest.toml", "commit -qm One"):  # fmt: skip
            subprocess.run(["git", *words.split()], cwd=root, check=True)
    return root


def kept(root: Path) -> tuple[Files, dict[str, set[str]], str]:
    """What must be equal: files and what was reviewed, ledgers, and what is published."""
    branch = ""
    if (root / "remote.git").exists():
        words = ["git", "--git-dir", str(root / "remote.git"), "rev-parse", "gh-pages^{tree}"]
        branch = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    files: Files = {}
    for top in sorted(root.iterdir()):
        if top.name in NOT_KEPT:
            continue
        found = read(top).items() if top.is_dir() else [("", top.read_bytes())]
        files |= {f"{top.name}/{file}": content for file, content in found}
    found = read(root / "content").items()
    files |= {f"content/{file}": content for file, content in found if "ledger/" not in file}
    files |= {
        f"reviewed {story}": words.encode()
        for story, words in caches.noted(root, "reviewed").items()
    }
    return files, ledgers(root), branch


def begin(root: Path) -> None:
    """Makes a folder in which an editor has begun something else."""
    root.mkdir()
    (root / "README.md").write_text("Ours ✎.\n")
    (root / ".gitignore").write_text("ours")


def again(command: str, root: Path) -> None:
    """Runs a command that may have been run to its end."""
    try:
        run(command, root)
    except DigestError as error:
        said = str(error).split("; ")[0]
        assert said.endswith(DONE_BEFORE) or WAS_MAILED.search(said), error


@pytest.mark.skipif(
    sys.platform != "linux", reason="what a process has open is looked at as Linux shows it"
)
@pytest.mark.parametrize(("command", "way"), PAIRS)
def test_a_command_interrupted_anywhere_is_completed_by_the_next(
    original: Path, tmp_path: Path, command: str, way: str
) -> None:
    digest, whole, half = tmp_path / "digest", tmp_path / "whole", tmp_path / "half"
    if command.startswith("init"):
        begin(digest)
    else:
        shutil.copytree(original, digest)
    prepare(command, digest)
    shutil.copytree(digest, whole)
    shutil.copytree(digest, half)
    begun(command, half)
    run(command, whole)
    run("build", whole)
    expected, site = kept(whole), read(whole / "site")

    points = list(broken_at_points(command, way, digest, tmp_path / "copies", many(5)))

    assert len(points) >= 4
    for last, code, said in points:
        place = f"broken at {last}, it ended with {code} and said: {said}"
        copy = tmp_path / "copies" / str(last)
        assert code in {0, KILLED, REFUSED, UNNOTICED}, place
        assert code != CRASHED, place
        if code == REFUSED:
            more = said.splitlines()[1:]  # what a pull had written
            assert all(re.match(r"\d+ stor(y|ies) |not finished: ", line) for line in more), place
            assert way == "read" or "Input/output error" in said or "disk I/O error" in said, place
        if code == 0 and command != "build":  # to its end
            assert kept(copy)[0] == expected[0], place
        if command == "desk undo":  # what the desk remembers for undo ends with it
            there, both = kept(copy)[0], {**kept(half)[0], **expected[0]}
            there = {name: text for name, text in there.items() if ".unfinished" not in name}
            assert len(there) == len(expected[0]), place
            if code == REFUSED:
                assert there in (expected[0], kept(half)[0]), place
            assert set(there.values()) <= {*kept(half)[0].values(), *expected[0].values()}, place
            assert there.keys() <= both.keys(), place
            continue
        again(command, copy)
        run("build", copy)
        if command == "init --feed" and way == "read" and code == UNNOTICED:
            continue  # a story that could not be read stays, and the command says so
        assert kept(copy) == expected, place
        assert read(copy / "site") == site, place
        assert not list((copy / "content").rglob("*.unfinished")), place


@pytest.mark.parametrize("way", WAYS if MANY > 1 else ["cut"])
def test_an_edition_whose_sending_is_interrupted_goes_out_once(
    original: Path, tmp_path: Path, way: str
) -> None:
    digest, inbox = tmp_path / "digest", Inbox()
    shutil.copytree(original, digest)
    prepare("mail --send", digest)
    file = digest / "digest.toml"
    file.write_text(file.read_text().replace("https://example.org/", "https://digest.press/"))
    points, outcomes = 0, set()
    whole_run = 1  # which finds how many points there are
    with serving(inbox) as port:
        with file.open("a") as settings:
            settings.write(f'smtp = "127.0.0.1:{port}"\n')
        for last, code, said in broken_at_points(
            "mail --send", way, digest, tmp_path / "copies", many(5)
        ):
            place = f"broken at {last}, it ended with {code} and said: {said}"
            copy, is_sent = tmp_path / "copies" / str(last), len(inbox.messages) > whole_run
            assert code in {0, KILLED, REFUSED, UNNOTICED}, place
            assert code not in {0, UNNOTICED} or is_sent, place
            outcome = "again"
            try:
                mail_sent(copy)
            except DigestError as error:
                outcome = "known" if "was mailed" in str(error) else "unknown"
                assert outcome == "known" or "it is not known whether" in str(error), place
            if outcome == "unknown" and is_sent:
                run("mail --sent", copy)
            elif outcome == "unknown":
                mail_sent(copy, again=True)
            assert len(inbox.messages) == whole_run + 1, place
            with pytest.raises(DigestError, match="was mailed"):
                mail_sent(copy)
            inbox.messages.clear()
            whole_run, points = 0, points + 1
            outcomes.add(outcome)
    assert points >= 4
    assert "known" in outcomes
