"""The pages of the site: links, ids and landmarks, themes and weeks, two sources for one URL."""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from builders import (
    make_address,
    make_config,
    make_content,
    make_feed,
    make_introduction,
    make_letter,
    make_page,
    make_site,
    make_story,
    make_theme,
)
from hypothesis import given
from hypothesis import strategies as st
from sites import Element, find, lost_links, pages, parse, rendered, text

from digest.errors import Faults
from digest.model import Config, Content, Copied, Correction, Story
from digest.site.pages.themes import paginate
from digest.week import Week

POLICY = "Content-Security-Policy"
CSP = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"


def many(number: int, **fields: object) -> list[Story]:
    start = date(2024, 1, 1)
    return [
        make_story(f"s{n:04}", day=(start + timedelta(days=n)).isoformat(), **fields)
        for n in range(number)
    ]


def full() -> Content:
    """Everything that a digest may hold, once at least."""
    lead = make_story(
        "lead",
        lead=True,
        note="See [it](2026-05-14-plain.md).",
        excerpt="They said.",
        headline="Ours",
        authors=("Jo Writer", "Ann Other"),
        themes=("export-controls", "memory-crunch"),
        image="https://img.example/a.png",
        corrections=(Correction(date(2026, 5, 20), "It was wrong."),),
    )
    moved = make_story("gone", day="2026-05-06", week=Week(2026, 20), themes=("memory-crunch",))
    return make_content(
        lead,
        make_story("plain", day="2026-05-14", title="<b>Bold</b> & \"quoted\" 'words' {{ 7 * 7 }}"),
        make_story("long", day="2026-05-13", title="x" * 5000),
        make_story("open", day="2026-05-19"),
        moved,
        letters=(make_letter(), make_letter("2026-W18", title="")),
        pages=(make_page(), make_page("archive-notes", title="Archive")),
        introductions=(make_introduction(),),
        story_addresses=(make_address(moved, week="2026-W19"),),
        copied=(Copied(source=Path("CNAME"), file="content/static/CNAME", path="CNAME"),),
    )


def faults(content: Content, config: Config | None = None) -> list[str]:
    config = config or make_config()
    with pytest.raises(Faults) as caught:
        rendered(content, config)
    return [str(problem) for problem in caught.value.problems]


SITES = {
    "full": (full(), make_config()),
    "full under a base path": (full(), make_config(url="https://example.org/repo/")),
    "paged themes": (
        make_content(*many(320, themes=("export-controls",))),
        make_config(url="https://example.org/r/"),
    ),
    "nothing": (make_content(), make_config(themes=(), feeds=())),
    "themes without stories": (make_content(), make_config()),
    "one open week": (make_content(make_story()), make_config()),
    "a letter alone": (make_content(letters=(make_letter(),)), make_config(close="letter")),
    "stories without themes": (make_content(*many(20)), make_config(themes=())),
}


@cache
def files_of(name: str) -> dict[str, bytes]:
    """Every file of one of these sites."""
    return rendered(*SITES[name])


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest) -> tuple[dict[str, bytes], Config]:
    return files_of(request.param), SITES[request.param][1]


def test_every_link_of_every_page_works(site: tuple[dict[str, bytes], Config]) -> None:
    assert lost_links(site[0], site[1].site.url) == []


def test_every_page_is_valid_and_requests_no_other_host(
    site: tuple[dict[str, bytes], Config],
) -> None:
    for tree in pages(site[0]).values():
        assert all(
            script.attrib == {"type": "application/ld+json"} for script in find(tree, "script")
        )
        assert not find(tree, "style", "iframe", "object", "form", "base")
        assert not [
            element for element in tree.iter() if element.get("style") or element.get("onclick")
        ]
        (sheet,) = [
            link.get("href") for link in tree.iter("link") if link.get("rel") == "stylesheet"
        ]
        version = hashlib.sha256(site[0]["style.css"]).hexdigest()[:10]
        assert (
            sheet == site[1].site.url.removeprefix("https://example.org") + f"style.css?v={version}"
        )
        assert next(tree.iter("meta")).get("charset") == "utf-8"
        (policy,) = [
            meta.get("content") for meta in tree.iter("meta") if meta.get("http-equiv") == POLICY
        ]
        assert re.sub(r"script-src 'sha256-[\w+/]{43}='; ", "", policy) == CSP
        assert ("script-src" in policy) == bool(find(tree, "script"))


