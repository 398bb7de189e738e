"""Taking entries in: what each of a pull's entries is, and what story file and ledger line that means.

    entry ──ladder──▶ new      a story file, its week, folder, name and slug fixed here once and never derived again
                      adopted  a file that stands already: written by hand, or left by a pull that was killed
                      known    nothing; where the feed has changed its words, the three-way merge

Decides only: documents and what the desk knows come in, stories, edits and lines to write go out, nothing is read or
written. Refuses to bring back what an editor has deleted, and to touch a file that it cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from digest import links
from digest.errors import Problem
from digest.model import Config, Document, Entry, Feed, Story
from digest.stories import identity, ledger, paths, pending, precedence
from digest.stories.desk import Desk, Edit, Intake, Outcome
from digest.stories.fresh import Arrival, evidence, fresh_story
from digest.stories.ledger import Record
from digest.stories.merge import Merged, agreed, hashes_of, lacking, merge
from digest.stories.news import is_another_line, is_news, names_carried, names_of, said, withdrawn
from digest.stories.pending import Pending
from digest.stories.revise import Revision, revise
from digest.stories.slug import Slugs
from digest.week import Week


def take_in(documents: Sequence[tuple[Feed, Document]], desk: Desk, config: Config, now: datetime) -> Intake:
    """Decides on documents given in the order of digest.toml: the first feed of a story speaks for it."""
    carried = {feed.id: frozenset(names_carried(document)) for feed, document in documents}
    taking = _Taking(replace(desk, carried={**desk.carried, **carried}), config, now)
    outcomes = [taking.document(feed, document) for feed, document in documents]
    return Intake(
        stories=tuple(taking.stories.values()),
        edits=tuple(taking.edits.values()),
        lines={feed: tuple(taking.written(record) for record in records) for feed, records in taking.lines.items()},
        outcomes=tuple(outcomes),
    )


class _Taking:
    """One pull's decisions as they grow: a story that the first feed brings is known when the second is looked at."""

    def __init__(self, desk: Desk, config: Config, now: datetime) -> None:
        self.desk, self.config, self.now = desk, config, now.replace(microsecond=0)
        self.at = ledger.moment(now)
        self.order = [feed.id for feed in config.feeds]
        self.known = {alias: list(files) for alias, files in ledger.known_files(desk.ledgers).items()}
        self.kin = ledger.by_file(desk.ledgers)
        self.there = {story.file: story for story in desk.stories}
        self.named = desk.by_key()
        self.slugs = Slugs(desk.taken)
        self.adoptable = self._adoptable()
        self.stories: dict[str, Story] = {}
        self.edits: dict[str, Edit] = {}
        self.lines: dict[str, list[Record]] = {}
        self.kept: list[str] = []
        self.notices: list[str] = []
        self.pending: dict[str, tuple[str, Pending, Pending]] = {}
        """By the ledger's name of a story: its file, and what was and is pending in it."""
        self.live = {feed.id for feed in config.feeds if not feed.retired}

    def document(self, feed: Feed, document: Document) -> Outcome:
        entries = identity.distinct(document.entries)
        files = identity.match(feed.id, entries, self.known)
        repeated = identity.repeated_guids(entries)
        fates: dict[str, list[str]] = {"new": [], "adopted": [], "updated": [], "known": [], "left": []}
        self.kept, self.notices = [], []
        named = list(identity.own_names(feed.id, entries, files, self.known))
        for entry, file, guid, aliases in reversed(named):  # feeds list the newest first
            fate, place = self._decide(Arrival(feed, entry, guid, aliases), file)
            fates[fate].append(place)
        return Outcome(
            feed=feed,
            entries=len(entries),
            new=tuple(fates["new"]),
            adopted=tuple(fates["adopted"]),
            updated=tuple(fates["updated"]),
            known=len(fates["known"]) + len(fates["updated"]),
            left=len(fates["left"]),
            kept=tuple(self.kept),
            notices=tuple(self.notices),
            warnings=(*document.warnings, *_warnings(repeated, fates["left"], self.desk.problems)),
        )

    def written(self, record: Record) -> Record:
        """Returns a record as its line is to be, now that the story's file is as this pull leaves it.

        That of a new story gets all the feeds that its file names in the end, others what is pending in the file.
        """
        if record.held:  # feeds after this one may have changed what stands
            record = record._replace(held=precedence.valid(record.held, self._wrote(record.file)))
        if record.file in self.pending:
            file, before, now = self.pending[record.file]
            text = self.edits[file].after if file in self.edits else self.desk.texts[file]
            return record._replace(stood=pending.mark(text) if before or now else "", pending=now)
        story = self.stories.get(record.file)
        if story is None or "feeds" not in record.wrote:
            return record
        return record._replace(wrote={**record.wrote, "feeds": ledger.hash_of_value(story.feeds)})

    def _decide(self, arrival: Arrival, file: str | None) -> tuple[str, str]:
        """Returns what becomes of one entry, and the file that it concerns."""
        if file is None:
            blocked = self.desk.hidden(names_of(arrival.aliases))
            return ("left", blocked) if blocked else ("new", self._take(arrival))
        if file in self.adoptable:
            return "adopted", self._adopt(arrival, file, self.adoptable.pop(file))
        if file in self.stories:
            return "known", self._join(arrival, file)
        return self._meet(arrival, file)

    def _adoptable(self) -> dict[str, Story]:
        """Returns the stories on the disk that no ledger knows, by a name of theirs, and makes them known.

        A name that a ledger knows already stays with its story: what an editor has copied or altered takes none away.
        """
        found: dict[str, Story] = {}
        settled = frozenset(self.known)
        for story in self.desk.stories:
            entry = Entry(id=story.id, title=story.title, link=story.link)
            names = identity.aliases_of(entry)
            if identity.keys_of_story(story).isdisjoint(self.known) and not self._is_at_home(story.file, names):
                name = story.file if story.file not in self.kin else self._free_name(story, entry)
                found[name] = story
                for feed in story.feeds or ("",):
                    self._know(names, story.title, feed, name, bare=not story.id, but=settled)
        return found

    def _is_at_home(self, file: str, names: Iterable[str]) -> bool:
        """Tells whether a file lies where the ledger says and still has one of its names: only its id was altered."""
        return any(not set(record.aliases).isdisjoint(names) for record in self.kin.get(file, {}).values())

    def _free_name(self, story: Story, entry: Entry) -> str:
        """Returns a file's name for a story whose own is the ledger's name of another, in whose place it now lies."""
        return paths.story(story.week, story.day, self.slugs.take(story.week, entry))

    def _know(
        self, aliases: Iterable[str], title: str, feed: str, file: str, *, bare: bool, but: frozenset[str] = frozenset()
    ) -> None:
        for key in identity.keys_of(aliases, title, feed, bare=bare) - but:
            files = self.known.setdefault(key, [])
            if file not in files:
                files.append(file)

    # ------------------------------------------------------------ new stories

    def _take(self, arrival: Arrival) -> str:
        fresh = fresh_story(arrival, self.config, self.now)
        week = self._week(fresh.week, arrival.feed)
        slug = self.slugs.take(week, arrival.entry)
        file = paths.story(week, fresh.day, slug)
        self.stories[file] = replace(fresh, file=file, week=week, slug=slug)
        self._record(arrival, file, hashes_of(self.stories[file]))
        return file

    def _week(self, week: Week, feed: Feed) -> Week:
        """Returns the week itself, or the first open one where a letter has closed it and the feed is not new."""
        return self.desk.open_week(week) if self.desk.ledgers.get(feed.id) else week

    def _join(self, arrival: Arrival, file: str) -> str:
        """Adds a feed to a story that another feed has brought in this same pull."""
        story = self.stories[file]
        if arrival.feed.id not in story.feeds:
            self.stories[file] = replace(story, feeds=(*story.feeds, arrival.feed.id))
        self._record(arrival, file, {})
        return file

    # ------------------------------------------------------------ stories that are there

    def _adopt(self, arrival: Arrival, name: str, story: Story) -> str:
        """Notes a file that stands already: what in it is as we would have written it counts as written by us."""
        feeds = story.feeds if arrival.feed.id in story.feeds else (arrival.feed.id,)
        ours = replace(fresh_story(arrival, self.config, self.now), feeds=feeds)
        own = Entry(id=story.id, title=story.title, link=story.link)  # the file goes by its own names, not the feed's
        begun = self.desk.begun.get(story.file)
        is_pulls = begun is not None and begun.after == self.desk.texts[story.file]  # left by a pull that was killed
        self._record(arrival, name, agreed(story, ours), own, None if is_pulls else lacking(story))
        return story.file

    def _meet(self, arrival: Arrival, file: str) -> tuple[str, str]:
        """Deals with a story that was taken in before: under a new name, by one more feed, or with new words."""
        record = self.kin[file].get(arrival.feed.id)
        heard = ledger.hashes(said(arrival.entry))
        if record is not None and not is_news(arrival.entry, record) and not record.held:
            self._remember_names(arrival, record)
            return "known", file
        story, blocked = self._present(file, names_of(arrival.aliases + (record.aliases if record else ())))
        if blocked:
            return "left", blocked
        if record is None:
            return self._welcome(arrival, file, story, heard)
        if story is None:
            self._remember_names(arrival, record)  # its words are news still if git brings the file back
            return "known", file
        first = self._is_first(arrival.feed, file, story)
        if not first and not self._stands_in(arrival.feed, file, story):
            self._hold(arrival, record, story, heard)
            return "known", file
        before = precedence.before(record, heard, self.kin[file], first=first)
        return self._revised(arrival, record, story, self._merged(arrival, before, file, story, heard), heard)

    def _remember_names(self, arrival: Arrival, record: Record) -> None:
        if not set(arrival.aliases) <= set(record.aliases):
            self._note(arrival, record, {}, self._wrote(record.file))

    def _present(self, file: str, names: Iterable[str]) -> tuple[Story | None, str]:
        """Returns the story of a file that the ledger knows, wherever it lies now, or the file that hides it."""
        kin = self.kin.get(file, {})
        keys = {key for feed, record in kin.items() for key in ledger.keys_on_disk(record, feed)}
        named = sorted({other for key in keys for other in self.named.get(key, ())})
        if named:
            return self.there[file if file in named else named[0]], ""
        altered = self._altered(file)
        return altered, "" if altered else self.desk.hidden(names)

    def _altered(self, file: str) -> Story | None:
        """Returns the story whose `id` was taken out or altered: by its place and one more name, or by its link.

        A story that the ledgers know as another is never it: that was moved into the place, or shares the link.
        """
        aliases = {alias for record in self.kin.get(file, {}).values() for alias in record.aliases}
        linked = []
        for story in self.desk.stories:
            names = identity.aliases_of(Entry("", story.title, story.link, story.published))
            if aliases.isdisjoint(names) or not self._keys_on_disk.isdisjoint(identity.keys_of_story(story)):
                continue
            if story.file == file:
                return story
            if not aliases.isdisjoint(name for name in names if name.startswith("link:") and "/" in name):
                linked.append(story)
        return linked[0] if len(linked) == 1 and file not in self.desk.files else None

    @cached_property
    def _keys_on_disk(self) -> frozenset[str]:
        """The keys of all stories that the ledgers know, as their files have them unless these were altered."""
        ledgers = self.desk.ledgers.items()
        return frozenset().union(
            *(ledger.keys_on_disk(record, feed) for feed, records in ledgers for record in records.values())
        )

    def _welcome(self, arrival: Arrival, file: str, story: Story | None, heard: Mapping[str, str]) -> tuple[str, str]:
        """Adds one more feed to a story, in digest.toml's order; where its file is gone, only notes that it came.

        A story whose editor named no feed stays without one.
        """
        record = self._first_record(arrival, file)
        if story is None:
            self._note(arrival, record, heard, {})
            return "known", file
        self._pending(file, story)
        feeds, wrote = self._with_feed(arrival.feed.id, file, story)
        merged = self._inherited(arrival, file, replace(story, feeds=feeds), heard)
        if merged is None and feeds == story.feeds:
            self._note(arrival, record, heard, wrote)
            return "known", file
        merged = merged or Merged({}, (), {})
        changes = {**({"feeds": feeds} if feeds != story.feeds else {}), **merged.changes}
        whole = replace(merged, changes=changes, wrote={**merged.wrote, **wrote})
        return self._revised(arrival, record, story, whole, heard)

    def _with_feed(self, feed: str, file: str, story: Story) -> tuple[tuple[str, ...], dict[str, str]]:
        """Returns the feeds that a story is to name, and their hash where these count as ours."""
        ours = self._wrote(file).get("feeds")
        if feed in story.feeds:
            before = tuple(other for other in story.feeds if other != feed)
            killed = ours == ledger.hash_of_value(before)  # a pull that had not noted it yet
            return story.feeds, ledger.hashes({"feeds": story.feeds}) if killed else {}
        if not story.feeds:
            return (), {}
        if ours != ledger.hash_of_value(story.feeds):
            self.kept.append(f"{story.file}: kept your feeds '{', '.join(story.feeds)}'; {feed} has it too")
            return story.feeds, {}
        # A guid that is no URI counts in its own feed: that one stays the first, or the Atom id would change.
        first = story.feeds[:1] if story.id and not links.is_absolute(story.id) else ()
        feeds = first + tuple(sorted((*story.feeds[len(first) :], feed), key=self._rank))
        return feeds, ledger.hashes({"feeds": feeds})

    def _inherited(self, arrival: Arrival, file: str, story: Story, heard: Mapping[str, str]) -> Merged | None:
        """Returns the merge for a feed that is new to a story and speaks for it, since those before it are gone.

        What the last of them said is what stood before: so a feed under another id brings corrections at once.
        """
        gone = [record for feed, record in self.kin[file].items() if feed not in self.live]
        if not gone or not self._is_first(arrival.feed, file, story):
            return None
        last = max(gone, key=lambda record: record.at)
        return self._merged(arrival, dict(last.said), file, story, heard)

    def _rank(self, feed: str) -> int:
        return self.order.index(feed) if feed in self.order else len(self.order)

    # ------------------------------------------------------------ who speaks for a story

    def _is_first(self, feed: Feed, file: str, story: Story) -> bool:
        """True if a feed is the first of a story's feeds that are still pulled."""
        return self._speakers(file, story)[:1] in ([], [feed.id])

    def _stands_in(self, feed: Feed, file: str, story: Story) -> bool:
        """True if none of the feeds before this one carries the entry any longer."""
        speakers = self._speakers(file, story)
        if feed.id not in speakers:
            return False
        return not any(self._carries(other, file) for other in speakers[: speakers.index(feed.id)])

    def _speakers(self, file: str, story: Story) -> list[str]:
        return precedence.speakers(story, self.kin.get(file, {}), self.live, self._rank)

    def _carries(self, feed: str, file: str) -> bool:
        """True if the last document of a feed has the story's entry, or nobody knows."""
        record, carried = self.kin[file].get(feed), self.desk.carried.get(feed)
        return record is not None and (carried is None or not carried.isdisjoint(record.aliases))

    def _hold(self, arrival: Arrival, record: Record, story: Story, heard: Mapping[str, str]) -> None:
        """Notes what a feed says for which an earlier one speaks: what it corrects waits, should that one go."""
        kin = self.kin[record.file]
        held = precedence.held(record, heard, kin)
        if is_another_line(record, arrival.aliases, heard, held):
            self._pending(record.file, story)
            self._note(arrival, record, heard, precedence.not_its_own(record, kin), held=held)

    # ------------------------------------------------------------ the merge

    def _merged(
        self, arrival: Arrival, before: Mapping[str, str], file: str, story: Story, heard: Mapping[str, str]
    ) -> Merged:
        if arrival.entry.title == links.host(arrival.entry.link):
            # an entry that has lost its headline is called so; that is nobody's wording
            heard = {name: mark for name, mark in heard.items() if name != "title"}
        # What the editor of an adopted file had left out is not added to it.
        lacks = {name for kin in self.kin[file].values() for name in kin.lacks or ()}
        heard = {name: mark for name, mark in heard.items() if name not in lacks.intersection(lacking(story))}
        fresh = fresh_story(arrival, self.config, self.now)
        begun = self.desk.before_kill(story)
        return merge(story, fresh, before=before, heard=heard, wrote=self._wrote(file), now=self.now, begun=begun)

    def _revised(
        self, arrival: Arrival, record: Record, story: Story, merged: Merged, heard: Mapping[str, str]
    ) -> tuple[str, str]:
        """Carries a merge out, and notes what was heard, what was written, and what the editor may want to look at."""
        before = self._pending(record.file, story)
        revision = self._revise(story, merged, self._wrote(record.file))
        after = revision.story
        reviewed = not story.hide and pending.is_reviewed(story, self.desk.letters, {story.file, record.file})
        now = pending.after(before, after, merged, reviewed=reviewed, done=revision.done)
        self.notices.extend(pending.news(story.file, after, before, now, merged.heard))
        self.pending[record.file] = (story.file, self.pending[record.file][1], now)
        old = merged.replaced.get("link")  # where it became the id, the file is known by that from now on
        names = (f"id:{old}",) if old and after.id == old else ()
        first = self._is_first(arrival.feed, record.file, story)
        held = {} if first else precedence.still_held(record, heard, merged.withdrawn, self.kin[record.file])
        if is_another_line(record, arrival.aliases, heard, held):
            self._note(arrival, record, heard, revision.wrote, names=names, held=held)
        return ("known" if after == story else "updated"), story.file

    def _pending(self, file: str, story: Story) -> Pending:
        """Returns what is pending in a story by now."""
        if file not in self.pending:
            text, edit = self.desk.texts[story.file], self.desk.begun.get(story.file)
            texts = (text, edit.before) if edit and edit.after == text else (text,)
            found = pending.of(self.kin[file].values(), *texts)
            self.pending[file] = (story.file, found, found)
        return self.pending[file][2]

    def _wrote(self, file: str) -> dict[str, str]:
        return precedence.wrote(self.kin[file])

    def _revise(self, story: Story, merged: Merged, wrote: Mapping[str, str]) -> Revision:
        """Carries a merge out on the story as it stands by now, other feeds of this pull having been heard."""
        read = self.desk.texts[story.file]
        text = self.edits[story.file].after if story.file in self.edits else read
        revision = revise(story, text, merged, self.desk.known, wrote)
        if revision.text != read:
            self.edits[story.file] = Edit(story.file, read, revision.text)
            self.there[story.file] = revision.story
        self.kept.extend(revision.kept)
        return revision

    # ------------------------------------------------------------ the ledger

    def _record(
        self,
        arrival: Arrival,
        file: str,
        wrote: Mapping[str, str],
        own: Entry | None = None,
        lacks: tuple[str, ...] | None = None,
    ) -> None:
        """Notes an entry that its feed brings for the first time.

        For a file that was there before, `own` has the names that it goes by already, `lacks` the fields it has not.
        """
        record = self._first_record(arrival, file, own)._replace(lacks=lacks)
        self._note(arrival, record, ledger.hashes(said(arrival.entry)), wrote)

    def _first_record(self, arrival: Arrival, file: str, own: Entry | None = None) -> Record:
        entry = arrival.entry
        return Record(
            at=self.at,
            id=(own.id or own.link) if own else arrival.guid or entry.link,
            aliases=identity.aliases_of(own) if own else (),
            file=file,
            title=entry.title,
            themes=evidence(entry, self.config),
            deleted=False,
        )

    def _note(
        self,
        arrival: Arrival,
        record: Record,
        heard: Mapping[str, str],
        wrote: Mapping[str, str],
        *,
        held: Mapping[str, str] | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """Notes what was heard of an entry and what of it was written, and makes its names known to later feeds."""
        aliases = arrival.aliases + names
        self._know(aliases, arrival.entry.title, arrival.feed.id, record.file, bare=not arrival.guid)
        gone = dict.fromkeys(withdrawn(heard, record) if heard else (), "")
        line = record._replace(
            at=ledger.later(self.at, record.at),
            aliases=tuple(dict.fromkeys(record.aliases + aliases)),
            title=arrival.entry.title,
            said={**record.said, **heard, **gone},
            wrote=wrote,
            held=(held or {}) if heard else record.held,
            since=record.since or record.at,
        )
        self.lines.setdefault(arrival.feed.id, []).append(line)
        self.kin.setdefault(record.file, {})[arrival.feed.id] = line


def _warnings(repeated: frozenset[str], left: Iterable[str], problems: Iterable[Problem]) -> list[str]:
    wrong = {file: Problem(file, 0, "cannot be read") for file in left}
    wrong |= {one.file: one for one in reversed(tuple(problems)) if one.file in wrong}
    found = [f"{one}; until that is mended, its story is left as it is" for one in wrong.values()]
    if repeated:
        guids = "one guid stands" if len(repeated) == 1 else f"{len(repeated)} guids stand"
        found.append(f"{guids} for several entries; these are told apart by their links")
    return found
