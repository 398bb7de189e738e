"""Fetching from good, slow, broken and hostile servers, and from files."""

from __future__ import annotations

import errno
import gzip
import hashlib
import importlib.util
import os
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import make_feed
from clock import Clock
from feedhost import Answer, Exchange, FeedHost
from hypothesis import given, settings
from hypothesis import strategies as st
from many import many

from digest.feeds import http_errors, http_rules
from digest.feeds.decompress import Decompressor, UnreadableBodyError
from digest.feeds.fetch import fetch, fetch_in_batches
from digest.feeds.limits import Limits
from digest.model import Failed, Fetched, Validators

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
BODY = b"<rss version='2.0'><channel><title>A feed</title></channel></rss>"
HASH = hashlib.sha256(BODY).hexdigest()
QUICK = Limits(deadline=30, connect_timeout=30, read_timeout=30, back_off=0.01)


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connects to loopback directly, without this machine's proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(
    *urls: str,
    known: Validators | None = None,
    limits: Limits = QUICK,
    root: Path = Path("/nowhere"),
    agent: str = "Digest/1 (+https://digest.example)",
) -> tuple[Fetched | Failed, ...]:
    """Fetches these addresses as feeds named 0, 1, 2…, all with the same validators."""
    feeds = [make_feed(id=str(number), url=url) for number, url in enumerate(urls)]
    before = {feed.id: known for feed in feeds} if known else {}
    return fetch(feeds, root=root, known=before, agent=agent, now=NOW, limits=limits)


def ask_one(answer: Answer, *, path: str = "/feed", **options: Any) -> Fetched | Failed:
    """Fetches one feed from a host with these answers."""
    with FeedHost({path: answer}) as host:
        return ask(host.url(path), **options)[0]


def fetched(outcome: Fetched | Failed) -> Fetched:
    assert isinstance(outcome, Fetched), outcome
    return outcome


def failed(outcome: Fetched | Failed) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def good(exchange: Exchange) -> None:
    exchange.reply(200, BODY, Content_Type="application/rss+xml; charset=utf-8")


def moved_to(location: str, status: int = 301) -> Answer:
    return lambda exchange: exchange.reply(status, b"moved", Location=location)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# ---------------------------------------------------------------- a good server


def test_a_fetched_feed_has_its_url_content_type_and_hash() -> None:
    with FeedHost({"/feed": good}) as host:
        outcome = fetched(ask(host.url("/feed"))[0])

        assert (outcome.body, outcome.url) == (BODY, host.url("/feed"))

    assert outcome.content_type == "application/rss+xml; charset=utf-8"
    assert outcome.validators == Validators(hash=HASH)
    assert outcome.moved == ""


def test_outcomes_come_in_the_order_of_the_feeds(tmp_path: Path) -> None:
    (tmp_path / "file.xml").write_bytes(BODY)
    with FeedHost({"/one": good, "/gone": lambda exchange: exchange.reply(410)}) as host:
        outcomes = ask(host.url("/gone"), "file.xml", host.url("/one"), root=tmp_path)

    assert [type(outcome) for outcome in outcomes] == [Failed, Fetched, Fetched]
    assert [outcome.feed.id for outcome in outcomes] == ["0", "1", "2"]


def test_fetching_no_feeds_uses_no_network() -> None:
    assert ask() == ()


def test_requests_send_our_user_agent_and_the_accepted_types() -> None:
    with FeedHost({"/feed": good}) as host:
        ask(host.url("/feed"), agent="Digest/1 (日本 https://digest.example)")

        _, headers = host.requests[0]

    assert headers["User-Agent"] == "Digest/1 ( https://digest.example)"
    assert headers["Accept-Encoding"] == "gzip, deflate"
    assert all(
        kind in headers["Accept"] for kind in ("rss+xml", "atom+xml", "feed+json", "text/xml")
    )
    assert not {"If-None-Match", "If-Modified-Since", "Cookie", "Authorization"} & set(headers)


