"""Hints about `also`: names that have no effect, what is not shown, and stories that may need it.

whole weeks ──same_event──▶ groups ──▶ a hint for each name that cannot be followed, and why
a week ──event_pairs──▶ pairs that are in no group yet
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from posixpath import basename

from digest.checks import event_pairs
from digest.checks.event_pairs import Pair
from digest.checks.hint import Hint
from digest.errors import did_you_mean
from digest.model import Content, Story
from digest.same_event import (
    REMOVE,
    Ignored,
    already_below,
    file_of,
    group_stories,
    present_file_of,
)
from digest.week import Week

_MAX_IGNORED_NAMES = 50  # names that are explained; finding a suggestion for each is slow


def hints(stories: Iterable[Story], content: Content) -> Iterator[Hint]:
    """Yields the hints about these stories, which are whole weeks of the content."""
    shown = [story for story in stories if not story.hide]
    found = group_stories(shown, present_file_of(content.story_addresses))
    for ignored in found.ignored[:_MAX_IGNORED_NAMES]:
        if file_of(ignored.name, ignored.story) not in content.unread:
            yield Hint(ignored.story.file, *_explained(ignored, content), key="also")
    by_file = {story.file: story for story in shown if story.file in found.below}
    for file, below in found.below.items():
        for other in below:
            for what, cure in _not_shown(by_file[file], other):
                yield Hint(file, what, cure, key="also")


def likely(week: Iterable[Story], content: Content) -> tuple[Pair, ...]:
    """Returns the pairs of a week's stories that likely report one event and are not grouped.

    If a story is shown below another one, the pair has that one, since only it can name more.
    """
    shown = [story for story in week if not story.hide]
    by_file = {story.file: story for story in shown}
    above: dict[str, Story] = {}
    for file, below in group_stories(shown, present_file_of(content.story_addresses)).below.items():
        above |= dict.fromkeys((other.file for other in below), by_file[file])
    found: dict[frozenset[str], Pair] = {}
    for pair in event_pairs.likely_pairs(shown):
        first = above.get(pair.first.file, pair.first)
        second = above.get(pair.second.file, pair.second)
        if first is not second:
            key = frozenset((first.file, second.file))
            found.setdefault(key, pair._replace(first=first, second=second))
    return tuple(found.values())


def ungrouped(content: Content, closed: Collection[Week]) -> Iterator[Hint]:
    """Yields a hint for each likely pair of a week that is still open; wrong hints go when it closes."""
    weeks: dict[Week, list[Story]] = defaultdict(list)
    for story in content.stories:
        if story.week not in closed:
            weeks[story.week].append(story)
    for stories in weeks.values():
        for pair in likely(stories, content):
            first, other = pair.first, pair.second
            if other.also and not first.also:
                first, other = other, first
            name, other_name = basename(first.file), basename(other.file)
            what = f"likely reports the same event as {name}: {pair.why}"
            cure = f"if so, add {other_name} to 'also' in that file; if not, leave both"
            yield Hint(other.file, what, cure, key="title")


def why_no_effect(story: Story, also: Sequence[str], content: Content) -> str:
    """Returns why the first new name in another `also` of a story would have no effect; or ""."""
    names = [name for name in also if name not in story.also]
    present_file = present_file_of(content.story_addresses)
    same_week = [other for other in content.stories if other.week == story.week]
    others = [other for other in same_week if other.file != story.file and not other.hide]
    meant = replace(story, hide=False, also=tuple(also))
    found = list(group_stories([meant, *others], present_file).ignored)
    for file, below in group_stories(others, present_file).below.items():
        below_it = {other.file for other in below}
        taken = [name for name in names if file_of(name, story) in below_it]
        found += [Ignored(meant, name, already_below(file)) for name in taken]
    for ignored in found:
        if ignored.story is meant and ignored.name in names:
            return "; ".join(_explained(ignored, content))
    return ""


def _explained(ignored: Ignored, content: Content) -> tuple[str, str]:
    """Returns why a name has no effect, and how to fix it."""
    what, cure = ignored.why, ignored.cure
    if not what:
        what, cure = _why_missing(ignored, content)
    return f"also: '{ignored.name}' {what}", cure


def _why_missing(ignored: Ignored, content: Content) -> tuple[str, str]:
    """Returns why a file is not a visible story of this week, and what to do."""
    file = file_of(ignored.name, ignored.story)
    folder, _, name = file.rpartition("/")
    present = {story.file: story for story in content.stories}
    moved = [
        address.present_file
        for address in content.story_addresses
        if address.file == file and address.present_file
    ]
    moved += [other for other in present if basename(other) == name]
    for other in (file, *moved):
        if other in present and present[other].week != ignored.story.week:
            cure = f"move one of the two files, or {REMOVE}"
            return f"is in another week, {present[other].week}", cure
        if other in present and present[other].hide:
            return "is hidden", REMOVE
    if any(file in (gone.file, *gone.former_files) for gone in content.gone):
        return "was deleted", REMOVE
    near = [basename(other) for other in present if other.startswith(f"{folder}/")]
    cure = did_you_mean(name, near) or "correct the name, or remove it"
    return "is not a story in this folder", cure


def _not_shown(story: Story, other: Story) -> Iterator[tuple[str, str]]:
    """Yields what of a story is not shown while it is below another one."""
    name = basename(other.file)
    if other.draft and not story.draft:
        what = f"also: '{name}' is a draft, so it is not shown yet"
        yield what, "remove 'draft' from it, or wait"
    if other.note:
        what = f"also: '{name}' has a note, which is not shown while it is below this story"
        yield what, "move its words into the note here"
    themes = [theme for theme in other.themes if theme not in story.themes]
    if themes:
        pages = "the page" if len(themes) == 1 else "the pages"
        named = ", ".join(themes)
        what = f"also: below this story, '{name}' is no longer on {pages} of {named}"
        yield what, f"to show it there, add {named} to this story's themes"
