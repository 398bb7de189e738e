"""Reads a subscription list exported by a feed reader: OPML 2.0 (opml.org/spec2).

The file may be hostile. It is rejected if it declares entities, which can expand without bounds or
read local files, or if it is far too large. Addresses that are not http(s) are left out, and so are
the feeds of the list's owner (`ownerId`), which our own lists contain; the result names both.

Not read with listparser, since that does not give a feed's web page (`htmlUrl`), by which the
owner's feeds are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from xml.parsers import expat

from digest import urls
from digest.errors import DigestError
from digest.feeds import plain_text

LARGEST = 10_000_000
"""In bytes; a list has a few hundred for each feed."""
_LONGEST_ADDRESS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of a list; `title` and `folder` are empty if it has none."""

    title: str
    url: str
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """The feeds of a list, each address once, in its order.

    `left_out` are addresses that are not http(s), `own` those of the owner's feeds.
    """

    feeds: tuple[Subscription, ...] = ()
    left_out: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def read(body: bytes, name: str) -> Subscriptions:
    """Returns the subscriptions in a file; raises DigestError if it is not a valid list."""
    if len(body) > LARGEST:
        raise DigestError(
            f"{name}: larger than any list of feeds is; export it from your reader again"
        )
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise DigestError(
            f"{name}:{error.lineno}: not well-formed XML ({what}); export it again, as OPML"
        ) from None
    except (_RejectedError, ValueError, LookupError) as error:  # LookupError: unknown encoding
        raise DigestError(
            f"{name}:{reader.parser.CurrentLineNumber}: {error}; export it again, as OPML"
        ) from None
    if reader.root != "opml":
        raise DigestError(
            f"{name}: not a list of feeds but <{reader.root[:40]}>; your reader exports one as OPML"
        )
    return reader.subscriptions()


class _Outline(NamedTuple):
    """A feed as the list has it: its address and its web page are not checked yet."""

    title: str
    address: str
    page: str
    folder: str


class _RejectedError(Exception):
    """The file declares an entity."""


class _Reader:
    """Handles expat's events and collects the outlines."""

    def __init__(self) -> None:
        self.root = ""
        self._owner, self._in_owner = "", False
        self._outlines: list[_Outline] = []
        self._folders: list[str] = [""]
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity

    def subscriptions(self) -> Subscriptions:
        feeds: dict[str, Subscription] = {}
        left_out, own = list[str](), list[str]()
        owner = urls.web_link(self._owner)
        owners_pages = f"{urls.canonical(owner).rstrip('/')}/" if owner else None
        for title, address, page, folder in self._outlines:
            url = urls.feed_link(address) if len(address) <= _LONGEST_ADDRESS else None
            is_own = owners_pages and page and f"{urls.canonical(page)}/".startswith(owners_pages)
            if url is None:
                left_out.append(plain_text.line(address)[:80])
            elif is_own:
                own.append(url)
            else:
                feed = Subscription(title=title, url=url, folder=folder)
                feeds.setdefault(urls.canonical(url), feed)
        return Subscriptions(feeds=tuple(feeds.values()), left_out=tuple(left_out), own=tuple(own))

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.root = self.root or name.lower()
        self._in_owner = name == "ownerId"
        if name.lower() != "outline":
            return
        values = {key.lower(): value for key, value in attributes.items()}
        title = plain_text.line(values.get("title") or values.get("text", ""))
        folder = self._folders[-1]
        if values.get("xmlurl", "").strip():
            page = urls.web_link(values.get("htmlurl", "")) or ""
            self._outlines.append(_Outline(title, values["xmlurl"], page, folder))
            self._folders.append(folder)
        else:
            self._folders.append(title or folder)

    def _end(self, name: str) -> None:
        self._in_owner = False
        if name.lower() == "outline":
            self._folders.pop()

    def _text(self, words: str) -> None:
        if self._in_owner and len(self._owner) < _LONGEST_ADDRESS:
            self._owner += words.strip()

    def _entity(self, name: str, *_: object) -> None:
        raise _RejectedError(f"declares an entity, '{name[:40]}', which no list of feeds needs")
