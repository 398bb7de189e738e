"""The content of a digest through the cache, for `pull` and `add`: to know it before they decide,
and to record where its stories are at the end.

    scan ──▶ folders from the cache, or read ──▶ Content ──▶ new locations ──▶ content/ledger/_places.jsonl

A build does the same with the content that it has read. What a feed's ledger has is not recorded
again.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from digest import disk
from digest.cache import Cache
from digest.content import store
from digest.content.load import load, load_cached, survey
from digest.content.new_locations import new_locations_of
from digest.content.scan import scan
from digest.errors import DigestError, Faults
from digest.model import Config, Content


def read(root: Path, config: Config) -> Content:
    """Returns the content, without the files that cannot be read."""
    try:
        return load(root, config)
    except Faults:
        return survey(root, config).content


def record_locations(root: Path, config: Config, now: datetime) -> Content | None:
    """Records where stories are, and returns the content; the caller holds the digest's lock.

    While a file has an error, nothing is recorded, and None is returned: then nothing can be
    published, so no new URL exists yet. Broken links and the like, which only a build finds, do not
    prevent it: a location that was never public leaves at most a page that leads on, but without
    one that was, as after a build on a server that commits nothing, a URL would lead nowhere.
    """
    with Cache(root) as cache:
        try:
            scanned = scan(root, disk.trusted_until(root))
            content = load_cached(root, config, scanned, cache)
        except Faults:
            return None
        if locations := new_locations_of(content):
            store.add_locations(root, locations, now)
        with suppress(DigestError):  # the next build reads again what could not be kept
            cache.save()
    return content
