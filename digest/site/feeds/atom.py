"""The site's Atom feeds as values (RFC 4287, RFC 5005): ids, dates, authors and sources of entries.

A feed reader knows an entry by its id, and shows it again if `updated` changes. So ids are made
from what the publisher gave, never from an address or title of the site, and `updated` comes from
the story, never from a clock. Templates write the XML, and `render` checks it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from hashlib import sha1
from operator import attrgetter
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from digest import redact, urls
from digest.model import Config, Site, Story, Theme
from digest.names import last_change, lasting_name
from digest.site.cards import Card, Cards
from digest.week import Week

_HOUR = 3600  # seconds
_URL_NAMESPACE = bytes.fromhex("6ba7b8119dad11d180b400c04fd430c8")
"""The namespace of names that are URLs (RFC 9562 §6.6); the module `uuid` is slow to import."""
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""`updated` of an empty feed, which must have one; validators warn of earlier years."""
_IMAGE_TYPES = {  # not from `mimetypes`, which differs between machines
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}


class AtomSource(NamedTuple):
    """Where an entry comes from: the publisher's feed, or the host if a story was written by hand.

    `rel` is "self" if the link is the feed's own URL, "alternate" for a page (RFC 4287 §4.2.7.2).
    """

    id: str
    title: str
    link: str
    rel: str


class AtomEntry(NamedTuple):
    """One story in a feed; the card has its words."""

    id: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...]
    source: AtomSource
    image: str
    image_type: str
    themes: tuple[Theme, ...]
    card: Card


class EditionEntry(NamedTuple):
    """One edition in `/weeks.atom`, with all its stories."""

    id: str
    title: str
    published: datetime
    updated: datetime
    place: str
    view: Callable[[], object]
    """Makes what the template receives; called only if its text is not known."""


class Dated(Protocol):
    """An entry of a feed."""

    @property
    def updated(self) -> datetime:
        """When it last changed."""


class AtomFeed(NamedTuple):
    """One feed document: `place` is its own place, `page` that of the page it belongs to.

    An archive document links to the ones before and after it (places in `previous`, `following`).
    """

    id: str
    title: str
    subtitle: str
    place: str
    page: str
    entries: Sequence[Dated]
    archive: bool = False
    previous: str = ""
    following: str = ""

    @property
    def updated(self) -> datetime:
        """When an entry last changed."""
        return max((entry.updated for entry in self.entries), default=NEVER)


def entry_id(story: Story, names: Mapping[str, str]) -> str:
    """Returns the Atom id of a story, which stays if its file, title or host changes.

    It is made from the publisher's id. `names` has that by file, if the file says something else.
    """
    return _urn(lasting_name(story, names))


def edition_id(site: Site, week: Week) -> str:
    """Returns the Atom id of a week in the weekly feed."""
    return derived_id(site, "week", str(week))


def theme_feed_id(site: Site, theme: Theme) -> str:
    """Returns the id of a theme's feed: made from its first id, so it stays if the id changes."""
    return derived_id(site, "theme", (*theme.was, theme.id)[0])


def derived_id(site: Site, *parts: str) -> str:
    """Returns a URN made from the digest's id and these parts, which say what it identifies."""
    return _urn("\n".join((site.id, *parts)))


class Entries:
    """Makes the entries of one build. They are not kept: only the newest are in several feeds."""

    def __init__(self, config: Config, cards: Cards) -> None:
        self._config, self._cards = config, cards
        self.zone = config.site.zone
        self._themes = {theme.id: theme for theme in config.themes}
        self._sources: dict[tuple[str, str, str], AtomSource] = {}

    def entries(self, stories: Iterable[Story]) -> tuple[AtomEntry, ...]:
        """Returns the entries of stories, those published last first."""
        newest_first = sorted(stories, key=attrgetter("published"), reverse=True)
        return tuple(map(self._entry, newest_first))

    def _entry(self, story: Story) -> AtomEntry:
        """Returns the entry of a story."""
        card, names = self._cards.main(story), self._cards.lasting_names
        image = urls.web_link(story.image) or ""
        ending = posixpath.splitext(urlsplit(image).path)[1].lower()
        return AtomEntry(
            id=entry_id(story, names),
            published=story.published,
            updated=_updated(story, last_change(story, self.zone), self.zone, names),
            authors=story.authors or (card.source,),
            source=self._source(story),
            image=image,
            image_type=_IMAGE_TYPES.get(ending, "image/jpeg") if image else "",
            themes=tuple([self._themes[id] for id in story.themes]),
            card=card,
        )

    def _source(self, story: Story) -> AtomSource:
        """Returns where a story comes from; made once for all stories from there."""
        publisher, feed = self._cards.source(story)
        key = publisher, feed.id if feed else "", story.link.partition("//")[2].partition("/")[0]
        if key not in self._sources:
            home = f"https://{urls.host_of(story.link)}/"
            source = AtomSource(id=home, title=publisher, link=home, rel="alternate")
            if feed:
                address = redact.strip_feed(urls.web_link(feed.url) or "")
                if address:
                    source = AtomSource(id=address, title=feed.title, link=address, rel="self")
                else:  # a feed in a file has no URL
                    id = derived_id(self._config.site, "feed", feed.id)
                    source = AtomSource(id=id, title=feed.title, link=home, rel="alternate")
            self._sources[key] = source
        return self._sources[key]


def _updated(story: Story, change: datetime, zone: tzinfo, names: Mapping[str, str]) -> datetime:
    """Returns the time of a story's last change, some seconds after noon if it has only a day.

    Otherwise all stories of a day would have the same time, which validators warn of. The seconds
    are made from the story's name, so they do not depend on other stories.
    """
    if story.id or change != story.published:
        return change
    if change != datetime.combine(change.astimezone(zone).date(), time(12), zone):
        return change
    name = lasting_name(story, names)
    number = int.from_bytes(sha1(name.encode(), usedforsecurity=False).digest()[:4])
    return change + timedelta(seconds=number % _HOUR)


def _urn(name: str) -> str:
    """Returns the UUID of a name as a URN (RFC 9562 §5.5), three times as fast as `uuid`."""
    digest = bytearray(sha1(_URL_NAMESPACE + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    digits = digest.hex()
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
