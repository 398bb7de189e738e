"""The search index: one for each year, made again only if a text of the year has changed.

    archive ──by year──▶ changed? ──yes──▶ records ──Pagefind──▶ cache ──▶ files of the site

Each story is a record, so that readers find stories, not pages; so are letters and the texts
without a date, which are in the newest year's index. If the index of a year cannot be made, the
site has no search page, rather than an index that is out of date; the build goes on.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from digest import program
from digest.cache import Cache, key_of
from digest.model import Config, FreePage, Letter, Story, Theme
from digest.site import addresses
from digest.site.addresses import SiteUrl
from digest.site.archive import Archive, Edition
from digest.site.cards import publisher
from digest.site.link_targets import Targets
from digest.site.markdown import MarkdownRenderer

if TYPE_CHECKING:
    from digest.site.search.records import SearchRecord

_WORKERS = 4  # processes, one for a year; each takes tens of megabytes


class SearchIndex(NamedTuple):
    """The index of all years: a hash of each file by path; empty without an index.

    `read` returns the bytes of a file; `search_failure` says why the index could not be made.
    `script_version` is the version of Pagefind's script, a hash of its files; "" without an index.
    """

    files: Mapping[str, bytes] = MappingProxyType({})
    read: Callable[[str], bytes] = lambda _: b""
    script_version: str = ""
    search_failure: str = ""


class _Texts(NamedTuple):
    """What the index of a year is made from; introductions and pages are in the newest year's."""

    stories: tuple[Story, ...]
    letters: tuple[tuple[Edition, Letter], ...]
    introductions: tuple[tuple[Theme, FreePage], ...] = ()
    pages: tuple[FreePage, ...] = ()


def available() -> bool:
    """True if the extra `search` is installed."""
    return all(map(importlib.util.find_spec, ("pagefind", "cbor2")))


def build_index(archive: Archive, config: Config, cache: Cache) -> SearchIndex:
    """Returns the index of an archive; it is empty without stories or without the extra `search`.

    The files of each year are cached, so that an edit takes as long in the tenth year as in the
    first.
    """
    if not archive.stories or not available():
        return SearchIndex()
    texts, language = _by_year(archive), config.site.language
    feeds = tuple((feed.id, feed.publisher) for feed in config.feeds)
    themes = tuple((theme.id, theme.was) for theme in config.themes)
    # What every index depends on besides its texts; the program's has the version of Pagefind.
    shared = key_of(program.fingerprint(), language, feeds, themes)
    keys = {year: archive.keys.of(shared, *of_year) for year, of_year in texts.items()}
    hashes: dict[str, dict[str, bytes]] = {}
    changed = {}
    for year, key in keys.items():
        cached = cache.get("search", year, key, dict[str, bytes])
        if cached is None:
            changed[year] = list(_records(archive, config, texts[year]))
        else:
            hashes[year] = cached
    try:
        for year, files in _make(changed, language):
            hashes[year] = {name: key_of(content) for name, content in files.items()}
            cache.put("search", year, keys[year], hashes[year])
            cache.put("search files", year, keys[year], files)
    except ValueError as error:
        return SearchIndex(
            search_failure=f"search: pagefind made no index, so the site has no search page: {error}"
        )
    for kind in ("search", "search files"):
        cache.keep_only(kind, keys)

    def read(path: str) -> bytes:
        year, _, name = path.removeprefix(addresses.SEARCH_INDEX).partition("/")
        files = cache.get("search files", year, keys[year], dict[str, bytes])
        if files is None or name not in files:  # the cache was damaged
            records = list(_records(archive, config, texts[year]))
            files = dict(_make({year: records}, language))[year]
            cache.put("search files", year, keys[year], files)
        return files[name]

    newest, paths = max(hashes, key=int), {}
    scripts = sorted(file for file in hashes[newest].items() if _is_script(file[0]))
    for year in texts:
        for name, file_hash in hashes[year].items():
            if year == newest or not _is_script(name):  # the newest script serves all years
                paths[f"{addresses.SEARCH_INDEX}{year}/{name}"] = file_hash
    version = key_of(tuple(scripts)).hex()[:10] if scripts else ""
    return SearchIndex(files=paths, read=read, script_version=version)


def _by_year(archive: Archive) -> dict[str, _Texts]:
    """Returns the texts of each year that has stories or letters, the newest year first."""
    stories: dict[int, list[Story]] = defaultdict(list)
    for story in archive.all_stories:
        stories[story.week.year].append(story)
    letters: dict[int, list[tuple[Edition, Letter]]] = defaultdict(list)
    for edition in archive.editions:
        if edition.letter:
            letters[edition.week.year].append((edition, edition.letter))
    introductions = []
    for theme_stories in archive.by_theme:
        if theme_stories.introduction:
            introductions.append((theme_stories.theme, theme_stories.introduction))
    years = {}
    undated = tuple(introductions), archive.pages
    for year in sorted({*stories, *letters}, reverse=True):
        years[str(year)] = _Texts(tuple(stories[year]), tuple(letters[year]), *undated)
        undated = (), ()  # they are in the newest year's index only
    return years


def _records(archive: Archive, config: Config, texts: _Texts) -> Iterator[SearchRecord]:
    from digest.site.search import records

    words_of = MarkdownRenderer(Targets(archive, SiteUrl(config.site.url))).words
    feeds = {feed.id: feed for feed in config.feeds}
    below: set[str] = set()
    for group in archive.below.values():
        below.update(story.file for story in group)
    for story in texts.stories:
        place = addresses.permalink(story.week, archive.anchors.of(story))
        if story.file in below:  # no page shows more of it
            title = story.shown_headline
            story = replace(story, title=title, note="", excerpt="", corrections=(), authors=())
        yield records.of_story(story, place, publisher(story, feeds)[0], words_of)
    for edition, letter in texts.letters:
        week, words = edition.week, words_of(letter.body)
        place, title = addresses.week(week), edition.letter_title
        yield records.of_text("letter", "Letter", place, title, words, day=week.sunday)
    for theme, page in texts.introductions:
        place, words = addresses.theme(theme.id), words_of(page.body)
        yield records.of_text("page", "Theme", place, theme.title, words, themes=(theme.id,))
    for page in texts.pages:
        place, words = addresses.free_page(page.name), words_of(page.body)
        yield records.of_text("page", "Page", place, page.title, words)


def _make(
    records_by_year: Mapping[str, list[SearchRecord]], language: str
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yields each year with the files of its index; raises ValueError if one cannot be made."""
    if not records_by_year:
        return
    from concurrent.futures import ThreadPoolExecutor  # imported only if an index is to be made

    from digest.site.search import pagefind

    executor = ThreadPoolExecutor(_WORKERS)
    try:
        futures = {}
        for year, records in records_by_year.items():
            futures[year] = executor.submit(pagefind.make, records, language)
        for year, future in futures.items():
            yield year, future.result()
    finally:
        executor.shutdown(cancel_futures=True)


def _is_script(name: str) -> bool:
    return name == "pagefind.js" or name.startswith("wasm.")
