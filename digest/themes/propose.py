"""Proposes themes for an archive that has none: words that recur in its headlines, in groups.

    stories ──▶ telling words and pairs ──▶ the one that most stories share, with words that go with it
            ──▶ those stories are done ──▶ the next

Only a start: the editor chooses, renames and writes the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from digest.content.slug import ascii_words
from digest.model import Story, Theme
from digest.names import free_name
from digest.themes.phrase_proposals import RuleText, candidates, spelled, spellings
from digest.themes.words import stem_of

MIN_STORIES = 20
"""With fewer stories, words recur by chance."""
_MIN_SHARING = 3
"""How many stories share a word that recurs."""
_MAX_THEMES = 10
"""How many themes are proposed."""
_MAX_PHRASES = 6
"""How many phrases a theme has at most."""
_MAX_HEADLINES = 3
"""How many headlines are shown of each."""
_MAX_SHARE = 1 / 3
"""A word that more of the stories have is what the whole digest is about."""


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
    if len(stories) < MIN_STORIES:
        return []
    recurring = _Recurring(stories)
    proposed: list[ProposedTheme] = []
    while len(proposed) < _MAX_THEMES:
        seed = recurring.best()
        if not seed:
            break
        phrases = [seed, *recurring.companions(seed)]
        spelled_phrases = list(map(recurring.spelled, phrases))
        title = spelled_phrases[0].rstrip("*")
        written = tuple(_without_caught(spelled_phrases))
        theme = Theme(id="", title=title[:1].upper() + title[1:], match=written)
        having, new = recurring.take(phrases)
        newest = [stories[number] for number in sorted(new)]
        newest.sort(key=lambda story: (story.published, story.file), reverse=True)
        headlines = tuple(story.title for story in newest[:_MAX_HEADLINES])
        proposed.append(ProposedTheme(theme, len(having), headlines))
    proposed.sort(key=lambda proposal: (-proposal.stories, proposal.theme.title))
    ids, named = list(taken), list[ProposedTheme]()
    for proposal in proposed:
        ids.append(free_name(ascii_words(proposal.theme.title) or "theme", ids))
        named.append(replace(proposal, theme=proposal.theme._replace(id=ids[-1])))
    return named


def _without_caught(phrases: Sequence[str]) -> list[str]:
    """Returns the phrases without those that another one catches: `giants`, beside `giant*`."""
    kept = []
    for phrase in phrases:
        others = [other for other in phrases if other != phrase and other.endswith("*")]
        beginnings = tuple(other[:-1].casefold() for other in others)
        if not phrase.rstrip("*").casefold().startswith(beginnings) or " " in phrase:
            kept.append(phrase)
    return kept


class _Recurring:
    """The phrases that recur in headlines and are in no theme yet, and the stories that are not.

    Stories are known by their numbers.
    """

    def __init__(self, stories: Sequence[Story]) -> None:
        texts = [RuleText(story.file, story.title, "", frozenset()) for story in stories]
        self._spelling = spellings(texts)
        self._left = set(range(len(texts)))
        self._found: dict[str, frozenset[int]] = {}
        """The stories that have each phrase."""
        self._phrases_of: dict[int, list[str]] = defaultdict(list)
        """The phrases of each story."""
        most = max(2 * _MIN_SHARING, int(len(texts) * _MAX_SHARE))
        every = candidates(texts)
        everywhere = {phrase for phrase, numbers in every.items() if len(numbers) > most}
        beginnings = tuple(phrase[:-1] for phrase in everywhere if phrase.endswith("*"))
        for phrase, numbers in every.items():
            words = phrase.split()
            is_everywhere = any(word in everywhere or word.startswith(beginnings) for word in words)
            if _MIN_SHARING <= len(numbers) <= most and not is_everywhere:
                self._found[phrase] = numbers
                for number in numbers:
                    self._phrases_of[number].append(phrase)

    def best(self) -> str:
        """Returns the phrase that says the most, "" if none says enough for a theme."""
        ranked = [(-self._weight(phrase), phrase) for phrase in self._found]
        score, phrase = min(ranked, default=(0.0, ""))
        return phrase if -score >= _MIN_SHARING else ""

    def companions(self, seed: str) -> list[str]:
        """Returns the phrases that are mostly in the stories of the seed, and bring others with
        them.

        A single word in lower case is none, unless it is in the seed: it may be a verb or a filler
        (`fuels`, `despite`), and few stories cannot tell which.
        """
        having = set(self._found[seed])
        companions: list[str] = []
        while len(companions) < _MAX_PHRASES - 1:
            ranked = []
            for phrase in self._phrases_in(having):
                numbers = self._found[phrase]
                new = len((numbers - having) & self._left)
                if new and self._goes_with(phrase, seed):
                    ranked.append((-len(numbers & having) / len(numbers), -new, phrase))
            if not ranked:
                break
            phrase = min(ranked)[-1]
            companions.append(phrase)
            having |= self._found[phrase]
        return companions

    def spelled(self, phrase: str) -> str:
        """Returns a phrase as headlines spell it."""
        return spelled(phrase, self._spelling)

    def take(self, phrases: Iterable[str]) -> tuple[set[int], set[int]]:
        """Removes the phrases of a theme, and returns the stories that have them, and those of them
        that were in no theme before.
        """
        having = set[int]()
        for phrase in phrases:
            having |= self._found.pop(phrase)
        new = having & self._left
        self._left -= having
        return having, new

    def _weight(self, phrase: str) -> float:
        """Returns how much a phrase says: the number of stories that it would add.

        A pair of words counts half as much again; a single word half, unless it is a name or occurs
        together with a name or a pair.
        """
        having = self._found[phrase]
        new = len(having & self._left)
        if " " in phrase:
            return 1.5 * new
        is_name = not self.spelled(phrase)[:1].islower()
        others = () if is_name else self._phrases_in(having)
        if is_name or any(self._goes_with(other, phrase) for other in others):
            return new
        return 0.5 * new

    def _phrases_in(self, having: Iterable[int]) -> set[str]:
        """Returns the phrases that are in one of these stories."""
        phrases = set[str]()
        for number in having:
            phrases.update(self._phrases_of[number])
        return phrases & self._found.keys()

    def _goes_with(self, phrase: str, seed: str) -> bool:
        """True for a name, a pair or a word of the seed that is mostly in the seed's stories."""
        is_common = " " not in phrase and self.spelled(phrase)[:1].islower()
        beginning = phrase.rstrip("*")
        if is_common and not any(word.startswith(beginning) for word in seed.split()):
            return False
        numbers = self._found[phrase]
        shared = len(numbers & self._found[seed])
        is_other = stem_of(phrase.rstrip("*")) != stem_of(seed.rstrip("*"))
        return is_other and shared > 1 and 3 * shared >= 2 * len(numbers)
