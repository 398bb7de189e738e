"""What the ledgers remember of the stories that are there: the places they have left, the headlines they once had.

Refuses to guess: a story is met by its guid, or by its link where it has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from digest.model import Place, Story
from digest.stories import ledger, paths
from digest.stories.identity import keys_of_story
from digest.stories.ledger import Record
from digest.week import Week


class History:
    """The records of each story, by the keys of its file."""

    def __init__(self, ledgers: Mapping[str, Mapping[str, Record]]) -> None:
        self._records: dict[str, list[tuple[str, Record]]] = {}
        self._since: dict[str, str] = {}
        for feed, records in ledgers.items():
            for record in records.values():
                since = record.since or record.at
                self._since[record.file] = min(since, self._since.get(record.file, since))
                for key in ledger.keys_on_disk(record, feed):
                    self._records.setdefault(key, []).append((feed, record))

    def of(self, story: Story) -> list[tuple[str, Record]]:
        """Returns the records of a story with their feeds, each once, in the order of the story's own feeds."""
        keys = keys_of_story(story)
        found = {(feed, record.id): record for key in keys for feed, record in self._records.get(key, ())}
        order = {feed: number for number, feed in enumerate(story.feeds)}
        ranked = sorted(found.items(), key=lambda one: (order.get(one[0][0], len(order)), one[0]))
        return [(feed, record) for (feed, _), record in ranked]

    def places(self, stories: Iterable[Story]) -> tuple[Place, ...]:
        """Returns where stories were first put, those that are gone too, each with the file where it lies now."""
        stories = tuple(stories)
        lies: dict[str, str] = {}
        for story in stories:
            for _, record in self.of(story):
                lies.setdefault(record.file, story.file)
        lies |= {story.file: story.file for story in stories}  # whatever lies in a place now has its address
        found = (_place(file, lies.get(file, ""), since) for file, since in sorted(self._since.items()))
        return tuple(place for place in found if place)

    def telling(self, stories: Iterable[Story]) -> tuple[Place, ...]:
        """Returns the places of those weeks alone in which some story does not simply lie where it was first put.

        In all others every story's anchor is its slug, with the places or without them.
        """
        stories = tuple(stories)
        slugs: dict[Week, set[str]] = defaultdict(set)
        doubtful: set[Week] = set()
        places = self.places(stories)
        lying = {place.file for place in places if place.story == place.file}
        for week, slug in (
            *((place.week, place.slug) for place in places),
            *((story.week, story.slug) for story in stories if story.file not in lying),
        ):
            if slug in slugs[week]:
                doubtful.add(week)
            slugs[week].add(slug)
        doubtful.update(place.week for place in places if place.story not in {"", place.file})
        return tuple(place for place in places if place.week in doubtful)

    def earlier(self, stories: Iterable[Story]) -> dict[str, tuple[str, ...]]:
        """Returns, by file, the headlines that a story's first feed gave it before, oldest first."""
        found = {}
        for story in stories:
            titles = [title for _, record in self.of(story)[:1] for title, _ in record.earlier if title != story.title]
            if titles:
                found[story.file] = tuple(dict.fromkeys(titles))
        return found


def _place(file: str, story: str, since: str) -> Place | None:
    match, week = paths.PLACE.fullmatch(file), paths.week_of(file)
    if match is None or week is None:  # a line of the ledger that was damaged by hand
        return None
    return Place(week=week, slug=match[3], file=file, story=story, since=since)
