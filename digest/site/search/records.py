"""A story, letter or page as a record of the search index: its words, and what readers filter by.

    text ──▶ the HTML that its page shows ──▶ words ──▶ SearchRecord

The words come from the HTML of the page, so that nothing is found that no page shows: comments,
attributes, what the sanitizer removes. Pagefind finds words between spaces, so text in scripts
without spaces is cut into single characters. The page's script cuts a query in the same way, and
shows results uncut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from digest.model import Story
from digest.scripts import HANGUL, UNSPACED
from digest.site import formatting

CUT_LETTERS = UNSPACED + HANGUL
"""The letters that are found one by one. `search.js` has the same ranges."""
CUT = "\u200a\u200b"
"""Put where a text is cut: white space to Pagefind, and removed by the page's script."""

NOTE_END = "\u241e"
"""A word between a note and the text after it; no page shows it, and no reader searches for it."""

SPACE = "\u2420"
"""Put before a space of a text that is cut: Pagefind makes all white space alike, and the page's
script has to know which spaces to show."""

_CUT_LETTER = re.compile(f"[{CUT_LETTERS}]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecord:
    """One text in the index, with its place, words, and ids of themes.

    `kind` is "story", "letter" or "page". In `words`, a note ends at NOTE_END. `said_by` and `day`
    are shown below the headline. Results without words are sorted by `at`.
    """

    kind: str
    place: str
    headline: str
    words: str
    said_by: str
    day: date | None = None
    themes: tuple[str, ...] = ()
    at: int = 0


def of_story(story: Story, place: str, source: str, words_of: Callable[[str], str]) -> SearchRecord:
    """Returns the record of a story; `words_of` returns what a page shows of a Markdown text."""
    headline = story.shown_headline
    note = words_of(story.note).replace(NOTE_END, "")
    rest = [words_of(story.excerpt)]
    if story.title != headline:
        rest.append(story.title)
    rest += [correction.text for correction in story.corrections]
    after_note = "\n".join(filter(None, rest))
    words = f"{note} {NOTE_END} {after_note}".strip() if after_note else note
    said_by = filter(None, (source, formatting.listed(story.authors)))
    return SearchRecord(
        kind="story",
        place=place,
        headline=_searchable(headline),
        words=_searchable(words or headline),
        said_by=_encodable(" · ".join(said_by)),
        day=story.published.date(),
        themes=story.themes,
        at=int(story.published.timestamp()),
    )


def of_text(
    kind: str,
    said_by: str,
    place: str,
    title: str,
    words: str,
    day: date | None = None,
    themes: tuple[str, ...] = (),
) -> SearchRecord:
    """Returns the record of a letter, introduction or page, with the words that its page shows."""
    return SearchRecord(
        kind=kind,
        place=place,
        headline=_searchable(title),
        words=_searchable(words or title),
        said_by=said_by,
        day=day,
        themes=themes,
    )


def _searchable(text: str) -> str:
    return with_cuts(_encodable(text))


def with_cuts(text: str) -> str:
    """Returns a text with cuts around each letter of a script without spaces.

    Other characters stay with what they follow. If there is such a letter, every space is marked as
    well, since Pagefind's script then ends words only at marks. Other texts stay as they are.
    """
    text = unicodedata.normalize("NFC", text).replace("\u200b", "").replace("\u200a", " ")
    text = text.replace(SPACE, "")
    if not _CUT_LETTER.search(text):
        return text
    pieces: list[str] = []
    last = ""  # the last letter or digit since the last space or cut
    for character in _SPACE.sub(lambda space: f"{SPACE}{space[0]}\u200b", text):
        if unicodedata.category(character)[0] in "LN":
            if last and (_CUT_LETTER.match(last) or _CUT_LETTER.match(character)):
                pieces.append(CUT)
            last = character
        elif character.isspace():
            last = ""
        pieces.append(character)
    return "".join(pieces)


def _encodable(text: str) -> str:
    """Returns a text with lone surrogates replaced, since they cannot be encoded."""
    return text.encode(errors="replace").decode()
