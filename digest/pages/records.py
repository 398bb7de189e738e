"""A story as search knows it: its words, and what a reader may choose it by.

    Story ──▶ Record

Values in, values out. Refuses to render: what is searched are words, so Markdown's signs are taken off, not made into
HTML, which would cost a large archive more than its index.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from digest.model import Story
from digest.pages import wording

_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\))?[^()]*\)|\[[^\[\]]*\])")
_LINK_AT_ONCE = re.compile(r"<(https?://[^<>\s]+)>")
_TAG = re.compile(r"(?<!\\)</?[A-Za-z!][^<>]*>")
_LINE_START = re.compile(
    r"^[ \t]*(?:(?:#{1,6}|>|[-+*]|\d{1,9}[.)])[ \t]+|(?:```|~~~).*$|[-=*_]{3,}[ \t]*$)", re.MULTILINE
)
_EMPHASIS = re.compile(r"(?<!\\)(?:[*`]+|(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w))")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


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


def record(story: Story, themes: tuple[str, ...], place: str, source: str) -> Record:
    """Returns the record of a story that has these themes today, stands at a place and comes from a source."""
    own = story.headline or story.title
    other = story.title if story.title != own else ""
    corrected = (correction.text for correction in story.corrections)
    said = (words_of(story.note), words_of(story.excerpt), other, *corrected)
    return Record(
        place=place,
        headline=_whole(own),
        words=_whole("\n".join(part for part in said if part) or own),
        said_by=_whole(" · ".join(part for part in (source, wording.listed(story.authors)) if part)),
        day=wording.day(story.published),
        themes=themes,
        at=int(story.published.timestamp()),
    )


def words_of(markdown: str) -> str:
    """Returns the words of a Markdown text, near enough to be searched and shown in part."""
    text = _LINE_START.sub("", markdown)
    text = _LINK.sub(r"\1", _LINK_AT_ONCE.sub(r"\1", text))
    text = _EMPHASIS.sub("", _TAG.sub(" ", text))
    return " ".join(html.unescape(_ESCAPED.sub(r"\1", text)).split())


def _whole(text: str) -> str:
    """Returns the text without halves of signs, which no file can hold."""
    return text.encode(errors="replace").decode()
