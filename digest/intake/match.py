"""Matches entries with stories, and decides by which names the ledger will know them.

    documents ──own ledger──▶ ──all ledgers, and each other──▶ the story of each entry, known or new

An entry is matched with the story that agrees with it most, if the score is high enough (see
`score`): first with the stories of its own feed, then with all others. Its names are guid, the
publisher's article number, link (without trackers and tokens), headline, date and excerpt. A name
that may be another story's as well counts for less (`evidence`).

A guid is valid in its feed, and everywhere if it is an absolute URI. But a feed may contain any
guid, so across feeds link or headline has to agree. Placeholders and a site's front page identify
nothing. Entries of one document are different stories, unless guid, link and headline agree. An
entry that neither a guid of its own nor its link can identify gets a guid from us (`stand_in`). The
order of feeds and entries makes no difference.
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
    documents: Documents,
    known: identity.FilesByKey,
    is_gone: Callable[[str], bool] = lambda _: False,
) -> list[list[str]]:
    """Returns for each entry of each document the file of its story, or a new name (`NEW`).

    All documents are first matched with the stories of their own feeds; the names that these
    entries add to a story count in the second round, for all feeds. All entries of a document are
    scored before any is matched, so that a weak match does not take the story of a strong one.
    `is_gone` is True for the file of a deleted story: an entry of another feed with its guid and
    date is that story, under any headline.
    """
    context = Context.of(documents, known)
    stories = score.Stories(known)
    found: list[list[str]] = [[""] * len(entries) for _, entries in documents]
    for own in (True, False):
        for number in sorted(range(len(documents)), key=lambda number: documents[number][0]):
            feed, entries = documents[number]
            files = found[number]
            # By what the entries say, so that their order in the document makes no difference.
            order = sorted(range(len(entries)), key=lambda at: _content(entries[at]))
            ranks = {at: rank for rank, at in enumerate(order)}
            signs = _signs(feed, entries, context, known)
            looks = {
                at: score.Look(feed, signs[at], stories, own=own) for at in order if not files[at]
            }
            for at, file in score.assign(looks, ranks, set(files)).items():
                files[at] = file
            for at in order:
                if not own and not files[at]:  # in the second round: deleted or new
                    gone = looks[at].is_gone(is_gone)
                    files[at] = gone if gone and gone not in files else f"{NEW}{feed} {at}"
            for at in order:
                if files[at]:
                    stories.learn(files[at], _keys(feed, entries[at], context))
    return found


def match(feed: str, entries: Sequence[Entry], known: identity.FilesByKey) -> list[str | None]:
    """Returns for each entry of one document the file of its story, None if it is new."""
    (stories,) = resolve([(feed, entries)], known)
    return [None if story.startswith(NEW) else story for story in stories]


class Context:
    """Which guids and links do not identify one story, over all documents of a pull."""

    def __init__(
        self,
        repeated: Mapping[str, frozenset[str]],
        crowded: Container[str],
        known: identity.FilesByKey,
    ) -> None:
        self._repeated, self._crowded, self._known = repeated, crowded, known

    @classmethod
    def of(cls, documents: Documents, known: identity.FilesByKey) -> Context:
        crowded: set[str] = set()
        for _, entries in documents:
            for name_of in (identity.page_of, identity.whole_link):
                times = Counter(map(name_of, entries))
                crowded.update(name for name in times if times[name] > 1)
        repeated = {feed: identity.repeated_guids(entries) for feed, entries in documents}
        return cls(repeated, crowded, known)

    def guid(self, feed: str, entry: Entry) -> str:
        """Returns the guid of an entry, "" if it has none or shares it."""
        guid = identity.guid_of(entry)
        return "" if guid in self._repeated.get(feed, ()) else guid

    def is_weak(self, feed: str, link: str) -> bool:
        """True if a link is that of several stories or entries, or of a whole site."""
        page = urls.lasting(urls.canonical(link))
        return (
            self.is_crowded(link)
            or len(self._known.get(identity.in_feed(f"page:{page}", feed), ())) > 1
        )

    def is_shared(self, feed: str, entry: Entry) -> bool:
        """True if several entries or stories have this link, with its fragment if it has one."""
        if not urls.fragment(entry.link):
            return self.is_weak(feed, entry.link)
        stories = self._known.get(
            identity.in_feed(f"whole link:{identity.hash_of(entry.link)}", feed), ()
        )
        return identity.whole_link(entry) in self._crowded or len(stories) > 1

    def is_crowded(self, link: str) -> bool:
        """True if several entries of a document have a link, or it is that of a whole site."""
        return urls.lasting(urls.canonical(link)) in self._crowded or urls.is_front_page(link)

    def is_place(self, entry: Entry) -> bool:
        """True if an entry's link has a fragment and no other entry has this link."""
        return bool(urls.fragment(entry.link)) and identity.whole_link(entry) not in self._crowded

    def stand_in(self, feed: str, entry: Entry, salt: str = "") -> str:
        """Returns what serves as guid for an entry without one, "" if its link is enough.

        That is the link with its fragment, if only the fragment tells it from others on the same
        page. Otherwise it is a hash of what the entry says when it first comes.
        """
        if self.is_place(entry):
            return entry.link
        needs_hash = urls.fragment(entry.link) or self.is_weak(feed, entry.link)
        return minted(entry, salt) if needs_hash else ""


