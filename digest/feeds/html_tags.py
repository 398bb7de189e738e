"""Decides which tags in a text are markup, and which are words about HTML.

RSS does not say whether a text is HTML, and some headlines are text about HTML: `A free guide to
<img> elements`. So the tags themselves decide. A tag is a word if it is used like one: alone
between spaces or punctuation, without attribute values. It is markup if it touches other words, has
attributes, or encloses the whole text.
"""

from __future__ import annotations

import re

# Elements that need no closing tag (HTML standard §13.1.2.4), so an opening tag alone is markup.
_WITHOUT_END = frozenset(
    {"p", "br", "hr", "wbr", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot"}
)
_BREAK = frozenset({"br", "hr", "wbr"})
_IN_HEADLINES = frozenset({"br", "img", "wbr"})  # with attributes, markup in a headline, too
ELEMENTS = _WITHOUT_END | _IN_HEADLINES | {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "ins", "kbd", "mark", "nobr", "q", "rb", "rp", "rt", "ruby", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "address", "applet", "area", "article", "aside", "audio", "base", "basefont", "blink",
    "blockquote", "body", "button", "canvas", "caption", "center", "col", "colgroup", "datalist",
    "details", "dialog", "dir", "div", "dl", "embed", "fieldset", "figcaption", "figure", "footer",
    "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup",
    "html", "iframe", "input", "label", "legend", "link", "listing", "main", "map", "marquee",
    "math", "menu", "meta", "meter", "nav", "noembed", "noframes", "noscript", "object", "ol",
    "optgroup", "option", "output", "param", "picture", "pre", "progress", "rtc", "script",
    "search", "section", "select", "slot", "source", "style", "summary", "svg", "table", "template",
    "textarea", "title", "track", "ul", "video", "xmp",
}  # fmt: skip
_CUSTOM = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9-]+|:[a-z][a-z0-9]*)")
_ATTRIBUTES = (
    "alt", "align", "border", "class", "data-", "dir", "height", "href", "id", "lang", "loading",
    "rel", "src", "srcset", "style", "target", "title", "width",
)  # fmt: skip

_VALUES = r"""(?:[^<>=]|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+"""
_TAG = re.compile(
    rf"<(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*+)(?P<values>(?:[\s/]{_VALUES})?)>"
)
_BRACKET = re.compile(rf"<!--(?:.*?-->|.*\Z)|{_TAG.pattern}|<", re.DOTALL)
_CUT = re.compile(r"<(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*)?(?P<values>(?:[\s/][^<>]*)?)\Z")
_VALUE = re.compile(r"\s+[A-Za-z-]+\s*=")
_BEFORE_NOUN = re.compile(
    r"\b(?:[Tt]he|an?|of|[Uu]s(?:e|es|ing)|with|and|or|vs\.?|[Aa]bout|HTML)\s+\Z"
)
_NOUN_AFTER = re.compile(r"\s+(?:tags?|elements?)\b", re.IGNORECASE)
_ELLIPSES = ("[...]", "[…]", "...", "…")
_CUT_REFERENCE = re.compile(r"&#(?:[0-9]*|[xX][0-9A-Fa-f]*)\Z")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_PROLOGUE = re.compile(r"\A\s*+(?:<(?:!doctype\b|\?xml\b)[^<>]*>\s*+)+", re.IGNORECASE)
# conditional comments in HTML from Word
_OFFICE = re.compile(r"<!\[(?:if\b[^<>\]]*+|endif)\](?:--)?>|<\?xml\b[^<>]*+>", re.IGNORECASE)

_BEFORE, _AFTER = "([{/-–—", ")]}/-–—,.;:!?…"  # punctuation beside words
_OPENING_QUOTES, _CLOSING_QUOTES = "\"'“‘«`", "\"'”’»`"
_SENTENCE_ENDS = ".!?…:;>"
_MAX_DISTANCE = 200


def is_markup(text: str, *, headline: bool = False) -> bool:
    """True if a text is HTML; if nothing shows that, it is plain text."""
    if "<" not in text:
        return False
    if (
        ("<!--" in text and "-->" in text)
        or _OFFICE.search(text)
        or (not headline and _PROLOGUE.match(text))
    ):
        return True
    opened: dict[str, re.Match[str]] = {}
    has_breaks, has_others = False, False
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        if name not in ELEMENTS:
            continue
        if _is_evidence(tag, opened.get(name), headline=headline):
            return True
        if name in _BREAK and not _is_mention(tag, headline=headline):
            has_breaks = True
        else:
            has_others = True
        if not tag["slash"]:
            opened[name] = tag
    if has_breaks and not has_others:
        return True
    cut = _CUT.search(text)
    has_value = cut is not None and _sets_value(cut) and not text.rstrip().endswith("=")
    return cut is not None and bool(has_value or (cut["slash"] and cut["name"] in opened))


def are_words(text: str) -> bool:
    """True if a headline has tags, and all of them are words about HTML: known, never closed."""
    tags = list(_TAG.finditer(text))
    are_known = all(tag["name"].lower() in ELEMENTS and not tag["slash"] for tag in tags)
    return bool(tags) and are_known and not is_markup(text, headline=True)


