"""Secrets in URLs are used for fetching, and are never written, published or reported."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from feedhost import Exchange, FeedHost
from hypothesis import given
from hypothesis import strategies as st
from test_cli import digest

from digest import redact, urls
from digest.feeds import normalize
from digest.model import Document, Entry

PASSWORD, TOKEN = "hunter22", "s3cr3tt0ken"
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Quay</title><link>/</link>
<item><title>Relative</title><link>/a?x=1</link><guid isPermaLink="false">a</guid>
<description>Ask for /feed?token={TOKEN} again.</description></item>
<item><title>Repeated</title><link>/b?token={TOKEN}&amp;y=2</link><guid>/b?token={TOKEN}</guid></item>
<item><title>Fragment</title><link>#c</link></item>
</channel></rss>""".encode()


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def host() -> Iterator[FeedHost]:
    """A server that requires a password and token; `/old` redirects, `/down` fails."""

    def feed(exchange: Exchange) -> None:
        is_known = (
            exchange.headers.get("Authorization")
            == "Basic " + b64encode(f"ada:{PASSWORD}".encode()).decode()
        )
        exchange.reply(200 if is_known else 401, FEED, Content_Type="application/rss+xml")

    def page(exchange: Exchange) -> None:
        words = b"<html><head><title>A page</title></head><body>Words.</body></html>"
        exchange.reply(200, words, Content_Type="text/html")

    def old(exchange: Exchange) -> None:
        exchange.reply(301, Location=f"http://{exchange.headers['Host']}/feed?token={TOKEN}")

    def astray(exchange: Exchange) -> None:
        exchange.reply(302, Location=f"ftp://ada:{PASSWORD}@files.example/?token={TOKEN}")

    answers = {
        "feed": feed,
        "old": old,
        "page": page,
        "astray": astray,
        "down": lambda one: one.reply(404),
    }
    with FeedHost({f"/{name}?token={TOKEN}": answer for name, answer in answers.items()}) as served:
        yield served


def address(host: FeedHost, name: str = "feed") -> str:
    return f"{host.url(f'/{name}?token={TOKEN}')}".replace("://", f"://ada:{PASSWORD}@")


def new(root: Path, url: str) -> Path:
    (root / "digest.toml").write_text(
        '[site]\ntitle = "T"\nurl = "https://ada.github.io/x/"\n'
        f'[[feeds]]\nid = "quay"\nurl = "{url}"\ntitle = "Quay"\n'
    )
    return root


def written(root: Path) -> str:
    """Everything that is in git or on the web."""
    places = (
        path
        for folder in ("content", "site")
        for path in (root / folder).rglob("*")
        if path.is_file()
    )
    return "\n".join(path.read_bytes().decode(errors="replace") for path in places)


def test_a_password_and_a_token_are_used_to_fetch_a_feed_and_written_nowhere(
    host: FeedHost, tmp_path: Path
) -> None:
    root, summary = new(tmp_path, address(host)), tmp_path / "summary.md"

    pulled = digest("--verbose", "pull", cwd=root, GITHUB_STEP_SUMMARY=str(summary))
    built, exported = digest("build", cwd=root), digest("export", "--json", cwd=root)

    assert (pulled.returncode, built.returncode) == (0, 0), pulled.stderr + built.stderr
    everything = (
        written(root) + pulled.stdout + pulled.stderr + summary.read_text() + exported.stdout
    )
    assert PASSWORD not in everything and TOKEN not in everything and "ada:" not in everything
    assert 'xmlUrl="http://127.0.0.1:' in (root / "site/feeds.opml").read_text()
    links_of = {
        line.partition("/")[2] for line in written(root).splitlines() if line.startswith("link: ")
    }
    assert {link.partition("/")[2].partition("/")[2] for link in links_of} == {
        "a?x=1",
        "b?y=2",
        "feed#c",
    }


