"""Reads JSON Feed, versions 1.0 and 1.1 (jsonfeed.org/version/1.1).

    body ──decode──▶ text ──parse, leniently──▶ object ──its items──▶ Document

A value of the wrong type counts as missing. Harmless syntax errors are accepted: line ends inside
strings, trailing commas, text before and after the object. Other errors are reported with line
and column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from digest import text_lines
from digest.feeds import author_names, encodings, new_address, normalize, plain_text
from digest.feeds.normalize import RawEntry
from digest.model import Document, Fetched

_VERSION = re.compile(r"(?:https?://)?(?:www\.)?jsonfeed\.org/version/.*")
_SHORT_VERSION = re.compile(r"1(?:\.[01])?")  # some feeds have only the number
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_BEFORE = 20_000
_OBJECT = re.compile(r'\{\s*"')
_NAMED = re.compile(rb"jsonfeed\.org\\?/version")
_MARKUP = re.compile(rb"<(?:rss|feed|rdf:rdf|!doctype|html|head|body)\b", re.IGNORECASE)
_BLANK = "\ufeff \t\r\n\0"
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|,(?=\s*[]}])', re.DOTALL)


def looks_like_json(body: bytes) -> bool:
    """True if a body can only be JSON.

    A message of a script, or the name of a JSONP function, may come before the object.
    """
    mark = next((mark for mark in _BYTE_ORDER_MARKS if body.startswith(mark)), b"")
    if body.removeprefix(mark).lstrip(b" \t\r\n\0")[:1] == b"{":
        return True
    if not _NAMED.search(body):
        return False
    opening = _OBJECT.search(body[:_MAX_BEFORE].decode("latin-1"))
    return opening is not None and not _MARKUP.search(body, 0, opening.start())


def read(fetched: Fetched, base: str) -> Document | str:
    """Returns the document, or the reason why there is none.

    `base` is the base URL for relative links.
    """
    decoded = encodings.decode(fetched.body or b"", fetched.content_type)
    try:
        feed, warnings = _loaded(decoded.text)
    except _UnreadableError as error:
        return str(error)
    if not _is_feed(feed):
        return "JSON, but not a JSON Feed: its 'version' does not say so"
    items = feed.get("items")
    if not isinstance(items, list):
        items = []
    objects = [item for item in items if isinstance(item, dict)]
    if len(objects) < len(items):
        warnings.append(f"{len(items) - len(objects)} of its entries cannot be read; skipped")
    authors = _authors(feed)
    home, own = _text(feed, "home_page_url"), _text(feed, "feed_url")
    moved, moved_by = new_address.find(fetched, "", [own], home)
    document = normalize.document_of(
        _plain(feed, "title", headline=True),
        [_raw_entry(item, authors) for item in objects],
        base or home or own,
        [*encodings.warnings(decoded), *warnings],
    )
    return document._replace(moved=moved, moved_by=moved_by, language=_text(feed, "language"))


class _UnreadableError(Exception):
    """The text has no object that can be read; the message is the reason."""


def _loaded(text: str) -> tuple[dict[str, Any], list[str]]:
    """Returns the object in a text, and warnings; raises _UnreadableError."""
    start = len(text) - len(text.lstrip(_BLANK))
    if text[start : start + 1] != "{" and (opening := _OBJECT.search(text)):
        start = opening.start()
    try:
        feed, rest = _decoded(text, start)
    except json.JSONDecodeError as error:
        without_commas = _STRING_OR_COMMA.sub(
            lambda part: "" if part[0] == "," else part[0], text[start:]
        )
        try:
            feed, rest = _decoded(without_commas, 0)
        except (ValueError, RecursionError):
            what = (error.msg[:1].lower() + error.msg[1:]).removesuffix(" starting at")
            line_end = max(text.rfind("\r", 0, error.pos), text.rfind("\n", 0, error.pos))
            place = f"line {text_lines.number(text, error.pos)}, column {error.pos - line_end}"
            raise _UnreadableError(f"not JSON that can be read: {what} in {place}") from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep, or has a number that is too long"
        raise _UnreadableError(f"not JSON that can be read: {reason}") from error
    if not isinstance(feed, dict):
        raise _UnreadableError("JSON, but not a JSON Feed")
    warnings = []
    for where, other in (("before", text[:start]), ("after", rest)):
        if other.strip(_BLANK):
            warnings.append(f"text {where} the JSON, ignored")
    return feed, warnings


def _decoded(text: str, start: int) -> tuple[Any, str]:
    """Returns the JSON value at `start`, and the text after it."""
    feed, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    return feed, text[end:]


def _is_feed(feed: dict[str, Any]) -> bool:
    """True if `version` says so; without a full one, the object must look like a feed."""
    value = feed.get("version")
    version = str(value) if isinstance(value, str | int | float) else ""
    if _VERSION.fullmatch(version):
        return True
    if "version" in feed and not _SHORT_VERSION.fullmatch(version):
        return False
    has_address = "home_page_url" in feed or "feed_url" in feed
    return has_address and isinstance(feed.get("items"), list)


def _raw_entry(item: dict[str, Any], authors: tuple[str, ...]) -> RawEntry:
    guid = _string(item.get("id"))
    return RawEntry(
        id=guid,
        title=_plain(item, "title", headline=True),
        links=(_text(item, "url"), _text(item, "external_url")),
        permalink=guid,
        files=tuple(_attached(item)),
        dates=(_string(item.get("date_published")), _string(item.get("date_modified"))),
        authors=_authors(item) or authors,
        images=(_text(item, "image"), _text(item, "banner_image"), *_attached(item, "image/")),
        summary=plain_text.first(_texts(item)),
    )


def _texts(item: dict[str, Any]) -> Iterator[str]:
    yield _plain(item, "summary")
    yield _plain(item, "content_text")
    yield plain_text.from_html(_text(item, "content_html"))


def _string(value: object) -> str:
    """Returns a string, also for a number: ids (§ items) and dates are sometimes numbers."""
    if isinstance(value, str):
        return _without_surrogates(value).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _authors(thing: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names in `authors` (1.1), or else in `author` (1.0)."""
    people = thing.get("authors")
    if not isinstance(people, list) or not people:
        people = [thing.get("author")]
    return author_names.each(
        _plain(person, "name", headline=True) for person in people if isinstance(person, dict)
    )


def _attached(item: dict[str, Any], kind: str = "") -> Iterator[str]:
    """Yields the URLs of the attachments whose type starts with `kind`."""
    attachments = item.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else []:
        if isinstance(attachment, dict) and _text(attachment, "mime_type").startswith(kind):
            yield _text(attachment, "url")


def _plain(thing: dict[str, Any], key: str, *, headline: bool = False) -> str:
    """Returns a field as plain text, which it should be; many feeds leave markup in it."""
    return plain_text.from_either(_text(thing, key), headline=headline)


def _text(thing: dict[str, Any], key: str) -> str:
    value = thing.get(key)
    return _without_surrogates(value) if isinstance(value, str) else ""


def _without_surrogates(text: str) -> str:
    """Replaces lone surrogates, which JSON can contain (RFC 8259 §8.2) and UTF-8 cannot."""
    return _SURROGATE.sub("\ufffd", text)
