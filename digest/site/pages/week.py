"""The pages of weeks, and the views of a week that home, the archive and the weekly feed show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple

from digest.model import Story
from digest.site import addresses, formatting, neighbours
from digest.site.ahead import DateAheadLine
from digest.site.archive import Edition
from digest.site.cards import Card
from digest.site.context import SiteContext
from digest.site.edition_dates import datetime_of
from digest.site.markdown import Html
from digest.site.page import LONGEST_DESCRIPTION, Head, Listed, Page, PageLink
from digest.site.social.pages import week_picture
from digest.week import Week

_MAX_NAMED_THEMES = 3  # themes that are named when a page says what a week is about
_MAX_INDEXED = 10  # headlines in the index of an edition
_MIN_TO_INDEX = 4  # stories of an edition that has an index
_MIN_IN_SECTION = 2  # stories of a theme that has a section of its own
_MIN_IN_COMMON = 2  # stories of which a page says what they have in common
_MAX_SHORT_NOTE = 700  # characters of a note (HTML) that fits in half a page's width
_DESCRIBED_HEADLINES = 12  # headlines, more than a description has
_OPENING_PARAGRAPHS = 4  # paragraphs of a letter, more than a description has


class Group(NamedTuple):
    """Stories under a heading: `cards` have a note, `lines` have none.

    The heading links to `place` if there is one. `colour` is the number of a theme's, 0 for none.
    With `kickers`, each story has its theme above its headline. `short`: all notes are.
    """

    title: str
    place: str
    detail: str
    id: str
    cards: tuple[Card, ...]
    lines: tuple[Card, ...]
    colour: int = 0
    kickers: bool = False

    @property
    def all(self) -> tuple[Card, ...]:
        """All its stories in their order."""
        return (*self.cards, *self.lines)

    @property
    def short(self) -> bool:
        """True if there are several cards, each short enough for half a page's width."""
        return len(self.cards) > 1 and all(len(card.note) <= _MAX_SHORT_NOTE for card in self.cards)


class LetterView(NamedTuple):
    """The editor's letter, as HTML."""

    title: str
    body: Html
    draft: bool


