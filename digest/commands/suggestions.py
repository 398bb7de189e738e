"""Themes suggested for stories that have none: for the reports of `pull`, `status` and `themes --missing`.

the archive, from the cache ──▶ index of the stories with themes ──▶ what the others are like
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.cache import Cache
from digest.content.load import load, survey
from digest.content.scan import scan
from digest.errors import Faults
from digest.model import Config, Story
from digest.site import fingerprint
from digest.themes.suggest import AT_ONCE, Suggestions, missing, suggestions


def of_new(root: Path, config: Config, new: Iterable[Story]) -> tuple[Suggestions, ...]:
    """Returns suggestions for those of a pull's new stories that have no theme, the newest first."""
    asked = missing(new) if config.themes else []
    return suggestions(asked, _stories(root, config), config.themes) if asked else ()


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


def _stories(root: Path, config: Config) -> Sequence[Story]:
    """Returns the stories that can be read."""
    try:
        with Cache(root) as cache:
            scanned = scan(root)
            return load(root, config, scanned, cache, fingerprint.of_reading(config)).stories
    except Faults:
        return survey(root, config).content.stories