def test_nothing_is_logged_or_printed(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("INFO"):
        ask_one(good)

    assert [record.name for record in caplog.records if record.name.startswith("http")] == []
    assert capfd.readouterr() == ("", "")


# ---------------------------------------------------------------- what has not changed


def conditional(exchange: Exchange) -> None:
    if (
        exchange.headers.get("If-None-Match") == '"v1"'
        or exchange.headers.get("If-Modified-Since") == "last Tuesday"
    ):
        exchange.reply(304)
    else:
        exchange.reply(200, BODY, ETag='"v1"', Last_Modified="last Tuesday")


def test_validators_are_stored_unchanged_and_sent_back() -> None:
    known = fetched(ask_one(conditional)).validators

    again = fetched(ask_one(conditional, known=known))

    assert known == Validators(etag='"v1"', modified="last Tuesday", hash=HASH)
    assert (again.body, again.validators) == (None, known)


@pytest.mark.parametrize(
    "known", [Validators(etag='"v1"'), Validators(modified="last Tuesday")], ids=repr
)
def test_either_validator_works_alone(known: Validators) -> None:
    assert fetched(ask_one(conditional, known=known)).body is None


def test_the_same_body_counts_as_unchanged_if_the_server_sends_no_validators() -> None:
    assert fetched(ask_one(good, known=Validators(hash=HASH))).body is None


def test_the_same_body_with_a_new_etag_is_unchanged_and_the_new_etag_is_stored() -> None:
    outcome = fetched(ask_one(conditional, known=Validators(etag='"v0"', hash=HASH)))

    assert (outcome.body, outcome.validators.etag) == (None, '"v1"')


def test_a_validator_that_is_not_a_valid_header_is_not_sent() -> None:
    with FeedHost({"/feed": good}) as host:
        outcome = ask(
            host.url("/feed"), known=Validators(etag='"a\r\nX-Evil: 1"', modified="é" * 2000)
        )[0]

        assert fetched(outcome).body == BODY
        assert not {"If-None-Match", "If-Modified-Since", "X-Evil"} & set(host.requests[0][1])


@pytest.mark.parametrize(
    "known", [None, Validators(hash=HASH)], ids=["unknown", "known by its hash"]
)
def test_a_304_to_an_unconditional_request_is_a_failure(known: Validators | None) -> None:
    outcome = ask_one(lambda exchange: exchange.reply(304), known=known)

    assert "'not modified' (304), although the whole feed was asked for" in failed(outcome).reason


def test_a_last_modified_in_the_future_is_neither_stored_nor_sent() -> None:
    ahead = "Sat, 16 Nov 2041 18:11:00 GMT"
    with FeedHost(
        {"/feed": lambda exchange: exchange.reply(200, BODY, Last_Modified=ahead)}
    ) as host:
        outcome = ask(host.url("/feed"), known=Validators(modified=ahead))[0]

        assert fetched(outcome).validators.modified == ""
        assert "If-Modified-Since" not in host.requests[0][1]


def test_a_last_modified_in_the_future_is_dropped_if_an_unchanged_feed_repeats_it() -> None:
    known = Validators(etag='"v1"', modified="Sat, 16 Nov 2041 18:11:00 GMT", hash=HASH)

    assert fetched(ask_one(conditional, known=known)).validators == known._replace(modified="")


FAILS_UNDER_CONDITIONS: Mapping[str, Answer] = {
    "forbidden": lambda exchange: exchange.reply(403),
    "precondition failed": lambda exchange: exchange.reply(412),
    "a fault of the server": lambda exchange: exchange.reply(500),
    "nothing": lambda exchange: exchange.reply(200),
    "no proper answer": lambda exchange: exchange.send(
        b"HTTP/1.1 304 Not Modified\r\nno header\r\n\r\n"
    ),
    "a reset": lambda exchange: exchange.reset(),
}


@pytest.mark.parametrize("answer", FAILS_UNDER_CONDITIONS.values(), ids=FAILS_UNDER_CONDITIONS)
def test_a_feed_that_fails_only_conditional_requests_is_requested_unconditionally(
    answer: Answer,
) -> None:
    def either(exchange: Exchange) -> None:
        (answer if "If-None-Match" in exchange.headers else good)(exchange)

    with FeedHost({"/feed": either}) as host:
        outcome = ask(host.url("/feed"), known=Validators(etag='"v1"'))[0]

        assert fetched(outcome).body == BODY
        assert len(host.requests) == 2


@pytest.mark.parametrize(
    ("status", "times"), [(400, 2), (403, 2), (401, 1), (404, 1), (410, 1), (429, 1), (500, 3)]
)
def test_a_feed_that_always_fails_is_requested_unconditionally_once_at_most(
    status: int, times: int
) -> None:
    with FeedHost({"/feed": lambda exchange: exchange.reply(status)}) as host:
        failed(ask(host.url("/feed"), known=Validators(etag='"v1"'))[0])

        assert len(host.requests) == times


# ---------------------------------------------------------------- trying again


def first(trouble: Answer) -> Answer:
    """A host that fails the first time, and works after that."""
    return lambda exchange: trouble(exchange) if exchange.nth == 1 else good(exchange)


@pytest.mark.parametrize(
    "trouble",
    [
        lambda exchange: exchange.reply(500),
        lambda exchange: exchange.reply(503, Retry_After="0"),
        lambda exchange: exchange.reply(429, Retry_After="Sun, 06 Nov 1994 08:49:37 GMT"),
        lambda exchange: exchange.reset(),
        lambda exchange: exchange.hang(),
        lambda exchange: exchange.send(b""),
        lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncut"),
    ],
    ids=["500", "503", "429", "reset", "silence", "hung up", "cut off"],
)
def test_a_temporary_failure_is_retried(trouble: Answer) -> None:
    outcome = ask_one(first(trouble), limits=Limits(deadline=30, read_timeout=2, back_off=0.01))

    assert fetched(outcome).body == BODY


def test_a_lasting_failure_is_tried_three_times_in_all() -> None:
    with FeedHost({"/feed": lambda exchange: exchange.reply(502)}) as host:
        outcome = ask(host.url("/feed"))[0]

        assert len(host.requests) == 3

    assert (
        failed(outcome).reason == "the publisher's server failed (502 Bad Gateway); try again later"
    )
    assert failed(outcome).wait is None


def test_waiting_between_attempts_is_counted(clock: Clock) -> None:
    limits = Limits(deadline=250, connect_timeout=100, read_timeout=100, back_off=100, retries=5)
    with FeedHost({"/feed": lambda exchange: exchange.reply(500)}) as host:
        clock.skip_pauses()
        failed(ask(host.url("/feed"), limits=limits)[0])

        assert len(host.requests) == 2  # after 100 s, another 200 s would be too much


@pytest.mark.parametrize("status", [400, 403, 404, 410, 418, 429])
def test_a_permanent_failure_is_not_retried(status: int) -> None:
    with FeedHost({"/feed": lambda exchange: exchange.reply(status)}) as host:
        failed(ask(host.url("/feed"))[0])

        assert len(host.requests) == 1


def test_retry_after_is_waited_for_if_it_fits_in_the_deadline() -> None:
    begun = time.monotonic()

    outcome = ask_one(first(lambda exchange: exchange.reply(429, Retry_After="1")))

    assert fetched(outcome).body == BODY
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "header", ["120", (NOW + timedelta(seconds=120)).strftime("%a, %d %b %Y %H:%M:%S GMT")]
)
def test_a_retry_after_beyond_the_deadline_is_reported_instead_of_waited_for(
    status: int, header: str
) -> None:
    begun = time.monotonic()
    with FeedHost({"/feed": lambda exchange: exchange.reply(status, Retry_After=header)}) as host:
        outcome = failed(ask(host.url("/feed"))[0])

        assert len(host.requests) == 1

    taken = timedelta(seconds=time.monotonic() - begun)
    assert outcome.wait is not None
    assert timedelta(0) <= outcome.wait - NOW - timedelta(seconds=120) <= taken


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("90", timedelta(seconds=90)),
        (" 0 ", timedelta(0)),
        ("99999999999999999999", timedelta(days=7)),
        ("Wed, 20 May 2026 09:00:00 GMT", timedelta(hours=1)),
        ("Wednesday, 20-May-26 09:00:00 GMT", timedelta(hours=1)),
        ("Wed May 20 09:00:00 2026", timedelta(hours=1)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", timedelta(0)),
        ("Wed, 20 May 2036 09:00:00 GMT", timedelta(days=7)),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(header: str, wait: timedelta | None) -> None:
    expected = None if wait is None else NOW + wait

    assert http_rules.retry_after(header, NOW) == expected


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/feed", "../feed", "?", "//{host}/feed", "http://{host}/feed#here"]
)
def test_redirects_in_any_notation_are_followed(status: int, location: str) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.path == "/sub/old":
            exchange.reply(status, Location=location.format(host=exchange.headers["Host"]))
        else:
            good(exchange)

    with FeedHost(
        dict.fromkeys(("/sub/old", "/feed", "/sub/feed", "/sub/old?", "/sub/"), answer)
    ) as host:
        outcome = ask(host.url("/sub/old"))[0]

    if location == "?":
        assert "circle" in failed(outcome).reason
    else:
        assert fetched(outcome).body == BODY