@pytest.mark.parametrize("name", ["old", "astray", "down"])
def test_reports_about_a_feed_contain_none_of_its_secrets(
    host: FeedHost, tmp_path: Path, name: str
) -> None:
    root, summary = new(tmp_path, address(host, name)), tmp_path / "summary.md"

    runs = [
        digest("pull", cwd=root, GITHUB_STEP_SUMMARY=str(summary)),
        digest("pull", "--json", cwd=root),
        digest("status", cwd=root),
    ]

    output = summary.read_text() + "".join(run.stdout + run.stderr for run in runs)
    assert PASSWORD not in output and TOKEN not in output
    if name == "old":
        assert 'has moved for good; write  url = "http://…@127.0.0.1:' in runs[0].stderr
        assert "/feed?token=…" in runs[0].stderr


def test_a_story_added_from_a_url_with_secrets_has_a_link_without_them(
    host: FeedHost, tmp_path: Path
) -> None:
    root = new(tmp_path, "feeds/none.xml")

    run, lost = (
        digest("add", address(host, "page"), cwd=root),
        digest("add", address(host, "down"), cwd=root),
    )

    assert run.returncode == 0
    assert (
        "what looks like a secret in its address (a user name and password, token) was left out"
        in run.stderr
    )
    assert "/page\n" in written(root)
    assert lost.returncode == 1
    output = written(root) + run.stdout + run.stderr + lost.stderr
    assert PASSWORD not in output and TOKEN not in output


def test_a_new_digest_keeps_the_secrets_of_its_feed_and_does_not_print_them(
    host: FeedHost, tmp_path: Path
) -> None:
    run = digest("init", "mine", "--feed", address(host), cwd=tmp_path)
    lost = digest("init", "other", "--feed", address(host, "down"), cwd=tmp_path)

    assert (run.returncode, lost.returncode) == (0, 1)
    assert address(host) in (tmp_path / "mine/digest.toml").read_text()
    output = run.stdout + run.stderr + lost.stdout + lost.stderr
    assert PASSWORD not in output and TOKEN not in output
    assert digest("pull", cwd=tmp_path / "mine").returncode == 0


def test_check_reports_every_url_with_a_secret(tmp_path: Path) -> None:
    root = new(tmp_path, f"https://ada:{PASSWORD}@news.example/feed?token={TOKEN}")
    story = root / "content/2026/w20/2026-05-15-a.md"
    story.parent.mkdir(parents=True)
    story.write_text(
        f"---\ntitle: A\nlink: https://ada:{PASSWORD}@news.example/a\n"
        f"image: https://news.example/p.png?sig=1\nid: https://news.example/?token=1\n---\n\n"
        f"See [this](https://news.example/b?auth={TOKEN}).\n"
    )

    run = digest("check", "--format", "json", cwd=root)
    built = digest("build", cwd=root)

    hints = {(one["file"], one["line"]): one["what"] for one in json.loads(run.stdout)}
    assert hints == {
        (
            "digest.toml",
            6,
        ): "the address of feed 'quay' has a user name and password and 'token=' in it",
        ("content/2026/w20/2026-05-15-a.md", 3): (
            "an address has a user name and password in it, which anyone who reads this file can use"
        ),
        (
            "content/2026/w20/2026-05-15-a.md",
            4,
        ): "an address has 'sig=' in it, which anyone who reads this file can use",
        (
            "content/2026/w20/2026-05-15-a.md",
            8,
        ): "an address has 'auth=' in it, which anyone who reads this file can use",
    }
    assert built.returncode == 0
    assert PASSWORD not in "".join(path.read_text() for path in (root / "site").rglob("*.html"))


