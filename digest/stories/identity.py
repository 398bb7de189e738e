"""Which entries are one story: the ladder of identity, from the guid down, and the aliases that are kept for it.

    1. guid and link   2. guid   3. the publisher's article number   4. the canonical link   5. headline with exact date

A guid counts within its feed; one that is an absolute URI counts everywhere, but anybody can write another's guid
into a feed: across feeds, link or headline have to agree with it. Headline with date counts within its feed; the other
rungs count everywhere. A name that several stories share identifies none of them, unless one alone is the feed's own.
Every alias that was ever seen is kept, so that a new guid or a new slug makes no second story.
Two entries of one document are two stories unless guid and link agree: within a document each story is met once.
Refuses to look at anything but names: whether words have changed is another's question.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from digest import links
from digest.model import Entry, Story

_Look = Callable[[str], Collection[str]]
_Rung = Callable[[_Look, Container[str]], str | None]


def aliases_of(entry: Entry) -> tuple[str, ...]:
    """Returns the names by which an entry may be met again, strongest first, as the ledger keeps them."""
    return tuple(
        alias
        for alias in (
            f"guid:{entry.id}" if entry.id else "",
            *aliases_of_link(entry.link),
            f"headline:{stamp(entry.published)} {hash_of(entry.title)}" if entry.published else "",
        )
        if alias
    )


def aliases_of_link(link: str) -> tuple[str, ...]:
    """Returns the names by which whatever has a link may be met, strongest first."""
    number = links.article_number(link)
    return (*((f"article:{number}",) if number else ()), f"link:{links.canonical(link)}")


def hash_of(text: str) -> str:
    """Returns the first 16 hex digits of a text's SHA-256, by which the ledger compares words without keeping them."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def stamp(moment: datetime) -> str:
    """Returns a moment in UTC to the second, `2026-05-15T09:32:40Z` (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def scoped(alias: str, feed: str) -> str:
    """Returns an alias as it counts in the whole digest: what holds within one feed only carries that feed's id."""
    kind, _, name = alias.partition(":")
    local = kind == "headline" or (kind == "guid" and not links.is_absolute(name))
    return f"{feed}\n{alias}" if local else alias


def keys_of(aliases: Iterable[str], title: str, feed: str, *, bare: bool) -> frozenset[str]:
    """Returns all keys under which `match` looks for a story that a feed has brought.

    `bare` is a story that has no guid of its own: what it is in the world is its link alone.
    """
    names = frozenset(aliases)
    links_of = (alias.removeprefix("link:") for alias in names if alias.startswith("link:"))
    return (
        frozenset(scoped(alias, feed) for alias in names)
        | {_own(alias, feed) for alias in names}
        | {f"guid:{alias.removeprefix('id:')}" for alias in names if alias.startswith("id:")}
        | {f"words:{hash_of(title)}"}
        | ({f"bare:{link}" for link in links_of} if bare else frozenset())
    )


def own_names(
    feed: str, entries: Sequence[Entry], files: Sequence[str | None], known: Mapping[str, Collection[str]]
) -> Iterator[tuple[Entry, str | None, str, tuple[str, ...]]]:
    """Yields each entry of a document with its file, the guid that is its own, empty without one, and its aliases.

    `files` are those that `match` has found. A guid that names another story, or that several entries share, is not
    the entry's own; one that names another story is no alias of it either, since who asks by it means that story.
    What has no guid of its own is the story that its link names; of several such in one document, the first.
    """
    repeated = repeated_guids(entries)
    bare = {links.canonical(entry.link) for entry in entries if not entry.id or entry.id in repeated}
    addressed = {f"bare:{links.canonical(entry.link)}" for entry in entries if _is_permalink(entry, repeated)}
    met: set[str | None] = set(files)
    for entry, file in zip(entries, files, strict=True):
        shared = entry.id in repeated
        if file is None and (shared or not entry.id or _is_foreign(feed, entry, None, known, bare)):
            name = f"bare:{links.canonical(entry.link)}"
            place = _nameless(entry.link, known)
            if {name, place or name} & met or (name in addressed and not _is_permalink(entry, repeated)):
                continue
            met |= {name, place}
            file = place
        foreign = _is_foreign(feed, entry, file, known, bare)
        guid = "" if shared or foreign else entry.id
        is_ours = not foreign or _own(f"guid:{entry.id}", feed) in known
        yield entry, file, guid, _own_aliases(entry, guid, is_ours)


def story_keys(guid: str, link: str, feeds: Iterable[str]) -> frozenset[str]:
    """Returns the keys of a story on disk: its guid in each of its feeds, or its link where it has no guid."""
    if guid:
        alias = f"guid:{guid}"
        return frozenset({alias} if links.is_absolute(guid) else (_own(alias, feed) for feed in feeds))
    return frozenset({f"link:{links.canonical(link)}"}) if links.web_link(link) else frozenset()


