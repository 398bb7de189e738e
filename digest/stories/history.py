"""What the ledgers remember of the stories that are there: the places they have left, the headlines they once had.

Refuses to guess: a story is met by its guid, or by its link where it has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from digest.model import Moved, Story
from digest.stories import ledger
from digest.stories.identity import scoped, story_keys
from digest.stories.ledger import Record
from digest.week import Week

_PLACE = re.compile(r"content/(\d{4}/w\d{2})/(?:\d{4}-\d{2}-\d{2}-)?([^/]+)\.md")


class History:
    """The records of each story, by the keys of its file."""

    def __init__(self, ledgers: Mapping[str, Mapping[str, Record]]) -> None:
        self._records: dict[str, list[tuple[str, Record]]] = {}
        for feed, records in ledgers.items():
            for record in records.values():
                for alias in ledger.names_on_disk(record):
                    self._records.setdefault(scoped(alias, feed), []).append((feed, record))

    def of(self, story: Story) -> list[tuple[str, Record]]:
        """Returns the records of a story with their feeds, each once, in the order of the story's own feeds."""
        keys = story_keys(story.id, story.link, story.feeds)
        found = {(feed, record.id): record for key in keys for feed, record in self._records.get(key, ())}
        order = {feed: number for number, feed in enumerate(story.feeds)}
        ranked = sorted(found.items(), key=lambda one: (order.get(one[0][0], len(order)), one[0]))
        return [(feed, record) for (feed, _), record in ranked]

    def moved(self, stories: Iterable[Story]) -> tuple[Moved, ...]:
        """Returns the places of stories that now lie elsewhere, where no other lies there."""
        stories = tuple(stories)
        present = {story.file for story in stories}
        left = {
            (record.file, story.file) for story in stories for _, record in self.of(story) if record.file not in present
        }
        return tuple(filter(None, (_moved(place, file) for place, file in sorted(left))))

    def earlier(self, stories: Iterable[Story]) -> dict[str, tuple[str, ...]]:
        """Returns, by file, the headlines that a story's first feed gave it before, oldest first."""
        found = {}
        for story in stories:
            titles = [title for _, record in self.of(story)[:1] for title, _ in record.earlier if title != story.title]
            if titles:
                found[story.file] = tuple(dict.fromkeys(titles))
        return found


def _moved(place: str, file: str) -> Moved | None:
    match = _PLACE.fullmatch(place)
    return Moved(week=Week.parse(match[1]), slug=match[2], file=file) if match else None
