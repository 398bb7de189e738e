"""Our Atom feeds as values (RFC 4287, RFC 5005): which entry has which id, and when it last changed.

A feed reader remembers an entry by its id and calls it new when `updated` moves. So ids come from what the publisher
gave and never from an address or a title of ours, and `updated` comes from the story and never from a clock.
Refuses to write XML: templates do, and render checks that it is.
"""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from hashlib import sha1
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest import redact, urls
from digest.errors import Problem
from digest.model import Config, Content, Feed, Site, Story, Theme
from digest.names import last_change, lasting_name
from digest.site import addresses, formatting
from digest.site.archive import Edition
from digest.site.cards import Card, Cards
from digest.site.edition_dates import EditionDates
from digest.site.views import EditionView, Views, letter_title

_HOUR = 3600  # seconds
_NEVER = datetime(
    2000, 1, 1, tzinfo=UTC
)  # an empty feed must say when it was updated; older is called implausible
_IMAGES = {  # Python's own table differs from version to version and from machine to machine
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}


class Source(NamedTuple):
    """Where an entry comes from: the publisher's feed, or for a story written by hand the publisher's host.

    `rel` says what the link is to it: "self", the feed's own address, or "alternate", a page (RFC 4287 §4.2.7.2).
    """

    id: str
    title: str
    link: str
    rel: str


class AtomEntry(NamedTuple):
    """One story as our feeds give it; the card has what it says."""

    id: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...]
    source: Source
    image: str
    image_type: str
    themes: tuple[Theme, ...]
    card: Card


class EditionEntry(NamedTuple):
    """One edition as `/weeks.atom` gives it, whole; `key` changes whenever anything in it does."""

    id: str
    title: str
    published: datetime
    updated: datetime
    place: str
    key: bytes
    view: Callable[[], EditionView]

    @property
    def edition(self) -> EditionView:
        """The edition as it is shown, made when somebody asks: most were told before."""
        return self.view()


class AtomFeed(NamedTuple):
    """One feed document: `place` is its own, `page` that of the page it goes with.

    An archive document names the ones before and after it (`previous`, `following`: places, or empty).
    """

    id: str
    title: str
    subtitle: str
    place: str
    page: str
    updated: datetime
    entries: tuple[AtomEntry, ...] | tuple[EditionEntry, ...]
    archive: bool = False
    previous: str = ""
    following: str = ""


def entry_id(story: Story, names: Mapping[str, str]) -> str:
    """Returns the Atom id of a story: of what the publisher calls it, whatever becomes of file, title or host.

    `names` has what that is, by file, where the file has come to say something else.
    """
    return _urn(lasting_name(story, names))


def feed_id(site: Site, *parts: str) -> str:
    """Returns the id of one of our feeds: the digest's own for the whole, one derived from it for a part."""
    return _urn("\n".join((site.id, *parts))) if parts else site.id


def theme_feed_id(site: Site, theme: Theme) -> str:
    """Returns the id of a theme's feed, which stays when the theme is renamed: the first id it had decides."""
    return feed_id(site, "theme", (*theme.was, theme.id)[0])


def duplicate_ids(content: Content) -> list[Problem]:
    """Returns a problem for each story whose Atom id another one has: readers would see only one of them."""
    first: dict[str, Story] = {}
    problems = []
    for story in content.stories:
        other = first.setdefault(lasting_name(story, content.names), story)
        if other.file != story.file:
            has_id = bool(story.id or other.id)
            same = (
                "id"
                if story.id == other.id and has_id
                else "link"
                if story.link == other.link
                else "Atom id"
            )
            what = f"is the same story as {other.file}: both have the same {same}"
            cure = (
                "delete one, or remove 'id' from the newer one" if has_id else "delete one of them"
            )
            problems.append(Problem(story.file, 0, what, cure))
    return problems


