"""Pulls thousands of feeds from other readers' test suites, many of them broken on purpose.

The corpus is in `../shared/corpus`; without it these tests are skipped. A usual run takes every
eighth feed, one with `DIGEST_MANY` all of them.
"""

from __future__ import annotations

import shutil
import warnings
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

import caches
import feedparser
import html5lib
import judges
import pytest
from many import MANY

from digest import config
from digest.commands import build, pull
from digest.commands.build import BuildReport
from digest.commands.pull_report import PullReport, PullRow

SAMPLE = 60
STEP = 1 if MANY > 1 else 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The corpus pulled twice and built; `sources` has the file that each feed was copied from."""

    root: Path
    sources: dict[str, Path]
    first: PullReport
    second: PullReport
    before: dict[str, bytes] = field(repr=False)
    after: dict[str, bytes] = field(repr=False)
    built: BuildReport


@pytest.fixture(scope="module")
def run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("corpus")
    files = sorted(path for path in (shared / "corpus").rglob("*") if path.is_file())[::STEP]
    sources = {f"f{number:04}": path for number, path in enumerate(files)}
    (root / "feeds").mkdir()
    for name, path in sources.items():
        shutil.copyfile(path, root / "feeds" / name)
    (root / "digest.toml").write_text(judges.settings({name: f"feeds/{name}" for name in sources}))
    settings = config.load(root)
    first = pull.run(root, settings, settings.feeds, now=judges.NOW)
    before = judges.content(root)
    caches.forget(root, "feed")  # so that every entry is looked at again
    second = pull.run(root, settings, settings.feeds, now=judges.LATER)
    built = build.run(root, settings, output=root / "site", base_url=None)
    return Run(
        root=root,
        sources=sources,
        first=first,
        second=second,
        before=before,
        after=judges.content(root),
        built=built,
    )


def plainly(path: Path) -> int:
    """The number of entries that feedparser finds by itself, 0 if it does not recognise a feed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return len(feedparser.parse(path.read_bytes()).entries)
        except Exception:  # we do not compare what it crashes on
            return 0


def is_silent(row: PullRow) -> bool:
    """True if a row has neither stories nor a reason why not."""
    return not (row.new or row.known or row.adopted or row.reason or row.warnings)


def test_every_feed_has_a_row_and_every_failure_a_reason(run: Run) -> None:
    assert [row.feed for row in run.first.rows] == list(run.sources)
    assert len(run.sources) > 3000 / STEP
    assert {row.state for row in run.first.rows} == {"read", "failed"}
    assert all(
        row.reason and "\n" not in row.reason for row in run.first.rows if row.state == "failed"
    )
    assert run.first.read > (2700 if STEP == 1 else 320)


def test_every_feed_with_entries_brings_stories_or_reports_why_not(run: Run) -> None:
    silent = [run.sources[row.feed] for row in run.first.rows if is_silent(row)]

    assert [path.name for path in silent if plainly(path)] == []
    assert sum(len(row.new) for row in run.first.rows) > 2300 / STEP


def test_a_second_pull_of_the_corpus_changes_no_byte(run: Run) -> None:
    changed = {
        name
        for name in run.before.keys() | run.after.keys()
        if run.before.get(name) != run.after.get(name)
    }

    assert changed == set()
    assert [row.feed for row in run.second.rows if row.new or row.adopted] == []


def test_the_stories_of_the_corpus_are_all_different_and_build(run: Run) -> None:
    files = [file for row in run.first.rows for file in row.new]

    assert len(files) == len(set(files)) == run.built.stories


def test_feeds_built_from_the_corpus_are_well_formed_and_pages_are_valid(run: Run) -> None:
    site = run.root / "site"
    for path in site.rglob("*.atom"):
        ElementTree.fromstring(path.read_bytes())
    pages = sorted(site.rglob("*.html"), key=lambda path: path.stat().st_size)

    for path in [*pages[-3:], *pages[:: max(1, len(pages) // SAMPLE)]]:
        html5lib.HTMLParser(strict=True).parse(path.read_text(encoding="utf-8"))
