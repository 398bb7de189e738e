"""Splits text into the words by which stories are compared and phrases are found.

    text ──fold──▶ words, as the rules see them ──▶ without those that say nothing

Scripts without spaces give pairs of characters instead of words.
"""

from __future__ import annotations

import re

from digest.phrases import fold
from digest.scripts import HANGUL, UNSPACED
from digest.themes.rules import WORD

# English words that no story is about. Other languages need no list: a word that is in most stories
# weighs nothing.
_COMMON = """
a about above across after again against ago all almost along already also although always am amid among an and
another any are around as ask asked asks at away back be became because become been before began begin behind being
below best better between beyond big both bring brings but by call called calls came can cannot come comes coming
could cut day days did do does doing done down due during each early eight either else end ended ends enough even
ever every expect expected expects face faces far few find finds first five follow following for four friday from
full gain gains gave get gets getting give given gives go goes going good got great grow growing grows had half has
have having he her here high higher highest him his hit hits hold holds how however if in increase increased
increases into is it its itself just keep keeps key know known large largest last late later latest lead leading
leads least left less let like likely little long look looking looks lot low lower made main make makes making many
may me mean means might million billion trillion minute monday month months more most move moves much must my name
near nearly need needs never new newest next night nine no nobody non nor not nothing now number of off offer offers
often old on once one only open opens or other others our out over own part past people per place plan plans point
put puts quarter quickly raise raised raises reach reached reaches really recent recently remain remains report
reported reports right rise rises rising round run runs said same saturday saw say saying says second see seek seeks
seen sees set sets seven several shall she should show showed shows since six small so some soon still stop stops
such sunday take taken takes taking ten than that the their them then there these they thing things think third this
those though three through thursday time times to today together told too took top toward towards try tuesday turn
turned turns two under until up upon us use used uses using very want wants was way we wednesday week weeks well
went were what when where whether which while who whole whom whose why wide will with within without word words
work worked works would year years yesterday yet you your
january february march april june july august september october november december
"""
_MAX_SHORT_LENGTH = 2
# Each sign is a syllable in Hangul, Ethiopic, Cherokee, Yi and Vai, and a consonant with its vowel
# in the scripts of India and Tibet.
_SYLLABLE = re.compile(
    "[\u0900-\u0dff\u0f00-\u0fff\u1200-\u167f\u1700-\u177f\u2d80-\u2ddf\ua000-\ua63f" + HANGUL + "]"
)
_HANGUL = re.compile(f"[{HANGUL}]")
_PARTICLE = re.compile(
    f"(?<=[{HANGUL}]{{2}})(?:에서|까지|부터|으로|에게|[이가을를은는에의로와과도만])$"
)
_EMPTY = frozenset(_COMMON.split())
_TERM = re.compile(rf"{WORD}|[{UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")


def words_of(text: str) -> list[str]:
    """Returns the words of a text in order, as the rules see them."""
    terms: list[str] = _TERM.findall(fold(text))
    if not _IS_UNSPACED.search(text):
        return terms
    found: list[str] = []
    for term in terms:
        if not _IS_UNSPACED.match(term):
            found.append(term)
        else:
            found.extend(term[at : at + 2] for at in range(max(1, len(term) - 1)))
    return found


def is_telling(word: str) -> bool:
    """True for a word that a story may be about: not a short or common one, nor a bare number."""
    return is_unspaced(word) or (size_of(word) > _MAX_SHORT_LENGTH and word not in _EMPTY)


def size_of(word: str) -> int:
    """Returns how many letters a word has: a syllable's sign counts as two, a digit only beside letters."""
    letters = [sign for sign in word if sign.isalpha()]
    syllables = sum(map(bool, map(_SYLLABLE.match, letters)))
    digits = sum(map(str.isdigit, word)) if len(letters) > syllables else 0
    return len(letters) + syllables + digits


def is_unspaced(word: str) -> bool:
    """True for a piece of a script without spaces."""
    return _IS_UNSPACED.match(word) is not None


def stem_of(word: str) -> str:
    """Returns a word without the ending of an English plural or verb, or a Korean particle, to compare words by."""
    if _HANGUL.fullmatch(word[-1:]):
        return _PARTICLE.sub("", word)
    for ending in ("ing", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) >= len(ending) + 4:
            return word[: -len(ending)] if ending != "y" or word[-2] not in "aeou" else word
    return word
