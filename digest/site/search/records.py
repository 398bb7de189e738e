"""A story, letter or page as a record of the search index: its words, and what readers filter by.

    text ──▶ the HTML that its page shows ──▶ words ──▶ Record

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

from digest.model import FreePage, Letter, Story, Theme
from digest.site import addresses, formatting
from digest.site.archive import Edition

UNSPACED = (
    "\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17ff"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff"
    "\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
"""The letters of scripts without spaces between words, or with compounds: Thai, Lao, Burmese,
Khmer, Han, kana, bopomofo, hangul. `search.js` has the same ranges."""
CUT = "\u200a\u200b"
"""Put where a text is cut: white space to Pagefind, and removed by the page's script."""

NOTE_END = "\u241e"
"""Stands as a word between a note and the text after it; no page shows it, and nobody searches it."""

SPACE = "\u2420"
"""Put before a space of a text that is cut: Pagefind makes all white space alike, and the page's
script has to know which spaces to show."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
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


def of_story(
    story: Story, themes: tuple[str, ...], place: str, source: str, words_of: Callable[[str], str]
) -> Record:
    """Returns the record of a story; `words_of` returns what a page shows of a Markdown text."""
    own = story.shown_headline
    other = story.title if story.title != own else ""
    corrections = (correction.text for correction in story.corrections)
    texts = (words_of(story.excerpt), other, *corrections)
    rest = "\n".join(filter(None, texts))
    words = f"{words_of(story.note)} {NOTE_END} {rest}" if rest else words_of(story.note)
    said_by = filter(None, (source, formatting.listed(story.authors)))
    return Record(
        kind="story",
        place=place,
        headline=cut(_encodable(own)),
        words=cut(_encodable(words.strip() or own)),
        said_by=_encodable(" · ".join(said_by)),
        day=story.published.date(),
        themes=themes,
        at=int(story.published.timestamp()),
    )


def of_letter(edition: Edition, letter: Letter, words_of: Callable[[str], str]) -> Record:
    """Returns the record of an edition's letter."""
    title = edition.letter_title
    return Record(
        kind="letter",
        place=addresses.week(edition.week),
        headline=cut(_encodable(title)),
        words=cut(_encodable(words_of(letter.body) or title)),
        said_by="Letter",
        day=edition.week.sunday,
    )


def of_introduction(theme: Theme, page: FreePage, words_of: Callable[[str], str]) -> Record:
    """Returns the record of a theme's introduction, which its page shows."""
    return Record(
        kind="page",
        place=addresses.theme(theme.id),
        headline=cut(_encodable(theme.title)),
        words=cut(_encodable(words_of(page.body) or theme.title)),
        said_by="Theme",
        themes=(theme.id,),
    )


def of_page(page: FreePage, words_of: Callable[[str], str]) -> Record:
    """Returns the record of a page that the editor wrote."""
    return Record(
        kind="page",
        place=addresses.free_page(page.name),
        headline=cut(_encodable(page.title)),
        words=cut(_encodable(words_of(page.body) or page.title)),
        said_by="Page",
    )


def cut(text: str) -> str:
    """Returns a text with cuts around each letter of a script without spaces.

    Other characters stay with what they follow. If there is such a letter, every space is marked as
    well, since Pagefind's script then ends words only at marks. Other texts stay as they are.
    """
    text = unicodedata.normalize("NFC", text).replace("\u200b", "").replace("\u200a", " ")
    text = text.replace(SPACE, "")
    if not _UNSPACED.search(text):
        return text
    found: list[str] = []
    last = ""  # the last letter or digit since the last space or cut
    for character in _SPACE.sub(lambda space: f"{SPACE}{space[0]}\u200b", text):
        if unicodedata.category(character)[0] in "LN":
            if last and (_UNSPACED.match(last) or _UNSPACED.match(character)):
                found.append(CUT)
            last = character
        elif character.isspace():
            last = ""
        found.append(character)
    return "".join(found)


def _encodable(text: str) -> str:
    """Returns a text with lone surrogates replaced, since they cannot be encoded."""
    return text.encode(errors="replace").decode()
