"""`digest themes --suggest`, `--score` and `--propose`: rules compared with what the editor has
decided.

    survey ──▶ decided stories ──▶ phrases to add or drop ──▶ .digest/: what was shown ──take──▶ digest.toml
                              └──▶ precision and recall
    stories without a theme ──▶ words that recur ──▶ themes to choose from

A story is decided if an editor has changed its themes, wrote the story, or edited it in another
way: with a note, a headline, a correction, as the lead, or by a link in the published letter of its
week.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from digest import config_edit
from digest.cache import Cache
from digest.checks.markdown_scan import renders_nothing
from digest.commands.shared import config_file
from digest.commands.shared.undecided import themeless_stories
from digest.commands.themes import results_of
from digest.content import load, store
from digest.content.letter_draft import unlinked
from digest.content.load import Survey
from digest.errors import DigestError
from digest.model import CONFIG_FILE, Config, Skipped, Story
from digest.names import current_ids
from digest.themes.phrase_proposals import Proposal, RuleText, WeakPhrase, proposals, weak_phrases
from digest.themes.propose import MIN_STORIES, ProposedTheme
from digest.themes.propose import propose as propose_themes
from digest.themes.reapply import RuleResult, searched_text, still_found
from digest.themes.reasons import current_themes
from digest.themes.score import LabelledStory, outdated_rules, scores
from digest.themes.score import Proportion as Proportion
from digest.themes.score import Score as Score
from digest.themes.suggest import MAX_COMPARED, StorySuggestions, suggestions
from digest.week import Week

_KIND = "suggested"
"""The kind of the phrases in the cache that were shown last, by the theme asked for, "" for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestReport:
    """Phrases worth adding, numbered from 1, and phrases worth dropping, by what is `decided`.

    Of `partly` of these stories the feed's summary is not stored.
    """

    proposals: tuple[Proposal, ...]
    weak: tuple[WeakPhrase, ...]
    decided: int
    stories: int
    partly: int
    skipped: Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """The scores of each theme and of all, over all quarters and in each, and which rules age."""

    scores: tuple[Score, ...]
    outdated: tuple[str, ...]
    decided: int
    stories: int
    partly: int
    skipped: Skipped


@dataclass(frozen=True, slots=True)
class Taken:
    """A phrase that was taken for a theme; `is_new` is false if digest.toml had it already."""

    theme: str
    phrase: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReport:
    """The stories that need a theme, the newest first, with suggestions; of `stories` in all.

    `older` is how many more there are that are not listed, `left_without` how many an editor has
    decided to leave without a theme.
    """

    missing: tuple[StorySuggestions, ...]
    older: int
    left_without: int
    stories: int
    skipped: Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeReport:
    """Themes that recur among the stories that need one; `fewest` stories are needed for that."""

    themes: tuple[ProposedTheme, ...]
    searched: int
    fewest: int = MIN_STORIES
    skipped: Skipped


def suggest(root: Path, config: Config, theme: str = "") -> SuggestReport:
    """Finds phrases for a theme, or for all, and remembers them by their numbers for `take`."""
    survey = load.survey(root, config)
    results = results_of(root, survey, config)
    files, ids = _decided_files(survey, results), current_ids(config.themes)
    summaries_of, history = store.summaries_of(root), survey.history
    decided, undecided, partly = list[RuleText](), list[RuleText](), 0
    found_before = set[tuple[str, str]]()
    for result in results:
        found_before.update(still_found(result, config.themes).items())
        story = result.story
        title, words, is_whole = searched_text(story, history.of(story), summaries_of(story))
        text = RuleText(story.file, title, words, frozenset(current_themes(story, ids)))
        if story.file in files:
            decided.append(text)
            partly += not is_whole
        else:
            undecided.append(text)
    themes = [one for one in config.themes if theme in {"", one.id}]
    proposed = tuple(proposals(decided, themes))
    shown = [(proposal.theme, proposal.phrase) for proposal in proposed]
    with contextlib.suppress(DigestError), Cache(root) as cache:  # `take` says so
        cache.put(_KIND, theme, b"", shown)
        cache.save()
    dispensable = []
    for phrase in weak_phrases(decided, undecided, themes):
        if phrase.wrong or (phrase.theme, phrase.phrase) not in found_before:
            dispensable.append(phrase)
    return SuggestReport(
        proposals=proposed,
        weak=tuple(dispensable),
        decided=len(decided),
        stories=len(results),
        partly=partly,
        skipped=survey.skipped,
    )


