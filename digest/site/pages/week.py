"""The pages of weeks, and the views of a week that home, the archive and the weekly feed show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from digest.model import Story
from digest.site import addresses, formatting
from digest.site.archive import Edition
from digest.site.cards import Card
from digest.site.context import SiteContext
from digest.site.markdown import Html
from digest.site.page import Head, Link, Page
from digest.week import Week

_NAMED = 3  # themes that are named when a page says what a week is about


class Group(NamedTuple):
    """Stories under a heading: `cards` have a note, `lines` have none.

    The heading links to `place` if there is one. `colour` is the number of a theme's, 0 for none.
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
    """A story that was moved to another week: its `anchor` in this week, and its new place."""

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
    count: str  # type: ignore[assignment]  # hides tuple.count, which no template needs
    about: str
    letter: LetterView | None
    lead: Card | None
    groups: tuple[Group, ...]
    departed: tuple[MovedStory, ...]


class WeekLine(NamedTuple):
    """A week in a list: `headlines` are its first stories, `days` its days without the year."""

    number: int
    label: str
    span: str
    days: str
    place: str
    closed: bool
    count: str  # type: ignore[assignment]  # hides tuple.count, which no template needs
    about: str
    letter: str
    headlines: tuple[Link, ...]


def week_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the page of each week, newest first, then those of weeks that have no stories now."""
    editions, memory = context.archive.editions, context.archive.memory
    weeks = [edition.week for edition in editions]
    for edition, newer, older in zip(editions, (None, *weeks), (*weeks[1:], None), strict=False):
        make = partial(_week_page, context, edition, newer, older)
        yield memory.memo(("week page", edition.week), (edition,), (newer, older), make)
    for edition in context.archive.vacated:
        yield _week_page(context, edition, None, None)


def _week_page(
    context: SiteContext, edition: Edition, newer: Week | None, older: Week | None
) -> Page:
    description = f"{formatting.span(edition.week)}: {formatting.stories(len(edition.stories))}"
    if subjects := about(context, edition):
        description += f" on {subjects}"
    letter = edition.letter.title if edition.letter else ""
    head = Head(
        title=context.titled(formatting.titled(edition.week, letter)),
        description=f"{description}.",
        place=addresses.week(edition.week),
        updated=context.last_change(addresses.week(edition.week), edition.stories),
    )
    source = f"the page of {edition.week}"
    return context.page("week.html", source, head, _week_data, edition, newer, older)


def _week_data(
    context: SiteContext, edition: Edition, newer: Week | None, older: Week | None
) -> Mapping[str, object]:
    view = edition_view(context, edition)
    return {
        "edition": view,
        "listed": story_links(view.groups, view.lead),
        "count": len(edition.stories),
        "newer": _week_link(newer),
        "older": _week_link(older),
    }


def edition_view(context: SiteContext, edition: Edition) -> EditionView:
    """Returns a week with its letter and stories."""
    return EditionView(
        label=formatting.label(edition.week),
        span=formatting.span(edition.week),
        place=addresses.week(edition.week),
        feed=addresses.week_feed(edition.week),
        closed=edition.closed,
        count=formatting.stories(len(edition.stories)),
        about=about(context, edition),
        letter=_letter_view(context, edition),
        lead=context.cards.card(edition.lead, "") if edition.lead else None,
        groups=_sections(context, edition),
        departed=_departed(context, edition),
    )


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
        letter=edition.letter.title if edition.letter else "",
        headlines=tuple(Link(cards.headline(story), cards.place(story)) for story in first),
    )


def about(context: SiteContext, edition: Edition) -> str:
    """Returns what a week is about: its main themes, those with the most stories first.

    Other themes, and stories without one, are "other subjects". Empty if no story has a theme.
    """

    def make() -> str:
        main = sorted(edition.main.items(), key=lambda one: -one[1])
        named = [context.cards.chips[id].title for id, _ in main if id][:_NAMED]
        others = ["other subjects"] if named and len(named) < len(main) else []
        return formatting.listed([*named, *others])

    return context.archive.memory.memo(("about", edition.week), (edition,), (), make)


def story_links(groups: Iterable[Group], lead: Card | None = None) -> tuple[Link, ...]:
    """Returns the permalinks of the stories on a page, in its order."""
    cards = [lead] if lead else []
    for group in groups:
        cards += (*group.cards, *group.lines)
    return tuple(Link(card.headline, card.place) for card in cards)


def _letter_view(context: SiteContext, edition: Edition) -> LetterView | None:
    letter = edition.letter
    if letter is None:
        return None
    here = addresses.week(letter.week)
    body = context.markdown.html(letter.body, file=letter.file, here=here, top=3, line=letter.line)
    return LetterView(title=edition.letter_title, body=body, draft=letter.draft)


def _sections(context: SiteContext, edition: Edition) -> tuple[Group, ...]:
    groups = []
    for section in edition.sections:
        theme = section.theme
        cards, lines = context.cards.split(section.stories, theme.id if theme else "")
        groups.append(
            Group(
                title=theme.title if theme else "Elsewhere",
                place=addresses.theme(theme.id) if theme else "",
                detail=formatting.stories(len(section.stories)),
                id=f"_theme-{theme.id}" if theme else "_elsewhere",
                cards=cards,
                lines=lines,
                colour=context.cards.chips[theme.id].colour if theme else 0,
            )
        )
    return tuple(groups)


def _departed(context: SiteContext, edition: Edition) -> tuple[MovedStory, ...]:
    return tuple(
        MovedStory(
            anchor=redirect.anchor,
            headline=context.cards.headline(redirect.story),
            place=context.cards.place(redirect.story),
            week=formatting.label(redirect.story.week),
        )
        for redirect in edition.moved
    )


def _week_link(week: Week | None) -> Link | None:
    return Link(formatting.label(week), addresses.week(week)) if week else None
