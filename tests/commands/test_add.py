"""`digest add`: what is read of a web page, and what becomes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import make_feed
from feedhost import Exchange, FeedHost
from hypothesis import given
from hypothesis import strategies as st
from shell import invoke
from test_cli import digest

from digest import config
from digest.commands import add, build, pull
from digest.commands.add import AddReport
from digest.commands.pull_report import PullReport
from digest.errors import DigestError
from digest.feeds import article_page, feed_links, html_head, jsonld
from digest.feeds.limits import Limits
from digest.model import Document, Failed, Fetched

PAGES = sorted((Path(__file__).parents[1] / "data" / "webpages").glob("*.html"))
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
QUICK = Limits(deadline=30, read_timeout=30, retries=0)
SETTINGS = """\
[site]
title = "Test"
url = "https://example.org/"
timezone = "Asia/Hong_Kong"
[[feeds]]
id = "first"
url = "first.xml"
[[themes]]
id = "harbours"
title = "Harbours"
match = ["harbour*"]
"""
PAGE = """\
<!doctype html><html><head><title>Quiet harbour</title>
<meta property="og:site_name" content="The Example Post">
<meta property="og:description" content="Boats *wait*.">
<meta property="article:published_time" content="2026-05-15T17:32:40+08:00">
<meta name="author" content="Jo Writer"></head></html>
"""


def fetched(
    body: bytes, url: str = "https://news.example/a", content_type: str = "text/html"
) -> Fetched:
    return Fetched(feed=make_feed(), body=body, url=url, content_type=content_type)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A digest with one feed, which has nothing in it yet."""
    (tmp_path / "digest.toml").write_text(SETTINGS)
    (tmp_path / "first.xml").write_text(rss())
    return tmp_path


def rss(*links: str) -> str:
    body = "".join(
        f"<item><title>Quiet harbour</title><link>{link}</link><guid>{link}</guid></item>"
        for link in links
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Test</title>{body}</channel></rss>"


def run(root: Path, url: str, now: datetime = NOW) -> AddReport:
    return add.run(root, config.load(root), url, now=now, limits=QUICK)


def pulled(root: Path) -> PullReport:
    settings = config.load(root)
    return pull.run(root, settings, settings.feeds, now=NOW)


def serving(text: str = PAGE) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.reply(body=text.encode(), Content_Type="text/html")


def stories(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in (root / "content").rglob("*.md"))


# ---------------------------------------------------------------- what a page says


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_read_as_its_expected_file_says(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text())

    document = article_page.read(fetched(path.read_bytes(), expected["url"], expected["type"]))

    assert isinstance(document, Document)
    (entry,) = document.entries
    assert {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published.isoformat() if entry.published else None,
        "authors": list(entry.authors),
        "image": entry.image,
        "summary": entry.summary,
        "site": document.title,
    } == expected["says"]
    assert (entry.id, document.warnings) == ("", ())


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (
            b"%PDF-1.7 \xff\xfe <title>x</title>",
            "application/pdf",
            "not a web page but application/pdf",
        ),
        (b"\x89PNG\r\n\x1a\n", "image/png", "not a web page but image/png"),
        (b"\x89PNG\r\n\x1a\n", "text/html", "not a web page"),
        (b"just words", "", "not a web page"),
        (
            b"<html><body><p>Words.</p></body></html>",
            "text/html",
            "a web page that names no headline",
        ),
        (
            b'{"title": "<title>"}',
            "application/json; charset=utf-8",
            "not a web page but application/json",
        ),
    ],
)
def test_a_document_that_is_not_a_page_is_named_by_its_type(
    body: bytes, kind: str, reason: str
) -> None:
    outcome = article_page.read(fetched(body, content_type=kind))

    assert isinstance(outcome, Failed)
    assert outcome.reason == reason


@given(
    st.text(alphabet=st.sampled_from("<>/!-\"'= ametlinkscrpo&#;9x\n"), max_size=200) | st.text()
)
def test_any_text_can_be_scanned(text: str) -> None:
    for element in html_head.scan(text):
        assert element.name == element.name.lower()