def take(root: Path, config: Config, theme: str, numbers: Collection[int]) -> tuple[Taken, ...]:
    """Writes phrases to digest.toml by their numbers in the list last shown for this theme, "" for
    all.

    Numbers keep their phrases until a list is shown again. Raises DigestError for a number that no
    phrase has, and if no list was shown.
    """
    rules = {rule.id: rule.match for rule in config.themes}
    with Cache(root) as cache:
        shown = cache.get(_KIND, theme, b"", list[tuple[str, str]])
    again = " ".join(filter(None, ("digest themes --suggest", theme)))
    if shown is None:
        raise DigestError(
            f"no numbers have been shown here yet; look at the phrases first: {again}"
        )
    if not shown:
        raise DigestError(
            f"no phrase was worth adding when you last looked; decide on more stories, then look again: {again}"
        )
    wrong = sorted(number for number in numbers if not 0 < number <= len(shown))
    if wrong:
        phrases = "1 phrase was" if len(shown) == 1 else f"{len(shown)} phrases were"
        raise DigestError(f"{wrong[0]} is not the number of a phrase; {phrases} shown: {again}")
    chosen = [shown[number - 1] for number in sorted(set(numbers))]
    for id, phrase in chosen:
        if id not in rules:
            raise DigestError(
                f"'{phrase}' was shown for '{id}', which {CONFIG_FILE} no longer has: {again}"
            )
    taken, added = list[Taken](), dict[str, tuple[str, ...]]()
    for id, phrase in chosen:
        is_new = phrase not in rules[id]
        taken.append(Taken(id, phrase, is_new))
        if is_new:
            added[id] = (*added.get(id, ()), phrase)
    if added:
        before, _ = config_file.read(root)
        after = config_edit.with_phrases(before, added)
        themes = []
        for rule in config.themes:
            match = (*rule.match, *added.get(rule.id, ()))
            themes.append(rule._replace(match=match))
        config_file.write(root, before, after, config._replace(themes=tuple(themes)))
    return tuple(taken)


def list_missing(root: Path, config: Config, *, every: bool) -> MissingReport:
    """Finds the newest stories that need a theme, or `every` one, and which themes they may have."""
    survey = load.survey(root, config)
    stories = survey.content.stories
    needing, left_without = themeless_stories(root, survey)
    listed = needing if every else needing[:MAX_COMPARED]
    return MissingReport(
        missing=suggestions(listed, stories, config.themes, most=None),
        older=len(needing) - len(listed),
        left_without=len(left_without),
        stories=len(stories),
        skipped=survey.skipped,
    )


def propose(root: Path, config: Config) -> ProposeReport:
    """Finds themes for the stories that need one."""
    survey = load.survey(root, config)
    stories = themeless_stories(root, survey).needing
    return ProposeReport(
        themes=tuple(propose_themes(stories, [theme.id for theme in config.themes])),
        searched=len(stories),
        skipped=survey.skipped,
    )


def score(root: Path, config: Config) -> ScoreReport:
    """Scores the rules against what the editor has decided."""
    survey = load.survey(root, config)
    results = results_of(root, survey, config)
    files, ids = _decided_files(survey, results), current_ids(config.themes)
    labelled, partly = list[LabelledStory](), 0
    for result in results:
        if result.story.file in files:
            found = {**result.earned, **still_found(result, config.themes)}
            labelled.append(
                LabelledStory(result.story.day, current_themes(result.story, ids), found)
            )
            partly += not result.has_whole_summary
    rows = scores(labelled, [theme.id for theme in config.themes])
    return ScoreReport(
        scores=tuple(rows),
        outdated=tuple(outdated_rules(rows)),
        decided=len(labelled),
        stories=len(results),
        partly=partly,
        skipped=survey.skipped,
    )


def _decided_files(survey: Survey, results: Iterable[RuleResult]) -> frozenset[str]:
    """Returns the files of the stories that an editor has decided."""
    files = set[str]()
    by_week: dict[Week, list[Story]] = {}
    for story in survey.content.stories:
        by_week.setdefault(story.week, []).append(story)
    for letter in survey.content.letters:
        if not letter.draft:
            stories = by_week.get(letter.week, [])
            absent = unlinked(letter.body, stories, survey.content.story_addresses)
            files |= {story.file for story in stories} - {story.file for story in absent}
    for result in results:
        story = result.story
        is_noted = (
            story.headline or story.lead or story.corrections or not renders_nothing(story.note)
        )
        if result.is_editors or (is_noted and not story.hide):
            files.add(story.file)
    return frozenset(files)
