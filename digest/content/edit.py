"""Changes single fields in a story's text, and keeps every other line byte for byte.

Comments, key order, blank lines, line breaks and quoting survive. `with_changes` parses its own
result: if that is not the intended story, because the file has a form that we did not expect, it
raises an error (`try_changes` returns None), and the file is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from posixpath import dirname
from typing import Any

from digest import text_lines
from digest.content import excerpt, front_matter, story_file, yaml_front_matter
from digest.content.front_matter import FENCE
from digest.content.story_file import KEYS
from digest.content.yaml_front_matter import RUNNING, Span
from digest.errors import Faults
from digest.model import Story

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_GAP = re.compile(r"\n{3,}")
_COMMENT = re.compile(r"(?:^|\s)#")
_COMMENT_LINE = re.compile(r"^\s*#|[\"']\s+#")
"""In running text, a comment has a line of its own, or is behind a quoted text."""
_SENTENCES = frozenset({"corrections", "ahead"})
"""The keys whose values are sentences: each is written on a line of its own."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a story's or a letter's file; it is only made if its text still is `before`.

    An empty `before` creates the file, an empty `after` removes it. With `new_file`, it is then
    renamed to that, and these pictures of its folder move with it.
    """

    file: str
    before: str
    after: str
    new_file: str = ""
    pictures: tuple[str, ...] = ()

    @property
    def inverse(self) -> Edit:
        """The edit that undoes this one."""
        old_file = self.file if self.new_file else ""
        return Edit(self.new_file or self.file, self.after, self.before, old_file, self.pictures)

    @property
    def moved_pictures(self) -> list[tuple[str, str]]:
        """The pictures that move, each with its new file."""
        old, new = dirname(self.file), dirname(self.new_file)
        return [(f"{old}/{name}", f"{new}/{name}") for name in self.pictures]


def try_changes(text: str, story: Story, changes: Mapping[str, Any], zone: tzinfo) -> str | None:
    """Returns the text with the changes made, or None if they cannot be made in place."""
    try:
        return with_changes(text, story, changes, zone)
    except (Faults, ValueError):
        return None


def with_changes(text: str, story: Story, changes: Mapping[str, Any], zone: tzinfo) -> str:
    """Returns the text with the changes made; raises Faults or ValueError if that is impossible.

    `story` is the story in the text, read with the digest's time `zone`; `changes` has the new values
    by field. Whether new themes exist is the caller's to check (`known_names`).
    """
    meant = replace(story, **changes)
    hashes = frozenset((*excerpt.hashes(story.excerpt), *excerpt.hashes(meant.excerpt)))
    try:
        result = _with_excerpt(text, story.excerpt, meant.excerpt) if "excerpt" in changes else text
        if "note" in changes:
            result = _with_note(result, hashes, meant.note)
        old = dict(story_file.pairs(story))
        for key, words in story_file.pairs(meant):
            if key in changes:
                result = _with_key(result, key, old[key], words)
    except IndexError as error:  # YAML has line breaks that we do not
        raise ValueError("the front matter has unusual line breaks") from error
    read = story_file.loads(result, story.file, zone, hashes)
    if _without_gaps(read) != _without_gaps(meant):
        raise ValueError("the file is written in a way that cannot be changed in place")
    return result


def with_empty_themes(text: str, *, has_line: bool) -> str:
    """Returns the text of a story without themes with the line `themes: []`, or without that line.

    Either may say that an editor has decided that the story has no theme
    (`ChangeRequest.empty_themes_line`). Raises ValueError if a comment would be lost.
    """
    matter = _FrontMatter(text)
    span = matter.spans.get("themes")
    if has_line == (span is not None):
        return text
    if span is None:
        return _with_key(text, "themes", (), ())
    _check_no_comments("themes", span, matter.bare[span.line : span.last + 1])
    return matter.with_lines(span.line, span.last + 1, [])


def published_letter(text: str, file: str, when: datetime) -> str | None:
    """Returns a letter's text without `draft`, and with `published` unless it has that already.

    None if the lines cannot be changed in place.
    """
    try:
        result = _with_key(text, "draft", "", "")
        values = front_matter.parse(result, file, required=True).values
        if "published" not in values:
            result = _with_key(result, "published", "", when.isoformat())
            values = front_matter.parse(result, file, required=True).values
    except (Faults, ValueError, IndexError):
        return None
    return result if "published" in values and "draft" not in values else None


def with_title(text: str, old: str, title: str) -> str:
    """Returns a letter's text with another title than the `old` one; "" for none.

    Raises Faults or ValueError if its front matter cannot be changed, or if a comment would be
    lost.
    """
    values = front_matter.parse(text, "", required=False).values
    if not values and text.partition("\n")[0].rstrip() != FENCE:
        line_break = _line_break(_LINE.findall(text) or [""])
        text = line_break.join([FENCE, FENCE, "", text])
    return _with_key(text, "title", old, title)


class _FrontMatter:
    """The lines between the fences of a text, as they are and `bare`, without line breaks.

    `spans` has where each key's value is among them. Raises ValueError without front matter.
    """

    def __init__(self, text: str) -> None:
        lines = _LINE.findall(text)
        end = _fence(lines)
        self._above, self.lines, self._below = lines[:1], lines[1:end], lines[end:]
        self.line_break = _line_break(lines)
        self.bare = [line.rstrip("\r\n") for line in self.lines]
        self.spans = yaml_front_matter.spans(self.bare)

    def with_lines(self, start: int, end: int, new: Sequence[str]) -> str:
        """Returns the text with new lines in place of those from `start` on, before `end`."""
        lines = [*self._above, *self.lines[:start], *new, *self.lines[end:], *self._below]
        return "".join(lines)


def _with_key(text: str, key: str, old: str | tuple[str, ...], words: str | tuple[str, ...]) -> str:
    """Returns the text with another value of a key; "" removes the line.

    With the `old` value given, a comment behind it is never removed.
    """
    matter = _FrontMatter(text)
    bare, span = matter.bare, matter.spans.get(key)
    if span is None:
        if not words and key != "themes":  # `themes: []` says that it has none
            return text
        start = 0
        for other in KEYS[: KEYS.index(key)]:
            if other in matter.spans:
                start = matter.spans[other].last + 1
        new = [f"{key}: {story_file.written(key, words)}{matter.line_break}"]
        if key in _SENTENCES and words:
            new = [f"{key}:{matter.line_break}"]
            new += [f"- {story_file.written('', value)}{matter.line_break}" for value in words]
        return matter.with_lines(start, start, new)
    first, last = bare[span.line], bare[span.last]
    is_removed = not words and key != "themes"
    behind = last[span.end :] if old else ""
    if is_removed and key in story_file.BOOLEANS and _COMMENT.search(behind):
        words, is_removed = "false", False
    replaced: list[str] = []
    if span.last > span.line:  # lines that may have comments
        replaced = [*bare[span.line : span.last], last[: span.end]]
    if is_removed:
        _check_no_comments(key, span, replaced, behind)
        new = []
    elif span.style == "block":
        new = _block(matter, key, old, words)
    else:
        _check_no_comments(key, span, replaced)
        gap = "" if first[: span.start].endswith((" ", "\t")) else " "
        value = story_file.written(key, words, span.style)
        line_break = _line_break(matter.lines[span.last :])
        new = [first[: span.start] + gap + value + last[span.end :] + line_break]
    return matter.with_lines(span.line, span.last + 1, new)


def _block(
    matter: _FrontMatter, key: str, old: str | tuple[str, ...], words: str | tuple[str, ...]
) -> list[str]:
    """Returns the lines of a list with one value a line, with the indentation that it has.

    Values that it has already stay as they are written.
    """
    old = (old,) if isinstance(old, str) else old
    new = (words,) if isinstance(words, str) else words
    lines, bare, span = matter.lines, matter.bare, matter.spans[key]
    items = []
    for number in range(span.line + 1, span.last + 1):
        if bare[number].lstrip().startswith("-"):
            items.append(number)
    written: dict[str, str] = {}
    same = 0
    if len(items) == len(old):
        for value, number, end in zip(old, items, [*items[1:], span.last + 1], strict=True):
            if end == number + 1:
                written[value] = lines[number]
        while same < len(old) and old[: same + 1] == new[: same + 1]:
            same += 1
    index = items[same] if same < len(items) else span.last + 1
    _check_no_comments(key, span, bare[index : span.last + 1])
    bullet = re.match(r"\s*-\s+", bare[items[0]])
    indent = bullet[0] if bullet else "- "
    result = lines[span.line : index]
    for value in new[same:]:
        line = f"{indent}{story_file.written('', value)}{matter.line_break}"
        result.append(written.get(value, line))
    return result


def _check_no_comments(key: str, span: Span, replaced: Sequence[str], behind: str = "") -> None:
    """Raises ValueError if there is a comment in the lines of a value to be replaced, or behind."""
    is_running = key in RUNNING and span.style == "block"
    comment = _COMMENT_LINE if is_running else _COMMENT
    if any(map(comment.search, replaced)) or _COMMENT.search(behind):
        raise ValueError(f"'{key}' has a comment, which would be lost")


def _without_gaps(story: Story) -> Story:
    """Returns a story with single blank lines: parsing leaves blank lines in an excerpt's place."""
    return replace(story, note=_GAP.sub("\n\n", story.note))


