"""Parses a fetched feed into a `Document`. The only module that imports feedparser.

    body │ JSON Feed? → `jsonfeed` │ else `clean`, then feedparser │ entries in plain text

feedparser gets bytes only, never a URL or file name, which it might open. Its sanitizer and its
dates are not used. A document that cannot be parsed is a `Failed` with the reason.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import feedparser
import feedparser.api
import feedparser.datetimes
import feedparser.encodings
import feedparser.mixin

from digest import redact, urls
from digest.feeds import (
    author_names,
    clean,
    feed_links,
    jsonfeed,
    new_address,
    normalize,
    plain_text,
)
from digest.feeds.normalize import RawEntry
from digest.model import Document, Failed, Fetched

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_RDF = frozenset({"rss090", "rss10"})  # an entry's rdf:about is its address (RSS 1.0 §5.5)
# RFC 4287 §4.2.7.2: a relation without a colon is short for this one
_IANA = "http://www.iana.org/assignments/relation/"
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:\?|$)", re.IGNORECASE)

_DIGITS = re.compile(r"\d{1,6}", re.ASCII)
_WIDE_ENOUGH = 600
"""Pixels that a picture beside a headline needs."""

_NAMESPACES: dict[str, str] = feedparser.mixin._FeedParserMixin.namespaces
_MAX_KEYWORDS = 100


class _ParserFixes:
    """Our changes to feedparser's parsers: where they alter text or take quadratic time."""

    # A guid is an opaque string, not a relative URL.
    can_be_relative_uri = feedparser.mixin._FeedParserMixin.can_be_relative_uri - {"id"}

    baseuri: str

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        # feedparser compares with "utf-8": it would turn `Â¡` into `¡`, taking it for mojibake
        self.encoding = "UTF-8"
        self.own_base = self.baseuri
        self.groups, self.group = 0, ""

    def _sync_author_detail(self, key: str = "author") -> None:
        """Copies the text only.

        The original looks for a mail address: it cuts those with long top-level domains in two,
        and takes minutes for a long byline.
        """
        context = self._get_context()  # type: ignore[attr-defined]
        people, text = context.get(f"{key}s"), context.get(key)
        if people and text and not people[-1]:
            people[-1]["name"] = text

    def resolve_uri(self, uri: str) -> str:
        """Resolves against `xml:base` only; without one, the base depends on the format."""
        if self.baseuri == self.own_base:
            return uri
        return str(super().resolve_uri(uri))  # type: ignore[misc]

    def _start_link(self, attributes: dict[str, str]) -> None:
        """Ignores attributes `url` and `uri` that are not http(s), so that the text counts."""
        kept = dict(attributes)
        for key in ("url", "uri"):
            if not urls.web_link(kept.get(key, "")):
                kept.pop(key, None)
        super()._start_link(kept)  # type: ignore[misc]

    def _start_media_group(self, _: object) -> None:
        """Numbers the groups, so that each `media:content` knows its group."""
        self.groups += 1
        self.group = str(self.groups)

    def _end_media_group(self) -> None:
        self.group = ""

    def _start_media_content(self, attributes: dict[str, str]) -> None:
        super()._start_media_content({**attributes, "group": self.group})  # type: ignore[misc]

    def _add_tag(self, *keyword: object) -> None:
        """Stops at a limit: feedparser compares each keyword with all others, and we use none."""
        tags = self._get_context().get("tags")  # type: ignore[attr-defined]
        if len(tags or ()) < _MAX_KEYWORDS:
            super()._add_tag(*keyword)  # type: ignore[misc]


# feedparser has no other way to treat an element differently: it takes these two classes from its
# own module for each document.
for _name in ("StrictFeedParser", "LooseFeedParser"):
    setattr(feedparser.api, _name, type(_name, (_ParserFixes, getattr(feedparser.api, _name)), {}))
feedparser.datetimes._date_handlers.clear()  # `dates` parses them
# The original pattern takes cubic time for a long first line.
feedparser.encodings.RE_XML_PI_ENCODING = re.compile(
    rb"""<\?[^>]{0,500}?encoding=['"]([^'">]{0,100})['"]"""
)


