"""Finds stories of a week that likely report the same event, by words and numbers that both have.

    stories of a week ──▶ what each headline says ──▶ those near in time with rare words in common
        ──▶ do they agree in three things, and contradict each other in none? ──▶ Pair

Likeness alone decides nothing: two stories about one company, or two headlines from one template, are
often more alike than two reports of one event. So words that stand together in both headlines count as
one thing, at least one of the things must be a name or a number, and other names, other numbers, the
opposite action, or one word in the place of another mean that these are two events. A pair is a hint, and
nothing more. Scripts without capital letters give few pairs.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from digest.content import excerpt
from digest.model import Story
from digest.themes.words import is_telling, stem_of

_NEAR = timedelta(hours=60)
"""Two reports of one event are at most this far apart; a later one reports what followed from it."""
_THINGS = 3
"""Two reports of one event agree in at least this many things."""
_SAID, _SAID_LESS = 0.5, 0.34
"""The share of a headline's words that the other story must have; less is enough for one of the two."""
_ALIKE, _TEMPLATE = 0.75, 0.7
"""The share of words in common from which two headlines are the same, or are made from one template."""
_COMMON, _COMMON_SHARE = 4, 0.1
"""A word in more headlines of the week than this, and than this share of them, is not rare."""
_SUMMARY = 6
"""Two whole stories agree only if they share at least this many words."""
_LONGEST, _FIGURES = 1_000, 20
"""Characters of a headline or a summary that are compared, and numbers."""
_WORDS = 6  # that a pair names
_ROUNDED = 0.05
"""Two numbers that differ by less than this share are the same number, rounded."""
_SMALL, _LARGE = 12, 100
"""Numbers up to the first say little; one above the second, or with a unit, counts for two things."""

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
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b")
_YEARS = range(1900, 2100)
_ENDINGS = ("ese", "ian", "an", "n", "s", "a", "i", "e")
"""What distinguishes a country from its people and things, as in Sulvania and Sulvanian."""
_ROOT = 4  # letters of a word that stay


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
class _Report:
    """What a story says, in forms in which words are compared.

    `order` has the words of the headline, and `shown` how they are written there; `terms` are those
    that say something, `names` its names, each as its words, `actions` what was done. `numbers` has
    the numbers of the headline by unit. `text`, `all_names` and `figures` are of the whole story.
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
    in_order = sorted(stories, key=lambda story: (story.published, story.file))
    reports = [
        _report(story.title[:_LONGEST], excerpt.unescape(story.excerpt[:_LONGEST]))
        for story in in_order
    ]
    counts = Counter(word for report in reports if report for word in report.rare)
    most = max(_COMMON, _COMMON_SHARE * len(reports))
    common = frozenset(word for word, count in counts.items() if count > most)
    found = []
    for at, before in _candidates(in_order, reports, common):
        one, other = reports[before], reports[at]
        shared = one and other and _agreement(one, other, common)
        if shared:
            found.append(Pair(in_order[before], in_order[at], shared))
    return tuple(found)


def _candidates(
    stories: Sequence[Story], reports: Sequence[_Report | None], common: Collection[object]
) -> Iterator[tuple[int, int]]:
    """Yields pairs of stories, as places, that are near in time and share two rare words or a number."""
    places: dict[object, list[int]] = defaultdict(list)
    for at, report in enumerate(reports):
        if report is None:
            continue
        since = stories[at].published - _NEAR
        near: Counter[int] = Counter()
        for word in report.rare.difference(common):
            near.update(one for one in places[word] if stories[one].published >= since)
            places[word].append(at)
        yield from ((at, one) for one, count in sorted(near.items()) if count > 1)


def _agreement(one: _Report, other: _Report, common: Collection[object]) -> tuple[str, ...]:
    """Returns words that two reports of one event share; () if they likely report two events."""
    shared = {word for word in one.terms if word in other.terms and word not in common}
    figures = _same(one.figures, other.figures)
    names = [name for name in (*one.all_names, *other.all_names) if not name.isdisjoint(shared)]
    is_summary = _summaries_agree(one, other, figures)
    if _contradict(one, other) or not (names or figures or is_summary):
        return ()
    actions = bool(one.actions & other.actions)
    things = _things(shared, one.terms, other.terms) + actions + sum(map(_weight, figures))
    said = sorted((_said(one, other), _said(other, one)))
    is_agreed = things >= _THINGS and said[0] >= _SAID_LESS and said[1] >= _SAID
    is_alike = len(shared) > _THINGS and said[0] >= _ALIKE
    if not (is_agreed or is_alike or is_summary):
        return ()
    words = [one.shown[word] for word in dict.fromkeys(one.order) if word in shared]
    numbers = [_in_words(figure) for figure in figures]
    return tuple(words[:_WORDS] + numbers) or ("much of their summaries",)


def _summaries_agree(one: _Report, other: _Report, figures: Collection[Figure]) -> bool:
    """True if two whole stories have most of their words, and names or numbers, in common."""
    words = one.text & other.text
    names = [name for name in one.all_names if not name.isdisjoint(words)]
    strong = len(names) + sum(map(_weight, figures))
    shorter = min(len(one.text), len(other.text))
    return strong >= _THINGS and len(words) >= _SUMMARY and len(words) / shorter >= _SAID


def _contradict(one: _Report, other: _Report) -> bool:
    """True if two headlines cannot be about one event."""
    if (
        any(action ^ 1 in other.actions for action in one.actions)
        and not one.actions & other.actions
    ):
        return True
    for unit in one.numbers.keys() & other.numbers.keys():
        values = [[(unit, value) for value in report.numbers[unit]] for report in (one, other)]
        if not _same(*values):
            return True
    if _has_own_name(one, other) and _has_own_name(other, one):
        return True
    return _is_template(one.order, other.order)


def _has_own_name(one: _Report, other: _Report) -> bool:
    """True if a headline has a name that the other story does not mention."""
    return any(name.isdisjoint(other.text) for name in one.names)


def _is_template(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if two headlines are the same word for word, but for a few in the place of others."""
    match = SequenceMatcher(None, one, other, autojunk=False)
    swapped = [code for code in match.get_opcodes() if code[0] == "replace"]
    return bool(swapped) and match.ratio() >= _TEMPLATE


