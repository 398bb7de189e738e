"""Suggests themes for a story: those of the stories that it is most like.

    stories with themes ──▶ index of their words      story ──▶ its words ──▶ the nearest 20 ──▶ up to three themes

Rare words count for more, and a theme whose rule is met counts as a heavy word. Nothing but
headlines, excerpts and rules decides, all of them in git, in whole numbers: every machine suggests
the same. Suggestions never assign a theme; only rules and the editor do.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.content import excerpt
from digest.model import Story, Theme
from digest.names import current_ids
from digest.themes.reasons import current_themes
from digest.themes.rules import themes_of
from digest.themes.words import is_telling, stem_of, words_of

MAX_SUGGESTED = 3
"""How many themes are suggested, and how many stories are named for each."""
MAX_COMPARED = 50
"""How many stories are compared in a report that does not ask for all."""
_MAX_NEIGHBOURS = 20
"""How many stories are compared in their themes."""
_THEME_WEIGHT = 3
"""How many times as heavy as a word a theme is."""
_SCORE_OF_MET_RULE = 0.3
"""What a met rule adds to the score of a theme."""
_MIN_SIMILARITY = 0.03
"""Stories less alike than this share a word by chance."""
_MIN_STORIES = 9
"""From this many stories on, a word that more than half of them have does not count."""
_MAX_POSTINGS = 5_000
"""How many entries of the index one question reads: common words come last, and decide little."""


@dataclass(frozen=True, slots=True)
class SimilarStory:
    """A story that another one is like."""

    file: str
    title: str
    week: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A theme that a story may have, and the stories with that theme that it is like."""

    theme: str
    like: tuple[SimilarStory, ...]

    @property
    def why(self) -> str:
        """What the story is like, as in "like 'DRAM prices double' (w08)"."""
        if not self.like:
            return "its rule is met"
        titles = [f"'{story.title}' ({story.week[5:].lower()})" for story in self.like]
        return f"like {', '.join(titles)}"


@dataclass(frozen=True, slots=True)
class StorySuggestions:
    """A story without a theme, and the themes that it may have, the likeliest first."""

    file: str
    title: str
    themes: tuple[Suggestion, ...]


class Index:
    """The stories that have themes, by their words."""

    def __init__(self, stories: Iterable[Story], themes: Sequence[Theme]) -> None:
        self._themes = themes
        self._names = current_ids(themes)
        self._order = {theme.id: number for number, theme in enumerate(themes)}
        self._stories: list[Story] = []
        self._having: list[tuple[str, ...]] = []
        """The themes of each story."""
        self._places: dict[str, list[int]] = defaultdict(list)
        """The stories that have each term, by their places in `_stories`."""
        terms_of = list[tuple[str, ...]]()
        for story in stories:
            having = tuple(id for id in current_themes(story, self._names) if id in self._order)
            if having and not story.hide:
                terms = _terms(story, having)
                for term in terms:
                    self._places[term].append(len(self._stories))
                self._stories.append(story)
                self._having.append(having)
                terms_of.append(terms)
        count = len(self._stories)
        self._squares = dict[str, int]()
        """The square of each term's weight."""
        for term, places in self._places.items():
            self._squares[term] = _square(term, _rarity(term, len(places), count))
        self._rarity_of_unseen = 1 + count
        square_of = self._squares.__getitem__
        self._lengths = [math.sqrt(sum(map(square_of, terms))) for terms in terms_of]

    def suggest(self, story: Story) -> tuple[Suggestion, ...]:
        """Returns up to three themes that a story does not have yet, the likeliest first."""
        has = current_themes(story, self._names)
        by_rules = themes_of(story.title, excerpt.unescape(story.excerpt), self._themes)
        scores: dict[str, float] = {
            theme: _SCORE_OF_MET_RULE for theme in by_rules if theme not in has
        }
        like: dict[str, list[SimilarStory]] = defaultdict(list)
        for similarity, number in self._nearest(story, (*has, *by_rules)):
            near = self._stories[number]
            similar = SimilarStory(near.file, near.shown_headline, str(near.week))
            for rank, theme in enumerate(self._having[number], start=1):
                if theme not in has:
                    scores[theme] = scores.get(theme, 0) + similarity / rank
                    like[theme].append(similar)
        best = sorted(scores, key=lambda theme: (-scores[theme], self._order[theme]))
        return tuple(
            Suggestion(theme, tuple(like[theme][:MAX_SUGGESTED])) for theme in best[:MAX_SUGGESTED]
        )

    def _nearest(self, story: Story, themes: Collection[str]) -> list[tuple[float, int]]:
        """Returns the stories most like this one, each with its similarity (a cosine, 0 to 1)."""
        terms = _terms(story, themes)
        products: dict[int, int] = defaultdict(int)
        left = _MAX_POSTINGS
        for term in sorted(terms, key=lambda term: (len(self._places.get(term, ())), term)):
            places = self._places.get(term, ())
            left -= len(places)
            if left < 0:
                break
            square = self._squares.get(term, 0)
            for number in places:
                products[number] += square
        squares = 0
        for term in terms:
            square = self._squares.get(term, -1)
            squares += square if square >= 0 else _square(term, self._rarity_of_unseen)
        length = math.sqrt(squares) or 1.0
        ranked = []
        for number, product in products.items():
            similarity = product / (length * self._lengths[number])
            file = self._stories[number].file
            if similarity >= _MIN_SIMILARITY and file != story.file:
                ranked.append((-similarity, file, number))
        return [(-opposite, number) for opposite, _, number in sorted(ranked)[:_MAX_NEIGHBOURS]]


