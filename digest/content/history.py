"""What the ledgers remember of stories: where they were, their names, their earlier headlines.

A story's records are found by its guid, or by its link if it has none; `attribution` decides what
else identifies it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime
from operator import attrgetter, itemgetter
from types import MappingProxyType

from digest import redact, urls
from digest.content import attribution, excerpt, identity, ledger, locations, paths
from digest.content.attribution import Brought, Claim, Followed, KnownStory, Lookup
from digest.content.identity import keys_of_story
from digest.content.ledger import Record
from digest.model import Gone, Location, Place, Story
from digest.names import lasting_name
from digest.week import Week

Records = list[tuple[str, Record]]
"""The records of a story, each with its feed's id."""
StoryRecords = tuple[Story, Records]
"""A story with its records (`History.of`)."""


class History:
    """The records of stories, by the keys of their files, and the locations in `_places.jsonl`."""

    def __init__(
        self,
        ledgers: Mapping[str, Mapping[str, Record]],
        located: Sequence[Location] = (),
        altered: Mapping[str, str] = MappingProxyType({}),
        added: Mapping[str, Record] = MappingProxyType({}),
    ) -> None:
        self._ledgers = ledgers
        self._added = added
        self.altered = altered
        """The owners of stories whose `id` was removed or changed, by file (`Followed`)."""
        self._records: dict[str, list[tuple[str, Record]]] = defaultdict(list)
        self._since: dict[str, str] = {}
        self._first: dict[str, str] = {}
        """The time of each feed's first pull."""
        self._makers: dict[str, list[tuple[str, Record]]] = defaultdict(list)
        """The records whose pull wrote a file, by file."""
        for feed, records in ledgers.items():
            for record in records.values():
                since = record.since or record.at
                self._first[feed] = min(since, self._first.get(feed, since))
                self._since[record.file] = min(since, self._since.get(record.file, since))
                if record.made:
                    self._makers[record.file].append((feed, record))
                for key in ledger.keys_on_disk(record, feed):
                    self._records[key].append((feed, record))
        self._located: dict[str, list[Location]] = defaultdict(list)
        self._owners: dict[str, list[str]] = defaultdict(list)
        self._add_locations(located)
        self._pages: dict[str, list[Record]] = defaultdict(list)
        """What `digest add` has written, by the owner of the story."""
        self._add_pages()
        self._by_file: dict[str, list[tuple[str, Record]]] = {}
        self._known_stories: dict[str, KnownStory] = {}

    def _add_locations(self, located: Sequence[Location]) -> None:
        """Adds the locations under the story's owner (`attribution`), and notes its keys."""
        by_name: dict[str, list[Location]] = defaultdict(list)
        for location in located:
            by_name[location.name].append(location)
        for name, found in by_name.items():
            keys = locations.keys_of(found)
            records = [record for key in keys for _, record in self._records.get(key, ())]
            records = records or self._without_guid(name)
            files = [record.file for record in records if _is_of(record, sorted(found))]
            owner = min(files, default=name)
            self._located[owner] += found
            for key in keys:
                self._owners[key].append(owner)

    def _add_pages(self) -> None:
        """Adds what `digest add` wrote; a feed may have brought the same story since."""
        for record in self._added.values():
            key = f"link:{urls.canonical(record.id)}"
            if key not in self._owners and key not in self._records:
                self._owners[key].append(record.file)  # its location is not recorded
                self._since.setdefault(record.file, record.at)
            for owner in self._owners.get(key) or {one.file for _, one in self._records[key]}:
                self._pages[owner].append(record)

    def _without_guid(self, name: str) -> list[Record]:
        """Returns the records whose id is this link, and not a guid."""
        met = self._records.get(f"link:{urls.canonical(name)}", ()) if urls.web_link(name) else ()
        return [record for _, record in met if record.id == name]

    def of(self, story: Story) -> list[tuple[str, Record]]:
        """Returns the records of a story, each once, in the order of the story's feeds."""
        met = [one for key in keys_of_story(story) for one in self._records.get(key, ())]
        owner = self.altered.get(story.file)
        if owner is not None and all(record.file != owner for _, record in met):
            met = list(self.of_file(owner))
        if len(met) < 2:
            return met
        found = {(feed, record.id): record for feed, record in met}
        order = {feed: number for number, feed in enumerate(story.feeds)}
        ranked = sorted(found.items(), key=lambda one: (order.get(one[0][0], len(order)), one[0]))
        return [(feed, record) for (feed, _), record in ranked]

    def came(self, records: Iterable[tuple[str, Record]]) -> float:
        """Returns when a pull added the story of these records, in seconds since 1970.

        Returns 0 if the story's own date counts: a feed's first pull brings old stories.
        """
        first = min(((record.since or record.at, feed) for feed, record in records), default=None)
        if first is None or first[0] == self._first[first[1]]:
            return 0
        return datetime.fromisoformat(first[0]).timestamp()

    def with_altered(self, altered: Mapping[str, str]) -> History:
        """Returns a copy of this history in which these stories are altered (`Followed`)."""
        other = copy(self)
        other.altered = altered
        return other

    def excerpts(self) -> dict[str, frozenset[str]]:
        """Returns the hashes of all excerpts that pull or add wrote for a story, by its names.

        Its names are its keys (`identity.story_keys`), its links and its file, and its present file
        if it was altered.
        """
        files: dict[str, set[str]] = defaultdict(set)
        names: dict[str, set[str]] = defaultdict(set)
        for feed, records in (*self._ledgers.items(), (paths.ADDED, self._added)):
            for record in records.values():
                files[record.file].update(record.excerpts)
                of_links = (alias for alias in record.aliases if alias.startswith("link:"))
                for name in (*ledger.keys_on_disk(record, feed), *of_links, record.file):
                    names[name].add(record.file)
        written = {file: frozenset(hashes) for file, hashes in files.items() if hashes}
        hashes: dict[str, frozenset[str]] = {}
        for name, named in names.items():
            if found := [written[file] for file in named if file in written]:
                hashes[name] = found[0].union(*found[1:])
        for file, owner in self.altered.items():
            hashes[file] = hashes.get(file, frozenset()) | self.excerpts_of(owner)
        return hashes

    def excerpts_of(self, owner: str) -> frozenset[str]:
        """Returns the hashes of all excerpts that pull or add wrote for a known story."""
        records = [*_records(self.of_file(owner)), *self._pages.get(owner, ())]
        return frozenset().union(*(record.excerpts for record in records))

    def added(self, story: Story) -> list[Record]:
        """Returns what `digest add` wrote for a story."""
        keys = set(keys_of_story(story))
        owner = self.altered.get(story.file, "")
        of_owner = self._pages.get(owner, ())
        return [
            one
            for one in self._added.values()
            if one in of_owner or not keys.isdisjoint(ledger.keys_on_disk(one, paths.ADDED))
        ]

    def claim(self, story: Story, records: Sequence[tuple[str, Record]]) -> Claim | None:
        """Returns what to match a story by; None if it is where its feeds' ledgers have it."""
        owners = dict.fromkeys(record.file for _, record in records)
        name = lasting_name(story)
        key = locations.key_of_name(name)
        namesakes = self._owners.get(key, [])
        canonical = "" if story.id else urls.canonical(story.link)
        met = list(owners)
        if not owners:
            owners |= dict.fromkeys((*namesakes, *self._owners.get(f"link:{canonical}", ())))
        links = [record.id for _, record in records]
        is_named = key in self._records if story.id else story.link in links
        is_there = (
            list(owners) == [story.file] and story.file not in self._located and not namesakes
        )
        if is_there and is_named and name in (self._made(owners) or {name}):
            return None
        for owner in owners:
            if any(f"link:{canonical}" in page.aliases for page in self._pages.get(owner, ())):
                met.append(owner)
        headline = ""
        if identity.is_headline(story.title, urls.host(story.link)):
            headline = identity.hash_of(story.title)
        quoted = [story.excerpt, *excerpt.quotations(story.note)]
        return Claim(
            file=story.file,
            name=name,
            is_named=is_named,
            link=story.link,
            canonical=canonical or urls.canonical(story.link),
            has_id=bool(story.id),
            owners=tuple(owners),
            namesakes=tuple(namesakes),
            title=story.title,
            feeds=story.feeds,
            headline=headline,
            date=identity.stamp(story.published),
            met=tuple(met),
            quoted=tuple(hash for words in quoted for hash in excerpt.hashes(words)),
        )

    def _made(self, owners: Iterable[str]) -> frozenset[str]:
        """Returns a story's names according to the feeds whose pull wrote its files."""
        return frozenset(
            name for owner in owners for one in self._makers.get(owner, ()) if (name := _name(*one))
        )

    def follow(self, claims: Sequence[Claim], files: Collection[str]) -> Followed:
        """Matches claims with known stories; `files` are those of all stories."""
        if not claims:
            return Followed()
        times = [record.at for records in self._ledgers.values() for record in records.values()]
        times += [one.at for found in self._located.values() for one in found]
        newest = max(times, default="")
        return attribution.follow(claims, files, Lookup(self._known, self._named), newest)

    def _known(self, owner: str) -> KnownStory:
        if owner not in self._known_stories:
            self._known_stories[owner] = self._known_story(owner)
        return self._known_stories[owner]

    def _known_story(self, owner: str) -> KnownStory:
        located = sorted(self._located.get(owner, ()))
        records = self.of_file(owner)
        since = [Location(self._since[owner], owner, "", "", "")] if owner in self._since else []
        homes: dict[str, str] = {}
        for one in sorted((*since, *located)):
            homes.setdefault(one.file, one.at)
        pages = self._pages.get(owner, ())
        lines = [*_records(records), *pages]
        aliases = [alias for record in lines for alias in record.aliases]
        links = [alias.removeprefix("link:") for alias in aliases if alias.startswith("link:")]
        links += [urls.canonical(link) for one in located for link in (one.link, one.now)]
        dated = [alias[9:].partition(" ") for alias in aliases if alias.startswith("headline:")]
        titles = {record.title for record in lines}
        titles |= {old for record in lines for old, _ in record.earlier}
        brought = tuple(
            Brought(one.since or one.at, not one.made, feed, name)
            for feed, one in records
            if (name := _name(feed, one))
        )
        if located:
            first_name, by_link = located[0].name, locations.is_by_link(located)
        else:
            makers = self._makers.get(owner) or records
            first_name = brought[0].name if brought else ""
            by_link = not any(map(ledger.has_guid, _records(makers)))
        return KnownStory(
            owner=owner,
            homes=homes,
            file=max((*since, *located)).file,
            name=first_name,
            links=tuple(links),
            by_link=by_link,
            is_located=bool(located),
            brought=brought,
            made=self._made([owner]),
            headlines=frozenset(
                {identity.hash_of(title) for title in titles} | {words for _, _, words in dated}
            ),
            dates=frozenset(when for when, _, _ in dated),
            excerpts=self.excerpts_of(owner),
        )

    def of_file(self, file: str) -> Sequence[tuple[str, Record]]:
        """Returns the records of the story whose first file this is."""
        if not self._by_file:
            for feed, records in self._ledgers.items():
                for record in records.values():
                    self._by_file.setdefault(record.file, []).append((feed, record))
        return self._by_file.get(file, ())

    def _named(self, wanted: Collection[str]) -> dict[str, set[str]]:
        """Returns the known stories that have had one of these names (`Claim.names`)."""
        found: dict[str, set[str]] = defaultdict(set)
        aliases = frozenset(wanted)
        hashes = {name.removeprefix("excerpt:") for name in aliases if name.startswith("excerpt:")}
        lines = [(one.file, one) for records in self._ledgers.values() for one in records.values()]
        lines += [(owner, one) for owner, pages in self._pages.items() for one in pages]
        for owner, record in lines:
            names = aliases.intersection(record.aliases)
            names = names.union(f"excerpt:{hash}" for hash in hashes.intersection(record.excerpts))
            for name in names:
                found[name].add(owner)
        for owner, located in self._located.items():
            for one in located:
                names = aliases.intersection(
                    (f"link:{urls.canonical(one.now)}", f"file:{one.file}")
                )
                for name in names:
                    found[name].add(owner)
        for file in self._since:
            if f"file:{file}" in aliases:
                found[f"file:{file}"].add(file)
        return found

    def places(self, stories: Iterable[Story], followed: Followed) -> tuple[Place, ...]:
        """Returns the places in those weeks where some story is not simply in its first file.

        In all other weeks every story's anchor is its slug, with or without the places, so most
        stories do not need any.
        """
        stories = tuple(stories)
        weeks = {story.file: story.week for story in stories}
        moved, stayed = list[Place](), list[tuple[str, str, str]]()
        for owner, file, since in self._homes():
            plain = owner if owner in weeks and owner not in followed.claimed else ""
            story = followed.files.get(owner, plain)
            if story == file:
                stayed.append((owner, file, since))
            elif place := _place(file, story, since, owner):
                moved.append(place)
        doubtful = {place.week for place in moved if place.story} | _shared((*moved, *stories))
        here = [
            _place(file, file, since, owner)
            for owner, file, since in stayed
            if doubtful and weeks[file] in doubtful
        ]
        found = [place for place in (*moved, *here) if place and place.week in doubtful]
        return tuple(sorted(found, key=attrgetter("file", "owner")))

    def gone(self, stories: Iterable[Story], followed: Followed) -> tuple[Gone, ...]:
        """Returns the stories that are in the ledgers and no longer exist."""
        files = {story.file for story in stories}
        found = []
        for owner in {*self._since, *self._located}:
            if owner in followed.files or (owner in files and owner not in followed.claimed):
                continue
            records, known = self.of_file(owner), self._known(owner)
            match, week = paths.PLACE.fullmatch(known.file), paths.week_of(known.file)
            if match and week:
                day = match[2] or week.monday.isoformat()
                came = self.came(records) or _first_date(records)
                former = tuple(sorted(known.homes.keys() - {known.file}))
                fresh = bool(records) and all(bool(one.deleted) for _, one in records)
                found.append(Gone(known.file, week, day, came, former, fresh))
        return tuple(sorted(found))

    def _homes(self) -> Iterator[tuple[str, str, str]]:
        """Yields the files where each known story has been, each with the earliest time."""
        for file, since in self._since.items():
            if file not in self._located:
                yield file, file, since
        for owner in self._located:
            for file, since in self._known(owner).homes.items():
                yield owner, file, since


