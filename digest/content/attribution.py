"""Decides which of the stories in the ledgers each story file is, whatever an editor has changed.

    by id, or by link without one, if link, headline or place agrees
    ──▶ else by likeness
    ──▶ else it is a new story

A story in the ledgers is identified by its `owner`: the file where a feed's ledger first put it,
otherwise its name. Each is matched with one story at most. Nothing is read or written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from digest import urls
from digest.model import Location

_PUBLISHED = 9  # more than any other likeness


class Claim(NamedTuple):
    """A story on disk that has to be matched, and what it can be matched by.

    - `name`: what its Atom id would be made of, going by its file
    - `is_named`: a feed gave it that id
    - `canonical`: its link in the form in which links are compared
    - `owners`: the known stories found by its id, or by its link if it has no id
    - `namesakes`: known stories whose locations have its name
    - `title`, `feeds`: from its file
    - `headline`, `date`: its title and date as the ledgers' aliases have them
    - `quoted`: the hashes of the quotations at the top of its text
    - `met`: the owners whose records its own names find, without the places
    """

    file: str
    name: str
    is_named: bool
    link: str
    canonical: str
    has_id: bool
    owners: tuple[str, ...]
    namesakes: tuple[str, ...]
    title: str = ""
    feeds: tuple[str, ...] = ()
    headline: str = ""
    date: str = ""
    quoted: tuple[str, ...] = ()
    met: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names that the ledgers may have for it, besides its id; not a host's front page."""
        is_page = "/" in self.canonical or "?" in self.canonical
        return [
            *([f"link:{self.canonical}"] if is_page else []),
            *([f"headline:{self.date} {self.headline}"] if self.headline else []),
            *(f"excerpt:{hash}" for hash in self.quoted),
            f"file:{self.file}",
        ]


class Brought(NamedTuple):
    """A feed that brought a story: when, whether it joined an existing file, and its name there."""

    at: str
    joined: bool
    feed: str
    name: str


class KnownStory(NamedTuple):
    """A story in the ledgers.

    - `homes`: the files where it has been, each with the earliest time; `file` is the last one
    - `name`: what its Atom id is made of, "" if no ledger has it
    - `links`: its canonical links, the newest last
    - `by_link`: it has no id of its own
    - `is_located`: it has locations
    - `brought`: a value for each feed that brought it
    - `made`: its names according to the feeds whose pull wrote its file
    - `headlines`, `dates`, `excerpts`: what its ledgers have of its words and dates
    """

    owner: str
    homes: Mapping[str, str]
    file: str
    name: str
    links: tuple[str, ...]
    by_link: bool
    is_located: bool
    brought: tuple[Brought, ...] = ()
    made: frozenset[str] = frozenset()
    headlines: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    excerpts: frozenset[str] = frozenset()

    def agrees(self, claim: Claim) -> bool:
        """True if more than the id (or else the link) of a claim fits, or nothing else is known."""
        if not self.headlines or claim.headline in self.headlines:
            return True
        if claim.has_id:
            return claim.file == self.file or claim.canonical in self.links
        return claim.file in self.homes

    def likeness(self, claim: Claim) -> int:
        """Returns how much of a claim fits this story; 0 if that is too little.

        A story that is exactly at its last location fits best: it was published there.
        """
        if self.is_located and (claim.file, claim.canonical) == (self.file, self.links[-1]):
            return _PUBLISHED
        named = self.owner in claim.owners
        linked = f"link:{claim.canonical}" in claim.names and claim.canonical in self.links
        placed = claim.file in self.homes
        words = sum(
            (
                claim.headline in self.headlines,
                claim.date in self.dates,
                not self.excerpts.isdisjoint(claim.quoted),
            )
        )
        is_placed = placed and (words or (self.by_link and not self.dates))
        is_enough = named or linked or words > 1 or is_placed
        return 2 * named + linked + placed + words if is_enough else 0

    def first_name(self, feeds: Sequence[str]) -> str:
        """Returns the name from the feed that brought it first.

        Of several in the same pull, that is the one that wrote the file. If that is unknown,
        `feeds` decide: the story's, in order.
        """
        if self.is_located or not self.brought:
            return self.name
        order = {feed: number for number, feed in enumerate(feeds)}
        return min(
            self.brought,
            key=lambda one: (one.at, one.joined, order.get(one.feed, len(order)), one.feed),
        ).name


class Followed(NamedTuple):
    """The result of matching.

    - `files`: the present file of each known story that was matched, by owner
    - `names`: lasting names that differ from what the file says, by file
    - `news`: locations that no ledger has yet, all with the newest time in the ledgers as `at`
    - `claimed`: the files of all claims
    - `altered`: the owner of each story whose `id`, or the feed in which it counts, an editor
      removed or changed, by file
    """

    files: Mapping[str, str] = {}
    names: Mapping[str, str] = {}
    news: tuple[Location, ...] = ()
    claimed: frozenset[str] = frozenset()
    altered: Mapping[str, str] = {}


