"""Themes suggested for stories that have none: `digest themes --missing`.

the archive, from the cache ──▶ index of the stories with themes ──▶ what the others are like
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from digest.content.load import survey
from digest.model import Config
from digest.themes.suggest import AT_ONCE, Suggestions, missing, suggestions


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReport:
    """The stories that have no theme, the newest first, with suggestions; of `stories` in all.

    `older` is how many more there are that are not listed.
    """

    missing: tuple[Suggestions, ...]
    older: int
    stories: int
    unread: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def run(root: Path, config: Config, *, every: bool = False) -> MissingReport:
    """Finds the newest stories without a theme, or `every` one, and which themes they may have."""
    found = survey(root, config)
    stories = found.content.stories
    themeless = missing(stories)
    listed = themeless if every else themeless[:AT_ONCE]
    return MissingReport(
        missing=suggestions(listed, stories, config.themes, most=None),
        older=len(themeless) - len(listed),
        stories=len(stories),
        unread=found.unread,
        unknown_themes=found.unknown_themes,
    )
