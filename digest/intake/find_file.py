"""Finds the file of a story that the ledgers know, even if an editor has moved or renamed it.

The ledgers name a story by the file where it was first put.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from digest.content import identity, ledger
from digest.content.ledger import Record, hashes_of
from digest.intake.precedence import last_written
from digest.intake.snapshot import Snapshot, search_texts
from digest.model import Story


class Finder:
    """Searches the stories that were read.

    `records` has the ledgers' records by file and feed, and may grow.
    """

    def __init__(self, snapshot: Snapshot, records: Mapping[str, Mapping[str, Record]]) -> None:
        self._snapshot, self._records = snapshot, records
        self._files_by_key = snapshot.by_key()
        self.stories = {story.file: story for story in snapshot.stories}
        """The stories that were read, by file, with the changes of this pull."""

    def find(self, file: str, names: Iterable[str]) -> tuple[Story | None, str]:
        """Returns the story, or else an unreadable file that may be it, "" if there is none."""
        altered = self._snapshot.altered
        for other, owner in altered.items():
            if owner == file and other in self.stories:
                return self.stories[other], ""
        candidates: set[str] = set()
        for key in self._keys(file):
            candidates.update(self._files_by_key.get(key, ()))
        scores = {
            other: self._likeness(self.stories[other], file)
            for other in sorted(candidates.difference(altered))
        }
        # A score of 0: a copy that has become another story, though its `id` was left in.
        if any(scores.values()):
            best = max(scores, key=lambda other: (scores[other], other == file))
            return self.stories[best], ""
        return None, self._snapshot.unreadable_with(names)

    def is_gone(self, file: str) -> bool:
        """True if the ledgers know a story by this file, and no file on disk can be it."""
        records = self._records.get(file, {})
        aliases = [alias for record in records.values() for alias in record.aliases]
        is_there = file in self._snapshot.files or file in self._snapshot.altered.values()
        is_there = is_there or not self._keys(file).isdisjoint(self._files_by_key)
        return bool(records) and not (
            is_there or self._snapshot.unreadable_with(search_texts(aliases))
        )

    def _likeness(self, story: Story, file: str) -> int:
        """Returns how many of link, headline and date a story on disk shares with the ledgers."""
        records = self._records[file].values()
        aliases = {alias for record in records for alias in record.aliases}
        titles = {record.title for record in records}
        title_hashes, dates = set(), set()
        for alias in aliases:
            if alias.startswith("headline:"):
                date, _, title_hash = alias.removeprefix("headline:").partition(" ")
                dates.add(date)
                title_hashes.add(title_hash)
        wrote, ours = last_written(self._records[file]), hashes_of(story)
        same_link = not aliases.isdisjoint(identity.aliases_of_link(story.link)) or ours[
            "link"
        ] == wrote.get("link")
        same_title = (
            story.title in titles
            or identity.hash_of(story.title) in title_hashes
            or ours["title"] == wrote.get("title")
        )
        same_date = identity.rfc3339(story.published) in dates or ours["published"] == wrote.get(
            "published"
        )
        return same_link + same_title + same_date

    def _keys(self, file: str) -> set[str]:
        """Returns the keys by which a file on disk is recognised as this story."""
        records = self._records.get(file, {})
        return {
            key for feed, record in records.items() for key in ledger.keys_on_disk(record, feed)
        }
