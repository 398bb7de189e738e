"""From what a feed wrote, markup or not, to plain text: what a reader would have seen of it, and no more.

Policy. Text is decoded once, by what the feed says it is: text stays text whatever signs it holds, HTML is read as a
browser reads it. RSS does not say, so there the look of its tags decides (`tags`); a lone `<` stays the sign that it
is. Refuses to keep any markup, any character that XML 1.0 forbids (§2.2), and the tail of a text so large that no
editor would read it.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterable

from digest import sanitize
from digest.feeds import html_tags

_LONGEST_MARKUP = 100_000  # what no one reads; deeply nested, it would take seconds
_LONGEST_LINE = 2_000

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def line(text: str) -> str:
    """Returns a text as one line: white space folded to single spaces, what XML forbids left out, cut if endless."""
    folded = _fold(text[: 10 * _LONGEST_LINE])
    return folded if len(folded) <= _LONGEST_LINE else folded[: _LONGEST_LINE - 1].rstrip() + "…"


def legal(text: str) -> str:
    """Returns a text without the characters that XML forbids, and otherwise as it is."""
    return _ILLEGAL.sub("", text)


def paragraphs(text: str) -> str:
    """Returns a text with every line of it a paragraph, parted by one blank line; publishers part them by one break."""
    lines = (_fold(part) for part in _LINE_END.split(text[:_LONGEST_MARKUP]))
    return "\n\n".join(part for part in lines if part)


def from_html(markup: str) -> str:
    """Returns the text of what is known to be HTML or XHTML; its white space is still to be folded."""
    return sanitize.text_of(html_tags.unwrapped(markup[:_LONGEST_MARKUP]))


def from_either(text: str, *, headline: bool = False) -> str:
    """Returns the text of what may be HTML or text, as in RSS; its white space is still to be folded.

    In a headline, fewer tags are markup: `Use <p> and <br>` is about them.
    """
    cut = html_tags.unwrapped(text[:_LONGEST_MARKUP])
    if html_tags.is_markup(cut, headline=headline):
        return sanitize.text_of(html_tags.as_html(cut))
    return references(cut)


def headline_of_html(markup: str) -> str:
    """Returns the text of a headline that its feed calls HTML, which some say of headlines about HTML by mistake."""
    return references(markup) if html_tags.are_words(markup) else from_html(markup)


def references(text: str) -> str:
    """Returns a text that is no markup with its references (`&amp;`) decoded."""
    return _ENTITY.sub(_decode, text)


def is_visible(text: str) -> bool:
    """Tells whether there is anything in a text that a reader could see."""
    return any(sign.isprintable() and not sign.isspace() for sign in text)


def first(texts: Iterable[str]) -> str:
    """Returns the first text that is more than white space, an empty one if there is none."""
    return next((text for text in texts if text.strip()), "")


def _fold(text: str) -> str:
    return " ".join(legal(text).split())


def _decode(entity: re.Match[str]) -> str:
    """Decodes one reference that HTML knows; `&word;` with a word that it does not know is text."""
    name = entity[0][1:]
    return (
        html.unescape(entity[0])
        if name.startswith("#") or name in html.entities.html5
        else entity[0]
    )
