"""Plans a pull: decides what each entry means for story files and ledgers.

    entry ──match──▶  new         a new story; its week, file name and slug are set here for good
                      adopted     a story file that no ledger knows: written by hand, or left by a
                                  pull that was killed
                      known       nothing changes in the file
                      updated     the file changes: the merge brings new words of the feed, or a
                                  feed joins the story
                      unreadable  the entry's story may be in a file that cannot be read
                      withheld    a new story that is not added: its feed's ledger is damaged, so an
                                  editor may have deleted it

It only decides: documents and a snapshot come in, a plan comes out. A story that an editor has
deleted does not come back, and a file that cannot be read is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, NamedTuple

from digest import urls
from digest.content import ledger, paths, pending
from digest.content.ledger import Record, hashes_of
from digest.content.present_files import is_of_present_file
from digest.intake import changes, dates, match, precedence, revise
from digest.intake.entry_keys import arrivals
from digest.intake.merge import Merged, Recorded, agreed_hashes, lacking, merge
from digest.intake.new_story import Arrival, fresh_story
from digest.intake.pull_state import DocumentOutcome, DocumentReport, PullPlan, PullState, warnings
from digest.intake.snapshot import Snapshot, search_texts
from digest.model import Config, Document, Entry, Feed, Story


class EntryDecision(NamedTuple):
    """What becomes of one entry (see the module), and the story file that this concerns."""

    kind: Literal["new", "adopted", "known", "updated", "unreadable", "withheld"]
    file: str


class KnownEntry(NamedTuple):
    """An entry of a story in the ledgers: what its feed's ledger has, the story, what it says now."""

    arrival: Arrival
    record: Record
    story: Story
    incoming: Mapping[str, str]
    """The hashes of what the entry says, by field."""

    @property
    def file(self) -> str:
        """The file that the ledgers have for the story."""
        return self.record.file


def plan_pull(
    documents: Sequence[tuple[Feed, Document]], snapshot: Snapshot, config: Config, now: datetime
) -> PullPlan:
    """Decides what to write for these documents, which must be in the order of digest.toml.

    The first of a story's feeds supplies its words.
    """
    pull = PullState(documents, snapshot, config, now)
    matches = match.match_entries(pull.entries, pull.shared, pull.finder.is_gone)
    outcomes = []
    for (feed, document), (_, entries), stories in zip(
        documents, pull.entries, matches, strict=True
    ):
        outcomes.append(_document(pull, feed, document, entries, stories))
    return PullPlan(
        stories=tuple(pull.stories.values()),
        edits=tuple(pull.edits.values()),
        lines=tuple(map(pull.final_line, pull.lines)),
        outcomes=tuple(outcomes),
        edited=pull.edited,
    )


def _document(
    pull: PullState,
    feed: Feed,
    document: Document,
    entries: Sequence[Entry],
    stories: Sequence[str],
) -> DocumentOutcome:
    """Decides on the entries of a document, without repeated ones.

    `stories` has the file of each one's story, or the label of a new one (`match.NEW`).
    """
    pull.report = DocumentReport()
    files: list[str | None] = []
    for story in stories:
        is_new = story.startswith(match.NEW)
        files.append(pull.files_of_new.get(story, None if is_new else story))
    records = pull.snapshot.ledgers.get(feed.id, {}).values()
    ids = {record.id: record.file for record in records}
    arrived = arrivals(feed, entries, files, pull.shared, ids)

    decided: dict[str, list[str]] = {}
    oldest_first = reversed(list(zip(arrived, files, stories, strict=True)))
    for arrival, file, story in oldest_first:
        decision = _decide(pull, arrival, file)
        decided.setdefault(decision.kind, []).append(decision.file)
        if decision.kind == "new":
            pull.files_of_new[story] = decision.file

    def files_of(kind: str) -> tuple[str, ...]:
        return tuple(decided.get(kind, ()))

    files_before = {*ids.values()}
    brought_before = sum(file in files_before for file in files)
    unreadable = files_of("unreadable")
    doubts = warnings(document.entries, entries, unreadable, pull.snapshot.problems)
    return DocumentOutcome(
        feed=feed,
        entries=len(entries),
        new=files_of("new"),
        adopted=files_of("adopted"),
        updated=files_of("updated"),
        known=len(files_of("known")) + len(files_of("updated")),
        postponed=len(unreadable) + len(files_of("withheld")),
        brought_before=None if feed.id in pull.snapshot.damaged else brought_before,
        kept=tuple(pull.report.kept),
        notices=(*pull.report.notices, *dates.report_line(pull.report.new_dates)),
        warnings=(*document.warnings, *doubts),
        awaited=tuple(pull.report.awaited),
    )


