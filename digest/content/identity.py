"""What identifies entries and stories: guids, links and headlines, in the form in which they
compare.

Every alias that an entry ever had stays in its feed's ledger, so that a new guid or slug
does not make a second story. Placeholders (`N/A`, "Untitled"), a site's front page and guids that
several entries share identify nothing. `intake.match` uses the keys to decide which entries are
one story:

    key of a story (`keys_of`)              what it says of the story                    counts
    guid:… article:… link:… claim:… id:…    an alias; `claim` is a guid of another's,    everywhere if it
    headline:DATE HASH                      `id` a link that became its `id`             can, and in its feed
    any guid:GUID                           its guid, whatever feed gave it              everywhere
    wording:WORDS                           the words of its newest headline, sorted     everywhere
    any headline:HASH                       a headline that it has or had                everywhere
    date:DATE  dated                        a date that it has or had; that it has one   everywhere
    whole link:HASH                         its newest link, with the fragment           everywhere
    link and headline:HASH HASH             that link with its newest headline           everywhere
    page:PAGE  host:HOST  path:PATH         parts of its link, without session tokens    everywhere
    only page:PAGE                          that, if its guid is no place on the page    everywhere
    bare:LINK                               its link; it has no guid                     everywhere
    newest headline:HASH                    its newest headline                          in its feed
    path and headline:PATH HASH DATE        its link without most of the query           in its feed
    summary:HASH                            the newest excerpt                           in its feed
    noted ALIAS                             an alias that its feed's ledger has          in its feed
    any                                     nothing: every story of the feed has it      in its feed

A key that counts everywhere counts in its feed as well (`in_feed`), except `bare`. Only aliases are
ever stored.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from digest import urls
from digest.model import Entry, Story
from digest.scripts import HANGUL, UNSPACED

FilesByKey = Mapping[str, Collection[str]]
"""The files of the stories under each of their keys (`keys_of`)."""

CLAIM = "claim:"
"""Prefix of an alias: a guid that is an absolute URI and identifies a story of another feed."""
ANY_OF_FEED = "any"
"""A key that every story has in its own feed."""
WORDING = "wording:"
"""Prefix of the key with the words of a story's headline."""
_NO_GUID = frozenset({"", "0", "na", "null", "nil", "nan", "none", "undefined", "unknown",
                      "false", "true", "guid", "id"})  # fmt: skip
_NO_HEADLINE = frozenset({"", "untitled", "notitle", "na", "null", "none", "undefined"})
_NUMBERED = re.compile(r"(?:p|t|n|id|[anp]id|\w+_id|post|item|story|article)=", re.IGNORECASE)
_ENDING = re.compile(r"\.(?:html?|shtml|php|aspx?|jsp)$")
_SIGNS = re.compile(r"[\W_]+")
_A_WORD = rf"[{UNSPACED}{HANGUL}]|[^\W_{UNSPACED}{HANGUL}]+"


def aliases_of(entry: Entry) -> tuple[str, ...]:
    """Returns the aliases of an entry, strongest first, as the ledger stores them."""
    guid = guid_of(entry)
    aliases = [f"guid:{guid}"] if guid else []
    aliases += aliases_of_link(entry.link)
    if entry.published:
        aliases.append(f"headline:{rfc3339(entry.published)} {hash_of(entry.title)}")
    return tuple(aliases)


def aliases_of_link(link: str) -> tuple[str, ...]:
    """Returns the aliases of an entry or story that come from its link, strongest first."""
    alias = f"link:{urls.canonical(link)}"
    number = urls.article_number(link)
    return (f"article:{number}", alias) if number else (alias,)


def guid_of(entry: Entry) -> str:
    """Returns an entry's guid, "" if it is a placeholder or the address of a whole site."""
    if _SIGNS.sub("", entry.id).casefold() in _NO_GUID:
        return ""
    return "" if urls.web_link(entry.id) and urls.is_front_page(entry.id) else entry.id


def hash_of(text: str) -> str:
    """Returns the first 16 hex digits of a text's SHA-256: the ledger keeps hashes, not words."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def rfc3339(time: datetime) -> str:
    """Returns a time in UTC to the second, `2026-05-15T09:32:40Z` (RFC 3339)."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_its_scope(alias: str, feed: str) -> str:
    """Returns an alias for the whole digest: with the feed's id if it only counts in that feed."""
    kind, _, value = alias.partition(":")
    local = kind == "headline" or (kind == "guid" and not urls.is_absolute(value))
    return f"{feed}\n{alias}" if local else alias


