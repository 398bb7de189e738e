"""Which entries are one story: a list of rules, strongest first, and the name that each entry gets.

    documents ──own ledger──▶ ──all ledgers, and each other──▶ the story of each entry, new ones included

The rules compare guid, the publisher's article number, the canonical link, and headline with exact date. A guid alone
is not enough, since feeds give one guid to another story: link, headline or date has to agree with it. A guid counts
within its feed, and everywhere if it is an absolute URI; but anybody can write a guid into a feed, so across feeds the
link or headline has to agree. Headline with date counts within its feed. A link that several entries of a document
share, a site's front page, a placeholder, a date without a time, a session token and a tracker identify nothing.
Entries of one document are different stories, unless guid, link and headline agree. An entry without a guid of its own
that its link cannot identify gets one from us (`stand_in`). No result depends on the order of feeds or entries.
Compares names only: `merge` decides what happens to changed words.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from itertools import count

from digest import links
from digest.model import Entry
from digest.stories import identity

Documents = Sequence[tuple[str, Sequence[Entry]]]
"""Feeds' ids, each with the distinct entries of its document."""
_Look = Callable[[str], Collection[str]]
_Rule = Callable[[_Look, Container[str]], str | None]

NEW = "new "
"""The name of a story that is not there yet begins with this, which no file does."""


def resolve(
    documents: Documents, known: identity.Known, is_gone: Callable[[str], bool] = lambda _: False
) -> list[list[str]]:
    """Returns for each entry of each document the file of the story that it is, or the name of a new one (`NEW`).

    All documents are first matched against what their own feeds have brought, and what is learnt of a story's names on
    the way counts for the others. The rules are climbed one after the other for all entries of a document together,
    so that a weak likeness never takes a story from the entry that it really is. `is_gone` tells of a file that its
    editor has deleted: what another feed brings under its guid and date stays away, whatever it is called there.
    """
    anywhere = (*_ANYWHERE, _gone("guid", "time", is_gone))
    context = Context.of(documents, known)
    learnt: dict[str, list[str]] = {}
    found: list[list[str]] = [[""] * len(entries) for _, entries in documents]
    for rules in (_IN_OWN_FEED, anywhere):
        for number in sorted(range(len(documents)), key=lambda number: documents[number][0]):
            feed, entries = documents[number]
            stories = found[number]
            order = sorted(range(len(entries)), key=lambda at: _content(entries[at]))
            looks = _looks(feed, entries, context, known, learnt)
            claimed = {story for story in stories if story}
            for rule in rules:
                for at in order:
                    story = None if stories[at] else rule(looks[at], claimed)
                    if story:
                        stories[at] = story
                        claimed.add(story)
            for at in order if rules is anywhere else ():
                stories[at] = stories[at] or f"{NEW}{feed} {at}"
            for at in order:
                _learn(learnt, feed, entries[at], stories[at], context)
    return found


def match(feed: str, entries: Sequence[Entry], known: identity.Known) -> list[str | None]:
    """Returns for each entry of one document the file of the story that it is, None where it is a new one."""
    (stories,) = resolve([(feed, entries)], known)
    return [None if story.startswith(NEW) else story for story in stories]


class Context:
    """What the documents of a pull say about names: guids that several entries have, links that name no one story."""

    def __init__(self, repeated: Mapping[str, frozenset[str]], crowded: Container[str], known: identity.Known) -> None:
        self._repeated, self._crowded, self._known = repeated, crowded, known

    @classmethod
    def of(cls, documents: Documents, known: identity.Known) -> Context:
        pages = (Counter(identity.page_of(entry) for entry in entries) for _, entries in documents)
        whole = (Counter(identity.whole_link(entry) for entry in entries) for _, entries in documents)
        return cls(
            repeated={feed: identity.repeated_guids(entries) for feed, entries in documents},
            crowded={name for count in (*pages, *whole) for name, times in count.items() if times > 1},
            known=known,
        )

    def guid(self, feed: str, entry: Entry) -> str:
        """Returns the guid by which an entry may be known, empty where it has none that is its alone."""
        guid = identity.guid_of(entry)
        return "" if guid in self._repeated.get(feed, ()) else guid

    def is_weak(self, feed: str, link: str) -> bool:
        """Tells whether a link is that of several stories, or of a whole site."""
        page = links.lasting(links.canonical(link))
        return self.is_crowded(link) or len(self._known.get(identity.in_feed(f"page:{page}", feed), ())) > 1

    def is_crowded(self, link: str) -> bool:
        """Tells whether several entries of a document have a link, or it is that of a whole site."""
        return links.lasting(links.canonical(link)) in self._crowded or links.is_front_page(link)

    def is_place(self, entry: Entry) -> bool:
        """Tells whether an entry's link leads to a place on a page that no other entry of its document has."""
        return bool(links.fragment(entry.link)) and identity.whole_link(entry) not in self._crowded

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
    when = identity.stamp(entry.published) if entry.published else ""
    words = f"{identity.whole_link(entry)}\n{entry.title}\n{when}{salt}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, words)}"


