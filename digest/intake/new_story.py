"""The story that an entry would become today, and its first ledger record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.content import excerpt, identity
from digest.content.ledger import Record
from digest.model import Config, Entry, Feed, Story
from digest.themes.rules import themes_of
from digest.week import Week

_TOLERANCE = timedelta(days=1)
"""A date further in the future than this is not believed."""
_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One entry of one feed, with its aliases.

    `guid` is empty if the entry has none, or shares it with other stories. A guid that belongs to
    another story is not among `aliases`.
    """

    feed: Feed
    entry: Entry
    guid: str
    aliases: tuple[str, ...]


def is_in_future(published: datetime, now: datetime) -> bool:
    """True if a date is further in the future than clocks and time zones can differ."""
    return published - now > _TOLERANCE


def has_credible_date(entry: Entry, now: datetime) -> bool:
    """True if an entry has a date that is not too far in the future."""
    return entry.published is not None and not is_in_future(entry.published, now)


def fresh_story(arrival: Arrival, config: Config, now: datetime) -> Story:
    """Returns the story of an entry, without slug and file. Its week is that of its local day."""
    feed, entry = arrival.feed, arrival.entry
    zone = config.site.zone
    published = _local(entry, zone) if has_credible_date(entry, now) else now.astimezone(zone)
    published = published.replace(microsecond=0)
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
        themes=tuple(_evidence(arrival, config)),
        image=entry.image,
        id=arrival.guid,
        draft=config.draft,
        excerpt=excerpt.escape(excerpt.cut(entry.summary, feed.excerpt)),
    )


def _local(entry: Entry, zone: ZoneInfo) -> datetime:
    """Returns an entry's date in the digest's time zone; noon if only the day is known."""
    assert entry.published is not None
    if not entry.zoneless:
        return entry.published.astimezone(zone)
    return (entry.published + _NOON if entry.day_only else entry.published).replace(tzinfo=zone)


def first_record(
    arrival: Arrival, file: str, config: Config, at: str, in_file: Entry | None
) -> Record:
    """Returns the record of an entry that is new to its feed, still without `said` and `wrote`.

    `at` is the time of the pull. If the story's file was there before, `in_file` has the id,
    headline and link in that file.
    """
    entry = arrival.entry
    return Record(
        feed=arrival.feed.id,
        at=at,
        id=(in_file.id or in_file.link) if in_file else arrival.guid or entry.link,
        aliases=identity.aliases_of(in_file) if in_file else (),
        file=file,
        title=entry.title,
        themes=_evidence(arrival, config),
        deleted=False,
    )


def _evidence(arrival: Arrival, config: Config) -> dict[str, str]:
    """Returns the themes that the rules give to an entry, each with the phrase that matched."""
    entry = arrival.entry
    return themes_of(entry.title, entry.summary, config.themes, [arrival.feed])
