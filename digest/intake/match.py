"""Which entries are one story, and the name that each entry gets.

    documents ──own ledger──▶ ──all ledgers, and each other──▶ the story of each entry, new ones included

An entry is the story that it agrees with most, if it does so enough (`rules` has the score). It is compared with the
stories of its own feed first, then with all others. Its names are guid, the publisher's article number, link without
trackers and tokens, headline, date and excerpt; each counts for less where it may be another story's too (`vague`).
A guid counts within its feed, and everywhere if it is an absolute URI; but anybody can write a guid into a feed, so
across feeds link or headline has to agree. Placeholders and the front page of a site identify nothing.
Entries of one document are different stories, unless guid, link and headline agree. An entry without a guid of its own
that its link cannot identify gets one from us (`stand_in`). No result depends on the order of feeds or entries.
Compares names only: `merge` decides what happens to changed words.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from datetime import datetime
from itertools import count
from types import MappingProxyType

from digest import urls
from digest.content import identity, ledger
from digest.intake import evidence, score
from digest.model import Entry

Documents = Sequence[tuple[str, Sequence[Entry]]]
"""Feeds' ids, each with the distinct entries of its document."""

NEW = score.NEW


def resolve(
    documents: Documents, known: identity.Known, is_gone: Callable[[str], bool] = lambda _: False
) -> list[list[str]]:
    """Returns for each entry of each document the file of the story that it is, or the name of a new one (`NEW`).

    All documents are first matched against what their own feeds have brought, and what is learnt of a story's names on
    the way counts for the others. All entries of a document are compared before any gets its story, so that a weak
    likeness never takes a story from the entry that it really is. `is_gone` tells of a file that its
    editor has deleted: what another feed brings under its guid and date stays away, whatever it is called there.
    """
    context = Context.of(documents, known)
    stories = score.Stories(known)
    found: list[list[str]] = [[""] * len(entries) for _, entries in documents]
    for own in (True, False):
        for number in sorted(range(len(documents)), key=lambda number: documents[number][0]):
            feed, entries = documents[number]
            files = found[number]
            order = sorted(range(len(entries)), key=lambda at: _content(entries[at]))
            ranks = {at: rank for rank, at in enumerate(order)}
            signs = _signs(feed, entries, context, known)
            looks = {
                at: score.Look(feed, signs[at], stories, own=own) for at in order if not files[at]
            }
            for at, file in score.assign(looks, ranks, set(files)).items():
                files[at] = file
            for at in order if not own else ():
                gone = "" if files[at] else looks[at].is_gone(is_gone)
                files[at] = files[at] or (gone if gone not in files else "") or f"{NEW}{feed} {at}"
            for at in order:
                if files[at]:
                    stories.learn(files[at], _keys(feed, entries[at], context))
    return found


def match(feed: str, entries: Sequence[Entry], known: identity.Known) -> list[str | None]:
    """Returns for each entry of one document the file of the story that it is, None where it is a new one."""
    (stories,) = resolve([(feed, entries)], known)
    return [None if story.startswith(NEW) else story for story in stories]


class Context:
    """What the documents of a pull say about names: guids that several entries have, links that name no one story."""

    def __init__(
        self, repeated: Mapping[str, frozenset[str]], crowded: Container[str], known: identity.Known
    ) -> None:
        self._repeated, self._crowded, self._known = repeated, crowded, known

    @classmethod
    def of(cls, documents: Documents, known: identity.Known) -> Context:
        pages = (Counter(identity.page_of(entry) for entry in entries) for _, entries in documents)
        whole = (
            Counter(identity.whole_link(entry) for entry in entries) for _, entries in documents
        )
        return cls(
            repeated={feed: identity.repeated_guids(entries) for feed, entries in documents},
            crowded={
                name for count in (*pages, *whole) for name, times in count.items() if times > 1
            },
            known=known,
        )

    def guid(self, feed: str, entry: Entry) -> str:
        """Returns the guid by which an entry may be known, empty where it has none that is its alone."""
        guid = identity.guid_of(entry)
        return "" if guid in self._repeated.get(feed, ()) else guid

    def is_weak(self, feed: str, link: str) -> bool:
        """Tells whether a link is that of several stories, or of a whole site."""
        page = urls.lasting(urls.canonical(link))
        return (
            self.is_crowded(link)
            or len(self._known.get(identity.in_feed(f"page:{page}", feed), ())) > 1
        )

    def is_shared(self, feed: str, entry: Entry) -> bool:
        """Tells whether several entries or stories have an entry's link, if that leads to a place, the very place."""
        if not urls.fragment(entry.link):
            return self.is_weak(feed, entry.link)
        stories = self._known.get(
            identity.in_feed(f"whole link:{identity.hash_of(entry.link)}", feed), ()
        )
        return identity.whole_link(entry) in self._crowded or len(stories) > 1

    def is_crowded(self, link: str) -> bool:
        """Tells whether several entries of a document have a link, or it is that of a whole site."""
        return urls.lasting(urls.canonical(link)) in self._crowded or urls.is_front_page(link)

    def is_place(self, entry: Entry) -> bool:
        """Tells whether an entry's link leads to a place on a page that no other entry of its document has."""
        return bool(urls.fragment(entry.link)) and identity.whole_link(entry) not in self._crowded

    def stand_in(self, feed: str, entry: Entry, salt: str = "") -> str:
        """Returns what serves as guid for an entry that has none, empty where its link is name enough.

        That is the link with its fragment, if this is what tells it from others on the same page, else a hash of what
        it says, by which it is known for good, whatever it says later.
        """
        if self.is_place(entry):
            return entry.link
        return (
            minted(entry, salt)
            if urls.fragment(entry.link) or self.is_weak(feed, entry.link)
            else ""
        )


