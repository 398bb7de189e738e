"""Where stories are, noted in the ledgers as far as no feed's ledger knows it: what `pull` and `add` end with.

    look ──nothing new──▶ done
      └▶ read what changed ──▶ content/ledger/_places.jsonl

A build does the same with what it has read itself.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest import disk
from digest.errors import Faults
from digest.model import Config
from digest.pages import ingredients
from digest.stories import sight
from digest.stories.shelf import Shelf


def run(root: Path, config: Config, now: datetime) -> None:
    """Notes where stories are; the caller holds the digest's lock.

    Nothing is noted while some file is at fault: then nothing can be published either, and no address is given.
    """
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
