"""`digest themes --suggest`, `--score` and `--propose`: rules held against what the editor has decided.

    survey ──▶ decided stories ──▶ phrases to add or drop ──▶ .digest/: what was shown ──take──▶ digest.toml
                              └──▶ precision and recall
    stories without a theme ──▶ words that recur ──▶ themes to choose from

A story is decided if an editor has changed its themes, has written it, or has worked on it otherwise:
with a note, a headline, a correction, as the lead, or by a link in the published letter of its week.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest import config as settings
from digest import config_edit, disk, json_files
from digest.checks.markdown_scan import is_silent
from digest.commands.themes import verdicts_of
from digest.content import load, store
from digest.content.letter_draft import unlinked
from digest.content.load import ContentReport
from digest.errors import DigestError
from digest.model import CONFIG_FILE, Config, Story
from digest.names import current_ids
from digest.themes.phrase_proposals import Decided, Proposal, Weak, proposals, weak
from digest.themes.propose import FEWEST, ProposedTheme
from digest.themes.propose import propose as propose_themes
from digest.themes.reapply import Verdict, still_found, words_of
from digest.themes.reasons import named
from digest.themes.score import Judged, ageing, scores
from digest.themes.score import Score as Score
from digest.themes.score import Share as Share
from digest.themes.suggest import missing

_SHOWN = "suggested.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestReport:
    """Phrases worth adding, numbered from 1, and phrases worth dropping, by what is `decided`.

    Of `partly` of these stories the feed's summary is not stored.
    """

    proposals: tuple[Proposal, ...]
    weak: tuple[Weak, ...]
    decided: int
    stories: int
    partly: int
    unread: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """The scores of each theme and of all, over all quarters and in each, and which rules age."""

    scores: tuple[Score, ...]
    ageing: tuple[str, ...]
    decided: int
    stories: int
    partly: int
    unread: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def suggest(root: Path, config: Config, theme: str = "") -> SuggestReport:
    """Finds phrases for a theme, or for all, and remembers them by their numbers for `take`."""
    survey = load.survey(root, config)
    verdicts = verdicts_of(root, survey, config)
    chosen = set(_decided(survey, verdicts))
    decided, others, partly = _texts(root, config, survey, verdicts, chosen)
    themes = [one for one in config.themes if theme in {"", one.id}]
    found = tuple(proposals(decided, themes))
    shown = [f"{one.theme} {one.phrase}" for one in found]
    with contextlib.suppress(DigestError):  # `take` says so
        json_files.remember(root, _SHOWN, {**_shown(root), theme: shown})
    in_ledgers = {
        (theme, phrase)
        for verdict in verdicts
        for theme, phrase in still_found(verdict, config.themes).items()
    }
    return SuggestReport(
        proposals=found,
        weak=tuple(
            one
            for one in weak(decided, others, themes)
            if one.wrong or (one.theme, one.phrase) not in in_ledgers
        ),
        decided=len(decided),
        stories=len(verdicts),
        partly=partly,
        unread=survey.unread,
        unknown_themes=survey.unknown_themes,
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """A phrase that was taken for a theme; `is_new` is false if digest.toml had it already."""

    theme: str
    phrase: str
    is_new: bool


def take(root: Path, config: Config, theme: str, numbers: Collection[int]) -> tuple[Taken, ...]:
    """Writes phrases to digest.toml by their numbers in the list last shown for this theme, "" for all.

    Numbers keep their phrases until a list is shown again. Raises DigestError for a number that no
    phrase has, and if no list was shown.
    """
    rules = {one.id: one.match for one in config.themes}
    shown = _shown(root).get(theme)
    again = " ".join(filter(None, ("digest themes --suggest", theme)))
    if shown is None:
        raise DigestError(
            f"no numbers have been shown here yet; look at the phrases first: {again}"
        )
    wrong = sorted(number for number in numbers if not 0 < number <= len(shown))
    if wrong:
        there = f"there are {len(shown)}" if shown else "there is none"
        raise DigestError(f"there is no phrase {wrong[0]} to take; {there}: {again}")
    chosen = [shown[number - 1].partition(" ") for number in sorted(set(numbers))]
    for id, _, phrase in chosen:
        if id not in rules:
            raise DigestError(
                f"'{phrase}' was shown for '{id}', which {CONFIG_FILE} no longer has: {again}"
            )
    taken = tuple(Taken(id, phrase, phrase not in rules[id]) for id, _, phrase in chosen)
    new = [one for one in taken if one.is_new]
    if new:
        _write(root, config, new)
    return taken


def _shown(root: Path) -> dict[str, list[str]]:
    """Returns the phrases shown last, each behind its theme, by the theme asked for, "" for all."""
    return json_files.recall(root, _SHOWN, json_files.is_texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeReport:
    """Themes that recur among the stories without a theme; `fewest` stories are needed for that."""

    themes: tuple[ProposedTheme, ...]
    searched: int
    fewest: int = FEWEST
    unread: tuple[str, ...] = ()
    unknown_themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def propose(root: Path, config: Config) -> ProposeReport:
    """Finds themes for the stories that have none."""
    survey = load.survey(root, config)
    stories = missing(survey.content.stories)
    return ProposeReport(
        themes=tuple(propose_themes(stories, [theme.id for theme in config.themes])),
        searched=len(stories),
        unread=survey.unread,
        unknown_themes=survey.unknown_themes,
    )


def score(root: Path, config: Config) -> ScoreReport:
    """Scores the rules against what the editor has decided."""
    survey = load.survey(root, config)
    verdicts = verdicts_of(root, survey, config)
    chosen, names = set(_decided(survey, verdicts)), current_ids(config.themes)
    of_interest = [verdict for verdict in verdicts if verdict.story.file in chosen]
    judged = [
        Judged(
            verdict.story.day,
            named(verdict.story, names),
            {**verdict.earned, **still_found(verdict, config.themes)},
        )
        for verdict in of_interest
    ]
    rows = scores(judged, [theme.id for theme in config.themes])
    return ScoreReport(
        scores=tuple(rows),
        ageing=tuple(ageing(rows)),
        decided=len(judged),
        stories=len(verdicts),
        partly=sum(not verdict.whole for verdict in of_interest),
        unread=survey.unread,
        unknown_themes=survey.unknown_themes,
    )


def _decided(survey: ContentReport, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yields the files of the stories that an editor has decided."""
    letters = [letter for letter in survey.content.letters if not letter.draft]
    by_week: dict[str, list[Story]] = {}
    for story in survey.content.stories:
        by_week.setdefault(str(story.week), []).append(story)
    for letter in letters:
        of_week = by_week.get(str(letter.week), [])
        absent = {story.file for story in unlinked(letter.body, of_week, survey.content.places)}
        yield from (story.file for story in of_week if story.file not in absent)
    for verdict in verdicts:
        story = verdict.story
        marks = story.headline or story.lead or story.corrections or not is_silent(story.note)
        if verdict.own or (marks and not story.hide):
            yield story.file