def minted(entry: Entry, salt: str = "") -> str:
    """Returns a guid of our own for an entry that neither guid nor link can name."""
    when = identity.stamp(entry.published) if entry.published else ""
    when = when if identity.has_headline(entry) else identity.apart(entry)
    words = f"{identity.whole_link(entry)}\n{entry.title}\n{when}{salt}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, words)}"


def own_names(
    feed: str,
    entries: Sequence[Entry],
    files: Sequence[str | None],
    known: identity.Known,
    context: Context,
    ids: Mapping[str, str] = MappingProxyType({}),
) -> list[tuple[Entry, str, tuple[str, ...]]]:
    """Returns each entry of a document with the guid that is its own, or stands in for one, and its aliases.

    `files` has the stories that `resolve` has found, None for new ones; `ids` those that the feed's ledger has already,
    by what it calls them: what stands in for a guid is no alias of theirs. The guid is empty where the link is the only
    name. A guid that names another story, or that several entries share, is not the entry's own; one that names another
    story is no alias of it either, since who asks by it means that story. No two stories get one name.
    """
    bare = {identity.whole_link(entry) for entry in entries if not context.guid(feed, entry)}
    own = [
        ""
        if guid and (ids.get(guid, file) != file or _is_foreign(feed, entry, file, known, bare))
        else guid
        for entry, file in zip(entries, files, strict=True)
        for guid in (context.guid(feed, entry),)
    ]
    met = {guid for guid in own if guid}
    recorded = frozenset(ids.values())
    found = []
    for entry, file, guid in zip(entries, files, own, strict=True):
        aliases = identity.aliases_of(entry)
        if not guid:
            claimed = context.guid(feed, entry)
            stand_in = context.stand_in(feed, entry, claimed)
            guid = _free_stand_in(entry, file, stand_in, known, met, ids)
            met.add(guid or entry.link)
            if urls.is_absolute(entry.id) or (claimed and _is_elsewhere(feed, entry, known)):
                aliases = _without_guid(entry, aliases)
            aliases = (f"guid:{guid}", *aliases) if guid and file not in recorded else aliases
        found.append((entry, guid, tuple(dict.fromkeys(aliases))))
    return found


def _without_guid(entry: Entry, aliases: tuple[str, ...]) -> tuple[str, ...]:
    """Returns aliases without a guid that is another story's, but with the claim to it if it is an absolute URI."""
    kept = tuple(alias for alias in aliases if alias != f"guid:{entry.id}")
    return (*kept, f"{identity.CLAIM}{entry.id}") if urls.is_absolute(entry.id) else kept


def _free_stand_in(
    entry: Entry,
    file: str | None,
    guid: str,
    known: identity.Known,
    met: Container[str],
    ids: Mapping[str, str],
) -> str:
    """Returns what stands in for a guid, one of our own where the name that it would have is another story's."""
    name = guid or entry.link
    owners = (
        *known.get(f"guid:{name}", ()),
        *(() if guid else known.get(f"bare:{urls.canonical(name)}", ())),
    )
    is_taken = (bool(owners) and file not in owners) or name in met or ids.get(name, file) != file
    return _free_minted(entry, file, known, met) if is_taken else guid


def _free_minted(entry: Entry, file: str | None, known: identity.Known, met: Container[str]) -> str:
    """Returns a guid of our own that no other story has, though it may say the very same."""
    guids = (minted(entry, str(number) if number else "") for number in count())
    return next(
        guid
        for guid in guids
        if guid not in met and {file}.issuperset(known.get(f"guid:{guid}", ()))
    )


def _is_foreign(
    feed: str, entry: Entry, file: str | None, known: identity.Known, bare: Container[str]
) -> bool:
    """Tells whether an entry's guid already names another story, or is the link that is the only name of one."""
    address = (
        urls.canonical(entry.id) if urls.web_link(entry.id) and not urls.fragment(entry.id) else ""
    )
    owners = known.get(identity.scoped(f"guid:{entry.id}", feed), ()) or known.get(
        f"bare:{address}", ()
    )
    return _is_anothers_link(entry, bare) or (bool(owners) and file not in owners)


def _is_anothers_link(entry: Entry, bare: Container[str]) -> bool:
    """Tells whether an entry's guid is not its link, but that of an entry that has no guid."""
    place = identity.whole(entry.id)
    return place in bare and place != identity.whole_link(entry)


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


