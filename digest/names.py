"""Names: of themes, of stories for good, free ones, and which file names are those of Markdown files.

Stands this low since both rooms that deal in names must come to the same ones.
"""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, time, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest import urls

if TYPE_CHECKING:
    from digest.model import Story, Theme

_AS_IN_THE_FILE: Mapping[str, str] = MappingProxyType({})
MARKDOWN = (".md", ".markdown")
"""The endings of Markdown files, in upper or lower case."""


def is_markdown(file: str) -> bool:
    """True for a file name that ends in .md or .markdown, in upper or lower case."""
    return file.lower().endswith(MARKDOWN)


def without_ending(file: str) -> str:
    """Returns the name of a Markdown file without .md or .markdown, any other name as it is."""
    return posixpath.splitext(file)[0] if is_markdown(file) else file


def current_ids(themes: Iterable[Theme]) -> dict[str, str]:
    """Returns the id of each theme by every id that it has or had; an id in use wins over the same one given up."""
    themes = tuple(themes)
    return {old: theme.id for theme in themes for old in theme.was} | {
        theme.id: theme.id for theme in themes
    }


def free_name(name: str, taken: Container[str]) -> str:
    """Returns the name, or the first of name-2, name-3… that is not taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def lasting_name(story: Story, names: Mapping[str, str] = _AS_IN_THE_FILE) -> str:
    """Returns what names a story for good, whatever becomes of file, title or host: what the publisher calls it.

    `names` has that of stories whose file says something else by now (`Content.names`).
    """
    if name := names.get(story.file):
        return name
    if urls.is_absolute(story.id):
        return story.id
    return f"{next(iter(story.feeds), '')}\n{story.id}" if story.id else story.link


def last_change(story: Story, zone: tzinfo) -> datetime:
    """Returns the moment of a story's last change; a correction counts from the midnight that begins its day."""
    if not (story.updated or story.corrections):
        return story.published
    corrected = (datetime.combine(correction.day, time(), zone) for correction in story.corrections)
    return max(story.published, story.updated or story.published, *corrected)
