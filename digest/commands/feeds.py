"""`digest feeds`: the feeds of a digest as a list; feeds added, and a feed retired, in digest.toml.

    addresses ──find──▶ feeds │ lists of feed readers ──▶ feeds │ those that are new ──▶ their tables in digest.toml

Nothing is written unless every address led to a feed. In digest.toml only the lines of these feeds
change: what the editor wrote, comments included, stays as it is. If the file changes at the same
time, it is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import config_edit
from digest.commands import status
from digest.commands.shared import config_file, find_feeds
from digest.commands.status import FeedRow
from digest.content import load, paths
from digest.content.scan import NamesIn
from digest.model import Config, Feed, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsReport:
    """A row for each feed, with what digest.toml says of it; None for a feed that has only a
    ledger."""

    rows: tuple[tuple[FeedRow, Feed | None], ...]
    skipped: Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFeedsReport:
    """The feeds that were added, those that were retired and are pulled again, and those that were
    there already.

    `left_out` are addresses in a list that cannot be pulled. `former_ids` has, by the id of an
    added feed, the id that it would have if no feed that is gone from digest.toml had a ledger
    under it.
    """

    added: tuple[Feed, ...]
    resumed: tuple[Feed, ...]
    present: tuple[Feed, ...]
    left_out: tuple[str, ...]
    former_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFeedReport:
    """The feed that was retired, and what stays: its stories that are still there, and its ledger
    if it has one.

    `was_retired` is True if it was retired already, `pulled` is the number of feeds that are pulled
    now.
    """

    feed: Feed
    stories: int
    ledger: str
    was_retired: bool
    pulled: int


def run(root: Path, config: Config, *, now: datetime) -> FeedsReport:
    """Returns the feeds in the order of digest.toml, then those that have only a ledger."""
    survey = load.survey(root, config)
    feeds = {feed.id: feed for feed in config.feeds}
    rows = status.feed_rows(root, survey, config, now)
    return FeedsReport(
        rows=tuple((row, feeds.get(row.feed)) for row in rows),
        skipped=survey.skipped,
    )


def add(
    root: Path, addresses: Sequence[str], files: Sequence[Path], *, now: datetime
) -> AddFeedsReport:
    """Adds the feeds behind the addresses, and those in the lists; raises DigestError if one
    address leads to none."""
    before, config = config_file.read(root)
    ids = {feed.id for feed in config.feeds}
    ledgers = set(filter(None, map(paths.feed_of, NamesIn(root)(paths.LEDGERS))))
    found = find_feeds.run(addresses, files, now=now, present=config.feeds, taken=ledgers)
    resumed = [feed for feed in found.present_feeds if feed.retired]
    after = before
    feeds = {feed.id: feed for feed in config.feeds}
    for feed in resumed:
        after = config_edit.with_retired(after, feed.id, retired=False)
        feeds[feed.id] = feed._replace(retired=False)
    if found.feeds:
        after = config_edit.with_new_feeds(after, found.feeds, found.folders)
    config_file.write(root, before, after, config._replace(feeds=(*feeds.values(), *found.feeds)))
    former_ids = {}
    for feed in found.feeds:
        name, _, number = feed.id.rpartition("-")
        if number.isdigit() and name in ledgers - ids:
            former_ids[feed.id] = name
    return AddFeedsReport(
        added=found.feeds,
        resumed=tuple(resumed),
        present=tuple(feed for feed in found.present_feeds if not feed.retired),
        left_out=found.left_out,
        former_ids=former_ids,
    )


def remove(root: Path, id: str, *, now: datetime) -> RemoveFeedReport:
    """Retires a feed; raises KeyError for an id that digest.toml does not have."""
    before, config = config_file.read(root)
    feeds = {feed.id: feed for feed in config.feeds}
    feed = feeds[id]
    if not feed.retired:
        feeds[id] = feed._replace(retired=True)
        after = config_edit.with_retired(before, id, retired=True)
        config_file.write(root, before, after, config._replace(feeds=tuple(feeds.values())))
    rows = status.feed_rows(root, load.survey(root, config), config, now)
    ledger = paths.ledger(id)
    return RemoveFeedReport(
        feed=feed,
        stories=next(row.present for row in rows if row.feed == id),
        ledger=ledger if (root / ledger).exists() else "",
        was_retired=feed.retired,
        pulled=sum(not feed.retired for feed in feeds.values()),
    )
