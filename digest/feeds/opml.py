"""A list of subscriptions as feed readers give it away: OPML 2.0 (opml.org/spec2), read in one pass.

Policy. The file comes from anywhere. Entities that it declares are refused, for they can grow without bounds or name
files of this machine; so is a file far larger than any list. Addresses that are not http(s) are left out, and so are
the feeds of the list's own owner (`ownerId`), which our lists have beside the feeds that they draw from: told, both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from digest import urls
from digest.errors import DigestError
from digest.feeds import plain_text

LARGEST = 10_000_000
"""A list has a few hundred bytes a feed."""
_LONGEST_ADDRESS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of a list; `title` is empty where the list has none, `folder` where it is in no folder."""

    title: str
    url: str
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """The feeds of a list, each address once, in its order; `left_out` are addresses that cannot be pulled.

    `own` are the addresses of the owner's own feeds.
    """

    feeds: tuple[Subscription, ...] = ()
    left_out: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def read(body: bytes, name: str) -> Subscriptions:
    """Returns the subscriptions in the file of that name; raises DigestError where it is no list that can be read."""
    if len(body) > LARGEST:
        raise DigestError(
            f"{name}: larger than any list of feeds is; export it from your reader again"
        )
    list_ = _List()
    try:
        list_.parser.Parse(body, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise DigestError(
            f"{name}:{error.lineno}: not well-formed XML ({what}); export it again, as OPML"
        ) from None
    except (_RefusedError, ValueError, LookupError) as error:  # of an encoding that is none
        raise DigestError(
            f"{name}:{list_.parser.CurrentLineNumber}: {error}; export it again, as OPML"
        ) from None
    if list_.root != "opml":
        raise DigestError(
            f"{name}: not a list of feeds but <{list_.root[:40]}>; your reader exports one as OPML"
        )
    return list_.subscriptions()


class _RefusedError(Exception):
    """What no list needs, in words."""


class _List:
    """What the parser has met so far."""

    def __init__(self) -> None:
        self.root = ""
        self._owner, self._in_owner = "", False
        self._outlines: list[tuple[str, str, str, str]] = []
        self._folders: list[str] = [""]
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity

    def subscriptions(self) -> Subscriptions:
        feeds: dict[str, Subscription] = {}
        left_out, own = list[str](), list[str]()
        owner = urls.web_link(self._owner)
        for title, said, page, folder in self._outlines:
            url = urls.feed_link(said) if len(said) <= _LONGEST_ADDRESS else None
            if url is None:
                left_out.append(plain_text.line(said)[:80])
            elif owner and page and urls.canonical(page) == urls.canonical(owner):
                own.append(url)
            else:
                feeds.setdefault(
                    urls.canonical(url), Subscription(title=title, url=url, folder=folder)
                )
        return Subscriptions(feeds=tuple(feeds.values()), left_out=tuple(left_out), own=tuple(own))

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.root = self.root or name.lower()
        self._in_owner = name == "ownerId"
        said = {key.lower(): value for key, value in attributes.items()}
        if name.lower() != "outline":
            return
        title, folder = (
            plain_text.line(said.get("title") or said.get("text", "")),
            self._folders[-1],
        )
        if said.get("xmlurl", "").strip():
            page = urls.web_link(said.get("htmlurl", "")) or ""
            self._outlines.append((title, said["xmlurl"], page, folder))
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
        raise _RefusedError(f"declares an entity, '{name[:40]}', which no list of feeds needs")
