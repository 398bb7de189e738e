"""What pages tell programs of themselves: what they list, and when what they show last changed.

Refuses a clock and a file's dates: a page has changed when a story on it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from digest.model import Story
from digest.site.cards import Card
from digest.site.page import Link
from digest.site.views import EditionView, Group


def newest(stories: Iterable[Story], changed: Mapping[str, datetime]) -> str:
    """Returns the moment of the last change of any of the stories (ISO 8601), empty where there are none.

    `changed` has that of each story, by its file.
    """
    last = max((changed[story.file] for story in stories), default=None)
    return last.isoformat() if last else ""


def latest(moments: Iterable[str]) -> str:
    """Returns the latest of some moments (ISO 8601, of any time zones), empty where there is none."""
    return max(dict.fromkeys(filter(None, moments)), key=_instant, default="")


def listed(groups: Iterable[Group], lead: Card | None = None) -> tuple[Link, ...]:
    """Returns the permalinks of the stories of a page, in its order."""
    cards = [card for group in groups for card in (*group.cards, *group.lines)]
    return tuple(Link(card.headline, card.place) for card in ((lead, *cards) if lead else cards))


def listed_in(edition: EditionView | None) -> tuple[Link, ...]:
    """Returns the permalinks of an edition's stories, in its order."""
    return listed(edition.groups, edition.lead) if edition else ()


@lru_cache(maxsize=1 << 18)  # each story stands on a few pages
def _instant(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
