"""Writes styles into the tags of a mail's HTML, since many mail programs drop style sheets.

The HTML is sanitized or from our templates, so a tag ends at the first `>` outside quotes.
"""

from __future__ import annotations

import re

from digest.site.markdown import Html

_TAG = re.compile(r'<(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:[^>"]|"[^"]*")*)>')
_LINKED_HEADING = re.compile(
    r'(<h[1-6] style="[^"]*"><a href="[^"]*" style="[^"]*text-decoration:) underline'
)
_ALIGNED = re.compile(r' class="([a-z]+)"')
_ALT = re.compile(r'\balt="([^"]*)"')
_HEADING = "font-weight: bold; color: #1c1b19; line-height: 1.25"
_CODE = "font-family: Menlo, Consolas, monospace; font-size: 14px; background-color: #f4f1ea"
_STYLES = {
    "h1": f"margin: 0 0 12px; font-size: 28px; {_HEADING}",
    "h2": f"margin: 36px 0 0; padding: 8px 0 0; border-top: 2px solid #96281b; font-size: 18px; {_HEADING}",
    "h3": f"margin: 24px 0 4px; font-size: 20px; {_HEADING}",
    **dict.fromkeys(("h4", "h5", "h6"), f"margin: 16px 0 4px; font-size: 17px; {_HEADING}"),
    "p": "margin: 0 0 12px",
    "small": "font-size: 14px; color: #5d584f",
    "a": "color: #1c1b19; text-decoration: underline",
    "blockquote": "margin: 0 0 12px; padding: 0 0 0 14px; border-left: 3px solid #a8a297; color: #5d584f",
    "ul": "margin: 0 0 12px; padding: 0 0 0 24px",
    "ol": "margin: 0 0 12px; padding: 0 0 0 28px",
    "li": "margin: 0 0 4px",
    "pre": f"margin: 0 0 12px; padding: 8px; white-space: pre-wrap; {_CODE}",
    "code": _CODE,
    "hr": "margin: 32px 0 16px; border: 0; border-top: 1px solid #a8a297",
    "table": "margin: 0 0 12px; border-collapse: collapse",
    **dict.fromkeys(("td", "th"), "padding: 4px 8px; border: 1px solid #a8a297; text-align: left"),
}
_COLUMN = (
    "max-width: 600px; margin: 0 auto; text-align: start; font-family: Georgia, serif; "
    "font-size: 17px; line-height: 1.5; word-wrap: break-word"
)


def styled(markup: Html, direction: str) -> Html:
    """Returns HTML as one column with the styles of its tags; pictures become their words.

    `direction` is "rtl" or empty.
    """
    towards = f' dir="{direction}"' if direction else ""
    inlined = _LINKED_HEADING.sub(r"\1 none", _TAG.sub(_styled, markup))
    return Html(f'<div{towards} style="{_COLUMN}">\n{inlined}</div>')


def _styled(tag: re.Match[str]) -> str:
    name, attributes = tag["name"], tag["attributes"]
    if name == "img":
        alt = _ALT.search(attributes)
        return f"[{alt[1]}]" if alt and alt[1] else ""
    if name not in _STYLES:
        return tag[0]
    style = _STYLES[name]
    if name in {"td", "th"} and (side := _ALIGNED.search(attributes)):
        attributes = attributes.replace(side[0], "")
        style = style.replace("text-align: left", f"text-align: {side[1]}")
    return f'<{name}{attributes} style="{style}">'
