"""The one importer of markdown: what an editor wrote becomes HTML that is safe, rightly linked and rightly headed.

    text ──markdown──▶ HTML ──sanitize──▶ safe HTML ──links, headings──▶ Html

Refuses raw trust: whatever Markdown makes goes through a real HTML parser with lists of what may stay. No id comes out
of here, so that none can take a story's anchor; no picture of another host, so that no page asks one for anything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from digest import redact, urls
from digest.errors import Problem
from digest.site import markdown_cost, paragraphs
from digest.site.link_targets import BrokenLink, Targets

if TYPE_CHECKING:
    from markdown import Markdown

_FENCED = re.compile(r"^ *(?:`{3}|~{3})", re.MULTILINE)
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\[\]\s^]+)\]:[ \t]*", re.MULTILINE)
_FOOTNOTE_BEGUN = re.compile(r"(?<!\\)\[\^")
_FOOTNOTE_SIGN = re.compile(
    r"<(pre|code)\b.*?</\1>|<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>|\[\^(?P<name>[^\[\]\s<>^]+)\]:?",
    re.DOTALL,
)
"""Footnotes: a raised number in the text, and the same before its words. No links, for these would need ids."""
_SIDES = frozenset({"width", "height"})
"""What HTML allows of a picture only as a whole number of pixels."""
_IMAGE = re.compile(r'<img(?: [a-z-]+="[^"]*")*>')
_WIDEST = 600
"""Pixels that a picture is wide at most in feeds and mails: some mail programs show it as wide as it says."""
_UNSHOWN = re.compile(
    r"<!--.*?(?:--!?>|\Z)|^ {0,3}\[(?!\^)[^\]\n]+\]:[^\n]*$", re.DOTALL | re.MULTILINE
)
"""Comments and definitions of links, which are nobody's to read where a text is shown as it was typed, either."""
_EXTENSIONS = ("tables", "fenced_code", "sane_lists")

