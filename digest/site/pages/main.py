"""The plan of home, the weeks, the archive, the editor's own pages, and what helps a reader along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from digest.model import FreePage
from digest.site import addresses, arrange, formatting
from digest.site.archive import Edition
from digest.site.charts import Chart
from digest.site.context import SiteContext, ThemeSummary
from digest.site.page import Head, Link, Page
from digest.site.pages.metadata import latest, listed_in, newest
from digest.site.views import week_link
from digest.week import Week

_HEADLINES = 5  # of a week that home only hints at
_EARLIER = 6  # weeks that home lists


def site_pages(context: SiteContext) -> Iterator[Page]:
    """Yields every page for readers but those of themes."""
    yield _home(context)
    weeks = list(_weeks(context))
    yield _archive(context, latest(page.head.updated for page in weeks if page.head))
    yield from weeks
    for edition in context.archive.vacated:
        yield _week(context, edition, None, None)
    for page in context.archive.pages:
        yield _free_page(context, page)
    if context.searched:
        yield _search(context)
    yield _subscribe(context)
    yield _not_found(context)


def _weeks(context: SiteContext) -> Iterator[Page]:
    editions = context.archive.editions
    weeks = [edition.week for edition in editions]
    for edition, newer, older in zip(editions, (None, *weeks), (*weeks[1:], None), strict=False):
        yield _week(context, edition, newer, older)


def _home(context: SiteContext) -> Page:
    archive, site = context.archive, context.config.site
    front = arrange.front(archive)
    still_open = tuple(
        edition for edition in archive.editions if not edition.closed and edition is not front
    )
    shown = (*still_open, front) if front else still_open
    head = Head(
        title=site.title,
        description=site.description
        or f"{site.title}: what mattered, week by week and theme by theme.",
        place=addresses.HOME,
        updated=latest(newest(edition.stories, context.archive.changed) for edition in shown),
    )
    return context.page(
        "home.html",
        "the home page",
        head,
        _home_data,
        front,
        still_open,
        tuple(edition for edition in archive.editions if front and edition.week < front.week)[
            :_EARLIER
        ],
        context.tallies,
        len(archive.editions),
    )


def _home_data(
    context: SiteContext,
    front: Edition | None,
    still_open: tuple[Edition, ...],
    earlier: tuple[Edition, ...],
    themes: tuple[ThemeSummary, ...],
    weeks: int,
) -> Mapping[str, object]:
    views = context.views
    edition = views.edition(front) if front else None
    return {
        "edition": edition,
        "listed": listed_in(edition),
        "coming": tuple(views.week_line(edition, _HEADLINES) for edition in still_open),
        "earlier": tuple(map(views.week_line, earlier)),
        "themes": tuple(views.theme_line(*tally) for tally in themes if tally.latest),
        "archive": Link(f"All {formatting.count(weeks, 'week')}", addresses.ARCHIVE),
    }


def _week(context: SiteContext, edition: Edition, newer: Week | None, older: Week | None) -> Page:
    head = _week_head(context, edition)
    return context.page(
        "week.html", f"the page of {edition.week}", head, _week_data, edition, newer, older
    )


def _week_head(context: SiteContext, edition: Edition) -> Head:
    about, count = context.views.about(edition), formatting.stories(len(edition.stories))
    return Head(
        title=context.titled(
            formatting.titled(edition.week, edition.letter.title if edition.letter else "")
        ),
        description=f"{formatting.span(edition.week)}: {count}{f' on {about}' if about else ''}.",
        place=addresses.week(edition.week),
        updated=newest(edition.stories, context.archive.changed),
    )


def _week_data(
    context: SiteContext, edition: Edition, newer: Week | None, older: Week | None
) -> Mapping[str, object]:
    view = context.views.edition(edition)
    return {
        "edition": view,
        "listed": listed_in(view),
        "count": len(edition.stories),
        "newer": week_link(newer),
        "older": week_link(older),
    }


def _archive(context: SiteContext, updated: str) -> Page:
    archive, title = context.archive, context.config.site.title
    weeks, stories = (
        formatting.count(len(archive.editions), "week"),
        formatting.stories(len(archive.stories)),
    )
    head = Head(
        title=context.titled("Archive"),
        description=f"The archive of {title}: {weeks}, {stories}.",
        place=addresses.ARCHIVE,
        updated=updated,
    )
    return context.page(
        "archive.html",
        "the page of the archive",
        head,
        _archive_data,
        tuple([_listed(context, edition) for edition in archive.editions]),
        f"{weeks}, {stories}" if archive.editions else "",
        context.counts.pulse(context.config.themes),
    )


def _listed(context: SiteContext, edition: Edition) -> tuple[object, ...]:
    """Returns all that a list of weeks says of one: most edits of a story change nothing there."""
    title = edition.letter.title if edition.letter else ""
    return edition.week, edition.closed, len(edition.stories), context.views.about(edition), title


def _archive_data(
    context: SiteContext, _: tuple[tuple[object, ...], ...], summary: str, pulse: Chart | None
) -> Mapping[str, object]:
    years = context.views.years(context.archive.editions)
    weeks = tuple(Link(week.label, week.place) for year in years for week in year.weeks)
    return {"years": years, "summary": summary, "pulse": pulse, "listed": weeks}


def _free_page(context: SiteContext, page: FreePage) -> Page:
    here = addresses.free_page(page.name)
    words = context.described(page, here)
    head = Head(title=context.titled(page.title), description=words or page.title, place=here)
    return context.page(
        "page.html", page.file, head, _free_page_data, page, context.linking(page.body)
    )


def _free_page_data(context: SiteContext, page: FreePage, _: bytes) -> Mapping[str, object]:
    body = context.views.text(page, addresses.free_page(page.name))
    return {"title": page.title, "body": body, "draft": page.draft}


def _subscribe(context: SiteContext) -> Page:
    title = context.config.site.title
    head = Head(
        title=context.titled("Subscribe"),
        description=f"How to follow {title}: its feeds, what each of them brings, and what a feed is.",
        place=addresses.SUBSCRIBE,
    )
    return context.page(
        "subscribe.html", "the page of subscribing", head, _themes_data, context.tallies
    )


def _themes_data(context: SiteContext, themes: tuple[ThemeSummary, ...]) -> Mapping[str, object]:
    return {"themes": tuple(context.views.theme_line(*tally) for tally in themes)}


def _search(context: SiteContext) -> Page:
    head = Head(
        title=context.titled("Search"),
        description=f"Search all stories of {context.config.site.title} by words, theme and year.",
        place=addresses.SEARCH,
    )
    themes = tuple(
        (tally.theme.id, tally.theme.title) for tally in context.tallies if tally.stories
    )
    years = tuple(
        dict.fromkeys(edition.week.year for edition in context.archive.editions if edition.stories)
    )
    return context.page(
        "search.html", "the search page", head, _search_data, themes, years, context.program
    )


def _search_data(
    _: SiteContext, themes: tuple[tuple[str, str], ...], years: tuple[int, ...], program: str
) -> Mapping[str, object]:
    return {"themes": themes, "years": years, "program": program}


def _not_found(context: SiteContext) -> Page:
    head = Head(
        title=context.titled("Nothing here"),
        description=f"{context.config.site.title} has no page at this address.",
        place=addresses.NOT_FOUND,
    )
    return context.page("404.html", "the page of lost addresses", head, _no_data)


def _no_data(_: SiteContext) -> Mapping[str, object]:
    return {}
