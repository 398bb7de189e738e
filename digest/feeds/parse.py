"""The one importer of feedparser: the bytes of a fetched feed, read as a document of entries.

    body │ JSON Feed? its own reader │ feedparser, told all that the server told us │ entries in plain text

Refuses to hand feedparser an address or a string, which it might fetch or open; to use its sanitizer and its dates,
which we do not trust; and to raise: a document that cannot be read is a value that says why.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
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
from digest.feeds.clean import Cleaned
from digest.feeds.feed_info import FeedInfo
from digest.feeds.normalize import RawEntry
from digest.model import Document, Failed, Fetched

_NOT_A_FEED = "not a feed that can be read"
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_RDF = frozenset({"rss090", "rss10"})  # an entry's rdf:about is its address there (RSS 1.0 §5.5)
_IANA = "http://www.iana.org/assignments/relation/"  # RFC 4287 §4.2.7.2: a bare relation is short for this
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:\?|$)", re.IGNORECASE)

_DIGITS = re.compile(r"\d{1,6}", re.ASCII)
_WIDE_ENOUGH = 600
"""Pixels, of a picture beside a headline."""

_NAMESPACES: dict[str, str] = feedparser.mixin._FeedParserMixin.namespaces
_MOST_KEYWORDS = 100


class _Tamed:
    """What we change in both of feedparser's parsers: where it alters words, and where time grows with the square."""

    # A guid is what the feed gave, not an address to be resolved.
    can_be_relative_uri = feedparser.mixin._FeedParserMixin.can_be_relative_uri - {"id"}

    baseuri: str

    def __init__(self, *arguments: object) -> None:
        """Spells the encoding so that it is not met by a guess of feedparser's: that `Â¡` was meant to be `¡`."""
        super().__init__(*arguments)
        self.encoding = "UTF-8"
        self.own_base = self.baseuri
        self.groups, self.group = 0, ""

    def _sync_author_detail(self, key: str = "author") -> None:
        """Its search for a mail address cuts those with long endings in two, and takes minutes over a long byline."""
        context = self._get_context()  # type: ignore[attr-defined]
        people, text = context.get(f"{key}s"), context.get(key)
        if people and text and not people[-1]:
            people[-1]["name"] = text

    def resolve_uri(self, uri: str) -> str:
        """Resolves by `xml:base` alone: what the base is without one depends on the format."""
        return uri if self.baseuri == self.own_base else str(super().resolve_uri(uri))  # type: ignore[misc]

    def _start_link(self, attributes: dict[str, str]) -> None:
        """Its address is its text where `url` and `uri`, which feedparser takes instead, have none of the web."""
        kept = {
            key: value
            for key, value in attributes.items()
            if key not in {"url", "uri"} or urls.web_link(value)
        }
        super()._start_link(kept)  # type: ignore[misc]

    def _start_media_group(self, _: object) -> None:
        """Numbers the groups, so that `media:content` can say which one it is of."""
        self.groups += 1
        self.group = str(self.groups)

    def _end_media_group(self) -> None:
        self.group = ""

    def _start_media_content(self, attributes: dict[str, str]) -> None:
        super()._start_media_content({**attributes, "group": self.group})  # type: ignore[misc]

    def _add_tag(self, *keyword: object) -> None:
        """Each keyword is compared with all before it, and we read none of them."""
        if len(self._get_context().get("tags") or ()) < _MOST_KEYWORDS:  # type: ignore[attr-defined]
            super()._add_tag(*keyword)  # type: ignore[misc]


for _name in ("StrictFeedParser", "LooseFeedParser"):
    setattr(feedparser.api, _name, type(_name, (_Tamed, getattr(feedparser.api, _name)), {}))
feedparser.datetimes._date_handlers.clear()  # dates are read by our own rules
# Its own pattern takes the cube of the first line's length; a declaration is short.
feedparser.encodings.RE_XML_PI_ENCODING = re.compile(
    rb"""<\?[^>]{0,500}?encoding=['"]([^'">]{0,100})['"]"""
)


def parse(fetched: Fetched) -> Document | Failed:
    """Returns what the fetched document says, or why it cannot be read."""
    document = _read(fetched)
    if isinstance(document, Failed):
        return document
    return normalize.without_secrets(document, fetched.feed.url, fetched.url)


