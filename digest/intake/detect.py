"""What of a pull's documents is news: entries that are unknown, new to their feed, or say something else than before.

Refuses to decide what becomes of them. It tells which names to look for in the story files, so that a pull which brings
nothing new reads none of them.
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
    """Returns names to look for in the story files: those of entries that are new, or changed, or new to their feed.

    There are none where every entry is known and says what it said: then no story file need be read at all. Of feeds
    that are `due`, corrections that were held are news as well, and of those that have `returned`, what others have
    corrected.
    """
    read = [(feed.id, identity.distinct(document.entries)) for feed, document in documents]
    found = match.resolve(read, ledger.known_files(related(documents, ledgers)))
    names: set[str] = set()
    kin = ledger.by_file(ledgers) if returned else {}
    for (feed, entries), files in zip(read, found, strict=True):
        records = {record.file: record for record in ledgers.get(feed, {}).values()}
        for entry, file in zip(entries, files, strict=True):
            record = records.get(file)
            if (
                record is None
                or is_news(entry, record)
                or (record.held and feed in due)
                or (feed in returned and contradicted(record, incoming(entry, record), kin[file]))
            ):
                names |= names_of(identity.aliases_of(entry) + (record.aliases if record else ()))
    return frozenset(names)


def related(
    documents: Sequence[tuple[Feed, Document]], ledgers: Ledgers
) -> dict[str, dict[str, Record]]:
    """Returns of the ledgers what shares a name with the documents: all that is needed to know their entries again."""
    entries = [entry for _, document in documents for entry in document.entries]
    titles = {entry.title for entry in entries}
    names = {alias for entry in entries for alias in identity.aliases_of(entry)}
    names |= {f"guid:{entry.link}" for entry in entries}
    names |= {f"link:{urls.canonical(entry.id)}" for entry in entries if urls.web_link(entry.id)}
    pages = {identity.page_of(entry) for entry in entries}
    summaries = {identity.hash_of(entry.summary) for entry in entries if entry.summary}
    return {
        feed: {
            id: record
            for id, record in records.items()
            if record.title in titles
            or record.said.get("excerpt") in summaries
            or not names.isdisjoint(record.aliases)
            or any(
                urls.lasting(name[5:]) in pages
                for name in record.aliases
                if name.startswith("link:")
            )
        }
        for feed, records in ledgers.items()
    }


def said(entry: Entry) -> dict[str, str | tuple[str, ...] | datetime | None]:
    """Returns what an entry says, by field, as the ledger keeps its hashes; the excerpt uncut."""
    return {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "authors": entry.authors,
        "image": entry.image,
        "excerpt": entry.summary,
    }


def incoming(entry: Entry, record: Record | None) -> dict[str, str]:
    """Returns the hashes of what an entry says; of its link the known one, if they differ in what says nothing of it.

    That is the name of a visit, a tracker, or the form of percent codes.
    """
    found = ledger.hashes(said(entry))
    if (
        record
        and "link" in record.said
        and is_variant(f"link:{urls.canonical(entry.link)}", record.aliases)
    ):
        found["link"] = record.said["link"]
    return found


def new_names(aliases: Iterable[str], record: Record) -> set[str]:
    """Returns the aliases that a record lacks and that say something.

    Nothing is said by another form of a known link, by a known guid whether it is the entry's own or not, and by the
    dates of an entry that often changes its own.
    """
    new = set(aliases).difference(record.aliases)
    if not new:
        return new
    guids = {
        alias.partition(":")[2]
        for alias in record.aliases
        if alias.startswith(("guid:", identity.CLAIM))
    }
    is_restless = dates.is_known_for_it(record)
    return {
        alias
        for alias in new
        if not (alias.startswith("headline:") and is_restless)
        if not (alias.startswith(("guid:", identity.CLAIM)) and alias.partition(":")[2] in guids)
        if not is_variant(alias, record.aliases)
    }


def is_variant(alias: str, known: Collection[str]) -> bool:
    """Tells whether an alias is another form of a known link."""
    if alias in known or not alias.startswith("link:"):
        return False
    return urls.lasting(alias[5:]) in {
        urls.lasting(one[5:]) for one in known if one.startswith("link:")
    }


def names_of(aliases: Iterable[str]) -> set[str]:
    """Returns texts of which a story's file has one: guids, links without scheme and query, `/article/<number>`."""
    kinds = [alias.partition(":")[::2] for alias in aliases]
    guids = {name for kind, name in kinds if kind == "guid"}
    numbers = {f"/article/{name.rpartition('/')[2]}" for kind, name in kinds if kind == "article"}
    return guids | numbers | {name.partition("?")[0] for kind, name in kinds if kind == "link"}


