"""Addresses: the file behind each place, links below any base path, percent-encoding."""

from __future__ import annotations

import pytest

from digest.site import addresses
from digest.site.addresses import SiteUrl
from digest.week import Week

WEEK = Week(2026, 5)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (addresses.HOME, "index.html"),
        (addresses.ARCHIVE, "archive/index.html"),
        (addresses.THEMES, "themes/index.html"),
        (addresses.SUBSCRIBE, "subscribe/index.html"),
        (addresses.NOT_FOUND, "404.html"),
        (addresses.FEED, "feed.atom"),
        (addresses.week(WEEK), "2026/w05/index.html"),
        (addresses.permalink(WEEK, "cranes"), "2026/w05/index.html"),
        (addresses.week_feed(WEEK), "2026/w05/feed.atom"),
        (addresses.theme("ice"), "themes/ice/index.html"),
        (addresses.theme_page("ice", 2), "themes/ice/page/2/index.html"),
        (addresses.theme_feed("ice"), "themes/ice/feed.atom"),
        (addresses.free_page("about"), "about/index.html"),
    ],
)
def test_each_url_has_its_file(place: str, path: str) -> None:
    assert addresses.path_of(place) == path


@pytest.mark.parametrize(
    ("url", "href", "absolute"),
    [
        ("https://example.org/", "/2026/w05/#a", "https://example.org/2026/w05/#a"),
        ("https://example.org/repo/", "/repo/2026/w05/#a", "https://example.org/repo/2026/w05/#a"),
        ("http://localhost:8000/a/b/", "/a/b/2026/w05/#a", "http://localhost:8000/a/b/2026/w05/#a"),
    ],
)
def test_links_are_below_the_base_path(url: str, href: str, absolute: str) -> None:
    place = addresses.permalink(WEEK, "a")

    assert (SiteUrl(url).href(place), SiteUrl(url).absolute(place)) == (href, absolute)


def test_characters_that_are_invalid_in_a_url_are_encoded() -> None:
    assert (
        SiteUrl("https://example.org/").href("2026/w05/a quay? 港.png")
        == "/2026/w05/a%20quay%3F%20%E6%B8%AF.png"
    )


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("https://ex.org/чипы/", "https://ex.org/%D1%87%D0%B8%D0%BF%D1%8B/2026/w05/#a"),
        (
            "https://ex.org/%D1%87%D0%B8%D0%BF%D1%8B/",
            "https://ex.org/%D1%87%D0%B8%D0%BF%D1%8B/2026/w05/#a",
        ),
        ("https://ex.org/my%20digest/", "https://ex.org/my%20digest/2026/w05/#a"),
        ("https://ex.org/50%/", "https://ex.org/50%25/2026/w05/#a"),
        ("https://чипы.example:8080/", "https://xn--h1aows.example:8080/2026/w05/#a"),
    ],
)
def test_a_url_is_percent_encoded_exactly_once(url: str, absolute: str) -> None:
    assert SiteUrl(url).absolute(addresses.permalink(WEEK, "a")) == absolute
