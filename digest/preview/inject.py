"""Adds what only the preview shows to a page: annotations, error overlay and reload script.

HTML in, HTML out. The page's Content-Security-Policy is widened by exactly what is added, so what a
page may not do in public it may not do here. The built files stay byte for byte what readers get.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from pathlib import Path

from digest.errors import Problem
from digest.preview.annotations import corner, editor_link, with_annotations
from digest.preview.state import ShownBuild

EVENTS = "/_digest/events"
"""The URL of the event stream. Names of pages have no underscore, so no page can have it."""

_PLACEHOLDER = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<title>Preview</title>\n</head>\n'
    "<body>\n<p>{text}</p>\n</body>\n</html>\n"
)
_POLICY = re.compile(
    r"""(<meta\s+http-equiv="Content-Security-Policy"\s+content=")([^"]*)(")""", re.IGNORECASE
)  # as base.html writes it


def for_editor(html: str, shown: ShownBuild, place: str) -> str:
    """Returns a page as an editor sees it; `place` is its path below the base path."""
    script, style = _asset("page.js"), _asset("page.css")
    annotated = with_annotations(html, place, shown.base, shown.root, shown.annotations_of_story)
    added = (
        f"<style>{style}</style>"
        f"{corner(shown.annotations_of_page(place), shown.root)}{_overlay(shown.problems, shown.root)}"
        f'<script data-build="{escape(shown.build_id)}" data-events="{EVENTS}">{script}</script>'
    )
    widened = _POLICY.sub(
        lambda match: match[1] + widen_policy(match[2], script, style) + match[3], annotated
    )
    head, end, rest = widened.rpartition("</body>")
    return head + added + end + rest if end else rest + added


def placeholder(text: str) -> str:
    """Returns a page for when the site has none."""
    return _PLACEHOLDER.format(text=escape(text))


def widen_policy(policy: str, script: str, style: str) -> str:
    """Returns a policy that also allows this script, this style and requests to this host."""
    rules = dict[str, list[str]]()
    for part in policy.split(";"):
        if part.strip():
            name, *sources = part.split()
            rules[name.lower()] = sources
    fallback = rules.get("default-src")
    for name, source in (
        ("script-src", source_hash(script)),
        ("style-src", source_hash(style)),
        ("connect-src", "'self'"),
    ):
        allowed = rules.get(name, fallback)
        if allowed is None:
            continue
        # with a hash beside it, browsers would ignore 'unsafe-inline'
        is_inline = "'unsafe-inline'" in allowed and source.startswith("'sha256-")
        if source not in allowed and not is_inline:
            allowed = [other for other in allowed if other != "'none'"]
            allowed.append(source)
        rules[name] = allowed
    return "; ".join(f"{name} {' '.join(sources)}".rstrip() for name, sources in rules.items())


def source_hash(text: str) -> str:
    """Returns what a policy needs to allow exactly this script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _overlay(problems: tuple[Problem, ...], root: Path) -> str:
    """Returns the error overlay: each problem with its file, line and fix."""
    if not problems:
        return ""
    items = []
    for problem in problems:
        link = f"{editor_link(root, problem.file, problem.line)}: " if problem.file else ""
        items.append(f"<li>{link}{escape(problem.message)}</li>")
    heading = "A problem stops" if len(items) == 1 else f"{len(items)} problems stop"
    return (
        '<div id="_digest-fault" class="_digest-fault" role="alertdialog"'
        ' aria-labelledby="_digest-why"><div>'
        f'<h2 id="_digest-why">{heading} the build</h2><ul>{"".join(items)}</ul>'
        "<p>Fix and save: the page reloads by itself. Behind this is the last good build.</p>"
        '<button type="button">Show the last good build</button></div></div>'
    )


@cache
def _asset(name: str) -> str:
    """Returns a file of this folder exactly as it is put into pages, since its hash allows it."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
