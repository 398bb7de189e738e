"""`digest init` with feeds of one's own: how they are found, what is written of them, and that it can be pulled."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feedhost import Exchange, FeedHost
from hypothesis import given
from hypothesis import strategies as st
from test_cli import digest

from digest import config, config_template
from digest.commands import init
from digest.commands.shared import find_feeds
from digest.commands.shared.find_feeds import FoundFeeds
from digest.commands.starter import local_timezone
from digest.commands.starter.starter_files import STARTER
from digest.feeds import feed_links
from digest.feeds.discover import publisher_of
from digest.feeds.limits import Limits
from digest.model import Document, Feed

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
QUICK = Limits(deadline=30, read_timeout=30, retries=0)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour &amp; sea</title><language>en-GB</language>
<link>https://news.example/</link><item><title>Quiet harbour</title><link>https://news.example/a</link></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us"><title>Lights</title><id>urn:x</id>
<entry><title>A light</title><id>urn:y</id><link href="https://lights.example/a"/></entry></feed>"""
JSON = '{"version": "https://jsonfeed.org/version/1.1", "title": "Tides", "language": "de", "items": []}'
NAMING = (
    '<!doctype html><link rel="alternate" type="application/rss+xml" href="{}"><title>x</title>'
)
Answer = Callable[[Exchange], None]


class Answers(Mapping[str, Answer]):
    """Answers by path, and 404 to every other."""

    def __init__(self, **bodies: str) -> None:
        self._bodies = {
            f"/{path.replace('__', '/').replace('_', '.')}": body for path, body in bodies.items()
        }

    def __getitem__(self, path: str) -> Answer:
        body = self._bodies.get(path)
        return lambda exchange: (
            exchange.reply(404) if body is None else exchange.reply(body=body.encode())
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._bodies)

    def __len__(self) -> int:
        return len(self._bodies)


def found(*addresses: str) -> FoundFeeds:
    return find_feeds.run(addresses, (), now=NOW, limits=QUICK)


def test_a_feed_gives_title_and_language_and_can_be_pulled_at_once(tmp_path: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS, lights_atom=ATOM)) as host:
        made = digest(
            "init", "mine", "--feed", host.url("/feed.xml"), "--feed", host.url("/lights.atom"), cwd=tmp_path,
            TZ="Asia/Tokyo",
        )  # fmt: skip
        pulled = digest("pull", cwd=tmp_path / "mine")

    assert (made.returncode, made.stderr) == (0, "")
    assert f"harbour-sea: Harbour & sea, {host.url('/feed.xml')}\n" in made.stdout
    assert made.stdout.endswith(
        "Before you pull, look at the feeds in digest.toml: an id stays for good, "
        "and readers see 'publisher', or else 'title', as the source\n"
        "A new digest is in mine with 2 feeds. Next: cd mine && digest pull && digest serve\n"
        "Then find your themes: digest themes --propose\n"
    )
    settings_ = config.load(tmp_path / "mine")
    assert [(feed.id, feed.title) for feed in settings_.feeds] == [
        ("harbour-sea", "Harbour & sea"),
        ("lights", "Lights"),
    ]
    assert (settings_.site.language, settings_.site.timezone, settings_.themes) == (
        "en",
        "Asia/Tokyo",
        (),
    )
    assert "2 new stories added; 2 of 2 feeds read" in pulled.stdout
    assert digest("check", cwd=tmp_path / "mine").stdout.startswith("0 errors, 0 hints")
    assert digest("build", cwd=tmp_path / "mine").returncode == 0


def test_there_is_no_sample_if_feeds_are_given(tmp_path: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS)) as host:
        digest("init", "mine", "--feed", host.url("/feed.xml"), cwd=tmp_path)

    assert not (tmp_path / "mine/feeds").exists()
    assert "lantern" not in (tmp_path / "mine/digest.toml").read_text().lower()
    assert (tmp_path / "mine/.gitattributes").is_file()


@pytest.mark.parametrize("page", ["/", "/blog/", "/blog", "/blog/index.html"])
def test_a_page_is_replaced_by_the_feed_that_it_advertises(page: str) -> None:
    answers = Answers(
        deep__feed_xml=RSS,
        **{page[1:].replace("/", "__").replace(".", "_"): NAMING.format("/deep/feed.xml")},
    )
    with FeedHost(answers) as host:
        (feed,) = found(host.url(page)).feeds

        assert (feed.url, feed.title) == (host.url("/deep/feed.xml"), "Harbour & sea")


