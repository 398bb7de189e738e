"""Locations that no ledger has yet: which are to be recorded, and content as if they had been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from digest.content.ledger import timestamp
from digest.errors import DigestError, NotRecordedError
from digest.model import Content, Location
from digest.names import lasting_name


class Loaded(NamedTuple):
    """Content, and the locations of its stories that have to be recorded when it is published."""

    content: Content
    new_locations: tuple[Location, ...]

    @classmethod
    def of(cls, content: Content) -> Loaded:
        """Returns the content with its new locations."""
        return cls(content, new_locations_of(content))

    def as_recorded(self, now: datetime) -> Loaded:
        """Returns the content as it is once its new locations have been recorded at the time `now`.

        Lines of that time may end a pause between weeks (`week.without_mistyped`).
        """
        if not self.new_locations:
            return self
        newest = max(self.content.newest_record, timestamp(now))
        return self._replace(content=self.content._replace(newest_record=newest))


def new_locations_of(content: Content) -> tuple[Location, ...]:
    """Returns those `unrecorded` locations that have to be recorded in the ledger now.

    A hidden story or a draft has no address yet, so it may move without a trace. But if another
    story of its week has the same slug, both are recorded together, since their order decides which
    of them has the slug as its anchor. If two stories have the same name, none is recorded: nothing
    can be published until one of them is removed.
    """
    if not content.unrecorded:
        return ()
    names = {lasting_name(story, content.lasting_names) for story in content.stories}
    if len(names) < len(content.stories):
        return ()
    stories = {story.file: story for story in content.stories}
    slugs = Counter((story.week, story.slug) for story in content.stories)
    found = []
    for location in content.unrecorded:
        story = stories[location.file]
        if not (story.hide or story.draft) or slugs[story.week, story.slug] > 1:
            found.append(location)
    return tuple(found)


def record(root: Path, new_locations: Iterable[Location], now: datetime) -> None:
    """Records locations at the time `now`; raises NotRecordedError if that fails."""
    from digest.content import store  # late: most builds have nothing to record

    try:
        store.add_locations(root, new_locations, now)
    except DigestError as error:
        why = "so if you later move or rename a story, links to its old address may break"
        raise NotRecordedError(f"{error}; {why}") from error
