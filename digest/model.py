"""The nouns: a type for each stage of a story's way, all frozen, none filled in later.

    Feed ──fetch──▶ Fetched ──parse──▶ Document of Entry ──take in──▶ Story ──arrange──▶ Archive ──plan──▶ Page

Refuses to do anything: these hold what others decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from digest.week import Week

# ---------------------------------------------------------------- what digest.toml says


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The digest as a whole; `url` ends with a slash, and its path is the base path of every address."""

    title: str
    url: str
    id: str
    description: str = ""
    language: str = "en"
    timezone: str = "UTC"
    editor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source that we pull; `url` is http(s), or a path relative to the digest's root."""

    id: str
    url: str
    title: str
    publisher: str
    paywall: bool = False
    excerpt: int = 40
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme and its rule: phrases that earn it, phrases that are blanked out before; `was` holds its old ids."""

    id: str
    title: str
    match: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    was: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of `digest.toml`, checked; `close` is "next-week" or "letter"."""

    site: Site
    feeds: tuple[Feed, ...] = ()
    themes: tuple[Theme, ...] = ()
    draft: bool = False
    close: str = "next-week"


# ---------------------------------------------------------------- what the publishers say


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask whether its feed has changed (RFC 9110 §8.8), and the hash of the body."""

    etag: str = ""
    modified: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A feed's answer. `body` is None where the feed has not changed; `moved` is its new permanent address, if any."""

    feed: Feed
    body: bytes | None
    url: str
    content_type: str = ""
    validators: Validators = Validators()
    moved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A feed that could not be fetched or read: why, in words; `wait` is the moment before which not to ask again."""

    feed: Feed
    reason: str
    wait: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed said of one thing: plain text only, links http(s) only.

    `id` is the feed's own guid, untouched, empty where it gave none. `published` is in UTC, None where the feed
    gave no date that can be believed. `summary` is the whole of it, its paragraphs parted by blank lines.
    """

    id: str
    title: str
    link: str
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    image: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One fetched feed document, read; `warnings` says in words what was skipped or doubted, and why."""

    title: str
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()


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
    excerpt: str = ""
    note: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The editor's letter that opens a week; `body` is Markdown, and begins at line `line` of the file."""

    file: str
    week: Week
    title: str
    body: str
    line: int = 1
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePage:
    """A page that the editor writes, or a theme's introduction; `name` is its file's, or the theme's id."""

    file: str
    name: str
    title: str
    body: str
    line: int = 1
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A file copied as it is: `source` on the disk, `file` relative to the root, `path` below the base path."""

    source: Path
    file: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a story was first put, as the ledgers remember: its address there stays its own, whoever comes later.

    `file` is the place, `story` the file where its story lies now: the same one, another, or "" where it is gone.
    `since` is the moment at which the ledgers first spoke of it.
    """

    week: Week
    slug: str
    file: str
    story: str
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that lies in `content/`, read and checked, each kind in the order of its files' names."""

    stories: tuple[Story, ...] = ()
    letters: tuple[Letter, ...] = ()
    introductions: tuple[FreePage, ...] = ()
    pages: tuple[FreePage, ...] = ()
    copied: tuple[Copied, ...] = ()
    places: tuple[Place, ...] = ()
    earlier: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The publisher's earlier headlines of a story, by its file, oldest first."""
    unread: frozenset[str] = frozenset()  # Markdown files that could not be read, for who goes on without them


# ---------------------------------------------------------------- what the readers get


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The stories of a week under one theme, their main one; without a theme it is "Elsewhere"."""

    theme: Theme | None
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """An anchor on a week's page where a story once lay, and the story to which it leads on."""

    anchor: str
    story: Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A week as published: `stories` holds all of it, newest first; `lead` stands apart from the sections."""

    week: Week
    closed: bool
    stories: tuple[Story, ...] = ()
    letter: Letter | None = None
    lead: Story | None = None
    sections: tuple[Section, ...] = ()
    moved: tuple[Forward, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyline:
    """A theme with its stories, newest first, and its standing introduction."""

    theme: Theme
    stories: tuple[Story, ...] = ()
    introduction: FreePage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """All published stories, arranged: `stories` and `editions` newest first, `storylines` as in digest.toml.

    `vacated` are weeks from which every story was moved away: no editions, but their anchors still lead on.
    """

    stories: tuple[Story, ...] = ()
    editions: tuple[Edition, ...] = ()
    vacated: tuple[Edition, ...] = ()
    storylines: tuple[Storyline, ...] = ()
    pages: tuple[FreePage, ...] = ()
    anchors: dict[str, str]  # of each story's permalink, by its file: the slug, or `slug-2` where another has that


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One output file to be rendered: its path below the output folder, its template, and what that receives.

    `source` is what claims the path, in words for a message: a file's name, or what the page is.
    """

    path: str
    source: str
    template: str
    data: Mapping[str, object]
