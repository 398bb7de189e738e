"""`digest themes`: counts themes, explains them, tries phrases, and applies changed rules.

    survey ──judge──▶ what the rules say of each story today ──▶ counts | reasons | a phrase's catch | edits ──▶ report

Files that cannot be read are named, and the rest is shown. Only `apply` writes, and only to stories
whose themes the editor has not changed: files first, then the ledger. It first records what it is
about to do, so that the next run completes one that was killed.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from digest import json_files
from digest.content import load, paths, store, story_file
from digest.content.identity import hash_of
from digest.content.load import ContentReport
from digest.errors import DigestError, Faults, Problem
from digest.model import Config, Story, Theme
from digest.names import current_ids
from digest.phrases import explain as explanation
from digest.phrases import loosened
from digest.themes.reapply import Retheming, Verdict, judge, lines, retheme, to_change, words_of
from digest.themes.reasons import Reason, named, reasons
from digest.themes.rules import of_excerpt, themes_of
from digest.week import Week

_MEMORY = "themes.json"


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

    `due` counts those whose themes are ours, `own` those whose themes are the editor's.
    """

    rows: tuple[ThemeRow, ...]
    stories: int
    elsewhere: int
    due: int
    own: int
    unread: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainReport:
    """A story's themes, the main one first, then those that it could have; `own`: they are the
    editor's."""

    file: str
    title: str
    reasons: tuple[Reason, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class Catch:
    """A story that a phrase would catch: where the phrase stands, and the themes that the story has
    already."""

    file: str
    title: str
    where: str
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TryReport:
    """What one or more phrases would catch in the whole archive; of `partly` stories the feed's
    summary is not stored whole.

    `alone` has how many each of several phrases would catch, `near` what slightly wider phrases would:
    there `where` names the wider phrase. `explained` says how phrases are read that look like several.
    """

    phrase: str
    caught: tuple[Catch, ...]
    alone: Mapping[str, int]
    near: tuple[Catch, ...]
    explained: tuple[str, ...]
    stories: int
    partly: int
    having: Mapping[str, int]
    unread: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A story's themes before and after."""

    file: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """Each theme's stories before and after, "" being Elsewhere; what was changed, and what was
    left and why.

    `own` counts stories for which the rules say something else, but whose themes are the editor's;
    `gone` has those of them that still have a theme which digest.toml no longer has.
    """

    counts: Mapping[str, tuple[int, int]]
    stories: int
    changed: tuple[Change, ...]
    left: tuple[str, ...]
    own: int
    gone: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...]
    dry: bool


def run(root: Path, config: Config) -> ThemesReport:
    """Counts each theme's stories, and the stories for which the current rules say something
    else."""
    survey = load.survey(root, config)
    verdicts = verdicts_of(root, survey, config)
    names = current_ids(config.themes)
    return ThemesReport(
        rows=tuple(_row(theme.id, survey.content.stories, names) for theme in config.themes),
        stories=len(verdicts),
        elsewhere=sum(not verdict.story.themes for verdict in verdicts),
        due=sum(verdict.differs and not verdict.own for verdict in verdicts),
        own=sum(verdict.differs and verdict.own for verdict in verdicts),
        unread=survey.unread,
        unknown_themes=survey.unknown_themes,
    )


def explain(root: Path, config: Config, file: str) -> ExplainReport:
    """Says why the story of a file has its themes.

    Raises Faults if the file cannot be read, LookupError with the cure if it is not a story.
    """
    survey = load.survey(root, config)
    story = next((story for story in survey.content.stories if story.file == file), None)
    if story is None:
        unknown = [theme for theme, files in survey.unknown_themes.items() if file in files]
        faults = [problem for problem in survey.problems if problem.file == file]
        if not faults and unknown:
            faults = [
                Problem(file, 0, f"unknown theme '{theme}'", "'digest check' says what to do")
                for theme in unknown
            ]
        if not faults and file in survey.content.unread:
            faults = [Problem(file, 0, "cannot be read", "'digest check' says why")]
        raise Faults(faults) if faults else LookupError(_near(file, survey))
    summaries = store.summaries_of(root)(story)
    verdict = _pinned(
        root,
        judge(
            story,
            survey.history.of(story),
            config.themes,
            summaries=summaries,
            feeds=config.feeds,
        ),
    )
    return ExplainReport(
        file=file,
        title=story.shown_headline,
        reasons=tuple(reasons(verdict, config.themes)),
        own=verdict.own,
    )


