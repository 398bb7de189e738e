"""The sheet of a week: one Markdown file in which all its stories are curated, a line each.

    stories ──render──▶ content/sheet.md ──(editor)──▶ parse ──▶ SheetEntry ──changes_of──▶ new values by field

    k t2,1  Foundries fill up  {2026-05-15-foundries-fill-up 9f3c1a2b77a1e3d4…}
    > What the publisher says.
        What the editor says.

The first letter says what happens to the story; the numbers are its themes, which the head lists.
In braces are the file's name, and a hash of each part of the lines as they were written. A part that
was not changed asks for nothing, whatever the file says now; one that was changed in the sheet and in
the file is a conflict. Pure: nothing is read or written.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from posixpath import basename
from typing import Any, Final

from digest.content import excerpt
from digest.content.identity import hash_of
from digest.model import Story, Theme
from digest.names import current_ids, without_ending
from digest.week import Week

VERBS = {"k": "", "x": "hide", "l": "lead", "d": "draft"}
"""The flag that each letter sets, while it takes off the others."""
_WORDS = {"keep": "k", "hide": "x", "lead": "l", "draft": "d"}
_HEAD = """\
# {week}: change the lines below; 'digest sheet --apply' or the next pull carries them out.
# First letter: k keep, x hide, l lead the week, d draft. Then its themes: t2,1 (main first), t- none yet, t0 none at all.
# The headline may be changed. Write a note below its line, indented by four spaces. Leave {{…}} as it is.
# Themes: {themes}
"""
_WEEK = re.compile(r"# (\d{4}-W\d{2}):")
_LINE = re.compile(
    r"(?P<verb>[^\s>]\S*+)(?:[ \t]++[tT](?P<themes>\d+(?:[ \t]*,[ \t]*\d+)*|-)(?=\s))?[ \t]++(?P<title>.*)"
    r"\{(?P<name>[^\s{}]+)[ \t]+(?P<written>[0-9a-f]{30})\}[ \t]*"
)
_INDENT = " " * 4
_REFUSED = "# refused:"
_UNCLEAR = "is not understood: keep the {…} at the end of a story's line"
_NOT_INDENTED = (
    "'{line}' below it is not understood: indent the lines of a note by four spaces, "
    "and keep the {{…}} at the end of a story's line"
)
_MAX_SHOWN = 40  # characters of a line
_PARTS: Final = ("first letter", "themes", "headline", "quotation", "note")
"""What an editor calls the parts of `SheetValues`, in their order."""
_HASH_LENGTH, _MAX_DIGITS = 6, 9
CHANGED = (
    "its {part} was changed both here and in {file} since the sheet was written; "
    "edit that file, then delete these lines"
)
_QUOTED = "the line after > is only there to be read; write a note below it, indented"
_THEMES = re.compile(r"^# Themes:(.*)$", re.MULTILINE)
_STAYS_WITHOUT = "0"
_NO_THEMES = "the line '# Themes: …' is gone from the head of the sheet; put it back"
_NO_THEME = "the sheet's theme '{theme}' is not in digest.toml; 'digest set' changes its themes"


@dataclass(frozen=True, slots=True)
class SheetValues:
    """What the lines of a story say: a letter of `VERBS`, themes by number, headline, quotation, note."""

    verb: str = ""
    themes: str = ""
    title: str = ""
    quote: str = ""
    note: str = ""

    @property
    def hashes(self) -> tuple[str, ...]:
        """A hash of each part, whatever blanks are at the ends of lines."""
        hashes = []
        for part in astuple(self):
            bare = "\n".join(line.rstrip() for line in part.split("\n")).strip("\n")
            hashes.append(hash_of(bare)[:_HASH_LENGTH])
        return tuple(hashes)


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """The lines of one story in a sheet; `problem` says what cannot be understood, if anything.

    `written` has the hashes of its values as the sheet was written.
    """

    lines: tuple[str, ...]
    name: str = ""
    written: tuple[str, ...] = ()
    values: SheetValues = SheetValues()
    problem: str = ""

    @property
    def stays_without_theme(self) -> bool:
        """True if an editor has decided that the story has no theme."""
        return self.values.themes == _STAYS_WITHOUT

    @property
    def is_changed(self) -> bool:
        """True if an editor has changed what it says."""
        return bool(self.problem) or self.values.hashes != self.written


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it was read: its head, and its stories; `week` is None if the head was changed.

    `themes` has the ids by which the head numbers them, None if it does not.
    """

    head: str
    week: Week | None
    themes: tuple[str, ...] | None
    entries: tuple[SheetEntry, ...]

    @property
    def is_changed(self) -> bool:
        """True if an editor has changed anything."""
        return any(entry.is_changed for entry in self.entries)


