"""Builds and parses the paths of everything in `content/`, relative to the digest's root.

    content/2026/w20/2026-05-15-slug.md    content/2026/w20/letter.md    content/ledger/<feed>.jsonl

Text in, text out: nothing here looks at the disk. No other module puts such paths together.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from digest.names import MARKDOWN, is_markdown, is_picture
from digest.week import Week

INBOX = "content/inbox"
LEDGERS = "content/ledger"
LOCATIONS = f"{LEDGERS}/_places.jsonl"
"""The locations of stories (`model.Location`), under the name that early versions gave the file.

Not a feed's ledger: a feed's id begins with a letter or a digit.
"""

SENT = f"{LEDGERS}/sent.jsonl"
"""Which editions were mailed; no feed may have the id `sent`."""
ADDED = "_added"
"""Takes the place of a feed's id in the ledger of stories that were added from web pages."""

_ENDING = "|".join(map(re.escape, MARKDOWN))
_WEEK_FILE = re.compile(
    rf"content/(\d{{4}}/w\d{{2}})/(?:(\d{{4}}-\d{{2}}-\d{{2}})-)?([^/.][^/]*)(?i:{_ENDING})"
)
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
"""A story's slug, or the name of a page: only characters that a URL can have."""
_LETTER = "letter"
SHEET = "content/sheet.md"
"""A week as one file to work through; it is not published."""

_NOT_PUBLISHED = frozenset({"ledger", "inbox"})


class WeekFile(NamedTuple):
    """A Markdown file in a week's folder, `2026/w20`: the day in its name, if any, and the slug."""

    folder: str
    day: str
    slug: str


def parse(file: str) -> WeekFile | None:
    """Returns the parts of the path of a Markdown file in a week's folder, None for other files.

    A file that is hidden by a dot is not one of these.
    """
    match = _WEEK_FILE.fullmatch(file)
    return WeekFile(match[1], match[2] or "", match[3]) if match else None


def story(week: Week, day: date, slug: str) -> str:
    """Returns the file for a story."""
    return f"content/{week.folder}/{day}-{slug}.md"


def letter(week: Week) -> str:
    """Returns the file for a week's new letter."""
    return f"content/{week.folder}/{_LETTER}.md"


def ledger(feed: str) -> str:
    """Returns the file of a feed's ledger."""
    return f"{LEDGERS}/{feed}.jsonl"


def feed_of(name: str) -> str:
    """Returns the feed whose ledger has this file name; "" if it is not a feed's ledger."""
    is_feeds = name.endswith(".jsonl") and name[0] != "_" and name != posixpath.basename(SENT)
    return name.removesuffix(".jsonl") if is_feeds else ""


def is_story(file: str) -> bool:
    """True for a Markdown file in a week's folder, except letters; `Letter.md` is not a story."""
    match = _WEEK_FILE.fullmatch(file)
    return match is not None and (match[2] is not None or match[3].lower() != _LETTER)


def is_letter(file: str) -> bool:
    """True for a week's letter."""
    match = _WEEK_FILE.fullmatch(file)
    return match is not None and match[2] is None and match[3] == _LETTER


def is_in(file: str, folder: str) -> bool:
    """True for a Markdown file directly in a folder of `content/`."""
    return is_markdown(file) and folder_of(file) == folder and "/." not in file


def files_in(folder: str, files: Iterable[str]) -> list[str]:
    """Returns the Markdown files that are directly in a folder of `content/`."""
    return [file for file in files if is_in(file, folder)]


def copied(file: str) -> str:
    """Returns the path of a file that is copied as it is, "" for any other.

    All of `static/` is copied, and pictures beside Markdown.
    """
    path = file.removeprefix("content/")
    top, _, rest = path.partition("/")
    if top == "static":
        return rest
    return path if is_picture(file) and top not in _NOT_PUBLISHED else ""


def folder_of(file: str) -> str:
    """Returns a file's folder, relative to `content/`."""
    return posixpath.dirname(file.removeprefix("content/"))


def week_of(file: str) -> Week | None:
    """Returns the week whose folder has a file; None if the year has no such week."""
    try:
        return Week.parse(folder_of(file))
    except ValueError:
        return None
