"""Names: ids of themes, lasting names of stories, free names, and file names by their endings.

Shared by `content` and `site`, which must agree on them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, time, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest import urls

if TYPE_CHECKING:
    from digest.model import Story, Theme

_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_NO_NAMES: Mapping[str, str] = MappingProxyType({})
MARKDOWN = (".md", ".markdown")
"""The endings of Markdown files, in upper or lower case."""

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
"""The endings of pictures, in upper or lower case."""


def is_device(name: str) -> bool:
    """True if Windows takes a file's name for a device, such as `con` or `nul.txt`."""
    return _DEVICE.match(name) is not None


def is_markdown(file: str) -> bool:
    """True for a file name that ends in .md or .markdown, in upper or lower case."""
    return file.lower().endswith(MARKDOWN)


def is_picture(file: str) -> bool:
    """True for the name of a picture, by its ending."""
    return posixpath.splitext(file)[1].lower() in PICTURES


def without_ending(file: str) -> str:
    """Returns the name of a Markdown file without its ending; any other name unchanged."""
    return posixpath.splitext(file)[0] if is_markdown(file) else file


def current_ids(themes: Iterable[Theme]) -> dict[str, str]:
    """Returns the id of each theme by every id that it has or had; present ids win."""
    themes = tuple(themes)
    former = {old: theme.id for theme in themes for old in theme.was}
    return former | {theme.id: theme.id for theme in themes}


def free_name(name: str, taken: Container[str]) -> str:
    """Returns the name, or the first of name-2, name-3… that is not taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def lasting_name(story: Story, names: Mapping[str, str] = _NO_NAMES) -> str:
    """Returns what identifies a story for good, even if its file, title or host changes.

    It is the publisher's id, or the link. `names` has that of stories whose file says something
    else now (`Content.lasting_names`).
    """
    if name := names.get(story.file):
        return name
    if urls.is_absolute(story.id):
        return story.id
    return f"{next(iter(story.feeds), '')}\n{story.id}" if story.id else story.link


def last_change(story: Story, zone: tzinfo) -> datetime:
    """Returns the time of a story's last change; a correction counts from its day's midnight."""
    if not (story.updated or story.corrections):
        return story.published
    corrected = (datetime.combine(correction.day, time(), zone) for correction in story.corrections)
    return max(story.published, story.updated or story.published, *corrected)
