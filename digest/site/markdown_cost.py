"""How much work python-markdown would have with a text: over some signs it takes time that grows with their square.

Refuses to measure time: the same text gives the same answer on any machine. What is counted, and the weights, come from
measurements: one unit is about 0.2 µs of a core of 2024, so that the limit is 2 s for one text. A long letter with
hundreds of links and tags is less than a hundredth of that.
"""

from __future__ import annotations

import re

LIMIT = 10_000_000
_SHORT = 3_000  # characters; no text so short reaches the limit

_PARAGRAPH = re.compile(r"\n\s*\n")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_OPEN = re.compile(r"\[(?![^\[\]]*\])|\]\((?![^()]*\))")
"""A bracket, or the parenthesis of an address, that the next one does not close: each is looked for to the end."""
_OPEN_TAG = re.compile(r"<(?=[A-Za-z/])(?![^<>]*>)")
_DECLARATION = re.compile(r"<!(?!-)")
_TAG = re.compile(r"<(?=[A-Za-z])")
_FENCE = re.compile(r"^(?:~~~|```)", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:[-=*_][-=*_ ]*$|#|\[[^\]\n]*\]:)", re.MULTILINE)
"""A rule, a heading or a definition: the rest of its paragraph is copied for each."""
_MARK = re.compile(r"[\[<*_`&\\!]|  $", re.MULTILINE)


def is_too_much(text: str) -> bool:
    """True if a text would hold up a build: then it is not worth reading as Markdown."""
    if len(text) <= _SHORT:
        return False
    signs = (
        len(_DECLARATION.findall(text)) + len(_OPEN_TAG.findall(text)) / 5 + text.count("<") / 1_000
    )
    work = len(text) * (signs + len(_FENCE.findall(text)) / 20)
    return work + sum(map(_work, _PARAGRAPH.split(text))) > LIMIT


def _work(paragraph: str) -> float:
    comments = paragraph.count("<!--")
    within = (
        comments * len(_TAG.findall(paragraph)) if comments else 0
    )  # each may stand within each tag
    opened = len(_OPEN.findall(_ESCAPED.sub("", paragraph)))
    signs = opened + within / 200 + len(_RULE.findall(paragraph)) / 5
    return len(paragraph) * (signs + len(_MARK.findall(paragraph)) / 1_000)