def test_titles_and_descriptions_are_unique(site: tuple[dict[str, bytes], Config]) -> None:
    trees = pages(site[0]).values()
    titles = [text(next(tree.iter("title"))) for tree in trees]
    descriptions = [_meta(tree, "description") for tree in trees]

    assert len(set(titles)) == len(titles)
    assert len(set(descriptions)) == len(descriptions)
    assert all(titles + descriptions)


def test_ids_are_unique_in_their_page_and_all_but_permalinks_start_with_an_underscore(
    site: tuple[dict[str, bytes], Config],
) -> None:
    for tree in pages(site[0]).values():
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        anchors = [element.get("id") for element in tree.iter("article") if element.get("id")]
        left = [item.get("id") for item in tree.iter("li") if item.get("id")]
        assert len(set(ids)) == len(ids)
        assert {id for id in ids if not id.startswith("_")} == set(anchors + left)


def test_headings_skip_no_level(site: tuple[dict[str, bytes], Config]) -> None:
    for tree in pages(site[0]).values():
        levels = [int(element.tag[1]) for element in find(tree, "h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_page_has_landmarks_a_skip_link_and_the_feeds(
    site: tuple[dict[str, bytes], Config],
) -> None:
    base = site[1].site.url.removeprefix("https://example.org")
    for tree in pages(site[0]).values():
        assert [len(list(tree.iter(name))) for name in ("header", "main", "footer")] == [1, 1, 1]
        assert next(tree.iter("a")).get("href") == "#_main"
        feeds = [
            link.get("href")
            for link in tree.iter("link")
            if link.get("type") == "application/atom+xml"
        ]
        assert feeds[:2] == [f"{base}feed.atom", f"{base}weeks.atom"]


def test_canonical_urls_are_absolute(site: tuple[dict[str, bytes], Config]) -> None:
    url = site[1].site.url
    found = {
        path: [link.get("href") for link in tree.iter("link") if link.get("rel") == "canonical"]
        for path, tree in pages(site[0]).items()
        if path != "404.html" and "export-curbs" not in path
    }

    assert found == {path: [url + path.removesuffix("index.html")] for path in found}


def test_the_site_has_every_documented_url() -> None:
    content = full()

    assert set(rendered(content, make_config())) == {
        *("index.html", "archive/index.html", "themes/index.html", "subscribe/index.html", "404.html"),
        "cards/site.png",
        *("feed.atom", "feed.json", "weeks.atom", "feeds.opml", "sitemap.xml", "robots.txt", "style.css", "icon.svg"),
        "CNAME",
        *("about/index.html", "archive-notes/index.html", "2026/w19/index.html", "2026/w19/feed.atom"),
        *("2026/w18/index.html", "2026/w18/feed.atom", "2026/w20/index.html", "2026/w20/feed.atom"),
        "2026/w21/index.html",
        *("corrections/index.html", "corrections/feed.atom"),
        *("2026/w18/index.md", "2026/w20/index.md", "2026/w21/index.md", "archive.json", "llms.txt"),
        *(f"themes/{id}/{name}" for id in ("export-controls", "export-curbs", "memory-crunch")
          for name in ("index.html", "feed.atom")),
    }  # fmt: skip


@given(st.integers(0, 1234))
def test_a_themes_first_page_has_100_to_199_and_a_full_page_never_changes(number: int) -> None:
    stories = list(range(number))
    newest, older = paginate(stories)
    grown, older_then = paginate([-1, *stories])

    assert [story for part in (newest, *reversed(older)) for story in part] == stories
    assert len(newest) == number if number < 200 else 100 <= len(newest) < 200
    assert {len(part) for part in older} <= {100}
    assert older_then[: len(older)] == older
    assert len(grown) == len(newest) + 1 or len(older_then) == len(older) + 1


def test_older_stories_of_a_theme_are_on_numbered_pages() -> None:
    site = rendered(make_content(*many(320, themes=("export-controls",))), make_config())
    trees = {
        path: tree
        for path, tree in pages(site).items()
        if path.startswith("themes/export-controls/")
    }

    def listed(tree: Element) -> tuple[int, int]:
        """How many stories a page has whole, and how many as lines."""
        rows = [one for one in tree.iter("ul") if one.get("class") == "plain rows"]
        return len(find(tree, "article")), sum(len(find(one, "li")) for one in rows)

    assert {path: listed(tree) for path, tree in trees.items()} == {
        "themes/export-controls/index.html": (8, 112),
        "themes/export-controls/page/1/index.html": (0, 100),
        "themes/export-controls/page/2/index.html": (0, 100),
    }
    assert "S0000" in text(trees["themes/export-controls/page/1/index.html"])


def test_a_themes_old_id_redirects_from_every_page_and_keeps_its_feed() -> None:
    site = rendered(
        make_content(*many(220, themes=("export-controls",))),
        make_config(url="https://example.org/r/"),
    )
    moved = parse(site["themes/export-curbs/page/1/index.html"])

    assert _meta(moved, "refresh", "http-equiv") == "0; url=/r/themes/export-controls/page/1/"
    assert "/r/themes/export-controls/page/1/" in [link.get("href") for link in moved.iter("a")]
    assert site["themes/export-curbs/feed.atom"] == site["themes/export-controls/feed.atom"]


def test_a_left_anchor_redirects() -> None:
    site = rendered(full(), make_config(url="https://example.org/r/"))
    left = next(
        item for item in parse(site["2026/w19/index.html"]).iter("li") if item.get("id") == "gone"
    )

    assert [link.get("href") for link in left.iter("a")] == ["/r/2026/w20/#gone"]


def test_the_home_page_starts_with_the_closed_week_and_summarises_the_open_one() -> None:
    home = parse(files_of("full")["index.html"])

    assert text(next(home.iter("h1"))) == "Week 20, 2026 11–17 May 2026"
    assert "Week 21, 2026 so far" in [text(heading) for heading in home.iter("h2")]
    assert "/2026/w21/#open" in [link.get("href") for link in home.iter("a")]


def test_a_story_with_a_note_is_a_card_and_shows_all_that_was_curated() -> None:
    week = parse(files_of("full")["2026/w20/index.html"])
    lead = next(article for article in week.iter("article") if article.get("id") == "lead")

    assert lead.get("class") == "card h-entry"
    assert text(lead) == (
        "Export controls Ours Their headline: Lead "
        "The Example Post Jo Writer and Ann Other 15 May 2026 Permalink of Ours See it. "
        "The Example Post writes: They said. Corrected 20 May 2026: It was wrong. "
        "Memory crunch Memory crunch, 2 of 2"
    )
    assert [element.get("datetime") for element in lead.iter("time")] == [
        "2026-05-15T12:00:00+08:00",
        "2026-05-20",
    ]
    assert next(lead.iter("blockquote")).get("cite") == "https://news.example/2026-05-15/lead"


def test_a_story_has_its_main_theme_above_it_and_the_others_below() -> None:
    story = make_story(themes=("export-controls", "memory-crunch"))

    def chips(story: Story) -> list[str]:
        week = parse(rendered(make_content(story), make_config())["2026/w20/index.html"])
        return [
            text(chip) for one in find(week, "ul") if one.get("class") == "chips" for chip in one
        ]

    assert chips(story) == ["Memory crunch"]
    assert chips(replace(story, lead=True)) == ["Memory crunch"]


def test_a_story_without_a_note_is_one_line() -> None:
    week = parse(files_of("full")["2026/w20/index.html"])
    line = next(article for article in week.iter("article") if article.get("id") == "plain")

    assert line.get("class") == "line h-entry"
    assert text(next(line.iter("h3"))) == "<b>Bold</b> & \"quoted\" 'words' {{ 7 * 7 }}"


def test_a_card_names_the_themes_other_than_that_of_its_page() -> None:
    site = files_of("full")

    def chips(path: str) -> list[str]:
        tree = parse(site[path])
        return [
            text(link)
            for item in tree.iter("ul")
            if item.get("class") == "chips"
            for link in item.iter("a")
        ]

    assert chips("themes/export-controls/index.html") == ["Memory crunch"]
    assert chips("themes/memory-crunch/index.html") == ["Export controls"]


def test_a_paywalled_story_is_marked() -> None:
    config = make_config(feeds=(make_feed(paywall=True),))

    assert "Paywall" in text(
        parse(rendered(make_content(make_story()), config)["2026/w20/index.html"])
    )


def test_a_publishers_picture_is_never_shown() -> None:
    site = files_of("full")

    assert [
        path
        for path, content in site.items()
        if b"img.example" in content and path.endswith(".html")
    ] == []


def test_theme_pages_link_to_the_themes_feed() -> None:
    page = parse(files_of("full")["themes/memory-crunch/index.html"])
    feeds = [
        link.get("href") for link in page.iter("link") if link.get("type") == "application/atom+xml"
    ]

    assert feeds == ["/feed.atom", "/weeks.atom", "/themes/memory-crunch/feed.atom"]


def test_the_sitemap_has_every_real_page() -> None:
    config = make_config(url="https://example.org/r/")
    site = rendered(full(), config)
    named = re.findall("<loc>(.*?)</loc>", site["sitemap.xml"].decode())

    shown = {path for path in site if path.endswith("index.html") and "export-curbs" not in path}
    assert sorted(named) == sorted(
        f"https://example.org/r/{path.removesuffix('index.html')}" for path in shown
    )
    assert site["robots.txt"].decode().endswith("Sitemap: https://example.org/r/sitemap.xml\n")


def test_the_list_of_feeds_has_ours_and_those_that_are_pulled_from_the_web() -> None:
    feeds = (
        make_feed(),
        make_feed(id="file", url="feeds/sample.xml"),
        make_feed(id="old", retired=True),
    )
    opml = rendered(full(), make_config(feeds=feeds))["feeds.opml"].decode()

    assert re.findall('xmlUrl="(.*?)"', opml) == [
        "https://example.org/feed.atom",
        "https://example.org/weeks.atom",
        "https://example.org/themes/export-controls/feed.atom",
        "https://example.org/themes/memory-crunch/feed.atom",
        "https://news.example/rss/semiconductors.xml",
    ]


IDS_OF_PAGES = (
    "main",
    "letter",
    "lead",
    "elsewhere",
    "themes",
    "earlier",
    "open-1",
    "departed",
    "storyline",
    "p21",
)


@pytest.mark.parametrize("theme", IDS_OF_PAGES)
def test_no_two_elements_of_a_page_share_an_id_whatever_the_theme_names(theme: str) -> None:
    themed = (make_story("one", themes=(theme,)), make_story("two", lead=True), make_story("three"))
    later = make_story("next", day="2026-05-18", themes=(theme,))
    content = make_content(*themed, later, letters=(make_letter(),))

    site = rendered(content, make_config(themes=(make_theme(theme),)))

    for path, tree in pages(site).items():
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), path


