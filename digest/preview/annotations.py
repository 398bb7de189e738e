"""What stands beside a text in the preview: where it is written, why it has its themes, what is odd, what a feed said.

    page's HTML ──▶ its articles, each by its permalink ──▶ the same HTML with a margin at the end of each

Put in when a page is served, so that neither what is built nor what builds it knows of this. Refuses to trust a word:
all of it is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote

from digest.errors import Problem

_ARTICLE = re.compile(r"<article\b([^>]*)>(.*?)(?=</article>)", re.DOTALL)
_ID = re.compile(r"""\bid="([^"]+)\"""")
_LINK = re.compile(r"""<a\b[^>]*\bhref="([^"]*#[^"]+)"[^>]*>""")
_WEEK = re.compile(r"\d{4}/w\d{2}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What an editor wants to know of one text: its file, the line at which to go on writing, and the rest in words."""

    file: str
    line: int = 1
    draft: bool = False
    why: tuple[str, ...] = ()
    hints: tuple[Problem, ...] = ()
    summary: str = ""


def with_margins(
    html: str, place: str, base: str, root: Path, stories: Callable[[str], Iterable[Margin]]
) -> str:
    """Returns a page's HTML with a margin for each of its stories; `stories` gives those at a permalink's place."""

    def beside(found: re.Match[str]) -> str:
        permalink = _permalink(found[1], found[2], place, base)
        margins = stories(permalink) if permalink else ()
        return found[0] + "".join(_in_full(margin, root) for margin in margins)

    return _ARTICLE.sub(beside, html)


def corner(margins: Iterable[Margin], root: Path) -> str:
    """Returns the corner of a page: the files that its own texts come from."""
    written = "".join(f"<li>{_head(margin, root)}{_hints(margin, root)}</li>" for margin in margins)
    return (
        f'<aside class="_digest-corner" aria-label="Preview"><ul>{written}</ul></aside>'
        if written
        else ""
    )


def place_link(root: Path, file: str, line: int, words: str = "") -> str:
    """Returns a file and its line as a link that opens them in the editor, under these words where there are any."""
    address = (
        "vscode://file/" + quote((root / file).as_posix().lstrip("/"), safe="/:") + f":{line or 1}"
    )
    named = words or (f"{file}:{line}" if line else file)
    return f'<a href="{escape(address)}">{escape(named)}</a>'


def _permalink(attributes: str, inside: str, place: str, base: str) -> str:
    """Returns the place of an article's story: its own id on a week's page, else where its permalink leads."""
    own = _ID.search(attributes)
    if own and _WEEK.fullmatch(place):
        return f"{place}#{unescape(own[1])}"
    links = [found for found in _LINK.finditer(inside) if _is_permalink(found[1], base)]
    named = [found for found in links if "permalink" in found[0]]
    return next((_place(found[1], base) for found in (*named, *links)), "")


def _is_permalink(address: str, base: str) -> bool:
    return address.startswith(base) and _WEEK.match(address.removeprefix(base)) is not None


def _place(address: str, base: str) -> str:
    return unquote(unescape(address)).removeprefix(unquote(base))


def _in_full(margin: Margin, root: Path) -> str:
    why = f"<p>{escape(' · '.join(margin.why))}</p>" if margin.why else ""
    said = "".join(f"<p>{escape(part)}</p>" for part in margin.summary.split("\n\n") if part)
    whole = (
        f'<details data-digest="{escape(margin.file)}"><summary>What the feed says</summary>'
        f"<blockquote>{said}</blockquote></details>"
    )
    inside = f"<p>{_head(margin, root)}</p>{why}{_hints(margin, root)}{whole if said else ''}"
    return f'<div class="_digest-margin">{inside}</div>'


def _head(margin: Margin, root: Path) -> str:
    return place_link(root, margin.file, margin.line) + (
        " <strong>Draft</strong>" if margin.draft else ""
    )


def _hints(margin: Margin, root: Path) -> str:
    found = "".join(
        f'<li class="_digest-hint">{_hint(hint, root, margin.file)}</li>' for hint in margin.hints
    )
    return f"<ul>{found}</ul>" if found else ""


def _hint(hint: Problem, root: Path, file: str) -> str:
    words = f"line {hint.line}" if hint.file == file and hint.line else ""
    return f"{place_link(root, hint.file, hint.line, words)}: {escape(hint.words)}"
