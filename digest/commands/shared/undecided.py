"""The stories that need a theme: an editor may also decide that one stays without any."""

from __future__ import annotations

from pathlib import Path

from digest.content import store
from digest.content.load import Survey
from digest.model import Story
from digest.themes.reapply import stays_without_theme
from digest.themes.suggest import without_theme


def needing_theme(root: Path, survey: Survey) -> list[Story]:
    """Returns the stories that have no theme, are not hidden, and that no editor has decided to
    leave without one; the newest first."""
    history = survey.history
    found = []
    for story in without_theme(survey.content.stories):
        if not stays_without_theme(story, store.read_text(root, story.file), history):
            found.append(story)
    return found
