"""A story as search knows it: its words, and what a reader may choose it by.

    Story ──▶ the HTML that its page shows ──▶ words ──▶ Record

The words come from the same HTML as the page's, so that nothing can be found which no page shows: comments, attributes,
what the sanitizer drops. Scripts that are written without spaces are cut into single characters, since Pagefind finds
words as they stand between spaces; the page's script cuts a question in the same way, and shows what it finds uncut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from digest.model import Story
from digest.site import formatting

UNSPACED = (
    "\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff"
    "\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
"""The letters of scripts in which words do not stand between spaces, or are compounds: Thai, Lao, Burmese, Khmer, Han,
kana, bopomofo, hangul. `search.js` has the same ranges."""
CUT = "\u200a\u200b"
"""What stands where a text was cut: white space to Pagefind, and nothing to readers, for the script takes it out."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One story to be found: at `place`, by its words and its themes' ids.

    `said_by` and `day` are shown beneath the headline; `at` orders those that are found without words.
    """

    place: str
    headline: str
    words: str
    said_by: str
    day: str
    themes: tuple[str, ...]
    at: int


def record(
    story: Story, themes: tuple[str, ...], place: str, source: str, words_of: Callable[[str], str]
) -> Record:
    """Returns the record of a story that has these themes today, stands at a place and comes from a source.

    `words_of` gives the words that a page shows of a Markdown text.
    """
    own = story.headline or story.title
    other = story.title if story.title != own else ""
    corrected = (correction.text for correction in story.corrections)
    said = (words_of(story.note), words_of(story.excerpt), other, *corrected)
    return Record(
        place=place,
        headline=cut(_whole(own)),
        words=cut(_whole("\n".join(part for part in said if part) or own)),
        said_by=_whole(
            " · ".join(part for part in (source, formatting.listed(story.authors)) if part)
        ),
        day=formatting.day(story.published),
        themes=themes,
        at=int(story.published.timestamp()),
    )


def cut(text: str) -> str:
    """Returns a text with cuts around each letter of a script without spaces; other signs stay with what they follow.

    Where there is one, every space is marked as well, for then Pagefind's own script takes only marks for the ends of
    words. Texts without such letters stay as they are.
    """
    text = unicodedata.normalize("NFC", text).replace("\u200b", "").replace("\u200a", " ")
    if not _UNSPACED.search(text):
        return text
    found: list[str] = []
    last = ""  # the last letter or digit since the last space or cut
    for sign in _SPACE.sub(lambda space: f"{space[0]}\u200b", text):
        if unicodedata.category(sign)[0] in "LN":
            if last and (_UNSPACED.match(last) or _UNSPACED.match(sign)):
                found.append(CUT)
            last = sign
        elif sign.isspace():
            last = ""
        found.append(sign)
    return "".join(found)


def _whole(text: str) -> str:
    """Returns the text without halves of signs, which no file can hold."""
    return text.encode(errors="replace").decode()
