"""Who wrote an entry, read from the ways in which feeds put it: names, lists of names, and mail addresses with names.

Refuses to publish a mail address: it is not a name, and its owner did not give it for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest import urls
from digest.feeds import plain_text

_MOST = 50
_LONGEST = 2_000
_MAIL = re.compile(r"[^\s()<>,;]+@[^\s()<>,;]+")
_AND = re.compile(r"(?:\s+|^)(?:and|&|et(?! al\b)|und|og|och)\s+", re.IGNORECASE)
_OFFICE = re.compile(
    r"[^,;]\s(?:of|for|für|des)\s"
)  # the Ministry of Trade, Industry, Energy is one author
_INITIALS = re.compile(r"(?:[^\W\d_]\.[ -]?)+")  # Byte, A. C., Chip, B.
_BY = re.compile(r"by:?\s+", re.IGNORECASE)
_NO_NAMES = frozenset(
    {"unknown", "noreply", "no-reply", "no reply", "none", "null", "undefined", "n/a", "-"}
)
_SUFFIXES = frozenset({
    "jr", "sr", "ii", "iii", "iv", "md", "phd", "esq", "mba", "cfa", "jd", "inc", "ltd", "llc", "llp", "co", "corp",
    "gmbh",
})  # fmt: skip


def names(elements: Iterable[str]) -> tuple[str, ...]:
    """Returns the names in a feed's author elements, each once, in their order.

    A lone element may hold a list of names; where there are several, each is one author's.
    """
    distinct = each(elements)
    listed = _listed(distinct[0]) if len(distinct) == 1 else distinct
    return tuple(dict.fromkeys(listed))[:_MOST]


def each(elements: Iterable[str]) -> tuple[str, ...]:
    """Returns the names in author elements of a format that has one element for each author, as Atom does."""
    named = (name for element in elements if (name := _name(element)).lower() not in _NO_NAMES)
    return tuple(dict.fromkeys(name for name in named if name))[:_MOST]


def _name(element: str) -> str:
    """Reads `a@b.c (Name)` (RSS 2.0) and `Name <a@b.c>` (RFC 5322 §3.4) as Name, and a mail address alone as nobody."""
    cut = element[:_LONGEST].strip()
    cut = cut[begun.end() :] if (begun := _BY.match(cut)) else cut
    if urls.web_link(cut):
        return ""
    bare = _MAIL.sub("", cut) if "@" in cut else cut
    if bare == cut:
        return plain_text.line(cut)
    return plain_text.line(re.sub(r"[()<>]", " ", bare).removeprefix("mailto:")).strip(" ,;:")


def _listed(text: str) -> list[str]:
    if _OFFICE.search(text):
        return [text]
    separators = r"[;；]" if re.search(r"[;；].", text) else r"[,、，]"  # Lee, Ann; Ray, Bob
    parts = [part.strip(" ;；") for part in re.split(separators, text)]
    found: list[str] = []
    for part in parts:
        if found and (part.replace(".", "").lower() in _SUFFIXES or _INITIALS.fullmatch(part)):
            found[-1] = f"{found[-1]}, {part}"
        elif part:
            found.append(part)
    if len(found) < 2:
        return [text] if found else []
    *first, last = found  # "A, B and C": only a list shows that its `and` parts two names
    return [*first, *(part for part in _AND.split(last) if part)]