@pytest.mark.parametrize("place", ["feed", "rss_xml", "index_xml", "blog__feed", "blog__atom_xml"])
def test_usual_feed_urls_are_tried_if_a_page_advertises_none(place: str) -> None:
    with FeedHost(Answers(blog__="<!doctype html><title>x</title>", **{place: RSS})) as host:
        (feed,) = found(host.url("/blog/")).feeds

        assert feed.url == host.url("/" + place.replace("__", "/").replace("_", "."))


def test_wrongly_advertised_feeds_are_skipped_and_comment_feeds_come_last() -> None:
    page = (
        NAMING.format("/comments.xml")
        + NAMING.format("/gone.xml")
        + NAMING.format("/page")
        + NAMING.format("/feed.xml")
    )
    with FeedHost(Answers(**{"": page}, comments_xml=ATOM, page=page, feed_xml=RSS)) as host:
        assert [feed.title for feed in found(host.url("/")).feeds] == ["Harbour & sea"]


def test_a_permanently_moved_feed_is_added_with_its_new_url() -> None:
    class Moved(Answers):
        def __getitem__(self, path: str) -> Answer:
            return (
                (lambda e: e.reply(301, Location="/feed.xml"))
                if path == "/old"
                else super().__getitem__(path)
            )

    with FeedHost(Moved(feed_xml=RSS)) as host:
        assert [feed.url for feed in found(host.url("/old")).feeds] == [host.url("/feed.xml")]


def test_a_feed_given_twice_is_added_once_and_two_with_the_same_title_have_different_ids() -> None:
    with FeedHost(Answers(a_xml=RSS, b_xml=RSS, page=NAMING.format("/a.xml"))) as host:
        feeds = found(host.url("/a.xml"), host.url("/page"), host.url("/b.xml")).feeds

    assert [feed.id for feed in feeds] == ["harbour-sea", "harbour-sea-2"]


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("Harbour & sea", "harbour-sea"),
        ("Semiconductors - South China Morning Post", "semiconductors"),
        ("Semiconductors: Geopolitics - South China Morning Post", "semiconductors-geopolitics"),
        ("All the news of a harbour town and its people", "all-the-news-of-a-harbour"),
        ("South China Morning Post", "south-china-morning-post"),
        ("South China Morning Post: Semiconductors", "semiconductors"),
        ("South China Morning Post - 2026 2027", "south-china-morning-post"),
    ],
)
def test_an_id_is_the_title_or_a_part_of_it_that_tables_show_whole(title: str, id: str) -> None:
    document = Document(title=title)

    assert find_feeds._feed("https://www.scmp.com/rss/1/feed", document, ()).id == id


@pytest.mark.parametrize(
    ("title", "publisher", "id"),
    [
        ("Newsweek International News Desk", "News", "newsweek-international"),
        ("The latest News of the harbour", "News", "the-latest-news-of-the"),
        ("Harbour & Sea (C++) of all the ports", "Harbour & Sea (C++)", "of-all-the-ports"),
    ],
)
def test_the_publisher_is_cut_off_an_id_only_as_whole_words_at_its_start_or_end(
    title: str, publisher: str, id: str
) -> None:
    document = Document(title=title, publisher=publisher)

    assert find_feeds._feed("https://x.example/feed", document, ()).id == id


def test_nothing_is_written_if_one_url_has_no_feed(tmp_path: Path) -> None:
    with FeedHost(Answers(first=RSS, page="<!doctype html><title>x</title>")) as host:
        words = [
            word for path in ("/first", "/gone", "/page") for word in ("--feed", host.url(path))
        ]
        made = digest("init", "mine", *words, cwd=tmp_path)

        assert (made.returncode, made.stdout) == (1, "")
        assert made.stderr.splitlines() == [
            f"{host.url('/gone')}: no feed at this address (404); look for its new one on the publisher's site",
            f"{host.url('/page')}: a web page that names no feed; look on it for a link to RSS or Atom",
            "Nothing was written; correct the address, or leave that feed out",
        ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [410, 429])
def test_a_feed_error_during_init_gets_no_cure_for_an_existing_digest(
    tmp_path: Path, status: int
) -> None:
    with FeedHost({"/feed.xml": lambda exchange: exchange.reply(status)}) as host:
        made = digest("init", "mine", "--feed", host.url("/feed.xml"), cwd=tmp_path)

    assert made.returncode == 1
    assert f"({status})" in made.stderr
    assert "retired" not in made.stderr
    assert "pull less often" not in made.stderr


