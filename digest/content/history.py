"""What the ledgers remember of the stories that are there: where they were, what they were called, earlier headlines.

A story is met by its guid, or by its link where it has none; what else it may be known by, `following` tells.
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
from digest.content.attribution import Brought, Claim, Followed, Known, Lookup
from digest.content.identity import keys_of_story
from digest.content.ledger import Record
from digest.model import Gone, Location, Place, Story
from digest.names import lasting_name
from digest.week import Week

Records = list[tuple[str, Record]]
"""The records of a story, each with its feed."""
Met = tuple[Story, Records]
"""A story with its records (`History.of`)."""


class History:
    """The records of each story, by the keys of its file, and the locations of those that were moved or have none."""

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
        """The owners of stories whose `id` was taken out or altered, by file (`following.Followed`)."""
        self._records: dict[str, list[tuple[str, Record]]] = defaultdict(list)
        self._since: dict[str, str] = {}
        self._first: dict[str, str] = {}
        """When each feed was first pulled."""
        self._makers: dict[str, list[tuple[str, Record]]] = defaultdict(list)
        """The records whose pull wrote a file, by that file."""
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
        self._locate(located)
        self._pages: dict[str, list[Record]] = defaultdict(list)
        """What `digest add` has written, by the owner of the story."""
        self._take_added()
        self._kin: dict[str, list[tuple[str, Record]]] = {}
        self._knowns: dict[str, Known] = {}

    def _locate(self, located: Sequence[Location]) -> None:
        """Takes the locations in, by the story's owner (`following`), and notes its keys."""
        by_name: dict[str, list[Location]] = defaultdict(list)
        for location in located:
            by_name[location.name].append(location)
        for name, found in by_name.items():
            keys = locations.keys_of(found)
            records = [record for key in keys for _, record in self._records.get(key, ())]
            records = records or self._without_guid(name)
            owner = min(
                (record.file for record in records if _is_of(record, sorted(found))), default=name
            )
            self._located[owner] += found
            for key in keys:
                self._owners[key].append(owner)

    def _take_added(self) -> None:
        """Takes in what `digest add` has written: of a story that it brought, which a feed may have brought since."""
        for record in self._added.values():
            key = f"link:{urls.canonical(record.id)}"
            if key not in self._owners and key not in self._records:
                self._owners[key].append(record.file)  # where it is could not be recorded
                self._since.setdefault(record.file, record.at)
            for owner in self._owners.get(key) or {one.file for _, one in self._records[key]}:
                self._pages[owner].append(record)

    def _without_guid(self, name: str) -> list[Record]:
        """Returns the records with this name that no guid gave them, but their first link."""
        met = self._records.get(f"link:{urls.canonical(name)}", ()) if urls.web_link(name) else ()
        return [record for _, record in met if record.id == name]

    def of(self, story: Story) -> list[tuple[str, Record]]:
        """Returns the records of a story with their feeds, each once, in the order of the story's own feeds."""
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
        """Returns when a pull took in the story of these records, in seconds since 1970; 0 where its own date counts.

        That is so on a feed's first pull, which brings what was published long before.
        """
        first = min(((record.since or record.at, feed) for feed, record in records), default=None)
        if first is None or first[0] == self._first[first[1]]:
            return 0
        return datetime.fromisoformat(first[0]).timestamp()

    def with_altered(self, altered: Mapping[str, str]) -> History:
        """Returns a copy of this history in which these stories count as altered (`following.Followed`)."""
        other = copy(self)
        other.altered = altered
        return other

    def excerpts(self) -> dict[str, frozenset[str]]:
        """Returns the hashes of all excerpts that pull or add has written into a story's file, by each of its names.

        Its names are its keys (`identity.story_keys`), its links and its file, and the present file if it was altered.
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
        found = {
            name: [written[file] for file in named if file in written]
            for name, named in names.items()
        }
        hashes = {name: sets[0].union(*sets[1:]) for name, sets in found.items() if sets}
        own = {
            file: hashes.get(file, frozenset()) | self.excerpts_of(owner)
            for file, owner in self.altered.items()
        }
        return hashes | own

    def excerpts_of(self, owner: str) -> frozenset[str]:
        """Returns the hashes of all excerpts that pull or add has written of a known story."""
        records = [*_records(self.of_file(owner)), *self._pages.get(owner, ())]
        return frozenset().union(*(record.excerpts for record in records))

    def added(self, story: Story) -> list[Record]:
        """Returns what `digest add` has written of a story."""
        keys = set(keys_of_story(story))
        owner = self.altered.get(story.file, "")
        of_owner = self._pages.get(owner, ())
        return [
            one
            for one in self._added.values()
            if one in of_owner or not keys.isdisjoint(ledger.keys_on_disk(one, paths.ADDED))
        ]

    def claim(self, story: Story, records: Sequence[tuple[str, Record]]) -> Claim | None:
        """Returns what to follow a story by; None where it simply is where the ledgers of its feeds have it."""
        owners = dict.fromkeys(record.file for _, record in records)
        name = lasting_name(story)
        key = locations.key_of_name(name)
        namesakes = self._owners.get(key, [])
        canonical = "" if story.id else urls.canonical(story.link)
        met = list(owners)
        if not owners:
            owners |= dict.fromkeys((*namesakes, *self._owners.get(f"link:{canonical}", ())))
        is_named = (
            key in self._records
            if story.id
            else any(record.id == story.link for _, record in records)
        )
        is_there = (
            list(owners) == [story.file] and story.file not in self._located and not namesakes
        )
        if is_there and is_named and name in (self._made(owners) or {name}):
            return None
        words = (
            identity.hash_of(story.title)
            if identity.is_headline(story.title, urls.host(story.link))
            else ""
        )
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
            headline=words,
            moment=identity.stamp(story.published),
            met=(
                *met,
                *(
                    one
                    for one in owners
                    if any(f"link:{canonical}" in page.aliases for page in self._pages.get(one, ()))
                ),
            ),
            quoted=tuple(hash for words in quoted for hash in excerpt.hashes(words)),
        )

    def _made(self, owners: Iterable[str]) -> frozenset[str]:
        """Returns the names of stories by those feeds whose pull wrote their files."""
        return frozenset(
            name for owner in owners for one in self._makers.get(owner, ()) if (name := _name(*one))
        )

    def follow(self, claims: Sequence[Claim], files: Collection[str]) -> Followed:
        """Returns which known story each claim is; `files` are those of all stories."""
        if not claims:
            return Followed()
        moments = [record.at for records in self._ledgers.values() for record in records.values()]
        newest = max(
            (*moments, *(one.at for found in self._located.values() for one in found)), default=""
        )
        return attribution.follow(claims, files, Lookup(self._known, self._named), newest)

    def _known(self, owner: str) -> Known:
        if owner not in self._knowns:
            self._knowns[owner] = self._found(owner)
        return self._knowns[owner]

    def _found(self, owner: str) -> Known:
        located = sorted(self._located.get(owner, ()))
        records = self.of_file(owner)
        since = [Location(self._since[owner], owner, "", "", "")] if owner in self._since else []
        homes: dict[str, str] = {}
        for one in sorted((*since, *located)):
            homes.setdefault(one.file, one.at)
        pages = self._pages.get(owner, ())
        said = [*_records(records), *pages]
        aliases = [alias for record in said for alias in record.aliases]
        dated = [alias[9:].partition(" ") for alias in aliases if alias.startswith("headline:")]
        titles = {
            title
            for record in said
            for title in (record.title, *(old for old, _ in record.earlier))
        }
        return Known(
            owner=owner,
            homes=homes,
            file=max((*since, *located)).file,
            name=located[0].name if located else _first_name(records),
            links=(
                *(alias.removeprefix("link:") for alias in aliases if alias.startswith("link:")),
                *(urls.canonical(link) for one in located for link in (one.link, one.now)),
            ),
            by_link=locations.is_by_link(located)
            if located
            else not any(map(ledger.has_guid, _records(self._makers.get(owner) or records))),
            is_located=bool(located),
            brought=tuple(
                Brought(one.since or one.at, not one.made, feed, name)
                for feed, one in records
                if (name := _name(feed, one))
            ),
            made=self._made([owner]),
            headlines=frozenset(
                {identity.hash_of(title) for title in titles} | {words for _, _, words in dated}
            ),
            moments=frozenset(when for when, _, _ in dated),
            excerpts=self.excerpts_of(owner),
        )

    def of_file(self, file: str) -> Sequence[tuple[str, Record]]:
        """Returns the records of the story that was first put into a file."""
        if not self._kin:
            for feed, records in self._ledgers.items():
                for record in records.values():
                    self._kin.setdefault(record.file, []).append((feed, record))
        return self._kin.get(file, ())

    def _named(self, wanted: Collection[str]) -> dict[str, set[str]]:
        """Returns the known stories that have had one of these names (`following.Claim.names`)."""
        found: dict[str, set[str]] = defaultdict(set)
        aliases = frozenset(wanted)
        hashes = {name.removeprefix("excerpt:") for name in aliases if name.startswith("excerpt:")}
        brought = (
            (one.file, one) for records in self._ledgers.values() for one in records.values()
        )
        for owner, record in (
            *brought,
            *((owner, one) for owner, pages in self._pages.items() for one in pages),
        ):
            names = aliases.intersection(record.aliases)
            names = names.union(f"excerpt:{hash}" for hash in hashes.intersection(record.excerpts))
            for name in names:
                found[name].add(owner)
        for owner, located in self._located.items():
            for one in located:
                for name in aliases.intersection(
                    (f"link:{urls.canonical(one.now)}", f"file:{one.file}")
                ):
                    found[name].add(owner)
        for file in self._since:
            if f"file:{file}" in aliases:
                found[f"file:{file}"].add(file)
        return found

    def places(self, stories: Iterable[Story], followed: Followed) -> tuple[Place, ...]:
        """Returns the places of those weeks alone in which some story does not simply lie where it was first put.

        In all other weeks every story's anchor is its slug, with the places or without them: most stories make none.
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
        """Returns the stories that are in the ledgers, and are not there any more."""
        files = {story.file for story in stories}
        found = []
        for owner in {*self._since, *self._located}:
            is_there = owner in followed.files or (owner in files and owner not in followed.claimed)
            if is_there:
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
    """True if a record with a key of these locations, oldest first, is of the same story.

    It is not where the story had gone on to another link before a feed brought the one that it had first.
    """
    before = [one for one in located if one.at < (record.since or record.at)]
    if not before or not locations.is_by_link(located):
        return True
    return f"link:{urls.canonical(before[-1].now)}" in record.aliases