@pytest.mark.parametrize(
    ("statuses", "known_as"),
    [
        ([301], "/1"),
        ([308, 301], "/2"),
        ([301, 302, 301], "/1"),
        ([302, 301], ""),
        ([307], ""),
        ([], ""),
    ],
    ids=str,
)
def test_a_feed_has_moved_to_the_last_url_reached_by_permanent_redirects_only(
    statuses: list[int], known_as: str
) -> None:
    hops = {
        f"/{number}": moved_to(f"/{number + 1}", status) for number, status in enumerate(statuses)
    }
    with FeedHost({**hops, f"/{len(statuses)}": good}) as host:
        outcome = fetched(ask(host.url("/0"))[0])

        assert outcome.moved == (host.url(known_as) if known_as else "")
        assert outcome.url == host.url(f"/{len(statuses)}")


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "a redirect to 'file:///etc/passwd', which is not a web address"),
        ("javascript:alert(1)", "a redirect to 'javascript:alert(1)', which is not a web address"),
        (
            "ftp://files.example/feed",
            "a redirect to 'ftp://files.example/feed', which is not a web address",
        ),
        ("data:text/xml,x", "a redirect to 'data:text/xml,x', which is not a web address"),
        ("/feed", "redirects in a circle; the publisher has to fix that"),
    ],
)
def test_a_redirect_that_cannot_be_followed_is_reported(location: str, words: str) -> None:
    assert failed(ask_one(moved_to(location))).reason == words