def minted(entry: Entry, salt: str = "") -> str:
    """Returns a guid of our own, made from what an entry says."""
    when = identity.stamp(entry.published) if entry.published else ""
    when = when if identity.has_headline(entry) else identity.apart(entry)
    words = f"{identity.whole_link(entry)}\n{entry.title}\n{when}{salt}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, words)}"


def own_names(
    feed: str,
    entries: Sequence[Entry],
    files: Sequence[str | None],
    known: identity.FilesByKey,
    context: Context,
    ids: Mapping[str, str] = MappingProxyType({}),
) -> list[tuple[Entry, str, tuple[str, ...]]]:
    """Returns each entry of a document with its guid, or what serves as one, and its aliases.

    `files` has the stories that `resolve` has found, None for new ones. `ids` has the stories in
    the feed's ledger by their id there; what serves as guid is not added to their aliases. The guid
    is "" if the link is the only name. A guid that several entries share, or that is another
    story's, is not the entry's own; in the second case it is not an alias either, since it would
    find that other story. No two stories get the same name.
    """
    bare = {identity.whole_link(entry) for entry in entries if not context.guid(feed, entry)}
    own = []
    for entry, file in zip(entries, files, strict=True):
        guid = context.guid(feed, entry)
        if guid and (ids.get(guid, file) != file or _is_foreign(feed, entry, file, known, bare)):
            guid = ""
        own.append(guid)
    used = {guid for guid in own if guid}
    recorded = frozenset(ids.values())
    found = []
    for entry, file, guid in zip(entries, files, own, strict=True):
        aliases = identity.aliases_of(entry)
        if not guid:
            claimed = context.guid(feed, entry)
            stand_in = context.stand_in(feed, entry, claimed)
            guid = _free_stand_in(entry, file, stand_in, known, used, ids)
            used.add(guid or entry.link)
            is_new_guid = identity.in_feed(f"noted guid:{entry.id}", feed) not in known
            if urls.is_absolute(entry.id) or (claimed and is_new_guid):
                aliases = tuple(alias for alias in aliases if alias != f"guid:{entry.id}")
            if urls.is_absolute(entry.id):
                aliases = (*aliases, f"{identity.CLAIM}{entry.id}")
            if guid and file not in recorded:
                aliases = (f"guid:{guid}", *aliases)
        found.append((entry, guid, tuple(dict.fromkeys(aliases))))
    return found


