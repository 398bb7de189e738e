"""Finds the file of a story that the ledgers have: in its place, moved, or with its `id` removed or changed.

    by the keys of its records ──▶ the likeliest of several copies ──▶ by its place or link, if its `id` was altered

A story is named by the file where it was first put, as in the ledgers. Only the stories that were read are searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from digest.model import Entry, Story
from digest.stories import identity, ledger
from digest.stories.desk import Desk
from digest.stories.ledger import Record
from digest.stories.merge import hashes_of
from digest.stories.news import names_of
from digest.stories.precedence import last_written


class Finder:
    """The stories on disk, by what the ledgers know of them; `records` has these by file and feed, and may grow."""

    def __init__(self, desk: Desk, records: Mapping[str, Mapping[str, Record]]) -> None:
        self._desk, self._records = desk, records
        self._named = desk.by_key()
        self.stories = {story.file: story for story in desk.stories}
        """The stories that were read, by file, with the changes of this pull."""

    def find(self, file: str, names: Iterable[str]) -> tuple[Story | None, str]:
        """Returns the story of a file that the ledger knows, wherever it lies now, or the file that hides it."""
        named = sorted({other for key in self._keys(file) for other in self._named.get(key, ())})
        alike = {other: self._likeness(self.stories[other], file) for other in named}
        mistaken = self._with_id_of_another(file, max(alike.values(), default=0))
        if mistaken:
            return mistaken, ""
        if any(alike.values()):  # the others are copies that have become other stories, their `id` left in
            return self.stories[max(named, key=lambda other: (alike[other], other == file))], ""
        altered = self._with_altered_id(file)
        return altered, "" if altered else self._desk.hidden(names)

    def _with_id_of_another(self, file: str, least: int) -> Story | None:
        """Returns the story whose `id` is that of another known story, though it is more like this one.

        It is also more like this one than those that have this one's `id`, which are so in `least` points.
        """
        keys, aliases = self._keys(file), {name for one in self._records.get(file, {}).values() for name in one.aliases}
        found = None
        for story in self._desk.stories:
            theirs = identity.keys_of_story(story)
            if not keys.isdisjoint(theirs) or aliases.isdisjoint(identity.aliases_of_link(story.link)):
                continue
            others = {other for key in theirs for other in self._owners.get(key, ())}
            likeness = self._likeness(story, file)
            if others and likeness > max(least, 1, *(self._likeness(story, other) for other in others)):
                found, least = story, likeness
        return found

    @cached_property
    def _owners(self) -> dict[str, set[str]]:
        """The stories that the ledgers know by a key, each as the file where it was first put."""
        found: dict[str, set[str]] = {}
        for file in self._records:
            for key in self._keys(file):
                found.setdefault(key, set()).add(file)
        return found

    def _with_altered_id(self, file: str) -> Story | None:
        """Returns the story whose `id` was taken out or altered: by its place and one more name, or by its link.

        A story that the ledgers know as another is never it: that was moved into the place, or shares the link.
        """
        aliases = {alias for record in self._records.get(file, {}).values() for alias in record.aliases}
        linked = []
        for story in self._desk.stories:
            names = identity.aliases_of(Entry("", story.title, story.link, story.published))
            if aliases.isdisjoint(names) or not self._keys_on_disk.isdisjoint(identity.keys_of_story(story)):
                continue
            if story.file == file:
                return story
            if not aliases.isdisjoint(name for name in names if name.startswith("link:") and "/" in name):
                linked.append(story)
        return linked[0] if len(linked) == 1 and file not in self._desk.files else None

    @cached_property
    def _keys_on_disk(self) -> frozenset[str]:
        """The keys of all stories that the ledgers know, as their files have them unless these were altered."""
        ledgers = self._desk.ledgers.items()
        return frozenset().union(
            *(ledger.keys_on_disk(record, feed) for feed, records in ledgers for record in records.values())
        )

    def is_gone(self, file: str) -> bool:
        """Tells whether the file of a story that a ledger knows is nowhere to be seen, under another name neither."""
        records = self._records.get(file, {})
        aliases = [alias for record in records.values() for alias in record.aliases]
        is_there = file in self._desk.files or not self._keys(file).isdisjoint(self._named)
        return bool(records) and not (is_there or self._desk.hidden(names_of(aliases)))

    def _likeness(self, story: Story, file: str) -> int:
        """Returns how many of link, headline and date a file shares with a story of the ledger."""
        said = {alias for record in self._records[file].values() for alias in record.aliases}
        titles = {record.title for record in self._records[file].values()}
        dated = [alias.removeprefix("headline:").partition(" ")[::2] for alias in said if alias.startswith("headline:")]
        wrote, ours = last_written(self._records[file]), hashes_of(story)
        words, when = identity.hash_of(story.title), identity.stamp(story.published)
        return sum(
            (
                not said.isdisjoint(identity.aliases_of_link(story.link)) or ours["link"] == wrote.get("link"),
                story.title in titles or words in {one for _, one in dated} or ours["title"] == wrote.get("title"),
                when in {one for one, _ in dated} or ours["published"] == wrote.get("published"),
            )
        )

    def _keys(self, file: str) -> set[str]:
        """Returns the keys under which a story's file is found, from its records."""
        records = self._records.get(file, {})
        return {key for feed, record in records.items() for key in ledger.keys_on_disk(record, feed)}
