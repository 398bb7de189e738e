"""What is not about stories: the editor's pages, those for subscribing and searching, the 404 page,
and the files that browsers and crawlers request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from digest.model import FreePage
from digest.site import addresses
from digest.site.context import SiteContext, ThemeSummary, no_data
from digest.site.page import Head, Page
from digest.site.pages.themes import theme_line


def fixed_pages(context: SiteContext) -> Iterator[Page]:
    """Yields the editor's pages, and the site's own pages that are not about stories."""
    for page in context.archive.pages:
        here = addresses.free_page(page.name)
        description = context.description(page, here) or page.title
        head = Head(title=context.page_title(page.title), description=description, place=here)
        links = context.links_key(page.body)
        yield context.page("page.html", page.file, head, _free_page_data, page, depends_on=links)
    if context.script_version is not None:
        yield _search_page(context, context.script_version)
    title = context.config.site.title
    head = Head(
        title=context.page_title("Subscribe"),
        description=f"How to follow {title}: its feeds, what each of them brings, and what a feed is.",
        place=addresses.SUBSCRIBE,
    )
    source = "the Subscribe page"
    yield context.page("subscribe.html", source, head, _subscribe_data, context.themes)
    head = Head(
        title=context.page_title("Nothing here"),
        description=f"{title} has no page at this address.",
        place=addresses.NOT_FOUND,
    )
    yield context.page("404.html", "the 404 page", head, no_data)


def site_files(context: SiteContext, pages: Iterable[Page]) -> Iterator[Page]:
    """Yields the sitemap, robots.txt, style sheet, icon and script; `pages` are those for readers."""

    def file(place: str, template: str) -> Page:
        return context.file(place, template, f"the digest's {place}", no_data)

    heads = tuple([page.head for page in pages if page.template not in {"404.html", "moved.html"}])
    place, source = addresses.SITEMAP, f"the digest's {addresses.SITEMAP}"
    yield context.file(place, "sitemap.xml", source, lambda _, heads: {"heads": heads}, heads)
    yield file(addresses.ROBOTS, "robots.txt")
    yield file(addresses.STYLE, "style.css")
    if not context.editors_icon:
        yield file(addresses.ICON, "icon.svg")
    if context.script_version is not None:
        yield file(addresses.SEARCH_SCRIPT, "search.js")


def _free_page_data(context: SiteContext, page: FreePage) -> Mapping[str, object]:
    body = context.text(page, addresses.free_page(page.name))
    return {"title": page.title, "body": body, "draft": page.draft}


def _subscribe_data(context: SiteContext, themes: tuple[ThemeSummary, ...]) -> Mapping[str, object]:
    lines = tuple([theme_line(context, theme) for theme in themes])
    return {"themes": lines, "mail": context.config.mail.subscribe}


def _search_page(context: SiteContext, version: str) -> Page:
    head = Head(
        title=context.page_title("Search"),
        description=f"Search all stories of {context.config.site.title} by words, theme and year.",
        place=addresses.SEARCH,
    )
    themes = []
    for summary in context.themes:
        if summary.stories:
            theme = summary.theme
            themes.append((theme.id, theme.title, context.cards.chips[theme.id].colour))
    years: dict[int, None] = {}
    for edition in context.archive.editions:
        if edition.stories or edition.letter:
            years[edition.week.year] = None
    return context.page(
        "search.html",
        "the search page",
        head,
        lambda _, themes, years, version: {"themes": themes, "years": years, "program": version},
        tuple(themes),
        tuple(years),
        version,
    )
