"""Which entries are one story: the ladder of identity, and the names (aliases) that are kept for it.

    documents ──own ledger──▶ ──all ledgers, and each other──▶ the story of each entry, new ones included

Rungs, strongest first: guid, the publisher's article number, the canonical link, headline with exact date. A guid needs
a second witness: link, headline or date has to agree with it, since feeds give one guid to another story. It counts
within its feed, and everywhere if it is an absolute URI; but anybody can write a guid into a feed: across feeds,
link or headline have to agree. Headline with date counts within its feed. A link that several entries of a document
share, a site's front page, a placeholder, a date without a time, a session token and a tracker identify nothing by
themselves.
Every alias that was ever seen is kept, so that a new guid or a new slug makes no second story.
Entries of one document are different stories, unless guid, link and headline agree. What has no guid of its own and
cannot be told by its link gets one from us (`stand_in`). No result depends on the order of feeds or entries.
Refuses to look at anything but names: whether words have changed is another's question.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

from digest import links
from digest.model import Entry, Story

Known = Mapping[str, Collection[str]]
"""The files of the stories under each of their keys (`keys_of`)."""
Documents = Sequence[tuple[str, Sequence[Entry]]]
"""Feeds' ids, each with the distinct entries of its document."""
_Look = Callable[[str], Collection[str]]
_Rung = Callable[[_Look, Container[str]], str | None]

NEW = "new "
"""The name of a story that is not there yet begins with this, which no file does."""
CLAIM = "claim:"
"""The alias of a guid that is an absolute URI and names a story of another feed begins with this."""
_NO_GUID = frozenset(
    {"", "0", "na", "null", "nil", "nan", "none", "undefined", "unknown", "false", "true", "guid", "id"}
)
_NO_HEADLINE = frozenset({"", "untitled", "notitle", "na", "null", "none", "undefined"})
_SIGNS = re.compile(r"[\W_]+")


def aliases_of(entry: Entry) -> tuple[str, ...]:
    """Returns the names by which an entry may be met again, strongest first, as the ledger keeps them."""
    guid = guid_of(entry)
    return tuple(
        alias
        for alias in (
            f"guid:{guid}" if guid else "",
            *aliases_of_link(entry.link),
            f"headline:{stamp(entry.published)} {hash_of(entry.title)}" if entry.published else "",
        )
        if alias
    )


def aliases_of_link(link: str) -> tuple[str, ...]:
    """Returns the names by which whatever has a link may be met, strongest first."""
    number = links.article_number(link)
    return (*((f"article:{number}",) if number else ()), f"link:{links.canonical(link)}")


def guid_of(entry: Entry) -> str:
    """Returns an entry's guid, empty where it is a placeholder or the address of a whole site."""
    is_empty = _SIGNS.sub("", entry.id).casefold() in _NO_GUID
    return "" if is_empty or (links.web_link(entry.id) and links.is_front_page(entry.id)) else entry.id


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


def scopes(alias: str, feed: str) -> tuple[str, str]:
    """Returns an alias as it counts in the whole digest, and as it counts in its own feed."""
    return scoped(alias, feed), _own(alias, feed)


def keys_of(
    aliases: Iterable[str],
    title: str,
    feed: str,
    *,
    bare: bool,
    id: str = "",
    link: str = "",
    published: datetime | None = None,
) -> frozenset[str]:
    """Returns all keys under which a story that a feed has brought is looked for.

    `bare` is a story that has no guid of its own: what it is in the world is its link alone. `id` is what the ledger
    calls it, `link` the hash of its whole link, `published` its moment, where no alias has it.
    """
    names = frozenset(aliases) | ({f"guid:{id}"} if id else frozenset())
    parted = [alias.partition(":")[::2] for alias in names]
    addresses = [name for kind, name in parted if kind == "link"]
    dated = [name.partition(" ")[::2] for kind, name in parted if kind == "headline"]
    stamps = {when for when, _ in dated} | ({stamp(published)} if published else set())
    anchored = {links.canonical(name) for kind, name in parted if kind == "guid" and _is_anchor(name)}
    anywhere = {f"words:{hash_of(title)}", *(f"words:{words}" for _, words in dated)}
    anywhere |= {f"date:{when}" for when in stamps}
    anywhere |= {f"any guid:{name}" for kind, name in parted if kind == "guid"}
    anywhere |= {f"whole link:{link}", f"same:{link} {hash_of(title)}"} if link else set()
    for address in addresses:
        anywhere |= {f"page:{links.lasting(address)}"}
        anywhere |= set() if address in anchored else {f"only page:{links.lasting(address)}"}
    own = {f"now:{hash_of(title)}", *names, *anywhere, *(f"noted {alias}" for alias in aliases)}
    if bare and not stamps:
        own |= {_stem(address, title) for address in addresses}
    return (
        frozenset(scoped(alias, feed) for alias in names)
        | anywhere
        | {_own(key, feed) for key in own}
        | {f"guid:{alias.removeprefix('id:')}" for alias in names if alias.startswith("id:")}
        | ({f"bare:{address}" for address in addresses} if bare else frozenset())
    )