def parse(fetched: Fetched) -> Document | Failed:
    """Returns the parsed document, or why it cannot be parsed."""
    base = redact.strip(urls.web_link(fetched.url) or "")
    read = jsonfeed.read if jsonfeed.looks_like_json(fetched.body or b"") else _read_xml
    document = read(fetched, base)
    if isinstance(document, str):
        return Failed(feed=fetched.feed, reason=document)
    return normalize.without_secrets(document, fetched.feed.url, fetched.url)


def _read_xml(fetched: Fetched, base: str) -> Document | str:
    """Returns the document of a feed in XML, or the reason why there is none.

    `base` is the base URL for relative links.
    """
    body = fetched.body or b""
    cleaned = clean.clean(body, fetched.content_type, _NAMESPACES)
    parsed = _feedparser_result(cleaned.document, base)
    feed = dict.get(parsed, "feed") or {}
    entries = list(dict.get(parsed, "entries") or ())
    version = _text(parsed, "version")
    if not version:  # entries in another namespace (RSS 1.1) are read all the same
        is_page = feed_links.is_page(body)
        if is_page and (advertised := feed_links.advertised(body, base)):
            return f"a web page, not a feed; its feed is {advertised[0]}"
        if is_page:
            return "a web page, not a feed"
        if not entries:
            return "not a feed that can be read"
    is_atom = version.startswith("atom")
    if entries and cleaned.is_entry_cut:  # the last entry is incomplete
        entries.pop()
    home, language = _text(feed, "link"), _text(feed, "language")
    authors = _people(feed, is_atom) if is_atom else ()
    document = normalize.document_of(
        _plain(feed, "title", is_atom),
        [_raw_entry(entry, version, authors, language) for entry in entries],
        base if is_atom and base else normalize.base_of(base, home),
        cleaned.warnings,
    )
    links = [link for link in _all(feed, "links") if _text(link, "rel") == "self"]
    new = _text(feed, "itunes_new-feed-url")
    moved, moved_by = new_address.find(fetched, new, _texts(links, "href"), home)
    publisher = plain_text.line(plain_text.from_either(_text(feed, "publisher")))
    return document._replace(moved=moved, moved_by=moved_by, language=language, publisher=publisher)


