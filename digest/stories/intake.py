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
from digest.stories import identity, ledger, paths
from digest.stories.desk import Desk, Edit, Intake, Outcome
from digest.stories.fresh import Arrival, believes, evidence, fresh_story
from digest.stories.ledger import Record
from digest.stories.merge import Merged, agreed, hashes_of, lacking, merge
from digest.stories.news import is_news, names_of, said
from digest.stories.revise import Revision, revise
from digest.stories.slug import Slugs
from digest.week import Week


def take_in(documents: Sequence[tuple[Feed, Document]], desk: Desk, config: Config, now: datetime) -> Intake:
    """Decides on documents given in the order of digest.toml: the first feed of a story speaks for it."""
    taking = _Taking(desk, config, now)
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

    def document(self, feed: Feed, document: Document) -> Outcome:
        entries = identity.distinct(document.entries)
        files = identity.match(feed.id, entries, self.known)
        repeated = identity.repeated_guids(entries)
        fates: dict[str, list[str]] = {"new": [], "adopted": [], "updated": [], "known": [], "left": []}
        self.kept = []
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
            warnings=(*document.warnings, *_warnings(repeated, fates["left"], self.desk.problems)),
        )

    def written(self, record: Record) -> Record:
        """Returns the record of a new story with all the feeds that its file names in the end."""
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
        self._record(arrival, name, agreed(story, ours), own, lacking(story))
        return story.file

    def _meet(self, arrival: Arrival, file: str) -> tuple[str, str]:
        """Deals with a story that was taken in before: under a new name, by one more feed, or with new words."""
        record = self.kin[file].get(arrival.feed.id)
        heard = ledger.hashes(said(arrival.entry))
        if record is not None and not is_news(arrival.entry, record):
            self._remember_names(arrival, record)
            return "known", file
        story, blocked = self._present(file, names_of(arrival.aliases + (record.aliases if record else ())))
        if blocked:
            return "left", blocked
        if record is None:
            return self._welcome(arrival, file, story)
        if story is None:
            self._remember_names(arrival, record)  # its words are news still if git brings the file back
            return "known", file
        if not self._speaks(arrival.feed, story):
            self._note(arrival, record, heard, self._wrote(file))
            return "known", file
        revision = self._revise(story, self._merged(arrival, record, story, heard), self._wrote(file))
        self._note(arrival, record, heard, revision.wrote)
        return ("known" if revision.story == story else "updated"), story.file

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

    def _welcome(self, arrival: Arrival, file: str, story: Story | None) -> tuple[str, str]:
        """Adds one more feed to a story, in digest.toml's order; where its file is gone, only notes that it came."""
        ours = self._wrote(file).get("feeds")
        if story is None or arrival.feed.id in story.feeds:
            before = tuple(feed for feed in story.feeds if feed != arrival.feed.id) if story else ()
            killed = story is not None and ours == ledger.hash_of_value(before)  # a pull that had not noted it yet
            self._record(arrival, file, ledger.hashes({"feeds": story.feeds}) if story and killed else {})
            return "known", file
        if ours != ledger.hashes({"feeds": story.feeds}).get("feeds"):
            self.kept.append(f"{story.file}: kept your feeds '{', '.join(story.feeds)}'; {arrival.feed.id} has it too")
            self._record(arrival, file, {})
            return "known", file
        # A guid that is no URI counts in its own feed: that one stays the first, or the Atom id would change.
        first = story.feeds[:1] if story.id and not links.is_absolute(story.id) else ()
        feeds = first + tuple(sorted((*story.feeds[len(first) :], arrival.feed.id), key=self._rank))
        revision = self._revise(story, Merged({"feeds": feeds}, (), ledger.hashes({"feeds": feeds})), {})
        self._record(arrival, file, revision.wrote)
        return "updated", story.file

    def _rank(self, feed: str) -> int:
        return self.order.index(feed) if feed in self.order else len(self.order)

    def _speaks(self, feed: Feed, story: Story) -> bool:
        """Tells whether a feed is the first of a story's feeds that still speaks."""
        speaking = [other.id for other in self.config.feeds if not other.retired and other.id in story.feeds]
        return speaking[:1] in ([], [feed.id])

    def _merged(self, arrival: Arrival, record: Record, story: Story, heard: Mapping[str, str]) -> Merged:
        unsaid = set() if believes(arrival.entry, self.now) else {"published"}
        if arrival.entry.title == links.host(arrival.entry.link):
            unsaid.add("title")  # an entry that has lost its headline is called so; that is nobody's wording
        # What the editor of an adopted file had left out is not added to it.
        lacks = {name for kin in self.kin[record.file].values() for name in kin.lacks or ()}
        unsaid |= lacks.intersection(lacking(story))
        heard = {name: mark for name, mark in heard.items() if name not in unsaid}
        fresh = fresh_story(arrival, self.config, self.now)
        return merge(story, fresh, before=record.said, heard=heard, wrote=self._wrote(record.file), now=self.now)

    def _wrote(self, file: str) -> dict[str, str]:
        """Returns what was last put into a story's file, whichever feed spoke; each newer line has all of it."""
        wrote: dict[str, str] = {}
        for kin in sorted(self.kin[file].values(), key=lambda kin: kin.at):
            wrote.update(kin.wrote)
        return wrote

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
        entry = arrival.entry
        first = Record(
            at=self.at,
            id=(own.id or own.link) if own else arrival.guid or entry.link,
            aliases=identity.aliases_of(own) if own else (),
            file=file,
            title=entry.title,
            themes=evidence(entry, self.config),
            lacks=lacks,
            deleted=False,
        )
        self._note(arrival, first, ledger.hashes(said(entry)), wrote)

    def _note(self, arrival: Arrival, record: Record, heard: Mapping[str, str], wrote: Mapping[str, str]) -> None:
        """Notes what was heard of an entry and what of it was written, and makes its names known to later feeds."""
        self._know(arrival.aliases, arrival.entry.title, arrival.feed.id, record.file, bare=not arrival.guid)
        line = record._replace(
            at=ledger.later(self.at, record.at),
            aliases=tuple(dict.fromkeys(record.aliases + arrival.aliases)),
            title=arrival.entry.title,
            said={**record.said, **heard},
            wrote=wrote,
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
