"""The home page: the latest edition, weeks that are still open, earlier weeks, and all themes."""

from __future__ import annotations

from collections.abc import Mapping

from digest.site import addresses, formatting
from digest.site.ahead import DateAheadLine
from digest.site.archive import Edition
from digest.site.context import SiteContext, ThemeSummary, latest
from digest.site.page import Head, Page, PageLink
from digest.site.pages.themes import theme_line
from digest.site.pages.week import edition_view, steps_below, steps_key, story_links, week_line

_MAX_HEADLINES = 5  # of a week that is still open
_MAX_EARLIER_WEEKS = 6  # earlier weeks


def home_page(context: SiteContext) -> Page:
    """Returns the home page."""
    archive, site = context.archive, context.config.site
    front = archive.front
    shown = [edition for edition in archive.editions if not edition.closed and edition is not front]
    still_open = tuple(shown)
    earlier: list[Edition] = []
    if front:
        shown.append(front)
        earlier = [edition for edition in archive.editions if edition.week < front.week]
    changes = []
    for edition in shown:
        changes.append(context.last_change(addresses.week(edition.week), edition.stories))
    general = f"{site.title}: what mattered, week by week and theme by theme."
    head = Head(
        title=site.title,
        description=site.description or general,
        place=addresses.HOME,
        updated=latest(changes),
    )
    return context.page(
        "home.html",
        "the home page",
        head,
        _home_data,
        front,
        still_open,
        tuple(earlier[:_MAX_EARLIER_WEEKS]),
        context.themes,
        len(archive.editions),
        context.ahead.lines(),
        depends_on=steps_key(context, front) if front else b"",
    )


def _home_data(
    context: SiteContext,
    front: Edition | None,
    still_open: tuple[Edition, ...],
    earlier: tuple[Edition, ...],
    themes: tuple[ThemeSummary, ...],
    weeks: int,
    ahead: tuple[DateAheadLine, ...],
) -> Mapping[str, object]:
    edition = edition_view(context, front) if front else None
    return {
        "edition": edition,
        "steps": steps_below(context, front) if front else {},
        "listed": story_links(edition) if edition else (),
        "ahead": ahead,
        "coming": tuple(week_line(context, edition, _MAX_HEADLINES) for edition in still_open),
        "earlier": tuple(week_line(context, edition) for edition in earlier),
        "themes": tuple(theme_line(context, theme) for theme in themes if theme.latest),
        "archive": PageLink(f"All {formatting.count(weeks, 'week')}", addresses.ARCHIVE),
    }