def attempt(root: Path, config: Config, *phrases: str) -> TryReport:
    """Finds what a theme of these phrases would catch in headlines and stored summaries or
    excerpts; raises ValueError for one badly written.
    """
    survey = load.survey(root, config)
    history, names, summaries_of = (
        survey.history,
        current_ids(config.themes),
        store.summaries_of(root),
    )
    rule = Theme(id="tried", title="tried", match=phrases)
    each = [Theme(id=phrase, title=phrase, match=(phrase,)) for phrase in dict.fromkeys(phrases)]
    wider = tuple(dict.fromkeys(wide for phrase in phrases if (wide := loosened(phrase))))
    nearly = Theme(id="near", title="near", match=wider)
    caught, near, partly = [], [], 0
    alone: Counter[str] = Counter()
    for story in survey.content.stories:
        title, words, whole = words_of(story, history.of(story), summaries_of(story))
        partly += not whole
        alone.update(list(themes_of(title, words, each)))
        found = themes_of(title, words, (rule,))
        for evidence in () if found else themes_of(title, words, (nearly,)).values():
            near.append(Catch(story.file, story.title, evidence, named(story, names)))
        for evidence in found.values():
            where = evidence if whole else of_excerpt(evidence)
            where = where if len(phrases) > 1 else where.removeprefix(f"'{phrases[0]}' ")
            caught.append(Catch(story.file, story.title, where, named(story, names)))
    having = Counter(theme for catch in caught for theme in catch.themes or ("",))
    return TryReport(
        phrase="' or '".join(phrases),
        caught=tuple(caught),
        alone={one.id: alone[one.id] for one in each},
        near=tuple(near),
        explained=tuple(filter(None, map(explanation, phrases))),
        stories=len(survey.content.stories),
        partly=partly,
        having=dict(having.most_common()),
        unread=survey.unread,
        unknown_themes=survey.unknown_themes,
    )


def apply(
    root: Path, config: Config, *, now: datetime, dry: bool = False, everything: bool = False
) -> ApplyReport:
    """Applies the rules again to all stories whose themes the editor has not changed; `dry` writes
    nothing.

    A theme that digest.toml no longer has goes from them, too, and with `everything` from the
    stories whose themes the editor has changed; their other themes stay.
    """
    with store.writing(root, dry=dry):
        survey, gone = with_removed_themes(root, config)
        verdicts = verdicts_of(root, survey, config, _begun(root))
        chosen = to_change(verdicts, gone if everything else ())
        texts = {
            verdict.story.file: store.read_exactly(root, verdict.story.file) for verdict in chosen
        }
        decided = retheme(chosen, texts, survey.vocabulary)
        late = () if dry else _carry_out(root, decided, now)
    changed = {
        one.story.file: one
        for one in decided.verdicts
        if one.story.file not in late and one.differs
    }
    rest = [verdict for verdict in verdicts if verdict.own and verdict.story.file not in changed]
    stay = {
        verdict.story.file: tuple(theme for theme in verdict.story.themes if theme in gone)
        for verdict in rest
    }
    return ApplyReport(
        counts=_counts(verdicts, changed, config.themes, gone),
        stories=len(verdicts),
        changed=tuple(
            Change(file, one.story.themes, tuple(one.themes)) for file, one in changed.items()
        ),
        left=(*map(_stuck, decided.stuck), *map(_late, late)),
        own=sum(verdict.differs for verdict in rest),
        gone={file: themes for file, themes in stay.items() if themes},
        unread=survey.unread,
        dry=dry,
    )


def with_removed_themes(root: Path, config: Config) -> tuple[ContentReport, tuple[str, ...]]:
    """Returns all stories, with those that have themes which digest.toml no longer has, and these themes."""
    survey = load.survey(root, config)
    gone = tuple(survey.unknown_themes)
    if gone:
        removed = (Theme(id=id, title=id, match=()) for id in gone)
        survey = load.survey(root, config._replace(themes=(*config.themes, *removed)))
    return survey, gone


