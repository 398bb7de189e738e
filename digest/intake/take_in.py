"""Taking entries in: what each of a pull's entries is, and what story file and ledger line that means.

    entry ──match──▶  new      a story file, its week, folder, name and slug fixed here once and never derived again
                      adopted  a file that stands already: written by hand, or left by a pull that was killed
                      known    nothing; where the feed has changed its words, the three-way merge

Decides only: documents and what the desk knows come in, stories, edits and lines to write go out, nothing is read or
written. Refuses to bring back what an editor has deleted, and to touch a file that it cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from digest import urls
from digest.content import identity, ledger, paths, pending
from digest.content.edit import Edit
from digest.content.ledger import Record, hashes_of
from digest.content.pending import Pending
from digest.content.slug import Slugs
from digest.intake import dates, detect, match, precedence, revise
from digest.intake.detect import is_another_line, is_news, names_carried, names_of, said, withdrawn
from digest.intake.find_file import Finder
from digest.intake.merge import Merged, agreed, agreed_excerpt, lacking, merge
from digest.intake.new_story import NewStory, first_record, fresh_story
from digest.intake.plan import Outcome, PullPlan, Snapshot
from digest.intake.revise import Revision
from digest.model import Config, Document, Entry, Feed, Story


def take_in(
    documents: Sequence[tuple[Feed, Document]], desk: Snapshot, config: Config, now: datetime
) -> PullPlan:
    """Decides on documents given in the order of digest.toml: the first feed of a story speaks for it."""
    carried = {feed.id: frozenset(names_carried(document)) for feed, document in documents}
    taking = _Taking(documents, replace(desk, carried={**desk.carried, **carried}), config, now)
    outcomes = [
        taking.document(*one) for one in zip(documents, taking.read, taking.found, strict=True)
    ]
    return PullPlan(
        stories=tuple(taking.stories.values()),
        edits=tuple(taking.edits.values()),
        lines={
            feed: tuple(taking.written(record) for record in records)
            for feed, records in taking.lines.items()
        },
        outcomes=tuple(outcomes),
    )


class _Taking:
    """One pull's decisions as they grow: a story that the first feed brings is known when the second is looked at."""

    def __init__(
        self,
        documents: Sequence[tuple[Feed, Document]],
        desk: Snapshot,
        config: Config,
        now: datetime,
    ) -> None:
        self.desk, self.config, self.now = desk, config, now.replace(microsecond=0)
        self.at = ledger.moment(now)
        self.order = [feed.id for feed in config.feeds]
        related = detect.related(documents, desk.ledgers)
        self.known = {
            key: dict.fromkeys(files) for key, files in ledger.known_files(related).items()
        }
        self.settled = ledger.names(desk.ledgers)
        self.kin = ledger.by_file(desk.ledgers)
        self.finder = Finder(self.desk, self.kin)
        self.slugs = Slugs(desk.taken)
        self.adoptable = self._adoptable()
        self.stories: dict[str, Story] = {}
        self.edits: dict[str, Edit] = {}
        self.lines: dict[str, list[Record]] = {}
        self.kept: list[str] = []
        self.notices: list[str] = []
        self.claims: list[dates.Claim] = []
        self.pending: dict[str, tuple[str, Pending, Pending]] = {}
        """By the ledger's name of a story: its file, and what was and is pending in it."""
        self.live = {feed.id for feed in config.feeds if not feed.retired}
        self.read = [identity.distinct(document.entries) for _, document in documents]
        pairs = [
            (feed.id, entries) for (feed, _), entries in zip(documents, self.read, strict=True)
        ]
        self.context = match.Context.of(pairs, self.known)
        self.found = match.resolve(pairs, self.known, self.finder.is_gone)
        self.born: dict[str, str] = {}

    def document(
        self, document: tuple[Feed, Document], entries: Sequence[Entry], stories: Sequence[str]
    ) -> Outcome:
        """Decides on the distinct entries of a document; `stories` has the file of each, or the name of a new story."""
        feed, read = document
        files = [
            self.born.get(story, None if story.startswith(match.NEW) else story)
            for story in stories
        ]
        fates: dict[str, list[str]] = {
            "new": [],
            "adopted": [],
            "updated": [],
            "known": [],
            "left": [],
            "withheld": [],
        }
        self.kept, self.notices, self.claims = [], [], []
        ids = {record.id: record.file for record in self.desk.ledgers.get(feed.id, {}).values()}
        named = match.own_names(feed.id, entries, files, self.known, self.context, ids)
        for (entry, guid, aliases), file, story in reversed(
            list(zip(named, files, stories, strict=True))
        ):
            fate, place = self._decide(
                NewStory(feed, entry, guid, aliases), file
            )  # feeds list the newest first
            fates[fate].append(place)
            if fate == "new":
                self.born[story] = place
        return Outcome(
            feed=feed,
            entries=len(entries),
            new=tuple(fates["new"]),
            adopted=tuple(fates["adopted"]),
            updated=tuple(fates["updated"]),
            known=len(fates["known"]) + len(fates["updated"]),
            left=len(fates["left"]) + len(fates["withheld"]),
            kept=tuple(self.kept),
            notices=(*self.notices, *dates.report(self.claims)),
            warnings=(
                *read.warnings,
                *detect.warnings(read.entries, entries, fates["left"], self.desk.problems),
            ),
        )

    def written(self, record: Record) -> Record:
        """Returns a record as its line is to be, now that the story's file is as this pull leaves it.

        That of a new story gets all the feeds that its file names in the end, others what is pending in the file.
        """
        if record.held:  # feeds after this one may have changed what the file has
            record = record._replace(
                held=precedence.held(record, record.said, self.kin[record.file])
            )
        if record.file in self.pending:
            file, before, now = self.pending[record.file]
            text = self.edits[file].after if file in self.edits else self.desk.texts[file]
            return record._replace(
                stood=pending.file_hash(text) if before or now else "", pending=now
            )
        story = self.stories.get(record.file)
        if story is None or "feeds" not in record.wrote:
            return record
        return record._replace(wrote={**record.wrote, "feeds": ledger.hash_of_value(story.feeds)})

    def _decide(self, arrival: NewStory, file: str | None) -> tuple[str, str]:
        """Returns what becomes of one entry, and the file that it concerns."""
        if file is None:
            if blocked := self.desk.hidden(names_of(arrival.aliases)):
                return "left", blocked
            deleted = self.desk.deleted(
                [] if self.context.is_crowded(arrival.entry.link) else [arrival.entry.link]
            )
            if deleted:
                return self._welcome(arrival, deleted, None, ledger.hashes(said(arrival.entry)))
            if arrival.feed.id in self.desk.withheld:
                return "withheld", ""
            return "new", self._take(arrival)
        if file in self.adoptable:
            return "adopted", self._adopt(arrival, file, self.adoptable.pop(file))
        if file in self.stories:
            return "known", self._join(arrival, file)
        return self._meet(arrival, file)

    def _adoptable(self) -> dict[str, Story]:
        """Returns the stories on the disk that no ledger knows, by a name of theirs, and makes them known.

        A name that a ledger knows already stays with its story: what an editor has copied or altered takes none away.
        Of several copies of a story the first is the one.
        """
        found: dict[str, Story] = {}
        met: set[str] = set()
        for story in self.desk.stories:
            keys = identity.keys_of_story(story)
            if not keys.isdisjoint(met) or self.desk.altered.get(story.file) in self.kin:
                continue
            entry = Entry(id=story.id, title=story.title, link=story.link)
            names = identity.aliases_of(entry)
            there = self.kin.get(story.file)
            if keys.isdisjoint(self.settled):
                # where its place is the ledger's name of another story, it gets one of its own
                name = (
                    paths.story(story.week, story.day, self.slugs.take(story.week, entry))
                    if there
                    else story.file
                )
                found[name] = story
                met |= keys
                for feed in story.feeds or ("",):
                    own = [
                        one for one in names if self.settled.isdisjoint(identity.scopes(one, feed))
                    ]
                    known = identity.keys_of(
                        own, story.title, feed, bare=not story.id, link=identity.hash_of(story.link),
                        published=story.published,
                    )  # fmt: skip
                    self._know(known, name)
        return found

    def _know(self, keys: Iterable[str], file: str) -> None:
        for key in keys:
            self.known.setdefault(key, {})[file] = None

    # ------------------------------------------------------------ new stories

    def _take(self, arrival: NewStory) -> str:
        fresh = fresh_story(arrival, self.config, self.now)
        is_old = bool(
            self.desk.ledgers.get(arrival.feed.id)
        )  # a new feed may bring stories into closed weeks
        week = self.desk.open_week(fresh.week) if is_old else fresh.week
        slug = self.slugs.take(week, arrival.entry)
        file = paths.story(week, fresh.day, slug)
        self.stories[file] = replace(fresh, file=file, week=week, slug=slug)
        self._record(arrival, file, hashes_of(self.stories[file]))
        return file

    def _join(self, arrival: NewStory, file: str) -> str:
        """Adds a feed to a story that another feed has brought in this same pull."""
        story = self.stories[file]
        if arrival.feed.id not in story.feeds:
            self.stories[file] = replace(story, feeds=(*story.feeds, arrival.feed.id))
        self._record(arrival, file, {})
        return file

    # ------------------------------------------------------------ stories that are there

    def _adopt(self, arrival: NewStory, name: str, story: Story) -> str:
        """Notes a file that stands already: what in it is as we would have written it counts as written by us."""
        feeds = story.feeds if arrival.feed.id in story.feeds else (arrival.feed.id,)
        ours = replace(fresh_story(arrival, self.config, self.now), feeds=feeds)
        own = Entry(
            id=story.id, title=story.title, link=story.link
        )  # the file goes by its own names, not the feed's
        begun = self.desk.begun.get(story.file)
        is_pulls = (
            begun is not None and begun.after == self.desk.texts[story.file]
        )  # left by a pull that was killed
        self._record(arrival, name, agreed(story, ours), own, None if is_pulls else lacking(story))
        return story.file

    def _meet(self, arrival: NewStory, file: str) -> tuple[str, str]:
        """Deals with a story that was taken in before: under a new name, by one more feed, or with new words."""
        record = self.kin[file].get(arrival.feed.id)
        incoming = detect.incoming(arrival.entry, record)
        is_back = record is not None and arrival.feed.id in self.desk.returned
        odd = (
            precedence.contradicted(record, incoming, self.kin[file])
            if record and is_back
            else frozenset()
        )
        if (
            record is not None
            and not is_news(arrival.entry, record)
            and not record.held
            and not odd
        ):
            self._remember_names(arrival, record)
            return "known", file
        story, blocked = self.finder.find(
            file, names_of(arrival.aliases + (record.aliases if record else ()))
        )
        if blocked:
            return "left", blocked
        if record is None:
            return self._welcome(arrival, file, story, incoming)
        if story is None:
            self._remember_names(
                arrival, record
            )  # its words are news still if git brings the file back
            return "known", file
        first = self._is_first(arrival.feed, file, story)
        self.claims += dates.claims(story.file, arrival.entry, record) if first else ()
        earlier = self._before(arrival.feed, file, story)
        if not first and earlier != []:
            records = self.kin[file]
            agreed = precedence.agreed_corrections(
                record, incoming, [records[one] for one in earlier or ()], records
            )
            if not agreed:
                self._hold(arrival, record, story, incoming)
                return "known", file
            waiting = precedence.held(record, incoming, records)
            held = {name: mark for name, mark in waiting.items() if name not in agreed}
            merged = self._merged(arrival, incoming | agreed, file, story, incoming)
            return self._revised(arrival, record, story, merged, incoming, held)
        before = precedence.baseline(record, incoming, self.kin[file], first=first)
        aside = precedence.only_reported(record, incoming, self.kin[file], first=first) | odd
        return self._revised(
            arrival,
            record,
            story,
            self._merged(arrival, before, file, story, incoming, aside),
            incoming,
        )

    def _remember_names(self, arrival: NewStory, record: Record) -> None:
        if detect.new_names(arrival.aliases, record):
            self._note(
                arrival, record, {}, precedence.written_by_others(record, self.kin[record.file])
            )

    def _welcome(
        self, arrival: NewStory, file: str, story: Story | None, incoming: Mapping[str, str]
    ) -> tuple[str, str]:
        """Adds one more feed to a story, in digest.toml's order; where its file is gone, only notes that it came.

        A story whose editor named no feed stays without one.
        """
        record = first_record(arrival, file, self.config, self.at)
        if story is None:
            self._note(
                arrival, record if file in self.kin else record._replace(deleted=True), incoming, {}
            )
            return "known", file
        self._pending(file, story)
        feeds, wrote = self._with_feed(arrival.feed.id, file, story)
        if precedence.is_excerpt_lost(self.kin.get(file, {})):
            wrote |= agreed_excerpt(story, fresh_story(arrival, self.config, self.now))
        merged = self._inherited(arrival, file, replace(story, feeds=feeds), incoming)
        if merged is None and feeds == story.feeds:
            self._note(arrival, record, incoming, wrote)
            return "known", file
        merged = merged or Merged({}, (), {})
        changes = {**({"feeds": feeds} if feeds != story.feeds else {}), **merged.changes}
        whole = replace(merged, changes=changes, wrote={**merged.wrote, **wrote})
        return self._revised(arrival, record, story, whole, incoming)

    def _with_feed(
        self, feed: str, file: str, story: Story
    ) -> tuple[tuple[str, ...], dict[str, str]]:
        """Returns the feeds that a story is to name, and their hash where these count as ours."""
        ours = self._wrote(file).get("feeds")
        if feed in story.feeds:
            before = tuple(other for other in story.feeds if other != feed)
            killed = ours == ledger.hash_of_value(before)  # a pull that had not noted it yet
            return story.feeds, ledger.hashes({"feeds": story.feeds}) if killed else {}
        if not story.feeds:
            return (), {}
        if ours != ledger.hash_of_value(story.feeds):
            self.kept.append(
                f"{story.file}: kept your feeds '{', '.join(story.feeds)}'; {feed} has it too"
            )
            return story.feeds, {}
        # A guid that is no URI counts in its own feed: that one stays the first, or the Atom id would change.
        first = story.feeds[:1] if story.id and not urls.is_absolute(story.id) else ()
        feeds = first + tuple(sorted((*story.feeds[len(first) :], feed), key=self._rank))
        return feeds, ledger.hashes({"feeds": feeds})

    def _inherited(
        self, arrival: NewStory, file: str, story: Story, incoming: Mapping[str, str]
    ) -> Merged | None:
        """Returns the merge for a feed that is new to a story, if no feed before it is pulled or has the story now.

        It is compared with what the last of them said: a feed under another id, too, brings corrections at once.
        """
        kin, is_first = self.kin[file], self._is_first(arrival.feed, file, story)
        is_alone = not any(feed in self.live and self._carries(feed, file) for feed in kin)
        gone = [kin[feed] for feed in kin if is_alone or (is_first and feed not in self.live)]
        last = max(gone, key=lambda record: record.at, default=None)
        return self._merged(arrival, dict(last.said), file, story, incoming) if last else None

    def _rank(self, feed: str) -> int:
        return self.order.index(feed) if feed in self.order else len(self.order)

    # ------------------------------------------------------------ who speaks for a story

    def _is_first(self, feed: Feed, file: str, story: Story) -> bool:
        """True if a feed is the first of a story's feeds that are still pulled."""
        return self._suppliers(file, story)[:1] in ([], [feed.id])

    def _before(self, feed: Feed, file: str, story: Story) -> list[str] | None:
        """Returns the feeds before this one that carry the entry still; None if the story does not name this one."""
        suppliers = self._suppliers(file, story)
        earlier = suppliers[: suppliers.index(feed.id)] if feed.id in suppliers else None
        return earlier and [other for other in earlier if self._carries(other, file)]

    def _suppliers(self, file: str, story: Story) -> list[str]:
        return precedence.suppliers(story, self.kin.get(file, {}), self.live, self._rank)

    def _carries(self, feed: str, file: str) -> bool:
        """True if the last document of a feed has the story's entry, or nobody knows."""
        record, carried = self.kin[file].get(feed), self.desk.carried.get(feed)
        return record is not None and (carried is None or not carried.isdisjoint(record.aliases))

    def _hold(
        self, arrival: NewStory, record: Record, story: Story, incoming: Mapping[str, str]
    ) -> None:
        """Notes what a feed says for which an earlier one speaks: what it corrects waits, should that one go."""
        kin = self.kin[record.file]
        held = precedence.held(record, incoming, kin)
        if is_another_line(record, arrival.aliases, incoming, held):
            before = self._pending(record.file, story)
            fresh = fresh_story(arrival, self.config, self.now)
            now = revise.reworded(before, fresh, record.said, incoming)
            self.pending[record.file] = (story.file, self.pending[record.file][1], now)
            self._note(
                arrival, record, incoming, precedence.written_by_others(record, kin), held=held
            )

    # ------------------------------------------------------------ the merge

    def _merged(
        self,
        arrival: NewStory,
        before: Mapping[str, str],
        file: str,
        story: Story,
        incoming: Mapping[str, str],
        aside: frozenset[str] = frozenset(),
    ) -> Merged:
        if arrival.entry.title == urls.host(arrival.entry.link):
            # an entry that has lost its headline is called so; that is nobody's wording
            incoming = {name: mark for name, mark in incoming.items() if name != "title"}
        # What the editor of an adopted file had left out is not added, nor an excerpt that they may have removed.
        lacks = precedence.left_out(self.kin[file])
        incoming = {
            name: mark
            for name, mark in incoming.items()
            if name not in lacks.intersection(lacking(story))
        }
        fresh = fresh_story(arrival, self.config, self.now)
        merged = merge(
            story,
            fresh,
            before=before,
            incoming=incoming,
            wrote=self._wrote(file),
            now=self.now,
            aside=aside,
            begun=self.desk.before_kill(story),
            has_guid=precedence.is_named_by_guid(self.kin[file], self._rank),
            adopted=precedence.is_adopted(self.kin[file]),
        )
        record = self.kin[file].get(arrival.feed.id)
        return (
            dates.dated(merged, story, fresh, record, self._wrote(file))
            if arrival.entry.published
            else merged
        )

    def _revised(
        self,
        arrival: NewStory,
        record: Record,
        story: Story,
        merged: Merged,
        incoming: Mapping[str, str],
        held: Mapping[str, str] | None = None,
    ) -> tuple[str, str]:
        """Carries a merge out, and notes what was heard, what was written, and what the editor may want to look at."""
        before = self._pending(record.file, story)
        revision = self._revise(story, merged, self._wrote(record.file))
        after = revision.story
        reviewed = not story.hide and pending.is_reviewed(
            story, self.desk.letters, {story.file, record.file}
        )
        now = revise.pending_after_merge(
            before, after, merged, reviewed=reviewed, done=revision.done
        )
        self.notices.extend(pending.news(story.file, after, before, now, merged.incoming))
        self.pending[record.file] = (story.file, self.pending[record.file][1], now)
        old = merged.replaced.get(
            "link"
        )  # where it became the id, the file is known by that from now on
        names = (f"id:{old}",) if old and after.id == old else ()
        first = self._is_first(arrival.feed, record.file, story)
        if held is None:
            held = (
                {}
                if first
                else precedence.still_held(
                    record, incoming, merged.withdrawn, self.kin[record.file]
                )
            )
        if is_another_line(record, arrival.aliases, incoming, held) or merged.incoming:
            wrote = precedence.written_now(record, incoming, revision.wrote, self.kin[record.file])
            self._note(arrival, record, incoming, wrote, names=names, held=held)
        return ("known" if after == story else "updated"), story.file

    def _pending(self, file: str, story: Story) -> Pending:
        """Returns what is pending in a story by now."""
        if file not in self.pending:
            text, edit = self.desk.texts[story.file], self.desk.begun.get(story.file)
            texts = (text, edit.before) if edit and edit.after == text else (text,)
            found = pending.in_file(self.kin[file].values(), *texts)
            self.pending[file] = (story.file, found, found)
        return self.pending[file][2]

    def _wrote(self, file: str) -> dict[str, str]:
        return precedence.last_written(self.kin[file])

    def _revise(self, story: Story, merged: Merged, wrote: Mapping[str, str]) -> Revision:
        """Carries a merge out on the story as it stands by now, other feeds of this pull having been heard."""
        read = self.desk.texts[story.file]
        text = self.edits[story.file].after if story.file in self.edits else read
        revision = revise.revise(story, text, merged, self.desk.known, wrote)
        if revision.text != read:
            self.edits[story.file] = Edit(story.file, read, revision.text)
            self.finder.stories[story.file] = revision.story
        self.kept.extend(revision.kept)
        return revision

    # ------------------------------------------------------------ the ledger

    def _record(
        self,
        arrival: NewStory,
        file: str,
        wrote: Mapping[str, str],
        own: Entry | None = None,
        lacks: tuple[str, ...] | None = None,
    ) -> None:
        """Notes an entry that its feed brings for the first time.

        For a file that was there before, `own` has the names that it goes by already, `lacks` the fields it has not.
        """
        record = first_record(arrival, file, self.config, self.at, own)._replace(lacks=lacks)
        undated = {} if arrival.entry.published else dates.UNDATED
        self._note(arrival, record, ledger.hashes(said(arrival.entry)) | undated, wrote)

    def _note(
        self,
        arrival: NewStory,
        record: Record,
        incoming: Mapping[str, str],
        wrote: Mapping[str, str],
        *,
        held: Mapping[str, str] | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """Notes what was heard of an entry and what of it was written, and makes its names known to later feeds."""
        entry, noted = arrival.entry, record.aliases
        aliases = [
            alias for alias in arrival.aliases + names if not detect.is_variant(alias, noted)
        ]
        gone = dict.fromkeys(withdrawn(incoming, record) if incoming else (), "")
        line = record._replace(
            at=ledger.later(self.at, record.at),
            aliases=tuple(dict.fromkeys((*noted, *aliases))),
            title=entry.title,
            said={**record.said, **incoming, **gone},
            wrote=wrote,
            held=(held or {}) if incoming else record.held,
            since=record.since or record.at,
        )
        self._know(ledger.keys_of_record(line, arrival.feed.id), record.file)
        self.lines.setdefault(arrival.feed.id, []).append(line)
        self.kin.setdefault(record.file, {})[arrival.feed.id] = line