@pytest.mark.parametrize(
    "sign",
    [
        "<!--",
        "<![CDATA[",
        "<a ",
        "<a b='",
        '<a b="x',
        "<",
        "</a ",
        "<?",
        "&#9",
        "<script>",
        "<title>",
        "<a b= ",
        "<a/",
    ],
)
def test_the_time_of_a_scan_is_in_proportion_to_the_page(sign: str) -> None:
    endless = sign * (2_000_000 // len(sign))

    first, *_ = html_head.scan(f"<title>Quiet</title>{endless}")

    assert first.text == "Quiet"


@pytest.mark.parametrize(
    "part", ["<!-- x -->", "<?x y?>", "<!DOCTYPE html>", "\n", "<!-- x --><?x?>"]
)
def test_the_beginning_of_a_page_is_read_in_linear_time(part: str) -> None:
    assert not feed_links.is_feed(fetched((part * 60 + "<html>").encode()))
    assert feed_links.is_feed(fetched((part * 60 + "<rss>").encode()))


def test_an_invalid_character_reference_becomes_the_replacement_character() -> None:
    (title,) = html_head.scan(f"<title>a&#{'9' * 5_000};b&#x1f600;</title>")

    assert title.text == "a\ufffdb😀"


def test_the_content_of_an_unterminated_attribute_is_not_an_element() -> None:
    assert list(html_head.scan('<a b="><title>Quiet</title>')) == []


@given(st.binary())
def test_any_bytes_give_a_page_or_none(body: bytes) -> None:
    assert isinstance(article_page.read(fetched(b"<title>x</title>" + body)), Document)


KEYS = st.sampled_from(
    ["@graph", "@type", "@id", "headline", "author", "publisher", "image", "name", "url"]
)


@given(
    st.recursive(
        st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)
    )
)
def test_linked_data_of_any_shape_is_read(value: Any) -> None:
    result = jsonld.read([json.dumps(value)])

    assert all(
        isinstance(said, str)
        for said in (result.headline, result.published, *result.authors, result.publisher)
    )


@pytest.mark.parametrize(
    "script", ["[" * 100_000, '{"headline": ' + "9" * 10_000 + "}", '{"a":' * 50_000, ""]
)
def test_json_ld_that_would_break_its_parser_is_ignored(script: str) -> None:
    assert jsonld.read([script]) == jsonld.LinkedData()


# ---------------------------------------------------------------- what becomes of it


def test_a_page_becomes_a_story_without_a_feed(root: Path) -> None:
    with FeedHost({"/a?utm_source=x": serving()}) as host:
        report = run(root, host.url("/a?utm_source=x"))
        link = host.url("/a")
        asked = host.requests[0][1]

    assert (root / "content/2026/w20/2026-05-15-quiet-harbour.md").read_text() == (
        "---\n"
        "title: Quiet harbour\n"
        f"link: {link}\n"
        "published: 2026-05-15T17:32:40+08:00\n"
        "authors: [Jo Writer]\n"
        "themes: [harbours]\n"
        "source: The Example Post\n"
        "---\n\n"
        "> Boats \\*wait\\*.\n\n"
    )
    assert (report.story.file, report.is_dated) == (
        "content/2026/w20/2026-05-15-quiet-harbour.md",
        True,
    )
    assert asked["Accept"].startswith("text/html")
    assert asked["User-Agent"].endswith("(+https://example.org/)")
    assert {path.name for path in (root / "content" / "ledger").iterdir()} == {
        "_added.jsonl",
        "_places.jsonl",
    }


def test_an_added_story_without_a_theme_needs_one_until_its_line_is_removed(root: Path) -> None:
    settings = (root / "digest.toml").read_text()
    (root / "digest.toml").write_text(settings.replace("harbour", "wharf"))
    with FeedHost({"/a": serving()}) as host:
        file = run(root, host.url("/a")).story.file
    assert "\nthemes: []\n" in (root / file).read_text()
    before = invoke(root, "themes", "--missing").stdout

    invoke(root, "set", file, "themes=")

    assert "\nthemes:" not in (root / file).read_text()
    after = invoke(root, "themes", "--missing").stdout
    assert before.endswith("1 of 1 story needs a theme\n")
    assert after == "0 of 1 story need a theme; 1 has none by your decision\n"


