"""Feeds: ids that stay, dates, authors and sources of entries, archive documents, JSON Feed."""

from __future__ import annotations

import json
import re
import uuid
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import html5lib
import pytest
from builders import (
    HONG_KONG,
    make_address,
    make_config,
    make_content,
    make_feed,
    make_letter,
    make_site,
    make_story,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from many import many
from sites import rendered, text

from digest.model import Config, Content, Correction, Story
from digest.names import last_change
from digest.site.feeds.atom import derived_id, entry_id, theme_feed_id
from digest.week import Week

ATOM = "{http://www.w3.org/2005/Atom}"
ZONE = ZoneInfo("Asia/Hong_Kong")
BASE = "https://example.org/repo/"
FEED, HOST = "https://news.example/rss/semiconductors.xml", "https://news.example/"


def feeds(content: Content, config: Config | None = None) -> dict[str, bytes]:
    site = rendered(content, config or make_config(url=BASE))
    return {path: body for path, body in site.items() if path.endswith(".atom")}


def read(body: bytes) -> Any:
    found = feedparser.parse(body)
    assert not found.bozo
    assert found.version == "atom10"
    return found


def links(thing: Any, rel: str) -> list[str]:
    return [link.href for link in thing.get("links", []) if link.rel == rel]


def entry(story: Story, config: Config | None = None) -> Any:
    return read(feeds(make_content(story), config)["feed.atom"]).entries[0]


def weeks(number: int, each: int = 1) -> list[Story]:
    start = date(2024, 1, 1)
    return [
        make_story(f"s{n}-{m}", day=(start + timedelta(weeks=n, days=m % 7)).isoformat())
        for n in range(number)
        for m in range(each)
    ]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"id": "https://news.example/1?utm_source=rss"}, "https://news.example/1?utm_source=rss"),
        ({"id": "tag:news.example,2026:1"}, "tag:news.example,2026:1"),
        ({"id": "4711", "feeds": ("semiconductors", "world")}, "semiconductors\n4711"),
        ({"id": "", "link": "https://news.example/1"}, "https://news.example/1"),
    ],
)
def test_an_entrys_id_is_made_from_the_publishers_id_of_the_story(
    fields: dict[str, Any], name: str
) -> None:
    assert entry_id(make_story(**fields), {}) == f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def test_an_entrys_id_stays_with_another_title_file_and_host() -> None:
    story = make_story()
    elsewhere = replace(
        story,
        title="Other",
        headline="Ours",
        slug="other",
        file="content/2026/w21/2026-05-15-other.md",
    )

    assert entry(story).id == entry(elsewhere, make_config(url="https://other.example/")).id


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, datetime(2026, 5, 15, 12, tzinfo=HONG_KONG)),
        ({"updated": datetime(2026, 5, 16, tzinfo=UTC)}, datetime(2026, 5, 16, tzinfo=UTC)),
        (
            {"updated": datetime(2026, 5, 14, tzinfo=UTC)},
            datetime(2026, 5, 15, 12, tzinfo=HONG_KONG),
        ),
        (
            {"corrections": (Correction(date(2026, 5, 20), "x"),)},
            datetime(2026, 5, 20, tzinfo=ZONE),
        ),
        (
            {"corrections": (Correction(date(2026, 5, 1), "x"),)},
            datetime(2026, 5, 15, 12, tzinfo=HONG_KONG),
        ),
    ],
)
def test_an_entry_is_updated_when_its_story_is(fields: dict[str, Any], expected: datetime) -> None:
    assert last_change(make_story(**fields), ZONE) == expected


def test_feed_ids_are_derived_from_the_digests_id_and_stay_when_a_theme_is_renamed() -> None:
    site, config = make_site(), make_config()
    renamed, named = config.themes

    assert read(feeds(make_content())["feed.atom"]).feed.id == site.id
    assert theme_feed_id(site, renamed) == theme_feed_id(site, named._replace(id="export-curbs"))
    assert (
        len(
            {
                site.id,
                derived_id(site, "weeks"),
                theme_feed_id(site, renamed),
                theme_feed_id(site, named),
            }
        )
        == 4
    )


