"""The state of a pull while `plan` decides: what it knows of each story, and what it will write.

Later entries see what earlier ones have changed. A story that the first feed brings is known when
the second feed is read, and a file that was edited has its new text. Nothing is read from the disk
or written to it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.content import identity, ledger, paths, pending
from digest.content.edit import Edit
from digest.content.ledger import Record
from digest.content.pending import Pending
from digest.content.slug import Slugs
from digest.errors import Problem, count_of
from digest.intake import changes, dates, precedence
from digest.intake.entry_keys import SharedAliases
from digest.intake.find_file import Finder
from digest.intake.merge import Merged
from digest.intake.new_story import Arrival, first_record
from digest.intake.revise import Revision, revise
from digest.intake.snapshot import Snapshot
from digest.model import Config, Document, Entry, Feed, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentOutcome:
    """What became of the entries of one document: files of stories, counts, and lines to report."""

    feed: Feed
    entries: int
    new: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    known: int = 0
    postponed: int = 0
    """Entries whose story may be in a file that cannot be read, or was lost with lines of the
    ledger.

    The next pull looks at them again.
    """
    kept: tuple[str, ...] = ()
    """A line for each field that the feed has changed and that keeps the editor's words."""
    notices: tuple[str, ...] = ()
    """A line for each headline or link that changed under an editor's words, and for each field
    that was withdrawn.
    """
    warnings: tuple[str, ...] = ()
    brought_before: int | None = 0
    """Entries that the feed itself has brought before; None if its ledger is damaged, and so
    nobody knows.
    """
    awaited: tuple[str, ...] = ()
    """The files of deleted stories that the feed has changed: it is read again if one is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPlan:
    """What a pull writes, in this order: new stories, edits, ledger lines.

    `outcomes` are for the report.
    """

    stories: tuple[Story, ...] = ()
    edits: tuple[Edit, ...] = ()
    lines: tuple[Record, ...] = ()
    outcomes: tuple[DocumentOutcome, ...] = ()
    edited: Mapping[str, str] = field(default_factory=dict)
    """The files of edited stories, by the files that the ledgers have for them."""


@dataclass(slots=True)
class DocumentReport:
    """Lines to report of one document, see `DocumentOutcome`."""

    kept: list[str] = field(default_factory=list)
    awaited: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    new_dates: list[dates.NewDate] = field(default_factory=list)


def warnings(
    entries: Sequence[Entry],
    distinct: Sequence[Entry],
    unreadable: Iterable[str],
    problems: Iterable[Problem],
) -> list[str]:
    """Returns a warning for each unreadable file, for shared guids, and for skipped entries.

    `distinct` are the entries without repeated ones, `unreadable` the files that cannot be read.
    """
    repeated = identity.repeated_guids(distinct)
    dropped = identity.count_dropped(entries, distinct)
    problem_of = {file: Problem(file, 0, "cannot be read") for file in unreadable}
    for problem in reversed(tuple(problems)):
        if problem.file in problem_of:
            problem_of[problem.file] = problem
    lines = [
        f"{problem}; until that is fixed, its story is left as it is"
        for problem in problem_of.values()
    ]
    if repeated:
        guids = "one guid is" if len(repeated) == 1 else f"{len(repeated)} guids are"
        lines.append(f"{guids} used for several entries; Digest uses their links instead")
    if dropped:
        lines.append(
            f"{count_of(dropped, 'entry', 'entries')} skipped: same guid, link and headline as another one, "
            "but not the same date and text"
        )
    return lines


class PullState:
    """What one pull knows, decides and will write.

    Stories are named by the file that the ledgers have for them.
    """

    def __init__(
        self,
        documents: Sequence[tuple[Feed, Document]],
        snapshot: Snapshot,
        config: Config,
        now: datetime,
    ) -> None:
        self.snapshot, self.config, self.now = snapshot, config, now.replace(microsecond=0)
        self._at = ledger.timestamp(now)
        carried = {**snapshot.carried, **changes.aliases_by_feed(documents)}
        self.feed_order = precedence.FeedOrder(config, carried)
        self.records = ledger.by_file(snapshot.ledgers)
        """The newest records of each story, by its file and by feed, with the lines of this
        pull.
        """
        related = changes.related(documents, snapshot.ledgers)
        self.files_by_key = {
            key: dict.fromkeys(files) for key, files in ledger.known_files(related).items()
        }
        """The stories under each of their keys (`identity.keys_of`)."""
        self.finder = Finder(snapshot, self.records)
        self.slugs = Slugs(snapshot.taken)
        self.adoptable = self._find_adoptable()
        """The stories on disk that no ledger knows, by the file that the ledgers will have for
        them.
        """

        self.stories: dict[str, Story] = {}
        """New stories, by file."""
        self.files_of_new: dict[str, str] = {}
        """The files of new stories, by the labels that `match` gives them."""
        self.edits: dict[str, Edit] = {}
        self.edited: dict[str, str] = {}
        """The files of edited stories, by the files that the ledgers have for them."""
        self.lines: list[Record] = []
        """New ledger lines."""
        self._pending: dict[str, tuple[str, Pending, Pending]] = {}
        """By the ledgers' file of a story: its file now, what was pending in it, and what is
        pending after this pull.
        """
        self.report = DocumentReport()

        self.entries = []
        """The entries of each document without repeated ones, with the feed's id."""
        for feed, document in documents:
            self.entries.append((feed.id, identity.without_repeats(document.entries)))
        self.shared = SharedAliases(self.entries, self.files_by_key)

    def _find_adoptable(self) -> dict[str, Story]:
        """Returns the stories on disk that no ledger knows, and makes their keys known.

        A key that a ledger has belongs to that ledger's story, even if an editor copies or alters
        the file. Of several copies of a story, the first counts.
        """
        in_ledgers = ledger.alias_keys(self.snapshot.ledgers)
        found: dict[str, Story] = {}
        seen: set[str] = set()
        for story in self.snapshot.stories:
            keys = identity.keys_of_story(story)
            is_altered = self.snapshot.altered.get(story.file) in self.records
            if is_altered or not keys.isdisjoint(seen) or not keys.isdisjoint(in_ledgers):
                continue
            seen |= keys
            entry = Entry(id=story.id, title=story.title, link=story.link)
            file = story.file
            if file in self.records:  # the ledgers know another story by this file's name
                slug = self.slugs.take(story.week, entry)
                file = paths.story(story.week, story.day, slug)
            found[file] = story
            for feed in story.feeds or ("",):
                aliases = []
                for alias in identity.aliases_of(entry):
                    if in_ledgers.isdisjoint(identity.in_both_scopes(alias, feed)):
                        aliases.append(alias)
                story_keys = identity.keys_of(
                    aliases,
                    story.title,
                    feed,
                    bare=not story.id,
                    said={"link": identity.hash_of(story.link)},
                    published=story.published,
                )
                self._know(story_keys, file)
        return found

    def _know(self, keys: Iterable[str], file: str) -> None:
        for key in keys:
            self.files_by_key.setdefault(key, {})[file] = None

    # Story files

    def pending(self, file: str, story: Story) -> Pending:
        """Returns what is pending in a story after what this pull has decided so far."""
        if file not in self._pending:
            text = self.snapshot.texts[story.file]
            merged = self.snapshot.merged.get(story.file, pending.NO_MERGE)
            found = pending.of_story(self.records[file].values(), story, text, merged)
            self._pending[file] = (story.file, found, found)
        return self._pending[file][2]

    def set_pending(self, file: str, story: Story, pending_now: Pending) -> None:
        """Sets what is pending in a story after this pull. Call `pending` first."""
        self._pending[file] = (story.file, self._pending[file][1], pending_now)

    def revise(self, file: str, story: Story, merged: Merged) -> Revision:
        """Makes the changes of a merge in a story's text, on top of earlier ones of this pull."""
        on_disk = self.snapshot.texts[story.file]
        text = self.edits[story.file].after if story.file in self.edits else on_disk
        written = precedence.last_written(self.records[file])
        revision = revise(story, text, merged, self.snapshot.zone, written)
        if revision.text != text:
            self.edits[story.file] = Edit(story.file, on_disk, revision.text)
            self.edited[file] = story.file
            self.finder.stories[story.file] = revision.story
        self.report.kept.extend(revision.kept)
        return revision

    # Ledger lines

    def first_record(self, arrival: Arrival, file: str, in_file: Entry | None = None) -> Record:
        """Returns the record of an entry that is new to its feed, see `new_story.first_record`."""
        return first_record(arrival, file, self.config, self._at, in_file)

    def add_first_line(
        self,
        arrival: Arrival,
        file: str,
        wrote: Mapping[str, str],
        in_file: Entry | None = None,
        lacks: tuple[str, ...] | None = None,
    ) -> None:
        """Adds the first ledger line of an entry.

        If the story's file was there before, `in_file` has the id, headline and link in that file,
        and `lacks` the fields that it has not.
        """
        record = self.first_record(arrival, file, in_file)._replace(lacks=lacks)
        undated = {} if arrival.entry.published else dates.UNDATED
        incoming = ledger.hashes(changes.fields_of(arrival.entry)) | undated
        self.add_line(arrival, record, incoming, wrote)

    def add_line(
        self,
        arrival: Arrival,
        record: Record,
        incoming: Mapping[str, str],
        wrote: Mapping[str, str],
        *,
        held: Mapping[str, str] | None = None,
    ) -> None:
        """Adds a ledger line: what the entry says, and what of it was written.

        Later feeds know the story by its aliases.

        `record` is what the feed's ledger had until now, `incoming` has the hashes of what the
        entry says. If it is empty, only the entry's aliases are new.
        """
        aliases = list(record.aliases)
        for alias in arrival.aliases:
            if not changes.is_variant(alias, record.aliases):
                aliases.append(alias)
        withdrawn = changes.withdrawn_fields(incoming, record) if incoming else ()
        line = record._replace(
            at=ledger.later(self._at, record.at),
            aliases=tuple(dict.fromkeys(aliases)),
            title=arrival.entry.title,
            said={**record.said, **incoming, **dict.fromkeys(withdrawn, "")},
            wrote=wrote,
            held=(held or {}) if incoming else record.held,
            since=record.since or record.at,
        )
        self._know(ledger.keys_of_record(line), line.file)
        self.lines.append(line)
        self.records.setdefault(line.file, {})[line.feed] = line

    def add_alias_line(self, arrival: Arrival, record: Record) -> None:
        """Adds a ledger line if an entry that says nothing new has new aliases."""
        if changes.new_aliases(arrival.aliases, record):
            wrote = precedence.wrote_as_follower(record, self.records[record.file])
            self.add_line(arrival, record, {}, wrote)

    def final_line(self, record: Record) -> Record:
        """Returns a new ledger line with what later feeds of this pull have changed.

        The line of a new story gets all feeds and themes that its file names in the end, another
        one what is pending in the file. Call this when all documents are decided.
        """
        if record.held:
            held = precedence.corrections_to_hold(record, record.said, self.records[record.file])
            record = record._replace(held=held)
        if record.file in self._pending:
            file, before, pending_now = self._pending[record.file]
            text = self.edits[file].after if file in self.edits else self.snapshot.texts[file]
            stood = pending.file_hash(text) if before or pending_now else ""
            return record._replace(stood=stood, pending=pending_now)
        story = self.stories.get(record.file)
        if story is None or "feeds" not in record.wrote:
            return record
        final = ledger.hashes({"feeds": story.feeds, "themes": story.themes})
        return record._replace(wrote={**record.wrote, **final})