def test_a_digest_with_an_added_story_builds(root: Path) -> None:
    with FeedHost({"/a": serving()}) as host:
        run(root, host.url("/a"))

    build.run(root, config.load(root), output=root / "site", base_url=None)

    assert "Quiet harbour" in (root / "site/2026/w20/index.html").read_text()


@pytest.mark.parametrize("moved", [False, True])
def test_the_summary_of_a_page_is_shown_as_the_publishers_words(root: Path, moved: bool) -> None:
    with FeedHost({"/a": serving()}) as host:
        file = root / run(root, host.url("/a")).story.file
    assert built(root) == ["<blockquote", "Boats *wait*."]

    file.write_text(file.read_text() + "Mine.\n")
    if moved:
        file = file.rename(file.with_name("2026-05-15-moved.md"))
    assert built(root) == ["Mine.", "The Example Post writes:", "<blockquote", "Boats *wait*."]

    file.write_text(file.read_text().replace("> Boats", "> Mine:\n> Boats"))
    assert built(root) == ["<blockquote", "Mine:\nBoats *wait*.", "Mine."]
    pulled(root)
    assert len(stories(root)) == 1


def built(root: Path) -> list[str]:
    """What the week's page says of its story, after its details."""
    build.run(root, config.load(root), output=root / "site", base_url=None)
    article = (
        (root / "site/2026/w20/index.html")
        .read_text()
        .partition("Permalink")[2]
        .partition("</article>")[0]
    )
    return re.findall(r"<blockquote|(?<=<p>)[^<]+|(?<=says\">)[^<]+", article)


def test_a_summary_is_cut_to_forty_words(root: Path) -> None:
    with FeedHost({"/a": serving(PAGE.replace("Boats *wait*.", "word " * 60))}) as host:
        report = run(root, host.url("/a"))

    assert report.story.excerpt == "word " * 39 + "word …"


def test_a_page_without_a_date_or_site_name_gets_the_current_time_and_its_host(root: Path) -> None:
    with FeedHost({"/a": serving("<!doctype html><title>Chips</title>")}) as host:
        report = run(root, host.url("/a"))

    assert not report.is_dated
    assert report.story.file == "content/2026/w21/2026-05-20-chips.md"
    assert report.story.source == host.url("").removeprefix("http://")


@pytest.mark.parametrize("dated", [True, False])
def test_the_date_of_a_story_is_written_in_full_seconds(root: Path, dated: bool) -> None:
    given = (
        PAGE.replace("T17:32:40+", "T17:32:40.765+") if dated else "<title>Quiet harbour</title>"
    )
    with FeedHost({"/a": serving(given)}) as host:
        report = run(root, host.url("/a"), now=NOW.replace(microsecond=123456))

    written = (root / report.story.file).read_text()
    assert (
        "published: 2026-05-15T17:32:40+08:00\n"
        if dated
        else "published: 2026-05-20T16:00:00+08:00\n"
    ) in written


@pytest.mark.parametrize("kind", ["application/rss+xml", "text/html", "text/plain", ""])
@pytest.mark.parametrize(
    "feed",
    [
        "\ufeff<?xml version='1.0'?>\n<!-- a feed -->\n<?xml-stylesheet href='x.css'?>\n" + rss("https://a.example/").partition("?>")[2],
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>Lights</title></feed>",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><channel><title>T</title></channel></rdf:RDF>",
        '{"title": "Tides", "version": "https://jsonfeed.org/version/1.1", "items": []}',
    ],
)  # fmt: skip
def test_a_feed_is_not_accepted_as_a_page(root: Path, feed: str, kind: str) -> None:
    with (
        FeedHost(
            {"/feed.xml": lambda exchange: exchange.reply(body=feed.encode(), Content_Type=kind)}
        ) as host,
        pytest.raises(DigestError) as refused,
    ):
        run(root, host.url("/feed.xml"))

    assert str(refused.value).endswith(
        "/feed.xml: this is a feed; to pull it: digest feeds add URL"
    )
    assert not (root / "content/2026").exists()


