"""Turns a `RawEntry` into an `Entry` that the rest of the program can trust.

The rules here hold for all feed formats. An entry without a web link is skipped; the report counts
those, and dates that cannot be used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from digest import redact, urls
from digest.feeds import dates, link_wrappers, plain_text
from digest.model import Document, Entry

_MAX_ENTRIES = 5_000
# In a guid, these are slips, as they are in a URL (WHATWG URL §4.4).
_BREAKS = re.compile(r"[\t\n\r\u2028]")
_FOLDED = re.compile(r"[ \t]*[\n\r\u2028]\s*")  # a URL that is written in two lines
_LONGEST_ADDRESS = 4_000
_AVATAR = re.compile(
    r"(?:.+\.)?gravatar\.com/avatar/.*|avatars\d*\.githubusercontent\.com/.*"
    r"|pbs\.twimg\.com/profile_images/.*|(?:.+\.)?blogblog\.com/img/.*"
)
_IN_MARKUP = re.compile(r"<(?:a|time)\b[^<>]*?\b(?:href|datetime)\s*=\s*[\"']([^\"']+)")
_SCHEMES = re.compile(r"((?:https?:?/+|https?:)+|:?/*)(?=([^/?#\s]*))", re.IGNORECASE)
"""The start of a URL, such as `http://https//`, and what follows up to the next slash."""
_MAX_NAMED = 3
_SHORTEST_SECRET = 8
"""Shorter secrets are masked in URLs only: they may be ordinary words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One entry as its format gave it: plain text, and candidates for each field, the best first.

    `permalink` is the id if the format says that it is a URL. `files` are URLs of media, for an
    entry that has no page of its own.
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


def document_of(
    title: str, raw: Sequence[RawEntry], base: str, warnings: Sequence[str] = ()
) -> Document:
    """Returns the document with these entries; relative links are resolved against `base`."""
    entries, skipped, bad_dates = list[Entry](), list[str](), list[str]()
    for raw_entry in _newest(raw):
        entry = _entry(raw_entry, base)
        if entry is None:
            skipped.append(raw_entry.title)
            continue
        entries.append(entry)
        if entry.published is None and (date := plain_text.first(raw_entry.dates)):
            bad_dates.append(date)
    warnings = list(warnings)
    if len(raw) > _MAX_ENTRIES:
        which = "newest" if any(map(_date, raw)) else "first"
        warnings.append(f"{len(raw)} entries; only the {which} {_MAX_ENTRIES} are read")
    if skipped:
        warnings.append(_skipped_warning(skipped))
    if bad_dates:
        shown = plain_text.line(bad_dates[0])[:40]
        count = f"{len(bad_dates)} of its entries" if len(bad_dates) > 1 else "one of its entries"
        warnings.append(
            f"a date that cannot be used, such as '{shown}', in {count}; treated as undated"
        )
    if not raw:
        warnings.append("no entries in it")
    return Document(
        title=plain_text.line(title),
        entries=_with_days(tuple(entries)),
        warnings=tuple(warnings),
    )


