"""From what a format said of an entry to an `Entry` that the rest of the program can trust.

Formats are read elsewhere; the rules that hold for all of them stand here, one expression a field. Refuses an entry
without a web link, and keeps count, for the report, of what it refused or could not believe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from digest import redact, urls
from digest.feeds import dates, link_wrappers, plain_text
from digest.model import Document, Entry

_MOST_ENTRIES = 5_000
_BREAKS = re.compile(
    r"[\t\n\r\u2028]"
)  # in a guid they are slips of whoever set it, as in an address (WHATWG URL §4.4)
_FOLDED = re.compile(r"[ \t]*[\n\r\u2028]\s*")  # an address that is written in two lines
_LONGEST_ADDRESS = 4_000
_AVATAR = re.compile(
    r"(?:.+\.)?gravatar\.com/avatar/.*|avatars\d*\.githubusercontent\.com/.*|pbs\.twimg\.com/profile_images/.*"
    r"|(?:.+\.)?blogblog\.com/img/.*"
)
_IN_MARKUP = re.compile(r"<(?:a|time)\b[^<>]*?\b(?:href|datetime)\s*=\s*[\"']([^\"']+)")
_SCHEMES = re.compile(r"((?:https?:?/+|https?:)+|:?/*)(?=([^/?#\s]*))", re.IGNORECASE)
"""How an address begins, as `http://https//`, and what follows up to the next slash."""
_NAMED = 3
_RANDOM = 8
"""Characters that a secret has at least, to be looked for outside of URLs as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """What a document says of one entry, whatever its format: plain text, and candidates with the best first.

    `permalink` is the id where the format makes it an address as well. `files` are the addresses of what can be played
    or seen, for an entry that has no page of its own.
    """

    id: str = ""
    title: str = ""
    links: tuple[str, ...] = ()
    permalink: str = ""
    files: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    summary: str = ""


def document(
    title: str, said: Sequence[RawEntry], base: str, warnings: Sequence[str] = ()
) -> Document:
    """Returns the document of these entries; `base` is the address against which relative ones are resolved."""
    read = [(one, _entry(one, base)) for one in _newest(said)]
    return Document(
        title=plain_text.line(title),
        entries=_with_days(tuple(entry for _, entry in read if entry is not None)),
        warnings=(
            *warnings,
            *_too_many(said),
            *_without_link([one.title for one, entry in read if entry is None]),
            *_undated(
                [one.dates for one, entry in read if entry is not None and entry.published is None]
            ),
            *(() if said else ("no entries in it",)),
        ),
    )


