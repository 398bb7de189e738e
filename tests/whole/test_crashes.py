"""Runs that are killed at any instant, or that the disk fails: nothing half-written, nothing lost, and the next run
completes them as if nothing had been.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import newsroom
import pytest
import warm
from faults import CRASHED, REFUSED, UNNOTICED, broken_at_steps, run
from many import MANY
from newsroom import FEEDS, Publisher

from digest import config, disk
from digest.cache import Cache
from digest.commands import pull
from digest.content import load, store
from digest.errors import DigestError
from digest.site.output import name_of

FULL = r"[^\n]+: cannot write this file: No space left on device"
Files = dict[str, bytes]


def read(folder: Path) -> Files:
    """Every file of a folder, hidden ones too, by its path below it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def stories(root: Path) -> Files:
    return {
        file: text
        for file, text in read(root / "content").items()
        if not file.startswith("ledger/")
    }


def ledgers(root: Path) -> dict[str, set[str]]:
    """What the ledgers say, as sets, whenever it was said; raises on a line that is none."""
    found = {}
    for path in sorted((root / "content" / "ledger").glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        found[path.name] = {json.dumps({**line, "at": ""}, sort_keys=True) for line in lines}
    return found


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest at work: stories with notes, a site that was built, and feeds that have since changed and grown."""
    root = tmp_path_factory.mktemp("original")
    (root / "digest.toml").write_text(newsroom.SETTINGS)
    publisher = Publisher()
    publisher.write(root)
    run("pull", root)
    for number, file in enumerate(sorted((root / "content/2026").rglob("*.md"))):
        file.write_bytes(newsroom.note(file.read_bytes(), f"✎{number}"))
    run("build", root)
    for what, target in itertools.product(("title", "summary"), (0, 1, 2)):
        publisher.change(what, target, 0)
    publisher.begin("numbered", set(FEEDS))
    publisher.begin("addressed", {"second"})
    publisher.articles[1].where = set(FEEDS)
    publisher.write(root)
    return root


@pytest.fixture(scope="module")
def unbuilt(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same digest without its site, which no pull reads: it is copied for each step of a pull."""
    root = tmp_path_factory.mktemp("unbuilt") / "original"
    shutil.copytree(original, root, ignore=shutil.ignore_patterns("site"))
    return root


def undisturbed(command: str, original: Path, folder: Path) -> Path:
    """The digest after a run that nothing broke."""
    whole = folder / "whole"
    shutil.copytree(original, whole)
    run(command, whole)
    return whole


def broken(
    command: str, way: str, original: Path, folder: Path, part: int = 0, parts: int = 1
) -> Iterator[tuple[Path, str]]:
    """Yields copies of the digest, each with a run interrupted at another step, and what that said.

    Of runs that left the same files and said the same, only the first is yielded: the next run cannot tell them apart.
    A usual run interrupts at the steps of one part, every `parts`-th.
    """
    copies = folder / "broken"
    copies.mkdir()
    first, step = (1, 1) if MANY > 1 else (1 + part, parts)
    met = set[tuple[object, ...]]()
    number = 0
    for copy, code, words in broken_at_steps(command, way, original, copies, first, step):
        assert code not in {CRASHED, UNNOTICED}, f"broken at its step {copy.name}: {words}"
        said = words.splitlines()[0] if code == REFUSED else ""
        left = (
            (path.relative_to(copy), path.read_bytes() if path.is_file() else b"")
            for path in copy.rglob("*")
        )
        state = (frozenset(left), said.removeprefix(str(copy)))
        number += 1
        if state not in met:
            met.add(state)
            yield copy, said
        shutil.rmtree(copy)
    assert number > 10, "hardly anything was broken"


@pytest.mark.parametrize("way", ["kill", "full"])
def test_a_pull_interrupted_anywhere_leaves_whole_files_and_the_next_one_completes_it(
    unbuilt: Path, tmp_path: Path, way: str
) -> None:
    whole = undisturbed("pull", unbuilt, tmp_path)
    old, new, lines = stories(unbuilt), stories(whole), ledgers(whole)

    for copy, said in broken("pull", way, unbuilt, tmp_path):
        place = f"broken at its step {copy.name}"
        assert re.fullmatch(FULL, said) if way == "full" else not said, f"{place}, it said: {said}"
        for file, text in stories(copy).items():
            assert text in (old.get(file), new.get(file)) or file.endswith(".unfinished"), (
                f"{place}: half of {file}"
            )
        run("pull", copy)
        assert stories(copy) == new, place
        assert ledgers(copy) == lines, place


ALIKE = {
    "one guid and one link": {"id": "daily", "url": "https://news.example/daily"},
    "one link and no guid": {"url": "https://news.example/daily"},
    "a site's front page": {"url": "https://news.example/"},
}


@pytest.mark.parametrize("same", ALIKE.values(), ids=ALIKE.keys())
def test_a_killed_pull_of_entries_that_only_their_words_tell_apart_is_completed_without_repeats(
    tmp_path: Path, same: dict[str, str]
) -> None:
    root = tmp_path / "digest"
    root.mkdir()
    (root / "digest.toml").write_text(newsroom.SETTINGS)
    for feed, words in (("first", "Rain"), ("second", "Snow")):
        entries = [
            {**same, "title": f"{words} {number}", "summary": f"It falls for {number} hours."}
            for number in range(3)
        ]
        if feed == "first":
            entries[0]["date_published"] = entries[1]["date_published"] = "2026-05-19T10:00:00Z"
        document = {"version": "https://jsonfeed.org/version/1.1", "title": feed, "items": entries}
        (root / f"{feed}.json").write_text(json.dumps(document))
    whole = undisturbed("pull", root, tmp_path)
    new, lines = stories(whole), ledgers(whole)

    assert len(new) == 6
    part = [*ALIKE.values()].index(same)
    for copy, _ in broken("pull", "kill", root, tmp_path, part, len(ALIKE)):
        place = f"broken at its step {copy.name}"
        run("pull", copy)
        assert stories(copy) == new, place
        assert ledgers(copy) == lines, place


@pytest.mark.parametrize("way", ["kill", "full"])
def test_a_build_interrupted_anywhere_leaves_whole_pages_and_the_next_one_completes_it(
    original: Path, tmp_path: Path, way: str
) -> None:
    pulled = undisturbed("pull", original, tmp_path)
    next(pulled.glob("content/2026/*/*-e4-*.md")).unlink()  # so that pages go, too
    whole = tmp_path / "built"
    shutil.copytree(pulled, whole)
    run("build", whole)
    old, new = read(pulled / "site"), read(whole / "site")

    part = 0 if way == "kill" else 3
    for copy, said in broken("build", way, pulled, tmp_path, part, 6):
        place = f"broken at its step {copy.name}"
        assert re.fullmatch(FULL, said) if way == "full" else not said, f"{place}, it said: {said}"
        for file, page in read(copy / "site").items():
            assert page in (old.get(file), new.get(file)) or file.endswith(".unfinished"), (
                f"{place}: half of {file}"
            )
        run("build", copy)
        assert read(copy / "site") == new, place
        assert stories(copy) == stories(pulled), place


def test_temporary_files_of_a_killed_build_are_removed_even_if_nothing_has_to_be_written(
    original: Path, tmp_path: Path
) -> None:
    whole = undisturbed("build", original, tmp_path)
    before = read(whole / "site")
    for name in (".index.html.unfinished", "2026/w19/.index.html.unfinished", ".mine.unfinished"):
        (whole / "site" / name).write_text("half a pa")
    with Cache(whole) as cache:  # as a build leaves it that is killed
        cache.put("busy", name_of(whole, whole / "site"), b"", True)
        cache.save()

    run("build", whole)

    assert read(whole / "site") == before | {".mine.unfinished": b"half a pa"}


# ---------------------------------------------------------------- kill -9 at any time


def many(root: Path, version: int) -> None:
    """Feeds of a few hundred entries; with each version some are new and some have changed."""
    for feed, first in (("first", 0), ("second", 100)):
        items = [
            {
                "id": f"g{number}",
                "url": f"https://news.example/article/{3500000 + number}/x",
                "title": f"Story {number}, version {version if number % 7 == version % 7 else 0}",
                "date_published": f"2026-05-{1 + number % 19:02}T10:00:00Z",
                "summary": "Some words of theirs.",
            }
            for number in range(first, first + 100 + 10 * version)
        ]
        document = {"version": "https://jsonfeed.org/version/1.1", "title": feed, "items": items}
        (root / f"{feed}.json").write_text(json.dumps(document))


def kill(running: warm.Started | subprocess.Popen[str], begun: Path, after: float) -> None:
    """Kills a run shortly after its start, unless it has ended."""
    while running.poll() is None and not begun.exists():
        time.sleep(0.002)
    time.sleep(after)
    running.send_signal(signal.SIGKILL)
    running.wait(60)
    assert running.stdout
    running.stdout.close()


def test_pulls_and_builds_killed_at_random_times_are_completed_by_the_next(
    tmp_path: Path,
) -> None:
    rng = random.Random(os.environ.get("DIGEST_KILLS", "6"))
    (tmp_path / "digest.toml").write_text(newsroom.SETTINGS)
    rounds = int(os.environ.get("DIGEST_KILLS", "6"))
    for version in range(1, rounds + 1):
        many(tmp_path, version % 20)
        for command in ("pull", "build"):
            (tmp_path / ".digest" / "lock").unlink(
                missing_ok=True
            )  # its coming back tells that the run has begun
            running = warm.start([command], tmp_path)
            kill(running, tmp_path / ".digest" / "lock", rng.uniform(0, 0.25))

    for command in ("pull", "build"):
        last = warm.run([command], tmp_path, dict(os.environ))
        assert (last.stderr, last.returncode) == ("", 0)

    settings = config.load(tmp_path)
    content = load.load(tmp_path, settings)
    entries = 100 + 10 * (rounds % 20)
    assert sorted(story.id for story in content.stories) == sorted(
        f"g{number}" for number in range(100 + entries)
    )
    assert all(problems == () for problems in store.read_ledgers(tmp_path)[1:])
    assert not [path for path in tmp_path.rglob("*.unfinished") if ".digest" not in path.parts]


# ---------------------------------------------------------------- disks that refuse

LIMITED = (
    "import resource, sys; limit = int(sys.argv.pop(1)); resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit));"
    "import runpy; runpy.run_module('digest', run_name='__main__')"
)


def timeless(files: Files) -> Files:
    """The stories without `updated`, the time of the pull that changed them."""
    return {file: re.sub(rb"(?m)^updated:.*\n", b"", text) for file, text in files.items()}


def test_a_pull_that_the_disk_refuses_says_what_was_written_and_what_was_not(
    unbuilt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, replaced = tmp_path / "digest", list[str]()
    shutil.copytree(unbuilt, root)
    replace, settings = disk.replace, config.load(root)

    def refuse_the_second(root: Path, file: str, *texts: bytes, flush: bool = True) -> bool:
        replaced.append(file)
        if len(replaced) == 2:
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise disk.file_error("write", root / file, full)
        return replace(root, file, *texts, flush=flush)

    with monkeypatch.context() as patched, pytest.raises(DigestError) as refused:
        patched.setattr(disk, "replace", refuse_the_second)
        pull.run(root, settings, settings.feeds, now=datetime(2026, 5, 20, 8, 0, tzinfo=UTC))

    why, written, left = str(refused.value).splitlines()
    assert re.fullmatch(FULL, why)
    assert written == f"1 story was written before that: {replaced[0]}"
    assert re.fullmatch(
        r"not finished: first, second \(\d+ stories are not written\); pull again when this is fixed",
        left,
    )


@pytest.fixture(scope="module")
def completed(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Returns the digest after a command that nothing broke and a build, made once for each command."""

    @cache
    def of(command: str) -> Path:
        whole = undisturbed(command, original, tmp_path_factory.mktemp("completed"))
        run("build", whole)
        return whole

    return of


@pytest.mark.parametrize("limit", [0, 300, 700, 2000])
@pytest.mark.parametrize("command", ["pull", "build"])
def test_a_full_disk_is_one_error_line_for_every_command(
    original: Path,
    completed: Callable[[str], Path],
    tmp_path: Path,
    command: str,
    limit: int,
) -> None:
    pytest.importorskip("resource")
    root = tmp_path / "full"
    shutil.copytree(original, root)
    shutil.rmtree(root / "site")
    # -B: Python would leave half a file of its own byte code as well.
    words = [sys.executable, "-B", "-c", LIMITED, str(limit), "--root", str(root), command]

    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"[^\n]+: cannot write this file: (File too large|disk I/O error[^\n]*)\n"
        r"(\d+ stor(y was|ies were) written before that: [^\n]+\n)?(not finished: [^\n]+\n)?",
        done.stderr,
    )
    for again in (command, "build"):
        run(again, root)
    whole = completed(command)
    assert timeless(stories(root)) == timeless(stories(whole))
    assert ledgers(root).keys() == ledgers(whole).keys()
    assert read(root / "site").keys() == read(whole / "site").keys()


def somebody() -> dict[str, int]:
    """Whose rights to run with: our own, or where those are root's, who may write everywhere, another's."""
    if os.geteuid() != 0:
        return {}
    try:
        able = (
            subprocess.run(
                [sys.executable, "-c", "import digest.cli"], user=65534, check=False
            ).returncode
            == 0
        )
    except OSError:
        able = False
    if not able:
        pytest.skip("root may write everywhere, and the user nobody cannot run this Python")
    return {"user": 65534}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are another thing on this system")
@pytest.mark.parametrize("command", ["pull", "build"])
def test_a_read_only_digest_is_one_error_line(original: Path, tmp_path: Path, command: str) -> None:
    whose = somebody()
    root = tmp_path / "held"
    shutil.copytree(original, root)
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(0o555)
    (root / ".digest" / "lock").unlink(missing_ok=True)

    words = [sys.executable, "-m", "digest", "--root", str(root), command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **whose)  # type: ignore[call-overload]

    assert done.returncode == 1
    assert re.fullmatch(
        r"[^\n]+: cannot write this file: (Permission denied|Read-only file system)\n", done.stderr
    )
