"""`digest new`: the stories that no editor has touched since the last letter.

load ──▶ stories as pull wrote them, in weeks after the newest letter ──▶ their files
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digest import git
from digest.commands import curate
from digest.content import load
from digest.model import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStory:
    """A story that no editor has touched."""

    file: str
    title: str
    publisher: str
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewReport:
    """The stories in the order of their files, and files that cannot be read."""

    stories: tuple[NewStory, ...]
    unread: tuple[str, ...]


def run(root: Path, config: Config, since: str = "") -> NewReport:
    """Finds the stories that no editor has touched.

    They are in weeks after the newest published letter, or new since the commit `since`: raises
    UnknownRefError if there is no such commit, DigestError without a repository.
    """
    survey = load.survey(root, config)
    letters = [letter.week for letter in survey.content.letters if not letter.draft]
    last, added = max(letters, default=None), git.changes(root, since).new if since else None
    publishers = {feed.id: feed.publisher for feed in config.feeds}
    untouched = curate.untouched(survey, config)
    found = []
    for story in survey.content.stories:
        is_open = last is None or story.week > last
        if story.file in untouched and (is_open if added is None else story.file in added):
            publisher = next((publishers[feed] for feed in story.feeds if feed in publishers), "")
            found.append(
                NewStory(
                    file=story.file, title=story.title, publisher=publisher, themes=story.themes
                )
            )
    return NewReport(tuple(found), survey.unread)
