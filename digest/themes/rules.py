"""Which themes a story earns by what its publisher says: the rules of digest.toml, applied to headline and summary.

    headline, summary ──fold, edge──▶ ──blank out `ignore`──▶ ──search `match`──▶ {theme: evidence}, the main first

Refuses to weigh words: a phrase is there or it is not, and the evidence names it, so that an editor can see why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.model import Theme
from digest.phrases import STAR, fold, parts_of

# Thai, Lao, Burmese, Khmer, Chinese and Japanese are written without spaces, so that "whole words" means nothing there.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# Vowel signs and accents that belong to the word they stand in, though `\w` does not know them.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0963\u0966-\u0dff"

_WORD = re.compile(rf"(?:(?![{_UNSPACED}])[\w{_MARKS}])+")

# Signs that folded text cannot hold: one stands at both edges of each word, so that "whole words" is part of the text
# and a pattern need not look around; the other where words were blanked out, so that no phrase reaches across.
_EDGE = "\x1f"
_BLANK = "\n"

_SUMMARY, _EXCERPT = "summary", "excerpt"
_PLACES = (
    "in the headline",
    f"in headline and {_SUMMARY}",
    f"in the {_SUMMARY}",
)  # the strongest first


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase, compiled: a pattern for each of its parts."""

    written: str
    parts: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A theme's phrases, compiled."""

    match: tuple[_Phrase, ...]
    ignore: tuple[_Phrase, ...]


def themes_of(headline: str, summary: str, themes: Sequence[Theme]) -> dict[str, str]:
    """Returns the themes that a story earns, by id, each with its evidence: the phrase, and where it stood.

    The first is the main theme: what the headline says comes before what only the summary says, and among equals
    the order of `themes` decides. Raises ValueError for a phrase that `check_phrase` would have refused.
    """
    texts = (_edged(fold(headline)), _edged(fold(summary)))
    earned = [
        (*evidence, theme.id) for theme in themes if (evidence := _earned(_compile(theme), *texts))
    ]
    return {
        theme: f"'{phrase}' {_PLACES[place]}"
        for place, phrase, theme in sorted(earned, key=lambda one: one[0])
    }


def place_of(evidence: str) -> int:
    """Returns the place that an evidence names: 0 in the headline, 1 in both, 2 below it."""
    whole = evidence.removesuffix(_EXCERPT) + _SUMMARY if evidence.endswith(_EXCERPT) else evidence
    return next(
        (number for number, place in enumerate(_PLACES) if whole.endswith(place)), len(_PLACES) - 1
    )


def is_of_summary(evidence: str) -> bool:
    """Tells whether an evidence needs the whole summary, and not a part of it or the headline alone."""
    return evidence.endswith(_SUMMARY)


def of_excerpt(evidence: str) -> str:
    """Returns the evidence as it is where only a part of the summary was there to be searched."""
    return evidence.removesuffix(_SUMMARY) + _EXCERPT if is_of_summary(evidence) else evidence


def _earned(rule: _Rule, headline: str, summary: str) -> tuple[int, str] | None:
    """Returns the strongest place at which the rule is met and the first phrase that stands there, None if unmet."""
    headline, summary = _without(rule.ignore, headline, summary)
    met = list(_met(rule.match, headline, summary))
    return min(met, key=lambda one: one[0]) if met else None


def _met(phrases: tuple[_Phrase, ...], headline: str, summary: str) -> Iterator[tuple[int, str]]:
    for phrase in phrases:
        above = [part.search(headline) is not None for part in phrase.parts]
        below = [part.search(summary) is not None for part in phrase.parts]
        if all(above):
            yield 0, phrase.written
        elif all(below):
            yield 2, phrase.written
        elif all(map(max, above, below)):
            yield 1, phrase.written


def _without(phrases: tuple[_Phrase, ...], headline: str, summary: str) -> tuple[str, str]:
    """Blanks the phrases out; one of several parts goes only where all of them are there."""
    for phrase in phrases:
        if any(_met((phrase,), headline, summary)):
            for part in phrase.parts:
                headline, summary = part.sub(_BLANK, headline), part.sub(_BLANK, summary)
    return headline, summary


@lru_cache(maxsize=1024)
def _compile(theme: Theme) -> _Rule:
    return _Rule(
        match=tuple(map(_phrase, theme.match)),
        ignore=tuple(map(_phrase, theme.ignore)),
    )


def _phrase(written: str) -> _Phrase:
    return _Phrase(written, tuple(re.compile(_pattern(part)) for part in parts_of(written)))


def _pattern(part: str) -> str:
    """Returns the pattern of one part, edged as the text is: a star lets a word go on to its edge."""
    edged = re.escape(_edged(part))
    return edged.replace(rf"{_EDGE}\{STAR}", f"[^{_EDGE}]*{_EDGE}").replace(rf"\{STAR}", "")


def _edged(folded: str) -> str:
    return _WORD.sub(rf"{_EDGE}\g<0>{_EDGE}", folded)