def as_html(text: str) -> str:
    """Returns a text as HTML, with `<` escaped where it is text, and in tags that are words.

    A tag that is cut off at the end is removed, with the ellipsis after it.
    """
    bare = _without_cut(_OFFICE.sub("", _PROLOGUE.sub("", text)))
    closed = {tag["name"].lower() for tag in _TAG.finditer(bare) if tag["slash"]}

    def escaped(bracket: re.Match[str]) -> str:
        return bracket[0] if _is_tag(bracket, closed) else "&lt;" + bracket[0][1:]

    return _BRACKET.sub(escaped, bare)


def unwrapped(text: str) -> str:
    """Removes a CDATA section around a text that was escaped together with it."""
    return _CDATA.sub(r"\1", text) if text.lstrip().startswith("<![CDATA[") else text


def _is_evidence(tag: re.Match[str], opening: re.Match[str] | None, *, headline: bool) -> bool:
    """True if a tag shows that the text is markup: `<a href="x">`, `</p>`, but not `the <b> tag`.

    `opening` is the last opening tag of its name.
    """
    name, is_word = tag["name"].lower(), _is_word(tag, headline=headline)
    if not tag["slash"] and "=" in tag["values"]:
        return not (headline and is_word) or name in _IN_HEADLINES
    if not tag["slash"]:
        return not is_word and name in _WITHOUT_END
    if opening is None:
        return not is_word
    if headline and opening.end() == tag.start():  # the <b></b> element
        return not _is_alone(tag.string, opening.start(), tag.end())
    if not is_word or "=" in opening["values"]:
        return True
    encloses_all = not tag.string[: opening.start()].strip() and not tag.string[tag.end() :].strip()
    return encloses_all or not _is_word(opening, headline=headline)


def _is_mention(tag: re.Match[str], *, headline: bool) -> bool:
    """True if the words beside a line break show that the text is about it: `the <br> tag`."""
    before, after = tag.string[: tag.start()], tag.string[tag.end() :]
    if _NOUN_AFTER.match(after) is not None:
        return True
    if not headline:
        return False
    is_at_an_end = not before.strip() or not after.strip(_AFTER + " \n")
    return is_at_an_end or _BEFORE_NOUN.search(before[-12:]) is not None


def _is_tag(bracket: re.Match[str], closed: set[str]) -> bool:
    """True if this `<` starts a tag or a comment: `<p>`, `<!--`, but not `a < b` or `List<int>`."""
    if not bracket["name"]:
        return bracket[0].startswith("<!--")
    name = bracket["name"].lower()
    if bracket["slash"] or "=" in bracket["values"] or name in closed:
        return True
    if name not in ELEMENTS:
        return _CUSTOM.fullmatch(name) is not None
    return name in _WITHOUT_END or not _is_word(bracket, headline=False)


def _without_cut(text: str) -> str:
    """Removes a tag or a reference that is cut off at the end."""
    shown = text.rstrip()
    for ellipsis in _ELLIPSES:
        if shown.endswith(ellipsis):
            shown = shown.removesuffix(ellipsis).rstrip()
            break
    if match := _CUT_REFERENCE.search(shown):
        return shown[: match.start()]
    cut = _CUT.search(shown)
    return shown[: cut.start()] if cut and _may_be_tag(cut) else text


def _may_be_tag(cut: re.Match[str]) -> bool:
    """True if what follows the last `<` may be the start of a tag: `<a hre`, but not `x <5`."""
    name, rest = (cut["name"] or "").lower(), cut["values"].strip()
    if not cut["values"]:
        if not name or name in ELEMENTS:
            return True
        return len(name) > 1 and any(known.startswith(name) for known in ELEMENTS)
    if name not in ELEMENTS:
        return False
    return _sets_value(cut) or any(known.startswith(rest) for known in _ATTRIBUTES)


def _sets_value(cut: re.Match[str]) -> bool:
    """True if an unfinished tag sets an attribute, so that it must be a tag."""
    return (cut["name"] or "").lower() in ELEMENTS and _VALUE.match(cut["values"]) is not None


def _is_word(tag: re.Match[str], *, headline: bool) -> bool:
    """True if a tag is used like a word: `Use <b> for bold`.

    That is anywhere in a headline, elsewhere within a sentence.
    """
    text, begin = tag.string, tag.start()
    if not _is_alone(text, begin, tag.end()):
        return False
    if headline:
        return True
    before = text[max(0, begin - _MAX_DISTANCE) : begin]
    words = before.rstrip()
    return bool(words) and words[-1] not in _SENTENCE_ENDS and "\n" not in before[len(words) :]


def _is_alone(text: str, begin: int, end: int) -> bool:
    """True between spaces, punctuation or quotation marks, as in `“<b>”`; a plural s may follow."""
    before, after = text[begin - 1 : begin] if begin else "", text[end : end + 1]
    if before and after and before in _OPENING_QUOTES and after in _CLOSING_QUOTES:
        return True
    is_plural = after == "s" and not text[end + 1 : end + 2].isalnum()
    return (before in _BEFORE or before.isspace()) and (
        after in _AFTER or after.isspace() or is_plural
    )
