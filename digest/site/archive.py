"""The archive as values: what is published, arranged by week and theme.

Story ──arrange──▶ Archive of Edition and Storyline
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from digest.model import Content, FreePage, Letter, Story, Theme
from digest.site.anchors import Anchors
from digest.site.keys import Keys
from digest.week import Week


class Section(NamedTuple):
    """The stories of a week under one theme, their main one; without a theme it is "Elsewhere"."""

    theme: Theme | None
    stories: tuple[Story, ...]


class Redirect(NamedTuple):
    """An anchor on a week's page where a story once lay, and the story to which it leads on."""

    anchor: str
    story: Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A week as published: `stories` holds all of it, newest first; `lead` stands apart from the sections.

    `themed` has the stories of each theme, `main` how many have it as their main one, "" for none; `order` is that of
    the themes in digest.toml. `key` is a hash of all that the rest follows from, digest.toml apart.
    """

    week: Week
    closed: bool
    stories: tuple[Story, ...] = ()
    letter: Letter | None = None
    lead: Story | None = None
    moved: tuple[Redirect, ...] = ()
    key: bytes = b""
    themed: Mapping[str, tuple[Story, ...]] = field(default_factory=dict)
    main: Mapping[str, int] = field(default_factory=dict)
    order: tuple[Theme, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """The stories but the lead by their main theme, put together when somebody asks: few weeks are shown again."""
        by_theme: dict[str, list[Story]] = defaultdict(list)
        for story in self.stories:
            if story is not self.lead:
                by_theme[next(iter(story.themes), "")].append(story)
        order: tuple[Theme | None, ...] = (*self.order, None)
        sections = (
            Section(theme=theme, stories=tuple(by_theme[theme.id if theme else ""]))
            for theme in order
        )
        return tuple(section for section in sections if section.stories)


class Storyline(NamedTuple):
    """A theme with its stories, newest first, and its standing introduction."""

    theme: Theme
    stories: tuple[Story, ...] = ()
    introduction: FreePage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """All published stories, arranged: `stories` and `editions` newest first, `storylines` as in digest.toml.

    `vacated` are weeks that have no stories any more, since all were moved, hidden or deleted: they are no editions,
    but keep their addresses, and the anchors of moved stories redirect. `held` are weeks whose letter is a draft: they
    are not in the feed of the weeks yet. `changed` is when each story last changed, by its file. `keys` has the key of
    each story; `places` is a hash of everything that decides where a link in a text leads. `drafts`: they are among the
    stories.
    """

    stories: tuple[Story, ...] = ()
    editions: tuple[Edition, ...] = ()
    vacated: tuple[Edition, ...] = ()
    storylines: tuple[Storyline, ...] = ()
    pages: tuple[FreePage, ...] = ()
    anchors: Anchors
    held: frozenset[Week] = frozenset()
    changed: Mapping[str, datetime] = field(default_factory=dict)
    places: bytes = b""
    keys: Keys = field(compare=False)
    drafts: bool = False
    content: Content = field(compare=False)