def _with_excerpt(text: str, before: str, words: str) -> str:
    """Returns the text with a new excerpt, in the place of the old one or at the top of the body.

    Without words, the excerpt is removed together with the blank lines below it.
    """
    lines = _LINE.findall(text)
    line_break = _line_break(lines)
    end = _fence(lines)
    head, body = lines[: end + 1], lines[end + 1 :]
    quoted = [line + line_break for line in excerpt.quote(words).split("\n")] if words else []
    if before:
        start, last = excerpt.span(body, excerpt.hashes(before))
        while not words and last < len(body) and not body[last].strip():
            last += 1
        if quoted and last == len(body) and not lines[-1].endswith("\n"):
            quoted[-1] = quoted[-1].removesuffix(line_break)
        return "".join([*head, *body[:start], *quoted, *body[last:]])
    head[-1] = head[-1].rstrip("\r\n") + line_break
    if body and body[0].strip():
        body = [line_break, *body]
    return "".join([*head, line_break, *quoted, *body])


def _with_note(text: str, by_pull: Collection[str], note: str) -> str:
    """Returns the text with another note: only its lines that differ are replaced.

    A first note goes to the end of the file. If the excerpt is between lines that are replaced, it
    comes first.
    """
    lines = _LINE.findall(text)
    line_break, is_ended = _line_break(lines), text.endswith(("\n", "\r"))
    if not is_ended:
        lines[-1] += line_break
    end = _fence(lines)
    head, body = lines[: end + 1], text_lines.split("".join(lines[end + 1 :]))
    start, last = excerpt.span(body, by_pull)
    without_excerpt = [line.rstrip("\r\n") for line in body]
    without_excerpt[start:last] = [""] * (last - start)
    filled = [number for number, line in enumerate(without_excerpt) if line]
    new = note.split("\n") if note else []
    if not filled:
        gap = [] if body and not body[-1].strip() else [line_break]
        result = "".join([*head, *body, *gap, *(line + line_break for line in new)])
        return _ended(result, is_ended or not new)
    top, bottom = filled[0], filled[-1] + 1
    old = without_excerpt[top:bottom]
    same_above, same_below = _same_ends(old, new)
    first, below = top + same_above, bottom - same_below
    added = [line + line_break for line in new[same_above : len(new) - same_below]]
    if first < last and start < below:
        gap = [line_break] if new else []
        added = [*body[start:last], *gap, *(line + line_break for line in new)]
        first, below = top, bottom
    return _ended("".join([*head, *body[:first], *added, *body[below:]]), is_ended or not new)


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Returns how many lines are the same at the beginning and, of the rest, at the end."""
    shorter = min(len(old), len(new))
    above, below = 0, 0
    while above < shorter and old[above] == new[above]:
        above += 1
    while below < shorter - above and old[-1 - below] == new[-1 - below]:
        below += 1
    return above, below


def _ended(text: str, is_ended: bool) -> str:
    """Returns a text without its last line break, if it must not have one."""
    return text if is_ended else text.removesuffix("\n").removesuffix("\r")


def _fence(lines: Sequence[str]) -> int:
    """Returns the index of the line that closes the front matter; raises ValueError without one."""
    for number, line in enumerate(lines):
        if number and line.rstrip() == FENCE:
            return number
    raise ValueError("the front matter has no end, or other line breaks")


def _line_break(lines: Sequence[str]) -> str:
    """Returns the line break that the first line has."""
    return "\r\n" if lines[0].endswith("\r\n") else "\n"
