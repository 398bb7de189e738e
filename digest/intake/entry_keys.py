"""The keys of an entry, and how much each says about which story it is.

They are made from its guid, the publisher's article number, link (without trackers and tokens),
headline, date and excerpt. A key that may be another story's as well says less:

- A link says little if it is always the same page (`/live`), a place in a list (`/item-1` to
  `/item-9`), the link of several stories, or in a feed where a link once moved to another story.
- A guid is vague if it is short, a plain word, a place in a list, or the same as such a link.
- A guid is valid in its feed, and everywhere if it is an absolute URI.
- Placeholders and a site's front page identify nothing.

An entry that neither a guid of its own nor its link can identify gets a guid from us.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from posixpath import basename
from typing import Literal, NamedTuple

from digest import urls
from digest.content import identity, ledger
from digest.intake.new_story import Arrival
from digest.model import Entry, Feed

Documents = Sequence[tuple[str, Sequence[Entry]]]
"""Feeds' ids, each with the distinct entries of its document."""

LinkKind = Literal[
    "one story", "general page", "only general page", "place in a list", "several stories"
]
"""What a link leads to. A general page may be about anything, and may be the only page of its
document. A place in a list is one that stories pass through. What leads to several stories
identifies nothing.
"""

KeyKind = Literal[
    "unchanged", "guid", "any guid", "made guid", "claim", "shared guid", "shared claim",
    "article", "page", "whole link", "only page", "host", "path", "newest headline",
    "any headline", "no headline", "wording", "headline and second", "link and headline",
    "path and headline", "second", "date", "dated", "excerpt", "date or summary",
]  # fmt: skip
"""What a key of an entry says. Most kinds are called as in the table of `identity`; and

- unchanged: everything that the feed says
- made guid: a guid that we made, since the entry has none of its own
- shared guid, shared claim: what the feed gives as guid, even if other entries have it too
- no headline: the title is a placeholder or the name of the site
- date or summary: what identifies an entry without a headline
- second: the exact time; date: also that of an entry with only a day
- excerpt: a summary of some words, of no other entry of the document
"""

_NUMBER = re.compile(r"\d+(?=\D*$)")
_LAST_PLACE = re.compile(r"(?<![^\W_])\d{1,2}\W*$")
_ID = re.compile(r"[?&](?:p|t|post|article|story|\w*id)=$", re.IGNORECASE)
"""Query parameters with the number of an article."""
_WORDS = re.compile(r"[\W_]+")
_MIN_GUID_SIGNS = 8
"""A guid with fewer letters and digits will belong to another entry one day."""
_MAX_WORDS = 2
"""A text of more words is not a plain word."""
_MIN_EXCERPT_WORDS = 5
"""A shorter excerpt identifies nothing."""
_THIS_DOCUMENT = ""
"""In place of a story's file: the id is that of another entry of this document."""


class Evidence(NamedTuple):
    """The keys of an entry by kind, and how much its guid, link and date say."""

    keys: Mapping[KeyKind, str]
    link: LinkKind
    is_guid_vague: bool
    is_date_shared: bool
    """Several entries of the document have the date."""


class SharedAliases:
    """Which guids and links do not identify one story, over all documents of a pull."""

    def __init__(self, documents: Documents, files_by_key: identity.FilesByKey) -> None:
        self.files_by_key = files_by_key
        """The stories under each of their keys (`identity.keys_of`)."""
        self._repeated = {feed: identity.repeated_guids(entries) for feed, entries in documents}
        self._repeated_links: set[str] = set()
        """Links that several entries of one document have."""
        for _, entries in documents:
            for link_of in (identity.page_of, identity.full_link):
                times = Counter(map(link_of, entries))
                self._repeated_links.update(link for link in times if times[link] > 1)

    def own_guid(self, feed: str, entry: Entry) -> str:
        """Returns the guid of an entry, "" if it has none or shares it."""
        guid = identity.guid_of(entry)
        return "" if guid in self._repeated.get(feed, ()) else guid

    def is_of_several_entries(self, link: str) -> bool:
        """True if several entries of a document have a link, or it is that of a whole site."""
        return urls.lasting(urls.canonical(link)) in self._repeated_links or urls.is_front_page(
            link
        )

    def is_of_several_stories(self, feed: str, link: str) -> bool:
        """True if a link is that of several stories or entries, or of a whole site."""
        page = urls.lasting(urls.canonical(link))
        stories = self.files_by_key.get(identity.in_feed(f"page:{page}", feed), ())
        return self.is_of_several_entries(link) or len(stories) > 1

    def is_link_shared(self, feed: str, entry: Entry) -> bool:
        """True if several entries or stories have this link, with its fragment if it has one."""
        if not urls.fragment_of(entry.link):
            return self.is_of_several_stories(feed, entry.link)
        key = identity.in_feed(f"whole link:{identity.hash_of(entry.link)}", feed)
        return (
            identity.full_link(entry) in self._repeated_links
            or len(self.files_by_key.get(key, ())) > 1
        )

    def stand_in(self, feed: str, entry: Entry, salt: str = "") -> str:
        """Returns what serves as guid for an entry without one, "" if its link is enough.

        That is the link with its fragment, if only the fragment tells it from others on the same
        page. Otherwise it is a hash of what the entry says when it first comes.
        """
        has_fragment = bool(urls.fragment_of(entry.link))
        if has_fragment and identity.full_link(entry) not in self._repeated_links:
            return entry.link
        if has_fragment or self.is_of_several_stories(feed, entry.link):
            return made_guid(entry, salt)
        return ""


