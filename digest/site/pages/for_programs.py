"""What programs read beside the pages: each week as Markdown, /archive.json, /llms.txt.

The Markdown is made from the HTML that the page shows, so that nothing is in it that no page shows:
comments, hidden stories, what the sanitizer removes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from digest.site import addresses, formatting
from digest.site.addresses import SiteUrl
from digest.site.ahead import DateAheadLine
from digest.site.archive import Edition
from digest.site.cards import Card
from digest.site.context import SiteContext
from digest.site.markdown import Html, absolute
from digest.site.page import Page
from digest.site.pages.week import edition_view
from digest.week import Week

_MAX_WEEKS = 26  # weeks in llms.txt; all are in archive.json
_TAG = re.compile(
    r"(?P<pre><pre\b.*?</pre>)|"
    r'<(?P<closing>/?)(?P<name>[a-z0-9]+)(?P<attributes>(?:[^>"]|"[^"]*")*)>',
    re.DOTALL,
)
_LINE = "\0"  # a line break in preformatted text, which stays as it is
_HREF, _ALT = re.compile(r'href="([^"]*)"'), re.compile(r'alt="([^"]*)"')
_GAP = re.compile(r"(?<!\s)\s*\n\s*\n")
_MARKS = {
    **{f"h{level}": f"\n\n{'#' * level} " for level in range(1, 7)},
    **dict.fromkeys(("p", "/p", "table", "hr"), "\n\n"),
    **dict.fromkeys(("em", "/em"), "*"),
    **dict.fromkeys(("strong", "/strong"), "**"),
    **dict.fromkeys(("code", "/code"), "`"),
    **dict.fromkeys(("br", "tr"), "\n"),
    **dict.fromkeys(("/td", "/th"), " | "),
}


class WeekEntry(NamedTuple):
    """A week in the lists for programs."""

    week: Week
    closed: bool
    stories: int
    title: str


def program_pages(context: SiteContext) -> Iterator[Page]:
    """Yields each week as Markdown, and the two lists of all."""
    weeks = []
    for edition in context.archive.editions:
        week = edition.week
        place, source = addresses.week_markdown(week), f"{week} as Markdown"
        inputs = edition, context.ahead.lines_of(edition)
        yield context.file(place, "feeds/plain.txt", source, _week_data, *inputs)
        weeks.append(WeekEntry(week, edition.closed, len(edition.stories), edition.title))
    themes = []
    for summary in context.themes:
        themes.append((summary.theme.id, summary.theme.title, summary.stories))
    lists = tuple(weeks), tuple(themes), tuple([date.line for date in context.ahead.all])
    place, source = addresses.ARCHIVE_JSON, "the list of weeks"
    yield context.file(place, "feeds/archive.json", source, _archive_data, *lists)
    place, source = addresses.LLMS, "the list for language models"
    yield context.file(place, "feeds/plain.txt", source, _llms_data, *lists)


def markdown_of(markup: Html) -> str:
    """Returns sanitized HTML as Markdown; what is escaped in it stays so.

    Preformatted text stays HTML, which Markdown may contain.
    """
    hrefs: list[str] = []
    numbers: list[int] = []  # of the last item of each open list, below 0 if it has bullets
    open_blocks: list[list[str]] = [[]]  # the document, and each open quotation or list item
    end = 0
    for tag in _TAG.finditer(markup):
        block, text = open_blocks[-1], markup[end : tag.start()]
        end = tag.end()
        if tag["pre"]:
            block += [text, "\n\n", tag["pre"].replace("\n", _LINE), "\n\n"]
            continue
        name = tag["closing"] + tag["name"]
        block.append(text.rstrip() if tag["name"] in ("ul", "ol", "li") else text)
        if name in ("blockquote", "li"):
            open_blocks.append([])
        elif name in ("/blockquote", "/li") and len(open_blocks) > 1:
            words = _joined(open_blocks.pop())
            if name == "/blockquote":
                open_blocks[-1].append("\n\n" + _indented(words, "> ", "> ") + "\n\n")
                continue
            lead = "- "
            if numbers and numbers[-1] >= 0:
                numbers[-1] += 1
                lead = f"{numbers[-1]}. "
            open_blocks[-1].append("\n" + _indented(words, lead, " " * len(lead)))
        elif name in ("ul", "ol"):
            numbers.append(0 if name == "ol" else -1)
            block.append("\n\n" if len(numbers) == 1 else "")
        elif name in ("/ul", "/ol") and numbers:
            numbers.pop()
            block.append("\n" if numbers else "\n\n")
        elif name == "/a" and hrefs:
            block.append(f"](<{hrefs.pop()}>)")
        elif name == "a":
            href = _HREF.search(tag["attributes"])
            hrefs.append(href[1] if href else "")
            block.append("[")
        elif name == "img":
            alt = _ALT.search(tag["attributes"])
            block.append(alt[1] if alt else "")
        else:
            block.append(_MARKS.get(name, ""))
    open_blocks[-1].append(markup[end:])
    return _joined(chain.from_iterable(open_blocks)).replace(_LINE, "\n")


def _joined(texts: Iterable[str]) -> str:
    """Returns texts as one, without blank lines at its ends, and with single ones in it."""
    return _GAP.sub("\n\n", "".join(texts)).strip()


def _indented(text: str, first: str, others: str) -> str:
    """Returns a text with something before its first line, and before each of the others."""
    lines = text.replace(_LINE, f"\n{_LINE}").split("\n")
    indented = [first + lines[0]]
    for line in lines[1:]:
        if line.startswith(_LINE):  # preformatted: spaces at its end stay
            indented.append(_LINE + others + line.removeprefix(_LINE))
        else:
            indented.append((others + line).rstrip())
    return "\n".join(indented).replace(f"\n{_LINE}", _LINE)


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
        parts.append(markdown_of(absolute(view.letter.body, context.base.origin)))
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
        markdown_of(absolute(card.note, base.origin)),
    ]
    if card.excerpt:
        quoted = markdown_of(absolute(card.excerpt, base.origin)).replace("\n", "\n> ")
        parts.append(f"{_words(card.speaker)} writes:\n\n> {quoted}")
    for correction in card.corrections:
        parts.append(f"Corrected {formatting.day(correction.day)}: {_words(correction.text)}")
    for also in card.also:
        parts.append(f"Also: {_link(also.headline, also.link)}, {_words(also.source)}")
    return "\n\n".join(filter(None, parts))


def _archive_data(
    context: SiteContext,
    weeks: Sequence[WeekEntry],
    themes: Sequence[tuple[str, str, int]],
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
    for id, title, stories in themes:
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
    themes: Sequence[tuple[str, str, int]],
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
    for id, title, stories in themes:
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
    return f"[{_words(words)}](<{url}>)"


def _words(text: str) -> str:
    """Returns plain text on one line as Markdown that shows it, and never as HTML."""
    flat = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\\[\]`*])", r"\\\1", flat)
