"""The program's values: one frozen type for each stage of a story.

    Feed ──fetch──▶ Fetched ──parse──▶ Document of Entry ──plan──▶ Story

What pages and feeds show is made from these in `site/archive.py`. No logic here, except for
properties that need nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from digest.errors import Problem
from digest.week import Week, reached_by

Progress = Callable[[int, int], None]
"""Called during long work, with how much is done and how much there is."""

# ---------------------------------------------------------------- what digest.toml says


class Site(NamedTuple):
    """The digest as a whole; `url` ends with a slash, and its path is the base path of the site.

    `hub` is notified of changed feeds (WebSub).
    """

    title: str
    url: str
    id: str
    description: str = ""
    language: str = "en"
    timezone: str = "UTC"
    editor: str = ""
    hub: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone, in which stories have their days and weeks."""
        return ZoneInfo(self.timezone)


class Feed(NamedTuple):
    """A source that we pull; `url` is http(s), or a path relative to the digest's root.

    All its stories have its `themes`. Entries that no `match` phrase finds, or that an `ignore`
    phrase finds, are passed over.
    """

    id: str
    url: str
    title: str = ""
    publisher: str = ""
    paywall: bool = False
    excerpt: int = 40
    retired: bool = False
    themes: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Theme(NamedTuple):
    """A theme: phrases that earn it, phrases to ignore, and the ids that it had before (`was`)."""

    id: str
    title: str
    match: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    was: tuple[str, ...] = ()


class Mail(NamedTuple):
    """How an edition is sent as a mail.

    - `via`: "smtp", "buttondown", "listmonk", or empty
    - `sender`: a mailbox with its name
    - `to`: the address of one
    - `host`, `port`: of the SMTP server
    - `user`: who logs in there, or at the API
    - `url`: of the API
    - `list`: the number of a list there
    - `subscribe`, `unsubscribe`: where readers do so
    """

    via: str = ""
    sender: str = ""
    to: str = ""
    host: str = ""
    port: int = 0
    user: str = ""
    url: str = ""
    list: int = 0
    subscribe: str = ""
    unsubscribe: str = ""


class Config(NamedTuple):
    """All of `digest.toml`, checked; `close` is "next-week" or "letter"."""

    site: Site
    feeds: tuple[Feed, ...] = ()
    themes: tuple[Theme, ...] = ()
    draft: bool = False
    close: str = "next-week"
    mail: Mail = Mail()


# ---------------------------------------------------------------- what publishers say


class Validators(NamedTuple):
    """What a server needs to say if a feed has changed (RFC 9110 §8.8), and the body's hash."""

    etag: str = ""
    modified: str = ""
    hash: str = ""


class Fetched(NamedTuple):
    """A fetched feed, or a page, for which `feed` has only the address.

    `body` is None if it has not changed; `moved` is a new permanent address.
    """

    feed: Feed
    body: bytes | None
    url: str
    content_type: str = ""
    validators: Validators = Validators()
    moved: str = ""


FailureKind = Literal["", "unknown host", "private address"]
"""A failure to connect that is treated in its own way: the host has no address, or only a private
one, which was not requested; "" for all others.
"""


class Failed(NamedTuple):
    """A feed or page that could not be fetched or parsed, and why; to be tried again after `wait`.

    `status` is the HTTP status if that is why, else 0. Decide by `status` and `kind`: `reason` is
    for people.
    """

    feed: Feed
    reason: str
    wait: datetime | None = None
    status: int = 0
    kind: FailureKind = ""


class Reply(NamedTuple):
    """What an API answers; `status` is 0 if there was no answer, `reason` says why a request failed."""

    status: int
    body: bytes = b""
    reason: str = ""


class Entry(NamedTuple):
    """One entry of a feed, as plain text, with http(s) links only.

    - `id`: the feed's own guid, unchanged, "" if there is none
    - `published`: in UTC, None if the feed gave no credible date
    - `day_only`, `zoneless`: it has no time of day; its time zone is unknown
    - `summary`: the whole one, with blank lines between its paragraphs
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
    """One parsed feed document.

    - `warnings`: what was skipped or doubted, and why
    - `moved`: the address that the feed says it has now, if it is another one
    - `moved_by`: the element that says so, "new-feed-url" or "self"
    - `language`: spelled as in the feed
    """

    title: str
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    moved: str = ""
    moved_by: str = ""
    language: str = ""
    publisher: str = ""


# ---------------------------------------------------------------- what the editor writes


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong in a story, and the day of the correction."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class DueDate:
    """A date ahead that a text announces, and what is due.

    `when` is a day, a month or a year as in ISO 8601: 2027-01-15, 2027-01 or 2027.
    """

    when: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One curated story, as its file has it.

    - `file`: relative to the digest's root; `week` is its folder, `day` and `slug` are in its name
    - `title`, `headline`: the publisher's and the editor's
    - `also`: file names of stories that report the same event (`same_event`)
    - `saved`: the URL of a saved copy of the article
    - `earlier`: False if the publisher's earlier headlines are not to be shown
    - `excerpt`, `note`: the publisher's words, without `>`, and the editor's; both are Markdown
    - `line`: where the note begins in the file, 0 if unknown
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
    also: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    ahead: tuple[DueDate, ...] = ()
    saved: str = ""
    earlier: bool = True
    excerpt: str = ""
    note: str = ""
    line: int = field(default=0, compare=False)

    @property
    def shown_headline(self) -> str:
        """The headline that readers see: the editor's if there is one, else the publisher's."""
        return self.headline or self.title


CONFIG_FILE = "digest.toml"
FLAGS = ("lead", "hide", "draft")
"""Fields of a story that an editor turns on and off."""
PUBLISHER_FIELDS = ("title", "link", "authors", "image", "excerpt")
"""Fields of a story with the publisher's words, in which a pull and an editor may differ."""


