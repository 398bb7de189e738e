"""Makes a story's slug from its headline, and finds free ones; the only importer of python-slugify.

Backend and algorithm are fixed, so that slugs do not depend on what else is installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from digest.content import paths
from digest.model import Entry
from digest.names import free_name
from digest.week import Week

_MAX_LENGTH = 60


def slug_of(headline: str, identity: str) -> str:
    """Returns the headline as a slug (`ascii_words`), made from `identity` if nothing is left."""
    return ascii_words(headline) or f"story-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def ascii_words(headline: str) -> str:
    """Returns the headline as lower-case ASCII words and hyphens, at most 60 characters.

    It is cut between words. Nothing is left of some headlines, such as one of emoji.
    """
    from slugify import slugify  # slow to load, and not needed for reading stories

    words: str = slugify(
        headline.replace("'", "").replace("’", ""),  # one slug for straight and curly apostrophes
        entities=False,
        decimal=False,
        hexadecimal=False,
        max_length=_MAX_LENGTH,
        word_boundary=True,
        save_order=True,
        backend="text-unidecode",
        algorithm="legacy",
    )
    return words


class Slugs:
    """The slugs in use in each week; those of deleted stories count, since they keep their URL."""

    def __init__(self, files: Iterable[str]) -> None:
        self._taken: dict[str, set[str]] = {}
        for file in filter(None, map(paths.parse, files)):
            self._taken.setdefault(file.folder, set()).add(file.slug)

    def take(self, week: Week, entry: Entry) -> str:
        """Returns a slug for an entry that is free in the week, and reserves it."""
        taken = self._taken.setdefault(week.folder, set())
        slug = free_name(slug_of(entry.title, entry.id or entry.link), taken)
        taken.add(slug)
        return slug