def test_a_redirect_without_a_target_is_reported() -> None:
    reason = failed(ask_one(lambda exchange: exchange.reply(302))).reason

    assert reason == "a redirect without a target; the publisher has to fix that"


def test_an_endless_chain_of_redirects_stops_at_ten() -> None:
    with FeedHost({f"/{number}": moved_to(f"/{number + 1}") for number in range(50)}) as host:
        outcome = ask(host.url("/0"))[0]

        assert len(host.requests) == 11

    assert failed(outcome).reason == "redirects more than 10 times; the publisher has to fix that"


def test_cookies_last_for_the_redirects_of_one_feed_and_reach_no_other() -> None:
    def answer(exchange: Exchange) -> None:
        if "seen=1" in exchange.headers.get("Cookie", ""):
            good(exchange)
        else:
            exchange.reply(302, Set_Cookie="seen=1; Path=/", Location=exchange.path)

    with FeedHost({"/a": answer, "/b": answer}) as host:
        outcomes = ask(host.url("/a"), host.url("/b"), limits=Limits(at_once=1))

        sent = sorted((path, headers.get("Cookie", "")) for path, headers in host.requests)

    assert sent == [("/a", ""), ("/a", "seen=1"), ("/b", ""), ("/b", "seen=1")]
    assert all(fetched(outcome).body == BODY for outcome in outcomes)


# ---------------------------------------------------------------- words for what fails


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (204, "an empty answer (204)"),
        (401, "asks for a password (401); only a feed that is open to all can be pulled"),
        (
            403,
            "refuses this reader or this network (403); try from another network, or ask the publisher",
        ),
        (404, "no feed at this address (404); look for its new one on the publisher's site"),
        (410, "gone for good (410); set `retired = true` for this feed"),
        (418, "answered 418 I'm a Teapot"),
        (429, "asks for fewer requests (429); pull less often"),
        (599, "the publisher's server failed (599); try again later"),
        (206, "answered 206 Partial Content"),
    ],
)
def test_each_status_code_has_its_message_and_its_cure(status: int, words: str) -> None:
    assert http_errors.status_reason(status) == words


@pytest.mark.parametrize("body", [b"", b"\n  \r\n"])
def test_empty_answer_is_a_failure(body: bytes) -> None:
    assert failed(ask_one(lambda exchange: exchange.reply(200, body))).reason == "an empty answer"


BROKEN: Mapping[str, tuple[Answer, str]] = {
    "drips for ever": (
        lambda exchange: exchange.drip(b"HTTP/1.1 200 OK\r\n\r\n"),
        "no complete answer within 5 s",
    ),
    "headers drip": (
        lambda exchange: exchange.drip(b"HTTP/1.1 200 OK\r\nX: "),
        "no complete answer within 5 s",
    ),
    "says nothing": (lambda exchange: exchange.hang(), "no complete answer within 5 s"),
    "hangs up": (
        lambda exchange: exchange.send(b""),
        "the server closed the connection without an answer",
    ),
    "not HTTP": (
        lambda exchange: exchange.send(b"220 mail ready\r\n\r\n"),
        "its answer is not proper HTTP",
    ),
    "bad chunk": (
        lambda exchange: exchange.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        ),
        "its answer is not proper HTTP",
    ),
    "two lengths": (
        lambda exchange: exchange.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
        ),
        "its answer is not proper HTTP (conflicting Content-Length headers); the publisher has to fix that",
    ),
    "two kinds of chunks": (
        lambda exchange: exchange.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        "its answer is not proper HTTP (multiple Transfer-Encoding headers); the publisher has to fix that",
    ),
    "a header's name with spaces": (
        lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nX Cache note: hit\r\n\r\nx"),
        "its answer is not proper HTTP ('X Cache note: hit' is not a header); the publisher has to fix that",
    ),
    "a header of control signs": (
        lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\n\x1b[31m" + b"x" * 100 + b"\r\n\r\nx"),
        f"its answer is not proper HTTP ('\\x1b[31m{'x' * 72}…' is not a header); the publisher has to fix that",
    ),
    "short body": (
        lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
        "its answer is incomplete",
    ),
    "huge header": (
        lambda exchange: exchange.reply(200, BODY, X_Huge="h" * 200_000),
        "the headers of its answer are too large",
    ),
    "reset": (lambda exchange: exchange.reset(), "the connection was reset"),
}


