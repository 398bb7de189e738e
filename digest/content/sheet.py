"""The sheet of a week: one Markdown file in which all its stories are curated, a line each.

    stories ──render──▶ content/sheet.md ──(editor)──▶ parse ──▶ Entry ──wanted──▶ Act, or a reason

    k t2,1  Foundries fill up  {2026-05-15-foundries-fill-up 9f3c1a2b77a1e3d4}
    > What the publisher says.
        What the editor says.

The first letter says what happens to the story; the numbers are its themes, which the head lists.
In braces are the file's name, the mark of its bytes, and a hash of the line as it was written: a
line that was not changed asks for nothing. Pure: nothing is read or written.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digest.content import excerpt
from digest.content.acts import Act, Shown
from digest.content.identity import hash_of
from digest.model import Story, Theme
from digest.names import current_ids, without_ending
from digest.week import Week

VERBS = {"k": "", "x": "hide", "l": "lead", "d": "draft"}
"""The flag that each letter sets; the others set none."""
_WORDS = {"keep": "k", "hide": "x", "lead": "l", "draft": "d"}
_HEAD = """\
# {week}: change the lines below; 'digest sheet --apply' or the next pull carries them out.
# First letter: k keep, x hide, l lead the week, d draft. Then its themes: t2,1 (main theme first) or t-
# The headline may be changed. Write a note below its line, indented by four spaces. Leave {{…}} as it is.
# Themes: {themes}
"""
_WEEK = re.compile(r"# (\d{4}-W\d{2}):")
_LINE = re.compile(
    r"(?P<verb>\S+)(?:[ \t]+t(?P<themes>\d+(?:,\d+)*|-)(?=\s))?[ \t]+(?P<title>.*?)[ \t]*"
    r"\{(?P<name>[^\s{}]+)[ \t]+(?P<seen>[0-9a-f]{8})(?P<own>[0-9a-f]{8})\}[ \t]*"
)
_INDENT = " " * 4
_REFUSED = "# refused:"
_UNCLEAR = "is not understood: keep the {…} at the end of a story's line"
_NOT_INDENTED = "a line below it is not understood: indent the lines of a note by four spaces"
CHANGED = "this file was changed since the sheet was written; 'digest sheet' writes a new one"


@dataclass(frozen=True, slots=True)
class Values:
    """What the lines of a story say: a letter of `VERBS`, themes by number, headline, quotation, note."""

    verb: str = ""
    themes: str = ""
    title: str = ""
    quote: str = ""
    note: str = ""

    @property
    def hash(self) -> str:
        """A hash of all of it, whatever blanks are at the ends of lines."""
        parts = (self.verb, self.themes, self.title, self.quote, _bare(self.note))
        return hash_of("\n".join(parts))[:8]


@dataclass(frozen=True, slots=True)
class Entry:
    """The lines of one story in a sheet; `fault` says what cannot be understood, if anything."""

    lines: tuple[str, ...]
    name: str = ""
    seen: str = ""
    own: str = ""
    values: Values = Values()
    fault: str = ""

    @property
    def is_changed(self) -> bool:
        """True if an editor has changed what it says."""
        return bool(self.fault) or self.values.hash != self.own


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it was read: its head, and its stories; `week` is None if the head was changed."""

    head: str
    week: Week | None
    entries: tuple[Entry, ...]

    @property
    def is_changed(self) -> bool:
        """True if an editor has changed anything."""
        return any(entry.is_changed for entry in self.entries)


def render(week: Week, shown: Iterable[Shown], themes: Sequence[Theme]) -> str:
    """Returns the text of a week's sheet."""
    numbered = ", ".join(f"{number} {theme.id}" for number, theme in enumerate(themes, start=1))
    parts = [_HEAD.format(week=week, themes=numbered or "none")]
    for one in shown:
        values = values_of(one.story, themes)
        line = f"{values.verb} t{values.themes}  {values.title}"
        name = without_ending(one.story.file.rpartition("/")[2])
        lines = [f"{line}  {{{name} {one.seen[:8]}{values.hash}}}"]
        lines += [values.quote] if values.quote else []
        note = values.note.split("\n") if values.note else []
        lines += [f"{_INDENT}{line}" if line.strip() else "" for line in note]
        parts.append("".join(f"{line}\n" for line in lines))
    return "\n".join(parts)