def test_secrets_of_a_feed_written_by_an_early_version_are_not_published(tmp_path: Path) -> None:
    root = new(tmp_path, f"https://ada:{PASSWORD}@news.example/feed?token={TOKEN}")
    story = root / "content/2026/w20/2026-05-15-a.md"
    story.parent.mkdir(parents=True)
    story.write_text(
        f"---\ntitle: A\nlink: https://ada:{PASSWORD}@news.example/a?token={TOKEN}&x=1\nfeeds: [quay]\n---\n"
    )

    assert digest("build", cwd=root).returncode == 0

    site = "".join(
        path.read_bytes().decode(errors="replace")
        for path in (root / "site").rglob("*")
        if path.is_file()
    )
    assert PASSWORD not in site and TOKEN not in site
    assert 'href="https://news.example/a?x=1"' in site


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (
            f"https://ada:{PASSWORD}@news.press/",
            "has a user name or a password in it, which would be on every page",
        ),
        ("https://news.press/a/../b/", "has a . or .. in its path, which browsers remove"),
        ("https://news.press/a/%2E%2e/b/", "has a . or .. in its path, which browsers remove"),
        (f"https://news.press/?token={TOKEN}", "has a query or a fragment (? or #)"),
        ("https://news.press/#top", "has a query or a fragment (? or #)"),
        ("https://news.press/a b/", "is not a plain http(s) address"),
        ("https://news.press/a//b/", "has an empty or hidden part in its path"),
        (" https://news.press/", "has white space around it"),
    ],
)
def test_an_invalid_site_url_is_refused_without_printing_secrets(
    tmp_path: Path, url: str, fault: str
) -> None:
    root = new(tmp_path, "feeds/none.xml")
    (root / "digest.toml").write_text(
        (root / "digest.toml").read_text().replace("https://ada.github.io/x/", url)
    )

    for words in (["check"], ["build"], ["publish"]):
        run = digest(*words, cwd=root)

        assert run.returncode == 1
        assert f"{fault}; write the address of the site" in run.stdout + run.stderr
        assert PASSWORD not in run.stdout + run.stderr and TOKEN not in run.stdout + run.stderr
    if url == url.strip():
        run = digest("build", "--base-url", url, cwd=new(tmp_path, "feeds/none.xml"))
        assert run.returncode == 2
        assert PASSWORD not in run.stderr and TOKEN not in run.stderr


@pytest.mark.parametrize(
    ("url", "encoded"),
    [
        ("https://ex.org/чипы", "https://ex.org/%D1%87%D0%B8%D0%BF%D1%8B/"),
        ("https://ex.org/%D1%87ипы/", "https://ex.org/%D1%87%D0%B8%D0%BF%D1%8B/"),
        ("https://bücher.press/", "https://xn--bcher-kva.press/"),
        ("https://ex.org/my%20digest/", "https://ex.org/my%20digest/"),
        ("https://ex.org/100%/", "https://ex.org/100%25/"),
    ],
)
def test_the_sites_url_is_encoded_once(url: str, encoded: str) -> None:
    assert urls.site_url(url) == encoded
    assert urls.site_url(encoded) == encoded


# ---------------------------------------------------------------- what is a secret


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://news.example/a?b=1#c", "https://news.example/a?b=1#c"),
        ("https://u:p@news.example/@ada?b=1", "https://news.example/@ada?b=1"),
        ("https://news.example/f?b=1&token=x&c=2", "https://news.example/f?b=1&c=2"),
        ("https://news.example/f?API_KEY=x", "https://news.example/f"),
        (
            "https://news.example/f?x-amz-signature=x&userToken=y&auth[token]=z",
            "https://news.example/f",
        ),
        ("https://news.example/f#access_token=x", "https://news.example/f"),
        ("https://news.example/f?%74oken=x", "https://news.example/f"),
        ("https://news.example/rss;token=x;page=2", "https://news.example/rss;page=2"),
        (
            "https://proxy.example/rss?feed=https://u:p@news.example/&n=5",
            "https://proxy.example/rss?n=5",
        ),
        (
            "https://proxy.example/https://u:p@news.example/feed",
            "https://proxy.example/https://news.example/feed",
        ),
        (
            "https://proxy.example/f?u=https%3A%2F%2Fnews.example%2Ff%3Ftoken%3Dx&n=5",
            "https://proxy.example/f?n=5",
        ),
        (
            "https://proxy.example/https%3A%2F%2Fnews.example%2Ff%3Ftoken%3Dx",
            "https://proxy.example/",
        ),
        ("https://news.example/f?rsskey=x&PHPSESSID=y&sid=z", "https://news.example/f"),
        ("https://news.example/f?monkey=1&keyword=2&authors=3&design=4", None),
        ("https://parliament.example/bills?session=45-1&bill=7", None),
        ("https://parliament.example/bills?session=118th-Congress&bill=7", None),
        ("https://maps.example/?pin=12&key=harbour", None),
        ("https://news.example/f?key=New+York&ticket=2026/05#key=the%20chips%20act", None),
        ("https://news.example/f?pin=4711&a=1", "https://news.example/f?a=1"),
        ("https://news.example/f?key=hunter22&a=1", "https://news.example/f?a=1"),
        ("https://news.example/f?session=3f9a0c2b-77de-4155&a=1", "https://news.example/f?a=1"),
        ("https://news.example/f?key=qwertzuiopasdfghjkl&a=1", "https://news.example/f?a=1"),
        ("https://news.example/f?email=ada@mail.example&a=1", "https://news.example/f?a=1"),
        ("https://news.example/f?email=ada%40mail.example&a=1", "https://news.example/f?a=1"),
        ("https://news.example/f?api_key=harbour&a=1", "https://news.example/f?a=1"),
        ("https://news.example/f?u=https%3A%2F%2Fother.example%2Ff%3Fpage%3D1", None),
        ("feeds/sample.xml", None),
    ],
)
def test_the_public_url_is_the_same_url_without_secrets(address: str, public: str | None) -> None:
    assert redact.strip(address) == (address if public is None else public)
    assert redact.secret_names(redact.strip(address)) == ()
    assert (redact.mask(address) == address) is (public in {None, address})


