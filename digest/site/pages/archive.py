"""The archive page: all weeks by year, and a chart of the last ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from digest.site import addresses, formatting
from digest.site.charts import Chart
from digest.site.context import SiteContext, latest
from digest.site.page import Head, Listed, Page
from digest.site.pages.week import WeekLine, about, week_line


@dataclass(frozen=True, slots=True, kw_only=True)
class YearView:
    """The weeks of one ISO year, and how many stories they have."""

    year: int
    count: str
    weeks: tuple[WeekLine, ...]


def archive_page(context: SiteContext, week_pages: Iterable[Page]) -> Page:
    """Returns the archive page; `week_pages` say when their weeks last changed."""
    archive = context.archive
    weeks = formatting.count(len(archive.editions), "week")
    summary = f"{weeks}, {formatting.stories(len(archive.stories))}"
    head = Head(
        title=context.page_title("Archive"),
        description=f"The archive of {context.config.site.title}: {summary}.",
        place=addresses.ARCHIVE,
        updated=latest(page.head.updated for page in week_pages if page.head),
    )
    # Not the editions themselves: most edits of a story do not change the archive page.
    lines = []
    for edition in archive.editions:
        number, subjects = len(edition.stories), about(context, edition)
        lines.append((edition.week, edition.closed, number, subjects, edition.title))
    return context.page(
        "archive.html",
        "the page of the archive",
        head,
        _archive_data,
        summary if archive.editions else "",
        context.counts.activity_chart(context.config.themes),
        depends_on=tuple(lines),
    )


def _archive_data(context: SiteContext, summary: str, chart: Chart | None) -> Mapping[str, object]:
    years, listed = [], []
    all_editions = context.archive.editions
    for year, editions_of_year in groupby(all_editions, lambda edition: edition.week.year):
        editions = list(editions_of_year)
        count = formatting.stories(sum(len(edition.stories) for edition in editions))
        weeks = tuple([week_line(context, edition) for edition in editions])
        years.append(YearView(year=year, count=count, weeks=weeks))
        listed += [Listed(week.label, week.place) for week in weeks]
    return {"years": tuple(years), "summary": summary, "activity": chart, "listed": tuple(listed)}
