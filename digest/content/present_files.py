"""Puts each story to which two machines gave two names under that of its file that exists.

    ledgers ──▶ the names of each story ──▶ the ledgers, with its records under the present file

A feed that only one of the machines pulled may know the story by the name of the other file. It
has not written the present one, so its next pull joins it (`is_of_present_file`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from digest.content.ledger import Record


def in_present_files(
    ledgers: Mapping[str, dict[str, Record]], is_there: Callable[[str], bool]
) -> dict[str, dict[str, Record]]:
    """Returns the ledgers with each story that has two names under that of the file that exists.

    Its record has what lines of that file say: if those of the other file have newer words, these
    are still a correction for this one. Only `at`, `since`, `aliases`, `excerpts` and `deleted` are
    those of all lines. `is_there` is True for a file that exists, in any week.
    """
    names: dict[str, set[str]] = {}
    for records in ledgers.values():
        for record in records.values():
            for file in record.files:
                names.setdefault(file, set()).update(record.files)
    present: dict[str, list[str]] = {}
    for file, others in names.items():
        if not is_there(file):
            present[file] = sorted(filter(is_there, others))
    found = dict(ledgers)
    for feed, records in ledgers.items() if present else ():
        moved = {}
        for id, record in records.items():
            if files := present.get(record.file):
                moved[id] = _in_present_file(record, files)
        found[feed] = {**records, **moved}
    return found


def is_of_present_file(record: Record) -> bool:
    """True unless all lines of a record are about another file than the one that exists."""
    return not record.files or record.file in record.files


def _in_present_file(record: Record, present: Sequence[str]) -> Record:
    known = [record.by_other_file[file] for file in present if file in record.by_other_file]
    if known:
        return max(known, key=attrgetter("at", "file"))._replace(
            at=record.at,
            aliases=record.aliases,
            since=record.since,
            excerpts=record.excerpts,
            deleted=record.deleted,
            files=record.files,
        )
    return Record(  # without what a pull has written into the other file
        feed=record.feed,
        at=record.at,
        id=record.id,
        aliases=record.aliases,
        file=present[0],
        title=record.title,
        said=record.said,
        earlier_titles=record.earlier_titles,
        since=record.since,
        excerpts=record.excerpts,
        deleted=record.deleted,
        files=record.files or {record.file: record.since or record.at},
    )
