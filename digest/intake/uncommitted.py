"""Finds stories that are in a committed ledger, though their files were never committed.

    stories in the ledger ──▶ file missing ──▶ no deletion recorded ──▶ never in git

If a commit has a ledger line without its story file, every other clone takes the story for deleted
and never pulls it again. The caller asks git. Lines of early versions are skipped, since deletions
were not recorded then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from posixpath import basename

from digest.content import ledger
from digest.content.history import History
from digest.content.ledger import Ledgers, Record
from digest.intake.snapshot import search_texts
from digest.model import Story
from digest.names import without_ending

Missing = Mapping[str, Mapping[str, Record]]
"""The records of missing stories, by file and feed."""

KIND = "uncommitted"
"""The kind of the files in the cache that pulls on this machine have written and git does not have
yet, each with the time of its first line in the ledger.
"""


def missing_stories(ledgers: Ledgers, there: Collection[str], ignored: Collection[str]) -> Missing:
    """Returns stories whose file is missing without a recorded deletion, except `ignored` ones."""
    found = {}
    for file, records in ledger.by_file(ledgers).items():
        is_recorded = any(record.deleted is not False for record in records.values())
        if file not in there and file not in ignored and not is_recorded:
            found[file] = records
    return found


def never_committed(missing: Missing, committed: Collection[str]) -> Missing:
    """Returns the missing stories that git never had, in any week's folder."""
    names = set(map(_name, committed))
    return {file: records for file, records in missing.items() if _name(file) not in names}


def _name(file: str) -> str:
    return basename(without_ending(file))


def without_moved(
    missing: Missing, stories: Iterable[Story], altered: Mapping[str, str]
) -> Missing:
    """Returns the missing stories without those that were only moved: `stories` has their files.

    `altered` has the files whose names an editor has changed (`match_files`).
    """
    ledgers: dict[str, dict[str, Record]] = {}
    for records in missing.values():
        for record in records.values():
            ledgers.setdefault(record.feed, {})[record.id] = record
    history = History(ledgers, altered=altered)
    moved = set[str]()
    for story in stories:
        moved.update(record.file for record in history.of(story))
    return {file: records for file, records in missing.items() if file not in moved}


def search_texts_of_missing(missing: Missing) -> frozenset[str]:
    """Returns texts to search for: the file of each of these stories contains one of them."""
    texts = set[str]()
    for records in missing.values():
        for record in records.values():
            texts |= search_texts(record.aliases)
    return frozenset(texts)


def by_feed(missing: Missing) -> dict[str, tuple[str, ...]]:
    """Returns the files of the missing stories, by the first feed that brought them."""
    found: dict[str, list[str]] = {}
    for file, records in sorted(missing.items()):
        found.setdefault(next(iter(records)), []).append(file)
    return {feed: tuple(files) for feed, files in found.items()}


def written_by_hand(missing: Missing) -> dict[str, Record]:
    """Returns the missing stories that a pull only found, each with its first record."""
    found = {}
    for file, records in missing.items():
        record = next(iter(records.values()))
        if ledger.is_adopted(record):
            found[file] = record
    return found


def newly_written(files: Collection[str], lines: Iterable[Record]) -> dict[str, str]:
    """Returns those of new files that have a line, each with the time of its first (for `KIND`)."""
    return {line.file: line.at for line in lines if line.file in files}


def written_by_this_machine(listed: Mapping[str, str], ledgers: Ledgers) -> Missing:
    """Returns the listed stories whose first ledger line was written here.

    A story that another machine pulled as well may be on that machine.
    """
    found = {}
    for file, records in ledger.by_file(ledgers).items():
        times = [record.since or record.at for record in records.values()]
        if listed.get(file) in times:
            found[file] = records
    return found


def deletions(missing: Missing) -> list[Record]:
    """Returns the lines that record these stories as deleted.

    Each repeats the newest line of its feed, with the same time, so that it replaces nothing that a
    line says.
    """
    newest = [next(iter(records.values())) for _, records in sorted(missing.items())]
    return [record._replace(deleted=True) for record in newest]