class MovedStory(NamedTuple):
    """A story that was moved to another week: its `anchor` in this week, and its new place."""

    anchor: str
    headline: str
    place: str
    week: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """A week as a page or a feed shows it.

    - `headlines`: its first ones, for an index; `more_headlines` counts the rest
    - `in_common`: what all its stories have in common, publisher and paywall, in words
    - `moved_stories`: those that are in another week now
    """

    label: str
    span: str
    place: str
    feed: str
    closed: bool
    count: str
    about: str
    in_common: str
    letter: LetterView | None
    headlines: tuple[PageLink, ...]
    more_headlines: int
    lead: Card | None
    groups: tuple[Group, ...]
    moved_stories: tuple[MovedStory, ...]

    @property
    def all(self) -> tuple[Card, ...]:
        """All its stories in the order in which they are shown."""
        lead = (self.lead,) if self.lead else ()
        return (*lead, *chain.from_iterable(group.all for group in self.groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLine:
    """A week in a list: `title` is what its edition is called, `headlines` are its first stories,
    `days` its days without the year.
    """

    number: int
    label: str
    span: str
    days: str
    place: str
    closed: bool
    count: str
    about: str
    title: str
    headlines: tuple[PageLink, ...]


def week_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the page of each week, newest first, then those of weeks that have no stories now."""
    editions = context.archive.editions
    weeks = [edition.week for edition in editions]
    for edition, newer, older in zip(editions, (None, *weeks), (*weeks[1:], None), strict=False):
        dates = context.dates.get(edition.week)
        published = dates.published if dates else 0
        neighbours_key = neighbours.key(
            edition, context.neighbours, context.archive.anchors, context.memory
        )
        ahead = context.ahead.next_dates_as_of(edition)
        values = newer, older, neighbours_key, ahead, published
        make = partial(_week_page, context, edition, *values)
        yield context.memory.memo(("week page", edition.week), (edition,), values, make)
    for edition in context.archive.vacated:
        yield _week_page(context, edition, None, None, b"", (), 0)


def _week_page(
    context: SiteContext,
    edition: Edition,
    newer: Week | None,
    older: Week | None,
    neighbours_key: bytes,
    ahead: tuple[DateAheadLine, ...],
    published: float,
) -> Page:
    head = Head(
        title=context.page_title(formatting.titled(edition.week, edition.title)),
        description=_description(context, edition),
        place=addresses.week(edition.week),
        updated=context.last_change(addresses.week(edition.week), edition.stories),
        published=datetime_of(published, context.entries.zone).isoformat() if published else "",
        picture=week_picture(context, edition),
    )
    source = f"the page of {edition.week}"
    return context.page(
        "week.html",
        source,
        head,
        _week_data,
        edition,
        newer,
        older,
        ahead,
        depends_on=neighbours_key,
    )


def _description(context: SiteContext, edition: Edition) -> str:
    """Returns the days of a week, and how its letter begins, or its first headlines."""

    def make() -> str:
        days, words = formatting.span(edition.week), ""
        if edition.letter:
            opening = edition.letter.body.split("\n\n", _OPENING_PARAGRAPHS)[:_OPENING_PARAGRAPHS]
            words = context.markdown.words("\n\n".join(opening))
        if not words:
            first = [edition.lead] if edition.lead else []
            first += [story for story in edition.stories if story is not edition.lead]
            words = "; ".join(story.shown_headline for story in first[:_DESCRIBED_HEADLINES])
            days = f"{days}, {formatting.stories(len(edition.stories))}"
        description = f"{days}: {words}" if words else f"{days}."
        return formatting.shortened(description, LONGEST_DESCRIPTION)

    return context.memory.memo(("description", edition.week), (edition,), (), make)


def _week_data(
    context: SiteContext,
    edition: Edition,
    newer: Week | None,
    older: Week | None,
    ahead: tuple[DateAheadLine, ...],
) -> Mapping[str, object]:
    view = edition_view(context, edition)
    return {
        "edition": view,
        "neighbours": neighbours.views(edition.stories, context.neighbours, context.cards),
        "listed": story_links(view),
        "story_count": len(edition.stories),
        "ahead": ahead,
        "newer": _week_link(newer),
        "older": _week_link(older),
    }


def edition_view(context: SiteContext, edition: Edition) -> EditionView:
    """Returns a week with its letter and stories."""
    place, letter = addresses.week(edition.week), None
    if written := edition.letter:
        file, line = written.file, written.line
        body = context.markdown.html(written.body, file=file, here=place, top=3, line=line)
        letter = LetterView(title=edition.letter_title, body=body, draft=written.draft)
    lead = context.cards.main(edition.lead) if edition.lead else None
    groups = _groups(context, edition)
    cards = [lead] if lead else []
    for group in groups:
        cards += group.all
    headlines: tuple[PageLink, ...] = ()
    if letter and len(cards) >= _MIN_TO_INDEX:
        headlines = tuple([PageLink(card.headline, card.place) for card in cards[:_MAX_INDEXED]])
    moved_stories = []
    for anchor, story in edition.redirects:
        to, week = context.cards.place(story), formatting.label(story.week)
        moved_stories.append(MovedStory(anchor, story.shown_headline, to, week))
    return EditionView(
        label=formatting.label(edition.week),
        span=formatting.span(edition.week),
        place=place,
        feed=addresses.week_feed(edition.week),
        closed=edition.closed,
        count=formatting.stories(len(edition.stories)),
        about=about(context, edition),
        in_common=in_common(cards),
        letter=letter,
        headlines=headlines,
        more_headlines=len(cards) - len(headlines),
        lead=lead,
        groups=groups,
        moved_stories=tuple(moved_stories),
    )


def _groups(context: SiteContext, edition: Edition) -> tuple[Group, ...]:
    """Returns the stories of each theme that has several, then the others, each with its theme."""
    groups, others = [], list[Story]()
    for theme, stories in edition.sections:
        if theme is None or len(stories) < _MIN_IN_SECTION:
            others += stories
            continue
        cards, lines = context.cards.split(stories)
        groups.append(
            Group(
                title=theme.title,
                place=addresses.theme(theme.id),
                detail=formatting.stories(len(stories)),
                id=f"_theme-{theme.id}",
                cards=cards,
                lines=lines,
                colour=context.cards.chips[theme.id].colour,
            )
        )
    if others:
        title = "Also this week" if groups or edition.lead else "Stories"
        cards, lines = context.cards.split(others)
        detail = formatting.stories(len(others))
        groups.append(Group(title, "", detail, "_others", cards, lines, kickers=True))
    return tuple(groups)


def week_line(context: SiteContext, edition: Edition, headlines: int = 0) -> WeekLine:
    """Returns a week as a line of a list; its `headlines` are the lead and stories with a note."""
    cards = context.cards
    first: Sequence[Story] = ()
    if headlines:
        first = sorted(
            edition.stories,
            key=lambda story: (story is not edition.lead, not cards.main(story).note),
        )[:headlines]
    return WeekLine(
        number=edition.week.number,
        label=formatting.label(edition.week),
        span=formatting.span(edition.week),
        days=formatting.days(edition.week),
        place=addresses.week(edition.week),
        closed=edition.closed,
        count=formatting.stories(len(edition.stories)),
        about=about(context, edition),
        title=edition.title,
        headlines=tuple([PageLink(story.shown_headline, cards.place(story)) for story in first]),
    )


def about(context: SiteContext, edition: Edition) -> str:
    """Returns what a week is about: its main themes, those with the most stories first.

    Numbers say how many stories each has, unless all have one. Other themes, and stories without
    one, are "other subjects". Empty if no story has a theme.
    """

    def make() -> str:
        by_number = sorted(edition.main_theme_counts.items(), key=lambda theme: -theme[1])
        themes = [(context.cards.chips[id].title, number) for id, number in by_number if id]
        themes = themes[:_MAX_NAMED_THEMES]
        others = len(edition.stories) - sum(number for _, number in themes)
        if themes and others:
            themes.append(("other subjects", others))
        subjects = [words for words, _ in themes]
        if len(themes) > 1 and any(number > 1 for _, number in themes):
            subjects = [f"{words} ({number})" for words, number in themes]
        return formatting.listed(subjects)

    return context.memory.memo(("about", edition.week), (edition,), (), make)


def in_common(cards: Sequence[Card]) -> str:
    """Returns what several stories have in common: publisher and paywall; empty if nothing."""
    sources = {(card.source, card.paywall) for card in cards}
    if len(cards) < _MIN_IN_COMMON or len(sources) > 1:
        return ""
    source, paywall = sources.pop()
    return f"All from {source}, behind a paywall" if paywall else f"All from {source}"


def story_links(edition: EditionView) -> tuple[Listed, ...]:
    """Returns the stories of an edition in the order of its page, for programs."""
    links = []
    for card in edition.all:
        day = str(card.published.date())
        links.append(Listed(card.headline, card.place, day, card.source))
    return tuple(links)


def _week_link(week: Week | None) -> PageLink | None:
    return PageLink(formatting.label(week), addresses.week(week)) if week else None