@pytest.mark.parametrize("name", ["404", "ahead", "cards", "corrections", "feed"])
def test_names_that_the_site_needs_itself_are_reserved(name: str) -> None:
    assert faults(make_content(make_story(), pages=(make_page(name),))) == [
        f"content/pages/{name}.md: the name '{name}' is reserved for a page of the site itself; rename it"
    ]


def test_a_page_named_search_is_refused_with_or_without_a_search_page() -> None:
    assert faults(make_content(make_story(), pages=(make_page("search"),))) == [
        "content/pages/search.md: claims the address 'search/index.html', which the search page claims too; "
        "rename one of them"
    ]


def test_a_picture_keeps_its_size_under_a_base_path_with_encoded_signs() -> None:
    picture = Copied(
        source=Path("x"), file="content/2026/w20/p q.png", path="2026/w20/p q.png", size=(3, 2)
    )
    story = make_story(note="![x](p%20q.png) [about](/чипы/about/) [about](/about/)")
    content = make_content(story, copied=(picture,), pages=(make_page("about"),))

    site = rendered(content, make_config(url="https://example.org/чипы/"))

    page = site["2026/w20/index.html"].decode()
    assert 'src="/%D1%87%D0%B8%D0%BF%D1%8B/2026/w20/p%20q.png" width="3" height="2"' in page
    assert page.count('href="/%D1%87%D0%B8%D0%BF%D1%8B/about/"') == 3  # one of them in the foot
    assert (
        "чипы"
        not in site["sitemap.xml"].decode()
        + site["feed.atom"].decode()
        + page.partition("<body")[0]
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"pages": (make_page("archive"),)},
            "content/pages/archive.md: claims the address 'archive/index.html', which the page of the archive claims "
            "too; rename one of them",
        ),
        (
            {"pages": (make_page("about"), make_page("About"))},
            "content/pages/About.md: claims the address 'About/index.html', which content/pages/about.md claims too; "
            "rename one of them",
        ),
        (
            {"copied": (Copied(source=Path("x"), file="content/static/Feed.Atom", path="Feed.Atom"),)},
            "content/static/Feed.Atom: claims the address 'Feed.Atom', which the feed of all stories claims too; "
            "rename one of them",
        ),
        (
            {
                "pages": (make_page("about"),),
                "copied": (Copied(source=Path("x"), file="content/static/about", path="about"),),
            },
            "content/pages/about.md: claims the address 'about', which content/static/about claims too; "
            "rename one of them",
        ),
        (
            {"copied": (Copied(source=Path("x"), file="content/static/con.txt", path="con.txt"),)},
            "content/static/con.txt: the file name 'con.txt' cannot be published everywhere; rename it",
        ),
    ],
)  # fmt: skip
def test_two_files_for_one_url_are_an_error_that_names_both(
    fields: dict[str, object], said: str
) -> None:
    assert faults(make_content(make_story(), **fields)) == [said]


