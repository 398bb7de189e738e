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

from digest import links
from digest.model import Entry, Story

Known = Mapping[str, Collection[str]]
"""The files of the stories under each of their keys (`keys_of`)."""

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
    return scoped(alias, feed), in_feed(alias, feed)


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
    calls it, `link` the hash of its whole link, `published` its time, if no alias has it.
    """
    names = frozenset(aliases) | ({f"guid:{id}"} if id else frozenset())
    split = [alias.partition(":")[::2] for alias in names]
    addresses = [name for kind, name in split if kind == "link"]
    dated = [name.partition(" ")[::2] for kind, name in split if kind == "headline"]
    stamps = {when for when, _ in dated} | ({stamp(published)} if published else set())
    anchored = {links.canonical(name) for kind, name in split if kind == "guid" and _is_anchor(name)}
    anywhere = {f"words:{hash_of(title)}", *(f"words:{words}" for _, words in dated)}
    anywhere |= {f"date:{when}" for when in stamps}
    anywhere |= {f"any guid:{name}" for kind, name in split if kind == "guid"}
    anywhere |= {f"whole link:{link}", f"same:{link} {hash_of(title)}"} if link else set()
    for address in addresses:
        anywhere |= {f"page:{links.lasting(address)}"}
        anywhere |= set() if address in anchored else {f"only page:{links.lasting(address)}"}
    own = {f"now:{hash_of(title)}", *names, *anywhere, *(f"noted {alias}" for alias in aliases)}
    if bare and not stamps:
        own |= {stem(address, title) for address in addresses}
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
        return frozenset({alias} if links.is_absolute(guid) else (in_feed(alias, feed) for feed in feeds))
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
        place = address if guid else whole_link(entry)
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


def _is_anchor(guid: str) -> bool:
    """Tells whether a guid is a place on a page."""
    return "#" in guid and links.web_link(guid) is not None and bool(links.fragment(guid))


def page_of(entry: Entry) -> str:
    """Returns the page that an entry links to, without session tokens, for comparing."""
    return links.lasting(links.canonical(entry.link))


def whole_link(entry: Entry) -> str:
    """Returns a link with its fragment, for comparing."""
    return f"{links.canonical(entry.link)}#{links.fragment(entry.link)}"


def stem(address: str, title: str) -> str:
    """Returns the key of a link without its query, together with a headline."""
    return f"stem:{address.partition('?')[0]} {hash_of(title)}"


def has_headline(entry: Entry) -> bool:
    """True if an entry's title is a headline: not a placeholder, and not its host, which stands in for a lost one."""
    return _SIGNS.sub("", entry.title).casefold() not in _NO_HEADLINE and entry.title != links.host(entry.link)


def in_feed(alias: str, feed: str) -> str:
    """Returns an alias as it counts in its own feed."""
    return f"{feed}\n{alias}"
