"""`digest new`: the stories to look at: new ones, and those that have changed since an editor
wrote.

load ──▶ no one has touched it, or a pull changed it below a note ──▶ not looked at ──▶ files
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digest import git
from digest.commands.shared import curate, reviewed
from digest.content import load
from digest.model import Config
from digest.site import cards


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStory:
    """A story to look at, and why: it is "new" or "changed"."""

    file: str
    title: str
    publisher: str
    themes: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class NewReport:
    """The stories in the order of their files, and files that cannot be read."""

    stories: tuple[NewStory, ...]
    unread: tuple[str, ...]


def run(root: Path, config: Config, since: str) -> NewReport:
    """Finds the stories to look at, or with `since` the untouched ones that are new since a commit.

    Raises UnknownRefError for a commit that does not exist, DigestError without a repository.
    """
    survey = load.survey(root, config)
    if since:
        added = git.changes(root, since).new
        states = dict.fromkeys(added & curate.untouched(survey, config), reviewed.NEW)
    else:
        states = reviewed.stories_to_review(root, config, survey)
    feeds = {feed.id: feed for feed in config.feeds}
    found = []
    for story in survey.content.stories:
        if story.file in states:
            found.append(
                NewStory(
                    file=story.file,
                    title=story.title,
                    publisher=cards.publisher(story, feeds)[0],
                    themes=story.themes,
                    state=states[story.file],
                )
            )
    return NewReport(tuple(found), survey.unread)