def without_theme(stories: Iterable[Story]) -> list[Story]:
    """Returns the stories that have no theme and are not hidden, the newest first."""
    found = [story for story in stories if not story.themes and not story.hide]
    return sorted(found, key=lambda story: (story.day, story.published, story.file), reverse=True)


def suggestions(
    asked: Iterable[Story],
    stories: Iterable[Story],
    themes: Sequence[Theme],
    *,
    most: int | None = MAX_COMPARED,
) -> tuple[StorySuggestions, ...]:
    """Returns which themes each of the asked stories may have, by the stories of the archive.

    Only the first 50 are compared, unless `most` says otherwise.
    """
    asked = tuple(asked)
    index = Index(stories if asked else (), themes)
    found = []
    for number, story in enumerate(asked):
        compared = most is None or number < most
        likely = index.suggest(story) if compared else ()
        found.append(StorySuggestions(story.file, story.shown_headline, likely))
    return tuple(found)


def suggested_counts(found: Iterable[StorySuggestions]) -> dict[str, int]:
    """Returns how many stories look most like each theme, the most frequent first.

    One that is like a single other story looks like nothing yet.
    """
    first = [of_story.themes[0] for of_story in found if of_story.themes]
    counts = Counter(best.theme for best in first if len(best.like) > 1 or not best.like)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _terms(story: Story, themes: Iterable[str]) -> tuple[str, ...]:
    """Returns the words of a story without duplicates, and its themes as words; a colon begins these."""
    text = f"{story.title}\n{story.headline}\n{excerpt.unescape(story.excerpt)}"
    return (*_words(text), *dict.fromkeys(f":{theme}" for theme in themes))


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    """Returns the words of a text as they are compared, without duplicates; the preview asks often."""
    return tuple(dict.fromkeys(filter(None, map(_term, words_of(text)))))


@lru_cache(maxsize=100_000)
def _term(word: str) -> str:
    """Returns a word as it is compared, "" for one that says nothing."""
    return stem_of(word) if is_telling(word) else ""


def _square(term: str, rarity: float) -> int:
    """Returns the square of a term's weight, in whole numbers."""
    weight = round(1000 * math.log(rarity))
    if term.startswith(":"):
        weight *= _THEME_WEIGHT
    return weight * weight


def _rarity(term: str, having: int, count: int) -> float:
    """Returns how rare a term is that so many of the stories have, 1 for one that says nothing.

    A word that most of them have says nothing, for example one that a feed puts into every summary.
    """
    if count >= _MIN_STORIES and 2 * having > count and not term.startswith(":"):
        return 1
    return 1 + count / (1 + having)