class Lookup(NamedTuple):
    """Looks up known stories: one by its owner, or those that had some name (`Claim.names`)."""

    known: Callable[[str], KnownStory]
    named: Callable[[Collection[str]], Mapping[str, Collection[str]]]


def follow(
    claims: Sequence[Claim], files: Collection[str], lookup: Lookup, newest: str
) -> Followed:
    """Matches claims with known stories; `files` are all stories', `newest` is the newest time."""
    claimed = frozenset(claim.file for claim in claims)
    found: dict[str, Claim] = {}

    def is_free(owner: str) -> bool:
        return owner not in found and (owner in claimed or owner not in files)

    for owner, rivals in _by_owner(claims, is_free).items():
        known = lookup.known(owner)
        sure = [claim for claim in rivals if known.agrees(claim)]
        if sure:
            found[owner] = min(sure, key=lambda claim: _rank(claim, known))
    done = {claim.file for claim in found.values()}
    for claim, known in _by_likeness([claim for claim in claims if claim.file not in done], lookup):
        if is_free(known.owner) and claim.file not in done:
            found[known.owner] = claim
            done.add(claim.file)
    names, news = _named(claims, found, lookup, newest)
    altered = {
        claim.file: owner
        for owner, claim in found.items()
        if (owner not in claim.met and lookup.known(owner).headlines)
        or (claim.file in names and (claim.has_id or not lookup.known(owner).by_link))
    }
    return Followed(
        {owner: claim.file for owner, claim in found.items()}, names, news, claimed, altered
    )


def _by_owner(claims: Iterable[Claim], is_free: Callable[[str], bool]) -> dict[str, list[Claim]]:
    """Returns the claims to each known story that is still free."""
    rivals: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        for owner in claim.owners:
            if is_free(owner):
                rivals[owner].append(claim)
    return rivals


def _rank(claim: Claim, known: KnownStory) -> tuple[object, ...]:
    """Returns a sort key: of several files with one name, the first is the story."""
    is_same = claim.has_id or claim.canonical in known.links[-1:]
    return claim.file != known.file, not is_same, claim.file not in known.homes, claim.file


def _by_likeness(claims: Sequence[Claim], lookup: Lookup) -> list[tuple[Claim, KnownStory]]:
    """Returns the claims with each story that they may be, most likely and then latest first."""
    if not claims:
        return []
    named = lookup.named({name for claim in claims for name in claim.names})
    pairs = []
    for claim in claims:
        owners = set(claim.owners).union(*(named.get(name, ()) for name in claim.names))
        pairs += [(claim, lookup.known(owner)) for owner in owners]
    pairs.sort(key=lambda pair: (max(pair[1].homes.values()), pair[1].owner), reverse=True)
    pairs.sort(key=lambda pair: (-pair[1].likeness(pair[0]), _rank(*pair)))
    return [pair for pair in pairs if pair[1].likeness(pair[0])]


def _named(
    claims: Iterable[Claim], found: Mapping[str, Claim], lookup: Lookup, newest: str
) -> tuple[dict[str, str], tuple[Location, ...]]:
    """Returns the lasting names that differ from those in files, and the locations to record."""
    owned: dict[str, list[KnownStory]] = defaultdict(list)
    for owner, claim in found.items():
        owned[claim.file].append(lookup.known(owner))
    for known in owned.values():
        known.sort(key=lambda one: (not one.is_located, one.owner))
    names: dict[str, str] = {}
    for claim in claims:
        known = owned.get(claim.file, [])
        name = _name(claim, known)
        own = {one.owner for one in known}
        others = [found.get(one) for one in claim.namesakes if one not in own]
        # True if the first story with the name is gone, or its file has another name now.
        is_given_up = any(other is None or other.name != name for other in others)
        if not claim.has_id and name == claim.name and is_given_up:
            name = f"{name}#{known[0].owner if known else claim.file}"
        if name != claim.name:
            names[claim.file] = name
    news = []
    for claim in claims:
        known = owned.get(claim.file, [])
        if _is_news(claim, known):
            name = names.get(claim.file, claim.name)
            has_id = not known[0].by_link if known else claim.has_id or name != claim.name
            # If the name is not a link, it is the guid of another feed that brought the story.
            has_id = has_id or urls.web_link(name) is None
            ids = (name, claim.link) if has_id else ("", name)
            news.append(Location(newest, claim.file, *ids, claim.link))
    return names, tuple(sorted(news))


def _name(claim: Claim, known: Sequence[KnownStory]) -> str:
    """Returns a story's first name, even if an editor has changed its id, feeds or link since."""
    made = frozenset[str]().union(*(one.made for one in known))
    is_met = claim.is_named and any(one.owner in claim.owners for one in known)
    is_named = is_met and (not made or claim.name in made)
    named = (one for one in known if one.name and (one.is_located or not is_named))
    return next((one.first_name(claim.feeds) for one in named), claim.name)


def _is_news(claim: Claim, known: Sequence[KnownStory]) -> bool:
    """True if no ledger has the story in this file or, for a story without an id, its link."""
    if not any(one.file == claim.file for one in known):
        return True
    return not claim.has_id and not any(one.name and claim.canonical in one.links for one in known)
