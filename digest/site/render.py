"""Pages out of templates, as bytes.

    Page ──template──▶ text ──without signs that no document may hold──▶ checked ──▶ bytes

Refuses to write a feed that is not well-formed, and gives no template more than `templates/README.md` lists. A fault in
a template is one line that names it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from xml.parsers import expat

from digest.errors import Faults, Problem
from digest.site import addresses, formatting, markdown
from digest.site.addresses import Base
from digest.site.cards import Card
from digest.site.feeds.atom import AtomEntry, EditionEntry
from digest.site.fingerprint import FOLDER
from digest.site.markdown import Html
from digest.site.page import Link, Page
from digest.site.templates import Templates, as_data

# Signs that XML 1.0 §2.2 or HTML §13.2.3.5 does not allow in a document, however they came here.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PLAIN = bytes([9, 10, 13, *range(32, 127)])  # what nearly all of a page consists of

_VERSIONED = {addresses.STYLE: "style.css", addresses.SEARCH_SCRIPT: "search.js"}
"""The templates of the files whose links tell their version."""
_VERSION = 10  # hexadecimal digits
_ANCHOR, _BODY = (
    "\ue000",
    "\ue001",
)  # where the two go in the frame of a story; nobody's words have them


Remember = Callable[[str, bytes, Callable[[], str]], str]
"""Returns the text of a name that was made under a key, or makes it: `Cache.memo` for texts."""


def _make_anew(_: str, __: bytes, make: Callable[[], str]) -> str:
    return make()


class Renderer:
    """One environment for all builds of a process; what many pages share is rendered once and kept."""

    def __init__(self, root: Path, base: Base) -> None:
        self._base = base
        self._remember: Remember = _make_anew
        self._templates = Templates(
            root,
            filters={
                "day": formatting.day,
                "iso": formatting.iso,
                "card": self._card,
                "articles": self._articles,
                "content": self._content,
                "entry": self._entry,
                "whole": self._whole,
                "fingerprint": _fingerprint,
            },
            changing={
                "href": base.href,
                "versioned": self._versioned,
                "absolute": base.absolute,
                "listing": self._listing,
                "afar": lambda html: markdown.absolute(html, base.origin),
            },
            known={"places": addresses.PLACES},
        )
        self.refuse_flaws, self.flawed = self._templates.refuse_flaws, self._templates.flawed
        self._kept: dict[tuple[str, ...], Html] = {}
        self._shared: Mapping[str, object] = {}
        self._versions: dict[str, str] = {}
        self._last = False
        self._frames: dict[tuple[str, bool], Callable[[str, str], str]] = {}

    def begin(self, shared: Mapping[str, object], remember: Remember = _make_anew) -> None:
        """Begins another build: `shared` is what all pages receive."""
        self._shared, self._remember, self._kept, self._versions = shared, remember, {}, {}

    def page(self, page: Page, data: Mapping[str, object]) -> bytes:
        """Returns a page's bytes, UTF-8; `data` is the page's own."""
        self._last = page.last
        try:
            text = self._templates.render(page.template, data)
        except Exception as error:
            problem = self._templates.problem(page.template, error)
            if problem is None:
                raise
            raise Faults([problem]) from error
        content = _legal(text)
        _check(page, content)
        return content

    def _versioned(self, place: str) -> str:
        """Returns the link to a file that is another address whenever the file says something else.

        Hosts let browsers keep a file for minutes: a new page must not meet an old style sheet or script.
        """
        if place not in self._versions:
            content = _legal(self._templates.render(_VERSIONED[place], self._shared))
            self._versions[place] = hashlib.sha256(content).hexdigest()[:_VERSION]
        return f"{self._base.href(place)}?v={self._versions[place]}"

    def _articles(self, cards: Iterable[Card], kind: str, anchored: bool) -> Html:
        """Returns stories one after another, each in its frame: what is around them is the same for all."""
        frame = self._frame(kind, anchored)
        return Html("".join([frame(card.anchor, self._card(card)) for card in cards]))

    def _listing(self, links: Iterable[Link]) -> Html:
        """Returns links as the elements of an ItemList (schema.org), fit to stand in a script of JSON."""
        absolute = self._base.absolute
        found = [
            {"@type": "ListItem", "position": at, "url": absolute(link.place)}
            for at, link in enumerate(links, start=1)
        ]
        return as_data(found)

    def _frame(self, kind: str, anchored: bool) -> Callable[[str, str], str]:
        if (kind, anchored) not in self._frames:
            given = {"kind": kind, "anchor": _ANCHOR if anchored else "", "body": Html(_BODY)}
            around = self._templates.render("story/article.html", given)
            self._frames[kind, anchored] = lambda anchor, body: around.replace(
                _ANCHOR, anchor
            ).replace(_BODY, body)
        return self._frames[kind, anchored]

    def _card(self, card: Card) -> Html:
        return self._once((card.template, card.file, card.under), "card", card)

    def _content(self, card: Card) -> Html:
        return self._once(("feeds/content.html", card.file, card.under), "card", card)

    def _entry(self, entry: AtomEntry) -> Html:
        return self._once(("feeds/entry.xml", entry.id), "entry", entry)

    def _whole(self, entry: EditionEntry) -> Html:
        def make() -> str:
            return self._templates.render("feeds/edition.html", {"edition": entry.view()})

        return Html(self._remember(entry.id, entry.key, make))

    def _once(self, key: tuple[str, ...], name: str, value: object) -> Html:
        """Returns a piece, rendered once for the two pages that most pieces stand on: then it is let go."""
        if key in self._kept:
            return self._kept.pop(key)
        piece = self._piece(key[0], {name: value})
        if not self._last:
            self._kept[key] = piece
        return piece

    def _piece(self, template: str, values: Mapping[str, object]) -> Html:
        return Html(self._templates.render(template, values))


def flawed(root: Path, base: Base) -> tuple[Problem, ...]:
    """Returns what is wrong in the digest's own templates, as far as it shows before a page is rendered."""
    return tuple(Renderer(root, base).flawed())


def _legal(text: str) -> bytes:
    """Returns the text in UTF-8, without signs that no document may hold: few are odd enough to be looked at."""
    content = text.encode(errors="surrogatepass")
    odd = content.translate(None, _PLAIN)
    if not _ILLEGAL.search(odd.decode(errors="surrogatepass")):
        return content
    return _ILLEGAL.sub("", text).encode()


def _check(page: Page, content: bytes) -> None:
    """Raises Faults where a template has given a document that its readers could not parse."""
    try:
        if page.path.endswith((".atom", ".xml", ".opml")):
            expat.ParserCreate("utf-8").Parse(content, True)
        elif page.path.endswith(".json"):
            json.loads(content)
    except (expat.ExpatError, ValueError) as error:
        what = f"gives a {page.path} that is not well-formed: {error}"
        raise Faults(
            [Problem(f"{FOLDER}/{page.template}", 0, what, "correct the template")]
        ) from error


def _fingerprint(words: str) -> str:
    """Returns what a Content-Security-Policy calls a script by that stands in its page (CSP 3 §2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()