def resolve(documents: Documents, known: Known, is_gone: Callable[[str], bool] = lambda _: False) -> list[list[str]]:
    """Returns for each entry of each document the file of the story that it is, or the name of a new one (`NEW`).

    All documents are first matched against what their own feeds have brought, and what is learnt of a story's names on
    the way counts for the others. The rungs are climbed one after the other for all entries of a document together,
    so that a weak likeness never takes a story from the entry that it really is. `is_gone` tells of a file that its
    editor has deleted: what another feed brings under its guid and date stays away, whatever it is called there.
    """
    anywhere = (*_ANYWHERE, _gone("guid", "time", is_gone))
    context = Context.of(documents, known)
    learnt: dict[str, list[str]] = {}
    found: list[list[str]] = [[""] * len(entries) for _, entries in documents]
    for rungs in (_OWN, anywhere):
        for number in sorted(range(len(documents)), key=lambda number: documents[number][0]):
            feed, entries = documents[number]
            stories = found[number]
            order = sorted(range(len(entries)), key=lambda at: _content(entries[at]))
            looks = _looks(feed, entries, context, known, learnt)
            claimed = {story for story in stories if story}
            for rung in rungs:
                for at in order:
                    story = None if stories[at] else rung(looks[at], claimed)
                    if story:
                        stories[at] = story
                        claimed.add(story)
            for at in order if rungs is anywhere else ():
                stories[at] = stories[at] or f"{NEW}{feed} {at}"
            for at in order:
                _learn(learnt, feed, entries[at], stories[at], context)
    return found


def match(feed: str, entries: Sequence[Entry], known: Known) -> list[str | None]:
    """Returns for each entry of one document the file of the story that it is, None where it is a new one."""
    (stories,) = resolve([(feed, entries)], known)
    return [None if story.startswith(NEW) else story for story in stories]


class Context:
    """What the documents of a pull say about names: guids that several entries have, links that name no one story."""

    def __init__(self, repeated: Mapping[str, frozenset[str]], crowded: Container[str], known: Known) -> None:
        self._repeated, self._crowded, self._known = repeated, crowded, known

    @classmethod
    def of(cls, documents: Documents, known: Known) -> Context:
        pages = (Counter(_page(entry) for entry in entries) for _, entries in documents)
        whole = (Counter(_whole(entry) for entry in entries) for _, entries in documents)
        return cls(
            repeated={feed: repeated_guids(entries) for feed, entries in documents},
            crowded={name for count in (*pages, *whole) for name, times in count.items() if times > 1},
            known=known,
        )

    def guid(self, feed: str, entry: Entry) -> str:
        """Returns the guid by which an entry may be known, empty where it has none that is its alone."""
        guid = guid_of(entry)
        return "" if guid in self._repeated.get(feed, ()) else guid

    def is_weak(self, feed: str, link: str) -> bool:
        """Tells whether a link is that of several stories, or of a whole site."""
        page = links.lasting(links.canonical(link))
        return self.is_crowded(link) or len(self._known.get(_own(f"page:{page}", feed), ())) > 1

    def is_crowded(self, link: str) -> bool:
        """Tells whether several entries of a document have a link, or it is that of a whole site."""
        return links.lasting(links.canonical(link)) in self._crowded or links.is_front_page(link)

    def is_place(self, entry: Entry) -> bool:
        """Tells whether an entry's link leads to a place on a page that no other entry of its document has."""
        return bool(links.fragment(entry.link)) and _whole(entry) not in self._crowded

    def stand_in(self, feed: str, entry: Entry) -> str:
        """Returns what serves as guid for an entry that has none, empty where its link is name enough.

        That is the link with its fragment, if this is what tells it from others on the same page, else a hash of what
        it says, by which it is known for good, whatever it says later.
        """
        if self.is_place(entry):
            return entry.link
        return minted(entry) if links.fragment(entry.link) or self.is_weak(feed, entry.link) else ""


