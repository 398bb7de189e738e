"""Matches entries with stories: an entry is the story that agrees with it most, if it agrees
enough.

    documents ──own ledger──▶ ──all ledgers, and each other──▶ the story of each entry, known or new

Each key (`entry_keys`) in which an entry agrees with a story gives points; from 60 on, the entry
is that story.

    what agrees                                                     points
    guid       the same, and the entry's own                        40; if vague 15, 20 at the same
                                                                    second if the link is a place
                                                                    in a list, 5 on another day
               claimed for this story before, but another's         30
               our own instead of a guid: a link; a hash            15; 60
    link       the same page, which only this story has             60; 20 if links move
               the same page, which several have, or a whole site   10
               the publisher's article number                       60; 20 if several stories have it
                                                                    and not all have the second
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
with second and excerpt). So it takes one good link, or two other keys, and a story never becomes
another one by a guid, page or date that several stories have had. A second file is better than a
note under the wrong story.

An entry is another story in spite of its score if it has another guid that is not vague, another
day and another excerpt, and either another headline or a link to a page that may be about anything
(a daily column). Across feeds a guid that is not a URI counts only together with headline and
second on the same host. A general page (`/live`) with another headline and another day counts 20. A
key that several stories have counts only as shared. Entries of one document are different stories,
unless guid, link and headline agree. The order of feeds and entries makes no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from digest.content import identity
from digest.intake.entry_keys import (
    Documents,
    Evidence,
    KeyKind,
    SharedAliases,
    keys_of_entry,
    weigh_keys,
)
from digest.model import Entry

NEW = "new "
"""The label of a new story begins with this; no file does."""
_MIN_POINTS = 60
_UNCHANGED = 1000
_MAX_CANDIDATES = 20
"""A key that more stories have is not used to find them, so that the work does not grow with the
square.
"""

_DESCRIBING: frozenset[KeyKind] = frozenset(
    {"host", "path", "dated", "date", "wording", "date or summary", "any headline"}
)
"""Kinds of keys that count in the score, but are too common to find a story by."""
_TIE_BREAKERS: tuple[KeyKind, ...] = (
    "whole link",
    "link and headline",
    "shared guid",
    "shared claim",
    "date",
)
"""Keys that decide between stories that agree equally well: one point each."""


def match_entries(
    documents: Documents, shared: SharedAliases, is_gone: Callable[[str], bool]
) -> list[list[str]]:
    """Returns for each entry of each document the file of its story, or a label (`NEW`).

    All documents are first matched with the stories of their own feeds; the keys that these
    entries add to a story count in the second round, for all feeds. All entries of a document are
    scored before any is matched, so that a weak match does not take the story of a strong one.
    `shared` is that of these documents. `is_gone` is True for the file of a deleted story: an entry
    of another feed with its guid and date is that story, under any headline. If two machines have
    added a story twice, under two links with its article number, the one that is left counts.
    """
    stories = Stories(shared.files_by_key)
    matches: list[list[str]] = [[""] * len(entries) for _, entries in documents]
    by_feed = sorted(range(len(documents)), key=lambda number: documents[number][0])
    for is_own_feed in (True, False):
        for number in by_feed:
            feed, entries = documents[number]
            files = matches[number]
            order = sorted(range(len(entries)), key=lambda index: _content(entries[index]))
            evidence = weigh_keys(feed, entries, shared)
            open_entries: dict[int, Comparison] = {}
            for index in order:
                if not files[index]:
                    open_entries[index] = Comparison(
                        feed, evidence[index], stories, is_own_feed=is_own_feed
                    )
            for index, file in _best_matches(open_entries, set(files), is_gone).items():
                files[index] = file
            if not is_own_feed:
                for index, comparison in open_entries.items():
                    if not files[index]:
                        gone = comparison.deleted_story(is_gone)
                        is_free = gone and gone not in files
                        files[index] = gone if is_free else f"{NEW}{feed} {index}"
            for index in order:
                if files[index]:
                    stories.learn(files[index], keys_of_entry(feed, entries[index], shared))
    return matches


def _content(entry: Entry) -> tuple[str, ...]:
    """Returns what orders the entries of a document, whatever their order in it."""
    when = identity.rfc3339(entry.published) if entry.published else ""
    return (entry.title, entry.link, entry.id, when, entry.summary)


def _best_matches(
    comparisons: Mapping[int, Comparison],
    claimed: Collection[str],
    is_gone: Callable[[str], bool],
) -> dict[int, str]:
    """Returns the story of each entry with enough points, highest scores first, each story once.

    If it was deleted, and another story of the same article is left, that one counts.
    Between equal scores the order of the entries in `comparisons` decides.
    """
    pairs = []
    for rank, (index, comparison) in enumerate(comparisons.items()):
        for score, file in comparison.candidates():
            if file not in claimed:
                pairs.append((-score, rank, file, index))
    found: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, file, index in sorted(pairs):
        if index not in found and file not in taken:
            found[index] = file
            taken.add(file)
    taken.update(claimed)
    for index, file in found.items():
        found[index] = comparisons[index].remaining_story(file, taken, is_gone)
        taken.add(found[index])
    return found


class Stories:
    """The keys (`identity.keys_of`) of known stories, and those learnt from matched entries."""

    def __init__(self, files_by_key: identity.FilesByKey) -> None:
        self._files_by_key = files_by_key
        self._learnt: dict[str, dict[str, None]] = {}
        self._keys: defaultdict[str, set[str]] = defaultdict(set)
        for key, files in files_by_key.items():
            for file in files:
                self._keys[file].add(key)

    def learn(self, file: str, keys: Iterable[str]) -> None:
        """Adds keys of a story."""
        for key in keys:
            self._learnt.setdefault(key, {})[file] = None
        self._keys[file].update(keys)

    def under(self, key: str) -> Collection[str]:
        """Returns the stories that have a key; of more than `_MAX_CANDIDATES`, perhaps not all."""
        known, learnt = self._files_by_key.get(key, ()), self._learnt.get(key, {})
        if len(known) > _MAX_CANDIDATES or not learnt:
            return known
        return {**dict.fromkeys(known), **learnt} if len(learnt) <= _MAX_CANDIDATES else learnt

    def has(self, file: str, key: str) -> bool:
        """True if a story has a key."""
        return key in self._keys[file]

    def has_other(self, file: str, kind: str, key: str) -> bool:
        """True if a story does not have this key, but another one that begins with `kind`."""
        keys = self._keys[file]
        return key not in keys and any(other.startswith(kind) for other in keys)

    def has_similar_headline(self, file: str, wording: str) -> bool:
        """True if at least half of the words of a headline and of `wording` are the same."""
        words = set(wording.removeprefix(identity.WORDING).split())
        for key in self._keys[file]:
            if key.startswith(identity.WORDING):
                others = set(key.removeprefix(identity.WORDING).split())
                if 2 * len(words & others) >= len(words | others):
                    return True
        return False


class Comparison:
    """Compares one entry with stories: those of its own feed, or those of all feeds."""

    def __init__(
        self, feed: str, evidence: Evidence, stories: Stories, *, is_own_feed: bool
    ) -> None:
        scope = identity.in_feed if is_own_feed else identity.in_its_scope
        keys = evidence.keys
        self._keys = {kind: scope(key, feed) for kind, key in keys.items()}
        self._wording = keys.get("wording", "")
        self._any_of_feed = identity.in_feed(identity.ANY_OF_FEED, feed)
        self._any_guid_of_feed = identity.in_feed("guid:", feed)
        self._guid_in_feed = identity.in_feed(keys.get("guid", ""), feed)
        self._excerpt_in_feed = identity.in_feed(keys.get("excerpt", "none"), feed)
        self._link_kind = evidence.link
        self._is_guid_vague = evidence.is_guid_vague
        self._is_date_shared = evidence.is_date_shared
        self._stories, self._is_own_feed = stories, is_own_feed

    def candidates(self) -> Iterator[tuple[int, str]]:
        """Yields the stories that the entry may be, with their scores."""
        candidates: dict[str, None] = {}
        for kind, key in self._keys.items():
            files = () if kind in _DESCRIBING else self._stories.under(key)
            if len(files) <= _MAX_CANDIDATES:
                candidates.update(dict.fromkeys(files))
        for file in candidates:
            score = self._score(file)
            if score >= _MIN_POINTS:
                yield score, file

    def deleted_story(self, is_gone: Callable[[str], bool]) -> str:
        """Returns the only story with the entry's guid and second if it was deleted, else ""."""
        files = self._stories.under(self._keys.get("guid", ""))
        file = next(iter(files), "")
        if len(files) != 1 or file.startswith(NEW) or self._is_date_shared:
            return ""
        return file if self._has("second", file) and is_gone(file) else ""

    def remaining_story(
        self, file: str, taken: Collection[str], is_gone: Callable[[str], bool]
    ) -> str:
        """Returns the story itself or, if it was deleted, another one of the same article.

        These have the entry's article number and second, and are not `taken` by other entries.
        """
        if not self._is_same_article(file):
            return file
        others = set(self._stories.under(self._keys["article"])).difference(taken)
        if not others or not is_gone(file):
            return file
        remaining = [other for other in others if not (other.startswith(NEW) or is_gone(other))]
        return min(remaining, default=file)

    def _is_same_article(self, file: str) -> bool:
        """True if a story and all others with the entry's article number are of the same second."""
        if not (self._is_own_feed and self._has("article", file)) or self._is_date_shared:
            return False
        return all(self._has("second", one) for one in self._stories.under(self._keys["article"]))

    def _score(self, file: str) -> int:
        headline, second = self._headline_points(file), 0
        if self._has("second", file):
            second = 20 if self._is_own_feed and not self._is_date_shared else 10
        guid = self._guid_points(file, is_same_second=second == 20)
        link = self._link_points(file, agrees=bool(headline or second))
        excerpt = 40 if self._is_only("excerpt", file) else 0
        has_same_words = headline >= 40 and (
            self._is_only("headline and second", file) or bool(second and excerpt)
        )
        is_found = bool(guid or link or (self._is_own_feed and has_same_words))
        if self._is_another(file, headline):
            is_found = False
        if self._is_own_feed and self._has("unchanged", file):
            is_found, headline = True, _UNCHANGED - (guid if self._has("made guid", file) else 0)
        if not is_found:
            return 0
        extras = sum(self._has(kind, file) for kind in _TIE_BREAKERS)
        return guid + link + headline + second + excerpt + extras

    def _is_another(self, file: str, headline: int) -> bool:
        """True if the entry has another, not vague guid, on another day, with other words."""
        if "guid" not in self._keys or self._is_guid_vague or self._has("claim", file):
            return False
        if not self._stories.has_other(file, self._any_guid_of_feed, self._guid_in_feed):
            return False
        if self._stories.has(file, self._excerpt_in_feed) or not self._is_redated(file):
            return False
        return headline < 50 or self._link_kind != "one story"

    def _guid_points(self, file: str, *, is_same_second: bool) -> int:
        if self._has("made guid", file):
            return 60
        if self._has("guid", file):
            if not self._is_guid_vague:
                return 40
            if is_same_second and self._link_kind == "place in a list":
                return 20
            return 5 if self._is_redated(file) else 15
        if self._is_own_feed:
            return 30 if self._has("claim", file) else 0
        is_same = self._has("any guid", file) and self._has("any headline", file)
        return 10 if is_same and self._has("second", file) and self._has("host", file) else 0

    def _link_points(self, file: str, *, agrees: bool) -> int:
        kind = self._link_kind
        if self._has("article", file):
            is_same = self._is_only("article", file) or self._is_same_article(file)
            return 60 if is_same else 20
        addresses: tuple[KeyKind, ...] = ("whole link", "only page")
        for address in addresses:
            if self._has(address, file):
                if kind == "several stories":
                    return 10
                is_page_of_feed = kind == "only general page" and self._stories.has(
                    file, self._any_of_feed
                )
                if kind == "place in a list" or is_page_of_feed or not self._is_only(address, file):
                    return 20
                is_general = kind in {"general page", "only general page"}
                return 20 if is_general and not agrees and self._is_redated(file) else 60
        if self._has("page", file):
            return 20 if kind == "place in a list" else 10
        has_excerpt = self._has("excerpt", file) or "excerpt" not in self._keys
        if has_excerpt and self._is_only("path and headline", file):
            return 20
        return 5 if self._is_own_feed and kind == "one story" and self._has("path", file) else 0

    def _headline_points(self, file: str) -> int:
        if self._has("no headline", file):
            return 50 if self._has("date or summary", file) else 0
        has_any = self._has("any headline", file)
        if self._has("newest headline", file) or (has_any and not self._is_own_feed):
            has_second = self._has("second", file) or "second" not in self._keys
            kind: KeyKind = "link and headline"
            has_own_link = self._is_only(kind, file) or not self._has(kind, file)
            return 50 if has_second or has_own_link else 30
        if has_any:
            return 40
        if not self._wording or not self._stories.has_similar_headline(file, self._wording):
            return 0
        return 40 if self._has("second", file) or self._is_only("excerpt", file) else 20

    def _is_redated(self, file: str) -> bool:
        return self._has("dated", file) and not self._has("date", file)

    def _has(self, kind: KeyKind, file: str) -> bool:
        return kind in self._keys and self._stories.has(file, self._keys[kind])

    def _is_only(self, kind: KeyKind, file: str) -> bool:
        """True if a story is the only one that has the entry's key of this kind."""
        return self._has(kind, file) and len(self._stories.under(self._keys[kind])) == 1
