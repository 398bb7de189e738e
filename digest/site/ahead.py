"""The dates ahead that stories and letters announce (`ahead`), and what was written of them since.

    archive ──▶ each DateAhead: passed or not, and later texts that link back ──▶ Ahead

No clock is read: a date is an earlier one if the newest story is of a later day, or if a text that
links back is of that day or later. So a month can be over before it ends.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime, time
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from digest.model import Config, DueDate, Letter, Story
from digest.names import lasting_name
from digest.site import addresses, formatting
from digest.site.archive import Archive, Edition
from digest.site.link_targets import BrokenLink
from digest.site.markdown import MarkdownRenderer
from digest.week import Week, without_mistyped

_ORDER = attrgetter("last", "when", "source.day", "source.place", "text")
_MAX_SHOWN = 3  # in the box on a page


class DatedText(NamedTuple):
    """A story or letter that announces a date, or tells what happened; `name` identifies it for good."""

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


class DateAheadLine(NamedTuple):
    """A date ahead in a list: what is due, and the place of the text that says so."""

    when: str
    text: str
    place: str


class DateAhead(NamedTuple):
    """A date ahead, from its `first` to its `last` day; `since` are texts that say what happened."""

    when: str
    first: date
    last: date
    text: str
    source: DatedText
    since: tuple[DatedText, ...]

    @property
    def line(self) -> DateAheadLine:
        """The date in a list."""
        return DateAheadLine(self.when, self.text, self.source.place)


class Ahead(NamedTuple):
    """The dates ahead: `all` in order, split into `upcoming` in order and `past`, the last first."""

    all: tuple[DateAhead, ...] = ()
    upcoming: tuple[DateAhead, ...] = ()
    past: tuple[DateAhead, ...] = ()

    def next_dates(self) -> tuple[DateAheadLine, ...]:
        """Returns the next three dates after the newest story."""
        return tuple([date_ahead.line for date_ahead in self.upcoming[:_MAX_SHOWN]])

    def next_dates_as_of(self, edition: Edition) -> tuple[DateAheadLine, ...]:
        """Returns the next three dates as of an edition: announced until then, and due after it."""
        if not self.all:
            return ()
        week, day = edition.week, _newest_day(edition)
        lines: list[DateAheadLine] = []
        for date_ahead in self.all:
            if date_ahead.last < day or date_ahead.source.week > week:
                continue
            if any(text.week <= week and text.day >= date_ahead.first for text in date_ahead.since):
                continue
            lines.append(date_ahead.line)
            if len(lines) == _MAX_SHOWN:
                break
        return tuple(lines)


def ahead_of(archive: Archive, config: Config, markdown: MarkdownRenderer) -> Ahead:
    """Returns all dates that published texts announce."""
    due_dates: list[tuple[DatedText, DueDate]] = []
    for edition in archive.editions:
        if letter := edition.letter:
            due_dates += [(_letter(letter, edition, config), due) for due in letter.ahead]
        for story in edition.all_stories:
            due_dates += [(_story(story, archive), due) for due in story.ahead]
    if not due_dates:
        return Ahead()
    # Weeks that are taken for mistyped do not count.
    with_stories = {edition.week: edition for edition in archive.editions if edition.stories}
    weeks = without_mistyped(with_stories, archive.content.reached)
    newest = _newest_day(with_stories[weeks[-1]]) if weeks else None
    links_back = _links_back(archive, config, markdown, {source for source, _ in due_dates})
    upcoming, past = list[DateAhead](), list[DateAhead]()
    for source, due in due_dates:
        first, last = formatting.first_day(due.when), _last_day(due.when)
        later = links_back.get(source, ())
        since = tuple([text for text in later if text.day >= first])
        has_passed = newest is not None and last < newest
        if has_passed:
            since = since or later  # it may have been called off before
        date_ahead = DateAhead(due.when, first, last, due.text, source, since)
        (past if has_passed or since else upcoming).append(date_ahead)
    upcoming.sort(key=_ORDER)
    past.sort(key=_ORDER)
    every = tuple(sorted((*past, *upcoming), key=_ORDER))
    return Ahead(every, tuple(upcoming), tuple(reversed(past)))


def _newest_day(edition: Edition) -> date:
    """Returns the day of an edition's newest story, a day of its week; the last one without any."""
    week = edition.week
    newest = max([story.day for story in edition.all_stories], default=week.sunday)
    return max(week.monday, min(newest, week.sunday))


def _last_day(when: str) -> date:
    """Returns the last day of a day, month or year in ISO 8601."""
    first = formatting.first_day(when)
    if len(when) == len("2027"):
        return first.replace(month=12, day=31)
    if len(when) == len("2027-01"):
        return first.replace(day=monthrange(first.year, first.month)[1])
    return first


def _story(story: Story, archive: Archive) -> DatedText:
    return DatedText(
        file=story.file,
        name=lasting_name(story, archive.content.lasting_names),
        week=story.week,
        title=story.shown_headline,
        place=addresses.permalink(story.week, archive.anchors.of(story)),
        day=story.day,
        changed=archive.changed[story.file],
    )


def _letter(letter: Letter, edition: Edition, config: Config) -> DatedText:
    monday = datetime.combine(letter.week.monday, time(), config.site.zone)
    return DatedText(
        file=letter.file,
        name=f"letter {letter.week}",
        week=letter.week,
        title=formatting.titled(letter.week, edition.letter_title),
        place=addresses.week(letter.week),
        day=letter.week.sunday,
        changed=letter.updated or letter.published or monday,
    )


def _links_back(
    archive: Archive, config: Config, markdown: MarkdownRenderer, sources: Collection[DatedText]
) -> Mapping[DatedText, tuple[DatedText, ...]]:
    """Returns later stories and letters that link to a source, by source, the earliest first."""
    by_link = defaultdict[str, list[DatedText]](list)
    for source in sources:
        by_link[markdown.targets.base.href(source.place)].append(source)
    links_back = defaultdict[DatedText, list[DatedText]](list)

    def add_links(text: str, file: str, edition: Edition, make: Callable[[], DatedText]) -> None:
        for link in by_link.keys() & set(_links(text, file, edition.week, markdown)):
            later = make()
            for source in by_link[link]:
                is_later = later.week > source.week
                if later.week == source.week:  # a letter tells of all days of its week
                    is_later = later.is_story and later.day > source.day
                if is_later:
                    links_back[source].append(later)

    first = min(source.week for source in sources)
    for edition in archive.editions:
        if edition.week < first:
            break
        for story in edition.stories:
            add_links(story.note, story.file, edition, partial(_story, story, archive))
        if letter := edition.letter:
            add_links(letter.body, letter.file, edition, partial(_letter, letter, edition, config))
    by_day = attrgetter("day", "place")
    return {source: tuple(sorted(later, key=by_day)) for source, later in links_back.items()}


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
