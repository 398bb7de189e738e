"""The stories that still need a theme: an editor may also decide that one stays without any."""

from __future__ import annotations

from pathlib import Path

from digest.content import store, story_file
from digest.content.load import Survey
from digest.model import Story
from digest.themes.reapply import stays_without_theme
from digest.themes.suggest import without_theme


def still_without_theme(root: Path, survey: Survey) -> list[Story]:
    """Returns the stories that have no theme, are not hidden, and that no editor has decided to
    leave without one; the newest first."""
    history = survey.history
    found = []
    for story in without_theme(survey.content.stories):
        has_line = story_file.has_key(store.read_text(root, story.file), "themes")
        if not stays_without_theme(story, history.of(story), has_line=has_line):
            found.append(story)
    return found
