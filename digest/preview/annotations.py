"""Annotations beside each story in the preview: file, themes and why, hints, what the feed said.

    page's HTML ──▶ its articles, each with a permalink ──▶ the same HTML, annotations at their ends

They are added when a page is served, so builds know nothing of them. All texts are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote

from digest.errors import Problem

_ARTICLE = re.compile(r"<article\b([^>]*)>(.*?)(?=</article>)", re.DOTALL)
_ID = re.compile(r"""\bid="([^"]+)\"""")
_LINK = re.compile(r"""<a\b[^>]*\bhref="([^"]*#[^"]+)"[^>]*>""")
_WEEK = re.compile(r"\d{4}/w\d{2}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What an editor wants to know about one text; `line` is where to continue writing.

    `reasons` says by theme why it has each of them.
    """

    file: str
    line: int = 1
    draft: bool = False
    why: tuple[str, ...] = ()
    hints: tuple[Problem, ...] = ()
    summary: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


def with_annotations(
    html: str,
    place: str,
    base: str,
    root: Path,
    of_story: Callable[[str], Iterable[Annotation]],
) -> str:
    """Returns the HTML with annotations; `of_story` returns those of a permalink."""

    def annotated(article: re.Match[str]) -> str:
        shown = article[0]
        if permalink := _permalink(article[1], article[2], place, base):
            for annotation in of_story(permalink):
                shown += _html(annotation, root)
        return shown

    return _ARTICLE.sub(annotated, html)


def corner(annotations: Iterable[Annotation], root: Path) -> str:
    """Returns the box in the corner of a page: the files of the page's own texts."""
    items = ""
    for annotation in annotations:
        items += f"<li>{_head(annotation, root)}{_hints(annotation, root)}</li>"
    if not items:
        return ""
    return f'<aside class="_digest-corner" aria-label="Preview"><ul>{items}</ul></aside>'


def editor_link(root: Path, file: str, line: int, text: str = "") -> str:
    """Returns a link that opens a file at a line in VS Code; without `text`, it shows both."""
    path = quote((root / file).as_posix().lstrip("/"), safe="/:")
    shown = text or (f"{file}:{line}" if line else file)
    return f'<a href="{escape(f"vscode://file/{path}:{line or 1}")}">{escape(shown)}</a>'


def _permalink(attributes: str, inside: str, place: str, base: str) -> str:
    """Returns the permalink of an article's story, relative to the base path, or "".

    On a week's page this is the article's own id, elsewhere the target of its permalink.
    """
    id = _ID.search(attributes)
    if id and _WEEK.fullmatch(place):
        return f"{place}#{unescape(id[1])}"
    links = []
    for link in _LINK.finditer(inside):
        if link[1].startswith(base) and _WEEK.match(link[1].removeprefix(base)):
            links.append(link)
    links.sort(key=lambda link: "permalink" not in link[0])  # those marked as such come first
    return unquote(unescape(links[0][1])).removeprefix(unquote(base)) if links else ""


def _html(annotation: Annotation, root: Path) -> str:
    why = f"<p>{escape(' · '.join(annotation.why))}</p>" if annotation.why else ""
    summary = ""
    for part in filter(None, annotation.summary.split("\n\n")):
        summary += f"<p>{escape(part)}</p>"
    if summary:
        summary = (
            f'<details data-digest="{escape(annotation.file)}"><summary>What the feed says'
            f"</summary><blockquote>{summary}</blockquote></details>"
        )
    head = f"<p>{_head(annotation, root)}</p>"
    return f'<div class="_digest-margin">{head}{why}{_hints(annotation, root)}{summary}</div>'


def _head(annotation: Annotation, root: Path) -> str:
    draft = " <strong>Draft</strong>" if annotation.draft else ""
    return editor_link(root, annotation.file, annotation.line) + draft


def _hints(annotation: Annotation, root: Path) -> str:
    items = ""
    for hint in annotation.hints:
        text = f"line {hint.line}" if hint.file == annotation.file and hint.line else ""
        link = editor_link(root, hint.file, hint.line, text)
        items += f'<li class="_digest-hint">{link}: {escape(hint.message)}</li>'
    return f"<ul>{items}</ul>" if items else ""
