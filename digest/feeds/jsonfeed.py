"""Reads JSON Feed, versions 1.0 and 1.1 (jsonfeed.org/version/1.1).

Refuses nothing for a wrong type: what is not what the format says is as if it were not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from digest.feeds import bylines, entries, plaintext
from digest.feeds.entries import Said
from digest.model import Document

_VERSION = re.compile(r"(?:https?://)?(?:www\.)?jsonfeed\.org/version/.*")
_SHORT_VERSION = re.compile(r"1(?:\.[01])?")  # some writers put the number alone
_HALF = re.compile("[\ud800-\udfff]")


def looks_like_json(body: bytes) -> bool:
    """Tells whether a body can only be JSON: XML never begins with a brace."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read(body: bytes, base: str) -> Document | None:
    """Returns the document, or None where the body is not JSON or says of itself no version of JSON Feed."""
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or not _is_feed(feed):
        return None
    listed = feed.get("items")
    kept = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    lost = len(listed) - len(kept) if isinstance(listed, list) else 0
    return entries.document(
        _text(feed, "title"),
        [_said(one, _authors(feed)) for one in kept],
        base or _text(feed, "home_page_url") or _text(feed, "feed_url"),
        [f"{lost} of its entries cannot be read; skipped"] if lost else [],
    )


def language(body: bytes) -> str:
    """Returns the language that a document which has been read names, if any (version 1.1)."""
    return _text(json.loads(body), "language")


def _is_feed(feed: dict[str, Any]) -> bool:
    version = _text(feed, "version")
    named = "home_page_url" in feed or "feed_url" in feed
    return bool(_VERSION.fullmatch(version) or (_SHORT_VERSION.fullmatch(version) and named and "items" in feed))


def _said(one: dict[str, Any], authors: tuple[str, ...]) -> Said:
    guid = _id(one.get("id"))
    return Said(
        id=guid,
        title=_text(one, "title"),
        links=(_text(one, "url"), _text(one, "external_url")),
        permalink=guid,
        files=tuple(_attached(one)),
        dates=(_text(one, "date_published"), _text(one, "date_modified")),
        authors=_authors(one) or authors,
        images=(_text(one, "image"), _text(one, "banner_image"), *_attached(one, "image/")),
        summary=_text(one, "summary") or _text(one, "content_text") or plaintext.from_html(_text(one, "content_html")),
    )


def _id(value: object) -> str:
    """Returns the id as a string: the format asks readers to accept a number (§ items)."""
    if isinstance(value, str):
        return _whole(value).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _authors(thing: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names in `authors` (1.1), else in `author` (1.0)."""
    listed = thing.get("authors")
    people = listed if isinstance(listed, list) and listed else [thing.get("author")]
    return bylines.each(_text(person, "name") for person in people if isinstance(person, dict))


def _attached(one: dict[str, Any], kind: str = "") -> Iterator[str]:
    """Yields the addresses of the attachments whose type begins with `kind`."""
    listed = one.get("attachments")
    for attachment in listed if isinstance(listed, list) else []:
        if isinstance(attachment, dict) and _text(attachment, "mime_type").startswith(kind):
            yield _text(attachment, "url")


def _text(thing: dict[str, Any], key: str) -> str:
    value = thing.get(key)
    return _whole(value) if isinstance(value, str) else ""


def _whole(text: str) -> str:
    """Returns the text without halves of characters, which JSON can write (RFC 8259 §8.2) and no file can hold."""
    return _HALF.sub("\ufffd", text)