@given(st.text(max_size=60))
def test_any_text_can_be_redacted_and_a_second_time_changes_nothing(text: str) -> None:
    assert redact.mask(redact.mask(text)) == redact.mask(text)
    redact.strip(text), redact.values(text), redact.strip_values(text, ["abcd"])


_PARTS = st.sampled_from(
    ["https://", "u:p@", "news.example", "/", "?", "&", "#", ";", "token=", "key=x", "a=1", "https%3A%2F%2F",
     "%3Ftoken%3Dx", "%40", "%252F", "session="]
)  # fmt: skip


@given(st.lists(_PARTS, max_size=12).map("".join))
def test_no_secret_is_left_in_a_public_url(rest: str) -> None:
    assert redact.secret_names(redact.strip(f"https://news.example/{rest}")) == ()


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("key=chips", "Why chips matter: the chips act", "Why chips matter: the chips act"),
        ("token=chips", "Why chips matter: the chips act", "Why chips matter: the chips act"),
        ("token=chips", "Chips at /feed?token=chips, again", "Chips at /feed?token=…, again"),
        ("token=4711", "Flight 4711 at /?t=4711&amp;x=1", "Flight 4711 at /?t=…&amp;x=1"),
        (f"token={TOKEN}", f"Ask for {TOKEN} again", "Ask for … again"),
    ],
)
def test_a_secret_that_may_be_an_ordinary_word_stays_in_a_headline(
    secret: str, text: str, shown: str
) -> None:
    entry = Entry(id="", title=text, link="https://api.example/a", published=None, summary=text)

    document = normalize.without_secrets(
        Document(title=text, entries=(entry,)), f"https://api.example/feed?{secret}"
    )

    assert (document.title, document.entries[0].title, document.entries[0].summary) == (
        shown,
        shown,
        shown,
    )


def test_a_redirect_sends_the_password_only_to_the_same_server() -> None:
    there = "https://ada:pw@news.example/feed"

    assert urls.redirected(there, "/new") == "https://ada:pw@news.example/new"
    assert urls.redirected(there, "https://news.example/new") == "https://ada:pw@news.example/new"
    assert urls.redirected(there, "https://cdn.example/new") == "https://cdn.example/new"
    assert urls.redirected(there, "http://news.example/new") == "http://news.example/new"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://news.example/f?key=sesame&a=1", "https://news.example/f?a=1"),
        ("https://u:p@news.example/f?ticket=2026", "https://news.example/f"),
        ("https://news.example/f?keyword=chips", "https://news.example/f?keyword=chips"),
        ("https://news.example/f", "https://news.example/f"),
        ("feeds/sample.xml", "feeds/sample.xml"),
        ("", ""),
    ],
)
def test_any_value_that_a_feeds_url_marks_as_a_secret_is_one(address: str, expected: str) -> None:
    assert redact.strip_feed(address) == expected
    assert (redact.feed_secret_names(address) != ()) == (expected != address)
