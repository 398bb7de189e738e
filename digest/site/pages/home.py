"""The home page: the latest edition, weeks that are still open, earlier weeks, and all themes."""

from __future__ import annotations

from collections.abc import Mapping

from digest.site import addresses, formatting, neighbours
from digest.site.ahead import DateAheadLine
from digest.site.archive import Edition
from digest.site.context import SiteContext, ThemeSummary, latest
from digest.site.page import Head, Page, PageLink
from digest.site.pages.themes import theme_line
from digest.site.pages.week import (
    edition_view,
    story_links,
    week_line,
)

_MAX_HEADLINES = 5  # of a week that is still open
_MAX_EARLIER_WEEKS = 6  # earlier weeks


def home_page(context: SiteContext) -> Page:
    """Returns the home page."""
    archive, site = context.archive, context.config.site
    shown = archive.home_edition
    open_weeks, earlier_weeks = list[Edition](), list[Edition]()
    for edition in archive.editions:
        if not edition.closed and edition is not shown:
            open_weeks.append(edition)
        if shown and edition.week < shown.week:
            earlier_weeks.append(edition)
    changes = []
    for edition in (*open_weeks, shown) if shown else open_weeks:
        changes.append(context.last_change(addresses.week(edition.week), edition.stories))
    general = f"{site.title}: what mattered, week by week and theme by theme."
    head = Head(
        title=site.title,
        description=site.description or general,
        place=addresses.HOME,
        updated=latest(changes),
    )
    neighbours_key = b""
    if shown:
        neighbours_key = neighbours.key(shown, context.neighbours, archive.anchors, context.memory)
    return context.page(
        "home.html",
        "the home page",
        head,
        _home_data,
        shown,
        tuple(open_weeks),
        tuple(earlier_weeks[:_MAX_EARLIER_WEEKS]),
        context.themes,
        len(archive.editions),
        context.ahead.next_dates(),
        depends_on=neighbours_key,
    )


def _home_data(
    context: SiteContext,
    shown: Edition | None,
    open_weeks: tuple[Edition, ...],
    earlier_weeks: tuple[Edition, ...],
    themes: tuple[ThemeSummary, ...],
    week_count: int,
    ahead: tuple[DateAheadLine, ...],
) -> Mapping[str, object]:
    edition = edition_view(context, shown) if shown else None
    stories = shown.stories if shown else ()
    return {
        "edition": edition,
        "neighbours": neighbours.views(stories, context.neighbours, context.cards),
        "listed": story_links(edition) if edition else (),
        "ahead": ahead,
        "open_weeks": tuple(week_line(context, edition, _MAX_HEADLINES) for edition in open_weeks),
        "earlier_weeks": tuple(week_line(context, edition) for edition in earlier_weeks),
        "themes": tuple(theme_line(context, theme) for theme in themes if theme.latest),
        "archive": PageLink(f"All {formatting.count(week_count, 'week')}", addresses.ARCHIVE),
    }
