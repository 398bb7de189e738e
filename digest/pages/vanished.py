"""The addresses that a site no longer has when another takes its place: pages, feeds, and the anchors of stories.

Whoever has kept such an address finds nothing there. An address that leads on to another place is still there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html.parser import HTMLParser

_PAGES = (".html", ".atom")


def is_page(path: str) -> bool:
    """Tells whether a file of the site is one that people link to or subscribe to."""
    return path.endswith(_PAGES)


def vanished(before: Mapping[str, bytes], after: Mapping[str, bytes], paths: Collection[str]) -> tuple[str, ...]:
    """Returns the addresses, below the base path, that `before` has and the new site has not.

    `before` and `after` have the pages that differ, as they were and as they are now; `paths` are all files of the new
    site.
    """
    found = []
    for path, content in before.items():
        place = path.removesuffix("index.html") if path.endswith("/index.html") or path == "index.html" else path
        if path not in paths:
            found.append(place or "/")
        if path.endswith(".html"):
            left = _anchors(content) - _anchors(after.get(path, b""))
            found += [f"{place}#{anchor}" for anchor in sorted(left)]
    return tuple(sorted(found))


def _anchors(page: bytes) -> set[str]:
    """Returns the anchors of a page that belong to stories: all other ids begin with `_`."""
    reader = _Ids()
    reader.feed(page.decode(errors="replace"))
    return reader.found


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as it is called
        self.found.update(value for name, value in attrs if name == "id" and value and value[0] != "_")
