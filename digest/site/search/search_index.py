"""The index of the stories, a year at a time: each year's stays in the cache while its stories are what they were.

    archive ──by year──▶ as it was? ──no──▶ records ──pagefind──▶ cache ──▶ files of the site

One record is one story, so that what is found is a story and no page of forty; one index is one year, so that an edit
costs as much in the tenth year as in the first. Refuses to stop a build: where the index of a year cannot be made there
is none at all, and the site has no search page; an old one never stands for new stories.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from digest.cache import Cache, key_of
from digest.model import Config, Story
from digest.site import addresses, fingerprint
from digest.site.addresses import Base
from digest.site.archive import Archive
from digest.site.cards import publisher
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer

if TYPE_CHECKING:
    from digest.site.search.records import Record

_AT_ONCE = 4  # years; each takes a program of its own, and tens of megabytes


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
        return key_of(repr(parts).encode()).hex()[:10] if parts else ""


def available() -> bool:
    """Tells whether the extra `search` is installed."""
    return all(importlib.util.find_spec(library) for library in ("pagefind", "cbor2"))


def index(archive: Archive, config: Config, cache: Cache) -> Index:
    """Returns the index of an archive, made anew for years whose stories have changed; none without stories or extra.

    The files of each year are in the cache, so that an edit costs as much in the tenth year as in the first.
    """
    if not archive.stories or not available():
        return Index()
    years = {
        str(year): tuple(stories)
        for year, stories in groupby(archive.stories, key=lambda story: story.week.year)
    }
    shared = _shared(config)
    keys = {year: archive.keys.of(shared, stories) for year, stories in years.items()}
    hashes = {year: cache.get("search", year, key, dict[str, bytes]) for year, key in keys.items()}
    wanted = {
        year: list(_records(archive, config, years[year])) for year in keys if hashes[year] is None
    }
    try:
        for year, files in _made(wanted, config.site.language):
            hashes[year] = {name: key_of(content) for name, content in files.items()}
            cache.put("search", year, keys[year], hashes[year])
            cache.put("search files", year, keys[year], files)
    except ValueError as error:
        return Index(
            warning=f"search: pagefind made no index, so the site has no search page: {error}"
        )
    for kind in ("search", "search files"):
        cache.keep_only(kind, keys)

    def search_of(year: str) -> dict[str, bytes]:
        records = list(_records(archive, config, years[year]))
        return dict(_made({year: records}, config.site.language))[year]

    def content(year: str, name: str) -> bytes:
        files = cache.get("search files", year, keys[year], dict[str, bytes])
        if files is None or name not in files:  # it was damaged
            files = search_of(year)
            cache.put("search files", year, keys[year], files)
        return files[name]

    return _together({year: found for year, found in hashes.items() if found is not None}, content)


def _shared(config: Config) -> bytes:
    """Returns a hash of what every year's index is made of beside its stories: this program and Pagefind among it."""
    feeds = tuple((feed.id, feed.publisher) for feed in config.feeds)
    themes = tuple((theme.id, theme.was) for theme in config.themes)
    return key_of(
        repr((fingerprint.of_program(), config.site.language, feeds, themes)).encode(
            errors="surrogatepass"
        )
    )


def _records(archive: Archive, config: Config, stories: Iterable[Story]) -> Iterator[Record]:
    from digest.site.search.records import record

    writer = MarkdownRenderer(Targets(archive, Base(config.site.url)))
    feeds = {feed.id: feed for feed in config.feeds}
    for story in stories:
        place = addresses.permalink(story.week, archive.anchors.of(story))
        yield record(story, story.themes, place, publisher(story, feeds)[0], writer.words)


def _made(
    wanted: Mapping[str, list[Record]], language: str
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Makes the index of each year, and yields its files; raises ValueError where one cannot be made."""
    if not wanted:
        return
    from concurrent.futures import ThreadPoolExecutor

    from digest.site.search import (
        pagefind,  # which a build without a new index need not wait for, nor for what is above
    )

    makers = ThreadPoolExecutor(_AT_ONCE)
    try:
        made = {
            year: makers.submit(pagefind.make, records, language)
            for year, records in wanted.items()
        }
        for year, files in made.items():
            yield year, files.result()
    finally:
        makers.shutdown(cancel_futures=True)


def _together(
    years: Mapping[str, Mapping[str, bytes]], content: Callable[[str, str], bytes]
) -> Index:
    """Returns the indexes of all years as one; `years` has the hashes of the files, `content` gives one's bytes.

    Pagefind's program stands with the newest year alone: it serves all of them.
    """
    newest = max(years, key=int)
    files = {
        f"{addresses.SEARCH_INDEX}{year}/{name}": hash
        for year, hashes in years.items()
        for name, hash in hashes.items()
        if year == newest or not _is_program(name)
    }

    def content_at(path: str) -> bytes:
        year, _, name = path.removeprefix(addresses.SEARCH_INDEX).partition("/")
        return content(year, name)

    return Index(files=files, content=content_at)


def _is_program(name: str) -> bool:
    return name == "pagefind.js" or name.startswith("wasm.")