def test_a_redirect_is_followed_to_the_pages_own_url(root: Path) -> None:
    with FeedHost(
        {"/short": lambda e: e.reply(302, Location="/long?fbclid=1"), "/long?fbclid=1": serving()}
    ) as host:
        report = run(root, host.url("/short"))

        assert report.story.link == host.url("/long")


@pytest.mark.parametrize("again", ["/a", "/a?utm_medium=z", "/a/", "/a#:~:text=boats"])
def test_an_existing_story_is_named_without_fetching_its_page(root: Path, again: str) -> None:
    with FeedHost({"/a": serving()}) as host:
        run(root, host.url("/a"))
        before = stories(root)

        with pytest.raises(
            DigestError, match=r"2026-05-15-quiet-harbour\.md: this story is here already"
        ):
            run(root, host.url(again))

        assert len(host.requests) == 1
    assert stories(root) == before


def test_the_existing_story_of_a_page_is_found_by_its_article_number(root: Path) -> None:
    file = root / "content/2026/w20/2026-05-15-mine.md"
    file.parent.mkdir(parents=True)
    with FeedHost({"/s": lambda e: e.reply(302, Location="/article/3350001/new-words"),
                   "/article/3350001/new-words": serving()}) as host:  # fmt: skip
        file.write_text(
            f"---\ntitle: Mine\nlink: {host.url('/tech/article/3350001/old-words')}\n---\n"
        )

        with pytest.raises(DigestError, match=r"2026-05-15-mine\.md: this story is here already"):
            run(root, host.url("/s"))


def test_a_moved_story_is_named_with_its_new_path(root: Path) -> None:
    (root / "first.xml").write_text(rss("https://news.example/x"))
    (place,) = pulled(root).rows[0].new
    there = root / "content/2026/w30/2026-05-20-quiet-harbour.md"
    there.parent.mkdir()
    (root / place).rename(there)
    there.write_text(
        there.read_text().replace(
            "link: https://news.example/x", "link: https://news.example/mended"
        )
    )

    with pytest.raises(
        DigestError, match=r"^content/2026/w30/2026-05-20-quiet-harbour\.md: this story is here"
    ):
        run(root, "https://news.example/x")


def test_a_deleted_story_is_not_added_again(root: Path) -> None:
    (root / "first.xml").write_text(rss("https://news.example/x"))
    (place,) = pulled(root).rows[0].new
    (root / place).unlink()

    with pytest.raises(
        DigestError, match="feed 'first' brought this story, and its file was deleted; restore it"
    ):
        run(root, "https://news.example/x")

    assert stories(root) == []


def test_an_unreadable_file_that_may_be_the_story_is_left_alone(root: Path) -> None:
    file = root / "content/2026/w20/2026-05-15-mine.md"
    file.parent.mkdir(parents=True)
    file.write_text("---\ntitle: Mine\nlink: https://news.example/x\nthemes: [harbour]\n---\n")

    with pytest.raises(
        DigestError, match=r"2026-05-15-mine\.md: may be this story, but cannot be read"
    ):
        run(root, "https://news.example/x")


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_deleted_story_that_no_feed_brought_stays_deleted(root: Path, by_hand: bool) -> None:
    file = root / "content/2026/w20/2026-05-15-quiet-harbour.md"
    with FeedHost({"/a": serving()}) as host:
        link = host.url("/a")
        if by_hand:
            file.parent.mkdir(parents=True)
            file.write_text(f"---\ntitle: Mine\nlink: {link}\n---\n")
            pulled(root)
        else:
            run(root, link)
        text = file.read_text()
        file.unlink()

        with pytest.raises(
            DigestError, match=rf"^content/2026/w20/{file.name}: this story was deleted; restore it"
        ):
            run(root, link)
        (root / "first.xml").write_text(rss(link, "https://news.example/x"))
        (row,) = pulled(root).rows
        (again,) = pulled(root).rows

        assert (len(row.new), row.known, len(again.new), file.exists()) == (1, 1, 0, False)
        file.write_text(text)
        pulled(root)
        assert file.read_text() == text