# Safe in what nh3 wrote: there every text has `<` as an entity, and every attribute stands in double quotes.
_TAG = re.compile(r'<(/?)(a|img|h[1-6])((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_MARKUP = re.compile(r'</?([a-z0-9]+)(?: [a-z-]+="[^"]*")*>')
_WITHIN = frozenset({"a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "small",
                     "span", "strong", "sub", "sup", "time", "u", "var"})  # fmt: skip
"""The elements that may begin and end in the middle of a word."""
_WHEN = re.compile(r'(<img(?: [a-z-]+="[^"]*")*?) loading="[a-z]*" decoding="async"')
_ROOTED = re.compile(r'<(?:a|img)(?: [a-z-]+="[^"]*")*? (?:href|src)="(?=/)')


class Html(str):
    """HTML that is safe to show: templates put it out as it stands, where they escape every other text."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


class _Place(NamedTuple):
    """Where a text was written, from `line` of `file` on (0 where that is not known), and where it is shown."""

    text: str
    file: str
    here: str
    line: int

    def line_of(self, address: str) -> int:
        """Returns the line in which a link was written, as near as its address can be found in the text."""
        return (
            self.line + self.text[: max(0, self.text.find(address))].count("\n") if self.line else 0
        )


class MarkdownRenderer:
    """Turns Markdown into HTML for one build, and gathers the problems of all the links on the way."""

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self.problems: list[Problem] = []
        self._markdown: Markdown | None = None

    def html(self, text: str, *, file: str, here: str, top: int, line: int = 0) -> Html:
        """Returns the text as HTML, its headings beginning at level `top` and leaving none out.

        `file` is where it was written, from `line` on (0 where that is not known), `here` the place where it is shown.
        """
        if not text.strip():
            return Html("")

        def link(address: str) -> str:
            return self._link({"href": address}, _Place(text=text, file=file, here=here, line=line))

        plain = paragraphs.html(text, link)
        shown = (
            plain if plain is not None else self._written(text, top, _Place(text, file, here, line))
        )
        return Html(shown if shown.strip() else "")

    def words(self, text: str) -> str:
        """Returns the words that a page shows of a text, on one line."""
        plain = paragraphs.html(text, lambda _: "<a>") if text.strip() else ""
        shown = _TAG.sub(_in_words, self._safe(text)) if plain is None else plain
        return " ".join(text_of(Html(shown)).split())

    def addresses(self, text: str) -> list[str]:
        """Returns the addresses of all links and pictures in the HTML of a text, as they were written."""
        if not urls.has_own_link(text):
            return []
        plain = paragraphs.html(text, lambda address: _tag("a", {"href": address}))
        tags = (
            _values(tag[3]) for tag in _TAG.finditer(self._safe(text) if plain is None else plain)
        )
        return [values[name] for values in tags for name in ("href", "src") if values.get(name)]

    def _written(self, text: str, top: int, place: _Place) -> str:
        """Returns what Markdown makes of a text, sanitized, with its links and headings mended."""
        if markdown_cost.is_too_much(text):
            what = "has so many open brackets, tags or rules that it is shown as it was typed, without its Markdown"
            cure = "close them, put blank lines between paragraphs, or split the text"
            self.problems.append(Problem(place.file, place.line, what, cure, hint=True))
        safe = self._safe(text)
        if "<a" not in safe and "<img" not in safe and "<h" not in safe:
            return safe
        level = _levels(top)
        linking = False  # within a link: there is none within another

        def mended(tag: re.Match[str]) -> str:
            nonlocal linking
            closing, name, attributes = tag[1], tag[2], tag[3]
            if name[0] == "h":
                return f"<{closing}h{level(int(name[1]), bool(closing))}{attributes}>"
            if name == "img":
                return self._picture(_values(attributes), place, linking)
            if closing:
                was_linking, linking = linking, False
                return tag[0] if was_linking else ""
            opening = self._link(_values(attributes), place)
            linking = bool(opening)
            return opening

        return _TAG.sub(mended, safe)

    def _safe(self, text: str) -> str:
        """Returns what Markdown makes of a text, sanitized; a build whose words are all plain needs neither library."""
        from markdown import Markdown

        from digest.sanitize import safe_html

        self._markdown = self._markdown or Markdown(
            extensions=list(_EXTENSIONS), output_format="html"
        )
        if not _FOOTNOTE_BEGUN.search(text):
            return safe_html(_converted(self._markdown, text))
        apart = text if _FENCED.search(text) else _FOOTNOTE.sub(r"\n[^\1]&#58; ", text)
        return _FOOTNOTE_SIGN.sub(_raised, safe_html(_converted(self._markdown, apart)))

    def _link(self, values: dict[str, str], place: _Place) -> str:
        """Returns the opening tag of a link, with its address resolved; "" if its target is not published."""
        if "href" not in values:
            return _tag("a", values)
        address = _outside(values["href"])
        found = self._resolved(values["href"], place) if address is None else address
        return "" if found is None else _tag("a", values | {"href": found})

    def _picture(self, values: dict[str, str], place: _Place, linking: bool) -> str:
        """Returns a picture, with its address mended; one of another host becomes a link to it, or its words."""
        values = {
            key: value for key, value in values.items() if key not in _SIDES or value.isdecimal()
        }
        source, words = values.get("src", ""), values.get("alt", "")
        address = _outside(source)
        if address is None and source:
            found = self._resolved(source, place)
            if found is None:
                return _named(words)
            when = {"loading": values.pop("loading", "lazy"), "decoding": "async"}
            return _tag(
                "img", {"alt": ""} | values | {"src": found} | self._room(found, values) | when
            )
        shown = _named(words)
        return shown if linking or not address else _tag("a", {"href": address}) + shown + "</a>"

    def _room(self, address: str, values: dict[str, str]) -> dict[str, str]:
        """Returns the width and height of a picture, unless the editor gave either."""
        size = None if _SIDES & values.keys() else self.targets.size(address)
        return {"width": str(size[0]), "height": str(size[1])} if size else {}

    def _resolved(self, address: str, place: _Place) -> str | None:
        """Returns where a link leads, None if its target is not published: then its words stay, without the link."""
        found = self.targets.resolve(address, place.file, place.here)
        if isinstance(found, BrokenLink):
            line = place.line_of(address)
            self.problems.append(
                Problem(place.file, line, found.what, found.cure, hint=found.unpublished)
            )
            return None if found.unpublished else address
        return found


def absolute(markup: Html, origin: str) -> Html:
    """Returns the HTML with every link from the root of the host made absolute, for feeds.

    When a picture is loaded is the reader's business there: some mail programs and validators know no word of that.
    A wide picture says that it is no wider than a mail.
    """
    if '="/' not in markup:
        return markup
    narrow = _IMAGE.sub(_narrowed, _WHEN.sub(r"\1", markup))
    return Html(_ROOTED.sub(lambda tag: tag[0] + origin, narrow))


def _narrowed(tag: re.Match[str]) -> str:
    """Returns a picture with a width that mails have room for, and the height that goes with it."""
    values = _values(tag[0])
    width, height = (int(values.get(side, "0")) for side in ("width", "height"))
    if width <= _WIDEST:
        return tag[0]
    fitting = {"width": str(_WIDEST)} | (
        {"height": str(max(1, round(height * _WIDEST / width)))} if height else {}
    )
    return _tag("img", values | fitting)


def text_of(markup: Html) -> str:
    """Returns the words of the HTML without its tags: where a block ends, so does a word."""
    return html.unescape(_MARKUP.sub(lambda tag: "" if tag[1] in _WITHIN else " ", markup))


def _converted(markdown: Markdown, text: str) -> str:
    if markdown_cost.is_too_much(text):
        return _as_text(text)
    try:
        return markdown.reset().convert(text)
    except RecursionError:
        return _as_text(text)


def _as_text(text: str) -> str:
    text = _UNSHOWN.sub("", text)
    blocks = (block for block in re.split(r"\n\s*\n", text) if block.strip())
    return "\n".join(f"<p>{html.escape(block.strip(), quote=False)}</p>" for block in blocks)


def _levels(top: int) -> Callable[[int, bool], int]:
    """Returns what gives each heading its new level: as deep below `top` as it stands below those before it."""
    above: list[int] = []

    def level(written: int, closing: bool) -> int:
        if not closing:
            while above and above[-1] >= written:
                above.pop()
            above.append(written)
        return min(6, top + len(above) - 1)

    return level


def _outside(address: str) -> str | None:
    """Returns an address that leads off the site, fit for an attribute; None for one that is ours to resolve."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme in {"http", "https"} or (parts.netloc and not parts.scheme):
        return (
            redact.strip(urls.web_link(address, "https:" if not parts.scheme else "") or "") or None
        )
    return address if parts.scheme else None


def _in_words(tag: re.Match[str]) -> str:
    """Returns a tag as it stands, but the words that are shown in the place of a picture of another host."""
    if tag[2] != "img":
        return tag[0]
    values = _values(tag[3])
    source = values.get("src", "")
    return _named(values.get("alt", "")) if not source or _outside(source) is not None else " "


def _named(words: str) -> str:
    """Returns what is shown where a picture cannot be."""
    return html.escape(words or "a picture")


def _raised(found: re.Match[str]) -> str:
    """Returns the sign of a footnote, raised; tags and code stay as they are."""
    return f"<sup>{found['name']}</sup>" if found["name"] else found[0]


def _values(attributes: str) -> dict[str, str]:
    return {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}


def _tag(name: str, values: dict[str, str]) -> str:
    return f"<{name}{''.join(f' {key}={_quoted(value)}' for key, value in values.items())}>"


def _quoted(value: str) -> str:
    return f'"{html.escape(value)}"'
