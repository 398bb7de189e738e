"""Finds stories of a week that likely report the same event, by words and numbers that both have.

    stories of a week ──▶ what each headline says ──▶ those near in time with rare words in common
        ──▶ do they agree in three things, and contradict each other in none? ──▶ Pair

Likeness alone decides nothing: two stories about one company, or two headlines from one template,
are often more alike than two reports of one event. So words that stand together in both headlines
count as one thing, at least one of the things must be a name or a number, and other names, other
numbers, the opposite action, or one word in the place of another mean that these are two events. A
pair is a hint, and nothing more. Scripts without capital letters give few pairs.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from digest.content import excerpt
from digest.model import Story
from digest.themes.words import is_telling, stem_of

# These numbers were tuned on the 219 labelled pairs of tests/data/same-events.tsv: precision 0.97,
# recall 0.79. `tests/checks/test_event_pairs.py` measures both again.

_MAX_TIME_APART = timedelta(hours=60)
"""Two reports of one event are at most this far apart; a later one reports what followed from it."""
_MIN_THINGS = 3
"""Two reports of one event agree in at least this many things."""
_MIN_SAID, _MIN_SAID_BY_ONE = 0.34, 0.5
"""The shares of a headline's words that the other story must have: both ways, and one way."""
_SAME_HEADLINE_SHARE = 0.75
"""The share of words in common from which two headlines are the same, whatever else they say."""
_TEMPLATE_RATIO = 0.7
"""The likeness (`SequenceMatcher.ratio`) from which two headlines are made from one template."""
_MAX_RARE_COUNT, _MAX_RARE_SHARE = 4, 0.1
"""A word in more headlines of the week than this, and than this share of them, is not rare."""
_MIN_RARE_WORDS = 2
"""Two stories are compared if they share at least this many rare words and numbers."""
_MIN_SUMMARY_WORDS = 6
"""Two whole stories agree only if they share at least this many words."""
_MIN_SUMMARY_SHARE = 0.5
"""And at least this share of the words of the shorter one."""
_MAX_ROUNDING = 0.05
"""Two numbers that differ by less than this share are the same number, rounded."""
_SMALL, _LARGE = 12, 100
"""Numbers up to the first say little; one above the second, or with a unit, counts for two things."""
_MIN_ROOT_LETTERS = 4
"""Letters of a word that stay when its ending is taken off."""

# These only bound the work and the message.
_MAX_LENGTH, _MAX_FIGURES = 1_000, 20
"""Characters of a headline or a summary that are compared, and numbers."""
_MAX_SHOWN_WORDS = 6
"""Words that a pair names."""

_ACTIONS = """
buy buys buying bought acquire takeover acquisition merger merge stake bid offer sell sells sold sale
sue sued lawsuit appeal
appoint hire hires elect | quit resign leave leaves depart sack oust fired
build construct | delay postpone halt halts cancel scrap suspend drop
rise rises rose gain gains jump soar surge climb raise | fall falls drop slip slide plunge slump sink tumble cut cuts
begin begins start starts launch | end ends ended
approve approval clear allow pass passes | ban bans banned block reject refuse bar bars
win wins won | lose loses lost
open opens | close closes shut
die dies died death mourn
"""
"""What was done: each line has words for one action, and behind the bar those for its opposite."""
_NO_REPORT = frozenset(
    ["what", "why", "how", "who", "which", "where", "quiz", "opinion", "review", "podcast"]
)
"""A headline that begins like this, or asks something, explains an event that others report."""

