"""Decides which feed supplies a story's words, and which corrections reach the file.

The first of a story's feeds supplies its words. A later feed supplies them only when no feed before
it carries the entry any longer, and only in fields where it agreed with the file before. Until then
its corrections are held (`Record.held`). So two feeds that always disagree do not change a file
back and forth.

    feeds A, B; both say "Old", and so does the file
    B says "New"                  held: A still carries the entry, and says "Old"
    A says "New", too             both agree: the file gets "New"
    or A drops the entry          B supplies the words: the file gets "New"

If a later feed changes a field where it never agreed with the file, the file keeps its words, and
the change is reported.

Works on ledger records only; the merge is in `merge`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from digest.content import ledger
from digest.content.ledger import Ledgers, Record, has_guid
from digest.intake.merge import WORDS
from digest.model import PUBLISHER_FIELDS, Config, Story

Records = Mapping[str, Record]
"""The records of one story, by feed."""


class FeedOrder:
    """The order of the feeds in digest.toml, and which of them are still pulled.

    `carried` has the aliases of the entries in each feed's last document.
    """

    def __init__(self, config: Config, carried: Mapping[str, Collection[str]]) -> None:
        self._feeds = [feed.id for feed in config.feeds]
        self._carried = carried
        self.live = [feed.id for feed in config.feeds if not feed.retired]
        """The feeds that are still pulled."""

    def rank(self, feed: str) -> int:
        """Returns the place of a feed in digest.toml; feeds that are not in it come last."""
        return self._feeds.index(feed) if feed in self._feeds else len(self._feeds)

    def suppliers(self, story: Story, records: Records) -> list[str]:
        """Returns the feeds of a story that are still pulled, in order of precedence.

        That is the order of digest.toml, unless an editor has changed the story's feeds: then it is
        theirs. A story that names no feed gets those that brought it, in the order in which they
        did.
        """
        feeds: Iterable[str] = story.feeds or self._by_arrival(records)
        if story.feeds and last_written(records).get("feeds") == ledger.hash_of_value(story.feeds):
            feeds = sorted(story.feeds, key=self.rank)
        return [feed for feed in feeds if feed in self.live]

    def is_first(self, feed: str, story: Story, records: Records) -> bool:
        """True if a feed is the first of a story's feeds that are still pulled."""
        return self.suppliers(story, records)[:1] in ([], [feed])

    def is_named_by_guid(self, records: Records) -> bool:
        """True if a story's first feed gave it a guid; otherwise its first link identifies it."""
        return has_guid(records[self._by_arrival(records)[0]])

    def carries(self, feed: str, records: Records) -> bool:
        """True if the last document of a feed has the story's entry, or is not known."""
        if feed not in records:
            return False
        return feed not in self._carried or _is_in(records[feed], self._carried[feed])

    def _by_arrival(self, records: Records) -> list[str]:
        """Returns the feeds that brought a story, the first first."""

        def arrival(feed: str) -> tuple[str, int]:
            return records[feed].since or records[feed].at, self.rank(feed)

        return sorted(records, key=arrival)


def last_written(records: Records) -> dict[str, str]:
    """Returns the hashes of what pull last wrote into a story's file, from whichever feed."""
    return ledger.last_written(records.values())


def baseline(
    record: Record, incoming: Mapping[str, str], records: Records, *, is_first: bool
) -> dict[str, str]:
    """Returns the baseline of the merge: what the feed said before, without corrections still held.

    If the feed is not the first, it cannot withdraw a field where it never agreed with the file.
    """
    found = dict(record.said)
    for name in _without_overwritten(record.held, last_written(records)):
        found.pop(name, None)
    for name in PUBLISHER_FIELDS if not is_first else ():
        said = record.said.get(name, "")
        if name not in incoming and not is_in_file(name, said, records):
            found.pop(name, None)
    return found


def only_reported(
    record: Record, incoming: Mapping[str, str], records: Records, *, is_first: bool
) -> frozenset[str]:
    """Returns the fields that a feed may not change, but whose change the editor should see.

    The file has another feed's words there. Either this feed has changed its own words, or it
    corrects only one of headline and summary, so that the two in the file may no longer fit
    together.
    """
    held = _without_overwritten(record.held, last_written(records)).keys() & incoming.keys()
    anothers = set()  # fields where neither what it said nor what it says is in the file
    for name in PUBLISHER_FIELDS:
        if name in incoming and name not in held:
            said = record.said.get(name, "")
            if not any(is_in_file(name, words, records) for words in (said, incoming[name])):
                anothers.add(name)
    changed = {name for name in incoming if incoming[name] != record.said.get(name)}
    corrected = held if is_first else (held | changed) - anothers
    reported = set() if is_first else anothers & changed
    if corrected & WORDS:  # the other one of headline and summary may no longer fit
        reported |= (anothers - changed) & WORDS
    return frozenset(reported)


def agreed_corrections(
    record: Record, incoming: Mapping[str, str], earlier_feeds: Collection[Record], records: Records
) -> dict[str, str]:
    """Returns what a feed said before, in the fields where it now says the same as all earlier
    feeds.

    Without earlier feeds there is nothing to agree with.
    """
    found = {}
    for name in PUBLISHER_FIELDS if earlier_feeds else ():
        said, says = record.said.get(name, ""), incoming.get(name)
        is_correction = says not in (None, said) and is_in_file(name, said, records)
        if is_correction and all(other.said.get(name) == says for other in earlier_feeds):
            found[name] = said
    return found


