"""The names of entries and stories: guids, links and headlines, in the form in which they are compared.

Every name (alias) that an entry ever had is kept in its feed's ledger, so that a new guid or slug makes no second
story. Placeholders (`N/A`, "Untitled"), a site's front page and guids that several entries share are not names.
`matching` uses these names to decide which entries are one story.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from digest import urls
from digest.model import Entry, Story

Known = Mapping[str, Collection[str]]
"""The files of the stories under each of their keys (`keys_of`)."""

CLAIM = "claim:"
"""The alias of a guid that is an absolute URI and names a story of another feed begins with this."""
HERE = "here"
"""The key of every story in its own feed."""
WORDING = "wording:"
"""The key that has the words of a story's headline begins with this."""
_NO_GUID = frozenset(
    {
        "",
        "0",
        "na",
        "null",
        "nil",
        "nan",
        "none",
        "undefined",
        "unknown",
        "false",
        "true",
        "guid",
        "id",
    }
)
_NO_HEADLINE = frozenset({"", "untitled", "notitle", "na", "null", "none", "undefined"})
_NUMBERED = re.compile(r"(?:p|t|n|id|[anp]id|\w+_id|post|item|story|article)=", re.IGNORECASE)
_SIGNS = re.compile(r"[\W_]+")
_A_WORD = re.compile(
    r"[\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7af]|[^\W_\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7af]+"
)


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
    number = urls.article_number(link)
    return (*((f"article:{number}",) if number else ()), f"link:{urls.canonical(link)}")


def guid_of(entry: Entry) -> str:
    """Returns an entry's guid, empty where it is a placeholder or the address of a whole site."""
    is_empty = _SIGNS.sub("", entry.id).casefold() in _NO_GUID
    return (
        "" if is_empty or (urls.web_link(entry.id) and urls.is_front_page(entry.id)) else entry.id
    )


