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
from digest.themes.suggest import Suggestions, missing, suggestions


def of_new(root: Path, config: Config, new: Iterable[Story]) -> tuple[Suggestions, ...]:
    """Returns suggestions for those of a pull's new stories that have no theme, the newest first."""
    asked = missing(new) if config.themes else []
    return suggestions(asked, _stories(root, config), config.themes) if asked else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReport:
    """The stories that have no theme, the newest first, with suggestions; of `stories` in all."""

    missing: tuple[Suggestions, ...]
    stories: int
    unread: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def run(root: Path, config: Config, *, most: int | None = None) -> MissingReport:
    """Finds the stories without a theme, and which themes they may have; the newest `most` of them."""
    found = survey(root, config)
    stories = found.content.stories
    return MissingReport(
        missing=suggestions(missing(stories), stories, config.themes, most=most),
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
