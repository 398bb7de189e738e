"""Documents that would stop a pull: each is parsed in another process, within limits, and fails alone."""

from __future__ import annotations

import fcntl
import gzip
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import caches
import pytest
from builders import make_feed
from feedhost import Exchange, FeedHost

from digest import config
from digest.commands import add, pull
from digest.commands.pull_report import PullReport
from digest.commands.shared import find_feeds
from digest.errors import DigestError
from digest.feeds import parse_client
from digest.feeds.limits import Limits
from digest.model import Document, Failed, Fetched

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
SHORT = Limits(parse=0.3, quick_parse=0.1, deadline=60, retries=0)
SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/"
[[feeds]]
id = "bad"
url = "bad.xml"
[[feeds]]
id = "good"
url = "good.xml"
"""
PARSER = "digest.feeds.parse_worker"


def rss(entries: str) -> str:
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{entries}</channel></rss>"


def item(name: str, more: str = "") -> str:
    return f"<item><title>{name}</title><link>https://news.example/{name}</link>{more}</item>"


def atom(content: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>x</title>{content}'


GOOD = rss(item("Good"))
SLOW = rss("<a/>" * 4_000_000).encode()
"""Far below the size limit, and more than any feed needs."""
LONG = rss("".join(item(f"n{number}", "<category>x</category>" * 600) for number in range(30)))
"""A valid feed that takes a while."""
DOCUMENTS: dict[str, bytes | str] = {
    "line ends before the declaration": "\n" * 1_000_000 + GOOD,
    "attributes": rss("<item " + " ".join(f'a{number}="1"' for number in range(40_000)) + "/>"),
    "namespaces": rss(
        "".join(f'<x xmlns:a{number}="u{number}">' for number in range(20_000)) + "</x>" * 20_000
    ),
    "nested bases": atom('<content type="xhtml">' + '<a xml:base="b/">' * 12_000),
    "open entities": "<?xml version='1.0'?><!DOCTYPE rss [" + "\n<!ENTITY" * 4_444,
    "a comment that looks like CDATA": rss("<!--<![CDATA[-->" + "<a></a>" * 600_000),
    "EBCDIC": rss("<a></a>" * 600_000).replace("?>", " encoding='cp037'?>").encode("cp037"),
    "UTF-7": rss("+ADw-a/+AD4-" * 600_000).replace("?>", " encoding='utf-7'?>"),
    "UTF-16": rss("<entry>" * 600_000).encode("utf-16"),
    "nested div": rss(item("x", "<description>" + "<div>" * 100_000 + "</description>")),
    "nested XHTML": atom(
        '<content type="xhtml">'
        + '<div xmlns="http://www.w3.org/1999/xhtml">' * 60_000
        + "</div>" * 60_000
    ),
    "open elements": rss(item("x", "<b>" * 60_000)),
    "short tags": rss(item("x", "<a/" * 200_000)),
    "elements": SLOW,
    "entries": rss("<item/>" * 2_000_000),
    "keywords": rss(
        item("x", "".join(f"<category>{number}</category>" for number in range(400_000)))
    ),
    "links": atom('<link href="a"/>' * 500_000),
    "JSON objects": '{"version": "https://jsonfeed.org/version/1", "items": ['
    + "{}," * 6_000_000
    + "{}]}",
    "JSON lists": '{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 6_000_000,
}


def fetched(body: bytes | str, id: str = "x") -> Fetched:
    content = body.encode() if isinstance(body, str) else body
    return Fetched(feed=make_feed(id=id), body=content, url="https://news.example/feed")


def read(*bodies: bytes | str, limits: Limits = SHORT) -> list[dict[str, str]]:
    """The results of the documents, batch by batch: "read", or the reason."""
    batches = parse_client.parse_feeds(
        [fetched(body, str(number)) for number, body in enumerate(bodies)], limits
    )
    return [
        {id: one.reason if isinstance(one, Failed) else "read" for id, one in batch.items()}
        for batch in batches
    ]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives every pull its own workers, as outside of tests."""
    monkeypatch.setattr(parse_client, "Worker", Kept)


