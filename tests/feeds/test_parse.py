"""Parses the documents in data/feeds, which have their expected entries beside them.

Run this file to write the expected results again, then read the diff:
`python tests/feeds/test_parse.py`.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many import many

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from builders import make_feed

from digest import urls
from digest.feeds import feed_links, normalize
from digest.feeds.normalize import RawEntry
from digest.feeds.parse import parse
from digest.model import Document, Entry, Failed, Fetched

FEEDS = Path(__file__).parents[1] / "data" / "feeds"
EXPECTED = ".expected.json"
FILES = sorted(path for path in FEEDS.iterdir() if not path.name.endswith(EXPECTED))
URL = "https://host.example/feeds/all.xml"


def read(body: bytes | str, url: str = URL, content_type: str = "") -> Document | Failed:
    """Parses a body as if it had been fetched."""
    content = body.encode() if isinstance(body, str) else body
    return parse(Fetched(feed=make_feed(url=url), body=content, url=url, content_type=content_type))


def rss(entries: str, head: str = "") -> str:
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{head}{entries}</channel></rss>"


def document(body: bytes | str, **options: Any) -> Document:
    outcome = read(body, **options)
    assert isinstance(outcome, Document), outcome
    return outcome


def reason(body: bytes | str, **options: Any) -> str:
    outcome = read(body, **options)
    assert isinstance(outcome, Failed), outcome
    return outcome.reason


def shown(outcome: Document | Failed) -> dict[str, Any]:
    """The result as it is in an expected file, without empty fields."""
    if isinstance(outcome, Failed):
        return {"failed": outcome.reason}
    entries = [
        {name: value for name, value in entry._asdict().items() if value}
        for entry in outcome.entries
    ]
    said = {"title": outcome.title, "entries": entries, "warnings": outcome.warnings}
    said |= {"moved": outcome.moved, "moved_by": outcome.moved_by} if outcome.moved else {}
    plain: dict[str, Any] = json.loads(json.dumps(said, default=datetime.isoformat))
    return plain


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_document_is_parsed_as_expected(path: Path) -> None:
    expected = json.loads(path.with_name(path.name + EXPECTED).read_text(encoding="utf-8"))

    assert shown(read(path.read_bytes())) == expected, (
        "to accept this, run: python tests/feeds/test_parse.py"
    )


@pytest.mark.parametrize("before", ["", '"x": [1,], '])
def test_json_that_is_nested_too_deeply_is_an_error(before: str) -> None:
    outcome = read(
        f'{{"version": "https://jsonfeed.org/version/1.1", {before}"items": {"[" * 200_000}'.encode()
    )

    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("not JSON that can be read: ")


# ---------------------------------------------------------------- what the server said of it


def test_relative_links_of_a_feed_in_a_file_are_resolved_against_its_home_page() -> None:
    outcome = document(
        rss("<item><title>A</title><link>/a</link></item>", "<link>https://home.example/x/</link>"),
        url="f.xml",
    )

    assert [entry.link for entry in outcome.entries] == ["https://home.example/a"]


def test_an_entry_with_a_relative_link_and_no_base_is_skipped() -> None:
    outcome = document(rss("<item><title>A</title><link>/a</link></item>"), url="feeds/f.xml")

    assert outcome.warnings == ("skipped, no web link: 'A'",)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/xml",
        "text/plain",
        "image/png",
        "application/rss+xml; charset=nope",
        "text/html; charset=utf-8",
        ";;=",
    ],
)
def test_a_wrong_content_type_changes_no_word_and_causes_no_warning(content_type: str) -> None:
    outcome = document(
        rss("<item><title>Café ‘x’</title><link>https://a.example/</link></item>"),
        content_type=content_type,
    )

    assert ([entry.title for entry in outcome.entries], outcome.warnings) == (["Café ‘x’"], ())


def test_letters_that_look_like_mojibake_stay() -> None:
    entry = document(
        rss("<item><title>Â¡ Ã©</title><link>https://a.example/</link><guid>Â¡</guid></item>")
    ).entries[0]

    assert (entry.title, entry.id) == ("Â¡ Ã©", "Â¡")


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "us-ascii", "shift_jis"])
def test_utf_8_is_read_as_utf_8_whatever_charset_the_server_sends(charset: str) -> None:
    body = rss("<item><title>“Café” 半导体</title><link>https://a.example/</link></item>")

    outcome = document(body, content_type=f"text/xml; charset={charset}")

    assert ([entry.title for entry in outcome.entries], outcome.warnings) == (["“Café” 半导体"], ())


def test_the_declared_encoding_is_used_if_the_server_sends_none() -> None:
    body = rss("<item><title>半導体</title><link>https://a.example/</link></item>").replace(
        "?>", " encoding='iso-2022-jp'?>"
    )

    assert (
        document(body.encode("iso-2022-jp"), content_type="text/xml").entries[0].title == "半導体"
    )


def test_the_charset_sent_by_the_server_is_used() -> None:
    body = rss("<item><title>Кремний</title><link>https://a.example/</link></item>").encode(
        "koi8-r"
    )

    assert (
        document(body, content_type="application/xml; charset=koi8-r").entries[0].title == "Кремний"
    )


def test_an_unchanged_feed_is_not_parsed() -> None:
    assert isinstance(parse(Fetched(feed=make_feed(), body=None, url=URL)), Failed)


# ---------------------------------------------------------------- where it says that it is

SELF = "<link xmlns='http://www.w3.org/2005/Atom' rel='self' href='{}'/>"
NEW = "<new-feed-url xmlns='http://www.itunes.com/dtds/podcast-1.0.dtd'>{}</new-feed-url>"
ELSEWHERE = "https://new.example/feed.xml"


@pytest.mark.parametrize(
    ("head", "moved"),
    [
        (NEW.format(ELSEWHERE), (ELSEWHERE, "new-feed-url")),
        (NEW.format(ELSEWHERE) + SELF.format(URL), (ELSEWHERE, "new-feed-url")),
        (NEW.format(URL), ("", "")),
        (NEW.format("soon"), ("https://host.example/feeds/soon", "new-feed-url")),
        (SELF.format(ELSEWHERE), (ELSEWHERE, "self")),
        (
            SELF.format("https://host.example/feeds/new.xml"),
            ("https://host.example/feeds/new.xml", "self"),
        ),
        (SELF.format("/feeds/new.xml"), ("https://host.example/feeds/new.xml", "self")),
        *(
            (SELF.format(same), ("", ""))
            for same in (
                URL,
                "http://www.HOST.example/feeds/all.xml/?format=rss#top",
                "https://host.example:443/feeds/%61ll.xml",
                "all.xml",
                "",
                "https://host.example/",
                "https://news.example/home/",
                "http://localhost/feeds/all.xml",
                "http://10.0.0.1/feed",
                "urn:x:feed",
                "https://www.blogger.com/feeds/1/posts/default",
                "https://feeds.feedburner.com/all",
            )
        ),
        (SELF.format(ELSEWHERE) + SELF.format(URL), ("", "")),
        (SELF.format(ELSEWHERE).replace("self", "next"), ("", "")),
    ],
)
def test_a_feed_that_names_another_url_for_itself_is_reported(
    head: str, moved: tuple[str, str]
) -> None:
    outcome = read(rss("", "<link>https://news.example/home</link>" + head))

    assert isinstance(outcome, Document)
    assert (outcome.moved, outcome.moved_by) == moved


def test_a_json_feed_that_names_another_url_for_itself_is_reported() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "feed_url": ELSEWHERE,
        "items": [],
    }

    assert document(json.dumps(feed))[3:5] == (ELSEWHERE, "self")


def test_a_feed_in_a_file_is_not_reported_as_moved() -> None:
    outcome = parse(
        Fetched(
            feed=make_feed(url="feeds/a.xml"),
            body=rss("", SELF.format(ELSEWHERE)).encode(),
            url="f.xml",
        )
    )

    assert isinstance(outcome, Document)
    assert outcome.moved == ""


# ---------------------------------------------------------------- bounds


def test_long_markup_inside_cdata_is_text() -> None:
    text = "<description><![CDATA[" + "<i></i>" * 260_000 + "seen late]]></description>"

    assert (
        len(
            document(
                rss(f"<item><title>A</title><link>https://a.example/</link>{text}</item>")
            ).entries
        )
        == 1
    )


def test_five_thousand_entries_are_enough() -> None:
    entries = [RawEntry(title=f"{n}", links=(f"https://a.example/{n}",)) for n in range(5_003)]

    outcome = normalize.document_of("T", entries, URL)

    assert [entry.title for entry in outcome.entries] == [f"{n}" for n in range(5_000)]
    assert outcome.warnings == ("5003 entries; only the first 5000 are read",)


def test_the_newest_of_too_many_entries_are_read_in_their_order() -> None:
    def entry(number: int) -> RawEntry:
        day = f"{1 + number % 28} Jan {1995 + number // 28 % 12} 08:00 GMT" if number % 3 else ""
        return RawEntry(title=f"{number}", links=(f"https://a.example/{number}",), dates=(day,))

    newest = RawEntry(title="Newest", links=("https://a.example/",), dates=("2 Mar 2026 08:00",))
    outcome = normalize.document_of("T", [*map(entry, range(5_002)), newest], URL)

    assert len(outcome.entries) == 5_000
    assert outcome.entries[-1].title == "Newest"
    assert [int(one.title) for one in outcome.entries[:-1]] == sorted(
        int(one.title) for one in outcome.entries[:-1]
    )
    assert outcome.warnings == ("5003 entries; only the newest 5000 are read",)


def test_very_long_fields_are_cut_or_left_out() -> None:
    entry = (
        f"<item><title>{'t' * 9_000}</title><guid isPermaLink='false'>{'g' * 9_000}</guid>"
        f"<author>{'a' * 99_000}</author><link>https://a.example/</link>"
        f"<description>{'d' * 900_000}</description></item>"
        f"<item><title>Far</title><link>https://a.example/{'l' * 9_000}</link></item>"
    )

    outcome = document(rss(entry))

    assert [(len(entry.title), entry.id, len(entry.summary)) for entry in outcome.entries] == [
        (2_000, "", 100_000)
    ]
    assert outcome.warnings == ("skipped, no web link: 'Far'",)


ITEM = "<item><title>A</title><link>https://a.example/</link>{}</item>"
STALLING = {
    "a long byline": rss(ITEM.format("<author>" + "a" * 200_000 + "@</author>")),
    "a long byline of addresses": rss(ITEM.format("<author>" + "a@" * 100_000 + "</author>")),
    "many keywords": rss(ITEM.format("".join(f"<category>{n}</category>" for n in range(30_000)))),
    "a long declaration": "<?" + "encoding='" * 20_000,
    "a long date": rss(ITEM.format("<pubDate>" + "1 " * 100_000 + "</pubDate>")),
    "a date with a gap": rss(
        ITEM.format("<pubDate>15 May 2026 12:00" + " " * 100_000 + "!</pubDate>")
    ),
    "nested elements": rss(
        ITEM.format("<description>" + "&lt;div id=1&gt;" * 50_000 + "</description>")
    ),
    "nested entities": "<!DOCTYPE rss [" + "<!ENTITY a " * 20_000 + "]>" + rss(""),
    "open comments": rss("<!--" * 50_000),
    "comments in comments": "<rss><" + "<!--" * 50_000 + "-->",
    "open declarations": "<rss><" + "<!DOCTYPE [" * 50_000,
    "open instructions": "<rss><" + "<?x" * 50_000 + "?>",
    "titles in the depth": "<x>" * 20_000 + "<rss>" * 100 + "<title>x</title>" * 10_000,
    "channels left open": "<rss>" + "<channel>" * 40_000 + "<",
    "open tags": "<rss>" + "<a b='<" * 50_000,
    "tags left open": "<rss><channel>" + "<a>" * 50_000 + "</b>" * 50_000,
    "entries left open": rss("<item>" * 3_000 + "</x></channel>" * 50_000),
    "lone brackets": "<rss><channel>" + "< " * 150_000,
    "bare ampersands": rss("&" * 300_000),
    "references to nothing": rss("&#" + "9" * 300_000 + ";"),
    "long entities": "<!DOCTYPE rss [<!ENTITY a '"
    + "a" * 99
    + "'>]>"
    + rss(ITEM.format("<description>" + "&a;" * 50_000 + "</description>")),
    "open CDATA": rss("<![CDATA[" * 50_000),
    "open quotes": rss(ITEM.format("<description>" + "&lt;a '" * 50_000 + "</description>")),
    "many comments before nothing": "<!-- -->" * 25_000 + "x",
    "spaces before nothing": " " * 200_000 + "<x",
    "deep JSON": '{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 200_000,
    "a long number": '{"version": "https://jsonfeed.org/version/1", "items": [{"id": '
    + "9" * 200_000
    + "}]}",
}


@pytest.fixture(scope="module")
def seconds_for_ordinary() -> float:
    """Returns the CPU seconds for a feed of 1,000 entries, 400,000 characters: 0.5 on one machine."""
    entry = ITEM.format(f"<description>{'word ' * 60}</description>")
    return _cpu_seconds(rss(entry * 1_000))


@pytest.mark.parametrize("body", STALLING.values(), ids=STALLING)
def test_a_document_built_to_be_slow_costs_little_more_than_an_ordinary_one(
    body: str, seconds_for_ordinary: float
) -> None:
    assert _cpu_seconds(body) < 15 * seconds_for_ordinary


def _cpu_seconds(body: str) -> float:
    begun = time.process_time()
    read(body)
    return time.process_time() - begun


def test_nothing_is_opened_or_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **_: object) -> None:
        raise AssertionError(f"opened {arguments}")

    body = (FEEDS / "external-entity.xml").read_bytes()
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr("builtins.open", refuse)

    assert document(body).entries[0].title == "Read and fine"
    assert reason("http://host.example/feed.xml") == "not a feed that can be read"


# ---------------------------------------------------------------- whatever comes

TEXT = st.text(max_size=60)
CLEAN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


def is_sound(entry: Entry) -> bool:
    words = [entry.id, entry.title, entry.summary, *entry.authors]
    return (
        urls.web_link(entry.link) == entry.link
        and bool(entry.title)
        and all(urls.web_link(image) for image in [entry.image] if image)
        and entry.title == " ".join(entry.title.split())
        and not any(sign in "".join(words) for sign in "\x00\x08\x0b\x1f\ufffe\uffff\ud800")
        and (entry.published is None or entry.published.tzinfo is UTC)
    )


@given(st.binary(max_size=300))
def test_any_bytes_give_a_document_or_a_message(body: bytes) -> None:
    outcome = read(body)

    assert isinstance(outcome, Document) or outcome.reason


@given(st.data(), st.sampled_from(FILES))
def test_any_damage_to_a_feed_gives_valid_entries_or_a_message(
    data: st.DataObject, path: Path
) -> None:
    body = bytearray(path.read_bytes())
    begin = data.draw(st.integers(0, len(body)))
    body[begin : begin + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))

    outcome = read(bytes(body))

    assert (
        all(is_sound(entry) for entry in outcome.entries)
        if isinstance(outcome, Document)
        else outcome.reason
    )


@pytest.mark.parametrize("date", [1795168800, 1795168800123, 1795168800.5, "1795168800"])
def test_a_date_in_json_may_be_seconds_since_1970(date: object) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "items": [{"url": "https://a.example/", "date_published": date}],
    }

    (entry,) = document(json.dumps(feed)).entries

    assert entry.published == datetime(2026, 11, 20, 10, tzinfo=UTC)


@given(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)
@example("", "", "0\xa0\x1b", "", "", "")
def test_any_json_gives_valid_entries(
    guid: str, title: str, url: str, text: str, author: str, image: str
) -> None:
    one = {
        "id": guid,
        "title": title,
        "url": url,
        "content_text": text,
        "author": {"name": author},
        "image": image,
    }
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "items": [one, {**one, "url": "https://a.example/"}],
    }

    outcome = document(json.dumps(feed))

    assert outcome.entries
    assert all(is_sound(entry) for entry in outcome.entries)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    ),
    st.data(),
)
def test_json_values_of_any_type_are_accepted_anywhere(value: Any, data: st.DataObject) -> None:
    item = {
        "id": "1",
        "url": "https://a.example/",
        "authors": [{"name": "A"}],
        "attachments": [{"url": "x"}],
    }
    feed = {"version": "https://jsonfeed.org/version/1", "title": "T", "items": [item]}
    thing: dict[str, Any] = data.draw(
        st.sampled_from([feed, item, item["authors"][0], item["attachments"][0]])
    )
    thing[
        data.draw(
            st.sampled_from(
                ["title", "id", "url", "authors", "author", "name", "attachments", "items"]
            )
        )
    ] = value

    assert isinstance(read(json.dumps(feed)), Document)


@given(CLEAN, CLEAN, CLEAN)
@settings(max_examples=many(30))
def test_the_text_of_an_atom_feed_is_unchanged(title: str, summary: str, guid: str) -> None:
    body = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><entry><link href='https://a.example/'/>"
        f"<title>{escape(title)}</title><summary>{escape(summary)}</summary><id>{escape(guid)}</id></entry></feed>"
    )

    entry = document(body).entries[0]

    assert entry.title == (
        " ".join(title.split())
        if any(s.isprintable() and not s.isspace() for s in title)
        else "a.example"
    )
    assert entry.summary.split() == summary.split()
    assert entry.id == guid.strip()


def test_a_page_advertises_the_first_feed_with_a_web_url() -> None:
    page = b"""<html><link rel=alternate type='application/rss+xml' href='javascript:x'><link type="text/css" href="/a">
    <link rel='home alternate' href=b.xml type=application/rss+xml>
    <link rel=alternate type=application/atom+xml href=/c>"""

    assert feed_links.advertised(page, "https://a.example/x/")[0] == "https://a.example/x/b.xml"


def rewrite() -> None:
    """Writes all expected files."""
    for path in FILES:
        text = json.dumps(shown(read(path.read_bytes())), ensure_ascii=False, indent=1)
        path.with_name(path.name + EXPECTED).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    rewrite()