def hash_of(text: str) -> str:
    """Returns the first 16 hex digits of a text's SHA-256, by which the ledger compares words without keeping them."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def stamp(moment: datetime) -> str:
    """Returns a moment in UTC to the second, `2026-05-15T09:32:40Z` (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def scoped(alias: str, feed: str) -> str:
    """Returns an alias as it counts in the whole digest: what holds within one feed only carries that feed's id."""
    kind, _, name = alias.partition(":")
    local = kind == "headline" or (kind == "guid" and not urls.is_absolute(name))
    return f"{feed}\n{alias}" if local else alias


def scopes(alias: str, feed: str) -> tuple[str, str]:
    """Returns an alias as it counts in the whole digest, and as it counts in its own feed."""
    return scoped(alias, feed), in_feed(alias, feed)


def keys_of(
    aliases: Iterable[str],
    title: str,
    feed: str,
    *,
    bare: bool,
    id: str = "",
    link: str = "",
    summary: str = "",
    published: datetime | None = None,
    unchanged: str = "",
) -> frozenset[str]:
    """Returns all keys under which a story that a feed has brought is looked for.

    `bare` is a story that has no guid of its own: what it is in the world is its link alone. `id` is what the ledger
    calls it, `link` and `summary` are hashes of its whole link and summary, `published` its time, if no alias has it,
    `unchanged` the key of all that its feed said last.
    """
    names = frozenset(aliases) | ({f"guid:{id}"} if id else frozenset())
    split = [alias.partition(":")[::2] for alias in names]
    addresses = [name for kind, name in split if kind == "link"]
    dated = [name.partition(" ")[::2] for kind, name in split if kind == "headline"]
    stamps = {when for when, _ in dated} | ({stamp(published)} if published else set())
    anchored = {urls.canonical(name) for kind, name in split if kind == "guid" and _is_anchor(name)}
    anywhere = {f"words:{hash_of(title)}", *(f"words:{words}" for _, words in dated)}
    anywhere |= {f"date:{when}" for when in stamps}
    anywhere |= {f"any guid:{name}" for kind, name in split if kind == "guid"}
    anywhere |= {f"whole link:{link}", f"same:{link} {hash_of(title)}"} if link else set()
    anywhere |= {wording(title), *(["dated"] if stamps else [])}
    for address in addresses:
        page = urls.lasting(address)
        anywhere |= (
            {f"page:{page}"} if address in anchored else {f"page:{page}", f"only page:{page}"}
        )
        anywhere |= {f"host:{page.partition('/')[0]}"}
    own = {
        HERE,
        *([unchanged] if unchanged else []),
        f"now:{hash_of(title)}",
        f"summary:{summary or hash_of('')}",
        *names,
        *anywhere,
        *(f"noted {alias}" for alias in aliases),
    }
    if bare or urls.web_link(id):
        own |= {stem(address, title, when) for address in addresses for when in stamps or {""}}
    return (
        frozenset(scoped(alias, feed) for alias in names)
        | anywhere
        | {in_feed(key, feed) for key in own}
        | {f"guid:{alias.removeprefix('id:')}" for alias in names if alias.startswith("id:")}
        | ({f"bare:{address}" for address in addresses} if bare else frozenset())
    )


def story_keys(guid: str, link: str, feeds: Iterable[str]) -> frozenset[str]:
    """Returns the keys of a story on disk: its guid in each of its feeds, or its link where it has no guid."""
    if guid:
        alias = f"guid:{guid}"
        return frozenset(
            {alias} if urls.is_absolute(guid) else (in_feed(alias, feed) for feed in feeds)
        )
    return frozenset({f"link:{urls.canonical(link)}"}) if urls.web_link(link) else frozenset()


def keys_of_story(story: Story) -> frozenset[str]:
    """Returns the keys of a story as its file has it."""
    return story_keys(story.id, story.link, story.feeds)


def distinct(entries: Iterable[Entry]) -> list[Entry]:
    """Returns a document's entries without repeats: those that agree in guid, link and headline are one.

    Without a guid, the fragment of the link counts, and an exact date; without a headline, the date or else the
    summary. A guid that is but the link is none beside an entry that has none. Guids that differ by case, last slash or
    fragment alone are one where the date agrees as well: some publishers count the places of an entry in them.
    """
    entries = list(entries)
    permalinks = {_said(entry) for entry in entries if _is_permalink(entry)}
    first: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        said = _said(entry)
        if said in permalinks and (not guid_of(entry) or _is_permalink(entry)):
            kept = first.get(said)
            first[said] = entry if kept is None or (guid_of(entry) and not guid_of(kept)) else kept
        elif guid := guid_of(entry):
            first.setdefault((guid, urls.canonical(entry.link), *said[1:]), entry)
        else:
            first.setdefault(("", exact_stamp(entry), *said), entry)
    alike: dict[tuple[str, ...], Entry] = {}
    for key, entry in first.items():
        guid = guid_of(entry).partition("#")[0].rstrip("/").casefold()
        when = stamp(entry.published) if entry.published else ""
        alike.setdefault(
            (guid, when, urls.canonical(entry.link), *_said(entry)[1:]) if guid else key, entry
        )
    return list(alike.values())


def _said(entry: Entry) -> tuple[str, str, str]:
    """Returns the link of an entry and its headline, or what tells it from others if it has none."""
    return whole_link(entry), entry.title, "" if has_headline(entry) else apart(entry)


def _is_permalink(entry: Entry) -> bool:
    """Tells whether the guid of an entry is but its link."""
    return bool(guid_of(entry)) and whole(entry.id) == whole_link(entry)


def passed_over(entries: Iterable[Entry], kept: Iterable[Entry]) -> int:
    """Returns how many entries of a document are not among its distinct ones, though date or summary are others."""
    known = {(entry.title, entry.published, entry.summary) for entry in kept}
    said = {
        (entry.title, entry.published, entry.summary, entry.link, entry.id) for entry in entries
    }
    return sum(1 for one in said if one[:3] not in known)


def apart(entry: Entry) -> str:
    """Returns what tells an entry without a headline from others on its page: its exact date, or else its summary."""
    return exact_stamp(entry) or entry.summary


def exact_stamp(entry: Entry) -> str:
    """Returns the moment of an entry, empty where it has none to the second."""
    return stamp(entry.published) if entry.published and not entry.day_only else ""


def repeated_guids(entries: Iterable[Entry]) -> frozenset[str]:
    """Returns the guids that several distinct entries of one document claim: they identify none of them."""
    counts = Counter(guid for guid in map(guid_of, entries) if guid)
    return frozenset(guid for guid, times in counts.items() if times > 1)


def _is_anchor(guid: str) -> bool:
    """Tells whether a guid is a place on a page."""
    return "#" in guid and urls.web_link(guid) is not None and bool(urls.fragment(guid))


def page_of(entry: Entry) -> str:
    """Returns the page that an entry links to, without session tokens, for comparing."""
    return urls.lasting(urls.canonical(entry.link))


def whole_link(entry: Entry) -> str:
    """Returns an entry's link with its fragment, for comparing."""
    return whole(entry.link)


def whole(link: str) -> str:
    """Returns a link with its fragment, for comparing; an empty text where it is none."""
    return f"{urls.canonical(link)}#{urls.fragment(link)}" if urls.web_link(link) else ""


def stem(address: str, title: str, when: str = "") -> str:
    """Returns the key of a headline with a link and a date; of the link's query, what has the number of an article."""
    path, _, query = address.partition("?")
    numbers = "&".join(part for part in query.split("&") if _NUMBERED.match(part))
    return f"stem:{path}?{numbers} {hash_of(title)} {when}"


def wording(title: str) -> str:
    """Returns the key with the words of a headline; in scripts without spaces, with its signs."""
    return f"{WORDING}{' '.join(sorted(set(_A_WORD.findall(title.casefold()))))}"


def has_headline(entry: Entry) -> bool:
    """True if an entry's title is a headline: not a placeholder, and not its host, which stands in for a lost one."""
    return is_headline(entry.title, urls.host(entry.link))


def is_headline(title: str, host: str) -> bool:
    """True if a title is a headline on a page of this host."""
    return title != host and _SIGNS.sub("", title).casefold() not in _NO_HEADLINE


def in_feed(alias: str, feed: str) -> str:
    """Returns an alias as it counts in its own feed."""
    return f"{feed}\n{alias}"
