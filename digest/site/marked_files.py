"""Finds the files in an output folder that Digest made, if their list is lost: they have a mark."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from digest import disk
from digest.names import is_picture
from digest.site import addresses

_MARKS = {  # the mark, and where the head of the file ends: only the head counts
    ".html": (b'<meta name="generator" content="Digest">', b"<body"),
    ".atom": (b"<generator>Digest</generator>", b"<entry"),
    ".md": (b"generator: Digest\n", b"\n# "),
    ".ics": (b"PRODID:-//Digest//", b"BEGIN:VEVENT"),
}
_ID = re.compile(rb"<id>([^<]+)</id>")


def read_feed_id(content: bytes) -> str | None:
    """Returns the id of an Atom feed, None if there is none."""
    match = _ID.search(content.partition(b"<entry")[0])
    return html.unescape(match[1].decode(errors="replace")) if match else None


def find_built_files(folder: Path) -> set[str]:
    """Returns the paths of pages, feeds, pictures and search files of earlier builds in a folder.

    Pictures and search files have no mark. They count if they are where a build puts them and the
    home or search page has one, since they may show what is now hidden or deleted. Other copied
    files stay.
    """
    ours = set()
    for path in _files(folder, addresses.CONTENT_PATTERNS):
        # A style sheet is only next to a home page: this one would be another digest's.
        if is_marked_file(path) and not path.with_name(addresses.STYLE).exists():
            ours.add(path)
    if folder / addresses.path_of(addresses.SEARCH) in ours:
        ours.update(_files(folder, addresses.SEARCH_PATTERNS))
    if is_marked_file(folder / addresses.path_of(addresses.HOME)):
        if is_marked_file(folder / addresses.CALENDAR):
            ours.add(folder / addresses.CALENDAR)
        for path in _files(folder, addresses.PICTURE_PATTERNS):
            if is_picture(path.name):
                ours.add(path)
    return {path.relative_to(folder).as_posix() for path in ours}


def _files(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    """Yields the regular files that match one of the patterns."""
    for pattern in patterns:
        for path in folder.glob(pattern):
            if path.is_file() and not path.is_symlink():
                yield path


def is_marked_site(folder: Path) -> bool:
    """True if Digest made the site in a folder, by the mark of its home page or feed."""
    return is_marked_file(folder / addresses.path_of(addresses.HOME)) or is_marked_file(
        folder / addresses.FEED
    )


def is_marked_file(path: Path) -> bool:
    """True if a regular file is a page, feed or calendar with the mark of Digest."""
    if path.suffix not in _MARKS or path.is_symlink() or not path.is_file():
        return False
    return has_mark(path.name, disk.read(path) or b"")


def has_mark(path: str, content: bytes) -> bool:
    """True if a file has the mark of Digest, or is in the folder of the search index."""
    mark, end = _MARKS.get(PurePosixPath(path).suffix, (b"", b""))
    if mark:
        return mark in content.partition(end)[0]
    return path.startswith(addresses.SEARCH_INDEX)


def mark_or_hash(path: str, content: bytes) -> str:
    """Returns by what a file that a build wrote is recognised later: "ours" if marked, else a hash."""
    return "ours" if has_mark(path, content) else blake2b(content, digest_size=8).hexdigest()


def is_inside(path: str) -> bool:
    """True if a relative path stays inside its folder."""
    if not path.strip("./") or path[0] == "/":
        return False
    return ".." not in path.split("/") and "\0" not in path