@pytest.mark.parametrize(("answer", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_server_is_reported_within_the_deadline(answer: Answer, words: str) -> None:
    begun = time.monotonic()

    outcome = ask_one(answer, limits=Limits(deadline=5, back_off=0.01))

    assert failed(outcome).reason == words
    assert time.monotonic() - begun < 30


def test_a_server_that_does_not_answer_is_reported_with_the_time_waited() -> None:
    outcome = ask_one(
        lambda exchange: exchange.hang(), limits=Limits(deadline=5, read_timeout=0.2, retries=0)
    )

    assert failed(outcome).reason == "no answer for 0.2 s"


def test_a_closed_port_is_reported_as_a_refused_connection() -> None:
    with FeedHost({}) as host:
        address = host.url("/feed")

    assert failed(ask(address)[0]).reason == "connection refused"


@pytest.mark.parametrize(
    "url",
    ["http://", "http://[::1", "https://a b/", "http://x:99999/", "http://\u2603\u0301.\u0301/"],
)
def test_an_invalid_url_is_a_failure(url: str) -> None:
    assert failed(ask(url)[0]).reason


def test_an_unknown_host_name_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert failed(ask("http://nowhere.example/feed")[0]).reason.startswith("its host is not known")


def test_a_name_server_that_never_answers_does_not_delay_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(90))
    begun = time.monotonic()

    outcome = ask("http://nowhere.example/feed", limits=Limits(deadline=0.3))[0]

    over.set()
    assert failed(outcome).reason == "no complete answer within 0.3 s"
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "nonsense://x"])
def test_an_invalid_proxy_is_reported(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("all_proxy", proxy)

    assert (
        "are set in the environment cannot be used" in failed(ask("http://feed.example/")[0]).reason
    )


def test_unusable_certificates_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")

    assert (
        "certificates that are set in the environment cannot be used"
        in failed(ask("https://feed.example/")[0]).reason
    )


def test_a_proxy_that_refuses_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with FeedHost({}) as host:
        monkeypatch.setattr(
            Exchange, "do_CONNECT", lambda exchange: exchange.send(refusal), raising=False
        )
        monkeypatch.setenv("https_proxy", host.url(""))

        outcome = ask("https://feed.example/")[0]

    assert (
        failed(outcome).reason == "the proxy that is set in this machine's environment refused it"
    )


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


class ReadTimeout(Exception):
    """Has the name of httpx's exception for a timeout."""


@pytest.mark.parametrize(
    ("error", "words", "passes"),
    [
        (
            caused(OSError("all failed"), ExceptionGroup("", [ConnectionRefusedError()])),
            "connection refused",
            False,
        ),
        (caused(OSError("x"), socket.gaierror()), "its host is not known", False),
        (
            caused(OSError("x"), OSError(errno.ENETUNREACH, "")),
            "its host cannot be reached from this network",
            False,
        ),
        (
            caused(OSError("x"), ssl.SSLError(1, "wrong version")),
            "no secure connection could be made",
            False,
        ),
        (caused(OSError("x"), ConnectionResetError()), "the connection was reset", True),
        (ReadTimeout("x"), "no answer for 9 s", True),
        (TimeoutError(), "no answer for 9 s", True),
        (ValueError("Invalid URL"), "its address cannot be fetched", False),
    ],
    ids=repr,
)
def test_each_cause_has_its_message(error: BaseException, words: str, passes: bool) -> None:
    assert http_errors.exception_reason(error, 9).startswith(words)
    assert http_errors.is_temporary(error) is passes


def test_an_invalid_certificate_is_reported_with_the_reason() -> None:
    fault = ssl.SSLCertVerificationError(1, "certificate verify failed")
    fault.verify_message = "certificate has expired"

    assert (
        http_errors.exception_reason(fault, 9)
        == "its certificate is not valid (certificate has expired)"
    )


@pytest.fixture(scope="module")
def scripted() -> Iterator[tuple[FeedHost, dict[str, Answer]]]:
    """A host that runs throughout the module, and its answers, which tests may change."""
    answers = dict[str, Answer]()
    with FeedHost(answers) as host:
        yield host, answers


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\n"], ids=["any", "good"])
@given(content=st.binary(max_size=300))
@settings(max_examples=many(20))
def test_any_answer_of_a_server_gives_a_result(
    scripted: tuple[FeedHost, dict[str, Answer]], beginning: bytes, content: bytes
) -> None:
    host, answers = scripted
    answers["/feed"] = lambda exchange: exchange.send(beginning + content)

    outcome = ask(host.url("/feed"), limits=Limits(deadline=2, retries=0))[0]

    assert isinstance(outcome, Fetched) or outcome.reason


# ---------------------------------------------------------------- turns


class Turnstile:
    """Counts how many requests are under way at once.

    Each waits until as many as are expected have been, and then a little, to let others come.
    """

    def __init__(self, expected: int) -> None:
        self.changed = threading.Condition()
        self.inside = self.most = 0
        self.expected = expected

    def __call__(self, exchange: Exchange) -> None:
        with self.changed:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most >= self.expected, QUICK.deadline / 2)
        exchange.server.ended.wait(0.05)
        with self.changed:
            self.inside -= 1
        good(exchange)