def keys_of_story(story: Story) -> frozenset[str]:
    """Returns the keys of a story as its file has it."""
    return story_keys(story.id, story.link, story.feeds)


def match(feed: str, entries: Sequence[Entry], known: Mapping[str, Collection[str]]) -> list[str | None]:
    """Returns for each entry of one document the file of the story that it is, None where it is a new one.

    `known` has the files of the stories under each of their scoped aliases. The rungs are climbed one after the other
    for all entries together, so that a weak likeness never takes a story from the entry that it really is.
    """
    found: list[str | None] = [None] * len(entries)
    claimed: set[str] = set()
    repeated = repeated_guids(entries)
    looks = [_look(entry, feed, known, entry.id in repeated) for entry in entries]
    for rung in _RUNGS:
        for number, look in enumerate(looks):
            story = None if found[number] else rung(look, claimed)
            if story:
                found[number] = story
                claimed.add(story)
    return found


def distinct(entries: Iterable[Entry]) -> list[Entry]:
    """Returns a document's entries without repeats: the same guid (or none) with the same link is one entry."""
    first: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        first.setdefault((entry.id, links.canonical(entry.link)), entry)
    return list(first.values())


def repeated_guids(entries: Iterable[Entry]) -> frozenset[str]:
    """Returns the guids that several distinct entries of one document claim: they identify none of them."""
    return frozenset(guid for guid, times in Counter(entry.id for entry in entries if entry.id).items() if times > 1)


def _is_foreign(
    feed: str, entry: Entry, file: str | None, known: Mapping[str, Collection[str]], bare: Container[str]
) -> bool:
    """Tells whether an entry's guid already names another story, or is the link that is the only name of one."""
    address = links.canonical(entry.id) if links.web_link(entry.id) else ""
    owners = (*known.get(scoped(f"guid:{entry.id}", feed), ()), *known.get(f"bare:{address}", ()))
    elsewhere = address in bare and address != links.canonical(entry.link)
    return file not in owners and (bool(owners) or elsewhere)


def _is_permalink(entry: Entry, repeated: Container[str]) -> bool:
    """Tells whether an entry's guid is its own and its link as well, so that the bare link names it, too."""
    is_address = entry.id not in repeated and links.web_link(entry.id) is not None
    return is_address and links.canonical(entry.id) == links.canonical(entry.link)


def _nameless(link: str, known: Mapping[str, Collection[str]]) -> str | None:
    """Returns the file of the story that an entry without a guid of its own cannot but be: the one its link names."""
    keys = (f"bare:{links.canonical(link)}", f"guid:{link}")
    return next((file for key in keys for file in known.get(key, ())), None)


def _own_aliases(entry: Entry, guid: str, is_ours: bool) -> tuple[str, ...]:
    """Returns an entry's aliases without a guid that is another feed's, or that would pass for its link."""
    hidden = f"guid:{entry.id}" if not guid and (not is_ours or entry.id == entry.link) else ""
    return tuple(alias for alias in aliases_of(entry) if alias != hidden)


def _own(alias: str, feed: str) -> str:
    return f"{feed}\n{alias}"


def _look(entry: Entry, feed: str, known: Mapping[str, Collection[str]], repeated: bool) -> _Look:
    """Returns what finds the files under one of the entry's names: by its kind, or as "own" and kind in this feed."""
    keys = {"words": f"words:{hash_of(entry.title)}"}
    for alias in aliases_of(entry):
        kind = alias.partition(":")[0]
        keys |= {kind: scoped(alias, feed), f"own {kind}": _own(alias, feed)}
    if repeated:
        keys.pop("own guid", None)
    return lambda kind: known.get(keys.get(kind, ""), ())


def _both(*kinds: str) -> _Rung:
    """Returns the rung for two names that both have to lead to a story."""

    def rung(look: _Look, claimed: Container[str]) -> str | None:
        first, second = map(look, kinds)
        return next((file for file in first if file in second and file not in claimed), None)

    return rung


def _alone(kind: str) -> _Rung:
    """Returns the rung for a name that identifies only where one story has it: many may share a home page's link."""

    def rung(look: _Look, claimed: Container[str]) -> str | None:
        files = look(kind)
        return next((file for file in files if file not in claimed), None) if len(files) == 1 else None

    return rung


_RUNGS: tuple[_Rung, ...] = (
    _both("guid", "link"),
    _alone("own guid"),
    _both("guid", "words"),
    *(_alone(f"{own}{kind}") for kind in ("article", "link", "headline") for own in ("own ", "")),
)