def overdue(ledgers: Ledgers, config: Config, carried: Mapping[str, Collection[str]]) -> set[str]:
    """Returns the feeds with a correction that was held for another feed, which carries the entry no longer.

    `carried` has names of the entries in each feed's last document.
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
    """Returns the feeds that hold a correction of an entry that they carry, these lines being in the ledgers by now."""
    found = set()
    for feed, records in ledgers.items():
        newest = {**records, **{line.id: line for line in lines.get(feed, ())}}
        if any(record.held and _is_in(record, carried.get(feed, ())) for record in newest.values()):
            found.add(feed)
    return found


def _is_in(record: Record, names: Collection[str]) -> bool:
    return not set(record.aliases).isdisjoint(names)


def is_news(entry: Entry, record: Record) -> bool:
    """True if an entry says something else than it did, or has withdrawn something."""
    says = incoming(entry, record)
    return bool(_changed(says, record) or withdrawn(says, record))


def _changed(incoming: Mapping[str, str], record: Record) -> set[str]:
    """Returns the fields of which an entry says something else; not its date, where that has changed before."""
    fields = {name for name, mark in incoming.items() if record.said.get(name) != mark}
    return set() if dates.is_no_news(fields, record) else fields


def is_another_line(
    record: Record, aliases: Iterable[str], incoming: Mapping[str, str], held: Mapping[str, str]
) -> bool:
    """True if what is known of an entry by now is not what the last line of its ledger says."""
    told = (
        not _changed(incoming, record) and not withdrawn(incoming, record) and held == record.held
    )
    return not told or bool(new_names(aliases, record))


def names_carried(document: Document) -> list[str]:
    """Returns names by which the entries of a document can be told from others."""
    return [alias for entry in document.entries for alias in identity.aliases_of(entry)]


def withdrawn(incoming: Mapping[str, str], record: Record) -> list[str]:
    """Returns the fields of which an entry said something that it no longer says; a date or a headline only fail."""
    return [name for name in WITHDRAWABLE if name not in incoming and record.said.get(name)]


def warnings(
    entries: Sequence[Entry],
    distinct: Sequence[Entry],
    left: Iterable[str],
    problems: Iterable[Problem],
) -> list[str]:
    """Returns a warning for each file that cannot be read, and one for each way in which entries have poor names.

    `distinct` are those of the entries that are no repeats, `left` the files that cannot be read.
    """
    repeated, passed_over = (
        identity.repeated_guids(distinct),
        identity.passed_over(entries, distinct),
    )
    wrong = {file: Problem(file, 0, "cannot be read") for file in left}
    wrong |= {one.file: one for one in reversed(tuple(problems)) if one.file in wrong}
    found = [f"{one}; until that is fixed, its story is left as it is" for one in wrong.values()]
    if repeated:
        guids = "one guid stands" if len(repeated) == 1 else f"{len(repeated)} guids stand"
        found.append(f"{guids} for several entries; these are told apart by their links")
    if passed_over:
        count = "1 entry" if passed_over == 1 else f"{passed_over} entries"
        found.append(
            f"{count} passed over, with the guid, link and headline of another one but not its date and text"
        )
    return found
