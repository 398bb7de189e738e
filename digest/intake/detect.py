"""Finds the entries that are new, new to their feed, or changed, before any story file is read.

It returns the names to search the story files for, so that a pull that brings nothing new reads no
story. What becomes of the entries is decided in `take_in`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from digest import urls
from digest.content import identity, ledger
from digest.content.ledger import Ledgers, Record
from digest.errors import Problem
from digest.intake import dates, match
from digest.intake.merge import WITHDRAWABLE
from digest.intake.precedence import contradicted
from digest.model import Config, Document, Entry, Feed


def in_question(
    documents: Sequence[tuple[Feed, Document]],
    ledgers: Ledgers,
    due: Collection[str] = (),
    returned: Collection[str] = (),
) -> frozenset[str]:
    """Returns the names to search the story files for: those of new and changed entries.

    If there are none, no story file has to be read. In feeds that are `due`, held corrections count
    as changes too; in feeds that have `returned`, also what other feeds have corrected meanwhile.
    """
    read = [(feed.id, identity.distinct(document.entries)) for feed, document in documents]
    found = match.resolve(read, ledger.known_files(related(documents, ledgers)))
    names: set[str] = set()
    by_file = ledger.by_file(ledgers) if returned else {}
    for (feed, entries), files in zip(read, found, strict=True):
        records = {record.file: record for record in ledgers.get(feed, {}).values()}
        for entry, file in zip(entries, files, strict=True):
            record = records.get(file)
            if record is None:
                names |= names_of(identity.aliases_of(entry))
                continue
            is_due = bool(record.held) and feed in due
            is_changed = is_news(entry, record) or is_due
            if not is_changed and feed in returned:
                is_changed = bool(contradicted(record, incoming(entry, record), by_file[file]))
            if is_changed:
                names |= names_of(identity.aliases_of(entry) + record.aliases)
    return frozenset(names)


def related(
    documents: Sequence[tuple[Feed, Document]], ledgers: Ledgers
) -> dict[str, dict[str, Record]]:
    """Returns the records that share a name with the documents: enough to match their entries."""
    entries = [entry for _, document in documents for entry in document.entries]
    titles = {entry.title for entry in entries}
    names = {alias for entry in entries for alias in identity.aliases_of(entry)}
    names |= {f"guid:{entry.link}" for entry in entries}
    names |= {f"link:{urls.canonical(entry.id)}" for entry in entries if urls.web_link(entry.id)}
    pages = {identity.page_of(entry) for entry in entries}
    summaries = {identity.hash_of(entry.summary) for entry in entries if entry.summary}

    def is_related(record: Record) -> bool:
        if record.title in titles or record.said.get("excerpt") in summaries:
            return True
        links = (alias[5:] for alias in record.aliases if alias.startswith("link:"))
        return not names.isdisjoint(record.aliases) or any(
            urls.lasting(link) in pages for link in links
        )

    return {
        feed: {id: record for id, record in records.items() if is_related(record)}
        for feed, records in ledgers.items()
    }


def said(entry: Entry) -> dict[str, str | tuple[str, ...] | datetime | None]:
    """Returns what an entry says, by field, the excerpt in full.

    The ledger has the hashes of these.
    """
    return {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "authors": entry.authors,
        "image": entry.image,
        "excerpt": entry.summary,
    }


def incoming(entry: Entry, record: Record | None) -> dict[str, str]:
    """Returns the hashes of what an entry says.

    If its link differs from the known one only in a session id, a tracker or the form of percent
    codes, the hash is that of the known link.
    """
    found = ledger.hashes(said(entry))
    link = f"link:{urls.canonical(entry.link)}"
    if record and "link" in record.said and is_variant(link, record.aliases):
        found["link"] = record.said["link"]
    return found


def new_names(aliases: Iterable[str], record: Record) -> set[str]:
    """Returns the aliases that a record lacks, except those that do not matter.

    Another form of a known link does not, nor a known guid (the entry's own or a claimed one), nor
    the date of an entry that has changed its date before.
    """
    new = set(aliases).difference(record.aliases)
    if not new:
        return new
    guid_kinds = ("guid:", identity.CLAIM)
    guids = {alias.partition(":")[2] for alias in record.aliases if alias.startswith(guid_kinds)}
    changes_dates = dates.has_changed_before(record)
    found = set()
    for alias in new:
        is_date = alias.startswith("headline:") and changes_dates
        is_guid = alias.startswith(guid_kinds) and alias.partition(":")[2] in guids
        if not (is_date or is_guid or is_variant(alias, record.aliases)):
            found.add(alias)
    return found


def is_variant(alias: str, known: Collection[str]) -> bool:
    """True if an alias is another form of a known link."""
    if alias in known or not alias.startswith("link:"):
        return False
    links = (one[5:] for one in known if one.startswith("link:"))
    return urls.lasting(alias[5:]) in map(urls.lasting, links)


def names_of(aliases: Iterable[str]) -> set[str]:
    """Returns texts to search for: a story's file contains one of them.

    These are guids, links without scheme and query, and `/article/<number>`.
    """
    found = set()
    for alias in aliases:
        kind, _, name = alias.partition(":")
        if kind == "guid":
            found.add(name)
        elif kind == "article":
            found.add(f"/article/{name.rpartition('/')[2]}")
        elif kind == "link":
            found.add(name.partition("?")[0])
    return found


def overdue(ledgers: Ledgers, config: Config, carried: Mapping[str, Collection[str]]) -> set[str]:
    """Returns the feeds with a held correction, if no earlier feed carries the entry any longer.

    `carried` has the names of the entries in each feed's last document.
    """
    live = [feed.id for feed in config.feeds if not feed.retired]
    found = set()
    for number, feed in enumerate(live):
        here = carried.get(feed, ())
        held = {
            record.file
            for record in ledgers.get(feed, {}).values()
            if record.held and _is_in(record, here)
        }
        for other in live[:number] if held else ():
            there = carried.get(other)
            held -= {
                one.file
                for one in ledgers.get(other, {}).values()
                if there is None or _is_in(one, there)
            }
        if held:
            found.add(feed)
    return found


def holding(
    ledgers: Ledgers, lines: Mapping[str, Iterable[Record]], carried: Mapping[str, Collection[str]]
) -> set[str]:
    """Returns the feeds that hold a correction of an entry they carry, after `lines` are added."""
    found = set()
    for feed, records in ledgers.items():
        newest = {**records, **{line.id: line for line in lines.get(feed, ())}}
        if any(record.held and _is_in(record, carried.get(feed, ())) for record in newest.values()):
            found.add(feed)
    return found


def _is_in(record: Record, names: Collection[str]) -> bool:
    return not set(record.aliases).isdisjoint(names)


def is_news(entry: Entry, record: Record) -> bool:
    """True if an entry has changed or withdrawn something."""
    says = incoming(entry, record)
    return bool(_changed(says, record) or withdrawn(says, record))


def _changed(incoming: Mapping[str, str], record: Record) -> set[str]:
    """Returns the fields that an entry has changed, without a date that it has changed before."""
    fields = {name for name, said in incoming.items() if record.said.get(name) != said}
    only_date = fields == {"published"} and dates.has_changed_before(record)
    return set() if only_date else fields


def is_another_line(
    record: Record, aliases: Iterable[str], incoming: Mapping[str, str], held: Mapping[str, str]
) -> bool:
    """True if an entry's last ledger line is outdated, so that it needs another one."""
    is_changed = bool(_changed(incoming, record) or withdrawn(incoming, record))
    return is_changed or held != record.held or bool(new_names(aliases, record))


def names_carried(document: Document) -> list[str]:
    """Returns the names of all entries of a document."""
    return [alias for entry in document.entries for alias in identity.aliases_of(entry)]


def withdrawn(incoming: Mapping[str, str], record: Record) -> list[str]:
    """Returns the fields that an entry gave and no longer gives.

    Headlines and dates cannot be withdrawn.
    """
    return [name for name in WITHDRAWABLE if name not in incoming and record.said.get(name)]


def warnings(
    entries: Sequence[Entry],
    distinct: Sequence[Entry],
    blocked: Iterable[str],
    problems: Iterable[Problem],
) -> list[str]:
    """Returns a warning for each unreadable file, for shared guids, and for skipped entries.

    `distinct` are the entries without repeated ones, `blocked` the files that cannot be read.
    """
    repeated = identity.repeated_guids(distinct)
    passed_over = identity.passed_over(entries, distinct)
    wrong = {file: Problem(file, 0, "cannot be read") for file in blocked}
    wrong |= {one.file: one for one in reversed(tuple(problems)) if one.file in wrong}
    found = [f"{one}; until that is fixed, its story is left as it is" for one in wrong.values()]
    if repeated:
        guids = "one guid is" if len(repeated) == 1 else f"{len(repeated)} guids are"
        found.append(f"{guids} used for several entries; Digest uses their links instead")
    if passed_over:
        count = "1 entry" if passed_over == 1 else f"{passed_over} entries"
        found.append(
            f"{count} skipped: same guid, link and headline as another one, "
            "but not the same date and text"
        )
    return found
