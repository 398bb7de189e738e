"""A story's slug, made once from its headline, and the slugs that are free; the one importer of python-slugify.

Refuses to depend on what else is installed: backend and algorithm are named, since either would change addresses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from digest.content import paths
from digest.model import Entry
from digest.names import free_name
from digest.week import Week

LONGEST = 60


def slug_of(headline: str, identity: str) -> str:
    """Returns the headline as `ascii_words`, or a slug from the entry's identity if nothing is left of it."""
    return ascii_words(headline) or f"story-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def ascii_words(headline: str) -> str:
    """Returns the headline in lower-case ASCII words and hyphens, at most 60 signs, cut at a word.

    Nothing is left of some, such as one of emoji.
    """
    from slugify import (
        slugify,
    )  # only here: what reads stories makes no slugs, and it is slow to load

    words: str = slugify(
        headline.replace("'", "").replace("’", ""),  # one slug for straight and curly apostrophes
        entities=False,
        decimal=False,
        hexadecimal=False,
        max_length=LONGEST,
        word_boundary=True,
        save_order=True,
        backend="text-unidecode",
        algorithm="legacy",
    )
    return words


class Slugs:
    """The slugs of each week that are taken, by files or by deleted ones, whose addresses stay theirs."""

    def __init__(self, files: Iterable[str]) -> None:
        self._taken: dict[str, set[str]] = {}
        for place in filter(None, map(paths.PLACE.fullmatch, files)):
            self._taken.setdefault(place[1], set()).add(place[3])

    def take(self, week: Week, entry: Entry) -> str:
        """Returns a slug for an entry that is free in the week, and takes it."""
        taken = self._taken.setdefault(week.folder, set())
        slug = free_name(slug_of(entry.title, entry.id or entry.link), taken)
        taken.add(slug)
        return slug
