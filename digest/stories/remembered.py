"""What runs remember of the content: how all of it looked, and what was read in it.

    content.memory: how each folder looked, and what has changed since ──▶ outlines.memory: all that was read

The outlines of all stories are much, and an edit changes one: so they are written whole only when many have changed, or
stories have come or gone. Until then content.memory, written by every build, says what is another by now. Refuses to
believe outlines that are not the very ones that it speaks of, as a run leaves them that is killed between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress, count
from operator import is_not
from pathlib import Path
from typing import Any

from digest import memory
from digest.model import Catalogue, Story
from digest.stories import kept, sight
from digest.stories.sight import Look

_NAME, _OUTLINES = "content.memory", "outlines.memory"
_FEW, _MANY = 20, 10  # changed stories: more than a few, and more than one of so many, and all are written anew


class Remembered:
    """What is remembered of one digest's content; `key` is 16 bytes that say how it is read."""

    def __init__(self, root: Path, key: bytes) -> None:
        self._root, self._key = root, key
        found, self.word, _ = memory.recall(root, _NAME, key)
        self.folders: Mapping[str, Look] = found[0] if found else {}
        """How each folder of the content looked."""
        self._whole: bytes = found[1] if found else b""
        self._changes: tuple[list[int], Any, dict[str, Any]] = found[2] if found else ([], [], {})
        self.has_news: bool = found[3] if found else False
        """True if the ledgers still have to be told where stories are."""
        self._known: Catalogue | None = None

    def catalogue(self, story: Callable[[str], Story]) -> Catalogue | None:
        """Returns the content as it was last read, None where that is not known; `story` gives one whole."""
        if not self._whole:
            return None
        found, word, mark = memory.recall(self._root, _OUTLINES, self._key)
        self.word = self.word or word
        if mark != self._whole:
            return None
        places, columns, rows = self._changes
        stories = list(kept.outlines(found[0]))
        for place, outline in zip(places, kept.outlines(columns), strict=True):
            stories[place] = outline
        values = kept.values({**found[1], **rows}, self._root)
        self._known = Catalogue(stories=tuple(stories), story=story, beside=sight.NamesIn(self._root), **values)
        return self._known

    def keep(self, catalogue: Catalogue, folders: Mapping[str, Look], *, has_news: bool) -> None:
        """Remembers content that was read, and how it looked then."""
        changes = self._changes_to(catalogue)
        if changes is None:
            outlines = kept.columns(catalogue.stories), kept.rows(catalogue, kept.KINDS)
            self._whole = memory.keep(self._root, _OUTLINES, self._key, outlines)
            changes = [], [], {}
        self._changes, self._known, self.has_news = changes, catalogue, has_news
        memory.keep(self._root, _NAME, self._key, (dict(folders), self._whole, changes, self.has_news))

    def _changes_to(self, catalogue: Catalogue) -> tuple[list[int], Any, dict[str, Any]] | None:
        """Returns what of the content is not as the outlines on the disk say it; None where these are to go.

        What has not been read again is the very same object, which is what tells it.
        """
        known, stories = self._known, catalogue.stories
        if known is None or len(stories) != len(known.stories):
            return None
        places, _, rows = self._changes
        changed = sorted({*places, *compress(count(), map(is_not, stories, known.stories))})
        if len(changed) > max(_FEW, len(stories) // _MANY):
            return None
        kinds = {*rows, *(kind for kind in kept.KINDS if getattr(catalogue, kind) is not getattr(known, kind))}
        return changed, kept.columns([stories[place] for place in changed]), kept.rows(catalogue, sorted(kinds))
