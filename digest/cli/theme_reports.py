"""Prints what `digest themes` says of rules and suggestions: stories that no rule finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from digest.cli import formatting
from digest.cli.context import Call

if TYPE_CHECKING:
    from digest.model import Config

_MOST = 50
"""How many stories are listed without --verbose."""


def missing(root: Path, config: Config, call: Call) -> None:
    """Prints the stories without a theme, the newest first, and what they are like."""
    from digest.commands import suggestions

    report = suggestions.run(root, config, most=None if call.verbose else _MOST)
    shown = report.missing if call.verbose else report.missing[:_MOST]
    for story in shown:
        call.say(f"{story.file}: {story.title}")
        call.say(*(f"  {one.theme}{one.likeness}" for one in story.themes))
    more = len(report.missing) - len(shown)
    if more:
        call.say(f"and {formatting.count(more, 'older one')}: digest --verbose themes --missing")
    number = len(report.missing)
    verb = "has" if number == 1 else "have"
    call.say(f"{number} of {formatting.stories(report.stories)} {verb} no theme")
    call.complain(*formatting.unread(report.unread, report.unknown_themes))
