"""Estimates how long python-markdown would take for a text: some input takes quadratic time.

The estimate counts characters, so that it is the same on any machine. The weights were measured: a
unit is about 0.2 µs on a CPU of 2024, and the limit 2 s for one text. A long letter with hundreds
of links and tags has less than a hundredth of that.
"""

from __future__ import annotations

import re

LIMIT = 10_000_000
_ALWAYS_CHEAP_LENGTH = 3_000  # characters; no text so short reaches the limit

_PARAGRAPH = re.compile(r"\n\s*\n")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_OPEN = re.compile(r"\[(?![^\[\]]*\])|\]\((?![^()]*\))")
"""An unclosed bracket or parenthesis: for each, Markdown searches the rest of the text."""
_OPEN_TAG = re.compile(r"<(?=[A-Za-z/])(?![^<>]*>)")
_DECLARATION = re.compile(r"<!(?!-)")
_TAG = re.compile(r"<(?=[A-Za-z])")
_FENCE = re.compile(r"^(?:~~~|```)", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:[-=*_][-=*_ ]*$|#|\[[^\]\n]*\]:)", re.MULTILINE)
"""A rule, a heading or a definition: for each, Markdown copies the rest of the paragraph."""
_MARK = re.compile(r"[\[<*_`&\\!]|  $", re.MULTILINE)


def is_too_much(text: str) -> bool:
    """True if a text would take too long to render as Markdown."""
    if len(text) <= _ALWAYS_CHEAP_LENGTH:
        return False
    signs = (
        len(_DECLARATION.findall(text)) + len(_OPEN_TAG.findall(text)) / 5 + text.count("<") / 1_000
    )
    work = len(text) * (signs + len(_FENCE.findall(text)) / 20)
    for paragraph in _PARAGRAPH.split(text):
        comments = paragraph.count("<!--")
        within = comments * len(_TAG.findall(paragraph)) if comments else 0  # each in each tag
        opened = len(_OPEN.findall(_ESCAPED.sub("", paragraph)))
        signs = opened + within / 200 + len(_RULE.findall(paragraph)) / 5
        work += len(paragraph) * (signs + len(_MARK.findall(paragraph)) / 1_000)
    return work > LIMIT
