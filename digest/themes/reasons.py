"""Says in words why a story has its themes: a phrase earned them, or the editor gave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.model import Story, Theme
from digest.names import current_ids
from digest.themes.reapply import RuleResult


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a story has a theme, or does not have it."""

    theme: str
    has: bool
    why: str


def reasons(result: RuleResult, themes: Sequence[Theme]) -> Iterator[Reason]:
    """Yields why a story has each of its themes, then why it does not have others."""
    has = current_themes(result.story, current_ids(themes))
    for theme in has:
        why = "given by the editor"
        if theme in result.earned:
            why = result.earned[theme]
        elif theme in result.recorded:
            why = f"{result.recorded[theme]}, when it was pulled"
            if not (result.is_editors or theme in result.themes):
                why += "; --apply would remove it"
        yield Reason(theme, True, why)
    for theme in dict.fromkeys((*result.earned, *result.recorded)):
        if theme in has:
            continue
        if result.is_editors and theme in result.recorded:
            why = "taken off by the editor"
        elif result.is_editors:
            why = "not given by the editor"
        elif theme in result.themes:
            why = "--apply would add it"
        else:
            why = "the rules say so no longer"
        evidence = result.earned.get(theme) or result.recorded[theme]
        yield Reason(theme, False, f"{evidence}; {why}")


def current_themes(story: Story, names: Mapping[str, str]) -> tuple[str, ...]:
    """Returns a story's themes by today's ids."""
    return tuple(dict.fromkeys(names.get(theme, theme) for theme in story.themes))
