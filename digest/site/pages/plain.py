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
from digest.site.addresses import Base
from digest.site.ahead import AheadLine
from digest.site.archive import Edition
from digest.site.cards import Card
from digest.site.context import SiteContext
from digest.site.markdown import Html, absolute
from digest.site.page import Page
from digest.site.pages.week import edition_view
from digest.week import Week

_NEWEST = 26  # weeks in llms.txt; all are in archive.json
_TAG = re.compile(
    r"(?P<pre><pre\b.*?</pre>)|"
    r'<(?P<closing>/?)(?P<name>[a-z0-9]+)(?P<attributes>(?:[^>"]|"[^"]*")*)>',
    re.DOTALL,
)
_LINE = "\0"  # stands for a line break in preformatted text, which stays as it is
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


def plain_pages(context: SiteContext) -> Iterator[Page]:
    """Yields each week as Markdown, and the two lists of all."""
    editions = context.archive.editions
    for edition in editions:
        place = addresses.week_markdown(edition.week)
        source, ahead = f"{edition.week} as Markdown", context.ahead.lines_of(edition)
        yield context.file(place, "feeds/plain.txt", source, _week_text, edition, ahead, last=True)
    weeks = tuple(
        [
            WeekEntry(edition.week, edition.closed, len(edition.stories), edition.title)
            for edition in editions
        ]
    )
    themes = tuple([(one.theme.id, one.theme.title, one.stories) for one in context.themes])
    ahead = tuple([AheadLine(one.when, one.text, one.source.place) for one in context.ahead.all])
    inputs = weeks, themes, ahead
    yield context.file(
        addresses.ARCHIVE_JSON, "feeds/archive.json", "the list of weeks", _archive, *inputs
    )
    source = "the list for language models"
    yield context.file(addresses.LLMS, "feeds/plain.txt", source, _llms, *inputs)


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
    return _joined([text for block in open_blocks for text in block]).replace(_LINE, "\n")


def _joined(texts: Sequence[str]) -> str:
    """Returns texts as one, without blank lines at its ends, and with single ones in it."""
    return _GAP.sub("\n\n", "".join(texts)).strip()


def _indented(text: str, first: str, others: str) -> str:
    """Returns a text with something before its first line, and before each of the others."""
    lines = text.replace(_LINE, f"\n{_LINE}").split("\n")
    indented = [first + lines[0]]
    for line in lines[1:]:
        kept = line.removeprefix(_LINE)
        prefixed = (others + kept).rstrip() if kept == line else others + kept
        indented.append(prefixed if kept == line else _LINE + prefixed)
    return "\n".join(indented).replace(f"\n{_LINE}", _LINE)


def _week_text(
    context: SiteContext, edition: Edition, ahead: Sequence[AheadLine]
) -> Mapping[str, object]:
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
    if ahead:
        parts += ["## Ahead, as of this week", "\n".join(_due(base, one) for one in ahead)]
    return {"text": Html("\n\n".join(filter(None, parts)) + "\n")}


def _due(base: Base, one: AheadLine) -> str:
    """Returns a date ahead as an item of a list."""
    link = f"[{_words(one.text)}](<{base.absolute(one.place)}>)"
    return f"- {formatting.period(one.when)}: {link}"


def _story(context: SiteContext, card: Card) -> str:
    """Returns a story as Markdown: headline, details, note, excerpt, corrections, stories below it."""
    base = context.base
    facts = (card.source, card.byline, formatting.day(card.published))
    saved = f"[Saved copy](<{card.saved}>) · " if card.saved else ""
    parts = [
        f"### [{_words(card.headline)}](<{card.link}>)",
        f"{_words(', '.join(filter(None, facts)))}. {saved}[Permalink](<{base.absolute(card.place)}>)",
        markdown_of(absolute(card.note, base.origin)),
    ]
    if card.excerpt:
        quoted = markdown_of(absolute(card.excerpt, base.origin)).replace("\n", "\n> ")
        parts.append(f"{_words(card.speaker)} writes:\n\n> {quoted}")
    for correction in card.corrections:
        parts.append(f"Corrected {formatting.day(correction.day)}: {_words(correction.text)}")
    for one in card.also:
        parts.append(f"Also: [{_words(one.headline)}](<{one.link}>), {_words(one.source)}")
    return "\n\n".join(filter(None, parts))


def _archive(
    context: SiteContext,
    weeks: Sequence[WeekEntry],
    themes: Sequence[tuple[str, str, int]],
    ahead: Sequence[AheadLine],
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
            "ahead": [
                {"date": when, "text": text, "url": link(place)} for when, text, place in ahead
            ],
        }
    }


def _llms(
    context: SiteContext,
    weeks: Sequence[WeekEntry],
    themes: Sequence[tuple[str, str, int]],
    ahead: Sequence[AheadLine],
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
    if ahead:
        lines.append(
            f"- [Dates ahead](<{link(addresses.AHEAD)}>): what is due, and what came of it"
        )
    lines.append(f"- [All weeks as JSON](<{link(addresses.ARCHIVE_JSON)}>)")
    lines.append(f"- [The newest stories as a JSON Feed](<{link(addresses.FEED_JSON)}>)")
    return {"text": Html("\n".join(lines) + "\n")}


def _words(text: str) -> str:
    """Returns plain text on one line as Markdown that shows it, and never as HTML."""
    flat = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\\[\]`*])", r"\\\1", flat)
