"""`digest themes`: counts themes, explains them, tries phrases, and applies changed rules.

    survey ──rules──▶ a result for each story ──▶ counts | reasons | what a phrase catches | edits ──▶ report

Files that cannot be read are named, and the rest is shown. Only `apply` writes, and only to stories
whose themes the editor has not changed: files first, then the ledger. It first records what it is
about to do, so that the next run completes one that was killed.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from digest.cache import Cache
from digest.commands.shared import curate, git_merges, journal
from digest.content import load, paths, store, story_file
from digest.content.history import History
from digest.content.identity import hash_of
from digest.content.load import Survey
from digest.errors import DigestError, Faults, Problem, changed_meanwhile
from digest.model import Config, Skipped, Story, Theme
from digest.names import current_ids
from digest.phrases import explain as explanation
from digest.phrases import loosened
from digest.themes.reapply import (
    RuleResult,
    ThemeEdits,
    evaluate_rules,
    lines,
    searched_text,
    theme_edits,
    to_change,
)
from digest.themes.reasons import Reason, current_themes, reasons
from digest.themes.rules import of_excerpt, themes_of
from digest.week import Week


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """A theme's stories, hidden ones and drafts among them: all, those whose main theme it is, and
    its last week."""

    theme: str
    stories: int
    main: int
    last: Week | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemesReport:
    """A row for each theme, how many stories have none, and for how many the current rules say
    something else.

    `due` counts those whose themes are ours, `chosen_by_editor` those whose themes are the editor's.
    """

    rows: tuple[ThemeRow, ...]
    stories: int
    elsewhere: int
    due: int
    chosen_by_editor: int
    skipped: Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainReport:
    """A story's themes, the main one first, then those that it could have; `is_editors`: they are
    the editor's."""

    file: str
    title: str
    reasons: tuple[Reason, ...]
    is_editors: bool


@dataclass(frozen=True, slots=True)
class CaughtStory:
    """A story that a phrase would catch: where the phrase stands, and the themes that the story has
    already."""

    file: str
    title: str
    where: str
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TryReport:
    """What one or more phrases would catch in all `stories`.

    - `per_phrase`: how many each phrase would catch
    - `near_misses`: what slightly wider phrases would catch; `where` names the wider phrase
    - `explained`: how phrases are read that look like several
    - `partly`: of how many stories the feed's summary is not stored whole
    - `stories_by_theme`: how many of the caught stories have each theme already, "" for none
    """

    phrase: str
    caught: tuple[CaughtStory, ...]
    per_phrase: Mapping[str, int]
    near_misses: tuple[CaughtStory, ...]
    explained: tuple[str, ...]
    stories: int
    partly: int
    stories_by_theme: Mapping[str, int]
    skipped: Skipped


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """A story's themes before and after."""

    file: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """What was changed, and what was not.

    - `counts`: how many stories each theme had before and has after; "" is Elsewhere
    - `left`: lines on files that could not be changed
    - `chosen_by_editor`: how many stories the rules would change if their themes were not the editor's
    - `gone`: by file, the themes of stories that digest.toml no longer has and that stay, since
      they are the editor's
    - `unread`: files that cannot be read
    """

    counts: Mapping[str, tuple[int, int]]
    stories: int
    changed: tuple[ThemeChange, ...]
    left: tuple[str, ...]
    chosen_by_editor: int
    gone: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...]
    dry: bool


def run(root: Path, config: Config) -> ThemesReport:
    """Counts each theme's stories, and the stories for which the current rules say something
    else."""
    survey = load.survey(root, config)
    results = results_of(root, survey, config)
    ids = current_ids(config.themes)
    stories: Counter[str] = Counter()
    main: Counter[str] = Counter()
    last: dict[str, Week] = {}
    for story in survey.content.stories:
        themes = current_themes(story, ids)
        stories.update(themes)
        main.update(themes[:1])
        for theme in themes:
            last[theme] = max(story.week, last.get(theme, story.week))
    differing = [result for result in results if result.differs]
    chosen_by_editor = sum(result.is_editors for result in differing)
    return ThemesReport(
        rows=tuple(
            ThemeRow(theme.id, stories[theme.id], main[theme.id], last.get(theme.id))
            for theme in config.themes
        ),
        stories=len(results),
        elsewhere=sum(not story.themes for story in survey.content.stories),
        due=len(differing) - chosen_by_editor,
        chosen_by_editor=chosen_by_editor,
        skipped=survey.skipped,
    )


