"""Finds mistakes in Markdown that show only on the page. Each rule yields hints.

The rules know how python-markdown reads the text, which is not how git hosts show it. A rule is
silent if the text may be meant as it is. Broken links are errors, and found in `site`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from posixpath import basename
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from digest import sanitize, urls
from digest.checks import key_rules
from digest.checks.markdown_scan import FENCE, MARKER, ClosingFences, Link, MarkdownText, is_fence
from digest.errors import count_of
from digest.private_addresses import private_host_of

_BULLET = re.compile(r"[-*+][ \t]+\S|1\.[ \t]+\S")
_QUOTING = re.compile(r"\S+[ \t]+>")
_UNDERLINE = re.compile(r"([=-]+)[ ]*")
_SENTENCE = (".", ",", ";", ":", "!", "?", "…", ".”", ".’", ".)")
_LONG_HEADING = 60
_WIDE_UNDERLINE = 6
_SPLIT_LINK = re.compile(
    r"(?<![\\!])\[[^\[\]\n]+\][ \t]+"
    r"\((?=https?://|www\.|mailto:|\.{0,2}/|[\w./-]+\.(?i:md|markdown)[)#])[^()\s]*\)"
)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_ADDRESS = re.compile(
    r"https?://|www\.|mailto:|\.{0,2}/|[\w./-]+\.(?:md|markdown)\b", re.IGNORECASE
)
_TITLE = re.compile(r"""(["']).*\1""", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CURLED = re.compile(r"[“”„]|^[‘’]|[‘’]$")
_TAG = re.compile(r"<([A-Za-z][\w-]*)(\s[^<>]*)?/?>")
_NAME = re.compile(r"(?<![\w-])([A-Za-z][\w-]*+)\s*=")
_KEY = re.compile(r"(?:title|draft)[ \t]*:")
_RULE = re.compile(r"[ ]*+\|?[ ]*+:?-++:?[ ]*+(?:\|[ ]*+:?-++:?[ ]*+)*+\|?[ ]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_KEPT_SCHEMES = frozenset({"http", "https", "mailto"})
_FTP = re.compile(r"<(ftps?://[^<>\s]*)>", re.IGNORECASE)
_UNSUPPORTED = (
    (
        re.compile(r"(?<![\\~])~~(?=[^\s~])[^~\n]*[^\s~]~~(?!~)"),
        "'~~' does not strike text out; it is shown as typed",
        "write <del>…</del>",
    ),
    (
        re.compile(r"^ *[-*+] +\[[ xX]\] ", re.MULTILINE),
        "the box of a task list is shown as typed",
        "remove it",
    ),
    (
        re.compile(r"(?<![\\!])\[\[[^\[\]\n]+\]\](?!\()"),
        "a link in [[…]] is shown as typed",
        "write it as [words](file.md)",
    ),
    (
        re.compile(r"^> *\[!\w+\]", re.MULTILINE),
        "'[!…]' does not turn a quotation into a box; it is shown as typed",
        "remove it",
    ),
)
_MAX_SHOWN_LENGTH = 60
_WEB_START = re.compile(r"(?:https?:)?//[^/?#\s()<>\"']+", re.IGNORECASE)
_ANY_PAGE = "https://digest.invalid/"  # of which only the scheme counts
PUBLIC = "write the page's public address"
"""How to fix a link into a private network."""


class MarkdownHint(NamedTuple):
    """What is wrong in one line of a Markdown text, counted from 1, and how to fix it."""

    line: int
    what: str
    cure: str


def hints(text: str) -> tuple[MarkdownHint, ...]:
    """Returns all hints about a Markdown text, by line."""
    prose, found = MarkdownText(text), set[MarkdownHint]()
    for rule in RULES:
        found.update(rule(prose))
    return tuple(sorted(found))


def private_links(text: str) -> Iterator[MarkdownHint]:
    """Yields a hint for each link into a private network, such as to the writer's own machine."""
    if not any(map(private_host_of, _WEB_START.findall(text))):
        return
    prose = MarkdownText(text)
    for link in prose.links:
        is_link = not link.picture and link.kind != "bare"
        address = (urls.web_link(link.address, _ANY_PAGE) or "") if is_link else ""
        if host := private_host_of(address):
            what = f"the link to {host} leads into a private network, where readers cannot open it"
            yield MarkdownHint(prose.line_of(link.start), what, PUBLIC)


def glued_lists(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds lists right below a line of text: without a blank line, they run on as text.

    A single line that begins with a hyphen may be a dash. It counts only with a quotation, or if
    the line above ends in a colon.
    """
    for block in prose.blocks:
        begin = 0
        while begin < len(block.lines) and block.lines[begin].startswith("#"):
            begin += 1
        text = block.lines[begin:]
        if not text or MARKER.match(text[0]) or text[0].startswith(("    ", "\t")):
            continue
        marked = [number for number, line in enumerate(text) if _BULLET.match(line)]
        if not marked:
            continue
        follows_colon = text[marked[0] - 1].rstrip().endswith(":")
        if len(marked) > 1 or _QUOTING.match(text[marked[0]]) or follows_colon:
            what = "a list right below a line of text is shown as running text"
            yield MarkdownHint(block.line + begin + marked[0], what, "put a blank line above it")


def accidental_headings(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds lines of text that a `---` or `===` below them turns into headings by mistake."""
    for block in prose.blocks:
        underline = _UNDERLINE.fullmatch(block.lines[1]) if len(block.lines) > 1 else None
        if underline and _is_no_heading(block.lines[0].rstrip(), underline[1]):
            what = f"the line '{underline[1][:3]}' turns the line above it into a heading"
            cure = "put a blank line above it for a rule, or begin a heading with ##"
            yield MarkdownHint(block.line + 1, what, cure)


def shallow_bullets(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds bullets that are indented by too little to be nested, which takes four spaces.

    A bullet indented by one space is not meant to be nested.
    """
    above: int | None = None
    for block in prose.blocks:
        if not block.lines[0].startswith("  ") and not MARKER.match(block.lines[0]):
            above = None
        for number, line in enumerate(block.lines):
            marker = MARKER.match(line)
            if marker is None or (above is None and number):
                continue
            depth = len(marker[1])
            if above is not None and depth > above + 1 and depth // 4 == above // 4:
                need = (above // 4 + 1) * 4
                what = f"a bullet indented by {count_of(depth, 'space')} is not nested"
                yield MarkdownHint(block.line + number, what, f"indent it by {need}")
            else:
                above = depth


def shallow_paragraphs(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds paragraphs that are indented by too little to belong to the bullet above."""
    listed = False
    lines = prose.text.split("\n")
    for block in prose.blocks:
        depth = len(block.lines[0]) - len(block.lines[0].lstrip(" "))
        marked = MARKER.match(block.lines[0]) is not None
        if listed and 2 <= depth < 4 and not marked and not FENCE.match(lines[block.line - 1]):
            what = f"a paragraph indented by {count_of(depth, 'space')} does not belong to the bullet above"
            yield MarkdownHint(block.line, what, "indent it by 4")
        listed = marked or (listed and depth >= 2)


def fences(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds fences that are never closed, or that do not open a code block."""
    lines = prose.text.split("\n")
    closing = ClosingFences(lines)
    inside = 0
    for number, line in enumerate(lines):
        fence = FENCE.fullmatch(line)
        if fence is None or number < inside:
            continue
        end = closing.after(number, fence[2])
        if fence[1]:
            what = "an indented fence does not open a code block"
            yield MarkdownHint(number + 1, what, "begin it at the start of its line")
        elif not is_fence(fence[3]):
            what = f"a fence followed by '{fence[3].strip()}' does not open a code block"
            yield MarkdownHint(number + 1, what, "leave only the language after it")
        elif end is None:
            what = "a code block is opened here and never closed"
            yield MarkdownHint(number + 1, what, f"close it with a line {fence[2]}")
        if end is None and fence[1]:  # what closes an indented fence needs no hint of its own
            end = closing.after(number, fence[2], indented=True)
            inside = number + 1 if end is None else end + 1
        else:
            inside = len(lines) if end is None else end + 1


def split_links(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds `[words] (address)`: with the space it is not a link."""
    for found in _SPLIT_LINK.finditer(prose.plain):
        what = "a space separates a link's words from its address"
        yield MarkdownHint(prose.line_of(found.start()), what, "remove the space between ] and (")


def broken_links(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds links that are not closed, have no address, or have a space in it."""
    for link in prose.links:
        if link.kind != "inline":
            continue
        line = prose.line_of(link.start)
        if not link.address:
            yield MarkdownHint(
                line, "a link without an address", "write one, or remove the brackets"
            )
        elif not link.closed and _ADDRESS.match(link.address):
            what = f"the link to {_shown(link.address)} is not closed"
            yield MarkdownHint(line, what, "put a ) after its address")
        elif link.rest and _WEB.match(link.address):
            if _TITLE.fullmatch(link.rest) or _is_curled(link):
                continue
            what = f"the address of the link to {_shown(link.address)} goes on after a space"
            yield MarkdownHint(line, what, "put the ) before the space, or write the space as %20")


def curled_quotes(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds curly quotes in or after a link's address: they become part of it."""
    for link in prose.links:
        if _is_curled(link):
            what = "a link's address contains a curly quote"
            yield MarkdownHint(prose.line_of(link.start), what, 'type straight ones (")')


def bare_addresses(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds URLs that are shown as text, since they are not marked up as links."""
    for link in prose.links:
        if link.kind == "bare":
            what = f"the address {_shown(link.address)} is shown as text, not a link"
            cure = "put it between < and >, or write [words](address)"
            yield MarkdownHint(prose.line_of(link.start), what, cure)


def foreign_pictures(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds pictures on other hosts, from which a page loads nothing: only a link is shown."""
    for link in prose.links:
        address = f"https:{link.address}" if link.address.startswith("//") else link.address
        if link.picture and _WEB.match(address):
            name = ""
            if urls.web_link(address):
                name = unquote(basename(urlsplit(address).path))
            what = f"the picture is on {_host(address)}, so only a link is shown"
            cure = f"save it beside this file, and write its name instead: {name or 'picture.jpg'}"
            yield MarkdownHint(prose.line_of(link.start), what, cure)


def markup_without_effect(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds markup of other kinds of Markdown, which is shown as typed; each kind once."""
    for mark, what, cure in _UNSUPPORTED:
        found = mark.search(prose.plain)
        if found:
            yield MarkdownHint(prose.line_of(found.start()), what, cure)


def glued_tables(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds tables right below a line of text: without a blank line, they run on as text."""
    for block in prose.blocks:
        lines = block.lines
        if len(lines) > 1 and "|" in lines[0] and _RULE.fullmatch(lines[1]):
            continue
        for number in range(2, len(lines)):
            if "|" in lines[number - 1] and "|" in lines[number] and _RULE.fullmatch(lines[number]):
                what = "a table right below a line of text is shown as running text"
                yield MarkdownHint(block.line + number - 1, what, "put a blank line above it")
                break


def dropped_links(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds links that are not web or mail addresses: only their words are shown."""
    for link in prose.links:
        scheme = _SCHEME.match(link.address)
        if scheme and link.kind != "bare" and scheme[1].lower() not in _KEPT_SCHEMES:
            yield _dropped_link(prose.line_of(link.start), link.address)
    for found in _FTP.finditer(prose.plain):
        yield _dropped_link(prose.line_of(found.start()), found[1])


def tracking_links(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds links whose URL tells the publisher where a reader came from."""
    for link in prose.links:
        cleaned = untracked(link.address)
        if cleaned:
            what = f"the link to {_host(link.address)} tracks its readers"
            yield MarkdownHint(prose.line_of(link.start), what, f"write {cleaned}")


def raw_html(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds HTML that is not published; each kind once."""
    if "<" not in prose.plain:
        return
    seen: set[str] = set()
    for tag in _TAG.finditer(prose.plain):
        if _is_pointed_address(prose, tag.start()):
            continue
        for what, cure in _dropped(tag[1].lower(), tag[2] or ""):
            if what not in seen:
                seen.add(what)
                yield MarkdownHint(prose.line_of(tag.start()), what, cure)
    comment = prose.plain.rfind("<!--")
    if comment >= 0:
        what = "a comment is not closed, so it is published"
        yield MarkdownHint(prose.line_of(comment), what, "close it with -->")


def lost_front_matter(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds keys at the top of a text that are shown as text, without a `---` above."""
    first = prose.blocks[0] if prose.blocks else None
    if first is None:
        return
    lines = first.lines[1:] if first.lines[0].rstrip() == "---" else first.lines
    if lines and _KEY.match(lines[0]) and "---" in (line.rstrip() for line in lines[1:]):
        what = "this is shown as text, because the front matter does not begin on the first line"
        yield MarkdownHint(first.line, what, "make --- the first line of the file")


def misplaced_keys(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds keys that were typed below the front matter, where they are published as text."""
    for line, key in key_rules.keys_in_body(prose.plain):
        proper = "" if key == key.lower() else f", as '{key.lower()}'"
        what = f"'{key}:' has no effect here, and is published as text"
        yield MarkdownHint(line, what, f"move this line above the second ---{proper}")


def control_characters(prose: MarkdownText) -> Iterator[MarkdownHint]:
    """Finds characters that no one sees and pages leave out, the first of each line."""
    for found in re.finditer(r"[^\n]*", prose.text) if _CONTROL.search(prose.text) else ():
        if control := _CONTROL.search(found[0]):
            what = f"a control character (U+{ord(control[0]):04X}) is not published"
            yield MarkdownHint(
                prose.line_of(found.start()), what, "delete it; many editors hide it"
            )


RULES: tuple[Callable[[MarkdownText], Iterator[MarkdownHint]], ...] = (
    glued_lists,
    accidental_headings,
    shallow_bullets,
    shallow_paragraphs,
    fences,
    split_links,
    broken_links,
    curled_quotes,
    bare_addresses,
    foreign_pictures,
    tracking_links,
    markup_without_effect,
    glued_tables,
    dropped_links,
    raw_html,
    lost_front_matter,
    misplaced_keys,
    control_characters,
)


def _dropped_link(line: int, address: str) -> MarkdownHint:
    what = (
        f"the link to {_shown(address)} is not published, "
        "because it is neither a web nor a mail address"
    )
    return MarkdownHint(line, what, "write an https:// address, or only the words")


def untracked(address: str) -> str:
    """Returns the URL without what tracks its readers, "" if nothing in it does."""
    if not _WEB.match(address) or urls.web_link(address) is None:
        return ""
    cleaned = urls.clean(address)
    return cleaned if len(cleaned) < len(address.rstrip("?#")) else ""


def _is_no_heading(line: str, underline: str) -> bool:
    """True if an underlined line reads as a sentence or a list item, not as a heading."""
    if line.startswith("#"):
        return False
    if MARKER.match(line) or line.startswith(">") or line.endswith(_SENTENCE):
        return True
    return len(underline) < 3 or (len(line) > _LONG_HEADING and len(underline) < _WIDE_UNDERLINE)


def _dropped(tag: str, attributes: str) -> Iterator[tuple[str, str]]:
    if sanitize.is_kept(tag):
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", '""', attributes)
        for name in _NAME.findall(bare):
            if not sanitize.is_kept(tag, name.lower()):
                yield f"the attribute '{name}' of the HTML <{tag}> is not published", "remove it"
    elif sanitize.is_emptied(tag):
        yield f"the HTML <{tag}> is not published, nor is its content", "remove it, or link to it"
    else:
        yield (
            f"the HTML <{tag}> is not published, only its content is",
            "write it in Markdown; for a plain < write &lt;",
        )


def _is_pointed_address(prose: MarkdownText, at: int) -> bool:
    """True if the `<` at this place begins an address, as in `[words](<my file.md>)`."""
    before = prose.plain[max(0, at - 80) : at].rstrip()
    return before.endswith(("](", "]:")) and prose.is_within_link(at)


def _is_curled(link: Link) -> bool:
    if _CURLED.search(link.address):
        return True
    return _CURLED.search(link.rest) is not None and not _TITLE.fullmatch(link.rest)


def _host(address: str) -> str:
    return urls.host_of(address) if urls.web_link(address) else "another host"


def _shown(address: str) -> str:
    return address if len(address) <= _MAX_SHOWN_LENGTH else f"{address[: _MAX_SHOWN_LENGTH - 1]}…"
