"""Decides which of the stories in the ledgers each story file is, whatever an editor has changed.

    by id, or by link without one, if link, headline or file agrees
    ──▶ else by likeness
    ──▶ else it is a new story

A story in the ledgers is identified by its `origin`: the file where a feed's ledger first put it,
otherwise its lasting name. Each is matched with one file at most. Nothing is read or written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from digest import urls
from digest.model import Location

_AT_LAST_LOCATION = 9  # more than any other likeness


class Candidate(NamedTuple):
    """A story on disk that has to be matched, and what it can be matched by.

    - `lasting_name`: what its Atom id would be made of, going by its file
    - `is_named`: a feed gave it that id
    - `canonical`: its link in the form in which links are compared
    - `origins`: the known stories found by its id, or by its link if it has no id
    - `namesakes`: known stories whose locations have its lasting name
    - `headline`, `date`: its title and date as the ledgers' aliases have them
    - `quotations`: the hashes of the quotations at the top of its text
    - `recorded`: those of `origins` that a feed's records or `digest add` know, not only a location
    """

    file: str
    lasting_name: str
    is_named: bool
    link: str
    canonical: str
    has_id: bool
    origins: tuple[str, ...]
    namesakes: tuple[str, ...]
    feeds: tuple[str, ...] = ()
    headline: str = ""
    date: str = ""
    quotations: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()

    @property
    def search_keys(self) -> list[str]:
        """What finds it in the ledgers besides its id; not a host's front page."""
        keys = [f"file:{self.file}", *(f"excerpt:{hash}" for hash in self.quotations)]
        if "/" in self.canonical or "?" in self.canonical:
            keys.append(f"link:{self.canonical}")
        if self.headline:
            keys.append(f"headline:{self.date} {self.headline}")
        return keys


class FeedArrival(NamedTuple):
    """A feed that brought a story: when, whether it joined an existing file, and its name.

    `lasting_name` is what the story's Atom id is made of if that feed decides.
    """

    at: str
    joined: bool
    feed: str
    lasting_name: str


class KnownStory(NamedTuple):
    """A story in the ledgers.

    - `files`: where it has been, each with the earliest time; `file` is the last one
    - `lasting_name`: what its Atom id is made of, "" if no ledger has it
    - `links`: its canonical links, the newest last
    - `by_link`: it has no id of its own
    - `is_located`: it has locations
    - `arrivals`: one for each feed that brought it
    - `written_names`: its lasting names according to the feeds whose pull wrote its file
    - `headlines`, `dates`, `excerpts`: what its ledgers have of its words and dates
    """

    origin: str
    files: Mapping[str, str]
    file: str
    lasting_name: str
    links: tuple[str, ...]
    by_link: bool
    is_located: bool
    arrivals: tuple[FeedArrival, ...] = ()
    written_names: frozenset[str] = frozenset()
    headlines: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    excerpts: frozenset[str] = frozenset()

    def agrees_with(self, candidate: Candidate) -> bool:
        """True if something fits besides the id (or the link, if it has no id), or nothing is known."""
        if not self.headlines or candidate.headline in self.headlines:
            return True
        if candidate.has_id:
            return candidate.file == self.file or candidate.canonical in self.links
        return candidate.file in self.files

    def likeness(self, candidate: Candidate) -> int:
        """Returns how much of a candidate fits this story; 0 if that is too little.

        A story that is exactly at its last location fits best: it was published there.
        """
        if self.is_located and (candidate.file, candidate.canonical) == (self.file, self.links[-1]):
            return _AT_LAST_LOCATION
        is_found = self.origin in candidate.origins
        has_link = candidate.canonical in self.links
        has_link = has_link and f"link:{candidate.canonical}" in candidate.search_keys
        has_file = candidate.file in self.files
        words = int(candidate.headline in self.headlines) + int(candidate.date in self.dates)
        words += not self.excerpts.isdisjoint(candidate.quotations)
        is_in_place = has_file and (words or (self.by_link and not self.dates))
        if is_found or has_link or words > 1 or is_in_place:
            return 2 * is_found + has_link + has_file + words
        return 0

    def first_name(self, feeds: Sequence[str]) -> str:
        """Returns the lasting name from the feed that brought it first.

        Of several in the same pull, that is the one that wrote the file. If that is unknown,
        `feeds` decide: the story's, in order.
        """
        if self.is_located or not self.arrivals:
            return self.lasting_name
        order = {feed: number for number, feed in enumerate(feeds)}

        def rank(arrival: FeedArrival) -> tuple[str, bool, int, str]:
            number = order.get(arrival.feed, len(order))
            return arrival.at, arrival.joined, number, arrival.feed

        return min(self.arrivals, key=rank).lasting_name


