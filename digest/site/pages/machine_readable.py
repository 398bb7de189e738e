"""What programs read beside the pages: each week as Markdown, /archive.json, /llms.txt.

The Markdown is made from the HTML that the page shows, so that nothing is in it that no page shows:
comments, hidden stories, what the sanitizer removes.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from digest.site import addresses, formatting
from digest.site.addresses import SiteUrl
from digest.site.ahead import DateAheadLine
from digest.site.archive import Edition
from digest.site.cards import Card
from digest.site.context import SiteContext
from digest.site.html_to_markdown import escaped, html_to_markdown, link
from digest.site.markdown import Html, absolute
from digest.site.page import Page
from digest.site.pages.week import edition_view
from digest.week import Week

_PLAIN = "feeds/plain.txt"
_MAX_WEEKS = 26  # weeks in llms.txt; all are in archive.json


class WeekEntry(NamedTuple):
    """A week in the lists for programs."""

    week: Week
    closed: bool
    stories: int
    title: str


class ThemeEntry(NamedTuple):
    """A theme in these lists."""

    id: str
    stories: int
    title: str


def machine_readable_pages(context: SiteContext) -> Iterator[Page]:
    """Yields each week as Markdown, and the two lists of all."""
    weeks = []
    for edition in context.archive.editions:
        week = edition.week
        place, source = addresses.week_markdown(week), f"{week} as Markdown"
        ahead = context.ahead.next_dates_as_of(edition)
        make = partial(context.file, place, _PLAIN, source, _week_data, edition, ahead)
        yield context.memory.memo(("week as Markdown", week), (edition,), ahead, make)
        weeks.append(WeekEntry(week, edition.closed, len(edition.stories), edition.title))
    themes = []
    for summary in context.themes:
        themes.append(ThemeEntry(summary.theme.id, summary.stories, summary.theme.title))
    lists = tuple(weeks), tuple(themes), tuple([date.line for date in context.ahead.all])
    place, source = addresses.ARCHIVE_JSON, "the list of weeks"
    yield context.file(place, "feeds/archive.json", source, _archive_data, *lists)
    place, source = addresses.LLMS, "the list for language models"
    yield context.file(place, _PLAIN, source, _llms_data, *lists)


def _week_data(
    context: SiteContext, edition: Edition, ahead: Sequence[DateAheadLine]
) -> Mapping[str, object]:
    view, absolute_url = edition_view(context, edition), context.base.absolute
    title = formatting.titled(edition.week, edition.title)
    parts = [
        f"---\ngenerator: Digest\nurl: {absolute_url(view.place)}\n---",
        f"# {_words(title)}",
        f"{view.span}, {view.count.lower()}.",
    ]
    if view.letter:
        parts.append(html_to_markdown(absolute(view.letter.body, context.base.origin)))
    if view.lead:
        parts += ["## Lead story", _story(context.base, view.lead)]
    for group in view.groups:
        parts += [f"## {_words(group.title)}", *(_story(context.base, card) for card in group.all)]
    if ahead:
        items = []
        for date in ahead:
            link = _link(date.text, absolute_url(date.place))
            items.append(f"- {formatting.period(date.when)}: {link}")
        parts += ["## Ahead, as of this week", "\n".join(items)]
    return {"text": Html("\n\n".join(filter(None, parts)) + "\n")}


def _story(base: SiteUrl, card: Card) -> str:
    """Returns a story as Markdown: headline, details, note, excerpt, corrections, stories below it."""
    details = (card.source, card.byline, formatting.day(card.published))
    saved = f"{_link('Saved copy', card.saved)} · " if card.saved else ""
    permalink = _link("Permalink", base.absolute(card.place))
    parts = [
        f"### {_link(card.headline, card.link)}",
        f"{_words(', '.join(filter(None, details)))}. {saved}{permalink}",
        html_to_markdown(absolute(card.note, base.origin)),
    ]
    if card.excerpt:
        quoted = html_to_markdown(absolute(card.excerpt, base.origin)).replace("\n", "\n> ")
        parts.append(f"{_words(card.excerpt_by)} writes:\n\n> {quoted}")
    for correction in card.corrections:
        parts.append(f"Corrected {formatting.day(correction.day)}: {_words(correction.text)}")
    for also in card.also:
        parts.append(f"Also: {_link(also.headline, also.link)}, {_words(also.source)}")
    return "\n\n".join(filter(None, parts))


def _archive_data(
    context: SiteContext,
    weeks: Sequence[WeekEntry],
    themes: Sequence[ThemeEntry],
    ahead: Sequence[DateAheadLine],
) -> Mapping[str, object]:
    site, url = context.config.site, context.base.absolute
    listed_weeks = []
    for week, closed, stories, title in weeks:
        facts = {
            "week": str(week),
            "title": title,
            "from": str(week.monday),
            "to": str(week.sunday),
            "closed": closed,
            "stories": stories,
            "url": url(addresses.week(week)),
            "markdown": url(addresses.week_markdown(week)),
        }
        if closed:
            facts["feed"] = url(addresses.week_feed(week))
        listed_weeks.append(facts)
    listed_themes = []
    for id, stories, title in themes:
        place, feed = url(addresses.theme(id)), url(addresses.theme_feed(id))
        facts = {"id": id, "title": title, "stories": stories, "url": place, "feed": feed}
        listed_themes.append(facts)
    archive = {
        "title": site.title,
        "description": site.description,
        "language": site.language,
        "url": url(addresses.HOME),
        "weeks": listed_weeks,
        "themes": listed_themes,
        "ahead": [{"date": when, "text": text, "url": url(place)} for when, text, place in ahead],
    }
    return {"archive": archive}


def _llms_data(
    context: SiteContext,
    weeks: Sequence[WeekEntry],
    themes: Sequence[ThemeEntry],
    ahead: Sequence[DateAheadLine],
) -> Mapping[str, object]:
    """Returns the site in short, in the form that llmstxt.org proposes."""
    site, url = context.config.site, context.base.absolute
    lines = [f"# {_words(site.title)}", ""]
    if site.description:
        lines += [f"> {_words(site.description)}", ""]
    lines.append("Stories of other publishers, chosen and commented on week by week.")
    lines += ["", "## Weeks", ""]
    for week, _, stories, title in weeks[:_MAX_WEEKS]:
        link = _link(formatting.titled(week, title), url(addresses.week_markdown(week)))
        lines.append(f"- {link}: {formatting.stories(stories).lower()}")
    lines += ["", "## Themes", ""]
    for id, stories, title in themes:
        link = _link(title, url(addresses.theme(id)))
        lines.append(f"- {link}: {formatting.stories(stories).lower()}")
    lines += ["", "## Optional", ""]
    if ahead:
        link = _link("Dates ahead", url(addresses.AHEAD))
        lines.append(f"- {link}: what is due, and what came of it")
    lines.append(f"- {_link('All weeks as JSON', url(addresses.ARCHIVE_JSON))}")
    lines.append(f"- {_link('The newest stories as a JSON Feed', url(addresses.FEED_JSON))}")
    return {"text": Html("\n".join(lines) + "\n")}


def _link(words: str, url: str) -> str:
    return link(_words(words), url)


def _words(text: str) -> str:
    """Returns plain text on one line as Markdown that shows it, and never as HTML."""
    return escaped(html.escape(" ".join(text.split()), quote=False), starts_line=False)
