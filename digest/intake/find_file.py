"""Finds the file of a story that the ledgers know, even if an editor has moved or renamed it.

The ledgers name a story by the file where it was first put.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import basename

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

    def find(self, file: str, texts: Iterable[str]) -> tuple[Story | None, str]:
        """Returns the story; None with a file that cannot be read and may be it, or with "".

        Such a file contains one of the `texts`, or has the name that the ledgers have.
        """
        altered = self._snapshot.altered
        for other, origin in altered.items():
            if origin == file and other in self.stories:
                return self.stories[other], ""
        candidates: set[str] = set()
        for key in self._keys(file):
            candidates.update(self._files_by_key.get(key, ()))
        best, most = "", (0, False)
        for other in sorted(candidates.difference(altered)):
            likeness = self._likeness(self.stories[other], file)
            # 0: a copy that has become another story, though its `id` was left in.
            if likeness and (likeness, other == file) > most:
                best, most = other, (likeness, other == file)
        if best:
            return self.stories[best], ""
        unreadable = self._snapshot.unreadable_with(texts)
        return None, unreadable or self._snapshot.unreadable_named(basename(file))

    def is_gone(self, file: str) -> bool:
        """True if the ledgers know a story by this file, and no file on disk can be it."""
        if not self._records.get(file):
            return False
        if file in self._snapshot.files or file in self._snapshot.altered.values():
            return False
        if not self._keys(file).isdisjoint(self._files_by_key):
            return False
        return not self._snapshot.unreadable_with(search_texts(self._aliases(file)))

    def _likeness(self, story: Story, file: str) -> int:
        """Returns how many of link, headline and date a story on disk shares with the ledgers."""
        aliases = self._aliases(file)
        titles = {record.title for record in self._records[file].values()}
        title_hashes, dates = set(), set()
        for alias in aliases:
            if alias.startswith("headline:"):
                date, _, title_hash = alias.removeprefix("headline:").partition(" ")
                dates.add(date)
                title_hashes.add(title_hash)
        wrote, ours = last_written(self._records[file]), hashes_of(story)
        has_link = not aliases.isdisjoint(identity.aliases_of_link(story.link))
        has_title = story.title in titles or identity.hash_of(story.title) in title_hashes
        has_date = identity.rfc3339(story.published) in dates
        count = 0
        for name, has_name in (("link", has_link), ("title", has_title), ("published", has_date)):
            count += has_name or ours[name] == wrote.get(name)
        return count

    def _aliases(self, file: str) -> set[str]:
        aliases = set[str]()
        for record in self._records[file].values():
            aliases.update(record.aliases)
        return aliases

    def _keys(self, file: str) -> set[str]:
        """Returns the keys by which a file on disk is recognised as this story."""
        keys = set[str]()
        for record in self._records.get(file, {}).values():
            keys |= ledger.file_keys(record)
        return keys