def test_one_host_gets_at_most_two_requests_at_once() -> None:
    turnstile = Turnstile(2)
    with FeedHost({f"/{number}": turnstile for number in range(7)}) as host:
        outcomes = ask(*(host.url(f"/{number}") for number in range(7)))

    assert turnstile.most == 2
    assert all(fetched(outcome).body == BODY for outcome in outcomes)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux listens on all of 127.0.0.0/8 unasked"
)
def test_limits_apply_to_all_hosts_together_and_to_hosts_of_redirects() -> None:
    turnstile = Turnstile(2)
    with (
        FeedHost({f"/{number}": turnstile for number in range(6)}) as target,
        FeedHost(
            {f"/{number}": moved_to(target.url(f"/{number}")) for number in range(3)}, "127.0.0.2"
        ) as one,
        FeedHost(
            {f"/{number}": moved_to(target.url(f"/{number}")) for number in range(3, 6)},
            "127.0.0.3",
        ) as two,
    ):
        urls = [one.url(f"/{number}") for number in range(3)] + [
            two.url(f"/{number}") for number in range(3, 6)
        ]
        redirected = ask(*urls)
        most_on_one_host = turnstile.most
        turnstile.most, turnstile.expected = 0, 3
        limits = replace(QUICK, at_once=3, per_host=6)
        ask(*(target.url(f"/{number}") for number in range(6)), limits=limits)

    assert all(fetched(outcome).body == BODY for outcome in redirected)
    assert (most_on_one_host, turnstile.most) == (2, 3)


def test_time_in_the_queue_is_not_counted(clock: Clock) -> None:
    def slow(exchange: Exchange) -> None:
        clock.pass_by(50)
        good(exchange)

    limits = Limits(per_host=1, deadline=100, connect_timeout=100, read_timeout=100)
    with FeedHost({f"/{number}": slow for number in range(5)}) as host:
        outcomes = ask(*(host.url(f"/{number}") for number in range(5)), limits=limits)

    assert all(fetched(outcome).body == BODY for outcome in outcomes)


# ---------------------------------------------------------------- packing and size


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


PACKED: Mapping[str, tuple[str, bytes]] = {
    "plain": ("", BODY),
    "identity": ("identity", BODY),
    "gzip": ("gzip", gzip.compress(BODY)),
    "x-gzip, shouted": ("X-GZIP", gzip.compress(BODY)),
    "deflate": ("deflate", zlib.compress(BODY)),
    "bare deflate": ("deflate", raw_deflate(BODY)),
    "deflate that is gzip": ("deflate", gzip.compress(BODY)),
    "gzip without a label": ("", gzip.compress(BODY)),
    "gzip that is none": ("gzip", BODY),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(BODY))),
    "twice, said once": ("gzip", gzip.compress(gzip.compress(BODY))),
    "deflate, then gzip": ("deflate, gzip", gzip.compress(zlib.compress(BODY))),
    "two members": ("gzip", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])),
    "deflate without a label": ("", zlib.compress(BODY)),
    "bare deflate without a label": ("", raw_deflate(BODY)),
    "deflate that is none": ("deflate", BODY),
    "gzip that is deflate": ("gzip", zlib.compress(BODY)),
    "a label that is none": ("none", BODY),
    "an encoding of signs": ("UTF-8", BODY),
    "of signs, and packed": ("utf-8, gzip", gzip.compress(BODY)),
    "brotli that is none": ("br", b"\n " + BODY),
    "a label that is none, packed": ("binary", gzip.compress(BODY)),
    "padded": ("gzip", gzip.compress(BODY) + b"\0" * 50),
}


@pytest.mark.parametrize(("label", "content"), PACKED.values(), ids=PACKED)
def test_compressed_bodies_are_decompressed(label: str, content: bytes) -> None:
    outcome = ask_one(
        lambda exchange: exchange.reply(
            200, content, **({"Content_Encoding": label} if label else {})
        )
    )

    assert (fetched(outcome).body or b"").lstrip() == BODY


@pytest.mark.parametrize(
    ("label", "content", "words"),
    [
        ("br", b"x", "compressed as 'br', a format that cannot be read"),
        ("\x1b[31mred", b"x", "compressed as '[31mred', a format that cannot be read"),
        ("gzip, gzip, gzip, gzip", b"x", "compressed 4 times, which no feed is"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-9], "its answer is incomplete"),
        (
            "gzip",
            gzip.compress(BODY, mtime=0)[:10] + b"\xff" * 40,
            "its gzip compression is damaged",
        ),
        ("deflate", b"\xff\xff\xff\xff", "its deflate compression is damaged"),
    ],
)
def test_a_body_that_cannot_be_decompressed_is_reported(
    label: str, content: bytes, words: str
) -> None:
    with pytest.raises(UnreadableBodyError) as caught:
        unpack(label, [content])

    assert str(caught.value) == words


def unpack(label: str, chunks: list[bytes], cap: int = 1_000_000) -> bytes:
    decompressor = Decompressor(label, cap)
    for chunk in chunks:
        decompressor.add(chunk)
    return decompressor.finish()