def test_a_new_story_is_ordered_by_when_it_was_published_never_by_when_it_was_updated() -> None:
    old = make_story("old", day="2026-05-11", updated=datetime(2026, 5, 30, tzinfo=UTC))
    feed = read(feeds(make_content(old, make_story("new")))["feed.atom"])

    assert [one.title for one in feed.entries] == ["New", "Old"]
    assert feed.feed.updated == "2026-05-30T00:00:00+00:00"


def test_an_empty_feed_has_a_fixed_time() -> None:
    assert read(feeds(make_content())["feed.atom"]).feed.updated == "2000-01-01T00:00:00+00:00"


def test_an_entry_links_to_the_publisher_the_permalink_and_the_picture() -> None:
    found = entry(make_story(image="https://img.example/a.PNG?x=1", themes=("export-controls",)))

    assert links(found, "alternate") == ["https://news.example/2026-05-15/foundries-fill-up"]
    assert links(found, "related") == [f"{BASE}2026/w20/#foundries-fill-up"]
    assert [(one.href, one.type) for one in found.enclosures] == [
        ("https://img.example/a.PNG?x=1", "image/png")
    ]
    assert [(one.term, one.label) for one in found.tags] == [("export-controls", "Export controls")]


def test_a_picture_of_unknown_type_is_declared_as_jpeg() -> None:
    assert entry(make_story(image="https://img.example/a")).enclosures[0].type == "image/jpeg"


@pytest.mark.parametrize(
    ("fields", "feed", "expected"),
    [
        ({}, {}, (FEED, "Semiconductors", FEED, "self")),
        ({"feeds": ()}, {}, (HOST, "news.example", HOST, "alternate")),
        ({"feeds": (), "source": "The Board"}, {}, (HOST, "The Board", HOST, "alternate")),
        ({"feeds": ("gone",)}, {}, (HOST, "news.example", HOST, "alternate")),
        (
            {},
            {"url": "feeds/sample.xml"},
            (
                derived_id(make_site(), "feed", "semiconductors"),
                "Semiconductors",
                HOST,
                "alternate",
            ),
        ),
    ],
)
def test_an_entry_names_its_source(
    fields: dict[str, Any], feed: dict[str, Any], expected: tuple[str, ...]
) -> None:
    body = feeds(make_content(make_story(**fields)), make_config(feeds=(make_feed(**feed),)))[
        "feed.atom"
    ]
    source = ElementTree.fromstring(body).find(f"{ATOM}entry/{ATOM}source")

    assert source is not None
    link = source.find(f"{ATOM}link")
    assert link is not None
    said = (
        source.findtext(f"{ATOM}id"),
        source.findtext(f"{ATOM}title"),
        link.get("href"),
        link.get("rel"),
    )
    assert said == expected


@pytest.mark.parametrize(
    ("authors", "expected"), [(("A", "B"), ["A", "B"]), ((), ["The Example Post"])]
)
def test_the_authors_are_the_storys_or_else_the_publisher(
    authors: tuple[str, ...], expected: list[str]
) -> None:
    body = feeds(make_content(make_story(authors=authors)))["feed.atom"]

    assert [
        one.text
        for one in ElementTree.fromstring(body).iterfind(f"{ATOM}entry/{ATOM}author/{ATOM}name")
    ] == expected


@pytest.mark.parametrize(
    ("editor", "expected"), [("Ada Editor", "Ada Editor"), ("", "Chip Digest")]
)
def test_the_digests_author_is_its_editor_or_its_title(editor: str, expected: str) -> None:
    config = make_config(site=make_site(editor=editor))

    body = feeds(make_content(), config)["feed.atom"]

    assert ElementTree.fromstring(body).findtext(f"{ATOM}author/{ATOM}name") == expected


def test_the_content_has_the_note_before_the_excerpt_and_ends_with_the_permalink() -> None:
    story = make_story(
        note="A *note* on [it](2026-05-15-foundries-fill-up.md).",
        excerpt="They said.",
        headline="Ours",
        corrections=(Correction(date(2026, 5, 20), "It was wrong."),),
    )

    assert entry(story).content[0].value.replace("\n", "") == (
        f'<p><a href="{story.link}">The Example Post</a></p>'
        "<p>Their headline: <cite>Foundries fill up</cite></p>"
        f'<p>A <em>note</em> on <a href="{BASE}2026/w20/#foundries-fill-up">it</a>.</p>'
        "<p>The Example Post writes:</p>"
        f'<blockquote cite="{story.link}"><p>They said.</p></blockquote>'
        "<p><strong>Corrected 20 May 2026:</strong> It was wrong.</p>"
        f'<p><a href="{BASE}2026/w20/#foundries-fill-up">Permalink</a></p>'
    )


