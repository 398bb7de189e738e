"""Reads JSON Feed, versions 1.0 and 1.1 (jsonfeed.org/version/1.1).

    body ──decode──▶ text ──parse, leniently──▶ object ──its items──▶ Document

Refuses nothing for a wrong type: what is not what the format says is as if it were not there. Faults that leave no
doubt about what is meant are read over: line ends inside strings, commas behind the last of a list, text behind the
end. Any other fault is named with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from digest.feeds import author_names, clean, encodings, new_address, normalize, plain_text, repair
from digest.feeds.normalize import RawEntry
from digest.model import Document

_VERSION = re.compile(r"(?:https?://)?(?:www\.)?jsonfeed\.org/version/.*")
_SHORT_VERSION = re.compile(r"1(?:\.[01])?")  # some writers put the number alone
_HALF = re.compile("[\ud800-\udfff]")
_BEFORE = 20_000
_OBJECT = re.compile(r'\{\s*"')
_NAMED = re.compile(rb"jsonfeed\.org\\?/version")
_MARKUP = re.compile(rb"<(?:rss|feed|rdf:rdf|!doctype|html|head|body)\b", re.IGNORECASE)
_BLANK = "\ufeff \t\r\n\0"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|,(?=\s*[]}])', re.DOTALL)


def looks_like_json(body: bytes) -> bool:
    """Tells whether a body can only be JSON: XML never begins with a brace.

    A script's message or the name of a function may come before it.
    """
    mark = next((mark for mark in _MARKS if body.startswith(mark)), b"")
    begun = body.removeprefix(mark).lstrip(b" \t\r\n\0")
    if begun[:1] == b"{":
        return True
    found = _OBJECT.search(body[:_BEFORE].decode("latin-1")) if _NAMED.search(body) else None
    return found is not None and not _MARKUP.search(body, 0, found.start())


def read(
    body: bytes, base: str, content_type: str = "", asked: Sequence[str] = ("",)
) -> Document | str:
    """Returns the document, or in words why there is none: this is not JSON, or names no version of JSON Feed.

    `asked` are the addresses that it was read from.
    """
    decoded = encodings.decode(body, content_type)
    feed, doubts = _loaded(decoded.text)
    if isinstance(feed, str):
        return feed
    if not _is_feed(feed):
        return "JSON, but not a JSON Feed: its 'version' does not say so"
    listed = feed.get("items")
    kept = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if isinstance(listed, list) and len(kept) < len(listed):
        doubts.append(f"{len(listed) - len(kept)} of its entries cannot be read; skipped")
    moved, by = new_address.said(
        "", [_text(feed, "feed_url")], _text(feed, "home_page_url"), *asked
    )
    document = normalize.document(
        _words(feed, "title", headline=True),
        [_said(one, _authors(feed)) for one in kept],
        base or _text(feed, "home_page_url") or _text(feed, "feed_url"),
        [*clean.decoding_warnings(decoded), *doubts],
    )
    return document._replace(moved=moved, moved_by=by)


def language(body: bytes, content_type: str = "") -> str:
    """Returns the language that a document which has been read names, if any (version 1.1)."""
    feed, _ = _loaded(encodings.decode(body, content_type).text)
    return _text(feed, "language") if isinstance(feed, dict) else ""


def _loaded(text: str) -> tuple[dict[str, Any] | str, list[str]]:
    """Returns the object that a text is, or why it is none; and what had to be left out of it."""
    start = len(text) - len(text.lstrip(_BLANK))
    if text[start : start + 1] != "{" and (found := _OBJECT.search(text)):
        start = found.start()
    try:
        feed, rest = _decoded(text, start)
    except json.JSONDecodeError as fault:
        try:
            feed, rest = _decoded(_STRING_OR_COMMA.sub(_without_comma, text[start:]), 0)
        except (ValueError, RecursionError):
            words = (fault.msg[:1].lower() + fault.msg[1:]).removesuffix(" starting at")
            column = fault.pos - max(text.rfind(sign, 0, fault.pos) for sign in "\r\n")
            line = repair.line_of(text, fault.pos)
            return f"not JSON that can be read: {words} in line {line}, column {column}", []
    except (ValueError, RecursionError):
        return (
            "not JSON that can be read: it is nested too deep, or has a number that is too long",
            [],
        )
    if not isinstance(feed, dict):
        return "JSON, but not a JSON Feed", []
    outside = {"before": text[:start], "after": rest}
    return feed, [
        f"text {where} the JSON, ignored" for where, words in outside.items() if words.strip(_BLANK)
    ]


def _decoded(text: str, start: int) -> tuple[Any, str]:
    """Returns the value that begins at a place, and the text after it."""
    feed, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    return feed, text[end:]


def _without_comma(found: re.Match[str]) -> str:
    return "" if found[0] == "," else found[0]


def _is_feed(feed: dict[str, Any]) -> bool:
    version = feed.get("version")
    said = str(version) if isinstance(version, str | int | float) else ""
    named = "home_page_url" in feed or "feed_url" in feed
    is_short = _SHORT_VERSION.fullmatch(said) or "version" not in feed
    return bool(
        _VERSION.fullmatch(said) or (is_short and named and isinstance(feed.get("items"), list))
    )


def _said(one: dict[str, Any], authors: tuple[str, ...]) -> RawEntry:
    guid = _plain(one.get("id"))
    return RawEntry(
        id=guid,
        title=_words(one, "title", headline=True),
        links=(_text(one, "url"), _text(one, "external_url")),
        permalink=guid,
        files=tuple(_attached(one)),
        dates=(_plain(one.get("date_published")), _plain(one.get("date_modified"))),
        authors=_authors(one) or authors,
        images=(_text(one, "image"), _text(one, "banner_image"), *_attached(one, "image/")),
        summary=plain_text.first(_texts(one)),
    )


def _texts(one: dict[str, Any]) -> Iterator[str]:
    yield _words(one, "summary")
    yield _words(one, "content_text")
    yield plain_text.from_html(_text(one, "content_html"))


def _plain(value: object) -> str:
    """Returns a text, or a number as one: readers are to accept that as an id (§ items), some write dates so."""
    if isinstance(value, str):
        return _whole(value).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _authors(thing: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names in `authors` (1.1), else in `author` (1.0)."""
    listed = thing.get("authors")
    people = listed if isinstance(listed, list) and listed else [thing.get("author")]
    return author_names.each(
        _words(person, "name", headline=True) for person in people if isinstance(person, dict)
    )


def _attached(one: dict[str, Any], kind: str = "") -> Iterator[str]:
    """Yields the addresses of the attachments whose type begins with `kind`."""
    listed = one.get("attachments")
    for attachment in listed if isinstance(listed, list) else []:
        if isinstance(attachment, dict) and _text(attachment, "mime_type").startswith(kind):
            yield _text(attachment, "url")


def _words(thing: dict[str, Any], key: str, *, headline: bool = False) -> str:
    """Returns a text for readers. By the format it is plain, but many writers leave references or markup in it."""
    return plain_text.from_either(_text(thing, key), headline=headline)


def _text(thing: dict[str, Any], key: str) -> str:
    value = thing.get(key)
    return _whole(value) if isinstance(value, str) else ""


def _whole(text: str) -> str:
    """Returns the text without halves of characters, which JSON can write (RFC 8259 §8.2) and no file can hold."""
    return _HALF.sub("\ufffd", text)
