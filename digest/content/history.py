"""What the ledgers remember of stories: where they were, their lasting names, their earlier
headlines.

A story's records are found by its guid or, without one, its link; `match_files` decides what else
identifies it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime
from itertools import chain
from operator import attrgetter, itemgetter
from types import MappingProxyType

from digest import urls
from digest.content import excerpt, identity, ledger, locations, match_files, paths
from digest.content.identity import keys_of_story
from digest.content.ledger import Ledgers, Record
from digest.content.match_files import Candidate, FeedArrival, KnownStory, StoryMatches
from digest.model import DeletedStory, Location, Story, StoryAddress
from digest.names import lasting_name
from digest.week import Week

_AT = attrgetter("at")


class History:
    """The records of stories, and the locations in `_places.jsonl`."""

    def __init__(
        self,
        ledgers: Ledgers,
        located: Sequence[Location] = (),
        altered: Mapping[str, str] = MappingProxyType({}),
        from_pages: Mapping[str, Record] = MappingProxyType({}),
    ) -> None:
        self._ledgers = ledgers
        self._from_pages = from_pages
        self.altered = altered
        """The origins of stories whose `id` was removed or changed, by file (`StoryMatches`)."""
        self._records: dict[str, list[Record]] = defaultdict(list)
        """The records of stories, by each of their keys."""
        self._since: dict[str, str] = {}
        """When the ledgers first mention a story's file."""
        self._other_files: dict[str, dict[str, str]] = defaultdict(dict)
        """The other files where a story was first put, by other machines, each with its time."""
        self._first_pulls: dict[str, str] = {}
        """The time of each feed's first pull."""
        self._by_file: dict[str, list[Record]] = defaultdict(list)
        for records in ledgers.values():
            for record in records.values():
                feed, since = record.feed, record.since or record.at
                self._first_pulls[feed] = min(since, self._first_pulls.get(feed, since))
                if record.files:
                    others = dict(record.files)
                    since = others.pop(record.file, since)
                    _keep_earliest(self._other_files[record.file], others)
                self._since[record.file] = min(since, self._since.get(record.file, since))
                self._by_file[record.file].append(record)
                for key in ledger.file_keys(record):
                    self._records[key].append(record)
        self._located: dict[str, list[Location]] = defaultdict(list)
        self._origins: dict[str, list[str]] = defaultdict(list)
        """The origins of stories with locations, by each of their keys."""
        self._add_locations(located)
        self._pages_by_origin: dict[str, list[Record]] = defaultdict(list)
        """What `digest add` has written, by the origin of the story."""
        self._add_from_pages()
        self._known_stories: dict[str, KnownStory] = {}

    def _add_locations(self, located: Sequence[Location]) -> None:
        """Adds the locations under the story's origin (`match_files`), and notes its keys."""
        by_name: dict[str, list[Location]] = defaultdict(list)
        for location in located:
            by_name[location.lasting_name].append(location)
        for name, of_story in by_name.items():
            keys = locations.keys_of(of_story)
            records = list[Record]()
            for key in keys:
                records += self._records.get(key, ())
            if not records and urls.web_link(name):  # the name may be an id that is only a link
                same_link = self._records.get(f"link:{urls.canonical(name)}", ())
                records = [record for record in same_link if record.id == name]
            files = [record.file for record in records if _is_of(record, sorted(of_story))]
            origin = min(files, default=name)
            self._located[origin] += of_story
            for key in keys:
                self._origins[key].append(origin)

    def _add_from_pages(self) -> None:
        """Adds what `digest add` wrote; a feed may have brought the same story since."""
        for record in self._from_pages.values():
            key = f"link:{urls.canonical(record.id)}"
            if key not in self._origins and key not in self._records:
                self._origins[key].append(record.file)  # its location is not recorded
                self._since.setdefault(record.file, record.at)
            for origin in self._origins.get(key) or {one.file for one in self._records[key]}:
                self._pages_by_origin[origin].append(record)

    def of(self, story: Story) -> list[Record]:
        """Returns the records of a story, in the order of its feeds."""
        records: dict[tuple[str, str], Record] = {}
        for key in keys_of_story(story):
            for record in self._records.get(key, ()):
                records[record.feed, record.id] = record
        origin = self.altered.get(story.file)
        if origin is not None and all(record.file != origin for record in records.values()):
            records = {(record.feed, record.id): record for record in self.of_file(origin)}
        order = {feed: number for number, feed in enumerate(story.feeds)}

        def rank(record: Record) -> tuple[int, str, str]:
            return order.get(record.feed, len(order)), record.feed, record.id

        return sorted(records.values(), key=rank)

    def of_file(self, file: str) -> Sequence[Record]:
        """Returns the records of the story whose first file this is."""
        return self._by_file.get(file, ())

    def from_pages(self, story: Story) -> list[Record]:
        """Returns what `digest add` wrote for a story."""
        keys = keys_of_story(story)
        of_origin = self._pages_by_origin.get(self.altered.get(story.file, ""), ())
        records = []
        for record in self._from_pages.values():
            if record in of_origin or keys & ledger.file_keys(record):
                records.append(record)
        return records

    def added_at(self, records: Sequence[Record]) -> float:
        """Returns when a pull added the story of these records, in seconds since 1970.

        Returns 0 if the story's own date counts: a feed's first pull brings old stories.
        """
        if not records:
            return 0
        at, feed = min((record.since or record.at, record.feed) for record in records)
        return 0 if at == self._first_pulls[feed] else datetime.fromisoformat(at).timestamp()

    def with_altered(self, altered: Mapping[str, str]) -> History:
        """Returns a copy of this history in which these stories are altered (`StoryMatches`)."""
        other = copy(self)
        other.altered = altered
        return other

    def excerpts(self) -> dict[str, frozenset[str]]:
        """Returns the hashes of all excerpts that pull or add wrote for a story.

        They are found by each of its keys (`identity.keys_of_story`), by its links and its file, and
        by its present file if it was altered.
        """
        written: dict[str, set[str]] = defaultdict(set)
        files: dict[str, set[str]] = defaultdict(set)
        """The files of the stories with a key."""
        for records in (*self._ledgers.values(), self._from_pages):
            for record in records.values():
                written[record.file].update(record.excerpts)
                links = [alias for alias in record.aliases if alias.startswith("link:")]
                for key in (*ledger.file_keys(record), *links, record.file):
                    files[key].add(record.file)
        excerpts: dict[str, frozenset[str]] = {}
        for key, of_key in files.items():
            if hashes := frozenset().union(*(written[file] for file in of_key)):
                excerpts[key] = hashes
        for file, origin in self.altered.items():
            excerpts[file] = excerpts.get(file, frozenset()) | self._excerpts_of(origin)
        return excerpts

    def _excerpts_of(self, origin: str) -> frozenset[str]:
        """Returns the hashes of all excerpts that pull or add wrote for a known story."""
        records = (*self.of_file(origin), *self._pages_by_origin.get(origin, ()))
        return frozenset().union(*(record.excerpts for record in records))

    def candidate(self, story: Story, records: Sequence[Record]) -> Candidate | None:
        """Returns what to match a story by; None if it is where its feeds' ledgers have it.

        Then its records have only one file, which is its own; no location has its origin or its
        lasting name; and a feed gave it that name, also the one whose pull wrote its file.
        """
        origins = dict.fromkeys(record.file for record in records)
        recorded = list(origins)
        name = lasting_name(story)
        key = locations.key_of(name)
        namesakes = self._origins.get(key, [])
        by_link = "" if story.id else urls.canonical(story.link)
        if not origins:
            origins |= dict.fromkeys((*namesakes, *self._origins.get(f"link:{by_link}", ())))
        is_named = key in self._records
        if not story.id:
            is_named = any(record.id == story.link for record in records)
        is_in_place = list(origins) == [story.file] and story.file not in self._located
        is_written = name in (self._written_names(origins) or {name})
        if is_in_place and not namesakes and is_named and is_written:
            return None
        for origin in origins:
            if any(
                f"link:{by_link}" in page.aliases for page in self._pages_by_origin.get(origin, ())
            ):
                recorded.append(origin)
        headline = ""
        if identity.is_headline(story.title, urls.host_of(story.link)):
            headline = identity.hash_of(story.title)
        quotations = list[str]()
        for quotation in (story.excerpt, *excerpt.quotations(story.note)):
            quotations += excerpt.hashes(quotation)
        return Candidate(
            file=story.file,
            lasting_name=name,
            is_named=is_named,
            link=story.link,
            canonical=by_link or urls.canonical(story.link),
            has_id=bool(story.id),
            origins=tuple(origins),
            namesakes=tuple(namesakes),
            feeds=story.feeds,
            headline=headline,
            date=identity.rfc3339(story.published),
            recorded=tuple(recorded),
            quotations=tuple(quotations),
        )

    def _written_names(self, origins: Iterable[str]) -> frozenset[str]:
        """Returns a story's lasting names according to the feeds whose pull wrote its files."""
        names = set[str]()
        for origin in origins:
            names.update(_name(record) for record in self.of_file(origin) if record.wrote_file)
        return frozenset(names - {""})

    def match(self, candidates: Sequence[Candidate], files: Collection[str]) -> StoryMatches:
        """Matches candidates with known stories; `files` are those of all stories."""
        return match_files.match(candidates, files, self)

    @property
    def newest(self) -> str:
        """The newest time in the ledgers, "" if they are empty."""
        of_feeds = (map(_AT, records.values()) for records in self._ledgers.values())
        of_stories = (map(_AT, located) for located in self._located.values())
        of_pages = map(_AT, self._from_pages.values())
        return max(chain(of_pages, *of_feeds, *of_stories), default="")

    def known_story(self, origin: str) -> KnownStory:
        """Returns what the ledgers know of the story with this origin."""
        if origin in self._known_stories:
            return self._known_stories[origin]
        located = sorted(self._located.get(origin, ()))
        first = [Location(self._since[origin], origin, "", "", "")] if origin in self._since else []
        files: dict[str, str] = {}
        for location in sorted((*first, *located)):
            files.setdefault(location.file, location.at)
        _keep_earliest(files, self._other_files.get(origin, {}))
        records = self.of_file(origin)
        links, dates, headlines = list[str](), set[str](), set[str]()
        for record in (*records, *self._pages_by_origin.get(origin, ())):
            titles = [record.title, *(title for title, _ in record.earlier_titles)]
            headlines.update(map(identity.hash_of, titles))
            for alias in record.aliases:
                kind, _, value = alias.partition(":")
                if kind == "link":
                    links.append(value)
                elif kind == "headline":
                    date, _, words = value.partition(" ")
                    dates.add(date)
                    headlines.add(words)
        for location in located:
            links += [urls.canonical(location.link), urls.canonical(location.now)]
        arrivals = []
        for record in records:
            if name := _name(record):
                since = record.since or record.at
                arrivals.append(FeedArrival(since, not record.wrote_file, record.feed, name))
        if located:
            first_name = located[0].lasting_name
            by_link = locations.is_by_link(located)
        else:
            writers = [record for record in records if record.wrote_file] or records
            first_name = arrivals[0].lasting_name if arrivals else ""
            by_link = not any(map(ledger.has_guid, writers))
        known = KnownStory(
            origin=origin,
            files=files,
            file=max((*first, *located)).file,
            lasting_name=first_name,
            links=tuple(links),
            by_link=by_link,
            is_located=bool(located),
            arrivals=tuple(arrivals),
            written_names=self._written_names([origin]),
            headlines=frozenset(headlines),
            dates=frozenset(dates),
            excerpts=self._excerpts_of(origin),
        )
        self._known_stories[origin] = known
        return known

    def origins_by_key(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Returns the origins of the known stories by `Candidate.search_keys`."""
        wanted = frozenset(keys)
        origins: dict[str, set[str]] = defaultdict(set)
        lines = list[tuple[str, Record]]()
        for records in self._ledgers.values():
            lines += [(record.file, record) for record in records.values()]
        for origin, pages in self._pages_by_origin.items():
            lines += [(origin, page) for page in pages]
        for origin, record in lines:
            excerpts = [f"excerpt:{hash}" for hash in record.excerpts]
            for key in wanted.intersection((*record.aliases, *excerpts)):
                origins[key].add(origin)
        for origin, located in self._located.items():
            for location in located:
                link = f"link:{urls.canonical(location.now)}"
                for key in wanted.intersection((link, f"file:{location.file}")):
                    origins[key].add(origin)
        for file in self._since:
            if f"file:{file}" in wanted:
                origins[f"file:{file}"].add(file)
        return origins

    def addresses(
        self, stories: Sequence[Story], matches: StoryMatches
    ) -> tuple[StoryAddress, ...]:
        """Returns the addresses in the weeks that a story has left, or where two have had one slug.

        In all other weeks every story's anchor is its slug, with or without the addresses, so most
        stories do not need any.
        """
        weeks = {story.file: story.week for story in stories}
        moved, stayed = list[StoryAddress](), list[tuple[str, str, str]]()
        origins: dict[str, str] = {}
        known = set[tuple[str, str]]()
        for origin, file, since in sorted(self._past_files(), key=itemgetter(2, 0, 1)):
            plain = origin if origin in weeks and origin not in matches.candidates else ""
            story = matches.files.get(origin, plain)
            if (file, story) in known:
                continue
            known.add((file, story))
            if story:  # feeds may know it under several names: its first origin counts
                origin = origins.setdefault(story, origin)
            if story == file:
                stayed.append((origin, file, since))
            elif address := _address(file, story, since, origin):
                moved.append(address)
        doubtful = {address.week for address in moved if address.present_file}
        slugs = set[tuple[Week, str]]()
        named: Iterable[StoryAddress | Story] = (*moved, *stories)
        for one in named:
            if (one.week, one.slug) in slugs:
                doubtful.add(one.week)
            slugs.add((one.week, one.slug))
        addresses = [address for address in moved if address.week in doubtful]
        for origin, file, since in stayed:
            if doubtful and weeks[file] in doubtful:
                address = _address(file, file, since, origin)
                addresses += [address] if address else []
        return tuple(sorted(addresses, key=attrgetter("file", "origin")))

    def gone(self, stories: Iterable[Story], matches: StoryMatches) -> tuple[DeletedStory, ...]:
        """Returns the stories that are in the ledgers and no longer exist."""
        files = {story.file for story in stories}
        gone = []
        for origin in {*self._since, *self._located}:
            if origin in matches.files or (origin in files and origin not in matches.candidates):
                continue
            records, known = self.of_file(origin), self.known_story(origin)
            path, week = paths.parse(known.file), paths.week_of(known.file)
            if path is None or week is None:
                continue
            if not (added_at := self.added_at(records)):
                dates = list[datetime]()
                for record in records:
                    dates += ledger.published_dates(record)
                added_at = min(dates).timestamp() if dates else 0
            gone.append(
                DeletedStory(
                    file=known.file,
                    week=week,
                    day=path.day or week.monday.isoformat(),
                    added_at=added_at,
                    former_files=tuple(sorted(known.files.keys() - {known.file})),
                    never_committed=bool(records) and all(record.deleted for record in records),
                )
            )
        return tuple(sorted(gone))

    def _past_files(self) -> Iterator[tuple[str, str, str]]:
        """Yields the files where each known story has been, each with the earliest time."""
        for file, since in self._since.items():
            if file not in self._located:
                yield file, file, since
                for other, since_then in self._other_files.get(file, {}).items():
                    yield file, other, since_then
        for origin in self._located:
            for file, since in self.known_story(origin).files.items():
                yield origin, file, since


def _keep_earliest(times: dict[str, str], others: Mapping[str, str]) -> None:
    """Adds the times of other files to those of files; of two, the earlier counts."""
    for file, at in others.items():
        times[file] = min(at, times.get(file, at))


def _is_of(record: Record, located: Sequence[Location]) -> bool:
    """True if a record with a key of these locations (oldest first) is of the same story.

    It is not if the story had already moved to another link when a feed brought its first one.
    """
    before = [one for one in located if one.at < (record.since or record.at)]
    if not before or not locations.is_by_link(located):
        return True
    return f"link:{urls.canonical(before[-1].now)}" in record.aliases


def _name(record: Record) -> str:
    """Returns what a story's Atom id is made of, going by one feed's record; "" if unknown."""
    if ledger.has_guid(record):
        return record.id if urls.is_absolute(record.id) else f"{record.feed}\n{record.id}"
    # The alias `id:` says that the first link became the `id` when the feed changed the link.
    is_kept = f"id:{record.id}" in record.aliases
    is_first = record.wrote.get("link") in {None, ledger.hash_of_value(record.id)}
    return record.id if is_kept or is_first else ""


def _address(file: str, story: str, since: str, origin: str) -> StoryAddress | None:
    path, week = paths.parse(file), paths.week_of(file)
    if path and week:  # not if a line of the ledger was edited by hand
        return StoryAddress(
            week=week, slug=path.slug, file=file, present_file=story, since=since, origin=origin
        )
    return None
