"""A page of the site before it is rendered: its path, its template, and what it is made from.

    Page(make, inputs) ──▶ key ──as at the last build?──▶ keep the file
                                └──▶ make(context, *inputs) ──▶ template

What a page shows depends only on its inputs and on what all pages share. A hash of these is its
key, and only a page with a new key is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from digest.model import Story
from digest.site.archive import Edition
from digest.site.keys import Keys
from digest.site.social.card import CardPicture
from digest.week import Week


class PageLink(NamedTuple):
    """The words of a link, and the place to which it leads."""

    title: str
    place: str


class Listed(NamedTuple):
    """What a page lists, for programs; a story has a day (ISO 8601) and a publisher."""

    title: str
    place: str
    day: str = ""
    publisher: str = ""


LONGEST_DESCRIPTION = 155
"""Characters of a page's description; search engines cut off more."""


class Head(NamedTuple):
    """What is in the head of a page: `place` is its canonical address, `feeds` are its own feeds.

    `updated` is when anything on the page last changed (ISO 8601), empty if nothing has a date.
    `published` is when an edition was, as in the weekly feed. `picture` is None if the page has the
    card of the site.
    """

    title: str
    description: str
    place: str
    feeds: tuple[PageLink, ...] = ()
    updated: str = ""
    published: str = ""
    picture: CardPicture | None = None


Data = Callable[..., Mapping[str, object]]
"""Makes what a page's template receives, from the context of the build and the page's inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One output file: its path below the output folder, its template, and what makes its data.

    `source` says in a message what claims the path: a file's name, or what the page is. `make` is
    called with the context of the build and the `inputs`, only if the page is rendered;
    `depends_on` is what else it uses of the context.
    """

    path: str
    source: str
    template: str
    make: Data
    inputs: tuple[object, ...]
    depends_on: object
    head: Head | None

    @property
    def newest(self) -> Week | None:
        """The newest week that the page shows stories of; None if it shows none."""
        return max(_weeks(self.inputs), default=None)

    def key(self, shared: bytes, keys: Keys) -> bytes:
        """Returns the hash of what the page is made from; `shared` is that of what all share."""
        made_by = f"{self.make.__module__}.{self.make.__qualname__}"
        made_from = self.inputs, self.depends_on
        return keys.of(shared, self.path, self.template, made_by, self.head, *made_from)


def newest_first(pages: Iterable[Page]) -> list[Page]:
    """Returns pages by their newest week: so those of a week are neighbours, and the card of a story,
    which several of them show, is made once for all."""
    return sorted(pages, key=lambda page: page.newest or (), reverse=True)


def _weeks(value: object) -> Iterator[Week]:
    """Yields the weeks of the stories and editions in an input."""
    if isinstance(value, Edition | Story):
        yield value.week
    elif isinstance(value, tuple):
        for part in value:
            yield from _weeks(part)
