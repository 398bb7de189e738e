"""Stories of one event on the desk: which are shown below which, and which likely belong together.

the week's cards ──same_event──▶ groups      ──event_pairs──▶ pairs, and why      both ──▶ EventView
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from digest.checks import also_rules
from digest.model import Content, Story
from digest.preview.desk.view import Card, EventView, OtherStory
from digest.same_event import groups, renamed
from digest.week import Week

_NOTHING = EventView()


class WeekEvents:
    """What the cards of the last week shown say of the same event; found again when a story changes."""

    def __init__(self) -> None:
        self._stories: tuple[Story, ...] = ()
        self._views: Mapping[str, EventView] = {}

    def view(
        self, file: str, cards: Mapping[Week, Mapping[str, Card]], content: Content
    ) -> EventView:
        """Returns what the card of a file says; `cards` are as they are now, by week and file."""
        here = next((week for week in cards.values() if file in week), {})
        by_file = {file: card for file, card in here.items() if card.story}
        stories = tuple(card.story for card in by_file.values() if card.story)
        if stories != self._stories:
            self._stories, self._views = stories, _views(by_file, stories, content)
        return self._views.get(file, _NOTHING)


def refuse(story: Story, changes: Mapping[str, Any], content: Content) -> None:
    """Raises ValueError for a story that cannot be shown below this one, with the reason."""
    if why := also_rules.refused(story, changes.get("also", ()), content):
        raise ValueError(why)


def _views(
    cards: Mapping[str, Card], stories: tuple[Story, ...], content: Content
) -> Mapping[str, EventView]:
    shown = [story for story in stories if not story.hide]
    below = groups(shown, renamed(content.places)).below
    above = {one.file: file for file, group in below.items() for one in group}
    likely: dict[str, list[OtherStory]] = {}
    for pair in also_rules.likely(shown, content):
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            is_free = not (other.also or other.lead)
            found = _other(cards[other.file], pair.why, is_free=is_free)
            likely.setdefault(one.file, []).append(found)
    return {
        file: EventView(
            above=_other(cards[above[file]]) if file in above else None,
            below=tuple(_other(cards[one.file]) for one in below.get(file, ())),
            likely=tuple(likely.get(file, ())),
        )
        for file in {*above, *below, *likely}
    }


def _other(card: Card, why: str = "", *, is_free: bool = False) -> OtherStory:
    return OtherStory(card.name, card.anchor, card.headline, card.publisher, why, is_free)
