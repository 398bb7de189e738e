"""The index of the stories, a year at a time: each year's stands in `.digest/` while its stories are what they were.

    archive ──by year──▶ as it was? ──no──▶ records ──pagefind──▶ .digest/search/2026.memory ──▶ files of the site

One record is one story, so that what is found is a story and no page of forty; one index is one year, so that an edit
costs as much in the tenth year as in the first. Refuses to stop a build: where the index of a year cannot be made there
is none at all, and the site has no search page; an old one never stands for new stories.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache as once
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from digest import disk, memory
from digest.model import Catalogue, Config, Outline
from digest.pages import addresses, ingredients
from digest.pages.addresses import Base
from digest.pages.archive import Archive
from digest.pages.cards import publisher
from digest.pages.marks import mark
from digest.pages.markup import Writer
from digest.pages.targets import Targets

if TYPE_CHECKING:
    from digest.pages.records import Record

_FOLDER = "search"
_AT_ONCE = 4  # years; each takes a program of its own, and tens of megabytes

_Kept = tuple[dict[str, bytes], bytes]
"""The index of one year: a hash of each file by its name, and all the files, packed."""


class Index(NamedTuple):
    """The index of all years: a hash of each of its files, by path; there are none where it is not to be had.

    `content` gives the bytes of such a file; `warning` says why the index could not be made.
    """

    files: Mapping[str, bytes] = MappingProxyType({})
    content: Callable[[str], bytes] = lambda _: b""
    warning: str = ""

    @property
    def program(self) -> str:
        """The version of Pagefind's program for browsers, a hash of its files; nothing without an index."""
        named = ((path.rpartition("/")[2], told) for path, told in self.files.items())
        parts = tuple(sorted(part for part in named if _is_program(part[0])))
        return mark(parts).hex()[:10] if parts else ""


def available() -> bool:
    """Tells whether the extra `search` is installed."""
    return all(importlib.util.find_spec(library) for library in ("pagefind", "cbor2"))


def index(catalogue: Catalogue, archive: Archive, config: Config, root: Path) -> Index:
    """Returns the index of an archive, made anew for years where it does not stand; none without stories or extra."""
    if not archive.stories or not available():
        return Index()
    years = {str(year): tuple(stories) for year, stories in groupby(archive.stories, key=lambda story: story.week.year)}
    shared = _shared(config)
    keys = {year: mark((shared, *_told(stories, archive))) for year, stories in years.items()}
    kept: dict[str, _Kept] = {}
    for year, key in keys.items():
        if stands := memory.recall(root, _name(year), key)[0]:
            kept[year] = stands
    wanted = {year: list(_records(catalogue, archive, config, years[year])) for year in keys if year not in kept}
    try:
        for year, files in _made(wanted, config.site.language):
            kept[year] = ({name: mark(content) for name, content in files.items()}, memory.pack(files))
            memory.keep(root, _name(year), keys[year], kept[year])
    except ValueError as error:
        return Index(warning=f"search: pagefind made no index, so the site has no search page: {error}")
    _forget(root, map(_name, keys))
    return _together(kept)


def _name(year: str) -> str:
    return f"{_FOLDER}/{year}.memory"


def _shared(config: Config) -> bytes:
    """Returns a hash of what every year's index is made of beside its stories: this program and Pagefind among it."""
    feeds = tuple((feed.id, feed.publisher) for feed in config.feeds)
    themes = tuple((theme.id, theme.was) for theme in config.themes)
    return mark((ingredients.of_program(), config.site.language, feeds, themes))


def _told(stories: Iterable[Outline], archive: Archive) -> Iterator[tuple[bytes, str, str]]:
    """Yields all that records of these stories are made of: their words, and what their file's name and place say."""
    for story in stories:
        yield story.mark, addresses.permalink(story.week, archive.anchors.of(story)), story.published


def _records(catalogue: Catalogue, archive: Archive, config: Config, stories: Iterable[Outline]) -> Iterator[Record]:
    from digest.pages.records import record

    writer = Writer(Targets(catalogue, archive, Base(config.site.url)))
    feeds = {feed.id: feed for feed in config.feeds}
    for outline in stories:
        story = catalogue.story(outline.file)
        place = addresses.permalink(outline.week, archive.anchors.of(outline))
        yield record(story, outline.themes, place, publisher(story, feeds)[0], writer.words)


def _made(wanted: Mapping[str, list[Record]], language: str) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Makes the index of each year, and yields its files; raises ValueError where one cannot be made."""
    if not wanted:
        return
    from concurrent.futures import ThreadPoolExecutor

    from digest.pages import search  # which a build without a new index need not wait for, nor for what is above

    makers = ThreadPoolExecutor(_AT_ONCE)
    try:
        made = {year: makers.submit(search.make, records, language) for year, records in wanted.items()}
        for year, files in made.items():
            yield year, files.result()
    finally:
        makers.shutdown(cancel_futures=True)


def _forget(root: Path, names: Iterable[str]) -> None:
    """Removes what is left of years that have no story any more, and of runs that were killed."""
    import shutil

    cache = root / disk.CACHE
    for gone in {*(cache / _FOLDER).glob("*")} - {cache / name for name in names}:
        if gone.is_dir():
            shutil.rmtree(gone, ignore_errors=True)
        else:
            disk.unlink(gone)


def _together(kept: Mapping[str, _Kept]) -> Index:
    """Returns the indexes of all years as one. Its program stands with the newest year alone: it serves all of them."""
    newest = max(kept, key=int)
    files = {
        f"{addresses.SEARCH_INDEX}{year}/{name}": told
        for year, (hashes, _) in kept.items()
        for name, told in hashes.items()
        if year == newest or not _is_program(name)
    }
    unpacked: Callable[[str], dict[str, bytes]] = once(lambda year: memory.unpack(kept[year][1]))

    def content(path: str) -> bytes:
        year, _, name = path.removeprefix(addresses.SEARCH_INDEX).partition("/")
        return unpacked(year)[name]

    return Index(files=files, content=content)


def _is_program(name: str) -> bool:
    return name == "pagefind.js" or name.startswith("wasm.")