def _free_stand_in(
    entry: Entry,
    file: str | None,
    guid: str,
    known: identity.FilesByKey,
    used: Container[str],
    ids: Mapping[str, str],
) -> str:
    """Returns the given guid, or a new one if it would name another story."""
    name = guid or entry.link
    owners = list(known.get(f"guid:{name}", ()))
    if not guid:
        owners += known.get(f"bare:{urls.canonical(name)}", ())
    is_owned = bool(owners) and file not in owners
    if not (is_owned or name in used or ids.get(name, file) != file):
        return guid
    # Another story may say the very same: a number makes the difference.
    guids = (minted(entry, str(number) if number else "") for number in count())
    return next(
        guid
        for guid in guids
        if guid not in used and {file}.issuperset(known.get(f"guid:{guid}", ()))
    )


def _is_foreign(
    feed: str, entry: Entry, file: str | None, known: identity.FilesByKey, bare: Container[str]
) -> bool:
    """True if an entry's guid is the guid of another story, or its link if it has no guid.

    `bare` has the links of the entries without a guid.
    """
    link = identity.whole(entry.id)
    if link in bare and link != identity.whole_link(entry):
        return True
    is_page = urls.web_link(entry.id) and not urls.fragment(entry.id)
    address = urls.canonical(entry.id) if is_page else ""
    owners = known.get(identity.scoped(f"guid:{entry.id}", feed), ())
    owners = owners or known.get(f"bare:{address}", ())
    return bool(owners) and file not in owners


def _content(entry: Entry) -> tuple[str, ...]:
    return (
        entry.title,
        entry.link,
        entry.id,
        identity.stamp(entry.published) if entry.published else "",
        entry.summary,
    )


def _keys(feed: str, entry: Entry, context: Context) -> Collection[str]:
    """Returns the keys by which entries of other feeds may find the story of this one."""
    guid = context.guid(feed, entry)
    stand_in = guid or context.stand_in(feed, entry)
    aliases = [alias for alias in identity.aliases_of(entry) if not alias.startswith("guid:")]
    aliases += [f"guid:{stand_in}"] if stand_in else []
    return identity.keys_of(
        aliases, entry.title, feed, bare=not guid, link=identity.hash_of(entry.link)
    )


def _signs(
    feed: str, entries: Sequence[Entry], context: Context, known: identity.FilesByKey
) -> list[score.Signs]:
    """Returns the names of each entry of a document, and how much they count."""
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
    feed: str, entries: Sequence[Entry], context: Context, known: identity.FilesByKey
) -> bool:
    """True if an entry has headline and date of one story, but the only link of another.

    Then links in this feed say where in a list an entry is, and not which story it is.
    """
    exact = Counter(map(_exact, entries))
    for entry in entries:
        guid, headline = context.guid(feed, entry), _exact(entry)
        if exact[headline] == 1 and (not guid or evidence.is_in_link(guid, entry.link)):
            stories = known.get(identity.in_feed(headline, feed), ())
            link = f"only page:{identity.page_of(entry)}"
            if urls.fragment(entry.link):
                link = f"whole link:{identity.hash_of(entry.link)}"
            at_link = known.get(identity.in_feed(link, feed), ())
            if len(stories) == 1 and at_link and set(stories).isdisjoint(at_link):
                return True
    return False


def _exact(entry: Entry) -> str:
    """Returns the alias of an entry's headline with its exact date, "" if it lacks one of them."""
    when = identity.exact_stamp(entry) if identity.has_headline(entry) else ""
    return f"headline:{when} {identity.hash_of(entry.title)}" if when else ""


def _names(feed: str, entry: Entry, context: Context, *, is_excerpt_shared: bool) -> dict[str, str]:
    """Returns the names of an entry, by kind (`score` says what each kind counts)."""
    guid, page = context.guid(feed, entry), identity.page_of(entry)
    words, link = identity.hash_of(entry.title), identity.hash_of(entry.link)
    name, number = guid or context.stand_in(feed, entry), urls.article_number(entry.link)
    when = identity.stamp(entry.published) if entry.published else ""
    exact = identity.exact_stamp(entry)
    said: dict[str, str | datetime | None] = {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "excerpt": entry.summary,
    }
    names = {"unchanged": ledger.unchanged(ledger.hashes(said))}
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
        "path": identity.path(page),
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


_TELLING_WORDS = 5
"""An excerpt with fewer words than this identifies nothing."""
