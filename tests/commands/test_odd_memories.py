"""What commands make of valid JSON in `.digest/` that nothing of ours can have written: as if it were not there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest import config
from digest.commands import pull, status, themes
from digest.commands.pull_report import PullReport
from digest.feeds import feed_state, link_check

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
NAMES = [
    "feeds.json",
    "carried.json",
    "edits.json",
    "brought.json",
    "themes.json",
    "summaries/a.json",
]
FORGOTTEN = ".digest/feeds.json: what it says about 'a' cannot be true, so it was dropped, and the feed is fetched again"
FEED = (
    "<rss version='2.0'><channel><title>A</title><item><title>Old</title><link>https://a.example/1</link>"
    "<pubDate>Mon, 18 May 2026 10:00:00 GMT</pubDate></item></channel></rss>"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest with a story, and with a feed that is read from a file."""
    root = tmp_path_factory.mktemp("digest")
    (root / "digest.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://t.example/"\n[[feeds]]\nid = "a"\nurl = "a.xml"\n'
        '[[themes]]\nid = "x"\ntitle = "X"\nmatch = ["old"]\n'
    )
    (root / "a.xml").write_text(FEED)
    pulled(root)
    return root


def pulled(root: Path) -> PullReport:
    loaded = config.load(root)
    return pull.run(root, loaded, loaded.feeds, now=NOW)


def remember(root: Path, name: str, says: object, version: object = 1) -> None:
    (root / ".digest" / name).write_text(json.dumps({"version": version, "says": says}))


def values() -> st.SearchStrategy[Any]:
    words = st.sampled_from(
        ["", "a", "a.xml", "2026-05-20", "2026-05-20T08:00:00", "2999-01-01T00:00:00+00:00"]
    )
    moments = st.sampled_from(
        ["9999-12-31T23:59:59.999999-14:00", "0001-01-01T00:00:00+14:00", "2026-W20-3"]
    )
    keys = st.sampled_from(
        [
            "url",
            "wait",
            "asked",
            "etag",
            "modified",
            "hash",
            "ledger",
            "new",
            "failed",
            "before",
            "a",
        ]
    )
    plain = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | words | moments
    return st.recursive(
        plain,
        lambda one: st.lists(one, max_size=3) | st.dictionaries(keys, one, max_size=9),
        max_leaves=9,
    )


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    says=st.dictionaries(st.sampled_from(["a", "b", "content/2026/w21/x.md"]), values(), max_size=3)
    | values()
)
@example(says=[[None, ""]])
def test_no_memory_stops_a_command(name: str, root: Path, says: object) -> None:
    remember(root, name, says)
    loaded = config.load(root)

    status.run(root, loaded, now=NOW)
    themes.apply(root, loaded, now=NOW)

    assert pulled(root).rows[0].state in {"read", "unchanged", "waiting"}


@pytest.mark.parametrize(
    "known",
    [
        5,
        [],
        {"wait": "2999-01-01T00:00:00+00:00"},
        {"wait": "2026-05-21T08:00:00"},
        {"wait": "tomorrow"},
        {"wait": 5},
        {"asked": "2026-05-20T08:00:00"},
        {"new": "5"},
        {"ledger": ""},
    ],
    ids=str,
)
def test_a_feed_of_which_odd_things_are_remembered_is_asked(root: Path, known: Any) -> None:
    remember(
        root, "feeds.json", {"a": {"url": "a.xml", **known} if isinstance(known, dict) else known}
    )

    report = pulled(root)

    assert report.rows[0].state == "read"
    assert report.problems == (FORGOTTEN,)


def test_a_wait_of_a_week_is_believed() -> None:
    waits = {"a": {"url": "a.xml", "wait": "2026-05-27T08:00:00+00:00"}}

    assert feed_state.valid(waits, NOW) == waits


@pytest.mark.parametrize("version", [None, "1", [], {}])
def test_a_memory_of_an_odd_version_is_none(root: Path, version: object) -> None:
    remember(
        root, "feeds.json", {"a": {"url": "a.xml", "wait": "2026-05-21T08:00:00+00:00"}}, version
    )

    assert pulled(root).rows[0].state == "read"


@given(st.dictionaries(st.sampled_from(["https://a.example/"]), st.dictionaries(
    st.sampled_from(["at", "status", "moved", "reason"]), values(), min_size=4) | values(), max_size=1))  # fmt: skip
def test_odd_answers_of_links_are_forgotten(memory: dict[str, Any]) -> None:
    for answer in link_check.valid(memory, NOW).values():
        link_check.problem(answer)
        link_check.why_unknown(answer)