@settings(max_examples=many(15))
@given(
    title=st.text(max_size=60),
    author=st.text(max_size=20),
    note=st.text(max_size=60),
    source=st.text(max_size=20),
)
def test_whatever_is_in_a_story_every_feed_is_well_formed(
    title: str, author: str, note: str, source: str
) -> None:
    story = make_story(title=title, authors=(author,), note=note, source=source)
    site = rendered(make_content(story, make_story(day="2026-05-22")), make_config())

    for path in ("feed.atom", "weeks.atom", "2026/w20/feed.atom"):
        ElementTree.fromstring(site[path])
    assert len(json.loads(site["feed.json"])["items"]) == 2


def test_a_title_is_displayed_as_it_was_written() -> None:
    title = "<script>alert(1)</script> & 'x' \"y\" ]]> {{ 7 * 7 }}"
    site = rendered(make_content(make_story(title=title)), make_config())
    found = ElementTree.fromstring(site["feed.atom"]).find(f"{ATOM}entry")

    assert found is not None
    assert found.findtext(f"{ATOM}title") == title
    shown = html5lib.parseFragment(found.findtext(f"{ATOM}content"), namespaceHTMLElements=False)
    assert text(shown) == "The Example Post Permalink"  # the headline only once
    assert json.loads(site["feed.json"])["items"][0]["title"] == title


def test_the_archive_documents_have_every_story_with_one_id_and_one_updated() -> None:
    content = make_content(*weeks(40, each=3))
    documents, seen = feeds(content), dict[str, str]()
    place, steps = "feed.atom", 0
    while place:
        feed = read(documents[place])
        steps += 1
        assert feed.feed.id == make_site().id
        assert all(seen.setdefault(one.id, one.updated) == one.updated for one in feed.entries)
        place = "".join(links(feed.feed, "prev-archive")).removeprefix(BASE)

    assert len(seen) == 120
    assert steps == 40  # 39 closed weeks and the feed itself


@st.composite
def archives(draw: st.DrawFn) -> tuple[Content, str]:
    """Stories of a few weeks: drafts, hidden, corrected and moved ones; some letters."""
    monday = date(2026, 1, 5)
    stories, places = [], []
    for number in range(draw(st.integers(0, 25))):
        day = monday + timedelta(weeks=draw(st.integers(0, 9)), days=draw(st.integers(0, 6)))
        story = make_story(
            f"s{number}",
            day=day.isoformat(),
            week=Week.of(monday + timedelta(weeks=draw(st.integers(0, 9))))
            if draw(st.booleans())
            else Week.of(day),
            draft=draw(st.booleans()) and draw(st.booleans()),
            hide=draw(st.integers(0, 9)) == 0,
            corrections=(Correction(day + timedelta(days=draw(st.integers(0, 99))), "x"),)
            * draw(st.integers(0, 1)),
        )
        stories.append(story)
        places.append(make_address(story, week=str(Week.of(day))))
    lettered = draw(st.dictionaries(st.integers(2, 11), st.booleans(), max_size=4))
    letters = tuple(
        make_letter(f"2026-W{week:02}", draft=draft) for week, draft in lettered.items()
    )
    content = make_content(*stories, story_addresses=tuple(places), letters=letters)
    return content, draw(st.sampled_from(["next-week", "letter"]))


