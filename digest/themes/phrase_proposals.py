"""Finds phrases worth adding to a theme's rule, or taking out, from what the editor has decided.

    decided stories ──▶ words and pairs of words ──count right and wrong──▶ the best, one after the other

A phrase is proposed if it finds a story of the theme that no phrase of the rule finds, is hardly
ever wrong, and is right more often than chance would be; first those that are in a headline.
Nothing is added unasked.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, lgamma, log, log1p

from digest.model import Theme
from digest.phrases import fold
from digest.themes.rules import WORD, themes_of
from digest.themes.words import is_telling, is_unspaced, size_of, stem_of, words_of

MAX_PROPOSALS = 8
"""How many phrases are proposed for a theme."""
_MIN_RIGHT = 2
"""A phrase must find at least this many stories of the theme."""
_RIGHT_PER_WRONG = 5
"""And this many for each other one that it finds."""
_MIN_STEM_LETTERS = 4
"""Letters of a beginning that gets a star; one more if only one word begins so."""
_MAX_CHANCE = 0.05
"""A phrase that could as well be right by chance is not proposed."""
_MAX_TRIED = 60
"""How many candidates are compared with the rule itself, for each proposal."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """The text of a story that rules search, and the themes that the story has."""

    file: str
    headline: str
    summary: str
    themes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A phrase for a theme: how many stories it finds that have it (`right`) or not (`wrong`).

    `new` of the right ones are found by no other phrase.
    """

    theme: str
    phrase: str
    right: int
    wrong: int
    new: int


@dataclass(frozen=True, slots=True)
class WeakPhrase:
    """A phrase of a rule that finds nothing, or more wrong stories than right ones."""

    theme: str
    phrase: str
    right: int
    wrong: int


def proposals(decided: Sequence[RuleText], themes: Sequence[Theme]) -> Iterator[Proposal]:
    """Yields phrases for these themes, the best first for each."""
    phrases, spelling = _Candidates(decided), spellings(decided)
    for theme in themes:
        with_theme = {number for number, story in enumerate(decided) if theme.id in story.themes}
        not_found_yet = with_theme - _found_by(theme, decided, with_theme)
        for _ in range(MAX_PROPOSALS):
            best = phrases.best(theme, with_theme, not_found_yet)
            if best is None:
                break
            proposal, found = best
            not_found_yet -= found
            yield replace(proposal, phrase=spelled(proposal.phrase, spelling))


def weak_phrases(
    decided: Sequence[RuleText], others: Sequence[RuleText], themes: Sequence[Theme]
) -> Iterator[WeakPhrase]:
    """Yields the phrases that find nothing in the whole archive, or are mostly wrong where decided."""
    everything = range(len(decided))
    for theme in themes:
        for phrase in theme.match:
            alone = theme._replace(match=(phrase,))
            found = _found_by(alone, decided, everything)
            right = sum(theme.id in decided[number].themes for number in found)
            wrong = len(found) - right
            if wrong > right or not (found or _found_by(alone, others, range(len(others)))):
                yield WeakPhrase(theme.id, phrase, right, wrong)


class _Candidates:
    """The phrases that may be proposed, with the stories that have them, by their numbers."""

    def __init__(self, decided: Sequence[RuleText]) -> None:
        self._decided = decided
        self._found = candidates(decided)
        headlines = sorted(candidates([replace(story, summary="") for story in decided], 1))
        self._in_headlines = {phrase for phrase in self._found if _is_among(phrase, headlines)}

    def best(
        self, theme: Theme, with_theme: set[int], not_found_yet: set[int]
    ) -> tuple[Proposal, set[int]] | None:
        """Returns the best phrase for the stories that are not found yet, and the right ones that it
        finds.

        Those in a headline come first: a story is about them, which the words of a summary need not
        be.
        """
        share = (len(with_theme) + 1) / (len(self._decided) + 2)
        in_rule = set(map(fold, theme.match))
        ranked = []
        for phrase, found in self._found.items():
            new = len(found & not_found_yet)
            right = len(found & with_theme)
            wrong = len(found) - right
            is_useful = new and right >= _MIN_RIGHT and wrong * _RIGHT_PER_WRONG <= right
            if is_useful and phrase not in in_rule:
                chance = _chance(right, wrong, share)
                if chance <= _MAX_CHANCE:
                    rank = (phrase not in self._in_headlines, 2 * wrong - new, chance)
                    ranked.append((*rank, -phrase.count(" "), len(phrase), phrase))
        for *_, phrase in sorted(ranked)[:_MAX_TRIED]:
            # The rule may ignore some of these words.
            rule = theme._replace(match=(phrase,))
            found_now = _found_by(rule, self._decided, self._found[phrase])
            right_ones = found_now & with_theme
            new = len(right_ones & not_found_yet)
            if new and len(right_ones) >= _MIN_RIGHT:
                wrong = len(found_now) - len(right_ones)
                return Proposal(theme.id, phrase, len(right_ones), wrong, new), right_ones
        return None


