"""Why a story has its themes, in words: the phrase that earned each, or the editor who gave it.

Refuses to judge: it words what `retheme.judge` has found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.model import Story, Theme
from digest.names import current_ids
from digest.themes.reapply import Verdict


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a story has a theme, or has it not."""

    theme: str
    has: bool
    why: str


def reasons(verdict: Verdict, themes: Sequence[Theme]) -> Iterator[Reason]:
    """Yields why a story has each of its themes, then why not those that it could have."""
    has = named(verdict.story, current_ids(themes))
    for theme in has:
        yield Reason(theme, True, _why(theme, verdict))
    for theme in dict.fromkeys((*verdict.earned, *verdict.incoming)):
        if theme not in has:
            yield Reason(theme, False, _why_not(theme, verdict))


def named(story: Story, names: Mapping[str, str]) -> tuple[str, ...]:
    """Returns a story's themes by the ids that they have today."""
    return tuple(dict.fromkeys(names.get(theme, theme) for theme in story.themes))


def _why(theme: str, verdict: Verdict) -> str:
    if theme in verdict.earned:
        return verdict.earned[theme]
    if theme in verdict.incoming:
        gone = "" if verdict.own or theme in verdict.themes else "; --apply would take it off"
        return f"{verdict.incoming[theme]}, when it was pulled{gone}"
    return "given by the editor"


def _why_not(theme: str, verdict: Verdict) -> str:
    """Words for a theme that a story has not: whose doing that is depends on whose its themes are."""
    evidence = verdict.earned.get(theme) or verdict.incoming[theme]
    if verdict.own:
        return f"{evidence}; " + (
            "taken off by the editor" if theme in verdict.incoming else "not given by the editor"
        )
    return f"{evidence}; " + (
        "--apply would add it" if theme in verdict.themes else "the rules say so no longer"
    )
