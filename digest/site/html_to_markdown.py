"""Converts sanitized HTML to Markdown, for programs and for the text part of mails.

| HTML | Markdown |
| --- | --- |
| `h1` … `h6` | `#` … `######` |
| `p`, `table`, `hr`; a row of a table | a blank line; a line, with a bar after each cell |
| `blockquote` | `>` before each line |
| `ul`, `ol`, `li` | `-` or a number, and an indent |
| `a`, `img` | `[words](<URL>)`, the picture's words |
| `em`, `strong`, `code` | `*`, `**`, `` ` `` |
| `br` | a line break |
| `pre` | the same HTML, which Markdown may contain |
| other tags | nothing: only their words stay |
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from digest.site.markdown import Html

_TAG = re.compile(
    r"(?P<pre><pre\b.*?</pre>)|"
    r'<(?P<closing>/?)(?P<name>[a-z0-9]+)(?P<attributes>(?:[^>"]|"[^"]*")*)>',
    re.DOTALL,
)
_LINE = "\0"  # a line break in preformatted text, which stays as it is
_HREF, _ALT = re.compile(r'href="([^"]*)"'), re.compile(r'alt="([^"]*)"')
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


def html_to_markdown(markup: Html) -> str:
    """Returns sanitized HTML as Markdown; what is escaped in it stays so."""
    hrefs: list[str] = []
    numbers: list[int] = []  # of the last item of each open list, below 0 if it has bullets
    open_blocks: list[list[str]] = [[]]  # the document, and each open quotation or list item
    end = 0
    for tag in _TAG.finditer(markup):
        block, text = open_blocks[-1], markup[end : tag.start()]
        end = tag.end()
        if tag["pre"]:
            block += [text, "\n\n", tag["pre"].replace("\n", _LINE), "\n\n"]
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
            block.append(f"](<{hrefs.pop()}>)")
        elif name == "a":
            href = _HREF.search(tag["attributes"])
            hrefs.append(href[1] if href else "")
            block.append("[")
        elif name == "img":
            alt = _ALT.search(tag["attributes"])
            block.append(alt[1] if alt else "")
        else:
            block.append(_MARKS.get(name, ""))
    open_blocks[-1].append(markup[end:])
    return _joined(chain.from_iterable(open_blocks)).replace(_LINE, "\n")


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