def _texts(
    root: Path,
    config: Config,
    survey: ContentReport,
    verdicts: Sequence[Verdict],
    chosen: Collection[str],
) -> tuple[list[Decided], list[Decided], int]:
    """Returns the texts of decided stories and of others, and for how many of the first the summary
    is not stored."""
    names, summaries_of = current_ids(config.themes), store.summaries_of(root)
    history = survey.history
    decided, others, partly = list[Decided](), list[Decided](), 0
    for story in (verdict.story for verdict in verdicts):
        title, words, whole = words_of(story, history.of(story), summaries_of(story))
        text = Decided(story.file, title, words, frozenset(named(story, names)))
        if story.file in chosen:
            decided.append(text)
            partly += not whole
        else:
            others.append(text)
    return decided, others, partly


def _write(root: Path, config: Config, taken: Sequence[Taken]) -> None:
    """Adds the phrases to their themes in digest.toml, if its text then says just that."""
    added: dict[str, tuple[str, ...]] = {}
    for one in taken:
        added[one.theme] = (*added.get(one.theme, ()), one.phrase)
    before = (disk.read_inside(root, CONFIG_FILE) or b"").decode()
    after = config_edit.with_phrases(before, added)
    expected = tuple(
        theme._replace(match=(*theme.match, *added.get(theme.id, ()))) for theme in config.themes
    )
    if settings.loads(after.removeprefix("\ufeff")).themes != expected:
        raise DigestError(
            f"{CONFIG_FILE}: cannot be changed by a program without changing more; change it by hand"
        )
    config_edit.write(root, before, after)