@given(
    st.binary(max_size=400),
    st.sampled_from(["", "gzip", "deflate", "gzip, deflate", "deflate, gzip"]),
    st.data(),
)
def test_decompression_restores_the_body_whatever_the_chunks(
    content: bytes, label: str, data: st.DataObject
) -> None:
    packed = content
    for name in filter(None, label.split(", ")):
        packed = gzip.compress(packed) if name == "gzip" else zlib.compress(packed)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(packed)), max_size=6)))
    chunks = [
        packed[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(packed)], strict=True)
    ]

    if not content.startswith(b"\x1f\x8b"):
        assert unpack(label, chunks) == content


@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "gzip, gzip", "br"]))
def test_decompressing_anything_gives_bytes_or_a_message(content: bytes, label: str) -> None:
    try:
        unpack(label, [content])
    except UnreadableBodyError as error:
        assert str(error)


@pytest.mark.parametrize("size", range(131_070, 131_080))
def test_the_last_bytes_are_complete_after_all_input_is_read(size: int) -> None:
    assert len(unpack("deflate", [raw_deflate(bytes(size))])) == size


def test_nested_encodings_have_the_same_limit() -> None:
    nothing_many_times = gzip.compress(b"") * 100_000

    with pytest.raises(UnreadableBodyError, match="larger than 1 MB"):
        unpack("gzip, gzip", [gzip.compress(nothing_many_times)])


def test_a_body_over_the_limit_is_refused_before_it_is_in_memory() -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not exchange.server.ended.is_set():
            exchange.send(b"x" * 10_000)

    outcome = ask_one(endless, limits=Limits(body=100_000))

    assert failed(outcome).reason == "larger than 0.1 MB; such a feed is not read"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_decompression_bomb_is_refused_without_being_decompressed(times: int) -> None:
    bomb = bytes(50_000_000)
    for _ in range(times):
        bomb = gzip.compress(bomb, 9)

    with pytest.raises(UnreadableBodyError, match="larger than 1 MB"):
        unpack(", ".join(["gzip"] * times), [bomb])


# ---------------------------------------------------------------- files as feeds


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "digest" / "feeds").mkdir(parents=True)
    (tmp_path / "secret.xml").write_bytes(BODY)
    return tmp_path / "digest"


def test_a_feed_in_a_file_is_read_and_recognised_by_its_hash(root: Path) -> None:
    (root / "feeds" / "a.xml").write_bytes(BODY)

    outcome = fetched(ask("feeds/a.xml", root=root)[0])
    again = fetched(ask("feeds/a.xml", root=root, known=outcome.validators)[0])

    assert (outcome.body, outcome.url, outcome.validators) == (
        BODY,
        "feeds/a.xml",
        Validators(hash=HASH),
    )
    assert again.body is None


def test_a_compressed_file_is_decompressed(root: Path) -> None:
    (root / "a.xml.gz").write_bytes(gzip.compress(BODY))

    assert fetched(ask("a.xml.gz", root=root)[0]).body == BODY


def link_out(root: Path) -> None:
    (root / "feeds" / "link.xml").symlink_to(root.parent / "secret.xml")


def link_in_a_ring(root: Path) -> None:
    (root / "ring.xml").symlink_to(root / "ring.xml")


def nothing(root: Path) -> None:
    assert root.is_dir()


UNREADABLE: Mapping[str, tuple[Callable[[Path], object], str, str]] = {
    "missing": (
        nothing,
        "feeds/b.xml",
        "no file 'feeds/b.xml' in the digest's folder; correct the feed's url",
    ),
    "a folder": (nothing, "feeds", "'feeds' is not a file; correct the feed's url"),
    "above the root": (nothing, "../secret.xml", "'../secret.xml' is outside the digest's folder"),
    "absolute": (nothing, "/etc/hostname", "'/etc/hostname' is outside the digest's folder"),
    "a link out": (link_out, "feeds/link.xml", "'feeds/link.xml' is outside the digest's folder"),
    "a link in a ring": (link_in_a_ring, "ring.xml", "the file 'ring.xml' cannot be read"),
    "too large": (
        lambda root: (root / "big.xml").write_bytes(b"x" * 2_000_000),
        "big.xml",
        "the file 'big.xml' cannot be read: larger than 1 MB; such a feed is not read",
    ),
    "empty": (
        lambda root: (root / "empty.xml").write_bytes(b" \n"),
        "empty.xml",
        "the file 'empty.xml' is empty",
    ),
    "no name for a file": (nothing, "a\0b", "cannot be read: its path cannot be opened"),
    "a pipe": (lambda root: os.mkfifo(root / "pipe.xml"), "pipe.xml", "'pipe.xml' is not a file"),
    "another scheme": (nothing, "ftp://files.example/feed", "no file 'ftp://files.example/feed'"),
}