def _keys(feed: str, entry: Entry, context: Context) -> Collection[str]:
    """Returns the keys by which others may find the story of an entry."""
    guid = context.guid(feed, entry)
    stand_in = guid or context.stand_in(feed, entry)
    aliases = [alias for alias in identity.aliases_of(entry) if not alias.startswith("guid:")]
    aliases += [f"guid:{stand_in}"] if stand_in else []
    return identity.keys_of(
        aliases, entry.title, feed, bare=not guid, link=identity.hash_of(entry.link)
    )


def _signs(
    feed: str, entries: Sequence[Entry], context: Context, known: identity.Known
) -> list[score.Signs]:
    """Returns the names of each entry of a document, and what they are worth."""
    dates = Counter(identity.stamp(entry.published) for entry in entries if entry.published)
    summaries = Counter(entry.summary for entry in entries)
    has_moved = _has_moved(feed, entries, context, known)
    names = [
        evidence.Names(
            one,
            context.guid(feed, one),
            context.is_crowded(one.link),
            context.is_shared(feed, one),
            has_moved,
        )
        for one in entries
    ]
    return [
        score.Signs(
            names=_names(feed, entry, context, is_excerpt_shared=summaries[entry.summary] > 1),
            link=link,
            is_guid_vague=is_guid_vague,
            is_date_shared=entry.published is not None
            and dates[identity.stamp(entry.published)] > 1,
        )
        for entry, (link, is_guid_vague) in zip(entries, evidence.kinds(names), strict=True)
    ]


def _has_moved(
    feed: str, entries: Sequence[Entry], context: Context, known: identity.Known
) -> bool:
    """Tells whether an entry has headline and exact date of a known story, but the only link of another.

    Then the links of the feed say where an entry stands in it, and not what it is.
    """
    exact = Counter(map(_exact, entries))
    for entry in entries:
        guid, said = context.guid(feed, entry), _exact(entry)
        if exact[said] == 1 and (not guid or evidence.is_in_link(guid, entry.link)):
            stories = known.get(identity.in_feed(said, feed), ())
            kind = "whole link" if urls.fragment(entry.link) else "only page"
            name = (
                identity.hash_of(entry.link)
                if urls.fragment(entry.link)
                else identity.page_of(entry)
            )
            there = known.get(identity.in_feed(f"{kind}:{name}", feed), ())
            if len(stories) == 1 and there and set(stories).isdisjoint(there):
                return True
    return False


def _exact(entry: Entry) -> str:
    """Returns the alias of an entry's headline with its exact date, empty where it lacks one of them."""
    when = identity.exact_stamp(entry) if identity.has_headline(entry) else ""
    return f"headline:{when} {identity.hash_of(entry.title)}" if when else ""


def _names(feed: str, entry: Entry, context: Context, *, is_excerpt_shared: bool) -> dict[str, str]:
    """Returns the names of an entry, by kind."""
    guid, page, words = (
        context.guid(feed, entry),
        identity.page_of(entry),
        identity.hash_of(entry.title),
    )
    name, number = guid or context.stand_in(feed, entry), urls.article_number(entry.link)
    link, when = (
        identity.hash_of(entry.link),
        identity.stamp(entry.published) if entry.published else "",
    )
    exact = identity.exact_stamp(entry)
    names = {"unchanged": ledger.unchanged(ledger.hashes(_said(entry)))}
    names |= {"guid": f"guid:{name}", "any guid": f"any guid:{name}"} if name else {}
    names |= {"minted": f"guid:{name}"} if not guid and name.startswith("urn:uuid:") else {}
    names |= {"claim": f"{identity.CLAIM}{guid}"} if guid else {}
    names |= (
        {"shared guid": f"noted guid:{entry.id}", "shared claim": f"{identity.CLAIM}{entry.id}"}
        if entry.id
        else {}
    )
    names |= {"article": f"article:{number}"} if number else {}
    names |= {
        "page": f"page:{page}",
        "host": f"host:{urls.host(entry.link)}",
        "same": f"same:{link} {words}",
    }
    names |= (
        {"whole link": f"whole link:{link}"}
        if urls.fragment(entry.link)
        else {"only page": f"only page:{page}"}
    )
    if identity.has_headline(entry):
        names |= {
            "words": f"words:{words}",
            "now": f"now:{words}",
            "wording": identity.wording(entry.title),
        }
        names |= {"headline": f"headline:{exact} {words}"} if exact else {}
        if not exact and (not guid or urls.web_link(guid)):
            names |= {"stem": identity.stem(page, entry.title, when)}
    else:
        names |= {"untitled": f"now:{words}"}
        names |= {
            "apart": f"date:{exact}" if exact else f"summary:{identity.hash_of(entry.summary)}"
        }
    if not is_excerpt_shared and len(entry.summary.split()) >= _TELLING_WORDS:
        names |= {"excerpt": f"summary:{identity.hash_of(entry.summary)}"}
    if when:
        names |= {"day": f"date:{when}", "dated": "dated"}
        names |= {"moment": f"date:{when}"} if exact else {}
    return names


def _said(entry: Entry) -> dict[str, str | datetime | None]:
    return {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "excerpt": entry.summary,
    }


_TELLING_WORDS = 5
"""An excerpt of fewer words says nothing."""
