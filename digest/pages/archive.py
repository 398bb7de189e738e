"""The archive as values: what is published, arranged by week and theme.

    Outline ──arrange──▶ Archive of Edition and Storyline

Stories stand here in outline; whoever shows one asks for its words. Refuses to decide anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from digest.model import Catalogue, FreePage, Letter, Outline, Theme
from digest.pages.anchors import Anchors
from digest.week import Week


class Section(NamedTuple):
    """The stories of a week under one theme, their main one; without a theme it is "Elsewhere"."""

    theme: Theme | None
    stories: tuple[Outline, ...]


class Forward(NamedTuple):
    """An anchor on a week's page where a story once lay, and the story to which it leads on."""

    anchor: str
    story: Outline


MadeOf = tuple[tuple[Outline, ...], bool, Letter | None, tuple[Forward, ...], bytes]
"""Of an edition: stories, whether it is closed, letter, what was moved away, and where the letter's links may lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A week as published: `stories` holds all of it, newest first; `lead` stands apart from the sections.

    `themed` has the stories of each theme, `main` how many have it as their main one, "" for none; `order` is that of
    the themes in digest.toml. `made_of` is all that the rest follows from (and digest.toml), `mark` a hash of that.
    """

    week: Week
    closed: bool
    stories: tuple[Outline, ...] = ()
    letter: Letter | None = None
    lead: Outline | None = None
    moved: tuple[Forward, ...] = ()
    made_of: MadeOf | None = None
    mark: bytes = b""
    themed: Mapping[str, tuple[Outline, ...]] = field(default_factory=dict)
    main: Mapping[str, int] = field(default_factory=dict)
    order: tuple[Theme, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """The stories but the lead by their main theme, put together when somebody asks: few weeks are shown again."""
        by_theme: dict[str, list[Outline]] = defaultdict(list)
        for story in self.stories:
            if story is not self.lead:
                by_theme[next(iter(story.themes), "")].append(story)
        order: tuple[Theme | None, ...] = (*self.order, None)
        sections = (Section(theme=theme, stories=tuple(by_theme[theme.id if theme else ""])) for theme in order)
        return tuple(section for section in sections if section.stories)


class Storyline(NamedTuple):
    """A theme with its stories, newest first, and its standing introduction."""

    theme: Theme
    stories: tuple[Outline, ...] = ()
    introduction: FreePage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """All published stories, arranged: `stories` and `editions` newest first, `storylines` as in digest.toml.

    `vacated` are weeks that have no stories any more, since all were moved, hidden or deleted: they are no editions,
    but keep their addresses, and the anchors of moved stories redirect. `held` are weeks whose letter is a draft: they
    are not in the feed of the weeks yet. `places` is a hash of everything that decides where a link in a text leads,
    `frame` one of what of that the stories have a part in. `twinned` tells whether two stories have one name, and
    `drafts` whether what waits as such is among them.
    """

    stories: tuple[Outline, ...] = ()
    editions: tuple[Edition, ...] = ()
    vacated: tuple[Edition, ...] = ()
    storylines: tuple[Storyline, ...] = ()
    pages: tuple[FreePage, ...] = ()
    anchors: Anchors
    held: frozenset[Week] = frozenset()
    places: bytes = b""
    frame: bytes = b""
    twinned: bool = False
    drafts: bool = False
    catalogue: Catalogue = field(compare=False)
