"""Finds phrases worth adding to a theme's rule, or taking out, from what the editor has decided.

    decided stories ──▶ words and pairs of words ──count right and wrong──▶ the best, one after the other

A phrase is proposed if it finds a story of the theme that no phrase of the rule finds, is hardly ever
wrong, and is right more often than chance would be; first those that stand in a headline. Nothing is added unasked.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, lgamma, log, log1p

from digest.model import Theme
from digest.phrases import fold
from digest.themes.rules import WORD, themes_of
from digest.themes.words import is_telling, is_unspaced, size_of, stem_of, words_of

MOST = 8
"""How many phrases are proposed for a theme."""
_RIGHT = 2
_STEM = 4
_CHANCE = 0.05
"""A phrase that could as well be right by chance is not proposed."""
_TRIED = 60
"""How many candidates are compared with the rule itself, for each proposal."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A story whose themes an editor has decided, and the text that rules search."""

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
class Weak:
    """A phrase of a rule that finds nothing, or more wrong stories than right ones."""

    theme: str
    phrase: str
    right: int
    wrong: int


def proposals(decided: Sequence[Decided], themes: Sequence[Theme]) -> Iterator[Proposal]:
    """Yields phrases for these themes, the best first for each."""
    there = candidates(decided)
    headlines = sorted(candidates([replace(story, summary="") for story in decided], 1))
    titled = {phrase for phrase in there if _is_among(phrase, headlines)}
    spelling = spellings(decided)
    for theme in themes:
        having = {number for number, story in enumerate(decided) if theme.id in story.themes}
        left = having - _found(theme, decided, having)
        for _ in range(MOST):
            best = _best(theme, decided, there, titled, having, left)
            if best is None:
                break
            proposal, found = best
            left -= found
            yield replace(proposal, phrase=spelled(proposal.phrase, spelling))


def weak(
    decided: Sequence[Decided], others: Sequence[Decided], themes: Sequence[Theme]
) -> Iterator[Weak]:
    """Yields the phrases that find nothing in the whole archive, or are mostly wrong where decided."""
    everything = range(len(decided))
    for theme in themes:
        for phrase in theme.match:
            alone = theme._replace(match=(phrase,))
            found = _found(alone, decided, everything)
            right = sum(theme.id in decided[number].themes for number in found)
            wrong = len(found) - right
            if wrong > right or not (found or _found(alone, others, range(len(others)))):
                yield Weak(theme.id, phrase, right, wrong)


def _best(
    theme: Theme,
    decided: Sequence[Decided],
    candidates: Mapping[str, frozenset[int]],
    titled: Collection[str],
    having: set[int],
    left: set[int],
) -> tuple[Proposal, set[int]] | None:
    """Returns the best phrase for the stories that are left, and the right ones that it finds.

    Those in a headline come first: a story is about them, which the words of a summary need not be.
    """
    share = (len(having) + 1) / (len(decided) + 2)
    there = set(map(fold, theme.match))
    ranked = []
    for phrase, found in candidates.items():
        new = len(found & left)
        right = len(found & having)
        wrong = len(found) - right
        if new and right >= _RIGHT and wrong * 5 <= right and phrase not in there:
            chance = _chance(right, wrong, share)
            if chance <= _CHANCE:
                place = phrase not in titled, 2 * wrong - new, chance
                ranked.append((*place, -phrase.count(" "), len(phrase), phrase))
    for *_, phrase in sorted(ranked)[:_TRIED]:
        # The rule may ignore some of these words.
        met = _found(theme._replace(match=(phrase,)), decided, candidates[phrase])
        good = met & having
        if good & left and len(good) >= _RIGHT:
            bad = len(met - having)
            return Proposal(theme.id, phrase, len(good), bad, len(good & left)), good
    return None


def _chance(right: int, wrong: int, share: float) -> float:
    """Returns how likely it is that a phrase without a meaning is right so often."""
    count = right + wrong
    tail = 0.0
    for hits in range(right, count + 1):
        ways = lgamma(count + 1) - lgamma(hits + 1) - lgamma(count - hits + 1)
        tail += exp(ways + hits * log(share) + (count - hits) * log1p(-share))
    return round(tail, 6)


def _found(theme: Theme, decided: Sequence[Decided], numbers: Iterable[int]) -> set[int]:
    return {
        number
        for number in numbers
        if themes_of(decided[number].headline, decided[number].summary, (theme,))
    }


def candidates(decided: Sequence[Decided], least: int = _RIGHT) -> dict[str, frozenset[int]]:
    """Returns words, words with an open end and pairs of words that at least so many stories have, with these."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, story in enumerate(decided):
        for text in (story.headline, story.summary):
            words = words_of(text)
            for word in filter(is_telling, words):
                found[word].add(number)
            for first, second in pairwise(words):
                # No rule finds two pieces of unspaced text with a space between them.
                if is_unspaced(first) or is_unspaced(second):
                    continue
                if is_telling(first) and is_telling(second):
                    found[f"{first} {second}"].add(number)
    every = sorted(found)
    for stem in {*_stems(every)}:
        beginning = set(_beginning(stem, every))
        if len(beginning) > 1:
            found[f"{stem}*"] = set().union(*(found[phrase] for phrase in beginning))
    return {
        phrase: frozenset(numbers) for phrase, numbers in found.items() if len(numbers) >= least
    }


def _stems(phrases: Sequence[str]) -> Iterator[str]:
    """Yields what several forms of a word, or of two, have in common, and words that others begin with."""
    forms: dict[str, set[str]] = defaultdict(set)
    for phrase in phrases:
        forms[stem_of(phrase)].add(phrase)
    for base, same in forms.items():
        shortest = min(same, key=len)
        stem = shortest if all(form.startswith(shortest) for form in same) else base
        least = _STEM if len(same) > 1 else _STEM + 1
        if (len(same) > 1 or " " not in stem) and size_of(stem) >= least:
            yield stem


def _is_among(phrase: str, every: Sequence[str]) -> bool:
    """True for one of these phrases, and for the beginning of one with a star."""
    if phrase.endswith("*"):
        return any(_beginning(phrase[:-1], every))
    at = bisect_left(every, phrase)
    return every[at : at + 1] == [phrase]


def spellings(decided: Iterable[Decided]) -> dict[str, str]:
    """Returns how each word is most often written, if that is not in lower case."""
    counts: Counter[str] = Counter()
    for story in decided:
        counts.update(re.findall(WORD, f"{story.headline} {story.summary}"))
    common = sorted(counts, key=lambda word: (counts[word], word))
    return {fold(word): word for word in common}


def spelled(phrase: str, spelling: Mapping[str, str]) -> str:
    """Returns a phrase as its words are most often written."""
    words = ((word.rstrip("*"), word) for word in phrase.split())
    return " ".join(spelling.get(base, base) + word[len(base) :] for base, word in words)


def _beginning(stem: str, every: Sequence[str]) -> Iterator[str]:
    """Yields the phrases that begin so, with the same number of words."""
    for at in range(bisect_left(every, stem), len(every)):
        if not every[at].startswith(stem):
            return
        if every[at].count(" ") == stem.count(" "):
            yield every[at]
