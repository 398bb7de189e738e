"""How well an entry's link and guid identify its story.

A link is weak evidence if it is always the same page (`/live`), a place in a list (`/item-1` to
`/item-9`), the link of several stories, or in a feed where a link once moved to another story. A
guid is vague if it is short, a plain word, a place in a list, or the same as a weak link.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from digest import urls
from digest.content import identity
from digest.model import Entry

LinkKind = Literal["telling", "general", "only", "placed", "shared"]
"""What a link identifies: "telling", one story; "general", a page that may be about anything;
"only", such a page that is the only one of its document; "placed", a place in a list, which stories
pass through; "shared", nothing.
"""

_NUMBER = re.compile(r"\d+(?=\D*$)")
_PLACE = re.compile(r"(?<![^\W_])\d{1,2}\W*$")
_SHORT = 8
_ID = re.compile(r"[?&](?:p|t|post|article|story|\w*id)=$", re.IGNORECASE)
"""Query parameters with the number of an article."""
_WORDS = re.compile(r"[\W_]+")
_MOST_WORDS = 2


class Names(NamedTuple):
    """An entry, its own guid, and what is known of its link."""

    entry: Entry
    guid: str
    is_crowded: bool
    """Several entries of the document have the link."""
    is_weak: bool
    """Several stories have the link."""
    has_moved: bool
    """In this feed a link has moved from one story to another."""


def kinds(names: Sequence[Names]) -> list[tuple[LinkKind, bool]]:
    """Returns for each entry of a document what its link identifies, and if its guid is vague."""
    all_links = [_place(one.entry.link) for one in names]
    in_list = _in_list(all_links) or _places(all_links)
    guids_in_list = _in_list(one.guid for one in names)
    is_alone = len(set(all_links)) == 1

    def kind(one: Names) -> tuple[LinkKind, bool]:
        link, guid = _place(one.entry.link), one.guid
        is_one_name = not guid or is_in_link(guid, one.entry.link)
        found: LinkKind = "telling"
        if one.is_crowded and not urls.fragment(one.entry.link):
            found = "shared"
        elif one.is_weak or (is_one_name and one.has_moved) or link in in_list:
            found = "placed"
        elif _is_general(link):
            found = "only" if is_alone else "general"
        # A short guid will belong to another entry one day.
        is_short = not urls.is_absolute(guid) and sum(map(str.isalnum, guid)) < _SHORT
        is_vague = guid in guids_in_list or _is_word(guid) or is_short
        return found, is_vague or (is_one_name and found != "telling")

    return [kind(one) for one in names]


def is_in_link(guid: str, link: str) -> bool:
    """True if a guid is the link or the end of it, so that the two are one piece of evidence."""
    if urls.web_link(guid):
        return identity.whole(guid) == identity.whole(link)
    return link.endswith(guid) and not link.removesuffix(guid)[-1:].isalnum()


def _place(link: str) -> str:
    """Returns the page that a link leads to, with the fragment."""
    return f"{urls.lasting(urls.canonical(link))}#{urls.fragment(link)}"


def _in_list(names: Iterable[str]) -> frozenset[str]:
    """Returns the names that differ only in a number no higher than their count."""
    groups: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for name in names:
        found = _NUMBER.search(name)
        if found and len(found[0]) < 4 and not _ID.search(name[: found.start()]):
            groups[name[: found.start()] + "\0" + name[found.end() :]].append((name, int(found[0])))
    lists = (group for group in groups.values() if len(group) > 1)
    return frozenset(
        name
        for group in lists
        if max(number for _, number in group) <= len(group)
        for name, _ in group
    )


def _places(found: Collection[str]) -> frozenset[str]:
    """Returns the links of a document if each ends in a separate number below 100."""
    for link in found:
        number = _PLACE.search(link)
        if not number or _ID.search(link[: number.start()]):
            return frozenset()
    return frozenset(found)


def _is_general(link: str) -> bool:
    """True if a link leads to a page that may be about anything: `/`, `/live`, `/hot-news/`."""
    page, _, fragment = link.partition("#")
    where = page.partition("/")[2] if "/" in page else page.partition("?")[2]
    last = where.partition("?")[0].rpartition("/")[2].partition(".")[0]
    return not any(map(str.isdigit, where + fragment)) and _is_word(fragment or last)


def _is_word(text: str) -> bool:
    """True if a text is one or two words without a number."""
    words = [word for word in _WORDS.split(text) if word]
    return len(words) <= _MOST_WORDS and not any(map(str.isdigit, text))
