"""What the desk shows of a story and of a week, as values for its templates.

Story, reasons, suggestions ──▶ DeskCard      Cards, letter ──▶ progress
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename
from typing import Any, NamedTuple

from digest.errors import Problem
from digest.model import Story, Theme
from digest.preview.desk import form

_DIGITS = 9
"""As many themes as there are digits; with more, only a story's own and the likely ones are shown."""
_MAX_WHOLE_SUMMARY, _MAX_SUMMARY_START = 1000, 700
"""Characters: of a longer summary, only the start is shown at once."""
_MAX_HEADLINE_LENGTH = 70
_UNSAFE = re.compile(r"[^a-z0-9-]")


class DeskChip(NamedTuple):
    """A theme that a story has or may have: `digit` toggles it, `rank` is 1 for its main theme.

    `why` says why it has it, or why it may.
    """

    id: str
    title: str
    digit: int
    rank: int = 0
    why: str = ""
    suggested: bool = False


class OtherStory(NamedTuple):
    """Another story of the week, on a card of the same event; `why` it likely reports that.

    `is_free`: it can be shown below this one.
    """

    name: str
    anchor: str
    headline: str
    publisher: str
    why: str = ""
    is_free: bool = False


class EventView(NamedTuple):
    """The stories of the event that a card reports: the one above it, those below it, likely ones."""

    above: OtherStory | None = None
    below: tuple[OtherStory, ...] = ()
    likely: tuple[OtherStory, ...] = ()

    @property
    def free(self) -> str:
        """The names of the likely ones that can be shown below the story, with commas."""
        return ",".join(story.name for story in self.likely if story.is_free)


class Clash(NamedTuple):
    """A field whose file was changed meanwhile: what was wanted, and what the file says now."""

    label: str
    yours: str
    theirs: str


class RefusedForm(NamedTuple):
    """The form of a story that was refused, as its card shows it.

    `typed` has the texts of the form by field, and `button` is what was pressed, so that nothing
    typed is lost. `seen_hash` is the hash of the file on which they were typed, "" if both versions
    are shown.
    """

    why: str = ""
    clashes: tuple[Clash, ...] = ()
    typed: Mapping[str, str] = {}
    button: str = ""
    seen_hash: str = ""


NOT_REFUSED = RefusedForm()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCard:
    """A story on the desk.

    - `seen_hash`: the hash of its file
    - `problems`: why it cannot be edited
    - `reviewed`: the editor has left it there as it is
    - `done`: it is reviewed, or neither new nor changed by a pull
    - `needs_theme`: it has no theme, and no editor has decided to leave it without one
    """

    file: str
    seen_hash: str = ""
    story: Story | None = None
    publisher: str = ""
    summary: tuple[str, ...] = ()
    chips: tuple[DeskChip, ...] = ()
    hints: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    done: bool = False
    reviewed: bool = False
    needs_theme: bool = False
    refused: RefusedForm = NOT_REFUSED

    @property
    def exists(self) -> bool:
        """True if there is a file, whether it can be read or not."""
        return bool(self.story or self.problems)

    @property
    def anchor(self) -> str:
        """The card's id in the page."""
        return "s-" + _UNSAFE.sub("-", self.name.removesuffix(".md").lower())

    @property
    def name(self) -> str:
        """The file's name, by which a letter links to it."""
        return basename(self.file)

    @property
    def headline(self) -> str:
        """What the story is called on the site."""
        return self.story.shown_headline if self.story else self.name

    @property
    def note(self) -> str:
        """The text in the box of the note: as typed, if it could not be saved."""
        return self.refused.typed.get("note", self.story.note if self.story else "")

    @property
    def reasons(self) -> str:
        """Why it has its themes, and why it may have others."""
        return " · ".join(f"{chip.title}: {chip.why}" for chip in self.chips if chip.why)

    @property
    def summary_start(self) -> tuple[str, ...]:
        """The paragraphs of the summary that are shown at once."""
        return _folded(self.summary)[0]

    @property
    def summary_rest(self) -> tuple[str, ...]:
        """The paragraphs of a long summary that are folded."""
        return _folded(self.summary)[1]

    @property
    def own_headline(self) -> str:
        """The text in the box of the headline."""
        return self.refused.typed.get("headline", self.story.headline if self.story else "")

    @property
    def also(self) -> str:
        """The text in the box of stories of the same event, with commas."""
        return self.refused.typed.get("also", ", ".join(self.story.also) if self.story else "")

    @property
    def corrections(self) -> str:
        """The text in the box of corrections, one a line."""
        saved = form.lines_of(self.story.corrections) if self.story else ""
        return self.refused.typed.get("corrections", saved)