def in_both_scopes(alias: str, feed: str) -> tuple[str, str]:
    """Returns an alias for the whole digest, and one for its own feed."""
    return in_its_scope(alias, feed), in_feed(alias, feed)


def keys_of(
    aliases: Iterable[str],
    title: str,
    feed: str,
    *,
    bare: bool,
    said: Mapping[str, str],
    id: str = "",
    published: datetime | None = None,
) -> frozenset[str]:
    """Returns all keys under which a story from a feed can be found: those of the table above.

    `bare`: the story has no guid, so its link alone identifies it elsewhere. `said` has the hashes
    of its full link and excerpt, as far as known. `id` is its id in the ledger; `published` is its
    time, if no alias has it.
    """
    all_aliases = set(aliases)
    if id:
        all_aliases.add(f"guid:{id}")
    by_kind: dict[str, list[str]] = defaultdict(list)
    for alias in all_aliases:
        kind, _, value = alias.partition(":")
        by_kind[kind].append(value)
    guids, addresses = by_kind["guid"], by_kind["link"]
    title_hash = hash_of(title)
    title_hashes, dates = {title_hash}, set[str]()
    for value in by_kind["headline"]:
        date, _, headline_hash = value.partition(" ")
        dates.add(date)
        title_hashes.add(headline_hash)
    if published:
        dates.add(rfc3339(published))
    anywhere = {wording_key(title)}
    anywhere.update(f"any headline:{known_hash}" for known_hash in title_hashes)
    anywhere.update(f"any guid:{guid}" for guid in guids)
    anywhere.update(f"date:{date}" for date in dates)
    if dates:
        anywhere.add("dated")
    if link := said.get("link"):
        anywhere |= {f"whole link:{link}", f"link and headline:{link} {title_hash}"}
    anchored = {urls.canonical(guid) for guid in guids if _is_anchor(guid)}
    for address in addresses:
        page = urls.lasting(address)
        anywhere |= {f"page:{page}", f"host:{page.partition('/')[0]}", path_key(page)}
        if address not in anchored:
            anywhere.add(f"only page:{page}")
    summary = said.get("excerpt") or hash_of("")
    in_this_feed = all_aliases | anywhere
    in_this_feed |= {ANY_OF_FEED, f"newest headline:{title_hash}", f"summary:{summary}"}
    in_this_feed.update(f"noted {alias}" for alias in aliases)
    if bare or urls.web_link(id):
        for address in addresses:
            in_this_feed.update(path_headline_key(address, title, date) for date in dates or {""})
    keys = anywhere | {in_feed(key, feed) for key in in_this_feed}
    keys |= {in_its_scope(alias, feed) for alias in all_aliases}
    keys |= {f"guid:{former_link}" for former_link in by_kind["id"]}
    if bare:
        keys |= {f"bare:{address}" for address in addresses}
    return frozenset(keys)


def keys_of_story(story: Story) -> frozenset[str]:
    """Returns the keys of a story, going by its file: its guid in each of its feeds, or else its
    link.
    """
    if story.id:
        alias = f"guid:{story.id}"
        if urls.is_absolute(story.id):
            return frozenset({alias})
        return frozenset([in_feed(alias, feed) for feed in story.feeds])
    if urls.web_link(story.link):
        return frozenset({f"link:{urls.canonical(story.link)}"})
    return frozenset()


def without_repeats(entries: Iterable[Entry]) -> list[Entry]:
    """Returns a document's entries without repeats: same guid, link and headline is the same entry.

    Entries without a guid also need the same fragment of the link and the same exact date; entries
    without a headline the same date or else the same summary. A guid that is only the link counts
    as none beside an entry that has none. Guids that differ only in case, last slash or fragment
    are the same if the date is too: some publishers put an entry's position in them.
    """
    entries = list(entries)
    permalinks = {_fields(entry) for entry in entries if _is_permalink(entry)}
    first: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        fields = _fields(entry)
        if fields in permalinks and (not guid_of(entry) or _is_permalink(entry)):
            earlier_one = first.get(fields)
            if earlier_one is None or (guid_of(entry) and not guid_of(earlier_one)):
                first[fields] = entry
        elif guid := guid_of(entry):
            first.setdefault((guid, urls.canonical(entry.link), *fields[1:]), entry)
        else:
            first.setdefault(("", exact_time(entry), *fields), entry)
    alike: dict[tuple[str, ...], Entry] = {}
    for key, entry in first.items():
        guid = guid_of(entry).partition("#")[0].rstrip("/").casefold()
        when = rfc3339(entry.published) if entry.published else ""
        if guid:
            key = (guid, when, urls.canonical(entry.link), *_fields(entry)[1:])
        alike.setdefault(key, entry)
    return list(alike.values())


