"""A built page as the preview shows it: with margins, with what is wrong over it, and with the script that reloads it.

Pure: HTML in, HTML out. Refuses to touch the page otherwise: without all this it is, byte for byte, what readers get.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from digest.errors import Problem
from digest.preview.annotations import corner, place_link, with_margins
from digest.preview.csp import widened
from digest.preview.state import Shown

EVENTS = "/_digest/events"
"""The address of the stream; no page of a site can stand there, for names of pages have no underscore."""

_BARE = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<title>Preview</title>\n</head>\n'
    "<body>\n<p>{words}</p>\n</body>\n</html>\n"
)


def dressed(html: str, shown: Shown, place: str) -> str:
    """Returns a page as an editor sees it; `place` is where it stands below the base path."""
    script, style = _own("page.js"), _own("page.css")
    inside = with_margins(html, place, shown.base, shown.root, shown.stories)
    added = (
        f"<style>{style}</style>"
        f"{corner(shown.page(place), shown.root)}{_overlay(shown.problems, shown.root)}"
        f'<script data-build="{escape(shown.build)}" data-events="{EVENTS}">{script}</script>'
    )
    head, end, rest = widened(inside, script, style).rpartition("</body>")
    return head + added + end + rest if end else rest + added


def bare(words: str) -> str:
    """Returns a page for a moment at which the site has none."""
    return _BARE.format(words=escape(words))


def _overlay(problems: tuple[Problem, ...], root: Path) -> str:
    """Returns what is wrong, over the page: every problem with its file, line and cure."""
    if not problems:
        return ""
    found = "".join(f"<li>{_told(problem, root)}</li>" for problem in problems)
    count = "This stands" if len(problems) == 1 else f"These {len(problems)} stand"
    return (
        '<div id="_digest-fault" class="_digest-fault" role="alertdialog" aria-labelledby="_digest-why"><div>'
        f'<h2 id="_digest-why">{count} in the way of the page</h2><ul>{found}</ul>'
        "<p>Mend and save: the page comes back by itself. Beneath is the last one that could be made.</p>"
        '<button type="button">Look beneath</button></div></div>'
    )


def _told(problem: Problem, root: Path) -> str:
    if not problem.file:
        return escape(problem.words)
    return f"{place_link(root, problem.file, problem.line)}: {escape(problem.words)}"


@cache
def _own(name: str) -> str:
    """Returns one of the files beside this one, as it is put into pages: its hash is in their policy."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
