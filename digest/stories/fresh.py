"""The story that an entry would be if it were taken in now, and the free places where new ones can lie.

Refuses to look at what is there: what becomes of it is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model import Config, Entry, Feed, Story
from digest.stories import excerpt
from digest.stories.slug import free_slug, slug_of
from digest.stories.themes import themes_of
from digest.week import Week

_AHEAD = timedelta(days=1)
"""A date that lies further ahead of the pull than this is not believed."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One entry of one feed; `guid` is its own, empty where it has none or shares it with other stories.

    `aliases` lack a guid that belongs to another story, since who asks by it means that one.
    """

    feed: Feed
    entry: Entry
    guid: str
    aliases: tuple[str, ...]


def believes(entry: Entry, now: datetime) -> bool:
    """Tells whether an entry has a date that can be true."""
    return entry.published is not None and entry.published <= now + _AHEAD


def fresh_story(arrival: Arrival, config: Config, now: datetime) -> Story:
    """Returns the story of an entry, all but its slug and file; its week is that of its local day."""
    feed, entry = arrival.feed, arrival.entry
    zone = ZoneInfo(config.site.timezone)
    published = (entry.published if entry.published and believes(entry, now) else now).astimezone(zone)
    return Story(
        file="",
        week=Week.of(published.date()),
        day=published.date(),
        slug="",
        title=entry.title,
        link=entry.link,
        published=published,
        authors=entry.authors,
        feeds=(feed.id,),
        themes=tuple(evidence(entry, config)),
        image=entry.image,
        id=arrival.guid,
        draft=config.draft,
        excerpt=excerpt.escape(excerpt.cut(entry.summary, feed.excerpt)),
    )


def evidence(entry: Entry, config: Config) -> dict[str, str]:
    """Returns the themes that an entry earns, each with the phrase that earned it."""
    return themes_of(entry.title, entry.summary, config.themes)


class Places:
    """The slugs of each week's folder that are taken, by files or by deleted ones, whose addresses stay theirs."""

    def __init__(self, files: Iterable[str]) -> None:
        self._taken: dict[str, set[str]] = {}
        for file in files:
            folder, _, name = file.removeprefix("content/").rpartition("/")
            stem = name.removesuffix(".md")
            slug = stem[11:] if stem[:4].isdigit() and stem[4:5] == "-" else stem
            self._taken.setdefault(folder, set()).add(slug)

    def take(self, week: Week, entry: Entry) -> str:
        """Returns a slug that is free in the week, and takes it."""
        taken = self._taken.setdefault(week.folder, set())
        slug = free_slug(slug_of(entry.title, entry.id or entry.link), taken)
        taken.add(slug)
        return slug
