"""What commands make of values in the cache that nothing of ours can have written: as if they were not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import caches
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from many import many

from digest import config
from digest.cache import Cache
from digest.commands import pull, status, themes
from digest.commands.pull_report import PullReport
from digest.feeds import feed_state, link_check
from digest.feeds.feed_state import FeedState

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
STORED = [
    ("feed", "a"),
    ("carried", "a"),
    ("begun", "pull"),
    ("begun", "lines"),
    ("begun", "written"),
    ("begun", "themes"),
    ("uncommitted", "content/2026/w21/x.md"),
    ("summary", "a"),
    ("reviewed", "a https://a.example/1"),
]
FORGOTTEN = ".digest/cache.sqlite: what it says about 'a' cannot be true, so it was dropped, and the feed is fetched again"
DAMAGED = ".digest/cache.sqlite was damaged and could not be used"
ADDRESS = "https://a.example/"
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
            "answered",
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


@pytest.mark.parametrize(("kind", "name"), STORED)
@settings(
    max_examples=many(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=values())
@example(value=[[None, ""]])
@example(value=[[[], ""], [["a"], "b"]])
@example(value={"../../outside.md": ["a", "b"], "a\0b": ["a", "b"]})
@example(value=[{"file": "../../outside.md", "before": "a", "after": "b"}])
@example(value={"a": {"size": -1, "hash": "", "lines": "{"}})
@example(value={"url": "a.xml", "answered": "0001-01-01T00:00:00+14:00"})
def test_no_cached_value_stops_a_command(kind: str, name: str, root: Path, value: object) -> None:
    caches.note(root, kind, name, value)
    loaded = config.load(root)

    status.run(root, loaded, now=NOW)
    themes.apply(root, loaded, now=NOW)

    assert pulled(root).rows[0].state in {"read", "unchanged", "waiting"}


@pytest.mark.parametrize(
    ("known", "problem"),
    [
        (5, DAMAGED),
        ([], DAMAGED),
        ({"wait": "tomorrow"}, DAMAGED),
        ({"wait": 5}, DAMAGED),
        ({"new": "5"}, DAMAGED),
        ({"wait": "2999-01-01T00:00:00+00:00"}, FORGOTTEN),
        ({"wait": "2026-05-21T08:00:00"}, FORGOTTEN),
        ({"answered": "2026-05-20T08:00:00"}, FORGOTTEN),
    ],
    ids=str,
)
def test_a_feed_with_invalid_cached_values_is_requested(
    root: Path, known: Any, problem: str
) -> None:
    caches.forget(root, *(kind for kind, _ in STORED))
    caches.note(root, "feed", "a", {"url": "a.xml", **known} if isinstance(known, dict) else known)

    report = pulled(root)

    assert report.rows[0].state == "read"
    assert report.problems == (problem,)


def test_a_cached_wait_of_a_week_is_respected() -> None:
    waits = {"a": FeedState(url="a.xml", wait=NOW + timedelta(days=7))}

    assert feed_state.valid(waits, NOW) == waits


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (["2026-05-20T07:00:00Z", {"address": ADDRESS, "status": 200}], 1),
        (["2026-05-20T07:00:00", {"address": ADDRESS, "status": 200}], 0),
        (["9999-12-31T23:59:59.999999-14:00", {"address": ADDRESS, "status": 200}], 0),
        (["0001-01-01T00:00:00+14:00", {"address": ADDRESS, "status": 200}], 0),
        (["2026-05-20T07:00:00Z", {"address": ADDRESS, "status": "200"}], 0),
        (["2026-05-20T07:00:00Z", {"status": 200}], 0),
        ({"at": "2026-05-20T07:00:00Z", "status": 200}, 0),
    ],
    ids=str,
)
def test_invalid_cached_link_answers_are_dropped(tmp_path: Path, value: object, count: int) -> None:
    caches.note(tmp_path, "link", ADDRESS, value)

    stored = Cache(tmp_path).get_kind("link", link_check.StoredResult)

    assert len(link_check.valid(stored, NOW)) == count