def _records(records: Iterable[tuple[str, Record]]) -> Iterator[Record]:
    return (record for _, record in records)


def _first_name(records: Iterable[tuple[str, Record]]) -> str:
    """Returns what the Atom id was made of when the records' story was new; "" where that cannot be told."""
    return next((name for feed, record in records if (name := _name(feed, record))), "")


def _name(feed: str, record: Record) -> str:
    """Returns what the Atom id of a story is made of that a feed's record has brought; "" where that cannot be told."""
    if ledger.has_guid(record):
        return record.id if urls.is_absolute(record.id) else f"{feed}\n{record.id}"
    is_kept = (
        f"id:{record.id}" in record.aliases
    )  # the first link became the id when another one came
    return (
        record.id
        if is_kept or record.wrote.get("link") in {None, ledger.hash_of_value(record.id)}
        else ""
    )


def writer_of(story: Story, records: Iterable[tuple[str, Record]], feeds: Collection[str]) -> str:
    """Returns the feed whose words a story's excerpt has: of these feeds, or else any, the first that pull had it from.

    "" where that is the story's first feed, or no ledger knows. `records` are the story's, in the order of its feeds.
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
    """Returns the fields, link and image, whose URL looks as if it had a secret, but is the one that a feed gave.

    Many publishers sign the URLs of pictures; whoever reads the feed has them. Without a record it is the editor's own.
    """
    found = []
    if redact.names(story.link):
        alias = f"link:{urls.canonical(story.link)}"
        found += ["link"] if any(one.made and alias in one.aliases for one in records) else []
    if story.image and redact.names(story.image):
        mark = ledger.hash_of_value(story.image)
        found += ["image"] if any(one.image == mark for one in records) else []
    return " ".join(found)


def earlier(stories: Iterable[Met]) -> dict[str, tuple[str, ...]]:
    """Returns, by file, the headlines that a story's first feed gave it before, oldest first."""
    found = {story.file: _earlier_titles(story.title, records) for story, records in stories}
    return {file: titles for file, titles in found.items() if titles}


def _earlier_titles(title: str, records: Sequence[tuple[str, Record]]) -> tuple[str, ...]:
    titles = [old for _, record in records[:1] for old, _ in record.earlier if old != title]
    return tuple(dict.fromkeys(titles))


def _shared(named: Iterable[Place | Story]) -> set[Week]:
    """Returns the weeks in which two have one slug."""
    slugs: dict[Week, set[str]] = defaultdict(set)
    found = set()
    for one in named:
        taken = slugs[one.week]
        if one.slug in taken:
            found.add(one.week)
        taken.add(one.slug)
    return found


def _first_date(records: Iterable[tuple[str, Record]]) -> float:
    """Returns the first date that the feeds gave a story, in seconds since 1970; 0 if they gave none."""
    dates = (date for _, record in records for date in ledger.published(record))
    return min((date.timestamp() for date in dates), default=0)


def _place(file: str, story: str, since: str, owner: str) -> Place | None:
    match, week = paths.PLACE.fullmatch(file), paths.week_of(file)
    if match is None or week is None:  # a line of the ledger that was damaged by hand
        return None
    return Place(week=week, slug=match[3], file=file, story=story, since=since, owner=owner)
