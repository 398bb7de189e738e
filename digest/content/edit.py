"""Changes single fields in a story's text, and keeps every other line byte for byte.

Comments, key order, blank lines, line breaks and quoting survive. `edited` parses its own result:
if that is not the intended story, because the file has a form that we did not expect, it returns
None, and the file is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from digest.content import excerpt, front_matter, story_file, yaml_front_matter
from digest.content.front_matter import FENCE
from digest.content.story_file import KEYS, Known, OneStory
from digest.content.yaml_front_matter import Span
from digest.errors import Faults
from digest.model import Story

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_GAP = re.compile(r"\n{3,}")
_COMMENT = re.compile(r"(?:^|\s)#")


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a story file; it is only made if the file's text still is `before`."""

    file: str
    before: str
    after: str


def edited(text: str, story: Story, changes: Mapping[str, Any], known: Known) -> str | None:
    """Returns the text with the changes made, or None if they cannot be made in place.

    `story` is the story in the text; `changes` has the new values by field.
    """
    meant = replace(story, **changes)
    hashes = frozenset((*excerpt.hashes(story.excerpt), *excerpt.hashes(meant.excerpt)))
    known = replace(known, excerpts=OneStory(hashes))
    try:
        result = _with_excerpt(text, story.excerpt, meant.excerpt) if "excerpt" in changes else text
        for key, words in story_file.pairs(meant):
            if key in changes:
                result = _with_key(result, key, words)
        parsed = story_file.loads(result, story.file, known)
    except (Faults, ValueError, IndexError):  # IndexError: YAML has line breaks that we do not
        return None
    return result if _without_gaps(parsed) == _without_gaps(meant) else None


def published_letter(text: str, file: str, when: datetime) -> str | None:
    """Returns a letter's text without `draft`, and with `published` unless it has that already.

    None if the lines cannot be changed in place.
    """
    try:
        result = _with_key(text, "draft", "")
        values = front_matter.parse(result, file, required=True).values
        if "published" not in values:
            result = _with_key(result, "published", when.isoformat())
            values = front_matter.parse(result, file, required=True).values
    except (Faults, ValueError, IndexError):
        return None
    return result if "published" in values and "draft" not in values else None


def _with_key(text: str, key: str, words: str | tuple[str, ...]) -> str:
    lines = _LINE.findall(text)
    end = _fence(lines)
    bare = [line.rstrip("\r\n") for line in lines[1:end]]
    spans = yaml_front_matter.spans(bare)
    span = spans.get(key)
    stop = _stop(lines)
    if not words and key != "themes":  # `themes: []` stays: it says that there are none
        return "".join(lines[: span.line + 1] + lines[span.last + 2 :]) if span else text
    if span is None:
        before = next(
            (spans[other] for other in reversed(KEYS[: KEYS.index(key)]) if other in spans), None
        )
        place = before.last + 2 if before else 1
        new = [f"{key}: {story_file.written(key, words)}{stop}"]
        return "".join([*lines[:place], *new, *lines[place:]])
    if _has_comment(bare, span):
        raise ValueError("the value has a comment in it, which would be lost")
    first, last = bare[span.line], bare[span.last]
    if span.style == "block":
        new = _block(lines, bare, span, words, stop)
    else:
        gap = "" if first[: span.start].endswith((" ", "\t")) else " "
        value = story_file.written(key, words, span.style)
        stop = _stop(lines[span.last + 1 :])
        new = [first[: span.start] + gap + value + last[span.end :] + stop]
    return "".join([*lines[: span.line + 1], *new, *lines[span.last + 2 :]])


def _has_comment(bare: Sequence[str], span: Span) -> bool:
    """True if there is a comment in the lines of a value of several lines, all to be replaced."""
    if span.last == span.line:
        return False
    first = span.line + 1 if span.style == "block" else span.line
    replaced = [*bare[first : span.last], bare[span.last][: span.end]]
    return any(map(_COMMENT.search, replaced))


def _block(
    lines: Sequence[str], bare: Sequence[str], span: Span, words: str | tuple[str, ...], stop: str
) -> list[str]:
    """Returns the lines of a list with one value a line, with the indentation that it has."""
    item = next(line for line in bare[span.line + 1 :] if line.lstrip().startswith("-"))
    indent = re.match(r"\s*-\s+", item)
    lead = indent[0] if indent else "- "
    parts = words if isinstance(words, tuple) else (words,)
    items = [f"{lead}{story_file.written('', part)}{stop}" for part in parts]
    return [lines[span.line + 1], *items]


def _without_gaps(story: Story) -> Story:
    """Returns a story with single blank lines: parsing leaves blank lines in an excerpt's place."""
    return replace(story, note=_GAP.sub("\n\n", story.note))


def _with_excerpt(text: str, before: str, words: str) -> str:
    """Returns the text with a new excerpt, in the place of the old one or at the top of the body.

    Without words, the excerpt is removed together with the blank lines below it.
    """
    lines = _LINE.findall(text)
    stop = _stop(lines)
    end = _fence(lines)
    quoted = [line + stop for line in excerpt.quote(words).split("\n")] if words else []
    if before:
        start, last = (
            end + 1 + at for at in excerpt.span(lines[end + 1 :], excerpt.hashes(before))
        )
        if not words:
            last = next((n for n in range(last, len(lines)) if lines[n].strip()), len(lines))
        if quoted and last == len(lines) and not lines[-1].endswith("\n"):
            quoted[-1] = quoted[-1].removesuffix(stop)
        return "".join([*lines[:start], *quoted, *lines[last:]])
    rest = lines[end + 1 :]
    if rest and rest[0].strip():
        rest = [stop, *rest]
    return "".join([*lines[:end], lines[end].rstrip("\r\n") + stop, stop, *quoted, *rest])


def _fence(lines: Sequence[str]) -> int:
    """Returns the index of the line that closes the front matter; raises ValueError without one."""
    end = next(
        (number for number, line in enumerate(lines) if number and line.rstrip() == FENCE), 0
    )
    if not end:
        raise ValueError("the front matter has no end, or other line breaks")
    return end


def _stop(lines: Sequence[str]) -> str:
    return "\r\n" if lines[0].endswith("\r\n") else "\n"
