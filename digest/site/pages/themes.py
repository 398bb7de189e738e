"""The list of themes, the pages of each theme, and redirects from the ids that themes had before.

A theme's own page has its newest 100 to 199 stories: a timeline, the newest eight whole, and the
others as lines by month. Older ones are on pages of 100, numbered from the oldest: a new story
changes only the theme's own page, and a full page never changes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, TypeVar

from digest.model import FreePage, Story, Theme
from digest.site import addresses, formatting
from digest.site.archive import ThemeStories
from digest.site.cards import Card
from digest.site.charts import Series, Sparkline
from digest.site.context import SiteContext, ThemeSummary, latest
from digest.site.markdown import Html
from digest.site.page import Head, Listed, Page, PageLink
from digest.site.pages.week import Group, in_common
from digest.site.social.pages import theme_picture
from digest.site.timeline import Timeline, TimelineEvent, story_events, timeline_view

T = TypeVar("T")

PAGE_STORIES = 100
_MAX_EVENTS = 12  # stories in the timeline of a theme, the newest
_MAX_WHOLE = 8  # stories that a theme's own page has whole; older ones are lines


class StoryLine(NamedTuple):
    """A story as one line of a list."""

    headline: str
    place: str
    published: datetime


class Month(NamedTuple):
    """The stories of a month, one line each."""

    title: str
    lines: tuple[StoryLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeLine:
    """A theme in a list, with its latest story if it has any."""

    title: str
    place: str
    feed: str
    colour: int
    stories: int
    count: str
    latest: Card | None
    timeline: Timeline | None
    sparkline: Sparkline | None


class _ThemePage(NamedTuple):
    """What one page of a theme shows; an older page has links to a `newer` one and to its stories."""

    theme: Theme
    stories: Sequence[Story]
    extent: str
    newer: PageLink | None = None
    older: PageLink | None = None
    introduction: FreePage | None = None
    timeline: Timeline | None = None
    series: Series | None = None


def theme_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the list of themes, then the pages of each theme."""
    pages = list[Page]()
    for number, theme_stories in enumerate(context.archive.by_theme, 1):
        pages += _pages_of(context, theme_stories, number)
    site, by_theme = context.config.site.title, context.archive.by_theme
    titles = formatting.listed(theme.title for theme, _, _ in by_theme)
    head = Head(
        title=context.page_title("Themes"),
        description=f"What {site} follows: {titles}." if titles else f"{site} has no themes yet.",
        place=addresses.THEMES,
        updated=latest(page.head.updated for page in pages if page.head),
    )
    source = "the page of all themes"
    yield context.page("themes.html", source, head, _themes_data, context.themes)
    yield from pages


def _pages_of(context: SiteContext, theme_stories: ThemeStories, number: int) -> Iterator[Page]:
    """Yields the pages of a theme, and its redirects; `number` is that of the theme, from 1."""
    theme = theme_stories.theme
    newest, older = paginate(theme_stories.stories)
    links = []
    for at in range(1, len(older) + 1):
        links.append(PageLink(f"Older stories, page {at}", addresses.theme_page(theme.id, at)))
    yield _first_page(context, theme_stories, number, newest, links[-1] if links else None)
    newer = [*links[1:], PageLink("Newest stories", addresses.theme(theme.id))]
    for stories, here, after, before in zip(older, links, newer, (None, *links), strict=False):
        yield _older_page(context, theme, stories, here, after, before)
    yield from _redirects(context, theme, links)


def _themes_data(context: SiteContext, themes: tuple[ThemeSummary, ...]) -> Mapping[str, object]:
    lines = tuple([theme_line(context, theme) for theme in themes])
    return {"themes": lines, "listed": tuple([Listed(line.title, line.place) for line in lines])}


def theme_line(context: SiteContext, summary: ThemeSummary) -> ThemeLine:
    """Returns a theme as a line of a list."""
    theme = summary.theme
    return ThemeLine(
        title=theme.title,
        place=addresses.theme(theme.id),
        feed=addresses.theme_feed(theme.id),
        colour=context.cards.chips[theme.id].colour,
        stories=summary.stories,
        count=formatting.stories(summary.stories),
        latest=context.cards.card(summary.latest, theme.id) if summary.latest else None,
        timeline=summary.timeline,
        sparkline=summary.sparkline,
    )