def explain(root: Path, config: Config, file: str) -> ExplainReport:
    """Says why the story of a file has its themes.

    Raises Faults if the file cannot be read, LookupError if it is not that of a story.
    """
    survey = load.survey(root, config)
    story = next((story for story in survey.content.stories if story.file == file), None)
    if story is None:
        problems = [problem for problem in survey.problems if problem.file == file]
        if not problems:
            for theme, files in survey.unknown_themes.items():
                if file in files:
                    cure = "'digest check' says what to do"
                    problems.append(Problem(file, 0, f"unknown theme '{theme}'", cure))
        if not problems and file in survey.content.unread:
            problems = [Problem(file, 0, "cannot be read", "'digest check' says why")]
        if problems:
            raise Faults(problems)
        raise LookupError(str(curate.not_a_story(root, file)))
    (result,) = results_of(root, survey, config, stories=[story])
    return ExplainReport(
        file=file,
        title=story.shown_headline,
        reasons=tuple(reasons(result, config.themes)),
        is_editors=result.is_editors,
    )


def try_phrases(root: Path, config: Config, *phrases: str) -> TryReport:
    """Finds what a theme of these phrases would catch in headlines and stored summaries or
    excerpts; raises ValueError for one badly written.
    """
    survey = load.survey(root, config)
    history, summaries_of = survey.history, store.summaries_of(root)
    ids = current_ids(config.themes)
    rule = Theme(id="tried", title="tried", match=phrases)
    each = [Theme(id=phrase, title=phrase, match=(phrase,)) for phrase in dict.fromkeys(phrases)]
    wider = tuple(dict.fromkeys(filter(None, map(loosened, phrases))))
    wider_rule = Theme(id="near", title="near", match=wider)
    caught, near_misses, partly = list[CaughtStory](), list[CaughtStory](), 0
    per_phrase: Counter[str] = Counter()
    stories_by_theme: Counter[str] = Counter()
    for story in survey.content.stories:
        title, words, is_whole = searched_text(story, history.of(story), summaries_of(story))
        partly += not is_whole
        per_phrase.update(list(themes_of(title, words, each)))
        themes = current_themes(story, ids)
        evidence = themes_of(title, words, (rule,)).get(rule.id)
        if evidence:
            where = evidence if is_whole else of_excerpt(evidence)
            if len(phrases) == 1:
                where = where.removeprefix(f"'{phrases[0]}' ")
            caught.append(CaughtStory(story.file, story.title, where, themes))
            stories_by_theme.update(themes or ("",))
        elif nearly := themes_of(title, words, (wider_rule,)).get(wider_rule.id):
            near_misses.append(CaughtStory(story.file, story.title, nearly, themes))
    return TryReport(
        phrase="' or '".join(phrases),
        caught=tuple(caught),
        per_phrase={phrase.id: per_phrase[phrase.id] for phrase in each},
        near_misses=tuple(near_misses),
        explained=tuple(filter(None, map(explanation, phrases))),
        stories=len(survey.content.stories),
        partly=partly,
        stories_by_theme=dict(stories_by_theme.most_common()),
        skipped=survey.skipped,
    )


