"""The nouns: a type for each stage of a story's way, all frozen, none filled in later.

    Feed ──fetch──▶ Fetched ──parse──▶ Document of Entry ──take in──▶ Story

What readers get out of these is `pages/archive.py`'s.

Refuses to do anything: these hold what others decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from digest.errors import Problem
from digest.week import Week

# ---------------------------------------------------------------- what digest.toml says


class Site(NamedTuple):
    """The digest as a whole; `url` ends with a slash, and its path is the base path of every address."""

    title: str
    url: str
    id: str
    description: str = ""
    language: str = "en"
    timezone: str = "UTC"
    editor: str = ""


class Feed(NamedTuple):
    """A source that we pull; `url` is http(s), or a path relative to the digest's root."""

    id: str
    url: str
    title: str
    publisher: str
    paywall: bool = False
    excerpt: int = 40
    retired: bool = False


class Theme(NamedTuple):
    """A theme and its rule: phrases that earn it, phrases that are blanked out before; `was` holds its old ids."""

    id: str
    title: str
    match: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    was: tuple[str, ...] = ()


class Config(NamedTuple):
    """All of `digest.toml`, checked; `close` is "next-week" or "letter"."""

    site: Site
    feeds: tuple[Feed, ...] = ()
    themes: tuple[Theme, ...] = ()
    draft: bool = False
    close: str = "next-week"


# ---------------------------------------------------------------- what the publishers say


class Validators(NamedTuple):
    """What a server gave us to ask whether its feed has changed (RFC 9110 §8.8), and the hash of the body."""

    etag: str = ""
    modified: str = ""
    hash: str = ""


class Fetched(NamedTuple):
    """A feed's answer. `body` is None where the feed has not changed; `moved` is its new permanent address, if any."""

    feed: Feed
    body: bytes | None
    url: str
    content_type: str = ""
    validators: Validators = Validators()
    moved: str = ""


class Failed(NamedTuple):
    """A feed that could not be fetched or read: why, in words; `wait` is the moment before which not to ask again."""

    feed: Feed
    reason: str
    wait: datetime | None = None


class Entry(NamedTuple):
    """What a feed said of one thing: plain text only, links http(s) only.

    `id` is the feed's own guid, untouched, empty where it gave none. `published` is in UTC, None where the feed
    gave no date that can be believed; `day_only` tells that this date names no time of day, `zoneless` that its figures
    are those of an unknown zone. `summary` is the whole of it, its paragraphs parted by blank lines.
    """

    id: str
    title: str
    link: str
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    image: str = ""
    summary: str = ""
    day_only: bool = False
    zoneless: bool = False


class Document(NamedTuple):
    """One fetched feed document, read; `warnings` says in words what was skipped or doubted, and why.

    `moved` is where the feed says that it is now, if that is elsewhere, and `moved_by` what says so: "new-feed-url" or
    "self".
    """

    title: str
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    moved: str = ""
    moved_by: str = ""


# ---------------------------------------------------------------- what the editor keeps


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong in a story, and the day on which it was put right."""

    day: date
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One curated story, as its file has it.

    `file` is relative to the digest's root. `week` is the folder it lies in, `day` and `slug` its file's name.
    `excerpt` (the publisher's words, without the quotation signs) and `note` (the editor's) are Markdown; the note
    begins at line `line` of the file, 0 where nobody has looked.
    """

    file: str
    week: Week
    day: date
    slug: str
    title: str
    link: str
    published: datetime
    updated: datetime | None = None
    headline: str = ""
    source: str = ""
    authors: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    image: str = ""
    id: str = ""
    lead: bool = False
    hide: bool = False
    draft: bool = False
    corrections: tuple[Correction, ...] = ()
    earlier: bool = True
    excerpt: str = ""
    note: str = ""
    line: int = field(default=0, compare=False)


class Letter(NamedTuple):
    """The editor's letter that opens a week; `body` is Markdown, and begins at line `line` of the file.

    `published` and `updated` are what the editor says of when it was; None where that is nothing.
    """

    file: str
    week: Week
    title: str
    body: str
    line: int = 1
    draft: bool = False
    published: datetime | None = None
    updated: datetime | None = None


