"""Decides which of the stories in the ledgers each story file is, whatever an editor has changed in it.

    by id, or by link without one, if link, headline or place agrees ──▶ else by likeness ──▶ else it is a new story

A story in the ledgers is identified by its `owner`: the file where a feed's ledger first put it, otherwise its name.
Each is matched with one story at most. Only decides: nothing is read or written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from digest import urls
from digest.model import Location

_PUBLISHED = 9  # more than all else can come to


class Claim(NamedTuple):
    """A story on disk that has to be matched, and what it can be matched by.

    `name` is what its Atom id would be made of, going by its file; `is_named` is True if a feed gave it that id.
    `canonical` is its link in the form in which links are compared. `owners` are the known stories found by its id, or
    by its link if it has no id; `namesakes` those whose locations have its name. `title` and `feeds` are from its file.
    `headline` and `moment` are its title and date as the ledgers' aliases have them, `quoted` the hashes of the
    quotations that open its text. `met` are those of the owners whose records its own names find, without the places.
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
    moment: str = ""
    quoted: tuple[str, ...] = ()
    met: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """What the ledgers may know it by, apart from its id; a host's front page is no name."""
        is_page = "/" in self.canonical or "?" in self.canonical
        return [
            *([f"link:{self.canonical}"] if is_page else []),
            *([f"headline:{self.moment} {self.headline}"] if self.headline else []),
            *(f"excerpt:{hash}" for hash in self.quoted),
            f"file:{self.file}",
        ]


class Brought(NamedTuple):
    """When a feed first brought a story, whether it only joined a file that was there, and the name by that feed."""

    at: str
    joined: bool
    feed: str
    name: str


class Known(NamedTuple):
    """A story in the ledgers: `homes` has the files where it has been, with their earliest times, `file` the last one.

    `name` is "" if no ledger has it; `links` are canonical, the newest last. `by_link`: it has no id of its own.
    `is_located`: there are locations of it. `brought` has a line for each feed that brought it, `made` the names by
    those whose pull wrote its file. `headlines`, `moments` and `excerpts` are what its ledgers have of its words.
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
    moments: frozenset[str] = frozenset()
    excerpts: frozenset[str] = frozenset()

    def agrees(self, claim: Claim) -> bool:
        """True if not only the id of a claim (without one: its link) is this story's, or nothing else is known."""
        if not self.headlines or claim.headline in self.headlines:
            return True
        if claim.has_id:
            return claim.file == self.file or claim.canonical in self.links
        return claim.file in self.homes

    def likeness(self, claim: Claim) -> int:
        """Returns how much of a claim is this story's; 0 where it is too little to be the same story.

        Most is where its last location is just that: so it was published before.
        """
        if self.is_located and (claim.file, claim.canonical) == (self.file, self.links[-1]):
            return _PUBLISHED
        named = self.owner in claim.owners
        linked = f"link:{claim.canonical}" in claim.names and claim.canonical in self.links
        placed = claim.file in self.homes
        words = sum((claim.headline in self.headlines, claim.moment in self.moments,
                     not self.excerpts.isdisjoint(claim.quoted)))  # fmt: skip
        is_enough = (
            named
            or linked
            or words > 1
            or (placed and (words or (self.by_link and not self.moments)))
        )
        return 2 * named + linked + placed + words if is_enough else 0

    def first_name(self, feeds: Sequence[str]) -> str:
        """Returns the name from the feed that brought it first: of several in one pull, the one that wrote the file.

        Where that cannot be told, `feeds` decide: the story's, in order.
        """
        if self.is_located or not self.brought:
            return self.name
        order = {feed: number for number, feed in enumerate(feeds)}
        return min(
            self.brought,
            key=lambda one: (one.at, one.joined, order.get(one.feed, len(order)), one.feed),
        ).name


class Followed(NamedTuple):
    """The result of matching: `files` has the present file of each known story that was matched, by owner.

    `names` has, by file, lasting names that differ from what the file says; `news` the locations that no ledger has
    yet, all with the newest time in the ledgers as `at`. `claimed` are the files of all claims. `altered` has, by file,
    the owner of each story whose `id`, or the feed in which it counts, an editor removed or changed.
    """

    files: Mapping[str, str] = {}
    names: Mapping[str, str] = {}
    news: tuple[Location, ...] = ()
    claimed: frozenset[str] = frozenset()
    altered: Mapping[str, str] = {}


