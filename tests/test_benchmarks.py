"""The benchmark: it measures a digest like any other, the same every time, and notices sites that differ."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import warm
from sites import read_folder

from benchmarks import agree, corpus, measure, themes
from benchmarks.peers import convert, journal
from digest import config
from digest.content import load

ROOT = Path(__file__).parent.parent
STORIES = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up digest, built."""
    root = tmp_path_factory.mktemp("bench") / "digest"
    corpus.write(root, STORIES)
    digest(root, "build")
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """The built site once more, to be changed."""
    return shutil.copytree(made / "site", tmp_path / "site")


def digest(root: Path, command: str) -> str:
    """What a command of Digest prints; it has to go well."""
    done = warm.run([command], root, dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bench(*words: str) -> str:
    """What the benchmark prints; it has to go well."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def differences(site: Path, other: Path) -> list[str]:
    """What one of two sites has and the other has not."""
    return agree.differences(agree.read(site), agree.read(other))


def week_of(site: Path) -> Path:
    """The page of the newest week but one."""
    return sorted(site.glob("2*/w*/index.html"))[-2]


def test_a_generated_digest_is_the_same_for_a_seed_and_differs_for_another(
    tmp_path: Path,
) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        corpus.write(tmp_path / name, 20, seed)

    assert read_folder(tmp_path / "one") == read_folder(tmp_path / "same")
    assert read_folder(tmp_path / "one") != read_folder(tmp_path / "other")


def test_a_generated_digest_has_the_requested_number_of_stories_and_no_problems(made: Path) -> None:
    assert len(list(made.glob("content/2*/w*/2*.md"))) == STORIES
    assert digest(made, "check").startswith("0 errors, 0 hints")


def test_a_pull_of_a_generated_digest_changes_nothing(made: Path, tmp_path: Path) -> None:
    root = shutil.copytree(made, tmp_path / "digest")
    before = read_folder(root / "content")

    said = digest(root, "pull")

    assert len(re.findall(r" 0 new, +[1-9]\d* known", said)) == 2
    assert read_folder(root / "content") == before


@pytest.mark.parametrize("peer", sorted(convert.WRITERS))
def test_other_generators_get_every_story_under_its_name(
    peer: str, made: Path, tmp_path: Path
) -> None:
    convert.WRITERS[peer](journal.read(made), tmp_path / peer)
    content = convert.PLACES.get(peer, "content")

    ours = {path.relative_to(made / "content") for path in made.glob("content/2*/w*/2*.md")}
    theirs = {
        path.relative_to(tmp_path / peer / content)
        for path in (tmp_path / peer).glob(f"{content}/2*/w*/2*.md")
    }

    assert ours == theirs
    assert not [
        path
        for path in (tmp_path / peer).rglob("*")
        if path.is_file() and b"@URL@" in path.read_bytes()
    ]


def test_two_equal_sites_agree(made: Path, copy: Path) -> None:
    assert differences(made / "site", copy) == []
    assert str(agree.read(copy)) == f"{STORIES} stories in 3 weeks, 10 themes and 13 feeds"


def test_a_missing_story_is_detected(made: Path, copy: Path) -> None:
    page = week_of(copy)
    page.write_text(
        re.sub(r"<article.*?</article>", "", page.read_text(), count=1, flags=re.DOTALL)
    )

    [found] = differences(made / "site", copy)

    assert found.startswith(
        f"weeks: {page.parent.relative_to(copy).as_posix()}: only in {made / 'site'}: "
    )


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"(<h2 [^>]*>).*?</h2>", r"\1Elsewhere</h2>"),
        (r"(<h3[^>]*><a [^>]*>)", r"\1Not "),
        (r"(<blockquote[^>]*>)", r"\1Not "),
    ],
)
def test_a_different_group_headline_or_excerpt_is_detected(
    pattern: str, instead: str, made: Path, copy: Path
) -> None:
    page = week_of(copy)
    page.write_text(re.sub(pattern, instead, page.read_text(), count=1, flags=re.DOTALL))

    assert differences(made / "site", copy)


def test_a_missing_feed_entry_and_a_missing_page_are_detected(made: Path, copy: Path) -> None:
    feed = copy / "feed.atom"
    feed.write_text(re.sub(r"<entry>.*?</entry>", "", feed.read_text(), count=1, flags=re.DOTALL))
    shutil.rmtree(copy / "themes/ferries")

    found = differences(made / "site", copy)

    assert any(line.startswith("feeds: feed.atom: only in ") for line in found)
    assert any(line.startswith("themes: themes/ferries is only in ") for line in found)


def test_the_cost_of_a_command_includes_its_child_processes(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"

    assert measure.run([sys.executable, "-c", parent], tmp_path).cpu >= 0.3


def test_a_failed_command_is_reported_with_its_arguments(tmp_path: Path) -> None:
    with pytest.raises(measure.CommandFailed, match=r"exit code 3(?s:.*)oh no"):
        measure.run(
            [sys.executable, "-c", "import sys; print('oh no', file=sys.stderr); sys.exit(3)"],
            tmp_path,
        )


def test_the_smallest_run_measures_every_phase_and_the_preview(tmp_path: Path) -> None:
    said = bench(
        "--stories",
        "60",
        "--rounds",
        "1",
        "--no-peers",
        "--folder",
        str(tmp_path),
    )

    phases = re.findall(r"^\| (?!---)(\S[^|]*?) \| [\d.]+", said, re.MULTILINE)
    assert len(phases) >= 9
    assert phases[0] == "cold build"
    assert not list(tmp_path.iterdir())


def test_a_replay_of_the_shipped_archive_finds_themes_and_phrases(shared: Path) -> None:
    settings = config.load(ROOT)
    stories = load.survey(ROOT, settings).content.stories

    done = themes.replay(stories, themes.summaries_in(shared / "feeds", stories))

    assert sum(map(len, themes.PHRASES.values())) == 40
    assert done.among_three >= 0.8 * done.stories
    assert done.at_the_end.right >= 0.92 * (done.at_the_end.right + done.at_the_end.wrong)
    assert done.at_the_end.right >= 0.8 * (done.at_the_end.right + done.at_the_end.missed)
    assert len(done.taken) <= 30
