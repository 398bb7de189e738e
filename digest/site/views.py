"""What the page templates receive, beside cards: editions, groups of stories, themes, links, and the head of a page.

Archive in, views out: all that is counted, put in order, worded or addressed is so before a template sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from digest.model import Config, FreePage, Letter, Story, Theme
from digest.site import addresses, formatting
from digest.site.archive import Edition
from digest.site.cards import Card, Cards
from digest.site.charts import Sparkline, colour
from digest.site.markdown import Html, MarkdownRenderer, text_of
from digest.site.page import Link
from digest.site.storyline import Timeline
from digest.week import Week

_NAMED = 3  # themes of which a week says that it is about them
_DESCRIPTION = 155  # signs; more is cut off where it is shown


class SiteView(NamedTuple):
    """What every page knows of the digest: the place of its `icon`, `menu` for its head, `more` for its foot.

    `direction` is that of its language: "rtl" for one that is written from the right, else empty.
    """

    title: str
    description: str
    language: str
    direction: str
    author: str
    icon: str
    menu: tuple[Link, ...]
    more: tuple[Link, ...]
    feeds: tuple[Link, ...]


class Group(NamedTuple):
    """Stories under one heading, which leads to `place` if it has one: those with a note, then those without.

    `colour` is the number of a theme's, 0 for none.
    """

    title: str
    place: str
    detail: str
    id: str
    cards: tuple[Card, ...]
    lines: tuple[Card, ...]
    colour: int = 0


class LetterView(NamedTuple):
    """The editor's letter, as HTML."""

    title: str
    body: Html
    draft: bool


class MovedStory(NamedTuple):
    """An anchor that a story left behind, and where it leads."""

    anchor: str
    headline: str
    place: str
    week: str


class EditionView(NamedTuple):
    """A week as a page or a feed shows it."""

    label: str
    span: str
    place: str
    feed: str
    closed: bool
    count: str  # type: ignore[assignment]  # which hides a count that no template asks for
    about: str
    letter: LetterView | None
    lead: Card | None
    groups: tuple[Group, ...]
    departed: tuple[MovedStory, ...]


class WeekLine(NamedTuple):
    """A week as a list of weeks shows it; `headlines` are the first of its stories, `days` its days without a year."""

    number: int
    label: str
    span: str
    days: str
    place: str
    closed: bool
    count: str  # type: ignore[assignment]  # which hides a count that no template asks for
    about: str
    letter: str
    headlines: tuple[Link, ...]


class YearView(NamedTuple):
    """The weeks of one ISO year, and how many stories they have."""

    year: int
    count: str  # type: ignore[assignment]  # which hides a count that no template asks for
    weeks: tuple[WeekLine, ...]


class ThemeLine(NamedTuple):
    """A theme as a list of themes shows it, with its latest story, if it has any, its course and its small bars."""

    title: str
    place: str
    feed: str
    colour: int
    stories: int
    count: str  # type: ignore[assignment]  # which hides a count that no template asks for
    latest: Card | None
    course: Timeline | None
    spark: Sparkline | None


def described(text: Html) -> str:
    """Returns the first words of a text, as many as are shown of a description."""
    return formatting.shortened(text_of(text), _DESCRIPTION)