class Entries:
    """Makes the entries of one build, each once, and the feeds out of them."""

    def __init__(self, config: Config, cards: Cards, views: Views) -> None:
        self._config, self._cards, self._views = config, cards, views
        self.zone = ZoneInfo(config.site.timezone)
        self._themes = {theme.id: theme for theme in config.themes}
        self._made: dict[str, AtomEntry] = {}
        self._sources: dict[tuple[str, str, str], Source] = {}

    def entries(self, stories: Iterable[Story]) -> tuple[AtomEntry, ...]:
        """Returns the entries of stories, the newest first by when they were published."""
        return tuple(
            [
                self._entry(story)
                for story in sorted(stories, key=attrgetter("published"), reverse=True)
            ]
        )

    def feed(self, stories: Iterable[Story], *, place: str, previous: str = "") -> AtomFeed:
        """Returns the feed of the whole digest."""
        site = self._config.site
        return self._feed(
            self.entries(stories),
            id=feed_id(site),
            place=place,
            page=addresses.HOME,
            previous=previous,
        )

    def theme(self, theme: Theme, stories: Sequence[Story]) -> AtomFeed:
        """Returns the feed of a theme."""
        return self._feed(
            self.entries(stories),
            id=theme_feed_id(self._config.site, theme),
            title=f"{theme.title} – {self._config.site.title}",
            place=addresses.theme_feed(theme.id),
            page=addresses.theme(theme.id),
        )

    def archive(self, edition: Edition, *, previous: str, following: str) -> AtomFeed:
        """Returns the archive document of a closed week (RFC 5005 §4); it is a part of the feed of the whole."""
        return self._feed(
            self.entries(edition.stories),
            id=feed_id(self._config.site),
            place=addresses.week_feed(edition.week),
            page=addresses.week(edition.week),
            archive=True,
            previous=previous,
            following=following,
        )

    def weeks(self, editions: Iterable[Edition], dates: Iterable[EditionDates]) -> AtomFeed:
        """Returns the feed that has an entry for each edition; `dates` are theirs."""
        site = self._config.site
        return self._feed(
            tuple(map(self._edition, editions, dates)),
            id=feed_id(site, "weeks"),
            title=f"{site.title}, week by week",
            place=addresses.WEEKS_FEED,
            page=addresses.ARCHIVE,
        )

    def _feed(
        self,
        entries: tuple[AtomEntry, ...] | tuple[EditionEntry, ...],
        *,
        id: str,
        place: str,
        page: str,
        title: str = "",
        archive: bool = False,
        previous: str = "",
        following: str = "",
    ) -> AtomFeed:
        return AtomFeed(
            id=id,
            title=title or self._config.site.title,
            subtitle=self._config.site.description,
            place=place,
            page=page,
            updated=max((entry.updated for entry in entries), default=_NEVER),
            entries=entries,
            archive=archive,
            previous=previous,
            following=following,
        )

    def _entry(self, story: Story) -> AtomEntry:
        if story.file not in self._made:
            self._made[story.file] = self._made_entry(story)
        return self._made[story.file]

    def _made_entry(self, story: Story) -> AtomEntry:
        card = self._cards.main(story)
        image = (story.image and urls.web_link(story.image)) or ""
        return AtomEntry(
            id=entry_id(story, self._cards.names),
            published=story.published,
            updated=_apart(story, last_change(story, self.zone), self.zone, self._cards.names),
            authors=story.authors or (card.source,),
            source=self._source(story),
            image=image,
            image_type=_image_type(image) if image else "",
            themes=tuple(self._themes[id] for id in story.themes),
            card=card,
        )

    def _source(self, story: Story) -> Source:
        """Returns where a story comes from, made once for all that come from there."""
        publisher, feed = self._cards.source(story)
        key = publisher, feed.id if feed else "", story.link.partition("//")[2].partition("/")[0]
        if key not in self._sources:
            self._sources[key] = self._made_source(publisher, feed, urls.host(story.link))
        return self._sources[key]

    def _made_source(self, publisher: str, feed: Feed | None, host: str) -> Source:
        home = f"https://{host}/"
        if feed is None:
            return Source(id=home, title=publisher, link=home, rel="alternate")
        address = redact.strip_feed(urls.web_link(feed.url) or "")
        id = address or feed_id(
            self._config.site, "feed", feed.id
        )  # a feed in a file has no address of its own
        return Source(
            id=id, title=feed.title, link=address or home, rel="self" if address else "alternate"
        )

    def _edition(self, edition: Edition, dates: EditionDates) -> EditionEntry:
        told = letter_title(edition.letter) if edition.letter else formatting.span(edition.week)
        return EditionEntry(
            id=feed_id(self._config.site, "week", str(edition.week)),
            title=formatting.titled(edition.week, told),
            published=_moment(dates.published, self.zone),
            updated=_moment(dates.updated, self.zone),
            place=addresses.week(edition.week),
            key=edition.key,
            view=lambda: self._views.edition(edition),
        )


def _apart(story: Story, change: datetime, zone: tzinfo, names: Mapping[str, str]) -> datetime:
    """Returns the time of a story's last change; for one by hand that has only a day, some seconds after noon.

    Otherwise all stories of a day would have the same time, which validators warn of. The seconds are made of the
    story's name, so that they do not depend on other stories.
    """
    is_day = not story.id and change == datetime.combine(
        change.astimezone(zone).date(), time(12), zone
    )
    if not is_day or change != story.published:
        return change
    name = lasting_name(story, names)
    number = int.from_bytes(sha1(name.encode(), usedforsecurity=False).digest()[:4])
    return change + timedelta(seconds=number % _HOUR)


def _moment(seconds: float, zone: tzinfo) -> datetime:
    """Returns a time in a zone, or in UTC if the zone's offset has seconds, which RFC 3339 does not allow."""
    moment = datetime.fromtimestamp(int(seconds), zone)
    return moment.astimezone(UTC) if moment.strftime("%z")[5:] else moment


def _urn(name: str) -> str:
    """Returns the URN of the UUID of a name, version 5 (RFC 9562 §5.5), in a third of the time that `uuid` takes."""
    digest = bytearray(
        sha1(uuid.NAMESPACE_URL.bytes + name.encode(), usedforsecurity=False).digest()[:16]
    )
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    signs = digest.hex()
    return f"urn:uuid:{signs[:8]}-{signs[8:12]}-{signs[12:16]}-{signs[16:20]}-{signs[20:]}"


def _image_type(address: str) -> str:
    return _IMAGES.get(posixpath.splitext(urlsplit(address).path)[1].lower(), "image/jpeg")
