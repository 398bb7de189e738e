"""A digest read as any generator could: the texts of its stories, weeks, themes and free pages, links made addresses.

Made for digests of `benchmarks.corpus`: there an anchor is the slug, and nothing is hidden or waits as a draft.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest import config as configs
from digest.content import front_matter, paths, story_file
from digest.model import Config, Story
from digest.week import Week

ELSEWHERE = "elsewhere"
_LINK = re.compile(r"\]\((?:\.\./\.\./)?(?:(\d{4}/w\d\d)/)?\d{4}-\d\d-\d\d-([a-z0-9-]+)\.md\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What a digest holds: stories with their whole bodies as notes, weeks with their letters' bodies, oldest first."""

    config: Config
    stories: tuple[Story, ...]
    weeks: dict[Week, str]
    themes: dict[str, str]
    about: str

    def source(self, story: Story) -> str:
        """Returns the publisher's name."""
        return next(feed.publisher for feed in self.config.feeds if feed.id == story.feeds[0])


def read(root: Path) -> Journal:
    """Returns all of a digest."""
    config = configs.load(root)
    files = sorted(_files(root))
    zone = ZoneInfo(config.site.timezone)
    base = urlsplit(config.site.url).path
    text = partial(_text, root)
    stories = [
        _story(story_file.loads(text(file), file, zone), base)
        for file in files
        if paths.is_story(file)
    ]
    weeks = dict.fromkeys(sorted({story.week for story in stories}), "")
    letters = {
        Week.parse(paths.folder_of(file)): linked(
            _body(text(file), file), paths.folder_of(file), base
        )
        for file in files
        if paths.is_letter(file)
    }
    return Journal(
        config=config,
        stories=tuple(stories),
        weeks={week: letters.get(week, "") for week in weeks},
        themes={
            theme.id: _body(text(f"content/themes/{theme.id}.md"), theme.id)
            for theme in config.themes
        },
        about=_body(text("content/pages/about.md"), "about"),
    )


def label(week: Week) -> str:
    """Returns a week's name for readers."""
    return f"Week {week.number}, {week.year}"


def linked(markdown: str, folder: str, base: str) -> str:
    """Returns a text of a week's folder with its links to stories' files as the addresses of these."""
    return _LINK.sub(lambda link: f"]({base}{link[1] or folder}/#{link[2]})", markdown)


def _story(story: Story, base: str) -> Story:
    return replace(story, note=linked(story.note, story.week.folder, base))


def _files(root: Path) -> Iterator[str]:
    for folder, _, names in os.walk(root / "content"):
        place = Path(folder).relative_to(root).as_posix()
        yield from (f"{place}/{name}" for name in names)


def _text(root: Path, file: str) -> str:
    return (root / file).read_text(encoding="utf-8")


def _body(text: str, file: str) -> str:
    return front_matter.parse(text, file, required=False).body.strip("\n")
