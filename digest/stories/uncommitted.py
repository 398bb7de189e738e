"""Which stories the ledgers know and git does not: forgotten, or deleted by their editor before git had them?

    the ledger's stories ──▶ not there ──▶ no deletion noted ──▶ never in git ──▶ lost to all but one machine

A ledger travels with the repository, so a story whose file was left out of a commit is taken for a deleted one in every
other clone, and never pulled again. Decides only; what git has is given. Refuses to judge stories of early versions,
whose deletions nobody noted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from digest.model import Story
from digest.naming import without_ending
from digest.stories import ledger
from digest.stories.history import History
from digest.stories.ledger import Record
from digest.stories.news import Ledgers, names_of

Brought = Mapping[str, Mapping[str, Record]]
"""Records by the file of their story, and by feed."""

NAME = "brought.json"
"""The memory in `.digest/` of the files that pulls on this machine have written and git has not had yet."""


def missing(ledgers: Ledgers, there: Collection[str], known: Collection[str] = ()) -> Brought:
    """Returns the stories whose file is not in its place, though no deletion of it is noted, nor `known` here."""
    return {
        file: records
        for file, records in ledger.by_file(ledgers).items()
        if file not in there and file not in known and all(record.deleted is False for record in records.values())
    }


def never_in(brought: Brought, committed: Collection[str]) -> Brought:
    """Returns those of the stories that git never had, in their own week's folder or under their name in another."""
    names = {without_ending(file).rpartition("/")[2] for file in committed}
    return {file: records for file, records in brought.items() if without_ending(file).rpartition("/")[2] not in names}


def not_among(brought: Brought, stories: Iterable[Story]) -> Brought:
    """Returns those of the stories that none of these is: one that was moved or renamed is found by its names."""
    by_feed: dict[str, dict[str, Record]] = {}
    for records in brought.values():
        for feed, record in records.items():
            by_feed.setdefault(feed, {})[record.id] = record
    history = History(by_feed)
    met = {record.file for story in stories for _, record in history.of(story)}
    return {file: records for file, records in brought.items() if file not in met}


def names(brought: Brought) -> frozenset[str]:
    """Returns texts of which a story's file has one, wherever it lies."""
    aliases = (record.aliases for records in brought.values() for record in records.values())
    return frozenset().union(*map(names_of, aliases))


def by_feed(brought: Brought) -> dict[str, tuple[str, ...]]:
    """Returns the files of the stories by the first feed that brought them."""
    found: dict[str, list[str]] = {}
    for file, records in sorted(brought.items()):
        found.setdefault(next(iter(records)), []).append(file)
    return {feed: tuple(files) for feed, files in found.items()}


def written(stories: Iterable[Story], lines: Mapping[str, Sequence[Record]]) -> dict[str, str]:
    """Returns the files of new stories with the moment of their first line, as `NAME` remembers them."""
    new = {story.file for story in stories}
    return {record.file: record.at for records in lines.values() for record in records if record.file in new}


def own(remembered: Mapping[str, str], ledgers: Ledgers) -> Brought:
    """Returns the remembered stories that the ledgers know by the very line that was written here.

    A story that another machine brought as well is not ours to judge.
    """
    return {
        file: records
        for file, records in ledger.by_file(ledgers).items()
        if file in remembered and any(remembered[file] == (one.since or one.at) for one in records.values())
    }


def deletions(brought: Brought) -> dict[str, tuple[Record, ...]]:
    """Returns, by feed, the lines that note that the files of these stories were deleted.

    Each says all that the newest line of its feed says, at the same moment, so that no other line gives way to it.
    """
    return {
        feed: tuple(next(iter(brought[file].values()))._replace(deleted=True) for file in files)
        for feed, files in by_feed(brought).items()
    }
