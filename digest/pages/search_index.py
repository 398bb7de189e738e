"""The index of the stories: it stands in `.digest/` as long as they are what they were, and is copied into the site.

One record is one story, so that what is found is a story and no page of forty. Refuses to stop a build: where no index
can be made there is none, and the site has no search page; an old one never stands for new stories.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from digest import disk
from digest.model import Catalogue, Config, Copied
from digest.pages import addresses
from digest.pages.archive import Archive
from digest.pages.cards import publisher
from digest.pages.marks import mark
from digest.pages.records import Record, record

_FOLDER, _MEMORY = "search", "search.json"
_FORM = 1  # of records and files; another number makes every index anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The files of an index, none where there is none; `warning` says why it could not be made."""

    files: tuple[Copied, ...] = ()
    warning: str = ""


def available() -> bool:
    """Tells whether the extra `search` is installed."""
    return importlib.util.find_spec("pagefind") is not None


def index(catalogue: Catalogue, archive: Archive, config: Config, root: Path) -> Index:
    """Returns the index of an archive, made anew where it does not stand yet; none without stories or the extra."""
    if not archive.stories or not available():
        return Index()
    folder, wanted = root / disk.CACHE / _FOLDER, _mark(archive, config)
    memory, sizes = disk.recall(root, _MEMORY), _sizes(folder)
    if memory.get("mark") != wanted or memory.get("sizes") != sizes:
        from digest.pages import search  # what a build without a new index need not wait for

        try:
            files = search.make(_records(catalogue, archive, config), config.site.language)
        except search.Failed as error:
            return Index(warning=f"search: pagefind made no index, so the site has no search page: {error}")
        sizes = {name: len(content) for name, content in files.items()}
        _keep(folder, files)
        disk.remember(root, _MEMORY, {"mark": wanted, "sizes": sizes})
    place = addresses.SEARCH_INDEX
    return Index(files=tuple(Copied(source=folder / name, file="search", path=place + name) for name in sorted(sizes)))


def _keep(folder: Path, files: Mapping[str, bytes]) -> None:
    """Brings the folder to these files. What an index has of a story that stayed as it was is left as it is."""
    for name in _sizes(folder).keys() - files.keys():
        disk.unlink(folder / name)
    for name, content in files.items():
        if disk.read(folder / name) != content:
            disk.write(folder / name, content, mode=0o644)


def _sizes(folder: Path) -> dict[str, int]:
    """Returns how long each file of an index is that stands in a folder, by its name below it."""
    try:
        inside = list(os.scandir(folder))
    except FileNotFoundError:
        return {}
    below = [(f"{place.name}/{one.name}", one) for place in inside if place.is_dir() for one in os.scandir(place)]
    return {name: one.stat().st_size for name, one in [*below, *((one.name, one) for one in inside if one.is_file())]}


def _mark(archive: Archive, config: Config) -> str:
    """Returns a hash of all that the index is made of, the program among it."""
    spec = importlib.util.find_spec("pagefind")
    installed = Path(spec.origin).stat().st_mtime_ns if spec and spec.origin else 0
    feeds = tuple((feed.id, feed.publisher) for feed in config.feeds)
    themes = tuple((theme.id, theme.was) for theme in config.themes)
    return mark((_FORM, installed, config.site.language, feeds, themes, archive.stories)).hex()


def _records(catalogue: Catalogue, archive: Archive, config: Config) -> Iterator[Record]:
    feeds = {feed.id: feed for feed in config.feeds}
    for outline in archive.stories:
        story = catalogue.story(outline.file)
        place = addresses.permalink(outline.week, archive.anchors.of(outline))
        yield record(story, outline.themes, place, publisher(story, feeds)[0])
