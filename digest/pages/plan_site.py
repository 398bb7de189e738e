"""The plan of home, the weeks, the archive, the editor's own pages, and what helps a reader along."""

from __future__ import annotations

from collections.abc import Iterator

from digest.model import Edition, FreePage, Page
from digest.pages import addresses, arrange, wording
from digest.pages.cards import Link
from digest.pages.setting import Setting
from digest.pages.views import EditionView, Head, described

_HEADLINES = 5  # of a week that home only hints at
_EARLIER = 6  # weeks that home lists


def site_pages(setting: Setting) -> Iterator[Page]:
    """Yields every page for readers but those of themes."""
    yield _home(setting)
    yield _archive(setting)
    for edition, view in setting.editions:
        yield _week(setting, edition, view)
    for page in setting.archive.pages:
        yield _free_page(setting, page)
    yield _subscribe(setting)
    yield _not_found(setting)


def _home(setting: Setting) -> Page:
    archive, site = setting.archive, setting.config.site
    front = arrange.front(archive)
    front_view = next((view for edition, view in setting.editions if edition is front), None)
    still_open = [edition for edition in archive.editions if not edition.closed and edition is not front]
    earlier = [edition for edition in archive.editions if front and edition.week < front.week][:_EARLIER]
    themes = [storyline for storyline in archive.storylines if storyline.stories]
    return setting.page(
        "home.html",
        "the home page",
        Head(
            title=site.title,
            description=site.description or f"{site.title}: what mattered, week by week and theme by theme.",
            place=addresses.HOME,
        ),
        edition=front_view,
        coming=tuple(setting.views.week_line(edition, _HEADLINES) for edition in still_open),
        earlier=tuple(setting.views.week_line(edition) for edition in earlier),
        themes=tuple(map(setting.views.theme_line, themes)),
        archive=Link(f"All {wording.count(len(archive.editions), 'week')}", addresses.ARCHIVE),
    )


def _week(setting: Setting, edition: Edition, view: EditionView) -> Page:
    letter = f": {edition.letter.title}" if edition.letter and edition.letter.title else ""
    return setting.page(
        "week.html",
        f"the page of {edition.week}",
        Head(
            title=setting.titled(view.label + letter),
            description=f"{view.span}: {view.count}{f' on {view.about}' if view.about else ''}.",
            place=view.place,
        ),
        edition=view,
        count=len(edition.stories),
    )


def _archive(setting: Setting) -> Page:
    archive, title = setting.archive, setting.config.site.title
    weeks, stories = wording.count(len(archive.editions), "week"), wording.stories(len(archive.stories))
    return setting.page(
        "archive.html",
        "the page of the archive",
        Head(
            title=setting.titled("Archive"),
            description=f"The archive of {title}: {weeks}, {stories}.",
            place=addresses.ARCHIVE,
        ),
        years=setting.views.years(archive.editions),
        summary=f"{weeks}, {stories}" if archive.editions else "",
    )


def _free_page(setting: Setting, page: FreePage) -> Page:
    here = addresses.free_page(page.name)
    body = setting.writer.html(page.body, file=page.file, here=here, top=2, line=page.line)
    words = described(body)
    return setting.page(
        "page.html",
        page.file,
        Head(title=setting.titled(page.title), description=words or page.title, place=here),
        title=page.title,
        body=body,
        draft=page.draft,
    )


def _subscribe(setting: Setting) -> Page:
    title = setting.config.site.title
    return setting.page(
        "subscribe.html",
        "the page of subscribing",
        Head(
            title=setting.titled("Subscribe"),
            description=f"How to follow {title}: its feeds, what each of them brings, and what a feed is.",
            place=addresses.SUBSCRIBE,
        ),
        themes=tuple(map(setting.views.theme_line, setting.archive.storylines)),
    )


def _not_found(setting: Setting) -> Page:
    return setting.page(
        "404.html",
        "the page of lost addresses",
        Head(
            title=setting.titled("Nothing here"),
            description=f"{setting.config.site.title} has no page at this address.",
            place=addresses.NOT_FOUND,
        ),
    )
