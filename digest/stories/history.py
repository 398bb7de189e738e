"""What the ledgers remember of the stories that are there: the places they have left, the headlines they once had.

Refuses to guess: a story is met by its guid, or by its link where it has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from digest.model import Outline, Place, Story
from digest.stories import ledger, paths
from digest.stories.identity import keys_of_story
from digest.stories.ledger import Record
from digest.week import Week

Met = tuple[Story, list[tuple[str, Record]]]
"""A story with its records (`History.of`)."""


class History:
    """The records of each story, by the keys of its file."""

    def __init__(self, ledgers: Mapping[str, Mapping[str, Record]]) -> None:
        self._ledgers = ledgers
        self._records: dict[str, list[tuple[str, Record]]] = defaultdict(list)
        self._since: dict[str, str] = {}
        for feed, records in ledgers.items():
            for record in records.values():
                since = record.since or record.at
                self._since[record.file] = min(since, self._since.get(record.file, since))
                for key in ledger.keys_on_disk(record, feed):
                    self._records[key].append((feed, record))

    def of(self, story: Story) -> list[tuple[str, Record]]:
        """Returns the records of a story with their feeds, each once, in the order of the story's own feeds."""
        met = [one for key in keys_of_story(story) for one in self._records.get(key, ())]
        if len(met) < 2:
            return met
        found = {(feed, record.id): record for feed, record in met}
        order = {feed: number for number, feed in enumerate(story.feeds)}
        ranked = sorted(found.items(), key=lambda one: (order.get(one[0][0], len(order)), one[0]))
        return [(feed, record) for (feed, _), record in ranked]

    def excerpts(self) -> dict[str, frozenset[str]]:
        """Returns the hashes of all excerpts that pull has written into a story's file, by each name of the story.

        Its names are its keys (`identity.story_keys`), its links and its file: the latter two find it again where an
        editor has altered its `id`.
        """
        files: dict[str, set[str]] = defaultdict(set)
        names: dict[str, set[str]] = defaultdict(set)
        for feed, records in self._ledgers.items():
            for record in records.values():
                files[record.file].update(record.excerpts)
                links = (alias for alias in record.aliases if alias.startswith("link:"))
                for name in (*ledger.keys_on_disk(record, feed), *links, record.file):
                    names[name].add(record.file)
        written = {file: frozenset(hashes) for file, hashes in files.items() if hashes}
        found = {name: [written[file] for file in named if file in written] for name, named in names.items()}
        return {name: sets[0].union(*sets[1:]) for name, sets in found.items() if sets}

    def telling(self, stories: Iterable[Story | Outline], lies: Mapping[str, str]) -> tuple[Place, ...]:
        """Returns the places of those weeks alone in which some story does not simply lie where it was first put.

        A place is where a story was first put, one that is gone too, with the file where it lies now; `lies` has those
        of stories that lie elsewhere (`lying`). In all other weeks every story's anchor is its slug, with the places or
        without them: most stories make none.
        """
        stories = tuple(stories)
        weeks = {story.file: story.week for story in stories}  # whatever lies in a place now has its address
        left = [_place(file, lies.get(file, ""), since) for file, since in self._since.items() if file not in weeks]
        moved = [place for place in left if place]
        doubtful = {place.week for place in moved if place.story} | _shared((*moved, *stories))
        stayed = [
            _place(file, file, self._since[file])
            for file, week in weeks.items()
            if week in doubtful and file in self._since
        ]
        found = [place for place in (*moved, *stayed) if place and place.week in doubtful]
        return tuple(sorted(found, key=attrgetter("file")))


def lying(stories: Sequence[Met]) -> dict[str, str]:
    """Returns the places where stories were first put that lie elsewhere now, each with the file of the first."""
    return {
        record.file: story.file
        for story, records in reversed(stories)
        for _, record in records
        if record.file != story.file
    }


def earlier(stories: Iterable[Met]) -> dict[str, tuple[str, ...]]:
    """Returns, by file, the headlines that a story's first feed gave it before, oldest first."""
    found = {}
    for story, records in stories:
        titles = [title for _, record in records[:1] for title, _ in record.earlier if title != story.title]
        if titles:
            found[story.file] = tuple(dict.fromkeys(titles))
    return found


def _shared(named: Iterable[Place | Story | Outline]) -> set[Week]:
    """Returns the weeks in which two have one slug."""
    slugs: dict[Week, set[str]] = defaultdict(set)
    found = set()
    for one in named:
        taken = slugs[one.week]
        if one.slug in taken:
            found.add(one.week)
        taken.add(one.slug)
    return found


def _place(file: str, story: str, since: str) -> Place | None:
    match, week = paths.PLACE.fullmatch(file), paths.week_of(file)
    if match is None or week is None:  # a line of the ledger that was damaged by hand
        return None
    return Place(week=week, slug=match[3], file=file, story=story, since=since)
