"""Changing single fields in a story's text, so that every other line of it stays byte for byte as the editor left it.

Comments, key order, quoting, blank lines, the kind of line break and a missing last one survive; of a changed value the
manner of quoting does. Refuses to trust itself: `edited` reads its own result back, and where that is not the story
that was meant (a file of a shape that we did not foresee) it returns None, and the file is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from digest.content import excerpt, story_file, yaml_front_matter
from digest.content.front_matter import FENCE
from digest.content.story_file import KEYS, Known, OneStory
from digest.content.yaml_front_matter import Span
from digest.errors import Faults
from digest.model import Story

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_GAP = re.compile(r"\n{3,}")
_REMARK = re.compile(r"(?:^|\s)#")


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a story file: it is made only where the file still says `before`."""

    file: str
    before: str
    after: str


def edited(text: str, story: Story, changes: Mapping[str, Any], known: Known) -> str | None:
    """Returns the text with the changes made in it, or None where that cannot be done in place.

    `story` is what the text says now, `changes` has the new values by field.
    """
    meant = replace(story, **changes)
    known = replace(
        known,
        excerpts=OneStory(
            frozenset((*excerpt.hashes(story.excerpt), *excerpt.hashes(meant.excerpt)))
        ),
    )
    try:
        result = _with_excerpt(text, story.excerpt, meant.excerpt) if "excerpt" in changes else text
        for key, words in story_file.pairs(meant):
            if key in changes:
                result = _with_key(result, key, words)
        return result if _is_alike(story_file.loads(result, story.file, known), meant) else None
    except (
        Faults,
        ValueError,
        IndexError,
    ):  # IndexError: YAML counts signs as line breaks that we do not
        return None


def _with_key(text: str, key: str, words: str | tuple[str, ...]) -> str:
    lines = _LINE.findall(text)
    end = _fence(lines)
    bare = [line.rstrip("\r\n") for line in lines[1:end]]
    spans = yaml_front_matter.spans(bare)
    span = spans.get(key)
    stop = _stop(lines)
    if not words and key != "themes":  # a story says that it has no theme
        return "".join(lines[: span.line + 1] + lines[span.last + 2 :]) if span else text
    if span is None:
        before = next(
            (spans[other] for other in reversed(KEYS[: KEYS.index(key)]) if other in spans), None
        )
        place = before.last + 2 if before else 1
        return "".join(
            [*lines[:place], f"{key}: {story_file.written(key, words)}{stop}", *lines[place:]]
        )
    if _holds_remark(bare, span):
        raise ValueError("a comment is among the lines of the value, and would be lost")
    first, last = bare[span.line], bare[span.last]
    gap = "" if first[: span.start].endswith((" ", "\t")) else " "
    changed = (
        first[: span.start] + gap + story_file.written(key, words, span.style) + last[span.end :]
    )
    if span.style == "block":
        return "".join(
            [
                *lines[: span.line + 1],
                *_block(lines, bare, span, words, stop),
                *lines[span.last + 2 :],
            ]
        )
    return "".join(
        [*lines[: span.line + 1], changed + _stop(lines[span.last + 1 :]), *lines[span.last + 2 :]]
    )


def _holds_remark(bare: Sequence[str], span: Span) -> bool:
    """Tells whether a comment stands within the lines that a value of several lines gives up."""
    first = span.line + 1 if span.style == "block" else span.line
    given_up = (
        [*bare[first : span.last], bare[span.last][: span.end]] if span.last > span.line else []
    )
    return any(map(_REMARK.search, given_up))


def _block(
    lines: Sequence[str], bare: Sequence[str], span: Span, words: str | tuple[str, ...], stop: str
) -> list[str]:
    """Returns the lines of a list that is written one value a line, in the indentation that it has."""
    indent = re.match(
        r"\s*-\s+", next(line for line in bare[span.line + 1 :] if line.lstrip().startswith("-"))
    )
    lead = indent[0] if indent else "- "
    parts = words if isinstance(words, tuple) else (words,)
    return [
        lines[span.line + 1],
        *(f"{lead}{story_file.written('', part)}{stop}" for part in parts),
    ]


def _is_alike(one: Story, other: Story) -> bool:
    """True if two stories are equal, but for the blank lines that stand for an excerpt between two parts of a note."""
    return _without_gaps(one) == _without_gaps(other)


def _without_gaps(story: Story) -> Story:
    return replace(story, note=_GAP.sub("\n\n", story.note))


def _with_excerpt(text: str, before: str, words: str) -> str:
    """Returns the text with these words as its excerpt: in the place of the one before, or else at the top of the body.

    Without words the excerpt is taken out, together with the blank lines below it.
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
    """Returns the number of the line that closes the front matter."""
    end = next(
        (number for number, line in enumerate(lines) if number and line.rstrip() == FENCE), 0
    )
    if not end:
        raise ValueError("the lines end in a way that we do not write")
    return end


def _stop(lines: Sequence[str]) -> str:
    return "\r\n" if lines[0].endswith("\r\n") else "\n"
