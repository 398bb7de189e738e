"""A page of the site before it is made: where it goes, which template sets it, and what it is made of.

    Page(make, inputs) ──key──▶ as it was?  ──no──▶ data ──▶ template

What a page shows is a function of its inputs and of what all pages share, and of nothing else. So its key, a hash of
those, tells whether it would come out as it did the last time, and only pages that would not are made. Refuses to
guess: a kind of input that it does not know how to mark is a mistake in this program, and raises TypeError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from hashlib import blake2b

from digest.model import Outline
from digest.pages.archive import Edition

_SIZE = 16
_DERIVED = frozenset({"lead", "sections"})  # of an edition: they follow from its stories and from digest.toml


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to a place."""

    title: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a page says of itself; `place` is its canonical address, `feeds` are its own beside those of the site.

    `updated` is when what it shows last changed (ISO 8601), empty where nothing on it has a date.
    """

    title: str
    description: str
    place: str
    feeds: tuple[Link, ...] = ()
    updated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One output file: its path below the output folder, its template, and what makes the data that this receives.

    `source` is what claims the path, in words for a message: a file's name, or what the page is. `make` is called with
    the `maker` of the whole build and the `inputs`, and only when the page is wanted; the template receives `shared`
    beside what it returns.
    """

    path: str
    source: str
    template: str
    make: Callable[..., Mapping[str, object]]
    maker: object
    inputs: tuple[object, ...]
    head: Head | None
    shared: Mapping[str, object]

    def data(self) -> dict[str, object]:
        """Returns what the template receives."""
        head = {"head": self.head} if self.head else {}
        return {**self.shared, **head, **self.make(self.maker, *self.inputs)}

    def key(self, whole: bytes) -> bytes:
        """Returns the hash of all that the page is made of; `whole` is that of what all pages share."""
        named = f"{self.path}\n{self.template}\n{self.make.__module__}.{self.make.__qualname__}"
        return mark((whole, named, self.head, self.inputs))


def mark(value: object) -> bytes:
    """Returns a hash that two values share only if all that a page could show of them is the same."""
    return blake2b(b"".join(_parts(value)), digest_size=_SIZE).digest()


def _parts(value: object) -> Iterator[bytes]:
    """Yields what to hash, in such a way that no two different values run together to the same."""
    if type(value) is Outline:
        yield value.mark
    elif isinstance(value, Edition):
        yield mark(tuple(getattr(value, field.name) for field in fields(value) if field.name not in _DERIVED))
    elif isinstance(value, tuple):
        yield from _listed(value)
    elif is_dataclass(value):
        yield f"{type(value).__name__}:".encode()
        for field in fields(value):
            yield from _parts(getattr(value, field.name))
    else:
        yield _plain(value)


def _listed(values: tuple[object, ...]) -> Iterator[bytes]:
    yield b"(%d:" % len(values)
    stories = [value.mark for value in values if type(value) is Outline]
    if len(stories) == len(values):
        yield b"".join(stories)  # most of all that is hashed: lists of stories
        return
    for value in values:
        yield from _parts(value)


def _plain(value: object) -> bytes:
    if isinstance(value, bytes | str):
        encoded = value.encode(errors="surrogatepass") if isinstance(value, str) else value
        return b"%d:%b" % (len(encoded), encoded)
    if value is None or isinstance(value, bool | int | date):
        return f"{type(value).__name__}{value!r};".encode()
    raise TypeError(f"a page cannot be made of {type(value).__name__}: nothing tells whether it has changed")
