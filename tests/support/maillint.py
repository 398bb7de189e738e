"""What eight mail programs do to HTML, as rules that a mail must keep: each with who breaks what, and why.

Collected from what the programs are known to support (caniemail.com has most of it as tables).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import html5lib

XHTML = "{http://www.w3.org/1999/xhtml}"
LARGEST = 102 * 1024
WIDEST = 640

Element = Any


class Rule(NamedTuple):
    """A rule: the programs that need it, the reason, and a function that yields what breaks it."""

    programs: str
    reason: str
    broken: Callable[[str, list[Element]], Iterator[str]]


def lint(html: str) -> list[str]:
    """Returns a line for each place of a mail's HTML that a program would spoil."""
    parser = html5lib.HTMLParser(strict=False)
    elements = [one for one in parser.parse(html).iter() if isinstance(one.tag, str)]
    return [
        f"{found} ({rule.programs}: {rule.reason})"
        for rule in RULES
        for found in rule.broken(html, elements)
    ]


def _tags(*names: str) -> Callable[[str, list[Element]], Iterator[str]]:
    def broken(_: str, elements: list[Element]) -> Iterator[str]:
        yield from (name for one in elements if (name := one.tag.rpartition("}")[2]) in names)

    return broken


def _styles(pattern: str) -> Callable[[str, list[Element]], Iterator[str]]:
    wanted = re.compile(pattern, re.IGNORECASE)

    def broken(_: str, elements: list[Element]) -> Iterator[str]:
        for one in elements:
            yield from (found[0] for found in wanted.finditer(one.get("style", "")))

    return broken


def _in_source(pattern: str) -> Callable[[str, list[Element]], Iterator[str]]:
    def broken(html: str, _: list[Element]) -> Iterator[str]:
        yield from (found[0][:60] for found in re.finditer(pattern, html, re.IGNORECASE))

    return broken


def _attributes(pattern: str) -> Callable[[str, list[Element]], Iterator[str]]:
    def broken(_: str, elements: list[Element]) -> Iterator[str]:
        for one in elements:
            yield from (name for name in one.attrib if re.fullmatch(pattern, str(name)))

    return broken


def _strange_links(_: str, elements: list[Element]) -> Iterator[str]:
    for one in elements:
        href = one.get("href")
        if href is not None and not href.startswith(("https://", "http://", "mailto:")):
            yield href


def _too_wide(_: str, elements: list[Element]) -> Iterator[str]:
    for one in elements:
        width = one.get("width", "")
        if width.isdigit() and int(width) > WIDEST:
            yield f"width {width}"
        for found in re.finditer(r"(?<![-\w])width:\s*(\d+)px", one.get("style", "")):
            if int(found[1]) > WIDEST:
                yield found[0]


def _bare(_: str, elements: list[Element]) -> Iterator[str]:
    """Paragraphs, headings, links and quotations without a style of their own."""
    for one in elements:
        name = one.tag.removeprefix(XHTML)
        if name in {"p", "h1", "h2", "h3", "a", "blockquote", "ul", "ol"} and not one.get("style"):
            yield name


def _tables(_: str, elements: list[Element]) -> Iterator[str]:
    for one in elements:
        has_head = any(inner.tag == f"{XHTML}th" for inner in one.iter())
        if one.tag == f"{XHTML}table" and one.get("role") != "presentation" and not has_head:
            yield "a table without a head"


def _head(html: str, elements: list[Element]) -> Iterator[str]:
    names = {one.tag.removeprefix(XHTML): one for one in elements}
    if not html.lstrip().lower().startswith("<!doctype html>"):
        yield "no doctype"
    if not names["html"].get("lang"):
        yield "no language"
    if not any(one.get("charset", "").lower() == "utf-8" for one in elements):
        yield "no charset"
    if not (names["title"].text or "").strip():
        yield "no title"


def _size(html: str, _: list[Element]) -> Iterator[str]:
    size = len(html.encode())
    if size > LARGEST:
        yield f"{size} bytes"


RULES = (
    Rule("Gmail", "cuts off what is beyond 102 KB", _size),
    Rule(
        "Gmail, Yahoo, Outlook.com",
        "drop scripts; a mail with one may be refused",
        _tags("script", "noscript"),
    ),
    Rule("Gmail, ProtonMail", "load no style sheet from elsewhere", _tags("link", "base")),
    Rule(
        "Gmail, Outlook.com",
        "drop @import and fonts from elsewhere",
        _in_source(r"@import|@font-face"),
    ),
    Rule("Gmail (app, with other accounts)", "drops <style>, so each tag has its own", _bare),
    Rule(
        "Outlook.com, Yahoo",
        "rename or drop what is hidden by position",
        _styles(r"position\s*:|z-index|float\s*:"),
    ),
    Rule(
        "Outlook",
        "renders with Word, which knows no flex and no grid",
        _styles(r"display\s*:\s*(?:inline-)?(?:flex|grid)|(?:grid|flex)-\w+"),
    ),
    Rule("Outlook, Gmail", "know no variables and no calc()", _styles(r"var\(|calc\(|--\w")),
    Rule(
        "Outlook",
        "ignores transforms, shadows and animations",
        _styles(r"transform|animation|transition|shadow"),
    ),
    Rule("Outlook.com, Yahoo", "drop negative margins", _styles(r"margin[^;]*:\s*[^;]*-\d")),
    Rule("Outlook", "shows no background pictures", _styles(r"url\(|background-image")),
    Rule("Samsung, Outlook.com", "scale down what is wider than the screen", _too_wide),
    Rule(
        "ProtonMail, Thunderbird, Apple Mail",
        "block pictures from elsewhere, which tell who reads",
        _tags("img", "picture", "source", "video", "audio"),
    ),
    Rule("Gmail, Outlook, Yahoo", "show no SVG", _tags("svg", "math", "canvas")),
    Rule(
        "Outlook, Apple Mail, Gmail",
        "drop or disarm forms",
        _tags("form", "input", "button", "select", "textarea"),
    ),
    Rule("all", "drop frames and plug-ins", _tags("iframe", "object", "embed", "frame")),
    Rule("all", "drop handlers", _attributes(r"on\w+")),
    Rule("Gmail, Yahoo", "prefix ids, so that links to them break", _attributes("id")),
    Rule("all", "links must lead somewhere from a mail", _strange_links),
    Rule(
        "Yahoo, Outlook.com",
        "guess charset and language where none is said; screen readers too",
        _head,
    ),
    Rule("Apple Mail, Samsung", "read layout tables aloud unless they say what they are", _tables),
    Rule(
        "Apple Mail, Outlook.com",
        "zoom or disallow fonts below 12 pixels",
        _styles(r"font-size\s*:\s*(?:[0-9]|1[01])px"),
    ),
)