def values_of(story: Story, themes: Sequence[Theme]) -> Values:
    """Returns what the line of a story says."""
    verb = next((key for key in "xdl" if getattr(story, VERBS[key])), "k")
    names = current_ids(themes)
    numbers = {theme.id: str(number) for number, theme in enumerate(themes, start=1)}
    has = ",".join(dict.fromkeys(numbers[names[theme]] for theme in story.themes)) or "-"
    words = _squashed(excerpt.unescape(story.excerpt))
    quote = f"> {words}" if words else ""
    return Values(verb, has, _squashed(story.headline or story.title), quote, story.note)


def parse(text: str) -> Sheet:
    """Returns what a sheet says."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    lines = [line for line in lines if not line.startswith(_REFUSED)]
    is_head = [not line or (line[0] == "#" and not _LINE.fullmatch(line)) for line in lines]
    start = is_head.index(False) if False in is_head else len(lines)
    head = "".join(f"{line}\n" for line in lines[:start] if line)
    groups: list[list[str]] = []
    for line in lines[start:]:
        if _LINE.fullmatch(line) or not groups:
            groups.append([])
        groups[-1].append(line)
    week = _WEEK.match(head)
    entries = (_entry(_without_blank_end(group)) for group in groups if any(group))
    return Sheet(head, Week.parse(week[1]) if week else None, tuple(entries))


def wanted(entry: Entry, shown: Shown, themes: Sequence[Theme]) -> Act | str | None:
    """Returns what a changed line asks for its story, why that is impossible, or None."""
    now, told = values_of(shown.story, themes), entry.values
    changes: dict[str, Any] = {}
    if told.verb != now.verb:
        flags = {VERBS[now.verb]: False, VERBS[told.verb]: True}
        changes.update({flag: value for flag, value in flags.items() if flag})
    if told.themes not in {"", now.themes}:
        numbers = [int(number) for number in told.themes.split(",")] if told.themes != "-" else []
        if unknown := [number for number in numbers if not 0 < number <= len(themes)]:
            return f"no theme has the number {unknown[0]}; the head of the sheet lists them"
        changes["themes"] = tuple(dict.fromkeys(themes[number - 1].id for number in numbers))
    if told.title != now.title:
        is_theirs = told.title == _squashed(shown.story.title)
        changes["headline"] = "" if is_theirs else told.title
    if _bare(told.note) != _bare(now.note):
        changes["note"] = told.note
    if told.quote not in {"", now.quote} and entry.seen == shown.seen[:8]:
        return "the line after > is only there to be read; write a note below it, indented"
    if not changes:
        return None
    if entry.seen != shown.seen[:8]:
        return CHANGED
    return Act(file=shown.story.file, seen=shown.seen, changes=changes)


def remaining(sheet: Sheet, refused: Mapping[Entry, str]) -> str:
    """Returns the text of a sheet with only the lines that were refused, each with its reason."""
    parts = [sheet.head]
    for entry, why in refused.items():
        reason = " ".join(why.split())
        parts.append("".join(f"{line}\n" for line in (f"{_REFUSED} {reason}", *entry.lines)))
    return "\n".join(parts)


def _entry(lines: list[str]) -> Entry:
    found = _LINE.fullmatch(lines[0])
    if found is None:
        return Entry(tuple(lines), fault=_UNCLEAR)
    is_quoted = lines[1:2] != [] and lines[1].startswith(">")
    quote, below = _squashed(lines[1]) if is_quoted else "", lines[2 if is_quoted else 1 :]
    note = textwrap.dedent("\n".join(below)).strip("\n")
    verb = _WORDS.get(found["verb"].lower(), found["verb"].lower())
    values = Values(verb, found["themes"] or "", _squashed(found["title"]), quote, note)
    fault = "" if verb in VERBS else f"'{found['verb']}' is not k, x, l or d"
    if any(line and not line[0].isspace() for line in below):
        fault = _NOT_INDENTED
    return Entry(tuple(lines), found["name"], found["seen"], found["own"], values, fault)


def _without_blank_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _squashed(text: str) -> str:
    return " ".join(text.split())


def _bare(note: str) -> str:
    """Returns a note for comparison: without the blanks that text editors add or remove."""
    lines = textwrap.dedent(note).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")