def minted(entry: Entry, salt: str = "") -> str:
    """Returns a guid of our own for an entry that neither guid nor link can name."""
    when = stamp(entry.published) if entry.published else ""
    words = f"{_whole(entry)}\n{entry.title}\n{when}{salt}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, words)}"


def own_names(
    feed: str,
    entries: Sequence[Entry],
    files: Sequence[str | None],
    known: Known,
    context: Context,
    recorded: Container[str | None] = (),
) -> Iterator[tuple[Entry, str, tuple[str, ...]]]:
    """Yields each entry of a document with the guid that is its own, or stands in for one, and its aliases.

    `files` has the stories that `resolve` has found, None for new ones; those that are `recorded`, the feed's ledger
    has a name for already, so that what stands in for a guid is no alias of theirs. The guid is empty where the link
    is the only name. A guid that names another story, or that several entries share, is not the entry's own; one that
    names another story is no alias of it either, since who asks by it means that story.
    """
    repeated = repeated_guids(entries)
    bare = {links.canonical(entry.link) for entry in entries if not context.guid(feed, entry)}
    met: set[str] = set()
    for entry, file in zip(entries, files, strict=True):
        guid = context.guid(feed, entry)
        foreign = bool(guid_of(entry)) and _is_foreign(feed, entry, file, known, bare)
        if not guid or foreign:
            guid = _free_stand_in(entry, file, context.stand_in(feed, entry), known, met)
            hidden = entry.id not in repeated and (entry.id == entry.link or _is_elsewhere(feed, entry, known))
            aliases = tuple(one for one in aliases_of(entry) if not (hidden and one == f"guid:{entry.id}"))
            aliases += (f"{CLAIM}{entry.id}",) if hidden and foreign and links.is_absolute(entry.id) else ()
            aliases = (f"guid:{guid}", *aliases) if guid and file not in recorded else aliases
        else:
            aliases = aliases_of(entry)
        met.add(guid)
        yield entry, guid, tuple(dict.fromkeys(aliases))


def story_keys(guid: str, link: str, feeds: Iterable[str]) -> frozenset[str]:
    """Returns the keys of a story on disk: its guid in each of its feeds, or its link where it has no guid."""
    if guid:
        alias = f"guid:{guid}"
        return frozenset({alias} if links.is_absolute(guid) else (_own(alias, feed) for feed in feeds))
    return frozenset({f"link:{links.canonical(link)}"}) if links.web_link(link) else frozenset()


def keys_of_story(story: Story) -> frozenset[str]:
    """Returns the keys of a story as its file has it."""
    return story_keys(story.id, story.link, story.feeds)


def distinct(entries: Iterable[Entry]) -> list[Entry]:
    """Returns a document's entries without repeats: those that agree in guid, link and headline are one.

    Where there is no guid, the link's fragment counts. Guids that differ by case, last slash or fragment alone are one
    where the date agrees as well: some publishers count the places of an entry in them.
    """
    first: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        guid, address = guid_of(entry), links.canonical(entry.link)
        place = address if guid else _whole(entry)
        first.setdefault((guid, place, entry.title), entry)
    alike: dict[tuple[str, ...], Entry] = {}
    for (guid, *said), entry in first.items():
        when = stamp(entry.published) if entry.published else ""
        alike.setdefault((guid.partition("#")[0].rstrip("/").casefold() or guid, when, *said), entry)
    return list(alike.values())