def _with_days(found: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Returns the entries; where every date is a midnight in UTC, these stand for days, and for no moment in any zone.

    In a feed that gives times as well, a midnight is one of them.
    """
    dated = [entry for entry in found if entry.published]
    if not all(
        entry.published and entry.day_only and entry.published.time() == time() for entry in dated
    ):
        return found
    return tuple(entry._replace(zoneless=True) if entry.published else entry for entry in found)


def base_of(own: str, home: str) -> str:
    """Returns the address against which a feed's links are resolved, if its format does not say.

    That is the feed's own, or its home page where that is on another host: feeds are often served from elsewhere.
    """
    page = urls.web_link(home, own) or ""
    is_public = (
        re.fullmatch(r"(?=.*[a-z]).+\.[^.]+", urls.host(page)) is not None
    )  # neither localhost nor 127.0.0.1
    return page if page and (not own or (is_public and urls.host(page) != urls.host(own))) else own


def without_secrets(document: Document, *addresses: str) -> Document:
    """Returns a document without the secrets of the addresses that it was fetched from.

    A server may well repeat them, in links back to itself above all; what it says is published.
    """
    secrets = frozenset().union(*map(redact.values, addresses))
    if not secrets:
        return document
    return document._replace(
        title=_masked(document.title, secrets),
        entries=tuple(_entry_without(entry, secrets) for entry in document.entries),
        warnings=tuple(_masked(words, secrets) for words in document.warnings),
        moved=redact.strip_values(document.moved, secrets),
    )


def _entry_without(entry: Entry, secrets: frozenset[str]) -> Entry:
    return entry._replace(
        id=redact.strip_values(entry.id, secrets),
        title=_masked(entry.title, secrets),
        link=redact.strip_values(entry.link, secrets),
        image=redact.strip_values(entry.image, secrets),
        summary=_masked(entry.summary, secrets),
    )


def _masked(text: str, secrets: frozenset[str]) -> str:
    """Returns a text with `…` in place of each secret; one that may be an ordinary word is masked in URLs only."""
    for secret in secrets:
        if secret in text:
            is_random, escaped = (
                len(secret) >= _RANDOM and not redact.is_words(secret),
                re.escape(secret),
            )
            found = (
                rf"(?<!\w){escaped}(?!\w)"
                if is_random
                else rf"(?<==){escaped}(?!\w)|(?<=:){escaped}(?=@)"
            )
            text = re.sub(found, "…", text)
    return text


def _entry(said: RawEntry, base: str) -> Entry | None:
    link = (
        _first_link(said.links, base)
        or _first_link((said.permalink,), "")
        or _first_link((said.id,), "")
        or _first_link(said.files, base)
    )
    if link is None:
        return None
    date = _date(said)
    return Entry(
        id=_BREAKS.sub("", plain_text.legal(said.id)) if len(said.id) <= _LONGEST_ADDRESS else "",
        title=_headline(said.title) or urls.host(link),
        link=urls.clean(link_wrappers.unwrapped(link)),
        published=date.moment if date else None,
        authors=tuple(dict.fromkeys(name for name in map(plain_text.line, said.authors) if name)),
        image=next((image for image in _links(said.images, base) if not _is_avatar(image)), ""),
        summary=plain_text.paragraphs(said.summary),
        day_only=date is not None and date.day_only,
        zoneless=date is not None and date.zoneless,
    )


def _headline(title: str) -> str:
    folded = plain_text.line(title)
    return folded if plain_text.is_visible(folded) else ""


def _first_link(candidates: Iterable[str], base: str) -> str | None:
    """Returns the first that is a web address; none is longer than servers take (RFC 9110 §4.1 asks for 8,000)."""
    return next(_links(candidates, base), None)


def _links(candidates: Iterable[str], base: str) -> Iterator[str]:
    shown = (_bare(_FOLDED.sub("", text)) for text in candidates if len(text) <= _LONGEST_ADDRESS)
    addresses = (urls.web_link(_with_scheme(text, base), base) for text in shown if text)
    return (address for address in addresses if address)


def _bare(text: str) -> str:
    """Returns an address or date without the markup around it, and without the escapes that some feeds write twice."""
    found = _IN_MARKUP.search(text) if "<" in text else None
    return (found[1] if found else text).replace("&amp;", "&").strip(" \t\r\n\"'<>")


def _with_scheme(address: str, base: str) -> str:
    """Returns an address with one whole scheme: some feeds write `https://https://`, `http:/`, or leave it out.

    Without a scheme, the first part of an address is a host if it is that of the feed's base or begins with `www.`.
    """
    begun = _SCHEMES.match(address)
    if not begun or re.fullmatch(r"https?://|//", begun[1], re.IGNORECASE):
        return address
    schemes = re.findall("https?", begun[1].lower())
    name = begun[2].lower().partition(":")[0]
    is_host = name.startswith("www.") or (
        name and name.removeprefix("www.") == urls.host(base).partition(":")[0]
    )
    if len(schemes) < 2 and not is_host:
        return address
    scheme = schemes[-1] if schemes else base.partition(":")[0] or "https"
    return f"{scheme}://{address[begun.end(1) :]}"


def _is_avatar(image: str) -> bool:
    """Tells whether a picture shows who wrote an entry, and nothing of what it is about."""
    return _AVATAR.fullmatch(urls.canonical(image)) is not None


def _date(said: RawEntry) -> dates.ContentReader | None:
    return next((found for text in said.dates if (found := dates.reading(_bare(text)))), None)


def _newest(said: Sequence[RawEntry]) -> Sequence[RawEntry]:
    """Returns the entries, the newest where there are too many, in their order; one without a date is as old as the
    one before it.
    """
    if len(said) <= _MOST_ENTRIES:
        return said
    moments = [datetime.max.replace(tzinfo=UTC)]
    for one in said:
        date = _date(one)
        moments.append(date.moment if date else moments[-1])
    newest = sorted(range(len(said)), key=lambda number: moments[number + 1], reverse=True)[
        :_MOST_ENTRIES
    ]
    return [said[number] for number in sorted(newest)]


def _too_many(said: Sequence[RawEntry]) -> Iterator[str]:
    if len(said) > _MOST_ENTRIES:
        which = "newest" if any(map(_date, said)) else "first"
        yield f"{len(said)} entries; only the {which} {_MOST_ENTRIES} are read"


def _without_link(titles: Sequence[str]) -> Iterator[str]:
    if not titles:
        return
    names = [
        f"'{shown}'" if (shown := _headline(title)[:80]) else "one without a headline"
        for title in titles[:_NAMED]
    ]
    more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
    yield f"skipped, no web link: {', '.join(names)}{more}"


def _undated(candidates: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """An entry that gives no date at all is no fault of anyone's; one whose date cannot be read is worth a word."""
    texts = [
        text for group in candidates if (text := next((text for text in group if text.strip()), ""))
    ]
    if texts:
        shown = plain_text.line(texts[0])[:40]
        count = f"{len(texts)} of its entries" if len(texts) > 1 else "one of its entries"
        yield f"a date that cannot be used, such as '{shown}', in {count}; treated as undated"
