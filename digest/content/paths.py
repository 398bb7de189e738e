"""Where everything in `content/` lies: paths relative to the digest's root, put together and taken apart.

    content/2026/w20/2026-05-15-slug.md    content/2026/w20/letter.md    content/ledger/<feed id>.jsonl

Text in, text out. Refuses to look at the disk; no path of these is put together anywhere else.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from datetime import date

from digest.names import MARKDOWN, is_markdown
from digest.week import Week

INBOX = "content/inbox"
LEDGERS = "content/ledger"
LOCATIONS = f"{LEDGERS}/_places.jsonl"
"""Where each story has been: no feed's ledger, for the id of a feed begins with a letter or a digit."""

ADDED = "_added"
"""The name, in the place of a feed's id, of the ledger of stories that were added from web pages."""

_ENDING = "|".join(map(re.escape, MARKDOWN))
PLACE = re.compile(
    rf"content/(\d{{4}}/w\d{{2}})/(?:(\d{{4}}-\d{{2}}-\d{{2}})-)?([^/.][^/]*)(?i:{_ENDING})"
)
"""A Markdown file in a week's folder: the folder, the day that its name begins with, if any, and the slug. A file that
is hidden by a dot is none."""
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
"""What a story's slug is made of: signs that an address can have."""
_LETTER = "letter"

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
_NOT_PUBLISHED = frozenset({"ledger", "inbox"})


def story(week: Week, day: date, slug: str) -> str:
    """Returns the file of a story."""
    return f"content/{week.folder}/{day}-{slug}.md"


def letter(week: Week) -> str:
    """Returns the file that a week's new letter gets."""
    return f"content/{week.folder}/{_LETTER}.md"


def ledger(feed: str) -> str:
    """Returns the file of a feed's ledger."""
    return f"{LEDGERS}/{feed}.jsonl"


def feed_of(name: str) -> str:
    """Returns the feed whose ledger has this name in its folder, "" where it is no feed's."""
    return (
        "" if name.startswith("_") or not name.endswith(".jsonl") else name.removesuffix(".jsonl")
    )


def is_story(file: str) -> bool:
    """Tells whether a file lies where stories do."""
    place = PLACE.fullmatch(file)
    return place is not None and (
        place[2] is not None or place[3].lower() != _LETTER
    )  # `Letter.md` is not a story


def parted(files: Iterable[str]) -> tuple[list[str], list[str]]:
    """Returns the files that lie where stories do, and all others: a few, of which more has to be asked."""
    stories, others = list[str](), list[str]()
    for file in files:
        (stories if is_story(file) else others).append(file)
    return stories, others


def is_letter(file: str) -> bool:
    """Tells whether a file lies where letters do."""
    place = PLACE.fullmatch(file)
    return place is not None and place[2] is None and place[3] == _LETTER


def is_in(file: str, folder: str) -> bool:
    """Tells whether a file is Markdown right in a folder below `content/`."""
    return is_markdown(file) and folder_of(file) == folder and "/." not in file


def right_in(folder: str, files: Iterable[str]) -> list[str]:
    """Returns those of the files that are Markdown right in a folder below `content/`."""
    return [file for file in files if is_in(file, folder)]


def copied(file: str) -> str:
    """Returns the path of a file that is copied as it is (all of `static/`, and pictures beside Markdown), else ""."""
    path = file.removeprefix("content/")
    top, _, rest = path.partition("/")
    if top == "static":
        return rest
    return (
        path
        if posixpath.splitext(file)[1].lower() in PICTURES and top not in _NOT_PUBLISHED
        else ""
    )


def folder_of(file: str) -> str:
    """Returns the folder that a file lies in, below `content/`."""
    return file.removeprefix("content/").rpartition("/")[0]


def week_of(file: str) -> Week | None:
    """Returns the week in whose folder a file lies, None where it lies in none, or the year has no such week."""
    try:
        return Week.parse(folder_of(file))
    except ValueError:
        return None