def _read(fetched: Fetched) -> Document | Failed:
    body = fetched.body or b""
    base = _base(fetched)
    if jsonfeed.looks_like_json(body):
        document = jsonfeed.read(body, base, fetched.content_type, (fetched.feed.url, fetched.url))
        return Failed(feed=fetched.feed, reason=document) if isinstance(document, str) else document
    cleaned = _cleaned(fetched)
    parsed = _parsed(cleaned.document, base)
    if parsed is None or not _is_feed(parsed, body):
        return Failed(feed=fetched.feed, reason=_why_not(body, base))
    feed = dict.get(parsed, "feed") or {}
    own = (
        _text(link, "href")
        for link in dict.get(feed, "links") or ()
        if _text(link, "rel") == "self"
    )
    new, home = _text(feed, "itunes_new-feed-url"), _text(feed, "link")
    moved, by = new_address.said(new, own, home, fetched.feed.url, fetched.url)
    return _document(parsed, cleaned, base)._replace(moved=moved, moved_by=by)


def imprint(fetched: Fetched) -> FeedInfo | Failed:
    """Returns what the fetched document says of its feed as a whole, or why it cannot be read."""
    document = parse(fetched)
    if isinstance(document, Failed):
        return document
    body = fetched.body or b""
    if jsonfeed.looks_like_json(body):
        return FeedInfo(
            title=document.title, language=jsonfeed.language(body, fetched.content_type)
        )
    parsed = _parsed(_cleaned(fetched).document, _base(fetched))
    feed = dict.get(parsed, "feed") or {}
    publisher = plain_text.line(plain_text.from_either(_text(feed, "publisher")))
    return FeedInfo(title=document.title, language=_text(feed, "language"), publisher=publisher)


def _base(fetched: Fetched) -> str:
    """Returns the address against which a document's own are resolved, without secrets."""
    return redact.strip(urls.web_link(fetched.url) or "")


def _is_feed(parsed: Any, body: bytes) -> bool:
    """Tells whether this is a feed: of a known version, or one with entries in another namespace (RSS 1.1)."""
    return bool(
        _text(parsed, "version") or (dict.get(parsed, "entries") and not feed_links.is_page(body))
    )


def _parsed(document: bytes, base: str) -> Any:
    """Returns feedparser's reading of a document in UTF-8, None if it cannot read that."""
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
    except MemoryError:  # a limit of the process, not a flaw of the document
        raise
    except (
        Exception
    ):  # whatever a stranger's bytes set off in it, this one feed is what cannot be read
        return None


def _cleaned(fetched: Fetched) -> Cleaned:
    return clean.cleaned(fetched.body or b"", fetched.content_type, _NAMESPACES)


def _why_not(body: bytes, base: str) -> str:
    if not feed_links.is_page(body):
        return _NOT_A_FEED
    found = feed_links.advertised(body, base)
    return "a web page, not a feed" + (f"; its feed is {found}" if found else "")


def _document(parsed: Any, cleaned: Cleaned, base: str) -> Document:
    feed = dict.get(parsed, "feed") or {}
    version = _text(parsed, "version")
    is_atom = version.startswith("atom")
    home = _text(feed, "link")
    listed = list(dict.get(parsed, "entries") or ())
    warnings = list(cleaned.warnings)
    if listed and cleaned.is_entry_cut:  # what it says may be cut in any place
        listed.pop()
    return normalize.document(
        _words(feed, "title", is_atom),
        [
            _said(
                entry, version, _people(feed, is_atom) if is_atom else (), _text(feed, "language")
            )
            for entry in listed
        ],
        base if is_atom and base else normalize.base_of(base, home),
        warnings,
    )


def _said(entry: Any, version: str, authors: tuple[str, ...], language: str) -> RawEntry:
    is_atom = version.startswith("atom")
    guid = _text(entry, "id")
    link = _text(entry, "link")
    return RawEntry(
        id=guid,
        title=_words(entry, "title", is_atom),
        links=(
            *_pages(entry, language),
            link if link != guid or urls.web_link(guid) else "",
            _player(entry),
            *(
                _text(content, "src") for content in dict.get(entry, "content") or ()
            ),  # RFC 4287 §4.1.3.2
            *(_text(link, "href") for rel in ("related", "via") for link in _links(entry, rel)),
        ),
        permalink=guid if link or version in _RDF else "",
        files=tuple(_files(entry)),
        dates=tuple(_text(entry, key) for key in ("published", "updated", "created")),
        authors=_people(entry, is_atom)
        or _people(dict.get(entry, "source") or {}, is_atom)
        or authors,
        images=tuple(_images(entry)),
        summary=plain_text.first(_texts(entry, is_atom)),
    )


def _words(thing: Any, key: str, is_atom: bool) -> str:
    """Returns a text element as text: by its type where the format has one (RFC 4287 §3.1.1), else by its look."""
    if f"{key}_detail" not in thing:
        return (
            ""
            if key == "summary"
            else plain_text.from_either(_text(thing, key), headline=key == "title")
        )
    return _plain(dict.get(thing, f"{key}_detail"), is_atom, headline=key == "title")


def _texts(entry: Any, is_atom: bool) -> Iterator[str]:
    yield _words(entry, "summary", is_atom)
    for content in dict.get(entry, "content") or ():
        yield _plain(content, is_atom or _text(content, "type") in _HTML)


