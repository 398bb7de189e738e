"""Renders the editor's Markdown as safe HTML, with links resolved and headings at the right level.

    text ──markdown──▶ HTML ──sanitize──▶ safe HTML ──links, headings──▶ Html

Everything that Markdown returns goes through a real HTML parser with a list of what is allowed. The
result has no ids, which could take a story's anchor, and no pictures from other hosts.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest import redact, urls
from digest.errors import Kind, Problem
from digest.site import markdown_cost, paragraphs
from digest.site.link_targets import BrokenLink, Targets

if TYPE_CHECKING:
    from markdown import Markdown

_ALIGNED = re.compile(r'(<t[dh]) style="text-align: ([a-z]+);">')
_FENCED = re.compile(r"^ *(?:`{3}|~{3})", re.MULTILINE)
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\[\]\s^]+)\]:[ \t]*", re.MULTILINE)
_FOOTNOTE_BEGUN = re.compile(r"(?<!\\)\[\^")
_FOOTNOTE_MARK = re.compile(
    r"<(pre|code)\b.*?</\1>|<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>|\[\^(?P<name>[^\[\]\s<>^]+)\]:?",
    re.DOTALL,
)
"""Footnotes: a raised number in the text and before the note. Not links, which would need ids."""
_SIDES = frozenset({"width", "height"})
"""Attributes of a picture that HTML allows only as a whole number of pixels."""
_IMAGE = re.compile(r'<img(?: [a-z-]+="[^"]*")*>')
_MAX_WIDTH = 600
"""The most pixels that a picture in a feed is wide: some mail programs do not shrink pictures."""
_UNSHOWN = re.compile(
    r"<!--.*?(?:--!?>|\Z)|^ {0,3}\[(?!\^)[^\]\n]+\]:[^\n]*$", re.DOTALL | re.MULTILINE
)
"""Comments and link definitions: not for readers, even if a text is shown as it was typed."""

# These are safe on nh3's output: it escapes every `<` in text and puts attributes in double quotes.
_TAG = re.compile(r'<(/?)(a|img|h[1-6])((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_MARKUP = re.compile(r'</?([a-z0-9]+)(?: [a-z-]+="[^"]*")*>')
_INLINE = frozenset(
    {"a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "small",
     "span", "strong", "sub", "sup", "time", "u", "var"}
)  # fmt: skip
"""Elements that may begin and end within a word."""
_LOADING = re.compile(r'(<img(?: [a-z-]+="[^"]*")*?) loading="[a-z]*" decoding="async"')
_ROOTED = re.compile(r'<(?:a|img)(?: [a-z-]+="[^"]*")*? (?:href|src)="(?=/)')


class Html(str):
    """HTML that is safe to show: templates do not escape it, as they do all other text."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


