"""The archive as values: what is published, by week (`Edition`) and by theme (`ThemeStories`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from digest.model import Content, FreePage, Letter, Story, Theme
from digest.site import formatting
from digest.site.anchors import Anchors
from digest.site.keys import Keys
from digest.week import Week, without_mistyped

FEED_STORIES = 50  # in /feed.atom and in the feeds of themes
FEED_EDITIONS = 26  # in /weeks.atom


class Section(NamedTuple):
    """The stories of a week with the same main theme; `theme` is None for those without one."""

    theme: Theme | None
    stories: tuple[Story, ...]


class StoryRedirect(NamedTuple):
    """The anchor that a story had on a week's page before it was moved, and the story."""

    anchor: str
    story: Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A week as published.

    - `stories`: newest first, without those below another one; `lead` is in no section
    - `below`: the stories that are shown below another one, by its file
    - `redirects`: the anchors of stories that were moved to another week
    - `key`: a hash of everything that the edition is made from, except digest.toml
    - `stories_by_theme`: by the theme's id
    - `main_theme_counts`: how many stories have a theme as their main one ("" for none)
    - `theme_order`: the themes as in digest.toml
    """

    week: Week
    closed: bool
    stories: tuple[Story, ...] = ()
    letter: Letter | None = None
    lead: Story | None = None
    below: Mapping[str, tuple[Story, ...]] = field(default_factory=dict)
    redirects: tuple[StoryRedirect, ...] = ()
    key: bytes = b""
    stories_by_theme: Mapping[str, tuple[Story, ...]] = field(default_factory=dict)
    main_theme_counts: Mapping[str, int] = field(default_factory=dict)
    theme_order: tuple[Theme, ...] = ()

    @property
    def all_stories(self) -> tuple[Story, ...]:
        """All its stories, those below others at the end."""
        return (*self.stories, *chain.from_iterable(self.below.values()))

    @property
    def own_title(self) -> str:
        """The title of the letter; "" if it has none, or only the week's name, as it was drafted."""
        title = self.letter.title if self.letter else ""
        return "" if title == formatting.label(self.week) else title

    @property
    def letter_title(self) -> str:
        """The title of the letter, or a general one; empty without a letter."""
        return (self.own_title or "The week in a letter") if self.letter else ""

    @property
    def title(self) -> str:
        """What the edition is called: by its letter, its lead, or its first story with a note."""
        if self.own_title:
            return self.own_title
        if not self.stories:
            return self.letter_title
        noted = (story for story in self.stories if story.note)
        first = self.lead or next(noted, self.stories[0])
        return first.shown_headline

    @property
    def sections(self) -> tuple[Section, ...]:
        """The stories except the lead by main theme; made when needed, since few weeks change."""
        by_theme: dict[str, list[Story]] = defaultdict(list)
        for story in self.stories:
            if story is not self.lead:
                by_theme[story.themes[0] if story.themes else ""].append(story)
        sections = [Section(theme, tuple(by_theme[theme.id])) for theme in self.theme_order]
        sections.append(Section(None, tuple(by_theme[""])))
        return tuple([section for section in sections if section.stories])


class ThemeStories(NamedTuple):
    """A theme with its stories, newest first, and its introduction."""

    theme: Theme
    stories: tuple[Story, ...] = ()
    introduction: FreePage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """All published stories, arranged.

    - `stories`, `editions`: newest first
    - `vacated`: weeks whose stories were all moved, hidden or deleted; they keep their addresses,
      and the anchors of moved stories redirect
    - `by_theme`: in the order of digest.toml
    - `below`: the stories that are shown below another one, by its file; they are not in `stories`
    - `draft_weeks`: weeks whose letter is a draft, which are not in the weekly feed yet
    - `changed`: when each story last changed, by file
    - `links_key`: a hash of everything that decides where a link in a text leads
    - `keys`: the key of each story
    - `drafts`: True if drafts are among the stories
    """

    stories: tuple[Story, ...] = ()
    editions: tuple[Edition, ...] = ()
    vacated: tuple[Edition, ...] = ()
    by_theme: tuple[ThemeStories, ...] = ()
    pages: tuple[FreePage, ...] = ()
    anchors: Anchors
    below: Mapping[str, tuple[Story, ...]] = field(default_factory=dict)
    draft_weeks: frozenset[Week] = frozenset()
    changed: Mapping[str, datetime] = field(default_factory=dict)
    links_key: bytes = b""
    keys: Keys = field(compare=False)
    drafts: bool = False
    content: Content = field(compare=False)

    @property
    def all_stories(self) -> tuple[Story, ...]:
        """All stories, week by week, those below others at the end of their week."""
        return tuple(chain.from_iterable(edition.all_stories for edition in self.editions))

    @property
    def plausible_weeks(self) -> list[Week]:
        """The weeks of the editions, oldest first, without those that are taken for mistyped."""
        return without_mistyped((edition.week for edition in self.editions), self.content.reached)

    @property
    def home_edition(self) -> Edition | None:
        """The edition for the home page: the newest closed one, or the newest if none is."""
        for edition in self.editions:
            if edition.closed:
                return edition
        newest = self.plausible_weeks[-1:]
        return next((edition for edition in self.editions if edition.week in newest), None)

    @property
    def weekly(self) -> tuple[Edition, ...]:
        """The editions in the weekly feed, newest first."""
        weekly = []
        for edition in self.editions:
            if edition.closed and edition.week not in self.draft_weeks:
                weekly.append(edition)
        return tuple(weekly[:FEED_EDITIONS])

    @property
    def recent(self) -> tuple[Story, ...]:
        """The stories of `/feed.atom`: the newest 50, or all of the open weeks if more."""
        still_open = sum(len(edition.stories) for edition in self.editions if not edition.closed)
        return self.stories[: max(FEED_STORIES, still_open)]
