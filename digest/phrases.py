"""The phrases of a theme's rule: how one is written, and the folding by which spellings that differ little agree.

    phrase   =  part { " + " part }        all of its parts must be there, in any order, anywhere
    part     =  word { " " word }          these words, one after the other
    word     =  letters [ "*" ]            with the star, any word that begins so

Refuses to search: that is for the theme rules. It stands this low so that digest.toml is checked by the same reading.
"""

from __future__ import annotations

import re
import unicodedata

JOIN = "+"
STAR = "*"

# One reading for what people and newsrooms type differently: hyphens (ASCII, U+2010, non-breaking, small, full-width)
# are spaces, apostrophes are straight; soft hyphens and zero-width signs, which nobody sees, are not there.
_SPELLINGS = str.maketrans(
    dict.fromkeys("-\u2010\u2011\ufe63\uff0d", " ")
    | dict.fromkeys("\u2018\u2019\u02bc\uff07", "'")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None)
)

# A plus between two words was meant to join parts; one behind a word, or between single letters, may be part of a name.
_GLUED = re.compile(r"(?:\w\w|\w\*|\*)\+\w\w|\w\w\+\w\*?")

# Putting marks in order takes quadratic time over a run of them: so no more signs than this are composed at once.
_PIECE = re.compile(r"\s+|\S{1,256}")


def fold(text: str) -> str:
    """Returns the text as it is compared: composed (NFC), case folded (Unicode §3.13), hyphens and white space as
    single spaces.
    """
    return " ".join(_composed(text).translate(_SPELLINGS).casefold().split())


def parts_of(phrase: str) -> tuple[str, ...]:
    """Returns the folded parts of a phrase, stars still on their words; raises ValueError where it is badly written."""
    fault = check_phrase(phrase)
    if fault:
        raise ValueError(f"the phrase '{phrase}' {fault}")
    return _split(phrase)


def check_phrase(phrase: str) -> str | None:
    """Returns what is wrong with a phrase, worded to follow its name ("is empty"), or None where nothing is."""
    parts = _split(phrase)
    words = [word for part in parts for word in part.split()]
    if not any(parts):
        return "is empty"
    if not all(parts):
        return f"has nothing on one side of its '{JOIN}'"
    if any(_GLUED.search(word) for word in words) or any(
        word.startswith(JOIN) for word in words[1:]
    ):
        return f"has a '{JOIN}' without spaces; write ' {JOIN} ' with a space on each side"
    if STAR in words:
        return f"has a '{STAR}' that ends no word"
    if any(STAR in word[:-1] for word in words):
        return f"has a '{STAR}' inside a word, where only the end of one can be left open"
    return None


def _composed(text: str) -> str:
    """Returns the text with each letter and its accents as one sign where there is one; a word is composed whole."""
    if text.isascii():
        return text
    return _PIECE.sub(lambda piece: unicodedata.normalize("NFC", piece[0]), text)


def _split(phrase: str) -> tuple[str, ...]:
    parts: list[list[str]] = [[]]
    for word in fold(phrase).split():
        if word == JOIN:
            parts.append([])
        else:
            parts[-1].append(word)
    return tuple(" ".join(words) for words in parts)