def made_guid(entry: Entry, salt: str) -> str:
    """Returns a guid of our own, made from what an entry says."""
    when = identity.rfc3339(entry.published) if entry.published else ""
    when = when if identity.has_headline(entry) else identity.date_or_summary(entry)
    words = f"{identity.full_link(entry)}\n{entry.title}\n{when}{salt}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, words)}"


def keys_of_entry(feed: str, entry: Entry, shared: SharedAliases) -> frozenset[str]:
    """Returns the keys by which entries of other feeds may find the story of this one."""
    guid = shared.own_guid(feed, entry)
    aliases = [alias for alias in identity.aliases_of(entry) if not alias.startswith("guid:")]
    if id := guid or shared.stand_in(feed, entry):
        aliases.append(f"guid:{id}")
    said = {"link": identity.hash_of(entry.link)}
    return identity.keys_of(aliases, entry.title, feed, bare=not guid, said=said)


# How much the keys of an entry say


def weigh_keys(feed: str, entries: Sequence[Entry], shared: SharedAliases) -> list[Evidence]:
    """Returns the keys of each entry of a document, and how much they say."""
    dates = Counter(identity.rfc3339(entry.published) for entry in entries if entry.published)
    summaries = Counter(entry.summary for entry in entries)
    own_guids = [shared.own_guid(feed, entry) for entry in entries]
    pages = [f"{identity.page_of(entry)}#{urls.fragment_of(entry.link)}" for entry in entries]
    in_list = _numbered(pages) or _places(pages)
    guids_in_list = _numbered(own_guids)
    is_only_page = len(set(pages)) == 1
    do_links_move = _do_links_move(feed, entries, own_guids, shared.files_by_key)

    found = []
    for entry, guid, page in zip(entries, own_guids, pages, strict=True):
        is_one_key = not guid or _is_in_link(guid, entry.link)
        link: LinkKind = "one story"
        if shared.is_of_several_entries(entry.link) and not urls.fragment_of(entry.link):
            link = "several stories"
        elif (
            page in in_list or shared.is_link_shared(feed, entry) or (is_one_key and do_links_move)
        ):
            link = "place in a list"
        elif _is_general(page):
            link = "only general page" if is_only_page else "general page"
        is_short = not urls.is_absolute(guid) and sum(map(str.isalnum, guid)) < _MIN_GUID_SIGNS
        is_vague = is_short or guid in guids_in_list or _is_plain_word(guid)
        when = identity.rfc3339(entry.published) if entry.published else ""
        keys = _keys(feed, entry, guid, shared, is_excerpt_shared=summaries[entry.summary] > 1)
        found.append(
            Evidence(
                keys=keys,
                link=link,
                is_guid_vague=is_vague or (is_one_key and link != "one story"),
                is_date_shared=dates[when] > 1,
            )
        )
    return found