def _chance(right: int, wrong: int, share: float) -> float:
    """Returns how likely it is that a phrase without a meaning is right so often."""
    count = right + wrong
    tail = 0.0
    for hits in range(right, count + 1):
        ways = lgamma(count + 1) - lgamma(hits + 1) - lgamma(count - hits + 1)
        tail += exp(ways + hits * log(share) + (count - hits) * log1p(-share))
    return round(tail, 6)


def _found_by(theme: Theme, decided: Sequence[RuleText], numbers: Iterable[int]) -> set[int]:
    """Returns which of these stories a theme's rule finds."""
    found = set()
    for number in numbers:
        if themes_of(decided[number].headline, decided[number].summary, (theme,)):
            found.add(number)
    return found


def candidates(decided: Sequence[RuleText], least: int = _MIN_RIGHT) -> dict[str, frozenset[int]]:
    """Returns words, beginnings of words and pairs of words that at least `least` stories have.

    Each has the numbers of the stories that have it.
    """
    found: dict[str, set[int]] = defaultdict(set)
    for number, story in enumerate(decided):
        for text in (story.headline, story.summary):
            words = words_of(text)
            for word in filter(is_telling, words):
                found[word].add(number)
            for pair in pairwise(words):
                # No rule finds two pieces of unspaced text with a space between them.
                if all(map(is_telling, pair)) and not any(map(is_unspaced, pair)):
                    found[" ".join(pair)].add(number)
    every = sorted(found)
    for stem in set(_stems(every)):
        forms = set(_beginning(stem, every))
        if len(forms) > 1:
            found[f"{stem}*"] = set().union(*map(found.__getitem__, forms))
    frequent = {phrase: numbers for phrase, numbers in found.items() if len(numbers) >= least}
    return {phrase: frozenset(numbers) for phrase, numbers in frequent.items()}


def _stems(phrases: Sequence[str]) -> Iterator[str]:
    """Yields what several forms of a word, or of two, have in common, and words that others begin with."""
    forms: dict[str, set[str]] = defaultdict(set)
    for phrase in phrases:
        forms[stem_of(phrase)].add(phrase)
    for base, same in forms.items():
        shortest = min(same, key=len)
        stem = shortest if all(form.startswith(shortest) for form in same) else base
        least = _MIN_STEM_LETTERS
        if len(same) == 1:
            if " " in stem:
                continue
            least = _MIN_STEM_LETTERS + 1
        if size_of(stem) >= least:
            yield stem


def _is_among(phrase: str, every: Sequence[str]) -> bool:
    """True for one of these phrases, and for the beginning of one with a star."""
    if phrase.endswith("*"):
        return any(_beginning(phrase[:-1], every))
    at = bisect_left(every, phrase)
    return every[at : at + 1] == [phrase]


def spellings(decided: Iterable[RuleText]) -> dict[str, str]:
    """Returns how each word is most often written, if that is not in lower case."""
    counts: Counter[str] = Counter()
    for story in decided:
        counts.update(re.findall(WORD, f"{story.headline} {story.summary}"))
    common = sorted(counts, key=lambda word: (counts[word], word))
    return {fold(word): word for word in common}


def spelled(phrase: str, spelling: Mapping[str, str]) -> str:
    """Returns a phrase as its words are most often written."""
    words = []
    for word in phrase.split():
        base = word.rstrip("*")
        words.append(spelling.get(base, base) + word[len(base) :])
    return " ".join(words)


def _beginning(stem: str, every: Sequence[str]) -> Iterator[str]:
    """Yields the phrases that begin so, with the same number of words."""
    for at in range(bisect_left(every, stem), len(every)):
        if not every[at].startswith(stem):
            return
        if every[at].count(" ") == stem.count(" "):
            yield every[at]
