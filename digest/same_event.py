"""Which stories are shown below another one, because they report the same event (`also`).

    stories, each with the file names in its `also` ──▶ Groups: what is below what, and which names have no effect

A story is below one other at most, and no story is left out: a name that cannot be followed has no
effect, and that story keeps a card of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import attrgetter
from posixpath import basename, dirname
from typing import TYPE_CHECKING, NamedTuple

from digest.names import is_markdown

if TYPE_CHECKING:
    from digest.model import Story, StoryAddress

PresentFile = Callable[[str], str]
"""Returns the present file of one that was renamed, "" if there is none."""

REMOVE = "remove the name"
"""How to fix most names that have no effect."""


class Ignored(NamedTuple):
    """A name in the `also` of a story that has no effect, why, and how to fix it.

    `why` follows the name in a message; it is empty if the story's folder has no such story.
    """

    story: Story
    name: str
    why: str = ""
    cure: str = REMOVE


class Groups(NamedTuple):
    """The stories below others, by the file of the one that names them, and the `ignored` names."""

    below: Mapping[str, tuple[Story, ...]]
    ignored: tuple[Ignored, ...]


_NONE = Groups({}, ())


def file_of(name: str, story: Story) -> str:
    """Returns the file that a name in the `also` of a story means: it is in the story's folder."""
    bare = basename(name)
    if not is_markdown(bare):
        bare += ".md"
    return f"{dirname(story.file)}/{bare}"


def already_below(file: str) -> str:
    """Returns why a story that is below the one in this file cannot be below another."""
    return f"is below {basename(file)} already"


def present_file_of(addresses: Iterable[StoryAddress]) -> PresentFile:
    """Returns where files are that were renamed, or moved to the folder in which they are sought."""

    @cache
    def files() -> Mapping[str, str]:
        found = {}
        for address in sorted(addresses, key=attrgetter("since")):
            if address.present_file and address.present_file != address.file:
                folder = dirname(address.present_file)
                found[f"{folder}/{basename(address.file)}"] = address.present_file
        return found

    return lambda file: files().get(file, "")


def group_stories(stories: Iterable[Story], present_file: PresentFile) -> Groups:
    """Returns which of the stories are below which: whole weeks, since these are in one folder.

    A story that names others, or leads its week, has a card of its own. If two stories name one,
    the first by file name has it.
    """
    stories = tuple(stories)
    naming = [story for story in stories if story.also]
    if not naming:
        return _NONE
    by_file = {story.file: story for story in stories}
    below: dict[str, tuple[Story, ...]] = {}
    ignored: list[Ignored] = []
    taken: dict[str, str] = {}
    for story in sorted(naming, key=attrgetter("file")):
        found = []
        for name in story.also:
            file = file_of(name, story)
            other = by_file.get(file) or by_file.get(present_file(file))
            why, cure = _obstacle(story, other, taken) if other else ("", REMOVE)
            if other is None or why:
                ignored.append(Ignored(story, name, why, cure))
            else:
                taken[other.file] = story.file
                found.append(other)
        if found:
            below[story.file] = tuple(found)
    return Groups(below, tuple(ignored))


def _obstacle(story: Story, other: Story, taken: Mapping[str, str]) -> tuple[str, str]:
    """Returns why a story cannot be below another, and how to fix it; both empty if it can."""
    if other.file == story.file:
        return "is this file itself", REMOVE
    if taken.get(other.file) == story.file:
        return "is named twice", REMOVE
    if other.file in taken:
        return already_below(taken[other.file]), REMOVE
    if other.also:
        cure = "name all stories of the event in one file"
        return "has 'also' itself, so it has a card of its own", cure
    if other.lead:
        cure = "write 'also' into that file instead"
        return "leads the week, so it has a card of its own", cure
    return "", ""