def _is_of(record: Record, located: Sequence[Location]) -> bool:
    """True if a record with a key of these locations (oldest first) is of the same story.

    It is not if the story had already moved to another link when a feed brought its first one.
    """
    before = [one for one in located if one.at < (record.since or record.at)]
    if not before or not locations.is_by_link(located):
        return True
    return f"link:{urls.canonical(before[-1].now)}" in record.aliases


def _records(records: Iterable[tuple[str, Record]]) -> Iterator[Record]:
    return (record for _, record in records)


def _name(feed: str, record: Record) -> str:
    """Returns what a story's Atom id is made of, going by one feed's record; "" if unknown."""
    if ledger.has_guid(record):
        return record.id if urls.is_absolute(record.id) else f"{feed}\n{record.id}"
    # The alias `id:` says that the first link became the `id` when the feed changed the link.
    is_kept = f"id:{record.id}" in record.aliases
    is_first = record.wrote.get("link") in {None, ledger.hash_of_value(record.id)}
    return record.id if is_kept or is_first else ""


def writer_of(story: Story, records: Iterable[tuple[str, Record]], feeds: Collection[str]) -> str:
    """Returns the feed whose words are in a story's excerpt: of `feeds`, or else any, the earliest.

    "" if that is the story's first feed, or unknown. `records` are the story's, in the order of its
    feeds.
    """
    if not story.excerpt:
        return ""
    hashes = excerpt.hashes(story.excerpt)
    known = [
        (feed not in feeds, min(times), feed)
        for feed, record in records
        if (times := [record.excerpts[hash] for hash in hashes if hash in record.excerpts])
    ]
    writer = min(known, key=itemgetter(0, 1), default=(False, "", ""))[2]
    return "" if writer == next((feed for feed in story.feeds if feed in feeds), "") else writer