def own_names(
    feed: str,
    entries: Sequence[Entry],
    files: Sequence[str | None],
    known: identity.Known,
    context: Context,
    recorded: Container[str | None] = (),
) -> Iterator[tuple[Entry, str, tuple[str, ...]]]:
    """Yields each entry of a document with the guid that is its own, or stands in for one, and its aliases.

    `files` has the stories that `resolve` has found, None for new ones; those that are `recorded`, the feed's ledger
    has a name for already, so that what stands in for a guid is no alias of theirs. The guid is empty where the link
    is the only name. A guid that names another story, or that several entries share, is not the entry's own; one that
    names another story is no alias of it either, since who asks by it means that story.
    """
    repeated = identity.repeated_guids(entries)
    bare = {links.canonical(entry.link) for entry in entries if not context.guid(feed, entry)}
    met: set[str] = set()
    for entry, file in zip(entries, files, strict=True):
        guid = context.guid(feed, entry)
        foreign = bool(identity.guid_of(entry)) and _is_foreign(feed, entry, file, known, bare)
        if not guid or foreign:
            guid = _free_stand_in(entry, file, context.stand_in(feed, entry), known, met)
            hidden = entry.id not in repeated and (entry.id == entry.link or _is_elsewhere(feed, entry, known))
            aliases = tuple(one for one in identity.aliases_of(entry) if not (hidden and one == f"guid:{entry.id}"))
            aliases += (f"{identity.CLAIM}{entry.id}",) if hidden and foreign and links.is_absolute(entry.id) else ()
            aliases = (f"guid:{guid}", *aliases) if guid and file not in recorded else aliases
        else:
            aliases = identity.aliases_of(entry)
        met.add(guid)
        yield entry, guid, tuple(dict.fromkeys(aliases))


def _free_stand_in(entry: Entry, file: str | None, guid: str, known: identity.Known, met: Container[str]) -> str:
    """Returns what stands in for a guid, one of our own where the name that it would have is another story's."""
    name = guid or entry.link
    owners = (*known.get(f"guid:{name}", ()), *(() if guid else known.get(f"bare:{links.canonical(name)}", ())))
    is_taken = (bool(owners) and file not in owners) or name in met
    return _free_minted(entry, file, known, met) if is_taken else guid


def _free_minted(entry: Entry, file: str | None, known: identity.Known, met: Container[str]) -> str:
    """Returns a guid of our own that no other story has, though it may say the very same."""
    guids = (minted(entry, str(number) if number else "") for number in count())
    return next(guid for guid in guids if guid not in met and {file}.issuperset(known.get(f"guid:{guid}", ())))


def _is_foreign(feed: str, entry: Entry, file: str | None, known: identity.Known, bare: Container[str]) -> bool:
    """Tells whether an entry's guid already names another story, or is the link that is the only name of one."""
    address = links.canonical(entry.id) if links.web_link(entry.id) else ""
    owners = (*known.get(identity.scoped(f"guid:{entry.id}", feed), ()), *known.get(f"bare:{address}", ()))
    elsewhere = address in bare and address != links.canonical(entry.link)
    return file not in owners and (bool(owners) or elsewhere)


def _is_elsewhere(feed: str, entry: Entry, known: identity.Known) -> bool:
    """Tells whether an entry's guid is not known to be one of its own feed's."""
    return identity.in_feed(f"noted guid:{entry.id}", feed) not in known


def _content(entry: Entry) -> tuple[str, ...]:
    return (
        entry.title,
        entry.link,
        entry.id,
        identity.stamp(entry.published) if entry.published else "",
        entry.summary,
    )