def _decide(pull: PullState, arrival: Arrival, file: str | None) -> EntryDecision:
    """Decides on one entry; `file` is that of the story that it matches, if any."""
    if file is None:
        return _unmatched(pull, arrival)
    if file in pull.adoptable:
        return _adopt(pull, arrival, file)
    if file in pull.stories:
        return _join_new_story(pull, arrival, file)
    return _known(pull, arrival, file)


# No story in the ledgers: new, adopted, unreadable, or deleted before any feed brought it


def _unmatched(pull: PullState, arrival: Arrival) -> EntryDecision:
    """Decides on an entry that matches no story."""
    if unreadable := pull.snapshot.unreadable_with(search_texts(arrival.aliases)):
        return EntryDecision("unreadable", unreadable)
    link = arrival.entry.link
    addresses = [] if pull.shared.is_of_several_entries(link) else [link]
    if deleted := pull.snapshot.deleted(addresses):
        incoming = ledger.hashes(changes.fields_of(arrival.entry))
        return _add_feed(pull, arrival, deleted, None, incoming)
    if arrival.feed.id in pull.snapshot.damaged:
        return EntryDecision("withheld", "")
    return _add_story(pull, arrival)


def _add_story(pull: PullState, arrival: Arrival) -> EntryDecision:
    """Adds a new story. Only a feed that is new itself may add one to a closed week."""
    fresh = fresh_story(arrival, pull.config, pull.now)
    is_new_feed = not pull.snapshot.ledgers.get(arrival.feed.id)
    week = fresh.week if is_new_feed else pull.snapshot.open_week(fresh.week)
    slug = pull.slugs.take(week, arrival.entry)
    file = paths.story(week, fresh.day, slug)
    story = replace(fresh, file=file, week=week, slug=slug)
    pull.stories[file] = story
    pull.add_first_line(arrival, file, hashes_of(story))
    return EntryDecision("new", file)


def _join_new_story(pull: PullState, arrival: Arrival, file: str) -> EntryDecision:
    """Adds a feed to a story that another feed has brought in this same pull."""
    story = pull.stories[file]
    if arrival.feed.id not in story.feeds:
        themes = dict.fromkeys((*story.themes, *arrival.feed.themes))
        feeds = (*story.feeds, arrival.feed.id)
        pull.stories[file] = replace(story, feeds=feeds, themes=tuple(themes))
    pull.add_first_line(arrival, file, {})
    return EntryDecision("known", file)


def _adopt(pull: PullState, arrival: Arrival, file: str) -> EntryDecision:
    """Notes in the ledger that a story file is an entry's.

    Fields that are as pull would write them count as written by pull.
    """
    story = pull.adoptable.pop(file)
    feeds = story.feeds if arrival.feed.id in story.feeds else (arrival.feed.id,)
    fresh = replace(fresh_story(arrival, pull.config, pull.now), feeds=feeds)
    in_file = Entry(id=story.id, title=story.title, link=story.link)
    created = pull.snapshot.created_by_killed_pull.get(story.file)
    is_unedited = created is not None and created == pull.snapshot.texts[story.file]
    lacks = None if is_unedited else lacking(story)
    pull.add_first_line(arrival, file, agreed_hashes(story, fresh), in_file, lacks)
    return EntryDecision("adopted", story.file)


# A story in the ledgers: known or updated, unless its file cannot be read


def _known(pull: PullState, arrival: Arrival, file: str) -> EntryDecision:
    """Decides on an entry of a story in the ledgers: new words, new aliases, or one more feed."""
    records = pull.records[file]
    record = records.get(arrival.feed.id)
    incoming = changes.incoming_hashes(arrival.entry, record)
    if record is None or not is_of_present_file(record):
        story, unreadable = pull.finder.find(file, search_texts(arrival.aliases))
        if unreadable:
            return EntryDecision("unreadable", unreadable)
        return _add_feed(pull, arrival, file, story, incoming)

    contradicted: frozenset[str] = frozenset()
    if arrival.feed.id in pull.snapshot.resumed:
        contradicted = precedence.contradicted(record, incoming, records)
    if not (changes.has_changed(incoming, record) or record.held or contradicted):
        pull.add_alias_line(arrival, record)
        return EntryDecision("known", file)
    story, unreadable = pull.finder.find(file, search_texts(arrival.aliases + record.aliases))
    if unreadable:
        return EntryDecision("unreadable", unreadable)
    if story is None:
        # The file was deleted. The words are not noted, so that they are news if git brings the
        # file back.
        pull.report.awaited.append(file)
        pull.add_alias_line(arrival, record)
        return EntryDecision("known", file)

    known = KnownEntry(arrival, record, story, incoming)
    if pull.feed_order.is_first(arrival.feed.id, story, records):
        pull.report.new_dates += dates.new_date(story.file, arrival.entry, record)
        return _supply_words(pull, known, contradicted, is_first=True)
    suppliers = pull.feed_order.suppliers(story, records)
    if arrival.feed.id not in suppliers:  # an editor has removed this feed from the story
        return _supply_agreed_words(pull, known, [])
    before = suppliers[: suppliers.index(arrival.feed.id)]
    earlier_feeds = [feed for feed in before if pull.feed_order.carries(feed, records)]
    if earlier_feeds:
        return _supply_agreed_words(pull, known, earlier_feeds)
    return _supply_words(pull, known, contradicted, is_first=False)


