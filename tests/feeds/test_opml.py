"""Subscription lists in OPML: what is read, and what is rejected."""

from __future__ import annotations

import pytest
from builders import make_config, make_content, make_feed, make_theme
from hypothesis import given
from hypothesis import strategies as st
from sites import rendered

from digest.errors import DigestError
from digest.feeds import opml
from digest.feeds.opml import Subscription, Subscriptions


def listed(body: str, head: str = "") -> Subscriptions:
    text = f'<?xml version="1.0"?><opml version="2.0"><head>{head}</head><body>{body}</body></opml>'
    return opml.read(text.encode(), "subs.opml")


def test_nested_folders_are_read_as_one_list_in_document_order() -> None:
    found = listed(
        '<outline text="News"><outline text="A" xmlUrl="https://a.example/f"/>'
        '<outline text="Deep"><outline title="B &amp; C" text="x" type="rss" xmlurl=" https://b.example/f "/></outline>'
        '</outline><outline text="just words"/><outline xmlUrl="https://c.example/f"/>'
    )

    assert found.feeds == (
        Subscription(title="A", url="https://a.example/f", folder="News"),
        Subscription(title="B & C", url="https://b.example/f", folder="Deep"),
        Subscription(title="", url="https://c.example/f"),
    )


def test_a_url_in_several_spellings_counts_once() -> None:
    found = listed(
        '<outline text="A" xmlUrl="https://a.example/f"/><outline text="B" xmlUrl="http://www.a.example/f/"/>'
    )

    assert [feed.title for feed in found.feeds] == ["A"]


@pytest.mark.parametrize(
    "address", ["ftp://a.example/f", "javascript:alert(1)", "file:///etc/passwd", "f.xml"]
)
def test_an_entry_without_a_web_url_is_left_out_and_reported(address: str) -> None:
    found = listed(
        f'<outline text="A" xmlUrl="{address}"/><outline text="B" xmlUrl="https://b.example/"/>'
    )

    assert [feed.title for feed in found.feeds] == ["B"]
    assert found.left_out == (address,)


def test_the_feeds_of_the_lists_owner_are_not_subscriptions() -> None:
    found = listed(
        '<outline text="Mine" xmlUrl="https://me.example/feed" htmlUrl="https://me.example/"/>'
        '<outline text="Theirs" xmlUrl="https://you.example/feed" htmlUrl="https://you.example/"/>',
        head="<ownerId>https://me.example</ownerId>",
    )

    assert [feed.title for feed in found.feeds] == ["Theirs"]
    assert found.own == ("https://me.example/feed",)


def test_the_list_published_by_a_digest_is_read_back() -> None:
    feeds = (
        make_feed(id="a", url="https://a.example/f?x=1&y=2", title="A & <B>"),
        make_feed(id="b", url="https://b.example/f", title="“B”"),
        make_feed(id="gone", url="https://gone.example/f", retired=True),
        make_feed(id="file", url="feeds/file.xml"),
    )
    config = make_config(
        feeds=feeds, themes=(make_theme("harbours"),), url="https://example.org/base/"
    )

    found = opml.read(rendered(make_content(), config)["feeds.opml"], "feeds.opml")

    assert [(feed.title, feed.url) for feed in found.feeds] == [
        (feed.title, feed.url) for feed in feeds[:2]
    ]
    assert "https://example.org/base/themes/harbours/feed.atom" in found.own
    assert found.left_out == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_a_list_is_read_in_its_declared_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><opml><body>'
    text += '<outline text="Café" xmlUrl="https://a.example/f"/></body></opml>'

    assert opml.read(text.encode(encoding), "x").feeds[0].title == "Café"


LAYERS = "".join(
    f'<!ENTITY {outer} "{f"&{inner};" * 10}">'
    for inner, outer in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{}]><opml><body><outline text="&i;" xmlUrl="https://a.example/"/></body></opml>'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "subs.opml:1: not well-formed XML (no element found); export it again, as OPML"),
        (b"\x89PNG\r\n", "subs.opml:1: not well-formed XML"),
        (b"<opml>\n<body>\n<outline text='a'>", "subs.opml:3: not well-formed XML"),
        (b"<html><body/></html>", "subs.opml: not a list of feeds but <html>; your reader exports one as OPML"),
        (b"<?xml version='1.0' encoding='klingon'?><opml/>", "subs.opml:1: unknown encoding: klingon; export it"),
        (b"<opml>" + b" " * opml.LARGEST, "subs.opml: larger than any list of feeds is"),
        (
            BOMB.format(LAYERS).encode(),
            "subs.opml:1: declares an entity, 'a', which no list of feeds needs",
        ),
        (
            b'<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]><opml><outline text="&i;"/></opml>',
            "subs.opml:1: declares an entity, 'i', which no list of feeds needs",
        ),
        (
            b'<!DOCTYPE x [<!ENTITY % i SYSTEM "http://a.example/x.dtd">%i;]><opml/>',
            "subs.opml:1: declares an entity, 'i', which no list of feeds needs",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_list_is_one_error_line(body: bytes, said: str) -> None:
    with pytest.raises(DigestError) as caught:
        opml.read(body, "subs.opml")

    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_folders_may_be_nested_to_any_depth() -> None:
    deep = 50_000

    found = listed(
        "<outline>" * deep + '<outline xmlUrl="https://a.example/"/>' + "</outline>" * deep
    )

    assert len(found.feeds) == 1


@given(
    st.binary(max_size=60)
    | st.text(alphabet="<>/\"'= opmlutinexrUL&;![]-", max_size=120).map(str.encode)
)
def test_any_bytes_give_a_list_or_one_error_line(body: bytes) -> None:
    try:
        opml.read(body, "subs.opml")
    except DigestError as error:
        assert str(error).count("\n") == 0


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("feed://a.example/f", "http://a.example/f"),
        ("FEED://a.example/f", "http://a.example/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        ("feed://https://a.example/f", "https://a.example/f"),
        (
            "https://a.example/?from=feed://b.example/f",
            "https://a.example/?from=feed://b.example/f",
        ),
    ],
)
def test_a_feed_url_is_read_as_a_web_url(address: str, url: str) -> None:
    body = f'<opml version="2.0"><body><outline text="A" xmlUrl="{address}"/></body></opml>'

    assert [one.url for one in opml.read(body.encode(), "x").feeds] == [url]