class StoryMatches(NamedTuple):
    """The result of matching.

    - `files`: the present file of each known story that was matched, by origin
    - `lasting_names`: lasting names that differ from what the file says, by file
    - `unrecorded`: locations that no ledger has yet, with the newest time in the ledgers as `at`
    - `candidates`: the files of all candidates
    - `altered`: the origin of each story whose `id`, or the feed in which it counts, an editor
      removed or changed, by file
    """

    files: Mapping[str, str] = {}
    lasting_names: Mapping[str, str] = {}
    unrecorded: tuple[Location, ...] = ()
    candidates: frozenset[str] = frozenset()
    altered: Mapping[str, str] = {}


class KnownStories(Protocol):
    """The stories in the ledgers (`History`); `newest` is the newest time in them."""

    @property
    def newest(self) -> str: ...

    def known_story(self, origin: str) -> KnownStory: ...

    def origins_by_key(self, keys: Collection[str]) -> Mapping[str, Collection[str]]: ...


def match(
    candidates: Sequence[Candidate], files: Collection[str], known_stories: KnownStories
) -> StoryMatches:
    """Matches candidates with known stories; `files` are those of all stories."""
    if not candidates:
        return StoryMatches()
    matches = _matches(candidates, files, known_stories)
    stories: dict[str, list[KnownStory]] = defaultdict(list)
    for origin, candidate in matches.items():
        stories[candidate.file].append(known_stories.known_story(origin))
    for of_file in stories.values():
        of_file.sort(key=lambda known: (not known.is_located, known.origin))
    names = _lasting_names(candidates, matches, stories)
    altered: dict[str, str] = {}
    for origin, candidate in matches.items():
        known = known_stories.known_story(origin)
        is_unrecorded = origin not in candidate.recorded and known.headlines
        is_renamed = candidate.file in names and (candidate.has_id or not known.by_link)
        if is_unrecorded or is_renamed:
            altered[candidate.file] = origin
    return StoryMatches(
        files={origin: candidate.file for origin, candidate in matches.items()},
        lasting_names=names,
        unrecorded=_unrecorded(candidates, stories, names, known_stories.newest),
        candidates=frozenset(candidate.file for candidate in candidates),
        altered=altered,
    )


def _matches(
    candidates: Sequence[Candidate], files: Collection[str], known_stories: KnownStories
) -> dict[str, Candidate]:
    """Returns the candidate that each known story is, by origin: by its id or link, else by likeness.

    A story that is in its place, so that it is no candidate, is not matched with another file.
    """
    matches: dict[str, Candidate] = {}
    in_place = set(files).difference(candidate.file for candidate in candidates)

    def is_free(origin: str) -> bool:
        return origin not in matches and origin not in in_place

    by_origin: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        for origin in filter(is_free, candidate.origins):
            by_origin[origin].append(candidate)
    for origin, rivals in by_origin.items():
        known = known_stories.known_story(origin)
        agreeing = [candidate for candidate in rivals if known.agrees_with(candidate)]
        if agreeing:
            matches[origin] = min(agreeing, key=partial(_rank, known))

    matched = {candidate.file for candidate in matches.values()}
    others = [candidate for candidate in candidates if candidate.file not in matched]
    for known, candidate in _by_likeness(others, known_stories):
        if is_free(known.origin) and candidate.file not in matched:
            matches[known.origin] = candidate
            matched.add(candidate.file)
    return matches


