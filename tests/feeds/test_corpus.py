"""Parses feeds beside the repository: other readers' test feeds, hostile feeds and two real ones."""

from __future__ import annotations

import io
import json
import resource
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from builders import make_feed
from many import MANY

from digest import urls
from digest.feeds.fetch import fetch
from digest.feeds.parse import parse
from digest.model import Document, Failed, Fetched

NESTED = "illegally-nested"
"""A feed in which each entry contains an empty one, which feedparser lists as well."""
LARGE = 150_000
"""Bytes of a document that is read only with DIGEST_MANY: the two dozen of them take as long as 2,000 others, and have
only more entries."""
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


def read(path: Path) -> Document | Failed:
    """Parses a file as if it had been fetched; compressed files are fetched, too."""
    return read_all(path.parent, [path.name])[0]


def read_all(folder: Path, names: list[str]) -> list[Document | Failed]:
    """Parses files of a folder as if they had been fetched, all of them at once."""
    feeds = [make_feed(id=f"f{number}", url=name) for number, name in enumerate(names)]
    return [
        one
        if isinstance(one, Failed)
        else parse(
            Fetched(
                feed=one.feed,
                body=one.body,
                url=f"https://corpus.example/{Path(one.feed.url).name}",
            )
        )
        for one in fetch(feeds, root=folder, known={}, agent="Digest/1", now=NOW)
    ]


@pytest.fixture(scope="module")
def corpus(shared: Path) -> list[tuple[Path, str, Document | Failed]]:
    """Every document of the corpus, but for large ones: its path, its kind, and the result of parsing it."""
    folder = shared / "corpus"
    index = [
        one
        for one in json.loads((folder / "index.json").read_text(encoding="utf-8"))
        if MANY > 1 or (folder / one["path"]).stat().st_size < LARGE
    ]
    found = read_all(folder, [one["path"] for one in index])
    return [
        (folder / one["path"], one["kind"], outcome)
        for one, outcome in zip(index, found, strict=True)
    ]


def test_whole_corpus_is_read_in_a_minute_and_every_failure_has_its_reason(
    corpus: list[tuple[Path, str, Document | Failed]],
) -> None:
    failed = [outcome for _, _, outcome in corpus if isinstance(outcome, Failed)]

    assert len(corpus) > 3_000
    assert all(outcome.reason for outcome in failed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000


def test_pages_subscription_lists_and_expected_results_are_not_accepted_as_feeds(
    corpus: list[tuple[Path, str, Document | Failed]],
) -> None:
    passing = [
        path
        for path, kind, outcome in corpus
        if kind in {"html", "opml", "expected"} and isinstance(outcome, Document)
    ]

    assert passing == []


def test_every_entry_of_the_corpus_is_valid(
    corpus: list[tuple[Path, str, Document | Failed]],
) -> None:
    entries = [
        entry
        for _, _, outcome in corpus
        if isinstance(outcome, Document)
        for entry in outcome.entries
    ]

    assert len(entries) > (3_000 if MANY > 1 else 2_000)
    assert all(urls.web_link(entry.link) == entry.link and entry.title for entry in entries)


def entries_for_feedparser(path: Path) -> list[dict[str, Any]]:
    """The entries that feedparser finds in a document, as it has them."""
    body = io.BytesIO(path.read_bytes())
    result = feedparser.parse(body, resolve_relative_uris=False, sanitize_html=False)
    entries: list[dict[str, Any]] = result.get("entries", [])
    return entries


def test_every_feed_with_entries_yields_them_or_reports_why_not(
    corpus: list[tuple[Path, str, Document | Failed]],
) -> None:
    silent = []
    for path, kind, outcome in corpus:
        if kind != "doc" or isinstance(outcome, Failed) or outcome.warnings:
            continue
        found = entries_for_feedparser(path)
        found = [entry for entry in found if path.stem != NESTED or "title" in entry]
        if len(outcome.entries) < len(found):
            silent.append(path)

    assert silent == []


def test_feed_that_is_refused_has_no_entry_with_a_link(
    corpus: list[tuple[Path, str, Document | Failed]],
) -> None:
    lost = []
    for path, kind, outcome in corpus:
        if kind != "doc" or isinstance(outcome, Document) or path.suffix == ".json":
            continue
        found = entries_for_feedparser(path)
        lost += [path for entry in found if str(entry.get("link", "")).startswith("http")]

    assert lost == []


# ---------------------------------------------------------------- the two real feeds


@pytest.mark.parametrize("name", ["semiconductors", "semiconductors-geopolitics"])
def test_a_real_feed_is_read_completely(shared: Path, name: str) -> None:
    outcome = read(shared / "feeds" / f"{name}.xml")

    assert isinstance(outcome, Document)
    assert (len(outcome.entries), outcome.warnings) == (50, ())
    assert all(entry.published and entry.image.startswith("https://") for entry in outcome.entries)
    assert all(entry.id == f"{entry.link}?utm_source=rss_feed" for entry in outcome.entries)
    assert all(
        1 <= len(entry.authors) <= 3 and "," not in "".join(entry.authors)
        for entry in outcome.entries
    )
    assert all(len(entry.summary) > 100 for entry in outcome.entries)


def test_the_real_feeds_have_96_articles(shared: Path) -> None:
    entries = [
        entry
        for name in ("semiconductors", "semiconductors-geopolitics")
        for entry in getattr(read(shared / "feeds" / f"{name}.xml"), "entries", ())
    ]

    assert len({urls.article_number(entry.link) for entry in entries}) == 96


# ---------------------------------------------------------------- hostile feeds


@pytest.fixture(scope="module")
def hostile(shared: Path) -> Path:
    return shared / "hostile"


def manifest() -> list[Any]:
    """The hostile files with what each has to give; none if they are not there."""
    place = Path(__file__).parents[3] / "shared" / "hostile" / "manifest.json"
    cases = json.loads(place.read_text(encoding="utf-8")) if place.exists() else []
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize("case", manifest())
def test_a_hostile_feed_is_read_within_limits_and_its_harmless_entry_too(
    hostile: Path, case: dict[str, Any]
) -> None:
    begun = time.process_time()
    outcome = read(hostile / case["file"])

    assert time.process_time() - begun < 10
    assert isinstance(outcome, Document)
    assert not case["control"] or f"Control entry {case['id']}" in {
        entry.title for entry in outcome.entries
    }


@pytest.mark.parametrize(
    ("case", "titles"),
    [
        ("d014-title-html", ["bold", 'a < b & c > "d"']),
        ("d020-front-matter", ["Vector d020", "a admin: yes"]),
        ("d022-template-titles", ["{{ 6*7 }}", "{% if %}", "{# c #}"]),
        ("d031-latin1-unlabelled", ["café crème"]),
        ("d032-reference-overflow", ["x \ufffd y"]),
    ],
)
def test_a_hostile_headline_is_shown_as_text(hostile: Path, case: str, titles: list[str]) -> None:
    outcome = read(hostile / f"{case}.xml")

    assert isinstance(outcome, Document)
    assert [entry.title for entry in outcome.entries[:-1]] == titles


def test_a_hostile_summary_loses_no_character(hostile: Path) -> None:
    outcome = read(hostile / "d017-markdown-link.xml")

    assert isinstance(outcome, Document)
    assert outcome.entries[0].summary == (
        "before-d017\n\n[go](javascript:window.__xss=1) and <script>window.__xss=1</script>\n\nafter-d017"
    )


def test_an_external_entity_reads_no_file(hostile: Path) -> None:
    outcome = read(hostile / "d029-external-entity.xml")

    assert socket.gethostname() not in repr(outcome)
