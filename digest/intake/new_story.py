"""The story that an entry would be if it were taken in now, and its first line in the ledger.

Refuses to look at what is there: what becomes of it is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.content import excerpt, identity
from digest.content.ledger import Record
from digest.model import Config, Entry, Feed, Story
from digest.themes.rules import themes_of
from digest.week import Week

_AHEAD = timedelta(days=1)
"""A date that lies further ahead of the pull than this is not believed."""
_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class NewStory:
    """One entry of one feed; `guid` is its own, empty where it has none or shares it with other stories.

    `aliases` lack a guid that belongs to another story, since who asks by it means that one.
    """

    feed: Feed
    entry: Entry
    guid: str
    aliases: tuple[str, ...]


def is_ahead(published: datetime, now: datetime) -> bool:
    """Tells whether a date lies further ahead than clocks and time zones differ."""
    return published - now > _AHEAD


def believes(entry: Entry, now: datetime) -> bool:
    """Tells whether an entry has a date that can be true."""
    return entry.published is not None and not is_ahead(entry.published, now)


def fresh_story(arrival: NewStory, config: Config, now: datetime) -> Story:
    """Returns the story of an entry, all but its slug and file; its week is that of its local day."""
    feed, entry = arrival.feed, arrival.entry
    zone = ZoneInfo(config.site.timezone)
    published = (_local(entry, zone) if believes(entry, now) else now.astimezone(zone)).replace(
        microsecond=0
    )
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
        themes=tuple(_evidence(entry, config)),
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


def first_record(
    arrival: NewStory, file: str, config: Config, at: str, own: Entry | None = None
) -> Record:
    """Returns the record of an entry that its feed brings for the first time, before anything is noted as heard.

    `at` is the moment of the pull. For a file that was there before, `own` has the names by which it is known already.
    """
    entry = arrival.entry
    return Record(
        at=at,
        id=(own.id or own.link) if own else arrival.guid or entry.link,
        aliases=identity.aliases_of(own) if own else (),
        file=file,
        title=entry.title,
        themes=_evidence(entry, config),
        deleted=False,
    )


def _evidence(entry: Entry, config: Config) -> dict[str, str]:
    """Returns the themes that an entry earns, each with the phrase that earned it."""
    return themes_of(entry.title, entry.summary, config.themes)
