"""What leads from a story to the one before it and the one after it, in its narrowest theme.

    stories of each theme ──▶ Neighbours of each story ──▶ NeighboursView, below its card

A neighbour in the same week is on the same page, most often next to the story, and is not linked.
So a week's page shows words of stories in other weeks, and the page's key has a hash of them
(`key`). The page of a theme has no such lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import chain
from typing import NamedTuple

from digest.cache import key_of
from digest.model import Story
from digest.site import formatting
from digest.site.anchors import Anchors
from digest.site.archive import Edition, ThemeStories
from digest.site.cards import Cards, Chip
from digest.site.keys import BuildMemory

_MAX_NUMBERED = 30  # stories of a theme that are numbered; of more, a number says little
_MAX_HEADLINE = 60  # characters


class Neighbours(NamedTuple):
    """Where a story is in a theme: its `number` of `total`, both 0 in a large theme.

    `before` and `after` are the stories next to it, None if there is none or it is in the same week.
    """

    theme: str
    number: int
    total: int
    before: Story | None
    after: Story | None


class NeighbourLink(NamedTuple):
    """A neighbour as a link: its headline, its permalink, and its day."""

    title: str
    place: str
    day: str


class NeighboursView(NamedTuple):
    """The line below a story: its theme, its number in words, and its neighbours elsewhere."""

    theme: Chip
    number: str
    before: NeighbourLink | None
    after: NeighbourLink | None


def find_neighbours(
    by_theme: Iterable[ThemeStories], memory: BuildMemory
) -> Mapping[str, Neighbours]:
    """Returns the neighbours of each story by its file, in its narrowest theme of several stories.

    Stories whose line would have nothing but the theme are left out. `memory` is that of the
    builder: a theme that is as in the last build is not looked through again.
    """
    of_several = [theme_stories for theme_stories in by_theme if len(theme_stories.stories) > 1]
    sizes = {theme.id: len(stories) for theme, stories, _ in of_several}

    @cache  # stories have few combinations of themes
    def narrowest(themes: tuple[str, ...]) -> str:
        return min([id for id in themes if id in sizes], key=sizes.__getitem__)

    by_file: dict[str, Neighbours] = {}
    for theme, stories, _ in of_several:
        make = partial(_in_theme, theme.id, stories, narrowest)
        by_file |= memory.memo(("neighbours in theme", theme.id), stories, sizes, make)
    return by_file


def _in_theme(
    theme: str, stories: Sequence[Story], narrowest: Callable[[tuple[str, ...]], str]
) -> dict[str, Neighbours]:
    """Returns the neighbours of the stories of which this is the `narrowest` theme, by file."""
    by_file: dict[str, Neighbours] = {}
    total = len(stories)
    counted = total if total <= _MAX_NUMBERED else 0
    for at, story in enumerate(stories):
        if narrowest(story.themes) != theme:
            continue
        before = stories[at + 1] if at + 1 < total else None
        after = stories[at - 1] if at else None
        if before and before.week == story.week:
            before = None
        if after and after.week == story.week:
            after = None
        if counted or before or after:
            number = total - at if counted else 0
            by_file[story.file] = Neighbours(theme, number, counted, before, after)
    return by_file


def key(
    edition: Edition, by_file: Mapping[str, Neighbours], anchors: Anchors, memory: BuildMemory
) -> bytes:
    """Returns a hash of everything that the lines below an edition's stories show.

    That includes words of stories in other weeks.
    """
    of_edition = [by_file[story.file] for story in edition.stories if story.file in by_file]
    made_from = list(chain.from_iterable(of_edition))
    make = partial(_key, of_edition, anchors)
    return memory.memo(("neighbours", edition.week), made_from, anchors.by_file, make)


def _key(neighbours: Iterable[Neighbours], anchors: Anchors) -> bytes:
    parts, moved = [], anchors.by_file
    for theme, number, total, before, after in neighbours:
        parts.append(f"{theme} {number} {total}")
        for neighbour in (before, after):
            if neighbour:
                title, file = neighbour.shown_headline, neighbour.file
                parts.append(f"{title}\n{file} {neighbour.published.toordinal()} {moved.get(file)}")
            else:
                parts.append("")
    return key_of(parts)


def views(
    stories: Iterable[Story], by_file: Mapping[str, Neighbours], cards: Cards
) -> Mapping[str, NeighboursView]:
    """Returns the lines below some stories by file, for those that have one."""
    lines = {}
    for story in stories:
        if story.file not in by_file:
            continue
        theme, number, total, before, after = by_file[story.file]
        lines[story.file] = NeighboursView(
            theme=cards.chips[theme],
            number=f"{number} of {total}" if total else "",
            before=_link(cards, before, story.published),
            after=_link(cards, after, story.published),
        )
    return lines


def _link(cards: Cards, story: Story | None, beside: date) -> NeighbourLink | None:
    """Returns the link to a neighbour of a story with the date `beside`, without the same year."""
    if story is None:
        return None
    day = formatting.day(story.published)
    if story.published.year == beside.year:
        day = day.rpartition(" ")[0]
    title = formatting.shortened(story.shown_headline, _MAX_HEADLINE)
    return NeighbourLink(title, cards.place(story), day)
