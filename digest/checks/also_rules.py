"""Hints about `also`: names that have no effect, what is not shown, and stories that may need it.

whole weeks ──same_event──▶ groups ──▶ a hint for each name that cannot be followed, and why
a week ──event_pairs──▶ pairs that are in no group yet
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from digest.checks import event_pairs
from digest.checks.event_pairs import Pair
from digest.checks.story_rules import LineOf
from digest.errors import Problem, suggestion
from digest.model import Content, Story
from digest.same_event import REMOVE, Ignored, already_below, file_of, groups, renamed
from digest.week import Week

_MOST = 50  # names that are explained; finding a suggestion for each is slow


def hints(stories: Iterable[Story], content: Content, line_of: LineOf) -> Iterator[Problem]:
    """Yields the hints about these stories, which are whole weeks of the content."""
    shown = [story for story in stories if not story.hide]
    found = groups(shown, renamed(content.places))
    for one in found.ignored[:_MOST]:
        if file_of(one.name, one.story) not in content.unread:
            line = line_of(one.story.file, "also")
            yield Problem(one.story.file, line, *_explained(one, content), hint=True)
    by_file = {story.file: story for story in shown if story.file in found.below}
    for file, below in found.below.items():
        for other in below:
            for what, cure in _unseen(by_file[file], other):
                yield Problem(file, line_of(file, "also"), what, cure, hint=True)


def likely(week: Iterable[Story], content: Content) -> tuple[Pair, ...]:
    """Returns the pairs of a week's stories that likely report one event and are not grouped.

    For a story below another one, that one is in the pair: only there can others be added.
    """
    shown = [story for story in week if not story.hide]
    by_file = {story.file: story for story in shown}
    above: dict[str, Story] = {}
    for file, below in groups(shown, renamed(content.places)).below.items():
        above |= dict.fromkeys((other.file for other in below), by_file[file])
    found: dict[frozenset[str], Pair] = {}
    for pair in event_pairs.likely_pairs(shown):
        first, second = (above.get(one.file, one) for one in (pair.first, pair.second))
        if first is not second:
            key = frozenset((first.file, second.file))
            found.setdefault(key, pair._replace(first=first, second=second))
    return tuple(found.values())


def ungrouped(content: Content, closed: Collection[Week], line_of: LineOf) -> Iterator[Problem]:
    """Yields a hint for each likely pair of a week that is still open: a false one goes with it."""
    weeks: dict[Week, list[Story]] = defaultdict(list)
    for story in content.stories:
        if story.week not in closed:
            weeks[story.week].append(story)
    for stories in weeks.values():
        for pair in likely(stories, content):
            one, other = pair.first, pair.second
            if other.also and not one.also:
                one, other = other, one
            first, second = (story.file.rpartition("/")[2] for story in (one, other))
            what = f"likely reports the same event as {first}: {pair.why}"
            cure = f"if so, add {second} to 'also' in that file; if not, leave both"
            yield Problem(other.file, line_of(other.file, "title"), what, cure, hint=True)


def refused(story: Story, also: Sequence[str], content: Content) -> str:
    """Returns why the first new name in another `also` of a story would have no effect; or ""."""
    names = [name for name in also if name not in story.also]
    now = renamed(content.places)
    others = [one for one in content.stories if one.week == story.week and one.file != story.file]
    others = [one for one in others if not one.hide]
    meant = replace(story, hide=False, also=tuple(also))
    found = list(groups([meant, *others], now).ignored)
    for file, below in groups(others, now).below.items():
        below_it = {one.file for one in below}
        taken = [name for name in names if file_of(name, story) in below_it]
        found += [Ignored(meant, name, already_below(file)) for name in taken]
    for one in found:
        if one.story is meant and one.name in names:
            return "; ".join(_explained(one, content))
    return ""


def _explained(one: Ignored, content: Content) -> tuple[str, str]:
    """Returns why a name has no effect, and how to fix it."""
    what, cure = (one.why, one.cure) if one.why else _missing(one, content)
    return f"also: '{one.name}' {what}", cure


def _missing(one: Ignored, content: Content) -> tuple[str, str]:
    """Returns why a file is not a visible story of this week, and what to do."""
    file = file_of(one.name, one.story)
    folder, _, name = file.rpartition("/")
    present = {story.file: story for story in content.stories}
    moved = [place.story for place in content.places if place.file == file and place.story]
    moved += [other for other in present if other.rpartition("/")[2] == name]
    for other in (file, *moved):
        if other in present and present[other].week != one.story.week:
            cure = f"move one of the two files, or {REMOVE}"
            return f"is in another week, {present[other].week}", cure
        if other in present and present[other].hide:
            return "is hidden", REMOVE
    if any(file in (gone.file, *gone.former) for gone in content.gone):
        return "was deleted", REMOVE
    near = [other.rpartition("/")[2] for other in present if other.startswith(f"{folder}/")]
    cure = suggestion(name, near)
    if not cure.startswith("did you mean"):
        cure = "correct the name, or remove it"
    return "is not a story in this folder", cure


def _unseen(story: Story, other: Story) -> Iterator[tuple[str, str]]:
    """Yields what of a story is not shown while it is below another one."""
    name = other.file.rpartition("/")[2]
    if other.draft and not story.draft:
        yield (
            f"also: '{name}' is a draft, so it is not shown yet",
            "remove 'draft' from it, or wait",
        )
    if other.note:
        what = f"also: '{name}' has a note, which is not shown while it is below this story"
        yield what, "move its words into the note here"
    themes = [theme for theme in other.themes if theme not in story.themes]
    if themes:
        what = f"also: '{name}' is on no page of its themes that this story does not have"
        yield f"{what} ({', '.join(themes)})", "add them here, if they fit"
