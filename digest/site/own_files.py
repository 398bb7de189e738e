"""Which files in an output folder Digest made, where the list of them is lost: those that say so."""

from __future__ import annotations

import html
import re
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from digest import disk
from digest.site import addresses

_MARKS = {  # and where the head of such a file ends: further down it may be anybody's words
    ".html": (b'<meta name="generator" content="Digest">', b"<body"),
    ".atom": (b"<generator>Digest</generator>", b"<entry"),
}


_ID = re.compile(rb"<id>([^<]+)</id>")


def feed_id(folder: Path) -> str | None:
    """Returns the Atom id of the site that a build left in a folder, None if there is none."""
    head = (disk.read(folder / addresses.FEED) or b"").partition(b"<entry")[0]
    found = _ID.search(head) if _MARKS[".atom"][0] in head else None
    return html.unescape(found[1].decode(errors="replace")) if found else None


def recognised(folder: Path) -> set[str]:
    """Returns the paths of pages, feeds and pictures of ours that an earlier build left in a folder.

    A picture bears no mark: it is ours where a build puts pictures, in a folder whose home page is ours, since it may
    have been taken back with its text. What else was copied stays; files that every build makes need not be found.
    """
    found = set()
    for pattern in addresses.OUTPUTS:
        for path in folder.glob(pattern):
            if _is_marked(path):
                found.add(path.relative_to(folder).as_posix())
    ours = {path for path in found if not _is_home_of_another(folder / path)}
    if (
        addresses.output(addresses.SEARCH) in ours
    ):  # what it searches may hold words that are taken back
        searched = (path for pattern in addresses.SEARCHED for path in folder.glob(pattern))
        ours |= {
            path.relative_to(folder).as_posix()
            for path in searched
            if path.is_file() and not path.is_symlink()
        }
    if _is_marked(folder / addresses.output(addresses.HOME)):
        beside = (path for pattern in addresses.BESIDE for path in folder.glob(pattern))
        pictures = (path for path in beside if path.suffix.lower() in addresses.PICTURES)
        ours |= {
            path.relative_to(folder).as_posix()
            for path in pictures
            if path.is_file() and not path.is_symlink()
        }
    return ours


def is_own_site(folder: Path) -> bool:
    """Tells whether a folder has a site that Digest made: its home page or its feed says so."""
    return any(
        is_ours(folder / addresses.output(place)) for place in (addresses.HOME, addresses.FEED)
    )


def is_ours(path: Path) -> bool:
    """Tells whether a file says that Digest made it, as only pages and feeds do."""
    return path.suffix in _MARKS and _is_marked(path)


def _is_marked(path: Path) -> bool:
    """Tells whether a page or feed says that Digest made it."""
    if path.is_symlink() or not path.is_file():
        return False
    mark, end = _MARKS[path.suffix]
    return mark in (disk.read(path) or b"").partition(end)[0]


def is_marked(path: str, content: bytes) -> bool:
    """Tells whether a file says that Digest made it, or lies where only the search's index does."""
    mark, end = _MARKS.get(PurePosixPath(path).suffix, (b"", b""))
    if mark:
        return mark in content.partition(end)[0]
    return path.startswith(addresses.SEARCH_INDEX)


def fingerprint(path: str, content: bytes) -> str:
    """Returns what tells a file that a build wrote from another one at its place: its mark, else a hash of its bytes."""
    return "ours" if is_marked(path, content) else blake2b(content, digest_size=8).hexdigest()


def is_marked_home(content: bytes) -> bool:
    """Tells whether a page, such as the first of a site, says that Digest made it."""
    return is_marked("index.html", content)


def _is_home_of_another(page: Path) -> bool:
    """Tells whether a page stands where another digest's site begins: no page of ours has a style sheet beside it."""
    return page.with_name(addresses.STYLE).exists()


def is_inside(path: str) -> bool:
    """Tells whether a path leads to a file in the folder that it is relative to."""
    return (
        bool(path.strip("./"))
        and path[0] != "/"
        and ".." not in path.split("/")
        and "\0" not in path
    )