class Kept(parse_client.Worker):
    """The real one, not the one that tests share."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with a good feed, and one that the test writes."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "good.xml").write_text(GOOD)
    return tmp_path


def run(root: Path, limits: Limits = SHORT, *, dry: bool = False) -> PullReport:
    settings = config.load(root)
    return pull.run(root, settings, settings.feeds, now=NOW, limits=limits, dry=dry)


def stories(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "content").rglob("*.md"))


def outcomes(report: PullReport) -> dict[str, str]:
    return {row.feed: row.reason or row.state for row in report.rows}


@pytest.fixture
def in_worker(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fresh: None,  # noqa: ARG001
) -> Callable[[str], None]:
    """Runs some lines in every worker at its start; `parse` is the module with the parser."""

    def hook(lines: str) -> None:
        folder = tmp_path / "hook"
        folder.mkdir()
        inner = "".join(f"    {line}\n" for line in lines.splitlines())
        (folder / "sitecustomize.py").write_text(
            f"import os, signal, sys\nif {PARSER!r} in sys.orig_argv:\n    from digest.feeds import parse\n"
            f"    real = parse.parse\n{inner}"
        )
        monkeypatch.syspath_prepend(folder)

    return hook


# ---------------------------------------------------------------- a pull with one bad feed


def test_a_document_that_takes_too_long_is_a_failed_feed_and_the_others_are_written(
    root: Path,
) -> None:
    packed = gzip.compress(SLOW)
    assert len(packed) < 20_000
    with FeedHost(
        {"/bad": lambda exchange: exchange.reply(body=packed, Content_Encoding="gzip")}
    ) as host:
        (root / "digest.toml").write_text(SETTINGS.replace("bad.xml", host.url("/bad")))

        report = run(root)

    assert outcomes(report) == {
        "bad": "takes longer than 0.3 s to read; the publisher has to fix that",
        "good": "read",
    }
    assert stories(root) == ["2026-05-20-good.md"]


def test_good_feeds_are_written_before_a_slow_document_gets_its_full_time(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "bad.xml").write_bytes(SLOW)
    asked: list[tuple[str, float, list[str]]] = []

    class Watched(Kept):
        def ask(self, job: str, document: Fetched, seconds: float, memory: int) -> Any:
            asked.append((document.feed.id, seconds, stories(root)))
            return super().ask(job, document, seconds, memory)

    monkeypatch.setattr(parse_client, "Worker", Watched)

    run(root)

    assert asked == [
        ("bad", SHORT.quick_parse, []),
        ("good", SHORT.quick_parse, []),
        ("bad", SHORT.parse, ["2026-05-20-good.md"]),
    ]


def test_good_feeds_are_written_before_a_slow_server_has_answered(root: Path) -> None:
    written: list[bool] = []

    def slow(exchange: Exchange) -> None:
        until = time.monotonic() + 60
        while not (is_there := bool(stories(root))) and time.monotonic() < until:
            time.sleep(0.05)
        written.append(is_there)
        exchange.reply(body=rss(item("Late")).encode())

    limits = replace(SHORT, quick_answer=0.1, deadline=90, read_timeout=90)
    with FeedHost({"/bad": slow}) as host:
        (root / "digest.toml").write_text(SETTINGS.replace("bad.xml", host.url("/bad")))
        report, again = run(root, limits), run(root, limits)

    assert written[0]
    assert outcomes(report) == {"bad": "read", "good": "read"}
    assert [len(row.new) for row in report.rows] == [1, 1]
    assert outcomes(again) == {"bad": "unchanged", "good": "unchanged"}


def test_a_valid_feed_that_takes_long_is_read_last_and_once(root: Path) -> None:
    (root / "bad.xml").write_text(
        LONG.replace("n29", "Good")
    )  # with the entry that the other feed has
    limits = replace(SHORT, quick_parse=0.01, parse=60)

    report = run(root, limits)
    before = {path: path.read_bytes() for path in (root / "content").rglob("*") if path.is_file()}
    caches.forget(root, "feed")
    again = run(root, limits)

    assert outcomes(report) == {"bad": "read", "good": "read"}
    assert len(stories(root)) == 30
    assert "feeds: [bad, good]" in next((root / "content").rglob("*-good.md")).read_text()
    assert [(row.new, row.updated) for row in again.rows] == [((), ()), ((), ())]
    assert before == {
        path: path.read_bytes() for path in (root / "content").rglob("*") if path.is_file()
    }


def test_a_feed_that_is_read_last_is_cached_like_the_others(root: Path) -> None:
    (root / "bad.xml").write_text(LONG)
    limits = replace(SHORT, quick_parse=0.01, parse=60)

    run(root, limits)

    assert outcomes(run(root, limits)) == {"bad": "unchanged", "good": "unchanged"}


def test_a_dry_run_reports_all_and_writes_nothing(root: Path) -> None:
    (root / "bad.xml").write_text(LONG)

    report = run(root, replace(SHORT, quick_parse=0.01, parse=60), dry=True)

    assert [len(row.new) for row in report.rows] == [30, 1]
    assert not (root / "content").exists()


# ---------------------------------------------------------------- documents


@pytest.mark.parametrize("body", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_built_to_be_slow_is_read_or_given_up(body: bytes | str) -> None:
    (batch,) = read(body)

    assert batch["0"].startswith("not ") or batch["0"] in {
        "read",
        "takes longer than 0.3 s to read; the publisher has to fix that",
        "needs more than 512 MiB of memory to be read; the publisher has to fix that",
    }


@pytest.mark.parametrize(
    "body",
    [DOCUMENTS["JSON objects"], rss("<item>" * 500_000)],
    ids=["JSON", "XML"],
)
def test_a_document_that_needs_too_much_memory_is_given_up_and_the_next_one_is_read(
    body: bytes | str,
) -> None:
    limits = replace(SHORT, parse=60, quick_parse=60, memory=100 * 2**20)

    assert read(body, GOOD, limits=limits) == [
        {"1": "read"},
        {"0": "needs more than 100 MiB of memory to be read; the publisher has to fix that"},
    ]


def test_a_parser_without_memory_ends_even_if_python_goes_round_in_circles_then(
    in_worker: Callable[[str], None],
) -> None:
    in_worker("""\