def _feedparser_result(document: bytes, base: str) -> Any:
    """Returns feedparser's result for a document in UTF-8, empty if feedparser fails."""
    try:
        return feedparser.parse(
            io.BytesIO(document),
            response_headers={
                "content-type": "application/xml; charset=utf-8",
                "content-location": base,
            },
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:  # the worker's limit
        raise
    except Exception:  # hostile or broken input may raise anything in feedparser
        return {}


def _raw_entry(entry: Any, version: str, authors: tuple[str, ...], language: str) -> RawEntry:
    is_atom = version.startswith("atom")
    guid = _text(entry, "id")
    link = _text(entry, "link")
    return RawEntry(
        id=guid,
        title=_plain(entry, "title", is_atom),
        links=(
            *_pages(entry, language),
            link if link != guid or urls.web_link(guid) else "",
            _text(dict.get(entry, "media_player"), "url"),  # a page that plays a sound or video
            # RFC 4287 §4.1.3.2: content that is elsewhere
            *_texts(_all(entry, "content"), "src"),
            *_texts(_links(entry, "related"), "href"),
            *_texts(_links(entry, "via"), "href"),
        ),
        permalink=guid if link or version in _RDF else "",
        files=(
            *_texts(_links(entry, "enclosure"), "href"),
            *_texts(_all(entry, "media_content"), "url"),
        ),
        dates=(_text(entry, "published"), _text(entry, "updated"), _text(entry, "created")),
        authors=_people(entry, is_atom)
        or _people(dict.get(entry, "source") or {}, is_atom)
        or authors,
        images=tuple(_images(entry)),
        summary=plain_text.first(_summaries(entry, is_atom)),
    )


def _plain(thing: Any, key: str, is_atom: bool) -> str:
    """Returns an element as plain text: Atom gives its type (RFC 4287 §3.1.1), RSS is guessed."""
    is_headline = key == "title"
    if f"{key}_detail" in thing:
        return _plain_value(dict.get(thing, f"{key}_detail"), is_atom, headline=is_headline)
    if key == "summary":
        return ""
    return plain_text.from_either(_text(thing, key), headline=is_headline)


def _plain_value(detail: Any, is_typed: bool, *, headline: bool = False) -> str:
    kind, value = _text(detail, "type"), _text(detail, "value")
    if not is_typed:
        return plain_text.from_either(value, headline=headline)
    if headline and kind == "text/html":
        return plain_text.headline_of_html(value)
    if kind in _HTML:
        return plain_text.from_html(value)
    if headline and not kind.startswith("text/"):
        return plain_text.from_either(value, headline=True)
    return value if kind.startswith("text/") or not kind else ""


def _summaries(entry: Any, is_atom: bool) -> Iterator[str]:
    yield _plain(entry, "summary", is_atom)
    for content in _all(entry, "content"):
        yield _plain_value(content, is_atom or _text(content, "type") in _HTML)


def _people(thing: Any, is_atom: bool) -> tuple[str, ...]:
    """Returns the authors' names: Atom has an element for each; in RSS one may be a list."""
    names = _texts(_all(thing, "authors"), "name") or [_text(thing, "author")]
    plain = (plain_text.from_either(name, headline=True) for name in names)
    return author_names.each(plain) if is_atom else author_names.names(plain)


def _pages(entry: Any, language: str) -> list[str]:
    """Returns the URLs of an entry's page, the best first.

    First the original ones if a service replaced them, then pages in the feed's language, then
    others.
    """
    language = (_text(dict.get(entry, "title_detail"), "language") or language).lower()

    def rank(link: Any) -> tuple[bool, int]:
        is_page = _text(link, "type") in {"", "html", *_HTML}
        given = _text(link, "hreflang").lower()
        if not given or given.partition("-")[0] != language.partition("-")[0]:
            return not is_page, 2
        return not is_page, 0 if given == language else 1

    originals = [_text(entry, key) for key in ("feedburner_origlink", "pheedo_origlink")]
    return [
        *(urls.web_link(address) or "" for address in originals),
        *_texts(sorted(_links(entry, "alternate"), key=rank), "href"),
    ]


def _images(entry: Any) -> list[str]:
    """Returns the URLs of what may be the entry's picture, the publisher's first choice first.

    A group of `media:content` is one picture in several sizes: the default or the widest counts.
    Without a group they may be different pictures; the first that is wide enough counts.
    """
    enclosures = [link for link in _links(entry, "enclosure") if _is_picture(link, "href")]
    pictures = []
    for media in _all(entry, "media_content"):
        is_tracking_pixel = "1" in {_text(media, "width"), _text(media, "height")}
        if _is_picture(media, "url") and not is_tracking_pixel:
            pictures.append(media)
    groups = list(dict.fromkeys(_texts(pictures, "group")))

    def rank(picture: Any) -> tuple[int, bool, int]:
        group, width = _text(picture, "group"), _width(picture)
        if not group:
            width = min(width, _WIDE_ENOUGH)
        return groups.index(group), _text(picture, "isdefault") != "true", -width

    return [
        *_texts(enclosures, "href"),
        *_texts(sorted(pictures, key=rank), "url"),
        *_texts(sorted(_all(entry, "media_thumbnail"), key=_width, reverse=True), "url"),
        _text(dict.get(entry, "image"), "href"),
    ]


def _width(picture: Any) -> int:
    digits = _DIGITS.match(_text(picture, "width"))
    return int(digits[0]) if digits else 0


def _is_picture(link: Any, key: str) -> bool:
    kind = _text(link, "type") or _text(link, "medium")
    return kind.startswith("image") or (not kind and _PICTURE.search(_text(link, key)) is not None)


def _links(entry: Any, rel: str) -> list[Any]:
    """Returns the links with a relation, whose name may be a URL (RFC 4287 §4.2.7.2)."""
    links = _all(entry, "links")
    return [link for link in links if _text(link, "rel").removeprefix(_IANA) == rel]


def _all(thing: Any, key: str) -> list[Any]:
    """Returns a list of dictionaries, without FeedParserDict's fallback to other keys."""
    return [value for value in dict.get(thing, key) or () if isinstance(value, dict)]


def _texts(things: Iterable[Any], key: str) -> list[str]:
    return [_text(thing, key) for thing in things]


def _text(thing: Any, key: str) -> str:
    """Returns a string or "", without FeedParserDict's fallback to other keys."""
    value = dict.get(thing, key) if isinstance(thing, dict) else None
    return value.strip() if isinstance(value, str) else ""
