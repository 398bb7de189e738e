"""The phrases of theme rules: their grammar, and how text is folded for comparison.

    phrase   =  part { " + " part }        all of its parts must be there, in any order, anywhere
    part     =  word { " " word }          these words, one after the other
    word     =  letters [ "*" ]            with the star, any word that begins so

The search itself is in `themes/rules.py`. Shared, since digest.toml is checked by the same grammar.
"""

from __future__ import annotations

import re
import unicodedata

JOIN = "+"
STAR = "*"

# Spellings that compare as equal: hyphens (ASCII, U+2010, non-breaking, small, full-width) are
# spaces, apostrophes are straight, soft hyphens and zero-width characters are dropped.
_SPELLINGS = str.maketrans(
    dict.fromkeys("-\u2010\u2011\ufe63\uff0d", " ")
    | dict.fromkeys("\u2018\u2019\u02bc\uff07", "'")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None)
)

# A plus between two words is meant to join parts. After a word, or between single letters, it may
# be part of a name.
_GLUED = re.compile(r"(?:\w\w|\w\*|\*)\+\w\w|\w\w\+\w\*?")

_QUOTED = re.compile(r"""["\u201c\u201d\u201e\u00ab\u00bb].+["\u201c\u201d\u00ab\u00bb]|'.+'""")
_REGULAR = re.compile(r"^\^|[|\\]|[a-z]\$$")

# Text without combining marks: Latin letters, dashes and quotation marks.
_PLAIN = re.compile("[\x00-\u02ff\u2010-\u2027]*")

# Sorting combining marks takes quadratic time, so text is composed in pieces of this size.
_PIECE = re.compile(r"\s+|\S{1,256}")


def fold(text: str) -> str:
    """Returns a text for comparison: composed (NFC), case folded (Unicode §3.13), with hyphens and
    white space as single spaces.
    """
    if not _PLAIN.fullmatch(text):
        text = _PIECE.sub(lambda piece: unicodedata.normalize("NFC", piece[0]), text)
    return " ".join(text.translate(_SPELLINGS).casefold().split())


def parts_of(phrase: str) -> tuple[str, ...]:
    """Returns the folded parts of a phrase, with stars; raises ValueError if it is not valid."""
    fault = check_phrase(phrase)
    if fault:
        raise ValueError(f"the phrase '{phrase}' {fault}")
    return _split(phrase)


def check_phrase(phrase: str) -> str | None:
    """Returns what is wrong with a phrase, worded to follow it ("is empty"); None if nothing is."""
    parts = _split(phrase)
    words = [word for part in parts for word in part.split()]
    if not any(parts):
        return "is empty"
    if not all(parts):
        return f"has nothing on one side of its '{JOIN}'"
    is_joined = any(word.startswith(JOIN) for word in words[1:])
    if is_joined or any(_GLUED.search(word) for word in words):
        return f"has a '{JOIN}' without spaces; write ' {JOIN} ' with a space on each side"
    if STAR in words:
        return f"has a '{STAR}' that ends no word"
    if any(STAR in word[:-1] for word in words):
        return f"has a '{STAR}' inside a word, where only the end of one can be left open"
    return None


def explain(phrase: str) -> str | None:
    """Returns what a phrase does not mean, if it reads like several, like a quotation or like a
    regular expression; None if it does not.
    """
    if "," in phrase:
        return f"'{phrase}' is one phrase, comma included; write two phrases to find either of two"
    if re.search(r"\s(?:OR|AND|NOT)\s|\s\|+\s", phrase):
        return (
            f"'{phrase}' is one phrase, all its words included; write two phrases to find either of two,"
            f" ' {JOIN} ' between them to find both"
        )
    if _QUOTED.fullmatch(phrase):
        return f"'{phrase}' is searched with its quotation marks; leave them out"
    if _REGULAR.search(phrase):
        return (
            f"'{phrase}' is searched as it is written, not as a regular expression; write its words,"
            f" and '{STAR}' at the end of one that may continue"
        )
    return None


def loosened(phrase: str) -> str:
    """Returns a phrase that finds more: its words anywhere, each with any ending."""
    words = [word.strip(f",{STAR}") for part in _split(phrase) for word in part.split()]
    bases = (re.sub(r"(?<=\w{4})(?:s|es|ed|ing|y)$", "", word) for word in words)
    return f" {JOIN} ".join(f"{base}{STAR}" for base in bases if base)


def _split(phrase: str) -> tuple[str, ...]:
    parts: list[list[str]] = [[]]
    for word in fold(phrase).split():
        if word == JOIN:
            parts.append([])
        else:
            parts[-1].append(word)
    return tuple(" ".join(words) for words in parts)