class Lookup(NamedTuple):
    """Functions that look up the ledgers: one known story; those that have had one of these names (`Claim.names`)."""

    known: Callable[[str], Known]
    named: Callable[[Collection[str]], Mapping[str, Collection[str]]]


def follow(
    claims: Sequence[Claim], files: Collection[str], lookup: Lookup, newest: str
) -> Followed:
    """Matches claims with known stories. `files` are those of all stories, `newest` is the newest known time."""
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
    rivals: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        for owner in claim.owners:
            if is_free(owner):
                rivals[owner].append(claim)
    return rivals


def _rank(claim: Claim, known: Known) -> tuple[object, ...]:
    """Returns a sort key: of several files with one name the first is the story, the others are copies of it."""
    is_same = claim.has_id or claim.canonical in known.links[-1:]
    return claim.file != known.file, not is_same, claim.file not in known.homes, claim.file


def _by_likeness(claims: Sequence[Claim], lookup: Lookup) -> list[tuple[Claim, Known]]:
    """Returns the claims with each story that they may be, the likeliest first, of equals the one last seen."""
    if not claims:
        return []
    named = lookup.named({name for claim in claims for name in claim.names})
    pairs = [
        (claim, lookup.known(owner))
        for claim in claims
        for owner in {
            *claim.owners,
            *(owner for name in claim.names for owner in named.get(name, ())),
        }
    ]
    pairs.sort(key=lambda pair: (max(pair[1].homes.values()), pair[1].owner), reverse=True)
    pairs.sort(key=lambda pair: (-pair[1].likeness(pair[0]), _rank(*pair)))
    return [pair for pair in pairs if pair[1].likeness(pair[0])]


def _named(
    claims: Iterable[Claim], found: Mapping[str, Claim], lookup: Lookup, newest: str
) -> tuple[dict[str, str], tuple[Location, ...]]:
    """Returns the lasting names that differ from what the files say, and the locations to record."""
    owned: dict[str, list[Known]] = defaultdict(list)
    for owner, claim in found.items():
        owned[claim.file].append(lookup.known(owner))
    for known in owned.values():
        known.sort(key=lambda one: (not one.is_located, one.owner))
    names: dict[str, str] = {}
    for claim in claims:
        known = owned.get(claim.file, [])
        name = _name(claim, known)
        others = [one for one in claim.namesakes if all(one != own.owner for own in known)]
        if (
            not claim.has_id
            and name == claim.name
            and any(_gave_up_name(found.get(one), name) for one in others)
        ):
            name = f"{name}#{known[0].owner if known else claim.file}"
        if name != claim.name:
            names[claim.file] = name
    news = []
    for claim in claims:
        known = owned.get(claim.file, [])
        if _is_news(claim, known):
            name = names.get(claim.file, claim.name)
            has_id = not known[0].by_link if known else claim.has_id or name != claim.name
            has_id = (
                has_id or urls.web_link(name) is None
            )  # a guid's, as another feed brought the story
            ids = (name, claim.link) if has_id else ("", name)
            news.append(Location(newest, claim.file, *ids, claim.link))
    return names, tuple(sorted(news))


def _name(claim: Claim, known: Sequence[Known]) -> str:
    """Returns the first name of a story, even if an editor has changed its id, feeds or link since."""
    made = frozenset[str]().union(*(one.made for one in known))
    is_met = claim.is_named and any(one.owner in claim.owners for one in known)
    is_named = is_met and (not made or claim.name in made)
    named = (one for one in known if one.name and (one.is_located or not is_named))
    return next((one.first_name(claim.feeds) for one in named), claim.name)


def _gave_up_name(claim: Claim | None, name: str) -> bool:
    """True if the first story with a name is gone, or its file has another name now."""
    return claim is None or claim.name != name


def _is_news(claim: Claim, known: Sequence[Known]) -> bool:
    """True if no ledger has the story in this file or, for a story without an id, its link."""
    if not any(one.file == claim.file for one in known):
        return True
    return not claim.has_id and not any(one.name and claim.canonical in one.links for one in known)
