"""Which tags in a text are markup, and which are words that somebody wrote about HTML.

RSS does not say whether a text is HTML, and headlines like `A free guide to <img> elements` come as text. So the look
of the tags decides. A tag is a word where it stands like one: alone between spaces or punctuation, without a value
that it sets. It is markup where it touches the words that it marks, has attributes, or encloses the whole.
"""

from __future__ import annotations

import re

# Elements that say something without a closing tag (the HTML standard, §13.1.2.4), so that an opening one is markup.
_OPEN = frozenset(
    {"p", "br", "hr", "wbr", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot"}
)
_BREAK = frozenset({"br", "hr", "wbr"})
_SHOWN = frozenset({"br", "img", "wbr"})  # with attributes, they are markup in a headline as well
ELEMENTS = _OPEN | _SHOWN | {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "nobr", "q", "rb", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "time", "tt", "u", "var",
    "address", "applet", "area", "article", "aside", "audio", "base", "basefont", "blink", "blockquote", "body",
    "button", "canvas", "caption", "center", "col", "colgroup", "datalist", "details", "dialog", "dir", "div", "dl",
    "embed", "fieldset", "figcaption", "figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5",
    "h6", "head", "header", "hgroup", "html", "iframe", "input", "label", "legend", "link", "listing", "main", "map",
    "marquee", "math", "menu", "meta", "meter", "nav", "noembed", "noframes", "noscript", "object", "ol", "optgroup",
    "option", "output", "param", "picture", "pre", "progress", "rtc", "script", "search", "section", "select", "slot",
    "source", "style", "summary", "svg", "table", "template", "textarea", "title", "track", "ul", "video", "xmp",
}  # fmt: skip
_CUSTOM = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9-]+|:[a-z][a-z0-9]*)")
_ATTRIBUTES = ("alt", "align", "border", "class", "data-", "dir", "height", "href", "id", "lang", "loading", "rel",
               "src", "srcset", "style", "target", "title", "width")  # fmt: skip

_VALUES = r"""(?:[^<>=]|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+"""
_TAG = re.compile(
    rf"<(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*+)(?P<values>(?:[\s/]{_VALUES})?)>"
)
_SIGN = re.compile(rf"<!--(?:.*?-->|.*\Z)|{_TAG.pattern}|<", re.DOTALL)
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
_OFFICE = re.compile(
    r"<!\[(?:if\b[^<>\]]*+|endif)\](?:--)?>|<\?xml\b[^<>]*+>", re.IGNORECASE
)  # in HTML from Word

_BEFORE, _AFTER = "([{/-–—", ")]}/-–—,.;:!?…"  # what may stand beside a word
_OPENING_QUOTES, _CLOSING_QUOTES = "\"'“‘«`", "\"'”’»`"
_SENTENCE_ENDS = ".!?…:;>"
_NEAR = 200


def is_markup(text: str, *, headline: bool = False) -> bool:
    """Tells whether a text is HTML; without any sign of that it is the words that stand there."""
    if "<" not in text:
        return False
    if (
        ("<!--" in text and "-->" in text)
        or _OFFICE.search(text)
        or (not headline and _PROLOGUE.match(text))
    ):
        return True
    opened: dict[str, re.Match[str]] = {}
    breaks, words = False, False
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        if name not in ELEMENTS:
            continue
        if _marks(tag, opened.get(name), headline=headline):
            return True
        is_break = name in _BREAK and not _is_spoken_of(tag, headline=headline)
        breaks, words = breaks or is_break, words or not is_break
        if not tag["slash"]:
            opened[name] = tag
    if breaks and not words:
        return True
    cut = _CUT.search(text)
    has_value = cut is not None and _sets_value(cut) and not text.rstrip().endswith("=")
    return cut is not None and bool(has_value or (cut["slash"] and cut["name"] in opened))


def are_words(text: str) -> bool:
    """Tells whether a headline has tags, and each of them is a word about HTML: known, and never closed."""
    found = list(_TAG.finditer(text))
    are_known = all(tag["name"].lower() in ELEMENTS and not tag["slash"] for tag in found)
    return bool(found) and are_known and not is_markup(text, headline=True)


def as_html(text: str) -> str:
    """Returns a text that is HTML in all, with the signs in it that no tag has, and the tags that are words, escaped.

    A tag that is cut off at the end is no word: it goes, with the ellipsis that may stand for the rest of it.
    """
    bare = _uncut(_OFFICE.sub("", _PROLOGUE.sub("", text)))
    closed = {tag["name"].lower() for tag in _TAG.finditer(bare) if tag["slash"]}
    return _SIGN.sub(lambda sign: sign[0] if _is_read(sign, closed) else "&lt;" + sign[0][1:], bare)


