"""No redirect of a feed and no link from a feed reaches a private network."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import make_feed
from feedhost import Answer, FeedHost
from shell import invoke

from digest import private_addresses
from digest.commands import check
from digest.feeds import discover, fetch, private_networks
from digest.feeds.limits import Limits
from digest.model import Failed, Fetched

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
QUICK = Limits(deadline=30, connect_timeout=30, read_timeout=30, retries=0)
AGENT = "Digest/1"
FEED = b"<rss version='2.0'><channel><title>A feed</title></channel></rss>"
PUBLIC, INSIDE = "127.0.0.2", "127.0.0.1"
"""Two addresses of this machine; the tests treat the first as public."""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs a second address of this machine: 127.0.0.2"
)


@pytest.fixture(autouse=True)
def internet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    really = private_addresses.is_private
    monkeypatch.setattr(
        private_networks, "is_private", lambda address: address != PUBLIC and really(address)
    )


@pytest.fixture
def inside() -> Iterator[FeedHost]:
    """A server in the private network, with a feed and a page."""
    answers = {
        "/feed": lambda exchange: exchange.reply(body=FEED),
        "/page": lambda exchange: exchange.reply(body=b"<title>A page</title>"),
        "/gone": lambda exchange: exchange.reply(404),
    }
    with FeedHost(answers, INSIDE) as host:
        yield host


def ask(url: str) -> Fetched | Failed:
    return fetch.fetch(
        [make_feed(url=url)], root=Path(), known={}, agent=AGENT, now=NOW, limits=QUICK
    )[0]


def redirect(*locations: str) -> dict[str, Answer]:
    """Redirects from /0 to the first location, from /1 to the second, and so on."""
    return {
        f"/{number}": lambda exchange, location=location: exchange.reply(302, Location=location)  # type: ignore[misc]
        for number, location in enumerate(locations)
    }


def test_a_redirect_of_a_public_feed_into_a_private_network_is_not_followed(
    inside: FeedHost,
) -> None:
    with FeedHost(redirect("/1", inside.url("/feed")), PUBLIC) as host:
        outcome = ask(host.url("/0"))

    assert isinstance(outcome, Failed)
    assert outcome.reason == (
        "leads into a private network, to 127.0.0.1; it was not requested; "
        "if you trust it, write that address as the feed's url"
    )
    assert inside.requests == []


def test_a_redirect_into_a_private_network_by_host_name_is_not_followed(inside: FeedHost) -> None:
    with FeedHost(redirect(inside.url("/feed").replace(INSIDE, "localhost")), PUBLIC) as host:
        outcome = ask(host.url("/0"))

    assert isinstance(outcome, Failed)
    assert "to localhost, which is " in outcome.reason
    assert inside.requests == []


def test_a_host_name_that_resolves_to_a_private_address_the_second_time_is_not_contacted(
    inside: FeedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, looked_up = socket.getaddrinfo, list[str]()

    def rebinding(host: str | bytes, *arguments: object, **options: object) -> object:
        if host not in {"rebinding.example", b"rebinding.example"}:
            return really(host, *arguments, **options)  # type: ignore[arg-type]
        looked_up.append(str(host))
        return really(PUBLIC if len(looked_up) == 1 else INSIDE, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with FeedHost(
        redirect(inside.url("/feed").replace(INSIDE, "rebinding.example")), PUBLIC
    ) as host:
        outcome = ask(host.url("/0"))

    assert isinstance(outcome, Failed)
    assert "to rebinding.example, which is 127.0.0.1" in outcome.reason
    assert (len(looked_up), inside.requests) == (2, [])


def test_a_feed_in_a_private_network_may_redirect_within_it(inside: FeedHost) -> None:
    with FeedHost(redirect(inside.url("/feed")), INSIDE) as host:
        outcome = ask(host.url("/0"))

    assert isinstance(outcome, Fetched)
    assert outcome.body == FEED


def test_an_added_page_cannot_redirect_into_a_private_network(inside: FeedHost) -> None:
    with FeedHost(redirect(inside.url("/page")), PUBLIC) as host:
        outcome = fetch.fetch_page(host.url("/0"), agent=AGENT, now=NOW, limits=QUICK)

    assert isinstance(outcome, Failed)
    assert outcome.reason.endswith("it was not requested; open it in a browser if you trust it")
    assert inside.requests == []


@pytest.mark.parametrize(
    ("address", "is_asked"), [(PUBLIC, False), (INSIDE, True)], ids=["public", "private"]
)
def test_a_page_in_a_private_network_may_advertise_a_feed_in_it(
    inside: FeedHost, address: str, is_asked: bool
) -> None:
    page = f'<html><link rel="alternate" type="application/rss+xml" href="{inside.url("/feed")}"></html>'.encode()
    with FeedHost(
        {"/": lambda exchange: exchange.reply(body=page, Content_Type="text/html")}, address
    ) as host:
        (found,) = discover.find_feeds([host.url("/")], agent=AGENT, now=NOW, limits=QUICK)

    assert isinstance(found, discover.FoundFeed) == is_asked
    assert ([path for path, _ in inside.requests] != []) == is_asked


@pytest.mark.parametrize(
    ("url", "feeds", "is_asked"),
    [
        ("http://{public}/feed", "feeds: [here]", False),
        ("http://{inside}/feed", "feeds: [here]", True),
        ("feeds/local.xml", "feeds: [here]", True),
        ("http://{public}/feed", "feeds: []", True),
    ],
    ids=["a public feed's", "a private feed's", "a feed's from a file", "the editor's"],
)
def test_check_requests_links_from_public_feeds_on_public_hosts_only(
    tmp_path: Path, inside: FeedHost, url: str, feeds: str, is_asked: bool
) -> None:
    address = url.format(public=PUBLIC, inside=INSIDE)
    (tmp_path / "digest.toml").write_text(
        f'[site]\ntitle = "T"\nurl = "https://example.org/"\n[[feeds]]\nid = "here"\nurl = "{address}"\n'
    )
    story = tmp_path / "content" / "2026" / "w20" / "2026-05-12-one.md"
    story.parent.mkdir(parents=True)
    story.write_text(
        f"---\ntitle: One\nlink: {inside.url('/gone')}\npublished: 2026-05-12T08:00:00Z\n{feeds}\nthemes: []\n---\n"
    )

    report = check.run(tmp_path, now=NOW, links=True)

    assert ([path for path, _ in inside.requests] != []) == is_asked
    assert any("is gone (404)" in one.what for one in report.problems) == is_asked
    assert (report.links.private, report.links.is_offline) == (0 if is_asked else 1, False)


def test_check_counts_links_into_a_private_network_and_lists_them_on_request(
    tmp_path: Path, inside: FeedHost
) -> None:
    (tmp_path / "digest.toml").write_text(
        f'[site]\ntitle = "T"\nurl = "https://example.org/"\n[[feeds]]\nid = "here"\nurl = "http://{PUBLIC}/feed"\n'
    )
    week = tmp_path / "content/2026/w20"
    week.mkdir(parents=True)
    for name in ("one", "two"):
        story = f"---\ntitle: A\nlink: {inside.url('/' + name)}\nfeeds: [here]\n---\n"
        (week / f"2026-05-12-{name}.md").write_text(story)

    plain = invoke(tmp_path, "check", "--links").output
    verbose = invoke(tmp_path, "--verbose", "check", "--links").output

    words = (
        "2 links lead into a private network and were not requested: digest --verbose check --links"
    )
    assert [line for line in plain.splitlines() if "private" in line] == [words]
    assert "reached" not in plain
    for name in ("one", "two"):
        assert (
            f"content/2026/w20/2026-05-12-{name}.md:3: hint: {inside.url('/' + name)} could not be checked: "
            in verbose
        )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("255.255.255.255", True),
        ("::1", True),
        ("::", True),
        ("fe80::1%eth0", True),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("2002:7f00:1::", True),
        ("64:ff9b::a9fe:a9fe", True),
        ("192.0.0.8", True),
        ("192.0.0.200", True),
        ("192.88.99.1", True),
        ("198.18.0.1", True),
        ("240.0.0.1", True),
        ("::127.0.0.1", True),
        ("::ffff:0:127.0.0.1", True),
        ("64:ff9b:1::1", True),
        ("100:0:0:1::1", True),
        ("2001:db8::1", True),
        ("3fff::1", True),
        ("5f00::1", True),
        ("fec0::1", True),
        ("8.8.8.8", False),
        ("192.31.196.1", False),
        ("2606:4700::1111", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::808:808", False),
    ],
)
def test_private_addresses(address: str, expected: bool) -> None:
    assert private_addresses.is_private(address) is expected
