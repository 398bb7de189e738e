"""Which entries have a guid and a link that say nothing of their story, so that these alone never identify it.

That is so of a page that is always the same (`/live`), of a place in a list (`/item-1` to `/item-9`), of a link that
several stories have had, and of all links of a feed in which one was seen to move to another story. A guid of its own
beside such a link is name enough, unless it is a mere word or a place itself. Compares names only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from digest import links
from digest.model import Entry
from digest.stories import identity

Need = Literal["", "date", "exact"]
"""What has to agree beside guid and link: nothing, headline or day, or headline or exact date."""

_NUMBER = re.compile(r"\d+(?=\D*$)")
_LONE_NUMBER = re.compile(r"(?<![^\W_])\d+\D*$")
_ID = re.compile(r"[?&](?:p|t|post|article|story|\w*id)=$", re.IGNORECASE)
"""The parameters that have the number of an article."""
_WORDS = re.compile(r"[\W_]+")
_MOST_WORDS = 2


class Names(NamedTuple):
    """An entry with its own guid, whether several stories have had its link, and whether the feed's links move."""

    entry: Entry
    guid: str
    is_weak: bool
    has_moved: bool


def needs(names: Sequence[Names]) -> list[tuple[Need, Need]]:
    """Returns for each entry of a document what has to agree with a story beside its link, and beside guid and link."""
    all_links = [identity.whole_link(one.entry) for one in names]
    in_list = _in_list(all_links)
    guids_in_list = _in_list((one.guid for one in names if _LONE_NUMBER.search(one.guid)), fewest=1)
    is_alone = len(set(all_links)) == 1

    def need(one: Names) -> tuple[Need, Need]:
        link, guid = identity.whole_link(one.entry), one.guid
        is_one_name = not guid or is_in_link(guid, one.entry.link)
        is_vague = is_one_name or guid in guids_in_list or _is_word(guid)
        if one.is_weak or (is_one_name and one.has_moved) or link in in_list:
            beside: Need = "exact"
        elif _is_general(link):
            beside = "exact" if is_alone else "date"
        else:
            beside = ""
        return beside, beside if is_vague else ""

    return [need(one) for one in names]


def is_in_link(guid: str, link: str) -> bool:
    """Tells whether a guid is the link, or the end of it, so that both say one thing."""
    if links.web_link(guid):
        return identity.whole(guid) == identity.whole(link)
    return link.endswith(guid) and not link.removesuffix(guid)[-1:].isalnum()


def _in_list(names: Iterable[str], fewest: int = 2) -> frozenset[str]:
    """Returns the names that differ only in a number which is no higher than there are such names: places in a list."""
    groups: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for name in names:
        found = _NUMBER.search(name)
        if found and len(found[0]) < 4 and not _ID.search(name[: found.start()]):
            groups[name[: found.start()] + "\0" + name[found.end() :]].append((name, int(found[0])))
    lists = (group for group in groups.values() if len(group) >= fewest)
    return frozenset(name for group in lists if max(number for _, number in group) <= len(group) for name, _ in group)


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
