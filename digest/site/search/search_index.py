"""The search index: one for each year, made again only if a text of the year has changed.

    archive ──by year──▶ changed? ──yes──▶ records ──Pagefind──▶ cache ──▶ files of the site

Each story is a record, so that readers find stories, not pages; so are letters and the texts without
a date, which are in the newest year's index. If the index of a year cannot be made, the site has no
search page, rather than an index that is out of date; the build goes on.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from digest.cache import Cache, key_of
from digest.model import Config, FreePage, Letter, Story, Theme
from digest.site import addresses, fingerprint
from digest.site.addresses import Base
from digest.site.archive import Archive, Edition
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


class _Texts(NamedTuple):
    """What the index of a year is made from; introductions and pages are in the newest year's."""

    stories: tuple[Story, ...]
    letters: tuple[tuple[Edition, Letter], ...]
    introductions: tuple[tuple[Theme, FreePage], ...] = ()
    pages: tuple[FreePage, ...] = ()


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
    years = _by_year(archive)
    shared = _shared(config)
    keys = {year: archive.keys.of(shared, *texts) for year, texts in years.items()}
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


def _by_year(archive: Archive) -> dict[str, _Texts]:
    """Returns the texts of each year that has stories or letters, the newest year first."""
    introductions = tuple(
        (line.theme, line.introduction) for line in archive.storylines if line.introduction
    )
    stories: dict[int, list[Story]] = defaultdict(list)
    letters: dict[int, list[tuple[Edition, Letter]]] = defaultdict(list)
    for story in archive.all:
        stories[story.week.year].append(story)
    for edition in archive.editions:
        if edition.letter:
            letters[edition.week.year].append((edition, edition.letter))
    newest, *older = sorted({*stories, *letters}, reverse=True)
    undated = introductions, archive.pages
    return {
        str(newest): _Texts(tuple(stories[newest]), tuple(letters[newest]), *undated),
        **{str(year): _Texts(tuple(stories[year]), tuple(letters[year])) for year in older},
    }


def _records(archive: Archive, config: Config, texts: _Texts) -> Iterator[Record]:
    from digest.site.search import records

    markdown = MarkdownRenderer(Targets(archive, Base(config.site.url)))
    feeds = {feed.id: feed for feed in config.feeds}
    below = {one.file for group in archive.below.values() for one in group}
    for story in texts.stories:
        if story.file in below:  # no page shows more of it
            headline = story.shown_headline
            story = replace(story, title=headline, note="", excerpt="", corrections=(), authors=())
        place = addresses.permalink(story.week, archive.anchors.of(story))
        source = publisher(story, feeds)[0]
        yield records.of_story(story, story.themes, place, source, markdown.words)
    for edition, letter in texts.letters:
        yield records.of_letter(edition, letter, markdown.words)
    for theme, page in texts.introductions:
        yield records.of_introduction(theme, page, markdown.words)
    for page in texts.pages:
        yield records.of_page(page, markdown.words)


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