def _carry_out(root: Path, decided: Retheming, now: datetime) -> tuple[str, ...]:
    """Writes what was decided, files first, then the ledger for themes that are ours; returns files
    that have changed in the meantime. What is begun is remembered, so that the next run completes a
    killed one.
    """
    ours = [verdict for verdict in decided.verdicts if not verdict.own]
    if not decided.verdicts:
        return ()
    json_files.remember(
        root,
        _MEMORY,
        {
            one.story.file: [one.written, hash_of(decided.edits[one.story.file].after)]
            for one in ours
        },
    )
    late = store.rewrite(root, decided.edits.values())
    store.add_lines(
        root, lines((one for one in ours if one.story.file not in late), decided.edits, now)
    )
    json_files.remember(root, _MEMORY, {})
    return late


def verdicts_of(
    root: Path,
    survey: ContentReport,
    config: Config,
    begun: Mapping[str, str] | None = None,
) -> list[Verdict]:
    """Returns what today's rules say of every story."""
    history, marks, summaries_of = survey.history, begun or {}, store.summaries_of(root)
    verdicts = (
        judge(
            story,
            history.of(story),
            config.themes,
            marks.get(story.file),
            summaries_of(story),
            config.feeds,
        )
        for story in survey.content.stories
    )
    return [_pinned(root, verdict) for verdict in verdicts]


def _pinned(root: Path, verdict: Verdict) -> Verdict:
    """Returns a verdict as one on the editor's own themes if a pulled story has no line `themes`:
    pull writes one.

    Only a story without a theme that is due one is read for it.
    """
    if verdict.story.themes or not verdict.due:
        return verdict
    has_line = story_file.has_key(store.read_text(root, verdict.story.file), "themes")
    return verdict if has_line else replace(verdict, own=True)


def _begun(root: Path) -> dict[str, str]:
    """Returns the marks before a run that was killed, of files that stand, sign by sign, as that
    run wrote them."""
    memory = json_files.recall(
        root, _MEMORY, lambda value: json_files.is_texts(value) and len(value) == 2
    )
    return {file: mark for file, (mark, hash) in memory.items() if _is_as_written(root, file, hash)}


def _is_as_written(root: Path, file: str, hash: str) -> bool:
    """Tells whether a file stands as a run that was killed has written it; a memory may name any
    file."""
    if not paths.is_story(file):
        return False
    try:
        return hash_of(store.read_exactly(root, file)) == hash
    except (DigestError, ValueError):
        return False


def _row(theme: str, stories: Iterable[Story], names: Mapping[str, str]) -> ThemeRow:
    having = [(story, named(story, names)) for story in stories]
    found = [(story, themes) for story, themes in having if theme in themes]
    return ThemeRow(
        theme=theme,
        stories=len(found),
        main=sum(themes[0] == theme for _, themes in found),
        last=max((story.week for story, _ in found), default=None),
    )


def _counts(
    verdicts: Iterable[Verdict],
    changed: Mapping[str, Verdict],
    themes: Sequence[Theme],
    gone: Sequence[str],
) -> dict[str, tuple[int, int]]:
    names = current_ids(themes)
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for verdict in verdicts:
        stands = named(verdict.story, names)
        before.update(stands or ("",))
        new = changed.get(verdict.story.file)
        after.update((tuple(new.themes) if new else stands) or ("",))
    rows = (*(theme.id for theme in themes), *gone, "")
    return {theme: (before[theme], after[theme]) for theme in rows}


def _stuck(file: str) -> str:
    return f"{file}: Digest cannot change its themes safely; left unchanged, so edit them by hand"


def _late(file: str) -> str:
    return f"{file}: was changed in the meantime, and left as it is; run the command again"


def _near(file: str, survey: ContentReport) -> str:
    """Returns a suggestion for a file name that is not a story's: the nearest one."""
    files = {story.file.rpartition("/")[2]: story.file for story in survey.content.stories}
    near = difflib.get_close_matches(file.rpartition("/")[2], files, n=1)
    return (
        f"did you mean '{files[near[0]]}'?"
        if near
        else "name a story's file, such as content/2026/w20/…md"
    )