import fcntl
act = fcntl.fcntl
def round_in_circles(*given):
    while sys.exc_info()[0] is MemoryError:
        pass
    return act(*given)
fcntl.fcntl = round_in_circles
def parsed(one):
    if b'Odd' in one.body:
        raise MemoryError
    return real(one)
parse.parse = parsed""")

    found = read(rss(item("Odd")), GOOD, limits=replace(SHORT, parse=1, quick_parse=1))

    assert found == [
        {"1": "read"},
        {"0": "needs more than 512 MiB of memory to be read; the publisher has to fix that"},
    ]


# ---------------------------------------------------------------- a parser that fails


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (
            "os.kill(os.getpid(), signal.SIGSEGV)",
            "crashes the program that reads it; the publisher has to fix that",
        ),
        ("os._exit(0)", "crashes the program that reads it; the publisher has to fix that"),
        (
            "os.kill(os.getpid(), signal.SIGSTOP)",
            "takes longer than 0.5 s to read; the publisher has to fix that",
        ),
        ("raise ValueError(2)", "digest fails to read it (ValueError); please report it"),
        ("print('hello', flush=True)", "read"),
    ],
    ids=["a crash", "an exit", "a stop", "an exception", "an output"],
)
def test_a_crashed_parser_loses_only_the_document_that_crashed_it(
    in_worker: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, act: str, reason: str
) -> None:
    monkeypatch.setattr(parse_client, "_WALL_PER_CPU", 3)
    in_worker(
        f"def parsed(one):\n    if b'Odd' in one.body:\n        {act}\n    return real(one)\nparse.parse = parsed"
    )

    found = read(rss(item("Odd")), GOOD, limits=replace(SHORT, parse=0.5, quick_parse=0.2))

    assert {id: why for batch in found for id, why in batch.items()} == {"0": reason, "1": "read"}


def test_a_document_is_not_blamed_for_what_others_have_left_in_the_parser(
    in_worker: Callable[[str], None],
) -> None:
    in_worker("met = []\ndef parsed(one):\n    met.append(1)\n    return real(one) if len(met) < 3 else os.abort()\n"
              "parse.parse = parsed")  # fmt: skip

    found = read(GOOD, GOOD, GOOD, limits=replace(SHORT, parse=60, quick_parse=60))

    assert found == [{"0": "read", "1": "read"}, {"2": "read"}]


def test_only_values_of_known_types_are_accepted_from_a_worker(
    in_worker: Callable[[str], None],
) -> None:
    in_worker(
        "class Call:\n    def __reduce__(self): return os.mkdir, ('made',)\nparse.parse = lambda one: Call()"
    )

    assert read(GOOD) == [{"0": "crashes the program that reads it; the publisher has to fix that"}]
    assert not Path("made").exists()


def test_modules_in_the_current_folder_are_not_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fresh: None,  # noqa: ARG001
) -> None:
    (tmp_path / "feedparser.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)

    assert read(GOOD) == [{"0": "read"}]


def test_an_interpreter_that_cannot_run_the_parser_is_reported(
    in_worker: Callable[[str], None],
) -> None:
    in_worker("raise SystemExit(1)")

    with pytest.raises(
        DigestError, match=r"cannot run digest\.feeds\.parse_worker, .*; reinstall digest"
    ):
        read(GOOD)


def test_a_system_that_cannot_limit_a_process_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_client, "_HAS_LIMITS", False)

    with pytest.raises(DigestError, match="on Windows, use WSL"), parse_client.Worker() as worker:
        worker.ask("feed", fetched(GOOD), 1, 2**29)


# ---------------------------------------------------------------- nothing is left running


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name
)
def test_the_parser_ends_with_the_command(
    root: Path, in_worker: Callable[[str], None], number: signal.Signals
) -> None:
    """A lock shows whether it runs, since it ends with its process."""
    in_worker("""\