def test_two_stories_with_one_id_are_an_error_that_names_both() -> None:
    assert faults(make_content(make_story("a", id="urn:x:1"), make_story("b", id="urn:x:1"))) == [
        "content/2026/w20/2026-05-15-b.md: is the same story as content/2026/w20/2026-05-15-a.md: both have the same "
        "id; delete one, or remove 'id' from the newer one"
    ]


def test_of_two_stories_with_one_id_and_link_one_is_to_be_deleted() -> None:
    first = make_story("a", id="urn:x:1", link="https://news.example/1")
    second = make_story("b", id="urn:x:1", link="https://news.example/1")

    assert faults(make_content(first, second)) == [
        "content/2026/w20/2026-05-15-b.md: is the same story as content/2026/w20/2026-05-15-a.md: both have the same "
        "id; delete one of them"
    ]


def test_the_cure_for_two_stories_with_one_id_keeps_the_hidden_one() -> None:
    content = make_content(make_story("a", id="urn:x:1"), make_story("b", id="urn:x:1", hide=True))

    assert faults(content) == [
        "content/2026/w20/2026-05-15-b.md: is the same story as content/2026/w20/2026-05-15-a.md: both have the same "
        "id; delete the one that is not hidden, or remove 'id' from it if it is another story"
    ]


