"""Finds the file of a story that the ledgers have, in its place or moved: as the build does, or else by its keys.

A story is named by the file where it was first put, as in the ledgers. Only the stories that were read are searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from digest.content import identity, ledger
from digest.content.ledger import Record, hashes_of
from digest.intake.detect import names_of
from digest.intake.plan import Snapshot
from digest.intake.precedence import last_written
from digest.model import Story


class Finder:
    """The stories on disk, by what the ledgers know of them; `records` has these by file and feed, and may grow."""

    def __init__(self, desk: Snapshot, records: Mapping[str, Mapping[str, Record]]) -> None:
        self._desk, self._records = desk, records
        self._named = desk.by_key()
        self.stories = {story.file: story for story in desk.stories}
        """The stories that were read, by file, with the changes of this pull."""

    def find(self, file: str, names: Iterable[str]) -> tuple[Story | None, str]:
        """Returns the story of a file that the ledger knows, wherever it lies now, or the file that hides it."""
        altered = self._desk.altered
        theirs = [
            other for other, owner in altered.items() if owner == file and other in self.stories
        ]
        if theirs:
            return self.stories[theirs[0]], ""
        keyed = {other for key in self._keys(file) for other in self._named.get(key, ())}
        alike = {
            other: self._likeness(self.stories[other], file)
            for other in sorted(keyed.difference(altered))
        }
        if any(
            alike.values()
        ):  # the others are copies that have become other stories, their `id` left in
            return self.stories[max(alike, key=lambda other: (alike[other], other == file))], ""
        return None, self._desk.hidden(names)

    def is_gone(self, file: str) -> bool:
        """Tells whether the file of a story that a ledger knows is nowhere to be seen, under another name neither."""
        records = self._records.get(file, {})
        aliases = [alias for record in records.values() for alias in record.aliases]
        is_there = file in self._desk.files or file in self._desk.altered.values()
        is_there = is_there or not self._keys(file).isdisjoint(self._named)
        return bool(records) and not (is_there or self._desk.hidden(names_of(aliases)))

    def _likeness(self, story: Story, file: str) -> int:
        """Returns how many of link, headline and date a file shares with a story of the ledger."""
        said = {alias for record in self._records[file].values() for alias in record.aliases}
        titles = {record.title for record in self._records[file].values()}
        dated = [
            alias.removeprefix("headline:").partition(" ")[::2]
            for alias in said
            if alias.startswith("headline:")
        ]
        wrote, ours = last_written(self._records[file]), hashes_of(story)
        words, when = identity.hash_of(story.title), identity.stamp(story.published)
        return sum(
            (
                not said.isdisjoint(identity.aliases_of_link(story.link))
                or ours["link"] == wrote.get("link"),
                story.title in titles
                or words in {one for _, one in dated}
                or ours["title"] == wrote.get("title"),
                when in {one for one, _ in dated} or ours["published"] == wrote.get("published"),
            )
        )

    def _keys(self, file: str) -> set[str]:
        """Returns the keys under which a story's file is found, from its records."""
        records = self._records.get(file, {})
        return {
            key for feed, record in records.items() for key in ledger.keys_on_disk(record, feed)
        }
