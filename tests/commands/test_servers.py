"""`digest pull` over HTTP against a server that misbehaves in every way it knows: each feed ends in the right row.

The server is `../shared/feedserver.py`; without it these tests are skipped.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import judges
import pytest
from clock import Clock

from digest import config
from digest.commands import pull
from digest.commands.pull_report import PullReport, PullRow
from digest.feeds.limits import Limits
from digest.model import Progress

LIMITS = Limits(
    deadline=100, connect_timeout=1000, read_timeout=1000, body=2_000_000, back_off=0.05
)
LATE = "no complete answer within 100 s"
NOW = datetime.now(UTC)
PATHS = {"chain": "/chain/5/x", "delay": "/delay/0.2/x"}

READ = [
    "304body", "429once", "503once", "asheader", "badcharset", "both", "chain", "changing", "chunked", "cookie",
    "deflate", "delay", "doublegzip", "etag", "etagchanges", "etagweak", "flaky", "gzip", "gzipliar",
    "gzipunlabelled", "head", "http10", "lastmod", "lastmodbad", "needaccept", "needua", "nocontenttype", "ok",
    "private", "rawdeflate", "redate", "redirect301", "redirect302", "redirect303", "redirect307",
    "redirect308", "redirectrel", "reguid", "reorder", "resetonce", "rolling", "slow", "textplain", "vanish",
    "wrongcharset", "wrongtype", "growing",
]  # fmt: skip
WARNED = {
    "bombxml": "not well-formed",
    "shortlength": "its end is missing; its last entry is skipped until it is complete",
    "truncate": "its end is missing",
}
FAILED = {
    "204": "an empty answer (204)",
    "401": "asks for a password (401)",
    "403": "refuses this reader or this network (403)",
    "404": "no feed at this address (404)",
    "410": "gone for good (410)",
    "418": "answered 418",
    "429": "asks for fewer requests (429)",
    "429date": "asks for fewer requests (429)",
    "500": "the publisher's server failed (500",
    "502": "the publisher's server failed (502",
    "503": "the publisher's server failed (503",
    "always304": "'not modified' (304), although the whole feed was asked for",
    "badchunk": "its answer is not proper HTTP",
    "badlength": "its answer is incomplete",
    "blank": "an empty answer",
    "bomb": "larger than 2 MB",
    "br": "compressed as 'br'",
    "doublelength": "its answer is not proper HTTP",
    "empty": "an empty answer",
    "gzipbad": "its answer is incomplete",
    "hang": LATE,
    "hangbody": LATE,
    "html": "a web page, not a feed; its feed is http://127.0.0.",
    "htmlblock": "a web page, not a feed",
    "huge": "larger than 2 MB",
    "hugeheader": "the headers of its answer are too large",
    "loop": "redirects",
    "neglength": "its answer is not proper HTTP",
    "nolocation": "a redirect without a target",
    "notHTTP": "the server closed the connection without an answer",
    "redirectfile": "a redirect to 'file:///etc/passwd', which is not a web address",
    "redirectjs": "a redirect to 'javascript:window.__xss=1', which is not a web address",
    "redirectport": "connection refused",
    "reset": "the connection was reset",
    "slowheaders": LATE,
    "slowloris": LATE,
    "unknownencoding": "compressed as 'x-nobody-knows'",
}
ALL = [*READ, *WARNED, *FAILED]


@pytest.fixture(scope="module")
def feedserver(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("feedserver", shared / "feedserver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(feedserver: ModuleType) -> Iterator[Any]:
    with feedserver.FeedServer(None, addresses=3, drip=0.03) as running:
        yield running


def run(
    root: Path,
    urls: dict[str, str],
    now: datetime = NOW,
    limits: Limits = LIMITS,
    on_progress: Progress | None = None,
) -> PullReport:
    """Pulls feeds at these addresses into the digest at `root`."""
    (root / "digest.toml").write_text(judges.settings(urls))
    settings = config.load(root)
    return pull.run(root, settings, settings.feeds, now=now, limits=limits, on_progress=on_progress)


def headlines(root: Path) -> list[str]:
    return sorted(story.title for story in judges.stories(root))


@pytest.fixture(scope="module")
def rows(
    feedserver: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, PullRow], float]:
    """The row of every behaviour out of one pull, and the seconds from one deadline to the last answer."""
    late = list(FAILED.values()).count(LATE)
    with (
        pytest.MonkeyPatch.context() as patch,
        feedserver.FeedServer(None, addresses=3, drip=0.03) as running,
    ):
        clock, times = Clock(patch), list[float]()

        def give_up(done: int, all_: int) -> None:
            if done == all_ - late:
                clock.pass_by(LIMITS.deadline)
            if done in {all_ - late, all_}:
                times.append(time.monotonic())

        urls = {
            name.lower(): running.url(PATHS.get(name, f"/{name}/x"), address=number % 3 + 1)
            for number, name in enumerate(ALL)
        }
        limits = replace(LIMITS, at_once=100, per_host=100)  # so that none waits for a late one
        folder = tmp_path_factory.mktemp("servers")
        report = run(folder, urls, limits=limits, on_progress=give_up)
    return {row.feed: row for row in report.rows}, times[1] - times[0]


def test_every_behaviour_of_the_test_server_is_in_the_table(feedserver: ModuleType) -> None:
    assert sorted(ALL) == sorted(feedserver.BEHAVIOURS)


@pytest.mark.parametrize("name", READ)
def test_a_server_with_unusual_but_valid_answers_is_read(
    name: str, rows: tuple[dict[str, PullRow], float]
) -> None:
    row = rows[0][name.lower()]

    assert (row.state, row.reason, row.entries) == ("read", "", 1 if name == "growing" else 3)


@pytest.mark.parametrize("name", WARNED)
def test_a_damaged_answer_is_read_as_far_as_possible_with_a_warning(
    name: str, rows: tuple[dict[str, PullRow], float]
) -> None:
    row = rows[0][name]

    assert row.state == "read"
    assert any(WARNED[name] in warning for warning in row.warnings)


@pytest.mark.parametrize("name", FAILED)
def test_a_broken_server_is_reported_in_its_row(
    name: str, rows: tuple[dict[str, PullRow], float]
) -> None:
    row = rows[0][name.lower()]

    assert row.state == "failed"
    assert FAILED[name] in row.reason


def test_servers_are_not_waited_for_one_after_the_other(
    rows: tuple[dict[str, PullRow], float],
) -> None:
    assert rows[1] < LIMITS.deadline


def test_servers_that_hang_do_not_hold_up_the_others_under_the_usual_limits(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = {
        name: server.url(f"/{name}/x", address=address)
        for name, address in (("hang", 1), ("hangbody", 1), ("slowheaders", 2))
    }
    good = {
        f"f{number}": server.url(f"/ok/{number}", address=number % 2 + 2) for number in range(16)
    }
    clock, asked = Clock(monkeypatch), list[int]()

    def give_up(done: int, _: int) -> None:
        if done == len(good):
            asked.append(sum(request["behaviour"] == "ok" for request in server.requests))
            clock.pass_by(LIMITS.deadline)

    report = run(tmp_path, hanging | good, on_progress=give_up)

    assert asked == [len(good)]  # so the first to end were all the good ones
    assert {row.feed: row.reason for row in report.rows} == {
        **dict.fromkeys(hanging, LATE),
        **dict.fromkeys(good, ""),
    }


@pytest.mark.parametrize("name", ["redirect301", "redirect308"])
def test_a_permanently_moved_feed_is_reported_with_its_new_url(
    name: str, rows: tuple[dict[str, PullRow], float]
) -> None:
    assert rows[0][name].moved.endswith("/ok/x")
    assert not rows[0]["redirect302"].moved


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ok", ["Entry 1", "Entry 2", "Entry 3"]),
        ("changing", ["Entry 1, revision 3", "Entry 2, revision 3", "Entry 3, revision 3"]),
        ("growing", ["Entry 1", "Entry 2", "Entry 3"]),
        ("rolling", ["Entry 1", "Entry 2", "Entry 3", "Entry 4", "Entry 5"]),
        ("reguid", ["Entry 1", "Entry 2", "Entry 3"]),
        ("redate", ["Entry 1", "Entry 2", "Entry 3"]),
        ("vanish", ["Entry 1", "Entry 2", "Entry 3"]),
        ("reorder", ["Entry 1", "Entry 2", "Entry 3"]),
    ],
)
def test_changes_over_three_pulls_duplicate_and_lose_no_story(
    name: str, expected: list[str], server: Any, tmp_path: Path
) -> None:
    reports = [
        run(tmp_path, {name: server.url(f"/{name}/x")}, NOW + timedelta(hours=hours))
        for hours in range(3)
    ]

    assert headlines(tmp_path) == expected
    assert sum(len(row.new) for report in reports for row in report.rows) == len(expected)
    assert all(row.state in {"read", "unchanged"} for report in reports for row in report.rows)


def test_a_host_never_gets_more_than_two_requests_at_once(server: Any, tmp_path: Path) -> None:
    run(tmp_path, {f"f{number}": server.url(f"/delay/0.1/{number}") for number in range(8)})

    assert max(server.max_inflight.values()) == 2


def test_the_second_pull_asks_whether_anything_has_changed(server: Any, tmp_path: Path) -> None:
    urls = {name: server.url(f"/{name}/x") for name in ("etag", "etagweak", "lastmod", "both")}
    run(tmp_path, urls)
    server.reset()

    report = run(tmp_path, urls)

    asked = {
        request["behaviour"]: {"if-none-match", "if-modified-since"} & set(request["headers"])
        for request in server.requests
    }
    assert asked == {
        "etag": {"if-none-match"},
        "etagweak": {"if-none-match"},
        "lastmod": {"if-modified-since"},
        "both": {"if-none-match", "if-modified-since"},
    }
    assert {request["status"] for request in server.requests} == {304}
    assert {row.state for row in report.rows} == {"unchanged"}


def test_every_request_has_our_user_agent_with_a_url(server: Any, tmp_path: Path) -> None:
    run(tmp_path, {"ok": server.url("/redirect302/x")})

    agents = {request["headers"]["user-agent"] for request in server.requests}
    assert len(server.requests) == 2
    assert all(
        agent.startswith("digest/") and "https://digest.example/trial/" in agent for agent in agents
    )


def test_a_server_that_sent_retry_after_is_not_requested_again(server: Any, tmp_path: Path) -> None:
    urls = {"busy": server.url("/429/x"), "ok": server.url("/ok/x")}
    run(tmp_path, urls)
    server.reset()

    report = run(tmp_path, urls)

    assert [row.state for row in report.rows] == ["waiting", "unchanged"]
    assert [request["behaviour"] for request in server.requests] == ["ok"]


def test_a_vanished_server_loses_no_story(feedserver: ModuleType, tmp_path: Path) -> None:
    with feedserver.FeedServer(None) as gone:
        urls = {"gone": gone.url("/etag/x")}
        run(tmp_path, urls)
    before = judges.content(tmp_path)

    report = run(tmp_path, urls)

    assert [(row.state, row.reason) for row in report.rows] == [("failed", "connection refused")]
    assert judges.content(tmp_path) == before
