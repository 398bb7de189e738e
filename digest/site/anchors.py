"""The anchor of each story on its week's page: its slug, or `slug-2` if another story has that.

    the ledgers' locations, oldest first ──▶ all other stories, by file name ──▶ Anchors

A permalink belongs to its story for good: the anchor of a story that was moved, hidden or deleted
is never given to another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from posixpath import basename
from typing import NamedTuple

from digest.model import Content, Story
from digest.names import free_name
from digest.week import Week


class Anchors(NamedTuple):
    """The anchors of all stories: `by_file` has those that are not the story's slug.

    `moved_away` has for each week the anchors of stories that are in another week now, with their
    files.
    """

    by_file: Mapping[str, str]
    moved_away: Mapping[Week, Mapping[str, str]]

    def of(self, story: Story) -> str:
        """Returns the anchor of a story."""
        return self.by_file.get(story.file, story.slug)


class _Given:
    """The anchors of one week, each with the origin (`StoryAddress.origin`) to which it was given."""

    def __init__(self) -> None:
        self._origins: dict[str, str] = {}
        self._anchors: dict[tuple[str, str], str] = {}

    def anchor(self, slug: str, origin: str) -> str:
        """Returns the origin's anchor for a slug; the same one if it is asked for again."""
        if (slug, origin) not in self._anchors:
            anchor = slug if self._origins.get(slug) == origin else free_name(slug, self._origins)
            self._origins[anchor] = origin
            self._anchors[slug, origin] = anchor
        return self._anchors[slug, origin]


def anchors_of(content: Content) -> Anchors:
    """Returns the anchors of all stories, hidden ones and drafts included.

    The locations in the ledgers come first, in the order in which they were recorded. Since ledgers
    only grow, later events cannot change these anchors. Stories whose location is not recorded yet
    follow by file name, which is the order in which they will be recorded.
    """
    recorded = {address.week for address in content.story_addresses}
    stories = {story.file: story for story in _candidates(content, recorded)}
    anchors: dict[str, str] = {}
    moved_away: dict[Week, dict[str, str]] = defaultdict(dict)
    given: dict[Week, _Given] = defaultdict(_Given)
    origins: dict[str, str] = {}
    in_order = sorted(
        content.story_addresses,
        key=lambda address: (address.since, basename(address.file), address.file, address.origin),
    )
    for address in in_order:
        origin = address.origin or address.file
        origins.setdefault(address.present_file, origin)
        anchor = given[address.week].anchor(address.slug, origin)
        story = stories.get(address.present_file)
        if story and (story.week, story.slug) == (address.week, address.slug):
            anchors.setdefault(story.file, anchor)
        elif story:
            moved_away[address.week][anchor] = story.file
    others = [story for story in stories.values() if story.file not in anchors]
    for story in sorted(others, key=lambda story: (basename(story.file), story.file)):
        new = f"new {story.file}"  # an origin may have the name of the file that it had first
        anchors[story.file] = given[story.week].anchor(story.slug, origins.get(story.file, new))
    for file, anchor in anchors.items():  # a story may have been moved back
        moved_away.get(stories[file].week, {}).pop(anchor, None)
    by_file = {file: anchor for file, anchor in anchors.items() if anchor != stories[file].slug}
    return Anchors(by_file=by_file, moved_away=moved_away)


def _candidates(content: Content, recorded: Container[Week]) -> Iterator[Story]:
    """Yields the stories whose anchor may differ from their slug; there are few."""
    moved = {address.present_file for address in content.story_addresses}
    for week, stories in groupby(content.stories, key=attrgetter("week")):
        of_week = list(stories)
        if week in recorded or len({story.slug for story in of_week}) < len(of_week):
            yield from of_week
        elif moved:
            yield from (story for story in of_week if story.file in moved)