def test_all_problems_are_reported_at_once() -> None:
    content = make_content(
        make_story("a", note="words\n[x](gone.md)", line=9),
        letters=(make_letter(body="words\n\n[y](lost.md)", line=4),),
        pages=(make_page("themes"),),
    )

    assert [fault.split(": ")[0] for fault in faults(content)] == [
        "content/2026/w20/2026-05-15-a.md:10",
        "content/2026/w20/letter.md:6",
        "content/pages/themes.md",
    ]


# ---------------------------------------------------------------- again, after a few files were saved

BIG = make_content(
    *many(320, themes=("memory-crunch",)),
    *full().stories,
    letters=full().letters,
    pages=full().pages,
)
SAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries(
        {"note": st.sampled_from(["", "Said.", "See [it](2026-05-14-plain.md).", "[x](lost.md)"])}
    ),
    st.fixed_dictionaries(
        {"themes": st.sampled_from([(), ("export-curbs",), ("export-controls", "memory-crunch")])}
    ),
    st.fixed_dictionaries(
        {"updated": st.integers(1, 9).map(lambda day: datetime(2026, 6, day, tzinfo=UTC))}
    ),
    st.fixed_dictionaries(
        {"published": st.integers(1, 9).map(lambda day: datetime(2026, 6, day, tzinfo=UTC))}
    ),
    st.fixed_dictionaries({"lead": st.booleans()}),
    st.fixed_dictionaries({"hide": st.booleans()}),
    st.fixed_dictionaries({"headline": st.sampled_from(["", "Ours"])}),
    st.fixed_dictionaries({"id": st.sampled_from(["one", "two"])}),
)
TEXTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "letters": st.sampled_from(
            [(), (make_letter(),), (make_letter(title="Home"), make_letter("2026-W30"))]
        ),
        "pages": st.sampled_from(
            [(), (make_page(),), (make_page(title="Archive"), make_page("archive"))]
        ),
        "introductions": st.sampled_from(
            [(), (make_introduction(),), (make_introduction(body="Other words."),)]
        ),
        "copied": st.sampled_from(
            [(), (Copied(source=Path("x"), file="content/static/icon.svg", path="icon.svg"),)]
        ),
        "stories": st.sampled_from([BIG.stories[:-5], BIG.stories[5:], BIG.stories]),
    },
)