def contradicted(record: Record, incoming: Mapping[str, str], records: Records) -> frozenset[str]:
    """Returns the unchanged fields of a feed that another feed has since corrected in the file.

    A feed that was retired or renamed for a while does so.
    """
    if len(records) < 2:
        return frozenset()
    written = last_written(records)
    found = set()
    for name in PUBLISHER_FIELDS:
        is_outdated = record.wrote.get(name, written.get(name)) != written.get(name)
        if name in incoming and is_outdated and not is_in_file(name, incoming[name], records):
            found.add(name)
    return frozenset(found)


def corrections_to_hold(
    record: Record, incoming: Mapping[str, str], records: Records
) -> dict[str, str]:
    """Returns the fields that a feed has changed while another one supplies the words.

    Each has the hash of what the file has from pull.
    """
    written = last_written(records)
    found = _without_overwritten(record.held, written)
    for name in PUBLISHER_FIELDS:
        said, says = record.said.get(name, ""), incoming.get(name, "")
        if says != said and is_in_file(name, said, records):
            found[name] = written.get(name, "")
        if says and is_in_file(name, says, records):
            found.pop(name, None)
    return found


def held_after_supplying(
    record: Record, incoming: Mapping[str, str], withdrawn: Iterable[str], records: Records
) -> dict[str, str]:
    """Returns what is held after a later feed supplied words: the fields that it does not have."""
    written = last_written(records)
    held = _without_overwritten(record.held, written)
    missing = {name: hash for name, hash in held.items() if name not in incoming}
    return missing | {name: written[name] for name in withdrawn}


def _without_overwritten(held: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str]:
    """Returns the held corrections whose field has not been written since."""
    return {name: hash for name, hash in held.items() if hash == written.get(name, "")}


def wrote_as_follower(record: Record, records: Records) -> dict[str, str]:
    """Returns the `wrote` of a line for a feed that did not write the words itself.

    An excerpt from another feed is left out: `is_in_file` uses it to tell whose excerpt is in the
    file.
    """
    found = last_written(records)
    if "excerpt" in found and record.wrote.get("excerpt") != found["excerpt"]:
        del found["excerpt"]
    return found


def wrote_as_supplier(
    record: Record, incoming: Mapping[str, str], wrote: Mapping[str, str], records: Records
) -> dict[str, str]:
    """Returns the `wrote` of a line for a feed that supplied words.

    An excerpt that is still another feed's is left out.
    """
    excerpt = wrote.get("excerpt")
    is_of_feed = excerpt == record.wrote.get("excerpt")
    is_new = excerpt != last_written(records).get("excerpt")
    if is_of_feed or is_new or is_in_file("excerpt", incoming.get("excerpt", ""), records):
        return dict(wrote)
    return {name: hash for name, hash in wrote.items() if name != "excerpt"}


def is_excerpt_hash_lost(records: Records) -> bool:
    """True if a feed gave a summary and no record has pull's hash: a ledger may be lost."""
    was_said = any("excerpt" in record.said for record in records.values())
    return was_said and "excerpt" not in last_written(records)


def is_ledger_lost(records: Records) -> bool:
    """True if pull wrote a story's file and no record says what: its ledger is lost."""
    is_adopted = any(map(ledger.is_adopted, records.values()))
    return "title" not in last_written(records) and not is_adopted


def fields_not_added(records: Records) -> set[str]:
    """Returns the fields that are not added to a file, as its editor may have left them out."""
    found = set[str]()
    for record in records.values():
        found.update(record.lacks or ())
        if is_ledger_lost(records):
            found.update(record.said)
    if is_excerpt_hash_lost(records):
        found.add("excerpt")
    return found


def may_quote_excerpt(records: Records) -> bool:
    """True if a quotation at the top may be the excerpt although no record has its hash."""
    return is_excerpt_hash_lost(records) or any(map(ledger.is_adopted, records.values()))


def is_in_file(name: str, said: str, records: Records) -> bool:
    """True if what a feed said is what pull last wrote (for an excerpt: a part of it)."""
    written = last_written(records).get(name, "")
    if name != "excerpt" or not written:
        return said == written
    pairs = [(record.said.get(name), record.wrote.get(name)) for record in records.values()]
    return (said, written) in pairs


def feeds_with_due_corrections(
    ledgers: Ledgers, config: Config, carried: Mapping[str, Collection[str]]
) -> set[str]:
    """Returns the feeds with a held correction, if no earlier feed carries the entry any longer.

    `carried` has the aliases of the entries in each feed's last document.
    """
    live = [feed.id for feed in config.feeds if not feed.retired]
    found = set()
    for number, feed in enumerate(live):
        here = carried.get(feed, ())
        held = set[str]()
        for record in ledgers.get(feed, {}).values():
            if record.held and _is_in(record, here):
                held.add(record.file)
        for other in live[:number] if held else ():
            there = carried.get(other)
            for record in ledgers.get(other, {}).values():
                if there is None or _is_in(record, there):
                    held.discard(record.file)
        if held:
            found.add(feed)
    return found


def feeds_with_held_corrections(
    ledgers: Ledgers, lines: Iterable[Record], carried: Mapping[str, Collection[str]]
) -> set[str]:
    """Returns the feeds that hold a correction of an entry they carry, after `lines` are added."""
    newest: dict[tuple[str, str], Record] = {}
    for records in ledgers.values():
        newest |= {(record.feed, record.id): record for record in records.values()}
    newest |= {(line.feed, line.id): line for line in lines}
    found = set()
    for record in newest.values():
        if record.held and _is_in(record, carried.get(record.feed, ())):
            found.add(record.feed)
    return found


def _is_in(record: Record, aliases: Collection[str]) -> bool:
    return not set(record.aliases).isdisjoint(aliases)
