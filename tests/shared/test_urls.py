"""Web addresses: which are invalid, what is removed from them, which are the same article."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest import urls

REFUSED = [
    "",
    " ",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "vbscript:x",
    "data:text/html,x",
    "file:///etc/passwd",
    "mailto:a@b.example",
    "ftp://files.example/",
    "//post.example/x",
    "/x",
    "x",
    "http:",
    "http://",
    "https:///path",
    "http://[::1",
    "http://post.example:99999/",
    "http://post.example:0/",
    "http://:80/",
    "http://?x",
    "at://did:plc:x/y",
    "http:/one.example",
    "https:post.example",
    "https://exa mple.org/feed",
    "https://exa%6dple.org/feed",
]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org", "https://example.org/"),
        (" http://localhost:8000/x ", "http://localhost:8000/x/"),
        ("ftp://x/", None),
        ("example.org", None),
        ("https://example.org/?a", None),
        ("https://example.org/#a", None),
        ("", None),
    ],
)
def test_a_sites_url_is_a_plain_web_url_that_ends_with_a_slash(
    address: str, expected: str | None
) -> None:
    assert urls.site_url(address) == expected


@pytest.mark.parametrize("address", REFUSED)
def test_a_url_that_is_not_a_web_link_is_refused(address: str) -> None:
    assert urls.web_link(address) is None


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://post.example/a?b=c&d#e", "https://post.example/a?b=c&d#e"),
        ("  HTTPS://Post.example/A\n", "https://Post.example/A"),
        ("https://post.example/a b", "https://post.example/a%20b"),
        ("https://post.example/a\tb\x00c", "https://post.example/abc"),
        ('https://post.example/"><script>', "https://post.example/%22%3E%3Cscript%3E"),
        ("https://post.example/(a)'b'[c]", "https://post.example/(a)'b'[c]"),
        ("https://post.example/`a`{b}|c\\d^e", "https://post.example/%60a%60%7Bb%7D%7Cc%5Cd%5Ee"),
        ("https://post.example/caf%C3%A9", "https://post.example/caf%C3%A9"),
        ("https://中文.example/路", "https://中文.example/路"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("https://user:word@post.example/a@b", "https://post.example/a@b"),
    ],
)
def test_a_web_link_is_encoded_for_an_attribute(address: str, link: str) -> None:
    assert urls.web_link(address) == link


@pytest.mark.parametrize(
    ("address", "base", "link"),
    [
        ("/a", "https://post.example/x/y", "https://post.example/a"),
        ("a", "https://post.example/x/y", "https://post.example/x/a"),
        ("//other.example/a", "https://post.example/", "https://other.example/a"),
        ("https://other.example/", "https://post.example/", "https://other.example/"),
        ("javascript:x", "https://post.example/", None),
        ("/a", "link", None),
        ("/a", "https://[bad", None),
    ],
)
def test_a_relative_url_is_resolved(address: str, base: str, link: str | None) -> None:
    assert urls.web_link(address, base) == link


@pytest.mark.parametrize(
    ("link", "cleaned"),
    [
        ("https://p.example/a?utm_source=rss_feed", "https://p.example/a"),
        ("https://p.example/a?UTM_Source=x&id=1&fbclid=2&gclid=3", "https://p.example/a?id=1"),
        ("https://p.example/a?id=1&utm_x", "https://p.example/a?id=1"),
        ("https://p.example/a?b=%20+&a=%E4", "https://p.example/a?b=%20+&a=%E4"),
        ("https://p.example/a?utmost=1&source=utm_x", "https://p.example/a?utmost=1&source=utm_x"),
        ("https://p.example/a#:~:text=words", "https://p.example/a"),
        ("https://p.example/a#part:~:text=words", "https://p.example/a#part"),
        ("https://p.example/a#part", "https://p.example/a#part"),
        ("https://p.example/a?", "https://p.example/a"),
        (
            "https://p.example/a?ns_mchannel=rss&ns_source=x&ns_campaign=y&ns_linkname=z&ns_fee=0",
            "https://p.example/a",
        ),
        ("https://p.example/a?emc=rss&partner=rss&smid=tw-nyt", "https://p.example/a"),
        ("https://p.example/a?src=rss&id=7&traffic_source=rss&cmpid=x", "https://p.example/a?id=7"),
        ("https://p.example/a?WT.mc_id=rss_1&wt_mc=2&wt_zmc=3", "https://p.example/a"),
        ("https://p.example/a?feedType=RSS&feedName=topNews&.tsrc=rss", "https://p.example/a"),
        ("https://p.example/a?mod=rss_markets&ref=feedly&from=atom", "https://p.example/a"),
        ("https://p.example/a?at_medium=RSS&at_campaign=rss&at_custom1=x", "https://p.example/a"),
        ("https://p.example/a#xtor=RSS-3208", "https://p.example/a"),
        ("https://p.example/a#sa-ns_mchannel=rss&ns_source=PublicRSS20-sa", "https://p.example/a"),
        ("https://p.example/a#?utm_source=rss", "https://p.example/a"),
    ],
)
def test_tracking_parameters_are_removed_and_the_rest_stays(link: str, cleaned: str) -> None:
    assert urls.clean(link) == cleaned


@pytest.mark.parametrize(
    "link",
    [
        "https://www.post.example/a/?b=2&a=1#x",
        "http://post.example:80/a?a=1&b=2&utm_medium=rss",
        "https://POST.example:443/a?a=1&b=2",
    ],
)
def test_urls_of_one_article_are_equal(link: str) -> None:
    assert urls.canonical(link) == "post.example/a?a=1&b=2"


def test_another_port_path_or_query_is_another_article() -> None:
    addresses = [
        "https://p.example:8443/a",
        "https://p.example/a",
        "https://p.example/b",
        "https://p.example/a?x=1",
    ]

    assert len({urls.canonical(address) for address in addresses}) == 4


@pytest.mark.parametrize(
    ("link", "number"),
    [
        ("https://www.scmp.example/tech/article/3353715/panic-over?x=1", "scmp.example/3353715"),
        ("https://scmp.example/article/335371", "scmp.example/335371"),
        ("https://scmp.example/article/33537/five-digits", None),
        ("https://scmp.example/particle/3353715/x", None),
        ("https://scmp.example/article/3353715x", None),
        ("https://scmp.example/?p=/article/3353715/", None),
    ],
)
def test_the_article_number_is_found_in_the_path(link: str, number: str | None) -> None:
    assert urls.article_number(link) == number


def test_the_host_is_shown_without_www() -> None:
    assert urls.host_of("https://www.Post.example:8080/x") == "post.example:8080"
    assert urls.host_of("https://post.example:443/x") == "post.example"


@pytest.mark.parametrize(
    ("text", "absolute"),
    [
        ("https://post.example/1", True),
        ("tag:post.example,2026:1", True),
        ("urn:uuid:5f0c", True),
        ("https://", False),
        ("12345", False),
        ("/a/b", False),
        ("note: some words", False),
        ("a:b", False),
        ("", False),
    ],
)
def test_an_absolute_uri_is_distinguished_from_a_plain_name(text: str, absolute: bool) -> None:
    assert urls.is_absolute(text) is absolute


@example("HTTP://0/\xa0#", "")
@given(
    st.text(max_size=60) | st.text(max_size=40).map("https://post.example/".__add__),
    st.text(max_size=20),
)
def test_a_web_link_is_safe_stable_and_can_be_parsed(address: str, base: str) -> None:
    link = urls.web_link(address, base)

    if link is not None:
        assert link.startswith(("http://", "https://"))
        assert not set(' "<>\\^`{|}\n\t\x00') & set(link)
        assert urls.web_link(link) == link
        assert urls.clean(urls.clean(link)) == urls.clean(link)
        assert isinstance(
            urls.canonical(link) + urls.host_of(link) + (urls.article_number(link) or ""), str
        )


addresses = st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            [
                *"/?#:@%[];=&.-_~+'() \"\\a1Z\x7f\xa0\u00e9",
                "//",
                "http://",
                "https://",
                "HTTPS://",
                "a.example",
                "utm_x=",
            ]
        )
    ),
)


@given(addresses | addresses.map(lambda rest: f"https://a.example{rest}") | st.text())
@example("https://a.example?")
@example("https://a.example#")
@example("https://a.example/?#")
@example("https://a.example/[1]?[2]#[3]")
@example("https://a.example:0/")
def test_the_quick_check_of_a_url_agrees_with_full_parsing(
    address: str,
) -> None:
    taken_apart = urls.web_link(f" {address}")

    assert urls.web_link(address) == taken_apart
    if taken_apart:
        assert urls._split(taken_apart) == urlsplit(taken_apart)
        assert urls.host_of(taken_apart).partition(":")[0] == (
            urlsplit(taken_apart).hostname or ""
        ).removeprefix("www.")


@given(
    addresses.map(lambda rest: f"https://www.A.example{rest}")
    | st.text().map("https://a.example/".__add__)
)
@example("https://www.a.example/x/?utm_source=x&b=%202&a=1&&fbclid=2#y:~:text=z")
@example("http://www.a.example:80/?utm_source=x")
def test_the_key_of_a_url_is_made_from_its_clean_form(address: str) -> None:
    link = urls.web_link(address)
    if link is not None:
        whole = urlsplit(urls.clean(link))
        query = "&".join(
            "=".join(pair) for pair in sorted(parse_qsl(whole.query, keep_blank_values=True))
        )

        assert urls.canonical(link) == f"{urls.host_of(link)}{whole.path.rstrip('/')}" + (
            f"?{query}" if query else ""
        )


@pytest.mark.parametrize(
    ("link", "same"),
    [
        ("https://p.example/a?mod=rss_markets", "https://p.example/a"),
        ("https://p.example/a?at_medium=RSS&at_campaign=x&id=1", "https://p.example/a?id=1"),
        (
            "https://p.example/a?xtor=RSS-1&CMP=feed&pk_campaign=b&mtm_source=c",
            "https://p.example/a/",
        ),
        ("https://p.example/a?ref=rss&source=rss_feed", "https://p.example/a"),
        ("https://p.example/a;jsessionid=1B2?b=c", "https://p.example/a?b=c"),
        ("https://p.example/caf%c3%a9/%7eann", "https://p.example/caf%C3%A9/~ann"),
        ("https://p.example/café", "https://p.example/caf%C3%A9"),
        ("https://p.example/100%/b", "https://p.example/100%25/b"),
    ],
)
def test_two_links_to_one_page_are_the_same_for_comparing(link: str, same: str) -> None:
    assert urls.lasting(urls.canonical(link)) == urls.lasting(urls.canonical(same))


@pytest.mark.parametrize(
    ("link", "other"),
    [
        ("https://p.example/a?ref=1", "https://p.example/a?ref=2"),
        ("https://p.example/a?mod=news&id=1", "https://p.example/a?mod=forum&id=1"),
        ("https://p.example/a?cmp=10", "https://p.example/a?cmp=11"),
        ("https://p.example/?mod=rss_a", "https://p.example/?mod=rss_b"),
        ("https://p.example/a%2Fb", "https://p.example/a/b"),
        ("https://p.example/a%3Fb", "https://p.example/a?b"),
        ("https://p.example/caf%E9", "https://p.example/caf%E8"),
        ("https://p.example/A", "https://p.example/a"),
    ],
)
def test_two_links_to_different_pages_differ_for_comparing(link: str, other: str) -> None:
    assert urls.lasting(urls.canonical(link)) != urls.lasting(urls.canonical(other))


@pytest.mark.parametrize(
    "rest",
    [
        *(
            "?mod=hp_lead_pos1",
            "?src=print",
            "?partner=acme",
            "?source=feedback",
            "?from=atomic",
            "?type=rss",
        ),
        *(
            "?output=rss",
            "?rss=1",
            "?ref=2",
            "?campaign=spring",
            "?pk_id=4",
            "?at_home=1",
            "?ns_page=2",
            "?sid=5",
        ),
        *("#ref", "#rss", "#a=b&xtor=RSS-1", "#section-2"),
    ],
)
def test_a_parameter_that_may_select_the_page_stays_in_the_published_link(
    rest: str,
) -> None:
    assert urls.clean(f"https://p.example/a{rest}") == f"https://p.example/a{rest}"


def test_a_parameter_that_alone_distinguishes_pages_of_a_site_stays() -> None:
    assert urls.clean("https://p.example/?mod=rss_a") == "https://p.example/?mod=rss_a"


@pytest.mark.parametrize(
    ("text", "may_link"),
    [
        ("Plain words.", False),
        ("See [the port](https://a.example/?id=7) and [more](HTTP://b.example).", False),
        ("See [last week](../w03/2026-01-14-port.md).", True),
        ("[Web](https://a.example) and [own](<a file.md>)", True),
        ("[port]: port.md", True),
        ('<a HREF = "port.md">', True),
        ("[x] = y", False),
    ],
)
def test_links_that_may_lead_to_a_file_of_the_digest(text: str, may_link: bool) -> None:
    assert urls.has_own_link(text) is may_link