def _rank(known: KnownStory, candidate: Candidate) -> tuple[object, ...]:
    """Returns a sort key: of several files with one id or link, the first is the story."""
    is_same = candidate.has_id or candidate.canonical in known.links[-1:]
    is_elsewhere = candidate.file != known.file
    return is_elsewhere, not is_same, candidate.file not in known.files, candidate.file


def _by_likeness(
    candidates: Sequence[Candidate], known_stories: KnownStories
) -> list[tuple[KnownStory, Candidate]]:
    """Returns the candidates with each story that they may be, most likely and then latest first."""
    if not candidates:
        return []
    keys = set[str]()
    for candidate in candidates:
        keys.update(candidate.search_keys)
    owners_of = known_stories.origins_by_key(keys)
    likely: list[tuple[int, KnownStory, Candidate]] = []
    for candidate in candidates:
        origins = set(candidate.origins)
        for key in candidate.search_keys:
            origins.update(owners_of.get(key, ()))
        for origin in origins:
            known = known_stories.known_story(origin)
            if likeness := known.likeness(candidate):
                likely.append((likeness, known, candidate))
    likely.sort(key=lambda one: (max(one[1].files.values()), one[1].origin), reverse=True)
    likely.sort(key=lambda one: (-one[0], _rank(one[1], one[2])))
    return [(known, candidate) for _, known, candidate in likely]


def _lasting_names(
    candidates: Iterable[Candidate],
    matches: Mapping[str, Candidate],
    stories: Mapping[str, Sequence[KnownStory]],
) -> dict[str, str]:
    """Returns the lasting names that differ from those in files, by file."""
    names: dict[str, str] = {}
    for candidate in candidates:
        known = stories.get(candidate.file, [])
        name = _first_name(candidate, known)
        origins = {story.origin for story in known}
        if not candidate.has_id and name == candidate.lasting_name:
            for namesake in candidate.namesakes:
                other = matches.get(namesake)
                # The first story with the name is gone, or its file has another one now.
                if namesake not in origins and (other is None or other.lasting_name != name):
                    name = f"{name}#{known[0].origin if known else candidate.file}"
                    break
        if name != candidate.lasting_name:
            names[candidate.file] = name
    return names


def _first_name(candidate: Candidate, known: Sequence[KnownStory]) -> str:
    """Returns a story's lasting name, even if an editor has changed its id, feeds or link since."""
    written = set[str]()
    for story in known:
        written.update(story.written_names)
    is_found = candidate.is_named and any(story.origin in candidate.origins for story in known)
    is_named = is_found and (not written or candidate.lasting_name in written)
    for story in known:
        if story.lasting_name and (story.is_located or not is_named):
            return story.first_name(candidate.feeds)
    return candidate.lasting_name


def _unrecorded(
    candidates: Iterable[Candidate],
    stories: Mapping[str, Sequence[KnownStory]],
    names: Mapping[str, str],
    newest: str,
) -> tuple[Location, ...]:
    """Returns the locations that no ledger has: the file or, of a story without an id, its link."""
    locations = []
    for candidate in candidates:
        known = stories.get(candidate.file, [])
        has_file = any(story.file == candidate.file for story in known)
        has_link = candidate.has_id or any(
            story.lasting_name and candidate.canonical in story.links for story in known
        )
        if has_file and has_link:
            continue
        name = names.get(candidate.file, candidate.lasting_name)
        has_id = (
            not known[0].by_link if known else candidate.has_id or name != candidate.lasting_name
        )
        # If the name is not a link, it is the guid of another feed that brought the story.
        has_id = has_id or urls.web_link(name) is None
        ids = (name, candidate.link) if has_id else ("", name)
        locations.append(Location(newest, candidate.file, *ids, candidate.link))
    return tuple(sorted(locations))