def unwrapped(text: str) -> str:
    """Returns a text without the CDATA section around it that was escaped together with it."""
    return _CDATA.sub(r"\1", text) if text.lstrip().startswith("<![CDATA[") else text


def _marks(tag: re.Match[str], opening: re.Match[str] | None, *, headline: bool) -> bool:
    """Tells whether a tag shows that its text is markup; `opening` is the last one of its name before it."""
    name, is_word = tag["name"].lower(), _is_word(tag, headline=headline)
    if not tag["slash"] and "=" in tag["values"]:
        return not (headline and is_word) or name in _SHOWN
    if not tag["slash"]:
        return not is_word and name in _OPEN
    if opening is None:
        return not is_word
    if headline and opening.end() == tag.start():  # the <b></b> element
        return not _stands_alone(tag.string, opening.start(), tag.end())
    is_named = not is_word or "=" in opening["values"] or _is_whole(opening, tag)
    return is_named or not _is_word(opening, headline=headline)


def _is_spoken_of(tag: re.Match[str], *, headline: bool) -> bool:
    """Tells whether the words beside a line break show that it is one of them."""
    before, after = tag.string[: tag.start()], tag.string[tag.end() :]
    if _NOUN_AFTER.match(after) is not None:
        return True
    return headline and (
        not before.strip()
        or not after.strip(_AFTER + " \n")
        or bool(_BEFORE_NOUN.search(before[-12:]))
    )


def _is_read(sign: re.Match[str], closed: set[str]) -> bool:
    """Tells whether HTML is to read this `<` as the beginning of a tag or a comment."""
    if not sign["name"]:
        return sign[0].startswith("<!--")
    name = sign["name"].lower()
    is_set = sign["slash"] or "=" in sign["values"] or name in closed
    if name not in ELEMENTS:
        return bool(is_set or _CUSTOM.fullmatch(name))
    return bool(is_set or name in _OPEN or not _is_word(sign, headline=False))


def _uncut(text: str) -> str:
    """Returns a text without the tag or the reference at its end that was cut off."""
    shown = text.rstrip()
    shown = next(
        (shown.removesuffix(end) for end in _ELLIPSES if shown.endswith(end)), shown
    ).rstrip()
    if found := _CUT_REFERENCE.search(shown):
        return shown[: found.start()]
    cut = _CUT.search(shown)
    return shown[: cut.start()] if cut and _is_begun(cut) else text


def _is_begun(cut: re.Match[str]) -> bool:
    """Tells whether what follows the last `<` may be the beginning of a tag."""
    name, rest = (cut["name"] or "").lower(), cut["values"].strip()
    if not cut["values"]:
        return (
            not name
            or name in ELEMENTS
            or (len(name) > 1 and any(known.startswith(name) for known in ELEMENTS))
        )
    return name in ELEMENTS and (
        _sets_value(cut) or any(known.startswith(rest) for known in _ATTRIBUTES)
    )


def _sets_value(cut: re.Match[str]) -> bool:
    """Tells whether what looks like a tag without an end sets an attribute, so that it is one."""
    return (cut["name"] or "").lower() in ELEMENTS and _VALUE.match(cut["values"]) is not None


def _is_word(tag: re.Match[str], *, headline: bool) -> bool:
    """Tells whether a tag stands like a word, in a headline anywhere, else within a sentence."""
    text, begin = tag.string, tag.start()
    if not _stands_alone(text, begin, tag.end()):
        return False
    before = text[max(0, begin - _NEAR) : begin]
    spoken = before.rstrip()
    return headline or (
        bool(spoken) and spoken[-1] not in _SENTENCE_ENDS and "\n" not in before[len(spoken) :]
    )


def _stands_alone(text: str, begin: int, end: int) -> bool:
    """Tells whether only spaces, punctuation or quotation marks stand beside a part of a text; a plural's s is none."""
    before, after = text[begin - 1 : begin] if begin else "", text[end : end + 1]
    if before and after and before in _OPENING_QUOTES and after in _CLOSING_QUOTES:
        return True
    is_plural = after == "s" and not text[end + 1 : end + 2].isalnum()
    return (before in _BEFORE or before.isspace()) and (
        after in _AFTER or after.isspace() or is_plural
    )


def _is_whole(opening: re.Match[str], closing: re.Match[str]) -> bool:
    """Tells whether two tags enclose all of a text."""
    text = opening.string
    return not text[: opening.start()].strip() and not text[closing.end() :].strip()
