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
from digest.themes.phrase_proposals import Decided, candidates, spelled, spellings
from digest.themes.words import stem_of

FEWEST = 20
"""With fewer stories, words recur by chance."""
_FEW = 3
"""How many stories share a word that recurs."""
_MOST = 10
"""How many themes are proposed."""
_PHRASES = 6
_SHOWN = 3
_SHARE = 1 / 3
"""A word of more of the stories is what the whole digest is about."""

Found = Mapping[str, frozenset[int]]
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
    texts = [Decided(story.file, story.title, "", frozenset()) for story in stories]
    if len(texts) < FEWEST:
        return []
    most = max(2 * _FEW, int(len(texts) * _SHARE))
    every = candidates(texts)
    everywhere = {phrase for phrase, numbers in every.items() if len(numbers) > most}
    wide = tuple(phrase[:-1] for phrase in everywhere if phrase.endswith("*"))
    found = {
        phrase: numbers
        for phrase, numbers in every.items()
        if _FEW <= len(numbers) <= most
        and not any(word in everywhere or word.startswith(wide) for word in phrase.split())
    }
    phrases_of: dict[int, list[str]] = defaultdict(list)
    for phrase, numbers in found.items():
        for number in numbers:
            phrases_of[number].append(phrase)
    spelling, left = spellings(texts), set(range(len(texts)))
    proposed: list[ProposedTheme] = []
    while len(proposed) < _MOST:
        ranked = [(-_weight(phrase, found, phrases_of, left, spelling), phrase) for phrase in found]
        score, seed = min(ranked, default=(0.0, ""))
        if -score < _FEW:
            break
        phrases = [seed, *_beside(seed, found, phrases_of, left)]
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
    proposed.sort(key=lambda one: (-one.stories, one.theme.title))
    return _named(proposed, taken)


def _weight(
    phrase: str, found: Found, phrases_of: PhrasesOf, left: set[int], spelling: Mapping[str, str]
) -> float:
    """Returns how much a phrase says: the stories that it would add; less for a single word that is no
    name and goes with no other."""
    having = found[phrase]
    new = len(having & left)
    is_word = " " not in phrase and spelled(phrase, spelling)[:1].islower()
    alone = is_word and not any(
        _goes_with(one, phrase, having, found) for one in _there(having, found, phrases_of)
    )
    return new * (0.5 if alone else 1.5 if " " in phrase else 1.0)


def _beside(seed: str, found: Found, phrases_of: PhrasesOf, left: set[int]) -> list[str]:
    """Returns the phrases that stand mostly in the stories of the seed, and bring others with them."""
    having = set(found[seed])
    beside: list[str] = []
    while len(beside) < _PHRASES - 1:
        ranked = []
        for phrase in _there(having, found, phrases_of):
            numbers = found[phrase]
            new = len((numbers - having) & left)
            if new and _goes_with(phrase, seed, having, found):
                ranked.append((-len(numbers & having) / len(numbers), -new, phrase))
        if not ranked:
            break
        phrase = min(ranked)[-1]
        beside.append(phrase)
        having |= found[phrase]
    return beside


def _there(having: Iterable[int], found: Found, phrases_of: PhrasesOf) -> set[str]:
    """Returns the phrases that are in one of these stories."""
    return {phrase for number in having for phrase in phrases_of[number] if phrase in found}


def _goes_with(phrase: str, seed: str, having: Collection[int], found: Found) -> bool:
    """True for another word that is mostly in these stories."""
    shared = len(found[phrase].intersection(having))
    is_other = _stem(phrase) != _stem(seed)
    return is_other and shared > 1 and 3 * shared >= 2 * len(found[phrase])


def _stem(phrase: str) -> str:
    return stem_of(phrase.rstrip("*"))


def _named(proposed: Sequence[ProposedTheme], taken: Sequence[str]) -> list[ProposedTheme]:
    """Returns the themes with ids made from their titles."""
    ids = list(taken)
    found = []
    for one in proposed:
        ids.append(free_name(ascii_words(one.theme.title) or "theme", ids))
        found.append(replace(one, theme=one.theme._replace(id=ids[-1])))
    return found
