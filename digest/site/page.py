"""A page of the site before it is made: where it goes, which template sets it, and what it is made of.

    Page(make, inputs) ──key──▶ as it was?  ──no──▶ data ──▶ template

What a page shows is a function of its inputs and of what all pages share, and of nothing else. So its key, a hash of
those, tells whether it would come out as it did the last time, and only pages that would not are made. Refuses to
make a page that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from digest.site.keys import Keys


class Link(NamedTuple):
    """Words that lead to a place."""

    title: str
    place: str


class Head(NamedTuple):
    """What a page says of itself; `place` is its canonical address, `feeds` are its own beside those of the site.

    `updated` is when what it shows last changed (ISO 8601), empty where nothing on it has a date.
    """

    title: str
    description: str
    place: str
    feeds: tuple[Link, ...] = ()
    updated: str = ""


class Maker(Protocol):
    """Whoever makes the data of pages; all of them receive what is `shared`."""

    @property
    def shared(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One output file: its path below the output folder, its template, and what makes the data that this receives.

    `source` is what claims the path, in words for a message: a file's name, or what the page is. `make` is called with
    the maker of the whole build and the `inputs`, and only when the page is wanted. The `last` page to show its stories
    in this way leaves nothing to be kept for another.
    """

    path: str
    source: str
    template: str
    make: Callable[..., Mapping[str, object]]
    inputs: tuple[object, ...]
    head: Head | None
    last: bool = False

    def data(self, maker: Maker) -> dict[str, object]:
        """Returns what the template receives."""
        head = {"head": self.head} if self.head else {}
        return {**maker.shared, **head, **self.make(maker, *self.inputs)}

    def key(self, shared: bytes, keys: Keys) -> bytes:
        """Returns the hash of all that the page is made of; `shared` is that of what all pages are made of."""
        made_by = f"{self.make.__module__}.{self.make.__qualname__}"
        return keys.of(shared, self.path, self.template, made_by, self.head, self.inputs)
