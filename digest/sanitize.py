"""Converts HTML to plain text, and to HTML that is safe to publish; the only importer of nh3.

Tags, attributes and schemes that are not listed here are dropped, and their text is kept. Elements
whose content is not text (script, style and others) are dropped with their content.
"""

from __future__ import annotations

import html
import re

import nh3

_BREAKS = frozenset({
    "br", "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "blockquote", "pre",
    "hr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "figure", "figcaption",
    "address", "aside", "caption", "center", "details", "dialog", "dir", "fieldset", "footer",
    "form", "header", "hgroup", "legend", "main", "menu", "nav", "search", "summary",
})  # fmt: skip
_CELLS = frozenset({"td", "th"})
_RUBY = frozenset({"ruby", "rt", "rp"})
_NOT_TEXT = {
    "script", "style", "title", "template", "noscript", "noembed", "noframes", "iframe",
    "object", "svg", "math", "select", "textarea", "button",
}  # fmt: skip
_LINE = re.compile(r"</?(?:br|li|dt|dd|tr)>")
_BLOCK = re.compile(rf"</?(?:{'|'.join(sorted(_BREAKS))})>")
_CELL = re.compile(r"</?t[dh]>")
_READING = re.compile(r"(?:<rp>[^<]*</rp>)?<rt>([^<]*)</rt>(?:<rp>[^<]*</rp>)?")
_RUBY_TAG = re.compile(r"</?(?:ruby|rt|rp)>")
_SHOWN = re.compile(
    r"<(?=(?:img|picture|video|audio|iframe|object|embed|canvas|svg|math|select|textarea"
    r"|button)\b)",
    re.IGNORECASE,
)
"""Elements that are not text, and separate the words around them."""

_TAG = re.compile(r'<[^<>"]*(?:"[^"]*"[^<>"]*)*>')

_INLINE = {
    "a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "img", "ins", "kbd", "mark", "q",
    "s", "small", "span", "strong", "sub", "sup", "time", "u", "var",
}  # fmt: skip
_FLOW = {
    "blockquote", "dd", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "li", "ol", "p", "pre", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_ALIGNMENTS = frozenset({"left", "center", "right"})
"""The classes that cells of a table may have: how Markdown aligns their column."""


def text_of(markup: str) -> str:
    """Returns the text that a browser would show: entities decoded, line breaks where blocks end.

    The caller folds white space.
    """
    kept = nh3.clean(
        _SHOWN.sub(" <", markup),
        tags=set(_BREAKS | _CELLS | _RUBY),
        attributes={},
        clean_content_tags=_NOT_TEXT,
        link_rel=None,
    )
    if "<ruby>" in kept:
        kept = _readings(kept)
    lines = _CELL.sub(" ", _BLOCK.sub("\n\n", _LINE.sub("\n", kept.replace("\n", " "))))
    return html.unescape(lines)


def _readings(kept: str) -> str:
    """Returns markup with the pronunciation of a word (`<rt>`) in parentheses after it."""

    def in_parentheses(reading: re.Match[str]) -> str:
        text = reading[1].strip()
        return f"({text})" if text else ""

    return _RUBY_TAG.sub("", _READING.sub(in_parentheses, kept))


def safe_html(markup: str) -> str:
    """Returns the markup with every element closed, and nothing that can run, load or restyle.

    `<` and `>` are entities within attributes as well, which HTML does not require, so that
    patterns can find the tags.
    """
    safe = nh3.clean(
        markup,
        tags=_INLINE | _FLOW,
        attributes=_ATTRIBUTES,
        tag_attribute_values={cell: {"class": set(_ALIGNMENTS)} for cell in _CELLS},
        clean_content_tags=_NOT_TEXT,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return _TAG.sub(_escaped, safe)


def _escaped(tag: re.Match[str]) -> str:
    return f"<{tag[0][1:-1].replace('<', '&lt;').replace('>', '&gt;')}>"


def is_kept(tag: str, attribute: str = "") -> bool:
    """True if `safe_html` keeps an element, or this attribute of it; both in lower case."""
    if attribute:
        return attribute in _ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, set())
    return tag in _INLINE | _FLOW


def is_emptied(tag: str) -> bool:
    """True if `safe_html` drops an element together with its content."""
    return tag in _NOT_TEXT