def repeated_guids(entries: Iterable[Entry]) -> frozenset[str]:
    """Returns the guids that several distinct entries of one document claim: they identify none of them."""
    counts = Counter(guid for guid in map(guid_of, entries) if guid)
    return frozenset(guid for guid, times in counts.items() if times > 1)


def _free_stand_in(entry: Entry, file: str | None, guid: str, known: Known, met: Container[str]) -> str:
    """Returns what stands in for a guid, one of our own where the name that it would have is another story's."""
    name = guid or entry.link
    owners = (*known.get(f"guid:{name}", ()), *(() if guid else known.get(f"bare:{links.canonical(name)}", ())))
    is_taken = (bool(owners) and file not in owners) or name in met
    return _free_minted(entry, file, known, met) if is_taken else guid


def _free_minted(entry: Entry, file: str | None, known: Known, met: Container[str]) -> str:
    """Returns a guid of our own that no other story has, though it may say the very same."""
    guids = (minted(entry, str(number) if number else "") for number in count())
    return next(guid for guid in guids if guid not in met and {file}.issuperset(known.get(f"guid:{guid}", ())))


def _is_foreign(feed: str, entry: Entry, file: str | None, known: Known, bare: Container[str]) -> bool:
    """Tells whether an entry's guid already names another story, or is the link that is the only name of one."""
    address = links.canonical(entry.id) if links.web_link(entry.id) else ""
    owners = (*known.get(scoped(f"guid:{entry.id}", feed), ()), *known.get(f"bare:{address}", ()))
    elsewhere = address in bare and address != links.canonical(entry.link)
    return file not in owners and (bool(owners) or elsewhere)


def _is_elsewhere(feed: str, entry: Entry, known: Known) -> bool:
    """Tells whether an entry's guid is not known to be one of its own feed's."""
    return _own(f"noted guid:{entry.id}", feed) not in known


def _is_anchor(guid: str) -> bool:
    """Tells whether a guid is a place on a page."""
    return "#" in guid and links.web_link(guid) is not None and bool(links.fragment(guid))


def _page(entry: Entry) -> str:
    return links.lasting(links.canonical(entry.link))


def _whole(entry: Entry) -> str:
    """Returns a link with its fragment, for comparing."""
    return f"{links.canonical(entry.link)}#{links.fragment(entry.link)}"


def _stem(address: str, title: str) -> str:
    return f"stem:{address.partition('?')[0]} {hash_of(title)}"


def _content(entry: Entry) -> tuple[str, ...]:
    return (entry.title, entry.link, entry.id, stamp(entry.published) if entry.published else "", entry.summary)


def _own(alias: str, feed: str) -> str:
    return f"{feed}\n{alias}"


def _learn(learnt: dict[str, list[str]], feed: str, entry: Entry, story: str, context: Context) -> None:
    """Adds the names of an entry whose story is found to those by which others may find it."""
    if not story:
        return
    guid = context.guid(feed, entry)
    stand_in = guid or context.stand_in(feed, entry)
    aliases = [alias for alias in aliases_of(entry) if not alias.startswith("guid:")]
    aliases += [f"guid:{stand_in}"] if stand_in else []
    for key in keys_of(aliases, entry.title, feed, bare=not guid, link=hash_of(entry.link)):
        files = learnt.setdefault(key, [])
        if story not in files:
            files.append(story)


def _looks(
    feed: str, entries: Sequence[Entry], context: Context, known: Known, learnt: Mapping[str, Sequence[str]]
) -> list[_Look]:
    """Returns for each entry what finds the files under one of its names: by its kind, or as "own" and kind."""
    dates = Counter(stamp(entry.published) for entry in entries if entry.published)

    def look_of(entry: Entry) -> _Look:
        names = _names(feed, entry, context, dates)
        keys = {kind: scoped(name, feed) for kind, name in names.items()}
        keys |= {f"own {kind}": _own(name, feed) for kind, name in names.items()}

        def look(kind: str) -> Collection[str]:
            key = keys.get(kind, "")
            return tuple(dict.fromkeys((*known.get(key, ()), *learnt.get(key, ()))))

        return look

    return [look_of(entry) for entry in entries]


