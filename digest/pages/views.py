"""What the page templates receive, beside cards: editions, groups of stories, themes, links, and the head of a page.

Archive in, views out: all that is counted, put in order, worded or addressed is so before a template sees it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from digest.model import Config, Edition, Letter, Story, Storyline
from digest.pages import addresses, wording
from digest.pages.cards import Card, Cards, Link
from digest.pages.markup import Html, Writer, text_of

_DESCRIPTION = 155  # signs; more is cut off where it is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a page says of itself; `place` is its canonical address, `feeds` are its own beside those of the site."""

    title: str
    description: str
    place: str
    feeds: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """What every page knows of the digest: `menu` for its head, `more` for its foot."""

    title: str
    description: str
    language: str
    author: str
    menu: tuple[Link, ...]
    more: tuple[Link, ...]
    feeds: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Stories under one heading, which leads to `place` if it has one: those with a note, then those without."""

    title: str
    place: str
    detail: str
    id: str
    cards: tuple[Card, ...]
    lines: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """The editor's letter, as HTML."""

    title: str
    body: Html
    draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """An anchor that a story left behind, and where it leads."""

    anchor: str
    headline: str
    place: str
    week: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """A week as a page shows it; `newer` and `older` lead to its neighbours."""

    label: str
    span: str
    place: str
    feed: str
    closed: bool
    count: str
    about: str
    letter: LetterView | None
    lead: Card | None
    groups: tuple[Group, ...]
    departed: tuple[Departed, ...]
    newer: Link | None
    older: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLine:
    """A week as a list of weeks shows it; `headlines` are the first of its stories."""

    label: str
    span: str
    place: str
    closed: bool
    count: str
    about: str
    letter: str
    headlines: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearView:
    """The weeks of one ISO year."""

    year: int
    weeks: tuple[WeekLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeLine:
    """A theme as a list of themes shows it, with its latest story, if it has any."""

    title: str
    place: str
    feed: str
    count: str
    latest: Card | None


def described(text: Html) -> str:
    """Returns the first words of a text, as many as are shown of a description."""
    return wording.shortened(text_of(text), _DESCRIPTION)


class Views:
    """Makes the views of one build."""

    def __init__(self, config: Config, cards: Cards, writer: Writer) -> None:
        self._titles = {theme.id: theme.title for theme in config.themes}
        self._cards, self._writer = cards, writer

    def edition(self, edition: Edition, newer: Edition | None, older: Edition | None) -> EditionView:
        """Returns a week's page."""
        return EditionView(
            label=wording.label(edition.week),
            span=wording.span(edition.week),
            place=addresses.week(edition.week),
            feed=addresses.week_feed(edition.week),
            closed=edition.closed,
            count=wording.stories(len(edition.stories)),
            about=self.about(edition),
            letter=self._letter(edition.letter),
            lead=self._cards.card(edition.lead, "") if edition.lead else None,
            groups=self._sections(edition),
            departed=self._departed(edition),
            newer=_week_link(newer),
            older=_week_link(older),
        )

    def week_line(self, edition: Edition, headlines: int = 0) -> WeekLine:
        """Returns a week as a line in a list, with the first headlines that one should see there."""
        first = sorted(edition.stories, key=lambda story: (story is not edition.lead, not story.note))[:headlines]
        return WeekLine(
            label=wording.label(edition.week),
            span=wording.span(edition.week),
            place=addresses.week(edition.week),
            closed=edition.closed,
            count=wording.stories(len(edition.stories)),
            about=self.about(edition),
            letter=edition.letter.title if edition.letter else "",
            headlines=tuple(Link(card.headline, card.place) for card in map(self._cards.main, first)),
        )

    def years(self, editions: Iterable[Edition]) -> tuple[YearView, ...]:
        """Returns the editions by ISO year, in the order in which they come."""
        return tuple(
            YearView(year=year, weeks=tuple(self.week_line(edition) for edition in found))
            for year, found in groupby(editions, key=lambda edition: edition.week.year)
        )

    def theme_line(self, storyline: Storyline) -> ThemeLine:
        """Returns a theme as a line in a list."""
        theme = storyline.theme
        return ThemeLine(
            title=theme.title,
            place=addresses.theme(theme.id),
            feed=addresses.theme_feed(theme.id),
            count=wording.stories(len(storyline.stories)),
            latest=self._cards.card(storyline.stories[0], theme.id) if storyline.stories else None,
        )

    def by_week(self, stories: Sequence[Story], theme: str) -> tuple[Group, ...]:
        """Returns a theme's stories in groups by week, in the order in which they come."""
        groups = []
        for week, found in groupby(stories, key=lambda story: story.week):
            cards, lines = self._cards.split(found, theme)
            groups.append(
                Group(
                    title=wording.label(week),
                    place=addresses.week(week),
                    detail=wording.span(week),
                    id=f"_{week}".lower(),
                    cards=cards,
                    lines=lines,
                )
            )
        return tuple(groups)

    def introduction(self, storyline: Storyline) -> Html:
        """Returns a theme's standing introduction, empty where there is none."""
        page = storyline.introduction
        if page is None:
            return Html("")
        here = addresses.theme(storyline.theme.id)
        return self._writer.html(page.body, file=page.file, here=here, top=2, line=page.line)

    def about(self, edition: Edition) -> str:
        """Returns what a week is about, in a few words: its main themes, those with the most stories first."""
        main = Counter(next(iter(story.themes), "") for story in edition.stories)
        return wording.listed([self._titles[id] for id, _ in main.most_common() if id][:3])

    def _letter(self, letter: Letter | None) -> LetterView | None:
        if letter is None:
            return None
        here = addresses.week(letter.week)
        body = self._writer.html(letter.body, file=letter.file, here=here, top=3, line=letter.line)
        return LetterView(title=letter.title or "The week in a letter", body=body, draft=letter.draft)

    def _sections(self, edition: Edition) -> tuple[Group, ...]:
        groups = []
        for section in edition.sections:
            theme = section.theme
            cards, lines = self._cards.split(section.stories, theme.id if theme else "")
            groups.append(
                Group(
                    title=theme.title if theme else "Elsewhere",
                    place=addresses.theme(theme.id) if theme else "",
                    detail=wording.stories(len(section.stories)),
                    id=f"_{theme.id}" if theme else "_elsewhere",
                    cards=cards,
                    lines=lines,
                )
            )
        return tuple(groups)

    def _departed(self, edition: Edition) -> tuple[Departed, ...]:
        return tuple(
            Departed(
                anchor=forward.anchor,
                headline=forward.story.headline or forward.story.title,
                place=self._cards.main(forward.story).place,
                week=wording.label(forward.story.week),
            )
            for forward in edition.moved
        )


def _week_link(edition: Edition | None) -> Link | None:
    return Link(wording.label(edition.week), addresses.week(edition.week)) if edition else None
