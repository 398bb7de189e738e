"""The anchor of each story on its week's page: its slug, or `slug-2` where another of the week has that.

    the ledgers' places, oldest first ──▶ every other story, by its file's name ──▶ Anchors

An address that was once given leads to its story for good. Refuses to give one that belongs to a story which was moved
away, hidden or deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from digest.model import Content, Story
from digest.names import free_name
from digest.week import Week


class Anchors(NamedTuple):
    """Where each story stands: `unlike` has the anchors that are not the slug, by file.

    `left` has for each week the anchors that stories were moved away from, with the files where these lie now.
    """

    unlike: Mapping[str, str]
    left: Mapping[Week, Mapping[str, str]]

    def of(self, story: Story) -> str:
        """Returns the anchor of a story."""
        return self.unlike.get(story.file, story.slug)


class _Given:
    """The anchors of one week that were given, each to a story, which is called by its owner (`Place`)."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._anchors: dict[tuple[str, str], str] = {}

    def anchor(self, slug: str, owner: str) -> str:
        """Returns the anchor of a story for a slug, and gives it: one that it has had already stays its own."""
        if (slug, owner) not in self._anchors:
            anchor = slug if self._owners.get(slug) == owner else free_name(slug, self._owners)
            self._owners[anchor] = owner
            self._anchors[slug, owner] = anchor
        return self._anchors[slug, owner]


def anchors_of(content: Content) -> Anchors:
    """Returns the anchors of all stories, hidden ones and drafts too.

    First come the places that the ledgers know, in the order in which they came: only lines are added there, so that
    nothing which happens later changes these. Stories that no ledger has in their place yet come after them, by file
    name: in that order, they are then added.
    """
    recorded = {place.week for place in content.places}
    stories = {story.file: story for story in _in_question(content, recorded)}
    anchors: dict[str, str] = {}
    left: dict[Week, dict[str, str]] = defaultdict(dict)
    given: dict[Week, _Given] = defaultdict(_Given)
    owners: dict[str, str] = {}
    for place in sorted(
        content.places, key=lambda place: (place.since, _name(place.file), place.file, place.owner)
    ):
        owner = place.owner or place.file
        owners.setdefault(place.story, owner)
        anchor = given[place.week].anchor(place.slug, owner)
        story = stories.get(place.story)
        if story and (story.week, story.slug) == (place.week, place.slug):
            anchors.setdefault(story.file, anchor)
        elif story:
            left[place.week][anchor] = story.file
    others = [story for story in stories.values() if story.file not in anchors]
    for story in sorted(others, key=lambda story: (_name(story.file), story.file)):
        new = f"new {story.file}"  # for an owner may be called by the file that it had first
        anchors[story.file] = given[story.week].anchor(story.slug, owners.get(story.file, new))
    for file, anchor in anchors.items():
        left.get(stories[file].week, {}).pop(
            anchor, None
        )  # which the story had before, and has again
    unlike = {file: anchor for file, anchor in anchors.items() if anchor != stories[file].slug}
    return Anchors(unlike=unlike, left=left)


def _in_question(content: Content, recorded: Container[Week]) -> Iterator[Story]:
    """Yields the stories whose anchor may be another than their slug: most weeks have no two of one slug."""
    moved = {place.story for place in content.places}
    for week, found in groupby(content.stories, key=attrgetter("week")):
        here = list(found)
        if week in recorded or len({story.slug for story in here}) < len(here):
            yield from here
        elif moved:
            yield from (story for story in here if story.file in moved)


def _name(file: str) -> str:
    return file.rpartition("/")[2]