def test_an_existing_digest_is_reported_before_anything_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("")
    with FeedHost(Answers(feed_xml=RSS)) as host:
        made = digest("init", "--feed", host.url("/feed.xml"), cwd=tmp_path)

        assert made.returncode == 1
        assert "already has a digest" in made.stderr
        assert host.requests == []


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_list_that_is_too_large_is_refused(tmp_path: Path) -> None:
    made = digest("init", "mine", "--opml", "/dev/zero", cwd=tmp_path)

    assert made.returncode == 1
    assert (
        made.stderr
        == "/dev/zero: larger than any list of feeds is; export it from your reader again\n"
    )
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--feed", "news.example"],
            "'news.example' is not an http(s) address; did you mean https://news.example?",
        ),
        (["--feed", "ftp://news.example/"], "is not an http(s) address; copy it from the browser"),
        (["--feed", ""], "'' is not an http(s) address"),
        (["--opml", "gone.opml"], "File 'gone.opml' does not exist"),
    ],
)
def test_wrong_usage_writes_nothing(tmp_path: Path, words: list[str], said: str) -> None:
    made = digest("init", "mine", *words, cwd=tmp_path)

    assert made.returncode == 2
    assert said in made.stderr
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("feed", ["feed.xml", "./feed.xml"])
def test_a_feed_in_a_file_gets_a_message_where_to_put_it(tmp_path: Path, feed: str) -> None:
    (tmp_path / "feed.xml").write_text(RSS)

    made = digest("init", "mine", "--feed", feed, cwd=tmp_path)

    assert made.returncode == 2
    assert f"'{feed}' is a file, and --feed takes addresses; run init without it" in made.stderr


def test_feeds_of_a_subscription_list_are_added_without_fetching_them(tmp_path: Path) -> None:
    (tmp_path / "subs.opml").write_text(
        '<opml><body><outline text="Folder"><outline text="First" xmlUrl="http://127.0.0.1:1/f"/></outline>'
        '<outline text="Old" xmlUrl="ftp://x"/></body></opml>'
    )

    made = digest("init", "mine", "--opml", "subs.opml", cwd=tmp_path, TZ="UTC")

    assert made.returncode == 0
    assert made.stderr == "ftp://x: left out, because it is not an http(s) address\n"
    assert [(feed.id, feed.url) for feed in config.load(tmp_path / "mine").feeds] == [
        ("first", "http://127.0.0.1:1/f")
    ]


def test_a_list_without_feeds_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "subs.opml").write_text("<opml><body/></opml>")

    made = digest("init", "mine", "--opml", "subs.opml", cwd=tmp_path)

    assert (made.returncode, made.stdout) == (1, "")
    assert made.stderr.startswith("subs.opml: no feed in this list can be pulled")
    assert not (tmp_path / "mine").exists()


def test_a_published_digests_list_of_feeds_can_start_another_digest(tmp_path: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS, lights_atom=ATOM)) as host:
        beat_ = [
            word for path in ("/feed.xml", "/lights.atom") for word in ("--feed", host.url(path))
        ]
        digest("init", "one", *beat_, cwd=tmp_path)
        digest("build", cwd=tmp_path / "one")

    made = digest("init", "two", "--opml", "one/site/feeds.opml", cwd=tmp_path)

    assert (made.returncode, made.stderr) == (0, "")
    one, two = (config.load(tmp_path / name).feeds for name in ("one", "two"))
    assert one == two


def test_a_list_and_a_url_are_combined_with_each_feed_once(tmp_path: Path) -> None:
    with FeedHost(Answers(feed_xml=RSS)) as host:
        subs = tmp_path / "subs.opml"
        subs.write_text(
            f'<opml><body><outline text="Same" xmlUrl="{host.url("/feed.xml")}"/>'
            '<outline text="Other" xmlUrl="https://o.example/f"/></body></opml>'
        )
        found = find_feeds.run([host.url("/feed.xml")], [subs], now=NOW, limits=QUICK)

    assert [feed.id for feed in found.feeds] == ["harbour-sea", "other"]


