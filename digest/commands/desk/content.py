"""What the desk knows of a digest: what the last build has read, and the stories moved since then.

build succeeded ──▶ LastBuild ──▶ DeskContent
build failed ──▶ its problems ──▶ what can be read without the faulty files ──▶ LastBuild
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from digest.commands.serve_annotations import Annotations
from digest.config import load as load_config
from digest.content import load, paths, publishable
from digest.content.edit import Edit
from digest.errors import DigestError, Problem
from digest.model import Config, Content, Story
from digest.site import arrange
from digest.site.archive import Archive
from digest.week import Week


@dataclass(frozen=True, slots=True)
class LastBuild:
    """What the last build has read, or what could be read after it failed with `problems`."""

    config: Config
    content: Content
    archive: Archive
    annotations: Annotations
    base: str
    problems: tuple[Problem, ...] = ()


class DeskContent:
    """A digest as the last build has read it, with the saves of the desk since then.

    `stories` has all stories by file, `problems` why the last build failed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._build: LastBuild | None = None
        self._moved: dict[str, Story] = {}  # by their new files, which the last build may not know
        self.stories: dict[str, Story] = {}
        self.problems: tuple[Problem, ...] = ()

    def update(self, build: LastBuild) -> None:
        """Takes what a build has read; of a file with a problem, what was read before stays."""
        faulty = {problem.file for problem in build.problems}
        kept = {file: story for file, story in self.stories.items() if file in faulty}
        read = {story.file: story for story in build.content.stories}
        self._build, self.problems = build, build.problems
        self.stories = kept | self._moved | read

    def current(self) -> LastBuild:
        """Returns the last build; if it failed, the content is read without the faulty files.

        Raises DigestError before the first build.
        """
        last = self._build
        if self.problems and (last is None or last.problems != self.problems):
            config = last.config if last else load_config(self._root)
            content = load.survey(self._root, config).content
            archive = arrange.arrange(publishable.without_secrets(content), config, drafts=True)
            annotations = Annotations(self._root, config, content, archive)
            base = last.base if last else "/"
            self.update(LastBuild(config, content, archive, annotations, base, self.problems))
        if self._build is None:
            raise DigestError("the first build is not done yet; reload the page")
        return self._build

    def weeks(self) -> dict[Week, int]:
        """Returns how many stories each week has, the newest week first."""
        counts: dict[Week, int] = {}
        for story in self.current().content.stories:
            counts[story.week] = counts.get(story.week, 0) + 1
        return dict(sorted(counts.items(), reverse=True))

    def note_moves(self, edits: Iterable[Edit]) -> None:
        """Notes where the stories are that these edits have moved; undo may move them back."""
        for edit in edits:
            story = self.stories.get(edit.file)
            if edit.new_file and story:
                week = paths.week_of(edit.new_file) or story.week
                moved = replace(story, file=edit.new_file, week=week)
                self._moved |= {edit.new_file: moved, edit.file: story}
        self.stories |= self._moved
