"""Reads authors' names: feeds write names, lists of names, and mail addresses with names.

Mail addresses are left out: their owners did not give them for publication.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest import urls
from digest.feeds import plain_text

_MAX_AUTHORS = 50
_MAX_LENGTH = 2_000
_MAIL = re.compile(r"[^\s()<>,;]+@[^\s()<>,;]+")
_AND = re.compile(r"(?:\s+|^)(?:and|&|et(?! al\b)|und|og|och)\s+", re.IGNORECASE)
# "Ministry of Trade, Industry, Energy" is one author
_OFFICE = re.compile(r"[^,;]\s(?:of|for|für|des)\s")
_INITIALS = re.compile(r"(?:[^\W\d_]\.[ -]?)+")  # Byte, A. C., Chip, B.
_BY = re.compile(r"by:?\s+", re.IGNORECASE)
_NO_NAMES = frozenset(
    {"unknown", "noreply", "no-reply", "no reply", "none", "null", "undefined", "n/a", "-"}
)
_SUFFIXES = frozenset({
    "jr", "sr", "ii", "iii", "iv", "md", "phd", "esq", "mba", "cfa", "jd",
    "inc", "ltd", "llc", "llp", "co", "corp", "gmbh",
})  # fmt: skip


def names(elements: Iterable[str]) -> tuple[str, ...]:
    """Returns the names in a feed's author elements, each once, in their order.

    A single element may be a list of names; of several, each is one name.
    """
    distinct = each(elements)
    listed = _split(distinct[0]) if len(distinct) == 1 else distinct
    return tuple(dict.fromkeys(listed))[:_MAX_AUTHORS]


def each(elements: Iterable[str]) -> tuple[str, ...]:
    """Returns the names if each element is one name, as in Atom."""
    distinct = dict[str, None]()
    for element in elements:
        name = _name(element)
        if name and name.lower() not in _NO_NAMES:
            distinct[name] = None
    return tuple(distinct)[:_MAX_AUTHORS]


def _name(element: str) -> str:
    """Returns Name for `a@b.c (Name)` (RSS 2.0) and `Name <a@b.c>` (RFC 5322 §3.4).

    Returns "" for a mail address alone, and for a link.
    """
    cut = element[:_MAX_LENGTH].strip()
    if by := _BY.match(cut):
        cut = cut[by.end() :]
    if urls.web_link(cut):
        return ""
    bare = _MAIL.sub("", cut) if "@" in cut else cut
    if bare == cut:
        return plain_text.line(cut)
    return plain_text.line(re.sub(r"[()<>]", " ", bare).removeprefix("mailto:")).strip(" ,;:")


def _split(text: str) -> list[str]:
    """Returns the names in a list such as "A, B and C"; "A and B" alone may be one name."""
    if _OFFICE.search(text):
        return [text]
    separators = r"[;；]" if re.search(r"[;；].", text) else r"[,、，]"  # Lee, Ann; Ray, Bob
    parts = [part.strip(" ;；") for part in re.split(separators, text)]
    listed: list[str] = []
    for part in parts:
        if listed and (part.replace(".", "").lower() in _SUFFIXES or _INITIALS.fullmatch(part)):
            listed[-1] = f"{listed[-1]}, {part}"
        elif part:
            listed.append(part)
    if len(listed) < 2:
        return [text] if listed else []
    *first, last = listed
    return [*first, *(part for part in _AND.split(last) if part)]
