"""Applies the theme rules of digest.toml to a story's headline and summary.

    headline, summary ──fold, mark edges──▶ ──blank out `ignore`──▶ ──search `match`──▶ evidence

A phrase is found or not, there are no weights. The evidence names the phrase, so that an editor can
see why.

Evidence is also a file format: ledgers store it as it is shown (`Record.themes`), and `where_of`,
`phrase_of` and `is_of_summary` read it back. So its words stay as they are:

    'phrase' in the headline    'phrase' in headline and summary    'phrase' in the summary
    'phrase' in headline and excerpt    'phrase' in the excerpt    as every story of 'feed'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from digest.model import Feed, Theme
from digest.phrases import STAR, fold, parts_of
from digest.scripts import UNSPACED

# Vowel signs and accents are part of a word, but not of `\w`.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0963\u0966-\u0dff"

# "Whole words" means nothing in a script without spaces.
WORD = rf"(?:(?![{UNSPACED}])[\w{_MARKS}])+"
_WORD = re.compile(WORD)

# Folded text cannot contain these characters. The first marks both edges of each word, so that
# patterns match whole words without looking around. The second replaces blanked out words, so that
# no phrase reaches across them.
_EDGE = "\x1f"
_BLANK = "\n"


class Where(IntEnum):
    """Where the phrase of an evidence is, the strongest first; `FEED` has no phrase."""

    HEADLINE = 0
    BOTH = 1
    SUMMARY = 2
    FEED = 3


# These words are stored in ledgers: they never change.
_SUMMARY_FORMAT, _EXCERPT_FORMAT = "summary", "excerpt"
_WHERE_FORMATS = {
    Where.HEADLINE: "in the headline",
    Where.BOTH: f"in headline and {_SUMMARY_FORMAT}",
    Where.SUMMARY: f"in the {_SUMMARY_FORMAT}",
}
_FEED_FORMAT = "as every story of "


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase, compiled: a pattern for each of its parts."""

    written: str
    parts: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A theme's phrases, compiled."""

    match: tuple[_Phrase, ...]
    ignore: tuple[_Phrase, ...]


def themes_of(
    headline: str, summary: str, themes: Sequence[Theme], feeds: Iterable[Feed] = ()
) -> dict[str, str]:
    """Returns the themes that a story earns, each with its evidence: the phrase and where it is.

    The first is the main theme: phrases in the headline come before those only in the summary, then
    the order of `themes` decides. The themes that all stories of its `feeds` have come last.

    Raises ValueError for an invalid phrase (`check_phrase`).
    """
    headline, summary = _edged(fold(headline)), _edged(fold(summary))
    earned = []
    for theme in themes:
        rule = _compile(theme)
        found = list(_matches(rule.match, *_without(rule.ignore, headline, summary)))
        if found:
            where, phrase = min(found, key=lambda one: one[0])
            earned.append((where, theme.id, f"'{phrase}' {_WHERE_FORMATS[where]}"))
    earned.sort(key=lambda one: one[0])
    evidence_by_theme = {theme: evidence for _, theme, evidence in earned}
    for feed in feeds:
        for id in feed.themes:
            evidence_by_theme.setdefault(id, f"{_FEED_FORMAT}'{feed.id}'")
    return evidence_by_theme


def where_of(evidence: str) -> Where:
    """Returns where the phrase of an evidence is; an excerpt is a part of the summary."""
    if evidence.startswith(_FEED_FORMAT):
        return Where.FEED
    if evidence.endswith(_EXCERPT_FORMAT):
        evidence = evidence.removesuffix(_EXCERPT_FORMAT) + _SUMMARY_FORMAT
    for where, words in _WHERE_FORMATS.items():
        if evidence.endswith(words):
            return where
    return Where.SUMMARY


def phrase_of(evidence: str) -> str:
    """Returns the phrase that an evidence names."""
    return evidence.rpartition("' in ")[0].removeprefix("'")


def is_of_summary(evidence: str) -> bool:
    """True if an evidence needs the whole summary."""
    return evidence.endswith(_SUMMARY_FORMAT)


def of_excerpt(evidence: str) -> str:
    """Returns the evidence for the case that only a part of the summary was searched."""
    if not is_of_summary(evidence):
        return evidence
    return evidence.removesuffix(_SUMMARY_FORMAT) + _EXCERPT_FORMAT


def _matches(
    phrases: tuple[_Phrase, ...], headline: str, summary: str
) -> Iterator[tuple[Where, str]]:
    """Yields each phrase that is found, and where."""
    for phrase in phrases:
        in_headline = [part.search(headline) is not None for part in phrase.parts]
        in_summary = [part.search(summary) is not None for part in phrase.parts]
        if all(in_headline):
            yield Where.HEADLINE, phrase.written
        elif all(in_summary):
            yield Where.SUMMARY, phrase.written
        elif all(map(max, in_headline, in_summary)):
            yield Where.BOTH, phrase.written


def _without(phrases: tuple[_Phrase, ...], headline: str, summary: str) -> tuple[str, str]:
    """Blanks the phrases out.

    One of several parts is blanked out only if all its parts are found.
    """
    for phrase in phrases:
        if any(_matches((phrase,), headline, summary)):
            for part in phrase.parts:
                headline = part.sub(_BLANK, headline)
                summary = part.sub(_BLANK, summary)
    return headline, summary


@lru_cache(maxsize=1024)
def _compile(theme: Theme) -> _Rule:
    return _Rule(
        match=tuple(map(_phrase, theme.match)),
        ignore=tuple(map(_phrase, theme.ignore)),
    )


def _phrase(written: str) -> _Phrase:
    """Compiles a phrase: its parts have edges like the text, and a star is the rest of a word."""
    patterns = []
    for part in parts_of(written):
        edged = re.escape(_edged(part)).replace(rf"{_EDGE}\{STAR}", f"[^{_EDGE}]*{_EDGE}")
        patterns.append(re.compile(edged.replace(rf"\{STAR}", "")))
    return _Phrase(written, tuple(patterns))


def _edged(folded: str) -> str:
    return _WORD.sub(rf"{_EDGE}\g<0>{_EDGE}", folded)
