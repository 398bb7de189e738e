"""The stories that need a theme: an editor may also decide that one stays without any."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from digest.content import store
from digest.content.load import Survey
from digest.model import Story
from digest.themes.reapply import stays_without_theme
from digest.themes.suggest import without_theme


class Themeless(NamedTuple):
    """The stories that have no theme and are not hidden, the newest first.

    `needing` need one; `left_without` are those that an editor has decided to leave without one.
    """

    needing: list[Story]
    left_without: list[Story]


def themeless_stories(root: Path, survey: Survey) -> Themeless:
    """Returns the stories without a theme; reads the file of each."""
    history = survey.history
    found = Themeless([], [])
    for story in without_theme(survey.content.stories):
        stays = stays_without_theme(story, store.read_text(root, story.file), history)
        (found.left_without if stays else found.needing).append(story)
    return found
