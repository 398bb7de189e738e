"""How far an entry agrees with a known story: one score, and the score from which the two are one story.

    for an entry being a story                                      points, and what they depend on
    guid       the same, and its own                                40; 15 if it says little (`vague`), 5 on another day
               claimed for it before, but another story's           30
               a link or a hash of ours that stands in for one      15; 60
    link       the same page, which only this story has             60; 20 if it may get another story (`vague`)
               ... and that many entries have, or a whole site      10
               the publisher's article number                       60
               the same path, headline and excerpt, another query   20
    headline   the same as the last one                             50; 40 for an earlier one
               another with words in common: at the same second,
               or with the same excerpt; else                       40; 20
               none, as before: then the date or else the summary   50
    date       the same second                                      20; 10 if other entries have it too, or across feeds
    excerpt    the same five words or more, in no other story       40

60 points are enough, if guid or link are among them, or in one feed the headline (an alike one only with second and
excerpt): a good link or two other signs that agree. So a story never becomes another one by a guid, page or date that
several stories have had.
Against it: another guid that says much, on another day, with another excerpt, under another headline or at a page that
may be about anything: then it is another story. A guid that is no URI says nothing across feeds, but for headline and
second on one host. A general page (`/live`) whose headline and day are others counts 20. A name of several stories
counts no more than that it is shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from digest.content import identity
from digest.intake.evidence import LinkKind

NEW = "new "
"""The name of a story that is not there yet begins with this, which no file does."""
ENOUGH = 60
_UNCHANGED = 1000
_MOST = 20
"""A name that more stories have says nothing, and finds none; so the work grows with the entries, not their square."""

_DESCRIBING = frozenset({"host", "dated", "day", "wording", "apart", "words"})
"""Kinds of names that are compared, but find no story that no other name finds."""


class Signs(NamedTuple):
    """The names of an entry by kind, and what its guid and its link are worth."""

    names: Mapping[str, str]
    link: LinkKind
    is_guid_vague: bool
    is_date_shared: bool


class Stories:
    """The keys of all stories that are known, and of those that are learnt on the way (`identity.keys_of`)."""

    def __init__(self, known: identity.Known) -> None:
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
        """Returns the stories that have a key; where these are too many to say anything, perhaps not all."""
        known, learnt = self._known.get(key, ()), self._learnt.get(key, {})
        if len(known) > _MOST or not learnt:
            return known
        return {**dict.fromkeys(known), **learnt} if len(learnt) <= _MOST else learnt

    def has(self, file: str, key: str) -> bool:
        """Tells whether a story has a key."""
        return key in self._keys[file]

    def has_other(self, file: str, kind: str, key: str) -> bool:
        """Tells whether a story has a key of a kind (which it begins with), and not this one."""
        return key not in self._keys[file] and any(one.startswith(kind) for one in self._keys[file])

    def is_worded_alike(self, file: str, wording: str) -> bool:
        """Tells whether a story's headline shares at least half of its words with another one."""
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
        """Yields the stories that the entry may be, each with its score."""
        found = [
            self._stories.under(key) for kind, key in self._keys.items() if kind not in _DESCRIBING
        ]
        for file in dict.fromkeys(file for files in found if len(files) <= _MOST for file in files):
            score = self._score(file)
            if score >= ENOUGH:
                yield score, file

    def is_gone(self, is_gone: Callable[[str], bool]) -> str:
        """Returns the story that has the entry's guid and second, if it is the only one and its file was deleted."""
        files = self._stories.under(self._keys.get("guid", ""))
        file = next(iter(files), "")
        is_it = len(files) == 1 and not file.startswith(NEW) and self._has("moment", file)
        return file if is_it and not self._signs.is_date_shared and is_gone(file) else ""

    def _score(self, file: str) -> int:
        headline, moment, guid = self._headline(file), self._moment(file), self._guid(file)
        link = self._link(file, agrees=bool(headline or moment))
        excerpt = 40 if self._only("excerpt", file) else 0
        is_alike = headline >= 40 and bool(self._only("headline", file) or (moment and excerpt))
        is_there = guid or link or (self._own and is_alike)
        if self._is_another(file, headline):
            is_there = False
        if self._own and self._has("unchanged", file):
            is_there, headline = True, _UNCHANGED - (guid if self._has("minted", file) else 0)
        return guid + link + headline + moment + excerpt + self._closeness(file) if is_there else 0

    def _is_another(self, file: str, headline: int) -> bool:
        """Tells whether a guid that says much is another, on another day, with other words: as of a daily column."""
        if "guid" not in self._keys or self._signs.is_guid_vague or self._has("claim", file):
            return False
        has_other = self._stories.has_other(file, self._guids, self._own_guid)
        has_excerpt = self._stories.has(file, self._own_excerpt)
        is_other = has_other and not has_excerpt and self._is_redated(file)
        return is_other and (headline < 50 or self._signs.link != "telling")

    def _guid(self, file: str) -> int:
        if self._has("minted", file):
            return 60
        if self._has("guid", file):
            vague = 5 if self._is_redated(file) else 15
            return vague if self._signs.is_guid_vague else 40
        if self._own:
            return 30 if self._has("claim", file) else 0
        is_one = (
            self._has("any guid", file) and self._has("words", file) and self._has("moment", file)
        )
        return 10 if is_one and self._has("host", file) else 0

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
        return (
            20
            if self._only("stem", file)
            and (self._has("excerpt", file) or "excerpt" not in self._keys)
            else 0
        )

    def _is_redated(self, file: str) -> bool:
        return self._has("dated", file) and not self._has("day", file)

    def _headline(self, file: str) -> int:
        if self._has("untitled", file):
            return 50 if self._has("apart", file) else 0
        if self._has("now", file) or (not self._own and self._has("words", file)):
            is_one = (
                self._has("moment", file) or "moment" not in self._keys or self._only("same", file)
            )
            return 50 if is_one or not self._has("same", file) else 30
        wording = self._signs.names.get("wording", "")
        if self._has("words", file):
            return 40
        if not wording or not self._stories.is_worded_alike(file, wording):
            return 0
        return 40 if self._has("moment", file) or self._only("excerpt", file) else 20

    def _moment(self, file: str) -> int:
        if not self._has("moment", file):
            return 0
        return 20 if self._own and not self._signs.is_date_shared else 10

    def _closeness(self, file: str) -> int:
        """Returns a few points by which stories are told apart that agree with an entry in all that counts."""
        return sum(
            1
            for kind in ("whole link", "same", "shared guid", "shared claim", "day")
            if self._has(kind, file)
        )

    def _has(self, kind: str, file: str) -> bool:
        return kind in self._keys and self._stories.has(file, self._keys[kind])

    def _only(self, kind: str, file: str) -> bool:
        return self._has(kind, file) and len(self._stories.under(self._keys[kind])) == 1


def assign(
    looks: Mapping[int, Look], order: Mapping[int, int], claimed: Collection[str]
) -> dict[int, str]:
    """Returns the story of each entry that agrees with one enough, those that agree most first; none is given twice.

    `order` has the entries' numbers by what they say: where several agree alike, their places make no difference.
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