_TOKEN = re.compile(
    r"(?P<score>\d+[-–:]\d+)|(?P<number>(?:us\$|[$€£¥])?\d[\d.,]*[^\W_]*)"
    r"|(?P<word>[^\W\d_][^\W_]*(?:[.'’&][^\W_]+)*)|(?P<stop>[.:!?–—]\s)",
    re.IGNORECASE,
)
_SCORE = re.compile(r"\d+[-–:]\d+")
_NUMBER = re.compile(
    r"(?P<sign>us\$|[$€£¥])?(?<![\w.,])(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)[\s-]?"
    r"(?:(?P<scale>billion|million|trillion|thousand|bn|tn|m|k)\b[\s-]?)?"
    r"(?P<unit>%|(?:euro|dollar|pound|yen|yuan|percent|per cent)s?\b)?"
)
_SCALES = {
    "k": 3,
    "thousand": 3,
    "m": 6,
    "million": 6,
    "bn": 9,
    "billion": 9,
    "tn": 12,
    "trillion": 12,
}
_UNITS = {
    "us$": "dollar",
    "$": "dollar",
    "€": "euro",
    "£": "pound",
    "¥": "yen",
    "percent": "%",
    "per cent": "%",
}
_COUNTS = {
    word: str(at)
    for at, word in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 2
    )
}
_COUNT = re.compile(rf"\b(?:{'|'.join(_COUNTS)})\b")
_ORDINALS = {
    word: at for at, word in enumerate(["first", "second", "third", "fourth", "fifth", "sixth"], 1)
}
_ORDINAL_UNIT = "th"
"""The unit of first, second and so on."""
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b")
_YEARS = range(1900, 2100)
_ENDINGS = ("ese", "ian", "an", "n", "s", "a", "i", "e")
"""What distinguishes a country from its people and things, as in Sulvania and Sulvanian."""


class Pair(NamedTuple):
    """Two stories that likely report the same event, the earlier first, and the words that both have."""

    first: Story
    second: Story
    shared: tuple[str, ...]

    @property
    def why(self) -> str:
        """Why they likely do, in words."""
        apart = abs(self.second.published - self.first.published)
        hours = round(apart.total_seconds() / 3600)
        return f"both say {', '.join(self.shared)}; {hours} hours apart"