class Letter(NamedTuple):
    """The editor's letter for a week; `body` is Markdown and begins at line `line` of the file.

    `published` and `updated` are the editor's dates, if given.
    """

    file: str
    week: Week
    title: str
    body: str
    line: int = 1
    draft: bool = False
    published: datetime | None = None
    updated: datetime | None = None
    ahead: tuple[DueDate, ...] = ()


class FreePage(NamedTuple):
    """A page that the editor writes, or a theme's introduction; `name` is from its file."""

    file: str
    name: str
    title: str
    body: str
    line: int = 1
    draft: bool = False


class Copied(NamedTuple):
    """A file copied as it is: `source` on disk, `file` from the root, `path` in the site.

    `size` is a picture's width and height in pixels, None if unknown; `byte_size` is that of the file.
    """

    source: Path
    file: str
    path: str
    size: tuple[int, int] | None = None
    byte_size: int = 0


class StoryAddress(NamedTuple):
    """An address that a story has or had, from the ledgers; no other story gets it.

    It is that of the story's file when it was called `file`. `present_file` is the story's file
    now: the same one, another, or "" if it is gone. `since` is when the ledgers first mention
    `file`; the addresses of one story have the same `origin`.
    """

    week: Week
    slug: str
    file: str
    present_file: str
    since: str = ""
    origin: str = ""


class Location(NamedTuple):
    """A line of `_places.jsonl`: what a run noted of a story's file, id and link.

    From these lines the ledgers know where a story was (`StoryAddress`), and its lasting name:
    `id`, or without an id the first link that it had, `link`. `now` is the link that it had at the
    time.
    """

    at: str
    file: str
    id: str
    link: str
    now: str

    @property
    def lasting_name(self) -> str:
        """What the story's Atom id is made of."""
        return self.id or self.link


class DeletedStory(NamedTuple):
    """A deleted story: its last file, with the week and day (ISO 8601) of its name.

    `added_at` is when a pull added it, or else its own date, in seconds since 1970; 0 if unknown.
    `former_files` are its earlier ones. `never_committed`: git never had it.
    """

    file: str
    week: Week
    day: str
    added_at: float
    former_files: tuple[str, ...] = ()
    never_committed: bool = False


def _nothing_beside(_: str) -> Sequence[str]:
    """Returns no names: the default if the content's folder is unknown."""
    return ()


class Content(NamedTuple):
    """Everything in `content/`, parsed and checked, each kind sorted by file."""

    stories: tuple[Story, ...] = ()
    letters: tuple[Letter, ...] = ()
    introductions: tuple[FreePage, ...] = ()
    pages: tuple[FreePage, ...] = ()
    copied: tuple[Copied, ...] = ()
    story_addresses: tuple[StoryAddress, ...] = ()
    earlier_headlines: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """The publisher's earlier headlines of a story, by its file, oldest first."""
    lasting_names: Mapping[str, str] = MappingProxyType({})
    """What a story's Atom id is made of, by its file, if it differs from what the file says now."""
    altered: Mapping[str, str] = MappingProxyType({})
    """The origins of stories whose `id` was removed or changed, by file (`match_files`)."""
    excerpt_writers: Mapping[str, str] = MappingProxyType({})
    """The feed whose words a story's excerpt has, by file, if that is not its first feed."""
    added_at: Mapping[str, float] = MappingProxyType({})
    """When a pull added a story, by file, in seconds since 1970. Missing if the story's own date
    counts: it was written by hand, or came with the first pull of its feed."""
    gone: tuple[DeletedStory, ...] = ()
    """The stories in the ledgers that no longer exist."""
    public_secrets: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """The fields whose URL seems to have a secret but is public, since a feed has it, by file."""
    hashes: Mapping[str, bytes] = MappingProxyType({})
    """A hash of each story's file, of its name, and of which words in it are the publisher's."""
    with_secrets: frozenset[str] | None = None
    """The files of stories with what looks like a secret in a URL; None if not searched yet."""
    unread: frozenset[str] = frozenset()
    """The Markdown files that could not be read, for commands that continue without them."""
    beside: Callable[[str], Sequence[str]] = _nothing_beside
    """Returns the names of everything in a folder."""
    unrecorded: tuple[Location, ...] = ()
    """All locations that no ledger has yet, whether they are to be recorded now or not
    (`content/new_locations.py`); `at` is the newest time in any ledger."""
    damaged: tuple[Problem, ...] = ()
    """The lines of ledgers that cannot be read."""
    newest_record: str = ""
    """The newest time in the ledgers (ISO 8601, UTC), "" if they are empty."""

    @property
    def reached(self) -> Week | None:
        """The last week that is known to have begun, since the ledgers have an entry of that time."""
        return reached_by(self.newest_record)

    @property
    def texts(self) -> tuple[Letter | FreePage, ...]:
        """The editor's own texts: all letters, introductions of themes, and pages."""
        return (*self.letters, *self.introductions, *self.pages)

    def mentions_any(self, names: Iterable[str]) -> bool:
        """True if a text of the editor's, or a note, contains one of these names of files."""
        texts = [*(text.body for text in self.texts), *(story.note for story in self.stories)]
        return any(name in text for name in names for text in texts)


# ---------------------------------------------------------------- what reports cannot count


class Skipped(NamedTuple):
    """The files that cannot be read completely, so that a report does not count them.

    `unknown_themes` are those that are not in digest.toml, each with the files that name it.
    """

    files: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = MappingProxyType({})
