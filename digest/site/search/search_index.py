"""The search index: one for each year, made again only if a story of the year has changed.

    archive ──by year──▶ changed? ──yes──▶ records ──Pagefind──▶ cache ──▶ files of the site

Each story is a record, so that readers find stories, not pages. If the index of a year cannot be
made, the site has no search page, rather than an index that is out of date; the build goes on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
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

_WORKERS = 4  # processes, one for a year; each takes tens of megabytes


class Index(NamedTuple):
    """The index of all years: a hash of each file by path; empty without an index.

    `content` returns the bytes of a file; `warning` says why the index could not be made.
    """

    files: Mapping[str, bytes] = MappingProxyType({})
    content: Callable[[str], bytes] = lambda _: b""
    warning: str = ""

    @property
    def program(self) -> str:
        """The version of Pagefind's script, a hash of its files; "" without an index."""
        parts = []
        for path, file_hash in self.files.items():
            name = path.rpartition("/")[2]
            if _is_program(name):
                parts.append((name, file_hash))
        return key_of(repr(tuple(sorted(parts))).encode()).hex()[:10] if parts else ""


def available() -> bool:
    """True if the extra `search` is installed."""
    return all(importlib.util.find_spec(library) for library in ("pagefind", "cbor2"))


def index(archive: Archive, config: Config, cache: Cache) -> Index:
    """Returns the index of an archive; it is empty without stories or without the extra `search`.

    The files of each year are cached, so that an edit takes as long in the tenth year as in the
    first.
    """
    if not archive.stories or not available():
        return Index()
    years = {
        str(year): tuple(stories)
        for year, stories in groupby(archive.all, key=lambda story: story.week.year)
    }
    shared = _shared(config)
    keys = {year: archive.keys.of(shared, stories) for year, stories in years.items()}
    hashes = {year: cache.get("search", year, key, dict[str, bytes]) for year, key in keys.items()}
    changed = {
        year: list(_records(archive, config, years[year])) for year in keys if hashes[year] is None
    }
    try:
        for year, files in _make(changed, config.site.language):
            hashes[year] = {name: key_of(content) for name, content in files.items()}
            cache.put("search", year, keys[year], hashes[year])
            cache.put("search files", year, keys[year], files)
    except ValueError as error:
        return Index(
            warning=f"search: pagefind made no index, so the site has no search page: {error}"
        )
    for kind in ("search", "search files"):
        cache.keep_only(kind, keys)

    def content(year: str, name: str) -> bytes:
        files = cache.get("search files", year, keys[year], dict[str, bytes])
        if files is None or name not in files:  # the cache was damaged
            records = list(_records(archive, config, years[year]))
            files = dict(_make({year: records}, config.site.language))[year]
            cache.put("search files", year, keys[year], files)
        return files[name]

    return _merged({year: found for year, found in hashes.items() if found is not None}, content)


def _shared(config: Config) -> bytes:
    """Returns a hash of what an index depends on besides stories: program, Pagefind, config."""
    feeds = tuple((feed.id, feed.publisher) for feed in config.feeds)
    themes = tuple((theme.id, theme.was) for theme in config.themes)
    inputs = (fingerprint.of_program(), config.site.language, feeds, themes)
    return key_of(repr(inputs).encode(errors="surrogatepass"))


def _records(archive: Archive, config: Config, stories: Iterable[Story]) -> Iterator[Record]:
    from digest.site.search.records import record

    markdown = MarkdownRenderer(Targets(archive, Base(config.site.url)))
    feeds = {feed.id: feed for feed in config.feeds}
    below = {one.file for group in archive.below.values() for one in group}
    for story in stories:
        if story.file in below:  # no page shows more of it
            headline = story.headline or story.title
            story = replace(story, title=headline, note="", excerpt="", corrections=(), authors=())
        place = addresses.permalink(story.week, archive.anchors.of(story))
        yield record(story, story.themes, place, publisher(story, feeds)[0], markdown.words)


def _make(
    records_by_year: Mapping[str, list[Record]], language: str
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yields each year with the files of its index; raises ValueError if one cannot be made."""
    if not records_by_year:
        return
    from concurrent.futures import ThreadPoolExecutor  # imported only if an index is to be made

    from digest.site.search import pagefind

    executor = ThreadPoolExecutor(_WORKERS)
    try:
        futures = {
            year: executor.submit(pagefind.make, records, language)
            for year, records in records_by_year.items()
        }
        for year, future in futures.items():
            yield year, future.result()
    finally:
        executor.shutdown(cancel_futures=True)


def _merged(
    years: Mapping[str, Mapping[str, bytes]], content: Callable[[str, str], bytes]
) -> Index:
    """Returns the indexes of all years as one; `years` has hashes of files, `content` their bytes.

    Only the newest year has Pagefind's script, which serves all of them.
    """
    newest = max(years, key=int)
    files = {}
    for year, hashes in years.items():
        for name, file_hash in hashes.items():
            if year == newest or not _is_program(name):
                files[f"{addresses.SEARCH_INDEX}{year}/{name}"] = file_hash

    def content_at(path: str) -> bytes:
        year, _, name = path.removeprefix(addresses.SEARCH_INDEX).partition("/")
        return content(year, name)

    return Index(files=files, content=content_at)


def _is_program(name: str) -> bool:
    return name == "pagefind.js" or name.startswith("wasm.")