def _with_days(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Marks the dates as days without a time zone if all of them are midnight in UTC.

    In a feed that gives other times too, midnight is a time.
    """
    for entry in entries:
        if entry.published and not (entry.day_only and entry.published.time() == time()):
            return entries
    return tuple(entry._replace(zoneless=entry.published is not None) for entry in entries)


def base_of(own: str, home: str) -> str:
    """Returns the base URL of a feed whose format does not define one.

    That is the feed's own, or its home page if that is on another host, since feeds are often
    served from elsewhere.
    """
    page = urls.web_link(home, own) or ""
    if not page or not own:
        return page or own
    # has a letter and a dot: not localhost or 127.0.0.1
    is_public = re.fullmatch(r"(?=.*[a-z]).+\.[^.]+", urls.host_of(page)) is not None
    return page if is_public and urls.host_of(page) != urls.host_of(own) else own


def without_secrets(document: Document, *addresses: str) -> Document:
    """Returns the document without secrets from the URLs that it was fetched from.

    Servers often repeat them in links to themselves, and what a feed says is published.
    """
    secrets = frozenset().union(*map(redact.values, addresses))
    if not secrets:
        return document
    entries = []
    for entry in document.entries:
        masked = entry._replace(
            id=redact.strip_values(entry.id, secrets),
            title=_masked(entry.title, secrets),
            link=redact.strip_values(entry.link, secrets),
            image=redact.strip_values(entry.image, secrets),
            summary=_masked(entry.summary, secrets),
        )
        entries.append(masked)
    return document._replace(
        title=_masked(document.title, secrets),
        entries=tuple(entries),
        warnings=tuple(_masked(warning, secrets) for warning in document.warnings),
        moved=redact.strip_values(document.moved, secrets),
    )


def _masked(text: str, secrets: frozenset[str]) -> str:
    """Returns a text with `…` for each secret; ordinary words are masked in URLs only."""
    for secret in secrets:
        if secret in text:
            escaped = re.escape(secret)
            if len(secret) >= _SHORTEST_SECRET and not redact.is_words(secret):
                pattern = rf"(?<!\w){escaped}(?!\w)"
            else:  # in `key=secret` or `user:secret@`
                pattern = rf"(?<==){escaped}(?!\w)|(?<=:){escaped}(?=@)"
            text = re.sub(pattern, "…", text)
    return text


def _entry(raw: RawEntry, base: str) -> Entry | None:
    link = (
        _first_link(raw.links, base)
        or _first_link((raw.permalink,), "")
        or _first_link((raw.id,), "")
        or _first_link(raw.files, base)
    )
    if link is None:
        return None
    date = _date(raw)
    pictures = (
        link for link in _links(raw.images, base) if not _AVATAR.fullmatch(urls.canonical(link))
    )
    authors = filter(None, map(plain_text.line, raw.authors))
    return Entry(
        id=_BREAKS.sub("", plain_text.legal(raw.id)) if len(raw.id) <= _LONGEST_ADDRESS else "",
        title=_headline(raw.title) or urls.host_of(link),
        link=urls.clean(link_wrappers.unwrapped(link)),
        published=date.time if date else None,
        authors=tuple(dict.fromkeys(authors)),
        image=next(pictures, ""),
        summary=plain_text.paragraphs(raw.summary),
        day_only=date is not None and date.day_only,
        zoneless=date is not None and date.zoneless,
    )


def _headline(title: str) -> str:
    folded = plain_text.line(title)
    return folded if plain_text.is_visible(folded) else ""


def _first_link(candidates: Iterable[str], base: str) -> str | None:
    """Returns the first candidate that is an http(s) URL, None if there is none."""
    return next(_links(candidates, base), None)


def _links(candidates: Iterable[str], base: str) -> Iterator[str]:
    """Yields those that are http(s) URLs, and not too long for servers (RFC 9110 §4.1)."""
    for candidate in candidates:
        if len(candidate) > _LONGEST_ADDRESS:
            continue
        text = _bare(_FOLDED.sub("", candidate))
        if text and (address := urls.web_link(_with_scheme(text, base), base)):
            yield address


def _bare(text: str) -> str:
    """Returns a URL or date without markup around it, and with double escapes undone."""
    match = _IN_MARKUP.search(text) if "<" in text else None
    return (match[1] if match else text).replace("&amp;", "&").strip(" \t\r\n\"'<>")


def _with_scheme(address: str, base: str) -> str:
    """Returns a URL with one scheme: some feeds write `https://https://`, `http:/`, or no scheme.

    Without one, the first part is a host if it is that of the base or starts with `www.`.
    """
    begun = _SCHEMES.match(address)
    if not begun or re.fullmatch(r"https?://|//", begun[1], re.IGNORECASE):
        return address
    schemes = re.findall("https?", begun[1].lower())
    name = begun[2].lower().partition(":")[0]
    is_host = name.startswith("www.") or (
        name and name.removeprefix("www.") == urls.host_of(base).partition(":")[0]
    )
    if len(schemes) < 2 and not is_host:
        return address
    scheme = schemes[-1] if schemes else base.partition(":")[0] or "https"
    return f"{scheme}://{address[begun.end(1) :]}"


def _date(raw: RawEntry) -> dates.ParsedDate | None:
    """Returns the first of an entry's dates that can be used."""
    for text in raw.dates:
        if date := dates.parse(_bare(text)):
            return date
    return None


def _newest(raw: Sequence[RawEntry]) -> Sequence[RawEntry]:
    """Returns the newest entries if there are too many, in their order.

    An entry without a date counts as old as the one before it.
    """
    if len(raw) <= _MAX_ENTRIES:
        return raw
    times, last = list[datetime](), datetime.max.replace(tzinfo=UTC)
    for entry in raw:
        date = _date(entry)
        last = date.time if date else last
        times.append(last)
    by_time = sorted(range(len(raw)), key=times.__getitem__, reverse=True)
    return [raw[number] for number in sorted(by_time[:_MAX_ENTRIES])]


def _skipped_warning(titles: Sequence[str]) -> str:
    names = []
    for title in titles[:_MAX_NAMED]:
        shown = _headline(title)[:80]
        names.append(f"'{shown}'" if shown else "one without a headline")
    more = f" and {len(titles) - _MAX_NAMED} more" if len(titles) > _MAX_NAMED else ""
    return f"skipped, no web link: {', '.join(names)}{more}"
