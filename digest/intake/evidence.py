"""How much the link and the guid of an entry say of which story it is.

A link says little if it is always the same page (`/live`), a place in a list (`/item-1` to `/item-9`), the link of
several stories, or in a feed where a link was seen to move to another story. A guid says little if it is short, a mere
word, a place in a list itself, or the same as such a link. Compares names only.
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
"""What a link says: which story it is; a page that may be about anything, and the only one of its document; a place
that stories pass; nothing."""

_NUMBER = re.compile(r"\d+(?=\D*$)")
_PLACE = re.compile(r"(?<![^\W_])\d{1,2}\W*$")
_SHORT = 8
_ID = re.compile(r"[?&](?:p|t|post|article|story|\w*id)=$", re.IGNORECASE)
"""The parameters that have the number of an article."""
_WORDS = re.compile(r"[\W_]+")
_MOST_WORDS = 2


class Names(NamedTuple):
    """An entry with its own guid, whether others of its document and other stories have its link, and if links move."""

    entry: Entry
    guid: str
    is_crowded: bool
    is_weak: bool
    has_moved: bool


def kinds(names: Sequence[Names]) -> list[tuple[LinkKind, bool]]:
    """Returns for each entry of a document what its link says, and whether its guid says little."""
    all_links = [_place(one.entry.link) for one in names]
    in_list = _in_list(all_links) or _places(all_links)
    guids_in_list = _in_list(one.guid for one in names)
    is_alone = len(set(all_links)) == 1

    def kind(one: Names) -> tuple[LinkKind, bool]:
        link, guid = _place(one.entry.link), one.guid
        is_one_name = not guid or is_in_link(guid, one.entry.link)
        is_general = _is_general(link)
        found: LinkKind = "telling"
        if one.is_crowded and not urls.fragment(one.entry.link):
            found = "shared"
        elif one.is_weak or (is_one_name and one.has_moved) or link in in_list:
            found = "placed"
        elif is_general:
            found = "only" if is_alone else "general"
        is_vague = guid in guids_in_list or _is_word(guid) or _is_short(guid)
        return found, is_vague or (is_one_name and found != "telling")

    return [kind(one) for one in names]


def is_in_link(guid: str, link: str) -> bool:
    """Tells whether a guid is the link, or the end of it, so that both say one thing."""
    if urls.web_link(guid):
        return identity.whole(guid) == identity.whole(link)
    return link.endswith(guid) and not link.removesuffix(guid)[-1:].isalnum()


def _place(link: str) -> str:
    """Returns the page to which a link leads, and the place on it."""
    return f"{urls.lasting(urls.canonical(link))}#{urls.fragment(link)}"


def _in_list(names: Iterable[str]) -> frozenset[str]:
    """Returns the names that differ only in a number which is no higher than there are such names."""
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
    """Returns the links of a document if all end in a number of one or two digits that stands alone."""
    is_each_one = all(
        (one := _PLACE.search(link)) and not _ID.search(link[: one.start()]) for link in found
    )
    return frozenset(found) if is_each_one else frozenset()


def _is_short(guid: str) -> bool:
    """Tells whether a guid is too short to be no other entry's, in time."""
    return not urls.is_absolute(guid) and sum(map(str.isalnum, guid)) < _SHORT


def _is_general(link: str) -> bool:
    """Tells whether a link leads to a page that may be about anything: `/`, `/live`, `/hot-news/`."""
    page, _, fragment = link.partition("#")
    where = page.partition("/")[2] if "/" in page else page.partition("?")[2]
    last = where.partition("?")[0].rpartition("/")[2].partition(".")[0]
    return not any(map(str.isdigit, where + fragment)) and _is_word(fragment or last)


def _is_word(text: str) -> bool:
    """Tells whether a text is a word or two, without a number that would make it a name."""
    words = [word for word in _WORDS.split(text) if word]
    return len(words) <= _MOST_WORDS and not any(map(str.isdigit, text))