def _add_feed(
    pull: PullState,
    arrival: Arrival,
    file: str,
    story: Story | None,
    incoming: Mapping[str, str],
) -> EntryDecision:
    """Adds one more feed to a story, in the order of digest.toml.

    If the file was deleted, the feed is only added to the ledger. If the editor has removed all
    feeds from the story, it gets none.
    """
    record = pull.first_record(arrival, file)
    if story is None:
        if file not in pull.records:
            record = record._replace(deleted=True)
        pull.add_line(arrival, record, incoming, {})
        return EntryDecision("known", file)
    pull.pending(file, story)
    feeds, wrote = _feeds_with(pull, arrival.feed.id, file, story)
    records = pull.records[file]
    fresh = fresh_story(arrival, pull.config, pull.now)
    if precedence.is_ledger_lost(records):
        said = incoming.keys() | precedence.fields_not_added(records)
        record = record._replace(lacks=tuple(name for name in lacking(story) if name in said))
        wrote |= agreed_hashes(story, replace(fresh, feeds=feeds))
    elif precedence.is_excerpt_hash_lost(records):
        as_written = agreed_hashes(story, fresh)
        wrote |= {name: hash for name, hash in as_written.items() if name == "excerpt"}
    known = KnownEntry(arrival, record, story, incoming)
    merged = _inherit_words(pull, known, feeds)
    if merged is None:
        if feeds == story.feeds:
            pull.add_line(arrival, record, incoming, wrote)
            return EntryDecision("known", file)
        merged = Merged({}, (), {})
    new_values = dict(merged.changes)
    if feeds != story.feeds:
        new_values = {"feeds": feeds, **new_values}
    merged = replace(merged, changes=new_values, wrote={**merged.wrote, **wrote})
    return _update(pull, known, merged)