def signed(story: Story, records: Collection[Record]) -> str:
    """Returns the fields, link and image, whose URL seems to have a secret but is from a feed.

    Many publishers sign the URLs of pictures, and everyone can read those in the feed. Without a
    record, the URL is the editor's own.
    """
    found = []
    if redact.names(story.link):
        alias = f"link:{urls.canonical(story.link)}"
        if any(one.made and alias in one.aliases for one in records):
            found.append("link")
    if story.image and redact.names(story.image):
        hashed = ledger.hash_of_value(story.image)
        if any(one.image == hashed for one in records):
            found.append("image")
    return " ".join(found)


def earlier(stories: Iterable[StoryRecords]) -> dict[str, tuple[str, ...]]:
    """Returns, by file, the earlier headlines from a story's first feed, oldest first."""
    found: dict[str, tuple[str, ...]] = {}
    for story, records in stories:
        titles = [old for _, record in records[:1] for old, _ in record.earlier]
        if others := tuple(dict.fromkeys(old for old in titles if old != story.title)):
            found[story.file] = others
    return found


def _shared(named: Iterable[Place | Story]) -> set[Week]:
    """Returns the weeks in which two stories or places have the same slug."""
    slugs: dict[Week, set[str]] = defaultdict(set)
    found = set()
    for one in named:
        taken = slugs[one.week]
        if one.slug in taken:
            found.add(one.week)
        taken.add(one.slug)
    return found


def _first_date(records: Iterable[tuple[str, Record]]) -> float:
    """Returns the first date that the feeds gave for a story, in seconds since 1970; 0 if none."""
    dates = (date for _, record in records for date in ledger.published(record))
    return min((date.timestamp() for date in dates), default=0)


def _place(file: str, story: str, since: str, owner: str) -> Place | None:
    match, week = paths.PLACE.fullmatch(file), paths.week_of(file)
    if match is None or week is None:  # a line of the ledger that was edited by hand
        return None
    return Place(week=week, slug=match[3], file=file, story=story, since=since, owner=owner)