def apply(
    root: Path, config: Config, *, now: datetime, dry: bool = False, all_stories: bool = False
) -> ApplyReport:
    """Applies the rules again to all stories whose themes the editor has not changed; `dry` writes
    nothing.

    A theme that digest.toml no longer has goes from them, too, and with `all_stories` from the
    stories whose themes the editor has changed; their other themes stay.
    """
    with store.locked_for_writing(root, dry=dry):
        survey, gone = with_removed_themes(root, config)
        results = results_of(root, survey, config, _hashes_before_kill(root))
        chosen = to_change(results, gone if all_stories else ())
        files = [result.story.file for result in chosen]
        texts = {file: store.read_exactly(root, file) for file in files}
        decided = theme_edits(chosen, texts, config.site.zone)
        changed_files = () if dry else _apply(root, decided, survey.history, now)
    changed = dict[str, ThemeChange]()
    for result in decided.results:
        file = result.story.file
        if file not in changed_files and result.differs:
            changed[file] = ThemeChange(file, result.story.themes, tuple(result.themes))
    ids = current_ids(config.themes)
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    chosen_by_editor, still_gone = 0, dict[str, tuple[str, ...]]()
    for result in results:
        story = result.story
        themes = current_themes(story, ids)
        before.update(themes or ("",))
        if story.file in changed:
            after.update(changed[story.file].after or ("",))
            continue
        after.update(themes or ("",))
        if result.is_editors:
            chosen_by_editor += result.differs
            if removed := tuple(theme for theme in story.themes if theme in gone):
                still_gone[story.file] = removed
    rows = (*(theme.id for theme in config.themes), *gone, "")
    why = "Digest cannot change its themes safely; left unchanged, so edit them by hand"
    left = [f"{file}: {why}" for file in decided.not_editable]
    left += map(changed_meanwhile, changed_files)
    return ApplyReport(
        counts={theme: (before[theme], after[theme]) for theme in rows},
        stories=len(results),
        changed=tuple(changed.values()),
        left=tuple(left),
        chosen_by_editor=chosen_by_editor,
        gone=still_gone,
        unread=survey.unread,
        dry=dry,
    )


def with_removed_themes(root: Path, config: Config) -> tuple[Survey, tuple[str, ...]]:
    """Returns all stories, with those that have themes which digest.toml no longer has, and these themes."""
    survey = load.survey(root, config)
    gone = tuple(survey.unknown_themes)
    if gone:
        removed = (Theme(id=id, title=id, match=()) for id in gone)
        survey = load.survey(root, config._replace(themes=(*config.themes, *removed)))
    return survey, gone


def results_of(
    root: Path,
    survey: Survey,
    config: Config,
    hashes_before_kill: Mapping[str, str] = MappingProxyType({}),
    *,
    stories: Iterable[Story] | None = None,
) -> list[RuleResult]:
    """Returns what today's rules say of some stories, or of all.

    A pulled story without a line `themes` counts as one whose themes are the editor's, since pull
    writes one. `hashes_before_kill` are those of themes that a killed run was to replace.
    """
    history, summaries_of = survey.history, store.summaries_of(root)
    results = []
    for story in survey.content.stories if stories is None else stories:
        result = evaluate_rules(
            story,
            history.of(story),
            summaries_of(story),
            config,
            hashes_before_kill.get(story.file),
        )
        if not story.themes and result.due:  # only then does it matter, and its file is read
            has_line = story_file.has_key(store.read_text(root, story.file), "themes")
            result = result if has_line else replace(result, is_editors=True)
        results.append(result)
    return results


def _hashes_before_kill(root: Path) -> dict[str, str]:
    """Returns the hashes of the themes that a killed run has replaced, by file.

    Only of files that still are, character for character, as that run wrote them.
    """
    with Cache(root) as cache:
        stored = journal.left_by_killed_run(cache, "themes", dict[str, tuple[str, str]]) or {}
    unfinished = {}
    for file, (themes, written) in stored.items():
        if paths.is_story(file):
            with contextlib.suppress(DigestError, ValueError):
                if hash_of(store.read_exactly(root, file)) == written:
                    unfinished[file] = themes
    return unfinished


def _apply(root: Path, decided: ThemeEdits, history: History, now: datetime) -> tuple[str, ...]:
    """Writes what was decided, files first, then the ledger; returns files that have changed in the
    meantime.

    The hashes of the themes before and of the new text are noted (`journal`), so that the next run
    completes a killed one.
    """
    if not decided.results:
        return ()
    ours = [result for result in decided.results if not result.is_editors]
    unfinished = {}
    for result in ours:
        file = result.story.file
        unfinished[file] = [result.written, hash_of(decided.edits[file].after)]
    stories = [result.story for result in decided.results]
    merges = git_merges.find_merges(root, stories, history, lambda file: decided.edits[file].before)
    with Cache(root) as cache:
        with journal.in_progress(cache, "themes", unfinished):
            changed_files = store.apply_edits(root, decided.edits.values())
            written = (
                result for result in decided.results if result.story.file not in changed_files
            )
            store.add_lines(root, lines(written, decided.edits, merges, now))
        cache.save()
    return changed_files
