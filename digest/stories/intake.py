"""Taking entries in: which of them are new, and what story file and ledger line each of those becomes.

Decides only: documents and what the desk knows come in, stories and lines to write go out, nothing is read or written.
A story's week, folder, name and slug are fixed here, once, and never derived again. Refuses to touch a story that is
on the desk already, or was once: what a feed says of it now is counted, and its file left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model import Config, Document, Entry, Feed, Story
from digest.stories import excerpt, identity, ledger
from digest.stories.ledger import Record
from digest.stories.slug import free_slug, slug_of
from digest.stories.themes import themes_of
from digest.week import Week

_AHEAD = timedelta(days=1)
"""A date that lies further ahead of the pull than this is not believed."""

Value = str | tuple[str, ...] | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the digest holds before a pull.

    `files` are all story files there are; `stories` those that were read, `unreadable` the text of those that could
    not be. `closed` is the newest week that its letter has closed, None where letters close none.
    """

    ledgers: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    stories: tuple[Story, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    closed: Week | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one document's entries: the files of new and of adopted stories, counts, and warnings.

    `changed` of the known ones have other words than when they were taken in; `left` could not be decided on, since
    a file that may be theirs cannot be read: they are looked at again in the next pull.
    """

    feed: Feed
    entries: int
    new: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    known: int = 0
    changed: int = 0
    left: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a pull is to write: the stories first, then each feed's ledger lines, in this order; and what to report."""

    stories: tuple[Story, ...]
    lines: Mapping[str, tuple[Record, ...]]
    outcomes: tuple[Outcome, ...]


def has_news(documents: Iterable[tuple[Feed, Document]], ledgers: Mapping[str, Mapping[str, Record]]) -> bool:
    """Tells whether any entry is unknown to the ledgers, so that the story files have to be looked at."""
    known = ledger.known_files(ledgers)
    return any(None in identity.match(feed.id, document.entries, known) for feed, document in documents)


def take_in(documents: Sequence[tuple[Feed, Document]], desk: Desk, config: Config, now: datetime) -> Intake:
    """Decides what is new in documents given in the order of digest.toml: the first feed of a story speaks for it."""
    taking = _Taking(desk, config, now)
    outcomes = [taking.document(feed, document) for feed, document in documents]
    return Intake(
        stories=tuple(taking.stories.values()),
        lines={feed: tuple(taking.written(record) for record in records) for feed, records in taking.lines.items()},
        outcomes=tuple(outcomes),
    )


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One entry of one feed; `guid` is its own, empty where it has none or shares it with other stories.

    `aliases` lack a guid that belongs to another story, since who asks by it means that one.
    """

    feed: Feed
    entry: Entry
    guid: str
    aliases: tuple[str, ...]


class _Taking:
    """One pull's decisions as they grow: a story that the first feed brings is known when the second is looked at."""

    def __init__(self, desk: Desk, config: Config, now: datetime) -> None:
        self.desk, self.config, self.now = desk, config, now.replace(microsecond=0)
        self.at = ledger.moment(now)
        self.zone = ZoneInfo(config.site.timezone)
        self.known = {alias: list(files) for alias, files in ledger.known_files(desk.ledgers).items()}
        self.adoptable = self._adoptable()
        self.taken = _taken_slugs(desk)
        self.records = {
            feed.id: {record.file: record for record in desk.ledgers.get(feed.id, {}).values()} for feed in config.feeds
        }
        self.stories: dict[str, Story] = {}
        self.lines: dict[str, list[Record]] = {}

    def document(self, feed: Feed, document: Document) -> Outcome:
        entries = identity.distinct(document.entries)
        files = identity.match(feed.id, entries, self.known)
        repeated = identity.repeated_guids(entries)
        warnings = list(document.warnings)
        if repeated:
            warnings.append(
                f"{len(repeated)} guids stand for several entries each; these are told apart by their links"
            )
        fates: dict[str, list[str]] = {"new": [], "adopted": [], "known": [], "changed": [], "left": []}
        arrivals = [
            self._arrival(feed, entry, file, entry.id in repeated) for entry, file in zip(entries, files, strict=True)
        ]
        for arrival, file in reversed(list(zip(arrivals, files, strict=True))):  # feeds list the newest first
            fate, place = self._decide(arrival, file)
            fates[fate].append(place)
        for file in dict.fromkeys(fates["left"]):
            warnings.append(f"{file}: cannot be read, so it is left alone; 'digest build' says why")
        return Outcome(
            feed=feed,
            entries=len(entries),
            new=tuple(fates["new"]),
            adopted=tuple(fates["adopted"]),
            known=len(fates["known"]) + len(fates["changed"]),
            changed=len(fates["changed"]),
            left=len(fates["left"]),
            warnings=tuple(warnings),
        )

    def _arrival(self, feed: Feed, entry: Entry, file: str | None, repeated: bool) -> _Arrival:
        """Returns an entry with the guid that is its own: a guid that names another story is none."""
        owners = identity.namesakes(entry, feed.id, self.known)
        foreign = bool(owners) and file not in owners
        guid = "" if foreign or repeated else entry.id
        hidden = f"guid:{entry.id}" if foreign or (not guid and entry.id == entry.link) else ""
        aliases = tuple(alias for alias in identity.aliases_of(entry) if alias != hidden)
        return _Arrival(feed, entry, guid, aliases)

    def _decide(self, arrival: _Arrival, file: str | None) -> tuple[str, str]:
        """Returns what becomes of one entry, and the file that it concerns."""
        if file is None and not arrival.guid:
            file = identity.nameless(arrival.entry.link, self.known)
        if file is None:
            blocked = self._unreadable(arrival.entry)
            return ("left", blocked) if blocked else ("new", self._take(arrival))
        if file in self.adoptable:
            return "adopted", self._adopt(arrival, self.adoptable.pop(file))
        if file in self.stories:
            return "known", self._join(arrival, file)
        return self._meet(arrival, file), file

    def written(self, record: Record) -> Record:
        """Returns the record of a new story with all the feeds that its file names in the end."""
        story = self.stories.get(record.file)
        if story is None or "feeds" not in record.wrote:
            return record
        return replace(record, wrote={**record.wrote, "feeds": ledger.hash_of_value(story.feeds)})

    def _adoptable(self) -> dict[str, Story]:
        """Returns the stories on the disk that no ledger knows, and makes them known by their names."""
        found = {}
        for story in self.desk.stories:
            if identity.story_keys(story.id, story.link, story.feeds).isdisjoint(self.known):
                found[story.file] = story
        for story in found.values():
            entry = Entry(id=story.id, title=story.title, link=story.link)
            for feed in story.feeds or ("",):
                self._know(identity.aliases_of(entry), story.title, feed, story.file, bare=not story.id)
        return found

    def _know(self, aliases: Iterable[str], title: str, feed: str, file: str, *, bare: bool) -> None:
        for key in identity.keys_of(aliases, title, feed, bare=bare):
            files = self.known.setdefault(key, [])
            if file not in files:
                files.append(file)

    def _unreadable(self, entry: Entry) -> str | None:
        """Returns the file that cannot be read and speaks of this entry, if any: it may well be its story."""
        names = (entry.link, entry.id or entry.link)
        return next((file for file, text in self.desk.unreadable.items() if any(name in text for name in names)), None)

    def _take(self, arrival: _Arrival) -> str:
        feed, entry = arrival.feed, arrival.entry
        believed = entry.published if entry.published and entry.published <= self.now + _AHEAD else self.now
        published = believed.astimezone(self.zone)
        week = self._week(Week.of(published.date()), feed)
        slug = self._slug(week, entry)
        words = excerpt.cut(entry.summary, feed.excerpt)
        story = Story(
            file=f"content/{week.folder}/{published.date()}-{slug}.md",
            week=week,
            day=published.date(),
            slug=slug,
            title=entry.title,
            link=entry.link,
            published=published,
            authors=entry.authors,
            feeds=(feed.id,),
            themes=tuple(self._evidence(entry)),
            image=entry.image,
            id=arrival.guid,
            draft=self.config.draft,
            excerpt=excerpt.escape(words),
        )
        self.stories[story.file] = story
        self._record(arrival, story.file, _wrote(story, words))
        return story.file

    def _week(self, week: Week, feed: Feed) -> Week:
        """Returns the week itself, or the first open one where a letter has closed it and the feed is not new."""
        closed = self.desk.closed
        late = closed is not None and week <= closed and bool(self.desk.ledgers.get(feed.id))
        return closed.following if late and closed is not None else week

    def _slug(self, week: Week, entry: Entry) -> str:
        taken = self.taken.setdefault(week.folder, set())
        slug = free_slug(slug_of(entry.title, entry.id or entry.link), taken)
        taken.add(slug)
        return slug

    def _evidence(self, entry: Entry) -> dict[str, str]:
        return themes_of(entry.title, entry.summary, self.config.themes)

    def _join(self, arrival: _Arrival, file: str) -> str:
        """Adds a feed to a story that another feed has brought in this same pull."""
        story = self.stories[file]
        if arrival.feed.id not in story.feeds:
            self.stories[file] = replace(story, feeds=(*story.feeds, arrival.feed.id))
        self._record(arrival, file, {})
        return file

    def _adopt(self, arrival: _Arrival, story: Story) -> str:
        """Notes a file that stands already: what in it is as we would have written it counts as written by us."""
        entry = arrival.entry
        words = excerpt.cut(entry.summary, arrival.feed.excerpt)
        feeds = story.feeds if arrival.feed.id in story.feeds else (arrival.feed.id,)
        ours = {**_said(entry), "feeds": feeds, "themes": tuple(self._evidence(entry)), "excerpt": words}
        opening = story.excerpt or excerpt.split(story.note)[0]
        standing = _wrote(story, excerpt.unescape(opening))
        agreed = standing.items() & ledger.hashes(ours).items()
        self._record(arrival, story.file, {name: standing[name] for name in standing if name in dict(agreed)})
        return story.file

    def _meet(self, arrival: _Arrival, file: str) -> str:
        """Notes a known story that this feed brings for the first time or by a new name; tells if its words changed."""
        record = self.records[arrival.feed.id].get(file)
        if record is None:
            self._record(arrival, file, {})
            return "known"
        fresh = [alias for alias in arrival.aliases if alias not in record.aliases]
        if any(not alias.startswith("headline:") for alias in fresh):
            self._note(arrival.feed, replace(record, at=self.at, aliases=(*record.aliases, *fresh)))
        return "known" if ledger.hashes(_said(arrival.entry)) == dict(record.said) else "changed"

    def _record(self, arrival: _Arrival, file: str, wrote: Mapping[str, str]) -> None:
        entry = arrival.entry
        self._know(arrival.aliases, entry.title, arrival.feed.id, file, bare=not arrival.guid)
        record = Record(
            at=self.at,
            id=arrival.guid or entry.link,
            aliases=arrival.aliases,
            file=file,
            title=entry.title,
            said=ledger.hashes(_said(entry)),
            wrote=wrote,
            themes=self._evidence(entry),
        )
        self._note(arrival.feed, record)

    def _note(self, feed: Feed, record: Record) -> None:
        self.lines.setdefault(feed.id, []).append(record)


def _said(entry: Entry) -> dict[str, Value]:
    return {
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "authors": entry.authors,
        "image": entry.image,
        "excerpt": entry.summary,
    }


def _wrote(story: Story, words: str) -> dict[str, str]:
    return ledger.hashes(
        {
            "title": story.title,
            "link": story.link,
            "published": story.published,
            "authors": story.authors,
            "feeds": story.feeds,
            "themes": story.themes,
            "image": story.image,
            "excerpt": words,
        }
    )


def _taken_slugs(desk: Desk) -> dict[str, set[str]]:
    """Returns the slugs of each week's folder, those of deleted files too: their addresses are not given away."""
    taken: dict[str, set[str]] = {}
    gone = (file for records in desk.ledgers.values() for record in records.values() for file in record.files)
    for file in {*desk.files, *gone}:
        folder, _, name = file.removeprefix("content/").rpartition("/")
        stem = name.removesuffix(".md")
        taken.setdefault(folder, set()).add(stem[11:] if stem[:4].isdigit() and stem[4:5] == "-" else stem)
    return taken