@settings(max_examples=many(30))
@given(archives())
def test_the_archive_documents_of_any_digest_have_every_story(
    drawn: tuple[Content, str],
) -> None:
    content, close = drawn
    documents = feeds(content, make_config(url=BASE, close=close))
    entries: dict[str, bytes] = {}
    place, walked = "feed.atom", list[str]()
    while place:
        assert place not in walked
        walked.append(place)
        feed = ElementTree.fromstring(documents[place])
        for one in feed.iterfind(f"{ATOM}entry"):
            name, whole = one.findtext(f"{ATOM}id", ""), ElementTree.tostring(one)
            assert entries.setdefault(name, whole) == whole
        before = [
            link.get("href", "")
            for link in feed.iterfind(f"{ATOM}link")
            if link.get("rel") == "prev-archive"
        ]
        place = "".join(before).removeprefix(BASE)

    shown = {entry_id(story, {}) for story in content.stories if not story.draft and not story.hide}
    assert entries.keys() == shown
    assert set(walked) == {path for path in documents if re.match(r"feed|\d{4}/", path)}


def test_archive_documents_are_marked_and_link_to_their_neighbours() -> None:
    documents = feeds(make_content(*weeks(4)))
    middle = read(documents["2024/w02/feed.atom"]).feed

    assert "fh_archive" in middle
    assert links(middle, "current") == [f"{BASE}feed.atom"]
    assert links(middle, "self") == [f"{BASE}2024/w02/feed.atom"]
    assert links(middle, "prev-archive") == [f"{BASE}2024/w01/feed.atom"]
    assert links(middle, "next-archive") == [f"{BASE}2024/w03/feed.atom"]
    assert links(read(documents["2024/w03/feed.atom"]).feed, "next-archive") == []
    assert "2024/w04/feed.atom" not in documents


def test_the_weekly_feed_has_the_26_newest_closed_editions_in_full() -> None:
    content = make_content(
        *weeks(30, each=2), letters=(make_letter("2024-W29", body="Dear *you*."),)
    )
    feed = read(feeds(content)["weeks.atom"])

    assert len(feed.entries) == 26
    assert feed.entries[0].title == "Week 29, 2024: Dear reader"
    assert feed.entries[1].title == "Week 28, 2024: S27 1"
    body = feed.entries[0].content[0].value
    assert "<p>Dear <em>you</em>.</p>" in body
    assert body.count(">Permalink<") == 2
    assert links(feed.entries[0], "alternate") == [f"{BASE}2024/w29/"]


def test_an_edition_has_markup_suitable_for_mail() -> None:
    story = make_story("lead", lead=True, note="Ours.", authors=("Jo Writer",), excerpt="Theirs.")
    letter = make_letter(body="Dear *you*.")
    config = make_config(url=BASE, feeds=(make_feed(paywall=True),))
    feed = read(
        feeds(make_content(story, make_story("next", day="2026-05-22"), letters=(letter,)), config)[
            "weeks.atom"
        ]
    )

    assert feed.entries[0].content[0].value.replace("\n", "") == (
        "<p>11–17 May 2026: 1 story.</p>"
        "<h2>Dear reader</h2><p>Dear <em>you</em>.</p>"
        f'<h2>Lead story</h2><h3><a href="{story.link}">Lead</a></h3>'
        "<p>The Example Post, Jo Writer, 15 May 2026, behind a paywall</p>"
        "<p>Ours.</p><p>The Example Post writes:</p>"
        f'<blockquote cite="{story.link}"><p>Theirs.</p></blockquote>'
        f'<p><a href="{BASE}2026/w20/#lead">Permalink</a></p>'
        f'<p><a href="{BASE}2026/w20/">Week 20, 2026 on the web</a></p>'
    )


def test_a_themes_feed_has_its_newest_50() -> None:
    stories = [replace(story, themes=("export-controls",)) for story in weeks(60)]
    feed = read(
        feeds(make_content(*stories, make_story("other", day="2026-05-15")))[
            "themes/export-controls/feed.atom"
        ]
    )

    assert len(feed.entries) == 50
    assert feed.feed.title == "Export controls – Chip Digest"


def test_the_json_feed_has_the_content_of_the_atom_feed() -> None:
    story = make_story(
        image="https://img.example/a.png", themes=("export-controls",), note="Words."
    )
    site = rendered(make_content(story), make_config(url=BASE))
    said, atom = json.loads(site["feed.json"]), read(site["feed.atom"])

    assert said["version"] == "https://jsonfeed.org/version/1.1"
    assert (said["home_page_url"], said["feed_url"]) == (BASE, f"{BASE}feed.json")
    found = said["items"][0]
    assert found.pop("content_html").startswith("<p><a href")
    assert found == {
        "id": atom.entries[0].id,
        "url": f"{BASE}2026/w20/#foundries-fill-up",
        "external_url": "https://news.example/2026-05-15/foundries-fill-up",
        "title": "Foundries fill up",
        "date_published": "2026-05-15T12:00:00+08:00",
        "date_modified": "2026-05-15T12:00:00+08:00",
        "image": "https://img.example/a.png",
        "tags": ["Export controls"],
        "authors": [{"name": "The Example Post"}],
    }


