"""Checks the names in story files: the feeds and themes that digest.toml has.

    story ──has_all──▶ yes      text of its file ──problems_in──▶ unknown names, with their lines

Parsing a file depends on no name in digest.toml (`story_file`), only on its time zone. So other
feeds or themes there make no file be parsed again, except where a story names one that it may not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache

from digest.content import front_matter, story_file, typos
from digest.errors import Faults, Kind, Problem, did_you_mean, known_words, suggestion
from digest.model import Config, Story

_KINDS = {"feeds": Kind.UNKNOWN_FEED, "themes": Kind.UNKNOWN_THEME}
_MAX_REPORTED = 20  # unknown names of one key; finding a suggestion for each is slow
_FEED = re.compile(r"[a-z0-9][a-z0-9-]*")
_MIN_SIMILARITY = 0.85
"""An id at least this similar to a feed's is a typo (difflib's ratio)."""
_MIN_FOR_REMOVED = 2
"""In so many other stories, an unknown feed or theme was removed and is not misspelt."""


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The feeds and themes that a story may name.

    `former` are earlier ids of themes: a story may use them, but they are never suggested.
    """

    feeds: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()

    @property
    def current_themes(self) -> frozenset[str]:
        """The themes that digest.toml has now, under the ids that they have now."""
        return self.themes - self.former

    def has_all(self, feeds: Iterable[str], themes: Iterable[str]) -> bool:
        """True if stories may have all these names in their `feeds` and `themes`."""
        return self.themes.issuperset(themes) and all(map(self._has_feed, feeds))

    def has(self, key: str, name: str) -> bool:
        """True if a story may have this name in its key `feeds` or `themes`."""
        return name in self.themes if key == "themes" else self._has_feed(name)

    def _has_feed(self, name: str) -> bool:
        return name in self.feeds or _may_be_removed(self.feeds, name)


def names_of(config: Config, with_ledger: Iterable[str]) -> KnownNames:
    """Returns the names that stories may use; `with_ledger` are ids of feeds that have a ledger."""
    present = frozenset(theme.id for theme in config.themes)
    former = frozenset(old for theme in config.themes for old in theme.was) - present
    feeds = frozenset(feed.id for feed in config.feeds).union(with_ledger)
    return KnownNames(feeds, present | former, former)


def loads(
    text: str, file: str, names: KnownNames, zone: tzinfo, by_pull: Collection[str] | None = ()
) -> Story:
    """Returns a story as `story_file.loads` does; an unknown name in it is one more problem.

    Raises Faults with all problems, sorted by line.
    """
    problems: Sequence[Problem] = ()
    try:
        story = story_file.loads(text, file, zone, by_pull)
        if names.has_all(story.feeds, story.themes):
            return story
    except Faults as faults:
        problems = faults.problems
    problems = [*problems, *problems_in(text, file, names)]
    raise Faults(sorted(problems, key=lambda problem: problem.line))


def problems_in(text: str, file: str, names: KnownNames) -> list[Problem]:
    """Returns a problem for each unknown name in a story file's text; none if it has no keys."""
    try:
        values = front_matter.parse(text, file, required=True).values
    except Faults:
        return []
    reader = story_file.Reader(file, values)
    problems = []
    for key, kind in _KINDS.items():
        unknown = [name for name in reader.names(key) if not names.has(key, name)]
        line = values[key].line if unknown else 0
        for name in unknown[:_MAX_REPORTED]:
            what = f"unknown {key[:-1]} '{name}'"
            cure = typos.curly_cure(name) or _cure(names, key, name)
            problems.append(Problem(file, line, what, cure, kind=kind, name=name))
        if len(unknown) > _MAX_REPORTED:
            what = f"{len(unknown) - _MAX_REPORTED} more unknown {key}"
            problems.append(Problem(file, line, what, f"remove them from '{key}'"))
    return problems


def combined(problems: Sequence[Problem], names: KnownNames) -> list[Problem]:
    """Returns the problems, one for all stories that have the same removed theme or feed."""
    stories = Counter((problem.kind, problem.name) for problem in problems)
    result, done = list[Problem](), set[tuple[Kind | None, str]]()
    for problem in problems:
        unknown = (problem.kind, problem.name)
        if unknown in done:
            continue
        others = stories[unknown] - 1
        if not _is_removed(problem, others, names):
            result.append(problem)
            continue
        done.add(unknown)
        cure = _removed_theme_cure(problem.name)
        if problem.kind == Kind.UNKNOWN_FEED:
            cure = f"{problem.cure} Or was that feed deleted? Then add it to digest.toml, with retired = true"
        noun = "story" if others == 1 else "stories"
        what = f"{problem.what}, here and in {others} other {noun}"
        result.append(problem._replace(what=what, cure=cure))
    return result


def unknown_themes(problems: Iterable[Problem]) -> dict[str, tuple[str, ...]]:
    """Returns the themes that digest.toml does not have, each with the files that name it."""
    by_theme: dict[str, dict[str, None]] = {}
    for problem in problems:
        if problem.kind == Kind.UNKNOWN_THEME:
            by_theme.setdefault(problem.name, {})[problem.file] = None
    return {theme: tuple(files) for theme, files in by_theme.items()}


def _is_removed(problem: Problem, others: int, names: KnownNames) -> bool:
    """True for a theme or feed that so many other stories name that it is hardly misspelt."""
    if problem.kind == Kind.UNKNOWN_THEME:
        is_misspelt = did_you_mean(problem.name, names.current_themes)
        return others >= (_MIN_FOR_REMOVED if is_misspelt else 1)
    return problem.kind == Kind.UNKNOWN_FEED and others >= _MIN_FOR_REMOVED


@lru_cache(maxsize=1024)
def _may_be_removed(feeds: frozenset[str], feed: str) -> bool:
    """True for an id that a removed feed may have had; not for one like the id of a present feed.

    Stories outlive their feeds, so such an id is not an error.
    """
    import difflib  # only needed for ids that are not in digest.toml

    is_id = _FEED.fullmatch(feed) is not None
    return is_id and not difflib.get_close_matches(feed, feeds, n=1, cutoff=_MIN_SIMILARITY)


@lru_cache(maxsize=1024)  # a removed theme is in many stories
def _cure(names: KnownNames, key: str, name: str) -> str:
    """Returns how to fix an unknown name: it is misspelt, or was removed from digest.toml."""
    if key == "feeds":
        return suggestion(name, names.feeds)
    if cure := did_you_mean(name, names.current_themes):
        return cure
    cure = known_words(names.current_themes)
    return f"{cure}; or digest.toml had it before: {_removed_theme_cure(name)}"


def _removed_theme_cure(theme: str) -> str:
    return (
        f'if another theme takes its place, add  was = ["{theme}"]  to that theme in digest.toml, and its stories '
        "and addresses lead there; if it is gone, remove it from its stories: digest themes --apply"
    )