@pytest.mark.parametrize(
    ("bodies", "language"),
    [
        ((RSS,), "en-GB"),
        ((RSS, ATOM), "en"),
        ((RSS, JSON), "en"),
        ((JSON,), "de"),
        ((RSS.replace("<language>en-GB</language>", ""),), "en"),
        ((RSS.replace("en-GB", "as you like it"),), "en"),
    ],
)
def test_the_language_is_the_one_shared_by_the_feeds(
    bodies: tuple[str, ...], language: str
) -> None:
    paths = [f"f{number}" for number, _ in enumerate(bodies)]
    with FeedHost(Answers(**dict(zip(paths, bodies, strict=True)))) as host:
        assert found(*(host.url(f"/{path}") for path in paths)).language == language


@pytest.mark.parametrize(
    ("title", "address", "publisher"),
    [
        (
            "Semiconductors - South China Morning Post",
            "https://www.scmp.com/rss/1/feed",
            "South China Morning Post",
        ),
        ("Ars Technica - All content", "https://feeds.arstechnica.com/x", "Ars Technica"),
        ("World: BBC", "https://feeds.bbci.co.uk/x", "BBC"),
        ("The Register: Security", "https://www.theregister.com/x", "The Register"),
        ("One - Two", "https://news.example/", ""),
        ("News.example", "https://news.example/", ""),
        ("", "https://news.example/", ""),
    ],
)
def test_the_publisher_is_the_part_of_the_title_that_matches_the_host(
    title: str, address: str, publisher: str
) -> None:
    assert publisher_of(title, address) == publisher


@given(st.text(min_size=1), st.text(), st.integers(min_value=1, max_value=3))
def test_any_feed_title_gives_valid_settings(title: str, publisher: str, count: int) -> None:
    starter = config_template.fill((STARTER / "digest.toml").read_text(), {
        "@TITLE@": "T", "@URL@": "https://example.org/", "@ID@": "urn:x:y", "@TIMEZONE@": "UTC", "@LANGUAGE@": "en",
    })  # fmt: skip
    utf8 = [words.encode(errors="ignore").decode() for words in (title, publisher)]
    feeds = [
        Feed(id=f"f{number}", url="https://a.example/f", title=utf8[0] or "x", publisher=utf8[1])
        for number in range(count)
    ]

    read = config.loads(config_template.with_feeds(starter, feeds, {})).feeds

    assert [(feed.id, feed.title) for feed in read] == [(feed.id, feed.title) for feed in feeds]
    assert all(feed.publisher == (utf8[1] or feed.title) for feed in read)


@pytest.mark.parametrize(
    ("variable", "linked", "named", "name"),
    [
        (None, "/usr/share/zoneinfo/Asia/Hong_Kong", "", "Asia/Hong_Kong"),
        (None, "../usr/share/zoneinfo/Europe/Berlin", "Asia/Tokyo", "Europe/Berlin"),
        (None, "/var/db/timezone/zoneinfo/America/New_York", "", "America/New_York"),
        (None, "", "Asia/Tokyo\n", "Asia/Tokyo"),
        (None, "/usr/share/zoneinfo/Etc/UTC", "", "UTC"),
        (None, "/somewhere/else", "", ""),
        (None, "", "", ""),
        ("Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", "", "Asia/Tokyo"),
        (":Asia/Tokyo", "", "", "Asia/Tokyo"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "", "", "Asia/Tokyo"),
        ("HKT-8", "/usr/share/zoneinfo/Europe/Berlin", "", ""),
        ("../../etc/passwd", "", "", ""),
        ("", "/usr/share/zoneinfo/Europe/Berlin", "", "UTC"),
    ],
)
def test_a_time_zone_is_a_name_from_the_iana_list(
    variable: str | None, linked: str, named: str, name: str
) -> None:
    assert local_timezone.choose(variable, linked, named) == name


def test_a_machine_without_a_time_zone_is_reported(tmp_path: Path) -> None:
    (tmp_path / "subs.opml").write_text(
        '<opml><body><outline text="A" xmlUrl="https://a.example/"/></body></opml>'
    )

    made = digest("init", "mine", "--opml", "subs.opml", cwd=tmp_path, TZ="HKT-8")

    assert made.returncode == 0
    assert (
        made.stderr
        == 'This machine has no time zone set, so digest.toml says "UTC"; correct it before the first pull\n'
    )
    assert config.load(tmp_path / "mine").site.timezone == "UTC"


