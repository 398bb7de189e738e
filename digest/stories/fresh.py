"""The story that an entry would be if it were taken in now.

Refuses to look at what is there: what becomes of it is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model import Config, Entry, Feed, Story
from digest.stories import excerpt
from digest.stories.themes import themes_of
from digest.week import Week

_AHEAD = timedelta(days=1)
"""A date that lies further ahead of the pull than this is not believed."""
_NOON = timedelta(hours=12)


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
    published = (_local(entry, zone) if believes(entry, now) else now.astimezone(zone)).replace(microsecond=0)
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


def _local(entry: Entry, zone: ZoneInfo) -> datetime:
    """Returns the moment of an entry's date in the digest's zone; a day alone is its noon, as in a file's name."""
    assert entry.published is not None
    if not entry.zoneless:
        return entry.published.astimezone(zone)
    return (entry.published + _NOON if entry.day_only else entry.published).replace(tzinfo=zone)


def evidence(entry: Entry, config: Config) -> dict[str, str]:
    """Returns the themes that an entry earns, each with the phrase that earned it."""
    return themes_of(entry.title, entry.summary, config.themes)
