"""What programs read beside the pages: each week as Markdown, /archive.json, /llms.txt.

The Markdown is made from the HTML that the page shows, so that nothing is in it that no page shows:
comments, hidden stories, what the sanitizer removes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from digest.site import addresses, formatting
from digest.site.archive import Edition
from digest.site.cards import Card
from digest.site.context import SiteContext
from digest.site.markdown import Html, absolute
from digest.site.page import Page
from digest.site.pages.week import edition_view
from digest.week import Week

_NEWEST = 26  # weeks in llms.txt; all are in archive.json
_TAG = re.compile(r'<(/?)([a-z0-9]+)((?:[^>"]|"[^"]*")*)>')
_HREF, _ALT = re.compile(r'href="([^"]*)"'), re.compile(r'alt="([^"]*)"')
_BELOW = re.compile(r"(</li>)\s+")
_GAP = re.compile(r"\s*\n\s*\n\s*")
_MARKS = {
    **{f"h{level}": f"\n\n{'#' * level} " for level in range(1, 7)},
    **dict.fromkeys(("p", "/p", "ul", "/ul", "ol", "/ol", "pre", "/pre", "table", "hr"), "\n\n"),
    **dict.fromkeys(("em", "/em"), "*"),
    **dict.fromkeys(("strong", "/strong"), "**"),
    **dict.fromkeys(("code", "/code"), "`"),
    **dict.fromkeys(("br", "tr"), "\n"),
    **dict.fromkeys(("/td", "/th"), " | "),
    "li": "- ",
    "/li": "\n",
    "blockquote": "\n\n> ",
    "/blockquote": "\n\n",
}


class WeekEntry(NamedTuple):
    """A week in the lists for programs."""

    week: Week
    closed: bool
    stories: int
    title: str


def plain_pages(context: SiteContext) -> Iterator[Page]:
    """Yields each week as Markdown, and the two lists of all."""
    editions = context.archive.editions
    for edition in editions:
        place = addresses.week_markdown(edition.week)
        source = f"{edition.week} as Markdown"
        yield context.file(place, "feeds/plain.txt", source, _week_text, edition, last=True)
    weeks = tuple(
        [
            WeekEntry(edition.week, edition.closed, len(edition.stories), edition.title)
            for edition in editions
        ]
    )
    themes = tuple([(one.theme.id, one.theme.title, one.stories) for one in context.themes])
    yield context.file(
        addresses.ARCHIVE_JSON, "feeds/archive.json", "the list of weeks", _archive, weeks, themes
    )
    yield context.file(
        addresses.LLMS, "feeds/plain.txt", "the list for language models", _llms, weeks, themes
    )


def markdown_of(markup: Html) -> str:
    """Returns sanitized HTML as Markdown; what is escaped in it stays so."""
    hrefs: list[str] = []

    def mark(tag: re.Match[str]) -> str:
        closing, name, attributes = tag.groups()
        if name == "a" and closing:
            return f"](<{hrefs.pop()}>)" if hrefs else ""
        if name == "a":
            found = _HREF.search(attributes)
            hrefs.append(found[1] if found else "")
            return "["
        if name == "img":
            shown = _ALT.search(attributes)
            return shown[1] if shown else ""
        return _MARKS.get(closing + name, "")

    return _GAP.sub("\n\n", _TAG.sub(mark, _BELOW.sub(r"\1", markup))).strip()


def _week_text(context: SiteContext, edition: Edition) -> Mapping[str, object]:
    view, base = edition_view(context, edition), context.base
    front = f"---\ngenerator: Digest\nurl: {base.absolute(view.place)}\n---"
    title = formatting.titled(edition.week, edition.title)
    parts = [front, f"# {_words(title)}", f"{view.span}, {view.count.lower()}."]
    if view.letter:
        parts.append(markdown_of(absolute(view.letter.body, base.origin)))
    if view.lead:
        parts += ["## Lead story", _story(context, view.lead)]
    for group in view.groups:
        parts += [f"## {_words(group.title)}", *(_story(context, card) for card in group.all)]
    return {"text": Html("\n\n".join(filter(None, parts)) + "\n")}


def _story(context: SiteContext, card: Card) -> str:
    """Returns a story as Markdown: headline, details, note, excerpt, corrections."""
    base = context.base
    facts = (card.source, card.byline, formatting.day(card.published))
    parts = [
        f"### [{_words(card.headline)}](<{card.link}>)",
        f"{_words(', '.join(filter(None, facts)))}. [Permalink](<{base.absolute(card.place)}>)",
        markdown_of(absolute(card.note, base.origin)),
    ]
    if card.excerpt:
        quoted = markdown_of(absolute(card.excerpt, base.origin)).replace("\n", "\n> ")
        parts.append(f"{_words(card.speaker)} writes:\n\n> {quoted}")
    for correction in card.corrections:
        parts.append(f"Corrected {formatting.day(correction.day)}: {_words(correction.text)}")
    return "\n\n".join(filter(None, parts))


def _archive(
    context: SiteContext, weeks: Sequence[WeekEntry], themes: Sequence[tuple[str, str, int]]
) -> Mapping[str, object]:
    site, link = context.config.site, context.base.absolute
    listed = []
    for week, closed, stories, title in weeks:
        facts = {
            "week": str(week),
            "title": title,
            "from": str(week.monday),
            "to": str(week.sunday),
            "closed": closed,
            "stories": stories,
            "url": link(addresses.week(week)),
            "markdown": link(addresses.week_markdown(week)),
        }
        listed.append({**facts, "feed": link(addresses.week_feed(week))} if closed else facts)
    return {
        "archive": {
            "title": site.title,
            "description": site.description,
            "language": site.language,
            "url": link(addresses.HOME),
            "weeks": listed,
            "themes": [
                {
                    "id": id,
                    "title": title,
                    "stories": stories,
                    "url": link(addresses.theme(id)),
                    "feed": link(addresses.theme_feed(id)),
                }
                for id, title, stories in themes
            ],
        }
    }


def _llms(
    context: SiteContext, weeks: Sequence[WeekEntry], themes: Sequence[tuple[str, str, int]]
) -> Mapping[str, object]:
    """Returns the site in short, in the form that llmstxt.org proposes."""
    site, link = context.config.site, context.base.absolute
    lines = [f"# {_words(site.title)}", ""]
    if site.description:
        lines += [f"> {_words(site.description)}", ""]
    lines.append("Stories of other publishers, chosen and commented on week by week.")
    lines += ["", "## Weeks", ""]
    for week, _, stories, title in weeks[:_NEWEST]:
        name = _words(formatting.titled(week, title))
        place = link(addresses.week_markdown(week))
        lines.append(f"- [{name}](<{place}>): {formatting.stories(stories).lower()}")
    lines += ["", "## Themes", ""]
    for id, title, stories in themes:
        count = formatting.stories(stories).lower()
        lines.append(f"- [{_words(title)}](<{link(addresses.theme(id))}>): {count}")
    lines += ["", "## Optional", ""]
    lines.append(f"- [All weeks as JSON](<{link(addresses.ARCHIVE_JSON)}>)")
    lines.append(f"- [The newest stories as a JSON Feed](<{link(addresses.FEED_JSON)}>)")
    return {"text": Html("\n".join(lines) + "\n")}


def _words(text: str) -> str:
    """Returns plain text on one line as Markdown that shows it, and never as HTML."""
    flat = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\\[\]`*])", r"\\\1", flat)