@pytest.mark.skipif(
    sys.platform == "win32", reason="it has no pipes with names, and few may make links"
)
@pytest.mark.parametrize(("prepare", "url", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_a_feed_is_reported(
    root: Path, prepare: Callable[[Path], object], url: str, words: str
) -> None:
    prepare(root)

    outcome = failed(ask(url, root=root, limits=Limits(body=1_000_000))[0])

    assert words in outcome.reason


# ---------------------------------------------------------------- a server that can misbehave in every way


READ = "whole body"
LATE = "no complete answer within 100 s"
WHOLE = """
    ok asheader head etag etagweak lastmod both etagchanges lastmodbad 304body gzip deflate rawdeflate doublegzip
    gzipunlabelled gzipliar redirect301 redirect302 redirect303 redirect307 redirect308 redirectrel chain/5 cookie
    429once 503once flaky resetonce delay/0.2 chunked http10 nocontenttype wrongtype wrongcharset badcharset textplain
    needua needaccept private changing growing rolling reguid redate reorder vanish bombxml html htmlblock truncate
    shortlength
"""
UNCHANGED = [
    "ok",
    "etag",
    "etagweak",
    "lastmod",
    "both",
    "etagchanges",
    "lastmodbad",
    "304body",
    "gzip",
    "chunked",
]
CHANGED = ["changing", "growing", "rolling", "reguid", "redate", "vanish"]
BEHAVIOURS = {
    **dict.fromkeys(WHOLE.split(), READ),
    "always304": "although the whole feed was asked for",
    "br": "compressed as 'br'",
    "unknownencoding": "compressed as 'x-nobody-knows'",
    "gzipbad": "incomplete",
    "loop": "redirects more than 10 times",
    "chain/20": "redirects more than 10 times",
    "nolocation": "a redirect without a target",
    "redirectfile": "not a web address",
    "redirectjs": "not a web address",
    "redirectport": "connection refused",
    "401": "password",
    "403": "refuses this reader",
    "404": "no feed at this address",
    "410": "retired = true",
    "418": "418",
    "429": "fewer requests",
    "429date": "fewer requests",
    **dict.fromkeys(["500", "502", "503"], "server failed"),
    **dict.fromkeys(["slow", "slowloris", "slowheaders", "hang", "hangbody"], LATE),
    "huge": "larger than 20 MB",
    "bomb": "larger than 20 MB",
    "hugeheader": "headers",
    "badlength": "incomplete",
    **dict.fromkeys(["neglength", "doublelength", "badchunk"], "not proper HTTP"),
    "reset": "reset",
    "notHTTP": "closed the connection",
    **dict.fromkeys(["empty", "204", "blank"], "empty answer"),
}


@pytest.fixture(scope="module")
def misbehaviour(shared: Path) -> Iterator[dict[str, tuple[Fetched | Failed, ...]]]:
    """The results of all behaviours, fetched at once, first without and then with validators."""
    spec = importlib.util.spec_from_file_location("feedserver", shared / "feedserver.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    limits = Limits(
        deadline=100, connect_timeout=1000, read_timeout=1000, quick_answer=None, back_off=0.05,
        at_once=100, per_host=100,
    )  # fmt: skip
    late = list(BEHAVIOURS.values()).count(LATE)
    with (
        pytest.MonkeyPatch.context() as patch,
        module.FeedServer(str(shared / "corpus"), drip=10) as server,
    ):
        clock, times = Clock(patch), list[float]()

        def give_up(done: int, all_: int) -> None:
            if done == all_ - late:
                clock.pass_by(limits.deadline)
            if done in {all_ - late, all_}:
                times.append(time.monotonic())

        feeds = [make_feed(id=name, url=server.url(f"/{name}/")) for name in BEHAVIOURS]
        (once,) = fetch_in_batches(
            feeds, root=Path("/nowhere"), known={}, agent="Digest/1", now=NOW, limits=limits,
            on_progress=give_up,
        )  # fmt: skip
        assert times[1] - times[0] < limits.deadline  # not one after the other
        known = {
            outcome.feed.id: outcome.validators for outcome in once if isinstance(outcome, Fetched)
        }
        quick = [feed for feed in feeds if feed.id in known]
        again = fetch(
            quick, root=Path("/nowhere"), known=known, agent="Digest/1", now=NOW, limits=limits
        )
    later = {outcome.feed.id: outcome for outcome in again}
    yield {
        name: (outcome, *([later[name]] if name in later else []))
        for name, outcome in zip(BEHAVIOURS, once, strict=True)
    }


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_each_misbehaving_server_gets_its_row_in_the_report(
    misbehaviour: dict[str, Any], name: str
) -> None:
    outcome = misbehaviour[name][0]

    assert BEHAVIOURS[name] in (READ if isinstance(outcome, Fetched) else outcome.reason)


@pytest.mark.parametrize("name", UNCHANGED)
def test_each_unchanged_feed_is_recognised(misbehaviour: dict[str, Any], name: str) -> None:
    once, again = misbehaviour[name]

    assert (again.body, again.validators.hash) == (None, once.validators.hash)


@pytest.mark.parametrize("name", CHANGED)
def test_each_changed_feed_is_read_again(misbehaviour: dict[str, Any], name: str) -> None:
    once, again = misbehaviour[name]

    assert again.body not in {None, once.body}