def _meta(tree: Element, name: str, key: str = "name") -> str:
    return str(next(meta.get("content") for meta in tree.iter("meta") if meta.get(key) == name))


@pytest.mark.parametrize(
    ("language", "direction"),
    [("ar", "rtl"), ("fa-IR", "rtl"), ("he", "rtl"), ("ks-Deva", None), ("pa-Arab-PK", "rtl"), ("az-latn", None),
     ("ug-Latn", None), ("en", None), ("zh-Hant", None)],
)  # fmt: skip
def test_a_page_has_the_text_direction_of_its_language(
    language: str, direction: str | None
) -> None:
    site = rendered(make_content(make_story()), make_config(site=make_site(language=language)))

    for path, tree in pages(site).items():
        assert tree.get("dir") == direction, path


def test_a_changed_style_sheet_has_another_url(tmp_path: Path) -> None:
    (tmp_path / "templates/static").mkdir(parents=True)
    (tmp_path / "templates/static/print.css").write_text("p { color: red }")
    content = make_content(make_story())

    one, other = (
        rendered(content, make_config(), root)["index.html"].decode()
        for root in (Path("none"), tmp_path)
    )

    sheets = [re.findall(r'href="(/style.css\?v=[0-9a-f]{10})"', page) for page in (one, other)]
    assert len(sheets[0]) == len(sheets[1]) == 1
    assert sheets[0] != sheets[1]
