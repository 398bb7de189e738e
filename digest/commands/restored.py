"""Finds files that an editor deleted and that a merge or rebase in git has brought back.

    git's deletions ──file here now──▶ added or edited since, by a commit made on top? ──no──▶ a hint
    the ledger's deletions ─────────▶

Each side of a merge is right by itself, so this is easy to miss; and the file is published again.
Reports nothing if git's history is incomplete (a shallow clone).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from digest import git
from digest.content import paths
from digest.content.load import ContentReport
from digest.errors import Problem
from digest.names import is_markdown

_CURE = "delete it again; or, to keep it, edit it and commit that edit by itself"


def problems(root: Path, survey: ContentReport) -> Iterator[Problem]:
    """Yields a hint for each file that is back; hidden stories are not on the site, and so are
    none."""
    content = survey.content
    hidden = {story.file for story in content.stories if story.hide}
    today = {
        place.file: place.story
        for place in content.places
        if place.story and place.story not in hidden
    }
    noted, history = set(), survey.history
    for story in (story for story in content.stories if not story.hide):
        for _, record in history.of(story):
            today |= dict.fromkeys(record.other_files, story.file)
            if record.deleted:
                noted.add(story.file)
    today |= {file: file for file in survey.files if is_markdown(file) and file not in hidden}
    for file, commit in sorted(
        git.brought_back(root, "content", today, noted, beside=paths.LEDGERS).items()
    ):
        where = f"in commit {commit}" if commit else "on another machine, as the ledger says"
        yield Problem(
            file, 0, f"was deleted {where}, and a merge has brought it back", _CURE, hint=True
        )