class FreePage(NamedTuple):
    """A page that the editor writes, or a theme's introduction; `name` is its file's, or the theme's id."""

    file: str
    name: str
    title: str
    body: str
    line: int = 1
    draft: bool = False


class Copied(NamedTuple):
    """A file copied as it is: `source` on the disk, `file` relative to the root, `path` below the base path.

    A picture has a `size`: its width and height in pixels, None where they cannot be read. `weight` is in bytes.
    """

    source: Path
    file: str
    path: str
    size: tuple[int, int] | None = None
    weight: int = 0


class Place(NamedTuple):
    """A place where a story is or was, from the ledgers: its address there is never given to another story.

    `file` is the place, `story` the story's file now: the same one, another, or "" if it is gone.
    `since` is the first time that the ledgers mention it; places of one story have the same `owner`.
    """

    week: Week
    slug: str
    file: str
    story: str
    since: str = ""
    owner: str = ""


class Location(NamedTuple):
    """A line of `_places.jsonl`: where a story was at one time, and what its Atom id is made of.

    That is `id`, or without an id the first link that the story had, `link`; `now` is its link at that time.
    """

    at: str
    file: str
    id: str
    link: str
    now: str

    @property
    def name(self) -> str:
        """What the story's Atom id is made of."""
        return self.id or self.link


class Gone(NamedTuple):
    """A deleted story: its last file, with the week and day (ISO 8601) that this tells, and when a pull added it.

    That, or its own date, is in seconds since 1970, and 0 if only the day is known. `former` are the files that it had
    before. `fresh` is True if git never had it.
    """

    file: str
    week: Week
    day: str
    came: float
    former: tuple[str, ...] = ()
    fresh: bool = False


def _nothing_beside(_: str) -> Sequence[str]:
    """Returns no names: the default if it is not known where the content is."""
    return ()


class Content(NamedTuple):
    """All that lies in `content/`, read and checked, each kind in the order of its files' names."""

    stories: tuple[Story, ...] = ()
    letters: tuple[Letter, ...] = ()
    introductions: tuple[FreePage, ...] = ()
    pages: tuple[FreePage, ...] = ()
    copied: tuple[Copied, ...] = ()
    places: tuple[Place, ...] = ()
    earlier: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """The publisher's earlier headlines of a story, by its file, oldest first."""
    names: Mapping[str, str] = MappingProxyType({})
    """What a story's Atom id is made of, by its file, if it differs from what the file says now."""
    altered: Mapping[str, str] = MappingProxyType({})
    """The stories whose `id` was removed or changed, by file, each with its owner (`stories.following`)."""
    writers: Mapping[str, str] = MappingProxyType({})
    """The feed whose words a story's excerpt has, by its file, where that is not the first of its feeds."""
    came: Mapping[str, float] = MappingProxyType({})
    """When a pull took a story in, by its file, in seconds since 1970. Missing where the story's own date counts: it
    was written by hand, or came with the first pull of its feed."""
    gone: tuple[Gone, ...] = ()
    """The stories that the ledgers know, and that are not there any more."""
    signed: Mapping[str, str] = MappingProxyType({})
    """The fields of a story whose URL has what looks like a secret, though the feed gave it to everybody, by file."""
    hashes: Mapping[str, bytes] = MappingProxyType({})
    """A hash of the bytes of each story's file."""
    suspects: frozenset[str] | None = None
    """The files of stories with what looks like a secret in a URL; None where nobody has looked yet."""
    unread: frozenset[str] = frozenset()
    """The Markdown files that could not be read, for those who go on without them."""
    beside: Callable[[str], Sequence[str]] = _nothing_beside
    """Gives the names of all that is in a folder."""
    unrecorded: tuple[Location, ...] = ()
    """Locations that no ledger has yet; `at` is the newest time in any ledger."""
    damaged: tuple[Problem, ...] = ()
    """The lines of ledgers that cannot be read."""