def _names(feed: str, entry: Entry, context: Context, dates: Mapping[str, int]) -> dict[str, str]:
    """Returns the names of an entry that count for something, by kind; `dates` has how many entries share each."""
    guid, page, words = context.guid(feed, entry), _page(entry), hash_of(entry.title)
    name, number = guid or context.stand_in(feed, entry), links.article_number(entry.link)
    is_weak, is_part = context.is_weak(feed, entry.link), bool(links.fragment(entry.link))
    names = {"guid": f"guid:{name}", "any guid": f"any guid:{name}"} if name else {}
    names |= {"claim": f"{CLAIM}{guid}"} if guid else {"shared guid": f"noted guid:{entry.id}"}
    names |= {"article": f"article:{number}"} if number else {}
    names |= {"page": f"page:{page}"} if not (guid and (context.is_crowded(entry.link) or is_part)) else {}
    names |= {"only page": f"only page:{page}"} if not (is_weak or is_part) else {}
    names |= {"whole link": f"whole link:{hash_of(entry.link)}"} if context.is_place(entry) else {}
    same = f"same:{hash_of(entry.link)} {words}"
    names |= {"same": same} if guid else {"same": same, "bare": same}
    if _SIGNS.sub("", entry.title).casefold() not in _NO_HEADLINE and entry.title != links.host(entry.link):
        names |= {"words": f"words:{words}", "now": f"now:{words}"}
        names |= {"stem": _stem(page, entry.title)} if not (guid or entry.published) else {}
    if entry.published:
        when, is_exact = stamp(entry.published), not entry.day_only
        names |= {"date": f"date:{when}"} if dates[when] == 1 else {}
        names |= {"time": f"date:{when}"} if dates[when] == 1 and is_exact else {}
        names |= {"moment": f"date:{when}"} if is_exact else {}
        names |= {"headline": f"headline:{when} {words}"} if is_exact and "words" in names else {}
    return names


def _all(*kinds: str) -> _Rung:
    """Returns the rung for names that all have to lead to one story."""

    def rung(look: _Look, claimed: Container[str]) -> str | None:
        first, *others = map(look, kinds)
        return next((file for file in first if file not in claimed and all(file in one for one in others)), None)

    return rung


def _alone(kind: str, *others: str) -> _Rung:
    """Returns the rung for a name that identifies only where one story has it; with others, these have to agree."""

    def rung(look: _Look, claimed: Container[str]) -> str | None:
        files = look(kind)
        return _all(kind, *others)(look, claimed) if len(files) == 1 else None

    return rung


def _gone(kind: str, other: str, is_gone: Callable[[str], bool]) -> _Rung:
    """Returns the rung for two names that together identify a story whose file is gone, but none that is there."""

    def rung(look: _Look, claimed: Container[str]) -> str | None:
        file = _alone(kind, other)(look, claimed)
        return file if file and not file.startswith(NEW) and is_gone(file) else None

    return rung


_OWN: tuple[_Rung, ...] = (
    _all("own guid", "own same"),
    _all("own shared guid", "own same"),
    _all("own same", "own bare"),
    _all("own guid", "own page", "own now"),
    _all("own guid", "own now"),
    _all("own page", "own now"),
    _all("own guid", "own page"),
    _all("own guid", "own whole link"),
    _all("own guid", "own article"),
    _all("own guid", "own words"),
    _alone("own guid", "own date"),
    *(_all("own claim", kind) for kind in ("own same", "own words", "own date")),
    _alone("own article"),
    _all("own page", "own words"),
    _all("own page", "own time"),
    _alone("own whole link"),
    _alone("own only page"),
    _alone("own headline"),
    _alone("own stem"),
)
_ANYWHERE: tuple[_Rung, ...] = (
    _all("guid", "page"),
    _all("guid", "whole link"),
    _all("guid", "article"),
    _all("guid", "words"),
    _all("any guid", "words", "moment"),
    _alone("article"),
    _all("page", "words"),
    _all("page", "time"),
    _alone("whole link"),
    _alone("only page"),
)
