"""The plan of the themes: the list of them, each one's pages, and what leads on from the ids that it had before.

The newest 100 to 199 stories stand on a theme's own page, older ones on pages of 100 that are numbered from the
oldest: so a new story touches its theme's first page alone, and a full page never changes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from digest.model import FreePage, Story, Theme
from digest.site import addresses, formatting
from digest.site.archive import Storyline
from digest.site.charts import Series
from digest.site.context import SiteContext, ThemeSummary, extent
from digest.site.page import Head, Link, Page
from digest.site.pages.metadata import latest, listed, newest
from digest.site.pages.theme_history import storyline_view
from digest.site.storyline import Timeline

T = TypeVar("T")

PAGE = 100


def theme_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the pages of all themes."""
    yield _themes(context)
    for number, storyline in enumerate(context.archive.storylines, 1):
        yield from _storyline(context, storyline, number)


def parted(stories: Sequence[T]) -> tuple[Sequence[T], list[Sequence[T]]]:
    """Returns a theme's newest 100 to 199 stories, and the older ones by page, the oldest page first."""
    older = max(0, len(stories) // PAGE - 1)
    newest = len(stories) - older * PAGE
    return stories[:newest], [
        stories[newest + at * PAGE : newest + (at + 1) * PAGE] for at in reversed(range(older))
    ]


def _themes(context: SiteContext) -> Page:
    titles = formatting.listed(theme.title for theme in context.config.themes)
    site = context.config.site.title
    head = Head(
        title=context.titled("Themes"),
        description=f"What {site} follows: {titles}." if titles else f"{site} has no themes yet.",
        place=addresses.THEMES,
        updated=latest(
            newest(line.stories, context.archive.changed) for line in context.archive.storylines
        ),
    )
    return context.page(
        "themes.html", "the page of all themes", head, _themes_data, context.tallies
    )


def _themes_data(context: SiteContext, themes: tuple[ThemeSummary, ...]) -> Mapping[str, object]:
    lines = tuple(context.views.theme_line(*tally) for tally in themes)
    return {"themes": lines, "listed": tuple(Link(line.title, line.place) for line in lines)}


def _storyline(context: SiteContext, storyline: Storyline, number: int) -> Iterator[Page]:
    theme = storyline.theme
    first, pages = parted(storyline.stories)
    numbered = _numbered(theme, len(pages))
    yield _first(context, storyline, number, first, numbered[-1] if numbered else None)
    newer = [*numbered[1:], Link("Newest stories", addresses.theme(theme.id))]
    for stories, here, before, after in zip(
        pages, numbered, newer, (None, *numbered), strict=False
    ):
        yield _older(context, theme, stories, here, before, after)
    yield from _former(context, theme, numbered)


def _numbered(theme: Theme, pages: int) -> tuple[Link, ...]:
    numbers = range(1, pages + 1)
    return tuple(
        Link(f"Older stories, page {at}", addresses.theme_page(theme.id, at)) for at in numbers
    )


def _first(
    context: SiteContext,
    storyline: Storyline,
    number: int,
    stories: Sequence[Story],
    older: Link | None,
) -> Page:
    theme, introduction = storyline.theme, storyline.introduction
    words = context.described(introduction, addresses.theme(theme.id)) if introduction else ""
    dated = extent(storyline.stories)
    head = Head(
        title=context.titled(theme.title),
        description=words or f"{theme.title} in {context.config.site.title}: {dated}.",
        place=addresses.theme(theme.id),
        feeds=(_feed_link(theme),),
        updated=newest(stories, context.archive.changed),
    )
    linking = context.linking(introduction.body) if introduction else b""
    over_time = context.counts.course(theme.id), context.counts.timeline(theme, number)
    return _stories(
        context, head, theme, stories, dated, None, older, introduction, linking, *over_time
    )


def _older(
    context: SiteContext,
    theme: Theme,
    stories: Sequence[Story],
    here: Link,
    newer: Link,
    older: Link | None,
) -> Page:
    dated = extent(stories)
    words = here.title.lower()
    head = Head(
        title=context.titled(f"{theme.title}: {words}"),
        description=f"{theme.title}, {words.partition(', ')[2]}: {dated}.",
        place=here.place,
        feeds=(_feed_link(theme),),
        updated=newest(stories, context.archive.changed),
    )
    return _stories(context, head, theme, stories, dated, newer, older)


def _stories(context: SiteContext, head: Head, *inputs: object) -> Page:
    return context.page(
        "theme.html", f"the page {head.place} of a theme", head, _stories_data, *inputs
    )


def _stories_data(
    context: SiteContext,
    theme: Theme,
    stories: Sequence[Story],
    extent: str,
    newer: Link | None,
    older: Link | None,
    introduction: FreePage | None = None,
    _: bytes = b"",
    course: Timeline | None = None,
    timeline: Series | None = None,
) -> Mapping[str, object]:
    views, over_time = context.views, None
    groups = views.by_week(stories, theme.id)
    if course and timeline:
        over_time = storyline_view(context.cards, theme, course, timeline, stories[0])
    return {
        "title": f"{theme.title}, older stories" if newer else theme.title,
        "colour": views.colour(theme),
        "introduction": views.introduction(introduction, theme.id),
        "extent": extent,
        "feed": addresses.theme_feed(theme.id),
        "storyline": over_time,
        "groups": groups,
        "listed": listed(groups),
        "newer": newer,
        "older": older,
    }


def _former(context: SiteContext, theme: Theme, numbered: Sequence[Link]) -> list[Page]:
    """Returns a page that leads on for each page that the theme had, or would have, under each of its old ids."""
    found = []
    for old in theme.was:
        moves = [(addresses.theme(old), addresses.theme(theme.id))]
        moves += [
            (addresses.theme_page(old, number), here.place)
            for number, here in enumerate(numbered, 1)
        ]
        for before, now in moves:
            head = Head(
                title=context.titled(f"{theme.title} (moved from {before})"),
                description=f"{theme.title} was at {before} and is now at {now}.",
                place=before,
            )
            source = f"the old id {old} of theme {theme.id}"
            found.append(
                context.page("moved.html", source, head, _former_data, Link(theme.title, now))
            )
    return found


def _former_data(_: SiteContext, to: Link) -> Mapping[str, object]:
    return {"to": to}


def _feed_link(theme: Theme) -> Link:
    return Link(theme.title, addresses.theme_feed(theme.id))