def render(week: Week, stories: Iterable[Story], themes: Sequence[Theme]) -> str:
    """Returns the text of a week's sheet."""
    ids, names = [theme.id for theme in themes], current_ids(themes)
    numbered = ", ".join(f"{number} {name}" for number, name in enumerate(ids, start=1))
    parts = [_HEAD.format(week=week, themes=numbered or "none")]
    for story in stories:
        values = values_of(story, ids, names)
        line = f"{values.verb} t{values.themes}  {values.title}"
        name = without_ending(basename(story.file))
        lines = [f"{line}  {{{name} {''.join(values.hashes)}}}"]
        if values.quote:
            lines.append(values.quote)
        for below in values.note.split("\n") if values.note else ():
            lines.append(f"{_INDENT}{below}" if below.strip() else "")
        parts.append("".join(f"{line}\n" for line in lines))
    return "\n".join(parts)


def values_of(story: Story, ids: Sequence[str], names: Mapping[str, str]) -> SheetValues:
    """Returns what the line of a story says where themes are numbered as in `ids`.

    `names` has the present id of each theme; one that has no number is `?`. NUL characters are left
    out: with one, the sheet would not count as text.
    """
    verb = next((key for key in "xdl" if getattr(story, VERBS[key])), "k")
    numbers = {names.get(name, name): str(number) for number, name in enumerate(ids, start=1)}
    theme_numbers = (numbers.get(names.get(theme, theme), "?") for theme in story.themes)
    has = ",".join(dict.fromkeys(theme_numbers)) or "-"
    words = _squashed(excerpt.unescape(story.excerpt))
    quote = f"> {words}" if words else ""
    note = story.note.replace("\0", "")
    return SheetValues(verb, has, _squashed(story.shown_headline), quote, note)