def _learn(learnt: dict[str, list[str]], feed: str, entry: Entry, story: str, context: Context) -> None:
    """Adds the names of an entry whose story is found to those by which others may find it."""
    if not story:
        return
    guid = context.guid(feed, entry)
    stand_in = guid or context.stand_in(feed, entry)
    aliases = [alias for alias in identity.aliases_of(entry) if not alias.startswith("guid:")]
    aliases += [f"guid:{stand_in}"] if stand_in else []
    for key in identity.keys_of(aliases, entry.title, feed, bare=not guid, link=identity.hash_of(entry.link)):
        files = learnt.setdefault(key, [])
        if story not in files:
            files.append(story)


def _looks(
    feed: str, entries: Sequence[Entry], context: Context, known: identity.Known, learnt: Mapping[str, Sequence[str]]
) -> list[_Look]:
    """Returns for each entry what finds the files under one of its names: by its kind, or as "own" and kind."""
    dates = Counter(identity.stamp(entry.published) for entry in entries if entry.published)

    def look_of(entry: Entry) -> _Look:
        names = _names(feed, entry, context, dates)
        keys = {kind: identity.scoped(name, feed) for kind, name in names.items()}
        keys |= {f"own {kind}": identity.in_feed(name, feed) for kind, name in names.items()}

        def look(kind: str) -> Collection[str]:
            key = keys.get(kind, "")
            return tuple(dict.fromkeys((*known.get(key, ()), *learnt.get(key, ()))))

        return look

    return [look_of(entry) for entry in entries]


def _names(feed: str, entry: Entry, context: Context, dates: Mapping[str, int]) -> dict[str, str]:
    """Returns the names of an entry that count for something, by kind; `dates` has how many entries share each."""
    guid, page, words = context.guid(feed, entry), identity.page_of(entry), identity.hash_of(entry.title)
    name, number = guid or context.stand_in(feed, entry), links.article_number(entry.link)
    is_weak, is_part = context.is_weak(feed, entry.link), bool(links.fragment(entry.link))
    names = {"guid": f"guid:{name}", "any guid": f"any guid:{name}"} if name else {}
    names |= {"claim": f"{identity.CLAIM}{guid}"} if guid else {"shared guid": f"noted guid:{entry.id}"}
    names |= {"article": f"article:{number}"} if number else {}
    names |= {"page": f"page:{page}"} if not (guid and (context.is_crowded(entry.link) or is_part)) else {}
    names |= {"only page": f"only page:{page}"} if not (is_weak or is_part) else {}
    names |= {"whole link": f"whole link:{identity.hash_of(entry.link)}"} if context.is_place(entry) else {}
    same = f"same:{identity.hash_of(entry.link)} {words}"
    names |= {"same": same} if guid else {"same": same, "bare": same}
    if identity.has_headline(entry):
        names |= {"words": f"words:{words}", "now": f"now:{words}"}
        names |= {"stem": identity.stem(page, entry.title)} if not (guid or entry.published) else {}
    if entry.published:
        when, is_exact = identity.stamp(entry.published), not entry.day_only
        names |= {"date": f"date:{when}"} if dates[when] == 1 else {}
        names |= {"time": f"date:{when}"} if dates[when] == 1 and is_exact else {}
        names |= {"moment": f"date:{when}"} if is_exact else {}
        names |= {"headline": f"headline:{when} {words}"} if is_exact and "words" in names else {}
    return names


def _all(*kinds: str) -> _Rule:
    """Returns the rule for names that all have to lead to one story."""

    def rule(look: _Look, claimed: Container[str]) -> str | None:
        first, *others = map(look, kinds)
        return next((file for file in first if file not in claimed and all(file in one for one in others)), None)

    return rule


def _alone(kind: str, *others: str) -> _Rule:
    """Returns the rule for a name that identifies only where one story has it; with others, these have to agree."""

    def rule(look: _Look, claimed: Container[str]) -> str | None:
        files = look(kind)
        return _all(kind, *others)(look, claimed) if len(files) == 1 else None

    return rule


def _gone(kind: str, other: str, is_gone: Callable[[str], bool]) -> _Rule:
    """Returns the rule for two names that together identify a story whose file is gone, but none that is there."""

    def rule(look: _Look, claimed: Container[str]) -> str | None:
        file = _alone(kind, other)(look, claimed)
        return file if file and not file.startswith(NEW) and is_gone(file) else None

    return rule


_IN_OWN_FEED: tuple[_Rule, ...] = (
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
_ANYWHERE: tuple[_Rule, ...] = (
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
