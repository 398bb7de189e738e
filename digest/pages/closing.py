"""When each edition closed, and when it last changed, for the feed of the weeks.

    when the stories of later weeks came ──▶ the first of them closed the week ──▶ published, updated

A feed reader or mailer that asks "what is newer than my last run?" must see an edition, so `published` is not before
the moment at which it could first stand in the feed. No clock is read: everything follows from the content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, tzinfo
from typing import NamedTuple

from digest.model import Letter, Outline
from digest.pages.archive import Edition
from digest.week import Week, reached

_LETTER = 1.0
"""Seconds from the closing to `updated` where a letter says nothing of when it was written: readers who have seen the
edition without it must be shown it again, and nothing else tells the moment."""


class Moments(NamedTuple):
    """When an edition was published and when it last changed, in seconds since 1970."""

    published: float
    updated: float


def moments(editions: Iterable[Edition], close: str, zone: tzinfo) -> Mapping[Week, Moments]:
    """Returns the moments of all closed editions, given newest first; `close` is what closes one (digest.toml)."""
    editions = tuple(editions)
    near = set(reached(edition.week for edition in editions))  # the others close none
    found: dict[Week, Moments] = {}
    later = None  # the moment by which a later week had closed this one
    for edition in editions:
        if edition.week not in near:
            continue
        monday = datetime.combine(edition.week.monday, time(), zone).timestamp()
        came = [_came(story, monday) for story in edition.stories]
        if edition.closed:
            by_letter = close == "letter" and edition.letter is not None and not edition.letter.draft
            closing = max(came, default=monday) if by_letter or later is None else later
            found[edition.week] = _moments(edition, closing)
        if close != "letter":
            opening = min(came, default=_published(edition.letter) or monday)
        elif edition.closed:
            opening = found[edition.week].published
        else:
            continue
        later = opening if later is None else min(later, opening)
    return found


def _came(story: Outline, monday: float) -> float:
    """Returns when a story came into its week: by a pull, or else on its own date, but not before the week began."""
    return story.came or max(story.at, monday)


def _moments(edition: Edition, closing: float) -> Moments:
    letter = edition.letter
    published = max(closing, _published(letter))
    changed = [story.changed for story in edition.stories]
    if letter:
        changed += [closing + _LETTER, letter.updated.timestamp() if letter.updated else 0]
    return Moments(published, max([published, *changed]))


def _published(letter: Letter | None) -> float:
    return letter.published.timestamp() if letter and letter.published else 0