class MarkdownRenderer:
    """Renders Markdown for one build, and collects the problems of its links."""

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self.problems: list[Problem] = []
        self._markdown: Markdown | None = None

    def html(self, text: str, *, file: str, here: str, top: int, line: int = 0) -> Html:
        """Returns the text as HTML; its headings start at level `top` and skip no level.

        It was written in `file`, from `line` on (0 if unknown), and is shown at the place `here`.
        """
        if not text.strip():
            return Html("")
        rendering = _Rendering(self, text, file=file, here=here, top=top, line=line)
        shown = paragraphs.html(text, lambda address: rendering.link({"href": address}))
        if shown is None:
            if markdown_cost.is_too_much(text):
                what = (
                    "has so many open brackets, tags or rules that it is shown as it was typed, "
                    "without its Markdown"
                )
                cure = "close them, put blank lines between paragraphs, or split the text"
                self.problems.append(Problem(file, line, what, cure, kind=Kind.HINT))
            shown = _TAG.sub(rendering.adjusted, self._safe(text))
        return Html(shown if shown.strip() else "")

    def words(self, text: str) -> str:
        """Returns the words that a page shows of a text, on one line."""
        shown = paragraphs.html(text, lambda _: "<a>") if text.strip() else ""
        if shown is None:
            shown = _TAG.sub(_words_of_picture, self._safe(text))
        return " ".join(text_of(Html(shown)).split())

    def addresses(self, text: str) -> list[str]:
        """Returns the addresses of all links and pictures in a text, as they were written."""
        if not urls.has_own_link(text):
            return []
        shown = paragraphs.html(text, lambda address: _tag("a", {"href": address}))
        if shown is None:
            shown = self._safe(text)
        written = []
        for tag in _TAG.finditer(shown):
            values = _values(tag[3])
            written += [values[name] for name in ("href", "src") if values.get(name)]
        return written

    def _safe(self, text: str) -> str:
        """Returns what Markdown makes of a text, sanitized; plain texts need neither library."""
        from digest.sanitize import safe_html

        self._markdown = self._markdown or _new_parser()
        if not _FOOTNOTE_BEGUN.search(text):
            return safe_html(_converted(self._markdown, text))
        if not _FENCED.search(text):
            text = _FOOTNOTE.sub(r"\n[^\1]&#58; ", text)  # each note is a paragraph
        return _FOOTNOTE_MARK.sub(_raised, safe_html(_converted(self._markdown, text)))


class _Rendering:
    """One text while it is rendered: its links and pictures are resolved, its headings moved.

    The arguments are those of `MarkdownRenderer.html`.
    """

    def __init__(
        self, renderer: MarkdownRenderer, text: str, *, file: str, here: str, top: int, line: int
    ) -> None:
        self._targets, self._problems = renderer.targets, renderer.problems
        self._text, self._file, self._line, self._here, self._top = text, file, line, here, top
        self._levels: list[int] = []  # as written, of the last heading and those above it
        self._linking = False  # within a link; links do not nest

    def adjusted(self, tag: re.Match[str]) -> str:
        """Returns a tag as it is shown; to be called for all tags in their order."""
        closing, name, attributes = tag[1], tag[2], tag[3]
        if name[0] == "h":
            if not closing:
                while self._levels and self._levels[-1] >= int(name[1]):
                    self._levels.pop()
                self._levels.append(int(name[1]))
            level = min(6, self._top + len(self._levels) - 1)
            return f"<{closing}h{level}{attributes}>"
        if name == "img":
            return self._picture(_values(attributes))
        if closing:
            was_linking, self._linking = self._linking, False
            return tag[0] if was_linking else ""
        opening = self.link(_values(attributes))
        self._linking = bool(opening)
        return opening

    def link(self, values: dict[str, str]) -> str:
        """Returns the opening tag of a link, resolved; "" if its target is not published."""
        if "href" not in values:
            return _tag("a", values)
        address = _external(values["href"])
        if address is None:
            address = self._resolved(values["href"])
        return "" if address is None else _tag("a", values | {"href": address})

    def _picture(self, values: dict[str, str]) -> str:
        """Returns a picture, resolved; one from another host becomes a link or words."""
        for side in _SIDES & values.keys():
            if not values[side].isdecimal():
                del values[side]
        source, words = values.get("src", ""), values.get("alt", "")
        shown = html.escape(words or "a picture")  # where the picture cannot be shown
        address = _external(source)
        if address is not None or not source:
            if self._linking or not address:
                return shown
            return _tag("a", {"href": address}) + shown + "</a>"
        address = self._resolved(source)
        if address is None:
            return shown
        loading = {"loading": values.pop("loading", "lazy"), "decoding": "async"}
        size = None if _SIDES & values.keys() else self._targets.size(address)
        sides = {"width": str(size[0]), "height": str(size[1])} if size else {}
        return _tag("img", {"alt": ""} | values | {"src": address} | sides | loading)

    def _resolved(self, address: str) -> str | None:
        """Returns where a link leads; None if its target is not published: only its words stay."""
        target = self._targets.resolve(address, self._file, self._here)
        if not isinstance(target, BrokenLink):
            return target
        line = 0
        if self._line:  # that of the first use of the address, the first one if it is not found
            before = self._text[: max(0, self._text.find(address))]
            line = self._line + before.count("\n")
        kind = Kind.HINT if target.unpublished else None
        self._problems.append(Problem(self._file, line, target.what, target.cure, kind))
        return None if target.unpublished else address


