"""Proposes themes for an archive that has none: words that recur in its headlines, in groups.

    stories ──▶ telling words and pairs ──▶ the one that most stories share, with words that go with it
            ──▶ those stories are done ──▶ the next

Only a start: the editor chooses, renames and writes the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.content.slug import ascii_words
from digest.model import Story, Theme
from digest.names import free_name
from digest.themes.phrase_proposals import RuleText, candidates, spelled, spellings
from digest.themes.words import stem_of

FEWEST = 20
"""With fewer stories, words recur by chance."""
_FEW = 3
"""How many stories share a word that recurs."""
_MOST = 10
"""How many themes are proposed."""
_PHRASES = 6
"""How many phrases a theme has at most."""
_SHOWN = 3
"""How many headlines are shown of each."""
_SHARE = 1 / 3
"""A word that more of the stories have is what the whole digest is about."""

StoriesByPhrase = Mapping[str, frozenset[int]]
"""The stories that have each phrase, by their numbers."""
PhrasesOf = Mapping[int, Sequence[str]]
"""The phrases of each story."""


@dataclass(frozen=True, slots=True)
class ProposedTheme:
    """A theme to choose: phrases that recur together, how many stories they find, and some of them."""

    theme: Theme
    stories: int
    headlines: tuple[str, ...]


def propose(stories: Sequence[Story], taken: Sequence[str] = ()) -> list[ProposedTheme]:
    """Returns themes for these stories, the one with the most stories first; none for too few.

    Their ids differ from those that are taken.
    """
    texts = [RuleText(story.file, story.title, "", frozenset()) for story in stories]
    if len(texts) < FEWEST:
        return []
    most = max(2 * _FEW, int(len(texts) * _SHARE))
    every = candidates(texts)
    everywhere = {phrase for phrase, numbers in every.items() if len(numbers) > most}
    beginnings = tuple(phrase[:-1] for phrase in everywhere if phrase.endswith("*"))
    found = dict[str, frozenset[int]]()
    phrases_of: dict[int, list[str]] = defaultdict(list)
    for phrase, numbers in every.items():
        words = phrase.split()
        is_everywhere = any(word in everywhere or word.startswith(beginnings) for word in words)
        if _FEW <= len(numbers) <= most and not is_everywhere:
            found[phrase] = numbers
            for number in numbers:
                phrases_of[number].append(phrase)
    spelling, left = spellings(texts), set(range(len(texts)))
    proposed: list[ProposedTheme] = []
    while len(proposed) < _MOST:
        ranked = [(-_weight(phrase, found, phrases_of, left, spelling), phrase) for phrase in found]
        score, seed = min(ranked, default=(0.0, ""))
        if -score < _FEW:
            break
        phrases = [seed, *_companions(seed, found, phrases_of, left)]
        written = tuple(spelled(phrase, spelling) for phrase in phrases)
        having = set().union(*(found[phrase] for phrase in phrases))
        title = written[0].rstrip("*")
        theme = Theme(id="", title=title[:1].upper() + title[1:], match=written)
        newest = [stories[number] for number in sorted(having & left)]
        newest.sort(key=lambda story: (story.published, story.file), reverse=True)
        headlines = tuple(story.title for story in newest[:_SHOWN])
        proposed.append(ProposedTheme(theme, len(having), headlines))
        left -= having
        found = {phrase: numbers for phrase, numbers in found.items() if phrase not in phrases}
    proposed.sort(key=lambda proposal: (-proposal.stories, proposal.theme.title))
    ids, named = list(taken), list[ProposedTheme]()
    for proposal in proposed:
        ids.append(free_name(ascii_words(proposal.theme.title) or "theme", ids))
        named.append(replace(proposal, theme=proposal.theme._replace(id=ids[-1])))
    return named


def _weight(
    phrase: str,
    found: StoriesByPhrase,
    phrases_of: PhrasesOf,
    left: set[int],
    spelling: Mapping[str, str],
) -> float:
    """Returns how much a phrase says: the number of stories that it would add.

    A pair of words counts half as much again; a single word half, unless it is a name or occurs
    together with another phrase.
    """
    having = found[phrase]
    new = len(having & left)
    if " " in phrase:
        return 1.5 * new
    is_name = not spelled(phrase, spelling)[:1].islower()
    others = () if is_name else _phrases_in(having, found, phrases_of)
    if is_name or any(_goes_with(other, phrase, having, found) for other in others):
        return new
    return 0.5 * new


def _companions(
    seed: str, found: StoriesByPhrase, phrases_of: PhrasesOf, left: set[int]
) -> list[str]:
    """Returns the phrases that are mostly in the stories of the seed, and bring others with them."""
    having = set(found[seed])
    companions: list[str] = []
    while len(companions) < _PHRASES - 1:
        ranked = []
        for phrase in _phrases_in(having, found, phrases_of):
            numbers = found[phrase]
            new = len((numbers - having) & left)
            if new and _goes_with(phrase, seed, having, found):
                ranked.append((-len(numbers & having) / len(numbers), -new, phrase))
        if not ranked:
            break
        phrase = min(ranked)[-1]
        companions.append(phrase)
        having |= found[phrase]
    return companions


def _phrases_in(having: Iterable[int], found: StoriesByPhrase, phrases_of: PhrasesOf) -> set[str]:
    """Returns the phrases that are in one of these stories."""
    phrases = set[str]()
    for number in having:
        phrases.update(phrases_of[number])
    return phrases & found.keys()


def _goes_with(phrase: str, seed: str, having: Collection[int], found: StoriesByPhrase) -> bool:
    """True for another word that is mostly in these stories."""
    shared = len(found[phrase].intersection(having))
    is_other = stem_of(phrase.rstrip("*")) != stem_of(seed.rstrip("*"))
    return is_other and shared > 1 and 3 * shared >= 2 * len(found[phrase])