def test_feed_candidates_of_any_page_are_web_urls() -> None:
    for base in ("https://a.example", "https://a.example/x", "https://a.example/x/?q=1"):
        places = feed_links.candidates(b"<!doctype html>", base)

        assert all(place.startswith("https://a.example/") for place in places)
        assert len(places) == len(set(places)) <= 24


@pytest.mark.parametrize(
    ("folder", "title", "place"),
    [
        ("Käse Brief", "Käse Brief", "kase-brief"),
        ("DER SPIEGEL-Watch 2026", "DER SPIEGEL-Watch 2026", "der-spiegel-watch-2026"),
        ("my-digest", "My digest", "my-digest"),
        ("chip_watch", "Chip watch", "chip-watch"),
        ("iPhone", "iPhone", "iphone"),
        ("★", "My digest", "digest"),
        ("समाचार", "समाचार", "smaacaar"),
        ("தமிழ்-செய்தி", "தமிழ் செய்தி", "tmilll-ceyti"),
        ("ข่าวชิป", "ข่าวชิป", "khaawchip"),
        ("خبر\u200cها", "خبر\u200cها", "khbrh"),
        ("芯片周报", "芯片周报", "xin-pian-zhou-bao"),
        ("новости", "Новости", "novosti"),
        ("cafe\u0301-news", "Café news", "cafe-news"),
        ("c++_news", "C++ news", "c-news"),
        ("𞤀𞤣𞤤𞤢𞤥", "𞤀𞤣𞤤𞤢𞤥", "digest"),
    ],
)
def test_a_digest_has_the_name_of_its_folder(
    tmp_path: Path, folder: str, title: str, place: str
) -> None:
    init.run(tmp_path / folder)

    site = config.load(tmp_path / folder).site
    assert (site.title, site.url) == (title, f"https://example.github.io/{place}/")


@pytest.mark.parametrize("inside", ["content", "content/pages/mine", "other"])
def test_no_digest_is_created_inside_another(tmp_path: Path, inside: str) -> None:
    init.run(tmp_path / "outer")

    made = digest("init", str(tmp_path / "outer" / inside), cwd=tmp_path)

    assert made.returncode == 1
    assert made.stderr.endswith(
        f"is inside the digest {tmp_path.resolve() / 'outer'}; choose one outside it\n"
    )
    assert made.stderr.count("\n") == 1
    assert len(list(tmp_path.rglob("digest.toml"))) == 1


def test_a_feed_whose_title_has_no_ascii_word_gets_the_name_of_its_host(tmp_path: Path) -> None:
    (tmp_path / "a.opml").write_text(
        '<opml><body><outline text="🦀🦀" xmlUrl="https://crabs.example/f"/></body></opml>'
    )

    (feed,) = find_feeds.run((), [tmp_path / "a.opml"], now=NOW).feeds

    assert (feed.id, feed.title) == ("crabs-example", "🦀🦀")


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("", ".digest/\nsite/*\n!site/.gitkeep\n*.eml\n"),
        ("node_modules/", "\n.digest/\nsite/*\n!site/.gitkeep\n*.eml\n"),
        ("# ours\n/docs/site\n", ".digest/\nsite/*\n!site/.gitkeep\n*.eml\n"),
        ("/site\n", ".digest/\n*.eml\n"),
        ("site/*\n!site/.gitkeep\n.digest\n*.eml\n", ""),
    ],
)
def test_the_site_and_caches_are_ignored_in_an_existing_repository(
    tmp_path: Path, before: str, added: str
) -> None:
    (tmp_path / ".gitignore").write_text(before)

    init.run(tmp_path)

    text = (tmp_path / ".gitignore").read_text()
    assert text == before + added


def test_beside_an_existing_readme_another_file_has_the_instructions(
    tmp_path: Path,
) -> None:
    (tmp_path / "README.md").write_text("# Chips\n")

    report = init.run(tmp_path)

    assert (tmp_path / "README.md").read_text() == "# Chips\n"
    assert "DIGEST.md" in report.written
    assert "--requirement requirements.txt" in (tmp_path / "DIGEST.md").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says which folder is flushed")
def test_folders_created_by_init_survive_a_power_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = set[str]()
    monkeypatch.setattr(
        os, "fsync", lambda file: flushed.add(str(Path(f"/proc/self/fd/{file}").readlink()))
    )

    init.run(tmp_path / "a" / "b")

    assert {str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")} <= flushed
