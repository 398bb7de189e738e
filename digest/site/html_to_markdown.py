"""Converts sanitized HTML to Markdown, for programs and for the text part of mails.

Text in HTML stays text: a publisher's `[words](address)` or `![](address)` must not become a link
or a picture, nor a line that begins with `#` a heading.

| HTML | Markdown |
| --- | --- |
| `h1` … `h6` | `#` … `######` |
| `p`, `table`, `hr`; a row of a table | a blank line; a line, with a bar after each cell |
| `blockquote` | `>` before each line |
| `ul`, `ol`, `li` | `-` or a number, and an indent |
| `a`, `img` | `[words](<URL>)`, the picture's words |
| `em`, `strong` | `*`, `**` |
| `code` | `` ` ``, or the same HTML if it has tags, entities, backticks or backslashes |
| `pre` | the same HTML, which Markdown may contain |
| `br` | a line break |
| other tags | nothing: only their words stay |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain

from digest.site.markdown import Html

_TAG = re.compile(
    r"(?P<pre><pre\b.*?</pre>)|<code>(?P<code>[^<`\\&]+)</code>|"
    r'<(?P<closing>/?)(?P<name>[a-z0-9]+)(?P<attributes>(?:[^>"]|"[^"]*")*)>',
    re.DOTALL,
)
_LINE = "\0"  # a line break in preformatted text, which stays as it is
_HREF, _ALT = re.compile(r'href="([^"]*)"'), re.compile(r'alt="([^"]*)"')
_SPECIAL = re.compile(r"[\\`*\[\]_]")
_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in "\\`*[]"})
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # not within a word
_LINE_START = re.compile(r"( *)(?:([-+#])|(\d+)(?=[.)])|([=~]))")
_WITHIN_LINES = {"a", "em", "strong", "code", "img"}
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
_CODE_TAGS = {"code": "<code>", "/code": "</code>"}  # between backticks, no escape has a meaning


def escaped(text: str, *, starts_line: bool = True) -> str:
    """Returns text of HTML, with its entities, as Markdown that shows just these characters.

    Unless it `starts_line`, its first line comes after other words.
    """
    if _SPECIAL.search(text):
        text = _UNDERSCORE.sub(r"\\_", text.translate(_ESCAPES))
    lines = text.split("\n")
    for at in range(0 if starts_line else 1, len(lines)):
        if start := _LINE_START.match(lines[at]):
            lines[at] = _without_meaning(start) + lines[at][start.end() :]
    return "\n".join(lines)


def link(words: str, url: str) -> str:
    """Returns a link in Markdown; `words` are Markdown, and `url` has no `>` and no line break."""
    return f"[{words}](<{_destination(url)}>)"


def html_to_markdown(markup: Html) -> str:
    """Returns sanitized HTML as Markdown that shows the same."""
    return _with_marks(_escaped_words(markup), {**_MARKS, **_CODE_TAGS})


def html_to_text(markup: Html) -> str:
    """Returns sanitized HTML as plain text: with the marks of Markdown, but without its escapes, since
    people read it as it is."""
    return _with_marks(markup, _MARKS)


def _with_marks(markup: Html, marks: Mapping[str, str]) -> str:
    """Returns the words as they stand in HTML, with a mark for each tag."""
    hrefs: list[str] = []
    numbers: list[int] = []  # of the last item of each open list, below 0 if it has bullets
    open_blocks: list[list[str]] = [[]]  # the document, and each open quotation or list item
    end = 0
    for tag in _TAG.finditer(markup):
        block, text = open_blocks[-1], markup[end : tag.start()]
        end = tag.end()
        if tag["pre"] or tag["code"]:
            kept = tag["pre"] and tag["pre"].replace("\n", _LINE)
            block += [text, f"\n\n{kept}\n\n" if kept else f"`{tag['code']}`"]
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
            block.append(f"](<{_destination(hrefs.pop())}>)")
        elif name == "a":
            href = _HREF.search(tag["attributes"])
            hrefs.append(href[1] if href else "")
            block.append("[")
        elif name == "img":
            alt = _ALT.search(tag["attributes"])
            block.append(alt[1] if alt else "")
        else:
            block.append(marks.get(name, ""))
    open_blocks[-1].append(markup[end:])
    return _joined(chain.from_iterable(open_blocks)).replace(_LINE, "\n")


def _destination(url: str) -> str:
    return url.replace("\\", "%5C")  # a backslash would take the meaning of what ends the URL


def _escaped_words(markup: Html) -> Html:
    """Returns HTML whose words are escaped for Markdown, except in code without any mark."""
    parts, end, starts_line = list[str](), 0, True
    for tag in _TAG.finditer(markup):
        words, end = markup[end : tag.start()], tag.end()
        whole = _ALT.sub(_escaped_alt, tag[0]) if tag["name"] == "img" else tag[0]
        parts += [escaped(words, starts_line=starts_line), whole]
        starts_line = not tag["code"] and tag["name"] not in _WITHIN_LINES
    parts.append(escaped(markup[end:], starts_line=starts_line))
    return Html("".join(parts))


def _escaped_alt(alt: re.Match[str]) -> str:
    return f'alt="{escaped(alt[1])}"'


def _without_meaning(start: re.Match[str]) -> str:
    """Returns how a line begins, so that it is no list, heading, underline or fence."""
    indent, mark, number, other = start.groups()
    if other:
        return f"{indent}&#{ord(other)};"
    return f"{indent}\\{mark}" if mark else f"{indent}{number}\\"


def _joined(texts: Iterable[str]) -> str:
    """Returns texts as one, without blank lines at its ends, and with single ones in it."""
    return _GAP.sub("\n\n", "".join(texts)).strip()


def _indented(text: str, first: str, others: str) -> str:
    """Returns a text with something before its first line, and before each of the others."""
    lines = text.replace(_LINE, f"\n{_LINE}").split("\n")
    indented = [first + lines[0]]
    for line in lines[1:]:
        if line.startswith(_LINE):  # preformatted: spaces at its end stay
            indented.append(_LINE + others + line.removeprefix(_LINE))
        else:
            indented.append((others + line).rstrip())
    return "\n".join(indented).replace(f"\n{_LINE}", _LINE)
