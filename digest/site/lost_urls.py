"""Finds the URLs of the published site that a new one no longer has: pages, feeds, permalinks.

A URL that redirects is not lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html.parser import HTMLParser

_PAGES = (".html", ".atom")


def is_page(path: str) -> bool:
    """True for a file of the site that people link to or subscribe to."""
    return path.endswith(_PAGES)


def vanished(
    before: Mapping[str, bytes], after: Mapping[str, bytes], paths: Collection[str]
) -> tuple[str, ...]:
    """Returns the URLs, relative to the base path, that the new site no longer has.

    `before` and `after` have the pages that differ; `paths` are all files of the new site.
    """
    lost_urls = []
    for path, content in before.items():
        place = path.removesuffix("index.html") if f"/{path}".endswith("/index.html") else path
        if path not in paths:
            lost_urls.append(place or "/")
        if path.endswith(".html"):
            lost = _anchors(content) - _anchors(after.get(path, b""))
            lost_urls += [f"{place}#{anchor}" for anchor in sorted(lost)]
    return tuple(sorted(lost_urls))


def _anchors(page: bytes) -> set[str]:
    """Returns the anchors of stories on a page: all other ids begin with `_`."""
    parser = _Ids()
    parser.feed(page.decode(errors="replace"))
    return parser.ids


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()

    def handle_starttag(
        self,
        tag: str,  # noqa: ARG002
        attrs: list[tuple[str, str | None]],
    ) -> None:
        for name, value in attrs:
            if name == "id" and value and value[0] != "_":
                self.ids.add(value)
