"""Turns text and markup from a feed into plain text, as a reader would see it.

Text is decoded once, as what the feed says it is: text stays as it is, HTML is read as browsers do.
RSS does not say which, so the tags decide (`html_tags`); a lone `<` is just a character. The result
has no markup and no characters that XML 1.0 forbids (§2.2), and is cut off if it is very long.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterable

from digest import sanitize
from digest.feeds import html_tags

_LONGEST_MARKUP = 100_000  # deeply nested, more would take seconds
_LONGEST_LINE = 2_000

ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML forbids (XML 1.0, §2.2)."""
_LINE_END = re.compile(r"\r\n?|[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def line(text: str) -> str:
    """Returns a text as one line of limited length, with single spaces, legal in XML."""
    folded = _fold(text[: 10 * _LONGEST_LINE])
    return folded if len(folded) <= _LONGEST_LINE else folded[: _LONGEST_LINE - 1].rstrip() + "…"


def legal(text: str) -> str:
    """Returns a text without the characters that XML forbids."""
    return ILLEGAL.sub("", text)


def paragraphs(text: str) -> str:
    """Returns each line of a text as a paragraph: publishers separate them by one line break."""
    lines = (_fold(part) for part in _LINE_END.split(text[:_LONGEST_MARKUP]))
    return "\n\n".join(part for part in lines if part)


def from_html(markup: str) -> str:
    """Returns the text of HTML or XHTML; white space is not folded yet."""
    return sanitize.text_of(html_tags.unwrapped(markup[:_LONGEST_MARKUP]))


def from_either(text: str, *, headline: bool = False) -> str:
    """Returns the text of what may be HTML or text, as in RSS; white space is not folded yet.

    In a headline, fewer tags count as markup: `Use <p> and <br>` is about them.
    """
    cut = html_tags.unwrapped(text[:_LONGEST_MARKUP])
    if html_tags.is_markup(cut, headline=headline):
        return sanitize.text_of(html_tags.as_html(cut))
    return references(cut)


def headline_of_html(markup: str) -> str:
    """Returns the text of a headline of type HTML; some of these are text about HTML."""
    return references(markup) if html_tags.are_words(markup) else from_html(markup)


def references(text: str) -> str:
    """Returns a text without markup with its references (`&amp;`) decoded."""
    return _ENTITY.sub(_decode, text)


def is_visible(text: str) -> bool:
    """True if a text has any visible character."""
    return any(sign.isprintable() and not sign.isspace() for sign in text)


def first(texts: Iterable[str]) -> str:
    """Returns the first text that is not blank, or ""."""
    return next((text for text in texts if text.strip()), "")


def _fold(text: str) -> str:
    return " ".join(legal(text).split())


def _decode(entity: re.Match[str]) -> str:
    """Decodes one reference; `&word;` that HTML does not know stays."""
    name = entity[0][1:]
    is_known = name.startswith("#") or name in html.entities.html5
    return html.unescape(entity[0]) if is_known else entity[0]