def absolute(markup: Html, origin: str) -> Html:
    """Returns HTML for feeds: links from the root of the host become absolute.

    Pictures lose `loading` and `decoding`, which validators and some mail programs do not know, and
    are at most as wide as a mail.
    """
    if '="/' not in markup:
        return markup
    narrow = _IMAGE.sub(_narrowed, _LOADING.sub(r"\1", markup))
    return Html(_ROOTED.sub(lambda tag: tag[0] + origin, narrow))


def _narrowed(tag: re.Match[str]) -> str:
    """Returns a picture that is at most as wide as a mail, with its height in proportion."""
    values = _values(tag[0])
    width, height = (int(values.get(side, "0")) for side in ("width", "height"))
    if width <= _MAX_WIDTH:
        return tag[0]
    sides = {"width": str(_MAX_WIDTH)}
    if height:
        sides["height"] = str(max(1, round(height * _MAX_WIDTH / width)))
    return _tag("img", values | sides)


def text_of(markup: Html) -> str:
    """Returns the words of HTML without its tags; the end of a block ends a word."""
    return html.unescape(_MARKUP.sub(lambda tag: "" if tag[1] in _INLINE else " ", markup))


def _new_parser() -> Markdown:
    """Returns a parser with our extensions.

    For an extension that is only named, Markdown would first read the metadata of every installed
    package.
    """
    from markdown import Markdown
    from markdown.extensions.fenced_code import FencedCodeExtension
    from markdown.extensions.sane_lists import SaneListExtension
    from markdown.extensions.tables import TableExtension

    extensions = [TableExtension(), FencedCodeExtension(), SaneListExtension()]
    return Markdown(extensions=extensions, output_format="html")


def _converted(markdown: Markdown, text: str) -> str:
    if markdown_cost.is_too_much(text):
        return _as_text(text)
    try:
        shown = markdown.reset().convert(text)
    except RecursionError:
        return _as_text(text)
    return _ALIGNED.sub(r'\1 class="\2">', shown)  # no style is safe


def _as_text(text: str) -> str:
    """Returns a text as it was typed, in paragraphs."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", _UNSHOWN.sub("", text))]
    return "\n".join(f"<p>{html.escape(block, quote=False)}</p>" for block in blocks if block)


def _external(address: str) -> str | None:
    """Returns the URL of a link to another site; None for a link that is to be resolved."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme in {"http", "https"} or (parts.netloc and not parts.scheme):
        scheme = "" if parts.scheme else "https:"
        return redact.strip(urls.web_link(address, scheme) or "") or None
    return address if parts.scheme else None


def _words_of_picture(tag: re.Match[str]) -> str:
    """Returns the words that are shown instead of a picture, if any; other tags as they are."""
    if tag[2] != "img":
        return tag[0]
    values = _values(tag[3])
    source = values.get("src", "")
    if source and _external(source) is None:
        return " "
    return html.escape(values.get("alt") or "a picture")


def _raised(match: re.Match[str]) -> str:
    """Returns the mark of a footnote, raised; tags and code stay as they are."""
    return f"<sup>{match['name']}</sup>" if match["name"] else match[0]


def _values(attributes: str) -> dict[str, str]:
    return {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}


def _tag(name: str, values: dict[str, str]) -> str:
    attributes = [f' {key}="{html.escape(value)}"' for key, value in values.items()]
    return f"<{name}{''.join(attributes)}>"
