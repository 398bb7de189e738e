"""Compares entries with the ledgers: which are new, which have changed, and in what.

`search_texts_of_changes` does so before any story file is read, so that a pull that brings nothing
new reads none. The parsed stories in the cache cannot be used for that: an edit starts from the
present text of a file, so the story has to be parsed from this very text. What becomes of the
entries is decided in `plan`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from digest import urls
from digest.content import identity, ledger
from digest.content.ledger import Ledgers, Record
from digest.content.present_files import is_of_present_file
from digest.intake import dates, match
from digest.intake.entry_keys import SharedAliases
from digest.intake.merge import WITHDRAWABLE
from digest.intake.precedence import contradicted
from digest.intake.snapshot import search_texts
from digest.model import Document, Entry, Feed


def search_texts_of_changes(
    documents: Sequence[tuple[Feed, Document]],
    ledgers: Ledgers,
    due: Collection[str] = (),
    resumed: Collection[str] = (),
) -> frozenset[str]:
    """Returns the texts to search the story files for: those of new and changed entries.

    In feeds that are `due`, held corrections count as changes too; in feeds that are `resumed`,
    also what other feeds have corrected meanwhile. If it depends on whether a story was deleted
    which one an entry is, the texts of the stories in question are also returned: only their files
    tell.
    """
    read = [(feed.id, identity.without_repeats(document.entries)) for feed, document in documents]
    shared = SharedAliases(read, ledger.known_files(related(documents, ledgers)))
    in_question: set[str] = set()

    def is_gone(file: str) -> bool:
        in_question.add(file)
        return True  # so that it is asked about the other stories of the same article, too

    matches = match.match_entries(read, shared, is_gone)
    by_file = ledger.by_file(ledgers) if resumed or in_question else {}
    found: set[str] = set()
    for file in in_question:
        for known in by_file.get(file, {}).values():
            found |= search_texts(known.aliases)
    for (feed, entries), files in zip(read, matches, strict=True):
        records = {record.file: record for record in ledgers.get(feed, {}).values()}
        for entry, file in zip(entries, files, strict=True):
            record = records.get(file)
            if record is None or not is_of_present_file(record):
                found |= search_texts(identity.aliases_of(entry))
                continue
            incoming = incoming_hashes(entry, record)
            is_due = record.held and feed in due
            is_outdated = feed in resumed and contradicted(record, incoming, by_file[file])
            if has_changed(incoming, record) or is_due or is_outdated:
                found |= search_texts(identity.aliases_of(entry) + record.aliases)
    return frozenset(found)


def related(
    documents: Sequence[tuple[Feed, Document]], ledgers: Ledgers
) -> dict[str, dict[str, Record]]:
    """Returns the records that share an alias with the documents: enough to match their entries."""
    entries = [entry for _, document in documents for entry in document.entries]
    titles = {entry.title for entry in entries}
    aliases = {alias for entry in entries for alias in identity.aliases_of(entry)}
    aliases |= {f"guid:{entry.link}" for entry in entries}
    aliases |= {f"link:{urls.canonical(entry.id)}" for entry in entries if urls.web_link(entry.id)}
    pages = {identity.page_of(entry) for entry in entries}
    summaries = {identity.hash_of(entry.summary) for entry in entries if entry.summary}

    def is_related(record: Record) -> bool:
        if record.title in titles or record.said.get("excerpt") in summaries:
            return True
        if not aliases.isdisjoint(record.aliases):
            return True
        links = (alias[5:] for alias in record.aliases if alias.startswith("link:"))
        return any(urls.lasting(link) in pages for link in links)

    found: dict[str, dict[str, Record]] = {}
    for feed, records in ledgers.items():
        found[feed] = {id: record for id, record in records.items() if is_related(record)}
    return found


def fields_of(entry: Entry) -> dict[str, str | tuple[str, ...] | datetime | None]:
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


def incoming_hashes(entry: Entry, record: Record | None) -> dict[str, str]:
    """Returns the hashes of what an entry says.

    If its link differs from the known one only in a session id, a tracker or the form of percent
    codes, the hash is that of the known link.
    """
    found = ledger.hashes(fields_of(entry))
    link = f"link:{urls.canonical(entry.link)}"
    if record and "link" in record.said and is_variant(link, record.aliases):
        found["link"] = record.said["link"]
    return found


def new_aliases(aliases: Iterable[str], record: Record) -> set[str]:
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


def is_variant(alias: str, aliases: Collection[str]) -> bool:
    """True if an alias is another form of a known link."""
    if alias in aliases or not alias.startswith("link:"):
        return False
    links = (one[5:] for one in aliases if one.startswith("link:"))
    return urls.lasting(alias[5:]) in map(urls.lasting, links)


def has_changed(incoming: Mapping[str, str], record: Record) -> bool:
    """True if an entry has changed or withdrawn something."""
    return bool(changed_fields(incoming, record) or withdrawn_fields(incoming, record))


def changed_fields(incoming: Mapping[str, str], record: Record) -> set[str]:
    """Returns the fields that an entry has changed, without a date that it has changed before."""
    fields = {name for name, said in incoming.items() if record.said.get(name) != said}
    only_date = fields == {"published"} and dates.has_changed_before(record)
    return set() if only_date else fields


def needs_line(
    record: Record, aliases: Iterable[str], incoming: Mapping[str, str], held: Mapping[str, str]
) -> bool:
    """True if an entry's last ledger line is outdated, so that it needs another one."""
    if has_changed(incoming, record) or held != record.held:
        return True
    return bool(new_aliases(aliases, record))


def aliases_by_feed(documents: Iterable[tuple[Feed, Document]]) -> dict[str, frozenset[str]]:
    """Returns the aliases of all entries of each feed's document."""
    found = dict[str, frozenset[str]]()
    for feed, document in documents:
        found[feed.id] = frozenset().union(*map(identity.aliases_of, document.entries))
    return found


def withdrawn_fields(incoming: Mapping[str, str], record: Record) -> list[str]:
    """Returns the fields that an entry gave and no longer gives.

    Headlines and dates cannot be withdrawn.
    """
    return [name for name in WITHDRAWABLE if name not in incoming and record.said.get(name)]
