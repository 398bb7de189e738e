"""Values with every field defaulted, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from digest.model import (
    Config,
    Content,
    Entry,
    Feed,
    FreePage,
    Letter,
    Site,
    Story,
    StoryAddress,
    Theme,
)
from digest.week import Week

HONG_KONG = timezone(timedelta(hours=8))

SITE = Site(
    title="Chip Digest",
    url="https://example.org/",
    id="urn:uuid:5f0c0c86-5a4e-4f5e-9e0c-0a8f0d6a7c11",
    description="A week of chips and borders, read closely.",
    timezone="Asia/Hong_Kong",
    editor="Ada Editor",
)
FEED = Feed(
    id="semiconductors",
    url="https://news.example/rss/semiconductors.xml",
    title="Semiconductors",
    publisher="The Example Post",
)
THEMES = (
    Theme(
        id="export-controls",
        title="Export controls",
        match=("export control*",),
        was=("export-curbs",),
    ),
    Theme(id="memory-crunch", title="Memory crunch", match=("memory",)),
)
SETTINGS = """\
[site]
title = "Chip Digest"
url = "https://digest.example/"
timezone = "Asia/Hong_Kong"

[[feeds]]
id = "first"
url = "first.xml"
publisher = "The Example Post"
"""
"""digest.toml of a digest whose one feed lies beside it."""


def rss(
    one: str = "One", two: str = "Two", guids: tuple[str, str] = ("g1", "tag:news.example,2026:2")
) -> str:
    """An RSS document with two entries, of these headlines; "" for a guid leaves it out."""
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/tech/{number}/story</link>"
        + (f"<guid isPermaLink='false'>{guid}</guid>" if guid else "")
        + f"<pubDate>Fri, 15 May 2026 09:32:4{number} +0000</pubDate>"
        f"<description>Their words on {title}.</description></item>"
        for number, title, guid in zip((1, 2), (one, two), guids, strict=True)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>First</title>{items}</channel></rss>"


def make_site(**fields: Any) -> Site:
    """Returns a site; only what is named differs from the usual one."""
    return SITE._replace(**fields)


def make_feed(**fields: Any) -> Feed:
    """Returns a feed; only what is named differs from the usual one."""
    return FEED._replace(**fields)


def make_theme(id: str, **fields: Any) -> Theme:
    """Returns a theme called after its id."""
    return Theme(**{"id": id, "title": id.replace("-", " ").capitalize(), "match": (id,), **fields})


def make_config(*, url: str = SITE.url, **fields: Any) -> Config:
    """Returns a checked configuration with one feed and two themes."""
    return Config(**{"site": make_site(url=url), "feeds": (FEED,), "themes": THEMES, **fields})


def make_entry(**fields: Any) -> Entry:
    """Returns an entry as a feed may say it."""
    usual = {
        "id": "https://news.example/tech/article/3350001/foundries-fill-up?utm_source=rss_feed",
        "title": "Foundries fill up",
        "link": "https://news.example/tech/article/3350001/foundries-fill-up?utm_source=rss_feed",
        "published": datetime(2026, 5, 15, 9, 32, 40, tzinfo=UTC),
        "authors": ("Jo Writer",),
    }
    return Entry(**{**usual, **fields})


def make_story(slug: str = "foundries-fill-up", day: str = "2026-05-15", **fields: Any) -> Story:
    """Returns a story; week, file, link, id and time follow from slug and day unless given."""
    written = date.fromisoformat(day)
    week = fields.pop("week", Week.of(written))
    usual = {
        "file": f"content/{week.folder}/{day}-{slug}.md",
        "week": week,
        "day": written,
        "slug": slug,
        "title": slug.replace("-", " ").capitalize(),
        "link": f"https://news.example/{day}/{slug}",
        "published": datetime(written.year, written.month, written.day, 12, tzinfo=HONG_KONG),
        "feeds": (FEED.id,),
        "id": f"https://news.example/{day}/{slug}?utm_source=rss_feed",
    }
    return Story(**{**usual, **fields})


def make_letter(week: str = "2026-W20", **fields: Any) -> Letter:
    """Returns the letter of a week."""
    of = Week.parse(week)
    usual = {
        "file": f"content/{of.folder}/letter.md",
        "week": of,
        "title": "Dear reader",
        "body": "It was a full week.",
    }
    return Letter(**{**usual, **fields})


def make_page(name: str = "about", **fields: Any) -> FreePage:
    """Returns a free page."""
    usual = {
        "file": f"content/pages/{name}.md",
        "name": name,
        "title": name.capitalize(),
        "body": "What this is.",
    }
    return FreePage(**{**usual, **fields})


def make_introduction(theme: str = "export-controls", **fields: Any) -> FreePage:
    """Returns the standing introduction of a theme."""
    usual = {
        "file": f"content/themes/{theme}.md",
        "name": theme,
        "title": "",
        "body": "Who may buy what from whom.",
    }
    return FreePage(**{**usual, **fields})


def make_address(story: Story, since: str = "", *, file: str = "", week: str = "") -> StoryAddress:
    """Returns the address at which a story was first: its own, or that of another file or week."""
    of = Week.parse(week) if week else story.week
    path = file or f"content/{of.folder}/{story.day}-{story.slug}.md"
    return StoryAddress(
        week=of,
        slug=path[:-3].rpartition("/")[2][11:],
        file=path,
        present_file=story.file,
        since=since,
    )


def make_content(*stories: Story, **fields: Any) -> Content:
    """Returns content with the stories in the order of their files' names, as the store gives them."""
    return Content(**{"stories": tuple(sorted(stories, key=lambda story: story.file)), **fields})