def _keys(
    feed: str, entry: Entry, guid: str, shared: SharedAliases, *, is_excerpt_shared: bool
) -> dict[KeyKind, str]:
    """Returns the keys of an entry, by kind (`match` says what each kind counts)."""
    page, number = identity.page_of(entry), urls.article_number(entry.link)
    title_hash = identity.hash_of(entry.title)
    link_hash = identity.hash_of(entry.link)
    said = {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "excerpt": entry.summary,
    }
    keys: dict[KeyKind, str] = {
        "unchanged": ledger.unchanged_key(ledger.hashes(said)),
        "page": f"page:{page}",
        "host": f"host:{urls.host_of(entry.link)}",
        "path": identity.path_key(page),
        "link and headline": f"link and headline:{link_hash} {title_hash}",
    }
    if id := guid or shared.stand_in(feed, entry):
        keys["guid"] = f"guid:{id}"
        keys["any guid"] = f"any guid:{id}"
        if not guid and id.startswith("urn:uuid:"):
            keys["made guid"] = f"guid:{id}"
    if guid:
        keys["claim"] = f"{identity.CLAIM}{guid}"
    if entry.id:
        keys["shared guid"] = f"noted guid:{entry.id}"
        keys["shared claim"] = f"{identity.CLAIM}{entry.id}"
    if number:
        keys["article"] = f"article:{number}"
    if urls.fragment_of(entry.link):
        keys["whole link"] = f"whole link:{link_hash}"
    else:
        keys["only page"] = f"only page:{page}"
    when = identity.rfc3339(entry.published) if entry.published else ""
    second = identity.exact_time(entry)
    if not second and identity.has_headline(entry) and (not guid or urls.web_link(guid)):
        keys["path and headline"] = identity.path_headline_key(page, entry.title, when)
    if when:
        keys["date"] = f"date:{when}"
        keys["dated"] = "dated"
    if second:
        keys["second"] = f"date:{second}"
    return keys | _keys_of_words(entry, is_excerpt_shared=is_excerpt_shared)


def _keys_of_words(entry: Entry, *, is_excerpt_shared: bool) -> dict[KeyKind, str]:
    """Returns the keys that an entry has from its headline and its excerpt, by kind."""
    keys: dict[KeyKind, str] = {}
    title_hash, second = identity.hash_of(entry.title), identity.exact_time(entry)
    summary = f"summary:{identity.hash_of(entry.summary)}"
    if identity.has_headline(entry):
        keys["any headline"] = f"any headline:{title_hash}"
        keys["newest headline"] = f"newest headline:{title_hash}"
        keys["wording"] = identity.wording_key(entry.title)
        if second:
            keys["headline and second"] = f"headline:{second} {title_hash}"
    else:
        keys["no headline"] = f"newest headline:{title_hash}"
        keys["date or summary"] = f"date:{second}" if second else summary
    if not is_excerpt_shared and len(entry.summary.split()) >= _MIN_EXCERPT_WORDS:
        keys["excerpt"] = summary
    return keys


def _do_links_move(
    feed: str, entries: Sequence[Entry], own_guids: Sequence[str], files_by_key: identity.FilesByKey
) -> bool:
    """True if an entry has headline and date of one story, but the only link of another.

    Then links in this feed say where in a list an entry is, and not which story it is.
    """
    headlines = []
    for entry in entries:
        second = identity.exact_time(entry) if identity.has_headline(entry) else ""
        headlines.append(f"headline:{second} {identity.hash_of(entry.title)}" if second else "")
    times = Counter(headlines)
    for entry, guid, headline in zip(entries, own_guids, headlines, strict=True):
        if times[headline] > 1 or (guid and not _is_in_link(guid, entry.link)):
            continue
        link = f"only page:{identity.page_of(entry)}"
        if urls.fragment_of(entry.link):
            link = f"whole link:{identity.hash_of(entry.link)}"
        stories = files_by_key.get(identity.in_feed(headline, feed), ())
        at_link = files_by_key.get(identity.in_feed(link, feed), ())
        if len(stories) == 1 and at_link and set(stories).isdisjoint(at_link):
            return True
    return False


def _is_in_link(guid: str, link: str) -> bool:
    """True if a guid is the link or the end of it, so that the two are one piece of evidence."""
    if urls.web_link(guid):
        return identity.with_fragment(guid) == identity.with_fragment(link)
    return link.endswith(guid) and not link.removesuffix(guid)[-1:].isalnum()


def _numbered(texts: Iterable[str]) -> set[str]:
    """Returns the texts that differ only in a number no higher than their count."""
    groups: defaultdict[str, dict[str, int]] = defaultdict(dict)
    counts: Counter[str] = Counter()
    for text in texts:
        number = _NUMBER.search(text)
        if number and len(number[0]) < 4 and not _ID.search(text[: number.start()]):
            rest = f"{text[: number.start()]}\0{text[number.end() :]}"
            groups[rest][text] = int(number[0])
            counts[rest] += 1
    in_list: set[str] = set()
    for rest, numbers in groups.items():
        if counts[rest] > 1 and max(numbers.values()) <= counts[rest]:
            in_list.update(numbers)
    return in_list


def _places(links: Collection[str]) -> set[str]:
    """Returns the links of a document if each ends in a separate number below 100."""
    for link in links:
        number = _LAST_PLACE.search(link)
        if not number or _ID.search(link[: number.start()]):
            return set()
    return set(links)