def parse(text: str) -> Sheet:
    """Returns what a sheet says."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    lines = [line for line in lines if not line.startswith(_REFUSED)]
    is_head = [not line.strip() or (line[0] == "#" and not _LINE.fullmatch(line)) for line in lines]
    start = is_head.index(False) if False in is_head else len(lines)
    head = "".join(f"{line}\n" for line in lines[:start] if line)
    groups: list[list[str]] = []
    for line in lines[start:]:
        if _LINE.fullmatch(line) or not groups:
            groups.append([])
        groups[-1].append(line)
    week, themes = _WEEK.match(head), _THEMES.search(head)
    ids = tuple(re.findall(r"(?<!\d)\d+ ([^\s,]+)", themes[1])) if themes else None
    entries = []
    for group in groups:
        while group and not group[-1].strip():
            group.pop()
        if group:
            entries.append(_parse_entry(group))
    return Sheet(head, Week.parse(week[1]) if week else None, ids, tuple(entries))


def changes_of(
    entry: SheetEntry, story: Story, ids: Sequence[str] | None, themes: Sequence[Theme]
) -> dict[str, Any]:
    """Returns the new values by field that a changed line asks for its story, perhaps none.

    `ids` are the themes in the head of the sheet, `themes` those of today. Raises ValueError with
    the reason if what it asks for is impossible.
    """
    names = current_ids(themes)
    now = values_of(story, ids or (), names)
    asked = entry.values
    asked = replace(asked, themes=asked.themes or now.themes, quote=asked.quote or now.quote)
    changed = set[str]()
    for part, written, here, there in zip(
        _PARTS, entry.written, asked.hashes, now.hashes, strict=True
    ):
        if here in {written, there}:
            continue
        if part == "quotation":
            raise ValueError(_QUOTED)
        if part == "themes" and ids is None:
            raise ValueError(_NO_THEMES)
        if there != written:
            raise ValueError(CHANGED.format(part=part, file=story.file))
        changed.add(part)
    changes: dict[str, Any] = {}
    if "first letter" in changed:
        changes.update({flag: flag == VERBS[asked.verb] for flag in VERBS.values() if flag})
    if "themes" in changed:
        changes["themes"] = _themes(asked.themes, ids or (), names)
    if "headline" in changed:
        changes["headline"] = "" if asked.title == _squashed(story.title) else asked.title
    if "note" in changed:
        changes["note"] = asked.note
    return changes


def remaining(sheet: Sheet, refused: Mapping[SheetEntry, str]) -> str:
    """Returns the text of a sheet with only the lines that were refused, each with its reason."""
    parts = [sheet.head]
    for entry, why in refused.items():
        reason = " ".join(why.split())
        parts.append("".join(f"{line}\n" for line in (f"{_REFUSED} {reason}", *entry.lines)))
    return "\n".join(parts)


def _parse_entry(lines: list[str]) -> SheetEntry:
    match = _LINE.fullmatch(lines[0])
    if match is None:
        return SheetEntry(tuple(lines), problem=_UNCLEAR)
    quote, below = "", lines[1:]
    at = next((at for at, line in enumerate(below) if line.startswith(">")), None)
    if at is not None:  # a note may be above it, below it or both, as two paragraphs
        quote, below = _squashed(below[at]), [*below[:at], "", *below[at + 1 :]]
    note = _without_indent(below).strip("\n")
    written = tuple(textwrap.wrap(match["written"], _HASH_LENGTH))
    verb = _WORDS.get(match["verb"].lower(), match["verb"].lower())
    themes = "".join((match["themes"] or "").split())
    values = SheetValues(verb, themes, _squashed(match["title"]), quote, note)
    problem = "" if verb in VERBS else f"'{match['verb']}' is not k, x, l or d"
    outdented = [line for line in below if line and not line[0].isspace()]
    if outdented:
        problem = _NOT_INDENTED.format(line=outdented[0][:_MAX_SHOWN].rstrip())
    return SheetEntry(tuple(lines), match["name"], written, values, problem)


def _themes(numbers: str, ids: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the themes that have these numbers, none for 0; raises ValueError if one is unknown."""
    if numbers == _STAYS_WITHOUT:
        return ()
    themes = list[str]()
    for digits in re.findall(r"\d+", numbers):
        number = int(digits[:_MAX_DIGITS])
        if not 0 < number <= len(ids) or len(digits) > _MAX_DIGITS:
            raise ValueError(f"no theme has the number {number}; the head of the sheet lists them")
        if ids[number - 1] not in names:
            raise ValueError(_NO_THEME.format(theme=ids[number - 1]))
        themes.append(names[ids[number - 1]])
    return tuple(dict.fromkeys(themes))


def _without_indent(lines: Sequence[str]) -> str:
    """Returns a note without the indent of the sheet, or a smaller one that all its lines have."""
    filled = [line if line.strip() else "" for line in lines]
    if all(line.startswith(_INDENT) for line in filled if line):
        return "\n".join(line.removeprefix(_INDENT) for line in filled)
    return textwrap.dedent("\n".join(lines))


def _squashed(text: str) -> str:
    return " ".join(text.replace("\0", "").split())