def _plain(detail: Any, is_typed: bool, *, headline: bool = False) -> str:
    kind, value = _text(detail, "type"), _text(detail, "value")
    if not is_typed:
        return plain_text.from_either(value, headline=headline)
    if kind in _HTML:
        is_loose = headline and kind == "text/html"
        return plain_text.headline_of_html(value) if is_loose else plain_text.from_html(value)
    if headline and not kind.startswith("text/"):
        return plain_text.from_either(value, headline=True)
    return value if kind.startswith("text/") or not kind else ""


def _people(thing: Any, is_atom: bool) -> tuple[str, ...]:
    """Returns the names of the authors; Atom has an element for each, in RSS one may hold a list of them."""
    people = [
        _text(person, "name")
        for person in dict.get(thing, "authors") or ()
        if isinstance(person, dict)
    ]
    said = (
        plain_text.from_either(name, headline=True) for name in people or [_text(thing, "author")]
    )
    return author_names.each(said) if is_atom else author_names.names(said)


def _pages(entry: Any, language: str) -> Iterator[str]:
    """Yields the addresses of an entry's own page: before a service changed them, in the feed's language, the rest."""
    yield from (
        urls.web_link(_text(entry, key)) or "" for key in ("feedburner_origlink", "pheedo_origlink")
    )
    language = _text(dict.get(entry, "title_detail"), "language") or language
    yield from (
        _text(one, "href")
        for one in sorted(
            _links(entry, "alternate"), key=lambda one: _distance(one, language.lower())
        )
    )


def _distance(link: Any, language: str) -> tuple[bool, int]:
    """Returns how far a link is from a page in that language; what is equally far stays in the order of the feed."""
    said = _text(link, "hreflang").lower()
    is_same = bool(said) and said.partition("-")[0] == language.partition("-")[0]
    return _text(link, "type") not in {
        "",
        "html",
        *_HTML,
    }, 0 if is_same and said == language else 2 - is_same


def _player(entry: Any) -> str:
    """Returns the address of the page on which a sound or film is played."""
    return _text(dict.get(entry, "media_player"), "url")


def _files(entry: Any) -> Iterator[str]:
    """Yields the addresses of what can be played or seen."""
    yield from (_text(link, "href") for link in _links(entry, "enclosure"))
    yield from (_text(media, "url") for media in dict.get(entry, "media_content") or ())


def _links(entry: Any, rel: str) -> list[Any]:
    return [
        one
        for one in dict.get(entry, "links") or ()
        if _text(one, "rel").removeprefix(_IANA) == rel
    ]


def _images(entry: Any) -> Iterator[str]:
    """Yields what may be the entry's picture, the publisher's first choice first."""
    yield from (
        _text(link, "href") for link in _links(entry, "enclosure") if _is_picture(link, "href")
    )
    yield from (
        _text(media, "url") for media in _best_first(dict.get(entry, "media_content") or ())
    )
    thumbnails = (one for one in dict.get(entry, "media_thumbnail") or () if isinstance(one, dict))
    yield from (_text(media, "url") for media in sorted(thumbnails, key=lambda one: -_pixels(one)))
    image = dict.get(entry, "image")
    yield _text(image, "href") if isinstance(image, dict) else ""


def _best_first(contents: Any) -> list[Any]:
    """Returns the pictures of `media:content`, of each group the default or the widest first.

    Those of a group are one picture in several forms. Outside a group they may be different ones, of which the first
    counts that is wide enough.
    """
    pictures = [
        one
        for one in contents
        if isinstance(one, dict)
        and _is_picture(one, "url")
        and "1" not in {_text(one, "width"), _text(one, "height")}
    ]
    groups = list(dict.fromkeys(_text(one, "group") for one in pictures))
    return sorted(
        pictures,
        key=lambda one: (
            groups.index(_text(one, "group")),
            _text(one, "isdefault") != "true",
            -_width(one),
        ),
    )


def _width(picture: Any) -> int:
    width = _pixels(picture)
    return width if _text(picture, "group") else min(width, _WIDE_ENOUGH)


def _pixels(picture: Any) -> int:
    digits = _DIGITS.match(_text(picture, "width"))
    return int(digits[0]) if digits else 0


def _is_picture(link: Any, key: str) -> bool:
    kind = _text(link, "type") or _text(link, "medium")
    return kind.startswith("image") or (not kind and _PICTURE.search(_text(link, key)) is not None)


def _text(thing: Any, key: str) -> str:
    """Returns a string that is truly there: FeedParserDict's own look-up answers for other keys."""
    value = dict.get(thing, key) if isinstance(thing, dict) else None
    return value.strip() if isinstance(value, str) else ""