def _things(shared: Collection[str], one: Sequence[str], other: Sequence[str]) -> int:
    """Returns in how many things two headlines agree: words side by side in both are one thing."""
    beside = _neighbours(one) & _neighbours(other)
    return len(shared) - sum(pair <= set(shared) for pair in beside)


def _neighbours(terms: Sequence[str]) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in itertools.pairwise(terms)}


def _said(one: _Report, other: _Report) -> float:
    """Returns how much of a headline the other story says, too, from 0 to 1."""
    return sum(term in other.text for term in one.terms) / max(1, len(one.terms))


def _same(one: Iterable[Figure], other: Iterable[Figure]) -> list[Figure]:
    """Returns the numbers that are in both, whatever they are rounded to."""
    found = []
    for unit, value in one:
        most = _ROUNDED * value if value > _SMALL else 0
        if any(unit == another and abs(value - near) <= most for another, near in other):
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


def _weight(figure: Figure) -> int:
    return 2 if figure[0] or figure[1] > _LARGE else 1


@lru_cache(maxsize=20_000)
def _report(title: str, summary: str) -> _Report | None:
    """Returns what a story says; None if its headline asks or explains something."""
    order, shown, names = _words(title)
    if not order or shown[order[0]].casefold() in _NO_REPORT or title.rstrip().endswith("?"):
        return None
    more, _, others = _words(summary)
    numbers = _numbers(title)
    figures = [(unit, value) for unit, values in numbers.items() for value in values]
    figures += [(unit, value) for unit, values in _numbers(summary).items() for value in values]
    return _Report(
        order=order,
        shown=shown,
        terms=tuple(dict.fromkeys(word for word in order if is_telling(word))),
        names=names,
        actions=frozenset(_ACTION_OF[word] for word in order if word in _ACTION_OF),
        numbers=numbers,
        text=frozenset(word for word in (*order, *more) if is_telling(word)),
        all_names=(*names, *others),
        figures=tuple(sorted({one for one in figures if _is_telling_figure(*one)})[:_FIGURES]),
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
    while ending := next(
        (one for one in _ENDINGS if found.endswith(one) and len(found) - len(one) >= _ROOT), ""
    ):
        found = found.removesuffix(ending)
    return found


def _is_telling_figure(unit: str, value: float) -> bool:
    return unit != "th" and (bool(unit) or (value > _SMALL and value not in _YEARS))


def _numbers(text: str) -> dict[str, frozenset[float]]:
    """Returns the numbers in a text by unit, "th" for first, second and so on."""
    found: dict[str, set[float]] = defaultdict(set)
    folded = _SCORE.sub(" ", _COUNT.sub(lambda one: _COUNTS[one[0]], text.casefold()))
    for one in _NUMBER.finditer(folded):
        unit = (one["unit"] or "").removesuffix("s") or one["sign"] or ""
        value = float(one["digits"].replace(",", "")) * 10 ** _SCALES.get(one["scale"] or "", 0)
        found[_UNITS.get(unit, unit)].add(value)
    for word in _ORDINAL.findall(folded):
        found["th"].add(_ORDINALS[word])
    return {unit: frozenset(values) for unit, values in found.items()}


_ACTION_OF = {
    _form(word): 2 * number + side
    for number, line in enumerate(_ACTIONS.strip().split("\n"))
    for side, words in enumerate(line.split("|"))
    for word in words.split()
}
"""The number of each word's action; it and that of its opposite differ in the last bit."""
