"""Matches the stories on disk with those in the ledgers, even if a file was moved or its `id` or link was edited.

    match by id, or by link without an id ──▶ by link ──▶ by file ──▶ else it is a new story

A story in the ledgers is identified by its `owner`: the file where a feed's ledger first put it, otherwise its name.
Each is matched with one story at most. Only decides: nothing is read or written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from digest import links
from digest.model import Location


class Claim(NamedTuple):
    """A story on disk that has to be matched, and what it can be matched by.

    `name` is what its Atom id would be made of, going by its file; `is_named` is True if a feed gave it that id.
    `canonical` is its link in the form in which links are compared. `owners` are the known stories found by its id, or
    by its link if it has no id; `namesakes` those whose locations have its name. `title` and `feeds` are from its file.
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


class Brought(NamedTuple):
    """When a feed first brought a story, whether it only joined a file that was there, and the name by that feed."""

    at: str
    joined: bool
    feed: str
    name: str


class Known(NamedTuple):
    """A story in the ledgers: `homes` has the files where it has been, with their earliest times, `file` the last one.

    `name` is "" if no ledger has it; `links` are canonical, the newest last. `by_link`: it has no id of its own.
    `is_located`: there are locations of it. `brought` has a line for each feed that brought it.
    """

    owner: str
    homes: Mapping[str, str]
    file: str
    name: str
    links: tuple[str, ...]
    by_link: bool
    is_located: bool
    brought: tuple[Brought, ...] = ()

    def first_name(self, feeds: Sequence[str]) -> str:
        """Returns the name from the feed that brought it first: of several in one pull, the one that wrote the file.

        Where that cannot be told, `feeds` decide: the story's, in order.
        """
        if self.is_located or not self.brought:
            return self.name
        order = {feed: number for number, feed in enumerate(feeds)}
        return min(self.brought, key=lambda one: (one.at, one.joined, order.get(one.feed, len(order)), one.feed)).name


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
    """Functions that look up the ledgers: one known story; the stories with a canonical link; those once in a file."""

    known: Callable[[str], Known]
    linked: Callable[[Collection[str]], Mapping[str, Collection[str]]]
    placed: Callable[[Collection[str]], Mapping[str, Collection[str]]]


def follow(claims: Sequence[Claim], files: Collection[str], lookup: Lookup, newest: str) -> Followed:
    """Matches claims with known stories. `files` are those of all stories, `newest` is the newest known time."""
    claimed = frozenset(claim.file for claim in claims)
    found: dict[str, Claim] = {}

    def is_free(owner: str) -> bool:
        return owner not in found and (owner in claimed or owner not in files)

    for owner, rivals in _by_owner(claims, is_free).items():
        known = lookup.known(owner)
        found[owner] = min(rivals, key=lambda claim: _rank(claim, known))
    for claim in _linked(_unmatched(claims, found), lookup):
        owner = next((one for one in _newest_first(claim.owners, lookup) if is_free(one)), "")
        if owner:
            found[owner] = claim
    for claim in _placed(_unmatched(claims, found), lookup):
        same = (one for one in _newest_first(claim.owners, lookup) if is_free(one) and lookup.known(one).by_link)
        owner = next(same, "")
        if owner:
            found[owner] = claim
    names, news = _named(claims, found, lookup, newest)
    owners = {claim.file: claim.owners for claim in claims}
    altered = {
        claim.file: owner
        for owner, claim in found.items()
        if owner not in owners[claim.file]
        or (claim.file in names and (claim.has_id or not lookup.known(owner).by_link))
    }
    return Followed({owner: claim.file for owner, claim in found.items()}, names, news, claimed, altered)


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


def _unmatched(claims: Iterable[Claim], found: Mapping[str, Claim]) -> list[Claim]:
    done = {claim.file for claim in found.values()}
    return [claim for claim in claims if claim.file not in done]


def _linked(claims: Sequence[Claim], lookup: Lookup) -> list[Claim]:
    """Returns the claims, with the stories that share their link as owners; front pages of hosts do not count."""
    if not claims:
        return []
    linked = lookup.linked({claim.canonical for claim in claims if "/" in claim.canonical or "?" in claim.canonical})
    return [claim._replace(owners=tuple(linked.get(claim.canonical, ()))) for claim in claims]


def _placed(claims: Sequence[Claim], lookup: Lookup) -> list[Claim]:
    """Returns the claims, with the stories that were once in their file as owners."""
    if not claims:
        return []
    placed = lookup.placed({claim.file for claim in claims})
    return [claim._replace(owners=tuple(placed.get(claim.file, ()))) for claim in claims]


def _newest_first(owners: Iterable[str], lookup: Lookup) -> list[str]:
    return sorted(owners, key=lambda owner: (max(lookup.known(owner).homes.values()), owner), reverse=True)


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
        if not claim.has_id and name == claim.name and any(_gave_up_name(found.get(one), name) for one in others):
            name = f"{name}#{known[0].owner if known else claim.file}"
        if name != claim.name:
            names[claim.file] = name
    news = []
    for claim in claims:
        known = owned.get(claim.file, [])
        if _is_news(claim, known):
            name = names.get(claim.file, claim.name)
            has_id = not known[0].by_link if known else claim.has_id or name != claim.name
            has_id = has_id or links.web_link(name) is None  # a guid's, as another feed brought the story
            ids = (name, claim.link) if has_id else ("", name)
            news.append(Location(newest, claim.file, *ids, claim.link))
    return names, tuple(sorted(news))


def _name(claim: Claim, known: Sequence[Known]) -> str:
    """Returns the first name of a story, even if an editor has changed its id, feeds or link since."""
    named = (one for one in known if one.name and (one.is_located or not claim.is_named))
    return next((one.first_name(claim.feeds) for one in named), claim.name)


def _gave_up_name(claim: Claim | None, name: str) -> bool:
    """True if the first story with a name is gone, or its file has another name now."""
    return claim is None or claim.name != name


def _is_news(claim: Claim, known: Sequence[Known]) -> bool:
    """True if no ledger has the story in this file or, for a story without an id, its link."""
    if not any(one.file == claim.file for one in known):
        return True
    return not claim.has_id and not any(one.name and claim.canonical in one.links for one in known)