def _fields(entry: Entry) -> tuple[str, str, str]:
    """Returns an entry's link, headline and, without a headline, what else distinguishes it."""
    return full_link(entry), entry.title, "" if has_headline(entry) else date_or_summary(entry)


def _is_permalink(entry: Entry) -> bool:
    """True if the guid of an entry is only its link."""
    return bool(guid_of(entry)) and with_fragment(entry.id) == full_link(entry)


def count_dropped(entries: Iterable[Entry], distinct: Iterable[Entry]) -> int:
    """Returns how many entries of a document were dropped as repeats although they differ."""
    distinct_words = {(entry.title, entry.published, entry.summary) for entry in distinct}
    dropped = set[tuple[object, ...]]()
    for entry in entries:
        words = (entry.title, entry.published, entry.summary)
        if words not in distinct_words:
            dropped.add((*words, entry.link, entry.id))
    return len(dropped)


def date_or_summary(entry: Entry) -> str:
    """Returns what identifies an entry without a headline: its exact date or else its summary."""
    return exact_time(entry) or entry.summary


def exact_time(entry: Entry) -> str:
    """Returns an entry's time, "" if it has none to the second."""
    return rfc3339(entry.published) if entry.published and not entry.day_only else ""


def repeated_guids(entries: Iterable[Entry]) -> frozenset[str]:
    """Returns the guids that several distinct entries of a document have: they identify none."""
    counts = Counter(guid for guid in map(guid_of, entries) if guid)
    return frozenset(guid for guid, times in counts.items() if times > 1)


def _is_anchor(guid: str) -> bool:
    """True if a guid is a URL with a fragment: a place on a page."""
    return "#" in guid and urls.web_link(guid) is not None and bool(urls.fragment_of(guid))


def page_of(entry: Entry) -> str:
    """Returns the page that an entry links to, without session tokens, for comparison."""
    return urls.lasting(urls.canonical(entry.link))


def path_key(page: str) -> str:
    """Returns the key of a page wherever its site has moved: without the host, and without `.html`."""
    way, mark, query = page.partition("/")[2].partition("?")
    return f"path:{_ENDING.sub('', way)}{mark}{query}"


def full_link(entry: Entry) -> str:
    """Returns an entry's link with its fragment, for comparison."""
    return with_fragment(entry.link)


def with_fragment(link: str) -> str:
    """Returns a link with its fragment, for comparison; "" if it is not a web link."""
    return f"{urls.canonical(link)}#{urls.fragment_of(link)}" if urls.web_link(link) else ""


def path_headline_key(address: str, title: str, when: str) -> str:
    """Returns a key of a link, headline and date; of the link's query, only article numbers."""
    path, _, query = address.partition("?")
    numbers = "&".join(part for part in query.split("&") if _NUMBERED.match(part))
    return f"path and headline:{path}?{numbers} {hash_of(title)} {when}"


def wording_key(title: str) -> str:
    """Returns a key of a headline's words; scripts without spaces count each character."""
    words = re.findall(_A_WORD, title.casefold())  # slow to compile, so not compiled at import
    return f"{WORDING}{' '.join(sorted(set(words)))}"


def has_headline(entry: Entry) -> bool:
    """True if an entry's title is a headline: not a placeholder, and not just its host's name."""
    return is_headline(entry.title, urls.host_of(entry.link))


def is_headline(title: str, host: str) -> bool:
    """True if a title is a headline on a page of this host."""
    return title != host and _SIGNS.sub("", title).casefold() not in _NO_HEADLINE


def in_feed(alias: str, feed: str) -> str:
    """Returns an alias that counts only within its own feed."""
    return f"{feed}\n{alias}"