def paginate(stories: Sequence[T]) -> tuple[Sequence[T], list[Sequence[T]]]:
    """Returns a theme's newest 100 to 199 stories, and the older ones by page, oldest first."""
    older = max(0, len(stories) // PAGE_STORIES - 1)
    newest = len(stories) - older * PAGE_STORIES
    pages = []
    for begin in range(newest, len(stories), PAGE_STORIES):
        pages.append(stories[begin : begin + PAGE_STORIES])
    return stories[:newest], pages[::-1]


def _first_page(
    context: SiteContext,
    theme_stories: ThemeStories,
    number: int,
    stories: Sequence[Story],
    older: PageLink | None,
) -> Page:
    """Returns a theme's own page; `number` is that of the theme, from 1."""
    theme, introduction = theme_stories.theme, theme_stories.introduction
    place, extent = addresses.theme(theme.id), _extent(theme_stories.stories)
    description, links = "", b""
    if introduction:
        description = context.description(introduction, place)
        links = context.links_key(introduction.body)
    head = Head(
        title=context.page_title(theme.title),
        description=description or f"{theme.title} in {context.config.site.title}: {extent}.",
        place=place,
        feeds=(_feed_link(theme),),
        updated=context.last_change(place, stories),
        picture=theme_picture(context, theme, number, extent),
    )
    page = _ThemePage(
        theme=theme,
        stories=stories,
        extent=extent,
        older=older,
        introduction=introduction,
        timeline=context.counts.timelines.get(theme.id),
        series=context.counts.series(theme, number),
    )
    source = f"the page {place} of a theme"
    return context.page("theme.html", source, head, _theme_data, page, depends_on=links)


def _older_page(
    context: SiteContext,
    theme: Theme,
    stories: Sequence[Story],
    here: PageLink,
    newer: PageLink,
    older: PageLink | None,
) -> Page:
    extent, words = _extent(stories), here.title.lower()
    head = Head(
        title=context.page_title(f"{theme.title}: {words}"),
        description=f"{theme.title}, {words.partition(', ')[2]}: {extent}.",
        place=here.place,
        feeds=(_feed_link(theme),),
        updated=context.last_change(here.place, stories),
    )
    page = _ThemePage(theme=theme, stories=stories, extent=extent, newer=newer, older=older)
    return context.page("theme.html", f"the page {here.place} of a theme", head, _theme_data, page)


def _theme_data(context: SiteContext, page: _ThemePage) -> Mapping[str, object]:
    cards = context.cards
    theme = page.theme
    stories = page.stories
    text = Html("")
    if page.introduction:
        text = context.text(page.introduction, addresses.theme(theme.id))
    over_time = None
    events: tuple[TimelineEvent, ...] = ()
    if page.timeline and page.series:
        over_time = timeline_view(page.timeline, page.series)
        events = story_events(cards, stories[:_MAX_EVENTS], theme.id)
    whole = 0 if page.newer else _MAX_WHOLE  # an older page has only lines
    groups: tuple[Group, ...] = ()
    if shown := stories[:whole]:
        title = "Newest stories" if events else "Stories"
        detail = formatting.stories(len(shown))
        groups = (Group(title, "", detail, "_newest", *cards.split(shown, theme.id)),)
    months = []
    rest = stories[whole:]
    for month, of_month in groupby(rest, key=lambda story: formatting.month_of(story.day)):
        lines = []
        for story in of_month:
            lines.append(StoryLine(story.shown_headline, cards.place(story), story.published))
        months.append(Month(month, tuple(lines)))
    listed = []
    for story in stories:
        day, publisher = str(story.published.date()), cards.source(story)[0]
        listed.append(Listed(story.shown_headline, cards.place(story), day, publisher))
    return {
        "title": f"{theme.title}, older stories" if page.newer else theme.title,
        "colour": cards.chips[theme.id].colour,
        "introduction": text,
        "extent": page.extent,
        "feed": addresses.theme_feed(theme.id),
        "in_common": in_common(groups[0].all if groups else ()),
        "timeline": over_time,
        "events": events,
        "groups": groups,
        "months": tuple(months),
        "listed": tuple(listed),
        "newer": page.newer,
        "older": page.older,
    }


def _redirects(context: SiteContext, theme: Theme, older: Sequence[PageLink]) -> Iterator[Page]:
    """Yields a redirect from each page of the theme as it would be under each of its old ids."""
    for old in theme.was:
        moves = [(addresses.theme(old), addresses.theme(theme.id))]
        for number, link in enumerate(older, 1):
            moves.append((addresses.theme_page(old, number), link.place))
        for before, now in moves:
            head = Head(
                title=context.page_title(f"{theme.title} (moved from {before})"),
                description=f"{theme.title} was at {before} and is now at {now}.",
                place=before,
            )
            source = f"the old id {old} of theme {theme.id}"
            to = PageLink(theme.title, now)
            yield context.page("moved.html", source, head, lambda _, to: {"to": to}, to)


def _feed_link(theme: Theme) -> PageLink:
    return PageLink(theme.title, addresses.theme_feed(theme.id))


def _extent(stories: Sequence[Story]) -> str:
    """Returns how many stories there are and from which days, in words."""
    if not stories:
        return "No stories yet"
    first = formatting.day(stories[-1].published)
    last = formatting.day(stories[0].published)
    days = first if first == last else f"{first} to {last}"
    return f"{formatting.stories(len(stories))}, {days}"
