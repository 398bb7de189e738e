"""What a story's form on the desk asks for: new values by field, the week to move to.

One form has all fields of a story, so that no button loses what was typed beside it. A field that
is as the file has it changes nothing: a browser sends texts with line breaks of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from digest import text_lines
from digest.errors import suggestion
from digest.model import FLAGS, Correction, Story, Theme
from digest.week import Week

LABELS = {
    "note": "Note",
    "headline": "Headline",
    "themes": "Themes",
    "lead": "Leads the week",
    "hide": "Hidden",
    "draft": "Draft",
    "also": "Same event",
    "corrections": "Corrections",
    "week": "Week",
}
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\s*:\s*")


class FormChanges(NamedTuple):
    """What a form asks for: new values by field, and the week to move to.

    `reviewed` is None unless the form says whether the story is done. With `stays_without_theme`,
    an editor has decided that it has no theme; with `goes_into_letter`, the letter is to link to it.
    """

    values: dict[str, Any]
    week: Week | None = None
    reviewed: bool | None = None
    stays_without_theme: bool = False
    goes_into_letter: bool = False


def parse(
    form: Mapping[str, str], story: Story, themes: Sequence[Theme], today: date
) -> FormChanges:
    """Returns what a form asks for; raises ValueError, with what to do, for what is not a value.

    A correction without a day is of `today`.
    """
    changes: dict[str, Any] = {}
    if text_lines.normalized(form.get("note", story.note)) != text_lines.normalized(story.note):
        changes["note"] = text_lines.normalized(form["note"])
    headline = " ".join(form.get("headline", story.headline).split())
    if headline != " ".join(story.headline.split()):
        changes["headline"] = headline
    if "corrections" in form:
        corrections = text_lines.normalized(form["corrections"])
        if corrections != lines_of(story.corrections):
            changes["corrections"] = _corrections(corrections, today)
    if "also" in form and _names(form["also"]) != story.also:
        changes["also"] = _names(form["also"])
    reviewed = None
    name, _, value = form.get("set", "").partition("=")
    if name in FLAGS:
        changes[name] = value == "true"
    elif name == "reviewed":
        reviewed = value == "true"
    elif name == "also":  # +name,name adds stories of the same event, nothing removes all
        added = _names(value.removeprefix("+"))
        also = (*changes.get("also", story.also), *added) if added else ()
        changes["also"] = tuple(dict.fromkeys(also))
    elif name in {"theme", "main"}:
        changes["themes"] = _themes(story.themes, name, value, themes)
    if typed := form.get("add", "").strip():
        theme, having = _theme(typed, themes), changes.get("themes", story.themes)
        changes["themes"] = having if theme in having else (*having, theme)
    typed = form.get("week", "").strip()
    week = Week.parse_typed(typed) if typed else story.week
    return FormChanges(
        values=changes,
        week=week if week != story.week else None,
        reviewed=reviewed,
        stays_without_theme=form.get("set") == "theme=-" and not changes["themes"],
        goes_into_letter=name == "link",
    )


def lines_of(corrections: Sequence[Correction]) -> str:
    """Returns corrections as they are typed, one a line."""
    lines = [f"{correction.day}: {' '.join(correction.text.split())}" for correction in corrections]
    return "\n".join(lines)


def in_words(name: str, value: Any) -> str:
    """Returns a field's value in words, to compare two versions."""
    if name == "corrections":
        return lines_of(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _corrections(text: str, today: date) -> tuple[Correction, ...]:
    corrections = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        match = _DAY.match(line)
        try:
            day = date.fromisoformat(match[1]) if match else today
        except ValueError:
            raise ValueError(
                f"'{match[1] if match else line}' is not a day; write 2026-05-20: …"
            ) from None
        words = line[match.end() :] if match else line
        if not words:
            raise ValueError(f"'{line}': write what was wrong, too")
        corrections.append(Correction(day, words))
    return tuple(corrections)


def _names(typed: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, typed.split(","))))


def _themes(
    having: tuple[str, ...], action: str, value: str, themes: Sequence[Theme]
) -> tuple[str, ...]:
    """Returns a story's themes with one added (+id), removed (-id, of none only -) or put first."""
    theme = value.lstrip("+-")
    others = tuple(id for id in having if id != theme)
    if action == "theme" and value.startswith("-"):
        return others
    if theme not in having:
        _theme(theme, themes)  # raises for an unknown one
    if action == "main":
        return (theme, *others)
    return having if theme in having else (*having, theme)


def _theme(typed: str, themes: Sequence[Theme]) -> str:
    """Returns the id of the theme whose id, or a word of whose title, begins like this."""
    beginning = typed.casefold()
    alike = []
    for theme in themes:
        if beginning in {theme.id.casefold(), theme.title.casefold()}:
            return theme.id
        if f" {beginning}" in f" {theme.id}\n {theme.title}".casefold():
            alike.append(theme.id)
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise ValueError(f"'{typed}' may be {' or '.join(alike)}; type more of it")
    raise ValueError(
        f"no theme is called '{typed}'; {suggestion(typed, [theme.id for theme in themes])}"
    )
