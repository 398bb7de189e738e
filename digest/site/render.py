"""Renders pages with their templates, to bytes; of a social card, its SVG.

    Page ──template──▶ text ──without forbidden characters──▶ bytes ──well-formed?──▶ done

An error in a template becomes one line that names it. `templates/README.md` lists what templates
receive.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from xml.parsers import expat

from digest.errors import Faults, Problem
from digest.site import addresses, formatting, markdown
from digest.site.addresses import SiteUrl
from digest.site.cards import Card, Chip
from digest.site.feeds.atom import EditionEntry
from digest.site.fingerprint import FOLDER
from digest.site.markdown import Html
from digest.site.neighbours import NeighboursView
from digest.site.page import Listed, Page
from digest.site.templates import Templates, as_json

# Characters that XML 1.0 §2.2 or HTML §13.2.3.5 forbids in a document, even as references.
_NONCHARACTERS = "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)
)
_ILLEGAL = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]"
)
_PLAIN = bytes([9, 10, 13, *range(32, 127)])  # nearly all bytes of a page

_VERSIONED = {addresses.STYLE: "style.css", addresses.SEARCH_SCRIPT: "search.js"}
"""The templates of the files that are linked with a version."""
_MAX_LISTED = 5  # of a page's stories or weeks, in its structured data: more would be heavy
_VERSION_DIGITS = 10  # hexadecimal digits
_ANCHOR, _BODY = "\ue000", "\ue001"  # placeholders in the frame of a story (private use area)

_PROPERTY = re.compile(r"--([\w-]+):([^;}]*)")


class Renderer:
    """Renders the pages of a process's builds; what several pages share is rendered once per build."""

    def __init__(self, root: Path, base: SiteUrl) -> None:
        self._base = base
        self.editions: dict[str, str] = {}
        self._templates = Templates(
            root,
            filters={
                "day": formatting.day,
                "iso": formatting.iso,
                "period": formatting.period,
                "render_card": self._card,
                "articles": self._articles,
                "feed_content": lambda card: self._html("feeds/content.html", card=card),
                "render_entry": lambda entry: self._html("feeds/entry.xml", entry=entry),
                "edition_content": self._edition_content,
                "csp_hash": _csp_hash,
                "colours": _colours,
            },
            changing={
                "href": base.href,
                "versioned": self._versioned,
                "absolute": base.absolute,
                "item_list": self._item_list,
                "absolute_links": lambda html: markdown.absolute(html, base.origin),
            },
            common={"places": addresses.PLACES},
        )
        self.raise_problems = self._templates.raise_problems
        self.problems = self._templates.problems
        self._shared: Mapping[str, object] = {}
        self._versions: dict[str, str] = {}
        self._frames: dict[tuple[str, bool, Chip | None], Callable[[str, str], str]] = {}

    def begin(self, shared: Mapping[str, object], editions: Mapping[str, str]) -> None:
        """Starts another build; `shared` is what all templates receive.

        `editions` has texts of editions in the weekly feed by their ids; others are added to it in
        `self.editions` as they are rendered.
        """
        self._shared, self.editions, self._versions = shared, dict(editions), {}

    def page(self, page: Page, data: Mapping[str, object]) -> bytes:
        """Returns a page in UTF-8; `data` is what its template receives.

        Raises Faults for an error in a template, and for XML or JSON that cannot be parsed.
        """
        content = _encoded(self._rendered(page.template, data))
        try:
            if page.path.endswith((".atom", ".xml", ".opml", ".png")):
                expat.ParserCreate("utf-8").Parse(content, True)
            elif page.path.endswith(".json"):
                json.loads(content)
        except (expat.ExpatError, ValueError) as error:
            what = f"gives a {page.path} that is not well-formed: {error}"
            problem = Problem(f"{FOLDER}/{page.template}", 0, what, "correct the template")
            raise Faults([problem]) from error
        return content

    def text(self, template: str, data: Mapping[str, object]) -> str:
        """Returns what a template makes of values, for what is not a page of the site."""
        return _encoded(self._rendered(template, data)).decode()

    def _rendered(self, template: str, data: Mapping[str, object]) -> str:
        try:
            return self._templates.render(template, data)
        except Exception as error:
            problem = self._templates.problem(template, error)
            if problem is None:
                raise
            raise Faults([problem]) from error

    def _versioned(self, place: str) -> str:
        """Returns the link to a file, with a hash of its content.

        Browsers cache a file for minutes: a new page must not get an old style sheet or script.
        """
        if place not in self._versions:
            content = _encoded(self._templates.render(_VERSIONED[place], self._shared))
            self._versions[place] = hashlib.sha256(content).hexdigest()[:_VERSION_DIGITS]
        return f"{self._base.href(place)}?v={self._versions[place]}"

    def _articles(
        self,
        cards: Iterable[Card],
        kind: str,
        anchored: bool,
        kickers: bool = False,
        neighbours: Mapping[str, NeighboursView] = MappingProxyType({}),
    ) -> Html:
        """Returns stories one after another, each in a frame; a frame is rendered only once.

        With `kickers`, the frame has the story's theme above the headline. `neighbours` are what is
        below some of them, by file.
        """
        pieces = []
        for card in cards:
            frame = self._frame(kind, anchored, card.kicker if kickers else None)
            body: str = self._card(card)
            if card.also:  # not in the card: only its week's page has anchors
                body += self._html("story/also.html", also=card.also, anchored=anchored)
            if card.file in neighbours:
                body += self._html("story/neighbours.html", neighbours=neighbours[card.file])
            pieces.append(frame(card.anchor, body))
        return Html("".join(pieces))

    def _item_list(self, listed: Iterable[Listed]) -> Html:
        """Returns the first elements of an ItemList (schema.org), as JSON for a script."""
        items = []
        for number, item in enumerate(islice(listed, _MAX_LISTED), 1):
            element: dict[str, object] = {"@type": "ListItem", "position": number}
            named = {"url": self._base.absolute(item.place), "name": item.title}
            if item.day:
                publisher = {"@type": "Organization", "name": item.publisher}
                about = {"datePublished": item.day, "publisher": publisher}
                element["item"] = {"@type": "NewsArticle", **named, **about}
            else:
                element.update(named)
            items.append(element)
        return as_json(items)

    def _frame(self, kind: str, anchored: bool, kicker: Chip | None) -> Callable[[str, str], str]:
        if (kind, anchored, kicker) not in self._frames:
            frame = self._html(
                "story/article.html",
                kind=kind,
                anchor=_ANCHOR if anchored else "",
                kicker=kicker,
                body=Html(_BODY),
            )

            def fill(anchor: str, body: str) -> str:
                return frame.replace(_ANCHOR, anchor).replace(_BODY, body)

            self._frames[kind, anchored, kicker] = fill
        return self._frames[kind, anchored, kicker]

    def _card(self, card: Card) -> Html:
        return self._html(card.template, card=card)

    def _edition_content(self, entry: EditionEntry) -> Html:
        if entry.id not in self.editions:
            text = self._templates.render("feeds/edition.html", {"edition": entry.view()})
            self.editions[entry.id] = text
        return Html(self.editions[entry.id])

    def _html(self, template: str, **values: object) -> Html:
        return Html(self._templates.render(template, values))


def template_problems(root: Path, base: SiteUrl) -> tuple[Problem, ...]:
    """Returns the errors in the digest's own templates that show before a page is rendered."""
    return tuple(Renderer(root, base).problems())


def _encoded(text: str) -> bytes:
    """Returns the text in UTF-8, without characters that no document may contain."""
    content = text.encode(errors="surrogatepass")
    unusual = content.translate(None, _PLAIN)  # few bytes, which are faster to search
    if not _ILLEGAL.search(unusual.decode(errors="surrogatepass")):
        return content
    return _ILLEGAL.sub("", text).encode()


def _colours(css: str) -> dict[str, str]:
    """Returns the custom properties of a style sheet, as it first defines them."""
    return {name: value.strip() for name, value in reversed(_PROPERTY.findall(css))}


def _csp_hash(words: str) -> str:
    """Returns the hash that allows an inline script in a Content-Security-Policy (CSP 3 §2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()
