"""Which story on the disk is which of those that the ledgers know, wherever it was moved and whatever its file says.

    by its id, or its link where it has none ──▶ by its link ──▶ by its file ──▶ else it is new

A story that the ledgers know is called by its `owner`: the file where a feed's ledger first put it, else its name.
Each belongs to one story at most, so that nothing is given to two. Decides only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from digest.model import Location


class Claim(NamedTuple):
    """A story that may not simply be where a feed's ledger has it, in plain values, and what it can be known by.

    `name` is what its file says that its Atom id is made of, and `is_named` tells whether a feed has given it that id;
    `canonical` is its link as it is compared. `owners` are the known stories that its id leads to, or its link where it
    has no id; `namesakes` those that have its name by their locations. `title` and `feeds` are those of its file.
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


class Known(NamedTuple):
    """A story that the ledgers know: `homes` has the files where it was, each with the first moment, `file` the last.

    `name` is "" where no ledger can tell it; `links` are canonical, the newest last. `by_link`: it has no id of its
    own. `is_located`: there are locations of it. `told` has the moment at which each feed first brought it, the feed,
    and the name that it would have had from that feed.
    """

    owner: str
    homes: Mapping[str, str]
    file: str
    name: str
    links: tuple[str, ...]
    by_link: bool
    is_located: bool
    told: tuple[tuple[str, str, str], ...] = ()

    def first_name(self, feeds: Sequence[str]) -> str:
        """Returns the name that it got first, by the feed that brought it first; `feeds` are the story's, in order."""
        if self.is_located or not self.told:
            return self.name
        order = {feed: number for number, feed in enumerate(feeds)}
        return min(self.told, key=lambda one: (one[0], order.get(one[1], len(order)), one[1]))[2]


class Followed(NamedTuple):
    """Of the known stories that were claimed, the files of today; and of the stories what is not as the files say it.

    `names` has lasting names, by file; `news` the locations that no ledger has, all with `at`, the newest moment that
    a ledger knows. `claimed` are the files of all claims. `altered` has the owner of each story that its `id` does not
    lead to, by file: an editor has taken that out or altered it.
    """

    files: Mapping[str, str] = {}
    names: Mapping[str, str] = {}
    news: tuple[Location, ...] = ()
    claimed: frozenset[str] = frozenset()
    altered: Mapping[str, str] = {}


class Knowing(NamedTuple):
    """How to ask the ledgers: for one known story, for all with a canonical link, for all that were in a file."""

    known: Callable[[str], Known]
    linked: Callable[[Collection[str]], Mapping[str, Collection[str]]]
    placed: Callable[[Collection[str]], Mapping[str, Collection[str]]]


def follow(claims: Sequence[Claim], files: Collection[str], ask: Knowing, newest: str) -> Followed:
    """Returns which known story each claim is. `files` are those of all stories, `newest` the newest moment known."""
    claimed = frozenset(claim.file for claim in claims)
    found: dict[str, Claim] = {}

    def is_free(owner: str) -> bool:
        return owner not in found and (owner in claimed or owner not in files)

    for owner, rivals in _by_owner(claims, is_free).items():
        known = ask.known(owner)
        found[owner] = min(rivals, key=lambda claim: _rank(claim, known))
    for claim in _linked(_left(claims, found), ask):
        owner = next((one for one in _newest_first(claim.owners, ask) if is_free(one)), "")
        if owner:
            found[owner] = claim
    for claim in _placed(_left(claims, found), ask):
        same = (one for one in _newest_first(claim.owners, ask) if is_free(one) and ask.known(one).by_link)
        owner = next(same, "")
        if owner:
            found[owner] = claim
    names, news = _named(claims, found, ask, newest)
    owners = {claim.file: claim.owners for claim in claims}
    altered = {claim.file: owner for owner, claim in found.items() if owner not in owners[claim.file]}
    return Followed({owner: claim.file for owner, claim in found.items()}, names, news, claimed, altered)


def _by_owner(claims: Iterable[Claim], is_free: Callable[[str], bool]) -> dict[str, list[Claim]]:
    rivals: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        for owner in claim.owners:
            if is_free(owner):
                rivals[owner].append(claim)
    return rivals


def _rank(claim: Claim, known: Known) -> tuple[object, ...]:
    """Returns what of several with one name makes the first the story itself: the others are copies of it."""
    is_same = claim.has_id or claim.canonical in known.links[-1:]
    return claim.file != known.file, not is_same, claim.file not in known.homes, claim.file


def _left(claims: Iterable[Claim], found: Mapping[str, Claim]) -> list[Claim]:
    done = {claim.file for claim in found.values()}
    return [claim for claim in claims if claim.file not in done]


def _linked(claims: Sequence[Claim], ask: Knowing) -> list[Claim]:
    """Returns the claims with those as owners that share their link; a host's front page is no article."""
    if not claims:
        return []
    linked = ask.linked({claim.canonical for claim in claims if "/" in claim.canonical or "?" in claim.canonical})
    return [claim._replace(owners=tuple(linked.get(claim.canonical, ()))) for claim in claims]


def _placed(claims: Sequence[Claim], ask: Knowing) -> list[Claim]:
    """Returns the claims with those as owners that were in their file."""
    if not claims:
        return []
    placed = ask.placed({claim.file for claim in claims})
    return [claim._replace(owners=tuple(placed.get(claim.file, ()))) for claim in claims]


def _newest_first(owners: Iterable[str], ask: Knowing) -> list[str]:
    return sorted(owners, key=lambda owner: (max(ask.known(owner).homes.values()), owner), reverse=True)


def _named(
    claims: Iterable[Claim], found: Mapping[str, Claim], ask: Knowing, newest: str
) -> tuple[dict[str, str], tuple[Location, ...]]:
    """Returns the lasting names that are not as the files say, and the news."""
    owned: dict[str, list[Known]] = defaultdict(list)
    for owner, claim in found.items():
        owned[claim.file].append(ask.known(owner))
    for known in owned.values():
        known.sort(key=lambda one: (not one.is_located, one.owner))
    names: dict[str, str] = {}
    for claim in claims:
        known = owned.get(claim.file, [])
        name = _name(claim, known)
        others = [one for one in claim.namesakes if all(one != own.owner for own in known)]
        if not claim.has_id and name == claim.name and any(_has_gone_on(found.get(one), name) for one in others):
            name = f"{name}#{known[0].owner if known else claim.file}"
        if name != claim.name:
            names[claim.file] = name
    news = []
    for claim in claims:
        known = owned.get(claim.file, [])
        if _is_news(claim, known):
            name = names.get(claim.file, claim.name)
            has_id = not known[0].by_link if known else claim.has_id or name != claim.name
            ids = (name, claim.link) if has_id else ("", name)
            news.append(Location(newest, claim.file, *ids, claim.link))
    return names, tuple(sorted(news))


def _name(claim: Claim, known: Sequence[Known]) -> str:
    """Returns the first name of a story, whatever an editor has made of its id, its feeds or its link since."""
    told = (one for one in known if one.name and (one.is_located or not claim.is_named))
    return next((one.first_name(claim.feeds) for one in told), claim.name)


def _has_gone_on(claim: Claim | None, name: str) -> bool:
    """True if the story that was first to have a name is gone, or its file says another by now."""
    return claim is None or claim.name != name


def _is_news(claim: Claim, known: Sequence[Known]) -> bool:
    """True if no ledger knows the story, or that it is here, or its name and link where these are all it goes by."""
    if not any(one.file == claim.file for one in known):
        return True
    return not claim.has_id and not any(one.name and claim.canonical in one.links for one in known)