WORDS, TEXT = r".*\S.*", r"(?s).*\S.*"
ADDRESS, MOMENT = (
    r"https?://[^/\s]+/\S*",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
)
SAYS = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": WORDS,
    "home_page_url": ADDRESS,
    "feed_url": ADDRESS,
    "description": WORDS,
    "language": r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]+)*",
}
SAYS_OF_A_STORY = {
    "id": WORDS,
    "url": ADDRESS,
    "external_url": ADDRESS,
    "title": WORDS,
    "content_html": TEXT,
    "date_published": MOMENT,
    "date_modified": MOMENT,
    "image": ADDRESS,
}
MAY_LACK = {"description", "image"}


def said_wrongly(part: dict[str, Any], forms: dict[str, str], more: set[str]) -> list[str]:
    """Where a part of a JSON Feed differs from the specification, and what it lacks."""
    wrong = [
        name for name, form in forms.items() if name in part and not re.fullmatch(form, part[name])
    ]
    return [
        *wrong,
        *sorted(forms.keys() - part.keys() - MAY_LACK),
        *sorted(part.keys() - forms.keys() - more),
    ]


@pytest.mark.parametrize("description", ["", "Chips."])
def test_the_json_feed_conforms_to_its_specification(description: str) -> None:
    stories = [
        make_story(
            f"s{number}",
            authors=("A", "B"),
            themes=("export-controls",),
            image=f"https://img.example/{number}",
        )
        for number in range(3)
    ]
    bare = make_story(
        "bare", id="", feeds=(), note="*Note* on [it](2026-05-15-s1.md).", excerpt="<b>"
    )
    config = make_config(site=make_site(url=BASE, description=description, language="en-GB"))
    feed = json.loads(rendered(make_content(*stories, bare), config)["feed.json"])

    assert said_wrongly(feed, SAYS, {"authors", "items"}) == []
    assert feed["authors"] == [{"name": "Ada Editor"}]
    assert len({one["id"] for one in feed["items"]}) == len(feed["items"]) == 4
    for one in feed["items"]:
        assert said_wrongly(one, SAYS_OF_A_STORY, {"tags", "authors"}) == []
        assert all(author.keys() == {"name"} and author["name"] for author in one["authors"])
        assert all(isinstance(tag, str) for tag in one["tags"])
        assert all(
            re.match(ADDRESS, address)
            for address in re.findall('(?:href|src|cite)="(.*?)"', one["content_html"])
        )


def test_only_urls_change_with_the_host() -> None:
    content = make_content(*weeks(5), letters=(make_letter("2024-W02"),))
    here, there = (
        feeds(content, make_config(url="https://a.example/")),
        feeds(content, make_config(url="https://b.example/x/")),
    )

    moved = {
        path: body.replace(b"https://a.example/", b"https://b.example/x/")
        for path, body in here.items()
    }
    assert moved == there


def test_handwritten_stories_of_one_day_each_have_their_own_updated_whatever_is_beside_them() -> (
    None
):
    by_hand = [make_story(f"s{n}", id="", feeds=()) for n in range(6)]
    pulled = make_story("noon", id="https://a.example/noon")

    few = {
        one.title: one.updated
        for one in read(feeds(make_content(*by_hand[3:], pulled))["feed.atom"]).entries
    }
    many = read(feeds(make_content(*by_hand, pulled))["feed.atom"]).entries

    moments = {one.title: one.updated for one in many}
    assert len(set(moments.values())) == len(many)
    assert moments.items() >= few.items()
    assert moments["Noon"] == "2026-05-15T12:00:00+08:00"
    assert {one.published for one in many} == {"2026-05-15T12:00:00+08:00"}
    assert [one.title for one in many if one.title.startswith("S")] == [
        f"S{n}" for n in reversed(range(6))
    ]