_FLAG_WORDS = {
    "lead": ("leads the week", "no longer leads the week"),
    "hide": ("hidden", "no longer hidden"),
    "draft": ("a draft", "no longer a draft"),
}


def progress(cards: Iterable[DeskCard], letter: str) -> str:
    """Returns in words how far a week is; `letter` says how far its letter is."""
    cards = list(cards)
    if not cards:
        return f"No stories, {letter}"
    parts = [f"{sum(card.done for card in cards)} of {len(cards)} done"]
    themeless = sum(card.needs_theme for card in cards)
    if themeless:
        parts.append(f"{themeless} {'needs' if themeless == 1 else 'need'} a theme")
    return ", ".join([*parts, letter])


def save_message(saved: form.FormChanges, place: str, themes: Sequence[Theme]) -> str:
    """Returns in words what a save did; `place` is the week to which the story moved."""
    titles = {theme.id: theme.title for theme in themes}
    done = []
    for name, value in saved.values.items():
        if name in _FLAG_WORDS:
            done.append(_FLAG_WORDS[name][0 if value else 1])
        elif name == "themes":
            names = ", ".join(titles.get(id, id) for id in value)
            done.append(f"themes {names}" if value else "no theme")
        else:
            done.append(f"{form.LABELS[name].lower()} {'saved' if value else 'removed'}")
    if place:
        done.append(f"moved to {place}")
    if saved.reviewed is not None:
        done.append("left as it is" if saved.reviewed else "to do again")
    words = ", ".join(done) or "nothing to save"
    return words[0].upper() + words[1:]


def joined(headlines: Iterable[str]) -> str:
    """Returns headlines for a message, each no longer than a line."""
    shown = []
    for text in headlines:
        is_long = len(text) > _MAX_HEADLINE_LENGTH
        shown.append(f"{text[:_MAX_HEADLINE_LENGTH].rstrip()}…" if is_long else text)
    return "; ".join(shown)


def chips(
    story: Story, themes: Sequence[Theme], reasons: Mapping[str, str], likely: Mapping[str, str]
) -> tuple[DeskChip, ...]:
    """Returns the themes to choose from, in the order of digest.toml, so that digits stay the same.

    `reasons` and `likely` say why a story has a theme, and why it may have one.
    """
    titles = {theme.id: theme.title for theme in themes}
    near = {*story.themes, *likely, *reasons}
    shown = [id for id in titles if len(titles) <= _DIGITS or id in near]
    shown += [id for id in story.themes if id not in titles]
    choices = []
    for number, id in enumerate(shown, start=1):
        rank = story.themes.index(id) + 1 if id in story.themes else 0
        why = reasons.get(id, "") if rank else likely.get(id, "")
        digit = number if number <= _DIGITS else 0
        suggested = not rank and id in likely
        choices.append(DeskChip(id, titles.get(id, id), digit, rank, why, suggested))
    return tuple(choices)


def clashes(wanted: Mapping[str, Any], present: Story | None) -> tuple[Clash, ...]:
    """Returns both versions of the fields that differ; `present` is the story in the file now."""
    different = []
    for name, value in wanted.items():
        in_file = getattr(present, name, "") if present else ""
        if value != in_file:
            yours = form.in_words(name, value)
            theirs = form.in_words(name, in_file)
            different.append(Clash(form.LABELS[name], yours, theirs))
    return tuple(different)


def _folded(parts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the paragraphs that are shown at once, and the rest of a long summary."""
    if sum(map(len, parts)) <= _MAX_WHOLE_SUMMARY:
        return parts, ()
    left = _MAX_SUMMARY_START
    for number, part in enumerate(parts):
        if len(part) > left and number:
            return parts[:number], parts[number:]
        if len(part) > left:  # the first paragraph is cut at a space, if it has one
            space = part.rfind(" ", 0, left)
            cut = space if space > 0 else left
            return (f"{part[:cut]} …",), (part[cut:].lstrip(), *parts[1:])
        left -= len(part)
    return parts, ()