Figure = tuple[str, float]
"""A number with its unit, empty for a bare one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoryFacts:
    """What a story says, in forms in which words are compared.

    Of the headline:

    - `order`: its words; `shown` has how each is written there
    - `terms`: those that say something
    - `names`: the names in it, each as its words
    - `actions`: what was done
    - `numbers`: by unit

    Of the whole story: `text` has its words that say something, `all_names` and `figures` its names
    and numbers.
    """

    order: tuple[str, ...]
    shown: Mapping[str, str]
    terms: tuple[str, ...]
    names: tuple[frozenset[str], ...]
    actions: frozenset[int]
    numbers: Mapping[str, frozenset[float]]
    text: frozenset[str]
    all_names: tuple[frozenset[str], ...]
    figures: tuple[Figure, ...]

    @property
    def rare(self) -> frozenset[object]:
        """Its words and numbers, by which reports of one event find each other."""
        return self.text.union(self.figures)


def likely_pairs(stories: Iterable[Story]) -> tuple[Pair, ...]:
    """Returns the pairs among the stories of a week that likely report the same event, by date."""
    week = sorted(stories, key=lambda story: (story.published, story.file))
    in_order, reports = list[Story](), list[_StoryFacts]()
    for story in week:
        report = _report(story.title[:_MAX_LENGTH], excerpt.unescape(story.excerpt[:_MAX_LENGTH]))
        if report:
            in_order.append(story)
            reports.append(report)
    times = Counter(word for report in reports for word in report.rare)
    most = max(_MAX_RARE_COUNT, _MAX_RARE_SHARE * len(week))
    common = frozenset(word for word, count in times.items() if count > most)

    pairs = []
    places: dict[object, list[int]] = defaultdict(list)
    """The reports so far that have each rare word or number."""
    for at, (story, report) in enumerate(zip(in_order, reports, strict=True)):
        since = story.published - _MAX_TIME_APART
        shared_words: Counter[int] = Counter()
        for word in report.rare.difference(common):
            for before in places[word]:
                if in_order[before].published >= since:
                    shared_words[before] += 1
            places[word].append(at)
        for before, shared_count in sorted(shared_words.items()):
            if shared_count >= _MIN_RARE_WORDS:
                words = _agreement(reports[before], report, common)
                if words:
                    pairs.append(Pair(in_order[before], story, words))
    return tuple(pairs)


def _agreement(
    first: _StoryFacts, second: _StoryFacts, common: Collection[object]
) -> tuple[str, ...]:
    """Returns words that two reports of one event share; () if they likely report two events."""
    if _contradict(first, second):
        return ()
    shared = {word for word in first.terms if word in second.terms and word not in common}
    figures = _same(first.figures, second.figures)
    names = [name for name in (*first.all_names, *second.all_names) if not name.isdisjoint(shared)]
    weight = sum(2 if unit or value > _LARGE else 1 for unit, value in figures)

    # Words that are side by side in both headlines are one thing.
    beside = _neighbours(first.terms) & _neighbours(second.terms)
    things = len(shared) - sum(pair <= shared for pair in beside)
    things += bool(first.actions & second.actions) + weight
    less, more = sorted((_said(first, second), _said(second, first)))
    is_agreed = things >= _MIN_THINGS and less >= _MIN_SAID and more >= _MIN_SAID_BY_ONE
    is_alike = len(shared) > _MIN_THINGS and less >= _SAME_HEADLINE_SHARE
    has_proof = bool(names or figures) and (is_agreed or is_alike)
    if not (has_proof or _are_summaries_alike(first, second, weight)):
        return ()
    words = [first.shown[word] for word in dict.fromkeys(first.order) if word in shared]
    numbers = [_in_words(figure) for figure in figures]
    return tuple(words[:_MAX_SHOWN_WORDS] + numbers) or ("much of their summaries",)


def _are_summaries_alike(first: _StoryFacts, second: _StoryFacts, weight: int) -> bool:
    """True if two whole stories share so much that their headlines need not; `weight` is that of
    the numbers in both.
    """
    in_both = first.text & second.text
    names_in_both = [name for name in first.all_names if not name.isdisjoint(in_both)]
    shorter = min(len(first.text), len(second.text))
    is_enough = len(in_both) >= max(_MIN_SUMMARY_WORDS, _MIN_SUMMARY_SHARE * shorter)
    return is_enough and len(names_in_both) + weight >= _MIN_THINGS


def _contradict(first: _StoryFacts, second: _StoryFacts) -> bool:
    """True if two headlines cannot be about one event."""
    opposites = {-action for action in first.actions}
    if opposites & second.actions and not first.actions & second.actions:
        return True
    for unit in first.numbers.keys() & second.numbers.keys():
        values = [(unit, value) for value in first.numbers[unit]]
        if not _same(values, [(unit, value) for value in second.numbers[unit]]):
            return True
    if _has_own_name(first, second) and _has_own_name(second, first):
        return True
    # The same words in the same order, but for a few in the place of others: one template.
    match = SequenceMatcher(None, first.order, second.order, autojunk=False)
    is_replaced = any(code[0] == "replace" for code in match.get_opcodes())
    return is_replaced and match.ratio() >= _TEMPLATE_RATIO


def _has_own_name(report: _StoryFacts, other: _StoryFacts) -> bool:
    """True if a headline has a name that the other story does not mention."""
    return any(name.isdisjoint(other.text) for name in report.names)


def _neighbours(terms: Sequence[str]) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in itertools.pairwise(terms)}


def _said(report: _StoryFacts, other: _StoryFacts) -> float:
    """Returns how much of a headline the other story says, too, from 0 to 1."""
    return sum(term in other.text for term in report.terms) / max(1, len(report.terms))


def _same(first: Iterable[Figure], second: Iterable[Figure]) -> list[Figure]:
    """Returns the numbers that are in both, whatever they are rounded to."""
    found = []
    for unit, value in first:
        most = _MAX_ROUNDING * value if value > _SMALL else 0
        if any(unit == another and abs(value - near) <= most for another, near in second):
            found.append((unit, value))
    return found


def _in_words(figure: Figure) -> str:
    """Returns a number as a message names it: `2.3 billion dollars`, `22%`, `60,000`."""
    unit, value = figure
    scale = ""
    for name, zeros in (("trillion", 12), ("billion", 9), ("million", 6)):
        if not scale and value >= 10**zeros:
            scale, value = f" {name}", value / 10**zeros
    plural = {"": "", "%": "%", "yen": " yen", "yuan": " yuan"}.get(unit, f" {unit}s")
    return f"{value:,.6g}{scale}{plural}"


@lru_cache(maxsize=20_000)
def _report(title: str, summary: str) -> _StoryFacts | None:
    """Returns what a story says; None if its headline asks or explains something."""
    order, shown, names = _words(title)
    if not order or shown[order[0]].casefold() in _NO_REPORT or title.rstrip().endswith("?"):
        return None
    more, _, others = _words(summary)
    numbers = _numbers(title)
    telling = set[Figure]()
    for found in (numbers, _numbers(summary)):
        for unit, values in found.items():
            for value in values:
                is_little = not unit and (value <= _SMALL or value in _YEARS)
                if unit != _ORDINAL_UNIT and not is_little:
                    telling.add((unit, value))
    return _StoryFacts(
        order=order,
        shown=shown,
        terms=tuple(dict.fromkeys(word for word in order if is_telling(word))),
        names=names,
        actions=frozenset(_ACTION_OF[word] for word in order if word in _ACTION_OF),
        numbers=numbers,
        text=frozenset(word for word in (*order, *more) if is_telling(word)),
        all_names=(*names, *others),
        figures=tuple(sorted(telling)[:_MAX_FIGURES]),
    )


def _words(text: str) -> tuple[tuple[str, ...], dict[str, str], tuple[frozenset[str], ...]]:
    """Returns the words of a text in order, how each is written, and the names among them.

    A name is words with capitals, side by side; one at the start of a sentence only with others.
    """
    order, names, name = list[str](), list[frozenset[str]](), list[str]()
    shown: dict[str, str] = {}
    at_start = begins = True
    for token in _TOKEN.finditer(text):
        word = _form(token["word"]) if token["word"] else ""
        if token["score"] or (token["number"] and not _NUMBER.fullmatch(token[0].casefold())):
            word = token[0].casefold()  # a model, such as E5 or 9b
        if word:
            order.append(word)
            shown.setdefault(word, token[0])
        if word and not token[0].islower() and is_telling(word):
            begins = begins if name else at_start
            name.append(word)
        else:
            if len(name) > 1 or not begins:
                names.append(frozenset(name))
            name, begins = [], False
        at_start = bool(token["stop"])
    if len(name) > 1 or not begins:
        names.append(frozenset(name))
    return tuple(order), shown, tuple(filter(None, names))


def _form(word: str) -> str:
    """Returns a word as it is compared: without the endings by which words of one root differ."""
    folded = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    found = stem_of(folded)
    is_shorter = True
    while is_shorter:
        is_shorter = False
        for ending in _ENDINGS:
            if found.endswith(ending) and len(found) - len(ending) >= _MIN_ROOT_LETTERS:
                found, is_shorter = found.removesuffix(ending), True
                break
    return found


def _numbers(text: str) -> dict[str, frozenset[float]]:
    """Returns the numbers in a text by unit."""
    found: dict[str, set[float]] = defaultdict(set)
    folded = _SCORE.sub(" ", _COUNT.sub(lambda word: _COUNTS[word[0]], text.casefold()))
    for number in _NUMBER.finditer(folded):
        unit = (number["unit"] or "").removesuffix("s") or number["sign"] or ""
        digits, scale = number["digits"].replace(",", ""), number["scale"] or ""
        value = float(digits) * 10 ** _SCALES.get(scale, 0)
        found[_UNITS.get(unit, unit)].add(value)
    for word in _ORDINAL.findall(folded):
        found[_ORDINAL_UNIT].add(_ORDINALS[word])
    return {unit: frozenset(values) for unit, values in found.items()}


def _numbered_actions() -> dict[str, int]:
    """Returns the number of each word's action; the opposite action has the negative number."""
    found = {}
    for number, line in enumerate(_ACTIONS.strip().split("\n"), 1):
        words, _, opposites = line.partition("|")
        found.update({_form(word): number for word in words.split()})
        found.update({_form(word): -number for word in opposites.split()})
    return found


_ACTION_OF = _numbered_actions()