def _is_general(link: str) -> bool:
    """True if a link leads to a page that may be about anything: `/`, `/live`, `/hot-news/`."""
    page, _, fragment = link.partition("#")
    where = page.partition("/")[2] if "/" in page else page.partition("?")[2]
    last = basename(where.partition("?")[0]).partition(".")[0]
    return not any(map(str.isdigit, where + fragment)) and _is_plain_word(fragment or last)


def _is_plain_word(text: str) -> bool:
    """True if a text is one or two words without a number."""
    words = [word for word in _WORDS.split(text) if word]
    return len(words) <= _MAX_WORDS and not any(map(str.isdigit, text))


# The aliases for the ledger


def arrivals(
    feed: Feed,
    entries: Sequence[Entry],
    files: Sequence[str | None],
    shared: SharedAliases,
    ids: Mapping[str, str],
) -> list[Arrival]:
    """Returns the entries of a document, each with its guid, or what serves as one, and its aliases.

    `files` has the stories that `match.match_entries` has found, None for new ones. `ids` has the
    stories in the feed's ledger by their id there; what serves as guid is not added to their
    aliases. The guid is "" if only the link identifies the entry. A guid that several entries
    share, or that is another story's, is not the entry's own; in the second case it is not an alias
    either, since it would find that other story. No two stories get the same guid.
    """
    own_guids = []
    links_without_guid = {
        identity.full_link(entry) for entry in entries if not shared.own_guid(feed.id, entry)
    }
    for entry, file in zip(entries, files, strict=True):
        guid = shared.own_guid(feed.id, entry)
        is_foreign = ids.get(guid, file) != file
        if is_foreign or _is_of_another(feed.id, entry, file, shared, links_without_guid):
            guid = ""
        own_guids.append(guid)
    owners = {**ids, **dict.fromkeys(filter(None, own_guids), _THIS_DOCUMENT)}
    recorded = frozenset(ids.values())
    found = []
    for entry, file, guid in zip(entries, files, own_guids, strict=True):
        aliases = identity.aliases_of(entry)
        if not guid:
            claimed = shared.own_guid(feed.id, entry)
            stand_in = shared.stand_in(feed.id, entry, claimed)
            guid = _free_stand_in(entry, file, stand_in, shared.files_by_key, owners)
            owners[guid or entry.link] = _THIS_DOCUMENT
            noted_guid = identity.in_feed(f"noted guid:{entry.id}", feed.id)
            is_new_guid = noted_guid not in shared.files_by_key
            if urls.is_absolute(entry.id) or (claimed and is_new_guid):
                aliases = tuple(alias for alias in aliases if alias != f"guid:{entry.id}")
            if urls.is_absolute(entry.id):
                aliases = (*aliases, f"{identity.CLAIM}{entry.id}")
            if guid and file not in recorded:
                aliases = (f"guid:{guid}", *aliases)
        found.append(Arrival(feed, entry, guid, tuple(dict.fromkeys(aliases))))
    return found


def _free_stand_in(
    entry: Entry,
    file: str | None,
    guid: str,
    files_by_key: identity.FilesByKey,
    owners: Mapping[str, str],
) -> str:
    """Returns the given guid, or a new one if that is another story's.

    `owners` has the stories of the feed by id, and `_THIS_DOCUMENT` for ids that are taken.
    """
    id = guid or entry.link
    files = list(files_by_key.get(f"guid:{id}", ()))
    if not guid:
        files += files_by_key.get(f"bare:{urls.canonical(id)}", ())
    is_owned = bool(files) and file not in files
    if not is_owned and owners.get(id, file) == file:
        return guid
    # Another story may say the very same: a number makes the difference.
    number = 0
    while True:
        guid = made_guid(entry, str(number or ""))
        is_taken = owners.get(guid) == _THIS_DOCUMENT
        if not is_taken and {file}.issuperset(files_by_key.get(f"guid:{guid}", ())):
            return guid
        number += 1


def _is_of_another(
    feed: str,
    entry: Entry,
    file: str | None,
    shared: SharedAliases,
    links_without_guid: Container[str],
) -> bool:
    """True if an entry's guid is the guid of another story, or its link if it has no guid."""
    link = identity.with_fragment(entry.id)
    if link in links_without_guid and link != identity.full_link(entry):
        return True
    is_page = urls.web_link(entry.id) and not urls.fragment_of(entry.id)
    address = urls.canonical(entry.id) if is_page else ""
    owners = shared.files_by_key.get(identity.in_its_scope(f"guid:{entry.id}", feed), ())
    owners = owners or shared.files_by_key.get(f"bare:{address}", ())
    return bool(owners) and file not in owners