def test_the_slug_of_a_deleted_story_is_not_used_again(root: Path) -> None:
    (root / "first.xml").write_text(rss("https://news.example/x"))
    (place,) = pulled(root).rows[0].new
    (root / place).unlink()

    with FeedHost({"/a": serving("<!doctype html><title>Quiet harbour</title>")}) as host:
        assert run(root, host.url("/a")).story.file == place.replace("harbour", "harbour-2")


def test_a_story_for_a_closed_week_goes_to_the_first_open_week(root: Path) -> None:
    (root / "digest.toml").write_text(SETTINGS + '[editions]\nclose = "letter"\n')
    (root / "content/2026/w20").mkdir(parents=True)
    (root / "content/2026/w20/letter.md").write_text("Dear reader")

    with FeedHost({"/a": serving()}) as host:
        assert (
            run(root, host.url("/a")).story.file == "content/2026/w21/2026-05-15-quiet-harbour.md"
        )


def test_a_letter_far_in_the_future_closes_no_week_for_new_stories(root: Path) -> None:
    (root / "digest.toml").write_text(SETTINGS + '[editions]\nclose = "letter"\n')
    for folder in ("content/2026/w19", "content/2062/w20"):
        (root / folder).mkdir(parents=True)
        (root / folder / "letter.md").write_text("Dear reader")

    with FeedHost({"/a": serving()}) as host:
        assert (
            run(root, host.url("/a")).story.file == "content/2026/w20/2026-05-15-quiet-harbour.md"
        )


def test_a_feed_that_brings_an_added_story_later_is_added_to_it(root: Path) -> None:
    with FeedHost({"/a": serving()}) as host:
        file = run(root, host.url("/a")).story.file
        (root / "first.xml").write_text(rss(host.url("/a?utm_source=rss")))

    report = pulled(root)

    assert report.rows[0].adopted == (file,)
    assert stories(root) == [file]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda e: e.reply(404), "no page at this address (404)"),
        (lambda e: e.reply(403), "refuses this reader or this network (403)"),
        (
            lambda e: e.reply(503),
            "the publisher's server failed (503 Service Unavailable); try again later",
        ),
        (
            lambda e: e.reply(body=b"%PDF-1.7", Content_Type="application/pdf"),
            "not a web page but application/pdf",
        ),
        (lambda e: e.reply(body=b""), "an empty answer"),
    ],
)
def test_a_page_that_cannot_be_read_is_one_error_line_with_a_cure(
    root: Path, answer: Callable[[Exchange], None], reason: str
) -> None:
    with FeedHost({"/a": answer}) as host, pytest.raises(DigestError) as caught:
        run(root, host.url("/a"))

    assert (
        f"/a: {reason}; write the story by hand into content/inbox/: title and link are enough"
        in str(caught.value)
    )
    assert "\n" not in str(caught.value)
    assert not (root / "content").exists()


def test_the_command_names_the_file_and_a_missing_date(root: Path) -> None:
    with FeedHost({"/a": serving("<!doctype html><title>Quiet harbour</title>")}) as host:
        added = digest("add", host.url("/a"), cwd=root)
        again = digest("add", host.url("/a"), cwd=root)

    assert (added.returncode, added.stderr) == (0, "")
    assert "-quiet-harbour.md: 'Quiet harbour', 127.0.0.1:" in added.stdout
    assert "; harbours\n" in added.stdout
    assert "The page names no date" in added.stdout
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "url", ["news.example/a", "ftp://news.example/a", "javascript:alert(1)", "", "file.html"]
)
def test_a_url_that_is_not_a_web_url_is_wrong_usage(root: Path, url: str) -> None:
    added = digest("add", url, cwd=root)

    assert added.returncode == 2
    assert f"'{url}' is not an http(s) address" in added.stderr
