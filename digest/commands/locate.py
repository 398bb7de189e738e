"""Finds which stories the files are, the first step of `pull` and `add`, and records where they are, the last.

    scan ──▶ read what changed ──▶ stories whose names were altered
                               └─▶ content/ledger/_places.jsonl

A build does the same with the content that it has read. What a feed's ledger has is not recorded again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from digest import disk, memory
from digest.errors import Faults
from digest.model import Config
from digest.pages import ingredients
from digest.stories import sight, store
from digest.stories.shelf import Shelf


def run(root: Path, config: Config, now: datetime) -> None:
    """Records where stories are; the caller holds the digest's lock.

    Nothing is recorded while a file has an error: then nothing can be published, so no new URL exists yet.
    """
    memory.believing(root, partial(_record, root, config, now))


def altered(root: Path, config: Config) -> Mapping[str, str]:
    """Returns the stories whose `id`, or link without one, was changed, by file, with their owners (`following`)."""
    return memory.believing(root, partial(_altered, root, config))[0]


def _altered(root: Path, config: Config) -> Mapping[str, str]:
    shelf = Shelf(root, config, ingredients.of_reading(config))
    seen = sight.look(root)
    try:
        return (shelf.known(seen) or shelf.read(shelf.whole(seen), seen)).altered
    except Faults:
        return store.survey(root, config).content.altered  # of the files that can be read


def _record(root: Path, config: Config, now: datetime) -> None:
    shelf = Shelf(root, config, ingredients.of_reading(config))
    seen = sight.look(root, disk.moment(root))
    if shelf.fingerprint == sight.fingerprint(seen.folders) and not shelf.has_news:
        return
    try:
        if shelf.known(seen) is None:
            shelf.read(shelf.whole(seen), seen)
    except Faults:
        return
    shelf.record(now)
    shelf.keep()
