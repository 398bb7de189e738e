"""The dates ahead that stories and letters announce (`ahead`), and what was written of them since.

    archive ──▶ Announced of each date: passed or not, and later texts that link back ──▶ Ahead

No clock is read: a date is an earlier one if the newest story is of a later day, or if a text that
links back is of that day or later. So a month can be over before it ends.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.model import Config, DueDate, Letter, Story
from digest.names import lasting_name
from digest.site import addresses, formatting
from digest.site.archive import Archive, Edition
from digest.site.link_targets import BrokenLink
from digest.site.markdown import MarkdownRenderer
from digest.week import Week, reached

_ORDER = attrgetter("last", "when", "source.day", "source.place", "text")
_SHOWN = 3  # in the box on a page
_MONTH, _YEAR = timedelta(days=31), timedelta(days=366)


class Source(NamedTuple):
    """A story or letter that tells of a date; `name` identifies it for good."""

    file: str
    name: str
    week: Week
    title: str
    place: str
    day: date
    changed: datetime

    @property
    def is_story(self) -> bool:
        """True for a story, False for a letter, which tells of all days of its week."""
        return "#" in self.place


class Announced(NamedTuple):
    """A date ahead, from its `first` to its `last` day; `since` are texts that say what came of it."""

    when: str
    first: date
    last: date
    text: str
    source: Source
    since: tuple[Source, ...]


class AheadLine(NamedTuple):
    """A date ahead in a list: what is due, and the place of the text that says so."""

    when: str
    text: str
    place: str


class Ahead(NamedTuple):
    """Announced dates: `all` the earliest first, of these `coming` the next first, `past` (earlier
    ones) the last first."""

    all: tuple[Announced, ...] = ()
    coming: tuple[Announced, ...] = ()
    past: tuple[Announced, ...] = ()

    def lines(self) -> tuple[AheadLine, ...]:
        """Returns the next three dates after the newest story."""
        return _lines(self.coming)

    def lines_of(self, edition: Edition) -> tuple[AheadLine, ...]:
        """Returns the next three dates as of an edition: announced until then, and due after it."""
        if not self.all:
            return ()
        week, day = edition.week, _newest_day(edition)
        return _lines(
            one
            for one in self.all
            if one.last >= day and one.source.week <= week
            if not any(text.week <= week and text.day >= one.first for text in one.since)
        )


def ahead_of(archive: Archive, config: Config, markdown: MarkdownRenderer) -> Ahead:
    """Returns all dates that published texts announce."""
    found = list(_announced(archive, config))
    if not found:
        return Ahead()
    newest, coming, past = _newest(archive), list[Announced](), list[Announced]()
    links_back = _links_back(archive, config, markdown, {source for source, _ in found})
    for source, one in found:
        first, last = formatting.first_day(one.when), _last_day_of(one.when)
        later = links_back.get(source, ())
        since = tuple([text for text in later if text.day >= first])
        has_passed = newest is not None and last < newest
        if has_passed:
            since = since or later  # it may have been called off before
        made = Announced(one.when, first, last, one.text, source, since)
        (past if has_passed or since else coming).append(made)
    coming.sort(key=_ORDER)
    past.sort(key=_ORDER)
    every = tuple(sorted((*past, *coming), key=_ORDER))
    return Ahead(every, tuple(coming), tuple(reversed(past)))


def _announced(archive: Archive, config: Config) -> Iterator[tuple[Source, DueDate]]:
    for edition in archive.editions:
        if edition.letter:
            for one in edition.letter.ahead:
                yield _letter(edition.letter, edition, config), one
        for story in edition.all:
            for one in story.ahead:
                yield _story(story, archive), one


def _newest(archive: Archive) -> date | None:
    """Returns the day of the newest story; weeks far ahead, by a typing error, do not count."""
    with_stories = {edition.week: edition for edition in archive.editions if edition.stories}
    last = reached(with_stories)[-1:]
    return _newest_day(with_stories[last[0]]) if last else None


def _newest_day(edition: Edition) -> date:
    """Returns the day of an edition's newest story, a day of its week; the last one without any."""
    week = edition.week
    newest = max([story.day for story in edition.all], default=week.sunday)
    return max(week.monday, min(newest, week.sunday))


def _last_day_of(when: str) -> date:
    first = formatting.first_day(when)
    if len(when) == len("2027"):
        return (first + _YEAR).replace(day=1) - timedelta(days=1)
    if len(when) == len("2027-01"):
        return (first + _MONTH).replace(day=1) - timedelta(days=1)
    return first


def _lines(dates: Iterable[Announced]) -> tuple[AheadLine, ...]:
    shown = islice(dates, _SHOWN)
    return tuple([AheadLine(one.when, one.text, one.source.place) for one in shown])


def _story(story: Story, archive: Archive) -> Source:
    return Source(
        file=story.file,
        name=lasting_name(story, archive.content.names),
        week=story.week,
        title=story.shown_headline,
        place=addresses.permalink(story.week, archive.anchors.of(story)),
        day=story.day,
        changed=archive.changed[story.file],
    )


def _letter(letter: Letter, edition: Edition, config: Config) -> Source:
    monday = datetime.combine(letter.week.monday, time(), ZoneInfo(config.site.timezone))
    return Source(
        file=letter.file,
        name=f"letter {letter.week}",
        week=letter.week,
        title=formatting.titled(letter.week, edition.letter_title),
        place=addresses.week(letter.week),
        day=letter.week.sunday,
        changed=letter.updated or letter.published or monday,
    )


def _links_back(
    archive: Archive, config: Config, markdown: MarkdownRenderer, sources: Collection[Source]
) -> Mapping[Source, tuple[Source, ...]]:
    """Returns later stories and letters that link to a source, by source, the earliest first."""
    by_link = defaultdict[str, list[Source]](list)
    for source in sources:
        by_link[markdown.targets.base.href(source.place)].append(source)
    found = defaultdict[Source, list[Source]](list)

    def look(text: str, file: str, edition: Edition, make: Callable[[], Source]) -> None:
        for link in set(_links(text, file, edition.week, markdown)).intersection(by_link):
            later = make()
            for source in by_link[link]:
                if _is_later(later, source):
                    found[source].append(later)

    first = min(source.week for source in sources)
    for edition in archive.editions:
        if edition.week < first:
            break
        for story in edition.stories:
            look(story.note, story.file, edition, partial(_story, story, archive))
        if letter := edition.letter:
            look(letter.body, letter.file, edition, partial(_letter, letter, edition, config))
    by_day = attrgetter("day", "place")
    return {source: tuple(sorted(later, key=by_day)) for source, later in found.items()}


def _links(text: str, file: str, week: Week, markdown: MarkdownRenderer) -> Iterator[str]:
    """Yields the links of a week's text to places of the site, from the root of the host."""
    here, base = addresses.week(week), markdown.targets.base
    for address in markdown.addresses(text):
        if "://" not in address:
            link = markdown.targets.resolve(address, file, here)
            if not isinstance(link, BrokenLink):
                yield link
    if base.url in text:
        for address in re.findall(rf"{re.escape(base.url)}[^\s<>()\[\]\"']*", text):
            yield address.removeprefix(base.origin)


def _is_later(text: Source, source: Source) -> bool:
    """True if a text is of a later week, or both are stories and it is of a later day."""
    if text.week != source.week:
        return text.week > source.week
    return text.is_story and text.day > source.day
