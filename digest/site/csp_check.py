"""Finds lines in a digest's own templates that browsers ignore, since the pages' CSP forbids them.

    own templates ──▶ lines with scripts, inline styles, fonts, files of other hosts ──▶ hints

A template that sets a policy (CSP) of its own is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from digest.errors import Kind, Problem

BASE = "base.html"
_POLICY = re.compile(r"{%-?\s*block\s+policy\b[^%]*%}(.*?){%-?\s*endblock", re.DOTALL)
_EXTENDS = re.compile(r"{%-?\s*extends\b")
_COMMENT = re.compile(r"{#.*?#}|<!--.*?-->", re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DATA = r"(?![^>]*\btype\s*=\s*[\"']?(?:application/(?:ld\+)?json|speculationrules))"
_OTHER_HOST = r"[\"']?\s*(?:https?:)?//"
_IN_PAGES = {
    "this script": re.compile(rf"<script\b{_DATA}", re.IGNORECASE),
    "this inline script": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "this inline style": re.compile(r"<style\b|<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "this style sheet of another host": re.compile(
        rf"<link\b(?=[^>]*\bstylesheet\b)[^>]*\bhref\s*=\s*{_OTHER_HOST}", re.IGNORECASE
    ),
    "this picture of another host": re.compile(
        rf"<(?:img|source)\b[^>]*\bsrc(?:set)?\s*=\s*{_OTHER_HOST}", re.IGNORECASE
    ),
    "this frame or media file": re.compile(
        r"<(?:iframe|object|embed|video|audio)\b", re.IGNORECASE
    ),
}
_IN_STYLES = {
    "this font": re.compile(r"@font-face\b", re.IGNORECASE),
    "this file of another host": re.compile(
        rf"(?:\burl\(\s*|@import\s+){_OTHER_HOST}", re.IGNORECASE
    ),
}
_CURE = "allow it in the block 'policy', or leave it out (docs/theming.md says how)"


def blocked(templates: Mapping[str, str], shipped_base: str, folder: str) -> Iterator[Problem]:
    """Yields a hint for each line that the policy blocks; `templates` has texts by name."""
    shipped = _policies(shipped_base)
    base = templates.get(BASE, "")
    if base and (_sets_policy(base, shipped) or not (_EXTENDS.search(base) or _policies(base))):
        return
    for name, text in templates.items():
        if name.startswith("feeds/") or _sets_policy(text, shipped):
            continue
        if name.endswith(".css"):
            kinds, comment = _IN_STYLES, _CSS_COMMENT
        elif name.endswith(".html"):
            kinds, comment = _IN_PAGES, _COMMENT
        else:
            continue
        shown = comment.sub(lambda match: "\n" * match[0].count("\n"), text)
        for kind, pattern in kinds.items():
            for match in pattern.finditer(shown):
                line = shown.count("\n", 0, match.start()) + 1
                what = (
                    f"browsers do not load {kind}: "
                    "the Content-Security-Policy of the pages forbids it"
                )
                yield Problem(f"{folder}/{name}", line, what, _CURE, kind=Kind.HINT)


def _policies(text: str) -> set[str]:
    return {" ".join(policy.split()) for policy in _POLICY.findall(text)}


def _sets_policy(text: str, shipped: set[str]) -> bool:
    """True if a template has a policy other than the shipped ones."""
    return bool(_policies(text) - shipped)