class Views:
    """Makes the views of one build."""

    def __init__(self, config: Config, cards: Cards, writer: MarkdownRenderer) -> None:
        self._titles = {theme.id: theme.title for theme in config.themes}
        self._colours = {theme.id: colour(number) for number, theme in enumerate(config.themes, 1)}
        self._cards, self._writer = cards, writer
        self._editions: dict[Week, EditionView] = {}

    def edition(self, edition: Edition) -> EditionView:
        """Returns a week as it is shown, made once."""
        if edition.week not in self._editions:
            self._editions[edition.week] = self._edition(edition)
        return self._editions[edition.week]

    def _edition(self, edition: Edition) -> EditionView:
        return EditionView(
            label=formatting.label(edition.week),
            span=formatting.span(edition.week),
            place=addresses.week(edition.week),
            feed=addresses.week_feed(edition.week),
            closed=edition.closed,
            count=formatting.stories(len(edition.stories)),
            about=self.about(edition),
            letter=self._letter(edition.letter),
            lead=self._cards.card(edition.lead, "") if edition.lead else None,
            groups=self._sections(edition),
            departed=self._departed(edition),
        )

    def week_line(self, edition: Edition, headlines: int = 0) -> WeekLine:
        """Returns a week as a line in a list, with the first headlines that one should see there."""
        first: Sequence[Story] = ()
        if headlines:
            first = sorted(
                edition.stories,
                key=lambda story: (story is not edition.lead, not self._cards.main(story).note),
            )[:headlines]
        return WeekLine(
            number=edition.week.number,
            label=formatting.label(edition.week),
            span=formatting.span(edition.week),
            days=formatting.days(edition.week),
            place=addresses.week(edition.week),
            closed=edition.closed,
            count=formatting.stories(len(edition.stories)),
            about=self.about(edition),
            letter=edition.letter.title if edition.letter else "",
            headlines=tuple(
                Link(self._cards.headline(story), self._cards.place(story)) for story in first
            ),
        )

    def years(self, editions: Iterable[Edition]) -> tuple[YearView, ...]:
        """Returns the editions by ISO year, in the order in which they come."""
        return tuple(
            self._year(year, list(found))
            for year, found in groupby(editions, lambda one: one.week.year)
        )

    def theme_line(
        self,
        theme: Theme,
        stories: int,
        latest: Story | None,
        course: Timeline | None,
        spark: Sparkline | None,
    ) -> ThemeLine:
        """Returns a theme with so many stories as a line in a list."""
        return ThemeLine(
            title=theme.title,
            place=addresses.theme(theme.id),
            feed=addresses.theme_feed(theme.id),
            colour=self.colour(theme),
            stories=stories,
            count=formatting.stories(stories),
            latest=self._cards.card(latest, theme.id) if latest else None,
            course=course,
            spark=spark,
        )

    def colour(self, theme: Theme) -> int:
        """Returns the number of a theme's colour."""
        return self._colours[theme.id]

    def by_week(self, stories: Sequence[Story], theme: str) -> tuple[Group, ...]:
        """Returns a theme's stories in groups by week, in the order in which they come."""
        groups = []
        for week, found in groupby(stories, key=lambda story: story.week):
            cards, lines = self._cards.split(found, theme)
            groups.append(
                Group(
                    title=formatting.label(week),
                    place=addresses.week(week),
                    detail=formatting.span(week),
                    id=f"_{week}".lower(),
                    cards=cards,
                    lines=lines,
                )
            )
        return tuple(groups)

    def introduction(self, page: FreePage | None, theme: str) -> Html:
        """Returns a theme's standing introduction, empty where there is none."""
        return self.text(page, addresses.theme(theme)) if page else Html("")

    def text(self, page: FreePage, here: str) -> Html:
        """Returns what an editor wrote for a page of its own, which stands `here`."""
        return self._writer.html(page.body, file=page.file, here=here, top=2, line=page.line)

    def about(self, edition: Edition) -> str:
        """Returns what a week is about, in a few words: its main themes, those with the most stories first.

        Stories of further themes, or of none, are "other subjects"; where no story has a theme, nothing is said.
        """
        main = sorted(edition.main.items(), key=lambda one: -one[1])
        named = [self._titles[id] for id, _ in main if id][:_NAMED]
        others = ["other subjects"] if named and len(named) < len(main) else []
        return formatting.listed([*named, *others])

    def _year(self, year: int, editions: Sequence[Edition]) -> YearView:
        count = formatting.stories(sum(len(edition.stories) for edition in editions))
        return YearView(year=year, count=count, weeks=tuple(map(self.week_line, editions)))

    def _letter(self, letter: Letter | None) -> LetterView | None:
        if letter is None:
            return None
        here = addresses.week(letter.week)
        body = self._writer.html(letter.body, file=letter.file, here=here, top=3, line=letter.line)
        return LetterView(title=letter_title(letter), body=body, draft=letter.draft)

    def _sections(self, edition: Edition) -> tuple[Group, ...]:
        groups = []
        for section in edition.sections:
            theme = section.theme
            cards, lines = self._cards.split(section.stories, theme.id if theme else "")
            groups.append(
                Group(
                    title=theme.title if theme else "Elsewhere",
                    place=addresses.theme(theme.id) if theme else "",
                    detail=formatting.stories(len(section.stories)),
                    id=f"_theme-{theme.id}" if theme else "_elsewhere",
                    cards=cards,
                    lines=lines,
                    colour=self.colour(theme) if theme else 0,
                )
            )
        return tuple(groups)

    def _departed(self, edition: Edition) -> tuple[MovedStory, ...]:
        return tuple(
            MovedStory(
                anchor=forward.anchor,
                headline=self._cards.headline(forward.story),
                place=self._cards.place(forward.story),
                week=formatting.label(forward.story.week),
            )
            for forward in edition.moved
        )


def letter_title(letter: Letter) -> str:
    """Returns the title of a letter, one that fits where the editor gave none."""
    return letter.title or "The week in a letter"


def week_link(week: Week | None) -> Link | None:
    """Returns a link to a week's page, if there is such a week."""
    return Link(formatting.label(week), addresses.week(week)) if week else None
