"""Scores how well an entry agrees with a known story; from 60 points on, the entry is that story.

    what agrees                                                     points
    guid       the same, and the entry's own                        40; if vague (`evidence`) 15,
                                                                    20 at the same second if the
                                                                    link is a place in a list,
                                                                    5 on another day
               claimed for this story before, but another's         30
               our own instead of a guid: a link; a hash            15; 60
    link       the same page, which only this story has             60; 20 if links move
               the same page, which several have, or a whole site   10
               the publisher's article number                       60
               the same path, headline and excerpt, another query   20
               the same path on another host, or without `.html`     5
    headline   the same as the newest one                           50; 40 for an earlier one
               similar, at the same second or with the excerpt      40
               similar                                              20
               none now or before, but the same date or summary     50
    date       the same second                                      20; 10 if other entries have
                                                                    it too, or across feeds
    excerpt    the same five words or more, in no other story       40

60 points need guid or link among them, or within one feed the headline (a similar one only together
with second and excerpt). So it takes one good link, or two other names, and a story never becomes
another one by a guid, page or date that several stories have had.

An entry is another story in spite of its score if it has another guid that is not vague, another
day and another excerpt, and either another headline or a link to a page that may be about anything
(a daily column). Across feeds a guid that is not a URI counts only together with headline and
second on the same host. A general page (`/live`) with another headline and another day counts 20. A
name that several stories have counts only as shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from digest.content import identity
from digest.intake.evidence import LinkKind

NEW = "new "
"""The name of a new story begins with this; no file does."""
ENOUGH = 60
_UNCHANGED = 1000
_MOST = 20
"""A name that more stories have is not used to find them, so that the work does not grow with the
square.
"""

_DESCRIBING = frozenset({"host", "path", "dated", "day", "wording", "apart", "words"})
"""Kinds of names that count in the score, but are too common to find a story by."""


class Signs(NamedTuple):
    """The names of an entry by kind, and how much its guid and link count."""

    names: Mapping[str, str]
    link: LinkKind
    is_guid_vague: bool
    is_date_shared: bool


class Stories:
    """The keys (`identity.keys_of`) of known stories, and those learnt from matched entries."""

    def __init__(self, known: identity.FilesByKey) -> None:
        self._known = known
        self._learnt: dict[str, dict[str, None]] = {}
        self._keys: defaultdict[str, set[str]] = defaultdict(set)
        for key, files in known.items():
            for file in files:
                self._keys[file].add(key)

    def learn(self, file: str, keys: Iterable[str]) -> None:
        """Adds keys of a story."""
        for key in keys:
            self._learnt.setdefault(key, {})[file] = None
        self._keys[file].update(keys)

    def under(self, key: str) -> Collection[str]:
        """Returns the stories that have a key; if there are more than `_MOST`, perhaps not all."""
        known, learnt = self._known.get(key, ()), self._learnt.get(key, {})
        if len(known) > _MOST or not learnt:
            return known
        return {**dict.fromkeys(known), **learnt} if len(learnt) <= _MOST else learnt

    def has(self, file: str, key: str) -> bool:
        """True if a story has a key."""
        return key in self._keys[file]

    def has_other(self, file: str, kind: str, key: str) -> bool:
        """True if a story does not have this key, but another one that begins with `kind`."""
        return key not in self._keys[file] and any(one.startswith(kind) for one in self._keys[file])

    def is_worded_alike(self, file: str, wording: str) -> bool:
        """True if at least half of the words of a headline and of `wording` are the same."""
        words = set(wording.removeprefix(identity.WORDING).split())
        for key in self._keys[file]:
            if key.startswith(identity.WORDING):
                others = set(key.removeprefix(identity.WORDING).split())
                if 2 * len(words & others) >= len(words | others):
                    return True
        return False


class Look:
    """Compares one entry with stories: those of its own feed, or those of all feeds."""

    def __init__(self, feed: str, signs: Signs, stories: Stories, *, own: bool) -> None:
        scope = identity.in_feed if own else identity.scoped
        self._keys = {kind: scope(name, feed) for kind, name in signs.names.items()}
        self._here = identity.in_feed(identity.HERE, feed)
        self._own_guid = identity.in_feed(signs.names.get("guid", ""), feed)
        self._own_excerpt = identity.in_feed(signs.names.get("excerpt", "none"), feed)
        self._guids = identity.in_feed("guid:", feed)
        self._signs, self._stories, self._own = signs, stories, own

    def candidates(self) -> Iterator[tuple[int, str]]:
        """Yields the stories that the entry may be, with their scores."""
        found = [
            self._stories.under(key) for kind, key in self._keys.items() if kind not in _DESCRIBING
        ]
        for file in dict.fromkeys(file for files in found if len(files) <= _MOST for file in files):
            score = self._score(file)
            if score >= ENOUGH:
                yield score, file

    def is_gone(self, is_gone: Callable[[str], bool]) -> str:
        """Returns the only story with the entry's guid and second if it was deleted, else ""."""
        files = self._stories.under(self._keys.get("guid", ""))
        file = next(iter(files), "")
        is_it = len(files) == 1 and not file.startswith(NEW) and self._has("moment", file)
        return file if is_it and not self._signs.is_date_shared and is_gone(file) else ""

    def _score(self, file: str) -> int:
        headline, second = self._headline(file), 0
        if self._has("moment", file):
            second = 20 if self._own and not self._signs.is_date_shared else 10
        guid = self._guid(file, is_same_second=second == 20)
        link = self._link(file, agrees=bool(headline or second))
        excerpt = 40 if self._only("excerpt", file) else 0
        is_alike = headline >= 40 and bool(self._only("headline", file) or (second and excerpt))
        is_found = bool(guid or link or (self._own and is_alike))
        if self._is_another(file, headline):
            is_found = False
        if self._own and self._has("unchanged", file):
            is_found, headline = True, _UNCHANGED - (guid if self._has("minted", file) else 0)
        if not is_found:
            return 0
        # A few points more decide between stories that agree equally well.
        extras = ("whole link", "same", "shared guid", "shared claim", "day")
        return guid + link + headline + second + excerpt + sum(self._has(x, file) for x in extras)

    def _is_another(self, file: str, headline: int) -> bool:
        """True if the entry has another, not vague guid, on another day, with other words."""
        if "guid" not in self._keys or self._signs.is_guid_vague or self._has("claim", file):
            return False
        has_other = self._stories.has_other(file, self._guids, self._own_guid)
        has_excerpt = self._stories.has(file, self._own_excerpt)
        is_other = has_other and not has_excerpt and self._is_redated(file)
        return is_other and (headline < 50 or self._signs.link != "telling")

    def _guid(self, file: str, *, is_same_second: bool) -> int:
        if self._has("minted", file):
            return 60
        if self._has("guid", file):
            if not self._signs.is_guid_vague:
                return 40
            if is_same_second and self._signs.link == "placed":
                return 20
            return 5 if self._is_redated(file) else 15
        if self._own:
            return 30 if self._has("claim", file) else 0
        is_same = all(self._has(kind, file) for kind in ("any guid", "words", "moment", "host"))
        return 10 if is_same else 0

    def _link(self, file: str, *, agrees: bool) -> int:
        if self._has("article", file):
            return 60 if self._only("article", file) else 20
        for kind in ("whole link", "only page"):
            if self._has(kind, file):
                if self._signs.link == "shared":
                    return 10
                is_placed = self._signs.link == "placed" or (
                    self._signs.link == "only" and self._stories.has(file, self._here)
                )
                is_other = (
                    self._signs.link in {"general", "only"}
                    and not agrees
                    and self._is_redated(file)
                )
                return 20 if is_placed or is_other or not self._only(kind, file) else 60
        if self._has("page", file):
            return 20 if self._signs.link == "placed" else 10
        has_excerpt = self._has("excerpt", file) or "excerpt" not in self._keys
        if has_excerpt and self._only("stem", file):
            return 20
        return 5 if self._own and self._signs.link == "telling" and self._has("path", file) else 0

    def _is_redated(self, file: str) -> bool:
        return self._has("dated", file) and not self._has("day", file)

    def _headline(self, file: str) -> int:
        if self._has("untitled", file):
            return 50 if self._has("apart", file) else 0
        if self._has("now", file) or (not self._own and self._has("words", file)):
            has_second = self._has("moment", file) or "moment" not in self._keys
            is_clear = has_second or self._only("same", file) or not self._has("same", file)
            return 50 if is_clear else 30
        wording = self._signs.names.get("wording", "")
        if self._has("words", file):
            return 40
        if not wording or not self._stories.is_worded_alike(file, wording):
            return 0
        return 40 if self._has("moment", file) or self._only("excerpt", file) else 20

    def _has(self, kind: str, file: str) -> bool:
        return kind in self._keys and self._stories.has(file, self._keys[kind])

    def _only(self, kind: str, file: str) -> bool:
        return self._has(kind, file) and len(self._stories.under(self._keys[kind])) == 1


def assign(
    looks: Mapping[int, Look], order: Mapping[int, int], claimed: Collection[str]
) -> dict[int, str]:
    """Returns the story of each entry with enough points, highest scores first, each story once.

    `order` has the rank of each entry by its content. It decides between equal scores, so that the
    order of the document makes no difference.
    """
    pairs = sorted(
        (-score, order[at], file, at)
        for at, look in looks.items()
        for score, file in look.candidates()
        if file not in claimed
    )
    found: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, file, at in pairs:
        if at not in found and file not in taken:
            found[at] = file
            taken.add(file)
    return found