import fcntl
lock = open("running", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
def parsed(one):
    lock.write("x")
    lock.flush()
    return real(one)
parse.parse = parsed""")
    (root / "bad.xml").write_bytes(SLOW)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    with subprocess.Popen(
        [sys.executable, "-P", "-m", "digest", "pull"], cwd=root, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        until(lambda: (root / "running").exists() and (root / "running").read_text() == "x")
        running.send_signal(number)
        said, complained = running.communicate(timeout=60)

    until(lambda: is_free(root / "running"))
    assert running.returncode != 0
    assert "Traceback" not in said + complained


def test_nothing_runs_when_a_pull_has_ended(root: Path, in_worker: Callable[[str], None]) -> None:
    in_worker(
        f"import fcntl\nlock = open({str(root / 'running')!r}, 'w')\nfcntl.flock(lock, fcntl.LOCK_SH)"
    )
    (root / "bad.xml").write_bytes(SLOW)

    run(root)

    assert is_free(root / "running")


def test_a_request_that_arrives_while_another_is_answered_does_not_end_the_parser(
    in_worker: Callable[[str], None],
) -> None:
    """The system may tell a process of data that it has already read."""
    in_worker(
        "import time\ndef parsed(one):\n    time.sleep(0.5)\n    return real(one)\nparse.parse = parsed"
    )
    request = ("feed", fetched(GOOD), 60, 2**29)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", PARSER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as worker:  # fmt: skip
        assert worker.stdin
        assert worker.stdout
        assert worker.stdout.readline() == parse_client.READY
        for _ in range(2):
            pickle.dump(request, worker.stdin)
            worker.stdin.flush()
            time.sleep(0.1)
        answers = [pickle.load(worker.stdout) for _ in range(2)]

    assert [len(answer.entries) for answer in answers] == [1, 1]


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_free(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def test_a_pull_does_not_load_the_parser_itself(root: Path) -> None:
    (root / "bad.xml").write_text(GOOD)
    code = (
        "import sys\nfrom digest.cli.main import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('feedparser' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "pull"], cwd=root, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-2:] == ["1 new story added; 2 of 2 feeds read", "False"]


# ---------------------------------------------------------------- web pages, and new feeds


def serving(body: bytes) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.reply(body=body, Content_Type="text/html")


PAGE = b"<!doctype html><title>A page</title>" + b"<meta name=a content=b>" * 80_000


def test_a_page_that_takes_too_long_is_not_added(root: Path) -> None:
    with FeedHost({"/page": serving(PAGE)}) as host, pytest.raises(DigestError) as raised:
        add.run(
            root, config.load(root), host.url("/page"), now=NOW, limits=replace(SHORT, parse=0.01)
        )

    assert (
        f"{host.url('/page')}: takes longer than 0.01 s to read; the publisher has to fix that; write the story"
        in str(raised.value)
    )
    assert stories(root) == []


def test_a_new_feed_that_takes_too_long_is_reported_and_the_next_feed_of_the_page_is_tried() -> (
    None
):
    naming = "<!doctype html>" + "".join(
        f"<link rel=alternate type='application/rss+xml' href='/{name}'>"
        for name in ("bad", "good")
    )
    answers = {
        "/": serving(naming.encode()),
        "/bad": serving(SLOW),
        "/good": serving(GOOD.encode()),
    }
    with FeedHost(answers) as host:
        found = find_feeds.run([host.url("/")], (), now=NOW, limits=SHORT)
        with pytest.raises(
            DigestError,
            match=r"/bad: takes longer than 0\.3 s to read; the publisher has to fix that",
        ):
            find_feeds.run([host.url("/bad")], (), now=NOW, limits=SHORT)

        assert [feed.url for feed in found.feeds] == [host.url("/good")]


def test_without_documents_there_is_one_empty_batch() -> None:
    assert list(parse_client.parse_feeds([], SHORT)) == [{}]


def test_a_document_comes_out_of_the_worker_unchanged() -> None:
    from digest.feeds.parse import parse

    dated = rss(item("Dated \ud7ff", "<pubDate>Fri, 15 May 2026 09:32:41 +0000</pubDate>"))
    ((batch,),) = (list(parse_client.parse_feeds([fetched(dated)], SHORT)),)

    assert isinstance(batch["x"], Document)
    assert batch["x"] == parse(fetched(dated))