def _feeds_with(
    pull: PullState, feed: str, file: str, story: Story
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Returns a story's feeds with this one, and their hash if they count as written by us."""
    written = precedence.last_written(pull.records[file]).get("feeds")
    if feed in story.feeds:
        others = tuple(other for other in story.feeds if other != feed)
        # A killed pull has added the feed to the file, but not to the ledger.
        by_killed_pull = written == ledger.hash_of_value(others)
        return story.feeds, ledger.hashes({"feeds": story.feeds}) if by_killed_pull else {}
    if not story.feeds:
        return (), {}
    if written != ledger.hash_of_value(story.feeds):
        named = ", ".join(story.feeds)
        pull.report.kept.append(f"{story.file}: kept your feeds '{named}'; {feed} has it too")
        return story.feeds, {}
    # A guid that is not a URI is valid only within its feed: that feed stays first, or the Atom id
    # would change.
    is_local_guid = bool(story.id) and not urls.is_absolute(story.id)
    first = story.feeds[:1] if is_local_guid else ()
    feeds = first + tuple(sorted((*story.feeds[len(first) :], feed), key=pull.feed_order.rank))
    return feeds, ledger.hashes({"feeds": feeds})


def _inherit_words(pull: PullState, known: KnownEntry, feeds: tuple[str, ...]) -> Merged | None:
    """Merges the words of a feed that joins a story if its earlier feeds are gone, else None.

    They are compared with what the last of those feeds said, so a feed that gets a new id brings
    corrections at once. `feeds` are those of the story from now on.
    """
    file = known.file
    story = replace(known.story, feeds=feeds)
    records = pull.records[file]
    order = pull.feed_order
    is_first = order.is_first(known.arrival.feed.id, story, records)
    is_alone = not any(feed in order.live and order.carries(feed, records) for feed in records)
    gone = []
    for record in records.values():
        if is_alone or (is_first and record.feed not in order.live):
            gone.append(record)
    if not gone:
        return None
    last = max(gone, key=lambda record: record.at)
    return _merge(pull, known._replace(story=story), dict(last.said))


def _supply_words(
    pull: PullState, known: KnownEntry, contradicted: frozenset[str], *, is_first: bool
) -> EntryDecision:
    """Merges what a feed says now, if no earlier feed of the story carries the entry."""
    record = known.record
    incoming = known.incoming
    records = pull.records[known.file]
    before = precedence.baseline(record, incoming, records, is_first=is_first)
    reported = precedence.only_reported(record, incoming, records, is_first=is_first)
    return _update(pull, known, _merge(pull, known, before, reported | contradicted))


def _supply_agreed_words(
    pull: PullState, known: KnownEntry, earlier_feeds: Sequence[str]
) -> EntryDecision:
    """Merges the corrections that all earlier feeds have made too, and holds the others."""
    arrival, record, story, incoming = known
    records = pull.records[known.file]
    others = [records[feed] for feed in earlier_feeds]
    agreed = precedence.agreed_corrections(record, incoming, others, records)
    held = precedence.corrections_to_hold(record, incoming, records)
    if agreed:
        held = {name: written for name, written in held.items() if name not in agreed}
        return _update(pull, known, _merge(pull, known, {**incoming, **agreed}), held)
    if changes.needs_line(record, arrival.aliases, incoming, held):
        before = pull.pending(known.file, story)
        fresh = fresh_story(arrival, pull.config, pull.now)
        after = revise.reworded(before, fresh, record.said, incoming)
        pull.set_pending(known.file, story, after)
        wrote = precedence.wrote_as_follower(record, records)
        pull.add_line(arrival, record, incoming, wrote, held=held)
    return EntryDecision("known", known.file)


# The merge


def _merge(
    pull: PullState,
    known: KnownEntry,
    said: Mapping[str, str],
    only_reported: frozenset[str] = frozenset(),
) -> Merged:
    """Merges the words of an entry into a story: `said` is what they count as changed from."""
    feed = known.arrival.feed
    entry = known.arrival.entry
    story = known.story
    records = pull.records[known.file]
    written = precedence.last_written(records)
    ignored: set[str] = set()
    if entry.title == urls.host_of(entry.link):
        ignored.add("title")  # the feed gives no headline, so its host is used instead
    # What an editor left out of an adopted file is not added, nor an excerpt that they may have
    # removed.
    ignored |= precedence.fields_not_added(records).intersection(lacking(story))
    fresh = fresh_story(known.arrival, pull.config, pull.now)
    recorded = Recorded(
        said=said,
        wrote=written,
        has_guid=pull.feed_order.is_named_by_guid(records),
        is_adopted=precedence.may_quote_excerpt(records),
        only_reported=only_reported,
    )
    incoming = {name: hash for name, hash in known.incoming.items() if name not in ignored}
    merged = merge(story, fresh, incoming, recorded, pull.now)
    if not entry.published:
        return merged
    return dates.with_feeds_date(merged, story, fresh, records.get(feed.id), written)


def _update(
    pull: PullState, known: KnownEntry, merged: Merged, held: Mapping[str, str] | None = None
) -> EntryDecision:
    """Makes the changes of a merge, and notes them for the ledger and the editor.

    `held` are the corrections that this feed still holds, by default those that it held before.
    """
    arrival, record, story, incoming = known
    file, records = known.file, pull.records[known.file]
    before = pull.pending(file, story)
    revision = pull.revise(file, story, merged)
    after = revision.story
    letters = pull.snapshot.letters
    is_written_about = not story.hide and pending.is_written_about(
        story, letters, {story.file, file}
    )
    pending_now = revise.pending_after_merge(
        before, after, merged, is_written_about=is_written_about, done=revision.done
    )
    pull.report.notices.extend(
        pending.report_lines(story.file, after, before, pending_now, merged.changed_fields)
    )
    pull.set_pending(file, story, pending_now)

    # A link that identified the story until now became its id: the ledger has to know the story by
    # it.
    old_link = merged.replaced.get("link")
    if old_link and after.id == old_link:
        arrival = replace(arrival, aliases=(*arrival.aliases, f"id:{old_link}"))
    if held is None:
        held = {}
        if not pull.feed_order.is_first(arrival.feed.id, story, records):
            held = precedence.held_after_supplying(record, incoming, merged.withdrawn, records)
    if merged.changed_fields or changes.needs_line(record, arrival.aliases, incoming, held):
        wrote = precedence.wrote_as_supplier(record, incoming, revision.wrote, records)
        pull.add_line(arrival, record, incoming, wrote, held=held)
    return EntryDecision("known" if after == story else "updated", story.file)
